//! An award that a person holds, as judging sees it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::value::{Time, from_json};
use super::{Decision, Loss, StoreError};

/// An award that exists.
#[allow(clippy::struct_excessive_bools, reason = "facts of which each may hold beside the others")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldAward {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The cycle.
    pub cycle: String,
    /// Its credential.
    pub credential: Uuid,
    /// When it was made.
    pub awarded_at: DateTime<Utc>,
    /// When it ends; never without it.
    pub valid_until: Option<DateTime<Utc>>,
    /// The credential that it renews.
    pub renews: Option<Uuid>,
    /// The results on which it rests; empty for one that was made before they were kept.
    pub basis: Vec<Basis>,
    /// Revoked, for good.
    pub revoked: bool,
    /// Suspended, for now.
    pub suspended: bool,
    /// Set while its rule is not met any more.
    pub loss: Option<Loss>,
    /// The newest decision of an administrator about this award alone.
    pub decision: Option<Decision>,
    /// The credential in whose place it stands.
    pub supersedes: Option<Uuid>,
    /// An administrator ordered that it is issued again by the rules in use.
    pub again: bool,
    /// Its learner declined it, or said that it is not theirs.
    pub declined: bool,
}

/// A result on which an award rests, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The source's name.
    pub source: String,
    /// The learner's id there.
    pub learner: String,
    /// The course's id.
    pub course: String,
    /// The assessment's id.
    pub assessment: String,
    /// Which attempt it was, where the LMS said so.
    pub attempt: Option<u32>,
    /// When it was graded, by the LMS's clock.
    pub graded_at: Option<DateTime<Utc>>,
}

/// The columns of an award, its credential and its loss of which a [`HeldAward`] is made.
#[derive(sqlx::FromRow)]
pub(super) struct HeldRow {
    pub(super) id: Uuid,
    issuer: String,
    badge: String,
    cycle: String,
    awarded_at: Time,
    valid_until: Option<Time>,
    renews: Option<Uuid>,
    basis: Option<String>,
    supersedes: Option<Uuid>,
    revoked: bool,
    suspended: bool,
    lost_at: Option<Time>,
    reason: Option<String>,
    ordered: Option<Uuid>,
    declined: bool,
}

impl HeldAward {
    /// Whether it counts: neither revoked nor suspended.
    pub fn counts(&self) -> bool {
        !self.revoked && !self.suspended
    }

    /// Whether it has ended by then.
    pub fn ended(&self, at: DateTime<Utc>) -> bool {
        self.valid_until.is_some_and(|until| until <= at)
    }
}

/// Without a decision, which stands in rows of its own.
impl TryFrom<HeldRow> for HeldAward {
    type Error = StoreError;

    fn try_from(row: HeldRow) -> Result<Self, StoreError> {
        let reason = row.reason.unwrap_or_default();
        Ok(Self {
            issuer: row.issuer,
            badge: row.badge,
            cycle: row.cycle,
            credential: row.id,
            awarded_at: row.awarded_at.0,
            valid_until: row.valid_until.map(|time| time.0),
            renews: row.renews,
            basis: basis_of(row.basis.as_deref())?,
            revoked: row.revoked,
            suspended: row.suspended,
            loss: row.lost_at.map(|since| Loss { since: since.0, reason }),
            decision: None,
            supersedes: row.supersedes,
            again: row.ordered.is_some(),
            declined: row.declined,
        })
    }
}

/// The results on which an award rests; none for one that was made before they were kept.
pub(super) fn basis_of(stored: Option<&str>) -> Result<Vec<Basis>, StoreError> {
    stored.map_or_else(|| Ok(Vec::new()), |text| from_json("awards", "basis", text))
}
