//! What Moodle leaves out without an error: for accounts that may not see it, and by the settings of
//! a course. None of it is taken for “no grade” or “no such learner”.

use super::*;
use crate::asking::{Asking, named, score};
use crate::{Course, Part};

const ACTIVITIES: &str = "core_completion_get_activities_completion_status";
const GRADES: &str = "gradereport_user_get_grade_items";
const USERS: &str = "core_user_get_users_by_field";

/// Takes an item out of alice's report.
fn without_item(site: &mut Site, item: u64) {
    let mut report = recorded_json("badgebot.gradereport_user_get_grade_items");
    let items = report["usergrades"][0]["gradeitems"].as_array_mut().unwrap();
    items.retain(|candidate| candidate["id"] != json!(item));
    site.json(&format!("{GRADES} userid=4"), &report);
}

/// Takes an activity out of the completion report.
fn without_activity(site: &mut Site, cmid: u64) {
    let mut statuses = recorded_json(&format!("badgebot.{ACTIVITIES}"));
    statuses["statuses"].as_array_mut().unwrap().retain(|status| status["cmid"] != json!(cmid));
    site.json(ACTIVITIES, &statuses);
}

fn names_the_capabilities(why: &str) {
    for capability in [
        "moodle/grade:viewhidden",
        "moodle/course:viewhiddenactivities",
        "moodle/course:ignoreavailabilityrestrictions",
    ] {
        assert!(why.contains(capability), "{why}");
    }
}

/// alice passed the quiz; the account may not see it.
#[tokio::test]
async fn a_decision_in_an_activity_that_is_not_listed_is_waited_for_and_the_capabilities_are_named() {
    let mut site = Site::recorded();
    without_activity(&mut site, 3);
    let confirmation = confirm_one(&site, Capture::number("0096").signal()).await;
    let (outcomes, why) = unsettled(&confirmation);
    names_the_capabilities(why);
    assert!(why.contains("activity 3"), "{why}");
    assert_eq!(outcome(outcomes, "item:4").passed, None, "for when the host gives up");

    // Where the course tracks no completion, nothing was left out.
    let mut courses = recorded_json("badgebot.core_course_get_courses_by_field");
    courses["courses"][0]["enablecompletion"] = 0.into();
    site.json("core_course_get_courses_by_field", &courses);
    settled(&confirm_one(&site, Capture::number("0096").signal()).await);
}

#[tokio::test]
async fn a_grade_item_that_is_not_listed_is_waited_for_and_the_capabilities_are_named() {
    let mut site = Site::recorded();
    without_item(&mut site, 4);
    without_activity(&mut site, 3);
    let graded = Capture::number("0097");
    let by_id_alone = Capture::number("0160").with(|body| {
        (body["relateduserid"], body["itemid"]) = ("4".into(), "4".into());
    });
    let submitted = Capture::number("0099");
    for (capture, what) in
        [(&graded, "grade item 4"), (&by_id_alone, "grade item 4"), (&submitted, "activity 3")]
    {
        let confirmation = confirm_one(&site, capture.signal()).await;
        let (outcomes, why) = unsettled(&confirmation);
        names_the_capabilities(why);
        assert!(why.contains(what) && outcomes.len() == 5, "{why}");
    }
    // An item that was removed takes its grades with it.
    let deleted = graded.with(|event| event["eventname"] = r"\core\event\grade_deleted".into());
    let mut reports: Value = recorded_json("badgebot.gradereport_user_get_grade_items_ALL");
    for report in reports["usergrades"].as_array_mut().unwrap() {
        report["gradeitems"].as_array_mut().unwrap().retain(|item| item["id"] != json!(4));
    }
    site.json(&format!("{GRADES} userid=0"), &reports);
    settled(&confirm_one(&site, deleted.signal()).await);
}

#[tokio::test]
async fn a_hidden_course_names_the_capability_to_see_it() {
    let hidden = json!({"exception": "require_login_exception", "errorcode": "requireloginerror",
        "message": "Course or activity not accessible. (Course is hidden)"});
    for function in [GRADES, ACTIVITIES, "core_completion_get_course_completion_status"] {
        let mut site = Site::recorded();
        site.json(&format!("{function} userid=4"), &hidden);
        let completed = Capture::number("0115").with(|event| event["relateduserid"] = 4.into());
        let signals = [Capture::number("0097").signal(), completed.signal()];
        let Err(ApiError::Unauthorized { what }) = confirm(&site, &signals).await else {
            panic!("{function}")
        };
        assert!(what.contains("moodle/course:viewhiddencourses"), "{what}");
    }
}

/// By user name Moodle finds accounts only for those who may see all details.
#[tokio::test]
async fn nobody_by_a_user_name_waits_for_a_human_unless_another_is_found_so() {
    let named_so =
        |name: &str| Signal { learner: format!("username:{name}"), ..Capture::number("0097").signal() };
    let mut site = Site::recorded();
    site.json(USERS, &json!([]));
    let confirmation = confirm_one(&site, named_so("alice")).await;
    let Confirmation::Unread(ApiError::Unauthorized { what }) = &confirmation else {
        panic!("{confirmation:?}")
    };
    assert!(what.contains("moodle/user:viewalldetails"), "{what}");

    let confirmations = confirm(&Site::recorded(), &[named_so("alice"), named_so("nobody")]).await.unwrap();
    assert_eq!(outcome(settled(&confirmations[0]), "item:4").learner.id, "4");
    assert!(matches!(&confirmations[1], Confirmation::Nothing { .. }), "{:?}", confirmations[1]);
}

/// Takes members out of every item of every report.
fn without_members(members: &[&str]) -> Site {
    let mut site = Site::recorded();
    for (learner, name) in [(4, ""), (0, "_ALL")] {
        let mut reports: Value = recorded_json(&format!("badgebot.{GRADES}{name}"));
        for report in reports["usergrades"].as_array_mut().unwrap() {
            for item in report["gradeitems"].as_array_mut().unwrap() {
                item.as_object_mut().unwrap().retain(|member, _| !members.contains(&member.as_str()));
            }
        }
        site.json(&format!("{GRADES} userid={learner}"), &reports);
    }
    site
}

/// All that Moodle tells under “Show grades”.
const OF_GRADES: [&str; 9] = [
    "graderaw",
    "gradehiddenbydate",
    "gradeneedsupdate",
    "gradeishidden",
    "gradedatesubmitted",
    "gradedategraded",
    "gradeislocked",
    "gradeisoverridden",
    "gradeformatted",
];

#[tokio::test]
async fn a_report_that_leaves_out_grades_or_ranges_is_none_and_the_setting_is_named() {
    let course = Course { id: "2".to_owned(), also: Vec::new(), name: None, url: None };
    let wanted = [score(named("item:4"))];
    for (members, setting) in [
        (&OF_GRADES[..], "“Show grades”"),
        (&["grademin", "grademax", "rangeformatted"][..], "“Show ranges”"),
    ] {
        let site = without_members(members);
        let asking =
            Asking { course: "2", wanted: &wanted, marker: None, decided: &[], read_at: at(READ_AT) };
        let graded = |learner: u64| {
            Capture::number("0097").with(|event| event["relateduserid"] = learner.into()).signal()
        };
        let source = source();
        let errors = [
            confirm(&site, &[graded(4)]).await.unwrap_err(),
            confirm(&site, &[4, 5, 7, 8].map(graded)).await.unwrap_err(),
            asking.read(&*source, &site).await.unwrap_err(),
            source.gradebooks().unwrap().absent(&course, &[Part::Total], &site).await.unwrap_err(),
        ];
        for error in errors {
            let ApiError::Unauthorized { what } = &error else { panic!("{error:?}") };
            assert!(what.contains(setting) && what.contains("Course grade settings"), "{what}");
        }
    }
}

/// Who is excluded is told beside the weight.
#[tokio::test]
async fn without_weightings_nobody_knows_whether_all_is_graded() {
    let mut site = without_members(&["weightraw", "weightformatted", "status"]);
    let all_graded = async |site: &Site| {
        let confirmation = confirm_one(site, Capture::number("0097").signal()).await;
        outcome(settled(&confirmation), crate::Assessment::COURSE_TOTAL).all_graded
    };
    assert_eq!(all_graded(&site).await, None, "the essay may be one from which alice is excluded");
    site.item(4, 5, &json!({"graderaw": 50}));
    site.item(4, 6, &json!({"graderaw": 40}));
    assert_eq!(all_graded(&site).await, Some(true));
}
