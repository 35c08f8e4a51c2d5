//! AWARD: judges what changed, signs what is earned, stores it.
//!
//! Failures: the database or the signer is away (no attempt spent), another worker changed the same person
//! (judged again), a credential that cannot be signed (parked with the reason; its neighbours
//! are stored). Not failures: nothing earned, held already, no address yet, a regrade.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::issue::{self, Desk};
use super::judge::{Judged, Passing, judge};
use super::outage::{GivenBack, Hold, Patience};
use super::places::Places;
use super::retry::unstored;
use super::seats::{Draft, Seats};
use super::trial::Trials;
use super::unwind::guarded;
use crate::catalogs::Catalogs;
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::config::{Catalog, Guard};
use crate::faults::{self, Break, Point};
use crate::queue::{Delivery, Message, Queue};
use crate::signing::{Issuers, SigningError};
use crate::store::{AwardChange, AwardCommit, Candidate, Committed, Store, StoreError, Work};
use crate::telemetry::Metrics;

/// How long a batch gathers.
const LINGER: Duration = Duration::from_millis(20);
/// Batches under way at a time: one is judged and signed while the database stores another.
const ABREAST: usize = 2;
/// How often a batch is judged again of which nothing is done, because persons changed meanwhile.
const ROUNDS: u32 = 5;

/// Awards badges. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Awarder {
    /// The database.
    pub store: Store,
    /// The queue.
    pub queue: Arc<Queue>,
    /// The badges and their rules.
    pub catalogs: Catalogs,
    /// Who issue, and sign.
    pub issuers: Issuers,
    /// Makes claim tokens.
    pub secret: ClaimSecret,
    /// How long a claim link works, in days.
    pub claim_days: u32,
    /// How long after an award its first reminder may be due; none: there are none.
    pub remind_after: Option<TimeDelta>,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where this installation answers.
    pub public_url: Arc<str>,
    /// The domain of Message-IDs.
    pub domain: Arc<str>,
    /// What the guard expects; `None` if it is off.
    pub guard: Option<Arc<Guard>>,
    /// Places in status lists that were taken ahead.
    pub places: Places,
    /// What may end the process.
    pub trials: Trials,
}

/// What keeps an event from being evaluated.
#[derive(Debug)]
enum Failure {
    /// It is at fault.
    Wrong(String),
    /// One of several issuers is away, or newer rules are: tried again, however often, and the others go on.
    Away(String),
}

/// Events that could not be evaluated, each with its reason.
type Failed = Vec<(Uuid, Failure)>;

/// Why nothing came of a batch.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("nothing can be signed: {0}")]
    Signer(String),
    #[error("evaluating it failed inside the program; please report it")]
    Crashed,
}

impl Fault {
    /// Whether it passes by itself, and no event is to blame.
    fn is_outage(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_)) => !faults::broken(Break::CountsOutages),
            Self::Signer(_) => true,
            _ => false,
        }
    }
}

impl From<SigningError> for Fault {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Store(error) => error.into(),
            SigningError::Away(_) | SigningError::Refused(_) => Self::Signer(error.to_string()),
        }
    }
}

impl Awarder {
    /// Works until `stop`, finishing what it has begun.
    pub async fn run(self, batch: u16, stop: CancellationToken) {
        let prefetch = batch.saturating_mul(1 + u16::try_from(ABREAST).unwrap_or(1));
        let mut consumer = self.queue.consume(Work::Assessments, prefetch, stop.clone());
        let patience = Patience::new(stop);
        let mut batches: JoinSet<Result<(), GivenBack>> = JoinSet::new();
        loop {
            // While all are busy the next one gathers.
            let mut away = false;
            while let Some(ended) =
                if batches.len() >= ABREAST { batches.join_next().await } else { batches.try_join_next() }
            {
                away |= matches!(ended, Ok(Err(GivenBack)));
            }
            if away {
                patience.pause_for(&mut consumer, &self.store, Some(&self.issuers)).await;
            }
            let Some(deliveries) = consumer.next_batch(usize::from(batch), LINGER).await else { break };
            let (this, patience) = (self.clone(), patience.clone());
            batches.spawn(async move { this.take(deliveries, &mut patience.hold()).await });
        }
        while batches.join_next().await.is_some() {}
    }

    pub(super) async fn batch(
        &self,
        deliveries: Vec<Delivery>,
        hold: &mut Hold<'_>,
    ) -> Result<(), GivenBack> {
        let mut ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id).collect();
        ids.sort_unstable();
        ids.dedup();
        match self.guarded(&ids, hold).await {
            Ok(failed) => {
                faults::at(Point::AwardUnacknowledged).await;
                let failed: HashMap<Uuid, Failure> = failed.into_iter().collect();
                let (put_off, done): (Vec<_>, Vec<_>) =
                    deliveries.into_iter().partition(|delivery| failed.contains_key(&delivery.id));
                for delivery in done {
                    delivery.ack();
                }
                for delivery in put_off {
                    let failure = failed.get(&delivery.id);
                    self.put_off(delivery, failure, hold).await?;
                }
                Ok(())
            }
            Err(error) if error.is_outage() => Err(GivenBack),
            // One of the batch is at fault: each alone, so that it harms nobody else.
            Err(error) => {
                tracing::warn!(%error, events = ids.len(), "the batch failed; trying its events one by one");
                for delivery in deliveries {
                    self.alone(delivery, hold).await?;
                }
                Ok(())
            }
        }
    }

    async fn alone(&self, delivery: Delivery, hold: &mut Hold<'_>) -> Result<(), GivenBack> {
        match self.guarded(&[delivery.id], hold).await {
            Ok(failed) => {
                if let Some((_, failure)) = failed.first() {
                    return self.put_off(delivery, Some(failure), hold).await;
                }
                delivery.ack();
                Ok(())
            }
            Err(error) if error.is_outage() => Err(GivenBack),
            Err(Fault::Store(error @ StoreError::Conflict)) => {
                delivery.retry(unstored(&error)).await;
                Ok(())
            }
            Err(error) => self.postpone(delivery, &error.to_string(), hold).await,
        }
    }

    async fn guarded(&self, ids: &[Uuid], hold: &mut Hold<'_>) -> Result<Failed, Fault> {
        loop {
            let (this, ids) = (self.clone(), ids.to_vec());
            match guarded(async move { this.work(&ids).await }).await {
                Some(Err(error)) if error.is_outage() && hold.again(&error).await => {}
                Some(worked) => return worked,
                None => return Err(Fault::Crashed),
            }
        }
    }

    /// Judges and stores until nothing of `ids` is stale any more.
    async fn work(&self, ids: &[Uuid]) -> Result<Failed, Fault> {
        let mut open = ids.to_vec();
        let (mut failed, mut in_vain) = (Vec::new(), 0);
        while in_vain < ROUNDS {
            let candidates = self.store.candidates(&open).await?;
            if candidates.is_empty() {
                return Ok(failed);
            }
            open = self.round(&candidates, &mut failed).await?;
            if open.is_empty() {
                return Ok(failed);
            }
            // Of the events of one person each round may end only one.
            in_vain = if open.len() < candidates.len() { 0 } else { in_vain + 1 };
        }
        Err(StoreError::Conflict.into())
    }

    /// One round; the answer is the events that have to be judged again.
    async fn round(&self, candidates: &[Candidate], failed: &mut Failed) -> Result<Vec<Uuid>, Fault> {
        let now = self.clock.now();
        // One version from judging to storing, whatever is published meanwhile.
        let asked = candidates.iter().filter_map(|candidate| candidate.publication).max();
        let catalog = self.catalogs.at_least(asked.unwrap_or_default()).await?;
        let usable =
            |candidate: &&Candidate| candidate.publication.unwrap_or_default() <= catalog.publication;
        let (candidates, late): (Vec<&Candidate>, Vec<_>) = candidates.iter().partition(usable);
        failed.extend(late.into_iter().map(|candidate| {
            let number = candidate.publication.unwrap_or_default();
            let why = format!("this process cannot use the badges of publication {number}");
            // Another one can, or this one can when it is of that version, too.
            (candidate.event, Failure::Away(why))
        }));
        let judged: Vec<Judged<'_>> =
            candidates.into_iter().map(|candidate| judged(&catalog, candidate, now)).collect();
        let mut seats = Seats::take(&self.issuers, &judged, (&self.places, &self.store), &self.clock).await?;
        let mut drafts = Vec::with_capacity(judged.len());
        let mut made = HashSet::new();
        for (position, judged) in judged.into_iter().enumerate() {
            let event = judged.candidate.event;
            match self.draft(&catalog, &mut seats, judged, &mut made, now) {
                Ok(draft) => {
                    if draft.asks_for_a_break(position) {
                        tokio::task::yield_now().await;
                    }
                    drafts.push(draft);
                }
                Err(failure) => failed.push((event, failure)),
            }
        }
        let (commits, waiting) = seats.sign(drafts).await?;
        failed.extend(waiting.into_iter().map(|(event, why)| (event, Failure::Away(why))));
        let mut stored = self.store.award(&commits, now).await;
        for _ in 0..3 {
            if !matches!(stored, Err(StoreError::Conflict)) {
                break;
            }
            stored = self.store.award(&commits, now).await;
        }
        if stored.is_err() {
            // They may be places in a database that was restored from a backup.
            self.places.forget();
        }
        let mut again = Vec::new();
        let mut mails = Vec::new();
        for (commit, committed) in commits.iter().zip(stored?) {
            match committed {
                Committed::Stored { mails: new, credentials } => {
                    mails.extend(
                        new.into_iter()
                            .map(|mail| Message::mail(&self.public_url, mail, commit.delivery, now)),
                    );
                    for award in
                        commit.awards.iter().filter(|award| credentials.contains(&award.credential.id))
                    {
                        self.metrics.award(&award.badge);
                        tracing::info!(delivery = %commit.delivery, event = %commit.event, credential = %award.credential.id, badge = %award.badge, "badge awarded");
                    }
                    for AwardChange { credential, change } in &commit.changes {
                        tracing::info!(delivery = %commit.delivery, event = %commit.event, %credential, ?change, "badge changed");
                    }
                    if credentials.is_empty() {
                        tracing::info!(delivery = %commit.delivery, event = %commit.event, reason = %commit.reason, "no badge");
                    }
                }
                Committed::AlreadyDone => {}
                Committed::Stale => again.push(commit.event),
                Committed::Held { opened } => {
                    for hold in opened {
                        tracing::warn!(hold = %hold.id, delivery = %commit.delivery, event = %commit.event, expected = hold.expected, basis = hold.basis, "awards are held: {}; `accolade held` shows them", hold.over());
                    }
                    again.push(commit.event);
                }
            }
        }
        faults::at(Point::AwardUnpublished).await;
        if !mails.is_empty() {
            self.queue.announce(&self.store, Work::Mails, mails, now).await;
        }
        if !again.is_empty() {
            // It may be that another key signs now.
            self.issuers.refresh().await?;
        }
        Ok(again)
    }

    fn draft(
        &self,
        catalog: &Catalog,
        seats: &mut Seats,
        judged: Judged<'_>,
        made: &mut HashSet<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<Draft, Failure> {
        let Judged { candidate, earned, changes, waits, guarding, superseded, mut reason } = judged;
        if let Some(why) = seats.away(earned.iter().map(|earned| earned.badge.issuer.as_str())) {
            return Err(Failure::Away(why.to_owned()));
        }
        let mut awards = Vec::with_capacity(earned.len());
        let mut signable = Vec::with_capacity(earned.len());
        for earned in earned {
            let wrong = |why: &str| Failure::Wrong(why.to_owned());
            let seat = seats.of(&earned.badge.issuer).ok_or_else(|| wrong("no issuer signs it"))?;
            let status = seat.place().ok_or_else(|| wrong("no place in the status list"))?;
            let desk = Desk {
                signing: &seat.signing,
                key: &seat.key,
                secret: &self.secret,
                claim_days: self.claim_days,
                rules: &catalog.version,
                domain: &self.domain,
            };
            let name = &earned.badge.achievement.name;
            let term = earned.term.as_ref().map_or_else(String::new, |term| format!(" for {term}"));
            let passage = self.passage(candidate, &earned);
            let issued = issue::issue(desk, candidate, &earned, status, passage, now);
            let (mut award, prepared) = issued.map_err(|error| {
                Failure::Wrong(format!("“{name}” is earned, but its credential cannot be signed: {error}"))
            })?;
            award.credential.remind_at = self.remind_after.map(|after| now + after);
            // Each event carries the award, whichever of them is stored: the other may turn out
            // to be done already. The unique constraint keeps it one.
            let first = made.insert(award.credential.id);
            reason.push(format!(
                "“{name}” {}{term}{}{}",
                match (&earned.supersedes, &earned.earlier) {
                    (Some(old), _) => format!("issued again in place of credential {}", old.credential),
                    (None, Some(_)) => "renewed".to_owned(),
                    (None, None) => "awarded".to_owned(),
                },
                match earned.passing {
                    Passing::Granted => ", as an administrator granted it",
                    Passing::Released => ", as an administrator released it",
                    Passing::Counted { .. } | Passing::Again => "",
                },
                if first { "" } else { " by the event beside this one" }
            ));
            awards.push(award);
            signable.push(prepared);
        }
        let commit = AwardCommit {
            event: candidate.event,
            delivery: candidate.delivery,
            person: candidate.person,
            version: candidate.version,
            held: candidate.held.iter().map(Into::into).collect(),
            reason: reason.join("; "),
            awards,
            changes,
            waits,
            guarding,
            superseded,
        };
        Ok(Draft { commit, prepared: signable })
    }
}

fn judged<'a>(catalog: &'a Catalog, candidate: &'a Candidate, now: DateTime<Utc>) -> Judged<'a> {
    #[cfg(test)]
    super::unwind::crashes::pass(candidate.event);
    for known in &candidate.outcomes {
        faults::touch("award", &known.outcome.learner.id);
    }
    judge(catalog, candidate, now)
}

#[cfg(test)]
mod beside;
mod passage;
mod postponed;
#[cfg(test)]
mod tests;
mod trial;
