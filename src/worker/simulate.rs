//! What rules would change for a person. Pure, no I/O and no clock, and by the same judgement as
//! a worker's.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::judge::judge;
use crate::config::Catalog;
use crate::store::{Candidate, Change, Consequence};

/// What would become of one badge of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The badge.
    pub badge: String,
    /// What.
    #[serde(flatten)]
    pub kind: EffectKind,
    /// Why, for people, where it is not simply that the rule is met.
    pub why: Option<String>,
}

/// A change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum EffectKind {
    /// It would be awarded.
    Gains,
    /// It would be awarded again, in place of an earlier one.
    Renewed,
    /// It would be valid again.
    Reinstated,
    /// It would not be lost when its grace ends.
    Stays,
    /// It would be earned, but wait at the gate.
    Waits,
    /// It would be lost then, unless the rule is met again.
    Grace {
        /// When.
        until: DateTime<Utc>,
    },
    /// It would be suspended.
    Suspended,
    /// It would be revoked.
    Revoked,
}

impl EffectKind {
    /// The name, in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gains => "gains",
            Self::Renewed => "renewed",
            Self::Reinstated => "reinstated",
            Self::Stays => "stays",
            Self::Waits => "waits",
            Self::Grace { .. } => "grace",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// Whether a credential would be signed.
    pub fn awards(self) -> bool {
        matches!(self, Self::Gains | Self::Renewed)
    }

    /// Whether it takes something away, at once or later.
    pub fn takes(self) -> bool {
        matches!(self, Self::Grace { .. } | Self::Suspended | Self::Revoked)
    }
}

/// What changes for a person when everything that is known of them is judged by these rules now.
pub fn simulate(catalog: &Catalog, candidate: &Candidate, now: DateTime<Utc>) -> Vec<Effect> {
    let judged = judge(catalog, candidate, now);
    let mut effects: Vec<Effect> = judged
        .earned
        .iter()
        // Nobody gains what stands in another one's place.
        .filter(|earned| earned.supersedes.is_none())
        .map(|earned| Effect {
            badge: earned.badge.achievement.id.clone(),
            kind: if earned.earlier.is_some() { EffectKind::Renewed } else { EffectKind::Gains },
            why: earned.granted.then(|| "an administrator granted it".to_owned()),
        })
        .collect();
    for changed in &judged.changes {
        let held = candidate.held.iter().find(|held| held.credential == changed.credential);
        let Some(held) = held else { continue };
        let (kind, why) = match &changed.change {
            Change::Regained if held.suspended => (EffectKind::Reinstated, None),
            Change::Regained => (EffectKind::Stays, None),
            // As it is already.
            Change::Lost { then: Consequence::Wait(_), .. } if held.loss.is_some() => continue,
            Change::Lost { reason, then, .. } => {
                let kind = match then {
                    Consequence::Wait(until) => EffectKind::Grace { until: *until },
                    Consequence::Suspend => EffectKind::Suspended,
                    Consequence::Revoke => EffectKind::Revoked,
                };
                (kind, Some(reason.clone()))
            }
        };
        effects.push(Effect { badge: held.badge.clone(), kind, why });
    }
    for wait in &judged.waits {
        let waits = candidate.waiting.iter().any(|(_, badge)| *badge == wait.badge);
        if let (Some(why), false) = (&wait.reason, waits) {
            let (badge, why) = (wait.badge.clone(), Some(why.clone()));
            effects.push(Effect { badge, kind: EffectKind::Waits, why });
        }
    }
    effects.sort_by(|one, other| (&one.badge, one.kind).cmp(&(&other.badge, other.kind)));
    effects
}
