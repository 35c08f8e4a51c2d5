//! What `README.md` promises: its requests, mappings and signature work.

use super::*;

const README: &str = include_str!("../README.md");

/// The content of every fenced block of a language, each with the line before its fence.
fn blocks(language: &str) -> Vec<(&'static str, String)> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    let mut before = "";
    while let Some(line) = lines.next() {
        if line == format!("```{language}") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((before, content.join("\n")));
        }
        before = line;
    }
    blocks
}

/// The table of a TOML block, as far as the README uses TOML: one `key = value` a line.
fn toml_table(block: &str) -> Value {
    let line = |line: &str| {
        let (key, value) = line.split_once(" = ").unwrap();
        let value = ["value", "join", "at", "is", "ends"]
            .iter()
            .fold(value.to_owned(), |json, key| json.replace(&format!("{key} = "), &format!("\"{key}\": ")));
        (key.trim_matches('"').to_owned(), serde_json::from_str(&value).unwrap())
    };
    Value::Object(block.lines().filter(|line| !line.starts_with('[')).map(line).collect())
}

#[test]
fn the_readme_s_events_are_read() {
    let source = token_source(Value::Null);
    let events: Vec<String> = blocks("json")
        .into_iter()
        .filter(|(before, _)| !before.starts_with("<!--"))
        .map(|(_, json)| json)
        .collect();
    assert_eq!(events.len(), 4);
    for event in events {
        let receipt = receive(&*source, &bearer(TOKEN), event.as_bytes()).unwrap();
        assert_eq!(receipt.signals.len(), 1, "{event}");
    }
}

/// A source with the mapping of this name.
fn mapped_source(name: &str) -> Box<dyn Connector> {
    let marker = format!("<!-- mapping {name} -->");
    let (_, mapping) = blocks("toml").into_iter().find(|(before, _)| *before == marker).unwrap();
    token_source(toml_table(&mapping))
}

#[test]
fn the_readme_s_mappings_read_the_readme_s_examples() {
    let mut read = Vec::new();
    for (before, body) in blocks("json") {
        let Some(name) = before.strip_prefix("<!-- example ").and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let outcome = outcome(&*mapped_source(name), &body);
        let percent = outcome.score.as_ref().unwrap().percent().unwrap();
        read.push((
            outcome.learner.name.unwrap(),
            outcome.assessment.id,
            percent.to_string(),
            outcome.passed,
        ));
        assert_eq!(outcome.as_of, at(NOW), "{name}");
    }
    let row = |name: &str, id: &str, percent: &str, passed| (name.into(), id.into(), percent.into(), passed);
    assert_eq!(
        read,
        [
            row("Tomasz Brandt", "data-protection-form", "90", None),
            row("Ines Okafor", "ladder-safety", "87.5", Some(true)),
            row("Tomasz Brandt", "https://courses.example.test/forklift/exam", "80", Some(true)),
        ]
    );
}

/// A cmi5 player says more of an object than how it ended.
#[test]
fn what_a_player_sends_around_a_pass_does_not_take_it_back() {
    let source = mapped_source("xapi");
    let (_, passed) = blocks("json").into_iter().find(|(before, _)| before.contains("example xapi")).unwrap();
    let statement = |verb: &str| {
        let mut statement: Value = serde_json::from_str(&passed).unwrap();
        statement["verb"]["id"] = json!(verb);
        statement.to_string()
    };
    for (verb, says) in [
        ("http://adlnet.gov/expapi/verbs/passed", Some(true)),
        ("https://w3id.org/xapi/adl/verbs/Passed", Some(true)),
        ("http://adlnet.gov/expapi/verbs/failed", Some(false)),
        ("http://adlnet.gov/expapi/verbs/terminated", None),
        ("http://adlnet.gov/expapi/verbs/initialized", None),
        ("http://adlnet.gov/expapi/verbs/completed", None),
        ("https://w3id.org/xapi/adl/verbs/abandoned", None),
        ("", None),
    ] {
        let receipt = receive(&*source, &bearer(TOKEN), statement(verb).as_bytes()).unwrap();
        let read = receipt.signals.first().map(|signal| signal.outcome.as_ref().unwrap().passed.unwrap());
        assert_eq!(read, says, "{verb}");
        assert_eq!(receipt.ignored.len(), usize::from(says.is_none()), "{verb}");
    }
}

#[test]
fn the_readme_s_signature_is_right() {
    let after = |start: &str| {
        let rest = README.split_once(start).unwrap().1;
        rest.split(['\n', '\'', '`']).next().unwrap()
    };
    let body = after("BODY='").as_bytes();
    let headers = headers(&[
        ("webhook-id", after("\nID=").to_owned()),
        ("webhook-timestamp", after("`NOW=").to_owned()),
        ("webhook-signature", after("`webhook-signature: ").to_owned()),
    ]);
    let source = build(json!({"trusted": true, "secret": after("\nSECRET=")})).unwrap();
    assert_eq!(receive(&*source, &headers, body).unwrap().signals.len(), 1);
}
