//! What else the holder of a claim link can do: each step is a page that asks, and a form that does
//! it. The token in the form's address is what allows it; nobody who does not have it can send the
//! form in a holder's name.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::TimeDelta;
use http::{HeaderValue, StatusCode, header};

use super::super::Web;
use super::super::error::PageError;
use super::super::pages::{self, Frame, StepPage};
use super::super::reader::Reader;
use super::super::verify;
use super::super::view::Day;
use crate::claim;
use crate::store::{Links, Resent, StoredCredential};

/// A step, by its name in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Step {
    /// The holder does not want the badge.
    Decline,
    /// Whoever got the mail is somebody else.
    NotMe,
    /// That was a slip.
    Mine,
    /// A new link, please.
    Link,
}

impl Step {
    const ALL: [Self; 4] = [Self::Decline, Self::NotMe, Self::Mine, Self::Link];

    fn name(self) -> &'static str {
        match self {
            Self::Decline => "decline",
            Self::NotMe => "not-me",
            Self::Mine => "mine",
            Self::Link => "link",
        }
    }

    fn of(name: &str) -> Result<Self, PageError> {
        Self::ALL.into_iter().find(|step| step.name() == name).ok_or(PageError::NotFound)
    }

    /// Its address.
    pub(in crate::web) fn path(self, token: &str) -> String {
        format!("/claim/{token}/{}", self.name())
    }
}

/// `GET /claim/{token}/{step}`: asks, and changes nothing.
pub(in crate::web) async fn ask(
    State(web): State<Web>,
    Path((token, step)): Path<(String, String)>,
    reader: Reader,
) -> Result<Response, PageError> {
    let step = Step::of(&step)?;
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let stored = web.site.store.credential_by_claim(&hash).await?;
    let open = stored.filter(|stored| {
        stored.claimed_at.is_none()
            && stored.disowned_at.is_none()
            && !stored.revoked
            && !super::ended(&web, stored)
    });
    match (step, open) {
        (Step::Decline, Some(stored)) => decline(&web, &stored, &token, reader),
        (Step::NotMe, Some(stored)) => not_me(&web, &stored, &token, reader),
        // The claim page knows what there is to do.
        _ => Ok(back(&token, reader)),
    }
}

/// `POST /claim/{token}/{step}`: does it. What it was can be read on the claim page after that.
pub(in crate::web) async fn act(
    State(web): State<Web>,
    Path((token, step)): Path<(String, String)>,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    let step = Step::of(&step)?;
    let now = web.site.clock.now();
    if !web.steps.admits(verify::client(&request), now) {
        return often(&web, reader);
    }
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let store = &web.site.store;
    let said = match step {
        Step::Decline => store.decline(&hash, now).await?,
        Step::NotMe => store.disown(&hash, now).await?,
        Step::Mine => store.own(&hash, now).await?,
        Step::Link => {
            let lasts = TimeDelta::days(i64::from(web.site.claim_days));
            let domain = web.site.public_url.host_str().unwrap_or("localhost");
            let links = Links { secret: &web.site.secret, lasts, domain };
            let resent = store.ask_for_link(&hash, &links, now).await?;
            tracing::info!(
                mailed = matches!(resent, Resent::Mailed { .. }),
                "a new claim link was asked for"
            );
            return asked(&web, reader);
        }
    };
    tracing::info!(step = step.name(), ?said, "the holder of a claim link said something");
    Ok(back(&token, reader))
}

fn back(token: &str, reader: Reader) -> Response {
    Redirect::to(&reader.keep(&format!("/claim/{token}"))).into_response()
}

fn decline(web: &Web, stored: &StoredCredential, token: &str, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let credential = web.view(stored, t);
    let until = Day::of(stored.claim_until, t).text;
    let text = t.html(
        "decline-what",
        [("badge", credential.badge.name.as_str()), ("issuer", &credential.issuer), ("day", &until)],
    );
    let button = (reader.keep(&Step::Decline.path(token)), t.say("decline-button"));
    answer(web, reader, StatusCode::OK, t.say("decline-head"), text, Some(button), Some(token))
}

fn not_me(web: &Web, stored: &StoredCredential, token: &str, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let credential = web.view(stored, t);
    let text =
        t.html("not-me-what", [("holder", credential.holder.as_str()), ("issuer", &credential.issuer)]);
    let button = (reader.keep(&Step::NotMe.path(token)), t.say("not-me-button"));
    answer(web, reader, StatusCode::OK, t.say("not-me-head"), text, Some(button), Some(token))
}

/// The page of a badge that is somebody else's: without their name.
pub(super) fn disowned(
    web: &Web,
    stored: &StoredCredential,
    token: &str,
    reader: Reader,
) -> Result<Response, PageError> {
    let t = reader.language;
    let issuer = web.view(stored, t).issuer;
    let text = t.html("not-me-done", [("issuer", issuer.as_str())]);
    let button = (reader.keep(&Step::Mine.path(token)), t.say("not-me-undo"));
    answer(web, reader, StatusCode::OK, t.say("not-me-done-head"), text, Some(button), None)
}

/// The page of a link that works no more.
pub(super) fn ended(web: &Web, token: &str, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let text = t.html("ended-what", [("issuer", web.site.issuer.profile().name.as_str())]);
    let button = (reader.keep(&Step::Link.path(token)), t.say("ended-button"));
    answer(web, reader, StatusCode::GONE, t.say("ended-head"), text, Some(button), None)
}

/// The answer to whoever asks for a new link: the same for every link, also one that never was.
fn asked(web: &Web, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let text = t.html("asked-what", [("issuer", web.site.issuer.profile().name.as_str())]);
    answer(web, reader, StatusCode::OK, t.say("asked-head"), text, None, None)
}

fn often(web: &Web, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let page = answer(
        web,
        reader,
        StatusCode::TOO_MANY_REQUESTS,
        t.say("often-head"),
        t.say("often-what"),
        None,
        None,
    );
    page.map(|mut page| {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        page
    })
}

/// A page with one thing to say, and at most one to do.
fn answer(
    web: &Web,
    reader: Reader,
    status: StatusCode,
    heading: String,
    text: String,
    button: Option<(String, String)>,
    back: Option<&str>,
) -> Result<Response, PageError> {
    let page = StepPage {
        frame: Frame::speaking(&web.site, reader),
        heading,
        text,
        button,
        back: back.map(|token| reader.keep(&format!("/claim/{token}"))),
        contact: web.contact(),
    };
    let mut response = reader.label(pages::answer(&page)?);
    *response.status_mut() = status;
    Ok(response)
}
