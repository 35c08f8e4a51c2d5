//! Decisions of administrators about awards, one or many at once: each is about its award alone, and
//! all of a batch hold, with their status bits, or none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::doubts::change_persons;
use super::lifecycle::forget_losses;
use super::session::Session;
use super::statement::statements;
use super::status::set_bits;
use super::typed::{Typed, deliver};
use super::value::values;
use super::{DecisionKind, Store, StoreError};
use crate::ids;

statements! {
    PERSONS_OF_AWARDS = "SELECT DISTINCT person_id FROM awards WHERE id {in $1} ORDER BY person_id";

    LOCK_THEIR_PERSONS = "SELECT id AS person_id FROM persons WHERE id {in $1} ORDER BY id {lock}";

    THESE_AWARDS = "SELECT awards.id, awards.issuer, awards.badge, awards.person_id, learners.source,
            credentials.revoked, credentials.suspended, losses.award_id AS lost
        FROM awards
            JOIN credentials ON credentials.id = awards.id
            JOIN events ON events.id = awards.event_id
            JOIN learners ON learners.id = events.learner_id
            LEFT JOIN losses ON losses.award_id = awards.id
        WHERE awards.id {in $1} ORDER BY awards.id";

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
    /// [`DecisionKind::Revoke`]
    Revoke,
    /// [`DecisionKind::Suspend`]
    Suspend,
    /// [`DecisionKind::Reinstate`]
    Reinstate,
}

/// What an award is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwardState {
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
    /// Its rule is not met any more: a regrade suspended it, or will when its grace ends.
    pub lost: bool,
}

impl AwardDecision {
    /// As it is stored.
    pub fn kind(self) -> DecisionKind {
        match self {
            Self::Revoke => DecisionKind::Revoke,
            Self::Suspend => DecisionKind::Suspend,
            Self::Reinstate => DecisionKind::Reinstate,
        }
    }

    /// Whether it changes anything for such an award. What a regrade suspended stays so by a
    /// decision, and no rise lifts it any more.
    pub fn changes(self, AwardState { revoked, suspended, lost }: AwardState) -> bool {
        !revoked
            && match self {
                Self::Revoke => true,
                Self::Suspend => !suspended || lost,
                Self::Reinstate => suspended || lost,
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
struct AwardRow {
    id: Uuid,
    issuer: String,
    badge: String,
    person_id: Uuid,
    source: String,
    revoked: bool,
    suspended: bool,
    lost: Option<Uuid>,
}

impl AwardRow {
    fn state(&self) -> AwardState {
        AwardState { revoked: self.revoked, suspended: self.suspended, lost: self.lost.is_some() }
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
        let NewAwardDecision { what, credentials, reason, by } = decision;
        let mut session = self.pool.write().await?;
        let mut awards = locked(&mut session, credentials).await?;
        awards.retain(|award| what.changes(award.state()));
        let changed: Vec<Uuid> = awards.iter().map(|award| award.id).collect();
        if changed.is_empty() {
            return Ok(AwardsDecided { changed, deliveries: Vec::new() });
        }
        let kind = what.kind().as_str();
        let row = |award: &AwardRow| {
            let AwardRow { id, issuer, badge, person_id, .. } = award;
            values![ids::timed(now), issuer, badge, *person_id, *id, kind, reason, by, now]
        };
        session.run_rows(&INSERT_AWARD_DECISIONS, awards.iter().map(row).collect()).await?;
        change_persons(&mut session, awards.iter().map(|award| award.person_id).collect()).await?;
        // From now on the decision is the reason for what the award is.
        forget_losses(&mut session, changed.clone()).await?;
        let (revoked, suspended) = (*what == AwardDecision::Revoke, *what == AwardDecision::Suspend);
        let bits = changed.iter().map(|id| (*id, revoked, suspended)).collect();
        set_bits(&mut session, bits, now).await?;
        let deliveries = tell(&mut session, decision, &awards, now).await?;
        session.commit().await?;
        Ok(AwardsDecided { changed, deliveries })
    }
}

/// The awards, under the locks of their persons. Two persons may become one until they are locked.
async fn locked(session: &mut Session, credentials: &[Uuid]) -> Result<Vec<AwardRow>, StoreError> {
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
    let kind = what.kind().as_str();
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
            said: format!("{by} decided to {kind} {these}: {reason}"),
            persons: &persons.into_iter().collect::<Vec<_>>(),
            whole: false,
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
        let state = |revoked, suspended, lost| AwardState { revoked, suspended, lost };
        let all = [AwardDecision::Revoke, AwardDecision::Suspend, AwardDecision::Reinstate];
        let changes = |state| all.map(|what| what.changes(state));
        assert_eq!(changes(state(false, false, false)), [true, true, false], "valid");
        assert_eq!(changes(state(false, true, false)), [true, false, true], "suspended by a human");
        assert_eq!(changes(state(false, true, true)), [true, true, true], "suspended by a regrade");
        assert_eq!(changes(state(false, false, true)), [true, true, true], "in its grace");
        for suspended in [false, true] {
            assert_eq!(changes(state(true, suspended, suspended)), [false; 3], "revoked for good");
        }
    }
}
