//! Signs badges of compromised keys anew: the same credential, the same contents, another proof.
//!
//! Any number of processes may do it at once: a document is replaced only where it is still the one
//! that was read, and only by a key that signs. Stopped, it goes on where documents of such a key are
//! left; a badge that slips in later, from a process of the version before, is found, too.
//!
//! Failures: the database or the signer is away (tried at the next round), a document that cannot be
//! signed any more (told, and left as it is).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::badges;
use crate::clock::Clock;
use crate::signing::{Issuers, SigningError};
use crate::store::{IssuerKey, SignedDocument, Store};

/// Badges signed and stored at once.
const GROUP: u32 = 50;
/// How many are made ready before others may run.
const BREATH: usize = 16;

/// Signs anew.
#[derive(Debug)]
pub struct Resigner {
    /// The database.
    pub store: Store,
    /// Who signs.
    pub issuers: Issuers,
    /// The time.
    pub clock: Clock,
    /// Time between two rounds.
    pub every: Duration,
}

impl Resigner {
    /// Works until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut refused = BTreeSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.every) => {}
            }
            for signing in self.issuers.iter() {
                for key in signing.compromised() {
                    let signed = tokio::select! {
                        () = stop.cancelled() => return,
                        signed = self.badges_of(&key, &mut refused) => signed,
                    };
                    if let Err(error) = signed {
                        tracing::warn!(%error, issuer = %key.issuer, key = %key.name, "badges of a compromised key wait to be signed anew");
                    }
                }
            }
        }
    }

    /// Signs every badge of a key anew; answers how many. `refused` are those that cannot be, so that
    /// each is told of once.
    async fn badges_of(&self, key: &IssuerKey, refused: &mut BTreeSet<Uuid>) -> Result<usize, SigningError> {
        let mut count = 0;
        loop {
            let (first, without): (_, Vec<Uuid>) = (key.number == 1, refused.iter().copied().collect());
            let found = self.store.signed_by(&key.issuer, &key.name, first, &without, GROUP).await?;
            if found.is_empty() {
                break;
            }
            let signed = self.group(&key.issuer, found, refused).await?;
            count += signed;
            if signed == 0 && refused.len() == without.len() {
                // Another process was quicker with all of them, and goes on.
                break;
            }
        }
        if count > 0 {
            tracing::info!(count, key = %key.name, "badges of a compromised key were signed anew");
        }
        Ok(count)
    }

    async fn group(
        &self,
        issuer: &str,
        found: Vec<SignedDocument>,
        refused: &mut BTreeSet<Uuid>,
    ) -> Result<usize, SigningError> {
        let signing = self.issuers.signing(issuer)?;
        let (key, now) = (signing.ready().await?, self.clock.now());
        let (mut before, mut prepared) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for (position, document) in found.into_iter().enumerate() {
            let mut slow = position % BREATH == BREATH - 1;
            let unsigned = badges::unsigned(&document.document);
            let ready = unsigned.and_then(|unsigned| signing.prepare(&(&unsigned).into(), &key, now));
            match ready {
                Ok(ready) => {
                    slow |= ready.took_long();
                    before.push(document);
                    prepared.push(ready);
                }
                Err(error) if refused.insert(document.id) => {
                    tracing::error!(%error, credential = %document.id, "a badge of a compromised key cannot be signed anew");
                }
                Err(_) => {}
            }
            if slow {
                tokio::task::yield_now().await;
            }
        }
        if prepared.is_empty() {
            return Ok(0);
        }
        let signed = signing.sign(&key, prepared).await?;
        let documents: Vec<_> = before.into_iter().zip(signed).collect();
        if let Some(signed) = self.store.sign_anew(issuer, &key, &documents).await? {
            return Ok(signed.len());
        }
        signing.refresh().await?;
        Err(SigningError::Away("another key signs now".to_owned()))
    }
}

#[cfg(test)]
mod tests;
