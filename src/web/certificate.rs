//! The certificate of a credential, as PDF.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::badges::BadgeImage;
use crate::badges::certificate::Certificate;
use crate::locales::Language;
use crate::store::StoredCredential;

use super::documents::reply;
use super::error::PageError;
use super::view::{Credential, Day, State};
use super::{Web, images};

/// Certificates that are drawn at the same time; more requests wait for their turn.
pub(super) const AT_ONCE: usize = 2;

/// The certificate of a public credential. One that was withdrawn or is on hold has none: a sheet of
/// paper could not tell.
pub(super) async fn of(
    web: &Web,
    headers: &HeaderMap,
    stored: &StoredCredential,
) -> Result<Response, PageError> {
    let view = web.view(stored, Language::English);
    if matches!(view.state, State::Revoked | State::Suspended) {
        return Err(PageError::NoCertificate);
    }
    let certificate = compose(view, stored.awarded_at, images::of(web, &stored.badge));
    let turn = Arc::clone(&web.certificates);
    let turn = turn.acquire_owned().await.map_err(|error| PageError::fault("no turn", &error))?;
    let drawn = images::bake(move || {
        // Until it is drawn, also if nobody waits for it any more.
        let _turn = turn;
        certificate.can_be_drawn().then(|| certificate.pdf()).transpose()
    });
    let pdf = drawn.await?.ok_or(PageError::NoLetters)?;
    Ok(reply(headers, "application/pdf", "no-cache", pdf))
}

/// What stands on it.
pub(super) fn compose(view: Credential, awarded_at: DateTime<Utc>, image: BadgeImage) -> Certificate {
    // The badge's own language: what it says and what stands around it belong together.
    let language = Language::of_tag(&view.badge.language).unwrap_or_default();
    let fact = |key: &str, value: String| (language.say(key), value);
    let mut facts = vec![fact("certificate-awarded", language.day(awarded_at))];
    facts.extend(view.until.map(|until| fact("certificate-until", written(language, until))));
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

/// A day as the language writes it.
fn written(language: Language, day: Day) -> String {
    let midnight = format!("{}T00:00:00Z", day.iso).parse();
    midnight.map_or(day.text, |day| language.day(day))
}
