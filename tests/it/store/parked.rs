//! Parked work: shown, taken up again, dropped.

use accolade::store::{DeliveryState, MailVerdict, ParkedFilter, ParkedKind, SignalVerdict, Store, Work};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contract;
use super::fixtures::{Told, at, awarded, candidate, candidate_of, delivery, record, result, tell};

/// Takes up all that is parked of a delivery.
pub(super) async fn retry(store: &Store, delivery: Uuid, now: DateTime<Utc>) -> u64 {
    let pieces = store.parked_of(&[delivery]).await.unwrap();
    let keys: Vec<_> = pieces.iter().map(|piece| (piece.kind, piece.id)).collect();
    store.retry_parked(&keys, now).await.unwrap()
}

/// Parks a signal, an event and a mail, each of a delivery of its own.
async fn park_three(store: &Store) -> [(ParkedKind, Uuid, Uuid); 3] {
    let told = tell(store, "moodle").await;
    let park = SignalVerdict::Park { reason: "50% of_it".to_owned() };
    store.confirm(&[result(&told, Vec::new(), park)], at(10)).await.unwrap();
    let candidate = candidate(store, "7").await;
    store.postpone_event(candidate.event, None, "No name").await.unwrap();
    let commit = awarded(store, "alice").await;
    let mail = commit.awards[0].mail.id;
    store.lease_mails(&[mail], at(1_000), at(1_060)).await.unwrap();
    let park = MailVerdict::Park { reason: "550 no such user".to_owned() };
    store.finish_mails(&[(mail, park)], at(1_001)).await.unwrap();
    [
        (ParkedKind::Signal, told.signal, told.delivery),
        (ParkedKind::Event, candidate.event, candidate.delivery),
        (ParkedKind::Mail, mail, commit.delivery),
    ]
}

contract! {
    async fn a_parked_signal_waits_again_and_is_swept(database) {
        let store = database.store().await;
        let told = tell(&store, "moodle").await;
        let park = SignalVerdict::Park { reason: "refused".to_owned() };
        store.confirm(&[result(&told, Vec::new(), park)], at(10)).await.unwrap();
        assert_eq!(retry(&store, told.delivery, at(15)).await, 1);
        let waiting = store.waiting_signals(&[told.signal]).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].attempts), (1, 0));
        assert_eq!(store.delivery(told.delivery).await.unwrap().unwrap().state, DeliveryState::Waiting);
        // Before the grace that it had when it was recorded.
        let due = store.due(Work::Signals, at(15), at(200), 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [told.signal]);
        assert_eq!(retry(&store, told.delivery, at(101)).await, 0, "only what is parked");
    }

    async fn a_parked_event_waits_again_and_is_swept(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        store.postpone_event(candidate.event, None, "no").await.unwrap();
        assert!(store.candidates(&[candidate.event]).await.unwrap().is_empty());
        assert_eq!(retry(&store, candidate.delivery, at(15)).await, 1);
        assert_eq!(candidate_of(&store, candidate.event).await.attempts, 0);
        let due = store.due(Work::Assessments, at(15), at(200), 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [candidate.event]);
    }

    async fn a_parked_mail_can_be_leased_again(database) {
        let store = database.store().await;
        let commit = awarded(&store, "alice").await;
        let mail = commit.awards[0].mail.id;
        assert_eq!(store.lease_mails(&[mail], at(1_000), at(1_060)).await.unwrap().len(), 1);
        let park = MailVerdict::Park { reason: "550".to_owned() };
        store.finish_mails(&[(mail, park)], at(1_001)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(1_100), at(1_160)).await.unwrap().is_empty());
        assert_eq!(retry(&store, commit.delivery, at(1_200)).await, 1);
        let leased = store.lease_mails(&[mail], at(1_200), at(1_260)).await.unwrap();
        assert_eq!((leased.len(), leased[0].attempts), (1, 0));
    }

    async fn what_is_parked_is_listed_and_found(database) {
        let store = database.store().await;
        let three = park_three(&store).await;
        let list = |filter: ParkedFilter| {
            let store = store.clone();
            async move {
                let found = store.parked(&filter, 10).await.unwrap();
                let mut keys = store.parked_keys(&filter).await.unwrap();
                keys.sort_unstable();
                let mut found: Vec<_> = found.into_iter().map(|piece| (piece.kind, piece.id)).collect();
                found.sort_unstable();
                assert_eq!(found, keys);
                found
            }
        };
        let all: Vec<_> = three.iter().map(|(kind, id, _)| (*kind, *id)).collect();
        assert_eq!(list(ParkedFilter::default()).await, all);
        for (kind, id, delivery) in three {
            let of_kind = ParkedFilter { kind: Some(kind), ..ParkedFilter::default() };
            assert_eq!(list(of_kind).await, [(kind, id)]);
            for name in [id, delivery] {
                let found = store.parked_of(&[name]).await.unwrap();
                assert_eq!((found.len(), found[0].id, found[0].delivery), (1, id, delivery));
            }
        }
        let saying = |text: &str| ParkedFilter { saying: Some(text.to_owned()), ..ParkedFilter::default() };
        assert_eq!(list(saying("NO ")).await, all[1..]);
        assert_eq!(list(saying("0%")).await, all[..1]);
        assert_eq!(list(saying("f_i")).await, all[..1]);
        assert_eq!(list(saying("5%u")).await, [], "a sign of LIKE is a letter like others");
        let source = |name: &str| ParkedFilter { source: Some(name.to_owned()), ..ParkedFilter::default() };
        assert_eq!(list(source("nobody")).await, []);
        assert_eq!(store.parked(&ParkedFilter::default(), 2).await.unwrap().len(), 2);
    }

    async fn more_pieces_than_fit_in_one_transaction_are_taken_up_and_dropped(database) {
        let store = database.store().await;
        let keys: Vec<String> = (0..501).map(|key| key.to_string()).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let recorded = record(&store, &delivery(&keys)).await;
        let told = |signal: &Uuid| Told { delivery: recorded.id, source: "moodle".to_owned(), signal: *signal };
        let park = |signal: &Uuid| {
            result(&told(signal), Vec::new(), SignalVerdict::Park { reason: "400".to_owned() })
        };
        let results: Vec<_> = recorded.new_signals.iter().map(park).collect();
        store.confirm(&results, at(10)).await.unwrap();
        let pieces = store.parked_keys(&ParkedFilter::default()).await.unwrap();
        assert_eq!(pieces.len(), 501);
        assert_eq!(store.retry_parked(&pieces, at(20)).await.unwrap(), 501);
        assert!(store.parked_keys(&ParkedFilter::default()).await.unwrap().is_empty());
        store.confirm(&results, at(30)).await.unwrap();
        assert_eq!(store.drop_parked(&pieces, "Ada", "a test", at(40)).await.unwrap(), 501);
        assert_eq!(store.delivery(recorded.id).await.unwrap().unwrap().state, DeliveryState::Done);
    }

    async fn what_is_dropped_says_who_and_why_and_comes_back_no_more(database) {
        let store = database.store().await;
        let three = park_three(&store).await;
        let keys: Vec<_> = three.iter().map(|(kind, id, _)| (*kind, *id)).collect();
        assert_eq!(store.drop_parked(&keys, "Ada", "a test", at(2_000)).await.unwrap(), 3);
        assert_eq!(store.drop_parked(&keys, "Ada", "again", at(2_001)).await.unwrap(), 0);
        assert_eq!(store.retry_parked(&keys, at(2_002)).await.unwrap(), 0);
        assert!(store.parked(&ParkedFilter::default(), 10).await.unwrap().is_empty());
        let mut reasons = Vec::new();
        for (_, _, delivery) in three {
            let trail = store.delivery(delivery).await.unwrap().unwrap();
            assert_eq!(trail.state, DeliveryState::Done);
            reasons.push(trail.reason);
        }
        assert!(reasons[0].contains("dropped by Ada: a test; it was parked: 50% of_it"), "{}", reasons[0]);
        assert!(reasons[1].contains("dropped by Ada: a test; it was parked: No name"), "{}", reasons[1]);
        assert!(reasons[2].contains("dropped by Ada: a test"), "{}", reasons[2]);
        assert!(!reasons[2].contains("550"), "{}", reasons[2]);
        for work in [Work::Signals, Work::Assessments, Work::Mails] {
            let due = store.due(work, at(9_000), at(9_900), 10).await.unwrap();
            let dropped = |id: Uuid| three.iter().any(|one| one.1 == id);
            assert!(!due.iter().any(|due| dropped(due.id)), "{work:?}");
        }
    }

    async fn an_unreadable_signal_is_parked_and_harms_nobody_else(database) {
        let store = database.store().await;
        let (good, bad) = (tell(&store, "moodle").await, tell(&store, "moodle").await);
        let broken = "UPDATE signals SET content = '{}' WHERE delivery_id IN
            (SELECT id FROM deliveries ORDER BY received_at DESC, id DESC LIMIT 1)";
        database.execute(broken).await;
        let waiting = store.waiting_signals(&[good.signal, bad.signal]).await.unwrap();
        assert_eq!(waiting.len(), 1);
        let left = if waiting[0].id == good.signal { bad.delivery } else { good.delivery };
        let trail = store.delivery(left).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Parked);
        assert!(trail.reason.contains("unreadable content in signals"), "{}", trail.reason);
    }
}
