//! Whole courses, as reconciliation reads them.

use std::collections::BTreeSet;

use super::*;
use crate::{Assessment, Course, Gradebook, Part, Question, Release, Wanted, Withheld};

const GRADES: &str = "gradereport_user_get_grade_items userid=0";

fn named(name: &str) -> Part {
    Part::Named(name.to_owned())
}

fn course() -> Course {
    Course { id: "2".to_owned(), also: Vec::new(), name: None, url: None }
}

async fn read_with(
    site: &Site,
    parts: &[(Part, bool)],
    decided: &BTreeSet<(String, String)>,
) -> Result<Option<Gradebook>, ApiError> {
    let wanted: Vec<Wanted> =
        parts.iter().map(|(part, decision)| Wanted { part: part.clone(), decision: *decision }).collect();
    let course = course();
    let question = Question { course: &course, wanted: &wanted, marker: None, decided, read_at: at(READ_AT) };
    source().gradebooks().unwrap().read(&question, site).await
}

async fn read(site: &Site, parts: &[(Part, bool)]) -> Gradebook {
    read_with(site, parts, &BTreeSet::new()).await.unwrap().unwrap()
}

fn of<'a>(book: &'a Gradebook, learner: &str, assessment: &str) -> &'a crate::Shown {
    let is = |outcome: &Outcome| outcome.learner.id == learner && outcome.assessment.id == assessment;
    book.shown.iter().find(|shown| is(&shown.outcome)).unwrap()
}

/// Changes one grade item of one learner in the report of all.
fn change(site: &mut Site, learner: u64, item: u64, members: &Value) {
    let mut report = recorded_json("badgebot.gradereport_user_get_grade_items_ALL");
    let theirs = report["usergrades"].as_array_mut().unwrap();
    let theirs = theirs.iter_mut().find(|report| report["userid"] == json!(learner)).unwrap();
    let items = theirs["gradeitems"].as_array_mut().unwrap();
    let found = items.iter_mut().find(|candidate| candidate["id"] == json!(item)).unwrap();
    found.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    site.json(GRADES, &report);
}

#[tokio::test]
async fn all_grades_of_a_course_cost_three_calls() {
    let site = Site::recorded();
    let book = read(&site, &[(named("QUIZ-FINAL"), false), (Part::Total, false)]).await;
    assert_eq!(
        site.functions(),
        [
            "gradereport_user_get_grade_items",
            "core_course_get_courses_by_field",
            "core_user_get_users_by_field"
        ]
    );
    let alice = of(&book, "4", "item:4");
    assert_eq!((alice.decision, &alice.outcome.release), (false, &Release::Released));
    assert!(book.whole.contains("item:4") && book.whole.contains(Assessment::COURSE_TOTAL));
    assert!(book.absent.is_empty(), "{:?}", book.absent);
}

#[tokio::test]
async fn what_is_shown_is_what_confirming_shows() {
    let site = Site::recorded();
    let book = read(&site, &[(named("QUIZ-FINAL"), true)]).await;
    let shown = of(&book, "4", "item:4");
    assert!(shown.decision);
    let signal = source().gradebooks().unwrap().signal(&shown.outcome).unwrap();
    assert_eq!((signal.batch.as_str(), signal.learner.as_str()), ("course:2", "4"));
    let confirmation = confirm_one(&site, signal).await;
    let confirmed = outcome(settled(&confirmation), "item:4");
    assert_eq!((&confirmed.score, confirmed.passed), (&shown.outcome.score, shown.outcome.passed));
    assert_eq!(confirmed.release, shown.outcome.release);
}

#[tokio::test]
async fn decisions_are_asked_of_those_alone_whose_is_not_known() {
    let asked = async |parts: &[(Part, bool)], decided: &[(&str, &str)]| {
        let site = Site::recorded();
        let decided = decided.iter().map(|(learner, it)| ((*learner).to_owned(), (*it).to_owned())).collect();
        read_with(&site, parts, &decided).await.unwrap();
        let asked = site.asked.lock().unwrap();
        let mut learners: Vec<String> = asked
            .iter()
            .filter(|call| call.starts_with("core_completion"))
            .map(|call| call.rsplit("userid=").next().unwrap().to_owned())
            .collect();
        learners.sort();
        learners
    };
    let everybody = asked(&[(named("cmid:3"), true)], &[]).await;
    assert!(
        everybody.contains(&"4".to_owned()) && !everybody.contains(&"6".to_owned()),
        "Carol has no grade"
    );
    let but_alice = asked(&[(named("cmid:3"), true)], &[("4", "item:4")]).await;
    assert_eq!(but_alice.len(), everybody.len() - 1);
    let completion = asked(&[(Part::Completion, true)], &[("4", "course-completion")]).await;
    assert!(!completion.contains(&"4".to_owned()) && completion.contains(&"5".to_owned()));
}

#[tokio::test]
async fn a_grade_that_is_hidden_null_or_of_a_suspended_learner_does_not_count() {
    let withheld = |reason| Release::Withheld { reason };
    let mut site = Site::recorded();
    change(&mut site, 4, 4, &json!({"gradeishidden": true}));
    let book = read(&site, &[(named("item:4"), false)]).await;
    assert_eq!(of(&book, "4", "item:4").outcome.release, withheld(Withheld::Hidden));
    change(&mut site, 4, 4, &json!({"graderaw": null}));
    let book = read(&site, &[(named("item:4"), false)]).await;
    assert_eq!(of(&book, "4", "item:4").outcome.release, withheld(Withheld::NotGraded));
    let suspended: Vec<Value> = accounts()
        .into_iter()
        .map(|mut user| {
            user["suspended"] = json!(true);
            user
        })
        .collect();
    let mut site = Site::recorded();
    site.json("core_user_get_users_by_field", &Value::from(suspended));
    let book = read(&site, &[(named("item:4"), false)]).await;
    assert_eq!(of(&book, "4", "item:4").outcome.release, withheld(Withheld::NotEnrolled));
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let functions = [
        GRADES,
        "core_course_get_courses_by_field",
        "core_user_get_users_by_field",
        "core_completion_get_activities_completion_status",
    ];
    for function in functions {
        for body in
            [r#"{"usergrades": [{"#, "", "<html>", r#"{"exception": "e", "errorcode": "sitemaintenance"}"#]
        {
            let mut site = Site::recorded();
            site.answer(function, 200, body);
            let read = read_with(&site, &[(named("item:4"), true)], &BTreeSet::new()).await;
            assert!(read.as_ref().is_err_and(ApiError::passes), "{function} {body}: {read:?}");
        }
    }
}

#[tokio::test]
async fn what_the_course_does_not_have_is_told() {
    let book = read(&Site::recorded(), &[(named("item:4"), false), (named("QUIZ-OLD"), false)]).await;
    assert_eq!(book.absent, [named("QUIZ-OLD")]);
    let absent = source()
        .gradebooks()
        .unwrap()
        .absent(&course(), &[named("ORAL"), named("cmid:99"), Part::Total], &Site::recorded())
        .await;
    assert_eq!(absent.unwrap(), [named("cmid:99")]);
    let mut gone = Site::recorded();
    gone.answer(GRADES, 200, recorded("err.grade_items_nocourse"));
    assert_eq!(read_with(&gone, &[(named("item:4"), false)], &BTreeSet::new()).await, Ok(None));
}

#[tokio::test]
async fn a_course_is_found_by_each_of_its_names() {
    let find =
        async |site: &Site, name: &str| source().gradebooks().unwrap().course(name, site).await.unwrap();
    let site = Site::recorded();
    let found = find(&site, "EXT-WS101").await.unwrap();
    assert_eq!(found.id, "2");
    assert!(found.also.contains(&"EXT-WS101".to_owned()), "the answer does not repeat it: {:?}", found.also);
    assert!(site.asked.lock().unwrap()[0].contains("field=idnumber"), "no number is no id");
    let mut empty = Site::recorded();
    empty.json("core_course_get_courses_by_field", &json!({"courses": [], "warnings": []}));
    assert_eq!(find(&empty, "2").await, None);
    let asked = empty.asked.lock().unwrap().len();
    assert_eq!(asked, 3, "id, idnumber and short name");
}

#[tokio::test]
async fn completion_is_confirmed_by_its_own_call_and_a_competency_not_at_all() {
    let book = read(&Site::recorded(), &[(Part::Completion, true)]).await;
    let completion = &of(&book, "4", Assessment::COURSE_COMPLETION).outcome;
    let signal = source().gradebooks().unwrap().signal(completion).unwrap();
    let site = Site::recorded();
    let confirmation = confirm_one(&site, signal).await;
    assert_eq!(outcome(settled(&confirmation), Assessment::COURSE_COMPLETION).passed, completion.passed);
    let mut competency = completion.clone();
    competency.assessment.kind = crate::AssessmentKind::Competency;
    assert!(source().gradebooks().unwrap().signal(&competency).is_none());
}
