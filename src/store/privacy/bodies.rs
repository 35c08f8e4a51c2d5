//! Bodies that name a person and from which nothing followed: those are known by what they say alone.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::super::session::Session;
use super::super::statement::statements;
use super::super::value::{Time, values};
use super::super::{Store, StoreError};
use super::emptying::{ERASURE, drop_bodies};

statements! {
    TRAITS = "SELECT source, lms_id, name, email, institution_id FROM learners WHERE person_id {in $1}";

    NEXT_BODIES = "SELECT id, source, received_at, body FROM deliveries
        WHERE body IS NOT NULL AND (received_at, id) > ($1, $2)
        ORDER BY received_at, id LIMIT $3";
}

/// Bodies that are read at once; each may have megabytes.
const AT_ONCE: u32 = 50;

/// How far the bodies were read.
#[derive(Debug, Clone, Copy)]
pub struct BodyPlace {
    received_at: DateTime<Utc>,
    id: Uuid,
}

/// By what a person is recognised in a body.
#[derive(Debug, Default)]
pub struct Traits {
    /// Source and id.
    ids: Vec<(String, String)>,
    /// Name, address, the institution's id, in lower case; shorter ones may be anything.
    words: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct TraitRow {
    source: String,
    lms_id: String,
    name: Option<String>,
    email: Option<String>,
    institution_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    id: Uuid,
    source: String,
    received_at: Time,
    body: Vec<u8>,
}

impl Store {
    /// By what a person is recognised; empty for one who is nobody.
    pub async fn traits(&self, person: Uuid) -> Result<Traits, StoreError> {
        let mut session = self.pool.read().await?;
        let rows: Vec<TraitRow> = session.all(&TRAITS, values![vec![person]]).await?;
        let mut traits = Traits::default();
        for row in rows {
            let words = [row.name, row.email, row.institution_id].into_iter().flatten();
            traits
                .words
                .extend(words.map(|word| word.trim().to_lowercase()).filter(|word| word.chars().count() > 3));
            traits.ids.push((row.source, row.lms_id));
        }
        Ok(traits)
    }

    /// Reads the next bodies after a place, oldest first, and drops those that name the person. Answers
    /// how many these were, and where to go on; nothing at the end.
    pub async fn drop_bodies_naming(
        &self,
        traits: &Traits,
        after: Option<BodyPlace>,
        now: DateTime<Utc>,
    ) -> Result<(usize, Option<BodyPlace>), StoreError> {
        let after = after.unwrap_or(BodyPlace { received_at: DateTime::<Utc>::MIN_UTC, id: Uuid::nil() });
        let mut session: Session = self.pool.read().await?;
        let values = values![after.received_at, after.id, AT_ONCE];
        let rows: Vec<BodyRow> = session.all(&NEXT_BODIES, values).await?;
        drop(session);
        let place = rows.last().map(|row| BodyPlace { received_at: row.received_at.0, id: row.id });
        let named: Vec<Uuid> =
            rows.iter().filter(|row| traits.named_in(&row.source, &row.body)).map(|row| row.id).collect();
        if named.is_empty() {
            return Ok((0, place));
        }
        let mut session = self.pool.write().await?;
        let dropped = drop_bodies(&mut session, &named, ERASURE, now).await?;
        session.commit().await?;
        Ok((dropped, place))
    }
}

impl Traits {
    /// Whether a body names the person. Rather once too often: nothing needs a body.
    fn named_in(&self, source: &str, body: &[u8]) -> bool {
        let text = String::from_utf8_lossy(body).to_lowercase();
        if self.words.iter().any(|word| text.contains(word.as_str())) {
            return true;
        }
        let ids = self.ids.iter().filter(|(of, _)| of == source).map(|(_, id)| id.as_str());
        let ids: Vec<&str> = ids.collect();
        if let Ok(json) = serde_json::from_slice::<Json>(body) {
            return self.words.iter().any(|word| holds(&json, word)) || says(&json, false, &ids);
        }
        let mut words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '@' | '.'));
        words.any(|word| ids.iter().any(|id| word.eq_ignore_ascii_case(id)))
    }
}

/// Whether a text of a document holds a word: letters may be written as escapes there.
fn holds(json: &Json, word: &str) -> bool {
    match json {
        Json::String(text) => text.to_lowercase().contains(word),
        Json::Array(items) => items.iter().any(|item| holds(item, word)),
        Json::Object(members) => members.values().any(|value| holds(value, word)),
        _ => false,
    }
}

/// Whether a document has one of the ids where it speaks of people: a number alone may be anything.
fn says(json: &Json, of_people: bool, ids: &[&str]) -> bool {
    let is_id = |text: &str| {
        ids.iter().any(|id| {
            // Canvas writes ids of another shard before the local one, which then has 13 digits.
            let local = id.len() < 13 && id.bytes().all(|byte| byte.is_ascii_digit());
            text == *id || local && text.len() > 13 && text.ends_with(&format!("{id:0>13}"))
                // At the end of an address: the account of an xAPI actor, a Caliper person.
                || text.rsplit(['/', ':', '=']).next() == Some(*id)
        })
    };
    match json {
        Json::String(text) => of_people && is_id(text),
        Json::Number(number) => of_people && is_id(&number.to_string()),
        Json::Array(items) => items.iter().any(|item| says(item, of_people, ids)),
        Json::Object(members) => members.iter().any(|(key, value)| {
            let key = key.to_lowercase();
            let person = ["user", "learner", "student", "actor", "person", "people", "member", "account"];
            says(value, of_people || person.iter().any(|word| key.contains(word)), ids)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_names_somebody_is_recognised_in_whatever_form() {
        let traits = Traits {
            ids: vec![("lms".to_owned(), "48".to_owned())],
            words: vec!["ada exämple".to_owned(), "ada@example.test".to_owned()],
        };
        let named = |source: &str, body: &str| traits.named_in(source, body.as_bytes());
        for body in [
            r#"{"relateduserid": "48"}"#,
            r#"{"data": {"user_id": 48}}"#,
            r#"{"body": {"student_id": "11070000000000048"}}"#,
            r#"{"actor": {"account": {"name": "https://lms.example.test/users/48"}}}"#,
            r#"{"text": "Ada Ex\u00e4mple"}"#,
            "userid=48&event=graded",
            "from: ADA@example.test",
        ] {
            assert!(named("lms", body), "{body}");
        }
        for body in
            [r#"{"courseid": 48}"#, r#"{"userid": 480}"#, "userid=480", r#"{"user_id": "4800000000000"}"#, ""]
        {
            assert!(!named("lms", body), "{body}");
        }
        assert!(!named("other", r#"{"userid": 48}"#), "an id of another source");
        assert!(named("other", r#"{"mail": "Ada@Example.test", "name": "\u00e4"}"#));
        assert!(named("other", r#"{"name": "Ada Ex\u00e4mple"}"#));
    }
}
