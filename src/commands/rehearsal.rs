//! Rules tried on everybody: what `simulate` shows, and what `publish` applies.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::config::Catalog;
use crate::store::{Candidate, Store};
use crate::worker::{Effect, Everybody, simulate};

/// Progress is told every so many persons.
const TOLD: usize = 5_000;

/// Rules, to be tried on what is stored.
pub(super) struct Rehearsal<'a> {
    pub(super) store: &'a Store,
    pub(super) rules: &'a Catalog,
    pub(super) now: DateTime<Utc>,
}

/// How many badges change, by badge and what becomes of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Totals {
    /// Persons who were judged.
    pub(super) persons: usize,
    /// By badge, then by what becomes of it.
    pub(super) badges: BTreeMap<String, BTreeMap<&'static str, usize>>,
    /// What is awarded, for the first time or again.
    pub(super) gains: usize,
    /// What is taken away, at once or later.
    pub(super) losses: usize,
}

impl Totals {
    fn add(&mut self, effects: &[Effect]) {
        self.persons += 1;
        for Effect { badge, kind, .. } in effects {
            *self.badges.entry(badge.clone()).or_default().entry(kind.name()).or_default() += 1;
            self.gains += usize::from(kind.awards());
            self.losses += usize::from(kind.takes());
        }
    }

    /// Whether more is awarded, or more taken, than that.
    pub(super) fn exceed(&self, most: usize) -> bool {
        self.gains > most || self.losses > most
    }
}

/// Persons of one page for whom something changes.
pub(super) type Changed = Vec<(Candidate, Vec<Effect>)>;

impl Rehearsal<'_> {
    /// Judges everybody, page by page; `take` gets those for whom something changes, with the
    /// totals until then. Writes nothing itself.
    pub(super) async fn run(
        &self,
        mut take: impl AsyncFnMut(Changed, &Totals) -> anyhow::Result<()>,
    ) -> anyhow::Result<Totals> {
        let mut totals = Totals::default();
        let mut everybody = Everybody::of(self.store);
        while let Some(page) = everybody.next().await? {
            let mut changed = Vec::new();
            for candidate in page {
                let effects = simulate(self.rules, &candidate, self.now);
                totals.add(&effects);
                if totals.persons % TOLD == 0 {
                    eprintln!("{} learners judged", totals.persons);
                }
                if !effects.is_empty() {
                    changed.push((candidate, effects));
                }
            }
            if !changed.is_empty() {
                take(changed, &totals).await?;
            }
        }
        Ok(totals)
    }
}
