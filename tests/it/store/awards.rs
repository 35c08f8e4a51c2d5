//! Awarding: one award for each (badge, person, cycle), whoever issues it, whatever happens at once.

use accolade::store::{AwardChange, AwardCommit, Change, Committed, Consequence, DeliveryState, Store};
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, award_for, awarded, candidate, candidate_of, commit_for, grade, id, outcome};

/// What is made of some events of a learner, one for each of these, from what is known now: the badges that
/// are awarded, and what changes.
async fn judged(store: &Store, learner: &str, each: &[(&[&str], &[AwardChange])]) -> Vec<AwardCommit> {
    let mut events = Vec::new();
    for _ in each {
        events
            .push(grade(store, "moodle", outcome(learner, &id().to_string(), 80, at(2))).await.remove(0).id);
    }
    let mut commits = Vec::new();
    for (event, (badges, changes)) in events.into_iter().zip(each) {
        let candidate = candidate_of(store, event).await;
        let mut commit = commit_for(store, &candidate, "rust").await;
        commit.awards.clear();
        for badge in *badges {
            commit.awards.push(award_for(store, &candidate, badge).await);
        }
        commit.changes = changes.to_vec();
        commits.push(commit);
    }
    commits
}

fn suspends(credential: Uuid) -> AwardChange {
    let (reason, then) = ("40 of 100".to_owned(), Consequence::Suspend);
    AwardChange { credential, change: Change::Lost { since: at(30), reason, then } }
}

/// Stores them in one batch, or each by a worker of its own; which of them are stale.
async fn stale(store: &Store, commits: &[AwardCommit], workers: usize) -> Vec<bool> {
    let mut answers = Vec::new();
    for batch in commits.chunks(if workers == 1 { commits.len() } else { 1 }) {
        answers.extend(store.award(batch, at(30)).await.unwrap());
    }
    answers.iter().map(|answer| *answer == Committed::Stale).collect()
}

contract! {
    /// What one of them gives or takes is what another one may rest on.
    async fn what_was_judged_beside_a_change_of_awards_is_stale(database) {
        let store = database.store().await;
        for workers in [1, 2] {
            let lost = format!("lost-{workers}");
            let a = awarded(&store, &lost).await.awards[0].credential.id;
            let commits = judged(&store, &lost, &[(&[], &[suspends(a)]), (&["b"], &[])]).await;
            assert_eq!(stale(&store, &commits, workers).await, [false, true], "{workers} workers: it is lost");
            let again = candidate_of(&store, commits[1].event).await;
            assert!(again.version == commits[1].version && again.held[0].suspended);
            let again = AwardCommit { held: again.held.iter().map(Into::into).collect(), ..commits[1].clone() };
            assert_eq!(stale(&store, &[again], 1).await, [false], "judged again");

            let earned = format!("earned-{workers}");
            let commits = judged(&store, &earned, &[(&["t"], &[]), (&["c"], &[])]).await;
            assert_eq!(stale(&store, &commits, workers).await, [false, true], "{workers} workers: it is there");
        }
    }

    /// Neither costs another judgement.
    async fn what_adds_nothing_to_what_was_stored_beside_it_is_not_stale(database) {
        let store = database.store().await;
        let a = awarded(&store, "7").await.awards[0].credential.id;
        let lost = [suspends(a)];
        let each: [(&[&str], &[AwardChange]); 4] = [(&["b"], &lost), (&[], &[]), (&["b"], &lost), (&[], &lost)];
        let commits = judged(&store, "7", &each).await;
        assert_eq!(stale(&store, &commits, 1).await, [false; 4]);
        // And of two workers those that add nothing.
        let commits = judged(&store, "8", &[(&["b"], &[]), (&[], &[]), (&["b"], &[])]).await;
        assert_eq!(stale(&store, &commits, 2).await, [false; 3]);
        assert_eq!(database.count("awards").await, 3);
    }

    /// Two workers at the same time: whoever comes second sees what the first one stored.
    async fn of_two_workers_with_two_badges_of_a_person_one_judges_again(database) {
        let store = database.store().await;
        for round in 0..5 {
            let commits = judged(&store, &round.to_string(), &[(&["x"], &[]), (&["y"], &[])]).await;
            let tasks: Vec<_> = commits
                .into_iter()
                .map(|commit| {
                    let store = store.clone();
                    tokio::spawn(async move { store.award(&[commit], at(20)).await.unwrap() })
                })
                .collect();
            let mut stale = 0;
            for task in tasks {
                stale += usize::from(task.await.unwrap() == [Committed::Stale]);
            }
            assert_eq!(stale, 1);
        }
    }

    async fn an_award_is_stored_with_all_that_follows(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        assert!(candidate.passed);
        assert_eq!((candidate.attempts, candidate.about), (0, Some(0)));
        assert!(candidate.held.is_empty());
        let commit = commit_for(&store, &candidate, "rust").await;
        let award = &commit.awards[0];
        let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
        let expected =
            Committed::Stored { mails: vec![award.mail.id], credentials: vec![award.credential.id] };
        assert_eq!(answers, [expected]);

        let stored = store.credential(award.credential.id).await.unwrap().unwrap();
        assert_eq!(stored.document, award.credential.document);
        assert_eq!((stored.issuer.as_str(), stored.badge.as_str()), ("school", "rust"));
        assert_eq!((stored.awarded_at, stored.claim_until), (at(20), at(1_000)));
        assert_eq!(stored.status, award.credential.status);
        assert_eq!(stored.claimed_at, None);
        assert!(!stored.revoked && !stored.suspended);
        assert!(store.candidates(&[commit.event]).await.unwrap().is_empty(), "the event is done");

        let basis = store.award_basis(award.credential.id).await.unwrap().unwrap();
        assert_eq!((basis.badge.as_str(), basis.rules.as_str()), ("rust", "sha256:1"));
        let inputs = basis.inputs.unwrap();
        assert_eq!(inputs.content, r#"{"badge":"rust"}"#);
        assert!(inputs.holds());
        assert_eq!(store.award_bases(uuid::Uuid::nil(), 10).await.unwrap().len(), 1);
        assert!(store.award_bases(award.credential.id, 10).await.unwrap().is_empty());

        // The same work again.
        assert_eq!(store.award(&[commit], at(21)).await.unwrap(), [Committed::AlreadyDone]);
        assert_eq!(database.count("awards").await, 1);
    }

    async fn what_is_suspended_is_held_and_does_not_count(database) {
        let store = database.store().await;
        let award = awarded(&store, "7").await.awards.remove(0);
        let event = grade(&store, "moodle", outcome("7", "item:2", 80, at(2))).await.remove(0);
        for (suspended, counts) in [(false, true), (true, false), (false, true)] {
            store.set_status(award.credential.id, false, suspended, at(50)).await.unwrap();
            let held = candidate_of(&store, event.id).await.held.remove(0);
            assert_eq!((held.counts(), held.awarded_at), (counts, award.awarded_at));
        }
        store.set_status(award.credential.id, true, false, at(50)).await.unwrap();
        assert!(!candidate_of(&store, event.id).await.held[0].counts(), "revoked");
    }

    async fn an_award_that_exists_is_not_made_again(database) {
        let store = database.store().await;
        let first = awarded(&store, "7").await;
        let event = grade(&store, "moodle", outcome("7", "item:2", 80, at(2))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        assert_eq!(candidate.held.len(), 1);
        assert_eq!(candidate.held[0].credential, first.awards[0].credential.id);
        let mut commit = commit_for(&store, &candidate, "rust").await;
        // Even under another id.
        commit.awards[0].credential.id = id();
        commit.awards[0].mail.id = id();
        commit.awards.push(award_for(&store, &candidate, "more rust").await);
        let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
        let new = &commit.awards[1];
        let expected = Committed::Stored { mails: vec![new.mail.id], credentials: vec![new.credential.id] };
        assert_eq!(answers, [expected]);
        for table in ["awards", "credentials", "mails"] {
            assert_eq!(database.count(table).await, 2, "{table}");
        }
    }

    /// Two versions of the rules at once, of which the newer one gave the badge to another faculty.
    async fn a_badge_of_two_issuers_is_awarded_once(database) {
        let store = database.store().await;
        awarded(&store, "7").await;
        let event = grade(&store, "moodle", outcome("7", "item:2", 80, at(2))).await.remove(0);
        let mut commit = commit_for(&store, &candidate_of(&store, event.id).await, "rust").await;
        let key = accolade::store::NewKey {
            purpose: accolade::store::Purpose::Badge,
            name: commit.awards[0].credential.signed_by.clone(),
            public_key: commit.awards[0].credential.signed_by.clone(),
        };
        store.first_key("museum", &key, at(1)).await.unwrap();
        let award = &mut commit.awards[0];
        (award.issuer, award.credential.id, award.mail.id) = ("museum".to_owned(), id(), id());
        let answers = store.award(&[commit], at(20)).await.unwrap();
        assert_eq!(answers, [Committed::Stored { mails: Vec::new(), credentials: Vec::new() }]);
        assert_eq!(database.count("awards").await, 1);
    }

    async fn of_two_workers_with_one_event_one_awards(database) {
        let store = database.store().await;
        for learner in ["1", "2", "3", "4", "5"] {
            let candidate = candidate(&store, learner).await;
            let mut tasks = Vec::new();
            for _ in 0..4 {
                let commit = commit_for(&store, &candidate, "rust").await;
                let store = store.clone();
                tasks.push(tokio::spawn(async move { store.award(&[commit], at(20)).await.unwrap() }));
            }
            let mut stored = 0;
            for task in tasks {
                match &task.await.unwrap()[..] {
                    [Committed::Stored { mails, credentials }] => {
                        assert_eq!((mails.len(), credentials.len()), (1, 1));
                        stored += 1;
                    }
                    [Committed::AlreadyDone] => {}
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(stored, 1);
        }
        for table in ["awards", "credentials", "mails"] {
            assert_eq!(database.count(table).await, 5, "{table}");
        }
    }

    /// Two events of one person, evaluated side by side, lead to the same badge.
    async fn of_two_workers_with_one_badge_one_awards(database) {
        let store = database.store().await;
        let mut events = Vec::new();
        for number in 0..6 {
            let outcome = outcome("7", &format!("item:{number}"), 80, at(1));
            events.push(grade(&store, "moodle", outcome).await.remove(0).id);
        }
        let mut tasks = Vec::new();
        for event in events {
            let candidate = candidate_of(&store, event).await;
            let commit = commit_for(&store, &candidate, "rust").await;
            let store = store.clone();
            tasks.push(tokio::spawn(async move { store.award(&[commit], at(20)).await.unwrap() }));
        }
        let mut credentials = 0;
        for task in tasks {
            let answers = task.await.unwrap();
            let Committed::Stored { credentials: new, .. } = &answers[0] else { panic!("{answers:?}") };
            credentials += new.len();
        }
        assert_eq!(credentials, 1);
        assert_eq!(database.count("awards").await, 1);
        assert_eq!(database.count("credentials").await, 1);
        assert_eq!(database.count("mails").await, 1);
    }

    async fn batches_in_opposite_orders_do_not_wait_in_a_circle(database) {
        let store = database.store().await;
        let mut candidates = Vec::new();
        for learner in 0..10 {
            candidates.push(candidate(&store, &learner.to_string()).await);
        }
        let mut tasks = Vec::new();
        for turn in 0..4 {
            let mut commits = Vec::new();
            for candidate in &candidates {
                commits.push(commit_for(&store, candidate, "rust").await);
            }
            if turn % 2 == 1 {
                commits.reverse();
            }
            let store = store.clone();
            tasks.push(tokio::spawn(async move { store.award(&commits, at(20)).await.unwrap() }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap().len(), 10);
        }
        assert_eq!(database.count("awards").await, 10);
    }

    async fn the_constraint_holds_where_the_lock_does_not(database) {
        let store = database.store().await;
        let first = awarded(&store, "7").await;
        let badge = "INSERT INTO awards SELECT credential.new_id, issuer, badge, person_id, cycle, event_id, \
            awarded_at, rules, explanation FROM awards, (SELECT id AS new_id FROM events) AS credential";
        assert!(database.try_execute(badge).await.is_err());
        assert_eq!(database.count("awards").await, 1);
        assert!(store.credential(first.awards[0].credential.id).await.unwrap().is_some());
    }

    async fn a_decision_on_old_outcomes_is_stale(database) {
        let store = database.store().await;
        let old = candidate(&store, "7").await;
        let commit = commit_for(&store, &old, "rust").await;
        let other = candidate(&store, "8").await;
        let other = commit_for(&store, &other, "rust").await;
        // The grade is taken back between evaluation and award.
        grade(&store, "moodle", outcome("7", "item:1", 10, at(5))).await;
        let answers = store.award(&[commit, other], at(20)).await.unwrap();
        assert_eq!(answers[0], Committed::Stale);
        assert!(matches!(answers[1], Committed::Stored { .. }));
        assert_eq!(database.count("awards").await, 1);
        let again = candidate_of(&store, old.event).await;
        assert!(again.version > old.version);
        assert!(!again.passed);
    }

    /// Another process has changed the person's outcomes, and not committed yet.
    async fn an_award_waits_for_a_change_under_way(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        let commit = commit_for(&store, &candidate, "rust").await;
        let change = database.hold("UPDATE persons SET version = version + 1").await;
        let award = tokio::spawn({
            let store = store.clone();
            async move { store.award(&[commit], at(20)).await.unwrap() }
        });
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        change.commit().await;
        assert_eq!(award.await.unwrap(), [Committed::Stale]);
        assert_eq!(database.count("awards").await, 0);
    }

    async fn a_failed_batch_leaves_nothing(database) {
        let store = database.store().await;
        let (one, two) = (candidate(&store, "7").await, candidate(&store, "8").await);
        let (one, mut two) = (commit_for(&store, &one, "rust").await, commit_for(&store, &two, "rust").await);
        // A place in the status lists twice: refused.
        two.awards[0].credential.status = one.awards[0].credential.status;
        store.award(&[one.clone(), two], at(20)).await.unwrap_err();
        for table in ["awards", "credentials", "mails"] {
            assert_eq!(database.count(table).await, 0, "{table}");
        }
        assert_eq!(store.candidates(&[one.event]).await.unwrap().len(), 1);
        let answers = store.award(&[one], at(20)).await.unwrap();
        assert!(matches!(answers[0], Committed::Stored { .. }));
    }

    async fn an_event_is_postponed_then_parked(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        store.postpone_event(candidate.event, Some(at(60)), "the signer is busy").await.unwrap();
        let again = candidate_of(&store, candidate.event).await;
        assert_eq!(again.attempts, 1);
        let trail = store.delivery(candidate.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Waiting);
        assert!(trail.reason.contains("the signer is busy"));
        store.postpone_event(candidate.event, None, "no name").await.unwrap();
        assert!(store.candidates(&[candidate.event]).await.unwrap().is_empty());
        let trail = store.delivery(candidate.delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.reason.as_str()), (DeliveryState::Parked, "no name; confirmed"));
        // What is parked stays parked.
        store.postpone_event(candidate.event, Some(at(60)), "late").await.unwrap();
        assert!(store.candidates(&[candidate.event]).await.unwrap().is_empty());
        store.postpone_event(id(), None, "unknown").await.unwrap();
    }

    async fn a_decision_without_an_award_ends_the_event(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        commit.awards.clear();
        commit.reason = String::from("rust: 80 of 100, 90 needed");
        let answers = store.award(&[commit], at(20)).await.unwrap();
        assert_eq!(answers, [Committed::Stored { mails: Vec::new(), credentials: Vec::new() }]);
        let trail = store.delivery(candidate.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
        assert_eq!(trail.reason, "confirmed; rust: 80 of 100, 90 needed");
    }
}
