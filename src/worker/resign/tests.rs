use serde_json::Value;

use super::*;
use crate::signing::Signing;
use crate::store::{Compromised, NewKey};
use crate::worker::outage::Patience;
use crate::worker::samples::{Bench, signing_with};

fn resigner(bench: &Bench, signing: &Signing) -> Resigner {
    Resigner {
        store: bench.store.clone(),
        issuers: signing.clone().into(),
        clock: bench.clock.clone(),
        every: Duration::from_secs(1),
    }
}

async fn award(bench: &Bench, learners: &[&str]) {
    let mut events = Vec::new();
    for learner in learners {
        events.push(bench.event(learner).await);
    }
    let taken = bench.taken(&events.iter().collect::<Vec<_>>()).await;
    let patience = Patience::new(CancellationToken::new());
    bench.awarder().batch(taken, &mut patience.hold()).await.unwrap();
}

fn without_proof(document: &str) -> Value {
    let mut document: Value = serde_json::from_str(document).unwrap();
    document.as_object_mut().unwrap().remove("proof").unwrap();
    document
}

/// The keys of seeds 1 and 2, the first compromised.
async fn compromised(bench: &Bench) -> (Signing, IssuerKey) {
    let signing = signing_with(&bench.store, &bench.clock, &[1, 2]).await;
    let before = signing.active().unwrap();
    let next = badge_key(2);
    let done =
        bench.store.compromise_key("school", &before, Some(&next), "lost", bench.clock.now()).await.unwrap();
    assert_eq!(done, Compromised::Done(Some(next.name)));
    signing.refresh().await.unwrap();
    let key = signing.compromised().remove(0);
    assert_eq!(key.name, before);
    (signing, key)
}

fn badge_key(seed: u8) -> NewKey {
    crate::signing::Private::entry(&crate::badges::SigningKey::from_seed([seed; 32]))
}

#[tokio::test]
async fn badges_of_a_compromised_key_keep_all_but_their_proof() {
    let bench = Bench::new().await;
    award(&bench, &["ada", "bo", "cy"]).await;
    // One of a process from before keys were noted.
    bench.execute("UPDATE credentials SET signed_by = NULL WHERE email LIKE 'bo%'").await;
    let select = "SELECT document FROM credentials ORDER BY id";
    let before = bench.texts(select).await;
    let (signing, key) = compromised(&bench).await;
    let (one, other) = (resigner(&bench, &signing), resigner(&bench, &signing));
    let mut refused = [BTreeSet::new(), BTreeSet::new()];
    let [mine, theirs] = &mut refused;
    let (first, second) = tokio::join!(one.badges_of(&key, mine), other.badges_of(&key, theirs));
    assert_eq!(first.unwrap() + second.unwrap(), 3, "each badge once, whoever signs");
    let after = bench.texts(select).await;
    let active = signing.active().unwrap();
    for (before, after) in before.iter().zip(&after) {
        assert_ne!(before, after);
        assert_eq!(without_proof(before), without_proof(after));
        let after: Value = serde_json::from_str(after).unwrap();
        assert!(after["proof"]["verificationMethod"].as_str().unwrap().ends_with(&format!("#{active}")));
    }
    let names = bench.texts("SELECT signed_by FROM credentials").await;
    assert!(names.iter().all(|name| *name == active), "{names:?}");
    assert_eq!(one.badges_of(&key, &mut BTreeSet::new()).await.unwrap(), 0, "and then there is nothing left");
    assert_eq!(bench.texts(select).await, after);
}

#[tokio::test]
async fn a_document_that_changed_meanwhile_is_left_for_the_next_pass() {
    let bench = Bench::new().await;
    award(&bench, &["ada"]).await;
    let (signing, key) = compromised(&bench).await;
    let found = bench.store.signed_by("school", &key.name, true, &[], 10).await.unwrap();
    bench.execute("UPDATE credentials SET document = replace(document, 'School', 'Academy')").await;
    assert_eq!(resigner(&bench, &signing).group("school", found, &mut BTreeSet::new()).await.unwrap(), 0);
    assert_eq!(resigner(&bench, &signing).badges_of(&key, &mut BTreeSet::new()).await.unwrap(), 1);
    assert!(bench.texts("SELECT document FROM credentials").await[0].contains("Academy"));
}

#[tokio::test]
async fn a_key_that_signs_no_more_signs_nothing_anew() {
    let bench = Bench::new().await;
    award(&bench, &["ada"]).await;
    let (signing, key) = compromised(&bench).await;
    // This process has not seen that the second key is compromised, too.
    let third = badge_key(3);
    let now = bench.clock.now();
    bench.store.compromise_key("school", &badge_key(2).name, Some(&third), "lost", now).await.unwrap();
    assert!(matches!(
        resigner(&bench, &signing).badges_of(&key, &mut BTreeSet::new()).await,
        Err(SigningError::Away(_))
    ));
    let names = bench.texts("SELECT signed_by FROM credentials").await;
    assert_eq!(names, std::slice::from_ref(&key.name));
    // It has not the third key, and so cannot.
    assert!(matches!(
        resigner(&bench, &signing).badges_of(&key, &mut BTreeSet::new()).await,
        Err(SigningError::Away(_))
    ));
    let able = signing_with(&bench.store, &bench.clock, &[3]).await;
    assert_eq!(resigner(&bench, &able).badges_of(&key, &mut BTreeSet::new()).await.unwrap(), 1);
}
