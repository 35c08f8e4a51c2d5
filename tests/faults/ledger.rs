//! What the database holds, read past the program.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};
use tokio::time::timeout;
use uuid::Uuid;

/// How long the database may take to answer what is asked again and again.
const LIMIT: Duration = Duration::from_secs(20);

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Where it stands.
    pub(crate) state: String,
    /// Why.
    pub(crate) reason: String,
    /// The one that told the same before.
    pub(crate) first: Option<Uuid>,
}

/// An award with its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Award {
    /// The badge.
    pub(crate) badge: String,
    /// The learner's id in the LMS.
    pub(crate) learner: String,
    /// The credential's id.
    pub(crate) credential: Uuid,
}

/// A claim mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// Of which credential.
    pub(crate) credential: Uuid,
    /// Its Message-ID.
    pub(crate) message_id: String,
    /// Where it stands.
    pub(crate) state: String,
}

/// Everything that the checks look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// Deliveries by id.
    pub(crate) deliveries: BTreeMap<Uuid, Delivery>,
    /// Awards.
    pub(crate) awards: Vec<Award>,
    /// Claim mails.
    pub(crate) mails: Vec<Mail>,
    /// Rows that wait, with their reasons, for people.
    pub(crate) waiting: Vec<String>,
    /// Work that was parked, with its reasons: table and reason.
    pub(crate) parked: Vec<(String, String)>,
    /// Tries of signals and events that ended without a result.
    pub(crate) attempts: u64,
}

type Rows = Vec<Vec<Option<String>>>;

impl Ledger {
    /// Reads it.
    pub(crate) async fn read(url: &str) -> Self {
        let postgres = url.starts_with("postgres");
        let id = |column: &str| {
            if postgres { format!("CAST({column} AS TEXT)") } else { format!("LOWER(HEX({column}))") }
        };
        let mut ledger = Self::default();
        let sql = format!("SELECT {}, state, reason, {} FROM deliveries", id("id"), id("first_id"));
        for row in rows(url, sql).await {
            let delivery = Delivery {
                state: text(&row, 1),
                reason: text(&row, 2),
                first: row[3].as_deref().and_then(uuid),
            };
            ledger.deliveries.insert(uuid(&text(&row, 0)).unwrap(), delivery);
        }
        let sql = format!(
            "SELECT awards.badge, learners.lms_id, {} FROM awards
                JOIN credentials ON credentials.id = awards.id
                JOIN learners ON learners.person_id = awards.person_id ORDER BY 1, 2",
            id("awards.id")
        );
        for row in rows(url, sql).await {
            let (badge, learner) = (text(&row, 0), text(&row, 1));
            ledger.awards.push(Award { badge, learner, credential: uuid(&text(&row, 2)).unwrap() });
        }
        let sql =
            format!("SELECT {}, message_id, state FROM mails WHERE kind = 'claim'", id("credential_id"));
        for row in rows(url, sql).await {
            let credential = uuid(&text(&row, 0)).unwrap();
            ledger.mails.push(Mail { credential, message_id: text(&row, 1), state: text(&row, 2) });
        }
        for table in ["signals", "events", "mails"] {
            let sql = format!("SELECT state, reason FROM {table} WHERE state <> 'done'");
            for row in rows(url, sql).await {
                let (state, reason) = (text(&row, 0), text(&row, 1));
                match state.as_str() {
                    "waiting" => ledger.waiting.push(format!("{table}: {reason}")),
                    _ => ledger.parked.push((table.to_owned(), reason)),
                }
            }
        }
        let sql = "SELECT CAST(SUM(attempts) AS TEXT) FROM
            (SELECT attempts FROM signals UNION ALL SELECT attempts FROM events) AS counted";
        let attempts = rows(url, sql.to_owned()).await;
        ledger.attempts = attempts[0][0].as_deref().map_or(0, |sum| sum.parse().unwrap());
        ledger
    }

    /// How many rows wait; `None` while that cannot be asked, or is not answered.
    pub(crate) async fn open(url: &str) -> Option<u64> {
        let one = |table: &str| format!("SELECT COUNT(*) AS n FROM {table} WHERE state = 'waiting'");
        let all: Vec<String> = ["deliveries", "signals", "events", "mails"].into_iter().map(one).collect();
        let sql = format!("SELECT CAST(SUM(n) AS TEXT) FROM ({}) AS counted", all.join(" UNION ALL "));
        timeout(LIMIT, try_rows(url, sql)).await.ok()?.ok()?.first()?.first()?.as_ref()?.parse().ok()
    }
}

fn text(row: &[Option<String>], index: usize) -> String {
    row[index].clone().unwrap_or_default()
}

fn uuid(text: &str) -> Option<Uuid> {
    text.parse().ok()
}

async fn rows(url: &str, sql: String) -> Rows {
    try_rows(url, sql).await.unwrap()
}

/// Runs a query whose columns are all texts.
async fn try_rows(url: &str, sql: String) -> Result<Rows, sqlx::Error> {
    let sql = sqlx::AssertSqlSafe(sql);
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await?;
        let found = sqlx::query(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(found.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect())
    } else {
        let mut connection = SqliteConnection::connect(url).await?;
        sqlx::raw_sql("PRAGMA busy_timeout = 10000").execute(&mut connection).await?;
        let found = sqlx::query(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        Ok(found.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect())
    }
}
