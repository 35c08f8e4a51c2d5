//! What keys signed: badges may only be stored by a key that signs, and those of a compromised key are
//! signed anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::awards::AwardCommit;
use super::keys::KeyState;
use super::new_award::NewAward;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, key, values};
use super::{Store, StoreError};

statements! {
    /// Awards hold it until they are stored, so that no key changes under them.
    HOLD_KEY = "SELECT name, state FROM issuer_keys WHERE issuer = $1 AND name = $2 {share}";

    SIGNED_BY = "SELECT credentials.id, credentials.document
        FROM credentials JOIN awards ON awards.id = credentials.id
        WHERE credentials.signed_by = $2 AND awards.issuer = $1 AND NOT credentials.id {in $3}
        LIMIT $4";

    /// By the index of keys, as the one above: by that of issuers all of an issuer's awards would be read.
    SIGNED_BY_FIRST = "SELECT credentials.id, credentials.document
        FROM credentials JOIN awards ON awards.id = credentials.id
        WHERE (credentials.signed_by = $2 OR credentials.signed_by IS NULL)
            AND {plain awards.issuer} = $1 AND NOT credentials.id {in $3}
        LIMIT $4";

    LOCK_SIGNED = "SELECT id FROM credentials WHERE id {in $1} ORDER BY id {lock}";

    /// Nothing where another process was quicker, or something else changed the document.
    SIGN_ANEW [id Uuid, before Text, document Text, signed_by Text] = "UPDATE credentials
        SET document = r.document, signed_by = r.signed_by
        FROM {rows} WHERE credentials.id = r.id AND credentials.document = r.before
        RETURNING credentials.id";

    COUNT_SIGNED = "SELECT credentials.signed_by, COUNT(*) AS badges
        FROM credentials JOIN awards ON awards.id = credentials.id
        WHERE awards.issuer = $1 GROUP BY credentials.signed_by";

    /// By the index of times, from the oldest on: it ends at the first that lives. By an index of issuers
    /// all of an issuer's awards would be read and sorted.
    OLDEST_LIVING = "SELECT awards.awarded_at
        FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE {plain awards.issuer} = $1 AND NOT credentials.revoked
            AND (awards.valid_until IS NULL OR awards.valid_until > $2)
        ORDER BY awards.awarded_at, awards.id LIMIT 1";
}

/// A credential to be signed anew, or one that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDocument {
    /// Its id.
    pub id: Uuid,
    /// The signed document as it is stored.
    pub document: String,
}

#[derive(sqlx::FromRow)]
struct HeldKeyRow {
    name: String,
    state: String,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: Uuid,
    document: String,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    signed_by: Option<String>,
    badges: i64,
}

#[derive(sqlx::FromRow)]
struct AwardedRow {
    awarded_at: Time,
}

impl Store {
    /// Credentials that a key signed, at most so many, without these. `first`: whether it is the
    /// issuer's first key, which signed those that name none.
    pub async fn signed_by(
        &self,
        issuer: &str,
        name: &str,
        first: bool,
        without: &[Uuid],
        limit: u32,
    ) -> Result<Vec<SignedDocument>, StoreError> {
        let statement = if first { &SIGNED_BY_FIRST } else { &SIGNED_BY };
        let values = values![key(issuer), name, without.to_vec(), limit];
        let rows: Vec<DocumentRow> = self.pool.read().await?.all(statement, values).await?;
        Ok(rows.into_iter().map(|row| SignedDocument { id: row.id, document: row.document }).collect())
    }

    /// Stores documents that were signed anew by a key, each with what it was before; answers
    /// whose they are, without those that changed meanwhile. `None`, and nothing stored, if the key
    /// does not sign any more.
    pub async fn sign_anew(
        &self,
        issuer: &str,
        name: &str,
        documents: &[(SignedDocument, String)],
    ) -> Result<Option<Vec<Uuid>>, StoreError> {
        let mut session = self.pool.write().await?;
        if !signs(&mut session, issuer, name).await? {
            return Ok(None);
        }
        let ids: Vec<Uuid> = documents.iter().map(|(before, _)| before.id).collect();
        let _: Vec<IdRow> = session.all(&LOCK_SIGNED, values![ids]).await?;
        let rows = documents.iter().map(|(before, after)| values![before.id, &before.document, after, name]);
        let stored: Vec<IdRow> = session.all_rows(&SIGN_ANEW, rows.collect()).await?;
        session.commit().await?;
        Ok(Some(stored.into_iter().map(|row| row.id).collect()))
    }

    /// How many badges each key of an issuer signed, by its name; `None` is the first key.
    pub async fn count_signed(&self, issuer: &str) -> Result<Vec<(Option<String>, u32)>, StoreError> {
        let rows: Vec<CountRow> = self.pool.read().await?.all(&COUNT_SIGNED, values![key(issuer)]).await?;
        Ok(rows.into_iter().map(|row| (row.signed_by, count(row.badges))).collect())
    }

    /// When the oldest badge of an issuer was awarded that neither was withdrawn nor has ended; what
    /// is suspended may be valid again, and counts.
    pub async fn oldest_living(
        &self,
        issuer: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let row: Option<AwardedRow> =
            self.pool.read().await?.optional(&OLDEST_LIVING, values![key(issuer), now]).await?;
        Ok(row.map(|row| row.awarded_at.0))
    }
}

/// Whether the key signs, held so until the transaction ends.
pub(super) async fn signs(session: &mut Session, issuer: &str, name: &str) -> Result<bool, StoreError> {
    let row: Option<HeldKeyRow> = session.optional(&HOLD_KEY, values![key(issuer), name]).await?;
    Ok(row.is_some_and(|row| row.name == name && row.state == KeyState::Active.as_str()))
}

/// By which key an award is signed: the issuer and the key's name.
pub(super) fn signer(award: &NewAward) -> (&str, &str) {
    (&award.issuer, &award.credential.signed_by)
}

/// The keys of awards that sign now, and go on to until the transaction ends: of a key that is named
/// compromised no badge is stored behind the pass that signs its badges anew.
pub(super) async fn signing_keys<'a>(
    session: &mut Session,
    commits: &'a [AwardCommit],
) -> Result<BTreeSet<(&'a str, &'a str)>, StoreError> {
    let mut signing: BTreeSet<_> = commits.iter().flat_map(|commit| &commit.awards).map(signer).collect();
    for (issuer, name) in signing.clone() {
        if !signs(session, issuer, name).await? {
            signing.remove(&(issuer, name));
        }
    }
    Ok(signing)
}

#[cfg(test)]
mod tests {
    use super::super::session::Pool;
    use super::*;

    /// How SQLite goes about a statement, step by step, in a database without statistics.
    async fn steps(sql: &str, values: &[&str]) -> Vec<String> {
        let store = Store::connect("sqlite::memory:", 1).await.unwrap();
        store.migrate().await.unwrap();
        let Pool::Sqlite { write, .. } = &store.pool else { panic!("not SQLite") };
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let plan =
            values.iter().fold(sqlx::query_as(sqlx::AssertSqlSafe(sql)), |plan, value| plan.bind(*value));
        let steps: Vec<(i64, i64, i64, String)> = plan.fetch_all(write).await.unwrap();
        steps.into_iter().map(|(.., step)| step).collect()
    }

    /// A process that starts asks for it, and would have its database read all that it ever awarded.
    #[tokio::test]
    async fn the_oldest_living_badge_is_found_without_sorting_all() {
        let steps = steps(OLDEST_LIVING.sqlite(), &["school", "0"]).await;
        assert!(steps.iter().any(|step| step.contains("awards_time")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }

    /// Each fifty that are signed anew would have all of an issuer's awards read.
    #[tokio::test]
    async fn badges_of_a_key_are_found_by_the_key() {
        for statement in [&SIGNED_BY, &SIGNED_BY_FIRST] {
            let steps = steps(statement.sqlite(), &["school", "key-1", "[]", "50"]).await;
            let by_key = |step: &String| step.contains("credentials_signer (signed_by=?)");
            assert!(steps.iter().any(by_key), "{}: {steps:?}", statement.name);
            let all = |step: &String| {
                step.contains("SCAN awards") || step.contains("SCAN credentials") || step.contains("issuer=?")
            };
            assert!(!steps.iter().any(all), "{}: {steps:?}", statement.name);
        }
    }
}
