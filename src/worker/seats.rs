//! Who signs a batch: each issuer whose badges are in it, with its key and places in its status lists.
//!
//! An issuer whose key is away keeps only its own badges waiting, not those of the others.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::judge::Judged;
use super::places::Places;
use crate::badges::Prepared;
use crate::clock::Clock;
use crate::signing::{Issuers, Signing, SigningError};
use crate::store::{AwardCommit, StatusEntry, Store};

/// What was decided about an event, its credentials not signed yet.
pub(super) struct Draft {
    pub commit: AwardCommit,
    /// For each of its awards, in their order.
    pub prepared: Vec<Prepared>,
}

impl Draft {
    /// How many are made ready before others may run.
    const BREATH: usize = 16;

    /// Whether others should run before the next one is made ready, this being the one of that number:
    /// canonical forms take milliseconds where no template makes them.
    pub(super) fn asks_for_a_break(&self, number: usize) -> bool {
        number % Self::BREATH == Self::BREATH - 1 || self.prepared.iter().any(Prepared::took_long)
    }
}

/// An issuer who signs now.
pub(super) struct Seat {
    pub signing: Signing,
    /// The name of the key.
    pub key: String,
    places: std::vec::IntoIter<StatusEntry>,
}

impl Seat {
    /// A place in its status lists that nothing has.
    pub(super) fn place(&mut self) -> Option<StatusEntry> {
        self.places.next()
    }
}

/// The issuers of a batch.
pub(super) struct Seats {
    /// By slug.
    seats: BTreeMap<String, Seat>,
    /// By slug, why nothing of theirs is signed now.
    away: BTreeMap<String, String>,
    /// Whether there is one issuer: while it is away everything waits.
    alone: bool,
}

/// What an issuer has to sign of a batch.
#[derive(Default)]
struct Work {
    prepared: Vec<Prepared>,
    /// For which award of which event.
    whose: Vec<(usize, usize)>,
}

impl Seats {
    /// The issuers of what was earned. Places are taken last: of one that is away they would be wasted
    /// at each try.
    ///
    /// # Errors
    /// [`SigningError::Away`] where the only issuer is; else when the database is away.
    pub(super) async fn take(
        issuers: &Issuers,
        judged: &[Judged<'_>],
        (places, store): (&Places, &Store),
        clock: &Clock,
    ) -> Result<Self, SigningError> {
        let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
        for earned in judged.iter().flat_map(|judged| &judged.earned) {
            *wanted.entry(&earned.badge.issuer).or_default() += 1;
        }
        let mut seats = Self { seats: BTreeMap::new(), away: BTreeMap::new(), alone: issuers.alone() };
        for (slug, count) in wanted {
            let ready = match issuers.signing(slug) {
                Ok(signing) => signing.ready().await.map(|key| (signing.clone(), key)),
                Err(error) => Err(error),
            };
            let (signing, key) = match ready {
                Ok(ready) => ready,
                Err(error) => {
                    seats.gone(slug, error)?;
                    continue;
                }
            };
            let now = clock.now();
            let places = places.take(store, slug, count, now).await?;
            seats.seats.insert(slug.to_owned(), Seat { signing, key, places: places.into_iter() });
        }
        Ok(seats)
    }

    /// Notes that an issuer is away.
    fn gone(&mut self, slug: &str, error: SigningError) -> Result<(), SigningError> {
        match error {
            SigningError::Away(why) if !self.alone => {
                self.seats.remove(slug);
                self.away.insert(slug.to_owned(), format!("nothing of “{slug}” can be signed: {why}"));
                Ok(())
            }
            error => Err(error),
        }
    }

    /// The issuer of this slug.
    pub(super) fn of(&mut self, slug: &str) -> Option<&mut Seat> {
        self.seats.get_mut(slug)
    }

    /// Why one of these issuers cannot sign now.
    pub(super) fn away<'a>(&self, mut slugs: impl Iterator<Item = &'a str>) -> Option<&str> {
        slugs.find_map(|slug| self.away.get(slug)).map(String::as_str)
    }

    /// Signs the credentials of a whole batch, those of each issuer at once. The answer is what can be
    /// stored, and the events that wait for an issuer, each with why.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub(super) async fn sign(
        &mut self,
        drafts: Vec<Draft>,
    ) -> Result<(Vec<AwardCommit>, Vec<(Uuid, String)>), SigningError> {
        let mut commits = Vec::with_capacity(drafts.len());
        let mut work: BTreeMap<String, Work> = BTreeMap::new();
        for draft in drafts {
            for (index, (award, prepared)) in draft.commit.awards.iter().zip(draft.prepared).enumerate() {
                let theirs = work.entry(award.issuer.clone()).or_default();
                theirs.prepared.push(prepared);
                theirs.whose.push((commits.len(), index));
            }
            commits.push(draft.commit);
        }
        for (slug, Work { prepared, whose }) in work {
            let Some(seat) = self.seats.get(&slug) else { continue };
            let signed = match seat.signing.sign(&seat.key, prepared).await {
                Ok(signed) if signed.len() == whose.len() => signed,
                Ok(_) => {
                    self.gone(&slug, SigningError::Away("signatures are missing".to_owned()))?;
                    continue;
                }
                Err(error) => {
                    self.gone(&slug, error)?;
                    continue;
                }
            };
            for ((commit, award), text) in whose.into_iter().zip(signed) {
                let award = commits.get_mut(commit).and_then(|commit| commit.awards.get_mut(award));
                if let Some(award) = award {
                    award.credential.document = text;
                }
            }
        }
        let mut waiting = Vec::new();
        commits.retain(|commit| {
            let why = self.away(commit.awards.iter().map(|award| award.issuer.as_str()));
            waiting.extend(why.map(|why| (commit.event, why.to_owned())));
            why.is_none()
        });
        Ok((commits, waiting))
    }
}
