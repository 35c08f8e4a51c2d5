//! The attempts at quizzes and assignments, where a rule asks for them.
//!
//! The gradebook has the one grade that Moodle makes of them. Quizzes and assignments tell of each
//! attempt by functions of their own, about one learner at a time.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::answers::GradeItem;
use super::api::{ASSIGN_ATTEMPTS, Api, Fault, QUIZ_ATTEMPTS, QUIZZES, TO_SEE_ACTIVITIES, pair};
use super::number::{self, member_decimal, member_id};
use crate::{ApiError, Attempt, Score};

/// Answer of `mod_quiz_get_quizzes_by_courses`.
#[derive(Debug, Deserialize)]
struct Quizzes {
    #[serde(default)]
    quizzes: Vec<Quiz>,
}

/// A quiz.
#[derive(Debug, Deserialize)]
struct Quiz {
    #[serde(deserialize_with = "member_id")]
    id: u64,
    /// The marks of all its questions together, of which an attempt has some. Missing where the
    /// account may not view the quiz.
    #[serde(default, deserialize_with = "member_decimal")]
    sumgrades: Option<Decimal>,
}

/// Answer of `mod_quiz_get_user_attempts`.
#[derive(Debug, Deserialize)]
struct QuizAttempts {
    #[serde(default)]
    attempts: Vec<QuizAttempt>,
}

/// An attempt at a quiz.
#[derive(Debug, Deserialize)]
struct QuizAttempt {
    attempt: u32,
    #[serde(default)]
    state: String,
    timefinish: Option<i64>,
    /// Null while a question waits to be graded by hand.
    #[serde(default, deserialize_with = "member_decimal")]
    sumgrades: Option<Decimal>,
}

/// Answer of `mod_assign_get_submission_status`.
#[derive(Debug, Deserialize)]
struct SubmissionStatus {
    lastattempt: Option<LastAttempt>,
    feedback: Option<Feedback>,
    #[serde(default)]
    previousattempts: Vec<PreviousAttempt>,
}

/// The present attempt at an assignment.
#[derive(Debug, Deserialize)]
struct LastAttempt {
    submission: Option<Numbered>,
    teamsubmission: Option<Numbered>,
    #[serde(default)]
    gradingstatus: String,
}

/// A submission.
#[derive(Debug, Deserialize)]
struct Numbered {
    /// From 0.
    attemptnumber: u32,
}

/// What a teacher said to the present attempt.
#[derive(Debug, Deserialize)]
struct Feedback {
    grade: Option<AssignGrade>,
}

/// A grade of an assignment.
#[derive(Debug, Deserialize)]
struct AssignGrade {
    /// From 0.
    attemptnumber: u32,
    timemodified: Option<i64>,
    /// Negative where there is none.
    #[serde(default, deserialize_with = "member_decimal")]
    grade: Option<Decimal>,
}

/// An earlier attempt at an assignment.
#[derive(Debug, Deserialize)]
struct PreviousAttempt {
    /// From 0.
    attemptnumber: u32,
    grade: Option<AssignGrade>,
}

/// The points of an attempt, and when they were given.
type Given = (Option<Decimal>, Option<i64>);

/// Whether this kind of activity tells of attempts.
pub(super) fn tells(item: &GradeItem) -> bool {
    matches!(item.itemmodule.as_deref(), Some("quiz" | "assign")) && item.iteminstance.is_some()
}

/// All attempts of a learner at an activity; none if Moodle lists none.
///
/// # Errors
/// A fault; what does not exist has no attempts.
pub(super) async fn of(
    api: &Api<'_>,
    course: u64,
    learner: u64,
    item: &GradeItem,
) -> Result<Vec<Attempt>, Fault> {
    let Some(instance) = item.iteminstance else { return Ok(Vec::new()) };
    let asked = match item.itemmodule.as_deref() {
        Some("quiz") => quiz(api, course, learner, instance, item).await,
        Some("assign") => assignment(api, learner, instance, item).await,
        _ => Ok(Vec::new()),
    };
    match asked {
        Err(Fault::Gone(_)) => Ok(Vec::new()),
        asked => asked,
    }
}

async fn quiz(
    api: &Api<'_>,
    course: u64,
    learner: u64,
    quiz: u64,
    item: &GradeItem,
) -> Result<Vec<Attempt>, Fault> {
    let whose = [pair("quizid", &quiz), pair("userid", &learner), pair("status", &"finished")];
    let listed: QuizAttempts = api.ask(&QUIZ_ATTEMPTS, &whose).await?;
    let Quizzes { quizzes } = api.ask(&QUIZZES, &[pair("courseids[0]", &course)]).await?;
    let Some(marks) = quizzes.iter().find(|known| known.id == quiz).and_then(|quiz| quiz.sumgrades) else {
        // Read without, every attempt would look as if it waited to be graded.
        return Err(Fault::Api(ApiError::Unauthorized {
            what: format!(
                "Moodle {}: the marks of quiz {quiz} in course {course} are not shown (give the web service account \
                 the capabilities: {TO_SEE_ACTIVITIES})",
                QUIZZES.name
            ),
        }));
    };
    let mut attempts = listed.attempts;
    // Moodle grades none that was abandoned.
    attempts.retain(|attempt| attempt.state != "abandoned");
    attempts.sort_by_key(|attempt| attempt.attempt);
    let made = attempts.iter().map(|attempt| {
        let given = attempt.sumgrades.zip(item.grademax).and_then(|(got, max)| {
            if marks <= Decimal::ZERO { None } else { got.checked_mul(max)?.checked_div(marks) }
        });
        (given, attempt.timefinish)
    });
    Ok(numbered(item, made))
}

async fn assignment(
    api: &Api<'_>,
    learner: u64,
    assignment: u64,
    item: &GradeItem,
) -> Result<Vec<Attempt>, Fault> {
    let whose = [pair("assignid", &assignment), pair("userid", &learner)];
    let status: SubmissionStatus = api.ask(&ASSIGN_ATTEMPTS, &whose).await?;
    let given = |grade: Option<&AssignGrade>| {
        let grade = grade.filter(|grade| grade.grade.is_some_and(|points| points >= Decimal::ZERO));
        (grade.and_then(|grade| grade.grade), grade.and_then(|grade| grade.timemodified))
    };
    let mut attempts: Vec<(u32, Given)> = status
        .previousattempts
        .iter()
        .map(|attempt| (attempt.attemptnumber, given(attempt.grade.as_ref())))
        .collect();
    // Without it the learner could not hand anything in, and there are no attempts.
    let Some(last) = status.lastattempt else { return Ok(Vec::new()) };
    let submitted = last.submission.or(last.teamsubmission).map(|submission| submission.attemptnumber);
    let feedback = status.feedback.and_then(|feedback| feedback.grade);
    let number = submitted.or(feedback.as_ref().map(|grade| grade.attemptnumber));
    // With a marking workflow a grade counts when it is released.
    let released = matches!(last.gradingstatus.as_str(), "graded" | "released");
    let feedback = feedback.filter(|grade| released && Some(grade.attemptnumber) == number);
    attempts.extend(number.map(|number| (number, given(feedback.as_ref()))));
    attempts.sort_by_key(|(number, _)| *number);
    attempts.dedup_by_key(|(number, _)| *number);
    Ok(numbered(item, attempts.into_iter().map(|(_, given)| given)))
}

/// Attempts in their order. Moodle's own numbers have gaps where a teacher deleted one.
fn numbered(item: &GradeItem, attempts: impl Iterator<Item = Given>) -> Vec<Attempt> {
    let attempt = |(number, (given, at)): (u32, Given)| Attempt {
        number,
        score: given.map(|given| Score {
            given: Some(given.normalize()),
            min: item.grademin.unwrap_or_default().normalize(),
            max: item.grademax.map(|max| max.normalize()),
            text: None,
        }),
        graded_at: number::time(at).filter(|_| given.is_some()),
        late: None,
    };
    (1..).zip(attempts).map(attempt).collect()
}
