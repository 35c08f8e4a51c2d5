//! What the installation's database holds.

use std::collections::BTreeMap;

use sqlx::{Connection as _, PgConnection, SqliteConnection};

use super::standings::Standings;

/// What is found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The person of each learner, by source and id in the LMS.
    pub(super) persons: BTreeMap<(String, String), String>,
    /// Awards, by person and badge.
    pub(super) awards: BTreeMap<(String, String), Standings>,
    /// Why badges wait that are earned, by person and badge.
    pub(super) waits: BTreeMap<(String, String), String>,
    /// What is wrong by itself.
    pub(super) wrong: Vec<String>,
}

/// One question for both databases: ids as hexadecimal text.
const QUESTIONS: [&str; 5] = [
    "SELECT source, lms_id, {hex:person_id} FROM learners",
    "SELECT badge, reason, {hex:person_id} FROM waiting_awards",
    "SELECT {hex:awards.person_id}, awards.badge,
        CASE WHEN credentials.revoked THEN 'revoked' WHEN credentials.suspended THEN 'suspended' ELSE 'valid' END
        FROM awards JOIN credentials ON credentials.id = awards.id",
    "SELECT awards.badge, credentials.name, 'has ' || COUNT(mails.id) || ' claim mails' FROM awards
        JOIN credentials ON credentials.id = awards.id
        LEFT JOIN mails ON mails.credential_id = awards.id AND mails.kind = 'claim' AND (mails.state = 'done'
            OR credentials.revoked AND mails.state = 'withdrawn'
            OR credentials.suspended AND mails.state = 'waiting')
        GROUP BY awards.id, awards.badge, credentials.name HAVING COUNT(mails.id) <> 1",
    "SELECT source, state, reason FROM deliveries
        WHERE (state NOT IN ('done', 'duplicate', 'ignored') OR reason = '')
            AND NOT (state = 'waiting' AND EXISTS (SELECT 1 FROM mails
                JOIN credentials ON credentials.id = mails.credential_id
                WHERE mails.delivery_id = deliveries.id AND mails.state = 'waiting' AND credentials.suspended))",
];
/// Mails that wait because their badge is suspended.
const HELD: &str = "SELECT mails.kind, mails.state, {hex:mails.id} FROM mails
    JOIN credentials ON credentials.id = mails.credential_id
    WHERE mails.state = 'waiting' AND credentials.suspended";

/// How many mails wait because their badge is suspended.
pub(super) async fn held_mails(url: &str) -> i64 {
    i64::try_from(ask(url, HELD).await.len()).unwrap()
}

impl Found {
    /// Whether a badge waits until somebody says whether its person is another one, too.
    pub(super) fn is_in_doubt(&self, person: &str, badge: &str) -> bool {
        let reason = self.waits.get(&(person.to_owned(), badge.to_owned()));
        reason.is_some_and(|reason| reason.starts_with("this may be the same person as"))
    }

    /// Reads it.
    pub(super) async fn read(url: &str) -> Self {
        let [persons, waits, awards, mails, deliveries] = QUESTIONS.map(|question| ask(url, question));
        let mut found = Self::default();
        for (source, id, person) in persons.await {
            found.persons.insert((source, id), person);
        }
        for (badge, reason, person) in waits.await {
            found.waits.insert((person, badge), reason);
        }
        for (person, badge, standing) in awards.await {
            let standing = match standing.as_str() {
                "revoked" => Standings::REVOKED,
                "suspended" => Standings::SUSPENDED,
                _ => Standings::VALID,
            };
            if found.awards.insert((person, badge.clone()), standing).is_some() {
                found.wrong.push(format!("{badge} was awarded twice to one person"));
            }
        }
        for (badge, name, why) in mails.await {
            found.wrong.push(format!("{badge} of {name} {why}"));
        }
        for (source, state, reason) in deliveries.await {
            found.wrong.push(format!("a delivery of {source} is {state}: “{reason}”"));
        }
        found
    }
}

async fn ask(url: &str, question: &str) -> Vec<(String, String, String)> {
    let (before, rest) = question.split_once("{hex:").unwrap_or((question, ""));
    let (column, after) = rest.split_once('}').unwrap_or(("", ""));
    let sql =
        |hex: String| if column.is_empty() { question.to_owned() } else { format!("{before}{hex}{after}") };
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let sql = sql(format!("lower(hex({column}))"));
        return sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = sql(format!("replace({column}::text, '-', '')"));
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
}
