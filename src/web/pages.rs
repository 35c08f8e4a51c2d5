//! The templates, and how they become answers.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::header;

use crate::badges::verify::Verdict;
use crate::locales::Language;

use super::Site;
use super::assets::STYLE_PATH;
use super::error::PageError;
use super::verify::Shown;
use super::view::{Badge, Credential, Day, State};

/// What stands around every page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The institution's name.
    pub(super) site: String,
    /// The style sheet.
    pub(super) css: &'static str,
    /// Whether to link to the outbox of the demo.
    pub(super) outbox: bool,
    /// The language of the page.
    pub(super) t: Language,
    /// Whether the page is there in every language, to choose from.
    pub(super) choice: bool,
}

impl Frame {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            site: site.issuer.profile().name.clone(),
            css: STYLE_PATH.as_str(),
            outbox: site.dev_outbox.is_some(),
            t: Language::English,
            choice: false,
        }
    }

    /// Of a page that is there in every language.
    pub(super) fn speaking(site: &Site, language: Language) -> Self {
        Self { t: language, choice: true, ..Self::of(site) }
    }
}

/// A credential in public.
#[derive(Template)]
#[template(path = "credential.html", config = "src/web/askama.toml")]
pub(super) struct CredentialPage<'a> {
    pub(super) frame: Frame,
    pub(super) credential: &'a Credential,
    pub(super) badge: &'a Badge,
    pub(super) public_url: &'a str,
    /// Whether there is a JWT form.
    pub(super) jwt: bool,
    /// schema.org, safe inside a `script` element.
    pub(super) structured: String,
    /// LinkedIn's form, filled in.
    pub(super) linkedin: String,
}

/// A credential as its holder sees it by the claim link.
#[derive(Template)]
#[template(path = "claim.html", config = "src/web/askama.toml")]
pub(super) struct ClaimPage<'a> {
    pub(super) frame: Frame,
    pub(super) credential: &'a Credential,
    pub(super) badge: &'a Badge,
    /// Where the button leads: the page's own address.
    pub(super) action: &'a str,
    /// The badge's public page.
    pub(super) open: &'a str,
    pub(super) claimed: bool,
    pub(super) link_until: Day,
    pub(super) contact: Option<&'a str>,
}

/// A badge, whoever holds it.
#[derive(Template)]
#[template(path = "achievement.html", config = "src/web/askama.toml")]
pub(super) struct AchievementPage<'a> {
    pub(super) frame: Frame,
    pub(super) badge: &'a Badge,
    pub(super) issuer_slug: &'a str,
    pub(super) public_url: &'a str,
}

/// The issuer.
#[derive(Template)]
#[template(path = "issuer.html", config = "src/web/askama.toml")]
pub(super) struct IssuerPage<'a> {
    pub(super) frame: Frame,
    pub(super) description: Option<&'a str>,
    pub(super) url: &'a str,
    pub(super) contact: Option<&'a str>,
    pub(super) did: &'a str,
    pub(super) badges: Vec<Badge>,
}

/// `/`
#[derive(Template)]
#[template(path = "front.html", config = "src/web/askama.toml")]
pub(super) struct FrontPage<'a> {
    pub(super) frame: Frame,
    pub(super) url: &'a str,
    pub(super) contact: Option<&'a str>,
    pub(super) public_url: &'a str,
    pub(super) badges: Vec<Badge>,
}

/// `/verify`
#[derive(Template)]
#[template(path = "verify.html", config = "src/web/askama.toml")]
pub(super) struct VerifyPage<'a> {
    pub(super) frame: Frame,
    pub(super) shown: Option<&'a Shown>,
    /// What to do, when nothing could be verified.
    pub(super) hint: Option<&'a str>,
}

/// Something went wrong.
#[derive(Template)]
#[template(path = "error.html", config = "src/web/askama.toml")]
pub(super) struct ErrorPage<'a> {
    pub(super) frame: Frame,
    pub(super) code: u16,
    pub(super) heading: &'static str,
    pub(super) paragraphs: &'static [&'static str],
    pub(super) contact: Option<&'a str>,
}

/// The outbox of the demo.
#[derive(Template)]
#[template(path = "outbox.html", config = "src/web/askama.toml")]
pub(super) struct OutboxPage {
    pub(super) frame: Frame,
    pub(super) mails: Vec<OutboxMail>,
}

/// One mail of the outbox.
#[derive(Template)]
#[template(path = "outbox_mail.html", config = "src/web/askama.toml")]
pub(super) struct OutboxMailPage {
    pub(super) frame: Frame,
    pub(super) mail: OutboxMail,
    pub(super) link: Option<String>,
}

/// A mail as the outbox shows it.
#[derive(Debug, Clone)]
pub(super) struct OutboxMail {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) time: String,
    pub(super) text: String,
}

impl<'a> ErrorPage<'a> {
    pub(super) fn of(frame: Frame, error: PageError, contact: Option<&'a str>) -> Self {
        let (heading, paragraphs): (_, &[&str]) = match error {
            PageError::NotFound => (
                "There is no page here",
                &[
                    "The address may be incomplete, or the badge behind it is not public: a badge gets its page when its holder claims it.",
                ],
            ),
            PageError::UnknownLink => (
                "We do not know this claim link",
                &[
                    "Some mail programs cut long addresses in two. Please open the mail again and copy the whole link.",
                    "If it still does not work, ask for a new one.",
                ],
            ),
            PageError::LinkEnded => (
                "This claim link has ended",
                &[
                    "Your badge is safe: only the link is too old. Ask for a new one, and say which badge it is about.",
                ],
            ),
            PageError::NoCertificate => (
                "There is no certificate of this badge now",
                &[
                    "The badge was withdrawn or is on hold. Its page, at the same address without “.pdf”, says how it stands.",
                ],
            ),
            PageError::NoLetters => (
                "We cannot print this certificate",
                &[
                    "A name on it is written in letters that our printing fonts do not have. The badge itself is complete: its page, at the same address without “.pdf”, shows it, and the other files work.",
                ],
            ),
            PageError::Method => {
                ("This address cannot do that", &["Please start again from the page before."])
            }
            PageError::TooMany => (
                "That was a lot at once",
                &[
                    "Badges can be verified twenty times a minute from one place. Please try again in a minute.",
                ],
            ),
            PageError::Busy => {
                ("Many badges are being verified right now", &["Please try again in a few seconds."])
            }
            PageError::TooLarge => (
                "This file is too large",
                &["A badge may have up to 8 MB. Its document (JSON) is much smaller than its image."],
            ),
            PageError::Unavailable => (
                "We are not quite there",
                &[
                    "Something that this page needs is being restarted. Please try again in a minute; nothing is lost.",
                ],
            ),
            PageError::Internal => (
                "That went wrong on our side",
                &["It has been noted, and somebody will look at it. Please try again later."],
            ),
        };
        Self { frame, code: error.status().as_u16(), heading, paragraphs, contact }
    }
}

/// A page that may change at any time.
pub(super) fn answer(page: &impl Template) -> Result<Response, PageError> {
    let html = page.render().map_err(|error| PageError::fault("a page cannot be rendered", &error))?;
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, html).into_response())
}
