//! What is not kept for ever, and what is.

use accolade::store::{DeliveryState, Expired, Forgotten, MailVerdict, Work};
use uuid::Uuid;

use super::contract;
use super::fixtures::{Told, at, awarded, confirm_one, delivery, done, id, record, result};
use super::privacy::{of, tell_of};

/// Everything before that second.
fn before(seconds: i64) -> Expired {
    Expired { deliveries: at(seconds), mails: at(seconds) }
}

contract! {
    async fn what_is_done_and_old_is_emptied_and_still_known(database) {
        let store = database.store().await;
        let done_one = tell_of(&store, "moodle", &["7"]).await.remove(0);
        confirm_one(&store, &done_one, of("7", "item:1")).await;
        // What is done is emptied at once; earlier versions left that to this.
        let emptied = "signals WHERE content = '{}'";
        assert_eq!(database.count(emptied).await, 1);
        database.execute("UPDATE signals SET content = '{\"key\":\"early\"}'").await;
        let mut told = delivery(&["the same"]);
        told.received_at = at(5);
        record(&store, &told).await;
        let waiting = told.id;
        assert_eq!(store.forget_expired(before(0), 100, at(1_000)).await.unwrap(), Forgotten::default(), "too young");
        // Of her event nothing is judged yet: the delivery waits, and so does the other.
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_000)).await.unwrap(), Forgotten { signals: 1, ..Forgotten::default() });
        database.execute("UPDATE events SET state = 'done'; UPDATE deliveries SET state = 'done' WHERE state = 'waiting' AND received_at < (SELECT MAX(received_at) FROM deliveries)").await;
        assert_eq!(store.forget_expired(before(0), 100, at(1_000)).await.unwrap(), Forgotten::default(), "too young");
        let gone = store.forget_expired(before(1_000), 100, at(1_000)).await.unwrap();
        assert_eq!(gone, Forgotten { bodies: 1, ..Forgotten::default() });
        let trail = store.delivery(done_one.delivery).await.unwrap().unwrap();
        let left = trail.body_gone.unwrap();
        assert_eq!((trail.body, left.why.as_str(), left.since), (None, "retention", at(1_000)));
        assert_eq!(hex(&left.sha256), "0e7674d2", "of the body");
        assert!(store.delivery(waiting).await.unwrap().unwrap().body.is_some());
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_001)).await.unwrap(), Forgotten::default());

        // Parked work is kept, too, and can be taken up again.
        let signal = store.due(Work::Signals, at(900), at(901), 10).await.unwrap().remove(0);
        let told = Told { delivery: waiting, source: "moodle".to_owned(), signal: signal.id };
        let park = accolade::store::SignalVerdict::Park { reason: "no".to_owned() };
        store.confirm(&[result(&told, Vec::new(), park)], at(10)).await.unwrap();
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_001)).await.unwrap(), Forgotten::default());
        assert_eq!(crate::store::parked::retry(&store, waiting, at(1_002)).await, 1);
        store.confirm(&[result(&told, Vec::new(), done())], at(20)).await.unwrap();
        let gone = store.forget_expired(before(1_000), 100, at(1_003)).await.unwrap();
        assert_eq!(gone, Forgotten { bodies: 1, ..Forgotten::default() });
        assert_eq!(database.count(emptied).await, 2);

        // The same webhook, however late, is known to be the same.
        let again = record(&store, &delivery(&["the same"])).await;
        assert_eq!(again.state, DeliveryState::Duplicate);
    }

    async fn a_signal_that_alone_says_whom_it_is_about_keeps_its_content(database) {
        let store = database.store().await;
        let told = tell_of(&store, "moodle", &["7"]).await.remove(0);
        // As a process of an early version stores it.
        database.execute("UPDATE signals SET learner = NULL").await;
        confirm_one(&store, &told, of("7", "item:1")).await;
        assert_eq!(database.count("signals WHERE state = 'done' AND learner IS NULL").await, 1);
        assert_eq!(database.count("signals WHERE content = '{}'").await, 0);
    }

    async fn at_most_so_many_go_at_once(database) {
        let store = database.store().await;
        for _ in 0..7 {
            let told = tell_of(&store, "moodle", &["7"]).await.remove(0);
            store.confirm(&[result(&told, Vec::new(), done())], at(10)).await.unwrap();
        }
        let mut counts = Vec::new();
        for _ in 0..4 {
            counts.push(store.forget_expired(before(1_000), 3, at(1_000)).await.unwrap().bodies);
        }
        assert_eq!(counts, [3, 3, 1, 0]);
    }

    async fn of_a_mail_that_left_the_answer_goes_and_the_mail_does_not_leave_again(database) {
        let store = database.store().await;
        awarded(&store, "7").await;
        let mails: Vec<Uuid> =
            store.due(Work::Mails, at(60), at(61), 10).await.unwrap().iter().map(|due| due.id).collect();
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_000)).await.unwrap().mails, 0, "it waits");
        store.lease_mails(&mails, at(70), at(80)).await.unwrap();
        let sent = MailVerdict::Sent { response: "250 queued for 7@example.test".to_owned() };
        store.finish_mails(&[(mails[0], sent)], at(71)).await.unwrap();
        assert_eq!(store.forget_expired(before(71), 100, at(1_000)).await.unwrap().mails, 0, "it is too young");
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_000)).await.unwrap().mails, 1);
        // Why one could not be sent is told until it was.
        let lost = awarded(&store, "8").await.awards.remove(0).mail.id;
        store.lease_mails(&[lost], at(70), at(80)).await.unwrap();
        let verdict = MailVerdict::Lost { reason: "550 5.1.1 no such user".to_owned() };
        store.finish_mails(&[(lost, verdict)], at(71)).await.unwrap();
        assert_eq!(store.forget_expired(before(1_000), 100, at(1_000)).await.unwrap().mails, 0);
        assert!(database.column("mails", "reason").await.iter().any(|text| text.starts_with(b"550")));
        assert!(!database.column("mails", "reason").await.iter().any(|text| text.starts_with(b"250")));
        assert!(store.due(Work::Mails, at(10_000), at(20_000), 10).await.unwrap().is_empty());
    }

    async fn offers_to_wallets_go_a_week_later_and_challenges_an_hour_after_their_end(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards.remove(0).credential;
        store.claim(&credential.claim_hash, at(30)).await.unwrap();
        let wallets = async |limit, second| store.forget_expired(before(0), limit, at(second)).await.unwrap().wallets;
        let (first, second) = (id(), id());
        for (offer, second) in [(first, 100), (second, 200)] {
            assert!(store.offer(offer, credential.id, "en", at(second)).await.unwrap());
        }
        for challenge in [b"a", b"b", b"c"] {
            assert!(store.answer_challenge((challenge, at(900))).await.unwrap());
        }
        assert_eq!(wallets(100, 4_499).await, 0, "clocks differ: a challenge is known for an hour more");
        assert!(!store.answer_challenge((b"a", at(900))).await.unwrap());
        assert_eq!((wallets(2, 4_500).await, wallets(2, 4_500).await, wallets(2, 4_500).await), (2, 1, 0));
        assert_eq!(wallets(100, 1_000_000).await, 0, "their mails wait");
        for offer in [first, second] {
            store.lease_codes(&[offer], at(300), at(400)).await.unwrap();
            store.finish_mails(&[(offer, MailVerdict::Sent { response: String::new() })], at(301)).await.unwrap();
        }
        let week = 7 * 86_400;
        assert_eq!(wallets(100, week + 99).await, 0);
        assert_eq!(wallets(100, week + 100).await, 1);
        assert!(store.wallet_offer(second, at(500)).await.unwrap().is_some());
        assert_eq!(wallets(100, week + 200).await, 1);
        assert_eq!(database.count("wallet_offers").await, 0);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
