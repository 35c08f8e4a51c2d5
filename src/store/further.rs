//! Mails about a credential after its first: reminders, and the link once more.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::holder::disowned_at;
use super::progress::settle;
use super::session::Session;
use super::statement::statements;
use super::value::{Time, count, values};
use super::{Store, StoreError};
use crate::ids;

/// How far two reminders are apart at least, however long nobody swept.
const APART: TimeDelta = TimeDelta::days(1);

statements! {
    /// In the delivery and the language of the first mail; due at once, for the sweeper to publish.
    ADD_MAILS [id Uuid, credential_id Uuid, kind Text, message_id Text, made_at Time] =
        "INSERT INTO mails
            (id, credential_id, delivery_id, source, kind, message_id, date, language, state,
             reason, attempts, due_at, sweep_at, created_at)
        SELECT r.id, r.credential_id, first.delivery_id, first.source, r.kind, r.message_id, r.made_at,
            first.language, 'waiting', '', 0, r.made_at, r.made_at, r.made_at
        FROM {rows} JOIN mails AS first ON first.credential_id = r.credential_id AND first.kind = 'claim'
        WHERE true
        ON CONFLICT (credential_id, kind) DO NOTHING
        RETURNING delivery_id";

    /// What could not be sent is not sent any more: another mail takes its place. What the mail server said of
    /// the address goes with it, for nothing else would ever remove it.
    REPLACE_PARKED = "UPDATE mails SET state = 'withdrawn', reason = '', bounce_reason = NULL WHERE credential_id = $1 AND state = 'parked'";

    FURTHER = "SELECT COUNT(*) AS number, MAX(CASE WHEN kind LIKE 'resend-%' THEN created_at END) AS asked_at
        FROM mails WHERE credential_id = $1";

    TAKE_REMINDERS = concat!("WITH taken AS MATERIALIZED (
            SELECT id FROM credentials WHERE remind_at <= $1 ORDER BY remind_at, id LIMIT $2 {skip locked})
        SELECT credentials.id, credentials.invited_at, credentials.reminded, credentials.claim_until,
            (SELECT MAX(mails.finished_at) FROM mails WHERE mails.credential_id = credentials.id
                AND mails.kind = 'claim' AND mails.state = 'done'
                AND COALESCE(mails.bounce, '') <> 'hard') AS sent_at,
            credentials.claimed_at IS NOT NULL OR credentials.declined_at IS NOT NULL OR credentials.revoked
                OR ", disowned_at!(), " IS NOT NULL AS settled
        FROM taken JOIN credentials ON credentials.id = taken.id ORDER BY credentials.id");

    SET_REMINDERS [id Uuid, reminded Int, remind_at Time] =
        "UPDATE credentials SET reminded = r.reminded, remind_at = r.remind_at
        FROM {rows} WHERE credentials.id = r.id";

    /// Those of them that a mail changes when it is marked.
    LOCK_INVITED = "SELECT id FROM credentials
        WHERE id IN (SELECT credential_id FROM mails
            WHERE id {in $1} AND (kind LIKE 'resend-%' OR id {in $2})) ORDER BY id {lock}";

    /// The link has left once more: from now on reminders are counted. Of the first mail the mail itself
    /// says when it left.
    INVITED = "UPDATE credentials SET invited_at = $2, remind_at = $2
        WHERE claimed_at IS NULL AND declined_at IS NULL AND NOT revoked
            AND id IN (SELECT credential_id FROM mails
                WHERE id {in $1} AND COALESCE(bounce, '') <> 'hard')";
}

/// What there was of mails about one credential.
pub(super) struct Further {
    /// How many.
    pub(super) number: u32,
    /// When the link was sent once more.
    pub(super) asked_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct FurtherRow {
    number: i64,
    asked_at: Option<Time>,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    #[allow(dead_code, reason = "only the lock counts")]
    id: Uuid,
}

#[derive(sqlx::FromRow)]
struct ReminderRow {
    id: Uuid,
    invited_at: Option<Time>,
    reminded: i64,
    claim_until: Time,
    sent_at: Option<Time>,
    settled: bool,
}

impl Store {
    /// Looks at unclaimed badges whose time for a reminder has come, at most so many, and adds the
    /// mails that are due by `schedule`: so long after the last mail with the link was sent. Each
    /// reminder is one row, whoever sweeps how often. Answers how many badges were looked at.
    pub async fn remind(
        &self,
        schedule: &[TimeDelta],
        domain: &str,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<usize, StoreError> {
        let mut session = self.pool.write().await?;
        let taken: Vec<ReminderRow> = session.all(&TAKE_REMINDERS, values![now, limit]).await?;
        let looked = taken.len();
        let (mut mails, mut rows) = (Vec::new(), Vec::new());
        for row in taken {
            let (reminded, next) = next(&row, schedule, now);
            if reminded > row.reminded {
                mails.push((row.id, format!("reminder-{reminded}")));
            }
            rows.push(values![row.id, reminded, next]);
        }
        session.run_rows(&SET_REMINDERS, rows).await?;
        let deliveries = add_mail(&mut session, &mails, domain, now).await?;
        settle(&mut session, deliveries).await?;
        session.commit().await?;
        Ok(looked)
    }
}

/// How many reminders there are after this look at a badge, and when the next look is.
fn next(row: &ReminderRow, schedule: &[TimeDelta], now: DateTime<Utc>) -> (i64, Option<DateTime<Utc>>) {
    let invited = row.invited_at.max(row.sent_at);
    let due = |number: i64| {
        let after = usize::try_from(number).ok().and_then(|number| schedule.get(number))?;
        invited.map(|invited| invited.0 + *after).filter(|due| *due < row.claim_until.0)
    };
    match due(row.reminded) {
        _ if row.settled || row.claim_until.0 <= now => (row.reminded, None),
        // Nothing has left yet.
        _ if invited.is_none() => (row.reminded, Some(now + APART)),
        None => (row.reminded, None),
        Some(due) if due > now => (row.reminded, Some(due)),
        Some(_) => (row.reminded + 1, due(row.reminded + 1).map(|due| due.max(now + APART))),
    }
}

/// Adds mails to credentials, each once; the caller holds the credentials' locks. Answers the
/// deliveries, whose state has to be brought up to date.
pub(super) async fn add_mail(
    session: &mut Session,
    mails: &[(Uuid, String)],
    domain: &str,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let row = |(credential, kind): &(Uuid, String)| {
        let id = ids::derived(*credential, kind);
        values![id, *credential, kind, format!("{id}@{domain}"), now]
    };
    let rows: Vec<DeliveryRow> = session.all_rows(&ADD_MAILS, mails.iter().map(row).collect()).await?;
    Ok(rows.into_iter().map(|row| row.delivery_id).collect())
}

/// Gives up the mails of a credential that could not be sent.
pub(super) async fn replace_parked(session: &mut Session, credential: Uuid) -> Result<(), StoreError> {
    session.run(&REPLACE_PARKED, values![credential]).await.map(drop)
}

/// What there was of mails about a credential.
pub(super) async fn further(session: &mut Session, credential: Uuid) -> Result<Further, StoreError> {
    let row: Option<FurtherRow> = session.optional(&FURTHER, values![credential]).await?;
    Ok(Further {
        number: row.as_ref().map_or(0, |row| count(row.number)),
        asked_at: row.and_then(|row| row.asked_at).map(|at| at.0),
    })
}

/// Locks the credentials that mails change when they are marked, among them those of `lost` ones:
/// before the mails, as everywhere.
pub(super) async fn lock_invited(
    session: &mut Session,
    mails: &[Uuid],
    lost: &[Uuid],
) -> Result<(), StoreError> {
    let _: Vec<IdRow> = session.all(&LOCK_INVITED, values![mails, lost]).await?;
    Ok(())
}

/// Begins to count the time until reminders anew for mails that brought the link once more.
pub(super) async fn invited(
    session: &mut Session,
    resent: Vec<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if resent.is_empty() {
        return Ok(());
    }
    session.run(&INVITED, values![resent, now]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    fn row(invited: i64, reminded: i64, until: i64) -> ReminderRow {
        ReminderRow {
            id: Uuid::nil(),
            invited_at: Some(Time(day(invited))),
            reminded,
            claim_until: Time(day(until)),
            sent_at: None,
            settled: false,
        }
    }

    #[test]
    fn reminders_follow_the_schedule_and_end_with_the_link() {
        let schedule = [TimeDelta::days(7), TimeDelta::days(21)];
        assert_eq!(next(&row(0, 0, 90), &schedule, day(0)), (0, Some(day(7))), "only a look");
        assert_eq!(next(&row(0, 0, 90), &schedule, day(7)), (1, Some(day(21))));
        assert_eq!(next(&row(0, 1, 90), &schedule, day(21)), (2, None));
        assert_eq!(next(&row(0, 0, 90), &schedule, day(30)), (1, Some(day(31))), "nobody swept for long");
        assert_eq!(next(&row(0, 0, 10), &schedule, day(7)), (1, None), "the link ends before the second");
        assert_eq!(next(&row(0, 0, 10), &schedule, day(10)), (0, None));
        assert_eq!(next(&row(0, 0, 90), &[], day(7)), (0, None), "switched off");
        let sent = |sent| ReminderRow { invited_at: None, sent_at: sent, ..row(0, 0, 90) };
        assert_eq!(next(&sent(None), &schedule, day(9)), (0, Some(day(10))), "the first mail has not left");
        assert_eq!(next(&sent(Some(Time(day(5)))), &schedule, day(9)), (0, Some(day(12))));
        let resent = ReminderRow { sent_at: Some(Time(day(2))), ..row(5, 0, 90) };
        assert_eq!(next(&resent, &schedule, day(9)), (0, Some(day(12))), "the last mail counts");
        let settled = ReminderRow { settled: true, ..row(0, 0, 90) };
        assert_eq!(next(&settled, &schedule, day(7)), (0, None));
    }

    proptest! {
        /// Whenever somebody looks: never more reminders than the schedule has, none early, and
        /// never two looks at the same time.
        #[test]
        fn any_looks_end(days in proptest::collection::vec(1_i64..60, 0..5), steps in proptest::collection::vec(0_i64..50, 1..30)) {
            let mut schedule = days;
            schedule.sort_unstable();
            schedule.dedup();
            let schedule: Vec<TimeDelta> = schedule.into_iter().map(TimeDelta::days).collect();
            let (mut now, mut state) = (day(0), row(0, 0, 80));
            let mut look = Some(day(0));
            for step in steps {
                now += TimeDelta::days(step);
                let Some(at) = look.filter(|at| *at <= now) else { continue };
                let (reminded, next) = next(&state, &schedule, now);
                prop_assert!(reminded <= state.reminded + 1 && reminded <= i64::try_from(schedule.len()).unwrap());
                if reminded > state.reminded {
                    prop_assert!(now >= day(0) + schedule[usize::try_from(state.reminded).unwrap()] && now < day(80));
                }
                prop_assert!(next.is_none_or(|next| next > now && next > at));
                (state.reminded, look) = (reminded, next);
            }
        }
    }
}
