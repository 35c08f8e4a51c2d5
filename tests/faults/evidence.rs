//! What there is to see when a run is over, from all sides: the sender's, the database's, the
//! broker's, the mail server's.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::sender::Kept;

/// Everything that the checks compare.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// What the sender was told.
    pub(crate) kept: Kept,
    /// What the database holds.
    pub(crate) ledger: Ledger,
    /// The Message-ID of each mail that the mail server took, repeats included.
    pub(crate) taken: Vec<String>,
    /// Queues that hold messages after every process has ended, retry queues too.
    pub(crate) queues: BTreeMap<String, u32>,
    /// How often a process died that sends mails.
    pub(crate) deaths: usize,
    /// Mails of which one death can repeat the sending.
    pub(crate) window: usize,
    /// Processes that did not end well when they were asked to, with their words.
    pub(crate) unclean: Vec<String>,
}

impl Evidence {
    /// Mails that came more than once, counted without the first time.
    pub(crate) fn copies(&self) -> usize {
        let mut distinct = self.taken.clone();
        distinct.sort_unstable();
        distinct.dedup();
        self.taken.len() - distinct.len()
    }

    /// One line of figures.
    pub(crate) fn figures(&self) -> String {
        format!(
            "{} posts, {} deliveries accepted, {} badges, {} mails, {} of them copies ({} deaths of a mailer)",
            self.kept.posts,
            self.kept.accepted.len(),
            self.ledger.awards.len(),
            self.taken.len(),
            self.copies(),
            self.deaths,
        )
    }
}
