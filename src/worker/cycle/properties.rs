//! What holds of the cycles of any awards.

use proptest::prelude::*;

use super::tests::{at, award, basis, decision, termly, yearly};
use super::*;

/// Its day, for how long, the day of its result, whether it is revoked, what was decided about it and
/// how long after.
type Drawn = (i64, Option<i64>, Option<i64>, bool, Option<(usize, i64)>);

fn any_award() -> impl Strategy<Value = Drawn> {
    let own = prop::option::weighted(0.3, (0_usize..3, 0_i64..100));
    (0_i64..400, prop::option::of(1_i64..200), prop::option::of(0_i64..400), prop::bool::weighted(0.2), own)
}

/// What can be decided about one award.
const OWN: [DecisionKind; 3] = [DecisionKind::Revoke, DecisionKind::Suspend, DecisionKind::Reinstate];

fn any_lifetime() -> impl Strategy<Value = Lifetime> {
    prop::sample::select(vec![Lifetime::default(), yearly(), termly()])
}

proptest! {
    /// What counts for one cycle counts for no other, an award has one cycle, and no name comes twice.
    #[test]
    fn no_result_counts_for_two_awards(
        lifetime in any_lifetime(), made in prop::collection::vec(any_award(), 0..5),
        decided in prop::option::of((0_usize..5, 0_i64..500)), now in 0_i64..500, times in prop::collection::vec(0_i64..500, 0..5),
    ) {
        let mut made = made;
        made.sort_by_key(|(day, ..)| *day);
        let mut awards: Vec<HeldAward> = Vec::new();
        for (number, (day, valid, graded, revoked, own)) in made.into_iter().enumerate() {
            let earlier = awards.last().map(|award| award.credential);
            let name = if number == 0 { "once".to_owned() } else { format!("again-{number}") };
            let own = own.map(|(kind, later)| decision(OWN[kind], day + later));
            awards.push(HeldAward {
                basis: vec![basis(graded, None)],
                revoked: revoked || own.as_ref().is_some_and(|one| one.kind == DecisionKind::Revoke),
                decision: own,
                renews: earlier,
                ..award(number as u128 + 1, &name, day, valid.map(|length| day + length))
            });
        }
        let kinds = [DecisionKind::Grant, DecisionKind::Refuse, DecisionKind::Revoke, DecisionKind::Suspend, DecisionKind::Reinstate];
        let decision = decided.map(|(kind, day)| decision(kinds[kind], day));
        let held: Vec<&HeldAward> = awards.iter().collect();
        let record = Record { lifetime: &lifetime, awards: &held, decision: decision.as_ref() };
        let times: Vec<_> = times.into_iter().map(at).collect();
        let cycles = record.cycles(&times, at(now));
        let open: Vec<&Cycle<'_>> = cycles.iter().filter(|cycle| cycle.held.is_none()).collect();
        for cycle in &open {
            prop_assert!(awards.iter().all(|award| award.cycle != cycle.name), "{cycle:?}");
            prop_assert!(open.iter().filter(|other| other.name == cycle.name).count() == 1);
            // Nothing on which an award rests is new, but in the term of another one.
            if cycle.term.is_none() && let Some(period) = cycle.period {
                let rested = awards.iter().flat_map(|award| &award.basis).filter_map(|basis| basis.graded_at);
                prop_assert!(rested.into_iter().all(|at| !period.contains(at)));
            }
        }
        // A grant is answered by what it led to, whatever a human did with that one since.
        if let Some(grant) = decision.as_ref().filter(|one| one.kind == DecisionKind::Grant) {
            let by_hand = |award: &HeldAward| {
                award.decision.as_ref().is_some_and(|one| one.kind == DecisionKind::Revoke)
            };
            let answer = awards.iter().any(|award| award.awarded_at >= grant.decided_at && by_hand(award));
            prop_assert!(!(answer && record.granted()));
        }
        // What is revoked is awarded again by a grant in a cycle of its own only.
        for cycle in cycles.iter().filter(|cycle| cycle.held.is_some_and(|held| held.revoked)) {
            prop_assert!(cycle.decided != Some(DecisionKind::Grant), "{cycle:?}");
        }
        prop_assert!(matches!(lifetime.again, Again::EachTerm(_)) || open.len() <= 1);
        prop_assert!(cycles.iter().filter(|cycle| cycle.present).count() <= 2);
        for cycle in &cycles {
            if let Some(held) = cycle.held {
                prop_assert!(cycles.iter().filter(|other| other.held == Some(held)).count() == 1);
            }
        }
    }
}
