//! What tells two catalogues apart, badge by badge.

use super::{BadgeFile, Catalog};
use crate::badges::Achievement;

/// What became of one badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadgeChange {
    /// It is new.
    Added,
    /// It is not there any more: nobody earns it, and whoever holds it keeps it.
    Removed,
    /// It is another one: what of it, for people.
    Changed(Vec<&'static str>),
}

/// As the second part of a sentence.
impl std::fmt::Display for BadgeChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Added => f.write_str("added"),
            Self::Removed => f.write_str("removed; whoever holds it keeps it"),
            Self::Changed(what) => write!(f, "changed: {}", what.join(", ")),
        }
    }
}

/// What a badge says, whoever issues it.
fn unissued(badge: &BadgeFile) -> Achievement {
    Achievement { issuer: None, ..badge.achievement.clone() }
}

impl Catalog {
    /// What is different from an earlier catalogue, by badge, sorted by id.
    pub fn changes_since(&self, earlier: &Self) -> Vec<(String, BadgeChange)> {
        let mut changes: Vec<(String, BadgeChange)> = Vec::new();
        for badge in &self.badges {
            let id = &badge.achievement.id;
            let Some(before) = earlier.badge(id) else {
                changes.push((id.clone(), BadgeChange::Added));
                continue;
            };
            let mut what = Vec::new();
            if badge.rule != before.rule {
                what.push("its rule");
            }
            if badge.regrade != before.regrade {
                what.push("what a regrade does");
            }
            if badge.lifetime != before.lifetime {
                what.push("when it ends, or how often it is earned");
            }
            if badge.issuer != before.issuer {
                what.push("who issues it; badges that are out stay those of their issuer");
            }
            if unissued(badge) != unissued(before) {
                what.push("what it says");
            }
            if badge.image != before.image {
                what.push("its image");
            }
            let name = format!("{id}.toml");
            if what.is_empty() && self.files.files.get(&name) != earlier.files.files.get(&name) {
                what.push("only how its file is written");
            }
            if !what.is_empty() {
                changes.push((id.clone(), BadgeChange::Changed(what)));
            }
        }
        let gone = earlier.badges.iter().map(|badge| &badge.achievement.id);
        changes
            .extend(gone.filter(|id| self.badge(id).is_none()).map(|id| (id.clone(), BadgeChange::Removed)));
        changes.sort_by(|(one, _), (other, _)| one.cmp(other));
        changes
    }
}
