//! The certificate of a credential, as PDF.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;

use crate::badges::certificate::Certificate;
use crate::store::StoredCredential;

use super::documents::reply;
use super::error::PageError;
use super::view::State;
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
    let view = web.view(stored);
    if matches!(view.state, State::Revoked | State::Suspended) {
        return Err(PageError::NoCertificate);
    }
    let mut facts = vec![("Awarded".to_owned(), view.awarded.text)];
    facts.extend(view.until.map(|until| ("Valid until".to_owned(), until.text)));
    facts.extend(view.badge.credits.map(|credits| ("Credits".to_owned(), credits)));
    facts.extend(view.badge.field.map(|field| ("Field of study".to_owned(), field)));
    let certificate = Certificate {
        language: "en".to_owned(),
        right_to_left: false,
        title: "Certificate".to_owned(),
        certifies: "This is to certify that".to_owned(),
        earned: "has earned the badge".to_owned(),
        check: "This sheet is a picture of a signed Open Badges 3.0 credential. What counts is what its \
                page says today:"
            .to_owned(),
        issuer: view.issuer,
        holder: view.holder,
        badge: view.badge.name,
        description: view.badge.description,
        facts,
        id: view.id,
        url: view.url,
        awarded_at: stored.awarded_at,
        image: images::of(web, &stored.badge),
    };
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
