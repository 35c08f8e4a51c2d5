//! Published versions of badges and rules.

use std::collections::BTreeMap;

use accolade::catalogs::{Published, VersionError};
use accolade::config::{Catalog, Nameable};
use accolade::store::{DeliveryState, Publication, RuleVersion, Store, Work};
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, grade, outcome};

fn version(hash: &str, files: &[(&str, &str)]) -> RuleVersion {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    RuleVersion { version: hash.to_owned(), sources: vec!["forms".to_owned()], files: files.collect() }
}

fn publication(number: i64, version: &RuleVersion) -> Publication {
    Publication {
        number,
        version: version.version.clone(),
        published_at: at(number),
        by: "Ada".to_owned(),
        note: format!("note {number}"),
    }
}

async fn publish(store: &Store, number: i64, version: &RuleVersion) -> bool {
    store.publish(version, &publication(number, version)).await.unwrap()
}

fn badge(name: &str, mark: u32) -> String {
    format!(
        "[badge]\nname = \"{name}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\nsource = \"forms\"\n\
         course = \"c\"\nassessment = \"test\"\nat_least = \"{mark} %\"\n"
    )
}

/// A folder with these badges.
fn folder(badges: &[(&str, u32)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, mark) in badges {
        std::fs::write(folder.path().join(format!("{name}.toml")), badge(name, *mark)).unwrap();
    }
    folder
}

fn catalog(badges: &[(&str, u32)]) -> Catalog {
    Catalog::load(folder(badges).path(), &Nameable::of(&["forms"])).unwrap()
}

fn ids(badges: &[accolade::config::BadgeFile]) -> Vec<&str> {
    badges.iter().map(|badge| badge.achievement.id.as_str()).collect()
}

contract! {
    async fn the_last_publication_is_in_use_and_an_earlier_version_can_be_published_again(database) {
        let store = database.store().await;
        assert_eq!(store.publication().await.unwrap(), None);
        let (one, two) = (version("aa01", &[("a.toml", "1"), ("a.png", "\u{0}x")]), version("aa02", &[]));
        assert!(publish(&store, 1, &one).await);
        assert!(publish(&store, 2, &two).await);
        assert!(publish(&store, 3, &one).await);
        let numbers: Vec<(i64, String)> =
            store.publications(10).await.unwrap().into_iter().map(|one| (one.number, one.version)).collect();
        let expected = [(3, "aa01"), (2, "aa02"), (1, "aa01")];
        assert_eq!(numbers, expected.map(|(number, version)| (number, version.to_owned())));
        assert_eq!(store.publication().await.unwrap(), Some(publication(3, &one)));
        assert_eq!(store.rule_version("aa01").await.unwrap(), Some(one), "bytes as they were");
        assert_eq!(store.rule_version("aa03").await.unwrap(), None);
        assert_eq!(store.versions_like("aa02").await.unwrap(), ["aa02"]);
        assert_eq!(store.versions_like("aa").await.unwrap().len(), 2);
        assert!(store.versions_like("%2").await.unwrap().is_empty(), "no pattern");
    }

    async fn rules_are_applied_to_persons_page_by_page(database) {
        let store = database.store().await;
        for learner in ["7", "8", "9"] {
            grade(&store, "moodle", outcome(learner, "item:1", 80, at(1))).await;
        }
        let first = store.next_persons(Uuid::nil(), 2).await.unwrap();
        let rest = store.next_persons(first[1].person, 2).await.unwrap();
        assert_eq!((first.len(), rest.len()), (2, 1));
        assert!(store.next_persons(rest[0].person, 2).await.unwrap().is_empty());
        assert!(first.iter().all(|one| one.whole && one.about.is_none() && one.outcomes.len() == 1));

        let persons: Vec<Uuid> = first.iter().map(|one| one.person).collect();
        let delivery = store.apply_rules(&persons, 3, "Ada", at(20)).await.unwrap();
        let trail = store.delivery(delivery).await.unwrap().unwrap();
        assert_eq!(trail.user_agent.as_deref(), Some("accolade publish"));
        assert_eq!((trail.state, trail.signals[0].events.len()), (DeliveryState::Waiting, 2));
        let due = store.due(Work::Assessments, at(20), at(80), 100).await.unwrap();
        let ids: Vec<Uuid> = due.iter().map(|due| due.id).collect();
        let mut waiting = store.candidates(&ids).await.unwrap();
        waiting.retain(|one| one.delivery == delivery);
        waiting.sort_by_key(|one| one.person);
        assert_eq!(waiting.iter().map(|one| one.person).collect::<Vec<_>>(), persons);
        assert!(waiting.iter().all(|one| one.whole && one.publication == Some(3) && one.about == Some(0)));
    }

    async fn of_two_that_publish_at_the_same_time_one_is_told(database) {
        let store = database.store().await;
        let (one, two) = (version("aa01", &[]), version("aa02", &[]));
        let (one, two) = tokio::join!(publish(&store, 1, &one), publish(&store, 1, &two));
        assert!(one != two, "{one} {two}");
        assert_eq!(store.publications(10).await.unwrap().len(), 1);
    }

    async fn what_is_published_is_read_again_and_badges_of_earlier_versions_with_it(database) {
        let store = database.store().await;
        let published = Published::new(&store, Nameable::of(&["forms"]));
        let first = catalog(&[("gone", 50), ("stays", 50)]);
        let second = catalog(&[("gone", 60), ("stays", 50)]);
        let third = catalog(&[("new", 70), ("stays", 70)]);
        for (number, catalog) in [(0, &first), (1, &second), (2, &third)] {
            published.publish(catalog.clone(), number, ("Ada", ""), at(0)).await.unwrap().unwrap();
        }
        let (publication, current) = published.current().await.unwrap().unwrap();
        assert_eq!((publication.number, &current.version), (3, &third.version));
        assert_eq!((ids(&current.badges), ids(&current.retired)), (vec!["new", "stays"], vec!["gone"]));
        assert_eq!(current.badge("stays").unwrap().rule, third.badge("stays").unwrap().rule);
        assert_eq!(current.known("gone").unwrap().rule, second.badge("gone").unwrap().rule, "the last of them");
        assert!(current.badge("gone").is_none() && current.rules.rule("gone").is_none(), "nobody earns it");
        let again = published.version(&first.version).await.unwrap().unwrap();
        assert_eq!(again.badge("stays").unwrap().rule, first.badge("stays").unwrap().rule);
    }

    async fn a_version_that_does_not_fit_the_configuration_is_told_by_file_and_line(database) {
        let store = database.store().await;
        let published = Published::new(&store, Nameable::of(&["forms"]));
        let catalog = catalog(&[("a", 50)]);
        let (name, version) = (format!("version {}", &catalog.version[..12]), catalog.version.clone());
        published.publish(catalog, 0, ("Ada", ""), at(0)).await.unwrap().unwrap();
        let without = Published::new(&store, Nameable::of(&["moodle"]));
        let error = without.current().await.unwrap_err();
        assert!(matches!(error, VersionError::Unreadable(_)), "{error}");
        assert!(error.to_string().contains(&format!("{name}/a.toml:6: ")), "{error}");
        // Of the past the sources that there were then count.
        assert!(without.version(&version).await.unwrap().is_some());
    }

    async fn a_version_whose_bytes_were_changed_is_not_used(database) {
        let store = database.store().await;
        let published = Published::new(&store, Nameable::of(&["forms"]));
        published.publish(catalog(&[("a", 50)]), 0, ("Ada", ""), at(0)).await.unwrap().unwrap();
        let mut stored = store.rule_version(&catalog(&[("a", 50)]).version).await.unwrap().unwrap();
        stored.files = BTreeMap::from([("a.toml".to_owned(), badge("a", 5).into_bytes())]);
        stored.version = "0".repeat(64);
        assert!(publish(&store, 2, &stored).await);
        let error = published.current().await.unwrap_err();
        assert!(matches!(error, VersionError::Altered(_)), "{error}");
    }
}
