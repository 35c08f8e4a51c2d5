//! Whole courses, as reconciliation reads them.

use super::*;
use crate::asking::{Asking, asked, decision, named, score};
use crate::{Assessment, Course, Gradebook, Part, Release, Wanted, Withheld};

const GRADES: &str = "gradereport_user_get_grade_items userid=0";

fn course() -> Course {
    Course { id: "2".to_owned(), also: Vec::new(), name: None, url: None }
}

async fn read_with(
    site: &Site,
    wanted: &[Wanted],
    decided: &[(&str, &str)],
) -> Result<Option<Gradebook>, ApiError> {
    let asking = Asking { course: "2", wanted, marker: None, decided, read_at: at(READ_AT) };
    asking.read(&*source(), site).await
}

async fn read(site: &Site, wanted: &[Wanted]) -> Gradebook {
    read_with(site, wanted, &[]).await.unwrap().unwrap()
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
async fn all_grades_of_a_course_cost_four_calls() {
    let site = Site::recorded();
    let book = read(&site, &[score(named("QUIZ-FINAL")), score(Part::Total)]).await;
    assert_eq!(
        site.functions(),
        [
            "gradereport_user_get_grade_items",
            "core_course_get_courses_by_field",
            "core_user_get_users_by_field",
            "core_user_get_course_user_profiles",
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
    let book = read(&site, &[decision(named("QUIZ-FINAL"))]).await;
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
    let asked = async |parts: &[Wanted], decided: &[(&str, &str)]| {
        let site = Site::recorded();
        read_with(&site, parts, decided).await.unwrap();
        let asked = site.asked.lock().unwrap();
        let mut learners: Vec<String> = asked
            .iter()
            .filter(|call| call.starts_with("core_completion"))
            .map(|call| call.rsplit("userid=").next().unwrap().to_owned())
            .collect();
        learners.sort();
        learners
    };
    let everybody = asked(&[decision(named("cmid:3"))], &[]).await;
    assert!(
        everybody.contains(&"4".to_owned()) && !everybody.contains(&"6".to_owned()),
        "Carol has no grade"
    );
    let but_alice = asked(&[decision(named("cmid:3"))], &[("4", "item:4")]).await;
    assert_eq!(but_alice.len(), everybody.len() - 1);
    let completion = asked(&[decision(Part::Completion)], &[("4", "course-completion")]).await;
    assert!(!completion.contains(&"4".to_owned()) && completion.contains(&"5".to_owned()));
}

#[tokio::test]
async fn a_grade_that_is_hidden_null_or_of_a_suspended_learner_does_not_count() {
    let withheld = |reason| Release::Withheld { reason };
    let mut site = Site::recorded();
    change(&mut site, 4, 4, &json!({"gradeishidden": true}));
    let book = read(&site, &[score(named("item:4"))]).await;
    assert_eq!(of(&book, "4", "item:4").outcome.release, withheld(Withheld::Hidden));
    change(&mut site, 4, 4, &json!({"graderaw": null}));
    let book = read(&site, &[score(named("item:4"))]).await;
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
    let book = read(&site, &[score(named("item:4"))]).await;
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
            let read = read_with(&site, &[decision(named("item:4"))], &[]).await;
            assert!(read.as_ref().is_err_and(ApiError::passes), "{function} {body}: {read:?}");
        }
    }
}

#[tokio::test]
async fn what_the_course_does_not_have_is_told() {
    let book = read(&Site::recorded(), &[score(named("item:4")), score(named("QUIZ-OLD"))]).await;
    assert_eq!(book.absent, [named("QUIZ-OLD")]);
    let absent = source()
        .gradebooks()
        .unwrap()
        .absent(&course(), &[named("ORAL"), named("cmid:99"), Part::Total], &Site::recorded())
        .await;
    assert_eq!(absent.unwrap(), [named("cmid:99")]);
    let mut gone = Site::recorded();
    gone.answer(GRADES, 200, recorded("err.grade_items_nocourse"));
    assert_eq!(read_with(&gone, &[score(named("item:4"))], &[]).await, Ok(None));
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
async fn completion_is_confirmed_by_its_own_call() {
    let book = read(&Site::recorded(), &[decision(Part::Completion)]).await;
    let completion = &of(&book, "4", Assessment::COURSE_COMPLETION).outcome;
    let signal = source().gradebooks().unwrap().signal(completion).unwrap();
    let site = Site::recorded();
    let confirmation = confirm_one(&site, signal).await;
    assert_eq!(outcome(settled(&confirmation), Assessment::COURSE_COMPLETION).passed, completion.passed);
}

const OF_COURSE: &str = "core_competency_list_course_competencies";
const IN_COURSE: &str = "tool_lp_data_for_user_competency_summary_in_course";
const OWN: &str = "tool_lp_data_for_user_competency_summary";

fn competency(name: &str) -> Part {
    Part::Competency(name.to_owned())
}

/// The recorded site, which lists its competency.
fn with_competencies() -> Site {
    let mut site = Site::recorded();
    let fire =
        &recorded_json(&format!("badgebot.{IN_COURSE}"))["usercompetencysummary"]["competency"]["competency"];
    let water = json!({"id": 2, "shortname": "Water safety", "idnumber": ""});
    site.json(OF_COURSE, &json!([{"competency": fire}, {"competency": water}]));
    site
}

#[tokio::test]
async fn ratings_in_a_course_are_read_of_the_competencies_that_rules_name() {
    for part in [competency("COMP-FIRE"), competency("competency:1"), named("competency:1")] {
        let site = with_competencies();
        let book = read(&site, &[decision(part.clone())]).await;
        let shown = of(&book, "4", "competency:1");
        assert_eq!((shown.outcome.passed, shown.decision), (Some(false), true), "rated, and not proficient");
        let learners = site.functions().iter().filter(|function| *function == IN_COURSE).count();
        assert_eq!(learners, 6, "one call for each learner");
        assert!(book.absent.is_empty() && !book.whole.contains("competency:1"));

        let signal = source().gradebooks().unwrap().signal(&shown.outcome).unwrap();
        assert_eq!((signal.batch.as_str(), signal.learner.as_str()), ("course:2", "4"));
        // The rule names the course by its ID number, which the rating does not tell.
        let asked = asked("EXT-WS101", &[decision(part)]);
        let confirmed = confirm_asked(&site, &[signal], &asked).await.unwrap();
        assert_eq!(outcome(settled(&confirmed[0]), "competency:1"), &shown.outcome);
    }
}

#[tokio::test]
async fn competencies_cost_nothing_where_no_rule_names_one_or_it_is_known_as_reached() {
    let site = with_competencies();
    read(&site, &[score(named("QUIZ-FINAL"))]).await;
    assert!(!site.functions().contains(&OF_COURSE.to_owned()));
    let site = with_competencies();
    let everybody: Vec<(&str, &str)> =
        ["4", "5", "6", "7", "8"].iter().map(|learner| (*learner, "competency:1")).collect();
    read_with(&site, &[decision(competency("COMP-FIRE"))], &everybody).await.unwrap();
    assert_eq!(site.functions().iter().filter(|function| *function == IN_COURSE).count(), 1, "Frank");
}

#[tokio::test]
async fn a_competency_that_the_course_does_not_have_is_told_if_the_course_tells_its_own() {
    let parts = [decision(competency("COMP-FIRE")), decision(competency("COMP-GONE"))];
    assert_eq!(read(&with_competencies(), &parts).await.absent, [competency("COMP-GONE")]);
    let (source, site) = (source(), with_competencies());
    let parts = [competency("COMP-GONE"), named("competency:2")];
    let absent = source.gradebooks().unwrap().absent(&course(), &parts, &site).await;
    assert_eq!(absent.unwrap(), [competency("COMP-GONE")]);
    // Without the right to list them the grades are read all the same.
    let mut site = Site::recorded();
    site.answer(OF_COURSE, 200, recorded("err.function_not_in_service"));
    let book = read(&site, &[decision(competency("COMP-FIRE")), score(named("item:4"))]).await;
    assert!(book.absent.is_empty() && book.whole.contains("item:4"));
}

#[tokio::test]
async fn the_learners_own_level_is_read_of_all_in_courses_that_use_the_competency() {
    let mut site = Site::recorded();
    let mut summary = recorded_json(&format!("badgebot.{IN_COURSE}"))["usercompetencysummary"].clone();
    let mut rating = summary["usercompetencycourse"].take();
    (rating["grade"], rating["proficiency"]) = (2.into(), true.into());
    summary["usercompetency"] = rating;
    site.json(OWN, &summary);
    site.json("core_competency_list_competencies", &json!([summary["competency"]["competency"]]));
    site.json(
        "tool_lp_list_courses_using_competency",
        &json!([{"id": 2, "fullname": "Workplace Safety 101"}]),
    );
    let own = source().gradebooks().unwrap().course("site", &site).await.unwrap().unwrap();
    assert_eq!(own.id, "site");
    let wanted = [decision(competency("COMP-FIRE")), decision(competency("COMP-GONE"))];
    let asking = Asking { course: "site", wanted: &wanted, marker: None, decided: &[], read_at: at(READ_AT) };
    let book = asking.read(&*source(), &site).await.unwrap().unwrap();
    assert_eq!((book.shown.len(), &book.absent), (6, &vec![competency("COMP-GONE")]));
    let shown = of(&book, "4", "competency:1").outcome.clone();
    assert_eq!((shown.passed, shown.course.id.as_str()), (Some(true), "site"));
    let signal = source().gradebooks().unwrap().signal(&shown).unwrap();
    assert_eq!((signal.batch.as_str(), signal.course.as_deref()), ("site", None));
    let confirmed = confirm_one(&site, signal).await;
    assert_eq!(outcome(settled(&confirmed), "competency:1"), &shown);
}
