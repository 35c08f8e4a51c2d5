//! PostgreSQL reads the rows that it is asked for, however many there are.
//!
//! Plans of prepared statements are made once, here on empty tables. Then much waits, and the same
//! connection makes one more badge: what it reads for that is counted by the server.

use std::time::Duration;

use accolade::store::{MailVerdict, Store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::fixtures::{at, awarded, delivery, record};
use crate::support::database::TestDatabase;

/// Times that a statement is run until its plan is kept, and a few more.
const RUNS: usize = 8;
/// Rows of each kind that wait.
const BACKLOG: i64 = 5_000;

/// One badge from its signal to its mail.
async fn badge(store: &Store, learner: &str) {
    let mail = awarded(store, learner).await.awards[0].mail.id;
    assert_eq!(store.lease_mails(&[mail], at(30), at(90)).await.unwrap().len(), 1);
    let sent = MailVerdict::Sent { response: "250 taken".to_owned() };
    store.finish_mails(&[(mail, sent)], at(31)).await.unwrap();
}

/// Rows and entries of indexes that were read from each table so far.
async fn reads(url: &str) -> Vec<(String, i64)> {
    // A server tells what a connection did once that has ended; a moment later.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut connection = PgConnection::connect(url).await.unwrap();
    let read = "SELECT t.relname::text, (t.seq_tup_read + COALESCE((SELECT SUM(i.idx_tup_read)
            FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid), 0))::bigint
        FROM pg_stat_user_tables AS t WHERE t.schemaname = current_schema() ORDER BY t.relname";
    sqlx::query_as(AssertSqlSafe(read)).fetch_all(&mut connection).await.unwrap()
}

#[tokio::test]
async fn a_badge_costs_the_same_whatever_waits() {
    let Some(database) = TestDatabase::postgres().await else { return };
    // One connection: what it plans it keeps.
    let store = Store::connect(database.url(), 1).await.unwrap();
    store.migrate().await.unwrap();
    for number in 0..RUNS {
        badge(&store, &number.to_string()).await;
    }
    let keys: Vec<String> = (0..BACKLOG).map(|number| format!("waiting-{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let waiting = record(&store, &delivery(&keys)).await;
    // As many events and mails that wait, of one learner and one credential.
    for fill in [
        format!(
            "INSERT INTO events (id, signal_id, delivery_id, source, learner_id, outcome_id, passed, content,
                whole, state, reason, attempts, due_at, sweep_at, created_at)
            SELECT gen_random_uuid(), signals.id, signals.delivery_id, signals.source, outcomes.learner_id,
                outcomes.id, true, '', false, 'waiting', '', 0, signals.due_at, signals.sweep_at, signals.due_at
            FROM signals, (SELECT id, learner_id FROM outcomes LIMIT 1) AS outcomes
            WHERE signals.delivery_id = '{}'",
            waiting.id
        ),
        format!(
            "INSERT INTO mails (id, credential_id, delivery_id, source, kind, message_id, date, state, reason,
                attempts, due_at, sweep_at, created_at)
            SELECT gen_random_uuid(), credentials.id, signals.delivery_id, signals.source, signals.key,
                signals.key, signals.due_at, 'waiting', '', 0, signals.due_at, signals.sweep_at, signals.due_at
            FROM signals, (SELECT id FROM credentials LIMIT 1) AS credentials
            WHERE signals.delivery_id = '{}'",
            waiting.id
        ),
    ] {
        database.execute(&fill).await;
    }
    store.ping().await.unwrap();
    let before = reads(database.url()).await;
    badge(&store, "another").await;
    store.close().await;
    let after = reads(database.url()).await;
    let many: Vec<_> = after
        .iter()
        .filter_map(|(table, now)| {
            let then = before.iter().find(|(name, _)| name == table).map_or(0, |(_, then)| *then);
            (now - then > BACKLOG / 10).then(|| format!("{table}: {}", now - then))
        })
        .collect();
    assert!(many.is_empty(), "read for one badge: {many:?}");
}
