//! An award to make: its credential, its mail, and how they are stored.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::awards::{AwardCommit, EventRow};
use super::guard::Passage;
use super::inputs;
use super::session::Session;
use super::statement::statements;
use super::value::{Value, key, to_json, values};
use super::{Basis, GRACE, StatusEntry, StoreError};

statements! {
    INSERT_AWARDS [
        id Uuid, issuer Text, badge Text, person_id Uuid, cycle Text, event_id Uuid, awarded_at Time,
        rules Text, explanation Text, valid_until Time, renews Uuid, basis Text, supersedes Uuid,
        inputs_hash Text, inputs Text,
    ] = "INSERT INTO awards
            (id, issuer, badge, person_id, cycle, event_id, awarded_at, rules, explanation,
             valid_until, renews, basis, supersedes, inputs_hash, inputs)
        SELECT r.id, r.issuer, r.badge, r.person_id, r.cycle,
            COALESCE((SELECT old.event_id FROM awards AS old WHERE old.id = r.supersedes), r.event_id),
            r.awarded_at, r.rules, r.explanation, r.valid_until, r.renews, r.basis, r.supersedes,
            r.inputs_hash, r.inputs
        FROM {rows} WHERE true
        ON CONFLICT (badge, person_id, cycle) DO NOTHING
        RETURNING id";

    INSERT_CREDENTIALS [
        id Uuid, document Text, status_list Int, status_index Int, name Text, email Text,
        claim_hash Bytes, claim_until Time, signed_by Text, remind_at Time,
    ] = "INSERT INTO credentials
            (id, document, status_list, status_index, name, email, claim_hash, claim_until,
             revoked, suspended, signed_by, remind_at)
        SELECT r.id, r.document, r.status_list, r.status_index, r.name, r.email, r.claim_hash,
            r.claim_until, false, false, r.signed_by, r.remind_at
        FROM {rows}";

    INSERT_MAILS [
        id Uuid, credential_id Uuid, delivery_id Uuid, source Text, kind Text, message_id Text,
        date Time, language Text, due_at Time, sweep_at Time,
    ] = "INSERT INTO mails
            (id, credential_id, delivery_id, source, kind, message_id, date, language, state,
             reason, attempts, due_at, sweep_at, created_at)
        SELECT r.id, r.credential_id, r.delivery_id, r.source, r.kind, r.message_id, r.date,
            r.language, 'waiting', '', 0, r.due_at, r.sweep_at, r.due_at
        FROM {rows} WHERE true
        ON CONFLICT (credential_id, kind) DO NOTHING
        RETURNING id";
}

/// An award to make, with everything that follows from it.
#[derive(Debug, Clone)]
pub struct NewAward {
    /// The issuer's slug.
    pub issuer: String,
    /// The badge.
    pub badge: String,
    /// The cycle; `once` for the first award of a badge.
    pub cycle: String,
    /// When.
    pub awarded_at: DateTime<Utc>,
    /// When it ends; never without it.
    pub valid_until: Option<DateTime<Utc>>,
    /// The credential that it renews.
    pub renews: Option<Uuid>,
    /// The credential in whose place it stands, which is revoked in the same transaction; it goes on as
    /// an award of the same event.
    pub supersedes: Option<Uuid>,
    /// The results on which it rests.
    pub basis: Vec<Basis>,
    /// The hash of the rules that decided.
    pub rules: String,
    /// The decision's tree of conditions, as JSON.
    pub explanation: serde_json::Value,
    /// The facts on which it rests ([`crate::rules::Inputs`]), as JSON.
    pub inputs: serde_json::Value,
    /// The signed credential.
    pub credential: NewCredential,
    /// The mail that brings it, if there is an address.
    pub mail: NewMail,
    /// How it passes the guard.
    pub passage: Passage,
}

/// A signed credential.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Its id ([`crate::ids::credential`]).
    pub id: Uuid,
    /// The signed document, exactly as it leaves.
    pub document: String,
    /// The name of the key that signed it.
    pub signed_by: String,
    /// Its place in the status lists.
    pub status: StatusEntry,
    /// The holder's name when it was issued.
    pub name: String,
    /// The holder's address when it was issued.
    pub email: String,
    /// SHA-256 of the claim token.
    pub claim_hash: Vec<u8>,
    /// When the claim link ends.
    pub claim_until: DateTime<Utc>,
    /// When somebody looks for the first time whether it needs a reminder; never, if none is sent.
    pub remind_at: Option<DateTime<Utc>>,
}

/// A mail to send. Unique for each credential and kind.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id.
    pub id: Uuid,
    /// `claim`.
    pub kind: String,
    /// The Message-ID, fixed once: a repeat is recognisable.
    pub message_id: String,
    /// The Date, fixed once.
    pub date: DateTime<Utc>,
    /// The learner's language, if known.
    pub language: Option<String>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: Uuid,
}

/// Answers which credentials and mails are new.
pub(super) async fn insert_awards(
    session: &mut Session,
    new: &[(&AwardCommit, &EventRow, &NewAward)],
    now: DateTime<Utc>,
) -> Result<(BTreeSet<Uuid>, BTreeSet<Uuid>), StoreError> {
    let rows = new.iter().map(|(commit, event, award)| award_row(commit, event, award));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let awarded: Vec<IdRow> = session.all_rows(&INSERT_AWARDS, rows).await?;
    let awarded: BTreeSet<Uuid> = awarded.into_iter().map(|row| row.id).collect();
    let inserted = || new.iter().filter(|(_, _, award)| awarded.contains(&award.credential.id));

    let rows = inserted().map(|(_, _, award)| credential_row(&award.credential)).collect();
    session.run_rows(&INSERT_CREDENTIALS, rows).await?;
    let rows = inserted().map(|(_, event, award)| mail_row(event, award, now)).collect();
    let mails: Vec<IdRow> = session.all_rows(&INSERT_MAILS, rows).await?;
    Ok((awarded, mails.into_iter().map(|row| row.id).collect()))
}

fn award_row(commit: &AwardCommit, event: &EventRow, award: &NewAward) -> Result<Vec<Value>, StoreError> {
    let facts = to_json("inputs", &award.inputs)?;
    Ok(values![
        award.credential.id,
        key(&award.issuer),
        key(&award.badge),
        commit.person,
        key(&award.cycle),
        event.id,
        award.awarded_at,
        &award.rules,
        to_json("explanation", &award.explanation)?,
        award.valid_until,
        award.renews,
        to_json("basis", &award.basis)?,
        award.supersedes,
        inputs::hash(&facts),
        facts,
    ])
}

fn credential_row(credential: &NewCredential) -> Vec<Value> {
    values![
        credential.id,
        &credential.document,
        credential.status.list,
        credential.status.index,
        &credential.name,
        &credential.email,
        credential.claim_hash.as_slice(),
        credential.claim_until,
        &credential.signed_by,
        credential.remind_at,
    ]
}

fn mail_row(event: &EventRow, award: &NewAward, now: DateTime<Utc>) -> Vec<Value> {
    let mail = &award.mail;
    values![
        mail.id,
        award.credential.id,
        event.delivery_id,
        &event.source,
        &mail.kind,
        &mail.message_id,
        mail.date,
        &mail.language,
        now,
        now + GRACE,
    ]
}
