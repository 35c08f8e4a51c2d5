//! Events in the Canvas format: `{"metadata": {…}, "body": {…}}`, one a request.

use serde_json::Value;

use super::Event;
use super::detail::{Detail, Told, What};
use super::ids::Id;
use super::read::{at, decimal, flag, id, text, time};

/// Members of body and metadata that tell one business state from the next. The JWT around an
/// event, and what describes the browser behind it, may differ when it is sent again.
const IDENTITY: [&str; 5] = ["event_time", "request_id", "root_account_uuid", "context_type", "context_id"];
const IDENTITY_TEXTS: [&str; 14] = [
    "submission_id",
    "assignment_id",
    "quiz_id",
    "learning_outcome_id",
    "course_id",
    "associated_asset_id",
    "user_id",
    "user_uuid",
    "grade",
    "muted",
    "grading_complete",
    "workflow_state",
    "posted_at",
    "graded_at",
];
const IDENTITY_NUMBERS: [&str; 7] =
    ["score", "old_score", "points_possible", "attempt", "final_score", "current_score", "override_score"];

/// Reads one event.
///
/// # Errors
/// Names the member without which nobody can say whose grade it is.
pub(super) fn read(event: &Value) -> Result<Event, String> {
    let metadata = at(event, &["metadata"]);
    let body = at(event, &["body"]);
    let name = text(at(metadata, &["event_name"]))
        .ok_or("metadata.event_name is missing: is this a Canvas Live Event?")?;
    let Some(what) = what(&name, metadata, body)? else {
        return Ok(Event::Ignored(format!("{name}: {}", why_ignored(&name))));
    };
    let what = match what {
        Ok(what) => what,
        Err(why) => return Ok(Event::Ignored(format!("{name}: {why}"))),
    };
    let score = ["score", "final_score"].into_iter().find_map(|member| body.get(member));
    let told = Told {
        scored: score.is_some(),
        score: score.and_then(decimal),
        points_possible: decimal(at(body, &["points_possible"])),
        muted: flag(at(body, &["muted"])),
        graded_at: time(at(body, &["graded_at"])),
    };
    let home = id(at(metadata, &["root_account_id"])).and_then(Id::shard);
    let detail = Detail::new(what, home, told, time(at(metadata, &["event_time"])));
    Ok(Event::Signal(detail.signal(&name, &identity(metadata, body))))
}

/// What the event makes worth reading: nothing, or nothing because it names too little.
type Read = Result<Option<Result<What, &'static str>>, String>;

fn what(name: &str, metadata: &Value, body: &Value) -> Read {
    let what = match name {
        // An override of a total has been seen under this name too.
        "grade_change" if body.get("override_score").is_some() && body.get("assignment_id").is_none() => {
            total(body)?
        }
        "grade_change" => What::Submission {
            course: Some(course(metadata).ok_or_else(|| missing("metadata.context_id of the course"))?),
            assignment: needed(body, "assignment_id")?,
            learner: learner(body)?,
        },
        "submission_created" | "submission_updated" => What::Submission {
            course: course(metadata),
            assignment: needed(body, "assignment_id")?,
            learner: learner(body)?,
        },
        "quiz_submitted" => {
            let (quiz, attempt) = (needed(body, "quiz_id")?, needed(body, "submission_id")?);
            let Some(course) = course(metadata) else {
                return Ok(Some(Err("names no course; the grade_change that follows names it")));
            };
            What::Quiz { course, quiz, attempt, learner: None }
        }
        "course_completed" => What::Completion {
            course: id(at(body, &["course", "id"])).ok_or_else(|| missing("body.course.id"))?,
            learner: id(at(body, &["user", "id"])).ok_or_else(|| missing("body.user.id"))?,
        },
        "course_grade_change" | "grade_override" => total(body)?,
        "learning_outcome_result_created" | "learning_outcome_result_updated" => {
            let outcome = needed(body, "learning_outcome_id")?;
            let learner = text(at(body, &["user_uuid"])).ok_or_else(|| missing("body.user_uuid"))?;
            let assessed_in = |type_: &str, member: &str, value: &str| {
                at(body, &[type_]).as_str().filter(|type_| *type_ == value)?;
                id(at(body, &[member]))
            };
            let course = assessed_in("result_context_type", "result_context_id", "Course")
                .or_else(|| course(metadata));
            let assignment = assessed_in("associated_asset_type", "associated_asset_id", "Assignment");
            if course.is_none() && assignment.is_none() {
                return Ok(Some(Err("names neither a course nor an assignment in which it was assessed")));
            }
            What::Mastery { course, outcome, assignment, learner }
        }
        _ => return Ok(None),
    };
    Ok(Some(Ok(what)))
}

fn total(body: &Value) -> Result<What, String> {
    Ok(What::Total { course: needed(body, "course_id")?, learner: learner(body)? })
}

/// The learner is in the body; `metadata.user_id` is who acted, often the teacher.
fn learner(body: &Value) -> Result<Id, String> {
    ["user_id", "student_id"]
        .into_iter()
        .find_map(|member| id(at(body, &[member])))
        .ok_or_else(|| missing("body.user_id"))
}

fn course(metadata: &Value) -> Option<Id> {
    at(metadata, &["context_type"]).as_str().filter(|type_| *type_ == "Course")?;
    id(at(metadata, &["context_id"]))
}

fn needed(body: &Value, member: &str) -> Result<Id, String> {
    id(at(body, &[member])).ok_or_else(|| missing(&format!("body.{member}")))
}

fn missing(member: &str) -> String {
    format!("{member} is missing or no Canvas id")
}

fn why_ignored(name: &str) -> &'static str {
    match name {
        "course_progress" => "the course is not completed yet; course_completed tells when it is",
        _ => "concerns no grade; the subscription need not include it",
    }
}

fn identity(metadata: &Value, body: &Value) -> Vec<String> {
    let texts = IDENTITY.iter().map(|member| at(metadata, &[member]));
    let texts = texts.chain(IDENTITY_TEXTS.iter().map(|member| at(body, &[member])));
    let texts = texts.map(|value| text(value).or_else(|| flag(value).map(|flag| flag.to_string())));
    let numbers = IDENTITY_NUMBERS.iter().map(|member| {
        let value = at(body, &[member]);
        decimal(value).map(|number| number.to_string()).or_else(|| text(value))
    });
    let progress = text(at(body, &["progress", "completed_at"]));
    texts.chain(numbers).chain([progress]).map(Option::unwrap_or_default).collect()
}
