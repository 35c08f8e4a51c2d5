//! Every key of the configuration, as Rust values. `config/default.toml` explains each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use accolade_connectors::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use chrono::TimeDelta;
use serde::Deserialize;
use url::Url;

use super::{GuardSettings, Origins, ReconcileSettings, Schedule, Term, TermSettings, cycle};

/// The whole configuration, defaults filled in, secrets resolved.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address at which people and verifiers reach this installation; no path, no slash at
    /// the end is needed. Credential ids begin with it, so it must never change.
    pub public_url: Url,
    /// The folder with one file a badge; relative to the configuration file.
    pub badges: PathBuf,
    /// HTTP.
    pub server: ServerSettings,
    /// Database.
    pub database: DatabaseSettings,
    /// Queue.
    pub queue: QueueSettings,
    /// Mail.
    pub mail: MailSettings,
    /// Mails that come back.
    #[serde(default)]
    pub bounces: BounceSettings,
    /// Claim links.
    pub claim: ClaimSettings,
    /// Who issues the badges.
    pub issuer: IssuerSettings,
    /// Who issues badges beside, by slug: faculties, each with a profile and keys of its own.
    #[serde(default)]
    pub issuers: BTreeMap<String, IssuerSettings>,
    /// Workers.
    pub worker: WorkerSettings,
    /// When the gradebooks are compared with what is stored.
    pub reconcile: ReconcileSettings,
    /// How many awards are expected; more are held for a human.
    pub guard: GuardSettings,
    /// How long what is done with is kept.
    pub retention: RetentionSettings,
    /// Logs.
    pub log: LogSettings,
    /// The institution's terms.
    #[serde(default)]
    pub terms: Vec<TermSettings>,
    /// Sources by name; the name is part of the webhook address `/hooks/{name}`.
    #[serde(default)]
    pub sources: BTreeMap<String, SourceSettings>,
    /// Where each key was written, for problems that are found later ([`Settings::problem`]).
    #[serde(skip)]
    pub origins: Origins,
}

impl Settings {
    /// The institution's terms, in their order.
    pub fn terms(&self) -> Vec<Term> {
        // `load` has refused what is no term.
        cycle::terms(&self.terms).unwrap_or_default()
    }

    /// When a source is reconciled; `None` for one that does not exist.
    pub fn reconcile_schedule(&self, source: &str) -> Option<Schedule> {
        // `load` has refused what is no schedule.
        self.sources.get(source)?.reconcile.as_ref().unwrap_or(&self.reconcile).schedule().ok()
    }

    /// What of each source links learners.
    pub fn identities(&self) -> BTreeMap<String, SourceIdentity> {
        let identity = |source: &SourceSettings| SourceIdentity {
            // Whoever sends an event chooses its address; an LMS's API tells its own.
            verified_addresses: source.verified_addresses.unwrap_or(source.kind != "automation"),
            institution_ids: source.institution_ids.as_deref().map(|name| name.trim().to_owned()),
        };
        self.sources.iter().map(|(name, source)| (name.clone(), identity(source))).collect()
    }
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port to listen on.
    pub listen: String,
    /// Connections at the same time; more are asked to come again.
    pub connections: usize,
    /// The largest webhook body, in bytes.
    pub max_body_bytes: usize,
    /// How long a request may take to arrive and be answered, in seconds.
    pub request_seconds: u64,
    /// How long a stop waits for work in progress, in seconds.
    pub stop_seconds: u64,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://path/to/file.db` or `postgres://…`.
    pub url: Secret,
    /// Connections to PostgreSQL; SQLite has one writer whatever this says.
    pub connections: u32,
}

/// `[queue]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueSettings {
    /// `embedded:` or `amqp://…` / `amqps://…`.
    pub url: Secret,
    /// The topic exchange on RabbitMQ, and the beginning of the queues' names.
    pub exchange: String,
}

/// `[mail]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// `outbox:folder`, `smtp://host:587` (STARTTLS required), `smtps://host:465` (TLS), or
    /// `smtp+plain://host:25` (no encryption; refused with a password unless the host is local).
    /// User and password before the `@`, percent-encoded.
    pub url: Secret,
    /// The sender, as in `Example University <badges@example.edu>`.
    pub from: String,
    /// Where answers go; the sender if empty.
    pub reply_to: Option<String>,
    /// Connections kept open to the mail server.
    pub connections: usize,
    /// Signs mails (RFC 6376), if set.
    pub dkim: Option<DkimSettings>,
}

/// `[mail.dkim]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DkimSettings {
    /// The signing domain.
    pub domain: String,
    /// The selector under `_domainkey`.
    pub selector: String,
    /// A PKCS#1 or PKCS#8 PEM file with an RSA key.
    pub key_file: PathBuf,
}

/// `[bounces]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BounceSettings {
    /// A Maildir to which mail servers send back what they cannot deliver.
    pub maildir: Option<PathBuf>,
    /// Or a mailbox in one file.
    pub mbox: Option<PathBuf>,
    /// What a mail server, or another program, shows that posts to `/bounces`.
    pub secret: Option<Secret>,
    /// The key with which Mailgun signs what it posts to `/bounces/mailgun`.
    pub mailgun_key: Option<Secret>,
    /// The public key of what SendGrid posts to `/bounces/sendgrid`, as it shows it.
    pub sendgrid_key: Option<String>,
}

impl BounceSettings {
    /// SendGrid's key as a point of the curve P-256; nothing if it is none.
    pub fn sendgrid_point(&self) -> Option<Vec<u8>> {
        /// A SubjectPublicKeyInfo of this curve up to its point (RFC 5480).
        const BEFORE: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
            0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let key = STANDARD.decode(self.sendgrid_key.as_ref()?.trim()).ok()?;
        let point = key.strip_prefix(&BEFORE)?;
        (point.len() == 65 && point.first() == Some(&4)).then(|| point.to_vec())
    }
}

/// `[claim]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSettings {
    /// How long a claim link works, in days.
    pub days: u32,
    /// How many days after the mail with the claim link a badge that is not claimed is reminded of.
    pub reminders: Vec<u32>,
    /// The file with the secret from which claim links are made; `accolade keys generate` makes it.
    pub secret_file: PathBuf,
}

impl ClaimSettings {
    /// When reminders are due, after the mail with the claim link.
    pub fn reminders(&self) -> Vec<TimeDelta> {
        self.reminders.iter().map(|days| TimeDelta::days(i64::from(*days))).collect()
    }
}

/// `[issuer]`, `[issuers.SLUG]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// The name in `/issuers/{slug}`: lower-case letters, digits, hyphens.
    pub slug: String,
    /// The institution's name.
    pub name: String,
    /// Its website.
    pub url: Url,
    /// What it is, in a sentence or two.
    pub description: Option<String>,
    /// Its public address for questions about badges.
    pub email: Option<String>,
    /// Its logo (an address on the web).
    pub image: Option<Url>,
    /// Its number on LinkedIn.
    pub linkedin_organization: Option<u64>,
    /// How verifiers find its key.
    pub did: DidMethod,
    /// The signing key itself, PKCS#8 PEM, in place of `key_file`; several one after another.
    pub key: Option<Secret>,
    /// The signing key, PKCS#8 PEM, mode 0600; later ones are beside it.
    pub key_file: PathBuf,
    /// The program that signs in place of a key of this process, with its arguments.
    #[serde(default)]
    pub signer: Vec<String>,
    /// The key of badges in JWT form itself, in place of `jwt_key_file`.
    pub jwt_key: Option<Secret>,
    /// The key of badges in JWT form (P-256 or RSA), PKCS#8 PEM, mode 0600. Without the file there
    /// is no JWT form.
    pub jwt_key_file: PathBuf,
}

/// How verifiers find the issuer's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DidMethod {
    /// `did:web`: the key is published at `/.well-known/did.json`; it can be rotated.
    Web,
    /// `did:key`: the identifier is the key itself; needs no server, can never be rotated.
    Key,
}

/// `[worker]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// How many messages one worker takes at once.
    pub batch: u16,
    /// Calls to one LMS at the same time.
    pub lms_concurrency: usize,
    /// How long one call to an LMS may take, in seconds.
    pub lms_seconds: u64,
    /// How long a signal is confirmed again while the LMS does not show what it tells, in seconds.
    pub settle_seconds: u64,
}

/// `[retention]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionSettings {
    /// How long the body of a delivery and the contents of its signals are kept, in days.
    pub delivery_days: u32,
    /// How long the mail server's answer to a mail that left is kept, in days.
    pub mail_days: u32,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// `text` or `json`.
    pub format: LogFormat,
    /// A filter as in `info,accolade=debug`.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[sources.NAME]`: the kind, and what that kind of connector asks for.
#[derive(Clone, Deserialize)]
pub struct SourceSettings {
    /// One of [`accolade_connectors::KINDS`].
    pub kind: String,
    /// When this source is reconciled, if not as `[reconcile]` says.
    pub reconcile: Option<ReconcileSettings>,
    /// What the institution's ids of its learners are called: sources with the same name here have
    /// the same ids. Without it they link nobody.
    pub institution_ids: Option<String>,
    /// Whether its e-mail addresses link learners; without it those of an LMS do.
    pub verified_addresses: Option<bool>,
    /// How many awards are expected of this source, if not as `[guard]` says: `200 in 1 day`.
    pub expect: Option<String>,
    /// The rest of the table, secrets resolved; each connector's README lists its keys.
    #[serde(flatten)]
    pub table: serde_json::Map<String, serde_json::Value>,
}

/// The kind and the names of the keys: the values may be secrets.
impl std::fmt::Debug for SourceSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<&String> = self.table.keys().collect();
        f.debug_struct("SourceSettings")
            .field("kind", &self.kind)
            .field("reconcile", &self.reconcile)
            .field("institution_ids", &self.institution_ids)
            .field("verified_addresses", &self.verified_addresses)
            .field("expect", &self.expect)
            .field("keys", &keys)
            .finish()
    }
}

/// What of a source links its learners with those of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceIdentity {
    /// Whether its addresses are checked by somebody, and so tell who a learner is.
    pub verified_addresses: bool,
    /// What its institution's ids are called, if they link: the same name, the same ids.
    pub institution_ids: Option<String>,
}

impl Default for SourceIdentity {
    fn default() -> Self {
        Self { verified_addresses: true, institution_ids: None }
    }
}
