//! What people and verifiers see: claim pages, public pages, the documents that ids promise.

mod accept;
mod address;
mod assets;
mod badge;
mod certificate;
mod claim;
mod clr;
mod crawlers;
mod credential;
mod documents;
mod error;
mod front;
mod headers;
mod images;
mod limiter;
mod linkedin;
mod markdown;
mod oembed;
mod outbox;
mod pages;
mod pathway;
mod reader;
mod results;
mod structured;
#[cfg(test)]
mod tests;
mod verify;
mod view;
mod wallet;

use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use url::Url;
use uuid::Uuid;

use crate::arriving::{self, Room};
use crate::badges::Issuer;
use crate::catalogs::Catalogs;
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::locales::Language;
use crate::remote::Fetcher;
use crate::signing::{Issuers, Signing};
use crate::store::{Store, StoredCredential};
use crate::unread;

pub(crate) use accept::wants_document;
pub(crate) use verify::form_field;

/// Everything that pages need.
#[derive(Debug, Clone)]
pub struct Site {
    /// The database.
    pub store: Store,
    /// The badges.
    pub catalogs: Catalogs,
    /// Who issues, each with its keys.
    pub issuers: Issuers,
    /// Where this installation answers.
    pub public_url: Url,
    /// The issuers' numbers on LinkedIn, by slug.
    pub linkedin: BTreeMap<String, u64>,
    /// The time.
    pub clock: Clock,
    /// Reads what badges of others name.
    pub fetcher: Fetcher,
    /// Makes claim tokens, and what wallets show.
    pub secret: ClaimSecret,
    /// How long a new claim link works, in days.
    pub claim_days: u32,
    /// The outbox folder to show at `/dev/outbox`; only in the demo.
    pub dev_outbox: Option<std::path::PathBuf>,
}

/// Every page and document, with a page for whatever is not there; machines read JSON instead.
///
/// The answer to an error depends on this router's own layer. A router with routes of its own
/// can be merged with it as long as it has no fallback.
pub fn router(site: Site) -> Router {
    let mut routes = Router::new()
        .route("/", get(front::show))
        .route("/claim/{token}", get(claim::show).post(claim::take))
        .route("/claim/{token}/{step}", get(claim::ask).post(claim::act))
        .route("/claim/{token}/wallet", post(wallet::section::offer))
        .route("/address/{token}", get(address::ask).post(address::confirm))
        .route("/credentials/{file}", get(credential::show))
        .route("/credentials/{file}/clr.json", get(clr::show))
        .route("/credentials/{file}/verify", get(verify::badge))
        .route("/verify", get(verify::show).post(verify::check))
        .route("/.well-known/did.json", get(documents::did))
        .route("/status/{name}", get(documents::status))
        .route("/achievements/{id}", get(documents::achievement))
        .route("/achievements/{id}/image.png", get(images::show_png))
        .route("/achievements/{id}/image.svg", get(images::show_svg))
        .route("/issuers/{slug}", get(documents::issuer))
        .route("/issuers/{slug}/did.json", get(documents::did_below))
        .route("/assets/{file}", get(assets::asset))
        .route("/oembed", get(oembed::show))
        .route("/robots.txt", get(crawlers::robots))
        .route("/sitemap.xml", get(crawlers::sitemaps))
        .route("/sitemaps/{file}", get(crawlers::sitemap))
        .route("/llms.txt", get(crawlers::guide));
    if site.dev_outbox.is_some() {
        routes = routes
            .route("/dev/outbox", get(outbox::list))
            .route("/dev/outbox/{id}", get(outbox::show))
            .route("/dev/outbox/{id}/html", get(outbox::html));
    }
    let web = Web::new(site);
    routes
        .fallback(async || error::PageError::NotFound)
        .method_not_allowed_fallback(async || error::PageError::Method)
        .layer(from_fn_with_state(web.clone(), headers::finish))
        .with_state(web.clone())
        .merge(wallet::router(web))
        .layer(from_fn_with_state(Room::default(), arriving::within))
        .layer(from_fn(unread::read_on))
}

fn host_did(public_url: &Url) -> String {
    let host = public_url.host_str().unwrap_or_default();
    let port = public_url.port().map_or_else(String::new, |port| format!("%3A{port}"));
    format!("did:web:{host}{port}")
}

/// The site with what is kept between requests.
#[derive(Clone)]
struct Web(Arc<Inner>);

struct Inner {
    site: Site,
    /// The public address without a slash at the end.
    public_url: String,
    /// The `did:web` of this host.
    host_did: String,
    /// Status lists by number and purpose (true for revocation).
    lists: tokio::sync::Mutex<HashMap<(i64, bool), documents::SignedList>>,
    /// Rendered images.
    images: std::sync::Mutex<images::Rendered>,
    /// Who may draw a certificate, or sign a learner record.
    turns: Arc<tokio::sync::Semaphore>,
    /// How often whom verifies.
    limiter: limiter::Limiter,
    /// How often whom does something by a claim link.
    steps: limiter::Limiter,
    /// How often whose wallet asks.
    wallets: limiter::Limiter,
    /// Places for verifications.
    verifications: Arc<tokio::sync::Semaphore>,
}

impl Deref for Web {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Web {
    fn new(site: Site) -> Self {
        let public_url = site.public_url.as_str().trim_end_matches('/').to_owned();
        Self(Arc::new(Inner {
            host_did: host_did(&site.public_url),
            site,
            public_url,
            lists: tokio::sync::Mutex::default(),
            images: std::sync::Mutex::default(),
            turns: Arc::new(tokio::sync::Semaphore::new(certificate::AT_ONCE)),
            limiter: limiter::Limiter::new(verify::MOST_A_MINUTE),
            steps: limiter::Limiter::new(claim::MOST_A_MINUTE),
            wallets: limiter::Limiter::new(wallet::MOST_A_MINUTE),
            verifications: Arc::new(tokio::sync::Semaphore::new(verify::AT_ONCE)),
        }))
    }

    /// The credential as pages show it.
    fn view(&self, stored: &StoredCredential, language: Language) -> view::Credential {
        let catalog = self.site.catalogs.current();
        let file = catalog.known(&stored.badge).map(|file| (&file.achievement, file.image.is_some()));
        view::Credential::read(stored, file, &self.public_url, self.site.clock.now(), language)
    }

    /// A credential that everybody may see. It is private until its holder claims it, and again
    /// while they hide it: then nobody learns that it exists.
    async fn public(&self, id: Uuid) -> Result<StoredCredential, error::PageError> {
        let stored = self.site.store.credential(id).await?;
        if stored.is_none() && self.site.store.credential_erased(id).await? {
            return Err(error::PageError::Erased);
        }
        stored.filter(StoredCredential::is_public).ok_or(error::PageError::NotFound)
    }

    /// The right to keep a processor busy, until it is dropped.
    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, error::PageError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map_err(|error| error::PageError::fault("no turn", &error))
    }

    /// Every badge of the catalogue, or those of one issuer.
    fn badges(&self, t: Language, issuer: Option<&str>) -> Vec<badge::Badge> {
        let badge =
            |file: &crate::config::BadgeFile| badge::Badge::of(&file.achievement, file.image.is_some(), t);
        let catalog = self.site.catalogs.current();
        let theirs = catalog.badges.iter().filter(|file| issuer.is_none_or(|slug| file.issuer == slug));
        theirs.map(badge).collect()
    }

    /// The institution itself.
    fn own(&self) -> &Issuer {
        self.site.issuers.own().issuer()
    }

    /// The issuer of this slug; the institution itself for one that the configuration does not have
    /// any more.
    fn issuer(&self, slug: &str) -> &Issuer {
        self.site.issuers.of(slug).map_or_else(|| self.own(), |one| one.issuer())
    }

    /// Whether badges of this issuer have a JWT form.
    fn has_jwt(&self, slug: &str) -> bool {
        self.site.issuers.of(slug).is_some_and(Signing::has_jwt)
    }

    /// Whom to ask about the installation.
    fn contact(&self) -> Option<&str> {
        self.own().profile().email.as_deref()
    }

    /// Whom to ask about a badge of this issuer.
    fn contact_of(&self, slug: &str) -> Option<&str> {
        self.issuer(slug).profile().email.as_deref().or_else(|| self.contact())
    }
}
