//! Who signs embedded proofs: keys of this process, or a program outside of it.

use std::path::PathBuf;

use anyhow::Context as _;

use super::external::External;
use super::keyring::{Keyring, Private as _, Whereabouts};
use crate::badges::SigningKey;
use crate::store::{NewKey, Purpose};

/// Who signs embedded proofs.
#[derive(Debug)]
pub enum Signer {
    /// This process.
    Keys(Keyring<SigningKey>),
    /// A program.
    External(External),
}

impl Signer {
    /// The first key, for an installation that has none.
    ///
    /// # Errors
    /// When there is none, or it cannot be reached.
    pub async fn first(&self) -> anyhow::Result<NewKey> {
        match self {
            Self::Keys(keys) => Ok(keys.first()?.entry()),
            Self::External(program) => {
                let first = program.keys().await?.into_iter().next();
                shown(program, first.context("issuer.signer: it has no key")?).await
            }
        }
    }

    /// Whether it can sign with the key of this name; the error says what is missing.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn has(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Keys(keys) => keys.get(name).map(drop),
            Self::External(program) => program.signs_with(name).await,
        }
    }

    /// A key to follow those of these names ([`Keyring::next`]).
    ///
    /// # Errors
    /// When there is none.
    pub async fn next(&self, known: &[&str]) -> anyhow::Result<NewKey> {
        match self {
            Self::Keys(keys) => Ok(keys.next(known)?.entry()),
            Self::External(program) => {
                let next = program.keys().await?.into_iter().find(|key| !known.contains(&key.as_str()));
                let next =
                    next.context("issuer.signer has no further key: make a new one there, and do it again")?;
                shown(program, next).await
            }
        }
    }

    /// The file of a later key, if keys are in files.
    pub fn file_of(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::Keys(keys) => keys.file_of(name),
            Self::External(_) => None,
        }
    }

    /// Where the key of this name is; a program is asked.
    pub(super) async fn whereabouts(&self, name: &str) -> Whereabouts {
        match self {
            Self::Keys(keys) => keys.whereabouts(name),
            Self::External(program) => match program.keys().await {
                Ok(keys) if keys.iter().any(|key| key == name) => {
                    Whereabouts::Signer(program.command().first().cloned().unwrap_or_default())
                }
                Ok(_) => Whereabouts::Nowhere("not with the signer".to_owned()),
                Err(error) => Whereabouts::Nowhere(format!("unknown: {error:#}")),
            },
        }
    }

    /// It signed wrongly: a program is started again.
    pub(super) async fn distrust(&self) {
        if let Self::External(program) = self {
            program.distrust().await;
        }
    }

    /// Signs with the key of this name.
    ///
    /// # Errors
    /// When it cannot.
    pub(super) async fn sign(&self, name: &str, messages: Vec<[u8; 64]>) -> anyhow::Result<Vec<[u8; 64]>> {
        match self {
            Self::Keys(keys) => {
                let key = keys.get(name)?;
                Ok(messages.iter().map(|message| key.sign(message)).collect())
            }
            Self::External(program) => program.sign(name, messages).await,
        }
    }
}

/// A key of a program, which has shown that it signs with it: the table must not learn of others.
async fn shown(program: &External, name: String) -> anyhow::Result<NewKey> {
    program.signs_with(&name).await?;
    Ok(NewKey { purpose: Purpose::Badge, public_key: name.clone(), name })
}
