//! What Moodle does that a receiver would not expect, one test each; `connectors/TRAPS.md` lists all.

use serde_json::json;

use super::{Capture, Site, at, confirm, confirm_one, outcome, recorded_json, settled, unsettled};
use crate::{Assessment, Confirmation, Receipt, Rejection, Signal};

fn ignored(capture: &Capture) -> String {
    let Receipt { signals, ignored, .. } = capture.send().unwrap();
    assert!(signals.is_empty() && ignored.len() == 1, "{}: {signals:?}", capture.file);
    ignored[0].clone()
}

/// The event tells 75.5; the API still shows what was before.
#[tokio::test]
async fn an_event_before_its_commit_is_unsettled_until_the_api_shows_it() {
    let signal = Capture::number("0013").signal();
    let mut site = Site::recorded();
    site.item(4, 2, &json!({"graderaw": 45, "gradedategraded": 1_795_423_068}));
    let confirmation = confirm_one(&site, signal.clone()).await;
    let (outcomes, why) = unsettled(&confirmation);
    assert!(why.contains("75.5") && why.contains("45"), "{why}");
    assert_eq!(
        outcome(outcomes, "item:2").score.as_ref().unwrap().given,
        Some(45.into()),
        "for when the host gives up"
    );

    site.item(4, 2, &json!({"graderaw": null, "gradedategraded": null}));
    unsettled(&confirm_one(&site, signal.clone()).await);
    // Committed.
    site.item(4, 2, &json!({"graderaw": 75.5, "gradedategraded": 1_795_423_069}));
    settled(&confirm_one(&site, signal.clone()).await);
    // Or graded again in the meantime.
    site.item(4, 2, &json!({"graderaw": 80, "gradedategraded": 1_795_423_114}));
    settled(&confirm_one(&site, signal).await);
}

/// The completion event comes in the same way.
#[tokio::test]
async fn a_completion_state_before_its_commit_is_unsettled() {
    let signal = Capture::number("0096").signal();
    let mut site = Site::recorded();
    let mut statuses = recorded_json("badgebot.core_completion_get_activities_completion_status");
    statuses["statuses"][1]["state"] = 3.into();
    statuses["statuses"][1]["timecompleted"] = 1_795_423_248.into();
    site.json("core_completion_get_activities_completion_status", &statuses);
    let confirmation = confirm_one(&site, signal.clone()).await;
    assert!(unsettled(&confirmation).1.contains("state 2"));
    settled(&confirm_one(&Site::recorded(), signal).await);
}

#[tokio::test]
async fn a_phantom_of_a_rolled_back_transaction_never_passes() {
    let mut site = Site::recorded();
    site.item(4, 2, &json!({"graderaw": null, "gradedategraded": null}));
    let mut status = recorded_json("badgebot.core_completion_get_course_completion_status");
    status["completionstatus"]["completed"] = false.into();
    site.json("core_completion_get_course_completion_status", &status);
    let completed = Capture::number("0115").with(|event| event["relateduserid"] = 4.into());
    let confirmations =
        confirm(&site, &[Capture::number("0013").signal(), completed.signal()]).await.unwrap();
    for confirmation in &confirmations {
        let (outcomes, _) = unsettled(confirmation);
        assert!(outcome(outcomes, "item:2").score.is_none());
        assert_eq!(outcome(outcomes, Assessment::COURSE_COMPLETION).passed, Some(false));
    }
}

#[test]
fn the_second_event_for_the_course_total_by_user_minus_one_is_about_the_learner() {
    let total = Capture::number("0010");
    assert!(String::from_utf8_lossy(&total.body).contains("\"userid\":-1"));
    assert_eq!(total.signal().learner, "4");
    assert_ne!(total.signal().key, Capture::number("0009").signal().key);
}

/// course_completed is the first of the events of one request; each is confirmed by itself.
#[tokio::test]
async fn course_completed_before_its_causes_is_confirmed() {
    let numbers = ["0115", "0117", "0118", "0119", "0120"];
    let mut signals: Vec<Signal> = numbers.map(|number| Capture::number(number).signal()).into();
    assert!(signals.iter().all(|signal| signal.batch == "course:2"));
    for signal in &mut signals {
        signal.learner = "4".to_owned();
    }
    let confirmations = confirm(&Site::recorded(), &signals).await.unwrap();
    assert_eq!(outcome(settled(&confirmations[0]), Assessment::COURSE_COMPLETION).passed, Some(true));
}

#[test]
fn the_learner_is_the_related_user_and_never_the_actor() {
    for (number, actor) in [("0009", "3"), ("0129", "3"), ("0011", "3")] {
        let signal = Capture::number(number).signal();
        assert_ne!(signal.learner, actor);
    }
    // Under cron the actor is an administrator; without a related user there is no learner.
    for missing in [json!(null), json!(0), json!(-1), json!("")] {
        let nobody = Capture::number("0009").with(|event| event["relateduserid"] = missing.clone());
        assert!(ignored(&nobody).contains("no learner"));
    }
}

#[test]
fn ids_are_numbers_or_strings_and_grades_have_three_forms() {
    let of = |id: serde_json::Value, grade: serde_json::Value| {
        let event = Capture::number("0013").with(|event| {
            (event["relateduserid"], event["courseid"]) = (id.clone(), id.clone());
            (event["other"]["itemid"], event["other"]["finalgrade"]) = (id.clone(), grade.clone());
        });
        event.signal()
    };
    assert_eq!(of(json!(4), json!("45.00000")), of(json!("4"), json!(45)));
    assert_eq!(of(json!(4), json!(75.5)), of(json!("4"), json!("75.50000")));
    assert_eq!(of(json!(4), json!(null)).detail["grade"], json!(null));
    let text = Capture::number("0013").with(|event| event["other"]["finalgrade"] = json!("much"));
    assert!(matches!(text.send(), Err(Rejection::Malformed { body: Some(_), .. })));
}

/// Saving the same grade sends only submission_graded; an ungraded essay sends no grade; a worse
/// second attempt only attempt_submitted. They carry no value.
#[tokio::test]
async fn an_event_without_a_value_is_settled_by_a_grade_from_then() {
    let submitted = Capture::number("0099").signal();
    let later = Capture::number("0099").with(|event| event["timecreated"] = 1_795_423_290.into()).signal();
    let mut site = Site::recorded();
    settled(&confirm_one(&site, submitted.clone()).await);
    // Graded long before: the event's own grading is not to be seen.
    unsettled(&confirm_one(&site, later).await);
    // Without a completion the grade alone tells; it is dated one second before the event.
    let mut statuses = recorded_json("badgebot.core_completion_get_activities_completion_status");
    statuses["statuses"][1]["timecompleted"] = 0.into();
    site.json("core_completion_get_activities_completion_status", &statuses);
    settled(&confirm_one(&site, submitted.clone()).await);
    // Another item's grade does not count.
    site.item(4, 4, &json!({"graderaw": null, "gradedategraded": null}));
    unsettled(&confirm_one(&site, submitted).await);
}

/// The completion may still say “passed” for a moment, or for ever if it was set by hand.
#[tokio::test]
async fn a_grade_that_was_taken_back_leaves_no_decision() {
    let mut site = Site::recorded();
    site.item(4, 2, &json!({"graderaw": null, "gradedategraded": null}));
    let confirmation = confirm_one(&site, Capture::number("0024").signal()).await;
    let report = outcome(settled(&confirmation), "item:2");
    assert_eq!((&report.score, report.passed), (&None, None));
    assert_eq!(report.release, crate::Release::Withheld { reason: crate::Withheld::NotGraded });
}

#[tokio::test]
async fn more_than_the_maximum_is_kept_as_it_is() {
    let mut site = Site::recorded();
    site.item(4, 6, &json!({"graderaw": 130, "gradedategraded": 1_795_423_300}));
    let confirmation = confirm_one(&site, Capture::number("0097").signal()).await;
    let oral = outcome(settled(&confirmation), "item:6").score.clone().unwrap();
    assert_eq!((oral.given, oral.max, oral.percent()), (Some(130.into()), Some(50.into()), Some(260.into())));
}

#[test]
fn a_changed_pass_mark_sends_no_values_and_gives_no_signal() {
    for number in ["0002", "0003", "0004", "0005", "0006", "0007"] {
        assert!(ignored(&Capture::number(number)).contains("grade_item_updated"));
    }
}

/// Bulk grading sends user_graded and no module completion: the decision is read all the same.
#[tokio::test]
async fn completion_is_read_with_every_grade() {
    let confirmation = confirm_one(&Site::recorded(), Capture::number("0013").signal()).await;
    assert_eq!(outcome(settled(&confirmation), "item:2").passed, Some(true));
    assert_eq!(outcome(settled(&confirmation), "item:4").passed, Some(true));
}

/// Unenrolling deletes every grade. The course's report, which knows who is enrolled, is asked:
/// somebody who left has no outcome, so what they achieved stays.
#[tokio::test]
async fn leaving_the_course_undoes_nothing_and_a_deleted_grade_does() {
    let deleted = |learner: u64| {
        let event = Capture::number("0024").with(|event| {
            event["eventname"] = r"\core\event\grade_deleted".into();
            event["relateduserid"] = learner.into();
            event["other"]["itemid"] = 3.into();
            event["other"]["finalgrade"] = "2.00000".into();
        });
        event.signal()
    };
    let mut site = Site::recorded();
    site.answer(
        "gradereport_user_get_grade_items userid=4711",
        200,
        super::recorded("err.grade_items_nouser"),
    );
    let gone = confirm_one(&site, deleted(4711)).await;
    assert!(matches!(gone, Confirmation::Nothing { .. }), "{gone:?}");
    // carol is enrolled, and has no grade in it.
    let carol = confirm_one(&site, deleted(6)).await;
    assert!(outcome(settled(&carol), "item:3").score.is_none());
    assert!(
        site.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|call| call.starts_with("gradereport"))
            .all(|call| call.contains("userid=0"))
    );

    for event in [r"\core\event\user_enrolment_deleted", r"\core\event\user_deleted"] {
        ignored(&Capture::number("0009").with(|body| body["eventname"] = event.into()));
    }
}

/// Moodle does not take a course's completion back: a rule that rests on it and on the grade sees both.
#[tokio::test]
async fn a_failing_regrade_leaves_the_completion_of_the_course() {
    let mut site = Site::recorded();
    site.item(4, 4, &json!({"graderaw": 3, "gradedategraded": 1_795_423_300}));
    let completed = Capture::number("0115").with(|event| event["relateduserid"] = 4.into());
    let signals = [completed.signal(), Capture::number("0097").signal()];
    let confirmations = confirm(&site, &signals).await.unwrap();
    let outcomes = settled(&confirmations[0]);
    assert_eq!(outcome(outcomes, Assessment::COURSE_COMPLETION).passed, Some(true));
    assert_eq!(outcome(outcomes, "item:4").score.as_ref().unwrap().given, Some(3.into()));
}

/// A course reset sends old work again, with a new time: a new signal, and the same outcome.
#[tokio::test]
async fn the_same_news_again_is_the_same_outcome() {
    let again = Capture::number("0097").with(|event| event["timecreated"] = 1_795_423_900.into());
    assert_ne!(again.signal().key, Capture::number("0097").signal().key);
    let site = Site::recorded();
    let first = confirm_one(&site, Capture::number("0097").signal()).await;
    assert_eq!(confirm_one(&site, again.signal()).await, first);
}

/// Time is in whole seconds and there is no event id.
#[test]
fn a_duplicate_is_recognised_by_its_business_state() {
    let signal = Capture::number("0009").signal();
    let same = Capture::number("0009").with(|event| {
        event["other"]["finalgrade"] = json!(45);
        event["relateduserid"] = json!(4);
        event["extra"] = json!("other");
    });
    assert_eq!(same.signal().key, signal.key);
    for (member, value) in
        [("relateduserid", json!(5)), ("courseid", json!(3)), ("timecreated", json!(1_795_423_070))]
    {
        let other = Capture::number("0009").with(|event| event[member] = value.clone());
        assert_ne!(other.signal().key, signal.key, "{member}");
    }
    for (member, value) in [("finalgrade", json!(46)), ("finalgrade", json!(null)), ("itemid", json!(3))] {
        let other = Capture::number("0009").with(|event| event["other"][member] = value.clone());
        assert_ne!(other.signal().key, signal.key, "{member}");
    }
    let states = ["0008", "0012", "0023"].map(|number| Capture::number(number).signal().key);
    assert!(states[0] != states[1] && states[1] != states[2]);
}

#[test]
fn tool_trigger_retries_are_recognised_by_the_event_id() {
    let capture = Capture::number("0154");
    assert_eq!(capture.signal().key, "tool_trigger|46|1795423248");
    let later = capture.with(|body| body["eventid"] = "4646".into());
    assert_ne!(later.signal().key, capture.signal().key);
    let without = capture.with(|body| body["eventid"] = "{id}".into());
    assert!(without.signal().key.starts_with(r"core\event\user_graded|course=2|user=4"));
}

/// The total's maximum counts graded items only: it is told, and which items are ungraded too.
#[tokio::test]
async fn a_total_comes_with_its_own_maximum_and_with_the_ungraded_items() {
    let signals = [4, 5, 7, 8].map(|learner| {
        Capture::number("0097").with(|event| event["relateduserid"] = learner.into()).signal()
    });
    let confirmations = confirm(&Site::recorded(), &signals).await.unwrap();
    let maxima: Vec<String> = confirmations
        .iter()
        .map(|confirmation| match confirmation {
            Confirmation::Settled(outcomes) | Confirmation::Unsettled { outcomes, .. } => {
                assert_eq!(outcomes.len(), 6);
                outcome(outcomes, Assessment::COURSE_TOTAL).score.clone().unwrap().max.unwrap().to_string()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(maxima, ["113", "63", "100", "110"]);
}

#[tokio::test]
async fn a_total_tells_whether_every_item_is_graded() {
    let signal = || Capture::number("0097").signal();
    let all_graded = async |site: &Site| {
        let confirmation = confirm_one(site, signal()).await;
        let outcomes = settled(&confirmation);
        assert_eq!(outcome(outcomes, "item:4").all_graded, None, "only a total has that");
        outcome(outcomes, Assessment::COURSE_TOTAL).all_graded
    };
    let mut site = Site::recorded();
    assert_eq!(all_graded(&site).await, Some(false), "the essay and the oral exam are not");
    site.item(4, 5, &serde_json::json!({ "graderaw": 50 }));
    assert_eq!(all_graded(&site).await, Some(false), "the oral exam is not");
    site.item(4, 6, &serde_json::json!({ "status": "excluded" }));
    assert_eq!(all_graded(&site).await, Some(true), "nobody is waited for who is excluded");
    site.item(4, 6, &serde_json::json!({ "status": null, "graderaw": 0 }));
    assert_eq!(all_graded(&site).await, Some(true));
}

/// A teacher completed it by hand: state 1, no decision, and the grade speaks for itself.
#[tokio::test]
async fn an_overridden_completion_and_the_grade_are_both_told() {
    let by_hand = Capture::number("0096").with(|event| {
        event["other"]["completionstate"] = 1.into();
        event["other"]["overrideby"] = "3".into();
    });
    let mut site = Site::recorded();
    let mut statuses = recorded_json("badgebot.core_completion_get_activities_completion_status");
    statuses["statuses"][1]["state"] = 1.into();
    site.json("core_completion_get_activities_completion_status", &statuses);
    let confirmation = confirm_one(&site, by_hand.signal()).await;
    let quiz = outcome(settled(&confirmation), "item:4");
    assert_eq!((quiz.passed, quiz.score.as_ref().unwrap().given), (None, Some(10.into())));
    // Looking at a page completes it too; that is no news about a grade.
    let looked_at = Capture::number("0096").with(|event| event["other"]["completionstate"] = 1.into());
    assert!(ignored(&looked_at).contains("without a decision"));
}

#[tokio::test]
async fn both_levels_of_a_competency_are_told_apart() {
    let own = Capture::number("0133").with(|event| {
        event["eventname"] = r"\core\event\competency_user_competency_rated".into();
        event["courseid"] = 0.into();
    });
    let signal = own.signal();
    assert_eq!((signal.batch.as_str(), signal.course.as_deref()), ("site", None));
    let mut site = Site::recorded();
    let in_course = recorded_json("badgebot.tool_lp_data_for_user_competency_summary_in_course");
    let mut summary = in_course["usercompetencysummary"].clone();
    let mut rating = summary.as_object_mut().unwrap().remove("usercompetencycourse").unwrap();
    (rating["grade"], rating["proficiency"]) = (2.into(), true.into());
    summary["usercompetency"] = rating;
    site.json("tool_lp_data_for_user_competency_summary", &summary);
    let confirmation = confirm_one(&site, signal).await;
    let rated = outcome(settled(&confirmation), "competency:1");
    assert_eq!((rated.course.id.as_str(), rated.passed), ("site", Some(true)));

    // Evidence that completes a competency sends no rating of its own.
    let evidence = Capture::number("0132").with(|event| event["other"]["action"] = 2.into());
    assert_eq!(evidence.signal().detail["competency"], json!(1));
}

#[test]
fn url_encoded_values_and_invalid_json_name_the_setting_to_change() {
    for number in ["0187", "0189"] {
        let capture = Capture::number(number);
        let Err(Rejection::Malformed { reason, body }) = capture.send() else { panic!("{number}") };
        assert!(reason.contains("JSON encode parameters"), "{reason}");
        assert_eq!(body.unwrap(), capture.body, "kept, for the header was right");
    }
    let capture = Capture::number("0154");
    for body in [
        r#"{"event":"%5Ccore%5Cevent%5Cuser_graded","grade":"5"}"#,
        "event=%5Ccore%5Cevent%5Cuser_graded&relateduserid=4",
        r#"{"event":"{eventname}"}"#,
        r"{}",
        "",
    ] {
        let capture = Capture { body: body.into(), ..capture.clone() };
        assert!(matches!(capture.send(), Err(Rejection::Malformed { body: Some(_), .. })), "{body}");
    }
}

#[test]
fn a_placeholder_that_stayed_is_absent() {
    let submitted = Capture::number("0094");
    assert!(String::from_utf8_lossy(&submitted.body).contains("{other_itemid}"));
    assert_eq!(submitted.signal().detail, json!({"expect": "graded", "item": null, "cmid": null}));
    let nobody = submitted.with(|body| body["relateduserid"] = "{relateduserid}".into());
    assert!(ignored(&nobody).contains("no learner"));
}

#[test]
fn tool_trigger_gives_ids_only() {
    let changed = Capture::number("0160").with(|body| {
        body["finalgrade"] = "100".into();
        body["student_email"] = "evil@example.test".into();
        body["student_id"] = "4".into();
        body["grader_userid"] = "4".into();
    });
    assert_eq!(changed.signal(), Capture::number("0160").signal());
}

/// xAPI statements are written from the rows as they are when cron runs.
#[tokio::test]
async fn what_a_statement_says_of_success_is_not_believed() {
    let signals = Capture::number("0215").send().unwrap().signals;
    assert!(signals.iter().all(|signal| !signal.detail.to_string().contains("success")));
    // “success: false” about alice's assignment; the API shows the pass.
    let confirmation = confirm(&Site::recorded(), &signals[..1]).await.unwrap().remove(0);
    let (Confirmation::Settled(outcomes) | Confirmation::Unsettled { outcomes, .. }) = confirmation else {
        panic!("{confirmation:?}")
    };
    assert_eq!(outcome(&outcomes, "item:2").passed, Some(true));
}

#[test]
fn a_statement_about_a_learner_by_id_or_user_name_is_read() {
    let mut statements: Vec<serde_json::Value> =
        serde_json::from_slice(&Capture::number("0215").body).unwrap();
    statements[0]["actor"] = json!({"account": {"homePage": "http://127.0.0.1:18000", "name": "4"}});
    statements[1]["actor"] = json!({"account": {"homePage": "http://127.0.0.1:18000", "name": "alice"}});
    statements[2]["actor"] = json!({"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"});
    statements[2]["timestamp"] = json!("yesterday");
    let capture = Capture { body: serde_json::to_vec(&statements).unwrap(), ..Capture::number("0215") };
    let receipt = capture.send().unwrap();
    let learners: Vec<&str> = receipt.signals[..2].iter().map(|signal| signal.learner.as_str()).collect();
    assert_eq!(learners, ["4", "username:alice"]);
    assert!(receipt.ignored.iter().any(|why| why.starts_with("statement 3") && why.contains("no learner")));
    assert_eq!(receipt.signals[0].occurred_at, Some(at(1_795_423_557)));
}

/// 5.x splits submitting and grading.
#[test]
fn the_grading_event_of_moodle_5_gives_a_signal() {
    let graded =
        Capture::number("0099").with(|event| event["eventname"] = r"\mod_quiz\event\attempt_graded".into());
    assert_eq!(graded.signal().detail, json!({"expect": "graded", "item": null, "cmid": 3}));
}
