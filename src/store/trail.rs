//! The way of a delivery, for people: what arrived, what became of it, and why.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::holdings::{BadgeMail, mails_of};
use super::progress::reasons;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, values};
use super::{DeliveryState, Store, StoreError};

statements! {
    DELIVERY = "SELECT id, source, received_at, user_agent, body, state, reason, status, first_id, body_gone_at, body_gone, body_sha256
        FROM deliveries WHERE id = $1";

    DELIVERIES = "SELECT id, source, received_at, user_agent, body, state, reason, status, first_id, body_gone_at, body_gone, body_sha256
        FROM deliveries
        WHERE (CAST($1 AS TEXT) IS NULL OR source = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
        ORDER BY received_at DESC, id DESC LIMIT $3";

    /// By the index of what is not done: most are, and would all be read to find few.
    UNDONE_DELIVERIES = "SELECT id, source, received_at, user_agent, body, state, reason, status, first_id, body_gone_at, body_gone, body_sha256
        FROM deliveries
        WHERE state = $2 AND state <> 'done' AND (CAST($1 AS TEXT) IS NULL OR source = $1)
        ORDER BY received_at DESC, id DESC LIMIT $3";

    THEIR_SIGNALS = "SELECT id, delivery_id, event, state, reason FROM signals
        WHERE delivery_id {in $1} ORDER BY created_at, id";

    THEIR_EVENTS = "SELECT events.id, events.delivery_id, events.signal_id, events.state, events.reason,
            learners.source, learners.lms_id, learners.name
        FROM events JOIN learners ON learners.id = events.learner_id
        WHERE events.delivery_id {in $1} ORDER BY events.created_at, events.id";

    THEIR_CREDENTIALS = "SELECT awards.id, awards.event_id, awards.badge,
            COALESCE(mails.state, '') AS mail, credentials.revoked, credentials.suspended,
            losses.lost_at, losses.reason, awards.valid_until, awards.renews
        FROM awards
            JOIN events ON events.id = awards.event_id
            JOIN credentials ON credentials.id = awards.id
            LEFT JOIN losses ON losses.award_id = awards.id
            LEFT JOIN mails ON mails.credential_id = awards.id AND mails.kind = 'claim'
        WHERE events.delivery_id {in $1} ORDER BY awards.badge, awards.cycle";

    THEIR_DECISIONS = "SELECT awards.event_id, decisions.badge, decisions.kind, decisions.reason,
            decisions.decided_by, decisions.decided_at
        FROM awards
            JOIN events ON events.id = awards.event_id
            JOIN decisions ON decisions.person_id = awards.person_id
                AND decisions.badge = awards.badge
                AND (decisions.award_id IS NULL OR decisions.award_id = awards.id)
        WHERE events.delivery_id {in $1} ORDER BY decisions.decided_at, decisions.id";

    /// What the guard held, and a human cancelled or released since.
    THEIR_HELD = "SELECT guard_awards.event_id, guard_awards.badge, guard_holds.state, guard_holds.decided_at,
            guard_holds.decided_by, guard_holds.reason
        FROM guard_awards
            JOIN guard_holds ON guard_holds.id = guard_awards.hold_id
            JOIN events ON events.id = guard_awards.event_id
        WHERE events.delivery_id {in $1} AND guard_holds.decided_at IS NOT NULL
        ORDER BY guard_holds.decided_at, guard_awards.badge";
}

/// A delivery with everything that followed from it.
#[derive(Debug, Clone)]
pub struct DeliveryTrail {
    /// The delivery.
    pub id: Uuid,
    /// The source's name.
    pub source: String,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// The sender's `User-Agent`.
    pub user_agent: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why, for people.
    pub reason: String,
    /// The HTTP status that the sender of a refused delivery got.
    pub status: Option<u16>,
    /// The delivery that told its signals, or some of them, first.
    pub first: Option<Uuid>,
    /// The recorded body.
    pub body: Option<Vec<u8>>,
    /// Set of a body that was recorded and is not kept any more.
    pub body_gone: Option<BodyGone>,
    /// Its signals; none for a duplicate: they are those of `first`.
    pub signals: Vec<SignalTrail>,
    /// The mails about the credentials that followed, oldest first.
    pub mails: BTreeMap<Uuid, Vec<BadgeMail>>,
}

/// What is left of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyGone {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why: `erasure` or `retention`.
    pub why: String,
    /// Its SHA-256.
    pub sha256: Vec<u8>,
}

/// A signal with what followed.
#[derive(Debug, Clone)]
pub struct SignalTrail {
    /// The signal.
    pub id: Uuid,
    /// The LMS's name of the event.
    pub event: String,
    /// `waiting`, `done` or `parked`.
    pub state: String,
    /// Why, for people.
    pub reason: String,
    /// The events that followed.
    pub events: Vec<EventTrail>,
}

/// An evaluated event.
#[derive(Debug, Clone)]
pub struct EventTrail {
    /// The event.
    pub id: Uuid,
    /// `waiting`, `done` or `parked`.
    pub state: String,
    /// The decision, for people.
    pub reason: String,
    /// Whom it is about.
    pub learner: TrailLearner,
    /// Credentials awarded by it, each with its badge and the state of its claim mail.
    pub credentials: Vec<(Uuid, String, String)>,
    /// When these credentials end, what they renew, and what became of them later: suspended, revoked, and every decision
    /// of an administrator.
    pub notes: Vec<String>,
}

/// A learner, as they are named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLearner {
    /// The source's name.
    pub source: String,
    /// The id there.
    pub id: String,
    /// The name, where one is known.
    pub name: Option<String>,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default)]
pub struct TrailFilter {
    /// Only of this source.
    pub source: Option<String>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// At most so many, newest first.
    pub limit: u32,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: Uuid,
    source: String,
    received_at: Time,
    user_agent: Option<String>,
    body: Option<Vec<u8>>,
    state: String,
    reason: String,
    status: Option<i64>,
    first_id: Option<Uuid>,
    body_gone_at: Option<Time>,
    body_gone: Option<String>,
    body_sha256: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct SignalRow {
    id: Uuid,
    delivery_id: Uuid,
    event: String,
    state: String,
    reason: String,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: Uuid,
    delivery_id: Uuid,
    signal_id: Uuid,
    state: String,
    reason: String,
    source: String,
    lms_id: String,
    name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct CredentialRow {
    id: Uuid,
    event_id: Uuid,
    badge: String,
    mail: String,
    revoked: bool,
    suspended: bool,
    lost_at: Option<Time>,
    reason: Option<String>,
    valid_until: Option<Time>,
    renews: Option<Uuid>,
}

impl CredentialRow {
    /// When it ends and what it renews, if it does.
    fn lifetime(&self) -> Option<String> {
        let until = self.valid_until.map(|until| format!("is valid until {}", day(until)));
        let renews = self.renews.map(|id| format!("renews credential {id}"));
        let all: Vec<String> = until.into_iter().chain(renews).collect();
        (!all.is_empty()).then(|| format!("badge {} {}", self.badge, all.join(" and ")))
    }

    /// What became of it, if anything did.
    fn note(&self) -> Option<String> {
        let state = match (self.revoked, self.suspended) {
            (true, _) => "revoked",
            (false, true) => "suspended",
            (false, false) => "valid",
        };
        let loss = self.lost_at.map(|since| {
            let reason = self.reason.as_deref().unwrap_or_default();
            format!("its rule is not met since {}: {reason}", day(since))
        });
        match loss {
            Some(loss) => Some(format!("badge {} is {state}; {loss}", self.badge)),
            None => (state != "valid").then(|| format!("badge {} is {state}", self.badge)),
        }
    }
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    event_id: Uuid,
    badge: String,
    kind: String,
    reason: String,
    decided_by: String,
    decided_at: Time,
}

impl DecisionRow {
    fn note(&self) -> String {
        let Self { badge, kind, reason, decided_by, decided_at, .. } = self;
        format!("{} {decided_by} decided to {kind} {badge}: {reason}", day(*decided_at))
    }
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    event_id: Uuid,
    badge: String,
    state: String,
    decided_at: Time,
    decided_by: String,
    reason: String,
}

impl HeldRow {
    fn note(&self) -> String {
        let Self { badge, state, decided_at, decided_by, reason, .. } = self;
        format!("{} {decided_by} {state} {badge}, which the guard held: {reason}", day(*decided_at))
    }
}

fn day(time: Time) -> String {
    time.0.format("%Y-%m-%d %H:%M:%S").to_string()
}

impl Store {
    /// One delivery.
    pub async fn delivery(&self, id: Uuid) -> Result<Option<DeliveryTrail>, StoreError> {
        let mut session = self.pool.read().await?;
        let rows: Vec<DeliveryRow> = session.all(&DELIVERY, values![id]).await?;
        Ok(follow(&mut session, rows).await?.into_iter().next())
    }

    /// Deliveries, newest first.
    pub async fn deliveries(&self, filter: &TrailFilter) -> Result<Vec<DeliveryTrail>, StoreError> {
        let mut session = self.pool.read().await?;
        let statement = match filter.state {
            None | Some(DeliveryState::Done) => &DELIVERIES,
            Some(_) => &UNDONE_DELIVERIES,
        };
        let state = filter.state.map(DeliveryState::as_str);
        let values = values![filter.source.as_deref(), state, filter.limit];
        let rows: Vec<DeliveryRow> = session.all(statement, values).await?;
        follow(&mut session, rows).await
    }
}

/// Adds what followed.
async fn follow(session: &mut Session, rows: Vec<DeliveryRow>) -> Result<Vec<DeliveryTrail>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let waiting = rows.iter().filter(|row| row.state == DeliveryState::Waiting.as_str());
    let mut reasons = reasons(session, waiting.map(|row| row.id).collect()).await?;
    let signal_rows: Vec<SignalRow> = session.all(&THEIR_SIGNALS, values![ids.clone()]).await?;
    let event_rows: Vec<EventRow> = session.all(&THEIR_EVENTS, values![ids.clone()]).await?;
    let credential_rows: Vec<CredentialRow> = session.all(&THEIR_CREDENTIALS, values![ids.clone()]).await?;
    let decision_rows: Vec<DecisionRow> = session.all(&THEIR_DECISIONS, values![ids.clone()]).await?;
    let held_rows: Vec<HeldRow> = session.all(&THEIR_HELD, values![ids]).await?;

    let mut notes: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in &credential_rows {
        notes.entry(row.event_id).or_default().extend(row.lifetime().into_iter().chain(row.note()));
    }
    for row in &decision_rows {
        notes.entry(row.event_id).or_default().push(row.note());
    }
    for row in &held_rows {
        notes.entry(row.event_id).or_default().push(row.note());
    }
    let mut mails = mails_of(session, credential_rows.iter().map(|row| row.id).collect()).await?;
    let mut their_mails: BTreeMap<Uuid, BTreeMap<Uuid, Vec<BadgeMail>>> = BTreeMap::new();
    let delivery_of: BTreeMap<Uuid, Uuid> = event_rows.iter().map(|row| (row.id, row.delivery_id)).collect();
    let mut credentials: BTreeMap<Uuid, Vec<(Uuid, String, String)>> = BTreeMap::new();
    for row in credential_rows {
        if let (Some(delivery), Some(mails)) = (delivery_of.get(&row.event_id), mails.remove(&row.id)) {
            their_mails.entry(*delivery).or_default().insert(row.id, mails);
        }
        credentials.entry(row.event_id).or_default().push((row.id, row.badge, row.mail));
    }
    let mut events: BTreeMap<Uuid, Vec<EventTrail>> = BTreeMap::new();
    for row in event_rows {
        let credentials = credentials.remove(&row.id).unwrap_or_default();
        let notes = notes.remove(&row.id).unwrap_or_default();
        let learner = TrailLearner { source: row.source, id: row.lms_id, name: row.name };
        let event =
            EventTrail { id: row.id, state: row.state, reason: row.reason, learner, credentials, notes };
        events.entry(row.signal_id).or_default().push(event);
    }
    let mut signals: BTreeMap<Uuid, Vec<SignalTrail>> = BTreeMap::new();
    for row in signal_rows {
        let events = events.remove(&row.id).unwrap_or_default();
        let signal =
            SignalTrail { id: row.id, event: row.event, state: row.state, reason: row.reason, events };
        signals.entry(row.delivery_id).or_default().push(signal);
    }
    let trails = rows.into_iter().map(|row| {
        Ok(DeliveryTrail {
            id: row.id,
            source: row.source,
            received_at: row.received_at.0,
            user_agent: row.user_agent,
            state: DeliveryState::from_name(&row.state).ok_or_else(|| StoreError::Corrupt {
                table: "deliveries",
                column: "state",
                message: format!("{:?} is no state", row.state),
            })?,
            reason: reasons.remove(&row.id).unwrap_or(row.reason),
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            first: row.first_id,
            body: row.body,
            body_gone: row.body_gone_at.map(|since| BodyGone {
                since: since.0,
                why: row.body_gone.unwrap_or_default(),
                sha256: row.body_sha256.unwrap_or_default(),
            }),
            signals: signals.remove(&row.id).unwrap_or_default(),
            mails: their_mails.remove(&row.id).unwrap_or_default(),
        })
    });
    trails.collect()
}
