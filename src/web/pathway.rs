//! The way on which a badge stands: what it rests on, and what it counts towards.

use uuid::Uuid;

use super::Web;
use super::badge::Badge;
use super::error::PageError;
use crate::config::Catalog;
use crate::locales::Language;
use crate::rules::Rule;

/// The badges before and after one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pathway {
    /// Badges that its rule asks for.
    pub(super) before: Vec<Step>,
    /// Badges whose rules ask for it.
    pub(super) next: Vec<Step>,
}

/// A badge on the way.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) badge: Badge,
    /// The page of the holder's own, if it is public and counts.
    pub(super) page: Option<String>,
}

impl Pathway {
    /// The way of a badge, whoever holds it.
    pub(super) fn of(catalog: &Catalog, id: &str, t: Language) -> Self {
        let step = |id: &str| {
            let file = catalog.badge(id)?;
            Some(Step { badge: Badge::of(&file.achievement, file.image.is_some(), t), page: None })
        };
        let asks = |badge: &str| catalog.known(badge).map(|file| asked(&file.rule)).unwrap_or_default();
        let mut before = asks(id);
        before.dedup();
        let next = catalog.rules.badges_after(id).into_iter().filter(|after| asks(after).contains(&id));
        Self { before: before.into_iter().filter_map(step).collect(), next: next.filter_map(step).collect() }
    }

    /// The way of a credential's badge, with what else its holder shows.
    pub(super) async fn walked(web: &Web, id: Uuid, badge: &str, t: Language) -> Result<Self, PageError> {
        let mut way = Self::of(&web.site.catalogs.current(), badge, t);
        if way.is_empty() {
            return Ok(way);
        }
        let shown = web.site.store.public_badges_of_holder(id, web.site.clock.now()).await?;
        for step in way.before.iter_mut().chain(&mut way.next) {
            let own = shown.iter().find(|(badge, _)| *badge == step.badge.id);
            step.page = own.map(|(_, id)| format!("/credentials/{id}"));
        }
        Ok(way)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.next.is_empty()
    }
}

/// The badges that a rule asks for, sorted; not those that it forbids.
fn asked(rule: &Rule) -> Vec<&str> {
    let mut asked: Vec<&str> = match rule {
        Rule::Badge(badge) => vec![badge.badge.as_str()],
        Rule::None(_) => Vec::new(),
        _ => rule.parts().iter().flat_map(asked).collect(),
    };
    asked.sort_unstable();
    asked
}
