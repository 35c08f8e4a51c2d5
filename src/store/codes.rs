//! Mails with transaction codes: a row for each offer to a wallet, sent like the mails of learners.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::mails::free;
use super::mails::{MailVerdict, finish_row};
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::{Store, StoreError};

statements! {
    LEASE_CODES = concat!("WITH taken AS MATERIALIZED (
            SELECT id FROM wallet_offers
            WHERE id {in $1} AND ", free!(), "
            ORDER BY id {skip locked})
        UPDATE wallet_offers SET leased_until = $3, sweep_at = $3, attempts = attempts + 1
        WHERE id IN (SELECT id FROM taken)
        RETURNING id");

    READ_CODES = "SELECT wallet_offers.id, wallet_offers.delivery_id, wallet_offers.credential_id,
            wallet_offers.language, wallet_offers.attempts, wallet_offers.created_at,
            wallet_offers.expires_at, wallet_offers.redeemed_at, awards.issuer, awards.badge, credentials.name,
            COALESCE(credentials.mail_to, credentials.email) AS email, credentials.revoked,
            credentials.suspended
        FROM wallet_offers
            JOIN credentials ON credentials.id = wallet_offers.credential_id
            JOIN awards ON awards.id = wallet_offers.credential_id
        WHERE wallet_offers.id {in $1} ORDER BY wallet_offers.id";

    FINISH_CODES [
        id Uuid, state Text, reason Text, due_at Time, sweep_at Time, finished_at Time,
    ] = "UPDATE wallet_offers SET state = r.state, reason = r.reason, leased_until = NULL,
            due_at = COALESCE(r.due_at, wallet_offers.due_at),
            sweep_at = COALESCE(r.sweep_at, wallet_offers.sweep_at), finished_at = r.finished_at
        FROM {rows}
        WHERE wallet_offers.id = r.id
            AND ({plain wallet_offers.state} = 'waiting' OR {plain wallet_offers.state} = 'parked' AND r.state = 'done')";
}

/// The mail with the transaction code of an offer, taken to be sent.
#[derive(Debug, Clone)]
pub struct LeasedCode {
    /// The offer.
    pub id: Uuid,
    /// The delivery from which the award followed.
    pub delivery: Uuid,
    /// The credential.
    pub credential: Uuid,
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The learner's name.
    pub name: String,
    /// The address to which mails about the badge go.
    pub email: String,
    /// The language of the page on which it was asked for.
    pub language: String,
    /// How often it was taken to be sent before.
    pub attempts: u32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the offer ends.
    pub expires_at: DateTime<Utc>,
    /// Nobody needs the code any more: it was used, or the badge does not count.
    pub needless: bool,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    id: Uuid,
    delivery_id: Uuid,
    credential_id: Uuid,
    language: String,
    attempts: i64,
    created_at: Time,
    expires_at: Time,
    redeemed_at: Option<Time>,
    issuer: String,
    badge: String,
    name: String,
    email: String,
    revoked: bool,
    suspended: bool,
}

impl From<CodeRow> for LeasedCode {
    fn from(row: CodeRow) -> Self {
        Self {
            id: row.id,
            delivery: row.delivery_id,
            credential: row.credential_id,
            issuer: row.issuer,
            badge: row.badge,
            name: row.name,
            email: row.email,
            language: row.language,
            // This time was counted when it was taken.
            attempts: count(row.attempts - 1),
            created_at: row.created_at.0,
            expires_at: row.expires_at.0,
            needless: row.redeemed_at.is_some() || row.revoked || row.suspended,
        }
    }
}

impl Store {
    /// Takes those of `ids` that wait, are due and are not taken, until `until`; they come back
    /// by themselves if nothing is said about them by then.
    pub async fn lease_codes(
        &self,
        ids: &[Uuid],
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<LeasedCode>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.pool.write().await?;
        let leased: Vec<IdRow> = session.all(&LEASE_CODES, values![ids, now, until]).await?;
        let leased: Vec<Uuid> = leased.into_iter().map(|row| row.id).collect();
        let rows: Vec<CodeRow> = session.all(&READ_CODES, values![leased]).await?;
        session.commit().await?;
        Ok(rows.into_iter().map(LeasedCode::from).collect())
    }
}

/// Stores what came of sending codes.
pub(super) async fn finish_codes(
    session: &mut Session,
    results: &[&(Uuid, MailVerdict)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let rows = results.iter().map(|(id, verdict)| finish_row(*id, verdict, now)).collect();
    session.run_rows(&FINISH_CODES, rows).await
}
