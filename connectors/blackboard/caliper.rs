//! Caliper 1.1 as Blackboard's event store sends it: one envelope, any number of events.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::Signal;
use crate::decimal::decimal;

/// The event of one grade.
const GRADE: &str = "GradeEvent";
/// The nightly event of a calculated grade; Blackboard's own, so its type is a whole IRI.
const SNAPSHOT: &str = "CalculatedGradeSnapshotEvent";
/// The longest id that is taken for one of Blackboard's.
const ID_MAX: usize = 100;
/// How many kinds of ignored events are listed, and how many unreadable ones.
const LINES_MAX: usize = 20;

/// What a delivery holds.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) signals: Vec<Signal>,
    pub(super) ignored: Vec<String>,
    /// The envelope with its grade events alone: the rest of what people do on the site is none
    /// of our business, and not kept.
    pub(super) body: Vec<u8>,
}

/// What confirming needs to know of a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Detail {
    pub(super) course: String,
    pub(super) column: String,
    /// Whether the event calls the column the course's grade.
    pub(super) course_total: bool,
    /// The score that the event tells.
    pub(super) score: Option<String>,
    /// The attempt that was graded.
    pub(super) attempt: Option<String>,
    /// Whether the gradebook told it, and no event: a grade that is missing is then gone, and not
    /// still on its way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) from_gradebook: bool,
}

impl Detail {
    /// [`Signal::batch`]: a column is read at once for many learners.
    pub(super) fn batch(&self) -> String {
        format!("course:{}:column:{}", self.course, self.column)
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(borrow)]
    sensor: Option<&'a RawValue>,
    #[serde(borrow, rename = "sendTime")]
    send_time: Option<&'a RawValue>,
    #[serde(borrow, rename = "dataVersion")]
    data_version: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Kept<'a> {
    sensor: Option<&'a RawValue>,
    #[serde(rename = "sendTime")]
    send_time: Option<&'a RawValue>,
    #[serde(rename = "dataVersion")]
    data_version: Option<&'a RawValue>,
    data: Vec<&'a RawValue>,
}

/// The one member that is read of every event.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    type_: Option<Value>,
}

/// What was wrong, without words of the body: a secret in the wrong place would come to the logs.
fn unrepeated(error: &serde_json::Error) -> String {
    if error.is_data() {
        format!("it is something else at line {} column {}", error.line(), error.column())
    } else {
        error.to_string()
    }
}

/// Reads an envelope. An unreadable event does not spoil the others: it is named in
/// [`Delivery::ignored`].
pub(super) fn read(body: &[u8]) -> Result<Delivery, String> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| {
        let why = unrepeated(&error);
        format!("the body is no Caliper envelope ({why}): it is a JSON object whose member `data` lists the events")
    })?;
    let mut signals = Vec::new();
    let mut keys = HashSet::new();
    let mut kept = Vec::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for (index, raw) in envelope.data.iter().enumerate() {
        let type_ = event_type(raw);
        let read = match type_.as_deref() {
            Some(GRADE) => grade(raw),
            Some(SNAPSHOT) => snapshot(raw),
            Some(other) => {
                *others.entry(shortened(other)).or_default() += 1;
                continue;
            }
            None => {
                *others.entry("event without a type".to_owned()).or_default() += 1;
                continue;
            }
        };
        kept.push(*raw);
        match read {
            Ok(signal) => {
                if keys.insert(signal.key.clone()) {
                    signals.push(signal);
                }
            }
            Err(what) => {
                unreadable.push(format!("data[{index}], {}: {what}", type_.unwrap_or_default()));
            }
        }
    }
    let more = unreadable.len().saturating_sub(LINES_MAX);
    unreadable.truncate(LINES_MAX);
    if more > 0 {
        unreadable.push(format!("{more} more grade events could not be read"));
    }
    let mut ignored = unreadable;
    ignored.extend(counts(others));
    let kept = Kept {
        sensor: envelope.sensor,
        send_time: envelope.send_time,
        data_version: envelope.data_version,
        data: kept,
    };
    let body = serde_json::to_vec(&kept).map_err(|error| error.to_string())?;
    Ok(Delivery { signals, ignored, body })
}

fn counts(others: BTreeMap<String, usize>) -> Vec<String> {
    let mut by_count: Vec<(String, usize)> = others.into_iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest: usize = by_count.iter().skip(LINES_MAX).map(|(_, count)| count).sum();
    by_count.truncate(LINES_MAX);
    let mut lines: Vec<String> =
        by_count.into_iter().map(|(type_, count)| format!("{count} × {type_}: not a grade")).collect();
    if rest > 0 {
        lines.push(format!("{rest} × other types: not a grade"));
    }
    lines
}

/// The type's last part: it may be a term or a whole IRI.
fn event_type(raw: &RawValue) -> Option<String> {
    let head: Head = serde_json::from_str(raw.get()).ok()?;
    let Some(Value::String(type_)) = head.type_ else { return None };
    type_.rsplit(['/', '#', ':']).next().map(str::to_owned)
}

fn shortened(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(60).collect()
}

fn grade(raw: &RawValue) -> Result<Signal, String> {
    let event = Event::parse(raw)?;
    let learner =
        event.id(&["/object/assignee/extensions/bb:user.id", "/membership/extensions/bb:user.id"])?;
    let course = event.id(&["/group/extensions/bb:course.id", "/membership/extensions/bb:course.id"])?;
    let column = event
        .text("/object/assignable/id")
        .and_then(|iri| valid_id(tail(iri)))
        .or_else(|| event.text("/object/id").and_then(|iri| valid_id(part_after(iri, "gradableItems")?)))
        .ok_or("object.assignable.id is missing or does not end in a column's id")?;
    let attempt = event.text("/object/id").and_then(|iri| valid_id(part_after(iri, "attempts")?));
    let score = event.0.pointer("/generated/scoreGiven").and_then(|value| match value {
        Value::Number(number) => decimal(&number.to_string()),
        Value::String(text) => decimal(text),
        _ => None,
    });
    let score = score.map(|score| score.to_string());
    let version = format!("{}:{}", attempt.as_deref().unwrap_or("-"), score.as_deref().unwrap_or("-"));
    let detail = Detail { course, column, course_total: false, score, attempt, from_gradebook: false };
    event.signal(GRADE, learner, &detail, &version)
}

fn snapshot(raw: &RawValue) -> Result<Signal, String> {
    let event = Event::parse(raw)?;
    let learner = event.id(&["/object/user/extensions/bb:user.id", "/membership/extensions/bb:user.id"])?;
    let course =
        event.id(&["/object/course/extensions/bb:course.id", "/membership/extensions/bb:course.id"])?;
    let column = event.id(&["/object/itemId"])?;
    let course_total = event.0.pointer("/object/isCourseGrade").and_then(Value::as_bool).unwrap_or(false);
    let version = match event.0.pointer("/object/syncVersion") {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => shortened(text),
        _ => "-".to_owned(),
    };
    let detail = Detail { course, column, course_total, score: None, attempt: None, from_gradebook: false };
    event.signal(SNAPSHOT, learner, &detail, &version)
}

struct Event(Value);

impl Event {
    fn parse(raw: &RawValue) -> Result<Self, String> {
        serde_json::from_str(raw.get()).map(Self).map_err(|error| error.to_string())
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(Value::as_str)
    }

    /// The first valid id; the error names the first place.
    fn id(&self, pointers: &[&str]) -> Result<String, String> {
        pointers.iter().find_map(|pointer| valid_id(self.text(pointer)?)).ok_or_else(|| {
            let place = pointers.first().map_or_else(String::new, |pointer| pointer.replace('/', "."));
            format!("{} is missing or no id of Blackboard's", place.trim_start_matches('.'))
        })
    }

    /// The ids of events repeat, so the key is what the event tells.
    fn signal(&self, type_: &str, learner: String, detail: &Detail, version: &str) -> Result<Signal, String> {
        let occurred_at = self
            .text("/eventTime")
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map(|time| time.to_utc());
        let time = occurred_at.map_or_else(
            || "-".to_owned(),
            |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        );
        let Detail { course, column, .. } = detail;
        Ok(Signal {
            key: format!("{type_}:{course}:{column}:{learner}:{time}:{version}"),
            batch: detail.batch(),
            event: type_.to_owned(),
            learner,
            course: Some(course.clone()),
            occurred_at,
            detail: serde_json::to_value(detail).map_err(|error| error.to_string())?,
            outcome: None,
        })
    }
}

/// Ids go into addresses: nothing but what Blackboard's consist of (`_702_1`, `finalGrade`).
fn valid_id(text: &str) -> Option<String> {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    (!text.is_empty() && text.len() <= ID_MAX && text.chars().all(plain)).then(|| text.to_owned())
}

/// The last part of an IRI's path.
fn tail(iri: &str) -> &str {
    let path = iri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default()
}

/// The part of an IRI's path that follows a named one.
fn part_after<'a>(iri: &'a str, name: &str) -> Option<&'a str> {
    let path = iri.split(['?', '#']).next()?;
    let mut parts = path.split('/');
    parts.by_ref().find(|part| *part == name)?;
    parts.next()
}
