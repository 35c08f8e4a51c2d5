//! Losses, decisions, and what waits.

use accolade::store::{
    AwardChange, AwardDecision, AwardsDecided, BadgeDecision, Change, Committed, Consequence, Decided,
    DecisionKind, DeliveryState, NewAwardDecision, NewDecision, RuledOutcome, Store, StoreError, Wait, Work,
};
use accolade_connectors::{Outcome, Release, Withheld};
use uuid::Uuid;

use super::contract;
use super::fixtures::{
    at, award_for, awarded, candidate, candidate_of, commit_for, done, grade, learner_of, outcome, result,
    ruled, tell,
};

/// Confirms an outcome that a rule names; half of the points pass. The number of events.
async fn named(store: &Store, outcome: Outcome) -> usize {
    let told = tell(store, "moodle").await;
    let released = outcome.release == Release::Released;
    let points = outcome.score.as_ref().and_then(|score| score.given).unwrap();
    let mut result = result(&told, Vec::new(), done());
    result.outcomes = vec![RuledOutcome { named: true, ..ruled(outcome, released && points >= 50.into()) }];
    store.confirm(&[result], at(10)).await.unwrap().remove(0).events.len()
}

/// An event of the learner after the award, and what it changes of it.
async fn change(store: &Store, learner: &str, credential: Uuid, seconds: i64, change: Change) -> Uuid {
    let event =
        grade(store, "moodle", outcome(learner, &format!("item:{seconds}"), 80, at(1))).await.remove(0);
    let candidate = candidate_of(store, event.id).await;
    let mut commit = commit_for(store, &candidate, "rust").await;
    commit.awards.clear();
    commit.changes = vec![AwardChange { credential, change }];
    let answers = store.award(&[commit], at(seconds)).await.unwrap();
    assert_eq!(answers, [Committed::Stored { mails: Vec::new(), credentials: Vec::new() }]);
    event.delivery
}

fn lost(then: Consequence, seconds: i64) -> Change {
    Change::Lost { since: at(seconds), reason: "40 of 100".to_owned(), then }
}

const GRANT: BadgeDecision = BadgeDecision::Grant { since: None };

pub(super) fn about(what: AwardDecision, credentials: &[Uuid]) -> NewAwardDecision {
    let (reason, by) = ("because".to_owned(), "Dean".to_owned());
    NewAwardDecision { what, credentials: credentials.to_vec(), reason, by }
}

pub(super) fn decision(what: BadgeDecision, person: Uuid) -> NewDecision {
    NewDecision {
        what,
        issuer: "school".to_owned(),
        badge: "rust".to_owned(),
        person,
        source: "moodle".to_owned(),
        reason: "because".to_owned(),
        by: "Dean".to_owned(),
    }
}

contract! {
    async fn the_same_score_graded_once_more_gives_an_event_where_a_rule_names_it(database) {
        let store = database.store().await;
        let graded = |as_of: u32, graded: Option<u32>| accolade_connectors::Outcome {
            graded_at: graded.map(|second| at(second.into())),
            ..outcome("7", "item:1", 80, at(as_of.into()))
        };
        assert_eq!(named(&store, graded(1, Some(1))).await, 1);
        assert_eq!(named(&store, graded(2, Some(1))).await, 0, "read once more");
        assert_eq!(named(&store, graded(3, Some(3))).await, 1);
        assert_eq!(named(&store, graded(4, None)).await, 0, "what was not told is not new");
    }

    async fn of_what_a_rule_names_every_change_gives_an_event(database) {
        let store = database.store().await;
        let graded = |points, seconds| outcome("7", "item:1", points, at(seconds));
        assert_eq!(named(&store, graded(10, 1)).await, 1, "the first, failing");
        assert_eq!(named(&store, graded(10, 2)).await, 0, "unchanged");
        assert_eq!(named(&store, graded(20, 3)).await, 1, "another score, failing");
        let mut hidden = graded(20, 4);
        hidden.release = Release::Withheld { reason: Withheld::Hidden };
        assert_eq!(named(&store, hidden.clone()).await, 1, "hidden");
        hidden.as_of = at(5);
        assert_eq!(named(&store, hidden).await, 0, "still hidden");
        let mut told = graded(20, 6);
        told.passed = Some(false);
        assert_eq!(named(&store, told.clone()).await, 1, "shown again");
        told.as_of = at(7);
        told.assessment.name = Some("Final".to_owned());
        assert_eq!(named(&store, told.clone()).await, 0, "a title");
        told.late = Some(true);
        told.as_of = at(8);
        assert_eq!(named(&store, told).await, 1, "late, which a rule may ask");
        let mut withheld = outcome("7", "item:2", 20, at(1));
        withheld.release = Release::Withheld { reason: Withheld::NotGraded };
        assert_eq!(named(&store, withheld).await, 0, "as if it were not there");
    }

    async fn a_loss_sets_the_bit_with_the_award_and_a_rise_clears_it(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let credential = &commit.awards[0].credential;
        let bits = async || {
            let list = store.status_list(credential.status.list).await.unwrap().unwrap();
            (list.suspended.len(), list.revoked.len(), list.changed_at)
        };
        change(&store, "7", credential.id, 50, lost(Consequence::Suspend, 40)).await;
        assert_eq!(bits().await, (1, 0, at(50)));
        let event = grade(&store, "moodle", outcome("7", "item:9", 80, at(1))).await.remove(0);
        let held = candidate_of(&store, event.id).await.held.remove(0);
        assert!(held.suspended && !held.revoked);
        let loss = held.loss.unwrap();
        assert_eq!((loss.since, loss.reason.as_str()), (at(40), "40 of 100"));
        change(&store, "7", credential.id, 60, lost(Consequence::Suspend, 60)).await;
        assert_eq!(candidate_of(&store, event.id).await.held[0].loss.as_ref().unwrap().since, at(40));
        assert_eq!(bits().await.2, at(50), "no bit has changed");
        change(&store, "7", credential.id, 70, Change::Regained).await;
        assert_eq!(bits().await, (0, 0, at(70)));
        assert_eq!(candidate_of(&store, event.id).await.held[0].loss, None);
        change(&store, "7", credential.id, 80, lost(Consequence::Revoke, 80)).await;
        change(&store, "7", credential.id, 90, Change::Regained).await;
        assert_eq!(bits().await, (0, 1, at(80)), "revoked for good");
    }

    async fn a_change_on_old_outcomes_changes_nothing(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards[0].credential.id;
        let event = grade(&store, "moodle", outcome("7", "item:2", 80, at(1))).await.remove(0);
        let mut commit = commit_for(&store, &candidate_of(&store, event.id).await, "rust").await;
        commit.awards.clear();
        commit.changes = vec![AwardChange { credential, change: lost(Consequence::Suspend, 40) }];
        grade(&store, "moodle", outcome("7", "item:2", 90, at(2))).await;
        assert_eq!(store.award(&[commit], at(50)).await.unwrap(), [Committed::Stale]);
        assert!(!store.credential(credential).await.unwrap().unwrap().suspended);
        assert_eq!(database.count("losses").await, 0);
    }

    async fn a_grace_ends_once_and_its_event_is_judged_again(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards[0].credential.id;
        let delivery = change(&store, "7", credential, 50, lost(Consequence::Wait(at(100)), 50)).await;
        assert_eq!(store.end_graces(at(99), 10).await.unwrap(), 0);
        assert_eq!(store.end_graces(at(100), 10).await.unwrap(), 1);
        assert_eq!(store.end_graces(at(100), 10).await.unwrap(), 0);
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.signals[0].events.len()), (DeliveryState::Waiting, 2));
        let due: Vec<_> = store.due(Work::Assessments, at(100), at(900), 9).await.unwrap();
        assert_eq!((due.len(), due[0].delivery), (1, delivery), "published at once");
        let candidate = candidate_of(&store, due[0].id).await;
        assert_eq!(candidate.held[0].loss.as_ref().unwrap().since, at(50));
        assert_eq!(store.events(&[due[0].id]).await.unwrap()[0].outcome.assessment.id, "item:50");
    }

    async fn a_grace_that_begins_in_an_event_about_everything_ends_in_one(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let delivery = store.apply_rules(&[commit.person], 5, "Ada", at(40)).await.unwrap();
        let due = store.due(Work::Assessments, at(40), at(41), 9).await.unwrap();
        let whole = due.iter().find(|due| due.delivery == delivery).unwrap();
        let mut loss = commit_for(&store, &candidate_of(&store, whole.id).await, "rust").await;
        loss.awards.clear();
        let change = lost(Consequence::Wait(at(100)), 50);
        loss.changes = vec![AwardChange { credential: commit.awards[0].credential.id, change }];
        store.award(&[loss], at(50)).await.unwrap();
        assert_eq!(store.end_graces(at(100), 10).await.unwrap(), 1);
        let due = store.due(Work::Assessments, at(100), at(900), 9).await.unwrap();
        let again = candidate_of(&store, due.iter().find(|due| due.delivery == delivery).unwrap().id).await;
        assert_eq!((again.whole, again.publication), (true, Some(5)));
    }

    async fn two_sweepers_end_a_grace_once(database) {
        let store = database.store().await;
        for learner in 0..10 {
            let learner = learner.to_string();
            let credential = awarded(&store, &learner).await.awards[0].credential.id;
            change(&store, &learner, credential, 50, lost(Consequence::Wait(at(100)), 50)).await;
        }
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.end_graces(at(100), 4).await.unwrap() })
            })
            .collect();
        let mut ended = 0;
        for task in tasks {
            ended += task.await.unwrap();
        }
        for _ in 0..3 {
            ended += store.end_graces(at(100), 4).await.unwrap();
        }
        assert_eq!(ended, 10);
        assert_eq!(database.count("events").await, 30);
    }

    async fn a_decision_changes_what_is_held_and_is_kept(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let credential = commit.awards[0].credential.id;
        let decide = async |what, seconds| store.decide(&decision(what, commit.person), at(seconds)).await.unwrap();
        let of_award = async |what, seconds| {
            let decided = store.decide_awards(&about(what, &[credential]), at(seconds)).await.unwrap();
            assert_eq!(decided.deliveries.len(), decided.changed.len());
            decided.changed == [credential]
        };
        let state = async || {
            let stored = store.credential(credential).await.unwrap().unwrap();
            (stored.suspended, stored.revoked)
        };
        change(&store, "7", credential, 50, lost(Consequence::Suspend, 50)).await;
        let held = Decided::Stored(Some(credential));
        assert!(of_award(AwardDecision::Reinstate, 60).await);
        assert_eq!((state().await, database.count("losses").await), ((false, false), 0));
        assert!(of_award(AwardDecision::Suspend, 61).await);
        assert_eq!(state().await, (true, false));
        assert_eq!(decide(BadgeDecision::Refuse, 62).await, held);
        assert_eq!(state().await, (true, false), "a refusal takes nothing away");
        assert_eq!(decide(GRANT, 63).await, held);
        assert_eq!(state().await, (false, false));
        assert!(of_award(AwardDecision::Revoke, 64).await);
        assert_eq!(state().await, (false, true));
        assert!(!of_award(AwardDecision::Reinstate, 65).await);
        assert_eq!(database.count("decisions").await, 5, "what was not possible is not kept");
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        let notes = &trail.signals[0].events[0].notes;
        assert_eq!(notes.len(), 6);
        assert_eq!(notes[0], "badge rust is revoked");
        assert!(notes[5].ends_with("Dean decided to revoke rust: because"), "{notes:?}");
        let event = grade(&store, "moodle", outcome("7", "item:9", 80, at(1))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        assert_eq!((candidate.decisions.len(), candidate.decisions[0].kind), (1, DecisionKind::Grant), "the newest");
        let own = candidate.held[0].decision.as_ref().unwrap();
        assert_eq!((own.kind, own.decided_at), (DecisionKind::Revoke, at(64)));
        let person = store.person(candidate.person).await.unwrap().unwrap();
        assert_eq!(person.awards[0].held.decision.as_ref(), Some(own));
        let kept: Vec<_> = person.decisions.iter().map(|one| (one.kind.as_str(), one.credential)).collect();
        let of = Some(credential);
        let all = [("revoke", of), ("grant", None), ("refuse", None), ("suspend", of), ("reinstate", of)];
        assert_eq!(kept, all);
    }

    async fn a_grant_of_a_badge_that_has_ended_makes_another_one(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        commit.awards[0].valid_until = Some(at(100));
        let credential = commit.awards[0].credential.id;
        store.award(&[commit.clone()], at(20)).await.unwrap();
        let grant = decision(GRANT, candidate.person);
        assert_eq!(store.decide(&grant, at(99)).await.unwrap(), Decided::Stored(Some(credential)), "it is valid");
        assert!(matches!(store.decide(&grant, at(100)).await.unwrap(), Decided::Awarding(_)));
        // One of an earlier term is not meant either.
        let other = awarded(&store, "8").await;
        let since = |seconds| decision(BadgeDecision::Grant { since: Some(at(seconds)) }, other.person);
        assert!(matches!(store.decide(&since(20), at(60)).await.unwrap(), Decided::Stored(Some(_))));
        assert!(matches!(store.decide(&since(50), at(61)).await.unwrap(), Decided::Awarding(_)));
        // What has ended can still be revoked.
        store.decide_awards(&about(AwardDecision::Revoke, &[credential]), at(200)).await.unwrap();
        assert!(store.credential(credential).await.unwrap().unwrap().revoked);
    }

    async fn a_decision_makes_what_was_judged_before_it_stale(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        let commit = commit_for(&store, &candidate, "rust").await;
        let refuse = decision(BadgeDecision::Refuse, candidate.person);
        assert_eq!(store.decide(&refuse, at(15)).await.unwrap(), Decided::Stored(None));
        assert_eq!(store.award(&[commit], at(20)).await.unwrap(), [Committed::Stale]);
        assert_eq!(database.count("awards").await, 0);
        let suspend = about(AwardDecision::Suspend, &[Uuid::from_u128(1)]);
        let nothing = AwardsDecided { changed: Vec::new(), deliveries: Vec::new() };
        assert_eq!(store.decide_awards(&suspend, at(16)).await.unwrap(), nothing);
    }

    /// Two persons become one between the command's look at them and its decision.
    async fn nothing_is_decided_about_who_is_nobody_any_more(database) {
        let store = database.store().await;
        let (kept, gone) = (candidate(&store, "7").await, candidate(&store, "8").await);
        let (kept, gone) = (kept.person, gone.person);
        let move_all = format!(
            "UPDATE persons SET version = version + 1; UPDATE learners SET person_id = {} WHERE person_id = {}",
            database.literal(kept),
            database.literal(gone)
        );
        for what in [GRANT, BadgeDecision::Refuse] {
            let merge = database.hold(&move_all).await;
            let decided = tokio::spawn({
                let store = store.clone();
                async move { store.decide(&decision(what, gone), at(50)).await }
            });
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            merge.commit().await;
            assert!(matches!(decided.await.unwrap(), Err(StoreError::Conflict)));
        }
        assert_eq!(database.count("decisions").await, 0);
        assert_eq!(store.decide(&decision(BadgeDecision::Refuse, kept), at(51)).await.unwrap(), Decided::Stored(None));
    }

    async fn a_grant_is_work_for_a_worker(database) {
        let store = database.store().await;
        assert_eq!(named(&store, outcome("7", "item:1", 10, at(1))).await, 1);
        let learner = learner_of(&store, "moodle", "7").await;
        let grant = decision(GRANT, learner.person);
        let Decided::Awarding(delivery) = store.decide(&grant, at(50)).await.unwrap() else { panic!() };
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.source.as_str()), (DeliveryState::Waiting, "moodle"));
        assert_eq!(trail.signals[0].reason, "Dean decided to grant “rust”: because");
        let due = store.due(Work::Assessments, at(50), at(90), 9).await.unwrap();
        assert_eq!(due.iter().filter(|due| due.delivery == delivery).count(), 1);
        let event = trail.signals[0].events[0].id;
        let candidate = candidate_of(&store, event).await;
        assert_eq!(candidate.decisions[0].kind, DecisionKind::Grant);
        let commit = commit_for(&store, &candidate, "rust").await;
        let answers = store.award(&[commit], at(60)).await.unwrap();
        assert!(matches!(&answers[0], Committed::Stored { mails, .. } if mails.len() == 1));
    }

    async fn what_waits_is_told_and_a_better_word_wakes_it(database) {
        let store = database.store().await;
        let first = candidate(&store, "7").await;
        let wait = |reason: Option<&str>| Wait {
            issuer: "school".to_owned(),
            badge: "rust".to_owned(),
            reason: reason.map(str::to_owned),
        };
        let mut commit = commit_for(&store, &first, "rust").await;
        commit.awards.clear();
        commit.waits = vec![wait(Some("no name"))];
        store.award(&[commit], at(20)).await.unwrap();
        let waiting = store.waiting_awards(None, 9).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].since, waiting[0].reason.as_str()), (1, at(20), "no name"));
        assert_eq!((waiting[0].source.as_str(), waiting[0].learner.as_str()), ("moodle", "7"));
        assert!(store.waiting_awards(Some("other"), 9).await.unwrap().is_empty());

        // The same word again, with something that fails; then a better one.
        assert!(grade(&store, "moodle", outcome("7", "item:2", 10, at(2))).await.is_empty());
        let mut renamed = outcome("7", "item:3", 10, at(3));
        renamed.learner.name = Some("Ada Example".to_owned());
        let event = grade(&store, "moodle", renamed.clone()).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        assert_eq!(candidate.waiting, [("school".to_owned(), "rust".to_owned())]);
        let mut commit = commit_for(&store, &candidate, "rust").await;
        commit.awards.clear();
        commit.waits = vec![wait(Some("no address"))];
        store.award(&[commit.clone()], at(30)).await.unwrap();
        let waiting = store.waiting_awards(None, 9).await.unwrap();
        assert_eq!((waiting[0].since, waiting[0].reason.as_str()), (at(20), "no address"), "since the first");

        renamed.learner.email = Some("ada@example.test".to_owned());
        renamed.as_of = at(4);
        let event = grade(&store, "moodle", renamed.clone()).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        commit.awards = vec![award_for(&store, &candidate, "rust").await];
        commit.waits = vec![wait(None)];
        store.award(&[commit], at(40)).await.unwrap();
        assert!(store.waiting_awards(None, 9).await.unwrap().is_empty());
        renamed.learner.name = Some("Ada Other".to_owned());
        renamed.as_of = at(5);
        assert!(grade(&store, "moodle", renamed).await.is_empty(), "nothing waits any more");
    }
}
