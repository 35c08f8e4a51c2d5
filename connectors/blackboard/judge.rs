//! What a grade in the gradebook means: whether the learner sees it, and which score they see.
//! Pure: everything that was read is an argument.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::answers::{Attempt, Column, Grade, Number, text, time, unavailable};
use crate::{Release, Score, Withheld};

/// Scores that differ by no more are the same: events and gradebook round differently.
const SAME: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// What is known of a learner's attempts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attempts<'a> {
    /// Not asked: they cannot change the answer.
    NotAsked,
    /// Blackboard does not show them.
    Hidden,
    /// All of them, in the order of the list.
    Known(&'a [Attempt]),
}

/// What a grade means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) release: Release,
    /// The score, if it is released.
    pub(super) score: Option<Score>,
    /// When it was graded.
    pub(super) graded_at: Option<DateTime<Utc>>,
}

impl Judgement {
    /// A grade that does not count.
    pub(super) fn withheld(reason: Withheld) -> Self {
        Self { release: Release::Withheld { reason }, score: None, graded_at: None }
    }
}

/// Whether two scores are the same but for rounding.
pub(super) fn same(a: Decimal, b: Decimal) -> bool {
    a.checked_sub(b).is_some_and(|difference| difference.abs() <= SAME)
}

/// Why a grade that Blackboard refuses to show is withheld.
pub(super) fn hidden(column: &Column) -> Withheld {
    if anonymous(column).is_some() { Withheld::Anonymous } else { Withheld::Hidden }
}

/// Whether the grade rests on attempts, so that only their state tells whether it is posted.
///
/// Attempts that are graded and not posted may already show in `displayGrade`. An override
/// stands by itself.
pub(super) fn needs_attempts(column: &Column, grade: &Grade) -> bool {
    let overridden = time(grade.overridden).is_some();
    by_attempts(column)
        && grade.exempt != Some(true)
        && !unavailable(column.availability.as_ref())
        && (!overridden || anonymous(column).is_some())
        && shown(grade).is_some()
}

/// Whether there may be attempts behind a grade that counts.
pub(super) fn has_attempts(column: &Column, grade: &Grade) -> bool {
    by_attempts(column) && grade.exempt != Some(true) && shown(grade).is_some()
}

/// Each attempt with its own score, oldest first. One that is not posted has none yet, and one
/// that is exempt does not count as one.
pub(super) fn listed(column: &Column, attempts: &[Attempt]) -> Vec<crate::Attempt> {
    let mut counting: Vec<&Attempt> =
        attempts.iter().filter(|attempt| attempt.exempt != Some(true)).collect();
    counting.sort_by_key(|attempt| (date(attempt), text(attempt.id.as_ref()).map(str::to_owned)));
    let listed = |(number, attempt): (u32, &Attempt)| {
        let given = attempt.score().filter(|_| is_posted(attempt));
        let shown = attempt.display_grade.as_ref().and_then(|grade| grade.possible);
        let max = shown.map(|Number(possible)| possible).filter(|max| !max.is_zero()).or(possible(column));
        crate::Attempt {
            number,
            score: given.map(|given| Score { given: Some(given), min: Decimal::ZERO, max, text: None }),
            graded_at: given.and(time(attempt.modified).or(date(attempt))),
            late: None,
        }
    };
    (1..).zip(counting).map(listed).collect()
}

/// When an attempt was made.
fn date(attempt: &Attempt) -> Option<DateTime<Utc>> {
    time(attempt.attempt_date).or(time(attempt.created))
}

/// Judges a grade.
pub(super) fn judge(
    column: &Column,
    grade: &Grade,
    attempts: Attempts<'_>,
    read_at: DateTime<Utc>,
) -> Judgement {
    let withheld = Judgement::withheld;
    if grade.exempt == Some(true) {
        return withheld(Withheld::Excused);
    }
    if unavailable(column.availability.as_ref()) {
        return withheld(Withheld::Hidden);
    }
    if still_anonymous(column, attempts, read_at) {
        return withheld(Withheld::Anonymous);
    }
    if matches!(attempts, Attempts::Hidden) {
        return withheld(Withheld::Hidden);
    }
    // A calculated grade that could not be computed.
    if grade.corrupt == Some(true) && calculated(column) {
        return withheld(Withheld::NotGraded);
    }
    let Some(shown) = shown(grade) else { return withheld(Withheld::NotGraded) };
    let posted = match attempts {
        Attempts::Known(attempts) if time(grade.overridden).is_none() => {
            posted(column, shown.given, attempts)
        }
        _ => Posted::AsShown,
    };
    let score = match posted {
        Posted::AsShown => shown,
        Posted::Instead(given) => Score { given: Some(given), text: None, ..shown },
        Posted::No => return withheld(Withheld::NotPosted),
    };
    // `possible` is missing in older versions; the column knows it too.
    let max = score.max.filter(|max| !max.is_zero()).or(possible(column));
    let newest = match attempts {
        Attempts::Known(attempts) => attempts.iter().filter_map(|attempt| time(attempt.modified)).max(),
        _ => None,
    };
    let graded_at = time(grade.last_relevant_date).or(time(grade.overridden)).or(newest);
    Judgement { release: Release::Released, score: Some(Score { max, ..score }), graded_at }
}

fn possible(column: &Column) -> Option<Decimal> {
    column.score.as_ref()?.possible.map(|Number(possible)| possible)
}

/// Whether a column's grades come from attempts.
pub(super) fn by_attempts(column: &Column) -> bool {
    grading(column, "Attempts")
}

/// Whether a column's grades are computed from other columns.
pub(super) fn calculated(column: &Column) -> bool {
    grading(column, "Calculated")
}

fn grading(column: &Column, type_: &str) -> bool {
    column.grading.as_ref().and_then(|grading| text(grading.type_.as_ref())) == Some(type_)
}

/// What the gradebook shows, if that is a grade.
///
/// A grade notation (“withdrawn”) stands in place of the score; a column of the scale type
/// `Text` has none. In all others a text without a score is not a grade (“needs grading”).
fn shown(grade: &Grade) -> Option<Score> {
    let display = grade.display_grade.as_ref()?;
    let notation = text(grade.grade_notation_id.as_ref()).is_some();
    let words_alone = notation || text(display.scale_type.as_ref()) == Some("Text");
    let given = display.score.map(|Number(score)| score).filter(|_| !notation);
    let text = text(display.text.as_ref()).map(str::to_owned);
    if given.is_none() && (text.is_none() || !words_alone) {
        return None;
    }
    let max = display.possible.map(|Number(possible)| possible);
    Some(Score { given, min: Decimal::ZERO, max, text })
}

/// The kind of anonymous grading, if the column has it.
fn anonymous(column: &Column) -> Option<&str> {
    let settings = column.grading.as_ref()?.anonymous_grading.as_ref()?;
    text(settings.type_.as_ref()).filter(|type_| *type_ != "None")
}

/// Whether names are not yet revealed. The setting stays when they are; what changes is that the
/// attempts are shown with their user. By date, the date must have passed as well.
fn still_anonymous(column: &Column, attempts: Attempts<'_>, read_at: DateTime<Utc>) -> bool {
    let Some(type_) = anonymous(column) else { return false };
    if type_ == "Date" {
        let settings = column.grading.as_ref().and_then(|grading| grading.anonymous_grading.as_ref());
        let revealed =
            settings.and_then(|settings| time(settings.release_after)).is_some_and(|after| after <= read_at);
        return !revealed || matches!(attempts, Attempts::Hidden);
    }
    match attempts {
        Attempts::Known(attempts) => {
            attempts.is_empty() || attempts.iter().any(|attempt| text(attempt.user_id.as_ref()).is_none())
        }
        Attempts::NotAsked | Attempts::Hidden => true,
    }
}

/// What the learner sees of a grade that rests on attempts.
#[derive(Debug, PartialEq, Eq)]
enum Posted {
    /// What the gradebook shows.
    AsShown,
    /// What the posted attempts come to: the gradebook already counts one that is not posted.
    Instead(Decimal),
    /// Nothing.
    No,
}

fn posted(column: &Column, shown: Option<Decimal>, attempts: &[Attempt]) -> Posted {
    if attempts.is_empty() {
        // The score came another way, for instance from an external tool.
        return Posted::AsShown;
    }
    let counting = attempts.iter().filter(|attempt| attempt.exempt != Some(true));
    let (graded, pending): (Vec<&Attempt>, Vec<&Attempt>) = counting.partition(|attempt| is_posted(attempt));
    if graded.is_empty() {
        return Posted::No;
    }
    if pending.is_empty() {
        return Posted::AsShown;
    }
    // Words do not tell which attempt they stand for.
    let Some(shown) = shown else { return Posted::No };
    let model = column.grading.as_ref().and_then(|grading| text(grading.scoring_model.as_ref()));
    match expected(model, &graded) {
        Some(expected) if same(expected, shown) => Posted::AsShown,
        Some(expected) => Posted::Instead(expected),
        None => Posted::No,
    }
}

/// `NeedsGrading` is also what an attempt is that is graded and not posted. The two statuses with
/// `More` mean activity after a grade that was given, and stands.
fn is_posted(attempt: &Attempt) -> bool {
    matches!(text(attempt.status.as_ref()), Some("Completed" | "InMoreProgress" | "NeedsMoreGrading"))
}

/// What these attempts come to by the column's scoring model.
fn expected(model: Option<&str>, attempts: &[&Attempt]) -> Option<Decimal> {
    let mut scores: Vec<(Option<DateTime<Utc>>, Decimal)> =
        attempts.iter().filter_map(|attempt| Some((date(attempt), attempt.score()?))).collect();
    scores.sort_by_key(|(date, _)| *date);
    let each = || scores.iter().map(|(_, score)| *score);
    match model {
        Some("Highest") => each().max(),
        Some("Lowest") => each().min(),
        Some("First") => each().next(),
        Some("Last") => each().next_back(),
        Some("Average") => {
            let sum = each().try_fold(Decimal::ZERO, Decimal::checked_add)?;
            sum.checked_div(Decimal::from(scores.len()))
        }
        // Without a model only a single attempt leaves no doubt.
        _ => each().next().filter(|_| scores.len() == 1),
    }
}

#[cfg(test)]
mod tests;
