//! What an administrator writes: settings, badge files with rules, expressions and templates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use accolade::config::{BadgeFiles, Catalog, ConfigError, Nameable, load_str, sources};
use accolade::rules::{Fact, Facts, Held, evaluate};
use accolade_connectors::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score};

use crate::badges::now;
use crate::input::{find, line, parts};

/// What stands in variables that settings may name.
const SECRET: &str = "s3cr3t-of-the-environment";

/// Every problem names a place in what was read and says something, and none says a secret.
fn explained(error: &ConfigError, data: &[u8], lines: usize) {
    // What is read may tell it itself, and is repeated.
    let told = find(data, SECRET.as_bytes()).is_some();
    assert!(!error.problems.is_empty(), "nothing is wrong with it");
    for problem in &error.problems {
        assert!(!problem.message.is_empty() && problem.message.len() < 40_000, "{problem}");
        assert!(problem.line.is_none_or(|line| (1..=lines + 1).contains(&line)), "{problem}");
        assert!(told || !problem.to_string().contains(SECRET), "a secret: {problem}");
    }
}

/// Settings in TOML. What can be read makes sources, or says what keeps it from that.
pub(crate) fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // What settings may name, they read: no files of this machine.
    if find(data, b"file").is_some() && find(data, b"/").is_some() || find(data, b"\\u").is_some() {
        return;
    }
    let folder = Path::new("/nonexistent");
    let env = BTreeMap::from([("SECRET".to_owned(), SECRET.to_owned())]);
    let lines = text.lines().count();
    match load_str(text, folder, &env) {
        Ok(settings) => {
            if let Err(error) = sources(&settings) {
                explained(&error, data, lines);
            }
        }
        Err(error) => explained(&error, data, lines),
    }
}

static OUTCOMES: LazyLock<Vec<Outcome>> = LazyLock::new(|| {
    let outcome = |id: &str, kind: AssessmentKind, given: i64, days: i64| Outcome {
        learner: Learner {
            id: "4".to_owned(),
            name: None,
            email: None,
            institution_id: None,
            language: None,
        },
        course: Course { id: "2".to_owned(), also: vec!["WS101".to_owned()], name: None, url: None },
        assessment: Assessment {
            id: id.to_owned(),
            also: vec![format!("QUIZ-{given}"), "QUIZ-FINAL".to_owned()],
            kind,
            name: None,
            url: None,
        },
        score: Some(Score {
            given: Some(given.into()),
            min: 0.into(),
            max: Some(20.into()),
            text: Some("A-".to_owned()),
        }),
        passed: Some(true),
        release: Release::Released,
        graded_at: Some(now() - chrono::TimeDelta::days(days)),
        attempt: Some(1),
        attempts: Vec::new(),
        late: Some(false),
        all_graded: Some(true),
        as_of: now(),
    };
    vec![
        outcome("item:4", AssessmentKind::Item, 18, 3),
        outcome("item:5", AssessmentKind::Item, 0, 400),
        outcome(Assessment::COURSE_TOTAL, AssessmentKind::CourseTotal, 20, 1),
        outcome(Assessment::COURSE_COMPLETION, AssessmentKind::CourseCompletion, 1, 1),
        outcome("competency:7", AssessmentKind::Competency, 2, 30),
    ]
});

/// The files of a folder of badges, each behind a line `=====` and begun by its name; the first may lack
/// both. What can be read judges anybody, the same whenever it is asked.
pub(crate) fn badge_file(data: &[u8]) {
    let parts = parts(data, 6);
    let files: BTreeMap<String, Vec<u8>> = if parts.len() == 1 {
        BTreeMap::from([("workplace-safety.toml".to_owned(), data.to_vec())])
    } else {
        let file = |part: &&[u8]| {
            let (name, rest) = line(part);
            let name = String::from_utf8_lossy(name).into_owned();
            (!name.contains('/') && !name.is_empty()).then(|| (name, rest.to_vec()))
        };
        parts.iter().filter_map(file).collect()
    };
    let lines = data.split(|byte| *byte == b'\n').count();
    let files = BadgeFiles { place: PathBuf::from("badges"), files };
    let known = Nameable::of(&["moodle", "canvas", "blackboard", "forms"]);
    let catalog = match Catalog::of(&files, &known) {
        Ok(catalog) => catalog,
        Err(error) => return explained(&error, data, lines),
    };
    let outcomes: Vec<Fact<'_>> = OUTCOMES.iter().map(|outcome| Fact { source: "moodle", outcome }).collect();
    let held = [Held { badge: "first-aid", awarded_at: now() - chrono::TimeDelta::days(20) }];
    for facts in [
        Facts::default(),
        Facts { outcomes: &outcomes, held: &held },
        Facts { outcomes: &outcomes[..1], held: &[] },
    ] {
        for badge in &catalog.badges {
            let decision = evaluate(&badge.rule, &facts);
            assert_eq!(decision, evaluate(&badge.rule, &facts), "judged twice");
            assert!(decision.earned || decision.evidence.is_empty() && decision.held.is_empty());
            assert!(decision.evidence.iter().all(|index| *index < facts.outcomes.len()));
            assert!(decision.evidence.is_sorted(), "{decision:?}");
            let _ = decision.explanation.lacks();
        }
    }
}
