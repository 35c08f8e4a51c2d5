//! Tests of single steps, and of badge files; those of the configuration as a whole are in
//! `tests/it/config.rs`.

mod award;
mod expression;
mod images;
mod keys;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::award::award;
use super::document::parse;
use super::files::Shelf;
use super::*;
use crate::badges::BadgeImage;
use crate::rules::{AssessmentName, Condition, Rule, Threshold};

const SOURCES: &[&str] = &["moodle", "canvas", "blackboard", "forms"];

fn read_award(text: &str) -> (Option<Rule>, String) {
    let mut problems = Vec::new();
    let root = parse(text, Path::new("badge.toml"), &mut problems);
    let mut node = root.table().unwrap().get("award").cloned();
    if let Some(node) = &mut node {
        super::cycle::take(node, &[], &mut problems);
    }
    let rule = node.and_then(|node| award(&node, SOURCES, &mut problems)).map(|award| award.rule);
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (rule, lines.join("\n"))
}

fn rule(text: &str) -> Rule {
    match read_award(text) {
        (Some(rule), problems) if problems.is_empty() => rule,
        (_, problems) => panic!("{problems}"),
    }
}

fn problems(text: &str) -> String {
    let (rule, problems) = read_award(text);
    assert_eq!(rule, None);
    problems
}

fn condition(assessment: AssessmentName, threshold: Threshold) -> Rule {
    Rule::Condition(Condition::new("moodle", "WS", assessment, threshold))
}

fn named(name: &str, threshold: Threshold) -> Rule {
    condition(AssessmentName::Named(name.to_owned()), threshold)
}

#[test]
fn every_form_of_award_is_understood() {
    let parsed = rule(
        r#"
        [award]
        source = "moodle"
        course = "WS"
        all = [
          { assessment = "QUIZ", passed = true },
          { assessment = "QUIZ", at_least = "70.5 %" },
          { assessment = "QUIZ", at_least = "60points" },
          { assessment = "QUIZ", grade = "Competent" },
          { any = [ { course_total = true, at_least = "0 %" }, { course_completed = true } ] },
          { at_least = 1, of = [
            { source = "canvas", course = "565", assessment = "355", grade = ["A", "A-"] },
            { assessment = "course-total", passed = true },
          ] },
        ]"#,
    );
    let percent = |mark: &str| Threshold::Percent(mark.parse().unwrap());
    let expected = Rule::All(vec![
        named("QUIZ", Threshold::Passed),
        named("QUIZ", percent("70.5")),
        named("QUIZ", Threshold::Points("60".parse().unwrap())),
        named("QUIZ", Threshold::OneOf(vec!["Competent".to_owned()])),
        Rule::Any(vec![
            condition(AssessmentName::CourseTotal, percent("0")),
            condition(AssessmentName::CourseCompletion, Threshold::Passed),
        ]),
        Rule::AtLeast {
            count: 1,
            of: vec![
                Rule::Condition(Condition::new(
                    "canvas",
                    "565",
                    AssessmentName::Named("355".to_owned()),
                    Threshold::OneOf(vec!["A".to_owned(), "A-".to_owned()]),
                )),
                condition(AssessmentName::CourseTotal, Threshold::Passed),
            ],
        },
    ]);
    assert_eq!(parsed, expected);
}

#[test]
fn one_condition_may_stand_alone() {
    let parsed =
        rule("award = { source = \"moodle\", course = \"WS\", assessment = \"QUIZ\", passed = true }");
    assert_eq!(parsed, named("QUIZ", Threshold::Passed));
}

#[test]
fn all_problems_of_an_award_are_told_at_once() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodel"
all = [
  { assessment = "QUIZ", at_least = "70" },
  { assessment = "QUIZ", at_least = 70 },
  { assessment = "QUIZ", at_least = "7000 %" },
  { assessment = "QUIZ", at_least = "-1 points" },
  { assessment = "QUIZ", at_least = "69,5 %" },
  { assessment = "QUIZ", passed = true, at_least = "70 %" },
  { assessment = "QUIZ", passed = false },
  { assessment = "QUIZ" },
  { assesment = "QUIZ", passed = true },
  { assessment = 355, passed = true },
  { course_completed = true, at_least = "70 %" },
  { course_total = true, assessment = "QUIZ", passed = true },
  { assessment = "QUIZ", grade = [3] },
  { },
  "QUIZ",
]"#
    ), @r#"
    badge.toml:2: there is no source “moodel”; configured is `moodle`, `canvas`, `blackboard` or `forms`; did you mean `moodle`?
    badge.toml:4: “70” has no unit; write "70 %" or "60 points"
    badge.toml:4: which course? Write `course = "…"` here or once under [award], with the id or the short name that the course has in the LMS
    badge.toml:5: `at_least` needs a unit: write "70 %" or "60 points"; to ask for that many conditions, add the list `of = [ … ]`
    badge.toml:6: “7000 %” is out of reach; at most 1000 % is possible, 100 % is full marks
    badge.toml:7: “-1 points” is below zero, so that every grade would earn the badge; write "70 %" or "60 points"
    badge.toml:8: “69,5” is not a number; write "70 %" or "60 points" with a decimal point
    badge.toml:9: `passed` and `at_least` in one condition; keep one, or make two and choose: any = [ { passed = … }, { at_least = … } ]
    badge.toml:10: `passed` can only be true; remove it if it is not asked for
    badge.toml:11: what must be reached? Write `passed = true`, `at_least = "70 %"`, `at_least = "60 points"` or `grade = ["A", "B"]`
    badge.toml:12: unknown key `assesment`; did you mean `assessment`?
    badge.toml:13: `assessment` is a name, even if it is a number: assessment = "355"
    badge.toml:14: `course_completed` has no grade; remove `at_least`, or ask for `course_total = true`
    badge.toml:15: `assessment` and `course_total` in one condition; make two: all = [ { assessment = … }, { course_total = … } ]
    badge.toml:16: `grade` is a list of letters or scale values as the LMS displays them: grade = ["A", "A-"]; for numbers write `at_least = "60 points"`
    badge.toml:17: this says nothing to meet: name an `assessment`, a `competency` or a `badge`, or write `course_total = true` or `course_completed = true`; for several conditions `all = [ … ]`, `any = [ … ]` or `at_least = 2, of = [ … ]`
    badge.toml:18: this is a string; expected is a table in braces: write for instance { assessment = "QUIZ", at_least = "70 %" }
    "#);
}

#[test]
fn problems_of_groups_are_told() {
    insta::assert_snapshot!(problems(
        r#"[award]
source = "moodle"
course = "WS"
any = [
  { all = [] },
  { at_least = 3, of = [ { assessment = "A", passed = true }, { assessment = "B", passed = true } ] },
  { at_least = "70 %", of = [ { assessment = "A", passed = true } ] },
  { of = [ { assessment = "A", passed = true } ] },
  { all = [ { assessment = "A", passed = true } ], any = [ { assessment = "B", passed = true } ] },
  { all = [ { assessment = "A", passed = true } ], passed = true },
  { at_least = 2, any = [ { assessment = "A", passed = true } ] },
  { all = { assessment = "A", passed = true } },
  { al = [ { assessment = "A", passed = true } ] },
  { source = "", course = 5, assessment = " ", passed = true },
]"#
    ), @r#"
    badge.toml:5: `all` is an empty list, which nobody could ever meet; write for instance { assessment = "QUIZ", at_least = "70 %" } into it
    badge.toml:6: `at_least = 3` of 2 can never be met; ask for 2 or fewer, or list more
    badge.toml:7: beside `of`, `at_least` is how many of them: a whole number, 1 or more
    badge.toml:8: `of` needs to know how many; write `at_least = 2, of = [ … ]`
    badge.toml:9: `all` and `any` in one table: which one is meant? Put one of them into the other, as in all = [ …, { any = [ … ] } ]
    badge.toml:10: `passed` stands beside a list; put it into the list, in a condition of its own: { passed = … }
    badge.toml:11: `at_least` goes with `of`, not with `any`; write `at_least = 2, of = [ … ]`
    badge.toml:12: `all` is a table; expected is a list of conditions: all = [ { … }, { … } ]
    badge.toml:13: unknown key `al`; did you mean `all`?
    badge.toml:14: `source` is empty; write a name
    badge.toml:14: `course` is a name, even if it is a number: course = "5"
    badge.toml:14: `assessment` is empty; write a name
    "#);
    insta::assert_snapshot!(problems("award = { passed = true, assessment = \"A\" }"), @r#"
    badge.toml:1: which source? Write `source = "moodle"` here or once under [award]
    badge.toml:1: which course? Write `course = "…"` here or once under [award], with the id or the short name that the course has in the LMS
    "#);
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in r#"(\[award\]|\[badge\]|all|any|of|none|in_order|weighted|weight|within|between|counts|late|badge|2026-09-01|3 days|at_least|grade|name|passed|source|[={}\[\],."0-9 %\n]|true){0,40}"#) {
        let _ = read_award(&text);
        let _ = load_str(&text, Path::new("."), &BTreeMap::new());
    }
}

const BADGE: &str = r#"[badge]
name = "A badge"
description = "What the holder can do."
criteria = "How it is earned."
[award]
source = "moodle"
course = "WS"
assessment = "QUIZ"
passed = true
"#;

/// Takes any bytes for an image but those that say otherwise.
fn load_badges(folder: &Path) -> Result<Catalog, String> {
    let image = |bytes: Vec<u8>| {
        if bytes == b"broken" { Err("no picture in it".to_owned()) } else { Ok(BadgeImage::Png(bytes)) }
    };
    Catalog::read(Shelf::Folder(folder), &Nameable::of(SOURCES), &image)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.display()), ""))
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn the_example_badges_load() {
    let catalog = load_badges(Path::new("config/badges")).unwrap();
    let ids: Vec<&str> = catalog.badges.iter().map(|badge| badge.achievement.id.as_str()).collect();
    assert_eq!(ids, ["data-literacy", "first-aid", "lab-safety", "workplace-safety"]);
    for badge in &catalog.badges {
        assert!(badge.image.is_some() && badge.achievement.image_caption.is_some());
        assert!(!badge.achievement.alignment.is_empty());
        assert_eq!(catalog.rules.rule(&badge.achievement.id), Some(&badge.rule));
    }
    assert_eq!(catalog.badge("first-aid").unwrap().achievement.name, "First Aid");
}

#[test]
fn the_example_images_are_drawings_of_one_size() {
    for badge in load_badges(Path::new("config/badges")).unwrap().badges {
        let Some(BadgeImage::Png(svg)) = badge.image else { panic!("{} has no image", badge.path.display()) };
        let svg = String::from_utf8(svg).unwrap();
        let tree = resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).unwrap();
        assert_eq!((tree.size().width(), tree.size().height()), (512.0, 512.0));
        // Several may stand in one page.
        assert_eq!(
            svg.matches("id=\"").count(),
            svg.matches(&format!("id=\"{}-", badge.achievement.id)).count()
        );
    }
}

#[test]
fn an_image_is_found_by_the_files_name_or_by_its_own() {
    let files = folder(&[("a.toml", BADGE), ("a.png", "A")]);
    let image = |folder: &Path| load_badges(folder).map(|catalog| catalog.badges[0].image.clone());
    assert_eq!(image(files.path()), Ok(Some(BadgeImage::Png(b"A".to_vec()))));
    let other = BADGE.replace("[badge]", "[badge]\nimage = \"other.svg\"");
    let files = folder(&[("a.toml", &other), ("a.png", "A"), ("other.svg", "B")]);
    assert_eq!(image(files.path()), Ok(Some(BadgeImage::Png(b"B".to_vec()))));
    let files = folder(&[("a.toml", BADGE)]);
    assert_eq!(image(files.path()), Ok(None));
}

#[test]
fn the_version_changes_with_every_content_and_name() {
    let version = |files: &[(&str, &str)]| load_badges(folder(files).path()).unwrap().version;
    let first = version(&[("a.toml", BADGE), ("a.svg", "A")]);
    assert_eq!(first, version(&[("a.svg", "A"), ("a.toml", BADGE), ("notes.txt", "ignored")]));
    assert_eq!(first.len(), 64);
    let edited = BADGE.replace("passed = true", "at_least = \"70 %\"");
    for other in [
        version(&[("a.toml", BADGE), ("a.svg", "B")]),
        version(&[("a.toml", BADGE)]),
        version(&[("b.toml", BADGE), ("b.svg", "A")]),
        version(&[("a.toml", &edited), ("a.svg", "A")]),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn all_problems_of_all_badge_files_are_told_at_once() {
    let files = folder(&[
        ("Not a slug.toml", BADGE),
        ("broken.toml", "[badge]\nname = \"x\nawrd = 1\n"),
        ("empty.toml", ""),
        (
            "many.toml",
            r#"[badge]
name = " "
descripton = "misspelt"
achievement_type = "Certifcate"
language = "english"
credits = "many"
image = "../secret.png"
tags = "one"
[[badge.alignment]]
nam = "x"
url = "no address"
[awards]
"#,
        ),
        (
            "no-image.toml",
            &BADGE.replace("[badge]", "[badge]\nimage = \"gone.svg\"").replace("A badge", "Image"),
        ),
        ("not-an-image.toml", &BADGE.replace("A badge", "Broken image")),
        ("not-an-image.svg", "broken"),
        ("same.toml", &BADGE.replace("A badge", "a Badge ")),
        ("two-images.toml", &BADGE.replace("A badge", "Two images")),
        ("two-images.svg", "A"),
        ("two-images.png", "A"),
    ]);
    insta::assert_snapshot!(load_badges(files.path()).unwrap_err(), @r#"
    Not a slug.toml: the file's name becomes part of addresses; use lower-case letters, digits and hyphens only
    broken.toml:2: not TOML: invalid basic string, expected `"`
    empty.toml: the table [award] is missing: it says when the badge is awarded
    empty.toml: the table [badge] is missing: it says what the badge is
    many.toml: the table [award] is missing: it says when the badge is awarded
    many.toml:1: `badge.description` is missing: add `description = …` under [badge]
    many.toml:1: `badge.criteria` is missing: add `criteria = …` under [badge]
    many.toml:2: `badge.name`: empty; learners and employers read it
    many.toml:3: unknown key `badge.descripton`; did you mean `description`?
    many.toml:4: `badge.achievement_type`: “Certifcate” is not a word of the standard (your own ones begin with `ext:`); did you mean `Certificate`?
    many.toml:5: `badge.language`: not a language tag; write it like "en", "de" or "pt-BR"
    many.toml:6: `badge.credits`: this is not possible here; expected is a number
    many.toml:7: `badge.image`: write the name of an .svg or .png file in the folder of badges
    many.toml:8: `badge.tags`: this is a string; expected is a list
    many.toml:9: `badge.alignment.0.name` is missing: add `name = …`
    many.toml:10: unknown key `badge.alignment.0.nam`; did you mean `name`?
    many.toml:11: `badge.alignment.0.url`: not a complete address; begin it with `https://`
    many.toml:12: unknown key `awards`; did you mean `award`?
    no-image.toml:2: there is no file gone.svg; make it, or correct the path
    not-an-image.svg: not an image that can be used: no picture in it
    same.toml: the badge of Not a slug.toml is called “a Badge” too; give each a name of its own
    two-images.toml:1: there is two-images.svg and two-images.png; remove one, or write `image = "two-images.svg"`
    "#);
}

#[test]
fn a_folder_without_badges_is_a_problem() {
    let files = folder(&[]);
    let error = load_badges(files.path()).unwrap_err();
    assert!(error.ends_with("no badge file here; write one named like `workplace-safety.toml`"), "{error}");
    let error = load_badges(&files.path().join("none")).unwrap_err();
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn translations_are_complete_and_in_languages_that_pages_speak() {
    let texts = "name = \"N\"\ndescription = \"D\"\ncriteria = \"C\"\n";
    let file = format!(
        "[badge]\nname = \"A\"\ndescription = \"B\"\ncriteria = \"C\"\nlanguage = \"de-AT\"\n\
         [badge.translations.pl]\n{texts}[badge.translations.de]\n{texts}\
         [badge.translations.fr]\nname = \" \"\ndescription = \"D\"\ncriteria = \"C\"\n\
         [award]\nsource = \"moodle\"\ncourse = \"C\"\nassessment = \"Q\"\npassed = true\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), file).unwrap();
    let problems = load_badges(folder.path()).unwrap_err().clone();
    insta::assert_snapshot!(problems.replace(&format!("{}/", folder.path().display()), ""), @r#"
    a.toml:6: `badge.translations.pl`: no page or mail is in this language; possible is en, fr, de, es, ar
    a.toml:10: `badge.translations.de`: the badge's own language; its texts stand under [badge]
    a.toml:15: `badge.translations.fr.name`: empty; learners and employers read it
    "#);
}
