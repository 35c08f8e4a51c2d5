//! What grades of every shape come to.

#![allow(clippy::needless_pass_by_value, reason = "calls with json!(…) read better")]

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
    assert_eq!(judged.score.unwrap().given, Some(88.into()), "displayGrade, not the override's own member");
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
    let text = grade(json!({"userId": "_12_1", "displayGrade": {"scaleType": "Text", "text": "Competent"}}));
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
