//! One course: what is asked of it, and what is made of the answer.

use std::collections::BTreeSet;

use accolade_connectors::{
    Answer, ApiError, Call, Course, Gradebook, Http, Outcome, Question, Release, Signal, Wanted,
};
use async_trait::async_trait;
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::compare::{Difference, compare, waiting};
use super::{BY_HAND, Reconciler};
use crate::ids;
use crate::lms::Client;
use crate::store::{Counts, NewDelivery, Run, StoreError, Verdict, Work};
use crate::worker::asked::asked;

/// What the deliveries of reconciliation name as their sender.
const USER_AGENT: &str = "reconciliation";
/// Differences in one delivery: a transaction that holds up no webhook.
const AT_ONCE: usize = 500;

/// What became of a course.
#[derive(Debug, Default)]
pub(super) struct CourseRead {
    pub(super) counts: Counts,
    pub(super) delivery: Option<Uuid>,
    pub(super) remarks: Vec<String>,
    pub(super) marker: Option<String>,
}

/// Why a course was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The LMS does not have it any more.
    Gone,
    Api(ApiError),
    Store(StoreError),
}

impl From<ApiError> for Unread {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The calls of reconciliation, one at a time: the other places are those of webhooks.
pub(super) struct Share<'a> {
    client: &'a Client,
    one: Semaphore,
}

impl<'a> Share<'a> {
    pub(super) fn of(client: &'a Client) -> Self {
        Self { client, one: Semaphore::new(1) }
    }
}

#[async_trait]
impl Http for Share<'_> {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        // It is never closed.
        let _turn = self.one.acquire().await;
        self.client.send(call).await
    }
}

impl Reconciler {
    /// Reads a course, compares it, and records what differs. `names` are those by which rules
    /// call it, `waiting_learners` those of the source for whom something waits.
    pub(super) async fn course(
        &self,
        run: &Run,
        course: &Course,
        names: &[String],
        waiting_learners: &BTreeSet<String>,
        http: &dyn Http,
    ) -> Result<CourseRead, Unread> {
        let source = run.source.as_str();
        let Some(connector) = self.sources.get(source).map(|source| &source.connector) else {
            return Err(Unread::Gone);
        };
        let Some(gradebooks) = connector.gradebooks() else { return Err(Unread::Gone) };
        let catalog = self.catalogs.current();
        let called = |name: &str| {
            std::iter::once(&course.id).chain(&course.also).chain(names).any(|known| known == name)
        };
        let asked = asked(&catalog, source);
        let ours = asked.courses().filter(|(name, _)| called(name));
        let wanted: Vec<Wanted> = ours.flat_map(|(_, wanted)| wanted).cloned().collect();
        let (stored, _) = self.store.stored_results(source, &course.id).await?;
        let also = course.also.iter().chain(names).cloned().collect();
        let by_all_names = Course { also, ..course.clone() };
        // What rules name only since the course has another name is asked about once more: else nothing
        // would show that they name it.
        let is_known = |outcome: &Outcome| {
            let named = Outcome { course: by_all_names.clone(), ..outcome.clone() };
            catalog.rules.names(source, outcome) && !catalog.rules.names_beyond(source, &named, outcome)
        };
        let is_decided = |outcome: &&Outcome| {
            outcome.passed == Some(true) && outcome.release == Release::Released && is_known(outcome)
        };
        let decided: BTreeSet<(String, String)> = stored
            .iter()
            .map(|result| &result.outcome)
            .filter(is_decided)
            .map(|outcome| (outcome.learner.id.clone(), outcome.assessment.id.clone()))
            .collect();
        let marker = if run.whole { None } else { self.store.marker(source, &course.id).await? };
        let read_at = self.clock.now();
        let question =
            Question { course, wanted: &wanted, marker: marker.as_deref(), decided: &decided, read_at };
        let Some(mut book) = gradebooks.read(&question, http).await? else { return Err(Unread::Gone) };
        // Of who was erased nothing is told, or each run would find them missing.
        let shown = book.shown.iter().map(|shown| shown.outcome.learner.id.as_str()).collect();
        let erased = self.store.erased(source, shown).await?;
        book.shown.retain(|shown| !erased.contains(&shown.outcome.learner.id));
        // What was confirmed while it was read is newer than the reading.
        let (stored, unreadable) = self.store.stored_results(source, &course.id).await?;
        // Told before and led to nothing, a difference is told again only if somebody asks for it.
        let forced = (run.whole && run.why == BY_HAND).then_some(run.id);
        let mut comparison = compare(&catalog.rules, source, &book, read_at, &stored, forced);
        let again =
            waiting(&catalog.rules, source, &stored, waiting_learners, &comparison.differences, run.id);
        comparison.differences.extend(again);
        let mut read =
            CourseRead { remarks: remarks(&book), counts: comparison.counts, ..CourseRead::default() };
        if unreadable > 0 {
            // What is shown of them is missing, as if nothing was stored; confirming it says what is wrong.
            read.remarks.push(format!("of {unreadable} stored results the content cannot be read"));
        }
        let mut signals = Vec::new();
        for difference in comparison.differences {
            match gradebooks.signal(&difference.outcome) {
                Some(signal) => signals.push((told(signal, &difference), difference)),
                None => read.remarks.push(format!(
                    "{} of learner {} cannot be confirmed by itself",
                    difference.outcome.assessment.id, difference.outcome.learner.id
                )),
            }
        }
        self.record(run, course, signals, &mut read).await?;
        read.marker = book.marker;
        Ok(read)
    }

    /// Records differences that were not told before as deliveries; the sweeper publishes their
    /// signals while the queue is shallow, so that webhooks pass.
    async fn record(
        &self,
        run: &Run,
        course: &Course,
        signals: Vec<(Signal, Difference)>,
        read: &mut CourseRead,
    ) -> Result<(), StoreError> {
        let keys = signals.iter().map(|(signal, _)| signal.key.clone()).collect();
        let told = self.store.told_keys(&run.source, keys).await?;
        let all = signals.len();
        let new: Vec<_> = signals.into_iter().filter(|(signal, _)| !told.contains(&signal.key)).collect();
        read.counts.duplicates = u32::try_from(all - new.len()).unwrap_or(u32::MAX);
        let mut new = new.into_iter().peekable();
        while new.peek().is_some() {
            let group: Vec<_> = new.by_ref().take(AT_ONCE).collect();
            let now = self.clock.now();
            let differences: Vec<_> = group
                .iter()
                .map(|(_, it)| {
                    json!({
                        "found": it.found.as_str(), "learner": it.outcome.learner.id,
                        "assessment": it.outcome.assessment.id,
                    })
                })
                .collect();
            let body = json!({"run": run.id, "course": course.id, "differences": differences});
            let signals = group.into_iter().map(|(signal, _)| (ids::timed(now), signal)).collect();
            let delivery = NewDelivery {
                id: ids::timed(now),
                source: run.source.clone(),
                received_at: now,
                user_agent: Some(USER_AGENT.to_owned()),
                body: Some(body.to_string().into_bytes()),
                verdict: Verdict::Accepted { signals, ignored: Vec::new() },
            };
            for recorded in self.store.record(&[delivery]).await? {
                self.metrics.delivery(&run.source, recorded.state.as_str());
                self.store.forget_messages_of(Work::Signals, &recorded.new_signals, now).await?;
                read.delivery.get_or_insert(recorded.id);
            }
        }
        Ok(())
    }
}

/// The signal of a difference.
fn told(signal: Signal, difference: &Difference) -> Signal {
    Signal {
        key: difference.key.clone(),
        event: format!("{}: {}", signal.event, difference.found.as_str()),
        ..signal
    }
}

/// What there is to say about a gradebook besides its differences.
fn remarks(book: &Gradebook) -> Vec<String> {
    let mut remarks: Vec<String> = book
        .absent
        .iter()
        .map(|part| format!("the course does not have {part}, which a badge names"))
        .collect();
    if !book.unread.is_empty() {
        remarks.push(format!("of {} learners nothing could be read", book.unread.len()));
    }
    remarks
}
