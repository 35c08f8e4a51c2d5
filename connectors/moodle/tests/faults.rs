//! Answers that are none: each becomes the right kind of error, and one learner's trouble stays
//! theirs.

use serde_json::json;

use super::{
    Capture, Site, confirm, confirm_one, outcome, recorded, recorded_json, settled, source, unsettled,
};
use crate::{ApiError, Asked, Confirmation, Signal, Withheld};

const GRADES: &str = "gradereport_user_get_grade_items userid=4";

async fn error(function: &str, status: u16, body: impl Into<Vec<u8>>) -> ApiError {
    let mut site = Site::recorded();
    site.answer(function, status, body);
    match confirm(&site, &[Capture::number("0097").signal()]).await {
        Err(error) => error,
        Ok(confirmations) => match confirmations.as_slice() {
            [Confirmation::Unread(error)] => error.clone(),
            other => panic!("{other:?}"),
        },
    }
}

fn unauthorized(error: &ApiError) -> &str {
    match error {
        ApiError::Unauthorized { what } => what,
        other => panic!("{other:?}"),
    }
}

fn graded(learner: u64) -> Signal {
    Capture::number("0097").with(|event| event["relateduserid"] = learner.into()).signal()
}

#[tokio::test]
async fn an_invalid_token_waits_for_a_human() {
    for name in ["err.invalid_token", "err.bearer"] {
        let error = error(GRADES, 200, recorded(name)).await;
        assert!(unauthorized(&error).contains("`ws_token`"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let error_of = |name: &'static str| error(GRADES, 200, recorded(name));
    let bare = error_of("barebot.gradereport_user_get_grade_items").await;
    assert!(unauthorized(&bare).contains("moodle/grade:viewall"), "{bare}");
    let function = error_of("err.function_not_in_service").await;
    assert!(unauthorized(&function).contains("external service"), "{function}");
    let unknown = error_of("err.no_such_function").await;
    assert!(unauthorized(&unknown).contains("does not have the function"), "{unknown}");

    let mut site = Site::recorded();
    let name = "tool_lp_data_for_user_competency_summary_in_course";
    site.answer(name, 200, recorded(&format!("barebot.{name}")));
    let error = confirm(&site, &[Capture::number("0133").signal()]).await.unwrap_err();
    assert!(unauthorized(&error).contains("moodle/competency:usercompetencyview"), "{error}");
}

/// Each has its own mend, and no capability would help.
#[tokio::test]
async fn an_account_that_moodle_stops_at_the_door_is_mended_and_not_given_capabilities() {
    for (code, mend) in [
        ("usernotfullysetup", "required profile fields"),
        ("sitepolicynotagreed", "agree to the site policy"),
        ("forcepasswordchangenotice", "forced password change"),
        ("nopasswordchangeforced", "forced password change"),
    ] {
        let answer = json!({"exception": "moodle_exception", "errorcode": code, "message": "m"});
        let error = error(GRADES, 200, answer.to_string()).await;
        assert!(unauthorized(&error).contains(mend) && !error.to_string().contains("capabilit"), "{error}");
    }
}

/// An account without `moodle/user:viewdetails` is shown no accounts, and no error either.
#[tokio::test]
async fn accounts_that_are_all_invisible_are_a_missing_permission() {
    let error =
        error("core_user_get_users_by_field", 200, recorded("barebot.core_user_get_users_by_field")).await;
    assert!(unauthorized(&error).contains("moodle/user:viewdetails"), "{error}");
}

#[tokio::test]
async fn what_is_no_answer_passes_by_itself() {
    let cut = recorded("badgebot.gradereport_user_get_grade_items");
    let answers: [(u16, Vec<u8>, &str); 8] = [
        (200, Vec::new(), "empty"),
        (200, b" \n".to_vec(), "empty"),
        (200, recorded("err.xml_default"), "XML"),
        (200, b"<!DOCTYPE html><title>Maintenance</title>".to_vec(), "HTML"),
        (200, cut[..cut.len() / 2].to_vec(), "half"),
        (200, b"null".to_vec(), "something else"),
        (500, b"{}".to_vec(), "HTTP 500"),
        (
            200,
            br#"{"exception":"x","errorcode":"sitemaintenance","message":"m"}"#.to_vec(),
            "sitemaintenance",
        ),
    ];
    for (status, body, what) in answers {
        for function in
            [GRADES, "core_course_get_courses_by_field", "core_completion_get_activities_completion_status"]
        {
            let error = error(function, status, body.clone()).await;
            assert!(
                matches!(&error, ApiError::Unavailable { .. }) && error.to_string().contains(what),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_address_waits_for_a_human() {
    for (status, mend) in [(301, "`site`"), (404, "`site`"), (403, "REST protocol")] {
        let error = error(GRADES, status, Vec::new()).await;
        assert!(unauthorized(&error).contains(mend), "{error}");
    }
}

#[tokio::test]
async fn no_error_repeats_the_token_or_the_answer() {
    let body = br#"{"usergrades":[{"userid":"alice@example.test"}]}"#;
    let error = error(GRADES, 200, body.to_vec()).await;
    assert!(
        !format!("{error:?}").contains("alice") && !format!("{error:?}").contains("wst0ken"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_missing_course_or_learner_is_nothing() {
    let mut site = Site::recorded();
    for signal in [graded(9999), Signal { course: None, batch: "site".into(), ..graded(9999) }] {
        let confirmation = confirm_one(&site, signal).await;
        assert!(matches!(&confirmation, Confirmation::Nothing { .. }), "{confirmation:?}");
    }
    for learner in [4, 0] {
        let key = format!("gradereport_user_get_grade_items userid={learner}");
        site.answer(&key, 200, recorded("err.grade_items_nocourse"));
    }
    for signals in [vec![graded(4)], [4, 5, 7, 8].map(graded).to_vec()] {
        for confirmation in confirm(&site, &signals).await.unwrap() {
            assert!(matches!(&confirmation, Confirmation::Nothing { why } if why.contains("invalidrecord")));
        }
    }
}

#[tokio::test]
async fn a_learner_who_left_does_not_fail_the_others() {
    for others in [vec![4], vec![4, 5, 7, 8]] {
        let mut signals = vec![graded(9999)];
        signals.extend(others.iter().map(|learner| graded(*learner)));
        let confirmations = confirm(&Site::recorded(), &signals).await.unwrap();
        assert!(matches!(&confirmations[0], Confirmation::Nothing { .. }), "{:?}", confirmations[0]);
        settled(&confirmations[1]);
    }

    // The gradebook still has them, the completion report does not.
    let mut site = Site::recorded();
    let function = "core_completion_get_activities_completion_status";
    site.answer(&format!("{function} userid=8"), 200, recorded("err.completion_not_enrolled"));
    site.item(8, 2, &json!({"graderaw": 90}));
    let confirmations = confirm(&site, &[graded(8), graded(4)]).await.unwrap();
    assert!(matches!(&confirmations[0], Confirmation::Nothing { .. }), "{:?}", confirmations[0]);
    settled(&confirmations[1]);
}

const ACTIVITIES: &str = "core_completion_get_activities_completion_status";
const COMPLETION: &str = "core_completion_get_course_completion_status";
const COMPETENCY: &str = "tool_lp_data_for_user_competency_summary_in_course";

fn about(number: &str, learner: u64) -> Signal {
    Capture::number(number).with(|event| event["relateduserid"] = learner.into()).signal()
}

#[tokio::test]
async fn a_time_out_about_one_learner_fails_this_learner_alone() {
    for (number, function) in
        [("0097", GRADES), ("0097", ACTIVITIES), ("0115", COMPLETION), ("0133", COMPETENCY)]
    {
        let function = function.split(' ').next().unwrap();
        let mut site = Site::recorded();
        site.item(8, 2, &json!({"graderaw": 90}));
        site.answer(&format!("{function} userid=8"), 504, "");
        let confirmations = confirm(&site, &[about(number, 8), about(number, 4), graded(8)]).await.unwrap();
        for of_erin in [&confirmations[0], &confirmations[2]] {
            assert!(
                matches!(of_erin, Confirmation::Unread(ApiError::Unavailable { what, .. }) if what.contains("504")),
                "{function}: {of_erin:?}"
            );
        }
        settled(&confirmations[1]);
    }
    // What concerns the course fails for all.
    for function in ["core_course_get_courses_by_field", "core_user_get_users_by_field"] {
        let mut site = Site::recorded();
        site.answer(function, 504, "");
        let error = confirm(&site, &[graded(8), graded(4)]).await.unwrap_err();
        assert!(matches!(error, ApiError::Unavailable { .. }), "{error}");
    }
    let mut site = Site::recorded();
    site.answer("gradereport_user_get_grade_items userid=0", 504, "");
    confirm(&site, &[4, 5, 7, 8].map(graded)).await.unwrap_err();
}

/// Every learner needs a call of their own for the completion of a course.
#[tokio::test]
async fn a_moodle_that_answers_nobody_is_asked_little() {
    let mut site = Site::recorded();
    site.answer(COMPLETION, 504, "");
    let signals: Vec<Signal> = (100..300).map(|learner| about("0115", learner)).collect();
    let confirmations = confirm(&site, &signals).await.unwrap();
    assert!(confirmations.iter().all(|said| matches!(said, Confirmation::Unread(_))));
    let asked = site.functions().iter().filter(|function| *function == COMPLETION).count();
    assert!((1..=4).contains(&asked), "{asked} of 200");
}

#[tokio::test]
async fn each_try_gets_further_and_nobody_waits_for_another_for_ever() {
    let mut site = Site::recorded();
    site.answer(&format!("{COMPLETION} userid=100"), 504, "");
    let users: Vec<_> =
        (100..140).map(|id| json!({"id": id, "email": format!("{id}@example.test")})).collect();
    site.json("core_user_get_users_by_field", &json!(users));
    let mut waiting: Vec<Signal> = (100..140).map(|learner| about("0115", learner)).collect();
    for second in 0..100 {
        let confirmations = source()
            .confirm(&waiting, &Asked::default(), &site, super::at(super::READ_AT + second))
            .await
            .unwrap();
        let mut said = confirmations.iter();
        waiting.retain(|_| matches!(said.next(), Some(Confirmation::Unread(_))));
        if waiting.len() == 1 {
            assert_eq!(waiting[0].learner, "100");
            return;
        }
    }
    panic!("{} wait still", waiting.len());
}

#[tokio::test]
async fn a_puzzling_answer_about_one_learner_says_nothing_about_them() {
    let mut site = Site::recorded();
    let odd = br#"{"exception":"TypeError","errorcode":"generalexceptionmessage","message":"?"}"#;
    site.answer("core_completion_get_activities_completion_status userid=4", 200, odd.to_vec());
    let confirmation = confirm_one(&site, graded(4)).await;
    let (outcomes, why) = unsettled(&confirmation);
    assert!(outcomes.is_empty() && why.contains("generalexceptionmessage"));
}

/// Errors come with status 200, so the host's cache may hold one.
#[tokio::test]
async fn an_error_that_may_come_from_the_cache_is_asked_for_anew() {
    let mut site = Site::recorded();
    site.answer("core_course_get_courses_by_field", 200, recorded("err.invalid_token"));
    confirm(&site, &[graded(4)]).await.unwrap_err();
    let asked = site.asked.lock().unwrap();
    let courses: Vec<&String> = asked.iter().filter(|call| call.starts_with("core_course")).collect();
    assert_eq!(courses.len(), 2);
    assert!(!courses[0].ends_with("anew") && courses[1].ends_with("anew"));
}

#[tokio::test]
async fn a_suspended_or_deleted_account_is_not_enrolled() {
    let mut site = Site::recorded();
    for members in [json!({"suspended": true}), json!({"email": "0cc175b9c0f1b6a831c399e269772661"})] {
        let mut users = recorded_json("badgebot.core_user_get_users_by_field");
        users[0].as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        site.json("core_user_get_users_by_field", &users);
        let confirmation = confirm_one(&site, graded(4)).await;
        let quiz = outcome(settled(&confirmation), "item:4");
        assert_eq!(quiz.release, crate::Release::Withheld { reason: Withheld::NotEnrolled });
        assert!(quiz.learner.email.as_deref().is_none_or(|email| email.contains('@')));
    }
}

#[tokio::test]
async fn probe_passes_the_error_on() {
    let mut site = Site::recorded();
    site.answer("core_webservice_get_site_info", 200, recorded("err.invalid_token"));
    unauthorized(&source().probe(&site).await.unwrap_err());
}
