//! What Blackboard's REST API answers, as far as it matters here. Every member may be missing;
//! ids and texts may be texts or numbers.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use url::Url;

use crate::decimal::decimal_in;

/// A list, or a page of one.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) results: Vec<T>,
    pub(super) paging: Option<Paging>,
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    pub(super) next_page: Option<String>,
}

/// `POST /learn/api/public/v1/oauth2/token`.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: crate::Secret,
}

/// `GET /learn/api/public/v1/system/version`.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) learn: Option<LearnVersion>,
}

/// The version of the Learn server.
#[derive(Debug, Deserialize)]
pub(super) struct LearnVersion {
    pub(super) major: Option<Text>,
    pub(super) minor: Option<Text>,
    pub(super) patch: Option<Text>,
}

/// A gradebook column.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Column {
    pub(super) id: Option<Text>,
    pub(super) external_id: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) display_name: Option<Text>,
    pub(super) content_id: Option<Text>,
    pub(super) external_grade: Option<bool>,
    pub(super) score: Option<ColumnScore>,
    pub(super) availability: Option<Availability>,
    pub(super) grading: Option<Grading>,
}

/// A column's points.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ColumnScore {
    pub(super) possible: Option<Number>,
}

/// Whether something is available: `Yes`, `No`, for users also `Disabled`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Availability {
    pub(super) available: Option<Text>,
}

/// How a column gets its grades.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grading {
    #[serde(rename = "type")]
    pub(super) type_: Option<Text>,
    pub(super) scoring_model: Option<Text>,
    pub(super) anonymous_grading: Option<AnonymousGrading>,
}

/// Until when graders do not see names.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnonymousGrading {
    #[serde(rename = "type")]
    pub(super) type_: Option<Text>,
    pub(super) release_after: Option<Time>,
}

/// A learner's grade in a column. `score`, `text` and `status` are left out on purpose: the
/// first two are overrides only, and the third is documented as unreliable.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Grade {
    pub(super) user_id: Option<Text>,
    pub(super) display_grade: Option<DisplayGrade>,
    pub(super) overridden: Option<Time>,
    pub(super) exempt: Option<bool>,
    pub(super) corrupt: Option<bool>,
    pub(super) grade_notation_id: Option<Text>,
    pub(super) last_relevant_date: Option<Time>,
    /// Rises with each change in the column; 0 in calculated ones.
    pub(super) change_index: Option<Number>,
}

/// A grade as it is displayed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DisplayGrade {
    pub(super) scale_type: Option<Text>,
    pub(super) score: Option<Number>,
    pub(super) possible: Option<Number>,
    pub(super) text: Option<Text>,
}

/// One attempt.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attempt {
    pub(super) id: Option<Text>,
    pub(super) user_id: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) display_grade: Option<DisplayGrade>,
    pub(super) score: Option<Number>,
    pub(super) exempt: Option<bool>,
    pub(super) created: Option<Time>,
    pub(super) attempt_date: Option<Time>,
    pub(super) modified: Option<Time>,
}

impl Attempt {
    /// The attempt's score.
    pub(super) fn score(&self) -> Option<Decimal> {
        let displayed = self.display_grade.as_ref().and_then(|grade| grade.score);
        displayed.or(self.score).map(|number| number.0)
    }
}

/// A user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) external_id: Option<Text>,
    pub(super) user_name: Option<Text>,
    pub(super) name: Option<Name>,
    pub(super) contact: Option<Contact>,
    pub(super) availability: Option<Availability>,
    pub(super) locale: Option<Locale>,
}

/// A user's name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Name {
    pub(super) given: Option<Text>,
    pub(super) family: Option<Text>,
    pub(super) other: Option<Text>,
    pub(super) suffix: Option<Text>,
    pub(super) preferred_display_name: Option<Text>,
}

/// A user's addresses.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contact {
    pub(super) email: Option<Text>,
    pub(super) institution_email: Option<Text>,
}

/// A user's language.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Locale {
    pub(super) id: Option<Text>,
}

/// A user in a course.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Membership {
    pub(super) user_id: Option<Text>,
    /// Where courses are merged: the course in which the learner is really enrolled.
    pub(super) child_course_id: Option<Text>,
    /// `Student`, `Instructor`, …, or the id of a role of the site's own.
    pub(super) course_role_id: Option<Text>,
    pub(super) availability: Option<Availability>,
    /// Present because the call asks to expand it.
    pub(super) user: Option<User>,
}

/// A course.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CourseInfo {
    pub(super) id: Option<Text>,
    /// Of a course that is merged into another one: that one, which has the gradebook.
    pub(super) parent_id: Option<Text>,
    pub(super) external_id: Option<Text>,
    pub(super) course_id: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) external_access_url: Option<Text>,
}

impl CourseInfo {
    /// The course's page.
    pub(super) fn url(&self) -> Option<Url> {
        let url = Url::parse(text(self.external_access_url.as_ref())?).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

/// A text, or a number in place of one; on one line, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(String);

/// A number, exactly as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub(super) Decimal);

/// A time; `None` if it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time(pub(super) Option<DateTime<Utc>>);

/// The text, unless it is missing or blank.
pub(super) fn text(text: Option<&Text>) -> Option<&str> {
    text.map(|text| text.0.as_str()).filter(|text| !text.is_empty())
}

/// The time, unless it is missing or none.
pub(super) fn time(time: Option<Time>) -> Option<DateTime<Utc>> {
    time.and_then(|time| time.0)
}

/// Whether something says that it is not available.
pub(super) fn unavailable(availability: Option<&Availability>) -> bool {
    availability.and_then(|it| text(it.available.as_ref())).is_some_and(|it| it != "Yes")
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = match raw.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw.get()).map_err(D::Error::custom)?,
            Some(b'{' | b'[') => return Err(D::Error::custom("a text was expected")),
            _ => raw.get().to_owned(),
        };
        let text = text.replace(char::is_control, " ");
        Ok(Self(text.trim().to_owned()))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        decimal_in(&raw).map(Self).ok_or_else(|| D::Error::custom("a number was expected"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(DateTime::parse_from_rfc3339(&text.0).ok().map(|time| time.to_utc())))
    }
}
