//! Messages: CloudEvents 1.0 in JSON, one alone (structured mode) or several in the batch format.

use std::fmt::Write as _;

use accolade_connectors::{AssessmentKind, Outcome, Score};
use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::store::{Due, NewEvent, Work};

/// The media type of a message (CloudEvents JSON format 1.0, section 3).
pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json";
/// The media type of several in one (the same, section 4).
pub(super) const BATCH_CONTENT_TYPE: &str = "application/cloudevents-batch+json";

/// The longest word of a routing key, in bytes: two of them and the type stay below AMQP's 255.
const LONGEST_WORD: usize = 100;

/// A message about one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The kind of work, and so the queue.
    pub work: Work,
    /// The row; also the AMQP message id and the CloudEvents id.
    pub id: Uuid,
    /// Where the topic exchange sends it: `assessment.passed.{source}.{course}`, with every
    /// character that has a meaning in routing keys replaced.
    pub routing_key: String,
    /// The CloudEvent.
    pub body: Vec<u8>,
}

impl Message {
    /// A signal to confirm: `signal.received.{source}`.
    pub fn signal(public_url: &str, due: &Due, at: DateTime<Utc>) -> Self {
        let event = Event {
            id: due.id,
            source: source_uri(public_url, &due.source),
            kind: "signal.received",
            subject: format!("signals/{}", due.id),
            at,
            delivery: due.delivery,
            data: SignalData { signal: due.id, source: &due.source },
        };
        event.into_message(Work::Signals, format!("signal.received.{}", word(&due.source)))
    }

    /// `assessment.passed` or `assessment.revised`: ids and results, no name and no address.
    pub fn assessment(public_url: &str, event: &NewEvent, at: DateTime<Utc>) -> Self {
        let kind = if event.passed { "assessment.passed" } else { "assessment.revised" };
        let outcome = &event.outcome;
        let cloud_event = Event {
            id: event.id,
            source: source_uri(public_url, &event.source),
            kind,
            subject: format!(
                "courses/{}/assessments/{}/learners/{}",
                segment(&outcome.course.id),
                segment(&outcome.assessment.id),
                segment(&outcome.learner.id)
            ),
            at,
            delivery: event.delivery,
            data: AssessmentData::new(outcome, event.passed),
        };
        let routing_key = format!("{kind}.{}.{}", word(&event.source), word(&outcome.course.id));
        cloud_event.into_message(Work::Assessments, routing_key)
    }

    /// A mail to send: `mail.queued`.
    pub fn mail(public_url: &str, id: Uuid, delivery: Uuid, at: DateTime<Utc>) -> Self {
        let event = Event {
            id,
            source: format!("{}/mails", public_url.trim_end_matches('/')),
            kind: "mail.queued",
            subject: format!("mails/{id}"),
            at,
            delivery,
            data: MailData { mail: id },
        };
        event.into_message(Work::Mails, "mail.queued".to_owned())
    }
}

/// The rows that a received message is about, each with its CloudEvent, or why it cannot be read. Its
/// message id is that of the first.
pub(crate) fn read(message_id: Option<&str>, body: &[u8]) -> Result<Vec<(Uuid, Vec<u8>)>, String> {
    #[derive(Deserialize)]
    struct Envelope {
        id: Uuid,
    }
    let message_id = message_id.ok_or("it has no message id")?;
    let id: Uuid = message_id.parse().map_err(|_| "its message id is no UUID")?;
    let wrong = |error: serde_json::Error| format!("its body is no CloudEvent in JSON: {error}");
    let read = |event: &[u8]| serde_json::from_slice(event).map(|Envelope { id }| id).map_err(wrong);
    let events = if body.trim_ascii_start().starts_with(b"[") {
        let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(wrong)?;
        let event = |event: &RawValue| Ok((read(event.get().as_bytes())?, event.get().into()));
        events.into_iter().map(event).collect::<Result<Vec<_>, String>>()?
    } else {
        vec![(read(body)?, body.to_vec())]
    };
    match events.first() {
        Some((first, _)) if *first == id => Ok(events),
        _ => Err("its message id is not the id of its CloudEvent".to_owned()),
    }
}

/// What differs between the messages.
struct Event<'a, D> {
    id: Uuid,
    source: String,
    kind: &'a str,
    subject: String,
    at: DateTime<Utc>,
    delivery: Uuid,
    data: D,
}

/// The attributes, named as in CloudEvents 1.0 section 3; `delivery` is an extension attribute.
#[derive(Serialize)]
struct CloudEvent<'a, D> {
    specversion: &'a str,
    id: Uuid,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    time: String,
    datacontenttype: &'a str,
    delivery: Uuid,
    data: &'a D,
}

impl<D: Serialize> Event<'_, D> {
    fn into_message(self, work: Work, routing_key: String) -> Message {
        let event = CloudEvent {
            specversion: "1.0",
            id: self.id,
            source: &self.source,
            kind: self.kind,
            subject: &self.subject,
            time: self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            datacontenttype: "application/json",
            delivery: self.delivery,
            data: &self.data,
        };
        // Strings, ids and numbers always serialise; an empty body would be parked, not obeyed.
        let body = serde_json::to_vec(&event).unwrap_or_default();
        Message { work, id: self.id, routing_key, body }
    }
}

#[derive(Serialize)]
struct SignalData<'a> {
    signal: Uuid,
    source: &'a str,
}

#[derive(Serialize)]
struct MailData {
    mail: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AssessmentData<'a> {
    learner: LearnerData<'a>,
    course: CourseData<'a>,
    assessment: ItemData<'a>,
    score: Option<ScoreData<'a>>,
    passed: bool,
    graded_at: Option<String>,
}

/// The id alone: whoever listens on the exchange learns no name and no address.
#[derive(Serialize)]
struct LearnerData<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct CourseData<'a> {
    id: &'a str,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct ItemData<'a> {
    id: &'a str,
    kind: AssessmentKind,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct ScoreData<'a> {
    given: Option<Box<RawValue>>,
    min: Option<Box<RawValue>>,
    max: Option<Box<RawValue>>,
    text: Option<&'a str>,
    percent: Option<Box<RawValue>>,
}

impl<'a> AssessmentData<'a> {
    fn new(outcome: &'a Outcome, passed: bool) -> Self {
        Self {
            learner: LearnerData { id: &outcome.learner.id },
            course: CourseData { id: &outcome.course.id, name: outcome.course.name.as_deref() },
            assessment: ItemData {
                id: &outcome.assessment.id,
                kind: outcome.assessment.kind,
                name: outcome.assessment.name.as_deref(),
            },
            score: outcome.score.as_ref().map(ScoreData::new),
            passed,
            graded_at: outcome.graded_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        }
    }
}

impl<'a> ScoreData<'a> {
    fn new(score: &'a Score) -> Self {
        Self {
            given: score.given.and_then(number),
            min: number(score.min),
            max: score.max.and_then(number),
            text: score.text.as_deref(),
            percent: score.percent().map(|percent| percent.round_dp(4)).and_then(number),
        }
    }
}

/// A decimal as a JSON number with all its digits; a float would lose some.
fn number(value: Decimal) -> Option<Box<RawValue>> {
    RawValue::from_string(value.normalize().to_string()).ok()
}

fn source_uri(public_url: &str, source: &str) -> String {
    format!("{}/sources/{}", public_url.trim_end_matches('/'), segment(source))
}

/// One segment of a URI's path (RFC 3986 section 3.3).
fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// One word of a routing key: dots divide words, `*` and `#` are patterns, and the whole key has
/// at most 255 bytes.
fn word(text: &str) -> String {
    let mut word = String::new();
    for letter in text.chars() {
        let letter = if ".*#".contains(letter) || letter.is_whitespace() || letter.is_control() {
            '_'
        } else {
            letter
        };
        if word.len() + letter.len_utf8() > LONGEST_WORD {
            break;
        }
        word.push(letter);
    }
    if word.is_empty() { "_".to_owned() } else { word }
}

#[cfg(test)]
mod tests;
