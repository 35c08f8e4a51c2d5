//! Erasing a person: nothing of them stays, nothing of them comes back, and what was withdrawn stays so.

use std::collections::BTreeSet;

use accolade::claim::ClaimSecret;
use accolade::store::{
    ALL_TABLES, ClaimState, Committed, DeliveryState, Erased, MailVerdict, Store, StoreError, Work,
};
use uuid::Uuid;

use super::contract;
use super::fixtures::{
    at, candidate_of, commit_for, confirm_one, done, grade, id, learner_of, outcome, result,
};
use super::privacy::{ada, by, of, tell_of};
use crate::support::database::TestDatabase;

async fn store_of(database: &TestDatabase) -> Store {
    database.store().await.with_erasures(ClaimSecret::new([9; 32]))
}

/// Where something stands that is Ada's, as `table.column`.
async fn found(database: &TestDatabase, ids: &[Uuid]) -> Vec<String> {
    let mut places = Vec::new();
    for table in ALL_TABLES.iter().copied().flatten() {
        for column in table.columns {
            for value in database.column(table.name, column.name).await {
                let text = String::from_utf8_lossy(&value).to_lowercase();
                let named = ["ada-7", "name of ada", "learner-ada", "institution-ada"]
                    .iter()
                    .any(|word| text.contains(word));
                if named || ids.iter().any(|id| value == id.as_bytes() || text.contains(&id.to_string())) {
                    places.push(format!("{}.{}: {text}", table.name, column.name));
                }
            }
        }
    }
    places
}

/// Erases; the credentials that were withdrawn.
async fn erased(store: &Store, person: Uuid) -> Vec<Uuid> {
    match store.erase(person, &by("asked for it"), at(100)).await.unwrap() {
        Erased::Done { credentials, .. } => credentials,
        other => panic!("{other:?}"),
    }
}

/// Tells and confirms a result of a learner of `moodle`.
async fn told_late(store: &Store, learner: &str, assessment: &str) -> (Uuid, usize) {
    let told = tell_of(store, "moodle", &[learner]).await.remove(0);
    let events = confirm_one(store, &told, of(learner, assessment)).await;
    (told.delivery, events.len())
}

contract! {
    async fn nothing_stays_but_what_proves_that_ids_were_withdrawn(database) {
        let store = store_of(database).await;
        let (person, credential) = ada(database, &store).await;
        let mut ids = vec![person];
        for (source, learner) in [("moodle", "ada-7"), ("canvas", "ada-70")] {
            ids.push(learner_of(&store, source, learner).await.id);
        }
        let before = found(database, &ids).await;
        assert!(before.len() > 60, "the test sees what is there: {before:#?}");
        let document = store.credential(credential).await.unwrap().unwrap();
        let hash = database.column("credentials", "claim_hash").await.remove(0);

        assert_eq!(erased(&store, person).await, [credential]);
        assert_eq!(found(database, &ids).await, Vec::<String>::new());
        let list = store.status_list(document.status.list).await.unwrap().unwrap();
        assert_eq!((list.revoked, list.suspended), (vec![document.status.index], vec![]));
        assert_eq!(list.changed_at, at(100), "signed anew");
        assert!(store.credential(credential).await.unwrap().is_none());
        assert!(store.credential_erased(credential).await.unwrap());
        assert!(!store.credential_erased(id()).await.unwrap());
        assert_eq!(store.claim(&hash, at(101)).await.unwrap(), ClaimState::Unknown);
        assert!(store.due(Work::Mails, at(10_000), at(20_000), 10).await.unwrap().is_empty());

        // Bert, who was told of in the same request, and with whom she was in doubt.
        let bert = learner_of(&store, "moodle", "bert-8").await;
        assert_eq!(bert.name.as_deref(), Some("Name of bert-8"));
        assert_eq!(store.person(bert.person).await.unwrap().unwrap().outcomes.len(), 1);
        assert!(store.doubts().await.unwrap().is_empty());
        let trails = store.deliveries(&accolade::store::TrailFilter { limit: 50, ..Default::default() }).await.unwrap();
        assert!(trails.iter().any(|trail| trail.reason.contains("asked for it")), "{trails:#?}");
        let shared = trails.iter().find(|trail| trail.signals.len() == 2).unwrap();
        assert!(shared.body.is_none(), "{shared:#?}");
        let reasons: BTreeSet<&str> = shared.signals.iter().map(|signal| signal.reason.as_str()).collect();
        assert_eq!(reasons, BTreeSet::from(["confirmed", "the learner was erased: nothing is kept or awarded"]));
        assert_eq!(database.column("deliveries", "body_sha256").await.len(), 6, "digests stay");
        // Whoever comes second finds nobody.
        assert_eq!(store.erase(person, &by("again"), at(101)).await.unwrap(), Erased::Nobody);
    }

    async fn whoever_was_erased_is_not_taken_up_again_until_somebody_says_so(database) {
        let store = store_of(database).await;
        let (_, events) = told_late(&store, "ada-7", "item:1").await;
        assert_eq!(events, 1);
        let person = learner_of(&store, "moodle", "ada-7").await.person;
        assert_eq!(erased(&store, person).await, Vec::<Uuid>::new());

        // A late webhook about her alone, and one about Bert, whose course is read with hers in it.
        let (delivery, events) = told_late(&store, "ada-7", "item:2").await;
        assert_eq!(events, 0);
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
        assert!(trail.reason.contains("erased") && trail.body.is_none(), "{trail:#?}");
        let told = tell_of(&store, "moodle", &["bert-8"]).await.remove(0);
        let both = vec![(of("ada-7", "item:3"), true), (of("bert-8", "item:3"), true)];
        let confirmed = store.confirm(&[result(&told, both, done())], at(110)).await.unwrap();
        assert_eq!(confirmed[0].events.len(), 1);
        assert_eq!(found(database, &[person]).await, Vec::<String>::new());
        // What the LMS does not show yet is not waited for.
        let told = tell_of(&store, "moodle", &["ada-7"]).await.remove(0);
        let wait = accolade::store::SignalVerdict::Wait {
            until: at(500),
            attempt: false,
            reason: "not there yet".to_owned(),
        };
        store.confirm(&[result(&told, Vec::new(), wait)], at(110)).await.unwrap();
        assert!(store.waiting_signals(&[told.signal]).await.unwrap().is_empty());
        assert_eq!(found(database, &[person]).await, Vec::<String>::new());

        let names = BTreeSet::from(["ada-7", "bert-8"]);
        assert_eq!(store.erased("moodle", names.clone()).await.unwrap(), BTreeSet::from(["ada-7".to_owned()]));
        assert!(store.erased("canvas", names.clone()).await.unwrap().is_empty(), "a learner of a source");
        let other = store.clone().with_erasures(ClaimSecret::new([1; 32]));
        assert!(other.erased("moodle", names).await.unwrap().is_empty(), "the secret tells who it is");

        assert!(!store.readmit("moodle", "bert-8", at(900)).await.unwrap());
        assert!(store.readmit("moodle", "ada-7", at(900)).await.unwrap());
        let (_, events) = told_late(&store, "ada-7", "item:4").await;
        assert_eq!(events, 1);
        assert_ne!(learner_of(&store, "moodle", "ada-7").await.person, person, "as somebody new");
    }

    /// A version before did not note under which secret a mark was made.
    async fn marks_of_another_secret_are_counted(database) {
        let store = store_of(database).await;
        let other = store.clone().with_erasures(ClaimSecret::new([1; 32]));
        let (person, _) = ada(database, &store).await;
        assert_eq!(store.foreign_erasures().await.unwrap(), 0);
        erased(&store, person).await;
        assert_eq!(store.foreign_erasures().await.unwrap(), 0);
        assert_eq!(other.foreign_erasures().await.unwrap(), 2, "she was two learners");
        database.execute("UPDATE erased_learners SET made_with = NULL").await;
        assert_eq!(other.foreign_erasures().await.unwrap(), 0, "nobody knows");
        store.adopt_erasures().await.unwrap();
        other.adopt_erasures().await.unwrap();
        assert_eq!((store.foreign_erasures().await.unwrap(), other.foreign_erasures().await.unwrap()), (0, 2));
    }

    async fn what_was_judged_before_is_not_awarded_after(database) {
        let store = store_of(database).await;
        let told = tell_of(&store, "moodle", &["ada-7"]).await.remove(0);
        let event = confirm_one(&store, &told, of("ada-7", "item:1")).await.remove(0);
        let waiting = tell_of(&store, "moodle", &["ada-7"]).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let commit = commit_for(&store, &candidate, "rust").await;
        erased(&store, candidate.person).await;
        assert_eq!(store.award(&[commit], at(120)).await.unwrap(), [Committed::AlreadyDone]);
        // The messages of its rows come, and find nothing to do.
        assert!(store.candidates(&[event.id]).await.unwrap().is_empty());
        assert!(store.waiting_signals(&[waiting.signal]).await.unwrap().is_empty());
        for work in [Work::Signals, Work::Assessments, Work::Mails] {
            assert!(store.due(work, at(10_000), at(20_000), 10).await.unwrap().is_empty(), "{work:?}");
        }
        assert_eq!(database.count("awards").await, 0);
    }

    async fn a_mail_that_is_being_sent_is_waited_for(database) {
        let store = store_of(database).await;
        let (person, credential) = ada(database, &store).await;
        let mails: Vec<Uuid> =
            store.due(Work::Mails, at(60), at(61), 10).await.unwrap().iter().map(|due| due.id).collect();
        // A grant lifts nothing here: the badge is valid, and its mail waits.
        let leased = store.lease_mails(&mails, at(99), at(200)).await.unwrap();
        assert_eq!(leased.len(), 1);
        let before = database.count("learners").await;
        assert_eq!(store.erase(person, &by("asked"), at(100)).await.unwrap(), Erased::MailLeaving);
        assert_eq!(database.count("learners").await, before, "nothing was changed");
        // So is one with a code for a wallet.
        let offer = store.offering(credential, at(201)).await.unwrap().live.unwrap();
        assert_eq!(store.lease_codes(&[offer], at(201), at(300)).await.unwrap().len(), 1);
        assert_eq!(store.erase(person, &by("asked"), at(202)).await.unwrap(), Erased::MailLeaving);
        // Marked, or its lease over: it is left or will not leave.
        let later = store.erase(person, &by("asked"), at(301)).await.unwrap();
        let Erased::Done { mails: ids, .. } = later else { panic!("{later:?}") };
        assert_eq!(ids, [leased[0].message_id.clone(), offer.to_string()]);
        let sent = MailVerdict::Sent { response: "250 ok".to_owned() };
        store.finish_mails(&[(leased[0].id, sent)], at(302)).await.unwrap();
        assert_eq!(database.count("mails").await, 0);
    }

    async fn who_waited_for_the_answer_whether_they_are_the_same_is_judged_again(database) {
        let store = store_of(database).await;
        for learner in ["ada-7", "bert-8"] {
            let mut twin = outcome(learner, "item:1", 80, at(1));
            twin.learner.email = Some("learner-ada@example.test".to_owned());
            grade(&store, "moodle", twin).await;
        }
        let (ada, bert) =
            (learner_of(&store, "moodle", "ada-7").await, learner_of(&store, "moodle", "bert-8").await);
        assert_eq!(store.doubts().await.unwrap().len(), 1);
        let outcome = store.erase(ada.person, &by("asked"), at(100)).await.unwrap();
        let Erased::Done { delivery, .. } = outcome else { panic!("{outcome:?}") };
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        let events: Vec<Uuid> =
            trail.signals.iter().flat_map(|signal| &signal.events).map(|event| event.id).collect();
        let candidates = store.candidates(&events).await.unwrap();
        assert_eq!(candidates.iter().map(|one| (one.person, one.whole)).collect::<Vec<_>>(), [(bert.person, true)]);
        assert!(store.doubts().await.unwrap().is_empty());
    }

    /// Whoever comes first: either she is erased with what was just stored, or it is not stored.
    async fn erased_and_confirmed_at_the_same_time_she_is_gone(database) {
        let store = store_of(database).await;
        for round in 0..6 {
            let assessment = format!("item:{round}");
            let (_, events) = told_late(&store, "ada-7", &assessment).await;
            assert_eq!(events, 1);
            let person = learner_of(&store, "moodle", "ada-7").await.person;
            let mut tasks = Vec::new();
            for task in 0..4 {
                let (store, assessment) = (store.clone(), format!("item:{round}-{task}"));
                tasks.push(tokio::spawn(async move {
                    let told = tell_of(&store, "moodle", &["ada-7"]).await.remove(0);
                    loop {
                        let results = [result(&told, vec![(of("ada-7", &assessment), true)], done())];
                        match store.confirm(&results, at(10)).await {
                            Err(StoreError::Conflict) => {}
                            confirmed => break drop(confirmed.unwrap()),
                        }
                    }
                }));
            }
            loop {
                match store.erase(person, &by("asked"), at(100)).await {
                    Err(StoreError::Conflict) => {}
                    done => break assert!(matches!(done.unwrap(), Erased::Done { .. })),
                }
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(found(database, &[person]).await, Vec::<String>::new(), "round {round}");
            assert_eq!(database.count("persons").await, 0);
            assert!(store.readmit("moodle", "ada-7", at(900)).await.unwrap());
        }
    }

    /// From these nothing followed, so that only what they say tells whom they are about.
    async fn bodies_of_what_led_to_nothing_are_dropped_where_they_name_the_person(database) {
        let store = store_of(database).await;
        told_late(&store, "ada-7", "item:1").await;
        let person = learner_of(&store, "moodle", "ada-7").await.person;
        let mut kept = Vec::new();
        for number in 0..120 {
            let ada = number % 3 == 0;
            let body = if ada { r#"{"userid": "ada-7"}"# } else { r#"{"userid": "bert-8"}"# };
            let delivery = accolade::store::NewDelivery {
                id: id(),
                source: "moodle".to_owned(),
                received_at: at(number),
                user_agent: None,
                body: Some(body.as_bytes().to_vec()),
                verdict: accolade::store::Verdict::Accepted { signals: Vec::new(), ignored: vec!["no grade".to_owned()] },
            };
            store.record(std::slice::from_ref(&delivery)).await.unwrap();
            kept.extend((!ada).then_some(delivery.id));
        }
        let traits = store.traits(person).await.unwrap();
        let (mut dropped, mut after) = (0, None);
        loop {
            let (count, next) = store.drop_bodies_naming(&traits, after, at(300)).await.unwrap();
            dropped += count;
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(dropped, 40);
        erased(&store, person).await;
        // Those, and that of the erasure; what told of her result goes with it.
        assert_eq!(database.column("deliveries", "body").await.len(), kept.len() + 1);
        assert_eq!(found(database, &[person]).await, Vec::<String>::new());
    }
}
