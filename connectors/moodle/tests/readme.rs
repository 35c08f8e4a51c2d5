//! The template that the setup guide tells administrators to paste, filled in as the plugin does.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{BODY_TOKEN, Capture, Site, confirm_one, outcome, recorded_json, settled, unsettled};
use crate::Signal;
use crate::moodle::api::{
    ACTIVITIES, ASSIGN_ATTEMPTS, COMPETENCIES, COMPETENCY, COMPETENCY_IN_COURSE, COMPLETION,
    COURSE_COMPETENCIES, COURSES, COURSES_OF_COMPETENCY, Function, GRADES, QUIZ_ATTEMPTS, QUIZZES, ROLES,
    SITE_INFO, USERS,
};

/// Every function that is called.
const FUNCTIONS: [&Function; 15] = [
    &SITE_INFO,
    &GRADES,
    &USERS,
    &COURSES,
    &ACTIVITIES,
    &COMPLETION,
    &ROLES,
    &COMPETENCY,
    &COMPETENCY_IN_COURSE,
    &COURSE_COMPETENCIES,
    &COMPETENCIES,
    &COURSES_OF_COMPETENCY,
    &QUIZ_ATTEMPTS,
    &QUIZZES,
    &ASSIGN_ATTEMPTS,
];

/// The one-line template in README.md.
fn template() -> String {
    let guide = include_str!("../README.md");
    let (_, after) = guide.split_once("```tool_trigger\n").expect("the template");
    after.split_once("\n```").unwrap().0.to_owned()
}

/// What the plugin knows of erin's graded report, her last name included.
fn fields(last_name: &str) -> Vec<(&str, String)> {
    [
        ("eventname", r"\core\event\user_graded"),
        ("id", "56"),
        ("timecreated", "1795423321"),
        ("userid", "3"),
        ("relateduserid", "8"),
        ("courseid", "2"),
        ("objectid", "38"),
        ("contextinstanceid", "2"),
        ("other_itemid", "2"),
        ("other_finalgrade", "90.00000"),
        ("student_lastname", last_name),
        ("student_email", "erin@example.test"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

/// Fills in a template as the plugin does with “JSON encode parameters”: values unescaped, the
/// whole then read as a query string, in which the last of equal names wins.
fn filled(template: &str, fields: &[(&str, String)]) -> Vec<u8> {
    let mut text = template.to_owned();
    for (name, value) in fields {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    let members: serde_json::Map<String, Value> = form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    serde_json::to_vec(&members).unwrap()
}

fn signal(body: Vec<u8>) -> Signal {
    Capture { body, ..Capture::number("0160") }.signal()
}

#[test]
fn the_published_template_is_read() {
    let signal = signal(filled(&template(), &fields("Evans")));
    assert_eq!(signal.event, r"\core\event\user_graded");
    assert_eq!((signal.learner.as_str(), signal.course.as_deref()), ("8", Some("2")));
    assert_eq!(signal.batch, "course:2");
    assert_eq!(signal.key, "tool_trigger|56|1795423321");
    assert_eq!(signal, Capture::number("0160").signal(), "as the recorded request");
}

#[test]
fn the_published_template_asks_for_ids_only() {
    let template = template();
    let mut placeholders: Vec<&str> =
        template.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    placeholders.sort_unstable();
    assert_eq!(
        placeholders,
        [
            "contextinstanceid",
            "courseid",
            "eventname",
            "id",
            "objectid",
            "other_competencyid",
            "other_itemid",
            "relateduserid",
            "timecreated"
        ]
    );
}

/// A learner who renames herself writes other members into an administrator's own template.
#[test]
fn a_name_that_writes_other_members_changes_nothing() {
    let own = format!("lastname={{student_lastname}}&grade={{other_finalgrade}}&{}", template());
    let name = "Evans&finalgrade=100&student_email=evil@example.test&relateduserid=4";
    let body = filled(&own, &fields(name));
    assert!(String::from_utf8_lossy(&body).contains("evil@example.test"), "the injection works");
    let injected = signal(body);
    assert_eq!(injected, signal(filled(&own, &fields("Evans"))));
    let kept = serde_json::to_string(&injected).unwrap();
    assert!(!kept.contains("evil") && !kept.contains("100") && !kept.contains("90"), "{kept}");
}

#[test]
fn each_event_of_the_guide_gives_a_signal_through_the_template() {
    let guide = include_str!("../README.md");
    let (_, after) = guide.split_once("<!-- events -->\n").expect("the table of events");
    let events: Vec<&str> = after
        .split_once("<!-- /events -->")
        .unwrap()
        .0
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(event, _)| event)
        .collect();
    assert!(events.len() >= 8, "{events:?}");
    for event in events {
        let mut fields = fields("Evans");
        fields[0].1 = event.to_owned();
        fields.push(("other_competencyid", "1".to_owned()));
        signal(filled(&template(), &fields));
    }
}

/// Moodle tells in `other.action` whether evidence completes a competency; tool_trigger gives ids
/// alone, so the API has to tell.
#[tokio::test]
async fn evidence_that_tool_trigger_tells_is_asked_about() {
    let evidence = |competency: &str| {
        let mut fields = fields("Evans");
        fields[0].1 = r"\core\event\competency_evidence_created".to_owned();
        for (name, value) in
            [("timecreated", "1795423329"), ("relateduserid", "4"), ("other_competencyid", competency)]
        {
            fields.retain(|(known, _)| *known != name);
            fields.push((name, value.to_owned()));
        }
        Capture { body: filled(&template(), &fields), ..Capture::number("0160") }
    };
    let signal = evidence("1").signal();
    assert_eq!(signal.detail, json!({"expect": "competency", "competency": 1, "rating": null}));
    let mut site = Site::recorded();
    let confirmation = confirm_one(&site, signal.clone()).await;
    assert_eq!(outcome(settled(&confirmation), "competency:1").score.as_ref().unwrap().given, Some(1.into()));
    // Evidence that completes nothing, or not yet.
    let name = "tool_lp_data_for_user_competency_summary_in_course";
    let mut summary = recorded_json(&format!("badgebot.{name}"));
    let rating = &mut summary["usercompetencysummary"]["usercompetencycourse"];
    (rating["grade"], rating["proficiency"]) = (json!(null), json!(null));
    rating["timemodified"] = 1_795_423_329.into();
    site.json(name, &summary);
    let confirmation = confirm_one(&site, signal).await;
    assert!(unsettled(&confirmation).1.contains("no rating of competency 1"));

    let ignored = evidence("{other_competencyid}").send().unwrap().ignored;
    assert!(ignored[0].contains("names no competency"), "{ignored:?}");
}

/// The capabilities in a text: `moodle/grade:viewall`.
fn capabilities(text: &str) -> BTreeSet<&str> {
    let part = |character: char| character.is_ascii_alphanumeric() || "/:_".contains(character);
    let words = text.split(|character| !part(character));
    words.filter(|word| word.contains('/') && word.contains(':') && !word.contains("//")).collect()
}

/// What a message tells an administrator to give is what the guide told them to give.
#[test]
fn messages_and_the_table_of_functions_name_the_same_capabilities() {
    let guide = include_str!("../README.md");
    let (_, table) = guide.split_once("| function | capabilities | read for |\n").expect("the table");
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let row = |first: &str| capabilities(rows.iter().find(|row| row[1].starts_with(first)).unwrap()[2]);
    assert_eq!(row("all"), BTreeSet::from(["webservice/rest:use"]));
    let in_courses = row("all that read a course");
    assert!(in_courses.contains("moodle/course:viewhiddencourses"));
    for function in FUNCTIONS {
        let name = format!("`{}`", function.name);
        let own = rows.iter().find(|row| row[1].contains(&name)).unwrap_or_else(|| panic!("{name}"));
        let beside = FUNCTIONS.iter().filter(|other| own[1].contains(&format!("`{}`", other.name)));
        let needs: BTreeSet<&str> = beside.flat_map(|other| capabilities(other.needs)).collect();
        let mut told = capabilities(own[2]);
        if needs.contains("moodle/course:view") {
            told.extend(&in_courses);
        }
        // Told below the table, for courses with separate groups.
        told.extend(needs.contains("moodle/site:accessallgroups").then_some("moodle/site:accessallgroups"));
        assert_eq!(told, needs, "{name}");
    }
}

#[test]
fn the_settings_in_the_guide_are_the_settings() {
    let guide = include_str!("../README.md");
    for key in ["site", "ws_token", "token", "trigger_token", "xapi"] {
        assert!(guide.contains(&format!("\n{key} = ")), "{key}");
    }
    assert!(!guide.contains(BODY_TOKEN));
}
