//! Awards that an administrator wants issued again by the rules in use.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Earned, Judged, Passing};
use crate::ids;
use crate::store::{Candidate, HeldAward, Superseded};
use crate::worker::cycle::next_issue;
use crate::worker::{issue, words};

/// Whether an event obeys orders to issue awards again: one that is judged by the rules that the order
/// meant, or by all that is known. Another one may be judged by a process that does not know these
/// rules yet, and goes by the grade that it tells of.
pub(super) fn obeys(candidate: &Candidate) -> bool {
    candidate.publication.is_some() || candidate.whole
}

impl<'a> Judged<'a> {
    /// Ends the order about an award: it is issued again, past the guard, with the dates that it has,
    /// if the rules in use award it, or a human granted it; else it stays. The new credential.
    pub(super) fn supersede(
        &mut self,
        held: &HeldAward,
        earned: Earned<'a>,
        now: DateTime<Utc>,
    ) -> Option<Uuid> {
        let earlier = held.renews.and_then(|id| self.candidate.held.iter().find(|one| one.credential == id));
        let id = earned.badge.achievement.id.as_str();
        let taken = |cycle: &str| {
            let of_held = |one: &HeldAward| one.badge == id && one.cycle == cycle;
            let of_new = |one: &Earned<'_>| one.badge.achievement.id == id && one.cycle == cycle;
            self.candidate.held.iter().any(of_held) || self.earned.iter().any(of_new)
        };
        let earned = Earned {
            cycle: next_issue(&held.cycle, taken),
            earlier: earlier.cloned(),
            supersedes: Some(held.clone()),
            passing: Passing::Again,
            ..earned
        };
        let why_not = match held {
            HeldAward { revoked: true, .. } => Some("it is revoked".to_owned()),
            HeldAward { suspended: true, .. } => Some("it is suspended".to_owned()),
            HeldAward { declined: true, .. } => Some("its learner declined it".to_owned()),
            _ if held.ended(now) => Some("it has ended".to_owned()),
            _ if !earned.decision.earned && !earned.granted => {
                let lacks = earned.decision.explanation.lacks();
                Some(format!("by the rules in use it is not earned: {lacks}"))
            }
            _ => issue::holder(self.candidate, &earned).err(),
        };
        if let Some(why_not) = why_not {
            let (name, day) = (&earned.badge.achievement.name, words::day(held.awarded_at));
            let stays = if self.candidate.whole { "" } else { " and stays what it is" };
            self.reason.push(format!("“{name}” of {day} is not issued again{stays}: {why_not}"));
            self.superseded.push(Superseded { old: held.credential, new: None });
            return None;
        }
        let new = ids::credential(&earned.badge.issuer, id, self.candidate.person, &earned.cycle);
        self.superseded.push(Superseded { old: held.credential, new: Some(new) });
        self.earned.push(earned);
        Some(new)
    }

    /// Ends orders about awards that the rules in use do not judge: of a badge that they do not have,
    /// or revoked meanwhile.
    pub(super) fn end_orders(&mut self) {
        if !obeys(self.candidate) {
            return;
        }
        let ended: Vec<Uuid> = self.superseded.iter().map(|one| one.old).collect();
        let left = self.candidate.held.iter().filter(|held| held.again && !ended.contains(&held.credential));
        for held in left {
            let (badge, day) = (&held.badge, words::day(held.awarded_at));
            self.reason.push(format!("“{badge}” of {day} is not issued again"));
            self.superseded.push(Superseded { old: held.credential, new: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use accolade_connectors::Release;

    use super::super::judge;
    use super::super::tests::{award, candidate, result};
    use super::*;
    use crate::clock::Clock;
    use crate::store::{AwardChange, Decision, DecisionKind};
    use crate::worker::samples::catalog;

    /// An award that is to be issued again.
    fn ordered(number: u128) -> HeldAward {
        HeldAward { again: true, ..award(number) }
    }

    /// A learner with this many of ten points in the quiz; the event is the order's.
    fn learner(points: i64, held: HeldAward) -> Candidate {
        let report = result("ASSIGN-REPORT", 80, 100, Release::Released);
        let both = vec![result("QUIZ-FINAL", points, 10, Release::Released), report];
        Candidate { publication: Some(7), ..candidate(both, vec![held]) }
    }

    /// What came of it: what is issued, what becomes of the order, what changes, and what is said.
    fn judged(candidate: &Candidate) -> (Vec<String>, Vec<Superseded>, Vec<AwardChange>, String) {
        let catalog = catalog();
        let judged = judge(&catalog, candidate, Clock::system().now());
        let issued = judged.earned.iter().map(|earned| earned.cycle.clone()).collect();
        (issued, judged.superseded, judged.changes, judged.reason.join("; "))
    }

    #[test]
    fn what_the_rules_in_use_award_is_issued_again_and_the_rest_stays() {
        let (issued, orders, changes, _) = judged(&learner(9, ordered(1)));
        assert_eq!((issued.as_slice(), changes.len()), (["once:issue-2".to_owned()].as_slice(), 0));
        let new = ids::credential("school", "workplace-safety", Uuid::from_u128(4), "once:issue-2");
        assert_eq!(orders, [Superseded { old: Uuid::from_u128(1), new: Some(new) }]);
        let (catalog, candidate) = (catalog(), learner(9, ordered(1)));
        let again = judge(&catalog, &candidate, Clock::system().now());
        assert_eq!(again.earned[0].passing, Passing::Again, "the guard has seen it once");

        let stays = |held: HeldAward, points: i64, why: &str| {
            let (issued, orders, changes, said) = judged(&learner(points, held));
            assert!(issued.is_empty() && changes.is_empty(), "{why}: {said}");
            assert_eq!(orders, [Superseded { old: Uuid::from_u128(1), new: None }], "{why}");
            assert!(said.contains(why), "{said}");
        };
        stays(ordered(1), 4, "stays what it is: by the rules in use it is not earned");
        stays(HeldAward { declined: true, ..ordered(1) }, 9, "its learner declined it");
        stays(HeldAward { suspended: true, ..ordered(1) }, 9, "it is suspended");
        stays(HeldAward { revoked: true, ..ordered(1) }, 9, "is not issued again");
        let ended = Some(DateTime::UNIX_EPOCH);
        stays(HeldAward { valid_until: ended, ..ordered(1) }, 9, "it has ended");
        stays(HeldAward { badge: "gone".to_owned(), ..ordered(1) }, 4, "is not issued again");
    }

    #[test]
    fn what_a_human_granted_is_issued_again_whatever_the_rules_say() {
        let mut candidate = learner(4, ordered(1));
        candidate.decisions.push(Decision {
            issuer: "school".to_owned(),
            badge: "workplace-safety".to_owned(),
            kind: DecisionKind::Grant,
            decided_at: DateTime::UNIX_EPOCH,
        });
        assert_eq!(judged(&candidate).0, ["once:issue-2"]);
    }

    /// After two persons turned out to be one the next name may be another one's: what was issued again of
    /// the other person, or is now.
    #[test]
    fn a_name_that_another_award_has_is_not_given_again() {
        let of = |number, cycle: &str, again| HeldAward { cycle: cycle.to_owned(), again, ..award(number) };
        let mut candidate = learner(9, of(1, "once", true));
        candidate.held.push(HeldAward { revoked: true, ..of(2, "linked-2", false) });
        candidate
            .held
            .push(HeldAward { supersedes: Some(Uuid::from_u128(2)), ..of(3, "once:issue-2", false) });
        let (issued, orders, _, said) = judged(&candidate);
        assert_eq!(issued, ["once:issue-3"], "{said}");
        let new = ids::credential("school", "workplace-safety", Uuid::from_u128(4), "once:issue-3");
        assert_eq!(orders, [Superseded { old: Uuid::from_u128(1), new: Some(new) }]);
        candidate.held[2].again = true;
        let (mut issued, orders, _, said) = judged(&candidate);
        issued.sort();
        assert_eq!(
            (issued, orders.len()),
            (vec!["once:issue-3".to_owned(), "once:issue-4".to_owned()], 2),
            "{said}"
        );
    }

    /// Of two that are issued again the one that stacks on the other rests on the new one.
    #[test]
    fn what_rested_on_the_old_one_rests_on_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let badge =
            |name| format!("[badge]\nname = \"{name}\"\ndescription = \"d\"\ncriteria = \"c\"\n[award]\n");
        let first =
            "source = \"moodle\"\ncourse = \"EXT-WS101\"\nassessment = \"QUIZ-FINAL\"\nat_least = \"70 %\"\n";
        for (name, award) in [("first", first), ("above", "badge = \"first\"\n")] {
            std::fs::write(folder.path().join(format!("{name}.toml")), format!("{}{award}", badge(name)))
                .unwrap();
        }
        let catalog =
            crate::config::Catalog::load(folder.path(), &crate::config::Nameable::of(&["moodle"])).unwrap();
        let of = |number, badge: &str| HeldAward { badge: badge.to_owned(), ..ordered(number) };
        let mut candidate = learner(9, of(1, "first"));
        candidate.held.push(of(2, "above"));
        let judged = judge(&catalog, &candidate, Clock::system().now());
        assert_eq!(judged.superseded.len(), 2, "{:?}", judged.reason);
        let above = judged.earned.iter().find(|earned| earned.badge.achievement.id == "above").unwrap();
        let new = ids::credential("school", "first", Uuid::from_u128(4), "once:issue-2");
        assert_eq!(above.rests_on, [("first".to_owned(), new)]);
    }

    /// The rules of a process that is behind are not those that were meant, and a grade that became
    /// known at the same time is not lost in the order.
    #[test]
    fn an_event_that_knows_nothing_of_the_order_goes_by_its_grade() {
        let beside = |points| Candidate { publication: None, ..learner(points, ordered(1)) };
        let (issued, orders, changes, said) = judged(&beside(9));
        assert!(issued.is_empty() && orders.is_empty() && changes.is_empty(), "{said}");
        let (issued, orders, changes, said) = judged(&beside(4));
        assert!(issued.is_empty() && orders.is_empty() && changes.len() == 1, "{said}");

        // All that is known is judged by the rules in use, orders and losses alike.
        let whole = |points| Candidate { whole: true, ..beside(points) };
        assert_eq!(judged(&whole(9)).0, ["once:issue-2"]);
        let (issued, orders, changes, said) = judged(&whole(4));
        assert!(issued.is_empty() && !said.contains("stays what it is"), "{said}");
        assert_eq!((orders.len(), changes.len()), (1, 1), "{said}");
    }
}
