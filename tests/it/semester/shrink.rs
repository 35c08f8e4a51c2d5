//! Makes a counterexample small: whole weeks, people, badges and operations are left out as long
//! as something is still found otherwise than expected.

use std::time::Duration;

use tokio::time::Instant;

use super::operations::Plan;
use super::rules::Ask;
use super::run::{Counterexample, run};
use crate::support::app::Way;

/// How long a counterexample is made smaller.
const LIMIT: Duration = Duration::from_mins(5);

/// The smallest plan that is found in that time, with what is found wrong.
pub(super) async fn shrink(plan: Plan, found: Counterexample, way: Way) -> (Plan, Counterexample) {
    let started = Instant::now();
    let mut best = (plan, found);
    loop {
        let before = size(&best.0);
        for candidate in candidates(&best.0, &best.1) {
            if started.elapsed() > LIMIT {
                return best;
            }
            // It may be made of a plan that is smaller by now.
            if size(&candidate) >= size(&best.0) {
                continue;
            }
            if let Some(Err(found)) = run(&candidate, way).await {
                best = (candidate, found);
                break;
            }
        }
        if size(&best.0) == before {
            return best;
        }
    }
}

fn size(plan: &Plan) -> (usize, usize, usize) {
    (plan.weeks.iter().map(Vec::len).sum(), plan.weeks.len(), plan.badges.len())
}

/// Smaller plans, those first that leave out most.
fn candidates(plan: &Plan, found: &Counterexample) -> Vec<Plan> {
    let mut all = Vec::new();
    if let Some((human, badge)) = found.about {
        let own = only(plan, |operation| plan.weeks[operation.0][operation.1].human == human);
        all.extend(only_badge(&own, badge));
        all.push(own);
        all.extend(only_badge(plan, badge));
    }
    for week in 0..plan.weeks.len() {
        let mut less = plan.clone();
        less.weeks.remove(week);
        all.push(less);
    }
    let places: Vec<(usize, usize)> = plan
        .weeks
        .iter()
        .enumerate()
        .flat_map(|(week, operations)| (0..operations.len()).map(move |index| (week, index)))
        .collect();
    let mut length = places.len().div_ceil(2);
    while length > 0 {
        for left_out in places.chunks(length) {
            all.push(only(plan, |place| !left_out.contains(&place)));
        }
        length = if length == 1 { 0 } else { length.div_ceil(2) };
    }
    all
}

/// With those operations only, named by week and index.
fn only(plan: &Plan, keep: impl Fn((usize, usize)) -> bool) -> Plan {
    let mut less = plan.clone();
    for (week, operations) in less.weeks.iter_mut().enumerate() {
        let mut index = 0;
        operations.retain(|_| {
            index += 1;
            keep((week, index - 1))
        });
    }
    less
}

/// With one badge and those on which it rests.
fn only_badge(plan: &Plan, badge: usize) -> Option<Plan> {
    let mut wanted = vec![badge];
    let mut next = 0;
    while let Some(index) = wanted.get(next).copied() {
        for below in plan.badges.get(index)?.ask.badges() {
            if !wanted.contains(&below) {
                wanted.push(below);
            }
        }
        next += 1;
    }
    wanted.sort_unstable();
    let mut less = plan.clone();
    less.badges = wanted.iter().map(|index| plan.badges[*index].clone()).collect();
    for badge in &mut less.badges {
        renumber(&mut badge.ask, &wanted);
    }
    Some(less)
}

fn renumber(ask: &mut Ask, wanted: &[usize]) {
    match ask {
        Ask::All(parts) | Ask::Any(parts) | Ask::AtLeast(_, parts) | Ask::None(parts) => {
            for part in parts {
                renumber(part, wanted);
            }
        }
        Ask::Badge(index) => *index = wanted.iter().position(|one| one == index).unwrap(),
        Ask::At(..) | Ask::Weighted(..) => {}
    }
}
