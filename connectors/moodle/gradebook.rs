//! Whole courses, for reconciliation.
//!
//! Moodle cannot tell what changed since a time, but gives all grades of a course in one call, so
//! every reading is a whole one.

use super::answers::{CourseInfo, Courses, GradeItem, GradeReports};
use super::api::{Api, COURSES, Fault, GRADES, pair};
use super::event::Hint;
use super::outcomes;
use super::reading::{Found, Reading};
use super::{number, text};
use crate::gradebook::EVENT;
use crate::{
    ApiError, Assessment, AssessmentKind, Course, Gradebook, Outcome, Part, Question, Shown, Signal,
};

/// Finds a course by id, idnumber or short name.
pub(super) async fn course(api: &Api<'_>, name: &str) -> Result<Option<Course>, ApiError> {
    let fields = ["id", "idnumber", "shortname"];
    for field in fields.iter().filter(|field| **field != "id" || number::id_text(name).is_some()) {
        if let Some(info) = info(api, field, name).await?
            && let Some(id) = info.id
        {
            let shortname = info.shortname.as_deref().map(text::plain);
            let mut also: Vec<String> = shortname.into_iter().collect();
            if *field == "idnumber" && !also.iter().any(|known| known == name) {
                also.push(name.to_owned());
            }
            return Ok(Some(Course {
                id: id.to_string(),
                also,
                name: info.fullname.as_deref().map(text::plain),
                url: api.page(&["course", "view.php"], id),
            }));
        }
    }
    Ok(None)
}

async fn info(api: &Api<'_>, field: &str, value: &str) -> Result<Option<CourseInfo>, ApiError> {
    match api.ask::<Courses>(&COURSES, &[pair("field", &field), pair("value", &value)]).await {
        Ok(courses) => Ok(courses.courses.into_iter().next()),
        Err(Fault::Gone(_)) => Ok(None),
        Err(Fault::Api(error)) => Err(error),
    }
}

/// The parts that the course does not have. Only a learner's gradebook lists the items, so of a
/// course without learners nothing is known.
pub(super) async fn absent(api: &Api<'_>, course: &Course, parts: &[Part]) -> Result<Vec<Part>, ApiError> {
    let asked = [pair("courseid", &course.id), pair("userid", &0)];
    let reports = match api.ask::<GradeReports>(&GRADES, &asked).await {
        Ok(reports) => reports,
        Err(Fault::Gone(_)) => return Ok(parts.to_vec()),
        Err(Fault::Api(error)) => return Err(error),
    };
    let tracked = match info(api, "id", &course.id).await? {
        Some(info) => info.enablecompletion != Some(0),
        None => true,
    };
    let items: Vec<&GradeItem> = reports.usergrades.iter().flat_map(|report| &report.gradeitems).collect();
    Ok(lacks(&items, tracked, parts.iter()))
}

fn lacks<'a>(items: &[&GradeItem], tracked: bool, parts: impl Iterator<Item = &'a Part>) -> Vec<Part> {
    let lacking = |part: &&Part| match part {
        Part::Completion => !tracked,
        _ if items.is_empty() => false,
        // Competencies are no items of the gradebook.
        Part::Named(name) => {
            !name.starts_with("competency:") && !items.iter().any(|item| item.is_called(name))
        }
        Part::Total => !items.iter().any(|item| item.is_total()),
    };
    parts.filter(lacking).cloned().collect()
}

/// Reads a course.
pub(super) async fn read(api: &Api<'_>, question: &Question<'_>) -> Result<Option<Gradebook>, ApiError> {
    let Some(course) = number::id_text(&question.course.id) else { return Ok(None) };
    let Some(reading) = Reading::whole(api, course, question).await? else { return Ok(None) };
    let tracked = reading.tracks_completion();
    let mut book = Gradebook::default();
    let mut items = Vec::new();
    for (id, found) in reading.everybody() {
        match found {
            Found::Here(known) => {
                let decision = known.activities.is_some() || !tracked;
                for outcome in outcomes::of(api, &reading, known, question.read_at) {
                    let completion = outcome.assessment.kind == AssessmentKind::CourseCompletion;
                    // Completion is not asked about those whose is known.
                    if !completion {
                        book.whole.insert(outcome.assessment.id.clone());
                    }
                    book.shown.push(Shown { outcome, decision: decision || completion });
                }
                items.extend(known.report.iter().flat_map(|report| &report.gradeitems));
            }
            Found::Gone(_) => {}
            Found::Puzzling(_) => drop(book.unread.insert(id.to_string())),
            Found::Unread(error) => return Err(error.clone()),
        }
    }
    book.absent = lacks(&items, tracked, question.wanted.iter().map(|wanted| &wanted.part));
    Ok(Some(book))
}

/// The signal that makes this result be confirmed.
pub(super) fn signal(outcome: &Outcome) -> Option<Signal> {
    let completion = outcome.assessment.id == Assessment::COURSE_COMPLETION;
    if outcome.assessment.kind == AssessmentKind::Competency {
        return None;
    }
    Some(Signal {
        key: String::new(),
        batch: format!("course:{}", outcome.course.id),
        event: EVENT.to_owned(),
        learner: outcome.learner.id.clone(),
        course: Some(outcome.course.id.clone()),
        occurred_at: None,
        detail: serde_json::to_value(Hint::Shown { completion }).ok()?,
        outcome: None,
    })
}
