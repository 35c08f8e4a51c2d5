//! What search engines and language models ask for: `robots.txt`, sitemaps, `llms.txt`.
//!
//! A sitemap names what is public already and nothing else. Its pages follow the status lists: each
//! credential has a place in one, so a page costs the same however many credentials there are.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::Web;
use super::badge::Badge;
use super::documents::reply;
use super::error::PageError;
use super::view::did_path;
use crate::locales::Language;

/// Addresses in one sitemap at most; the protocol allows 50,000.
const PART: i64 = 32_768;
/// What is published shows soon, what is not public any more goes soon.
const KEEP: &str = "public, max-age=3600";
const TEXT: &str = "text/plain; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

/// `GET /robots.txt`: badges may be found, personal links may not. Those to claim pages and addresses are not
/// named here: their pages say `noindex`, which a crawler that may not fetch them would never read, and then
/// list the bare link that it found elsewhere.
pub(super) async fn robots(State(web): State<Web>, headers: HeaderMap) -> Response {
    let rules = format!(
        "User-agent: *\nDisallow: /dev/\nDisallow: /hooks/\nDisallow: /credentials/*/verify\n\
         \nSitemap: {}/sitemap.xml\n",
        web.public_url
    );
    reply(&headers, TEXT, KEEP, rules.into_bytes())
}

/// `GET /sitemap.xml`: the sitemaps.
pub(super) async fn sitemaps(State(web): State<Web>, headers: HeaderMap) -> Result<Response, PageError> {
    let mut names = vec!["badges".to_owned()];
    for (list, size) in web.site.store.status_lists().await? {
        let parts = (size.max(1) - 1) / PART;
        names.extend((0..=parts).map(|part| format!("{list}-{part}")));
    }
    let entries = names.iter().map(|name| format!("{}/sitemaps/{name}.xml", web.public_url));
    Ok(reply(&headers, XML, KEEP, xml("sitemapindex", "sitemap", entries)))
}

/// `GET /sitemaps/badges.xml`: what can be earned; `/sitemaps/{list}-{part}.xml`: public badges of
/// learners.
pub(super) async fn sitemap(
    State(web): State<Web>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let name = file.strip_suffix(".xml").ok_or(PageError::NotFound)?;
    let paths: Vec<String> = if name == "badges" {
        let pages = ["/".to_owned(), "/verify".to_owned()];
        let issuers = web.site.issuers.iter().map(|one| format!("/issuers/{}", one.issuer().profile().slug));
        let catalog = web.site.catalogs.current();
        let badges = catalog.badges.iter().map(|badge| format!("/achievements/{}", badge.achievement.id));
        pages.into_iter().chain(issuers).chain(badges).collect()
    } else {
        let numbers = name.split_once('-').and_then(|(list, part)| Some((number(list)?, number(part)?)));
        let (list, part) = numbers.ok_or(PageError::NotFound)?;
        let from = part.checked_mul(PART).ok_or(PageError::NotFound)?;
        let to = from.checked_add(PART).ok_or(PageError::NotFound)?;
        let ids = web.site.store.public_credentials(list, (from, to)).await?;
        ids.into_iter().map(|id| format!("/credentials/{id}")).collect()
    };
    let entries = paths.into_iter().map(|path| format!("{}{path}", web.public_url));
    Ok(reply(&headers, XML, KEEP, xml("urlset", "url", entries)))
}

/// A number as this program writes it.
fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| *number >= 0 && number.to_string() == text)
}

/// A sitemap of these addresses (sitemaps.org, protocol 0.9).
fn xml(root: &str, entry: &str, addresses: impl Iterator<Item = String>) -> Vec<u8> {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
    );
    for address in addresses {
        let address = address.replace('&', "&amp;").replace('\'', "&apos;");
        out.extend(["<", entry, "><loc>", &address, "</loc></", entry, ">\n"]);
    }
    out.extend(["</", root, ">\n"]);
    out.into_bytes()
}

/// `/llms.txt` (llmstxt.org): for programs, in English.
#[derive(Template)]
#[template(path = "llms.txt", config = "src/web/askama.toml")]
struct Guide<'a> {
    issuer: &'a str,
    description: &'a str,
    url: &'a str,
    public_url: &'a str,
    issuers: Vec<GuidedIssuer<'a>>,
    badges: Vec<Badge>,
}

/// An issuer in it.
struct GuidedIssuer<'a> {
    name: &'a str,
    slug: &'a str,
    did: &'a str,
    /// The path of its DID document, if it has one.
    keys: Option<String>,
}

/// `GET /llms.txt`
pub(super) async fn guide(State(web): State<Web>, headers: HeaderMap) -> Result<Response, PageError> {
    let profile = web.own().profile();
    let issuers = web.site.issuers.iter().map(|one| {
        let (profile, did) = (one.issuer().profile(), one.issuer().did());
        GuidedIssuer { name: &profile.name, slug: &profile.slug, did, keys: did_path(did) }
    });
    let guide = Guide {
        issuer: &profile.name,
        description: profile.description.as_deref().unwrap_or_default(),
        url: profile.url.as_str(),
        public_url: &web.public_url,
        issuers: issuers.collect(),
        badges: web.badges(Language::English, None),
    };
    let text = guide.render().map_err(|error| PageError::fault("llms.txt cannot be made", &error))?;
    Ok(reply(&headers, TEXT, KEEP, text.into_bytes()))
}
