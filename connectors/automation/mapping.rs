//! Where an event's members stand in the sender's JSON. The connector's own shape is one such
//! mapping; a source may declare another for a tool with JSON of its own.

use serde_json::{Map, Value};

use super::condition::Condition;
use super::document::Document;
use super::pointer::Pointer;
use crate::SettingsError;

/// A member of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Id,
    Timestamp,
    LearnerId,
    LearnerEmail,
    LearnerName,
    LearnerInstitutionId,
    CourseId,
    CourseName,
    AssessmentId,
    AssessmentName,
    ScoreGiven,
    ScoreMin,
    ScoreMax,
    Passed,
    Attempt,
}

/// The key of the condition on what counts: no member of an event, but of a mapping.
const WHEN: &str = "when";

impl Field {
    /// All of them, in the order in which they are documented.
    pub(super) const ALL: [Self; 16] = [
        Self::Type,
        Self::Id,
        Self::Timestamp,
        Self::LearnerId,
        Self::LearnerEmail,
        Self::LearnerName,
        Self::LearnerInstitutionId,
        Self::CourseId,
        Self::CourseName,
        Self::AssessmentId,
        Self::AssessmentName,
        Self::ScoreGiven,
        Self::ScoreMin,
        Self::ScoreMax,
        Self::Passed,
        Self::Attempt,
    ];

    /// The key in a mapping.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Id => "id",
            Self::Timestamp => "timestamp",
            Self::LearnerId => "learner.id",
            Self::LearnerEmail => "learner.email",
            Self::LearnerName => "learner.name",
            Self::LearnerInstitutionId => "learner.institution_id",
            Self::CourseId => "course.id",
            Self::CourseName => "course.name",
            Self::AssessmentId => "assessment.id",
            Self::AssessmentName => "assessment.name",
            Self::ScoreGiven => "score.given",
            Self::ScoreMin => "score.min",
            Self::ScoreMax => "score.max",
            Self::Passed => "passed",
            Self::Attempt => "attempt",
        }
    }

    /// The members' names in the connector's own shape.
    fn standard_place(self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.key().split('.').collect();
        if !matches!(self, Self::Type | Self::Id | Self::Timestamp) {
            names.insert(0, "data");
        }
        names
    }

    fn is_name(self) -> bool {
        matches!(self, Self::LearnerName | Self::CourseName | Self::AssessmentName)
    }
}

/// How one member is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// At a JSON Pointer.
    At(Pointer),
    /// The same in every event.
    Constant(Scalar),
    /// The texts at these pointers, joined by spaces.
    Join(Vec<Pointer>),
    /// Whether a condition holds.
    If(Condition),
}

/// A JSON value without parts. A number keeps the text it was written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    Text(String),
    Number(String),
    Bool(bool),
}

impl Scalar {
    /// The value as text.
    pub(super) fn as_text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }
}

/// Where each member stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    places: Vec<(Field, Place)>,
    /// Which documents are events at all; without it all of them.
    when: Option<Condition>,
    standard: bool,
}

impl Mapping {
    /// The connector's own shape.
    pub(super) fn standard() -> Self {
        let place = |field: Field| (field, Place::At(Pointer::to_members(&field.standard_place())));
        Self { places: Field::ALL.map(place).to_vec(), when: None, standard: true }
    }

    /// Reads a source's `mapping` table. A dotted key may be quoted or be a table in a table:
    /// TOML reads `learner.email = …` as the latter.
    pub(super) fn parse(table: &Map<String, Value>) -> Result<Self, SettingsError> {
        let mut places: Vec<(Field, Place)> = Vec::new();
        let mut when = None;
        for (key, value) in flatten(table) {
            let at = |message: String| SettingsError::at(&format!("mapping.{key}"), message);
            if key == WHEN {
                let form = || {
                    Err("write { at = \"/status\", is = [\"graded\"] }, or `ends` in place of `is`"
                        .to_owned())
                };
                when = Some(Condition::parse(value).unwrap_or_else(form).map_err(at)?);
                continue;
            }
            let field = Field::ALL.into_iter().find(|field| field.key() == key).ok_or_else(|| {
                let known = Field::ALL.map(Field::key).join(", ");
                at(format!("“{key}” is no member of an event; there are {known}, and `{WHEN}`"))
            })?;
            if places.iter().any(|(known, _)| *known == field) {
                return Err(at(format!("“{key}” is there twice")));
            }
            places.push((field, Place::parse(field, value).map_err(at)?));
        }
        let mapping = Self { places, when, standard: false };
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let missing = |message: &str| Err(SettingsError::at("mapping", message));
        if !self.has(Field::LearnerId) && !self.has(Field::LearnerEmail) {
            return missing("`learner.email` or `learner.id` is missing: say where the learner stands");
        }
        if !self.has(Field::CourseId) {
            return missing(
                "`course.id` is missing: say where it stands, or write a fixed one, as in course.id = { value = \"WS101\" }",
            );
        }
        let completions_only = matches!(self.place(Field::Type),
            Some(Place::Constant(Scalar::Text(type_))) if type_ == "course.completed");
        if !self.has(Field::AssessmentId) && !completions_only {
            return missing(
                "`assessment.id` is missing: say where it stands, or write a fixed one, as in assessment.id = { value = \"quiz\" }",
            );
        }
        Ok(())
    }

    /// Why a document is no event by the mapping's condition, if it is none. Does not repeat
    /// what stands there: it may be about a person.
    pub(super) fn ignores(&self, document: &Document<'_>) -> Option<String> {
        let when = self.when.as_ref()?;
        match when.holds(document) {
            Ok(Some(true)) => None,
            _ => Some(format!("the mapping's `{WHEN}` does not hold: an event counts if {when}")),
        }
    }

    /// Whether the mapping says anything of this member.
    pub(super) fn has(&self, field: Field) -> bool {
        self.place(field).is_some()
    }

    fn place(&self, field: Field) -> Option<&Place> {
        self.places.iter().find(|(known, _)| *known == field).map(|(_, place)| place)
    }

    /// What the sender calls a member, for errors: `data.learner.email`, or with a mapping
    /// `learner.email (at /answers/email)`.
    pub(super) fn label(&self, field: Field) -> String {
        if self.standard {
            return field.standard_place().join(".");
        }
        let key = field.key();
        match self.place(field) {
            None => format!("{key} (not in the mapping)"),
            Some(Place::Constant(_)) => format!("{key} (fixed by the mapping)"),
            Some(Place::At(at) | Place::If(Condition { at, .. })) => format!("{key} (at {at})"),
            Some(Place::Join(parts)) => {
                let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
                format!("{key} (at {})", parts.join(" and "))
            }
        }
    }

    /// Reads one member; `None` where it is missing, null or blank.
    ///
    /// The error says what is there instead of a text, number, true or false.
    pub(super) fn read(&self, field: Field, document: &Document<'_>) -> Result<Option<Scalar>, String> {
        match self.place(field) {
            None => Ok(None),
            Some(Place::Constant(value)) => Ok(Some(value.clone())),
            Some(Place::At(at)) => scalar(at, document),
            Some(Place::If(condition)) => Ok(condition.holds(document)?.map(Scalar::Bool)),
            Some(Place::Join(parts)) => {
                let mut texts = Vec::new();
                for part in parts {
                    if let Some(value) = scalar(part, document)? {
                        texts.push(value.as_text().trim().to_owned());
                    }
                }
                Ok((!texts.is_empty()).then(|| Scalar::Text(texts.join(" "))))
            }
        }
    }
}

impl Place {
    fn parse(field: Field, value: &Value) -> Result<Self, String> {
        let table = match value {
            Value::String(pointer) => return Pointer::parse(pointer).map(Self::At),
            Value::Object(table) => table,
            _ => return Err(forms(field)),
        };
        let keys: Vec<&str> = table.keys().map(String::as_str).collect();
        match (keys.as_slice(), table.get("value"), table.get("join"), table.get("at")) {
            (["value"], Some(value), ..) => constant(value)
                .map(Self::Constant)
                .ok_or_else(|| "the value is a text, a number, true or false".to_owned()),
            (["join"], _, Some(Value::Array(parts)), _) if field.is_name() => {
                let parts = parts.iter().map(pointer).collect::<Result<Vec<_>, _>>()?;
                if parts.is_empty() { Err(forms(field)) } else { Ok(Self::Join(parts)) }
            }
            (["at"], _, _, Some(at)) => pointer(at).map(Self::At),
            _ if field == Field::Passed => {
                Condition::parse(value).unwrap_or_else(|| Err(forms(field))).map(Self::If)
            }
            _ => Err(forms(field)),
        }
    }
}

fn forms(field: Field) -> String {
    let more = if field == Field::Passed {
        ", or { at = \"/status\", is = [\"passed\"] }, or `ends` in place of `is`"
    } else if field.is_name() {
        ", or { join = [\"/first\", \"/last\"] }"
    } else {
        ""
    };
    format!("write a JSON Pointer, as in \"/answers/0\", or a fixed {{ value = \"…\" }}{more}")
}

fn pointer(value: &Value) -> Result<Pointer, String> {
    match value {
        Value::String(text) => Pointer::parse(text),
        _ => Err("a JSON Pointer is a text, as in \"/answers/0\"".to_owned()),
    }
}

pub(super) fn constant(value: &Value) -> Option<Scalar> {
    match value {
        Value::String(text) => Some(Scalar::Text(text.clone())),
        Value::Number(number) => Some(Scalar::Number(number.to_string())),
        Value::Bool(bool) => Some(Scalar::Bool(*bool)),
        _ => None,
    }
}

/// The table with its nested tables written as dotted keys.
fn flatten(table: &Map<String, Value>) -> Vec<(String, &Value)> {
    let groups = ["learner", "course", "assessment", "score"];
    let mut flat = Vec::new();
    for (key, value) in table {
        match value {
            Value::Object(inner) if groups.contains(&key.as_str()) => {
                flat.extend(inner.iter().map(|(part, value)| (format!("{key}.{part}"), value)));
            }
            _ => flat.push((key.clone(), value)),
        }
    }
    flat
}

pub(super) fn scalar(at: &Pointer, document: &Document<'_>) -> Result<Option<Scalar>, String> {
    let Some(raw) = at.find(document) else { return Ok(None) };
    let text = raw.get();
    let value = match text.as_bytes().first() {
        Some(b'"') => Scalar::Text(
            serde_json::from_str(text).map_err(|_| "is a text with a broken Unicode escape".to_owned())?,
        ),
        Some(b't') => Scalar::Bool(true),
        Some(b'f') => Scalar::Bool(false),
        Some(b'{') => return Err("is an object; a single value belongs here".to_owned()),
        Some(b'[') => return Err("is a list; a single value belongs here".to_owned()),
        Some(b'n') | None => return Ok(None),
        Some(_) => Scalar::Number(text.to_owned()),
    };
    Ok(Some(value).filter(|value| !value.as_text().trim().is_empty()))
}
