//! Sends the calls of one source, within its limits.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accolade_connectors::{Answer, ApiError, Body, Call, Http};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::breaker::Breaker;
use super::cache::Cache;
use super::repeated::keep_out;
use crate::clock::Clock;
use crate::config::WorkerSettings;
use crate::faults::{self, Break};
use crate::telemetry::Metrics;

/// The largest answer that is read; a gradebook of 10,000 learners and 100 items fits.
const LARGEST_ANSWER: usize = 64 << 20;
/// The wait after a 429 that does not say how long.
const DEFAULT_PAUSE: Duration = Duration::from_mins(1);
/// The longest wait that an LMS is believed to want.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
/// Calls go out at most this often while the LMS says that its limit is nearly used up.
const SLOW_PACE: Duration = Duration::from_secs(1);

/// What one source may do at a time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls at the same time.
    pub concurrency: usize,
    /// How long one call may take, answer included.
    pub time: Duration,
}

impl Limits {
    /// Those of the configuration.
    pub fn of(settings: &WorkerSettings) -> Self {
        Self { concurrency: settings.lms_concurrency, time: Duration::from_secs(settings.lms_seconds) }
    }
}

/// The client of one source.
#[derive(Debug)]
pub struct Client {
    source: String,
    http: reqwest::Client,
    limits: Limits,
    slots: Semaphore,
    breaker: Breaker,
    cache: Cache,
    clock: Clock,
    pace: Mutex<Option<Instant>>,
    metrics: Arc<Metrics>,
}

impl Client {
    /// A client for one source; `http` is shared by all.
    pub fn new(
        source: &str,
        http: reqwest::Client,
        limits: Limits,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            source: source.to_owned(),
            http,
            limits,
            slots: Semaphore::new(limits.concurrency.max(1)),
            breaker: Breaker::default(),
            cache: Cache::default(),
            clock,
            pace: Mutex::new(None),
            metrics,
        }
    }

    /// The HTTP client that all sources share. Follows no redirect: an LMS that answers with one
    /// is configured with the wrong address, and secrets must not follow it elsewhere.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn http() -> Result<reqwest::Client, reqwest::Error> {
        reqwest::Client::builder()
            .user_agent(concat!("Accolade/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
    }

    /// Leaves the LMS alone for that long: it said so in a way that only its connector reads.
    pub fn pause(&self, wait: Duration) {
        self.breaker.pause(Instant::now() + wait.min(LONGEST_PAUSE));
    }

    /// How many outages of the LMS there were, and whether one goes on.
    pub fn outages(&self) -> (u64, bool) {
        self.breaker.outages()
    }

    async fn keep_pace(&self) {
        let wait = {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            pace.map(|next| {
                let go = next.max(now);
                *pace = Some(go + SLOW_PACE);
                go - now
            })
        };
        if let Some(wait) = wait {
            tokio::time::sleep(wait).await;
        }
    }

    fn note_remaining(&self, headers: &HeaderMap) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
        let Some(remaining) = number("x-rate-limit-remaining") else { return };
        // Canvas names no limit; its bucket holds 700 units and a call costs about one.
        let limit = number("x-rate-limit-limit").unwrap_or(700.0);
        let scarce = remaining < limit * 0.05;
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = if scarce { Some(pace.unwrap_or_else(Instant::now)) } else { None };
    }

    async fn exchange(&self, call: &Call) -> Result<Answer, String> {
        let limit = faults::limit(Break::WaitsForLms, self.limits.time);
        let mut request = self.http.request(call.method.clone(), call.url.clone()).timeout(limit);
        for (name, value) in &call.headers {
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
                format!("the secret for the header {name} has characters that a header cannot carry")
            })?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Body::Form(pairs) = &call.body {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs.iter().map(|(name, value)| (name, value.expose())))
                .finish();
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
        }
        let mut response = request.send().await.map_err(|error| self.explain(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.explain(&error))? {
            if body.len().saturating_add(chunk.len()) > LARGEST_ANSWER {
                return Err(format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Answer { status, headers, body };
        keep_out(call, &mut answer);
        Ok(answer)
    }

    /// reqwest's errors name the address, which is no secret here, but hide the cause in a chain.
    fn explain(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} s", self.limits.time.as_secs());
        }
        let mut text =
            if error.is_connect() { "no connection".to_owned() } else { "the answer broke off".to_owned() };
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            // What the client calls itself says nothing to people.
            let said = error.to_string();
            if said != "client error (Connect)" {
                let _ = write!(text, ": {said}");
            }
            cause = error.source();
        }
        text
    }
}

#[async_trait]
impl Http for Client {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        let key = call.cache.map(|_| Cache::key(&call));
        if let Some(key) = key.as_ref().filter(|_| !call.refresh)
            && let Some(answer) = self.cache.get(key, self.clock.now())
        {
            return Ok(answer);
        }
        let Ok(_slot) = self.slots.acquire().await else {
            return Err(ApiError::Unavailable {
                what: format!("{}: stopping", call.what),
                retry_after: None,
            });
        };
        let pass = self.breaker.admit(Instant::now(), self.limits.time).map_err(|wait| {
            let what =
                format!("{}: not tried, the LMS is left alone for {} s", call.what, wait.as_secs().max(1));
            ApiError::Unavailable { what, retry_after: Some(wait) }
        })?;
        self.keep_pace().await;
        let started = Instant::now();
        let result = self.exchange(&call).await;
        let status = result.as_ref().map_or(0, |answer| answer.status);
        self.metrics.lms_call(&self.source, call.what, status, started.elapsed());
        tracing::debug!(source = %self.source, call = call.what, status, "LMS call");
        let answer = match result {
            Ok(answer) => answer,
            Err(cause) => {
                pass.failed(Instant::now());
                return Err(ApiError::Unavailable {
                    what: format!("{}: {cause}", call.what),
                    retry_after: None,
                });
            }
        };
        self.note_remaining(&answer.headers);
        match StatusCode::from_u16(answer.status) {
            Ok(StatusCode::TOO_MANY_REQUESTS) => {
                let wait = retry_after(&answer.headers).unwrap_or(DEFAULT_PAUSE).min(LONGEST_PAUSE);
                self.breaker.pause(Instant::now() + wait);
                let what = format!("{}: 429, the LMS asks to wait {} s", call.what, wait.as_secs());
                return Err(ApiError::RateLimited { what, retry_after: Some(wait) });
            }
            Ok(status) if status.is_server_error() => {
                pass.failed(Instant::now());
                let wait = retry_after(&answer.headers);
                let what = format!("{}: the LMS answers {status}", call.what);
                return Err(ApiError::Unavailable { what, retry_after: wait });
            }
            Ok(status) if status.is_redirection() => {
                let to = answer
                    .headers
                    .get(header::LOCATION)
                    .and_then(|to| to.to_str().ok())
                    .unwrap_or("elsewhere");
                let what = format!(
                    "{}: the LMS redirects to {}; write the address that answers itself into `site`",
                    call.what,
                    to.split(['?', '#']).next().unwrap_or_default()
                );
                return Err(ApiError::Unauthorized { what });
            }
            _ => pass.succeeded(),
        }
        if let (Some(key), Some(keep), 200..=299) = (key, call.cache, answer.status) {
            self.cache.put(key, &answer, self.clock.now(), keep);
        }
        Ok(answer)
    }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3); the LMSs send no dates there.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<f64>().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
