use accolade_connectors::{Attempt, Release};

use super::*;
use crate::clock::Clock;
use crate::config::Expiry;
use crate::store::Basis;
use crate::worker::samples::passed;

/// Day 0 is 1 January 2027.
pub(super) fn at(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_798_761_600 + day * 86_400, 0).unwrap()
}

/// Valid for 100 days, to be renewed in the last 20 of them.
pub(super) fn yearly() -> Lifetime {
    Lifetime {
        expires: Some(Expiry::After(Span { months: 0, days: 100 })),
        again: Again::AfterExpiry { renew: Span { months: 0, days: 20 } },
    }
}

/// Days 0 to 99, and 120 to 219.
pub(super) fn termly() -> Lifetime {
    let term = |name: &str, from, until| Term {
        name: name.to_owned(),
        period: Period { from: Some(at(from)), until: Some(at(until)) },
    };
    Lifetime { expires: None, again: Again::EachTerm(vec![term("A", 0, 100), term("B", 120, 220)]) }
}

pub(super) fn basis(graded: Option<i64>, attempt: Option<u32>) -> Basis {
    Basis {
        source: "forms".to_owned(),
        learner: "ada".to_owned(),
        course: "first-aid-2026".to_owned(),
        assessment: "final".to_owned(),
        attempt,
        graded_at: graded.map(at),
    }
}

/// An award of that day, of a result of that day.
pub(super) fn award(number: u128, cycle: &str, day: i64, valid: Option<i64>) -> HeldAward {
    HeldAward {
        issuer: "school".to_owned(),
        badge: "first-aid".to_owned(),
        cycle: cycle.to_owned(),
        credential: Uuid::from_u128(number),
        awarded_at: at(day),
        valid_until: valid.map(at),
        renews: None,
        basis: vec![basis(Some(day), None)],
        revoked: false,
        suspended: false,
        loss: None,
        decision: None,
        supersedes: None,
        again: false,
        declined: false,
    }
}

pub(super) fn decision(kind: DecisionKind, day: i64) -> Decision {
    Decision { issuer: "school".to_owned(), badge: "first-aid".to_owned(), kind, decided_at: at(day) }
}

/// Each cycle as one line: its name, its days, its award, what it renews, whether it is present,
/// the decision.
fn cycles(
    lifetime: &Lifetime,
    awards: &[HeldAward],
    decision: Option<&Decision>,
    times: &[i64],
    now: i64,
) -> Vec<String> {
    let awards: Vec<&HeldAward> = awards.iter().collect();
    let times: Vec<DateTime<Utc>> = times.iter().map(|day| at(*day)).collect();
    let record = Record { lifetime, awards: &awards, decision };
    let day = |at: Option<DateTime<Utc>>| {
        at.map_or_else(String::new, |at| ((at.timestamp() - 1_798_761_600) / 86_400).to_string())
    };
    record
        .cycles(&times, at(now))
        .into_iter()
        .map(|cycle| {
            let period = cycle.period.unwrap_or_default();
            let held =
                cycle.held.map_or_else(String::new, |held| format!(" held {}", held.credential.as_u128()));
            let renews =
                cycle.earlier.map_or_else(String::new, |one| format!(" renews {}", one.credential.as_u128()));
            let present = if cycle.present { " now" } else { "" };
            let decided = cycle.decided.map_or_else(String::new, |kind| format!(" {}", kind.as_str()));
            format!(
                "{} {}..{}{held}{renews}{present}{decided}",
                cycle.name,
                day(period.from),
                day(period.until)
            )
        })
        .collect()
}

#[test]
fn what_is_earned_once_has_one_cycle() {
    let once = Lifetime::default();
    assert_eq!(cycles(&once, &[], None, &[], 5), ["once .. now"]);
    let held = award(1, "once", 0, None);
    assert_eq!(cycles(&once, std::slice::from_ref(&held), None, &[], 5), ["once .. held 1 now"]);
    // One that ends and is earned once does not come back by itself.
    let ended = award(1, "once", 0, Some(100));
    assert_eq!(cycles(&once, std::slice::from_ref(&ended), None, &[], 200), ["once .. held 1 now"]);
    let grant = decision(DecisionKind::Grant, 150);
    assert_eq!(
        cycles(&once, std::slice::from_ref(&ended), Some(&grant), &[], 200),
        ["once ..100 held 1 grant", "again-1 100.. renews 1 now grant"]
    );
    let early = decision(DecisionKind::Grant, 50);
    assert_eq!(
        cycles(&once, &[ended], Some(&early), &[], 200),
        ["once .. held 1 now grant"],
        "it was valid then"
    );
}

#[test]
fn a_renewal_opens_before_the_end_and_each_award_keeps_its_time() {
    let yearly = yearly();
    assert_eq!(cycles(&yearly, &[], None, &[], 5), ["once .. now"]);
    let first = award(1, "once", 0, Some(100));
    let of = |now| cycles(&yearly, std::slice::from_ref(&first), None, &[], now);
    assert_eq!(of(79), ["once ..80 held 1 now", "again-1 80.. renews 1"]);
    assert_eq!(of(80), ["once ..80 held 1", "again-1 80.. renews 1 now"]);
    assert_eq!(of(500), ["once ..80 held 1", "again-1 80.. renews 1 now"]);
    let second = HeldAward { renews: Some(Uuid::from_u128(1)), ..award(2, "again-1", 90, Some(190)) };
    assert_eq!(
        cycles(&yearly, &[first.clone(), second], None, &[], 95),
        ["once ..80 held 1", "again-1 80..170 held 2 now", "again-2 170.. renews 2"]
    );
    // What was awarded before it ended is held for good.
    assert_eq!(cycles(&yearly, &[award(1, "once", 0, None)], None, &[], 500), ["once .. held 1 now"]);
    // A revoked one keeps its time to itself, and is not what is renewed.
    let revoked = HeldAward { revoked: true, ..first };
    assert_eq!(
        cycles(&yearly, std::slice::from_ref(&revoked), None, &[], 50),
        ["once ..80 held 1 now", "again-1 80.."]
    );
    assert_eq!(cycles(&yearly, std::slice::from_ref(&revoked), None, &[], 90), ["again-1 80.. now"]);
}

#[test]
fn a_result_on_which_an_award_rests_opens_nothing() {
    // The clock of the LMS is far ahead.
    let ahead = HeldAward { basis: vec![basis(Some(85), None)], ..award(1, "once", 0, Some(100)) };
    let yearly = yearly();
    let awards = [&ahead];
    let record = Record { lifetime: &yearly, awards: &awards, decision: None };
    let next = record.cycles(&[], at(90)).pop().unwrap().period.unwrap();
    assert!(!next.contains(at(85)) && next.contains(at(86)));
}

/// Two persons turned out to be one: a grant that nothing has followed yet, and an award that a
/// regrade revoked.
#[test]
fn a_result_on_which_a_revoked_award_rests_opens_nothing() {
    let ended = award(1, "once", 0, Some(1));
    let revoked = HeldAward { revoked: true, ..award(2, "linked-2", 77, None) };
    let grant = decision(DecisionKind::Grant, 1);
    let once = Lifetime::default();
    let awards = [&ended, &revoked];
    let record = Record { lifetime: &once, awards: &awards, decision: Some(&grant) };
    let next = record.cycles(&[], at(100)).pop().unwrap();
    assert!(next.held.is_none() && next.decided == Some(DecisionKind::Grant));
    let period = next.period.unwrap();
    assert!(!period.contains(at(77)) && period.contains(at(78)));
}

#[test]
fn each_term_has_an_award_of_its_own() {
    let termly = termly();
    assert_eq!(cycles(&termly, &[], None, &[], 50), ["term:A 0..100 now"]);
    assert_eq!(cycles(&termly, &[], None, &[], 110), Vec::<String>::new(), "between two terms");
    assert_eq!(cycles(&termly, &[], None, &[110], 110), Vec::<String>::new());
    assert_eq!(cycles(&termly, &[], None, &[99], 110), ["term:A 0..100"], "found late");
    let first = award(1, "term:A", 50, None);
    assert_eq!(
        cycles(&termly, std::slice::from_ref(&first), None, &[130], 150),
        ["term:A:again-1 0..100 held 1", "term:B 120..220 now"]
    );
    // Made before there were terms: by what it rests on, else it is a cycle of its own.
    let before = award(1, "once", 50, None);
    assert_eq!(cycles(&termly, &[before], None, &[], 60), ["term:A:again-1 0..100 held 1 now"]);
    let outside = award(1, "once", 110, None);
    assert_eq!(cycles(&termly, &[outside], None, &[], 150), ["term:B 120..220 now", "once ..120 held 1"]);
    let renamed = award(1, "term:Autumn", 50, None);
    assert_eq!(cycles(&termly, &[renamed], None, &[], 60), ["term:A:again-1 0..100 held 1 now"]);
    // A term whose name begins like another one's.
    let other = award(1, "term:A2", 50, None);
    assert_eq!(cycles(&termly, &[other], None, &[], 60), ["term:A:again-1 0..100 held 1 now"], "by its day");
}

#[test]
fn what_takes_away_holds_on_and_what_gives_is_about_one_award() {
    let yearly = yearly();
    let first = award(1, "once", 0, Some(100));
    let second = HeldAward { renews: Some(Uuid::from_u128(1)), ..award(2, "again-1", 90, Some(190)) };
    for kind in [DecisionKind::Refuse, DecisionKind::Revoke, DecisionKind::Suspend] {
        let decision = decision(kind, 50);
        let said = cycles(&yearly, std::slice::from_ref(&first), Some(&decision), &[], 90);
        assert!(said.iter().all(|cycle| cycle.ends_with(kind.as_str())), "{said:?}");
    }
    let both = [first.clone(), second];
    for kind in [DecisionKind::Grant, DecisionKind::Reinstate] {
        let decision = decision(kind, 50);
        let said = cycles(&yearly, &both, Some(&decision), &[], 180);
        let decided: Vec<bool> = said.iter().map(|cycle| cycle.ends_with(kind.as_str())).collect();
        assert_eq!(decided, [true, false, false], "{said:?}");
    }
    // A grant after the end makes one, once.
    let grant = decision(DecisionKind::Grant, 150);
    assert!(
        cycles(&yearly, std::slice::from_ref(&first), Some(&grant), &[], 160)[1]
            .ends_with("renews 1 now grant")
    );
    let granted = HeldAward { renews: Some(Uuid::from_u128(1)), ..award(2, "again-1", 160, Some(260)) };
    let said = cycles(&yearly, &[first, granted], Some(&grant), &[], 270);
    assert_eq!(said.len(), 3);
    assert!(said[1].ends_with("grant") && said[2].ends_with("renews 2 now"), "{said:?}");
    // A grant is for the term in which it was given.
    let termly = termly();
    let grant = decision(DecisionKind::Grant, 130);
    let held = [award(1, "term:A", 50, None)];
    let said = cycles(&termly, &held, Some(&grant), &[], 500);
    assert_eq!(said, ["term:A:again-1 0..100 held 1 grant", "term:B 120..220 now grant"]);
    let said = cycles(&termly, &held, Some(&decision(DecisionKind::Grant, 60)), &[], 150);
    assert_eq!(said, ["term:A:again-1 0..100 held 1 grant", "term:B 120..220 now"]);
}

/// An award about which a human decided alone.
fn ruled(award: HeldAward, kind: DecisionKind, day: i64) -> HeldAward {
    let revoked = kind == DecisionKind::Revoke;
    HeldAward { decision: Some(decision(kind, day)), revoked, ..award }
}

#[test]
fn a_decision_about_one_award_is_about_no_other() {
    let yearly = yearly();
    let first = ruled(award(1, "once", 0, Some(100)), DecisionKind::Suspend, 50);
    assert_eq!(
        cycles(&yearly, std::slice::from_ref(&first), None, &[], 90),
        ["once ..80 held 1 suspend", "again-1 80.. renews 1 now"]
    );
    let revoked = ruled(award(1, "once", 0, Some(100)), DecisionKind::Revoke, 50);
    assert_eq!(
        cycles(&yearly, std::slice::from_ref(&revoked), None, &[], 60),
        ["once ..80 held 1 now revoke", "again-1 80.."]
    );
    let termly = termly();
    let terms =
        [award(2, "term:A", 50, None), ruled(award(3, "term:B", 130, None), DecisionKind::Revoke, 140)];
    assert_eq!(
        cycles(&termly, &terms, None, &[], 150),
        ["term:A:again-1 0..100 held 2", "term:B:again-1 120..220 held 3 now revoke"]
    );
    // The newer one counts, whichever it is.
    let refuse = |day| decision(DecisionKind::Refuse, day);
    let said = |day| cycles(&yearly, std::slice::from_ref(&first), Some(&refuse(day)), &[], 60);
    assert_eq!(said(40), ["once ..80 held 1 now suspend", "again-1 80.. renews 1 refuse"]);
    assert_eq!(said(55), ["once ..80 held 1 now refuse", "again-1 80.. renews 1 refuse"]);
    let reinstated = ruled(award(1, "once", 0, Some(100)), DecisionKind::Reinstate, 50);
    assert_eq!(
        cycles(&yearly, &[reinstated], None, &[], 60),
        ["once ..80 held 1 now reinstate", "again-1 80.. renews 1"]
    );
}

/// Else it would be awarded again as soon as it was revoked.
#[test]
fn an_award_that_is_revoked_alone_still_answers_its_grant() {
    let (once, yearly, termly) = (Lifetime::default(), yearly(), termly());
    let grant = decision(DecisionKind::Grant, 30);
    let granted = |lifetime: &Lifetime, award: &HeldAward| {
        Record { lifetime, awards: &[award], decision: Some(&grant) }.granted()
    };
    for (lifetime, cycle) in [(&once, "once"), (&yearly, "once"), (&termly, "term:A")] {
        for day in [20, 40] {
            // Made by the grant, or held when it was given.
            let revoked = ruled(award(1, cycle, day, None), DecisionKind::Revoke, 50);
            assert!(!granted(lifetime, &revoked), "{lifetime:?} {day}");
            let said = cycles(lifetime, std::slice::from_ref(&revoked), Some(&grant), &[], 60);
            assert!(said[0].ends_with("held 1 now revoke"), "{said:?}");
        }
        let before = ruled(award(1, cycle, 20, None), DecisionKind::Revoke, 25);
        assert!(granted(lifetime, &before), "that one was gone already");
    }
}

#[test]
fn a_grant_for_one_term_brings_back_nothing_of_another() {
    let termly = termly();
    let lost = HeldAward { revoked: true, ..award(1, "term:A", 50, None) };
    let grant = decision(DecisionKind::Grant, 130);
    assert_eq!(
        cycles(&termly, &[lost], Some(&grant), &[], 150),
        ["term:A:again-1 0..100 held 1", "term:B 120..220 now grant"]
    );
}

/// To the day, whatever became of the old ones.
#[test]
fn what_stands_in_another_one_s_place_is_what_that_one_was() {
    let stands = |number: u128, old: &HeldAward| HeldAward {
        supersedes: Some(old.credential),
        credential: Uuid::from_u128(number),
        cycle: next_issue(&old.cycle, |_| false),
        ..old.clone()
    };
    let revoked = |award: &HeldAward| HeldAward { revoked: true, ..award.clone() };
    let shown = |lifetime: &Lifetime, awards: &[HeldAward], decision: Option<&Decision>, now| {
        let awards: Vec<&HeldAward> = awards.iter().collect();
        let kept: Vec<HeldAward> = in_place(&awards).into_iter().cloned().collect();
        cycles(lifetime, &kept, decision, &[], now)
    };
    let first = award(1, "once", 0, Some(100));
    let (second, third) = (stands(2, &first), stands(3, &stands(2, &first)));
    assert_eq!((second.cycle.as_str(), third.cycle.as_str()), ("once:issue-2", "once:issue-3"));
    let all = [revoked(&first), revoked(&second), third];
    let yearly = yearly();
    assert_eq!(shown(&yearly, &all, None, 50), ["once:issue-3 ..80 held 3 now", "again-1 80.. renews 3"]);
    let grant = decision(DecisionKind::Grant, 10);
    assert_eq!(shown(&Lifetime::default(), &all, Some(&grant), 20), ["once:issue-3 .. held 3 now grant"]);
    let of_term = award(1, "term:A", 50, None);
    let termly = termly();
    assert_eq!(
        shown(&termly, &[revoked(&of_term), stands(2, &of_term)], None, 150),
        ["term:A:again-1 0..100 held 2", "term:B 120..220 now"]
    );
}

#[test]
fn the_same_attempt_graded_once_more_is_the_old_result() {
    let outcome = |attempt, graded: Option<i64>| {
        let clock = Clock::manual(at(500));
        Outcome { attempt, graded_at: graded.map(at), release: Release::Released, ..passed("ada", &clock) }
    };
    let award = HeldAward { basis: vec![basis(Some(3), Some(2))], ..award(1, "once", 4, Some(100)) };
    let time = |outcome: Outcome| {
        let stored = StoredOutcome { source: "forms".to_owned(), outcome };
        settled(&stored, &[&award]).graded_at
    };
    assert_eq!(time(outcome(Some(2), Some(90))), Some(at(3)));
    assert_eq!(time(outcome(Some(2), None)), Some(at(3)));
    assert_eq!(time(outcome(Some(2), Some(1))), Some(at(1)));
    assert_eq!(time(outcome(Some(3), Some(90))), Some(at(90)));
    assert_eq!(time(outcome(None, Some(90))), Some(at(90)), "the LMS does not say which attempt");
    let mut other = outcome(Some(2), Some(90));
    other.assessment.id = "other".to_owned();
    assert_eq!(time(other), Some(at(90)));
    let mut listed = outcome(Some(3), Some(90));
    let attempt = |number, day| Attempt { number, score: None, graded_at: Some(at(day)), late: None };
    listed.attempts = vec![attempt(1, 88), attempt(2, 89), attempt(3, 90)];
    let stored = StoredOutcome { source: "forms".to_owned(), outcome: listed };
    let times: Vec<_> = settled(&stored, &[&award]).attempts.iter().filter_map(|one| one.graded_at).collect();
    assert_eq!(times, [at(3), at(3), at(90)]);
}
