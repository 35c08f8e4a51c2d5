//! The facts on which awards rest, each with its hash, and the awards for those who check them.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::statement::statements;
use super::value::{Time, from_json, values};
use super::{Store, StoreError};

/// Awards made by versions before 0028 of the tables have their facts in a table beside them.
macro_rules! select_basis {
    () => {
        "SELECT awards.id, awards.badge, awards.awarded_at, awards.rules, awards.explanation,
            COALESCE(awards.inputs_hash, award_inputs.hash) AS hash,
            COALESCE(awards.inputs, award_inputs.content) AS content
        FROM awards LEFT JOIN award_inputs ON award_inputs.award_id = awards.id
        WHERE "
    };
}

statements! {
    AWARD_BASES = concat!(select_basis!(), "awards.id > $1 ORDER BY awards.id LIMIT $2");

    AWARD_BASIS = concat!(select_basis!(), "awards.id = $1");
}

/// An award, and on what it rests.
#[derive(Debug, Clone)]
pub struct AwardBasis {
    /// Its credential.
    pub credential: Uuid,
    /// The badge.
    pub badge: String,
    /// When it was made.
    pub awarded_at: DateTime<Utc>,
    /// The version of the rules that decided.
    pub rules: String,
    /// The tree of conditions as it was then.
    pub explanation: serde_json::Value,
    /// The facts; awards of early versions of this program have none.
    pub inputs: Option<StoredInputs>,
}

/// Facts as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInputs {
    /// SHA-256 over the content when it was stored, hex.
    pub hash: String,
    /// The facts ([`crate::rules::Inputs`]) as JSON.
    pub content: String,
}

impl StoredInputs {
    /// Whether the content is what was stored.
    pub fn holds(&self) -> bool {
        hash(&self.content) == self.hash
    }
}

/// What tells whether they were changed since.
pub(super) fn hash(content: &str) -> String {
    hex::encode(Sha256::digest(content.as_bytes()))
}

#[derive(sqlx::FromRow)]
struct BasisRow {
    id: Uuid,
    badge: String,
    awarded_at: Time,
    rules: String,
    explanation: String,
    hash: Option<String>,
    content: Option<String>,
}

impl BasisRow {
    fn basis(self) -> Result<AwardBasis, StoreError> {
        Ok(AwardBasis {
            credential: self.id,
            badge: self.badge,
            awarded_at: self.awarded_at.0,
            rules: self.rules,
            explanation: from_json("awards", "explanation", &self.explanation)?,
            inputs: self.hash.zip(self.content).map(|(hash, content)| StoredInputs { hash, content }),
        })
    }
}

impl Store {
    /// The award of a credential.
    pub async fn award_basis(&self, credential: Uuid) -> Result<Option<AwardBasis>, StoreError> {
        let row: Option<BasisRow> =
            self.pool.read().await?.optional(&AWARD_BASIS, values![credential]).await?;
        row.map(BasisRow::basis).transpose()
    }

    /// Awards in the order of their ids, at most so many, those after this id.
    pub async fn award_bases(&self, after: Uuid, limit: u32) -> Result<Vec<AwardBasis>, StoreError> {
        let rows: Vec<BasisRow> = self.pool.read().await?.all(&AWARD_BASES, values![after, limit]).await?;
        rows.into_iter().map(BasisRow::basis).collect()
    }
}
