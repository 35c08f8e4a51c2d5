//! What is held about one learner: all of it is known, and handed out.

use std::collections::{BTreeMap, BTreeSet};

use accolade::store::{
    ALL_TABLES, BadgeDecision, By, Class, Column, Fate, NewDecision, NewDelivery, Store, Table, Verdict,
};
use accolade_connectors::{Outcome, Signal};
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract;
use super::fixtures::{
    Told, at, candidate_of, commit_for, confirm_one, id, learner_of, outcome, record, signal,
};
use crate::support::database::TestDatabase;

/// A delivery with a signal about each of these learners.
pub(super) async fn tell_of(store: &Store, source: &str, learners: &[&str]) -> Vec<Told> {
    let about = |learner: &&str| {
        let key = format!("{source} graded {learner}: {}", id());
        (id(), Signal { learner: (*learner).to_owned(), ..signal(&key) })
    };
    let signals: Vec<(Uuid, Signal)> = learners.iter().map(about).collect();
    let delivery = NewDelivery {
        id: id(),
        source: source.to_owned(),
        received_at: at(0),
        user_agent: Some("LMS/1.0".to_owned()),
        body: Some(json!({ "graded": learners }).to_string().into_bytes()),
        verdict: Verdict::Accepted { signals: signals.clone(), ignored: Vec::new() },
    };
    let recorded = record(store, &delivery).await;
    let told = |(signal, _): &(Uuid, Signal)| Told {
        delivery: recorded.id,
        source: source.to_owned(),
        signal: *signal,
    };
    signals.iter().map(told).collect()
}

pub(super) fn of(learner: &str, assessment: &str) -> Outcome {
    let mut outcome = outcome(learner, assessment, 80, at(1));
    outcome.learner.name = Some(format!("Name of {learner}"));
    outcome.learner.institution_id = Some(format!("institution-{learner}"));
    outcome
}

pub(super) fn by(reason: &str) -> By {
    By { who: "Registrar".to_owned(), reason: reason.to_owned() }
}

/// Ada of whom something stands in every table that can hold something of a person, beside Bert:
/// once in `moodle`, once in `canvas`. Answers her person and her credential.
pub(super) async fn ada(database: &TestDatabase, store: &Store) -> (Uuid, Uuid) {
    // Bert is told of in the same request.
    let told = tell_of(store, "moodle", &["ada-7", "bert-8"]).await;
    let event = confirm_one(store, &told[0], of("ada-7", "item:1")).await.remove(0);
    confirm_one(store, &told[1], of("bert-8", "item:1")).await;
    let candidate = candidate_of(store, event.id).await;
    let mut commit = commit_for(store, &candidate, "rust").await;
    let award = &mut commit.awards[0];
    award.explanation = json!({"met": true, "of": "ada-7"});
    award.inputs = json!({"learner": "ada-7"});
    "Name of ada-7".clone_into(&mut award.credential.name);
    "learner-ada-7@example.test".clone_into(&mut award.credential.email);
    award.credential.document = json!({"holder": "ada-7"}).to_string();
    let credential = award.credential.id;
    let claim = award.credential.claim_hash.clone();
    store.award(&[commit], at(20)).await.unwrap();
    // As earlier versions stored the facts of an award, too.
    database
        .execute(
            "INSERT INTO award_inputs (award_id, hash, content) SELECT id, inputs_hash, inputs FROM awards",
        )
        .await;
    store.claim(&claim, at(21)).await.unwrap();
    assert!(store.offer(id(), credential, "en", at(22)).await.unwrap());

    // The same request again tells nothing new.
    database
        .execute(&format!(
            "INSERT INTO deliveries (id, source, received_at, body, state, reason, note, first_id)
             SELECT {}, source, received_at, body, 'duplicate', 'told before', '', id
             FROM deliveries WHERE state <> 'duplicate'",
            database.literal(id())
        ))
        .await;

    // In another LMS, by a decision; there is a doubt, and a decision about Bert.
    let told = tell_of(store, "canvas", &["ada-70"]).await;
    confirm_one(store, &told[0], of("ada-70", "355")).await;
    let (seven, seventy) =
        (learner_of(store, "moodle", "ada-7").await, learner_of(store, "canvas", "ada-70").await);
    let bert = learner_of(store, "moodle", "bert-8").await;
    store.link((seven.id, seventy.id), &by("ada-7 is ada-70"), at(30)).await.unwrap();
    for (subject, candidate) in [(seven.id, bert.id), (bert.id, seventy.id)] {
        let doubt = database.literal(id());
        database
            .execute(&format!(
                "INSERT INTO doubts (id, learner_id, reason, since) SELECT {doubt}, {}, \
                 'may be moodle:ada-7', {} ;
                 INSERT INTO doubt_candidates (doubt_id, learner_id) VALUES ({doubt}, {})",
                database.literal(subject),
                database.time(at(31)),
                database.literal(candidate)
            ))
            .await;
    }
    store.separate(bert.id, &by("bert is not moodle:ada-7"), at(32)).await.unwrap();
    let person = learner_of(store, "moodle", "ada-7").await.person;
    let grant = NewDecision {
        what: BadgeDecision::Grant { since: None },
        issuer: "school".to_owned(),
        badge: "rust".to_owned(),
        person,
        source: "moodle".to_owned(),
        reason: "moodle:ada-7 asked".to_owned(),
        by: "Dean".to_owned(),
    };
    store.decide(&grant, at(33)).await.unwrap();
    let (person_id, award, now, hold) = (
        database.literal(person),
        database.literal(credential),
        database.time(at(34)),
        database.literal(id()),
    );
    database
        .execute(&format!(
            "INSERT INTO losses (award_id, event_id, lost_at, reason)
                 SELECT id, event_id, awarded_at, 'ada-7 lost it' FROM awards WHERE id = {award};
             INSERT INTO supersessions (award_id, reason, ordered_by, ordered_at)
                 VALUES ({award}, 'ada-7 asked', 'ada-7', {now});
             INSERT INTO early_ends (award_id, ends_at, reason, ordered_by, ordered_at)
                 VALUES ({award}, {now}, 'ada-7 asked', 'ada-7', {now});
             INSERT INTO waiting_awards (person_id, issuer, badge, event_id, reason, since)
                 SELECT {person_id}, 'school', 'go', event_id, 'ada-7 has no name', awarded_at
                 FROM awards WHERE id = {award};
             INSERT INTO former_links (claim_hash, credential_id)
                 SELECT claim_hash, id FROM credentials WHERE id = {award};
             INSERT INTO address_changes (token_hash, credential_id, number, address, asked_at, until)
                 SELECT claim_hash, id, 1, 'ada-7@example.test', {now}, {now} FROM credentials WHERE id = {award};
             INSERT INTO disowned (credential_id, issuer, badge, address, since)
                 SELECT id, 'school', 'rust', 'ada-7@example.test', {now} FROM credentials WHERE id = {award};
             INSERT INTO guard_scopes (scope) VALUES ('all');
             INSERT INTO guard_holds (id, scope, state, expected, hours, basis, awarded, opened_at,
                     decided_by, reason, decided, telling)
                 VALUES ({hold}, 'all', 'open', 1, 1, '', 1, {now}, '', '', 0, false);
             INSERT INTO guard_awards (person_id, issuer, badge, hold_id, event_id, evidence, grade,
                     since, told)
                 SELECT {person_id}, 'school', 'c', {hold}, event_id, 'e', 'ada-7: 80', {now}, false
                 FROM awards WHERE id = {award}"
        ))
        .await;
    (person, credential)
}

fn tables() -> impl Iterator<Item = &'static Table> {
    ALL_TABLES.iter().copied().flatten()
}

contract! {
    /// Whoever adds a table or a column has to say in `src/store/privacy/register.rs` whether it
    /// holds something of a person, and so whether it is handed out and what becomes of it when
    /// the person is erased.
    async fn every_column_of_every_table_is_in_the_register(database) {
        drop(database.store().await);
        let known: BTreeMap<String, BTreeSet<String>> = tables()
            .map(|table| {
                let columns = table.columns.iter().map(|column| column.name.to_owned());
                (table.name.to_owned(), columns.collect())
            })
            .collect();
        let there: BTreeMap<String, BTreeSet<String>> = database
            .tables()
            .await
            .into_iter()
            .map(|(table, columns)| (table, columns.into_iter().collect()))
            .collect();
        assert_eq!(there, known, "left: the tables, right: the register");
        for table in tables() {
            let about = table.columns.iter().any(|column| column.class != Class::Nothing);
            assert_eq!(about, table.fate != Fate::Untouched, "{}", table.name);
        }
    }

    async fn everything_that_is_held_about_a_person_is_handed_out(database) {
        let store = database.store().await;
        let (person, credential) = ada(database, &store).await;
        let held = store.held(person).await.unwrap().unwrap();
        let text = |table: &str| {
            let table = held.tables.iter().find(|held| held.name == table);
            table.map(|table| Value::from(table.rows.iter().cloned().map(Value::from).collect::<Vec<_>>()))
        };
        for table in tables().filter(|table| table.fate != Fate::Untouched) {
            assert!(text(table.name).is_some(), "{}: the test holds nothing there", table.name);
        }
        for table in tables().filter(|table| table.fate != Fate::Untouched) {
            // What is about others, too, is left out; everything else stands in every row.
            let given = |column: &&Column| !matches!(column.class, Class::Secret | Class::Nothing | Class::Body);
            let expected: BTreeSet<&str> = table.columns.iter().filter(given).map(|column| column.name).collect();
            let held = held.tables.iter().find(|held| held.name == table.name).unwrap();
            for row in &held.rows {
                let keys: BTreeSet<&str> = row.keys().map(String::as_str).filter(|key| *key != "body").collect();
                assert_eq!(keys, expected, "{}", table.name);
            }
        }
        let learners = text("learners").unwrap();
        assert_eq!(learners.as_array().unwrap().len(), 2, "{learners:#}");
        let has = |table: &str, pointer: &str, value: &str| {
            let rows = text(table).unwrap();
            rows.as_array().unwrap().iter().any(|row| row.pointer(pointer).is_some_and(|found| found == value))
        };
        assert!(has("learners", "/email", "learner-ada-7@example.test"), "{learners:#}");
        assert!(has("outcomes", "/content/learner/name", "Name of ada-7"));
        assert_eq!(text("credentials").unwrap()[0]["id"], credential.to_string());
        assert_eq!(text("credentials").unwrap()[0]["document"]["holder"], "ada-7");
        assert_eq!(text("awards").unwrap()[0]["awarded_at"], "2027-01-15T08:00:20.123456Z");
        assert_eq!(text("losses").unwrap()[0]["due_at"], Value::Null);
        assert_eq!(text("guard_awards").unwrap()[0]["told"], false);

        let whole: Vec<String> =
            held.tables.iter().map(|table| text(table.name).unwrap().to_string()).collect();
        let whole = whole.concat();
        assert!(!whole.contains("claim_hash") && !whole.contains("token_hash"), "what stands for a key");
        assert_eq!(held.secrets, ["credentials.claim_hash", "address_changes.token_hash", "former_links.claim_hash"]);
        // Of Bert, who was told of in the same request, nothing but what was decided about both.
        for other in ["Name of bert-8", "learner-bert-8", "institution-bert-8", "[\"ada-7\",\"bert-8\"]"] {
            assert!(!whole.contains(other), "{other}");
        }
        let bodies = text("deliveries").unwrap();
        let bodies: Vec<&Value> = bodies.as_array().unwrap().iter().map(|row| &row["body"]).collect();
        assert_eq!(held.shared.len(), 3, "the request, the same again, and who is not whom: {bodies:#?}");
        assert!(bodies.contains(&&json!({"graded": ["ada-70"]})), "{bodies:#?}");
        assert!(held.mixed.contains(&"decisions.reason".to_owned()), "{:?}", held.mixed);

        let bert = learner_of(&store, "moodle", "bert-8").await.person;
        let held = store.held(bert).await.unwrap().unwrap();
        assert!(!format!("{held:?}").contains("Name of ada-7"), "{held:#?}");
        assert!(store.held(id()).await.unwrap().is_none(), "nobody");
    }

    /// Rows of a process of the version before do not say whom they are about.
    async fn signals_that_do_not_say_whom_they_are_about_are_read(database) {
        let store = database.store().await;
        let told = tell_of(&store, "moodle", &["ada-7"]).await;
        confirm_one(&store, &told[0], of("ada-7", "item:1")).await;
        let waiting = tell_of(&store, "moodle", &["ada-7"]).await;
        tell_of(&store, "moodle", &["bert-8"]).await;
        database.execute("UPDATE signals SET learner = NULL").await;
        let person = learner_of(&store, "moodle", "ada-7").await.person;
        let held = store.held(person).await.unwrap().unwrap();
        let signals = held.tables.iter().find(|table| table.name == "signals").unwrap();
        assert_eq!(signals.rows.len(), 2, "{signals:#?}");
        assert!(format!("{signals:?}").contains(&waiting[0].signal.to_string()));
    }
}
