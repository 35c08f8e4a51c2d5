//! The templates, and how they become answers.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::header;

use crate::badges::verify::Verdict;
use crate::locales::Language;

use super::Site;
use super::assets::STYLE_PATH;
use super::badge::Badge;
use super::error::PageError;
use super::pathway::Pathway;
use super::reader::Reader;
use super::verify::Shown;
use super::view::{Credential, Day, State};
use super::wallet::section::Section;

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
    /// What carries the reader's choice of a language on, at the end of a path.
    pub(super) keep: &'static str,
    /// Whether the page is there in every language, to choose from.
    pub(super) choice: bool,
}

impl Frame {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            site: site.issuers.own().issuer().profile().name.clone(),
            css: STYLE_PATH.as_str(),
            outbox: site.dev_outbox.is_some(),
            t: Language::English,
            keep: "",
            choice: false,
        }
    }

    /// Of a page that is there in every language.
    pub(super) fn speaking(site: &Site, reader: Reader) -> Self {
        Self { t: reader.language, keep: reader.choice(), choice: true, ..Self::of(site) }
    }
}

/// In which forms a badge can be taken along. Which of them it has now, its state says.
#[derive(Debug, Clone)]
pub(super) struct Take {
    /// The way to its files, without the ending.
    pub(super) files: String,
    /// Whether there is a JWT form.
    pub(super) jwt: bool,
    /// Whether there is a learner record: the badge was earned through others.
    pub(super) clr: bool,
    /// LinkedIn's form, filled in, for a badge that can be seen and counts.
    pub(super) linkedin: Option<String>,
}

/// A credential in public.
#[derive(Template)]
#[template(path = "credential.html", config = "src/web/askama.toml")]
pub(super) struct CredentialPage<'a> {
    pub(super) frame: Frame,
    pub(super) credential: &'a Credential,
    pub(super) badge: &'a Badge,
    pub(super) public_url: &'a str,
    /// What can be taken along.
    pub(super) take: Take,
    /// schema.org, safe inside a `script` element; it has no words for a badge that was withdrawn.
    pub(super) structured: Option<String>,
    /// Where other sites ask how to embed the page.
    pub(super) oembed: String,
    pub(super) pathway: Pathway,
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
    /// When the holder declined it.
    pub(super) declined: Option<Day>,
    /// Where declining begins.
    pub(super) decline: &'a str,
    /// Where “this is not me” begins.
    pub(super) not_me: &'a str,
    /// Where a change of the address begins.
    pub(super) address: &'a str,
    /// Whether its holder hid its page.
    pub(super) hidden: bool,
    /// Where hiding begins.
    pub(super) hide: &'a str,
    /// Where the form goes that makes it public again.
    pub(super) show: &'a str,
    /// What its holder can take along, once it is claimed.
    pub(super) take: Take,
    pub(super) link_until: Day,
    pub(super) contact: Option<&'a str>,
    /// How it gets into a wallet, if it can.
    pub(super) wallet: Option<Section>,
}

/// What is to be filled in.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The words before it.
    pub(super) label: String,
    /// What stands in it.
    pub(super) value: String,
    /// Why that cannot be.
    pub(super) wrong: Option<String>,
}

/// One thing that the holder of a claim link is told or asked.
#[derive(Template)]
#[template(path = "claim_step.html", config = "src/web/askama.toml")]
pub(super) struct StepPage<'a> {
    pub(super) frame: Frame,
    pub(super) heading: String,
    /// HTML.
    pub(super) text: String,
    /// Where its form goes, and the words on the button.
    pub(super) button: Option<(String, String)>,
    /// What is to be filled in, an address.
    pub(super) field: Option<Field>,
    /// The way back.
    pub(super) back: Option<String>,
    pub(super) contact: Option<&'a str>,
}

/// A badge, whoever holds it.
#[derive(Template)]
#[template(path = "achievement.html", config = "src/web/askama.toml")]
pub(super) struct AchievementPage<'a> {
    pub(super) frame: Frame,
    pub(super) badge: &'a Badge,
    pub(super) issuer_slug: &'a str,
    /// Its name.
    pub(super) issuer: &'a str,
    pub(super) public_url: &'a str,
    /// schema.org, safe inside a `script` element.
    pub(super) structured: String,
    pub(super) pathway: Pathway,
}

/// The issuer.
#[derive(Template)]
#[template(path = "issuer.html", config = "src/web/askama.toml")]
pub(super) struct IssuerPage<'a> {
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) description: Option<&'a str>,
    pub(super) slug: &'a str,
    pub(super) public_url: &'a str,
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
    /// Slugs and names of the issuers, where there are several.
    pub(super) issuers: Vec<(String, String)>,
    pub(super) badges: Vec<Badge>,
}

/// `/verify`
#[derive(Template)]
#[template(path = "verify.html", config = "src/web/askama.toml")]
pub(super) struct VerifyPage<'a> {
    pub(super) frame: Frame,
    pub(super) shown: Option<&'a Shown>,
    /// What to do, when nothing could be verified, as HTML.
    pub(super) hint: Option<String>,
}

/// Something went wrong.
#[derive(Template)]
#[template(path = "error.html", config = "src/web/askama.toml")]
pub(super) struct ErrorPage<'a> {
    pub(super) frame: Frame,
    pub(super) code: u16,
    pub(super) heading: String,
    pub(super) paragraphs: Vec<String>,
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
            PageError::NotFound => ("error-not-found", &["error-not-found-text"]),
            PageError::UnknownLink => {
                ("error-unknown-link", &["error-unknown-link-text", "error-unknown-link-ask"])
            }
            PageError::NoCertificate => ("error-no-certificate", &["error-no-certificate-text"]),
            PageError::Erased => ("error-erased", &["error-erased-text"]),
            PageError::NoLetters => ("error-no-letters", &["error-no-letters-text"]),
            PageError::Method => ("error-method", &["error-method-text"]),
            PageError::TooMany => ("error-too-many", &["error-too-many-text"]),
            PageError::Busy => ("error-busy", &["error-busy-text"]),
            PageError::NoFormat => ("error-no-format", &["error-no-format-text"]),
            PageError::TooLarge => ("error-too-large", &["error-too-large-text"]),
            PageError::Unavailable => ("error-unavailable", &["error-unavailable-text"]),
            PageError::Internal => ("error-internal", &["error-internal-text"]),
        };
        Self {
            code: error.status().as_u16(),
            heading: frame.t.say(heading),
            paragraphs: paragraphs.iter().map(|key| frame.t.say(key)).collect(),
            frame,
            contact,
        }
    }
}

/// A page that may change at any time.
pub(super) fn answer(page: &impl Template) -> Result<Response, PageError> {
    let html = page.render().map_err(|error| PageError::fault("a page cannot be rendered", &error))?;
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, html).into_response())
}
