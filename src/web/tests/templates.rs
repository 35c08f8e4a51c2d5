//! Templates say nothing by themselves: words stand in `src/locales`.

use std::fs;
use std::path::Path;

/// What stands in templates all the same: names and addresses.
const NAMES: [&str; 3] = ["did.json", "vc.1edtech.org", "/credentials/"];
/// What attributes say to programs.
const CODES: [&str; 7] =
    ["width=device-width, initial-scale=1", "light dark", "website", "summary", "noindex", "", "profile"];

/// The demo's outbox is for administrators, who read English.
fn is_for_learners(name: &str) -> bool {
    !name.starts_with("outbox")
}

/// The template without what askama replaces.
fn fixed(template: &str) -> String {
    let mut out = template.to_owned();
    for (begin, end) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        while let Some(at) = out.find(begin) {
            let length = out[at..].find(end).unwrap() + end.len();
            out.replace_range(at..at + length, "");
        }
    }
    out
}

/// Words between tags, and in attributes that people read.
fn words(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        found.push(text.trim().to_owned());
        let end = tag.find('>').unwrap();
        for name in ["alt", "title", "aria-label", "placeholder", "content"] {
            if let Some(value) = tag[..end].split(&format!(" {name}=\"")).nth(1) {
                found.push(value.split('"').next().unwrap().trim().to_owned());
            }
        }
        rest = &tag[end + 1..];
    }
    found.retain(|text| text.chars().any(char::is_alphabetic));
    found
}

#[test]
fn no_template_holds_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for folder in ["web/templates", "mail/templates/claim"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let html = path.extension().is_some_and(|ending| ending == "html");
            if !html || !is_for_learners(&name) {
                continue;
            }
            seen += 1;
            let template = fixed(&fs::read_to_string(&path).unwrap());
            // A style sheet is not read.
            let template = match (template.find("<style>"), template.find("</style>")) {
                (Some(begin), Some(end)) => format!("{}{}", &template[..begin], &template[end..]),
                _ => template,
            };
            for words in words(&template) {
                assert!(
                    NAMES.contains(&words.as_str()) || CODES.contains(&words.as_str()),
                    "{name} says “{words}” in one language: move it to src/locales"
                );
            }
        }
    }
    assert!(seen > 10, "templates were looked at");
}

#[test]
fn words_are_found_where_people_read_them() {
    let html =
        fixed("<p {% if a %}class=\"b\"{% endif %}>{{ x }} <b>Hello</b> {{ y }}</p><img alt=\"A cat\">");
    assert_eq!(words(&html), ["Hello", "A cat"]);
}
