//! Whole courses, for reconciliation; a source may run on it alone, without events.
//!
//! Each column says when something in it last changed (`changeIndex`), so a reading of a course
//! in which nobody was graded costs a call for the course, one for the list of columns, and one
//! for each column. Calculated columns have no change index and are read whole. Once a day
//! everything is, for what was deleted raises no index.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::answers::{Column, CourseInfo, Grade, Number, text};
use super::api::{Api, CACHE, PAGES_MAX, Reply, sized};
use super::caliper::Detail;
use super::confirm::{GRADES, MEND, Place, Reading, assessment, read_column};
use super::judge::calculated;
use super::people::named;
use crate::gradebook::EVENT;
use crate::{
    ApiError, Assessment, AssessmentKind, Course, Gradebook, Outcome, Part, Question, Shown, Signal,
};

const COURSE: &str = "Blackboard course";
const COLUMNS: &str = "Blackboard gradebook columns";
/// How old the last whole reading may be. Less than a day, so that a nightly one is always whole.
const WHOLE_EVERY: TimeDelta = TimeDelta::hours(20);

/// [`Gradebook::marker`] of this connector.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Marker {
    /// The last reading that was whole.
    whole_at: DateTime<Utc>,
    /// The highest change index of each column.
    columns: BTreeMap<String, Decimal>,
}

/// Finds a course by id, course id (the number that people use) or external id. Of merged courses
/// the parent has the gradebook, and so is found by the names of its children, too.
pub(super) async fn course(api: &Api<'_>, name: &str) -> Result<Option<Course>, ApiError> {
    let by = |field: &str| format!("{field}:{name}");
    for spelling in [name.to_owned(), by("courseId"), by("externalId")] {
        if spelling == name && !name.starts_with('_') {
            continue;
        }
        let url = api.url(&["v3", "courses", &spelling]);
        match api.get::<CourseInfo>(COURSE, url, Some(CACHE)).await {
            Ok(Reply::Found(info)) => {
                if let Some(parent) = text(info.parent_id.as_ref()) {
                    return Ok(Some(super::people::course(api, parent).await?));
                }
                if let Some(id) = text(info.id.as_ref()).map(str::to_owned) {
                    return Ok(Some(named(&id, &info)));
                }
            }
            // A name that is not spelled as this kind of id may be a bad request.
            Ok(Reply::Missing) | Err(ApiError::Refused { .. }) => {}
            Ok(Reply::Forbidden(words)) => {
                return Err(ApiError::Unauthorized {
                    what: format!("{COURSE}: 403{words}: the course “{name:.80}” cannot be read; {MEND}"),
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The parts that the course does not have.
pub(super) async fn absent(api: &Api<'_>, course: &Course, parts: &[Part]) -> Result<Vec<Part>, ApiError> {
    Ok(match columns(api, &course.id).await? {
        Some(columns) => lacks(&columns, parts.iter()),
        None => parts.to_vec(),
    })
}

fn lacks<'a>(columns: &[Wanted], parts: impl Iterator<Item = &'a Part>) -> Vec<Part> {
    parts.filter(|part| !columns.iter().any(|column| part.is(&column.assessment))).cloned().collect()
}

/// A column of a course, and what its outcomes are about.
struct Wanted {
    id: String,
    column: Column,
    assessment: Assessment,
}

/// The columns of a course; `None` if it does not exist.
async fn columns(api: &Api<'_>, course: &str) -> Result<Option<Vec<Wanted>>, ApiError> {
    let url = sized(api.url(&["v2", "courses", course, "gradebook", "columns"]));
    let Some(columns) = all::<Column>(api, COLUMNS, url, course).await? else { return Ok(None) };
    let wanted = |column: Column| {
        let id = text(column.id.as_ref())?.to_owned();
        let assessment = assessment(Place { course, column: &id }, &column, false);
        Some(Wanted { id, column, assessment })
    };
    Ok(Some(columns.into_iter().filter_map(wanted).collect()))
}

/// A list to its end. One that has none is no answer: who is missing in it is not gone.
async fn all<T: serde::de::DeserializeOwned + Send>(
    api: &Api<'_>,
    what: &'static str,
    url: url::Url,
    course: &str,
) -> Result<Option<Vec<T>>, ApiError> {
    match api.list(what, url, None, PAGES_MAX, |_| false).await? {
        Reply::Found(list) if list.complete => Ok(Some(list.items)),
        Reply::Found(list) => {
            Err(ApiError::Refused { what: format!("{what}: more than {} entries", list.items.len()) })
        }
        Reply::Missing => Ok(None),
        Reply::Forbidden(words) => Err(ApiError::Unauthorized {
            what: format!("{what}: 403{words}: the gradebook of course {course} cannot be read; {MEND}"),
        }),
    }
}

/// Reads a course.
pub(super) async fn read(api: &Api<'_>, question: &Question<'_>) -> Result<Option<Gradebook>, ApiError> {
    let course = question.course.id.as_str();
    let Some(columns) = columns(api, course).await? else { return Ok(None) };
    let parts = || question.wanted.iter().map(|wanted| &wanted.part);
    let last = question.marker.and_then(|marker| serde_json::from_str::<Marker>(marker).ok());
    let last = last.filter(|last| question.read_at.signed_duration_since(last.whole_at) < WHOLE_EVERY);
    let mut marker = Marker {
        whole_at: last.as_ref().map_or(question.read_at, |last| last.whole_at),
        columns: BTreeMap::new(),
    };
    let mut book = Gradebook { absent: lacks(&columns, parts()), ..Gradebook::default() };
    for wanted in columns.into_iter().filter(|column| parts().any(|part| part.is(&column.assessment))) {
        let place = Place { course, column: &wanted.id };
        let since = last.as_ref().and_then(|last| last.columns.get(&wanted.id).copied());
        let since = since.filter(|_| !calculated(&wanted.column));
        let grades = match since {
            Some(since) => changed(api, place, since).await?,
            None => all(api, GRADES, sized(place.url(api, &["users"])), course).await?.unwrap_or_default(),
        };
        let newest = grades.iter().filter_map(|grade| grade.change_index).map(|Number(index)| index).max();
        if let Some(index) = since.into_iter().chain(newest).max() {
            marker.columns.insert(wanted.id.clone(), index);
        }
        if since.is_none() {
            book.whole.insert(wanted.assessment.id.clone());
        }
        let each_attempt = question.attempts(&wanted.assessment);
        column(api, place, wanted.column, grades, each_attempt, question.read_at, &mut book).await?;
    }
    book.marker = serde_json::to_string(&marker).ok();
    Ok(Some(book))
}

/// The grades of a column that changed since an index.
async fn changed(api: &Api<'_>, place: Place<'_>, since: Decimal) -> Result<Vec<Grade>, ApiError> {
    let last = place.url(api, &["users", "lastChanged"]);
    if let Reply::Found(Grade { change_index: Some(Number(index)), .. }) = api.get(GRADES, last, None).await?
        && index <= since
    {
        return Ok(Vec::new());
    }
    let mut url = sized(place.url(api, &["users"]));
    url.query_pairs_mut().append_pair("changeIndex", &since.normalize().to_string());
    Ok(all(api, GRADES, url, place.course).await?.unwrap_or_default())
}

/// Adds what the grades of a column mean, judged as a signal about them would be.
async fn column(
    api: &Api<'_>,
    place: Place<'_>,
    column: Column,
    grades: Vec<Grade>,
    each_attempt: bool,
    read_at: DateTime<Utc>,
    book: &mut Gradebook,
) -> Result<(), ApiError> {
    let mut known: HashMap<String, Reply<Grade>> = HashMap::new();
    for grade in grades {
        // Anonymous ones name nobody.
        if let Some(user) = text(grade.user_id.as_ref()).map(str::to_owned) {
            known.insert(user, Reply::Found(grade));
        }
    }
    let mut learners: Vec<String> = known.keys().cloned().collect();
    learners.sort_unstable();
    let learners: Vec<&str> = learners.iter().map(String::as_str).collect();
    if learners.is_empty() {
        return Ok(());
    }
    let read = Reading::of(api, place, &column, &learners, known, each_attempt, read_at).await?;
    if let Some(error) = read.unread.values().next() {
        return Err(error.clone());
    }
    let gradebook = read_column(api, place, column, read, each_attempt, read_at).await?;
    for learner in learners {
        if let Some(outcome) = gradebook.shown(learner) {
            book.shown.push(Shown { outcome, decision: true });
        }
    }
    Ok(())
}

/// The signal that makes this result be confirmed.
pub(super) fn signal(outcome: &Outcome) -> Option<Signal> {
    let course_total = outcome.assessment.kind == AssessmentKind::CourseTotal;
    // A total goes by another id than its column.
    let column = std::iter::once(&outcome.assessment.id)
        .chain(&outcome.assessment.also)
        .find(|name| name.starts_with('_') || *name == "finalGrade")?;
    let detail = Detail {
        course: outcome.course.id.clone(),
        column: column.clone(),
        course_total,
        score: None,
        attempt: None,
        from_gradebook: true,
    };
    Some(Signal {
        key: String::new(),
        batch: detail.batch(),
        event: EVENT.to_owned(),
        learner: outcome.learner.id.clone(),
        course: Some(outcome.course.id.clone()),
        occurred_at: None,
        detail: serde_json::to_value(&detail).ok()?,
        outcome: None,
    })
}
