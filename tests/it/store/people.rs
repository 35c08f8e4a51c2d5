//! Persons, looked up by those who ask why.

use std::collections::BTreeSet;

use accolade::store::{Store, Who};
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, awarded, grade, learner, outcome};

/// The learners of each person who goes by a name.
async fn ids(store: &Store, who: Who) -> Vec<Vec<String>> {
    let persons: BTreeSet<Uuid> =
        store.find(&who).await.unwrap().into_iter().map(|found| found.person).collect();
    let mut ids = Vec::new();
    for person in persons {
        let person = store.person(person).await.unwrap().unwrap();
        let names = person.learners.iter().map(|found| format!("{}:{}", found.source, found.learner));
        ids.push(names.collect::<Vec<_>>());
    }
    ids.sort_unstable();
    ids
}

fn by_id(source: &str, id: &str) -> Who {
    Who::Learner { source: source.to_owned(), id: id.to_owned() }
}

contract! {
    async fn a_person_is_found_by_each_of_their_names(database) {
        let store = database.store().await;
        let mut ada = outcome("7", "item:1", 80, at(1));
        ada.learner.institution_id = Some("S-1".to_owned());
        grade(&store, "moodle", ada.clone()).await;
        "48".clone_into(&mut ada.learner.id);
        grade(&store, "canvas", ada).await;
        grade(&store, "moodle", outcome("8", "item:1", 80, at(1))).await;

        let both = [vec!["canvas:48".to_owned(), "moodle:7".to_owned()]];
        assert_eq!(ids(&store, by_id("moodle", "7")).await, both);
        assert_eq!(ids(&store, by_id("canvas", "48")).await, both);
        assert_eq!(ids(&store, Who::Email(" Learner-7@Example.test".to_owned())).await, both);
        assert_eq!(ids(&store, Who::InstitutionId("S-1".to_owned())).await, both);
        assert_eq!(ids(&store, by_id("moodle", "8")).await, [vec!["moodle:8".to_owned()]]);
        for nobody in [by_id("moodle", "48"), Who::Email(String::new()), Who::InstitutionId("7".to_owned())] {
            assert!(ids(&store, nobody).await.is_empty());
        }
        assert!(store.person(Uuid::nil()).await.unwrap().is_none());
        // Of a source that is not configured any more.
        assert_eq!(ids(&store, Who::InstitutionId("canvas:48".to_owned())).await, both);
    }

    async fn two_persons_of_one_address_are_both_found(database) {
        let store = database.store().await;
        for id in ["7", "8"] {
            let mut twin = outcome(id, "item:1", 80, at(1));
            twin.learner = accolade_connectors::Learner { id: id.to_owned(), ..learner("both") };
            grade(&store, "moodle", twin).await;
        }
        let both = ids(&store, Who::Email("learner-both@example.test".to_owned())).await;
        assert_eq!(both, [["moodle:7"], ["moodle:8"]]);
    }

    async fn a_person_comes_with_all_that_decides(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        grade(&store, "moodle", outcome("7", "item:2", 20, at(2))).await;
        let waiting = grade(&store, "moodle", outcome("7", "item:3", 90, at(3))).await;
        grade(&store, "moodle", outcome("8", "item:1", 70, at(3))).await;

        let person = store.person(commit.person).await.unwrap().unwrap();
        let mut assessments: Vec<&str> =
            person.outcomes.iter().map(|stored| stored.outcome.assessment.id.as_str()).collect();
        assessments.sort_unstable();
        assert_eq!(assessments, ["item:1", "item:2", "item:3"]);
        let [award] = person.awards.as_slice() else { panic!("{:#?}", person.awards) };
        assert_eq!((award.held.credential, award.held.badge.as_str()), (commit.awards[0].credential.id, "rust"));
        assert_eq!((award.held.awarded_at, award.rules.as_str()), (at(20), "sha256:1"));
        assert_eq!(award.explanation, serde_json::json!({ "met": true }));
        assert_eq!((award.claimed_at, award.held.revoked, award.held.suspended), (None, false, false));
        let [open] = person.open.as_slice() else { panic!("{:#?}", person.open) };
        assert_eq!((open.delivery, open.state.as_str()), (waiting[0].delivery, "waiting"));
    }
}
