//! Learners of several sources who are one person.

use accolade_connectors::Outcome;

use super::contract;
use super::fixtures::{at, candidate_of, done, grade, outcome, result, tell};

fn with_email(learner: &str, email: &str) -> Outcome {
    let mut outcome = outcome(learner, "item:1", 80, at(1));
    outcome.learner.email = Some(email.to_owned());
    outcome
}

contract! {
    async fn the_same_address_in_another_source_is_the_same_person(database) {
        let store = database.store().await;
        let one = grade(&store, "moodle", with_email("7", "Ada@Example.test")).await.remove(0);
        let two = grade(&store, "canvas", with_email("70", " ada@example.TEST")).await.remove(0);
        let (one, two) = (candidate_of(&store, one.id).await, candidate_of(&store, two.id).await);
        assert_eq!(one.person, two.person);
        assert_eq!(one.outcomes.len(), 2);
        assert_eq!(one.outcomes[one.about.unwrap()].source, "moodle");
        assert_eq!(two.outcomes[two.about.unwrap()].source, "canvas");
        assert_eq!(database.count("persons").await, 1);
        assert_eq!(database.count("learners").await, 2);
    }

    async fn two_learners_of_one_source_are_two_persons(database) {
        let store = database.store().await;
        for learner in ["7", "8"] {
            grade(&store, "moodle", with_email(learner, "shared@example.test")).await;
        }
        assert_eq!(database.count("persons").await, 2);
        // And now nobody can say which of the two this is.
        grade(&store, "canvas", with_email("70", "shared@example.test")).await;
        assert_eq!(database.count("persons").await, 3);
    }

    async fn learners_made_in_one_batch_are_linked_alike(database) {
        let store = database.store().await;
        let mut results = Vec::new();
        for source in ["moodle", "canvas", "blackboard"] {
            let told = tell(&store, source).await;
            results.push(result(&told, vec![(with_email("7", "ada@example.test"), true)], done()));
        }
        store.confirm(&results, at(10)).await.unwrap();
        assert_eq!(database.count("learners").await, 3);
        assert_eq!(database.count("persons").await, 1);
    }

    async fn learners_told_at_the_same_time_are_linked_alike(database) {
        let store = database.store().await;
        for round in 0..5 {
            let mut tasks = Vec::new();
            for source in ["moodle", "canvas", "blackboard", "automation"] {
                let store = store.clone();
                let outcome = with_email(&format!("{round}"), &format!("round-{round}@example.test"));
                tasks.push(tokio::spawn(async move { grade(&store, source, outcome).await }));
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(database.count("persons").await, round + 1);
        }
    }

    async fn without_an_address_nobody_is_linked(database) {
        let store = database.store().await;
        for source in ["moodle", "canvas"] {
            let mut unnamed = outcome("7", "item:1", 80, at(1));
            unnamed.learner.email = None;
            grade(&store, source, unnamed).await;
            grade(&store, source, with_email("8", "  ")).await;
        }
        assert_eq!(database.count("persons").await, 4);
    }
}
