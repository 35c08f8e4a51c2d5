//! The way of a delivery.

use accolade::store::{DeliveryState, MailVerdict, TrailFilter};

use super::contract;
use super::fixtures::{at, awarded, delivery, delivery_from, record};

contract! {
    async fn a_trail_leads_from_the_webhook_to_the_mail(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let award = &commit.awards[0];
        let credentials = async || {
            let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
            assert_eq!((trail.source.as_str(), trail.received_at), ("moodle", at(0)));
            assert_eq!(trail.body.as_deref(), Some(b"{}".as_slice()));
            assert_eq!(trail.user_agent.as_deref(), Some("MoodleBot/1.0"));
            assert_eq!((trail.first, trail.status), (None, None));
            assert_eq!(trail.signals.len(), 1);
            let signal = &trail.signals[0];
            assert_eq!((signal.event.as_str(), signal.state.as_str()), ("user_graded", "done"));
            assert_eq!(signal.reason, "confirmed");
            assert_eq!(signal.events.len(), 1);
            let event = &signal.events[0];
            assert_eq!((event.id, event.state.as_str()), (commit.event, "done"));
            assert_eq!(event.reason, "awarded rust");
            assert_eq!((event.learner.source.as_str(), event.learner.id.as_str()), ("moodle", "7"));
            event.credentials.clone()
        };
        let expected = |mail: &str| [(award.credential.id, "rust".to_owned(), mail.to_owned())];
        assert_eq!(credentials().await, expected("waiting"));
        let sent = MailVerdict::Sent { response: "250".to_owned() };
        store.finish_mails(&[(award.mail.id, sent)], at(30)).await.unwrap();
        assert_eq!(credentials().await, expected("done"));
    }

    async fn deliveries_are_listed_newest_first(database) {
        let store = database.store().await;
        let mut ids = Vec::new();
        for seconds in [1, 3, 2] {
            let mut delivery = delivery(&[&seconds.to_string()]);
            delivery.received_at = at(seconds);
            ids.push((seconds, record(&store, &delivery).await.id));
        }
        ids.sort_unstable();
        let canvas = record(&store, &delivery_from("canvas", &["1"])).await.id;
        let duplicate = record(&store, &delivery_from("canvas", &["1"])).await.id;
        let list = async |filter: TrailFilter| {
            let trails = store.deliveries(&filter).await.unwrap();
            trails.into_iter().map(|trail| trail.id).collect::<Vec<_>>()
        };
        let all = list(TrailFilter { limit: 2, ..TrailFilter::default() }).await;
        assert_eq!(all, [ids[2].1, ids[1].1]);
        let source = Some("canvas".to_owned());
        assert_eq!(list(TrailFilter { source: source.clone(), state: None, limit: 9 }).await.len(), 2);
        let state = Some(DeliveryState::Duplicate);
        assert_eq!(list(TrailFilter { source: None, state, limit: 9 }).await, [duplicate]);
        let state = Some(DeliveryState::Waiting);
        assert_eq!(list(TrailFilter { source, state, limit: 9 }).await, [canvas]);
        assert!(list(TrailFilter::default()).await.is_empty());
    }
}
