//! Decisions of administrators about awards, one or many at once: each is about its award alone, and
//! all of a batch hold, with their status bits, or none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::doubts::change_persons;
use super::holder::unwanted;
use super::lifecycle::forget_losses;
use super::session::Session;
use super::statement::statements;
use super::status::set_bits;
use super::typed::{Typed, deliver};
use super::value::{Time, values};
use super::{DecisionKind, Store, StoreError, early_ends, supersede};
use crate::ids;

statements! {
    PERSONS_OF_AWARDS = "SELECT DISTINCT person_id FROM awards WHERE id {in $1} ORDER BY person_id";

    LOCK_THEIR_PERSONS = "SELECT id AS person_id FROM persons WHERE id {in $1} ORDER BY id {lock}";

    THESE_AWARDS = concat!("SELECT awards.id, awards.issuer, awards.badge, awards.person_id, learners.source,
            awards.valid_until, credentials.revoked, credentials.suspended, losses.award_id AS lost,
            early_ends.ends_at, ", unwanted!(), " AS declined
        FROM awards
            JOIN credentials ON credentials.id = awards.id
            JOIN events ON events.id = awards.event_id
            JOIN learners ON learners.id = events.learner_id
            LEFT JOIN losses ON losses.award_id = awards.id
            LEFT JOIN early_ends ON early_ends.award_id = awards.id
        WHERE awards.id {in $1} ORDER BY awards.id");

    INSERT_AWARD_DECISIONS [
        id Uuid, issuer Text, badge Text, person_id Uuid, award_id Uuid, kind Text, reason Text,
        decided_by Text, decided_at Time,
    ] = "INSERT INTO decisions
            (id, issuer, badge, person_id, award_id, kind, reason, decided_by, decided_at)
        SELECT r.id, r.issuer, r.badge, r.person_id, r.award_id, r.kind, r.reason, r.decided_by, r.decided_at
        FROM {rows}";
}

/// What is decided about awards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwardDecision {
    /// A worker issues them again by the rules in use, and revokes those that there are: the new ones
    /// stand in their place ([`super::supersede`]).
    Supersede {
        /// By the rules of this publication or a later one.
        publication: i64,
    },
    /// They end then, whatever end they were signed with ([`super::early_ends`]).
    Expire {
        /// When.
        at: DateTime<Utc>,
    },
    /// [`DecisionKind::Revoke`]
    Revoke,
    /// [`DecisionKind::Suspend`]
    Suspend,
    /// [`DecisionKind::Reinstate`]
    Reinstate,
}

/// What an award is now.
#[allow(clippy::struct_excessive_bools, reason = "facts of which each may hold beside the others")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AwardState {
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
    /// Its rule is not met any more: a regrade suspended it, or will when its grace ends.
    pub lost: bool,
    /// When it ends, by what was signed or by an order since.
    pub ends_at: Option<DateTime<Utc>>,
    /// That end is earlier than what was signed: an order that can be taken back.
    pub early: bool,
    /// Its learner declined it, or said that it is not theirs: no new one is mailed to them.
    pub declined: bool,
}

impl AwardDecision {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supersede { .. } => "supersede",
            Self::Expire { .. } => "expire",
            Self::Revoke => DecisionKind::Revoke.as_str(),
            Self::Suspend => DecisionKind::Suspend.as_str(),
            Self::Reinstate => DecisionKind::Reinstate.as_str(),
        }
    }

    /// Whether it changes anything for such an award. What a regrade suspended stays so by a
    /// decision, and no rise lifts it any more.
    pub fn changes(self, state: AwardState) -> bool {
        let AwardState { revoked, suspended, lost, ends_at, early, declined } = state;
        !revoked
            && match self {
                Self::Revoke => true,
                Self::Suspend => !suspended || lost,
                Self::Reinstate => suspended || lost || early,
                Self::Supersede { .. } => !suspended && !declined,
                Self::Expire { at } => early || ends_at.is_none_or(|end| at < end),
            }
    }
}

/// A decision about awards, to store.
#[derive(Debug, Clone)]
pub struct NewAwardDecision {
    /// What.
    pub what: AwardDecision,
    /// The credentials of the awards.
    pub credentials: Vec<Uuid>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwardsDecided {
    /// The credentials for which it was decided; for the others it would have changed nothing.
    pub changed: Vec<Uuid>,
    /// Deliveries that tell of it, one for each source: those who are concerned are judged again.
    pub deliveries: Vec<Uuid>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    person_id: Uuid,
}

#[derive(sqlx::FromRow)]
pub(super) struct AwardRow {
    id: Uuid,
    issuer: String,
    badge: String,
    person_id: Uuid,
    source: String,
    valid_until: Option<Time>,
    revoked: bool,
    suspended: bool,
    lost: Option<Uuid>,
    ends_at: Option<Time>,
    declined: bool,
}

impl AwardRow {
    fn state(&self) -> AwardState {
        AwardState {
            revoked: self.revoked,
            suspended: self.suspended,
            lost: self.lost.is_some(),
            ends_at: self.ends_at.or(self.valid_until).map(|time| time.0),
            early: self.ends_at.is_some(),
            declined: self.declined,
        }
    }
}

impl Store {
    /// Stores a decision about awards with what follows from it, in one transaction: the decisions,
    /// the status bits, and a delivery with an event for each person, so that what stacks on these
    /// badges is judged again. What was judged of the persons meanwhile is stale. Awards for which
    /// it changes nothing ([`AwardDecision::changes`]) are left as they are.
    pub async fn decide_awards(
        &self,
        decision: &NewAwardDecision,
        now: DateTime<Utc>,
    ) -> Result<AwardsDecided, StoreError> {
        let mut session = self.pool.write().await?;
        let decided = decide(&mut session, decision, now).await?;
        session.commit().await?;
        Ok(decided)
    }
}

/// As [`Store::decide_awards`], within a transaction.
pub(super) async fn decide(
    session: &mut Session,
    decision: &NewAwardDecision,
    now: DateTime<Utc>,
) -> Result<AwardsDecided, StoreError> {
    let NewAwardDecision { what, credentials, reason, by } = decision;
    let mut awards = locked(session, credentials).await?;
    awards.retain(|award| what.changes(award.state()));
    let changed: Vec<Uuid> = awards.iter().map(|award| award.id).collect();
    if changed.is_empty() {
        return Ok(AwardsDecided { changed, deliveries: Vec::new() });
    }
    match what {
        AwardDecision::Expire { at } => early_ends::order(session, &changed, *at, decision, now).await?,
        AwardDecision::Supersede { .. } => supersede::order(session, &changed, decision, now).await?,
        AwardDecision::Revoke | AwardDecision::Suspend | AwardDecision::Reinstate => {
            let row = |award: &AwardRow| {
                let AwardRow { id, issuer, badge, person_id, .. } = award;
                values![ids::timed(now), issuer, badge, *person_id, *id, what.as_str(), reason, by, now]
            };
            session.run_rows(&INSERT_AWARD_DECISIONS, awards.iter().map(row).collect()).await?;
            // From now on the decision is the reason for what the award is.
            forget_losses(session, changed.clone()).await?;
            if *what != AwardDecision::Suspend {
                early_ends::forget(session, changed.clone()).await?;
            }
            let (revoked, suspended) = (*what == AwardDecision::Revoke, *what == AwardDecision::Suspend);
            let bits = changed.iter().map(|id| (*id, revoked, suspended)).collect();
            set_bits(session, bits, now).await?;
        }
    }
    change_persons(session, awards.iter().map(|award| award.person_id).collect()).await?;
    let deliveries = tell(session, decision, &awards, now).await?;
    Ok(AwardsDecided { changed, deliveries })
}

/// The awards, under the locks of their persons. Two persons may become one until they are locked.
pub(super) async fn locked(session: &mut Session, credentials: &[Uuid]) -> Result<Vec<AwardRow>, StoreError> {
    let mut held: BTreeSet<Uuid> = BTreeSet::new();
    for _ in 0..5 {
        let persons: Vec<PersonRow> = session.all(&PERSONS_OF_AWARDS, values![credentials]).await?;
        let missing: Vec<Uuid> =
            persons.iter().map(|row| row.person_id).filter(|person| !held.contains(person)).collect();
        if missing.is_empty() {
            return session.all(&THESE_AWARDS, values![credentials]).await;
        }
        let locked: Vec<PersonRow> = session.all(&LOCK_THEIR_PERSONS, values![missing]).await?;
        held.extend(locked.into_iter().map(|row| row.person_id));
    }
    Err(StoreError::Conflict)
}

/// Tells of the decision: a delivery for each source.
async fn tell(
    session: &mut Session,
    decision: &NewAwardDecision,
    awards: &[AwardRow],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    let NewAwardDecision { what, reason, by, .. } = decision;
    let kind = what.as_str();
    let until = match what {
        AwardDecision::Expire { at } => format!(" on {} UTC", at.format("%Y-%m-%d %H:%M:%S")),
        _ => String::new(),
    };
    let publication = match what {
        AwardDecision::Supersede { publication } => Some(*publication),
        _ => None,
    };
    let mut sources: BTreeMap<&str, Vec<&AwardRow>> = BTreeMap::new();
    for award in awards {
        sources.entry(&award.source).or_default().push(award);
    }
    let mut deliveries = Vec::with_capacity(sources.len());
    for (source, awards) in sources {
        let persons: BTreeSet<Uuid> = awards.iter().map(|award| award.person_id).collect();
        let credentials: Vec<Uuid> = awards.iter().map(|award| award.id).collect();
        let these = match awards.as_slice() {
            [one] => format!("“{}”, credential {}", one.badge, one.id),
            many => format!("{} awards", many.len()),
        };
        let body = serde_json::json!({
            "decision": kind, "credentials": credentials, "reason": reason, "by": by,
        });
        let typed = Typed {
            command: "accolade awards",
            event: format!("award.{kind}"),
            source,
            body,
            said: format!("{by} decided to {kind} {these}{until}: {reason}"),
            persons: &persons.into_iter().collect::<Vec<_>>(),
            whole: false,
            publication,
        };
        deliveries.push(deliver(session, &typed, now).await?);
    }
    Ok(deliveries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_changes_only_what_it_is_about() {
        let time = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0);
        let state =
            |revoked, suspended, lost| AwardState { revoked, suspended, lost, ..AwardState::default() };
        let all = [
            AwardDecision::Revoke,
            AwardDecision::Suspend,
            AwardDecision::Reinstate,
            AwardDecision::Supersede { publication: 1 },
            AwardDecision::Expire { at: time(50).unwrap() },
        ];
        let changes = |state| all.map(|what| what.changes(state));
        assert_eq!(changes(state(false, false, false)), [true, true, false, true, true], "valid");
        assert_eq!(changes(state(false, true, false)), [true, false, true, false, true], "by a human");
        assert_eq!(changes(state(false, true, true)), [true, true, true, false, true], "by a regrade");
        assert_eq!(changes(state(false, false, true)), [true, true, true, true, true], "in its grace");
        for suspended in [false, true] {
            assert_eq!(changes(state(true, suspended, suspended)), [false; 5], "revoked for good");
        }
        let declined = AwardState { declined: true, ..state(false, false, false) };
        assert_eq!(changes(declined), [true, true, false, false, true], "declined");
        let until =
            |seconds, early| AwardState { ends_at: time(seconds), early, ..state(false, false, false) };
        assert!(!all[4].changes(until(50, false)) && all[4].changes(until(51, false)));
        assert!(
            all[4].changes(until(40, true)) && all[2].changes(until(40, true)),
            "an order can be changed"
        );
    }
}
