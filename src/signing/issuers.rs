//! The issuers of an installation: each signs with keys of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Keyrings, Signing, SigningError, issuer, may_start};
use crate::clock::Clock;
use crate::config::{IssuerSettings, Settings};
use crate::store::{Store, StoreError};

/// Every issuer of the configuration, with its keys. Cheap to clone; all clones show the same.
#[derive(Debug, Clone)]
pub struct Issuers {
    /// The institution itself.
    own: Signing,
    others: Arc<[Signing]>,
}

/// One issuer alone.
impl From<Signing> for Issuers {
    fn from(own: Signing) -> Self {
        Self::new(own, Vec::new())
    }
}

impl Issuers {
    /// The institution and the others.
    pub fn new(own: Signing, others: Vec<Signing>) -> Self {
        Self { own, others: others.into() }
    }

    /// Before anything is made: whether every issuer has a DID, and a key to sign with that no other
    /// has.
    ///
    /// # Errors
    /// Names the issuer that has not.
    pub async fn may_start(settings: &Settings) -> anyhow::Result<()> {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (table, one) in settings.every_issuer() {
            let keyrings = Keyrings::of(&table, one);
            issuer(settings, one, &keyrings).await?;
            may_start(settings, one, &keyrings).await?;
            for key in keyrings.given()? {
                if let Some(other) = taken.insert(key.clone(), table.clone()).filter(|other| *other != table)
                {
                    bail!("[{table}] has the key {key} of [{other}]; each issuer has keys of its own");
                }
            }
        }
        Ok(())
    }

    /// Each issuer of the configuration, as [`Signing::start`] makes it.
    ///
    /// # Errors
    /// As there.
    pub async fn start(settings: &Settings, store: &Store, clock: &Clock) -> anyhow::Result<Self> {
        let start = async |table: &str, one: &IssuerSettings| {
            let keyrings = Keyrings::of(table, one);
            let issuer = Arc::new(issuer(settings, one, &keyrings).await?);
            let started = Signing::start(issuer, keyrings, store, clock).await;
            if table == "issuer" { started } else { started.context(format!("[{table}]")) }
        };
        let own = start("issuer", &settings.issuer).await?;
        let mut others = Vec::with_capacity(settings.issuers.len());
        for (slug, one) in &settings.issuers {
            others.push(start(&format!("issuers.{slug}"), one).await?);
        }
        for slug in store.issuers_of_awards().await? {
            if settings.issuer_of(&slug).is_none() {
                tracing::error!("{}", left(&slug));
            }
        }
        Ok(Self::new(own, others))
    }

    /// The institution itself.
    pub fn own(&self) -> &Signing {
        &self.own
    }

    /// Every issuer, the institution first.
    pub fn iter(&self) -> impl Iterator<Item = &Signing> {
        std::iter::once(&self.own).chain(self.others.iter())
    }

    /// Whether there is only one.
    pub fn alone(&self) -> bool {
        self.others.is_empty()
    }

    /// The issuer of this slug; `None` for one that the configuration does not have (any more).
    pub fn of(&self, slug: &str) -> Option<&Signing> {
        self.iter().find(|one| one.issuer().profile().slug == slug)
    }

    /// The issuer of this slug, to sign with.
    ///
    /// # Errors
    /// [`SigningError::Away`] where the configuration does not have it.
    pub fn signing(&self, slug: &str) -> Result<&Signing, SigningError> {
        let missing =
            || SigningError::Away(format!("the configuration has no issuer “{slug}”: add it again"));
        self.of(slug).ok_or_else(missing)
    }

    /// The issuer of this DID.
    pub fn with_did(&self, did: &str) -> Option<&Signing> {
        self.iter().find(|one| one.issuer().did() == did)
    }

    /// Whether any of them can sign here and now.
    pub async fn any_ready(&self) -> bool {
        for one in self.iter() {
            if one.ready().await.is_ok() {
                return true;
            }
        }
        false
    }

    /// Reads the tables of keys anew.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        for one in self.iter() {
            one.refresh().await?;
        }
        Ok(())
    }

    /// [`Signing::follow`] for each.
    pub async fn follow(self, every: Duration, stop: CancellationToken) {
        let following = self.iter().map(|one| one.clone().follow(every, stop.clone()));
        following.collect::<JoinSet<()>>().join_all().await;
    }
}

/// What to tell of an issuer whose badges are out and who is not in the configuration.
pub fn left(slug: &str) -> String {
    format!(
        "the issuer “{slug}” has awarded badges, and the configuration does not have it: its keys and status \
         lists are not served, so that nobody can verify them; add [issuers.{slug}] again"
    )
}
