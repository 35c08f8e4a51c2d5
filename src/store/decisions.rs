//! Decisions of administrators about one badge of one person, whichever awards of it there are. They
//! outrank the rules, are kept for ever, and the newest counts. [`super::award_decisions`] has those
//! about awards.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::guarding::{Guarding, store_guarding};
use super::lifecycle::forget_losses;
use super::session::Session;
use super::statement::statements;
use super::status::set_bits;
use super::typed::{Typed, deliver};
use super::value::{Time, key, values};
use super::waiting::{Wait, store_waits};
use super::{Store, StoreError};
use crate::ids;

statements! {
    LOCK_PERSON = "SELECT id FROM persons WHERE id = $1 {lock}";

    /// Under the lock: who was merged away, or taken apart, is nobody any more.
    IS_SOMEBODY = "SELECT id FROM learners WHERE person_id = $1 LIMIT 1";

    CHANGE_PERSON = "UPDATE persons SET version = version + 1 WHERE id = $1";

    PERSONS_BADGE = "SELECT awards.id, awards.awarded_at, awards.valid_until
        FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE awards.person_id = $1 AND awards.badge = $2
            AND NOT credentials.revoked
        ORDER BY awards.awarded_at, awards.id";

    INSERT_DECISION = "INSERT INTO decisions
            (id, issuer, badge, person_id, kind, reason, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// What an administrator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionKind {
    /// The badge is awarded whether or not the rule is met, and no regrade takes it away.
    Grant,
    /// No rule awards the badge, and none reinstates it.
    Refuse,
    /// An award is taken away for good.
    Revoke,
    /// An award is suspended until another decision.
    Suspend,
    /// A suspended award is valid again, and no regrade takes it away.
    Reinstate,
}

impl DecisionKind {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Refuse => "refuse",
            Self::Revoke => "revoke",
            Self::Suspend => "suspend",
            Self::Reinstate => "reinstate",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Grant, Self::Refuse, Self::Revoke, Self::Suspend, Self::Reinstate]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// What is decided about a badge of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeDecision {
    /// [`DecisionKind::Grant`]
    Grant {
        /// It is for an award that was made since then, or for a new one: the begin of the term,
        /// where the badge is awarded each term.
        since: Option<DateTime<Utc>>,
    },
    /// [`DecisionKind::Refuse`]
    Refuse,
}

impl BadgeDecision {
    fn kind(self) -> DecisionKind {
        match self {
            Self::Grant { .. } => DecisionKind::Grant,
            Self::Refuse => DecisionKind::Refuse,
        }
    }
}

/// A decision to store.
#[derive(Debug, Clone)]
pub struct NewDecision {
    /// What.
    pub what: BadgeDecision,
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The person, as [`Store::find`] gives it.
    pub person: Uuid,
    /// The source of one of the person's learners, for the delivery.
    pub source: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: String,
}

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It holds from now on; the badge's credential, if there is a valid or suspended one.
    Stored(Option<Uuid>),
    /// The badge is awarded by a worker; this delivery shows what comes of it.
    Awarding(Uuid),
}

#[derive(sqlx::FromRow)]
struct AwardRow {
    id: Uuid,
    awarded_at: Time,
    valid_until: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only whether it is there counts")]
    id: Uuid,
}

impl Store {
    /// Stores a decision with what follows from it, in one transaction: the status bits of an
    /// award that exists; a delivery with an event for one that is to be made, for a worker to
    /// sign. What was judged of the person meanwhile is stale.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the person is nobody any more: their learners became another
    /// one's, or were erased, since somebody looked.
    pub async fn decide(&self, decision: &NewDecision, now: DateTime<Utc>) -> Result<Decided, StoreError> {
        let NewDecision { what, issuer, badge, person, .. } = decision;
        let mut session = self.pool.write().await?;
        session.run(&LOCK_PERSON, values![*person]).await?;
        let learner: Option<IdRow> = session.optional(&IS_SOMEBODY, values![*person]).await?;
        if learner.is_none() {
            return Err(StoreError::Conflict);
        }
        let mut valid: Vec<AwardRow> = session.all(&PERSONS_BADGE, values![*person, key(badge)]).await?;
        let stands = |award: &AwardRow| award.valid_until.is_none_or(|until| until.0 > now);
        match what {
            BadgeDecision::Grant { since } => {
                let recent = |award: &AwardRow| since.is_none_or(|since| award.awarded_at.0 >= since);
                valid.retain(|award| stands(award) && recent(award));
            }
            // One that has ended is meant only where there is nothing else.
            BadgeDecision::Refuse if valid.iter().any(stands) => valid.retain(stands),
            BadgeDecision::Refuse => {}
        }
        let values = values![
            ids::timed(now),
            key(issuer),
            key(badge),
            *person,
            what.kind().as_str(),
            &decision.reason,
            &decision.by,
            now,
        ];
        session.run(&INSERT_DECISION, values).await?;
        session.run(&CHANGE_PERSON, values![*person]).await?;
        let held = valid.last().map(|award| award.id);
        let decided = match (what, held) {
            (BadgeDecision::Grant { .. }, None) => {
                Decided::Awarding(tell(&mut session, decision, now).await?)
            }
            (BadgeDecision::Grant { .. }, Some(_)) => {
                // From now on the decision is the reason for what the award is.
                forget_losses(&mut session, valid.iter().map(|award| award.id).collect()).await?;
                let bits = valid.iter().map(|award| (award.id, false, false)).collect();
                set_bits(&mut session, bits, now).await?;
                // Badges that stack on this one are judged again.
                tell(&mut session, decision, now).await?;
                Decided::Stored(held)
            }
            (BadgeDecision::Refuse, _) => {
                let wait = Wait { issuer: issuer.clone(), badge: badge.clone(), reason: None };
                store_waits(&mut session, &[(Uuid::nil(), *person, &wait)], now).await?;
                let over = Guarding { issuer: issuer.clone(), badge: badge.clone(), held: None };
                store_guarding(&mut session, &[(Uuid::nil(), *person, &over)]).await?;
                Decided::Stored(held)
            }
        };
        session.commit().await?;
        Ok(decided)
    }
}

/// A delivery that tells of a decision, with the event that a worker evaluates.
async fn tell(session: &mut Session, decision: &NewDecision, now: DateTime<Utc>) -> Result<Uuid, StoreError> {
    let NewDecision { what, badge, person, source, reason, by, .. } = decision;
    let kind = what.kind().as_str();
    let typed = Typed {
        command: "accolade awards",
        event: format!("award.{kind}"),
        source,
        body: serde_json::json!({"decision": kind, "badge": badge, "reason": reason, "by": by}),
        said: format!("{by} decided to {kind} “{badge}”: {reason}"),
        persons: &[*person],
        whole: false,
        publication: None,
    };
    deliver(session, &typed, now).await
}
