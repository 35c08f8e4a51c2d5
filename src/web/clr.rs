//! The learner record of a badge that was earned through others: the badge and these, in one signed
//! document (Comprehensive Learner Record 2.0).

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use uuid::Uuid;

use crate::badges::{learner_record, rests_on};
use crate::locales::Language;
use crate::signing::SigningError;
use crate::store::StoredCredential;

use super::Web;
use super::documents::{CREDENTIAL, reply};
use super::error::PageError;
use super::view;

/// More badges than any stack has.
const MOST_BADGES: usize = 40;

/// `GET /credentials/{id}/clr.json`
///
/// Signed when it is asked for, as the badges in it stand: what is private, withdrawn, on hold or
/// over is left out, and where the badge itself is, there is no record.
pub(super) async fn show(
    State(web): State<Web>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
    let stored = web.public(id).await?;
    if !counts(&web, &stored) {
        return Ok(none(
            StatusCode::GONE,
            "The badge was withdrawn, is on hold or has ended, so there is no learner record of it now.\n",
        ));
    }
    let below = below(&web, &stored).await?;
    if below.is_empty() {
        return Ok(none(
            StatusCode::NOT_FOUND,
            "This badge does not rest on other badges that are public and count today. The badge itself, as \
             JSON, is at its own address with .json.\n",
        ));
    }
    let read = |stored: &StoredCredential| serde_json::from_str(&stored.document);
    let documents: Result<Vec<Value>, _> = below.iter().map(read).collect();
    let (badge, below) = read(&stored)
        .and_then(|badge: Value| Ok((badge, documents?)))
        .map_err(|error| PageError::fault("a credential cannot be read", &error))?;
    let _turn = web.turn().await?;
    // By who issued the badge itself: its place in the status list is the record's, too.
    let signing = web.site.issuers.signing(&stored.issuer)?;
    let record = learner_record(signing.issuer(), &badge, &below);
    match signing.sign_one(record, web.site.clock.now()).await {
        Ok((text, _)) => Ok(reply(&headers, CREDENTIAL, "no-cache", text.into_bytes())),
        // Each badge was signed, but what they say of one thing together is not.
        Err(SigningError::Refused(why)) => {
            tracing::info!(%why, badge = %id, "a learner record cannot be signed");
            Ok(none(
                StatusCode::NOT_FOUND,
                "There is no learner record of this badge: together, its badges say something that verifiers \
                 would read in different ways, such as two names of one issuer. Each badge holds by itself; its \
                 JSON is at its own address with .json.\n",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// The badges on which this one rests, and those on which these do, as far as they are the same
/// person's, public, and count today.
pub(super) async fn below(web: &Web, stored: &StoredCredential) -> Result<Vec<StoredCredential>, PageError> {
    let named = |stored: &StoredCredential| {
        let document = serde_json::from_str::<Value>(&stored.document).unwrap_or_default();
        rests_on(&document, &web.public_url)
    };
    let mut next = named(stored);
    if next.is_empty() {
        return Ok(Vec::new());
    }
    let theirs: BTreeSet<Uuid> = web.site.store.credentials_beside(stored.id).await?.into_iter().collect();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(id) = next.pop() {
        if found.len() >= MOST_BADGES || !theirs.contains(&id) || !seen.insert(id) {
            continue;
        }
        let one = match web.public(id).await {
            Ok(one) => one,
            Err(PageError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        next.extend(named(&one));
        if counts(web, &one) {
            found.push(one);
        }
    }
    found.sort_by_key(|one| (one.awarded_at, one.id));
    Ok(found)
}

/// Whether a badge counts today.
pub(super) fn counts(web: &Web, stored: &StoredCredential) -> bool {
    web.view(stored, Language::English).state == view::State::Valid
}

fn none(status: StatusCode, why: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], why).into_response()
}
