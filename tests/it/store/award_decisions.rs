//! Awards that are selected, and decisions about many of them.

use std::collections::BTreeSet;

use accolade::store::{
    AwardDecision, AwardFilter, Basis, By, Committed, DeliveryState, Linked, Said, Separated, Store,
    Superseded, Work,
};
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, award_for, awarded, candidate_of, commit_for, grade, id, learner_of, outcome};
use super::lifecycle::{about, decision};

/// An award of a learner of a source: its credential.
async fn award(store: &Store, source: &str, learner: &str, badge: &str, seconds: i64) -> Uuid {
    let mut result = outcome(learner, &format!("item:{badge}"), 80, at(1));
    result.course.id = format!("course of {badge}");
    result.course.also = vec![badge.to_uppercase()];
    result.learner.email = Some(format!("{learner}@{source}.test"));
    let event = grade(store, source, result).await.remove(0);
    let candidate = candidate_of(store, event.id).await;
    let mut commit = commit_for(store, &candidate, badge).await;
    commit.awards[0].awarded_at = at(seconds);
    if badge == "rust" {
        "sha256:2".clone_into(&mut commit.awards[0].rules);
        commit.awards[0].basis = vec![Basis {
            source: source.to_owned(),
            learner: learner.to_owned(),
            course: "course of rust".to_owned(),
            assessment: "item:rust".to_owned(),
            attempt: None,
            graded_at: None,
        }];
    }
    let answers = store.award(std::slice::from_ref(&commit), at(seconds)).await.unwrap();
    assert!(matches!(answers[0], Committed::Stored { .. }), "{answers:?}");
    commit.awards[0].credential.id
}

/// One more event of a learner.
async fn event_of(store: &Store, source: &str, learner: &str) -> Uuid {
    grade(store, source, outcome(learner, "item:last", 80, at(40))).await.remove(0).id
}

fn school() -> AwardFilter {
    AwardFilter { issuer: Some("school".to_owned()), ..AwardFilter::default() }
}

async fn state(store: &Store, credential: Uuid) -> (bool, bool) {
    let stored = store.credential(credential).await.unwrap().unwrap();
    (stored.suspended, stored.revoked)
}

contract! {
    async fn awards_are_selected_by_each_thing_and_by_all(database) {
        let store = database.store().await;
        let ada = award(&store, "moodle", "ada", "rust", 20).await;
        let bo = award(&store, "canvas", "bo", "rust", 30).await;
        let go = award(&store, "moodle", "ada", "go", 40).await;
        let claim = store.credential(bo).await.unwrap().unwrap();
        assert!(claim.claimed_at.is_none());
        let select = async |filter: AwardFilter| -> Vec<Uuid> {
            let found = store.select_awards(&filter, 9).await.unwrap();
            found.into_iter().map(|award| award.credential).collect()
        };
        assert_eq!(select(school()).await, [go, bo, ada], "newest first");
        let badges = |badges: &[&str]| badges.iter().map(|badge| (*badge).to_owned()).collect();
        assert_eq!(select(AwardFilter { badges: badges(&["rust"]), ..school() }).await, [bo, ada]);
        assert_eq!(select(AwardFilter { badges: badges(&["rust", "go"]), ..school() }).await, [go, bo, ada]);
        assert_eq!(select(AwardFilter { credentials: vec![bo, go], ..school() }).await, [go, bo]);
        let person = Some(learner_of(&store, "moodle", "ada").await.person);
        assert_eq!(select(AwardFilter { person, ..school() }).await, [go, ada]);
        assert_eq!(select(AwardFilter { person, badges: badges(&["rust"]), ..school() }).await, [ada]);
        let (from, before) = (Some(at(30)), Some(at(40)));
        assert_eq!(select(AwardFilter { from, ..school() }).await, [go, bo]);
        assert_eq!(select(AwardFilter { before, ..school() }).await, [bo, ada]);
        assert_eq!(select(AwardFilter { from, before, ..school() }).await, [bo]);
        let rules = |version: &str| AwardFilter { rules: Some(version.to_owned()), ..school() };
        assert_eq!(select(rules("sha256:2")).await, [bo, ada]);
        assert_eq!(select(rules("sha256:")).await, [go, bo, ada]);
        assert!(select(rules("sha256:22")).await.is_empty());
        assert_eq!(select(AwardFilter { claimed: Some(false), ..school() }).await, [go, bo, ada]);
        database.execute("UPDATE credentials SET claimed_at = claim_until WHERE name = 'Learner'").await;
        assert_eq!(select(AwardFilter { claimed: Some(true), ..school() }).await, [go, bo, ada]);
        assert!(select(AwardFilter { claimed: Some(false), ..school() }).await.is_empty());
        let course = |course: &str| AwardFilter { course: Some(course.to_owned()), ..school() };
        assert_eq!(select(course("course of rust")).await, [bo, ada], "by its id");
        assert_eq!(select(course("RUST")).await, [bo, ada], "by another name");
        assert_eq!(select(course("canvas:RUST")).await, [bo]);
        assert_eq!(select(course("GO")).await, [go], "it is not kept what this one rests on");
        assert!(select(course("forms:GO")).await.is_empty());
        assert!(select(AwardFilter { issuer: Some("museum".to_owned()), ..school() }).await.is_empty());
        assert_eq!(store.select_awards(&school(), 2).await.unwrap().len(), 2);
        assert_eq!(store.select_awards(&course("RUST"), 1).await.unwrap().len(), 1);
    }

    async fn pages_of_awards_overlap_nowhere(database) {
        let store = database.store().await;
        let first = award(&store, "moodle", "ada", "rust", 20).await;
        // As many at one time as fill a page and more.
        let copy = match store.kind() {
            "postgres" => "SELECT gen_random_uuid() AS id, n FROM generate_series(1, 2100) AS n",
            _ => "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2100)
                SELECT randomblob(16) AS id, n FROM r",
        };
        database.execute(&format!("CREATE TABLE copies AS {copy}")).await;
        let (hash, number) = match store.kind() {
            "postgres" => ("decode(replace(CAST(copies.id AS TEXT), '-', ''), 'hex')", "CAST(copies.n AS TEXT)"),
            _ => ("copies.id", "CAST(copies.n AS TEXT)"),
        };
        database.execute(&format!(
            "INSERT INTO awards (id, issuer, badge, person_id, cycle, event_id, awarded_at, rules, explanation)
                SELECT copies.id, issuer, badge, person_id, {number}, event_id, awarded_at, rules, explanation
                FROM awards, copies;
            INSERT INTO credentials (id, document, status_list, status_index, name, email, claim_hash,
                    claim_until, revoked, suspended)
                SELECT copies.id, document, status_list, copies.n + 200, name, email, {hash}, claim_until,
                    revoked, suspended
                FROM credentials, copies"
        )).await;
        let found = store.select_awards(&school(), usize::MAX).await.unwrap();
        let ids: BTreeSet<Uuid> = found.iter().map(|award| award.credential).collect();
        assert_eq!((found.len(), ids.len()), (2_101, 2_101));
        // All of them in one transaction.
        let all: Vec<Uuid> = ids.into_iter().collect();
        let decided = store.decide_awards(&about(AwardDecision::Revoke, &all), at(50)).await.unwrap();
        assert_eq!((decided.changed.len(), decided.deliveries.len()), (2_101, 1));
        let list = store.credential(first).await.unwrap().unwrap().status.list;
        assert_eq!(store.status_list(list).await.unwrap().unwrap().revoked.len(), 2_101);
    }

    async fn a_batch_holds_with_its_bits_and_is_told_to_each_source(database) {
        let store = database.store().await;
        let (ada, bo) = (award(&store, "moodle", "ada", "rust", 20).await, award(&store, "canvas", "bo", "rust", 30).await);
        let (go, other) = (award(&store, "moodle", "ada", "go", 40).await, award(&store, "moodle", "cy", "rust", 41).await);
        let waiting = grade(&store, "moodle", outcome("ada", "item:8", 80, at(2))).await.remove(0);
        let judged = commit_for(&store, &candidate_of(&store, waiting.id).await, "java").await;
        store.decide_awards(&about(AwardDecision::Revoke, &[bo]), at(45)).await.unwrap();
        let decided = store.decide_awards(&about(AwardDecision::Suspend, &[ada, bo, go]), at(50)).await.unwrap();
        assert_eq!(BTreeSet::from_iter(decided.changed), BTreeSet::from([ada, go]), "what is revoked stays so");
        for (credential, expected) in [(ada, (true, false)), (bo, (false, true)), (go, (true, false)), (other, (false, false))] {
            assert_eq!(state(&store, credential).await, expected);
        }
        assert_eq!(store.award(&[judged], at(51)).await.unwrap(), [Committed::Stale]);
        let [delivery] = decided.deliveries.as_slice() else { panic!("{:?}", decided.deliveries) };
        let trail = store.delivery(*delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.source.as_str()), (DeliveryState::Waiting, "moodle"));
        assert_eq!(trail.signals[0].reason, "Dean decided to suspend 2 awards: because");
        assert_eq!(trail.signals[0].events.len(), 1, "ada is judged once");
        assert!(!store.due(Work::Assessments, at(50), at(90), 9).await.unwrap().is_empty());
        let all = [ada, bo, go, other];
        let decided = store.decide_awards(&about(AwardDecision::Revoke, &all), at(60)).await.unwrap();
        assert_eq!(decided.changed.len(), 3);
        let again = store.decide_awards(&about(AwardDecision::Revoke, &all), at(61)).await.unwrap();
        assert!(again.changed.is_empty() && again.deliveries.is_empty());
        assert_eq!(database.count("decisions").await, 6);
    }

    async fn a_batch_that_cannot_be_told_changes_nothing(database) {
        let store = database.store().await;
        let (ada, bo) = (award(&store, "moodle", "ada", "rust", 20).await, award(&store, "canvas", "bo", "rust", 30).await);
        let list = store.credential(ada).await.unwrap().unwrap().status.list;
        let before = store.status_list(list).await.unwrap().unwrap();
        database.execute("ALTER TABLE signals RENAME COLUMN event TO gone").await;
        assert!(store.decide_awards(&about(AwardDecision::Revoke, &[ada, bo]), at(50)).await.is_err());
        assert_eq!((state(&store, ada).await, state(&store, bo).await), ((false, false), (false, false)));
        assert_eq!(store.status_list(list).await.unwrap().unwrap(), before);
        assert_eq!(database.count("decisions").await, 0);
    }

    async fn of_two_who_decide_at_once_one_changes_an_award(database) {
        let store = database.store().await;
        let mut credentials = Vec::new();
        for learner in 0..10 {
            credentials.push(awarded(&store, &learner.to_string()).await.awards[0].credential.id);
        }
        let tasks: Vec<_> = (0..6)
            .map(|number| {
                let (store, mut these) = (store.clone(), credentials.clone());
                if number % 2 == 0 {
                    these.reverse();
                }
                tokio::spawn(async move {
                    store.decide_awards(&about(AwardDecision::Revoke, &these), at(50)).await.unwrap().changed
                })
            })
            .collect();
        let mut changed = Vec::new();
        for task in tasks {
            changed.extend(task.await.unwrap());
        }
        changed.sort_unstable();
        credentials.sort_unstable();
        assert_eq!(changed, credentials);
        assert_eq!(database.count("decisions").await, 10);
    }

    async fn a_decision_about_one_award_goes_with_it_when_a_person_is_taken_apart(database) {
        let store = database.store().await;
        let (ada, bo) = (award(&store, "moodle", "ada", "rust", 20).await, award(&store, "canvas", "bo", "rust", 30).await);
        let (one, other) = (learner_of(&store, "moodle", "ada").await, learner_of(&store, "canvas", "bo").await);
        let by = By { who: "Dean".to_owned(), reason: "because".to_owned() };
        assert!(matches!(store.link((one.id, other.id), &by, at(40)).await.unwrap(), Linked::Done { .. }));
        store.decide_awards(&about(AwardDecision::Suspend, &[bo]), at(50)).await.unwrap();
        store.decide_awards(&about(AwardDecision::Revoke, &[ada]), at(51)).await.unwrap();
        let together = learner_of(&store, "canvas", "bo").await.person;
        let refused = decision(accolade::store::BadgeDecision::Refuse, together);
        store.decide(&refused, at(52)).await.unwrap();
        assert!(matches!(store.separate(other.id, &by, at(60)).await.unwrap(), Separated::Done { .. }));
        for (source, learner, credential, kind) in [("moodle", "ada", ada, "revoke"), ("canvas", "bo", bo, "suspend")] {
            let person = learner_of(&store, source, learner).await.person;
            let person = store.person(person).await.unwrap().unwrap();
            assert_eq!(person.awards.len(), 1);
            assert_eq!(person.awards[0].held.decision.as_ref().unwrap().kind.as_str(), kind);
            let mut kept: Vec<_> =
                person.decisions.iter().map(|one| (one.kind.as_str(), one.credential)).collect();
            kept.sort_unstable();
            assert_eq!(kept, [("refuse", None), (kind, Some(credential))], "{source}");
        }
    }

    async fn an_award_ends_early_when_its_time_has_come(database) {
        let store = database.store().await;
        let (ada, bo) = (award(&store, "moodle", "ada", "rust", 20).await, award(&store, "canvas", "bo", "rust", 30).await);
        let expire = |seconds| about(AwardDecision::Expire { at: at(seconds) }, &[ada, bo]);
        assert_eq!(store.decide_awards(&expire(100), at(40)).await.unwrap().changed.len(), 2);
        let trail = store.decide_awards(&expire(90), at(41)).await.unwrap().deliveries;
        let trail = store.delivery(trail[0]).await.unwrap().unwrap();
        assert!(trail.signals[0].reason.contains("Dean decided to expire"), "{:?}", trail.signals[0].reason);
        assert!(store.select_awards(&school(), 9).await.unwrap().iter().all(|one| one.state.ends_at == Some(at(90))));
        // One order is taken back.
        assert_eq!(store.decide_awards(&about(AwardDecision::Reinstate, &[bo]), at(50)).await.unwrap().changed, [bo]);
        assert_eq!(store.end_early(at(89), 10).await.unwrap(), 0);
        database.execute("ALTER TABLE signals RENAME COLUMN event TO gone").await;
        assert!(store.end_early(at(90), 10).await.is_err());
        database.execute("ALTER TABLE signals RENAME COLUMN gone TO event").await;
        assert_eq!((state(&store, ada).await, database.count("early_ends").await), ((false, false), 1));
        let tasks = [(); 4].map(|()| {
            let store = store.clone();
            tokio::spawn(async move { store.end_early(at(90), 10).await.unwrap() })
        });
        let mut ended = 0;
        for task in tasks {
            ended += task.await.unwrap();
        }
        assert_eq!((ended, state(&store, ada).await, state(&store, bo).await), (1, (false, true), (false, false)));
        assert_eq!((database.count("early_ends").await, database.count("decisions").await), (0, 2));
    }

    async fn what_stands_in_another_one_s_place_is_stored_with_its_revocation(database) {
        let store = database.store().await;
        let first = awarded(&store, "7").await;
        let old = first.awards[0].credential.id;
        store.decide_awards(&about(AwardDecision::Suspend, &[old]), at(25)).await.unwrap();
        store.decide_awards(&about(AwardDecision::Reinstate, &[old]), at(26)).await.unwrap();
        store.decide_awards(&about(AwardDecision::Expire { at: at(500) }, &[old]), at(27)).await.unwrap();
        let order = AwardDecision::Supersede { publication: 3 };
        let ordered = store.decide_awards(&about(order, &[old]), at(30)).await.unwrap();
        let event = store.delivery(ordered.deliveries[0]).await.unwrap().unwrap().signals[0].events[0].id;
        let candidate = candidate_of(&store, event).await;
        assert!(candidate.held[0].again && candidate.publication == Some(3));
        let mut commit = commit_for(&store, &candidate, "rust").await;
        let new = id();
        "once:issue-2".clone_into(&mut commit.awards[0].cycle);
        (commit.awards[0].credential.id, commit.awards[0].mail.id) = (new, id());
        commit.awards[0].supersedes = Some(old);
        commit.superseded = vec![Superseded { old, new: Some(new) }];
        // What cannot be stored whole leaves everything as it was.
        database.execute("ALTER TABLE credentials RENAME COLUMN name TO gone").await;
        assert!(store.award(std::slice::from_ref(&commit), at(40)).await.is_err());
        database.execute("ALTER TABLE credentials RENAME COLUMN gone TO name").await;
        assert_eq!(state(&store, old).await, (false, false));
        database.execute("ALTER TABLE decisions RENAME COLUMN reason TO gone").await;
        assert!(store.award(std::slice::from_ref(&commit), at(40)).await.is_err());
        database.execute("ALTER TABLE decisions RENAME COLUMN gone TO reason").await;
        assert!(state(&store, old).await == (false, false) && store.credential(new).await.unwrap().is_none());
        store.award(std::slice::from_ref(&commit), at(40)).await.unwrap();
        assert_eq!((state(&store, old).await, state(&store, new).await), ((false, true), (false, false)));
        let person = store.person(candidate.person).await.unwrap().unwrap();
        let [_, stands] = person.awards.as_slice() else { panic!("{:?}", person.awards) };
        let stands = if stands.held.credential == new { stands } else { &person.awards[0] };
        assert_eq!((stands.held.supersedes, stands.ends_at), (Some(old), Some(at(500))));
        assert_eq!(stands.held.decision.as_ref().unwrap().kind.as_str(), "reinstate", "it is protected as before");
        assert_eq!(database.count("supersessions").await, 0);
        let found = store.select_awards(&school(), 9).await.unwrap();
        assert!(found.iter().all(|one| one.learner == "7"));
        assert_eq!(store.credential(old).await.unwrap().unwrap().replaced_by, None, "nobody has claimed it");
        store.claim(&commit.awards[0].credential.claim_hash, at(41)).await.unwrap();
        assert_eq!(store.credential(old).await.unwrap().unwrap().replaced_by, Some(new));
    }

    async fn what_a_learner_declined_is_not_issued_again(database) {
        let order = AwardDecision::Supersede { publication: 3 };
        for (learner, not_me) in [("7", false), ("8", true)] {
            let store = database.store().await;
            let first = awarded(&store, learner).await.awards.remove(0).credential;
            let (old, hash) = (first.id, first.claim_hash.as_slice());
            let say_no = async |seconds| {
                if not_me { store.disown(hash, at(seconds)).await } else { store.decline(hash, at(seconds)).await }.unwrap()
            };
            // Between the judgement and the commit.
            let ordered = store.decide_awards(&about(order, &[old]), at(30)).await.unwrap();
            let event = store.delivery(ordered.deliveries[0]).await.unwrap().unwrap().signals[0].events[0].id;
            let candidate = candidate_of(&store, event).await;
            assert!(candidate.held[0].again && !candidate.held[0].declined);
            let mut commit = commit_for(&store, &candidate, "rust").await;
            "once:issue-2".clone_into(&mut commit.awards[0].cycle);
            (commit.awards[0].credential.id, commit.awards[0].mail.id) = (id(), id());
            commit.awards[0].supersedes = Some(old);
            commit.superseded = vec![Superseded { old, new: Some(commit.awards[0].credential.id) }];
            assert_eq!(say_no(40).await, Said::Stored);
            assert_eq!(store.award(std::slice::from_ref(&commit), at(41)).await.unwrap(), [Committed::Stale]);
            assert_eq!(state(&store, old).await, (false, false), "and nothing was revoked");
            let candidate = candidate_of(&store, event).await;
            assert!(candidate.held[0].declined);
            commit = commit_for(&store, &candidate, "rust").await;
            commit.awards.clear();
            commit.superseded = vec![Superseded { old, new: None }];
            let answers = store.award(&[commit], at(42)).await.unwrap();
            assert!(matches!(&answers[..], [Committed::Stored { credentials, .. }] if credentials.is_empty()));
            assert_eq!(database.count("supersessions").await, 0);
            // Before the order.
            assert!(store.decide_awards(&about(order, &[old]), at(50)).await.unwrap().changed.is_empty());
            let found = store.select_awards(&school(), 9).await.unwrap();
            assert!(found.iter().find(|one| one.credential == old).unwrap().state.declined);
            // Who takes that back is asked again.
            if not_me {
                store.own(hash, at(60)).await.unwrap();
            } else {
                store.claim(hash, at(60)).await.unwrap();
            }
            assert_eq!(store.decide_awards(&about(order, &[old]), at(61)).await.unwrap().changed, [old]);
            store.decide_awards(&about(AwardDecision::Revoke, &[old]), at(62)).await.unwrap();
            database.execute("DELETE FROM supersessions").await;
        }
    }

    /// The order's event may be about another learner of the person, and a renewal of the old award about
    /// a later one: what stands in its place is the learner's who earned it, and what is renewed.
    async fn what_stands_in_another_one_s_place_is_whose_that_one_was(database) {
        let store = database.store().await;
        let old = award(&store, "moodle", "ada", "rust", 20).await;
        award(&store, "canvas", "bo", "go", 30).await;
        let (one, other) = (learner_of(&store, "moodle", "ada").await, learner_of(&store, "canvas", "bo").await);
        let by = By { who: "Dean".to_owned(), reason: "because".to_owned() };
        assert!(matches!(store.link((one.id, other.id), &by, at(31)).await.unwrap(), Linked::Done { .. }));
        let event = grade(&store, "canvas", outcome("bo", "item:new", 80, at(32))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        let mut renewal = commit.awards[0].clone();
        (renewal.credential.id, renewal.mail.id, renewal.renews) = (id(), id(), Some(old));
        renewal.credential.claim_hash = id().as_bytes().to_vec();
        renewal.credential.status.index += 1_000;
        "again-1".clone_into(&mut renewal.cycle);
        let (new, renewed) = (id(), renewal.credential.id);
        commit.awards = vec![renewal];
        store.award(&[commit], at(33)).await.unwrap();

        store.decide_awards(&about(AwardDecision::Supersede { publication: 3 }, &[old]), at(34)).await.unwrap();
        let event = grade(&store, "canvas", outcome("bo", "item:newer", 80, at(35))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        "once:issue-2".clone_into(&mut commit.awards[0].cycle);
        (commit.awards[0].credential.id, commit.awards[0].mail.id) = (new, id());
        commit.awards[0].supersedes = Some(old);
        commit.superseded = vec![Superseded { old, new: Some(new) }];
        let answers = store.award(&[commit], at(36)).await.unwrap();
        assert!(matches!(&answers[..], [Committed::Stored { credentials, .. }] if credentials == &[new]), "{answers:?}");
        let held = candidate_of(&store, event_of(&store, "canvas", "bo").await).await.held;
        let renews = held.iter().find(|held| held.credential == renewed).unwrap().renews;
        assert_eq!(renews, Some(new), "what renewed the old one renews the new one");
        assert!(matches!(store.separate(other.id, &by, at(60)).await.unwrap(), Separated::Done { .. }));
        let of_ada = learner_of(&store, "moodle", "ada").await.person;
        let ids: Vec<Uuid> =
            store.person(of_ada).await.unwrap().unwrap().awards.iter().map(|one| one.held.credential).collect();
        assert!(ids.contains(&old) && ids.contains(&new) && !ids.contains(&renewed), "{ids:?}");
    }

    /// Two events with the order, judged side by side: it is done once, with one revocation.
    async fn an_order_that_was_given_twice_is_done_once(database) {
        let store = database.store().await;
        let old = awarded(&store, "7").await.awards.remove(0).credential.id;
        let order = about(AwardDecision::Supersede { publication: 3 }, &[old]);
        let (mut events, mut commits) = (Vec::new(), Vec::new());
        for seconds in [30, 31] {
            let delivery = store.decide_awards(&order, at(seconds)).await.unwrap().deliveries[0];
            events.push(store.delivery(delivery).await.unwrap().unwrap().signals[0].events[0].id);
        }
        let first = candidate_of(&store, events[0]).await;
        let mut award = award_for(&store, &first, "rust").await;
        "once:issue-2".clone_into(&mut award.cycle);
        (award.credential.id, award.mail.id) = (id(), id());
        award.supersedes = Some(old);
        for event in events {
            let candidate = candidate_of(&store, event).await;
            let mut commit = commit_for(&store, &candidate, "rust").await;
            commit.superseded = vec![Superseded { old, new: Some(award.credential.id) }];
            commit.awards = vec![award.clone()];
            commits.push(commit);
        }
        let answers = store.award(&commits, at(40)).await.unwrap();
        assert!(answers.iter().all(|answer| matches!(answer, Committed::Stored { .. })), "{answers:?}");
        assert_eq!((database.count("awards").await, database.count("decisions").await), (2, 1));
        assert_eq!((database.count("supersessions").await, database.count("mails").await), (0, 2));
        assert_eq!(state(&store, old).await, (false, true));
    }

    async fn what_is_made_again_after_a_revocation_is_another_award(database) {
        let store = database.store().await;
        let first = awarded(&store, "7").await;
        let event = grade(&store, "moodle", outcome("7", "item:2", 90, at(30))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        commit.awards = vec![award_for(&store, &candidate, "rust").await];
        "again-1".clone_into(&mut commit.awards[0].cycle);
        (commit.awards[0].credential.id, commit.awards[0].mail.id) = (id(), id());
        store.award(std::slice::from_ref(&commit), at(40)).await.unwrap();
        let (one, two) = (first.awards[0].credential.id, commit.awards[0].credential.id);
        store.decide_awards(&about(AwardDecision::Revoke, &[one]), at(50)).await.unwrap();
        assert_eq!((state(&store, one).await, state(&store, two).await), ((false, true), (false, false)));
        let notes = async |delivery| {
            store.delivery(delivery).await.unwrap().unwrap().signals[0].events[0].notes.len()
        };
        assert_eq!((notes(first.delivery).await, notes(commit.delivery).await), (2, 0), "about that one alone");
    }
}
