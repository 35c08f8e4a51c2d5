//! Events of one person that are judged beside each other: in one batch, or by two workers in turn.

use accolade_connectors::Score;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::config::Nameable;
use crate::store::NewEvent;
use crate::worker::samples::{Bench, passed};

/// Awards badges of the source `forms`, each with its name and what it asks for, as TOML.
fn awarder(bench: &Bench, folder: &std::path::Path, badges: &[(&str, &str)]) -> Awarder {
    for (id, award) in badges {
        let text = format!(
            "[badge]\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\nsource = \"forms\"\n\
             course = \"first-aid-2026\"\n{award}\n"
        );
        std::fs::write(folder.join(format!("{id}.toml")), text).unwrap();
    }
    let catalog = Catalog::load(folder, &Nameable::of(&["forms"])).unwrap();
    Awarder { catalogs: Catalogs::new(catalog), ..bench.awarder() }
}

/// A confirmed result of a learner, so many of ten points: the event, if that is new.
async fn result(bench: &Bench, learner: &str, assessment: &str, points: i64) -> Option<NewEvent> {
    let mut outcome = passed(learner, &bench.clock);
    assessment.clone_into(&mut outcome.assessment.id);
    outcome.score =
        Some(Score { given: Some(points.into()), min: 0.into(), max: Some(10.into()), text: None });
    bench.confirmed(learner, outcome, points >= 5).await
}

/// The same of learner 7.
async fn graded(bench: &Bench, assessment: &str, points: i64) -> NewEvent {
    result(bench, "7", assessment, points).await.unwrap()
}

/// Judges events in one batch.
async fn together(bench: &Bench, awarder: &Awarder, events: &[&NewEvent]) {
    let patience = Patience::new(CancellationToken::new());
    awarder.batch(bench.taken(events).await, &mut patience.hold()).await.unwrap();
}

/// As many workers judge an event each, all from what is known now, and store it in turn.
async fn in_turn(awarder: &Awarder, events: &[&NewEvent]) {
    let mut judged = Vec::new();
    for event in events {
        judged.push(awarder.store.candidates(&[event.id]).await.unwrap());
    }
    let mut again = Vec::new();
    for candidates in judged {
        again.extend(awarder.round(&candidates, &mut Vec::new()).await.unwrap());
    }
    assert!(awarder.work(&again).await.unwrap().is_empty());
}

async fn beside(bench: &Bench, awarder: &Awarder, events: [&NewEvent; 2], workers: usize) {
    match workers {
        1 => together(bench, awarder, &events).await,
        _ => in_turn(awarder, &events).await,
    }
    assert_eq!(bench.texts("SELECT 'x' FROM events WHERE state <> 'done'").await.len(), 0, "all are done");
}

/// The badges that a learner holds, in the order of their names.
async fn valid_of(bench: &Bench, learner: &str) -> Vec<String> {
    let sql = format!(
        "SELECT badge FROM awards JOIN credentials ON credentials.id = awards.id
        WHERE NOT revoked AND NOT suspended AND email = '{learner}@example.test' ORDER BY badge"
    );
    bench.texts(&sql).await
}

/// Those of learner 7.
async fn valid(bench: &Bench) -> Vec<String> {
    valid_of(bench, "7").await
}

const STACKED: [(&str, &str); 2] = [
    ("a", "assessment = \"quiz\"\nat_least = \"70 %\""),
    ("b", "all = [ { badge = \"a\" }, { assessment = \"report\", at_least = \"50 %\" } ]"),
];

#[tokio::test]
async fn a_badge_is_not_awarded_beside_the_loss_of_the_one_that_it_rests_on() {
    for workers in [1, 2] {
        for turned in [false, true] {
            let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
            let awarder = awarder(&bench, badges.path(), &STACKED);
            together(&bench, &awarder, &[&graded(&bench, "quiz", 8).await]).await;
            assert_eq!(valid(&bench).await, ["a"]);
            let (lost, earned) = (graded(&bench, "quiz", 4).await, graded(&bench, "report", 6).await);
            let events = if turned { [&earned, &lost] } else { [&lost, &earned] };
            beside(&bench, &awarder, events, workers).await;
            assert!(valid(&bench).await.is_empty(), "{workers} workers, turned: {turned}");
            // With the grade both are there.
            together(&bench, &awarder, &[&graded(&bench, "quiz", 9).await]).await;
            assert_eq!(valid(&bench).await, ["a", "b"], "{workers} workers, turned: {turned}");
        }
    }
}

#[tokio::test]
async fn a_badge_is_not_awarded_beside_the_one_that_stands_in_its_way() {
    for workers in [1, 2] {
        for turned in [false, true] {
            let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
            let both = [
                ("t", "assessment = \"quiz\"\nat_least = \"70 %\""),
                (
                    "c",
                    "all = [ { assessment = \"other\", at_least = \"50 %\" }, { none = [ { badge = \"t\" } ] } ]",
                ),
            ];
            let awarder = awarder(&bench, badges.path(), &both);
            let (in_the_way, earned) = (graded(&bench, "quiz", 8).await, graded(&bench, "other", 8).await);
            let events = if turned { [&earned, &in_the_way] } else { [&in_the_way, &earned] };
            beside(&bench, &awarder, events, workers).await;
            assert_eq!(valid(&bench).await, ["t"], "{workers} workers, turned: {turned}");
        }
    }
}

/// Each event leads to one of two badges, and both together to a third.
#[tokio::test]
async fn a_badge_for_two_badges_is_awarded_with_the_later_one() {
    for workers in [1, 2] {
        let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
        let all = [
            ("x", "assessment = \"quiz\"\nat_least = \"70 %\""),
            ("y", "assessment = \"report\"\nat_least = \"70 %\""),
            ("z", "all = [ { badge = \"x\" }, { badge = \"y\" } ]"),
        ];
        let awarder = awarder(&bench, badges.path(), &all);
        let events = [&graded(&bench, "quiz", 8).await, &graded(&bench, "report", 8).await];
        beside(&bench, &awarder, events, workers).await;
        assert_eq!(valid(&bench).await, ["x", "y", "z"], "{workers} workers");
    }
}

/// However many events of a person lead to a badge each: one after another, in one go.
#[tokio::test]
async fn many_events_of_a_person_are_done_in_one_go() {
    let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    let rules: Vec<(String, String)> = (0..12)
        .map(|number| {
            (format!("badge-{number}"), format!("assessment = \"item-{number}\"\nat_least = \"50 %\""))
        })
        .collect();
    let rules: Vec<(&str, &str)> = rules.iter().map(|(id, rule)| (id.as_str(), rule.as_str())).collect();
    let awarder = awarder(&bench, badges.path(), &rules);
    let mut events = Vec::new();
    for number in 0..12 {
        events.push(graded(&bench, &format!("item-{number}"), 8).await);
    }
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    assert!(awarder.work(&ids).await.unwrap().is_empty());
    assert_eq!(valid(&bench).await.len(), 12);
}

/// What leads to the same badge, or to none, is stored with what leads to it.
#[tokio::test]
async fn events_of_a_person_that_add_nothing_are_not_judged_again() {
    let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    let both = "all = [ { assessment = \"quiz\", at_least = \"70 %\" }, { assessment = \"report\", at_least = \"50 %\" } ]";
    let awarder = awarder(&bench, badges.path(), &[("both", both)]);
    let events = [
        graded(&bench, "quiz", 8).await,
        graded(&bench, "report", 8).await,
        graded(&bench, "something else", 8).await,
    ];
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let candidates = awarder.store.candidates(&ids).await.unwrap();
    assert!(awarder.round(&candidates, &mut Vec::new()).await.unwrap().is_empty());
    assert_eq!(valid(&bench).await, ["both"]);
}

/// Badges that rest on one another, and stand in each other's way.
const TOWER: [(&str, &str); 5] = [
    ("a", "assessment = \"quiz\"\nat_least = \"70 %\""),
    ("b", "all = [ { badge = \"a\" }, { assessment = \"report\", at_least = \"50 %\" } ]"),
    ("c", "all = [ { assessment = \"report\", at_least = \"50 %\" }, { none = [ { badge = \"a\" } ] } ]"),
    (
        "d",
        "all = [ { any = [ { badge = \"b\" }, { badge = \"c\" } ] }, { assessment = \"essay\", at_least = \"30 %\" } ]",
    ),
    ("e", "at_least = 2\nof = [ { badge = \"a\" }, { badge = \"c\" }, { badge = \"d\" } ]"),
];

/// What somebody holds of them with these points, each computed in the plainest form.
#[allow(clippy::many_single_char_names, reason = "they are the badges' names")]
fn held_by([quiz, report, essay]: [i64; 3]) -> Vec<&'static str> {
    let a = quiz >= 7;
    let b = a && report >= 5;
    let c = !a && report >= 5;
    let d = (b || c) && essay >= 3;
    let two = u8::from(a) + u8::from(c) + u8::from(d) >= 2;
    [("a", a), ("b", b), ("c", c), ("d", d), ("e", two)]
        .into_iter()
        .filter(|(_, held)| *held)
        .map(|(id, _)| id)
        .collect()
}

/// Learners who are graded and regraded in several things at once, in any order, by one worker or by one for
/// each event: they hold what their grades say.
#[tokio::test]
async fn whatever_is_graded_at_once_the_badges_are_those_of_the_grades() {
    const ITEMS: [&str; 3] = ["quiz", "report", "essay"];
    let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    let awarder = awarder(&bench, badges.path(), &TOWER);
    let order = Just(vec![0_usize, 1, 2]).prop_shuffle();
    let reading = (prop::array::uniform3(prop::option::of(0_i64..=10)), order, any::<bool>());
    let readings = prop::collection::vec(reading, 1..6);
    let mut runner = TestRunner::deterministic();
    for learner in 0..60 {
        let readings = readings.new_tree(&mut runner).unwrap().current();
        let (learner, mut points) = (learner.to_string(), [0; 3]);
        for (number, (grades, order, together)) in readings.iter().enumerate() {
            let mut events = Vec::new();
            for item in order {
                let Some(grade) = grades[*item] else { continue };
                points[*item] = grade;
                events.extend(result(&bench, &learner, ITEMS[*item], grade).await);
            }
            let events: Vec<&NewEvent> = events.iter().collect();
            if *together {
                let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
                assert!(awarder.work(&ids).await.unwrap().is_empty());
            } else {
                in_turn(&awarder, &events).await;
            }
            let (is, should) = (valid_of(&bench, &learner).await, held_by(points));
            assert_eq!(is, should, "{points:?} after {:#?}", &readings[..=number]);
        }
    }
    assert_eq!(bench.texts("SELECT 'x' FROM events WHERE state <> 'done'").await.len(), 0, "all are done");
}
