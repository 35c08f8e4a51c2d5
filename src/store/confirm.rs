//! Confirming: outcomes are stored, and events follow from those that changed.

use std::collections::{BTreeMap, BTreeSet};

use accolade_connectors::Outcome;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::directory::Directory;
use super::doubts::{NewDoubt, change_persons, store_doubts};
use super::identity::{Identities, Verdict};
use super::learners::{LearnerName, ToldLearner, update_learners};
use super::merge::merge as merge_persons;
use super::outcomes::{KnownOutcome, Merge, combined, merge};
use super::privacy::{About, Marks as Erasures, empty};
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, from_json, key, to_json, values};
use super::waiting::waiting_persons;
use super::{
    ConfirmResult, ConfirmedSignal, GRACE, NewEvent, RuledOutcome, SignalVerdict, Store, StoreError,
};
use crate::faults::{self, Point};
use crate::ids;

statements! {
    LOCK_SIGNALS = "SELECT id, delivery_id, source, learner FROM signals
        WHERE id {in $1} AND {plain state} = 'waiting' ORDER BY id {lock}";

    READ_OUTCOMES = "SELECT id, learner_id, course, assessment, content, passes, as_of
        FROM outcomes WHERE learner_id {in $1}";

    UPSERT_OUTCOMES [
        id Uuid, learner_id Uuid, course Text, assessment Text, content Text, passes Bool, as_of Time,
        confirmed_at Time,
    ] = "INSERT INTO outcomes
            (id, learner_id, course, assessment, content, passes, as_of, confirmed_at)
        SELECT r.id, r.learner_id, r.course, r.assessment, r.content, r.passes, r.as_of, r.confirmed_at
        FROM {rows} WHERE true
        ON CONFLICT (learner_id, course, assessment) DO UPDATE SET content = excluded.content,
            passes = excluded.passes, as_of = excluded.as_of, confirmed_at = excluded.confirmed_at";

    INSERT_EVENTS [
        id Uuid, signal_id Uuid, delivery_id Uuid, source Text, learner_id Uuid, outcome_id Uuid,
        passed Bool, content Text, whole Bool, due_at Time, sweep_at Time,
    ] = "INSERT INTO events
            (id, signal_id, delivery_id, source, learner_id, outcome_id, passed, content, whole, state,
             reason, attempts, due_at, sweep_at, created_at)
        SELECT r.id, r.signal_id, r.delivery_id, r.source, r.learner_id, r.outcome_id, r.passed,
             r.content, r.whole, 'waiting', '', 0, r.due_at, r.sweep_at, r.due_at
        FROM {rows}";

    /// Without a `due_at` it is finished. What is done needs its content no more, unless nothing else says
    /// whom it is about.
    UPDATE_SIGNALS [
        id Uuid, state Text, reason Text, attempts Int, due_at Time, sweep_at Time, finished_at Time,
    ] = "UPDATE signals SET state = r.state, reason = r.reason, attempts = signals.attempts + r.attempts,
            due_at = COALESCE(r.due_at, signals.due_at),
            sweep_at = COALESCE(r.sweep_at, signals.sweep_at), finished_at = r.finished_at,
            content = CASE WHEN r.state = 'done' AND signals.learner IS NOT NULL THEN '{}'
                ELSE signals.content END
        FROM {rows} WHERE signals.id = r.id";
}

#[derive(sqlx::FromRow)]
struct LockedSignal {
    id: Uuid,
    delivery_id: Uuid,
    source: String,
    learner: Option<String>,
}

#[derive(sqlx::FromRow)]
struct OutcomeRow {
    id: Uuid,
    learner_id: Uuid,
    course: String,
    assessment: String,
    content: String,
    passes: bool,
    as_of: Time,
}

/// When a reading that another one overtook is done again: after about the time between the two,
/// within these limits.
const OVERTAKEN_WAIT: (TimeDelta, TimeDelta) = (TimeDelta::seconds(3), TimeDelta::minutes(10));

/// Learner, course and assessment.
type OutcomeName = (Uuid, String, String);

/// What a batch knows and changes, in memory, until it is written.
struct Batch {
    now: DateTime<Utc>,
    directory: Directory,
    outcomes: BTreeMap<OutcomeName, KnownOutcome>,
    changed_learners: BTreeSet<LearnerName>,
    changed_outcomes: BTreeSet<OutcomeName>,
    /// Persons of whom an outcome, the name or the address changed.
    changed_persons: BTreeSet<Uuid>,
    /// Persons for whom an earned badge waits.
    waiting_persons: BTreeSet<Uuid>,
    events: Vec<Event>,
    /// Signals whose reading was overtaken by one that says otherwise, each with when to read again.
    overtaken: BTreeMap<Uuid, DateTime<Utc>>,
}

struct Event {
    signal: Uuid,
    outcome: Uuid,
    /// About everything that is known of the person.
    whole: bool,
    event: NewEvent,
}

impl Store {
    /// Stores a batch of confirmations in one transaction: learners and outcomes, the events
    /// that follow from changed outcomes, and what becomes of each signal and its delivery.
    ///
    /// An outcome is kept only if it is not older ([`Outcome::as_of`]) than the stored one.
    /// An event follows when an outcome's passing state changes, when it passes and its score,
    /// name or address changed, and when a rule names it and its score, passing, time of grading or
    /// release changed, or it is called by a further name. It also follows for every passing outcome of a learner whose name and address are
    /// known for the first time, for without them nothing was awarded, and where the name or the
    /// address changed of a person for whom a badge waits. A signal that is done already is left
    /// as it is, and gives no event. The answer is in the order of `results`.
    pub async fn confirm(
        &self,
        results: &[ConfirmResult],
        now: DateTime<Utc>,
    ) -> Result<Vec<ConfirmedSignal>, StoreError> {
        if results.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let ids: Vec<Uuid> = results.iter().map(|result| result.signal).collect();
        let locked: Vec<LockedSignal> = session.all(&LOCK_SIGNALS, values![ids]).await?;
        let mut waiting: BTreeMap<Uuid, LockedSignal> = locked.into_iter().map(|row| (row.id, row)).collect();
        // A signal that is in the batch twice is done after the first time.
        let live: Vec<(&ConfirmResult, LockedSignal)> =
            results.iter().filter_map(|result| Some((result, waiting.remove(&result.signal)?))).collect();

        let mut batch = Batch::load(&mut session, (&self.identities, &self.marks), &live, now).await?;
        let about = live.iter().map(|(told, row)| {
            About::new(&row.source, row.learner.as_deref(), &told.outcomes, (row.id, row.delivery_id))
        });
        let erased = self.marks.among(&mut session, about, &batch.directory.erased).await?;
        for (result, signal) in &live {
            for outcome in &result.outcomes {
                batch.take(signal, outcome, result.read);
            }
        }
        batch.identify(&mut session, &live).await?;
        batch.write(&mut session).await?;
        batch.overtaken.retain(|signal, _| {
            live.iter().any(|(result, _)| {
                result.signal == *signal && matches!(result.verdict, SignalVerdict::Done { .. })
            })
        });
        let verdict = |result: &ConfirmResult| match batch.overtaken.get(&result.signal) {
            Some(until) => SignalVerdict::overtaken(*until).row(result.signal, now),
            None => result.verdict.row(result.signal, now),
        };
        session.run_rows(&UPDATE_SIGNALS, live.iter().map(|(told, _)| verdict(told)).collect()).await?;
        empty(&mut session, &erased, now).await?;
        // Where an event follows, or the signal waits, the delivery waits as before.
        let follows: BTreeSet<Uuid> = batch.events.iter().map(|event| event.event.delivery).collect();
        let ended = live.iter().filter(|(told, signal)| {
            !matches!(told.verdict, SignalVerdict::Wait { .. }) && !follows.contains(&signal.delivery_id)
        });
        settle(&mut session, ended.map(|(_, signal)| signal.delivery_id)).await?;
        faults::at(Point::ConfirmUncommitted).await;
        session.commit().await?;

        let mut events: BTreeMap<Uuid, Vec<NewEvent>> = BTreeMap::new();
        for event in batch.events {
            events.entry(event.signal).or_default().push(event.event);
        }
        let confirmed = results.iter().map(|result| ConfirmedSignal {
            signal: result.signal,
            events: events.remove(&result.signal).unwrap_or_default(),
            again_at: batch.overtaken.get(&result.signal).copied(),
        });
        Ok(confirmed.collect())
    }
}

impl Batch {
    async fn load(
        session: &mut Session,
        (identities, erasures): (&Identities, &Erasures),
        live: &[(&ConfirmResult, LockedSignal)],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let mut told = Vec::new();
        for (result, signal) in live {
            told.extend(result.outcomes.iter().map(|RuledOutcome { outcome, .. }| ToldLearner {
                name: learner_name(signal, outcome),
                learner: &outcome.learner,
                as_of: outcome.as_of,
            }));
        }
        let directory = if told.is_empty() {
            Directory::default()
        } else {
            Directory::load(session, identities, erasures, &told, now).await?
        };
        let learners = &directory.learners;
        let ids: Vec<Uuid> = learners.values().map(|learner| learner.id).collect();
        let rows: Vec<OutcomeRow> =
            if ids.is_empty() { Vec::new() } else { session.all(&READ_OUTCOMES, values![ids]).await? };
        let mut outcomes = BTreeMap::new();
        for row in rows {
            let outcome = from_json("outcomes", "content", &row.content)?;
            let known = KnownOutcome { id: row.id, outcome, passes: row.passes, as_of: row.as_of };
            outcomes.insert((row.learner_id, row.course, row.assessment), known);
        }
        let persons = learners.values().map(|learner| learner.person_id).collect();
        let waiting_persons = waiting_persons(session, persons).await?;
        Ok(Self {
            now,
            directory,
            outcomes,
            changed_learners: BTreeSet::new(),
            changed_outcomes: BTreeSet::new(),
            changed_persons: BTreeSet::new(),
            waiting_persons,
            events: Vec::new(),
            overtaken: BTreeMap::new(),
        })
    }

    /// Takes one confirmed outcome over.
    fn take(&mut self, signal: &LockedSignal, ruled: &RuledOutcome, read: bool) {
        let outcome = &ruled.outcome;
        let learner_name = learner_name(signal, outcome);
        // `load` found or made every learner but those who were erased.
        let Some(learner) = self.directory.learners.get_mut(&learner_name) else { return };
        let (learner_id, person) = (learner.id, learner.person_id);
        let name = outcome_name(learner_id, outcome);
        let stored = self.outcomes.get(&name);
        let merged = merge(stored, ruled);
        if let Merge::Older { differs } = merged {
            if let Some(stored) = stored.filter(|_| differs && read) {
                let gap = stored.as_of.0.signed_duration_since(outcome.as_of);
                let again = self.now + gap.clamp(OVERTAKEN_WAIT.0, OVERTAKEN_WAIT.1);
                let at = self.overtaken.entry(signal.id).or_insert(again);
                *at = again.max(*at);
            }
            return;
        }
        let change = learner.learn(&outcome.learner, outcome.as_of);
        let known = KnownOutcome {
            id: stored.map_or_else(|| ids::timed(self.now), |stored| stored.id),
            outcome: combined(stored, outcome),
            passes: ruled.passes,
            as_of: outcome.as_of.into(),
        };
        // The time alone is stored too, so that what is older than it stays out.
        self.outcomes.insert(name.clone(), known);
        self.changed_outcomes.insert(name.clone());
        self.changed_learners.insert(learner_name.clone());
        if change.any || merged != Merge::Same {
            self.changed_persons.insert(person);
        }
        // Whichever outcome it comes with: all that waits for the person is judged.
        let wakes = change.reach && self.waiting_persons.contains(&person);
        if wakes || merged == (Merge::Changed { event: true }) {
            self.event(signal, &learner_name, &name, false);
        }
        if change.became_reachable {
            let others: Vec<OutcomeName> = self
                .outcomes
                .iter()
                .filter(|(other, known)| other.0 == learner_id && known.passes && **other != name)
                .map(|(other, _)| other.clone())
                .collect();
            for other in others {
                self.event(signal, &learner_name, &other, false);
            }
        }
    }

    /// Says who the learners are of whom something was taken over: links those who are somebody
    /// else without doubt, and notes doubts.
    async fn identify(
        &mut self,
        session: &mut Session,
        live: &[(&ConfirmResult, LockedSignal)],
    ) -> Result<(), StoreError> {
        let mut doubts: Vec<NewDoubt> = self.directory.doubts.clone();
        let new: Vec<Uuid> = doubts.iter().map(|doubt| doubt.learner).collect();
        for name in self.changed_learners.clone() {
            let Some(learner) = self.directory.learners.get(&name).cloned() else { continue };
            self.directory.learned(&learner);
            match self.directory.verdict(&learner) {
                Verdict::Doubt { candidates, reason } if !new.contains(&learner.id) => {
                    doubts.push(NewDoubt { learner: learner.id, candidates, reason });
                }
                Verdict::Link(person) => {
                    let merged = merge_persons(session, learner.person_id, person).await?;
                    self.directory.merged(merged.gone, merged.kept);
                    self.changed_persons.remove(&merged.gone);
                    self.whole(live, &name);
                }
                Verdict::Doubt { .. } | Verdict::Alone => {}
            }
        }
        store_doubts(session, &doubts, self.now).await
    }

    /// Has everything judged that is known of a learner's person.
    fn whole(&mut self, live: &[(&ConfirmResult, LockedSignal)], learner: &LearnerName) {
        let told = live.iter().find_map(|(result, signal)| {
            let of_learner = |ruled: &&RuledOutcome| learner_name(signal, &ruled.outcome) == *learner;
            Some((signal, result.outcomes.iter().find(of_learner)?))
        });
        let (Some((signal, ruled)), Some(id)) =
            (told, self.directory.learners.get(learner).map(|learner| learner.id))
        else {
            return;
        };
        self.event(signal, learner, &outcome_name(id, &ruled.outcome), true);
    }

    fn event(&mut self, signal: &LockedSignal, learner: &LearnerName, name: &OutcomeName, whole: bool) {
        let (Some(learner), Some(known)) = (self.directory.learners.get(learner), self.outcomes.get(name))
        else {
            return;
        };
        let mut outcome = known.outcome.clone();
        learner.describe(&mut outcome.learner);
        self.events.push(Event {
            signal: signal.id,
            outcome: known.id,
            whole,
            event: NewEvent {
                id: ids::timed(self.now),
                delivery: signal.delivery_id,
                source: signal.source.clone(),
                passed: known.passes,
                learner: learner.id,
                outcome,
            },
        });
    }

    async fn write(&self, session: &mut Session) -> Result<(), StoreError> {
        let learners = self.changed_learners.iter().filter_map(|name| self.directory.learners.get(name));
        update_learners(session, learners.filter(|learner| self.directory.differs(learner))).await?;

        let mut rows = Vec::with_capacity(self.changed_outcomes.len());
        for name in &self.changed_outcomes {
            let Some(known) = self.outcomes.get(name) else { continue };
            let (learner, course, assessment) = name;
            rows.push(values![
                known.id,
                *learner,
                course,
                assessment,
                to_json("outcome", &known.outcome)?,
                known.passes,
                known.as_of,
                self.now,
            ]);
        }
        session.run_rows(&UPSERT_OUTCOMES, rows).await?;

        // Nobody has judged a person who is made here.
        let known = self.changed_persons.difference(&self.directory.made).copied();
        change_persons(session, known.collect()).await?;

        let mut rows = Vec::with_capacity(self.events.len());
        for Event { signal, outcome, whole, event } in &self.events {
            rows.push(values![
                event.id,
                *signal,
                event.delivery,
                &event.source,
                event.learner,
                *outcome,
                event.passed,
                to_json("outcome", &event.outcome)?,
                *whole,
                self.now,
                self.now + GRACE,
            ]);
        }
        session.run_rows(&INSERT_EVENTS, rows).await
    }
}

fn learner_name(signal: &LockedSignal, outcome: &Outcome) -> LearnerName {
    (signal.source.clone(), key(&outcome.learner.id).into_owned())
}

fn outcome_name(learner: Uuid, outcome: &Outcome) -> OutcomeName {
    (learner, key(&outcome.course.id).into_owned(), key(&outcome.assessment.id).into_owned())
}
