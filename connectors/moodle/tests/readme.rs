//! The template that the setup guide tells administrators to paste, filled in as the plugin does.

use serde_json::Value;
use url::form_urlencoded;

use super::{BODY_TOKEN, Capture};
use crate::Signal;

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

#[test]
fn the_settings_in_the_guide_are_the_settings() {
    let guide = include_str!("../README.md");
    for key in ["site", "ws_token", "token", "trigger_token", "xapi"] {
        assert!(guide.contains(&format!("\n{key} = ")), "{key}");
    }
    assert!(!guide.contains(BODY_TOKEN));
}
