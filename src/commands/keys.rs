//! `accolade keys`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::json;

use crate::badges::{Issuer, SigningKey};
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::config::{IssuerSettings, Settings};
use crate::secrets;
use crate::signing::{self, ANNOUNCED, Keyrings, Living, Private as _, Whereabouts};
use crate::store::{Compromised, IssuerKey, KeyState, NewKey, Purpose, Store};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make each issuer's signing key, its key for badges in JWT form, and the secret of claim links,
    /// each where it is missing. Keep a copy of all in a safe place: without them no badge can be
    /// issued.
    Generate,
    /// Show the keys: which signs, which are trusted, how many badges each signed, and where it is.
    List {
        /// Those of this issuer alone, by its slug.
        #[arg(long, value_name = "SLUG")]
        issuer: Option<String>,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Replace the signing key: the new one is published now, and signs six minutes later, when every
    /// verifier can know it. Badges that are out stay valid.
    ///
    /// The new key is made beside the present one, or is one that is configured and not in use yet.
    Rotate {
        /// The key of this issuer, by its slug, not that of the institution itself ([issuer]).
        #[arg(long, value_name = "SLUG")]
        issuer: Option<String>,
        /// Replace the key of badges in JWT form instead.
        #[arg(long)]
        jwt: bool,
    },
    /// Say that somebody else may have a key: it is trusted no more from now on, and all badges that
    /// it signed are signed anew. Another key signs at once: the one announced, or else a new one.
    ///
    /// Learners' copies from before (files, images, wallets) then fail; the badge at its address, and
    /// every copy downloaded from now on, is valid.
    Compromised {
        /// The key, or the beginning of its name, as `accolade keys list` shows it.
        #[arg(value_name = "ID")]
        key: String,
        /// Whose key, by the issuer's slug; only needed where keys of several issuers begin so.
        #[arg(long, value_name = "SLUG")]
        issuer: Option<String>,
        /// What happened. It is kept for ever, and shown by `accolade keys list` only.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Sign for another process, as `issuer.signer` asks for it: one JSON object a line on standard
    /// input, one answer a line on standard output. For keys of another user of this machine (started
    /// by `sudo -u`), and to see how a signer of your own has to answer.
    Signer {
        /// Files with private keys (Ed25519, PKCS#8 PEM), the first key first.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// `settings` are read where they are needed: a signer needs none.
pub(super) async fn run(
    command: &Keys,
    settings: impl Fn() -> anyhow::Result<Settings>,
) -> anyhow::Result<ExitCode> {
    match command {
        Keys::Signer { files } => super::signer::run(files)?,
        Keys::Generate => generate(&settings()?)?,
        Keys::List { issuer, json } => {
            let settings = settings()?;
            let offices = match issuer {
                Some(slug) => vec![Office::of(&settings, slug).await?],
                None => Office::all(&settings).await?,
            };
            list(&offices, *json).await?;
        }
        Keys::Rotate { issuer, jwt } => {
            let settings = settings()?;
            let slug = issuer.as_ref().unwrap_or(&settings.issuer.slug);
            Office::of(&settings, slug).await?.rotate(*jwt).await?;
        }
        Keys::Compromised { key, issuer, reason } => {
            let (reason, settings) = (super::whom::text("reason", reason)?, settings()?);
            let offices = match issuer {
                Some(slug) => vec![Office::of(&settings, slug).await?],
                None => Office::all(&settings).await?,
            };
            let mut with_it = offices.iter().filter(|office| office.has(key));
            let (office, more) = (with_it.next().or(offices.first()), with_it.next().is_some());
            match office {
                Some(office) if !more => office.compromised(key, &reason).await?,
                _ => bail!("keys of several issuers begin with “{key}”; say whose with --issuer"),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(settings: &Settings) -> anyhow::Result<()> {
    for (table, issuer) in settings.every_issuer() {
        let own = issuer.slug == settings.issuer.slug;
        let of = if own { String::new() } else { format!(" of {}", issuer.slug) };
        let (key, jwt_key) = (format!("signing key{of}"), format!("key of the JWT form{of}"));
        match &issuer.key {
            Some(_) => println!("{key}: {table}.key gives it"),
            None if !issuer.signer.is_empty() => println!("{key}: {table}.signer has it"),
            None => make(&issuer.key_file, &key, || Ok(SigningKey::generate()?))?,
        }
        match &issuer.jwt_key {
            Some(_) => println!("{jwt_key}: {table}.jwt_key gives it"),
            None => make(&issuer.jwt_key_file, &jwt_key, secrets::new_jwt_key)?,
        }
    }
    make(&settings.claim.secret_file, "secret of claim links", || {
        Ok(ClaimSecret::new(rand::random()).to_text())
    })
}

fn make(file: &Path, what: &str, text: impl Fn() -> anyhow::Result<String>) -> anyhow::Result<()> {
    if file.exists() {
        println!("{what}: {} is there already", file.display());
        return Ok(());
    }
    secrets::write_new(file, &text()?)?;
    println!("{what}: made {} (mode 0600)", file.display());
    Ok(())
}

/// Said of an issuer that was never started.
const NO_KEY: &str =
    "has no key in use yet: the next start of `accolade serve` takes the one of the configuration";

/// Where keys are looked after.
struct Office {
    store: Store,
    issuer: Issuer,
    keyrings: Keyrings,
    keys: Vec<IssuerKey>,
    now: DateTime<Utc>,
}

impl Office {
    /// That of an issuer.
    async fn of(settings: &Settings, slug: &str) -> anyhow::Result<Self> {
        let known = || {
            let known = settings.every_issuer().map(|(_, issuer)| issuer.slug.clone());
            format!(
                "--issuer: there is no issuer “{slug}”; there are {}",
                known.collect::<Vec<_>>().join(", ")
            )
        };
        Self::open(settings, settings.issuer_of(slug).with_context(known)?).await?.in_use()
    }

    /// That of every issuer.
    async fn all(settings: &Settings) -> anyhow::Result<Vec<Self>> {
        let mut all = Vec::new();
        for (_, issuer) in settings.every_issuer() {
            let office = Self::open(settings, issuer).await?;
            // One that was added since the last start has no key yet.
            all.push(if all.is_empty() { office.in_use()? } else { office });
        }
        Ok(all)
    }

    async fn open(settings: &Settings, issuer: &IssuerSettings) -> anyhow::Result<Self> {
        secrets::install_tls();
        let keyrings = Keyrings::of(&issuer.table(settings), issuer);
        let issuer = signing::issuer(settings, issuer, &keyrings).await?;
        let store = super::opened(settings, 1).await?;
        let keys = store.issuer_keys(&issuer.profile().slug).await?;
        Ok(Self { store, issuer, keyrings, keys, now: Clock::system().now() })
    }

    fn in_use(self) -> anyhow::Result<Self> {
        if self.keys.is_empty() {
            bail!("{} {NO_KEY}", self.slug());
        }
        Ok(self)
    }

    fn slug(&self) -> &str {
        &self.issuer.profile().slug
    }

    fn replaceable(&self) -> anyhow::Result<()> {
        if self.issuer.publishes_keys() {
            return Ok(());
        }
        bail!(
            "the key of this issuer cannot be replaced: its identifier is the key itself (issuer.did = \"key\"), \
             and every badge names it. Another key is another issuer: to have keys that can be replaced, \
             set issuer.did = \"web\" before the first badge"
        )
    }

    async fn rotate(&self, jwt: bool) -> anyhow::Result<()> {
        self.replaceable()?;
        let purpose = if jwt { Purpose::Jwt } else { Purpose::Badge };
        let mut of = self.keys.iter().filter(|key| key.purpose == purpose);
        if let Some(waiting) = of.clone().find(|key| key.state == KeyState::Announced) {
            bail!(
                "{} is announced already and signs from {} on; one key is replaced at a time",
                waiting.name,
                time(waiting.signs_from)
            );
        }
        let next = self.next(purpose).await?;
        let signs_from = self.now + ANNOUNCED;
        if of.next().is_none() {
            // There was none, so no JWT waits for the old one.
            self.store.first_key(self.slug(), &next, self.now).await?;
            println!("{} signs from now on", next.name);
            return Ok(());
        }
        if !self.store.announce_key(self.slug(), &next, signs_from, self.now).await? {
            bail!("somebody else replaced the key meanwhile; look at it with `accolade keys list`");
        }
        println!("{} is announced: did.json shows it, and it signs from {} on", next.name, time(signs_from));
        if let Some(file) = self.file_of(purpose, &next.name) {
            println!(
                "its private half is {}: put it into the backup and, until then, into the same folder of every \
                 machine that runs workers or pages",
                file.display()
            );
        }
        println!("nothing has to be restarted; `accolade keys list` shows when it signs");
        Ok(())
    }

    fn has(&self, start: &str) -> bool {
        self.keys.iter().any(|key| key.name.starts_with(start))
    }

    async fn compromised(&self, start: &str, reason: &str) -> anyhow::Result<()> {
        self.replaceable()?;
        let found: Vec<&IssuerKey> = self.keys.iter().filter(|key| key.name.starts_with(start)).collect();
        let [key] = found.as_slice() else {
            bail!("no single key begins with “{start}”; `accolade keys list` shows them");
        };
        let announced =
            self.keys.iter().any(|other| other.purpose == key.purpose && other.state == KeyState::Announced);
        let next = match (key.state, announced) {
            (KeyState::Active, false) => Some(self.next(key.purpose).await?),
            _ => None,
        };
        let done = self.store.compromise_key(self.slug(), &key.name, next.as_ref(), reason, self.now).await?;
        let successor = match done {
            Compromised::Done(successor) => successor,
            Compromised::Already => bail!("{} is compromised already", key.name),
            Compromised::NoSuccessor | Compromised::Unknown => {
                bail!(
                    "somebody else changed the keys meanwhile; look at them with `accolade keys list`, and do it again"
                )
            }
        };
        println!("{} is compromised: did.json does not show it any more", key.name);
        if let Some(next) = successor {
            println!("{next} signs from now on");
            if let Some(file) = self.file_of(key.purpose, &next) {
                println!(
                    "its private half is {}: put it into the backup, and now into the same folder of every machine \
                     that runs workers or pages; without it they sign nothing, and work waits",
                    file.display()
                );
            }
        }
        if key.purpose == Purpose::Badge {
            println!(
                "its badges are signed anew, at once where `accolade serve` runs, else when it starts; \
                 `accolade keys list` shows how many are left. Learners' copies from before fail from now on: \
                 tell them to download their badge again"
            );
        }
        Ok(())
    }

    /// The keys with the number of badges that each signed.
    async fn counted(&self) -> anyhow::Result<Vec<(&IssuerKey, u32)>> {
        let signed = self.store.count_signed(self.slug()).await?;
        let badges = |key: &IssuerKey| -> u32 {
            let first = key.purpose == Purpose::Badge && key.number == 1;
            let of = |name: &Option<String>| name.as_ref().map_or(first, |name| *name == key.name);
            signed.iter().filter(|(name, _)| of(name)).map(|(_, count)| count).sum()
        };
        Ok(self.keys.iter().map(|key| (key, badges(key))).collect())
    }

    async fn next(&self, purpose: Purpose) -> anyhow::Result<NewKey> {
        match purpose {
            Purpose::Badge => self.keyrings.badge.next(&self.names()).await,
            Purpose::Jwt => Ok(self.keyrings.jwt.next(&self.names())?.entry()),
        }
    }

    /// The file of a private half, if it is in one.
    fn file_of(&self, purpose: Purpose, name: &str) -> Option<PathBuf> {
        let file = match purpose {
            Purpose::Badge => self.keyrings.badge.file_of(name),
            Purpose::Jwt => self.keyrings.jwt.file_of(name),
        };
        file.filter(|file| file.exists())
    }

    fn names(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.name.as_str()).collect()
    }
}

async fn list(offices: &[Office], json: bool) -> anyhow::Result<()> {
    let mut documents = Vec::with_capacity(offices.len());
    for office in offices {
        let keys = office.counted().await?;
        let oldest = office.store.oldest_living(office.slug(), office.now - ANNOUNCED).await?;
        let living = Living::seen(office.now, oldest);
        if json {
            let mut told = Vec::new();
            for (key, badges) in keys {
                told.push(document(key, badges, living, &office.keyrings.whereabouts(key).await));
            }
            documents.push(json!({"issuer": office.slug(), "did": office.issuer.did(), "keys": told}));
            continue;
        }
        println!("{}", office.issuer.did());
        if keys.is_empty() {
            println!("  it {NO_KEY}");
        }
        for (key, badges) in keys {
            let count = match (key.purpose, badges) {
                (Purpose::Jwt, _) => "JWT form".to_owned(),
                (Purpose::Badge, 1) => "1 badge".to_owned(),
                (Purpose::Badge, count) => format!("{count} badges"),
            };
            println!("  {:<11}  {}  {count}", key.state.as_str(), key.name);
            println!("               {}", story(key, living));
            println!("               private half: {}", office.keyrings.whereabouts(key).await);
        }
    }
    // The first as it was when there could be no other issuer.
    if let Some((mut first, others)) = documents.split_first().map(|(first, others)| (first.clone(), others))
    {
        if !others.is_empty() {
            first["others"] = others.into();
        }
        println!("{}", serde_json::to_string_pretty(&first)?);
    }
    Ok(())
}

/// What happened to a key, for people.
fn story(key: &IssuerKey, living: Living) -> String {
    let since =
        key.activated_at.map_or_else(|| "never signed".to_owned(), |at| format!("signs since {}", time(at)));
    match key.state {
        KeyState::Announced => format!("signs from {} on", time(key.signs_from)),
        KeyState::Active => since,
        KeyState::Retired => {
            let until = key.retired_at.map_or_else(String::new, time);
            let shown = if living.needs(key) {
                "its badges are valid, its private half is not needed any more"
            } else {
                "all badges of its time have ended or were withdrawn: did.json does not need it any more"
            };
            format!("signed until {until}; {shown}")
        }
        KeyState::Compromised => {
            let since = key.compromised_at.map_or_else(String::new, time);
            format!("not trusted since {since}: {}", key.reason)
        }
    }
}

fn document(key: &IssuerKey, badges: u32, living: Living, private: &Whereabouts) -> serde_json::Value {
    let purpose = match key.purpose {
        Purpose::Badge => "badge",
        Purpose::Jwt => "jwt",
    };
    json!({
        "key": key.name, "for": purpose, "state": key.state.as_str(), "badges": badges,
        "announced_at": key.announced_at, "signs_from": key.signs_from, "activated_at": key.activated_at,
        "retired_at": key.retired_at, "compromised_at": key.compromised_at, "reason": key.reason,
        "shown": living.needs(key), "private": {"in": private.kind(), "where": private.to_string()},
    })
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
