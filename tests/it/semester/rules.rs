//! Rules drawn at random, written as badge files, and said once more in the plainest form for the
//! oracle.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::campus::{BLACKBOARD_COURSE, Lms, Part, Place, blackboard_column, canvas_assignment, moodle_item};

/// What a regrade does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    Keep,
    Suspend,
    /// After so many days.
    SuspendAfter(i64),
    Revoke,
}

/// What a rule asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    At(Place, Need),
    All(Vec<Ask>),
    Any(Vec<Ask>),
    AtLeast(usize, Vec<Ask>),
    None(Vec<Ask>),
    /// Weights, and the mark in percent.
    Weighted(Vec<(Place, i64)>, i64),
    /// A badge by its index.
    Badge(usize),
}

/// What is to be reached at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Percent(i64),
    Points(i64),
    Passed,
    /// Percent, with everything graded.
    Whole(i64),
}

/// A badge. The badges on which it rests have smaller indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Badge {
    pub(super) ask: Ask,
    pub(super) policy: Policy,
}

/// The id of a badge.
pub(super) fn badge_id(index: usize) -> String {
    format!("badge-{index}")
}

impl Ask {
    /// Every place that it names.
    pub(super) fn places(&self) -> Vec<Place> {
        match self {
            Self::At(place, _) => vec![*place],
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) | Self::None(parts) => {
                parts.iter().flat_map(Self::places).collect()
            }
            Self::Weighted(parts, _) => parts.iter().map(|(place, _)| *place).collect(),
            Self::Badge(_) => Vec::new(),
        }
    }

    /// The badges that it names, by index.
    pub(super) fn badges(&self) -> Vec<usize> {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) | Self::None(parts) => {
                parts.iter().flat_map(Self::badges).collect()
            }
            Self::Badge(badge) => vec![*badge],
            Self::At(..) | Self::Weighted(..) => Vec::new(),
        }
    }
}

impl Badge {
    /// Its file.
    pub(super) fn toml(&self, index: usize) -> String {
        let mut text = format!(
            "[badge]\nname = \"Badge {index}\"\ndescription = \"Drawn.\"\ncriteria = \"Drawn.\"\n[award]\n"
        );
        match self.policy {
            Policy::Keep => text.push_str("regrade = \"keep\"\n"),
            Policy::Suspend => {}
            Policy::SuspendAfter(days) => {
                write!(text, "regrade = \"suspend\"\ngrace = \"{days} days\"\n").unwrap();
            }
            Policy::Revoke => text.push_str("regrade = \"revoke\"\n"),
        }
        text.push_str(&keys(&self.ask).join("\n"));
        text.push('\n');
        text
    }
}

/// The keys of a table.
fn keys(ask: &Ask) -> Vec<String> {
    let list = |parts: &[Ask]| {
        let parts: Vec<String> =
            parts.iter().map(|part| format!("{{ {} }}", keys(part).join(", "))).collect();
        format!("[ {} ]", parts.join(", "))
    };
    match ask {
        Ask::At(place, need) => {
            let mut keys = named(place);
            match need {
                Need::Passed if place.part == Part::Completion => {}
                Need::Passed => keys.push("passed = true".to_owned()),
                Need::Percent(percent) => keys.push(format!("at_least = \"{percent} %\"")),
                Need::Points(points) => keys.push(format!("at_least = \"{points} points\"")),
                Need::Whole(percent) => {
                    keys.push(format!("at_least = \"{percent} %\""));
                    keys.push("all_graded = true".to_owned());
                }
            }
            keys
        }
        Ask::All(parts) => vec![format!("all = {}", list(parts))],
        Ask::Any(parts) => vec![format!("any = {}", list(parts))],
        Ask::None(parts) => vec![format!("none = {}", list(parts))],
        Ask::AtLeast(count, parts) => vec![format!("at_least = {count}"), format!("of = {}", list(parts))],
        Ask::Weighted(parts, mark) => {
            let part = |(place, weight): &(Place, i64)| {
                format!("{{ {}, weight = {weight} }}", named(place).join(", "))
            };
            let parts: Vec<String> = parts.iter().map(part).collect();
            vec![format!("at_least = \"{mark} %\""), format!("weighted = [ {} ]", parts.join(", "))]
        }
        Ask::Badge(index) => vec![format!("badge = \"{}\"", badge_id(*index))],
    }
}

/// A place, by one or another of its names.
fn named(place: &Place) -> Vec<String> {
    let Place { lms, course, part } = *place;
    let odd = matches!(part, Part::Item(1) | Part::Total);
    let course_name = match (lms, odd) {
        (Lms::Moodle, false) => format!("EXT-M{course}"),
        (Lms::Moodle, true) => format!("M{course}"),
        (Lms::Canvas, false) => super::campus::canvas_course(course).to_string(),
        (Lms::Canvas, true) => format!("SIS-C{course}"),
        (Lms::Blackboard, false) => BLACKBOARD_COURSE.to_owned(),
        (Lms::Blackboard, true) => "BB-0".to_owned(),
        (Lms::Forms, _) => "forms-0".to_owned(),
    };
    let what = match (part, lms) {
        (Part::Total, _) => "course_total = true".to_owned(),
        (Part::Completion, _) => "course_completed = true".to_owned(),
        (Part::Item(item), Lms::Moodle) => match item {
            0 => format!("assessment = \"M{course}-0\""),
            1 => format!("assessment = \"cmid:{}\"", moodle_item(course, part)),
            _ => format!("assessment = \"item:{}\"", moodle_item(course, part)),
        },
        (Part::Item(item), Lms::Canvas) => format!("assessment = \"{}\"", canvas_assignment(course, item)),
        (Part::Item(_), Lms::Blackboard) => format!("assessment = \"{}\"", blackboard_column(part)),
        (Part::Item(item), Lms::Forms) => format!("assessment = \"form-{item}\""),
    };
    vec![format!("source = \"{}\"", lms.source()), format!("course = \"{course_name}\""), what]
}

/// Writes the badges into a folder.
pub(super) fn write(badges: &[Badge], folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (index, badge) in badges.iter().enumerate() {
        std::fs::write(folder.join(format!("{}.toml", badge_id(index))), badge.toml(index)).unwrap();
    }
}

fn any_place() -> impl Strategy<Value = Place> {
    let all: Vec<Place> = Lms::ALL.into_iter().flat_map(Place::of).collect();
    prop::sample::select(all)
}

fn any_need() -> impl Strategy<Value = (u8, i64)> {
    (0..6_u8, prop::sample::select(vec![30_i64, 40, 50, 60, 70, 80, 90]))
}

/// What can be asked at a place.
fn asked(place: Place, (kind, percent): (u8, i64)) -> Ask {
    let decided = place.lms == Lms::Moodle && place.part == Part::Item(0) || place.lms == Lms::Forms;
    let need = match (place.part, kind) {
        (Part::Completion, _) => Need::Passed,
        (Part::Item(_), 0 | 1) if decided => Need::Passed,
        (Part::Total, 0 | 1) if place.lms == Lms::Moodle => Need::Whole(percent),
        (_, 2) => Need::Points(place.points() * percent / 100),
        _ => Need::Percent(percent),
    };
    Ask::At(place, need)
}

fn any_leaf() -> impl Strategy<Value = Ask> {
    (any_place(), any_need()).prop_map(|(place, need)| asked(place, need))
}

/// Conditions on places of their own: the same twice in a list is refused when rules are read.
fn distinct(parts: Vec<Ask>) -> Vec<Ask> {
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for part in parts {
        let places = part.places();
        if places.iter().all(|place| !seen.contains(place)) {
            seen.extend(places);
            kept.push(part);
        }
    }
    kept
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let leaves = || prop::collection::vec(any_leaf(), 2..4).prop_map(distinct);
    let weighted =
        (prop::collection::vec((any_place(), 1..5_i64), 2..4), 2..8_i64).prop_map(|(parts, mark)| {
            let mut kept: Vec<(Place, i64)> = Vec::new();
            for (place, weight) in parts {
                if place.part != Part::Completion && kept.iter().all(|(known, _)| *known != place) {
                    kept.push((place, weight));
                }
            }
            if kept.is_empty() {
                kept.push((Place { lms: Lms::Moodle, course: 0, part: Part::Item(0) }, 1));
            }
            Ask::Weighted(kept, mark * 10)
        });
    let group = prop_oneof![
        4 => any_leaf(),
        3 => leaves().prop_map(Ask::All),
        2 => leaves().prop_map(Ask::Any),
        2 => leaves().prop_map(|parts| Ask::AtLeast(parts.len().min(2), parts)),
        2 => weighted,
    ];
    (group, prop::option::weighted(0.2, any_leaf()), prop::option::weighted(0.15, leaves())).prop_map(
        |(group, forbidden, or)| {
            let places = group.places();
            let free = |ask: &Ask| ask.places().iter().all(|place| !places.contains(place));
            let group = match or.filter(|or| or.iter().all(free)) {
                Some(or) => Ask::Any(vec![group, Ask::All(or)]),
                None => group,
            };
            let places = group.places();
            match forbidden.filter(|ask| ask.places().iter().all(|place| !places.contains(place))) {
                Some(forbidden) => Ask::All(vec![group, Ask::None(vec![forbidden])]),
                None => group,
            }
        },
    )
}

/// Badges, some of which rest on others.
pub(super) fn any_badges(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Badge>> {
    let policy = prop_oneof![
        4 => Just(Policy::Suspend),
        2 => Just(Policy::Keep),
        1 => Just(Policy::SuspendAfter(3)),
        1 => Just(Policy::Revoke),
    ];
    let badge =
        (any_ask(), policy, prop::option::weighted(0.35, any::<prop::sample::Index>()), any::<bool>());
    prop::collection::vec(badge, count).prop_map(|drawn| {
        let badge = |(index, (ask, policy, below, both)): (
            usize,
            (Ask, Policy, Option<prop::sample::Index>, bool),
        )| {
            let ask = match below.filter(|_| index > 0).map(|below| below.index(index)) {
                Some(below) if both => Ask::All(vec![Ask::Badge(below), ask]),
                Some(below) => Ask::Badge(below),
                None => ask,
            };
            Badge { ask, policy }
        };
        drawn.into_iter().enumerate().map(badge).collect()
    })
}
