//! What the sweeper finds.

use accolade::store::{Backlog, DeliveryState, GRACE, MailVerdict, SignalVerdict, Work};

use super::contract;
use super::fixtures::{at, awarded, candidate, delivery, grade, id, outcome, record, result, tell};

contract! {
    async fn a_fresh_row_is_left_to_its_message(database) {
        let store = database.store().await;
        let mut late = delivery(&["late"]);
        late.received_at = at(5);
        record(&store, &late).await;
        let early = record(&store, &delivery(&["early"])).await;
        let due = async |now, again| store.due(Work::Signals, now, again, 10).await.unwrap();
        assert!(due(at(29), at(100)).await.is_empty());
        let first = due(at(0) + GRACE, at(100)).await;
        assert_eq!(first.len(), 1);
        assert_eq!((first[0].id, first[0].delivery), (early.new_signals[0], early.id));
        assert_eq!(first[0].source, "moodle");
        // The next round takes others, and this one when its time has come again.
        assert_eq!(due(at(5) + GRACE, at(100)).await.len(), 1);
        assert!(due(at(99), at(200)).await.is_empty());
        assert_eq!(due(at(100), at(200)).await.len(), 2);
    }

    async fn rows_come_oldest_first_and_no_more_than_asked(database) {
        let store = database.store().await;
        let mut expected = Vec::new();
        for seconds in [4, 2, 3, 1] {
            let mut delivery = delivery(&[&seconds.to_string()]);
            delivery.received_at = at(seconds);
            expected.push((seconds, record(&store, &delivery).await.new_signals[0]));
        }
        expected.sort_unstable();
        let due = store.due(Work::Signals, at(100), at(200), 3).await.unwrap();
        let ids: Vec<_> = due.iter().map(|one| one.id).collect();
        assert_eq!(ids, expected[..3].iter().map(|(_, id)| *id).collect::<Vec<_>>());
        let rest = store.due(Work::Signals, at(100), at(200), 3).await.unwrap();
        assert_eq!(rest.len(), 1);
        assert_eq!(rest[0].id, expected[3].1);
    }

    async fn a_forgotten_row_is_due_as_soon_as_its_time_has_come(database) {
        let store = database.store().await;
        let (now, later) = (tell(&store, "moodle").await, tell(&store, "moodle").await);
        let wait = SignalVerdict::Wait { until: at(500), attempt: true, reason: "later".to_owned() };
        store.confirm(&[result(&later, Vec::new(), wait)], at(1)).await.unwrap();
        assert!(store.due(Work::Signals, at(2), at(60), 9).await.unwrap().is_empty(), "messages are under way");
        store.forget_messages(at(2), 9).await.unwrap();
        let due = async |when| -> Vec<uuid::Uuid> {
            store.due(Work::Signals, at(when), at(9_000), 9).await.unwrap().iter().map(|due| due.id).collect()
        };
        assert_eq!(due(2).await, [now.signal]);
        assert!(due(499).await.is_empty());
        assert_eq!(due(500).await, [later.signal], "not after a grace: there is no message to wait for");
    }

    async fn a_backlog_is_forgotten_part_by_part_and_only_what_is_not_due_is_written(database) {
        let store = database.store().await;
        for seconds in [0, 0, 0, 10, 10, 10, 10, 10, 60] {
            let mut delivery = delivery(&[&id().to_string()]);
            delivery.received_at = at(seconds);
            record(&store, &delivery).await;
        }
        // Of the first three the time of a lost message has come; the last came after the start.
        let now = at(0) + GRACE;
        assert_eq!(store.due(Work::Signals, now, at(90), 1).await.unwrap().len(), 1);
        for more in [true, true, true, false] {
            assert_eq!(store.forget_messages(now, 2).await.unwrap(), more, "one was looked at, five are new");
        }
        assert_eq!(store.due(Work::Signals, now, at(900), 20).await.unwrap().len(), 8);
        assert!(store.due(Work::Signals, at(60), at(900), 20).await.unwrap().is_empty(), "its message is there");
    }

    async fn a_row_whose_message_may_be_lost_is_due_at_once(database) {
        let store = database.store().await;
        let (lost, fine) = (tell(&store, "moodle").await, tell(&store, "moodle").await);
        let (later, done) = (tell(&store, "moodle").await, tell(&store, "moodle").await);
        let wait = SignalVerdict::Wait { until: at(500), attempt: true, reason: "later".to_owned() };
        store.confirm(&[result(&later, Vec::new(), wait)], at(1)).await.unwrap();
        let end = SignalVerdict::Done { reason: String::new() };
        store.confirm(&[result(&done, Vec::new(), end)], at(1)).await.unwrap();
        let due = async |work, when, again| -> Vec<uuid::Uuid> {
            store.due(work, at(when), at(again), 9).await.unwrap().iter().map(|due| due.id).collect()
        };
        let rows = [lost.signal, later.signal, done.signal, id()];
        store.forget_messages_of(Work::Signals, &rows, at(2)).await.unwrap();
        assert_eq!(due(Work::Signals, 2, 9_000).await, [lost.signal]);
        // Published again in vain.
        store.forget_messages_of(Work::Signals, &rows, at(3)).await.unwrap();
        assert_eq!(due(Work::Signals, 3, 9_000).await, [lost.signal]);
        assert_eq!(due(Work::Signals, 400, 9_000).await, [fine.signal], "not before its grace has ended");
        assert_eq!(due(Work::Signals, 500, 9_000).await, [later.signal], "not before its time");

        let event = candidate(&store, "7").await.event;
        store.forget_messages_of(Work::Assessments, &[event], at(11)).await.unwrap();
        assert_eq!(due(Work::Assessments, 11, 9_000).await, [event]);

        let mail = awarded(&store, "8").await.awards[0].mail.id;
        store.forget_messages_of(Work::Mails, &[mail], at(21)).await.unwrap();
        assert_eq!(due(Work::Mails, 21, 22).await, [mail]);
        store.lease_mails(&[mail], at(22), at(300)).await.unwrap();
        store.forget_messages_of(Work::Mails, &[mail], at(23)).await.unwrap();
        assert!(due(Work::Mails, 299, 9_000).await.is_empty(), "its lease has not ended");
        assert_eq!(due(Work::Mails, 300, 9_000).await, [mail]);
        store.forget_messages_of(Work::Signals, &[], at(2)).await.unwrap();
    }

    async fn a_row_that_waits_is_due_after_its_time(database) {
        let store = database.store().await;
        let told = tell(&store, "moodle").await;
        let wait = SignalVerdict::Wait { until: at(1_000), attempt: true, reason: "later".to_owned() };
        store.confirm(&[result(&told, Vec::new(), wait)], at(1)).await.unwrap();
        assert!(store.due(Work::Signals, at(999), at(2_000), 9).await.unwrap().is_empty());
        assert_eq!(store.due(Work::Signals, at(1_000) + GRACE, at(2_000), 9).await.unwrap().len(), 1);

        let event = candidate(&store, "7").await.event;
        store.postpone_event(event, Some(at(1_000)), "later").await.unwrap();
        assert!(store.due(Work::Assessments, at(999), at(2_000), 9).await.unwrap().is_empty());
        let due = store.due(Work::Assessments, at(1_000) + GRACE, at(2_000), 9).await.unwrap();
        assert_eq!(due[0].id, event);
        store.postpone_event(event, None, "never").await.unwrap();
        assert!(store.due(Work::Assessments, at(9_000), at(9_999), 9).await.unwrap().is_empty());
    }

    async fn a_mail_is_due_when_its_lease_has_ended(database) {
        let store = database.store().await;
        let mail = awarded(&store, "7").await.awards[0].mail.id;
        store.lease_mails(&[mail], at(21), at(300)).await.unwrap();
        assert!(store.due(Work::Mails, at(299), at(900), 9).await.unwrap().is_empty());
        let due = store.due(Work::Mails, at(300), at(900), 9).await.unwrap();
        assert_eq!((due[0].id, due[0].source.as_str()), (mail, "moodle"));
        let sent = MailVerdict::Sent { response: "250".to_owned() };
        store.finish_mails(&[(mail, sent)], at(301)).await.unwrap();
        assert!(store.due(Work::Mails, at(901), at(950), 9).await.unwrap().is_empty());
    }

    async fn two_sweepers_do_not_take_the_same_row(database) {
        let store = database.store().await;
        for _ in 0..40 {
            tell(&store, "moodle").await;
        }
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store.due(Work::Signals, at(100), at(200), 20).await.unwrap()
            }));
        }
        let mut ids = Vec::new();
        for task in tasks {
            ids.extend(task.await.unwrap().into_iter().map(|one| one.id));
        }
        ids.extend(store.due(Work::Signals, at(100), at(200), 40).await.unwrap().iter().map(|one| one.id));
        assert_eq!(ids.len(), 40);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 40);
    }

    async fn the_backlog_counts_what_waits_and_what_is_parked(database) {
        let store = database.store().await;
        let empty = Backlog { waiting: 0, parked: 0, oldest: None };
        for work in [Work::Signals, Work::Assessments, Work::Mails] {
            assert_eq!(store.backlog(work, 99).await.unwrap(), empty);
        }
        tell(&store, "moodle").await;
        let told = tell(&store, "moodle").await;
        let park = SignalVerdict::Park { reason: "no".to_owned() };
        store.confirm(&[result(&told, Vec::new(), park)], at(1)).await.unwrap();
        let expected = Backlog { waiting: 1, parked: 1, oldest: Some(at(0)) };
        assert_eq!(store.backlog(Work::Signals, 99).await.unwrap(), expected);
        for _ in 0..3 {
            tell(&store, "moodle").await;
        }
        assert_eq!(store.backlog(Work::Signals, 2).await.unwrap().waiting, 2, "no more are counted");
        awarded(&store, "7").await;
        candidate(&store, "8").await;
        let expected = Backlog { waiting: 1, parked: 0, oldest: Some(at(10)) };
        assert_eq!(store.backlog(Work::Assessments, 99).await.unwrap(), expected);
        let expected = Backlog { waiting: 1, parked: 0, oldest: Some(at(20)) };
        assert_eq!(store.backlog(Work::Mails, 99).await.unwrap(), expected);
    }

    async fn an_event_comes_back_as_it_was_made(database) {
        let store = database.store().await;
        let event = grade(&store, "moodle", outcome("7", "item:1", 80, at(1))).await.remove(0);
        // What came later changes nothing.
        grade(&store, "moodle", outcome("7", "item:1", 10, at(2))).await;
        let events = store.events(&[event.id, id()]).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].outcome, event.outcome);
        assert_eq!((events[0].delivery, events[0].learner), (event.delivery, event.learner));
        assert!(events[0].passed);
        assert!(store.events(&[]).await.unwrap().is_empty());
    }

    async fn of_events_that_cannot_be_read_each_is_parked_alone(database) {
        let store = database.store().await;
        let mut ids = Vec::new();
        for learner in ["7", "8", "9"] {
            ids.push(candidate(&store, learner).await);
        }
        let bad = &ids[1];
        let theirs = "learner_id IN (SELECT id FROM learners WHERE lms_id = '8')";
        database.execute(&format!("UPDATE events SET content = '{{}}' WHERE {theirs}")).await;
        let all: Vec<_> = ids.iter().map(|event| event.event).collect();
        let readable: Vec<_> = store.events(&all).await.unwrap().iter().map(|event| event.id).collect();
        let mut good = vec![ids[0].event, ids[2].event];
        good.sort_unstable();
        assert_eq!(readable, good);
        let trail = store.delivery(bad.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Parked);
        assert!(trail.reason.contains("unreadable content in events"), "{}", trail.reason);
        assert!(store.candidates(&[bad.event]).await.unwrap().is_empty());
        assert_eq!(store.candidates(&good).await.unwrap().len(), 2);
    }

    async fn what_waits_for_its_issuer_is_put_off_once_and_no_attempt_is_counted(database) {
        let store = database.store().await;
        // Made at 10; of the second one it is known that it was put off before.
        let (first, second) = (candidate(&store, "7").await, candidate(&store, "8").await);
        let done = awarded(&store, "9").await;
        store.postpone_event(second.event, Some(at(500)), "before").await.unwrap();
        let events = [first.event, second.event, done.event, id()];
        let put_off = async |now, until, sweep_at| {
            store.put_off_events(&events, "its issuer is away", at(now), (at(until), at(sweep_at))).await.unwrap()
        };
        assert_eq!(put_off(-600, 100, 160).await, [first.event], "whatever its clock said");
        assert!(put_off(99, 200, 260).await.is_empty(), "a copy");
        assert_eq!(put_off(100, 200, 260).await, [first.event], "its message is back");
        let due = async |when| -> Vec<uuid::Uuid> {
            let due = store.due(Work::Assessments, at(when), at(when), 9).await.unwrap();
            due.iter().map(|due| due.id).collect()
        };
        assert!(due(259).await.is_empty());
        assert_eq!(due(260).await, [first.event]);
        let both = put_off(500, 600, 660).await;
        assert!(both.len() == 2 && both.contains(&first.event) && both.contains(&second.event), "{both:?}");
        let waiting = store.candidates(&events).await.unwrap();
        let attempts = |event| waiting.iter().find(|one| one.event == event).map(|one| one.attempts);
        assert_eq!((attempts(first.event), attempts(second.event), waiting.len()), (Some(0), Some(1), 2));
        let trail = store.delivery(first.delivery).await.unwrap().unwrap();
        assert!(trail.reason.contains("its issuer is away"), "{}", trail.reason);
        assert!(store.put_off_events(&[], "", at(0), (at(1), at(2))).await.unwrap().is_empty());
    }
}
