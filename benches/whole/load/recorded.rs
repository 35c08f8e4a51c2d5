//! The limit of a database for what Accolade stores of a webhook.
//!
//! [`super::limits`] inserts one slim row for each. What is kept of a webhook is more: the delivery, as
//! the log shows it, and its signal, whose key tells repeats. Here the same statements store the same rows,
//! 64 webhooks in a transaction, one after the other, with nobody to authenticate, answer, or wait for.

use std::time::Duration;

use accolade::clock::Clock;
use accolade::ids;
use accolade::store::{NewDelivery, Store, Verdict};
use accolade_connectors::{Connector, KINDS, Request};
use anyhow::Context as _;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use tokio::time::Instant;

use super::database::Database;
use super::limits::ROWS;
use super::per_second;
use super::webhook::{AGENT, SOURCE, Webhooks};

/// Webhooks a second, in so much time of storing.
pub(crate) async fn recorded(database: &Database, time: Duration) -> anyhow::Result<f64> {
    let store = Store::connect(&database.url, 1).await?;
    store.migrate().await?;
    let (arrivals, mut taken, mut number) = (Arrivals::new()?, Duration::ZERO, 0);
    while taken < time {
        let group: Vec<NewDelivery> =
            (number..).take(ROWS).map(|learner| arrivals.delivery(learner)).collect::<Result<_, _>>()?;
        let began = Instant::now();
        number += super::count(store.record(&group).await?.len());
        taken += began.elapsed();
    }
    store.close().await;
    Ok(per_second(number, taken))
}

/// Webhooks as they are after their connector has read them.
struct Arrivals {
    webhooks: Webhooks,
    connector: Box<dyn Connector>,
    clock: Clock,
}

impl Arrivals {
    fn new() -> anyhow::Result<Self> {
        let kind = KINDS.iter().find(|kind| kind.name == "automation").context("the connector")?;
        let connector = (kind.build)(json!({ "trusted": true, "secret": Webhooks::secret() }))?;
        Ok(Self { webhooks: Webhooks::new()?, connector, clock: Clock::system() })
    }

    fn delivery(&self, learner: u64) -> anyhow::Result<NewDelivery> {
        let (body, received_at) = (self.webhooks.body(learner), self.clock.now());
        let mut headers = HeaderMap::new();
        for (name, value) in self.webhooks.headers(learner, &body) {
            headers.insert(name, HeaderValue::try_from(value)?);
        }
        let request = Request { path: "", headers: &headers, body: body.as_bytes(), received_at, keys: None };
        let receipt = self.connector.receive(&request)?;
        let signals = receipt.signals.into_iter().map(|signal| (ids::timed(received_at), signal)).collect();
        Ok(NewDelivery {
            id: ids::timed(received_at),
            source: SOURCE.to_owned(),
            received_at,
            user_agent: Some(AGENT.to_owned()),
            body: Some(receipt.body),
            verdict: Verdict::Accepted { signals, ignored: receipt.ignored },
        })
    }
}
