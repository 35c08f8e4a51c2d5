use super::postponed::ATTEMPTS;
use super::*;
use crate::config::Nameable;
use crate::signing::{Issuers, Signing};
use crate::store::{DeliveryState, NewEvent};
use crate::worker::recheck::{Recheck, recheck};
use crate::worker::samples::{Bench, passed, signing_of, signing_with};
use crate::worker::unwind::crashes;

async fn award(bench: &Bench, deliveries: Vec<Delivery>) {
    let patience = Patience::new(CancellationToken::new());
    bench.awarder().batch(deliveries, &mut patience.hold()).await.unwrap();
}

#[tokio::test]
async fn badges_of_one_shape_are_signed_by_one_template() {
    let bench = Bench::new().await;
    let mut events = Vec::new();
    for learner in ["1", "2", "3", "4", "5"] {
        events.push(bench.event(learner).await);
    }
    award(&bench, bench.taken(&events.iter().collect::<Vec<_>>()).await).await;
    assert_eq!(bench.texts("SELECT document FROM credentials").await.len(), 5);
    assert_eq!(bench.signing.by_template(), 4, "all but the first, of which the template was made");
}

#[tokio::test]
async fn an_event_whose_facts_cannot_be_read_is_parked_and_does_not_circle() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    bench.execute("UPDATE outcomes SET content = '{}'").await;
    award(&bench, bench.taken(&[&event]).await).await;

    let trail = bench.store.delivery(event.delivery).await.unwrap().unwrap();
    assert_eq!(trail.signals[0].events[0].state, "parked");
    assert!(trail.signals[0].events[0].reason.contains("outcomes"), "{:?}", trail.signals[0].events);
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it does not come back");
}

#[tokio::test]
async fn an_event_that_crashes_counts_it_alone_and_is_parked_in_the_end() {
    let bench = Bench::new().await;
    let (good, bad) = (bench.event("1").await, bench.event("2").await);
    crashes::on(bad.id);
    award(&bench, bench.taken(&[&good, &bad]).await).await;
    let state = async |event: &crate::store::NewEvent| {
        bench.store.delivery(event.delivery).await.unwrap().unwrap().signals.remove(0).events.remove(0)
    };
    assert_eq!(state(&good).await.state, "done");
    assert_eq!(state(&good).await.credentials.len(), 1);
    assert_eq!(bench.store.candidates(&[bad.id]).await.unwrap()[0].attempts, 1);
    for attempt in 1..ATTEMPTS {
        assert_eq!(state(&bad).await.state, "waiting", "after {attempt} attempts");
        award(&bench, bench.taken(&[&bad]).await).await;
    }
    let parked = state(&bad).await;
    assert_eq!((parked.state.as_str(), parked.credentials.len()), ("parked", 0));
    assert!(parked.reason.contains("failed inside the program"), "{}", parked.reason);
    let trail = bench.store.delivery(bad.delivery).await.unwrap().unwrap();
    assert_eq!(trail.state, DeliveryState::Parked);
}

#[tokio::test]
async fn a_mail_whose_message_may_be_lost_is_due_at_once() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.queue.close().await;
    award(&bench, taken).await;
    assert_eq!(bench.due(Work::Mails).await.len(), 1);
}

#[tokio::test]
async fn what_the_database_refuses_waits_and_does_not_circle() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.execute("ALTER TABLE mails RENAME TO away").await;
    award(&bench, taken).await;
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it comes back later");
    bench.execute("ALTER TABLE away RENAME TO mails").await;
    assert_eq!(bench.store.candidates(&[event.id]).await.unwrap()[0].attempts, 0);
}

/// The batch waits while there is no going on, and a stop gives it back to the queue.
async fn held_until_a_stop(bench: &Bench, taken: Vec<Delivery>) {
    let stop = CancellationToken::new();
    let patience = Patience::new(stop.clone());
    let awarder = bench.awarder();
    let mut hold = patience.hold();
    let (given_back, ()) = tokio::join!(awarder.batch(taken, &mut hold), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(0), "it is held");
        stop.cancel();
    });
    assert!(given_back.is_err());
    assert_eq!(bench.queue.depth(Work::Assessments).await, Ok(1), "it is given back");
}

#[tokio::test]
async fn while_the_database_is_away_a_stop_gives_the_batch_back() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    bench.store.close().await;
    held_until_a_stop(&bench, taken).await;
}

/// No attempt is counted, and no place in a status list taken, while the key is not here.
#[tokio::test]
async fn while_nothing_can_be_signed_the_batch_is_held() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let taken = bench.taken(&[&event]).await;
    let next = crate::signing::Private::entry(&crate::badges::SigningKey::from_seed([2; 32]));
    let first = bench.signing.active().unwrap();
    bench.store.compromise_key("school", &first, Some(&next), "lost", bench.clock.now()).await.unwrap();
    bench.signing.refresh().await.unwrap();
    held_until_a_stop(&bench, taken).await;
    assert_eq!(bench.store.candidates(&[event.id]).await.unwrap()[0].attempts, 0);
    assert!(bench.texts("SELECT issuer FROM status_lists").await.is_empty());

    let able =
        Awarder { issuers: signing_with(&bench.store, &bench.clock, &[2]).await.into(), ..bench.awarder() };
    let patience = Patience::new(CancellationToken::new());
    able.batch(bench.taken(&[&event]).await, &mut patience.hold()).await.unwrap();
    assert_eq!(bench.texts("SELECT signed_by FROM credentials").await, [next.name]);
}

/// Two issuers, and the key of one is not here: its badges wait, and those of the other do not.
#[tokio::test]
async fn an_issuer_who_is_away_keeps_nobody_else_waiting() {
    let badges = tempfile::tempdir().unwrap();
    for (id, issuer, course) in
        [("first-aid", "", "first-aid-2026"), ("moot", "issuer = \"law\"", "moot-2026")]
    {
        let text = format!(
            "[badge]\n{issuer}\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\nsource = \"forms\"\n\
             course = \"{course}\"\nassessment = \"final\"\npassed = true\n"
        );
        std::fs::write(badges.path().join(format!("{id}.toml")), text).unwrap();
    }
    let known = Nameable { issuers: vec!["school".to_owned(), "law".to_owned()], ..Nameable::of(&["forms"]) };
    let catalog = Arc::new(Catalog::load(badges.path(), &known).unwrap());
    let bench = Bench::new().await;
    let law = signing_of("law", &bench.store, &bench.clock, &[5]).await;
    let next = crate::signing::Private::entry(&crate::badges::SigningKey::from_seed([6; 32]));
    let first = law.active().unwrap();
    bench.store.compromise_key("law", &first, Some(&next), "lost", bench.clock.now()).await.unwrap();
    law.refresh().await.unwrap();
    let awarder = |law: Signing| Awarder {
        catalogs: Catalogs::new(Arc::clone(&catalog)),
        issuers: Issuers::new(bench.signing.clone(), vec![law]),
        ..bench.awarder()
    };

    let mut moot = passed("8", &bench.clock);
    "moot-2026".clone_into(&mut moot.course.id);
    let (aid, moot) = (bench.event("7").await, bench.confirmed("8", moot, true).await.unwrap());
    let patience = Patience::new(CancellationToken::new());
    let taken = bench.taken(&[&moot, &aid]).await;
    bench.store.forget_messages(bench.clock.now(), 9).await.unwrap();
    awarder(law.clone()).batch(taken, &mut patience.hold()).await.unwrap();
    assert_eq!(bench.texts("SELECT badge FROM awards").await, ["first-aid"]);
    assert_eq!(bench.texts("SELECT issuer FROM status_lists").await, ["school"], "no place is wasted");
    let waiting = bench.store.candidates(&[moot.id]).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].attempts), (1, 0), "however often it is tried");
    assert!(bench.due(Work::Assessments).await.is_empty(), "the sweeper would add a copy each minute");
    let trail = bench.store.delivery(moot.delivery).await.unwrap().unwrap();
    assert!(trail.reason.contains("law"), "an administrator reads why: {}", trail.reason);
    let sweep_at =
        async || bench.texts("SELECT CAST(sweep_at AS TEXT) FROM events WHERE state = 'waiting'").await;
    let before = sweep_at().await;
    awarder(law).batch(bench.taken(&[&moot]).await, &mut patience.hold()).await.unwrap();
    assert_eq!(sweep_at().await, before, "a copy of it ends there");
    let later = bench.clock.now() + TimeDelta::minutes(3);
    let due = bench.store.due(Work::Assessments, later, later, 10).await.unwrap();
    assert_eq!(due.len(), 1, "but it is not forgotten");

    let able = signing_of("law", &bench.store, &bench.clock, &[6]).await;
    awarder(able).batch(bench.taken(&[&moot]).await, &mut patience.hold()).await.unwrap();
    assert_eq!(bench.texts("SELECT badge FROM awards WHERE issuer = 'law'").await, ["moot"]);
    let signed = bench.texts("SELECT signed_by FROM credentials ORDER BY signed_by").await;
    let mut keys = vec![next.name, bench.signing.active().unwrap()];
    keys.sort();
    assert_eq!(signed, keys);
}

/// A worker that has not seen it yet signs with the key that was in use: the transaction finds it.
#[tokio::test]
async fn no_badge_slips_in_by_a_key_that_signs_no_more() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let signing = signing_with(&bench.store, &bench.clock, &[1, 2]).await;
    let next = crate::signing::Private::entry(&crate::badges::SigningKey::from_seed([2; 32]));
    let first = signing.active().unwrap();
    bench.store.compromise_key("school", &first, Some(&next), "lost", bench.clock.now()).await.unwrap();
    assert_eq!(signing.active().unwrap(), first, "it does not know");
    let awarder = Awarder { issuers: signing.into(), ..bench.awarder() };
    let patience = Patience::new(CancellationToken::new());
    awarder.batch(bench.taken(&[&event]).await, &mut patience.hold()).await.unwrap();
    assert_eq!(bench.texts("SELECT signed_by FROM credentials").await, [next.name]);
    assert_eq!(bench.store.candidates(&[event.id]).await.unwrap().len(), 0, "it is done");
}

/// An older process must not judge by older rules what newer ones are applied to.
#[tokio::test]
async fn what_asks_for_newer_rules_is_not_judged_by_older_ones() {
    let bench = Bench::new().await;
    let event = bench.event("7").await;
    let person = bench.store.next_persons(Uuid::nil(), 10).await.unwrap()[0].person;
    let delivery = bench.store.apply_rules(&[person], 1, "Ada", bench.clock.now()).await.unwrap();
    let whole = bench.due(Work::Assessments).await.into_iter().find(|id| *id != event.id).unwrap();
    let applied = NewEvent { id: whole, delivery, ..event.clone() };
    // While an installation is brought to a newer version: the event is not to blame, however often.
    for _ in 0..=ATTEMPTS {
        award(&bench, bench.taken(&[&applied]).await).await;
    }
    let trail = bench.store.delivery(delivery).await.unwrap().unwrap();
    let waiting = &trail.signals[0].events[0];
    assert_eq!((waiting.state.as_str(), waiting.credentials.len()), ("waiting", 0), "{waiting:?}");
    assert_eq!(bench.store.candidates(&[whole]).await.unwrap()[0].attempts, 0);
    assert_eq!(bench.store.award_bases(Uuid::nil(), 10).await.unwrap().len(), 0);

    // One that knows them does.
    let known = Catalog { publication: 1, ..(*bench.awarder().catalogs.current()).clone() };
    let awarder = Awarder { catalogs: Catalogs::new(known), ..bench.awarder() };
    let patience = Patience::new(CancellationToken::new());
    awarder.batch(bench.taken(&[&applied]).await, &mut patience.hold()).await.unwrap();
    assert_eq!(bench.store.award_bases(Uuid::nil(), 10).await.unwrap().len(), 1);
}

/// What is not graded keeps a badge only from an event that is about it: the end of a grace that an
/// event about everything began is about everything, too.
#[tokio::test]
async fn a_grace_that_begins_with_newer_rules_ends() {
    let (mut bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    bench.clock = Clock::manual(Clock::system().now());
    let awarder = |rule: &str| {
        let text = format!(
            "[badge]\nname = \"aid\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\nsource = \"forms\"\n\
             course = \"first-aid-2026\"\ngrace = \"7 days\"\n{rule}\n"
        );
        std::fs::write(badges.path().join("aid.toml"), text).unwrap();
        let catalog = Catalog::load(badges.path(), &Nameable::of(&["forms"])).unwrap();
        Awarder { catalogs: Catalogs::new(Catalog { publication: 1, ..catalog }), ..bench.awarder() }
    };
    let (before, after) = (
        awarder("assessment = \"final\"\npassed = true"),
        awarder(
            "all = [ { assessment = \"final\", passed = true }, { assessment = \"report\", passed = true } ]",
        ),
    );
    assert_eq!(passes(&bench, &before, "7").await.2, 1);
    bench.clock.advance(Duration::from_secs(1));
    let mut report = passed("7", &bench.clock);
    "report".clone_into(&mut report.assessment.id);
    (report.passed, report.release) =
        (None, accolade_connectors::Release::Withheld { reason: accolade_connectors::Withheld::NotGraded });
    assert!(bench.confirmed("7", report, false).await.is_none(), "as if it were not there");

    let person = bench.store.next_persons(Uuid::nil(), 10).await.unwrap()[0].person;
    let delivery = bench.store.apply_rules(&[person], 1, "Ada", bench.clock.now()).await.unwrap();
    let due = async || {
        let ids = bench.due(Work::Assessments).await;
        let mut due = bench.store.events(&ids).await.unwrap();
        due.retain(|event| event.delivery == delivery);
        due.remove(0)
    };
    let (_, reason, _) = judged(&bench, &after, &due().await).await;
    assert!(reason.contains("is lost on"), "{reason}");
    bench.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(bench.store.end_graces(bench.clock.now(), 10).await.unwrap(), 1);
    let (_, reason, _) = judged(&bench, &after, &due().await).await;
    assert!(reason.contains("“aid” is suspended"), "{reason}");
}

/// In the order of their ids the lower ones come last: the order is that of the stack.
#[tokio::test]
async fn badges_that_stack_are_awarded_with_the_one_that_they_rest_on() {
    let badges = tempfile::tempdir().unwrap();
    for (id, award) in [
        ("gold", "badge = \"silver\""),
        ("silver", "any = [ { badge = \"tin\" }, { badge = \"wood\" } ]"),
        ("tin", "source = \"forms\"\ncourse = \"first-aid-2026\"\nassessment = \"final\"\npassed = true"),
        ("wood", "source = \"forms\"\ncourse = \"first-aid-2026\"\nassessment = \"other\"\npassed = true"),
        ("copper", "badge = \"wood\""),
        (
            "amateur",
            "source = \"forms\"\ncourse = \"first-aid-2026\"\n\
             all = [ { assessment = \"final\", passed = true }, { none = [ { badge = \"tin\" } ] } ]",
        ),
    ] {
        let text =
            format!("[badge]\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\n{award}\n");
        std::fs::write(badges.path().join(format!("{id}.toml")), text).unwrap();
    }
    let bench = Bench::new().await;
    let waiting = bench.event("7").await;
    let catalogs = Catalogs::new(Catalog::load(badges.path(), &Nameable::of(&["forms"])).unwrap());
    let awarder = Awarder { catalogs, ..bench.awarder() };
    let patience = Patience::new(CancellationToken::new());
    awarder.batch(bench.taken(&[&waiting]).await, &mut patience.hold()).await.unwrap();

    let trail = bench.store.delivery(waiting.delivery).await.unwrap().unwrap();
    let event = &trail.signals[0].events[0];
    assert_eq!(event.state, "done", "{event:?}");
    assert_eq!(
        event.reason,
        "“amateur” not yet: the badge “tin” stands in the way (found awarded on DAY); “tin” awarded; “silver” \
         awarded; “gold” awarded"
            .replace("DAY", &bench.clock.now().format("%-d %B %Y").to_string())
    );
    let documents = bench
        .texts("SELECT document FROM credentials JOIN awards ON awards.id = credentials.id ORDER BY badge")
        .await;
    let evidence = |index: usize| {
        let document: serde_json::Value = serde_json::from_str(&documents[index]).unwrap();
        document["evidence"].clone()
    };
    assert_eq!(documents.len(), 3);
    assert_eq!(evidence(0)[0]["name"], "Badge “silver”");
    assert!(evidence(0)[0]["id"].as_str().unwrap().contains("/credentials/"), "{}", evidence(0));
    assert_eq!(evidence(2)[0]["genre"], "Assessment");

    // Each rests on what is kept with it, also those that rest on one of the same moment.
    let bases = bench.store.award_bases(Uuid::nil(), 10).await.unwrap();
    let rechecked: Vec<_> = bases
        .iter()
        .map(|award| (award.badge.as_str(), recheck(award, Some(&awarder.catalogs.current()))))
        .collect();
    for (badge, results, held) in [("gold", 0, 1), ("silver", 0, 1), ("tin", 1, 0)] {
        let same = Recheck::Same { granted: false, results, held };
        assert!(rechecked.contains(&(badge, same)), "{badge}: {rechecked:?}");
    }
    for kept in bases.iter().filter_map(|award| award.inputs.as_ref()) {
        assert!(!kept.content.contains("Learner") && !kept.content.contains('@'), "{}", kept.content);
    }
}

/// Badges of the source `forms`: `silver` for passing, and `gold` for holding silver. Of silver one
/// is expected, and of everything six.
fn guarded_awarder(bench: &Bench, badges: &std::path::Path) -> Awarder {
    let silver = "source = \"forms\"\ncourse = \"first-aid-2026\"\nassessment = \"final\"\npassed = true\n\
                  expect = \"1 in 1 day\"";
    for (id, award) in [("silver", silver), ("gold", "badge = \"silver\"")] {
        let text =
            format!("[badge]\nname = \"{id}\"\ndescription = \"x\"\ncriteria = \"x\"\n[award]\n{award}\n");
        std::fs::write(badges.join(format!("{id}.toml")), text).unwrap();
    }
    let settings = "public_url = \"http://localhost\"\nmail.from = \"b@example.edu\"\n\
                    issuer = { slug = \"school\", name = \"S\", url = \"https://example.edu\" }\n\
                    guard.overall = \"6 in 1 day\"\n";
    let settings = crate::config::load_str(settings, badges, &std::collections::BTreeMap::new()).unwrap();
    let catalog = Catalog::load(badges, &Nameable::of(&["forms"])).unwrap();
    Awarder {
        catalogs: crate::catalogs::Catalogs::new(catalog),
        guard: settings.guard().map(Arc::new),
        ..bench.awarder()
    }
}

/// What became of a learner's pass: the reason, and how many badges.
async fn passes(bench: &Bench, awarder: &Awarder, learner: &str) -> (Uuid, String, usize) {
    let event = bench.event(learner).await;
    judged(bench, awarder, &event).await
}

async fn judged(bench: &Bench, awarder: &Awarder, event: &crate::store::NewEvent) -> (Uuid, String, usize) {
    let patience = Patience::new(CancellationToken::new());
    awarder.batch(bench.taken(&[event]).await, &mut patience.hold()).await.unwrap();
    let trail = bench.store.delivery(event.delivery).await.unwrap().unwrap();
    let event = trail.signals[0].events.last().unwrap();
    assert_eq!(event.state, "done", "{event:?}");
    (trail.id, event.reason.clone(), event.credentials.len())
}

/// Judges what was released.
async fn released(bench: &Bench, awarder: &Awarder) {
    bench.store.end_holds(bench.clock.now(), 100).await.unwrap();
    let due = bench.due(Work::Assessments).await;
    for event in bench.store.events(&due).await.unwrap() {
        judged(bench, awarder, &event).await;
    }
}

#[tokio::test]
async fn what_the_guard_holds_awards_nothing_that_rests_on_it() {
    let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    let awarder = guarded_awarder(&bench, badges.path());
    let (_, reason, count) = passes(&bench, &awarder, "1").await;
    assert_eq!((reason.as_str(), count), ("“silver” awarded; “gold” awarded", 2));
    let (delivery, reason, count) = passes(&bench, &awarder, "2").await;
    let hold = bench.store.holds(false, 10).await.unwrap().remove(0);
    assert_eq!(
        (reason, count),
        (
            format!(
                "“silver” is earned, but held by the guard, for there were more than 1 award of the badge silver in \
                 1 day: an administrator decides (accolade held show {})",
                hold.id
            ),
            0
        )
    );
    let awards = bench.store.guarded_awards(Some(hold.id), None, 10).await.unwrap();
    assert_eq!((awards.len(), awards[0].grade.as_str()), (1, "final: passed"));

    bench.store.decide_hold(hold.id, true, "Dean", "", bench.clock.now()).await.unwrap();
    released(&bench, &awarder).await;
    let trail = bench.store.delivery(delivery).await.unwrap().unwrap();
    let event = trail.signals[0].events.last().unwrap();
    assert_eq!(event.reason, "“silver” awarded, as an administrator released it; “gold” awarded");
    assert_eq!(event.credentials.len(), 2);
    released(&bench, &awarder).await;
    assert_eq!(
        bench.texts("SELECT badge FROM awards ORDER BY badge").await,
        ["gold", "gold", "silver", "silver"]
    );
    assert!(bench.texts("SELECT badge FROM guard_awards").await.is_empty());
}

#[tokio::test]
async fn what_was_cancelled_stays_so_until_its_grade_changes() {
    let (bench, badges) = (Bench::new().await, tempfile::tempdir().unwrap());
    let awarder = guarded_awarder(&bench, badges.path());
    for learner in ["1", "2"] {
        passes(&bench, &awarder, learner).await;
    }
    let hold = bench.store.holds(false, 10).await.unwrap().remove(0);
    bench.store.decide_hold(hold.id, false, "Dean", "a slip", bench.clock.now()).await.unwrap();
    released(&bench, &awarder).await;

    let changed = async |change: fn(&mut accolade_connectors::Outcome)| {
        let mut outcome = crate::worker::samples::passed("2", &bench.clock);
        change(&mut outcome);
        let passes = outcome.passed == Some(true);
        match bench.confirmed("2", outcome, passes).await {
            Some(event) => judged(&bench, &awarder, &event).await,
            None => (Uuid::nil(), "no event".to_owned(), 0),
        }
    };
    let hide = |outcome: &mut accolade_connectors::Outcome| {
        outcome.release =
            accolade_connectors::Release::Withheld { reason: accolade_connectors::Withheld::Hidden };
    };
    let (_, reason, count) = changed(|_| {}).await;
    assert_eq!((reason.as_str(), count), ("no event", 0), "the same again");
    let (_, reason, _) = changed(hide).await;
    assert!(reason.contains("“silver” not yet"), "{reason}");
    let (delivery, reason, count) = changed(|_| {}).await;
    let day = bench.clock.now().format("%Y-%m-%d");
    assert_eq!(
        (reason, count),
        (
            format!(
                "“silver” is earned, but Dean cancelled it on {day} (a slip); when its grade changes it is judged anew"
            ),
            0
        ),
        "hidden and shown again"
    );
    let notes =
        bench.store.delivery(delivery).await.unwrap().unwrap().signals.remove(0).events.remove(0).notes;
    assert!(notes.is_empty(), "what was cancelled keeps the event that was held: {notes:?}");
    // Corrected, and passed later.
    let (_, reason, _) = changed(|outcome| outcome.passed = Some(false)).await;
    assert!(reason.contains("“silver” not yet"), "{reason}");
    let (_, reason, count) = changed(|_| {}).await;
    assert_eq!((reason.as_str(), count), ("“silver” awarded; “gold” awarded", 2), "the count began anew");
}
