//! Offers to wallets, and answered challenges.

use accolade::store::{Bound, MailVerdict, Offering, Store, Work};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, awarded, id};

/// A claimed badge.
async fn claimed(store: &Store, learner: &str) -> Uuid {
    let commit = awarded(store, learner).await;
    let credential = &commit.awards[0].credential;
    store.claim(&credential.claim_hash, at(30)).await.unwrap();
    credential.id
}

/// An offer that is made at this second.
async fn offered(store: &Store, credential: Uuid, second: i64) -> Uuid {
    let offer = id();
    assert!(store.offer(offer, credential, "de", at(second)).await.unwrap());
    offer
}

async fn live(store: &Store, offer: Uuid, now: DateTime<Utc>) -> bool {
    store.wallet_offer(offer, now).await.unwrap().unwrap().live
}

contract! {
    async fn a_badge_is_offered_once_it_is_claimed(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let credential = commit.awards[0].credential.id;
        assert!(!store.offer(id(), credential, "de", at(40)).await.unwrap());
        assert!(!store.offer(id(), id(), "de", at(40)).await.unwrap());
        store.claim(&commit.awards[0].credential.claim_hash, at(41)).await.unwrap();
        let offer = offered(&store, credential, 42).await;
        assert_eq!(store.offering(credential, at(43)).await.unwrap(), Offering { live: Some(offer), more: true });
        let read = store.wallet_offer(offer, at(43)).await.unwrap().unwrap();
        assert_eq!((read.credential, read.badge.as_str(), read.language.as_str()), (credential, "rust", "de"));
        assert!(store.wallet_offer(id(), at(43)).await.unwrap().is_none());
        for column in ["revoked", "suspended"] {
            database.execute(&format!("UPDATE credentials SET {column} = true")).await;
            assert!(!store.offer(id(), credential, "de", at(44)).await.unwrap(), "{column}");
            assert!(!store.redeem(offer, at(44)).await.unwrap(), "{column}");
            database.execute(&format!("UPDATE credentials SET {column} = false")).await;
        }
        assert!(store.redeem(offer, at(44)).await.unwrap());
    }

    async fn one_offer_of_a_badge_lives_and_five_are_made_an_hour(database) {
        let store = database.store().await;
        let credential = claimed(&store, "7").await;
        let other = claimed(&store, "8").await;
        let first = offered(&store, credential, 100).await;
        let second = offered(&store, credential, 101).await;
        assert!(!live(&store, first, at(102)).await && live(&store, second, at(102)).await);
        for second in 102..105 {
            offered(&store, credential, second).await;
        }
        assert!(!store.offer(id(), credential, "de", at(106)).await.unwrap());
        let stands = store.offering(credential, at(106)).await.unwrap();
        assert!(stands.live.is_some() && !stands.more, "a refusal ends no offer");
        offered(&store, other, 106).await;
        // The first of them is an hour old.
        assert!(!store.offer(id(), credential, "de", at(3_699)).await.unwrap());
        offered(&store, credential, 3_700).await;
    }

    async fn of_many_that_are_asked_for_at_once_five_are_made(database) {
        let store = database.store().await;
        let credential = claimed(&store, "7").await;
        let asked = (0..12).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.offer(id(), credential, "de", at(100)).await.unwrap() })
        });
        let mut made = 0;
        for task in asked.collect::<Vec<_>>() {
            made += usize::from(task.await.unwrap());
        }
        assert_eq!(made, 5);
    }

    async fn an_offer_is_redeemed_once(database) {
        let store = database.store().await;
        let offer = offered(&store, claimed(&store, "7").await, 100).await;
        let tasks = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.redeem(offer, at(101)).await.unwrap() })
        });
        let mut redeemed = 0;
        for task in tasks.collect::<Vec<_>>() {
            redeemed += usize::from(task.await.unwrap());
        }
        assert_eq!(redeemed, 1);
        let read = store.wallet_offer(offer, at(102)).await.unwrap().unwrap();
        assert_eq!((read.live, read.redeemed_at), (false, Some(at(101))));
        let late = offered(&store, claimed(&store, "8").await, 100).await;
        assert!(!store.redeem(late, at(1_900)).await.unwrap(), "half an hour is over");
    }

    async fn wrong_codes_end_an_offer_however_many_come_at_once(database) {
        let store = database.store().await;
        let offer = offered(&store, claimed(&store, "7").await, 100).await;
        for _ in 0..4 {
            store.wrong_code(offer, at(101)).await.unwrap();
        }
        assert!(live(&store, offer, at(102)).await);
        let tasks = (0..6).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.wrong_code(offer, at(103)).await.unwrap() })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert!(!live(&store, offer, at(104)).await);
        assert!(!store.redeem(offer, at(104)).await.unwrap());
    }

    async fn a_badge_is_bound_to_the_first_key_and_a_challenge_answered_once(database) {
        let store = database.store().await;
        let credential = claimed(&store, "7").await;
        let offer = offered(&store, credential, 100).await;
        let bind = async |holder: &[u8], challenge: &[u8], second| {
            store.bind(offer, holder, (challenge, at(900)), at(second)).await.unwrap()
        };
        assert_eq!(bind(b"one", b"a", 101).await, Bound::Refused, "not redeemed");
        store.redeem(offer, at(102)).await.unwrap();
        assert_eq!(bind(b"one", b"b", 103).await, Bound::Since(at(103)));
        assert_eq!(bind(b"one", b"b", 104).await, Bound::Answered);
        assert_eq!(bind(b"one", b"c", 105).await, Bound::Since(at(103)), "the same key again");
        assert_eq!(bind(b"two", b"d", 106).await, Bound::Refused);
        database.execute("UPDATE credentials SET suspended = true").await;
        assert_eq!(bind(b"one", b"e", 107).await, Bound::Refused);
        database.execute("UPDATE credentials SET suspended = false").await;
        assert_eq!(bind(b"one", b"f", 702).await, Bound::Refused, "ten minutes are over");
        assert!(!store.answer_challenge((b"b", at(900))).await.unwrap());
        assert!(store.answer_challenge((b"g", at(900))).await.unwrap());
        assert_eq!(database.count("wallet_challenges").await, 7);
    }

    async fn a_code_is_mailed_like_other_mails(database) {
        let store = database.store().await;
        let credential = claimed(&store, "7").await;
        let before = store.backlog(Work::Mails, 99).await.unwrap().waiting;
        let offer = offered(&store, credential, 100).await;
        assert_eq!(store.backlog(Work::Mails, 99).await.unwrap().waiting, before + 1);
        let due = store.due(Work::Mails, at(100), at(200), 10).await.unwrap();
        assert!(due.iter().any(|due| due.id == offer && due.source == "moodle"), "{due:?}");
        let leased = store.lease_codes(&[offer, id()], at(101), at(300)).await.unwrap();
        let [code] = leased.as_slice() else { panic!("{leased:?}") };
        assert_eq!((code.id, code.credential, code.language.as_str()), (offer, credential, "de"));
        assert_eq!((code.name.as_str(), code.email.as_str()), ("Learner", "learner@example.test"));
        assert_eq!((code.created_at, code.expires_at, code.needless), (at(100), at(1_900), false));
        assert!(store.lease_codes(&[offer], at(102), at(300)).await.unwrap().is_empty(), "it is taken");
        let wait = MailVerdict::Wait { until: at(150), reason: "451 later".to_owned() };
        store.finish_mails(&[(offer, wait)], at(103)).await.unwrap();
        assert!(store.lease_codes(&[offer], at(149), at(300)).await.unwrap().is_empty());
        store.redeem(offer, at(149)).await.unwrap();
        let leased = store.lease_codes(&[offer], at(150), at(300)).await.unwrap();
        assert!(leased[0].needless && leased[0].attempts == 1, "{leased:?}");
        let sent = MailVerdict::Sent { response: "250 taken".to_owned() };
        store.finish_mails(&[(offer, sent)], at(151)).await.unwrap();
        assert!(store.lease_codes(&[offer], at(500), at(600)).await.unwrap().is_empty());
    }
}
