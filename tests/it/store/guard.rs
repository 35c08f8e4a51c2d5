//! The guard: never more awards than expected, whoever works at the same time, and what is held
//! is decided once.

use std::sync::Arc;

use accolade::config::{Expect, Expected, Notify};
use accolade::store::{
    AwardCommit, BadgeDecision, Candidate, Committed, Counted, Guarding, Hold, HoldDecided, HoldState,
    NewDecision, Passage, Scope, StillHeld, Store, Work,
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, candidate, candidate_of, commit_for, grade, outcome};

fn set(number: u32, hours: u32) -> Expected {
    Expected::Set { expect: Expect { number, hours }, by: "a test".into() }
}

fn learned(floor: u32) -> Expected {
    Expected::Learned { floor, hours: 24 }
}

/// What the guard is told: so many of the badge, of the source, of everything.
fn counted(badge: Expected, source: Expected, overall: Expected) -> Passage {
    let notify = Notify { recipients: vec!["dean@example.edu".to_owned()], domain: "example.edu".to_owned() };
    Passage::Counted(Box::new(Counted {
        badge,
        source,
        overall,
        evidence: "80".to_owned(),
        grade: "Final test: 80 of 100 points".to_owned(),
        notify: Arc::new(notify),
    }))
}

/// Many for a day.
fn plenty() -> Expected {
    set(10_000, 24)
}

async fn asking(store: &Store, candidate: &Candidate, badge: &str, passage: Passage) -> AwardCommit {
    let mut commit = commit_for(store, candidate, badge).await;
    commit.awards[0].passage = passage;
    commit
}

/// Asks for a badge of a new learner at a time in seconds; whether it was made.
async fn asks(store: &Store, learner: &str, badge: &str, passage: Passage, seconds: i64) -> bool {
    let candidate = candidate(store, learner).await;
    let commit = asking(store, &candidate, badge, passage).await;
    made(&store.award(&[commit], at(seconds)).await.unwrap()[0])
}

fn made(answer: &Committed) -> bool {
    match answer {
        Committed::Stored { credentials, .. } => credentials.len() == 1,
        Committed::Held { .. } => false,
        other => panic!("{other:?}"),
    }
}

async fn only_hold(store: &Store) -> Hold {
    let holds = store.holds(true, 10).await.unwrap();
    assert_eq!(holds.len(), 1, "{holds:?}");
    holds.into_iter().next().unwrap()
}

/// The events that the sweeper publishes for what was released.
async fn told_again(store: &Store, seconds: i64) -> Vec<Uuid> {
    while store.end_holds(at(seconds), 3).await.unwrap() == 3 {}
    let due = store.due(Work::Assessments, at(seconds), at(seconds + 60), 1_000).await.unwrap();
    due.into_iter().map(|due| due.id).collect()
}

contract! {
    /// Twelve workers with thirty learners each, in batches, with copies of each other's work.
    async fn never_more_leave_than_are_expected(database) {
        let store = database.store().await;
        let mut commits = Vec::new();
        for learner in 0..60 {
            let candidate = candidate(&store, &learner.to_string()).await;
            commits.push(asking(&store, &candidate, "rust", counted(set(17, 24), plenty(), plenty())).await);
        }
        let mut tasks = Vec::new();
        for turn in 0..12 {
            let mut mine: Vec<AwardCommit> = commits.iter().skip(turn % 3 * 20).take(30).cloned().collect();
            mine.rotate_left(turn);
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut made = 0;
                for batch in mine.chunks(4) {
                    let mut answers = store.award(batch, at(20)).await;
                    while matches!(answers, Err(accolade::store::StoreError::Conflict)) {
                        answers = store.award(batch, at(20)).await;
                    }
                    made += answers.unwrap().iter().filter(|answer| {
                        matches!(answer, Committed::Stored { credentials, .. } if !credentials.is_empty())
                    }).count();
                }
                made
            }));
        }
        let mut made = 0;
        for task in tasks {
            made += task.await.unwrap();
        }
        assert_eq!((made, database.count("awards").await), (17, 17));
        let hold = only_hold(&store).await;
        assert_eq!(hold.scope, Scope::Badge("rust".to_owned()));
        assert_eq!((hold.held, hold.expected, hold.awarded), (43, 17, 17));
        assert_eq!(hold.basis, "set by a test");
        assert_eq!(database.count("credentials").await, 17, "nothing of what is held is signed");
        assert_eq!(database.count("notices").await, 1, "one message");
        assert_eq!(store.open_holds().await.unwrap(), (1, 43));
    }

    async fn each_scope_has_its_number_and_the_narrowest_holds(database) {
        let store = database.store().await;
        let ask = async |learner: &str, badge: &str, numbers: [u32; 3]| {
            let [badge_number, source, overall] = numbers.map(|number| set(number, 24));
            asks(&store, learner, badge, counted(badge_number, source, overall), 20).await
        };
        assert!(ask("1", "rust", [2, 3, 9]).await);
        assert!(ask("2", "rust", [2, 3, 9]).await);
        assert!(!ask("3", "rust", [2, 3, 9]).await, "the third of the badge");
        assert!(ask("4", "go", [2, 3, 9]).await, "another badge is not held");
        assert!(!ask("5", "go", [2, 3, 9]).await, "the fourth of the source");
        assert!(!ask("6", "rust", [9, 9, 9]).await, "it joins the hold of its badge");
        let mut holds = store.holds(false, 10).await.unwrap();
        holds.sort_by_key(|hold| hold.held);
        let held: Vec<(&Scope, u32)> = holds.iter().map(|hold| (&hold.scope, hold.held)).collect();
        let (source, badge) = (Scope::Source("moodle".to_owned()), Scope::Badge("rust".to_owned()));
        assert_eq!(held, [(&source, 1), (&badge, 2)]);
        assert_eq!(database.count("notices").await, 2);
    }

    async fn everything_together_has_a_number_too(database) {
        let store = database.store().await;
        let few = || counted(plenty(), plenty(), set(2, 24));
        assert!(asks(&store, "1", "rust", few(), 20).await);
        assert!(asks(&store, "2", "go", few(), 20).await);
        assert!(!asks(&store, "3", "ada", few(), 20).await);
        assert_eq!(only_hold(&store).await.scope, Scope::All);
    }

    async fn the_window_moves_on(database) {
        let store = database.store().await;
        let two = || counted(set(2, 2), plenty(), plenty());
        assert!(asks(&store, "1", "rust", two(), 0).await);
        assert!(asks(&store, "2", "rust", two(), 3_600).await);
        assert!(asks(&store, "3", "rust", two(), 3 * 3_600).await, "the first is out of the window");
        assert!(!asks(&store, "4", "rust", two(), 3 * 3_600 + 60).await);
    }

    async fn what_was_before_is_expected_and_a_flood_does_not_teach_itself(database) {
        let store = database.store().await;
        let day = 86_400;
        let ask = async |learner: String, seconds: i64| {
            asks(&store, &learner, "rust", counted(learned(3), plenty(), plenty()), seconds).await
        };
        for learner in 0..3 {
            assert!(ask(format!("first-{learner}"), 0).await);
        }
        // Twice three, after a day on which only the least counts.
        for learner in 0..6 {
            assert!(ask(format!("second-{learner}"), 3 * day).await, "{learner}");
        }
        assert!(!ask("seventh".to_owned(), 3 * day).await);
        let hold = only_hold(&store).await;
        assert_eq!((hold.expected, hold.basis.as_str()), (6, "learned: 2 times 3, the most in 1 day so far"));
        // What was released is known at once, though it is of the same day.
        assert_eq!(store.decide_hold(hold.id, true, "Dean", "", at(3 * day)).await.unwrap(), HoldDecided::Stored(1));
        for learner in 0..12 {
            assert!(ask(format!("third-{learner}"), 3 * day).await, "{learner}: twice the six before");
        }
        assert!(!ask("thirteenth".to_owned(), 3 * day).await);
    }

    async fn a_grant_is_neither_held_nor_counted(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        assert!(asks(&store, "1", "rust", Passage::Free, 20).await);
        assert!(asks(&store, "2", "rust", one(), 20).await);
        assert!(!asks(&store, "3", "rust", one(), 20).await);
        assert!(asks(&store, "4", "rust", Passage::Free, 20).await);
    }

    async fn what_rests_on_a_held_badge_is_not_made_with_it(database) {
        let store = database.store().await;
        assert!(asks(&store, "1", "rust", counted(set(1, 24), plenty(), plenty()), 20).await);
        let candidate = candidate(&store, "2").await;
        let mut commit = asking(&store, &candidate, "more rust", counted(plenty(), plenty(), set(3, 24))).await;
        let other = asking(&store, &candidate, "rust", counted(set(1, 24), plenty(), set(3, 24))).await;
        commit.awards.extend(other.awards);
        let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
        let [Committed::Held { opened }] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!(opened.len(), 1);
        assert_eq!(database.count("awards").await, 1, "neither");
        // Judged again, it knows; and what was not made was not counted.
        let again = candidate_of(&store, candidate.event).await;
        assert_eq!(again.guarded.len(), 1);
        assert_eq!((again.guarded[0].badge.as_str(), &again.guarded[0].hold.state), ("rust", &HoldState::Open));
        assert!(asks(&store, "3", "go", counted(plenty(), plenty(), set(3, 24)), 20).await);
        commit.awards.truncate(1);
        assert!(made(&store.award(&[commit], at(20)).await.unwrap()[0]));
    }

    async fn a_release_has_each_judged_again_once_and_lets_it_pass(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        assert!(asks(&store, "0", "rust", one(), 20).await);
        for learner in 1..=7 {
            assert!(!asks(&store, &learner.to_string(), "rust", one(), 20).await);
        }
        let hold = only_hold(&store).await;
        assert!(store.end_holds(at(30), 100).await.unwrap() == 0, "nothing is released");
        assert_eq!(store.decide_hold(hold.id, true, "Dean", "a large course", at(40)).await.unwrap(), HoldDecided::Stored(7));
        let events = told_again(&store, 100).await;
        // Besides the seven that were repeated there are those that nobody has judged again here.
        assert_eq!(events.len(), 14);
        assert!(told_again(&store, 101).await.is_empty(), "once");
        let mut credentials = 0;
        for event in events {
            let candidate = candidate_of(&store, event).await;
            if candidate.guarded.is_empty() {
                assert_eq!(candidate.held.len(), 1);
                continue;
            }
            assert!(matches!(&candidate.guarded[0].hold.state, HoldState::Released(decision) if decision.by == "Dean"));
            let mut commit = asking(&store, &candidate, "rust", Passage::Released).await;
            commit.guarding =
                vec![Guarding { issuer: "school".to_owned(), badge: "rust".to_owned(), held: None }];
            let answers = store.award(&[commit], at(102)).await.unwrap();
            credentials += usize::from(made(&answers[0]));
        }
        assert_eq!((credentials, database.count("awards").await), (7, 8));
        assert_eq!(database.count("guard_awards").await, 0);
        // Again, and the other way: told, and nothing changed.
        for release in [true, false] {
            let answer = store.decide_hold(hold.id, release, "Registrar", "late", at(200)).await.unwrap();
            let HoldDecided::Already(hold) = answer else { panic!("{answer:?}") };
            let decision = hold.state.decision().unwrap();
            assert_eq!((decision.by.as_str(), decision.awards), ("Dean", 7));
        }
        assert_eq!(store.decide_hold(Uuid::nil(), true, "Dean", "", at(41)).await.unwrap(), HoldDecided::Unknown);
    }

    async fn of_two_administrators_one_decides(database) {
        let store = database.store().await;
        let none = || counted(set(1, 24), plenty(), plenty());
        for learner in 0..4 {
            asks(&store, &learner.to_string(), "rust", none(), 20).await;
        }
        let hold = only_hold(&store).await;
        let mut tasks = Vec::new();
        for turn in 0..8 {
            let (store, id) = (store.clone(), hold.id);
            tasks.push(tokio::spawn(async move {
                store.decide_hold(id, turn % 2 == 0, &turn.to_string(), "", at(30)).await.unwrap()
            }));
        }
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        let stored = answers.iter().filter(|answer| matches!(answer, HoldDecided::Stored(3))).count();
        let told = answers.iter().filter(|answer| matches!(answer, HoldDecided::Already(_))).count();
        assert_eq!((stored, told), (1, 7));
    }

    /// A worker has judged that it stays held, and meanwhile a human decided.
    async fn what_was_judged_before_a_decision_is_stale(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        asks(&store, "0", "rust", one(), 20).await;
        let waiting = candidate(&store, "1").await;
        let asked = asking(&store, &waiting, "rust", one()).await;
        assert!(!made(&store.award(std::slice::from_ref(&asked), at(20)).await.unwrap()[0]));
        let hold = only_hold(&store).await;
        let still = |evidence: &str| {
            let held = StillHeld { hold: hold.id, evidence: evidence.to_owned(), grade: "81".to_owned() };
            Guarding { issuer: "school".to_owned(), badge: "rust".to_owned(), held: Some(held) }
        };
        let mut commit = AwardCommit { awards: Vec::new(), ..asked };
        commit.guarding = vec![still("81")];
        store.decide_hold(hold.id, false, "Dean", "a slip", at(30)).await.unwrap();
        assert_eq!(store.award(std::slice::from_ref(&commit), at(31)).await.unwrap(), [Committed::Stale]);
        let again = candidate_of(&store, commit.event).await;
        assert_eq!(again.guarded[0].evidence, "80", "what the human saw");
        assert!(matches!(&again.guarded[0].hold.state, HoldState::Cancelled(decision) if decision.reason == "a slip"));
        commit.guarding.clear();
        assert!(matches!(store.award(&[commit], at(32)).await.unwrap()[0], Committed::Stored { .. }));
        assert_eq!(database.count("guard_awards").await, 1, "it stays as it was decided");
    }

    async fn what_still_waits_is_kept_up_to_date_and_leaves_when_it_is_over(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        asks(&store, "0", "rust", one(), 20).await;
        let waiting = candidate(&store, "1").await;
        let asked = asking(&store, &waiting, "rust", one()).await;
        store.award(std::slice::from_ref(&asked), at(20)).await.unwrap();
        let hold = only_hold(&store).await;
        let mut commit = AwardCommit { awards: Vec::new(), ..asked };
        let held = StillHeld { hold: hold.id, evidence: "81".to_owned(), grade: "81 of 100".to_owned() };
        commit.guarding =
            vec![Guarding { issuer: "school".to_owned(), badge: "rust".to_owned(), held: Some(held) }];
        assert!(matches!(store.award(&[commit.clone()], at(21)).await.unwrap()[0], Committed::Stored { .. }));
        let awards = store.guarded_awards(Some(hold.id), None, 10).await.unwrap();
        assert_eq!((awards[0].grade.as_str(), awards[0].since), ("81 of 100", at(20)));
        assert_eq!((awards[0].learner.as_str(), awards[0].delivery), ("1", commit.delivery));
        assert_eq!(store.guarded_awards(None, Some("rust"), 10).await.unwrap().len(), 1);
        assert!(store.guarded_awards(None, Some("go"), 10).await.unwrap().is_empty());
        // A human refuses it by hand.
        let refused = NewDecision {
            what: BadgeDecision::Refuse,
            issuer: "school".to_owned(),
            badge: "rust".to_owned(),
            person: commit.person,
            source: "moodle".to_owned(),
            reason: "no".to_owned(),
            by: "Dean".to_owned(),
        };
        store.decide(&refused, at(22)).await.unwrap();
        assert_eq!(only_hold(&store).await.held, 0);
    }

    async fn a_message_waits_a_minute_and_is_sent_once(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        for learner in 0..8 {
            asks(&store, &learner.to_string(), "rust", one(), 20).await;
        }
        let early: Vec<Uuid> =
            store.due(Work::Mails, at(79), at(139), 10).await.unwrap().into_iter().map(|due| due.id).collect();
        assert!(store.lease_notices(&early, at(79), at(300)).await.unwrap().is_empty());
        let mails = database.count("mails").await;
        assert_eq!(store.backlog(Work::Mails, 99).await.unwrap().waiting, mails + 1);
        let due: Vec<Uuid> =
            store.due(Work::Mails, at(80), at(140), 10).await.unwrap().into_iter().map(|due| due.id).collect();
        let notice = store.lease_notices(&due, at(80), at(300)).await.unwrap().remove(0);
        assert_eq!((notice.recipient.as_str(), notice.hold.held), ("dean@example.edu", 7));
        assert_eq!(notice.message_id, format!("{}@example.edu", notice.id));
        assert_eq!((notice.examples.len(), notice.examples[0].grade.as_str()), (5, "Final test: 80 of 100 points"));
        assert!(store.lease_notices(&due, at(81), at(300)).await.unwrap().is_empty(), "it is taken");
        let again = store.lease_notices(&due, at(300), at(600)).await.unwrap();
        assert_eq!(again[0].attempts, 1);
        let sent = accolade::store::MailVerdict::Sent { response: "250 taken".to_owned() };
        store.finish_mails(&[(notice.id, sent)], at(301)).await.unwrap();
        assert!(store.lease_notices(&due, at(900), at(1_000)).await.unwrap().is_empty());
        let told = store.notices(notice.hold.id).await.unwrap();
        assert_eq!(told, [("dean@example.edu".to_owned(), "sent: 250 taken".to_owned())]);
    }

    async fn a_grade_that_was_cancelled_can_be_held_anew(database) {
        let store = database.store().await;
        let one = || counted(set(1, 24), plenty(), plenty());
        asks(&store, "0", "rust", one(), 20).await;
        assert!(!asks(&store, "1", "rust", one(), 20).await);
        let first = only_hold(&store).await;
        store.decide_hold(first.id, false, "Dean", "a slip", at(30)).await.unwrap();
        // The decision began the count anew: one more passes, then it is held again.
        assert!(asks(&store, "2", "rust", one(), 40).await);
        let event = grade(&store, "moodle", outcome("1", "item:1", 90, at(41))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let commit = asking(&store, &candidate, "rust", one()).await;
        assert!(!made(&store.award(&[commit], at(41)).await.unwrap()[0]));
        let holds = store.holds(false, 10).await.unwrap();
        assert_eq!((holds.len(), holds[0].held), (1, 1));
        assert_ne!(holds[0].id, first.id);
        assert_eq!(store.hold(first.id).await.unwrap().unwrap().held, 0);
        assert_eq!(holds[0].opened_at - first.opened_at, TimeDelta::seconds(21));
    }
}
