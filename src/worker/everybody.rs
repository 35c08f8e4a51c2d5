//! Everybody with confirmed results, a page at a time.

use uuid::Uuid;

use crate::store::{Candidate, Store, StoreError};

/// How many persons are read at a time.
const PAGE: u32 = 200;

/// All persons with confirmed outcomes, in the order of their ids. Whoever comes while it is read may
/// be among them or not.
pub struct Everybody<'a> {
    store: &'a Store,
    after: Uuid,
}

impl<'a> Everybody<'a> {
    /// From the beginning.
    pub fn of(store: &'a Store) -> Self {
        Self { store, after: Uuid::nil() }
    }

    /// The next page, each as if an event about everything that is known of them waited; `None` after
    /// the last.
    ///
    /// # Errors
    /// What the database says; the page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Candidate>>, StoreError> {
        let page = self.store.next_persons(self.after, PAGE).await?;
        let Some(last) = page.iter().map(|candidate| candidate.person).max() else { return Ok(None) };
        self.after = last;
        Ok(Some(page))
    }
}
