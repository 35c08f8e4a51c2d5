//! What the API shows becomes outcomes, with as few calls as the signals need.

use rust_decimal::Decimal;
use serde_json::json;

use super::{
    Capture, Site, at, confirm, confirm_asked, confirm_one, outcome, recorded, recorded_json, settled,
    source, unsettled,
};
use crate::{Assessment, AssessmentKind, Confirmation, Release, Withheld};

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn withheld(reason: Withheld) -> Release {
    Release::Withheld { reason }
}

/// alice's quiz, 10 of 10: what the API shows of her.
#[tokio::test]
async fn a_pass_is_confirmed_with_everything_around_it() {
    let confirmation = confirm_one(&Site::recorded(), Capture::number("0097").signal()).await;
    let outcomes = settled(&confirmation);
    assert_eq!(outcomes.len(), 6);

    let quiz = outcome(outcomes, "item:4");
    assert_eq!(quiz.learner.id, "4");
    assert_eq!(quiz.learner.name.as_deref(), Some("Alice Ärztin"));
    assert_eq!(quiz.learner.email.as_deref(), Some("alice@example.test"));
    assert_eq!(quiz.learner.institution_id.as_deref(), Some("SIS-1001"));
    assert_eq!(quiz.learner.language.as_deref(), Some("en"));
    assert_eq!(quiz.course.id, "2");
    assert_eq!(quiz.course.also, ["WS101", "EXT-WS101"]);
    assert_eq!(quiz.course.name.as_deref(), Some("Workplace Safety 101"));
    assert_eq!(quiz.course.url.as_ref().unwrap().as_str(), "http://127.0.0.1:18000/course/view.php?id=2");
    assert_eq!(quiz.assessment.also, ["cmid:3", "QUIZ-FINAL"]);
    assert_eq!(
        (quiz.assessment.kind, quiz.assessment.name.as_deref()),
        (AssessmentKind::Item, Some("Final Quiz"))
    );
    assert_eq!(
        quiz.assessment.url.as_ref().unwrap().as_str(),
        "http://127.0.0.1:18000/mod/quiz/view.php?id=3"
    );
    let score = quiz.score.as_ref().unwrap();
    assert_eq!((score.given, score.min, score.max), (Some(dec("10")), dec("0"), Some(dec("10"))));
    assert_eq!(score.text, None);
    assert_eq!(quiz.passed, Some(true));
    assert_eq!(quiz.release, Release::Released);
    assert_eq!(quiz.graded_at, Some(at(1_795_423_250)));
    assert_eq!((quiz.as_of, quiz.attempt), (at(super::READ_AT), None));

    let total = outcome(outcomes, Assessment::COURSE_TOTAL);
    assert_eq!(
        (total.assessment.kind, &total.assessment.also),
        (AssessmentKind::CourseTotal, &vec!["item:1".to_owned()])
    );
    assert_eq!(total.score.as_ref().unwrap().max, Some(dec("113")));
    assert_eq!(total.passed, None);

    let ungraded = outcome(outcomes, "item:5");
    assert_eq!(
        (&ungraded.score, ungraded.passed, &ungraded.release),
        (&None, None, &withheld(Withheld::NotGraded))
    );
    assert_eq!(outcome(outcomes, "item:6").assessment.also, ["ORAL"]);
}

#[tokio::test]
async fn a_fail_is_confirmed_as_the_lms_decides() {
    let mut site = Site::recorded();
    site.item(4, 4, &json!({"graderaw": 5, "gradedategraded": 1_795_423_248}));
    let mut statuses = recorded_json("badgebot.core_completion_get_activities_completion_status");
    for state in [3, 4] {
        statuses["statuses"][1]["state"] = state.into();
        site.json("core_completion_get_activities_completion_status", &statuses);
        let confirmation = confirm_one(&site, Capture::number("0091").signal()).await;
        let quiz = outcome(settled(&confirmation), "item:4");
        assert_eq!((quiz.passed, quiz.score.as_ref().unwrap().given), (Some(false), Some(dec("5"))));
    }
}

/// erin's oral exam, 44: the item is hidden, its grade is shown to the web service account.
#[tokio::test]
async fn a_hidden_grade_is_withheld() {
    let confirmation = confirm_one(&Site::recorded(), Capture::number("0311").signal()).await;
    let outcomes = settled(&confirmation);
    assert_eq!(outcome(outcomes, "item:6").release, withheld(Withheld::Hidden));
    assert_eq!(
        outcome(outcomes, Assessment::COURSE_TOTAL).release,
        withheld(Withheld::Hidden),
        "44 of 44 points are the hidden ones"
    );

    let mut site = Site::recorded();
    site.item(8, 6, &json!({"gradeishidden": false, "gradehiddenbydate": true}));
    let until = confirm_one(&site, Capture::number("0311").signal()).await;
    assert_eq!(outcome(settled(&until), "item:6").release, withheld(Withheld::Hidden));
}

#[tokio::test]
async fn a_total_is_withheld_while_it_rests_on_a_grade_that_is_hidden() {
    let of = async |site: &Site, id: &str| {
        let confirmation = confirm_one(site, Capture::number("0097").signal()).await;
        outcome(settled(&confirmation), id).release.clone()
    };
    let total = async |site: &Site| of(site, Assessment::COURSE_TOTAL).await;
    let mut site = Site::recorded();
    // An item without a grade gives nothing away, nor does one that the total leaves out.
    site.item(4, 6, &json!({"gradeishidden": true}));
    assert_eq!(total(&site).await, Release::Released);
    site.item(4, 6, &json!({"graderaw": 44, "status": "excluded"}));
    assert_eq!(total(&site).await, Release::Released);
    site.item(4, 6, &json!({"status": null}));
    assert_eq!(total(&site).await, withheld(Withheld::Hidden));
    assert_eq!(of(&site, "item:4").await, Release::Released);

    // Totals of categories, beside the one in which it is and around it.
    let category = |iteminstance: u64| json!({"itemtype": "category", "itemmodule": null, "iteminstance": iteminstance, "categoryid": null, "cmid": null, "graderaw": 1});
    site.item(4, 6, &json!({"categoryid": 7}));
    site.item(4, 2, &category(7));
    assert_eq!(of(&site, "item:2").await, withheld(Withheld::Hidden));
    site.item(4, 2, &category(1));
    assert_eq!(of(&site, "item:2").await, Release::Released);
    site.item(4, 2, &category(8));
    assert_eq!(of(&site, "item:2").await, withheld(Withheld::Hidden), "it holds categories alone");
}

#[tokio::test]
async fn a_scale_has_its_lowest_value_and_its_word() {
    let confirmation = confirm_one(&Site::recorded(), Capture::number("0017").signal()).await;
    let check = outcome(settled(&confirmation), "item:3");
    let score = check.score.as_ref().unwrap();
    assert_eq!((score.given, score.min, score.max), (Some(dec("2")), dec("1"), Some(dec("3"))));
    assert_eq!(score.text.as_deref(), Some("Competent"));
    assert_eq!(score.percent(), Some(dec("50")));
}

#[tokio::test]
async fn a_grade_keeps_its_decimals() {
    let mut site = Site::recorded();
    for (raw, given) in [
        ("59.99999", "59.99999"),
        ("60.00000", "60"),
        ("0.1", "0.1"),
        ("69.99999999999999999999", "69.99999999999999999999"),
    ] {
        let report = String::from_utf8(super::recorded("badgebot.gradereport_user_get_grade_items")).unwrap();
        let report = report.replacen("\"graderaw\":80", &format!("\"graderaw\":{raw}"), 1);
        site.answer("gradereport_user_get_grade_items userid=4", 200, report);
        let confirmation = confirm_one(&site, Capture::number("0097").signal()).await;
        let report = outcome(settled(&confirmation), "item:2");
        assert_eq!(report.score.as_ref().unwrap().given.unwrap().to_string(), given);
    }
}

#[tokio::test]
async fn course_completion_is_asked_for_only_when_it_was_signalled() {
    let mut site = Site::recorded();
    let confirmation = confirm_one(&site, Capture::number("0115").signal()).await;
    let outcomes = settled(&confirmation);
    assert_eq!(outcomes.len(), 1);
    let completion = outcome(outcomes, Assessment::COURSE_COMPLETION);
    assert_eq!((completion.passed, &completion.score), (Some(true), &None));
    assert_eq!(completion.graded_at, Some(at(1_795_423_251)));
    assert!(!site.functions().contains(&"gradereport_user_get_grade_items".to_owned()));

    let mut status = recorded_json("badgebot.core_completion_get_course_completion_status");
    status["completionstatus"]["completed"] = false.into();
    site.json("core_completion_get_course_completion_status", &status);
    let confirmation = confirm_one(&site, Capture::number("0115").signal()).await;
    let (outcomes, _) = unsettled(&confirmation);
    assert_eq!(outcome(outcomes, Assessment::COURSE_COMPLETION).passed, Some(false));
}

#[tokio::test]
async fn a_course_completed_without_a_grade_is_known_by_the_courses_id_number() {
    let asked = |name| crate::asking::asked(name, &[crate::asking::decision(crate::Part::Completion)]);
    for (name, also) in
        [("EXT-WS101", vec!["WS101", "EXT-WS101"]), ("WS101", vec!["WS101"]), ("2", vec!["WS101"])]
    {
        let mut site = Site::recorded();
        let report = recorded("badgebot.gradereport_user_get_grade_items");
        site.answer("gradereport_user_get_grade_items userid=8", 200, report);
        let confirmed =
            confirm_asked(&site, &[Capture::number("0115").signal()], &asked(name)).await.unwrap();
        let completion = outcome(settled(&confirmed[0]), Assessment::COURSE_COMPLETION);
        assert_eq!(completion.course.also, also, "{name}");
    }
}

#[tokio::test]
async fn a_competency_is_passed_when_moodle_says_proficient() {
    let mut site = Site::recorded();
    // Rated 2, and then 1, which is newer and not proficient.
    let confirmation = confirm_one(&site, Capture::number("0133").signal()).await;
    let rated = outcome(settled(&confirmation), "competency:1");
    assert_eq!((rated.assessment.kind, rated.passed), (AssessmentKind::Competency, Some(false)));
    assert_eq!(rated.assessment.also, ["COMP-FIRE"]);
    assert_eq!(rated.score.as_ref().unwrap().text.as_deref(), Some("Not yet competent"));
    assert_eq!(rated.graded_at, Some(at(1_795_423_331)));

    let name = "tool_lp_data_for_user_competency_summary_in_course";
    let mut summary = recorded_json(&format!("badgebot.{name}"));
    let rating = &mut summary["usercompetencysummary"]["usercompetencycourse"];
    (rating["grade"], rating["proficiency"]) = (2.into(), true.into());
    rating["timemodified"] = 1_795_423_329.into();
    site.json(name, &summary);
    let confirmation = confirm_one(&site, Capture::number("0133").signal()).await;
    assert_eq!(outcome(settled(&confirmation), "competency:1").passed, Some(true));
}

#[tokio::test]
async fn one_learner_costs_five_calls() {
    let site = Site::recorded();
    // Four signals about one learner in one course.
    let signals: Vec<_> =
        ["0096", "0097", "0098", "0099"].map(|number| Capture::number(number).signal()).into();
    let confirmations = confirm(&site, &signals).await.unwrap();
    assert!(confirmations.iter().all(|confirmation| matches!(confirmation, Confirmation::Settled(_))));
    assert_eq!(
        site.functions(),
        [
            "core_course_get_courses_by_field",
            "gradereport_user_get_grade_items",
            "core_completion_get_activities_completion_status",
            "core_user_get_users_by_field",
            "core_user_get_course_user_profiles",
        ]
    );
}

#[tokio::test]
async fn many_learners_of_a_course_cost_one_report_and_one_look_up() {
    let site = Site::recorded();
    let signals: Vec<_> = [4, 5, 7, 8]
        .map(|learner| {
            let graded = Capture::number("0097").with(|event| event["relateduserid"] = learner.into());
            graded.signal()
        })
        .into();
    let confirmations = confirm(&site, &signals).await.unwrap();
    for (confirmation, learner) in confirmations.iter().zip(["4", "5", "7", "8"]) {
        let (Confirmation::Settled(outcomes) | Confirmation::Unsettled { outcomes, .. }) = confirmation
        else {
            panic!("{confirmation:?}")
        };
        assert!(outcomes.iter().all(|outcome| outcome.learner.id == learner));
    }
    let functions = site.functions();
    let count = |name: &str| functions.iter().filter(|function| *function == name).count();
    assert_eq!(count("gradereport_user_get_grade_items"), 1);
    assert_eq!(count("core_user_get_users_by_field"), 1);
    assert_eq!(count("core_course_get_courses_by_field"), 1);
    assert_eq!(count("core_completion_get_activities_completion_status"), 4);
}

#[tokio::test]
async fn a_course_without_completion_tracking_is_not_asked_for_it() {
    let mut site = Site::recorded();
    let mut courses = recorded_json("badgebot.core_course_get_courses_by_field");
    courses["courses"][0]["enablecompletion"] = 0.into();
    site.json("core_course_get_courses_by_field", &courses);
    let confirmation = confirm_one(&site, Capture::number("0097").signal()).await;
    assert_eq!(outcome(settled(&confirmation), "item:4").passed, None);
    assert!(!site.functions().iter().any(|function| function.starts_with("core_completion")));
}

#[tokio::test]
async fn a_decision_about_one_of_two_grades_in_an_activity_decides_neither() {
    let mut site = Site::recorded();
    site.item(4, 2, &json!({"cmid": 3}));
    let confirmation = confirm_one(&site, Capture::number("0097").signal()).await;
    assert_eq!(outcome(settled(&confirmation), "item:4").passed, None);
}

#[tokio::test]
async fn a_learner_named_by_an_address_gets_their_id() {
    let mut site = Site::recorded();
    let signals = Capture::number("0215").send().unwrap().signals;
    let confirmations = confirm(&site, &signals[..3]).await.unwrap();
    for confirmation in &confirmations {
        let (Confirmation::Settled(outcomes) | Confirmation::Unsettled { outcomes, .. }) = confirmation
        else {
            panic!("{confirmation:?}")
        };
        assert!(outcomes.iter().all(|outcome| outcome.learner.id == "4"));
    }
    let functions = site.functions();
    assert_eq!(functions.iter().filter(|function| *function == "core_user_get_users_by_field").count(), 1);

    // Two accounts with the same address: nobody knows whose grade it is.
    let twins = json!([{"id": 4, "email": "alice@example.test"}, {"id": 5, "email": "Alice@example.test"}]);
    site.json("core_user_get_users_by_field", &twins);
    let confirmations = confirm(&site, &signals[..1]).await.unwrap();
    assert!(matches!(&confirmations[0], Confirmation::Nothing { why } if why.contains("several")));

    site.json("core_user_get_users_by_field", &json!([]));
    let confirmations = confirm(&site, &signals[..1]).await.unwrap();
    assert!(matches!(&confirmations[0], Confirmation::Nothing { .. }));
}

#[tokio::test]
async fn probe_tells_site_and_account_and_names_each_missing_function() {
    let mut site = Site::recorded();
    let lines = source().probe(&site).await.unwrap().join("\n");
    assert!(
        lines.contains("Moodle Test Site") && lines.contains("4.5.6") && lines.contains("badgebot"),
        "{lines}"
    );

    let mut info = recorded_json("badgebot.core_webservice_get_site_info");
    let gone = ["gradereport_user_get_grade_items", "core_completion_get_course_completion_status"];
    info["functions"]
        .as_array_mut()
        .unwrap()
        .retain(|function| !gone.iter().any(|gone| function["name"] == *gone));
    site.json("core_webservice_get_site_info", &info);
    let error = source().probe(&site).await.unwrap_err().to_string();
    assert!(
        gone.iter().all(|gone| error.contains(gone)) && error.contains("gradereport/user:view"),
        "{error}"
    );

    info = recorded_json("badgebot.core_webservice_get_site_info");
    (info["userissiteadmin"], info["siteurl"]) = (true.into(), "https://moodle.example.edu".into());
    site.json("core_webservice_get_site_info", &info);
    let lines = source().probe(&site).await.unwrap().join("\n");
    assert!(lines.contains("administrator") && lines.contains("https://moodle.example.edu"), "{lines}");
}
