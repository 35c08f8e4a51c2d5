//! What is signed: prepared, by a template where there is one, signed by the issuer's key, and sealed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Signer, Signing, SigningError};
use crate::badges::{self, Document, Prepared, SignError, Way};

impl Signing {
    /// Checks an unsigned badge and says what is to be signed with the key of this name; badges of one
    /// shape share a template ([`Compiled`]).
    ///
    /// # Errors
    /// When the document is refused.
    pub fn prepare(
        &self,
        document: &Document<'_>,
        key: &str,
        created: DateTime<Utc>,
    ) -> Result<Prepared, SignError> {
        let prepared = self.0.compiled.prepare(document, &self.0.issuer, key, created)?;
        if prepared.way() == Way::Refuted {
            tracing::error!(issuer = %self.issuer().profile().slug, "a template for signing was wrong and is not used any more; the badge was signed without it; please report it");
        }
        Ok(prepared)
    }

    /// How many documents were prepared by templates that are still kept.
    #[cfg(test)]
    pub(crate) fn by_template(&self) -> u64 {
        self.0.compiled.made()
    }

    /// Signs what was prepared for the key of this name; the texts that leave, in the same order.
    ///
    /// # Errors
    /// [`SigningError::Away`] when the key is not here, or what comes is no signature of it.
    pub async fn sign(&self, key: &str, prepared: Vec<Prepared>) -> Result<Vec<String>, SigningError> {
        let messages: Vec<[u8; 64]> = prepared.iter().map(|one| *one.message()).collect();
        let signatures = self.0.keyrings.badge.sign(key, messages).await;
        let signatures = signatures.map_err(|error| SigningError::Away(format!("{error:#}")))?;
        let sealed = match self.0.keyrings.badge {
            Signer::Keys(_) => badges::seal_own(prepared, &signatures),
            Signer::External(_) => {
                prepared.into_iter().zip(&signatures).map(|(one, signature)| one.seal(signature)).collect()
            }
        };
        match sealed {
            Ok(texts) => Ok(texts),
            Err(error) => {
                self.0.keyrings.badge.distrust().await;
                Err(SigningError::Away(error.to_string()))
            }
        }
    }

    /// Signs one document now; the text that leaves, and the key's name.
    ///
    /// # Errors
    /// When the key is away, or the document is refused.
    pub async fn sign_one(
        &self,
        document: Value,
        created: DateTime<Utc>,
    ) -> Result<(String, String), SigningError> {
        let key = self.ready().await?;
        let (this, name) = (self.clone(), key.clone());
        // Canonical forms of long documents take milliseconds.
        let prepared =
            tokio::task::spawn_blocking(move || this.prepare(&(&document).into(), &name, created)).await;
        let prepared =
            prepared.map_err(|error| SigningError::Away(format!("signing ended early: {error}")))??;
        let signed = self.sign(&key, vec![prepared]).await?.pop();
        let text = signed.ok_or_else(|| SigningError::Away("no signature came".to_owned()))?;
        Ok((text, key))
    }
}
