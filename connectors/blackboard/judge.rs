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
    let mut scores: Vec<(Option<DateTime<Utc>>, Decimal)> = attempts
        .iter()
        .filter_map(|attempt| Some((time(attempt.attempt_date).or(time(attempt.created)), attempt.score()?)))
        .collect();
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
#[allow(clippy::needless_pass_by_value, reason = "calls with json!(…) read better")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn column(grading: Value) -> Column {
        let column = json!({"id": "_702_1", "score": {"possible": 100}, "availability": {"available": "Yes"}, "grading": grading});
        serde_json::from_str(&column.to_string()).unwrap()
    }

    fn grade(members: Value) -> Grade {
        serde_json::from_str(&members.to_string()).unwrap()
    }

    fn attempts(list: &[(&str, Option<i64>)]) -> Vec<Attempt> {
        let attempt = |(index, (status, score)): (usize, &(&str, Option<i64>))| {
            let day = format!("2026-11-{:02}T10:00:00.000Z", index + 1);
            let attempt = json!({"id": format!("_{index}_1"), "userId": "_12_1", "status": status, "created": day,
                "displayGrade": score.map(|score| json!({"score": score, "possible": 100}))});
            serde_json::from_str(&attempt.to_string()).unwrap()
        };
        list.iter().enumerate().map(attempt).collect()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn by_attempts(model: &str, shown: i64, list: &[(&str, Option<i64>)]) -> Result<Decimal, Withheld> {
        let column = column(json!({"type": "Attempts", "scoringModel": model}));
        let grade = grade(
            json!({"userId": "_12_1", "displayGrade": {"scaleType": "Percent", "score": shown, "possible": 100}}),
        );
        assert!(needs_attempts(&column, &grade));
        let judged = judge(&column, &grade, Attempts::Known(&attempts(list)), now());
        match judged.release {
            Release::Released => Ok(judged.score.unwrap().given.unwrap()),
            Release::Withheld { reason } => Err(reason),
        }
    }

    #[test]
    fn an_attempt_that_is_not_posted_does_not_count() {
        assert_eq!(by_attempts("Last", 90, &[("NeedsGrading", Some(90))]), Err(Withheld::NotPosted));
        assert_eq!(by_attempts("Last", 90, &[("NeedsGrading", None)]), Err(Withheld::NotPosted));
        assert_eq!(by_attempts("Last", 90, &[("InProgress", None)]), Err(Withheld::NotPosted));
        assert_eq!(by_attempts("Last", 90, &[("Completed", Some(90))]), Ok(90.into()));
        assert_eq!(by_attempts("Last", 90, &[]), Ok(90.into()));
    }

    #[test]
    fn exempt_attempts_carry_no_grade() {
        let column = column(json!({"type": "Attempts"}));
        let grade = grade(json!({"userId": "_12_1", "displayGrade": {"score": 88}}));
        let mut list = attempts(&[("Completed", Some(88))]);
        list[0].exempt = Some(true);
        let judged = judge(&column, &grade, Attempts::Known(&list), now());
        assert_eq!(judged, Judgement::withheld(Withheld::NotPosted));
    }

    #[test]
    fn beside_an_unposted_attempt_the_posted_ones_stand() {
        let second =
            |shown, model| by_attempts(model, shown, &[("Completed", Some(80)), ("NeedsGrading", Some(95))]);
        assert_eq!(second(95, "Last"), Ok(80.into()), "the learner still sees 80");
        assert_eq!(second(80, "Last"), Ok(80.into()));
        assert_eq!(second(95, "Highest"), Ok(80.into()));
        assert_eq!(second(95, ""), Ok(80.into()));
        let third = [("Completed", Some(60)), ("Completed", Some(70)), ("NeedsGrading", Some(95))];
        assert_eq!(by_attempts("Average", 75, &third), Ok(65.into()));
        assert_eq!(by_attempts("First", 60, &third), Ok(60.into()));
        assert_eq!(by_attempts("Lowest", 95, &third), Ok(60.into()));
        assert_eq!(by_attempts("", 95, &third), Err(Withheld::NotPosted), "no model, no telling");
        assert_eq!(
            by_attempts("Last", 70, &[("Completed", Some(60)), ("NeedsMoreGrading", Some(70))]),
            Ok(70.into())
        );
    }

    #[test]
    fn an_override_needs_no_attempt() {
        let column = column(json!({"type": "Attempts"}));
        let grade = grade(json!({"userId": "_12_1", "overridden": "2026-11-19T10:00:00.000Z", "score": 1,
            "displayGrade": {"score": 88, "possible": 100}}));
        assert!(!needs_attempts(&column, &grade));
        let judged = judge(&column, &grade, Attempts::NotAsked, now());
        assert_eq!(
            judged.score.unwrap().given,
            Some(88.into()),
            "displayGrade, not the override's own member"
        );
        assert_eq!(judged.graded_at, Some("2026-11-19T10:00:00Z".parse().unwrap()));
    }

    #[test]
    fn anonymous_grades_wait_until_the_names_are_shown() {
        let shown = grade(json!({"userId": "_12_1", "displayGrade": {"score": 88}}));
        let release = |settings: Value, attempts: Attempts<'_>| {
            let column = column(json!({"type": "Attempts", "anonymousGrading": settings}));
            judge(&column, &shown, attempts, now()).release
        };
        let anonymous = Release::Withheld { reason: Withheld::Anonymous };
        let done = attempts(&[("Completed", Some(88))]);
        let mut nameless = done.clone();
        nameless[0].user_id = None;
        let after_all = json!({"type": "AfterAllGraded"});
        assert_eq!(release(after_all.clone(), Attempts::Hidden), anonymous);
        assert_eq!(release(after_all.clone(), Attempts::NotAsked), anonymous);
        assert_eq!(release(after_all.clone(), Attempts::Known(&[])), anonymous);
        assert_eq!(release(after_all.clone(), Attempts::Known(&nameless)), anonymous);
        assert_eq!(release(after_all, Attempts::Known(&done)), Release::Released);
        let date = |date: &str| json!({"type": "Date", "releaseAfter": date});
        assert_eq!(release(date("2026-11-21T00:00:00.000Z"), Attempts::Known(&done)), anonymous);
        assert_eq!(release(date("2026-11-20T00:00:00.000Z"), Attempts::Known(&done)), Release::Released);
        assert_eq!(release(json!({"type": "Date"}), Attempts::Known(&done)), anonymous);
        assert_eq!(
            release(json!({"type": "None"}), Attempts::Hidden),
            Release::Withheld { reason: Withheld::Hidden }
        );
    }

    #[test]
    fn what_is_no_grade_is_not_graded() {
        let manual = column(json!({"type": "Manual"}));
        let not_graded = Judgement::withheld(Withheld::NotGraded);
        for members in [
            json!({"userId": "_12_1"}),
            json!({"userId": "_12_1", "displayGrade": null, "score": 90}),
            json!({"userId": "_12_1", "displayGrade": {"scaleType": "Percent", "text": "-"}, "status": "Graded"}),
            json!({"userId": "_12_1", "displayGrade": {"scaleType": "Text", "text": " "}}),
        ] {
            assert_eq!(
                judge(&manual, &grade(members.clone()), Attempts::NotAsked, now()),
                not_graded,
                "{members}"
            );
        }
        let corrupt = grade(json!({"userId": "_12_1", "corrupt": true, "displayGrade": {"score": 90}}));
        let calculated = column(json!({"type": "Calculated"}));
        assert_eq!(judge(&calculated, &corrupt, Attempts::NotAsked, now()), not_graded);
    }

    #[test]
    fn words_stand_for_a_score_where_they_are_the_grade() {
        let manual = column(json!({"type": "Manual"}));
        let text =
            grade(json!({"userId": "_12_1", "displayGrade": {"scaleType": "Text", "text": "Competent"}}));
        let score = judge(&manual, &text, Attempts::NotAsked, now()).score.unwrap();
        assert_eq!((score.given, score.text.as_deref()), (None, Some("Competent")));
        let by_attempts = column(json!({"type": "Attempts"}));
        let list = attempts(&[("Completed", None), ("NeedsGrading", None)]);
        let judged = judge(&by_attempts, &text, Attempts::Known(&list), now());
        assert_eq!(judged, Judgement::withheld(Withheld::NotPosted), "words of which attempt?");
        let withdrawn = grade(json!({"userId": "_12_1", "gradeNotationId": "_3_1",
            "displayGrade": {"scaleType": "Score", "score": 95, "possible": 100, "text": "Withdrawn"}}));
        let score = judge(&manual, &withdrawn, Attempts::NotAsked, now()).score.unwrap();
        assert_eq!((score.given, score.text.as_deref()), (None, Some("Withdrawn")));
    }

    #[test]
    fn the_maximum_is_the_displayed_one_or_else_the_column_s() {
        let manual = column(json!({"type": "Manual"}));
        for (display, percent) in [
            (json!({"score": 39.45205, "possible": 160}), "24.65753125"),
            (json!({"score": "70", "possible": 0}), "70"),
            (json!({"score": 70}), "70"),
        ] {
            let judged = judge(&manual, &grade(json!({"displayGrade": display})), Attempts::NotAsked, now());
            assert_eq!(judged.score.unwrap().percent(), Some(percent.parse().unwrap()));
        }
    }
}
