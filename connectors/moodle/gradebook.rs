//! Whole courses, for reconciliation.
//!
//! Moodle cannot tell what changed since a time, but gives all grades of a course in one call, so
//! every reading is a whole one.

use super::answers::{CourseInfo, Courses, GradeItem};
use super::api::{Api, COURSES, Fault, pair};
use super::competencies::{self, Listed, SITE};
use super::event::Hint;
use super::outcomes;
use super::reading::{Found, Reading};
use super::{grades, number, text};
use crate::gradebook::EVENT;
use crate::{ApiError, AssessmentKind, Course, Gradebook, Outcome, Part, Question, Shown, Signal};

/// Finds a course by id, idnumber or short name.
pub(super) async fn course(api: &Api<'_>, name: &str) -> Result<Option<Course>, ApiError> {
    if name == SITE {
        let url = Some(api.site().clone());
        return Ok(Some(Course { id: SITE.to_owned(), also: Vec::new(), name: None, url }));
    }
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
    if course.id == SITE {
        return Ok(site_lacks(&competencies::of_site(api, parts.iter()).await?, parts.iter()));
    }
    let Some(id) = number::id_text(&course.id) else { return Ok(parts.to_vec()) };
    let reports = match grades::read(api, id, None).await {
        Ok(reports) => reports,
        Err(Fault::Gone(_)) => return Ok(parts.to_vec()),
        Err(Fault::Api(error)) => return Err(error),
    };
    let tracked = match info(api, "id", &course.id).await? {
        Some(info) => info.enablecompletion != Some(0),
        None => true,
    };
    let items: Vec<&GradeItem> = reports.iter().flat_map(|report| &report.gradeitems).collect();
    let competencies = competencies::of_course(api, id, parts.iter()).await?;
    Ok(lacks(&items, tracked, competencies.as_deref(), parts.iter()))
}

fn lacks<'a>(
    items: &[&GradeItem],
    tracked: bool,
    competencies: Option<&[Listed]>,
    parts: impl Iterator<Item = &'a Part>,
) -> Vec<Part> {
    let lacking = |part: &&Part| match (part, competencies::name(part)) {
        // Competencies are no items of the gradebook.
        (_, Some(name)) => competencies.is_some_and(|all| !all.iter().any(|it| it.is_called(name))),
        (Part::Completion, _) => !tracked,
        _ if items.is_empty() => false,
        (Part::Named(name), _) => !items.iter().any(|item| item.is_called(name)),
        (Part::Total, _) => !items.iter().any(|item| item.is_total()),
        (Part::Competency(_), None) => false,
    };
    parts.filter(lacking).cloned().collect()
}

/// Outside of courses there are competencies alone.
fn site_lacks<'a>(competencies: &[Listed], parts: impl Iterator<Item = &'a Part>) -> Vec<Part> {
    let has = |name| competencies.iter().any(|it| it.is_called(name));
    parts.filter(|part| !competencies::name(part).is_some_and(has)).cloned().collect()
}

/// Reads a course.
pub(super) async fn read(api: &Api<'_>, question: &Question<'_>) -> Result<Option<Gradebook>, ApiError> {
    let parts = || question.wanted.iter().map(|wanted| &wanted.part);
    let mut book = Gradebook::default();
    if question.course.id == SITE {
        let competencies = competencies::of_site(api, parts()).await?;
        let reading = Reading::own_levels(api, question, &competencies).await?;
        fill(&mut book, api, &reading, true, question)?;
        book.absent = site_lacks(&competencies, parts());
        return Ok(Some(book));
    }
    let Some(course) = number::id_text(&question.course.id) else { return Ok(None) };
    let competencies = competencies::of_course(api, course, parts()).await?;
    let wanted = competencies.as_deref().unwrap_or_default();
    let Some(reading) = Reading::whole(api, course, question, wanted).await? else { return Ok(None) };
    let tracked = reading.tracks_completion();
    fill(&mut book, api, &reading, tracked, question)?;
    let items: Vec<&GradeItem> = reading.items().collect();
    book.absent = lacks(&items, tracked, competencies.as_deref(), parts());
    Ok(Some(book))
}

/// Adds what was read of everybody.
fn fill(
    book: &mut Gradebook,
    api: &Api<'_>,
    reading: &Reading,
    tracked: bool,
    question: &Question<'_>,
) -> Result<(), ApiError> {
    for (id, found) in reading.everybody() {
        match found {
            Found::Here(known) => {
                let decision = known.activities.is_some() || !tracked;
                for outcome in outcomes::of(api, reading, known, question.read_at) {
                    // These are not asked about those whose is known.
                    let alone = matches!(
                        outcome.assessment.kind,
                        AssessmentKind::CourseCompletion | AssessmentKind::Competency
                    );
                    if !alone {
                        book.whole.insert(outcome.assessment.id.clone());
                    }
                    book.shown.push(Shown { outcome, decision: decision || alone });
                }
            }
            Found::Gone(_) => {}
            Found::Puzzling(_) => drop(book.unread.insert(id.to_string())),
            Found::Unread(error) => return Err(error.clone()),
        }
    }
    Ok(())
}

/// The signal that makes this result be confirmed.
pub(super) fn signal(outcome: &Outcome) -> Option<Signal> {
    let course = Some(&outcome.course.id).filter(|id| *id != SITE);
    let hint = match outcome.assessment.kind {
        AssessmentKind::Competency => {
            let id = number::id_text(outcome.assessment.id.strip_prefix("competency:")?)?;
            Hint::Competency { competency: id, rating: None }
        }
        kind => Hint::Shown { completion: kind == AssessmentKind::CourseCompletion },
    };
    Some(Signal {
        key: String::new(),
        batch: course.map_or_else(|| SITE.to_owned(), |id| format!("course:{id}")),
        event: EVENT.to_owned(),
        learner: outcome.learner.id.clone(),
        course: course.cloned(),
        occurred_at: None,
        detail: serde_json::to_value(hint).ok()?,
        outcome: None,
    })
}
