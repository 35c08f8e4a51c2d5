//! Who is one person: doubts, decisions of administrators, and what becomes of badges.

use accolade::config::SourceIdentity;
use accolade::store::{
    BadgeDecision, By, Candidate, Committed, Decided, Doubt, Linked, NewDecision, NewEvent, Separated, Store,
    Wait, Who,
};
use accolade_connectors::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::contract;
use super::fixtures::{
    at, award_for, awarded, candidate_of, commit_for, done, grade, learner_of, outcome, result, tell,
};

/// Every source has the same numbers, and `forms` addresses that nobody checks.
fn numbered(store: Store) -> Store {
    let source = |name: &str| {
        let (verified_addresses, ids) = (name != "forms", Some("number".to_owned()));
        (name.to_owned(), SourceIdentity { verified_addresses, institution_ids: ids })
    };
    store.with_identities(["moodle", "canvas", "blackboard", "forms"].map(source).into_iter().collect())
}

/// A passed outcome of a learner with an address and an institution's id.
fn known_as(learner: &str, email: &str, id: Option<&str>) -> Outcome {
    let mut outcome = outcome(learner, "item:1", 80, at(1));
    outcome.learner.email = Some(email.to_owned()).filter(|email| !email.is_empty());
    outcome.learner.institution_id = id.map(str::to_owned);
    outcome
}

async fn told(store: &Store, source: &str, outcome: Outcome) -> Candidate {
    let event: NewEvent = grade(store, source, outcome).await.remove(0);
    candidate_of(store, event.id).await
}

async fn person(store: &Store, source: &str, id: &str) -> Uuid {
    learner_of(store, source, id).await.person
}

fn by() -> By {
    By { who: "Registrar".to_owned(), reason: "asked them".to_owned() }
}

async fn link(store: &Store, one: (&str, &str), other: (&str, &str)) -> Linked {
    let (one, other) = (learner_of(store, one.0, one.1).await, learner_of(store, other.0, other.1).await);
    store.link((one.id, other.id), &by(), at(100)).await.unwrap()
}

/// The events that a delivery gave, as they would be judged now.
async fn events(store: &Store, delivery: Uuid) -> Vec<Candidate> {
    let trail = store.delivery(delivery).await.unwrap().unwrap();
    let ids: Vec<Uuid> =
        trail.signals.iter().flat_map(|signal| &signal.events).map(|event| event.id).collect();
    store.candidates(&ids).await.unwrap()
}

async fn the_doubt(store: &Store) -> Doubt {
    let mut doubts = store.doubts().await.unwrap();
    assert_eq!(doubts.len(), 1, "{doubts:#?}");
    doubts.remove(0)
}

/// Makes the badge `rust` of a candidate.
async fn award(store: &Store, candidate: &Candidate) -> Uuid {
    let commit = commit_for(store, candidate, "rust").await;
    let answers = store.award(std::slice::from_ref(&commit), at(20)).await.unwrap();
    assert!(matches!(answers[0], Committed::Stored { .. }), "{answers:?}");
    commit.awards[0].credential.id
}

const ADA: &str = "ada@example.test";
const BO: &str = "bo@example.test";

contract! {
    async fn an_institution_s_id_links_across_addresses(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, Some("S-1"))).await;
        let two = told(&store, "canvas", known_as("70", "ada@private.example", Some(" S-1 "))).await;
        assert_eq!(one.person, two.person);
        assert_eq!(two.outcomes.len(), 2);
        assert_eq!(store.find(&Who::InstitutionId("S-1".to_owned())).await.unwrap().len(), 2);
        // Without a name for the ids they are only numbers.
        let plain = database.store().await;
        let three = told(&plain, "blackboard", known_as("x", "", Some("S-1"))).await;
        assert_ne!(three.person, one.person);
        assert!(store.doubts().await.unwrap().is_empty());
    }

    async fn an_unchecked_address_attaches_nothing_to_anybody(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, None)).await;
        let two = told(&store, "forms", known_as("ada", ADA, None)).await;
        assert_ne!(one.person, two.person);
        assert!(store.doubts().await.unwrap().is_empty());
        // An administrator may know better.
        assert!(matches!(link(&store, ("moodle", "7"), ("forms", "ada")).await, Linked::Done { .. }));
        assert_eq!(person(&store, "moodle", "7").await, person(&store, "forms", "ada").await);
    }

    async fn what_comes_late_links_as_what_comes_at_once(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, None)).await;
        let two = told(&store, "canvas", known_as("70", "", None)).await;
        assert_ne!(one.person, two.person);
        award(&store, &two).await;
        // The next result of the learner brings the address.
        let mut late = known_as("70", ADA, None);
        "item:2".clone_into(&mut late.assessment.id);
        let events = grade(&store, "canvas", late).await;
        let whole = candidate_of(&store, events.last().unwrap().id).await;
        assert!(whole.whole, "the joined results are judged");
        assert_eq!(whole.person, one.person.min(two.person), "the older one, or one of the same millisecond");
        assert_eq!((whole.outcomes.len(), whole.held.len()), (3, 1));
        // What was judged of one of them alone is stale.
        let commit = commit_for(&store, &one, "go").await;
        assert_eq!(store.award(&[commit], at(20)).await.unwrap(), [Committed::Stale]);
    }

    async fn a_changed_address_keeps_the_history_and_links_nobody(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, None)).await;
        let credential = award(&store, &one).await;
        told(&store, "canvas", known_as("70", BO, None)).await;
        // Ada's address is Bo's from now on: perhaps it was given to somebody else.
        let mut changed = known_as("7", BO, None);
        (changed.as_of, changed.assessment.id) = (at(5), "item:2".to_owned());
        let after = told(&store, "moodle", changed).await;
        assert_eq!(after.person, one.person);
        assert_eq!(after.held[0].credential, credential);
        assert_ne!(person(&store, "canvas", "70").await, one.person);
        let doubt = the_doubt(&store).await;
        assert_eq!(doubt.reason, "the address is that of canvas:70, but it was another one before");
        assert_eq!((doubt.learner.learner.as_str(), doubt.candidates[0].learner.as_str()), ("7", "70"));
    }

    async fn a_doubt_is_told_once_and_in_one_direction(database) {
        let store = numbered(database.store().await);
        for (learner, assessment) in [("7", "item:1"), ("8", "item:1"), ("7", "item:2"), ("8", "item:2")] {
            let mut outcome = known_as(learner, ADA, None);
            assessment.clone_into(&mut outcome.assessment.id);
            grade(&store, "moodle", outcome).await;
        }
        let doubt = the_doubt(&store).await;
        assert_eq!(doubt.learner.learner, "8");
        assert_eq!(doubt.candidates.len(), 1);
        assert_eq!(database.count("doubt_candidates").await, 1);
    }

    async fn while_in_doubt_only_one_of_two_gets_a_badge(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, None)).await;
        let two = told(&store, "moodle", known_as("8", ADA, None)).await;
        assert!(one.twins.is_empty() && two.twins.is_empty());
        // Judged at the same time, in one batch and in two.
        let one = candidate_of(&store, one.event).await;
        let (first, second) = (commit_for(&store, &one, "rust").await, commit_for(&store, &two, "rust").await);
        let answers = store.award(&[first.clone(), second.clone()], at(20)).await.unwrap();
        assert!(matches!(answers[0], Committed::Stored { .. }), "{answers:?}");
        assert_eq!(answers[1], Committed::Stale);
        assert_eq!(store.award(&[second], at(20)).await.unwrap(), [Committed::Stale]);
        let two = candidate_of(&store, two.event).await;
        assert_eq!((two.twins[0].badge.as_str(), two.twins[0].twin.as_str()), ("rust", "moodle:7"));
    }

    async fn twins_who_are_judged_at_the_same_time_share_one_badge(database) {
        let store = numbered(database.store().await);
        for round in 0..6_u8 {
            let email = format!("round-{round}@example.test");
            let mut candidates = Vec::new();
            for source in ["a", "b", "c"] {
                let outcome = known_as(&format!("{source}{round}"), &email, None);
                candidates.push(told(&store, "moodle", outcome).await);
            }
            let mut tasks = Vec::new();
            for candidate in candidates {
                let store = store.clone();
                tasks.push(tokio::spawn(async move {
                    let candidate = candidate_of(&store, candidate.event).await;
                    if !candidate.twins.is_empty() {
                        return false;
                    }
                    let commit = commit_for(&store, &candidate, "rust").await;
                    store.award(&[commit], at(20)).await.is_ok_and(|answers| answers[0] != Committed::Stale)
                }));
            }
            let mut made = 0;
            for task in tasks {
                made += i64::from(task.await.unwrap());
            }
            assert_eq!(made, 1);
            assert_eq!(database.count("awards").await, i64::from(round) + 1);
        }
    }

    async fn linked_persons_have_everything_together(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, None)).await;
        let two = told(&store, "moodle", known_as("8", ADA, None)).await;
        let kept = award(&store, &candidate_of(&store, one.event).await).await;
        // Both hold it: the doubt came later than the award.
        let three = told(&store, "canvas", known_as("70", BO, None)).await;
        let other = award(&store, &three).await;
        let decision = NewDecision {
            what: BadgeDecision::Refuse,
            issuer: "school".to_owned(),
            badge: "go".to_owned(),
            person: three.person,
            source: "canvas".to_owned(),
            reason: "because".to_owned(),
            by: "Dean".to_owned(),
        };
        assert_eq!(store.decide(&decision, at(30)).await.unwrap(), Decided::Stored(None));
        let Linked::Done { delivery, shared, doubts } = link(&store, ("canvas", "70"), ("moodle", "7")).await
        else {
            panic!()
        };
        assert_eq!((shared.len(), shared[0].badge.as_str()), (1, "rust"));
        assert_eq!(BTreeSet::from_iter(shared[0].credentials.clone()), BTreeSet::from([kept, other]));
        assert_eq!(doubts.len(), 1, "moodle:8 may still be the same person");
        let [joined] = events(&store, delivery).await.try_into().unwrap();
        let older = one.person.min(three.person);
        assert_eq!((joined.person, joined.whole, joined.outcomes.len()), (older, true, 2));
        let cycle = |id: Uuid| joined.held.iter().find(|held| held.credential == id).unwrap().cycle.clone();
        let (first, second) = if older == one.person { (kept, other) } else { (other, kept) };
        assert_eq!((cycle(first), cycle(second)), ("once".to_owned(), format!("linked-{second}")));
        assert_eq!(joined.decisions.len(), 1);
        // What was judged of either before is stale.
        for before in [&one, &three] {
            let again = store.candidates(&[before.event]).await.unwrap();
            assert!(again.iter().all(|now| (now.person, now.version) != (before.person, before.version)));
        }
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!(
            trail.signals[0].reason,
            "Registrar decided that canvas:70 and moodle:7 are one person: asked them"
        );
        assert_eq!(two.person, person(&store, "moodle", "8").await);
        assert_eq!(link(&store, ("moodle", "7"), ("canvas", "70")).await, Linked::Already);
        assert_eq!(database.count("people_decisions").await, 2);
    }

    async fn a_person_is_taken_apart_by_whose_results_earned_what(database) {
        let store = numbered(database.store().await);
        let one = told(&store, "moodle", known_as("7", ADA, Some("S-1"))).await;
        let of_moodle = award(&store, &one).await;
        let two = told(&store, "canvas", known_as("70", "", Some("S-1"))).await;
        assert_eq!(two.person, one.person);
        let mut commit = commit_for(&store, &two, "go").await;
        commit.awards = vec![award_for(&store, &two, "go").await];
        commit.waits = vec![Wait {
            issuer: "school".to_owned(),
            badge: "zig".to_owned(),
            reason: Some("because".to_owned()),
        }];
        store.award(&[commit.clone()], at(20)).await.unwrap();
        let of_canvas = commit.awards[0].credential.id;

        let canvas = learner_of(&store, "canvas", "70").await;
        let separated = store.separate(canvas.id, &by(), at(100)).await.unwrap();
        let Separated::Done { delivery, others, badges } = separated else { panic!() };
        assert_eq!(badges, [("go".to_owned(), of_canvas)]);
        assert_eq!(others[0].learner, "7");
        let mut parts = events(&store, delivery).await;
        parts.sort_by_key(|part| part.outcomes[0].source.clone());
        let [canvas_now, moodle_now] = parts.try_into().unwrap();
        assert_eq!(canvas_now.held.iter().map(|held| held.credential).collect::<Vec<_>>(), [of_canvas]);
        assert_eq!(moodle_now.held.iter().map(|held| held.credential).collect::<Vec<_>>(), [of_moodle]);
        assert_eq!((canvas_now.waiting.len(), moodle_now.waiting.len()), (1, 0));
        // Whoever they were is nobody now: what either earns gets an id of its own.
        assert!(![canvas_now.person, moodle_now.person].contains(&one.person));
        let again = award_for(&store, &moodle_now, "go").await;
        assert_ne!(again.credential.id, of_canvas);

        // The id does not link them again, nor does an address that becomes the same.
        let mut same = known_as("70", ADA, Some("S-1"));
        (same.as_of, same.assessment.id) = (at(9), "item:2".to_owned());
        let after = told(&store, "canvas", same).await;
        assert_eq!(after.person, canvas_now.person);
        assert!(store.doubts().await.unwrap().is_empty());
        assert_eq!(store.separate(canvas.id, &by(), at(110)).await.unwrap(), Separated::Alone);
        // But a human may.
        assert!(matches!(link(&store, ("canvas", "70"), ("moodle", "7")).await, Linked::Done { .. }));
        assert_eq!(person(&store, "canvas", "70").await, person(&store, "moodle", "7").await);
    }

    async fn a_dismissed_doubt_lets_the_other_badge_go_and_does_not_come_back(database) {
        let store = numbered(database.store().await);
        let first = awarded(&store, "7").await;
        let mut twin = known_as("8", "learner-7@example.test", None);
        let two = told(&store, "moodle", twin.clone()).await;
        assert_eq!(two.twins.len(), 1);
        let doubt = the_doubt(&store).await;
        let (dismissed, delivery) = store.dismiss(doubt.id, &by(), at(100)).await.unwrap().unwrap();
        assert_eq!(dismissed, doubt);
        let judged = events(&store, delivery).await;
        assert_eq!(judged.len(), 2, "both, for either may have waited");
        let two = judged.iter().find(|candidate| candidate.person != first.person).unwrap();
        assert!(two.twins.is_empty() && two.whole);
        award(&store, two).await;
        assert_eq!(store.dismiss(doubt.id, &by(), at(101)).await.unwrap(), None);
        (twin.as_of, twin.assessment.id) = (at(9), "item:2".to_owned());
        grade(&store, "moodle", twin).await;
        assert!(store.doubts().await.unwrap().is_empty());
    }

    async fn a_decision_about_others_is_not_overruled_by_the_way(database) {
        let store = numbered(database.store().await);
        told(&store, "moodle", known_as("7", ADA, None)).await;
        told(&store, "moodle", known_as("8", ADA, None)).await;
        let doubt = the_doubt(&store).await;
        store.dismiss(doubt.id, &by(), at(100)).await.unwrap().unwrap();
        told(&store, "canvas", known_as("80", "", None)).await;
        link(&store, ("canvas", "80"), ("moodle", "8")).await;
        let Linked::Separated(one, other) = link(&store, ("canvas", "80"), ("moodle", "7")).await else {
            panic!()
        };
        assert_eq!(BTreeSet::from([one.learner, other.learner]), BTreeSet::from(["7".to_owned(), "8".to_owned()]));
        // Those two themselves may be linked: the newest decision counts.
        assert!(matches!(link(&store, ("moodle", "8"), ("moodle", "7")).await, Linked::Done { .. }));
        assert_eq!(person(&store, "canvas", "80").await, person(&store, "moodle", "7").await);
    }

    async fn what_many_share_is_nobody_s(database) {
        let store = numbered(database.store().await);
        let before = told(&store, "canvas", known_as("c", "none@example.test", None)).await;
        for number in 0..20 {
            grade(&store, "moodle", known_as(&number.to_string(), "none@example.test", None)).await;
        }
        let last = told(&store, "blackboard", known_as("b", "none@example.test", None)).await;
        assert_ne!(before.person, last.person);
        let doubts = store.doubts().await.unwrap();
        assert!(doubts.iter().all(|doubt| doubt.learner.source == "moodle"), "{doubts:#?}");
    }

    /// Linking while results come in loses none of them, and nobody waits for ever.
    async fn decisions_and_results_at_the_same_time_are_all_kept(database) {
        let store = numbered(database.store().await);
        for learner in ["7", "8"] {
            told(&store, "moodle", known_as(learner, ADA, None)).await;
        }
        let mut tasks = Vec::new();
        for number in 0..20 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let learner = if number % 2 == 0 { "7" } else { "8" };
                let mut outcome = known_as(learner, ADA, None);
                outcome.assessment.id = format!("item:{number}:x");
                let told = tell(&store, "moodle").await;
                let result = [result(&told, vec![(outcome, true)], done())];
                loop {
                    match store.confirm(&result, at(10)).await {
                        Ok(_) => break,
                        Err(accolade::store::StoreError::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }));
        }
        let (one, other) = (learner_of(&store, "moodle", "7").await, learner_of(&store, "moodle", "8").await);
        for round in 0..4 {
            let now = at(100 + round);
            loop {
                let done = if round % 2 == 0 {
                    store.link((one.id, other.id), &by(), now).await.map(drop)
                } else {
                    store.separate(other.id, &by(), now).await.map(drop)
                };
                match done {
                    Ok(()) => break,
                    Err(accolade::store::StoreError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        let last = store.link((one.id, other.id), &by(), at(200)).await.unwrap();
        let Linked::Done { delivery, .. } = last else { panic!("{last:?}") };
        assert_eq!(events(&store, delivery).await[0].outcomes.len(), 22);
    }

    /// Whoever adds a table about persons has to say what becomes of it when two are one.
    async fn every_table_about_persons_is_moved(database) {
        let store = database.store().await;
        drop(store);
        let known = ["awards", "decisions", "guard_awards", "learners", "waiting_awards"];
        let tables = database.tables_with("person_id").await;
        assert_eq!(tables, known, "src/store/merge.rs moves these");
    }
}

/// A learner as a source tells of them.
#[derive(Debug, Clone)]
struct Drawn {
    source: &'static str,
    id: u8,
    email: Option<u8>,
    number: Option<u8>,
}

mod any_order {
    use proptest::prelude::*;

    use super::*;
    use crate::support::database::TestDatabase;

    fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
        let sources = vec!["moodle", "canvas", "blackboard", "forms"];
        let one = (
            prop::sample::select(sources),
            0..3_u8,
            prop::option::weighted(0.7, 0..4_u8),
            prop::option::weighted(0.7, 0..4_u8),
        )
            .prop_map(|(source, id, email, number)| Drawn { source, id, email, number });
        let unlike = |all: Vec<Drawn>| {
            let mut seen = BTreeSet::new();
            all.into_iter().filter(|drawn| seen.insert((drawn.source, drawn.id))).collect()
        };
        prop::collection::vec(one, 1..6).prop_map(unlike)
    }

    /// Who is one person after this, as sets of learners, and how many doubts there are.
    async fn persons(told: &[Drawn], late: bool) -> (BTreeSet<BTreeSet<String>>, usize) {
        let database = TestDatabase::sqlite();
        let store = numbered(database.store().await);
        let mut outcomes: Vec<(&Drawn, Outcome)> = Vec::new();
        for drawn in told {
            let email = drawn.email.map_or_else(String::new, |email| format!("{email}@example.test"));
            let number = drawn.number.map(|number| number.to_string());
            outcomes.push((drawn, known_as(&drawn.id.to_string(), &email, number.as_deref())));
        }
        if late {
            // First without what tells who it is, then with it.
            for (drawn, _) in &outcomes {
                grade(&store, drawn.source, known_as(&drawn.id.to_string(), "", None)).await;
            }
        }
        for (drawn, mut outcome) in outcomes {
            (outcome.as_of, outcome.assessment.id) = (at(2), "item:2".to_owned());
            grade(&store, drawn.source, outcome).await;
        }
        let mut persons: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for drawn in told {
            let id = format!("{}:{}", drawn.source, drawn.id);
            let person = person(&store, drawn.source, &drawn.id.to_string()).await;
            persons.entry(person).or_default().insert(id);
        }
        (persons.into_values().collect(), store.doubts().await.unwrap().len())
    }

    /// Those of whom one leads to the other by what they have in common.
    fn alike(told: &[Drawn]) -> BTreeSet<BTreeSet<String>> {
        let name = |drawn: &Drawn| format!("{}:{}", drawn.source, drawn.id);
        let like = |a: &Drawn, b: &Drawn| {
            let checked = a.source != "forms" && b.source != "forms";
            checked && a.email.is_some() && a.email == b.email || a.number.is_some() && a.number == b.number
        };
        let mut groups: Vec<Vec<&Drawn>> = Vec::new();
        for drawn in told {
            let (with, without): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.iter().any(|other| like(drawn, other)));
            groups = without;
            groups.push(with.into_iter().flatten().chain([drawn]).collect());
        }
        groups.into_iter().map(|group| group.into_iter().map(name).collect()).collect()
    }

    fn check(told: &[Drawn], shuffled: &[Drawn]) -> Result<(), TestCaseError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let groups = alike(told);
        for (told, late) in [(told, false), (shuffled, false), (told, true)] {
            let (persons, doubts) = runtime.block_on(persons(told, late));
            for person in &persons {
                let sources: BTreeSet<&str> =
                    person.iter().filter_map(|name| name.split(':').next()).collect();
                prop_assert_eq!(sources.len(), person.len(), "two of one source in one person");
                prop_assert!(groups.iter().any(|group| person.is_subset(group)), "nothing in common");
                let of_person =
                    told.iter().filter(|one| person.contains(&format!("{}:{}", one.source, one.id)));
                let numbers: BTreeSet<u8> = of_person.filter_map(|one| one.number).collect();
                prop_assert!(numbers.len() < 2, "two numbers in one person");
            }
            // Without a doubt everybody is with all who are like them, whatever the order.
            prop_assert!(doubts > 0 || persons == groups, "{:?}", persons);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn a_link_is_made_only_without_doubt(
            (told, shuffled) in drawn().prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        ) {
            check(&told, &shuffled)?;
        }
    }
}
