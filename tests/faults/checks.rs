//! The checks: what must be true after any fault. Pure, so that each is shown here to complain, and
//! in [`super::broken`] about a build that is broken in earnest.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::ledger::Mail;

/// Who passed, too, as the gradebook of the sandbox shows. After an outage of the LMS it is compared, at
/// most every hour (three minutes of these clocks): where a test lasts that long they are awarded, rightly.
const PASSED_TOO: [(&str, &str); 3] = [("quiz", "5"), ("quiz", "8"), ("quiz", "9")];

/// A promise that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    /// Each accepted delivery is stored.
    Kept,
    /// Nothing waits: each accepted delivery is done or parked.
    Finished,
    /// What is parked has a reason.
    Reasoned,
    /// No award twice for one key: badge and learner.
    Once,
    /// Each badge that was earned is awarded.
    Earned,
    /// No badge that was not earned.
    Right,
    /// Every award is mailed at least once.
    Mailed,
    /// As many distinct Message-IDs as credentials, and the stored ones.
    Named,
    /// No more copies of mails than deaths of mailers explain.
    Copies,
    /// Every queue is empty, retry queues too.
    Drained,
    /// Processes end well when they are asked to.
    Stopped,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The promise.
    pub(crate) check: Check,
    /// Where it is broken, for people.
    pub(crate) what: String,
}

/// Everything that is wrong.
pub(crate) fn complaints(evidence: &Evidence) -> Vec<Complaint> {
    let mut all = Vec::new();
    let mut complain = |check, what: String| all.push(Complaint { check, what });
    deliveries(evidence, &mut complain);
    awards(evidence, &mut complain);
    mails(evidence, &mut complain);
    for (queue, depth) in &evidence.queues {
        complain(Check::Drained, format!("{depth} in {queue}"));
    }
    for part in &evidence.unclean {
        complain(Check::Stopped, part.clone());
    }
    all
}

fn deliveries(Evidence { kept, ledger, .. }: &Evidence, complain: &mut impl FnMut(Check, String)) {
    for id in &kept.accepted {
        // A repeat is as good as what it repeats.
        let told = ledger.deliveries.get(id).map(|own| (own, own.first.filter(|_| own.state == "duplicate")));
        let counts = match told {
            Some((_, Some(first))) => ledger.deliveries.get(&first),
            told => told.map(|(own, _)| own),
        };
        match counts {
            None => complain(Check::Kept, format!("delivery {id} was accepted, and nobody knows it")),
            Some(delivery) if delivery.state == "waiting" => {
                complain(Check::Finished, format!("delivery {id} waits: {}", delivery.reason));
            }
            Some(_) => {}
        }
    }
    for row in &ledger.waiting {
        complain(Check::Finished, row.clone());
    }
    for (table, reason) in &ledger.parked {
        if reason.trim().is_empty() {
            complain(Check::Reasoned, format!("parked without a reason, in {table}"));
        }
    }
}

fn awards(Evidence { kept, ledger, .. }: &Evidence, complain: &mut impl FnMut(Check, String)) {
    let mut held: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for award in &ledger.awards {
        *held.entry((&award.badge, &award.learner)).or_default() += 1;
    }
    for ((badge, learner), times) in &held {
        if *times > 1 {
            complain(Check::Once, format!("{badge} of {learner}: {times} awards"));
        }
        let expected = kept.expected.contains(&((*badge).to_owned(), (*learner).to_owned()));
        if !expected && !PASSED_TOO.contains(&(badge, learner)) {
            complain(Check::Right, format!("{badge} of {learner} was not earned"));
        }
    }
    for (badge, learner) in &kept.expected {
        if !held.contains_key(&(badge.as_str(), learner.as_str())) {
            complain(Check::Earned, format!("{badge} of {learner} was earned and not awarded"));
        }
    }
}

fn mails(evidence: &Evidence, complain: &mut impl FnMut(Check, String)) {
    let Evidence { ledger, taken, deaths, window, .. } = evidence;
    let distinct: BTreeSet<&str> = taken.iter().map(String::as_str).collect();
    let stored: BTreeMap<_, &Mail> = ledger.mails.iter().map(|mail| (mail.credential, mail)).collect();
    for award in &ledger.awards {
        let (badge, learner) = (&award.badge, &award.learner);
        match stored.get(&award.credential) {
            Some(mail) if distinct.contains(mail.message_id.as_str()) => {}
            Some(mail) => {
                complain(Check::Mailed, format!("{badge} of {learner}: never sent, and “{}”", mail.state));
            }
            None => complain(Check::Mailed, format!("{badge} of {learner} has no mail")),
        }
    }
    let names: BTreeSet<&str> = ledger.mails.iter().map(|mail| mail.message_id.as_str()).collect();
    for stranger in distinct.difference(&names) {
        complain(Check::Named, format!("{stranger} is no mail that is stored"));
    }
    if distinct.len() > ledger.awards.len() {
        let what = format!("{} Message-IDs of {} credentials", distinct.len(), ledger.awards.len());
        complain(Check::Named, what);
    }
    if evidence.copies() > deaths * window {
        let what = format!("{} copies, {deaths} deaths, at most {window} each", evidence.copies());
        complain(Check::Copies, what);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ledger::{Award, Delivery};

    /// One delivery, one award, one mail, all well.
    fn good() -> Evidence {
        let (delivery, credential) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut evidence = Evidence { taken: vec!["m1@x".to_owned()], window: 8, ..Evidence::default() };
        evidence.kept.accepted = vec![delivery];
        evidence.kept.expected.insert(("first-aid".to_owned(), "ada".to_owned()));
        evidence
            .ledger
            .deliveries
            .insert(delivery, Delivery { state: "done".to_owned(), reason: String::new(), first: None });
        let (badge, learner) = ("first-aid".to_owned(), "ada".to_owned());
        evidence.ledger.awards = vec![Award { badge, learner, credential }];
        let (message_id, state) = ("m1@x".to_owned(), "done".to_owned());
        evidence.ledger.mails = vec![Mail { credential, message_id, state }];
        evidence
    }

    /// The checks that complain after a change.
    fn after(change: impl FnOnce(&mut Evidence)) -> Vec<Check> {
        let mut evidence = good();
        change(&mut evidence);
        let mut checks: Vec<Check> = complaints(&evidence).into_iter().map(|one| one.check).collect();
        checks.sort_unstable();
        checks.dedup();
        checks
    }

    #[test]
    fn what_is_well_is_well() {
        assert!(complaints(&good()).is_empty());
        let one_copy = |evidence: &mut Evidence| {
            evidence.taken.push("m1@x".to_owned());
            evidence.deaths = 1;
        };
        assert_eq!(after(one_copy), []);
        let parked = |evidence: &mut Evidence| evidence.ledger.parked.push(("signals".into(), "why".into()));
        assert_eq!(after(parked), []);
    }

    #[test]
    fn each_check_complains() {
        assert_eq!(after(|it| it.kept.accepted.push(Uuid::from_u128(9))), [Check::Kept]);
        let duplicate_of_nothing = |it: &mut Evidence| {
            let delivery = it.ledger.deliveries.values_mut().next().unwrap();
            "duplicate".clone_into(&mut delivery.state);
            delivery.first = Some(Uuid::from_u128(9));
        };
        assert_eq!(after(duplicate_of_nothing), [Check::Kept]);
        let waits = |it: &mut Evidence| {
            "waiting".clone_into(&mut it.ledger.deliveries.values_mut().next().unwrap().state);
        };
        assert_eq!(after(waits), [Check::Finished]);
        assert_eq!(after(|it| it.ledger.waiting.push("events".to_owned())), [Check::Finished]);
        assert_eq!(after(|it| it.ledger.parked.push(("signals".into(), " ".into()))), [Check::Reasoned]);
        assert_eq!(after(|it| it.ledger.awards.push(it.ledger.awards[0].clone())), [Check::Once]);
        let badge = ("fire-safety".to_owned(), "ada".to_owned());
        assert_eq!(after(|it| it.kept.expected.extend([badge])), [Check::Earned]);
        assert_eq!(after(|it| it.kept.expected.clear()), [Check::Right]);
        assert_eq!(after(|it| it.taken.clear()), [Check::Mailed]);
        assert_eq!(after(|it| it.ledger.mails.clear()), [Check::Mailed, Check::Named]);
        assert_eq!(after(|it| it.taken.push("other@x".to_owned())), [Check::Named]);
        assert_eq!(after(|it| it.taken.push("m1@x".to_owned())), [Check::Copies]);
        assert_eq!(after(|it| it.queues.extend([("mails".to_owned(), 1)])), [Check::Drained]);
        assert_eq!(after(|it| it.unclean.push("worker".to_owned())), [Check::Stopped]);
    }
}
