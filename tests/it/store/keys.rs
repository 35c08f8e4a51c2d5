use accolade::store::{
    AwardDecision, Committed, Compromised, KeyState, NewKey, Purpose, SignedDocument, Store,
};

use super::contract;
use super::fixtures::{at, awarded, candidate, candidate_of, commit_for, first_key};
use super::lifecycle::about;

fn new(name: &str) -> NewKey {
    NewKey { purpose: Purpose::Badge, name: name.to_owned(), public_key: name.to_owned() }
}

async fn states(store: &Store) -> Vec<(String, KeyState)> {
    let keys = store.issuer_keys("school").await.unwrap();
    keys.into_iter().map(|key| (key.name, key.state)).collect()
}

fn is(name: &str, state: KeyState) -> (String, KeyState) {
    (name.to_owned(), state)
}

contract! {
    async fn a_key_is_announced_then_signs_then_retires(database) {
        let store = database.store().await;
        first_key(&store).await;
        store.first_key("school", &new("other"), at(0)).await.unwrap();
        assert_eq!(states(&store).await, [is("z6Mk1", KeyState::Active)], "the first one stays it");
        assert!(store.announce_key("school", &new("two"), at(360), at(1)).await.unwrap());
        assert!(!store.announce_key("school", &new("three"), at(360), at(1)).await.unwrap(), "one at a time");
        let jwt = NewKey { purpose: Purpose::Jwt, ..new("jwt") };
        store.first_key("school", &jwt, at(1)).await.unwrap();
        assert!(store.issuer_keys("other").await.unwrap().is_empty());

        assert!(!store.activate_key("school", "two", at(359)).await.unwrap(), "not before its time");
        let both = [is("z6Mk1", KeyState::Active), is("two", KeyState::Announced), is("jwt", KeyState::Active)];
        assert_eq!(states(&store).await, both);
        // Several processes see that its time has come.
        let (one, two) = tokio::join!(
            store.activate_key("school", "two", at(360)),
            store.activate_key("school", "two", at(360))
        );
        assert!(one.unwrap() != two.unwrap());
        let both = [is("z6Mk1", KeyState::Retired), is("two", KeyState::Active), is("jwt", KeyState::Active)];
        assert_eq!(states(&store).await, both);
        let keys = store.issuer_keys("school").await.unwrap();
        assert_eq!((keys[0].retired_at, keys[1].activated_at), (Some(at(360)), Some(at(360))));
        assert!(!store.announce_key("school", &new("z6Mk1"), at(900), at(800)).await.unwrap(), "never twice");
    }

    async fn a_compromised_key_leaves_and_another_takes_its_place(database) {
        let store = database.store().await;
        first_key(&store).await;
        let compromise = async |name: &str, next: Option<&NewKey>| {
            store.compromise_key("school", name, next, "stolen", at(5)).await.unwrap()
        };
        assert_eq!(compromise("nobody", None).await, Compromised::Unknown);
        assert_eq!(compromise("z6Mk1", None).await, Compromised::NoSuccessor);
        assert_eq!(states(&store).await, [is("z6Mk1", KeyState::Active)], "nothing was changed");
        let done = compromise("z6Mk1", Some(&new("two"))).await;
        assert_eq!(done, Compromised::Done(Some("two".to_owned())));
        assert_eq!(compromise("z6Mk1", None).await, Compromised::Already);
        // The announced one goes before another.
        store.announce_key("school", &new("three"), at(900), at(6)).await.unwrap();
        let done = compromise("two", Some(&new("four"))).await;
        assert_eq!(done, Compromised::Done(Some("three".to_owned())));
        // One that does not sign needs no successor.
        store.announce_key("school", &new("five"), at(900), at(6)).await.unwrap();
        assert_eq!(compromise("five", None).await, Compromised::Done(None));
        let expected = [("z6Mk1", KeyState::Compromised), ("two", KeyState::Compromised),
            ("three", KeyState::Active), ("five", KeyState::Compromised)];
        assert_eq!(states(&store).await, expected.map(|(name, state)| is(name, state)));
        assert_eq!(store.issuer_keys("school").await.unwrap()[0].reason, "stolen");
    }

    async fn no_award_is_stored_by_a_key_that_signs_no_more(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "1").await;
        let commit = commit_for(&store, &candidate, "rust").await;
        store.compromise_key("school", "z6Mk1", Some(&new("two")), "stolen", at(15)).await.unwrap();
        let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
        assert_eq!(answers, [Committed::Stale]);
        let id = commit.awards[0].credential.id;
        assert!(store.credential(id).await.unwrap().is_none());
        let mut again = commit_for(&store, &candidate_of(&store, candidate.event).await, "rust").await;
        "two".clone_into(&mut again.awards[0].credential.signed_by);
        let answers = store.award(&[again], at(20)).await.unwrap();
        assert!(matches!(answers[0], Committed::Stored { .. }), "{answers:?}");
        assert!(store.credential(id).await.unwrap().is_some());
    }

    /// The other way round: a key is not named compromised while an award by it is being stored.
    async fn an_award_under_way_is_stored_before_its_key_is_compromised(database) {
        let store = database.store().await;
        first_key(&store).await;
        let candidates = [candidate(&store, "1").await, candidate(&store, "2").await];
        let mut commits = Vec::new();
        for candidate in &candidates {
            commits.push(commit_for(&store, candidate, "rust").await);
        }
        let next = new("two");
        let (answers, done) = tokio::join!(
            store.award(&commits, at(20)),
            store.compromise_key("school", "z6Mk1", Some(&next), "stolen", at(20))
        );
        assert_eq!(done.unwrap(), Compromised::Done(Some("two".to_owned())));
        let stored = answers.unwrap().iter().filter(|one| matches!(one, Committed::Stored { .. })).count();
        let found = store.signed_by("school", "z6Mk1", true, &[], 10).await.unwrap();
        assert_eq!(found.len(), stored, "what was stored is there for the pass that signs anew");
    }

    async fn the_oldest_badge_that_lives_is_found(database) {
        let store = database.store().await;
        let oldest = async |seconds| store.oldest_living("school", at(seconds)).await.unwrap();
        assert_eq!(oldest(20).await, None);
        let mut ids = Vec::new();
        for (learner, awarded_at, valid_until) in [("1", 20, Some(500)), ("2", 30, None), ("3", 40, None)] {
            let candidate = candidate(&store, learner).await;
            let mut commit = commit_for(&store, &candidate, "rust").await;
            let award = &mut commit.awards[0];
            (award.awarded_at, award.valid_until) = (at(awarded_at), valid_until.map(at));
            ids.push(award.credential.id);
            store.award(&[commit], at(awarded_at)).await.unwrap();
        }
        assert_eq!(store.oldest_living("other", at(50)).await.unwrap(), None);
        assert_eq!(oldest(499).await, Some(at(20)));
        assert_eq!(oldest(500).await, Some(at(30)), "it has ended");
        store.decide_awards(&about(AwardDecision::Suspend, &ids[1..2]), at(510)).await.unwrap();
        assert_eq!(oldest(520).await, Some(at(30)), "what is on hold may be valid again");
        store.decide_awards(&about(AwardDecision::Revoke, &ids[1..2]), at(530)).await.unwrap();
        assert_eq!(oldest(540).await, Some(at(40)));
        store.decide_awards(&about(AwardDecision::Revoke, &ids[2..]), at(550)).await.unwrap();
        assert_eq!(oldest(560).await, None);
    }

    async fn a_document_is_signed_anew_once_and_by_a_key_that_signs(database) {
        let store = database.store().await;
        let (one, two) = (awarded(&store, "1").await, awarded(&store, "2").await);
        database.execute("UPDATE credentials SET signed_by = NULL").await;
        let found = store.signed_by("school", "z6Mk1", true, &[], 10).await.unwrap();
        assert_eq!(found.len(), 2);
        assert!(store.signed_by("school", "z6Mk1", false, &[], 10).await.unwrap().is_empty());
        assert!(store.signed_by("other", "z6Mk1", true, &[], 10).await.unwrap().is_empty());
        assert_eq!(store.signed_by("school", "z6Mk1", true, &[found[0].id], 10).await.unwrap(), found[1..]);
        assert_eq!(store.count_signed("school").await.unwrap(), [(None, 2)]);
        store.compromise_key("school", "z6Mk1", Some(&new("two")), "stolen", at(30)).await.unwrap();

        let anew = |found: &[SignedDocument]| -> Vec<(SignedDocument, String)> {
            found.iter().map(|one| (one.clone(), format!("anew {}", one.id))).collect()
        };
        assert_eq!(store.sign_anew("school", "z6Mk1", &anew(&found)).await.unwrap(), None);
        // Two processes that read the same.
        let documents = anew(&found);
        let (first, second) = tokio::join!(
            store.sign_anew("school", "two", &documents),
            store.sign_anew("school", "two", &documents)
        );
        assert_eq!(first.unwrap().unwrap().len() + second.unwrap().unwrap().len(), 2);
        for commit in [one, two] {
            let id = commit.awards[0].credential.id;
            let stored = store.credential(id).await.unwrap().unwrap();
            assert_eq!(stored.document, format!("anew {id}"));
        }
        assert!(store.signed_by("school", "z6Mk1", true, &[], 10).await.unwrap().is_empty());
        assert_eq!(store.count_signed("school").await.unwrap(), [(Some("two".to_owned()), 2)]);
    }
}
