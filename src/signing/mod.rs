//! Signing: which key signs now, what is signed with it, and which keys are trusted. Every process
//! follows the table of keys, so that all sign with the same one.

mod documents;
mod external;
mod issuers;
mod keyring;
mod living;
mod signer;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::badges::{self, Compiled, Issuer, JwtKey, Profile, PublicKeys, SignError};
use crate::clock::Clock;
use crate::config::{DidMethod, IssuerSettings, Settings};
use crate::store::{IssuerKey, KeyState, Purpose, Store, StoreError};

pub use external::External;
pub use issuers::{Issuers, left};
pub use keyring::{Keyring, Keyrings, Place, Private, Whereabouts};
pub use living::Living;
pub use signer::Signer;

/// How often a running process looks for changes of keys.
pub const LOOK: Duration = Duration::from_secs(1);
/// How long a key is announced before it signs: the 300 seconds for which verifiers may keep
/// `did.json` (`web::documents`), and a minute for clocks that disagree.
pub const ANNOUNCED: TimeDelta = TimeDelta::minutes(6);
/// A key that is missing here is told of every so many looks.
const REMIND: u32 = 60;
/// How often one looks whether the badges of retired keys still live.
const LIVES: TimeDelta = TimeDelta::hours(1);

/// Signs for one issuer. Cheap to clone; all clones show the same.
#[derive(Debug, Clone)]
pub struct Signing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: Arc<Issuer>,
    store: Store,
    clock: Clock,
    keyrings: Keyrings,
    shown: RwLock<Arc<Shown>>,
    living: RwLock<Living>,
    compiled: Compiled,
}

/// The keys as the table had them last.
#[derive(Debug, Default)]
struct Shown {
    keys: Vec<IssuerKey>,
    public: PublicKeys,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be used here and now: whoever waits for it signs later.
    #[error("{0}")]
    Away(String),
    /// The document itself.
    #[error(transparent)]
    Refused(#[from] SignError),
}

impl Signing {
    /// Signs by the keys of the table, with the private halves of these keyrings. The first start
    /// of an installation brings the configured keys into the table.
    ///
    /// # Errors
    /// When there is no key yet, or the table cannot be read.
    pub async fn start(
        issuer: Arc<Issuer>,
        keyrings: Keyrings,
        store: &Store,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let signing = Self(Arc::new(Inner {
            issuer,
            store: store.clone(),
            clock: clock.clone(),
            keyrings,
            shown: RwLock::default(),
            living: RwLock::default(),
            compiled: Compiled::default(),
        }));
        signing.refresh().await?;
        let (slug, now) = (&signing.0.issuer.profile().slug, clock.now());
        if !signing.shown().keys.iter().any(|key| key.purpose == Purpose::Badge) {
            store.first_key(slug, &signing.0.keyrings.badge.first().await?, now).await?;
        }
        if !signing.shown().keys.iter().any(|key| key.purpose == Purpose::Jwt)
            && let Some(key) = signing.0.keyrings.jwt.given()?.first()
        {
            store.first_key(slug, &key.entry(), now).await?;
        }
        signing.refresh().await?;
        Ok(signing)
    }

    /// The issuer.
    pub fn issuer(&self) -> &Arc<Issuer> {
        &self.0.issuer
    }

    /// The DID document, with every key that is trusted; `None` for `did:key`.
    pub fn did_document(&self) -> Option<Value> {
        self.0.issuer.did_document(&self.shown().public)
    }

    /// The key that signs, by its name, if this process can sign with it.
    ///
    /// # Errors
    /// [`SigningError::Away`] when it cannot.
    pub async fn ready(&self) -> Result<String, SigningError> {
        if self.shown().active(Purpose::Badge).is_none() {
            self.refresh().await?;
        }
        let shown = self.shown();
        let active = shown.active(Purpose::Badge);
        let active = active.ok_or_else(|| SigningError::Away("no key signs now".to_owned()))?;
        let found = self.0.keyrings.badge.has(&active.name).await;
        found.map_err(|error| SigningError::Away(format!("{error:#}")))?;
        Ok(active.name.clone())
    }

    /// The name of the key that signs, whether or not this process can sign with it.
    pub fn active(&self) -> Option<String> {
        self.shown().active(Purpose::Badge).map(|key| key.name.clone())
    }

    /// The keys of embedded proofs that are compromised: what they signed is to be signed anew.
    pub fn compromised(&self) -> Vec<IssuerKey> {
        let shown = self.shown();
        let compromised =
            |key: &&IssuerKey| key.purpose == Purpose::Badge && key.state == KeyState::Compromised;
        shown.keys.iter().filter(compromised).cloned().collect()
    }

    /// A signed credential in JWT form; `None` if there is no key for it here.
    ///
    /// # Errors
    /// When the credential is not this issuer's.
    pub fn jwt(&self, credential: &str) -> Result<Option<String>, SignError> {
        let Some(key) = self.jwt_key() else { return Ok(None) };
        badges::jwt(credential, &self.0.issuer, &key, &SystemRandom::new()).map(Some)
    }

    /// Whether there is a JWT form.
    pub fn has_jwt(&self) -> bool {
        self.jwt_key().is_some()
    }

    fn jwt_key(&self) -> Option<Arc<JwtKey>> {
        let shown = self.shown();
        self.0.keyrings.jwt.get(&shown.active(Purpose::Jwt)?.name).ok()
    }

    /// Follows the table of keys until `stop`, and lets an announced key sign when its time has
    /// come.
    pub async fn follow(self, every: Duration, stop: CancellationToken) {
        // Side by side: a signer that does not answer must not keep a compromised key in `did.json`.
        let both = async { tokio::join!(self.look(every), self.watch(every)) };
        tokio::select! {
            () = stop.cancelled() => {}
            ((), ()) = both => {}
        }
    }

    async fn look(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            // Without the database nothing is signed either: others say that it is away.
            let _ = self.refresh().await;
        }
    }

    async fn watch(&self, every: Duration) {
        let mut lived: Option<DateTime<Utc>> = None;
        for look in 0_u32.. {
            if let Err(error) = self.activate().await {
                tracing::debug!(%error, "no key can be let sign now");
            }
            if look.is_multiple_of(REMIND) {
                for complaint in self.missing().await {
                    tracing::error!(issuer = %self.issuer().profile().slug, "{complaint}");
                }
            }
            let now = self.0.clock.now();
            if lived.is_none_or(|at| now - at >= LIVES) && self.look_at_badges().await.is_ok() {
                lived = Some(now);
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Reads the table anew.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let keys = self.0.store.issuer_keys(&self.0.issuer.profile().slug).await?;
        let mut shown = self.0.shown.write().unwrap_or_else(PoisonError::into_inner);
        for purpose in [Purpose::Badge, Purpose::Jwt] {
            let (before, now) = (shown.active(purpose), active(&keys, purpose));
            if let (Some(before), Some(now)) = (before, now)
                && before.name != now.name
            {
                tracing::info!(key = %now.name, before = %before.name, "another key signs now");
            }
        }
        let living = *self.0.living.read().unwrap_or_else(PoisonError::into_inner);
        *shown = Arc::new(Shown { public: public(&keys, living), keys });
        Ok(())
    }

    /// Lets announced keys sign whose time has come, where this process has them: what no process can
    /// sign with must not become the key that signs.
    async fn activate(&self) -> Result<(), StoreError> {
        let Inner { store, issuer, clock, .. } = &*self.0;
        for key in &self.shown().keys {
            if key.state == KeyState::Announced
                && key.signs_from <= clock.now()
                && self.0.keyrings.held(key).await.is_ok()
                && store.activate_key(&issuer.profile().slug, &key.name, clock.now()).await?
            {
                self.refresh().await?;
            }
        }
        Ok(())
    }

    /// Looks whether badges live that retired keys may have signed.
    async fn look_at_badges(&self) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        // What has just ended is still looked at with clocks that are late.
        let oldest = self.0.store.oldest_living(&self.0.issuer.profile().slug, now - ANNOUNCED).await?;
        *self.0.living.write().unwrap_or_else(PoisonError::into_inner) = Living::seen(now, oldest);
        self.refresh().await
    }

    async fn missing(&self) -> Vec<String> {
        self.0.keyrings.missing(&self.shown().keys).await
    }

    fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.0.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shown {
    fn active(&self, purpose: Purpose) -> Option<&IssuerKey> {
        active(&self.keys, purpose)
    }
}

fn active(keys: &[IssuerKey], purpose: Purpose) -> Option<&IssuerKey> {
    keys.iter().find(|key| key.purpose == purpose && key.state == KeyState::Active)
}

/// The keys that verifiers may trust, and need: the one that signs first, then the others, newest
/// first.
fn public(keys: &[IssuerKey], living: Living) -> PublicKeys {
    let mut trusted: Vec<&IssuerKey> = keys.iter().filter(|key| living.needs(key)).collect();
    trusted.sort_by_key(|key| (key.state != KeyState::Active, std::cmp::Reverse(key.number)));
    let of = |purpose| trusted.iter().filter(move |key| key.purpose == purpose);
    let jwk = |key: &&&IssuerKey| Some((key.name.clone(), serde_json::from_str(&key.public_key).ok()?));
    PublicKeys {
        multikeys: of(Purpose::Badge).map(|key| key.public_key.clone()).collect(),
        jwks: of(Purpose::Jwt).filter_map(|key| jwk(&key)).collect(),
    }
}

/// An issuer of the configuration.
///
/// # Errors
/// When its DID cannot be made; with `did:key` also when its key cannot be read.
pub async fn issuer(
    settings: &Settings,
    from: &IssuerSettings,
    keyrings: &Keyrings,
) -> anyhow::Result<Issuer> {
    let profile = Profile {
        slug: from.slug.clone(),
        name: from.name.clone(),
        url: from.url.clone(),
        description: from.description.clone(),
        email: from.email.clone(),
        image: from.image.clone(),
    };
    Ok(match from.did {
        // That of the institution is where it was when there could be no other issuer.
        DidMethod::Web if from.slug == settings.issuer.slug => {
            Issuer::with_did_web(profile, &settings.public_url)
                .with_context(|| format!("{}.did", from.table(settings)))?
        }
        DidMethod::Web => Issuer::with_did_web_below(profile, &settings.public_url)
            .with_context(|| format!("{}.did", from.table(settings)))?,
        DidMethod::Key => {
            let key = keyrings.badge.first().await?.name;
            Issuer::with_did_key(profile, &settings.public_url, &key)
        }
    })
}

/// Before anything is made: whether there is a key to sign with. The first one may be gone when the
/// table says that another one is in use.
///
/// # Errors
/// When there is none.
pub async fn may_start(
    settings: &Settings,
    issuer: &IssuerSettings,
    keyrings: &Keyrings,
) -> anyhow::Result<()> {
    // A program is asked when the table is empty, and where something is to be signed.
    let Signer::Keys(keys) = &keyrings.badge else { return Ok(()) };
    let Err(missing) = keys.first() else { return Ok(()) };
    let store = Store::open(settings.database.url.expose(), 1).await.ok();
    let keys = match &store {
        Some(store) => store.issuer_keys(&issuer.slug).await?,
        None => Vec::new(),
    };
    if active(&keys, Purpose::Badge).is_some() { Ok(()) } else { Err(missing) }
}

#[cfg(test)]
mod tests;
