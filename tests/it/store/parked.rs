//! Parked work, taken up again.

use accolade::store::{DeliveryState, MailVerdict, SignalVerdict, Work};

use super::contract;
use super::fixtures::{at, awarded, candidate, candidate_of, result, tell};

contract! {
    async fn a_parked_signal_waits_again_and_is_swept(database) {
        let store = database.store().await;
        let told = tell(&store, "moodle").await;
        let park = SignalVerdict::Park { reason: "refused".to_owned() };
        store.confirm(&[result(&told, Vec::new(), park)], at(10)).await.unwrap();
        assert_eq!(store.retry_parked(told.delivery, at(15)).await.unwrap(), 1);
        let waiting = store.waiting_signals(&[told.signal]).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].attempts), (1, 0));
        assert_eq!(store.delivery(told.delivery).await.unwrap().unwrap().state, DeliveryState::Waiting);
        // Before the grace that it had when it was recorded.
        let due = store.due(Work::Signals, at(15), at(200), 10).await.unwrap();
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [told.signal]);
        assert_eq!(store.retry_parked(told.delivery, at(101)).await.unwrap(), 0, "only what is parked");
    }

    async fn a_parked_event_waits_again_and_is_swept(database) {
        let store = database.store().await;
        let candidate = candidate(&store, "7").await;
        store.postpone_event(candidate.event, None, "no").await.unwrap();
        assert!(store.candidates(&[candidate.event]).await.unwrap().is_empty());
        assert_eq!(store.retry_parked(candidate.delivery, at(15)).await.unwrap(), 1);
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
        assert_eq!(store.retry_parked(commit.delivery, at(1_200)).await.unwrap(), 1);
        let leased = store.lease_mails(&[mail], at(1_200), at(1_260)).await.unwrap();
        assert_eq!((leased.len(), leased[0].attempts), (1, 0));
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
