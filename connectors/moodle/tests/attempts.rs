//! Attempts at quizzes and assignments, and who teaches: read where a rule needs them.

use super::*;
use crate::asking::{Asking, asked, attempts, named, score};
use crate::{Attempt, Confirmation, Release, Withheld};

const QUIZ: &str = "mod_quiz_get_user_attempts";
const ASSIGN: &str = "mod_assign_get_submission_status";
const ROLES: &str = "core_user_get_course_user_profiles";

/// Bob's gradebook alone, from that of all.
fn bob() -> Site {
    let mut site = Site::recorded();
    let mut report = recorded_json("badgebot.gradereport_user_get_grade_items_ALL");
    report["usergrades"].as_array_mut().unwrap().retain(|of| of["userid"] == json!(5));
    site.json("gradereport_user_get_grade_items userid=5", &report);
    site
}

fn signal(learner: u64) -> Signal {
    Capture::number("0097").with(|event| event["relateduserid"] = learner.into()).signal()
}

fn outcomes(confirmation: &Confirmation) -> &[Outcome] {
    match confirmation {
        Confirmation::Settled(outcomes) | Confirmation::Unsettled { outcomes, .. } => outcomes,
        other => panic!("{other:?}"),
    }
}

async fn told(site: &Site, course: &str, wanted: &str, learner: u64) -> Vec<Outcome> {
    let asked = asked(course, &[attempts(named(wanted))]);
    let confirmed = confirm_asked(site, &[signal(learner)], &asked).await.unwrap();
    outcomes(&confirmed[0]).to_vec()
}

/// Number, points and points possible.
fn points(attempts: &[Attempt]) -> Vec<(u32, Option<String>)> {
    let given = |attempt: &Attempt| {
        attempt.score.as_ref().map(|score| format!("{}/{}", score.given.unwrap(), score.max.unwrap()))
    };
    attempts.iter().map(|attempt| (attempt.number, given(attempt))).collect()
}

#[tokio::test]
async fn each_attempt_at_a_quiz_is_told_in_the_points_of_the_gradebook() {
    for (course, name) in [("2", "item:4"), ("EXT-WS101", "QUIZ-FINAL"), ("WS101", "cmid:3")] {
        let outcomes = told(&bob(), course, name, 5).await;
        let quiz = outcome(&outcomes, "item:4");
        let full = (1, Some("10/10".to_owned()));
        assert_eq!(points(&quiz.attempts), [full, (2, Some("0/10".to_owned()))], "{course} {name}");
        assert_eq!(quiz.attempts[1].graded_at, Some(at(1_795_423_256)));
        assert!(outcomes.iter().all(|it| it.attempts.is_empty() || it.assessment.id == "item:4"));
    }
}

#[tokio::test]
async fn attempts_cost_calls_only_where_a_rule_asks_for_them_and_there_is_a_grade() {
    for (asked, learner) in [
        (Asked::default(), 5),
        (asked("2", &[score(named("QUIZ-FINAL"))]), 5),
        (asked("3", &[attempts(named("QUIZ-FINAL"))]), 5),
        (asked("2", &[attempts(named("ORAL"))]), 5),
        // Alice has no grade in it.
        (asked("2", &[attempts(named("item:5"))]), 4),
    ] {
        let site = bob();
        confirm_asked(&site, &[signal(learner)], &asked).await.unwrap();
        assert!(!site.functions().contains(&QUIZ.to_owned()), "{asked:?}");
    }
    let site = Site::recorded();
    let wanted = [attempts(named("QUIZ-FINAL"))];
    let asking = Asking { course: "2", wanted: &wanted, marker: None, decided: &[], read_at: at(READ_AT) };
    let book = asking.read(&*source(), &site).await.unwrap().unwrap();
    let asked = site.functions().iter().filter(|function| *function == QUIZ).count();
    assert_eq!(asked, 3, "Alice, Bob and Erin have a grade in the quiz");
    let shown =
        book.shown.iter().find(|it| it.outcome.learner.id == "5" && it.outcome.assessment.id == "item:4");
    assert_eq!(shown.unwrap().outcome.attempts.len(), 2);
}

#[tokio::test]
async fn attempts_that_are_abandoned_ungraded_or_deleted() {
    let mut site = bob();
    let attempt = |number: u32, state: &str, marks: Value| json!({"id": number, "attempt": number, "state": state, "timefinish": 1_795_423_256, "sumgrades": marks});
    // A teacher deleted the second; an essay of the last waits.
    let list = [
        attempt(5, "finished", Value::Null),
        attempt(1, "finished", json!("1.00000")),
        attempt(4, "abandoned", Value::Null),
        attempt(3, "finished", json!(2)),
    ];
    site.json(QUIZ, &json!({"attempts": list, "warnings": []}));
    let outcomes = told(&site, "2", "item:4", 5).await;
    let quiz = outcome(&outcomes, "item:4");
    let expected = [(1, Some("5/10".to_owned())), (2, Some("10/10".to_owned())), (3, None)];
    assert_eq!(points(&quiz.attempts), expected);
    assert_eq!(quiz.attempts[2].graded_at, None);
}

/// Without the quiz's own marks no attempt can be put into points. Read as not graded, all would
/// look as if they waited for a teacher.
#[tokio::test]
async fn attempts_at_a_quiz_that_is_not_shown_wait_and_the_mend_is_named() {
    for quizzes in [json!([]), json!([{"id": 2, "sumgrades": 10}]), json!([{"id": 1, "name": "Final Quiz"}])]
    {
        let mut site = bob();
        site.json("mod_quiz_get_quizzes_by_courses", &json!({"quizzes": quizzes}));
        let asked = asked("2", &[attempts(named("item:4"))]);
        let refused = confirm_asked(&site, &[signal(5)], &asked).await;
        let Err(ApiError::Unauthorized { what }) = refused else { panic!("{refused:?}") };
        for named in ["quiz 1", "moodle/course:viewhiddenactivities", "mod/quiz:view"] {
            assert!(what.contains(named), "{what}");
        }
    }
    // All questions without marks: nothing can be scaled, and nothing is wrong.
    let mut site = bob();
    site.json("mod_quiz_get_quizzes_by_courses", &json!({"quizzes": [{"id": 1, "sumgrades": 0}]}));
    let outcomes = told(&site, "2", "item:4", 5).await;
    assert!(outcome(&outcomes, "item:4").attempts.iter().all(|attempt| attempt.score.is_none()));
}

#[tokio::test]
async fn a_third_of_the_points_stays_exact() {
    let mut site = bob();
    let attempts = json!([{"attempt": 1, "state": "finished", "sumgrades": 1, "timefinish": 1}]);
    site.json(QUIZ, &json!({"attempts": attempts}));
    site.json("mod_quiz_get_quizzes_by_courses", &json!({"quizzes": [{"id": 1, "sumgrades": 3}]}));
    let outcomes = told(&site, "2", "item:4", 5).await;
    let given = outcome(&outcomes, "item:4").attempts[0].score.as_ref().unwrap().given.unwrap();
    assert!(given.to_string().starts_with("3.33333333333333333333"), "{given}");
}

#[tokio::test]
async fn each_attempt_at_an_assignment_is_told() {
    let mut site = Site::recorded();
    let status = |grading: &str, feedback: &Value| {
        json!({
            "lastattempt": {"submission": {"id": 3, "attemptnumber": 2}, "gradingstatus": grading},
            "feedback": {"grade": feedback},
            "previousattempts": [
                {"attemptnumber": 1, "submission": {"attemptnumber": 1}},
                {"attemptnumber": 0, "grade": {"attemptnumber": 0, "grade": "45.00000", "timemodified": 1_795_423_068}},
            ],
            "warnings": [],
        })
    };
    let of_last = json!({"attemptnumber": 2, "grade": "80.00000", "timemodified": 1_795_423_114});
    let first = (1, Some("45/100".to_owned()));
    let read = async |site: &Site| {
        let outcomes = told(site, "2", "ASSIGN-REPORT", 4).await;
        points(&outcome(&outcomes, "item:2").attempts)
    };
    site.json(ASSIGN, &status("graded", &of_last));
    assert_eq!(read(&site).await, [first.clone(), (2, None), (3, Some("80/100".to_owned()))]);
    // The learner does not see it yet.
    site.json(ASSIGN, &status("readyforrelease", &of_last));
    assert_eq!(read(&site).await, [first.clone(), (2, None), (3, None)]);
    // The feedback is that of the attempt before, or says “no grade”.
    for other in [
        json!({"attemptnumber": 1, "grade": "70.00000"}),
        json!({"attemptnumber": 2, "grade": "-1.00000"}),
        Value::Null,
    ] {
        site.json(ASSIGN, &status("graded", &other));
        assert_eq!(read(&site).await, [first.clone(), (2, None), (3, None)]);
    }
    site.json(ASSIGN, &json!({"warnings": []}));
    assert_eq!(read(&site).await, [], "what is not told is no attempt");
}

#[tokio::test]
async fn without_the_right_to_read_attempts_the_grade_waits_and_the_mend_is_named() {
    let mut site = bob();
    site.answer(QUIZ, 200, r#"{"exception": "e", "errorcode": "nopermissions", "message": "no"}"#);
    let asked = asked("2", &[attempts(named("QUIZ-FINAL"))]);
    let refused = confirm_asked(&site, &[signal(5)], &asked).await;
    let Err(ApiError::Unauthorized { what }) = refused else { panic!("{refused:?}") };
    assert!(what.contains("mod/quiz:viewreports"), "{what}");
    confirm_asked(&site, &[signal(5)], &Asked::default()).await.unwrap();
}

#[tokio::test]
async fn who_teaches_in_the_course_is_withheld_and_named_so() {
    for role in ["editingteacher", "teacher", "manager", "coursecreator"] {
        let mut site = Site::recorded();
        let both = json!([{"roleid": 5, "shortname": "student"}, {"roleid": 3, "shortname": role}]);
        site.json(ROLES, &json!([{"id": 4, "fullname": "Alice", "roles": both}]));
        let confirmed = confirm_one(&site, signal(4)).await;
        for outcome in outcomes(&confirmed) {
            assert_eq!(outcome.release, Release::Withheld { reason: Withheld::Staff }, "{role}");
        }
    }
    let asked = Site::recorded();
    confirm_one(&asked, signal(4)).await;
    let asked = asked.asked.lock().unwrap().last().unwrap().clone();
    assert_eq!(
        asked,
        format!("{ROLES} userlist[0][userid]=4&userlist[0][courseid]=2"),
        "in this very course"
    );
}

#[tokio::test]
async fn who_learns_only_or_whose_role_is_not_told_is_a_learner() {
    for answer in [
        r#"[{"id": 4, "roles": [{"shortname": "student"}, {"shortname": "mentor"}]}]"#,
        r#"[{"id": 4}]"#,
        r#"[{"id": 5, "roles": [{"shortname": "editingteacher"}]}]"#,
        "[]",
        r#"{"exception": "e", "errorcode": "accessexception", "message": "not in the service"}"#,
        r#"{"exception": "e", "errorcode": "nopermissions", "message": "no"}"#,
    ] {
        let mut site = Site::recorded();
        site.answer(ROLES, 200, answer);
        let confirmed = confirm_one(&site, signal(4)).await;
        assert_eq!(outcome(settled(&confirmed), "item:4").release, Release::Released, "{answer}");
    }
    // No answer is no word on the role: the grade waits.
    let mut away = Site::recorded();
    away.answer(ROLES, 500, "");
    assert!(confirm(&away, &[signal(4)]).await.unwrap_err().passes());
}
