//! Stacks: badges that rest on other badges. Each must exist, and none may rest on itself.

use std::collections::BTreeMap;

use super::Problem;
use super::document::{At, known_keys};

/// The badges that each badge's rule names, each with its place.
pub(super) type Stacks = BTreeMap<String, Vec<(String, At)>>;

/// What is wrong between badges; `known` are the ids of all badge files.
pub(super) fn problems_of(stacks: &Stacks, known: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (badge, at) in stacks.values().flatten() {
        if !known.contains(badge) {
            let hint = known_keys(badge, known.iter().map(String::as_str));
            problems.push(at.problem(format!("there is no badge “{badge}”{hint}")));
        }
    }
    for (cycle, at) in cycles(stacks) {
        let way = cycle.iter().chain(cycle.first()).map(|badge| format!("“{badge}”"));
        let way = way.collect::<Vec<_>>().join(" rests on ");
        problems.push(at.problem(format!("{way}: no badge can rest on itself; break the circle")));
    }
    problems
}

/// Circles of badges, each with the place of one step of it. Every circle has a badge in at
/// least one of them.
fn cycles(stacks: &Stacks) -> Vec<(Vec<&str>, &At)> {
    let mut found = Vec::new();
    // Whether all below it was seen; false while it is on the path.
    let mut done: BTreeMap<&str, bool> = BTreeMap::new();
    for start in stacks.keys() {
        // Without recursion: a stack may be as high as there are badges.
        let mut path: Vec<(&str, usize)> = Vec::new();
        if !done.contains_key(start.as_str()) {
            done.insert(start, false);
            path.push((start, 0));
        }
        while let Some((badge, next)) = path.pop() {
            let Some((below, at)) = stacks.get(badge).and_then(|named| named.get(next)) else {
                done.insert(badge, true);
                continue;
            };
            path.push((badge, next + 1));
            match done.get(below.as_str()) {
                Some(true) => {}
                Some(false) => {
                    let begin = path.iter().position(|(on_path, _)| on_path == below).unwrap_or(0);
                    found.push((path.iter().skip(begin).map(|(badge, _)| *badge).collect(), at));
                }
                None => {
                    done.insert(below, false);
                    path.push((below, 0));
                }
            }
        }
    }
    found
}
