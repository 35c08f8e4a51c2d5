//! `/address/{token}`: whoever reads a new address confirms it, by the link in the mail to it.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;

use super::Web;
use super::claim::{Step, StepText, step_answer};
use super::error::PageError;
use super::limiter;
use super::reader::Reader;
use crate::claim;

/// `GET /address/{token}`: asks, and changes nothing.
pub(super) async fn ask(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let change = web.site.store.address_change(&hash).await?.ok_or(PageError::UnknownLink)?;
    let t = reader.language;
    if change.confirmed_at.is_some() {
        return done(&web, reader, &change.address);
    }
    if change.until <= web.site.clock.now() {
        return ended(&web, reader);
    }
    let text =
        StepText::new(t.say("confirm-head"), t.html("confirm-what", [("address", change.address.as_str())]))
            .button(reader.keep(&format!("/address/{token}")), t.say("confirm-button"));
    step_answer(&web, reader, StatusCode::OK, text)
}

/// `POST /address/{token}`: mails go there from now on.
pub(super) async fn confirm(
    State(web): State<Web>,
    Path(token): Path<String>,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    let now = web.site.clock.now();
    if !web.steps.admits(limiter::client(&request), now) {
        return Step::often(&web, reader);
    }
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let store = &web.site.store;
    let change = store.address_change(&hash).await?.ok_or(PageError::UnknownLink)?;
    if !store.confirm_address(&hash, now).await? && change.confirmed_at.is_none() {
        return ended(&web, reader);
    }
    done(&web, reader, &change.address)
}

fn done(web: &Web, reader: Reader, address: &str) -> Result<Response, PageError> {
    let t = reader.language;
    let text = StepText::new(t.say("confirmed-head"), t.html("confirmed-what", [("address", address)]));
    step_answer(web, reader, StatusCode::OK, text)
}

fn ended(web: &Web, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let text = StepText::new(t.say("confirm-ended-head"), t.say("confirm-ended-what"));
    step_answer(web, reader, StatusCode::GONE, text)
}
