//! The judgement of single badges, without cycles.

use accolade_connectors::{Outcome, Score};
use uuid::Uuid;

use super::*;
use crate::clock::Clock;
use crate::store::{Loss, TwinBadge};
use crate::worker::cycle::ONCE;
use crate::worker::samples::{catalog, passed};

/// A result in the course of the badge “workplace-safety”.
pub(super) fn result(assessment: &str, points: i64, max: i64, release: Release) -> StoredOutcome {
    let mut outcome = Outcome { passed: None, release, ..passed("ada", &Clock::system()) };
    outcome.course.id = "EXT-WS101".to_owned();
    assessment.clone_into(&mut outcome.assessment.id);
    outcome.score =
        Some(Score { given: Some(points.into()), min: 0.into(), max: Some(max.into()), text: None });
    StoredOutcome { source: "moodle".to_owned(), outcome }
}

fn withheld(reason: Withheld) -> Release {
    Release::Withheld { reason }
}

/// The badge, held and never touched.
pub(in crate::worker) fn award(number: u128) -> HeldAward {
    HeldAward {
        issuer: "school".to_owned(),
        badge: "workplace-safety".to_owned(),
        cycle: ONCE.to_owned(),
        credential: Uuid::from_u128(number),
        awarded_at: DateTime::UNIX_EPOCH,
        valid_until: None,
        renews: None,
        basis: Vec::new(),
        revoked: false,
        suspended: false,
        loss: None,
        decision: None,
        supersedes: None,
        again: false,
        declined: false,
    }
}

/// What becomes of a badge that is held when the first of the results has changed.
fn change(outcomes: Vec<StoredOutcome>) -> Option<Change> {
    judged(outcomes, vec![award(1)])
}

pub(super) fn candidate(outcomes: Vec<StoredOutcome>, held: Vec<HeldAward>) -> Candidate {
    Candidate {
        event: Uuid::from_u128(2),
        delivery: Uuid::from_u128(3),
        passed: false,
        attempts: 0,
        person: Uuid::from_u128(4),
        version: 0,
        outcomes,
        held,
        decisions: Vec::new(),
        waiting: Vec::new(),
        twins: Vec::new(),
        guarded: Vec::new(),
        about: Some(0),
        whole: false,
        publication: None,
    }
}

fn judged(outcomes: Vec<StoredOutcome>, held: Vec<HeldAward>) -> Option<Change> {
    let candidate = candidate(outcomes, held);
    let (catalog, now) = (catalog(), Clock::system().now());
    let mut judged = judge(&catalog, &candidate, now);
    assert!(judged.earned.is_empty() && judged.changes.len() <= 1, "{:?}", judged.reason);
    judged.changes.pop().map(|change| change.change)
}

fn is_lost(change: Option<&Change>) -> bool {
    matches!(change, Some(Change::Lost { then: Consequence::Suspend, .. }))
}

#[test]
fn a_grade_below_the_mark_takes_a_badge_and_one_that_is_not_shown_does_not() {
    let report = |release| result("ASSIGN-REPORT", 80, 100, release);
    let quiz = |points, release| result("QUIZ-FINAL", points, 10, release);
    let shown = Release::Released;
    assert_eq!(change(vec![quiz(9, shown.clone()), report(shown.clone())]), None);
    let lost = change(vec![quiz(4, shown.clone()), report(shown.clone())]);
    assert!(is_lost(lost.as_ref()), "{lost:?}");
    for reason in
        [Withheld::Hidden, Withheld::NotPosted, Withheld::NotEnrolled, Withheld::Staff, Withheld::NotGraded]
    {
        assert_eq!(change(vec![quiz(9, withheld(reason)), report(shown.clone())]), None, "{reason:?}");
    }
    assert_eq!(change(vec![quiz(4, shown.clone()), report(withheld(Withheld::NotEnrolled))]), None);
    let lost = change(vec![quiz(4, shown.clone()), report(withheld(Withheld::NotGraded))]);
    assert!(is_lost(lost.as_ref()), "what was never graded does not protect: {lost:?}");
    let mut deleted = report(withheld(Withheld::NotGraded));
    deleted.outcome.graded_at = Some(DateTime::UNIX_EPOCH);
    assert_eq!(change(vec![quiz(4, shown.clone()), deleted]), None, "a grade that is gone does");
}

#[test]
fn badges_beside_each_other_since_two_were_one_go_the_same_way() {
    let award = |number, cycle: &str| HeldAward { cycle: cycle.to_owned(), ..award(number) };
    let low = vec![result("QUIZ-FINAL", 4, 10, Release::Released)];
    let candidate = candidate(low, vec![award(1, ONCE), award(2, "linked-2")]);
    let (catalog, now) = (catalog(), Clock::system().now());
    let judged = judge(&catalog, &candidate, now);
    let mut lost: Vec<u128> = judged.changes.iter().map(|change| change.credential.as_u128()).collect();
    lost.sort_unstable();
    assert_eq!(lost, [1, 2]);
}

#[test]
fn what_a_twin_has_waits_unless_a_human_grants_it() {
    let report = result("ASSIGN-REPORT", 80, 100, Release::Released);
    let both = vec![result("QUIZ-FINAL", 9, 10, Release::Released), report];
    let twin = |issuer: &str| TwinBadge {
        issuer: issuer.to_owned(),
        badge: "workplace-safety".to_owned(),
        twin: "canvas:48".to_owned(),
    };
    let (catalog, now) = (catalog(), Clock::system().now());
    let mut candidate = candidate(both, Vec::new());
    assert_eq!(judge(&catalog, &candidate, now).earned.len(), 1);
    candidate.twins = vec![twin("museum")];
    assert!(judge(&catalog, &candidate, now).earned.is_empty(), "whoever issued it");
    candidate.twins = vec![twin("school")];
    let judged = judge(&catalog, &candidate, now);
    assert!(judged.earned.is_empty());
    assert!(judged.waits[0].reason.as_ref().unwrap().contains("canvas:48"), "{:?}", judged.waits);
    candidate.decisions.push(crate::store::Decision {
        issuer: "school".to_owned(),
        badge: "workplace-safety".to_owned(),
        kind: DecisionKind::Grant,
        decided_at: DateTime::UNIX_EPOCH,
    });
    assert_eq!(judge(&catalog, &candidate, now).earned.len(), 1);
}

#[test]
fn the_award_that_is_not_revoked_counts_whoever_issued_it() {
    let award = |number: u128, revoked, issuer: &str| HeldAward {
        issuer: issuer.to_owned(),
        cycle: number.to_string(),
        revoked,
        loss: revoked.then(|| Loss { since: Clock::system().now(), reason: String::new() }),
        ..award(number)
    };
    let low = || vec![result("QUIZ-FINAL", 4, 10, Release::Released)];
    assert!(judged(low(), vec![award(1, true, "school")]).is_none());
    assert!(is_lost(judged(low(), vec![award(1, false, "museum")]).as_ref()));
    let both = vec![award(1, true, "school"), award(2, false, "school")];
    assert!(is_lost(judged(low(), both).as_ref()));
    // What another faculty issues from now on is not awarded once more to who has it.
    let high = vec![
        result("QUIZ-FINAL", 9, 10, Release::Released),
        result("ASSIGN-REPORT", 80, 100, Release::Released),
    ];
    assert!(judged(high, vec![award(1, false, "museum")]).is_none());
}
