//! Metrics in the Prometheus text format, at `/metrics`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::store::{Backlog, Work};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceState {
    source: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LmsCall {
    source: String,
    call: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Source {
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Badge {
    badge: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkState {
    work: &'static str,
    state: &'static str,
}

/// Everything that is counted. Labels hold configured names only, never a learner.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    deliveries: Family<SourceState, Counter>,
    confirmations: Family<SourceState, Counter>,
    lms_calls: Family<LmsCall, Counter>,
    lms_seconds: Family<Source, Histogram>,
    awards: Family<Badge, Counter>,
    mails: Family<State, Counter>,
    bounces: Family<State, Counter>,
    swept: Family<State, Counter>,
    reconciled: Family<SourceState, Counter>,
    forgotten: Family<State, Counter>,
    rows: Family<WorkState, Gauge>,
    open_holds: Gauge,
    held_awards: Gauge,
    oldest: Family<State, Gauge<f64, AtomicU64>>,
    depth: Family<State, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("accolade");
        let metrics = Self {
            deliveries: Family::default(),
            confirmations: Family::default(),
            lms_calls: Family::default(),
            lms_seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.01, 2.0, 12))),
            awards: Family::default(),
            mails: Family::default(),
            bounces: Family::default(),
            swept: Family::default(),
            reconciled: Family::default(),
            forgotten: Family::default(),
            rows: Family::default(),
            open_holds: Gauge::default(),
            held_awards: Gauge::default(),
            oldest: Family::default(),
            depth: Family::default(),
            registry: Registry::default(),
        };
        registry.register(
            "deliveries",
            "Webhook requests by what became of them",
            metrics.deliveries.clone(),
        );
        registry.register(
            "confirmations",
            "Signals by what the LMS said to them",
            metrics.confirmations.clone(),
        );
        registry.register(
            "lms_calls",
            "Calls to LMS APIs by HTTP status; 0 is no answer",
            metrics.lms_calls.clone(),
        );
        registry.register_with_unit(
            "lms_call",
            "Duration of calls to LMS APIs",
            Unit::Seconds,
            metrics.lms_seconds.clone(),
        );
        registry.register("awards", "Badges awarded", metrics.awards.clone());
        registry.register("forgotten", "What retention removed, by kind", metrics.forgotten.clone());
        registry.register("mails", "Mails by what the mail server said", metrics.mails.clone());
        registry.register("bounces", "Mails that came back, by how", metrics.bounces.clone());
        registry.register("swept", "Messages published again by the sweeper", metrics.swept.clone());
        registry.register(
            "reconciled",
            "Results compared with the gradebooks, by what was found",
            metrics.reconciled.clone(),
        );
        registry.register("work_rows", "Rows of work by state, counted up to 10,000", metrics.rows.clone());
        registry.register(
            "open_holds",
            "Holds of the guard that wait for a human",
            metrics.open_holds.clone(),
        );
        registry.register("held_awards", "Awards that the guard holds", metrics.held_awards.clone());
        registry.register_with_unit(
            "work_oldest",
            "Age of the oldest waiting row",
            Unit::Seconds,
            metrics.oldest.clone(),
        );
        registry.register("queue_messages", "Messages that wait in the queue", metrics.depth.clone());
        Self { registry, ..metrics }
    }

    /// A webhook request, and the state in which it was recorded.
    pub fn delivery(&self, source: &str, state: &'static str) {
        self.deliveries.get_or_create(&SourceState { source: source.to_owned(), state }).inc();
    }

    /// A signal, and what confirming it gave: `done`, `wait` or `park`.
    pub fn confirmation(&self, source: &str, state: &'static str) {
        self.confirmations.get_or_create(&SourceState { source: source.to_owned(), state }).inc();
    }

    /// A call to an LMS; status 0 when no answer came.
    pub fn lms_call(&self, source: &str, call: &'static str, status: u16, took: Duration) {
        self.lms_calls.get_or_create(&LmsCall { source: source.to_owned(), call, status }).inc();
        self.lms_seconds.get_or_create(&Source { source: source.to_owned() }).observe(took.as_secs_f64());
    }

    /// A badge awarded.
    pub fn award(&self, badge: &str) {
        self.awards.get_or_create(&Badge { badge: badge.to_owned() }).inc();
    }

    /// A mail: `sent`, `wait` or `park`.
    pub fn mail(&self, state: &'static str) {
        self.mails.get_or_create(&State { state }).inc();
    }

    /// A mail that came back: `hard`, `soft` or `delayed`; `unknown` if no mail of ours is known by its
    /// id; `unread` for a message that is no delivery status notification.
    pub fn bounce(&self, kind: &'static str) {
        self.bounces.get_or_create(&State { state: kind }).inc();
    }

    /// Messages published again.
    pub fn swept(&self, work: Work, count: usize) {
        self.swept
            .get_or_create(&State { state: work.as_str() })
            .inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// What retention removed: `bodies`, `signals`, `mails` or `wallets`.
    pub fn forgotten(&self, kind: &'static str, count: u64) {
        self.forgotten.get_or_create(&State { state: kind }).inc_by(count);
    }

    /// Results of a source that reconciliation found so: `missing`, `stale`, `withdrawn` or
    /// `unchanged`.
    pub fn reconciled(&self, source: &str, state: &'static str, count: u32) {
        let counter = self.reconciled.get_or_create(&SourceState { source: source.to_owned(), state });
        counter.inc_by(u64::from(count));
    }

    /// How much of one kind of work there is; set just before the metrics are read.
    pub fn backlog(&self, work: Work, backlog: Backlog, oldest_seconds: f64, depth: Option<u64>) {
        let work = work.as_str();
        self.rows.get_or_create(&WorkState { work, state: "waiting" }).set(backlog.waiting);
        self.rows.get_or_create(&WorkState { work, state: "parked" }).set(backlog.parked);
        self.oldest.get_or_create(&State { state: work }).set(oldest_seconds);
        if let Some(depth) = depth {
            self.depth.get_or_create(&State { state: work }).set(i64::try_from(depth).unwrap_or(i64::MAX));
        }
    }

    /// Holds that are open and the awards that they hold; set just before the metrics are read.
    pub fn held(&self, holds: i64, awards: i64) {
        self.open_holds.set(holds);
        self.held_awards.set(awards);
    }

    /// Everything, in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}
