//! Reading one event: from the sender's JSON to an outcome.

use chrono::{DateTime, SubsecRound as _, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::document::Document;
use super::mapping::{Field, Mapping, Scalar};
use crate::decimal::decimal;
use crate::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score, Signal};

/// The longest text that is taken for an id or a name, in characters.
const TEXT_MAX: usize = 500;

/// A signal key longer than this, in bytes, is replaced by its hash: keys are indexed.
const KEY_MAX: usize = 400;

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventType {
    Passed,
    Graded,
    Revised,
    Completed,
}

impl EventType {
    const ALL: [Self; 4] = [Self::Passed, Self::Graded, Self::Revised, Self::Completed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "assessment.passed",
            Self::Graded => "assessment.graded",
            Self::Revised => "assessment.revised",
            Self::Completed => "course.completed",
        }
    }
}

/// What came of an event.
#[derive(Debug)]
pub(super) enum Event {
    /// A signal that is its own confirmation.
    Signal(Box<Signal>),
    /// Readable, and none of our types, or none that the mapping lets count: why it is ignored.
    Other(String),
}

/// Reads an event. `message` is the verified `webhook-id`, `sent_at` the verified
/// `webhook-timestamp` or else the time of arrival.
///
/// The error names the member.
pub(super) fn read(
    mapping: &Mapping,
    document: &RawValue,
    message: Option<&str>,
    sent_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
) -> Result<Event, String> {
    let reader = Reader { mapping, document: Document::new(document) };
    if let Some(why) = mapping.ignores(&reader.document) {
        return Ok(Event::Other(why));
    }
    let Some(type_) = reader.event_type()? else {
        let known = EventType::ALL.map(EventType::name).join(", ");
        return Ok(Event::Other(format!("{}: is none of {known}", mapping.label(Field::Type))));
    };
    let id = reader.id(Field::Id)?;
    let timestamp = reader.timestamp()?;
    let learner = reader.learner()?;
    let course = Course {
        id: reader.required(Field::CourseId)?,
        also: Vec::new(),
        name: reader.name(Field::CourseName)?,
        url: None,
    };
    let assessment = reader.assessment(type_)?;
    let passed = reader.passed(type_)?;
    let score = if type_ == EventType::Completed { None } else { reader.score()? };
    if passed.is_none() && score.is_none() {
        return Err(format!(
            "{}: is missing; an event of type {} tells a score, or whether the learner passed",
            mapping.label(Field::ScoreGiven),
            type_.name()
        ));
    }
    let attempt = reader.attempt()?;

    // A clock ahead of ours must not make this outcome win over all that follow.
    let as_of = timestamp.unwrap_or(sent_at).min(received_at).trunc_subsecs(6);
    let outcome = Outcome {
        learner,
        course,
        assessment,
        score,
        passed,
        release: Release::Released,
        graded_at: Some(as_of),
        attempt,
        attempts: Vec::new(),
        late: None,
        all_graded: None,
        as_of,
    };
    let key = match (id, message) {
        (Some(id), _) => bounded(format!("event:{}:{id}", type_.name())),
        (None, Some(message)) => bounded(format!("message:{message}")),
        (None, None) => format!("state:{}", state_hash(type_, &outcome, timestamp)),
    };
    Ok(Event::Signal(Box::new(Signal {
        key,
        batch: bounded(format!("course:{}", outcome.course.id)),
        event: type_.name().to_owned(),
        learner: outcome.learner.id.clone(),
        course: Some(outcome.course.id.clone()),
        occurred_at: Some(as_of),
        detail: serde_json::Value::Null,
        outcome: Some(Box::new(outcome)),
    })))
}

struct Reader<'a> {
    mapping: &'a Mapping,
    document: Document<'a>,
}

impl Reader<'_> {
    fn wrong(&self, field: Field, what: &str) -> String {
        format!("{}: {what}", self.mapping.label(field))
    }

    fn scalar(&self, field: Field) -> Result<Option<Scalar>, String> {
        self.mapping.read(field, &self.document).map_err(|what| self.wrong(field, &what))
    }

    /// An id: a text or a number, without control characters.
    fn id(&self, field: Field) -> Result<Option<String>, String> {
        let Some(value) = self.scalar(field)? else { return Ok(None) };
        let text = match &value {
            Scalar::Text(text) | Scalar::Number(text) => text.trim(),
            Scalar::Bool(_) => {
                return Err(self.wrong(field, "is true or false; a text or a number belongs here"));
            }
        };
        if text.chars().any(char::is_control) {
            return Err(self.wrong(field, "has control characters"));
        }
        self.bounded(field, text.to_owned()).map(Some)
    }

    fn required(&self, field: Field) -> Result<String, String> {
        self.id(field)?.ok_or_else(|| self.wrong(field, "is missing"))
    }

    /// A text for people, on one line.
    fn name(&self, field: Field) -> Result<Option<String>, String> {
        let Some(value) = self.scalar(field)? else { return Ok(None) };
        let text = value.as_text().replace(char::is_control, " ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.bounded(field, text).map(|text| Some(text).filter(|text| !text.is_empty()))
    }

    fn bounded(&self, field: Field, text: String) -> Result<String, String> {
        if text.chars().count() > TEXT_MAX {
            return Err(self.wrong(field, &format!("is longer than {TEXT_MAX} characters")));
        }
        Ok(text)
    }

    fn event_type(&self) -> Result<Option<EventType>, String> {
        let given = match self.id(Field::Type)? {
            Some(given) => given,
            // A mapping that names no type leaves the decision to the rules.
            None if !self.mapping.has(Field::Type) => return Ok(Some(EventType::Graded)),
            None => return Err(self.wrong(Field::Type, "is missing")),
        };
        Ok(EventType::ALL.into_iter().find(|type_| type_.name() == given))
    }

    /// RFC 3339, or a Unix time in seconds or milliseconds.
    fn timestamp(&self) -> Result<Option<DateTime<Utc>>, String> {
        let Some(value) = self.scalar(Field::Timestamp)? else { return Ok(None) };
        let text = value.as_text().trim();
        let time = match decimal(text) {
            Some(number) => unix(number),
            None => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
        };
        // Outside these years it is a number that means something else.
        let sane = |time: &DateTime<Utc>| (0..=253_402_300_799).contains(&time.timestamp());
        time.filter(sane).map(Some).ok_or_else(|| {
            self.wrong(
                Field::Timestamp,
                "is no time; write RFC 3339 with the time zone, as in 2026-11-20T10:00:00Z, or a Unix time in seconds or milliseconds",
            )
        })
    }

    fn learner(&self) -> Result<Learner, String> {
        let email = match self.id(Field::LearnerEmail)? {
            Some(text) => Some(self.email(&text)?),
            None => None,
        };
        let id = match (self.id(Field::LearnerId)?, &email) {
            (Some(id), _) => id,
            (None, Some(email)) => email.to_lowercase(),
            (None, None) => {
                let other = self.mapping.label(Field::LearnerId);
                return Err(self.wrong(
                    Field::LearnerEmail,
                    &format!("is missing, and so is {other}; one of them names the learner"),
                ));
            }
        };
        let name = self.name(Field::LearnerName)?;
        let institution_id = self.id(Field::LearnerInstitutionId)?.filter(|id| !id.is_empty());
        Ok(Learner { id, name, email, institution_id, language: None })
    }

    /// The address, without the scheme of a mailto URI.
    fn email(&self, text: &str) -> Result<String, String> {
        let text = match text.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => text.get(7..).unwrap_or_default(),
            _ => text,
        };
        let plain = |part: &str| {
            !part.is_empty()
                && !part.contains(|char: char| char.is_whitespace() || "@<>,;:\"()[]\\".contains(char))
        };
        match text.split_once('@') {
            Some((local, domain)) if plain(local) && plain(domain) => Ok(text.to_owned()),
            _ => Err(self
                .wrong(Field::LearnerEmail, "is no e-mail address; write it plain, as in ada@example.edu")),
        }
    }

    fn assessment(&self, type_: EventType) -> Result<Assessment, String> {
        let name = self.name(Field::AssessmentName)?;
        let (id, kind) = if type_ == EventType::Completed {
            (Assessment::COURSE_COMPLETION.to_owned(), AssessmentKind::CourseCompletion)
        } else {
            let id = self.required(Field::AssessmentId)?;
            match id.as_str() {
                Assessment::COURSE_TOTAL => (id, AssessmentKind::CourseTotal),
                Assessment::COURSE_COMPLETION => {
                    let what =
                        "means the completion of the course; send it as an event of type course.completed";
                    return Err(self.wrong(Field::AssessmentId, what));
                }
                _ => (id, AssessmentKind::Item),
            }
        };
        Ok(Assessment { id, also: Vec::new(), kind, name, url: None })
    }

    fn passed(&self, type_: EventType) -> Result<Option<bool>, String> {
        let given = match self.scalar(Field::Passed)? {
            None => None,
            Some(Scalar::Bool(passed)) => Some(passed),
            Some(value) => match value.as_text().trim().to_lowercase().as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => {
                    let what = "is neither true nor false; for other words a mapping says which of them pass, as in \
                                { at = \"/status\", is = [\"passed\"] }";
                    return Err(self.wrong(Field::Passed, what));
                }
            },
        };
        match (type_, given) {
            (EventType::Passed, Some(false)) => {
                let what = "is false in an assessment.passed event; send assessment.graded, or assessment.revised to take a pass back";
                Err(self.wrong(Field::Passed, what))
            }
            (EventType::Passed | EventType::Completed, None) => Ok(Some(true)),
            (_, given) => Ok(given),
        }
    }

    fn number(&self, field: Field) -> Result<Option<Decimal>, String> {
        let Some(value) = self.scalar(field)? else { return Ok(None) };
        let number = match &value {
            Scalar::Text(text) | Scalar::Number(text) => decimal(text),
            Scalar::Bool(_) => None,
        };
        number
            .map(Some)
            .ok_or_else(|| self.wrong(field, "is no number; write it plain, with a point, as in 41.5"))
    }

    fn score(&self) -> Result<Option<Score>, String> {
        let given = self.number(Field::ScoreGiven)?;
        let lowest = self.number(Field::ScoreMin)?;
        let max = self.number(Field::ScoreMax)?;
        let min = lowest.unwrap_or_default();
        if max.is_some_and(|max| max <= min) {
            let why = if lowest.is_some() {
                format!("is not more than {}", self.mapping.label(Field::ScoreMin))
            } else {
                "is not more than 0; leave it out where there is no maximum".to_owned()
            };
            return Err(self.wrong(Field::ScoreMax, &why));
        }
        if lowest.is_some() && given.is_some_and(|given| given < min) {
            let min = self.mapping.label(Field::ScoreMin);
            return Err(self.wrong(Field::ScoreGiven, &format!("is less than {min}")));
        }
        Ok(given.map(|given| Score { given: Some(given), min, max, text: None }))
    }

    fn attempt(&self) -> Result<Option<u32>, String> {
        let Some(value) = self.scalar(Field::Attempt)? else { return Ok(None) };
        match value.as_text().trim().parse() {
            Ok(attempt) if attempt > 0 => Ok(Some(attempt)),
            _ => Err(self.wrong(Field::Attempt, "is no whole number from 1")),
        }
    }
}

/// A Unix time: milliseconds from the size at which seconds would be the year 5138.
fn unix(number: Decimal) -> Option<DateTime<Utc>> {
    let millis = if number.abs() < Decimal::from(100_000_000_000_i64) {
        number.checked_mul(Decimal::ONE_THOUSAND)?
    } else {
        number
    };
    DateTime::from_timestamp_millis(millis.trunc().try_into().ok()?)
}

fn bounded(text: String) -> String {
    if text.len() > KEY_MAX { format!("sha256:{}", hash([text.as_str()])) } else { text }
}

/// The state that an event without an id tells, so that telling it again changes nothing.
fn state_hash(type_: EventType, outcome: &Outcome, timestamp: Option<DateTime<Utc>>) -> String {
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string).unwrap_or_default();
    let score = outcome.score.as_ref();
    let parts = [
        type_.name().to_owned(),
        outcome.learner.id.clone(),
        text(outcome.learner.email.as_ref().map(|v| v as _)),
        text(outcome.learner.name.as_ref().map(|v| v as _)),
        outcome.course.id.clone(),
        outcome.assessment.id.clone(),
        text(score.and_then(|score| score.given.as_ref()).map(|v| v as _)),
        text(score.and_then(|score| score.max.as_ref()).map(|v| v as _)),
        text(outcome.passed.as_ref().map(|v| v as _)),
        text(outcome.attempt.as_ref().map(|v| v as _)),
        text(timestamp.map(|time| time.timestamp_micros()).as_ref().map(|v| v as _)),
    ];
    // Only where it says something: the key of an event from before it could be sent stays the same.
    let min = score.map(|score| score.min).filter(|min| *min != Decimal::ZERO).map(|min| min.to_string());
    hash(parts.iter().chain(&min).map(String::as_str))
}

/// SHA-256 in hexadecimal of parts, each preceded by its length so that none runs into the next.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use std::fmt::Write as _;

    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
