//! The certificate of a credential, as PDF.

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::badges::BadgeImage;
use crate::badges::certificate::Certificate;
use crate::locales::Language;
use crate::store::StoredCredential;

use super::documents::reply;
use super::error::PageError;
use super::reader::Reader;
use super::view::{Credential, State};
use super::{Web, images};

/// Certificates that are drawn at the same time; more requests wait for their turn.
pub(super) const AT_ONCE: usize = 2;

/// The certificate of a public credential. One that was withdrawn or is on hold has none: a sheet of
/// paper could not tell.
pub(super) async fn of(
    web: &Web,
    headers: &HeaderMap,
    stored: &StoredCredential,
    reader: Reader,
) -> Result<Response, PageError> {
    let (view, language) = spoken(|language| web.view(stored, language), reader.language);
    if matches!(view.state, State::Revoked | State::Suspended) {
        return Err(PageError::NoCertificate);
    }
    let image = images::of(web, &stored.badge);
    let certificate = compose(view, language, stored.awarded_at, image);
    let turn = web.turn().await?;
    let drawn = images::bake(move || {
        // Until it is drawn, also if nobody waits for it any more.
        let _turn = turn;
        certificate.can_be_drawn().then(|| certificate.pdf()).transpose()
    });
    let pdf = drawn.await?.ok_or(PageError::NoLetters)?;
    Ok(Reader { language, ..reader }.label(reply(headers, "application/pdf", "no-cache", pdf)))
}

/// The credential in a language in which the badge itself speaks: the reader's, else its own. What
/// the badge says and what stands around it belong together.
pub(super) fn spoken(view: impl Fn(Language) -> Credential, reader: Language) -> (Credential, Language) {
    let credential = view(reader);
    let language = Language::of_tag(&credential.badge.language).unwrap_or_default();
    if language == reader { (credential, language) } else { (view(language), language) }
}

/// What stands on it.
pub(super) fn compose(
    view: Credential,
    language: Language,
    awarded_at: DateTime<Utc>,
    image: BadgeImage,
) -> Certificate {
    let fact = |key: &str, value: String| (language.say(key), value);
    let mut facts = vec![fact("certificate-awarded", view.awarded.text)];
    facts.extend(view.until.map(|until| fact("certificate-until", until.text)));
    facts.extend(view.badge.credits.map(|credits| fact("certificate-credits", credits)));
    facts.extend(view.badge.field.map(|field| fact("certificate-field", field)));
    Certificate {
        language: language.tag().to_owned(),
        right_to_left: language.dir() == "rtl",
        title: language.say("certificate-title"),
        certifies: language.say("certificate-certifies"),
        earned: language.say("certificate-earned"),
        check: language.say("certificate-check"),
        issuer: view.issuer,
        holder: view.holder,
        badge: view.badge.name,
        description: view.badge.description,
        facts,
        id: view.id,
        url: view.url,
        awarded_at,
        image,
    }
}
