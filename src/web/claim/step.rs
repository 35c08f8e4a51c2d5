//! What else the holder of a claim link can do: each step is a page that asks, and a form that does
//! it. The token in the form's address is what allows it; nobody who does not have it can send the
//! form in a holder's name.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::form_urlencoded;

use super::super::error::PageError;
use super::super::pages::{self, Field, Frame, StepPage};
use super::super::reader::Reader;
use super::super::view::Day;
use super::super::{Web, credential, limiter};
use crate::claim;
use crate::mail::usable_address;
use crate::store::{Asked, Links, Resent, StoredCredential};

/// Steps of one client in a minute, by whatever links.
pub(in crate::web) const MOST_A_MINUTE: u32 = 20;
/// The longest form, in bytes.
const FORM: usize = 4 << 10;

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
    /// Nobody else may see it.
    Hide,
    /// Everybody may see it again.
    Show,
    /// Mails shall go elsewhere.
    Address,
}

impl Step {
    const ALL: [Self; 7] =
        [Self::Decline, Self::NotMe, Self::Mine, Self::Link, Self::Hide, Self::Show, Self::Address];

    fn name(self) -> &'static str {
        match self {
            Self::Decline => "decline",
            Self::NotMe => "not-me",
            Self::Mine => "mine",
            Self::Link => "link",
            Self::Hide => "hide",
            Self::Show => "show",
            Self::Address => "address",
        }
    }

    fn of(name: &str) -> Result<Self, PageError> {
        Self::ALL.into_iter().find(|step| step.name() == name).ok_or(PageError::NotFound)
    }

    /// Its address.
    pub(in crate::web) fn path(self, token: &str) -> String {
        format!("/claim/{token}/{}", self.name())
    }

    /// The page for whoever does too much at once.
    pub(in crate::web) fn often(web: &Web, reader: Reader) -> Result<Response, PageError> {
        let t = reader.language;
        let text = StepText::new(t.say("often-head"), t.say("often-what"));
        let mut page = step_answer(web, reader, StatusCode::TOO_MANY_REQUESTS, text)?;
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        Ok(page)
    }
}

/// `GET /claim/{token}/{step}`: asks, and changes nothing. `…/badge.png` and so on are the holder's own
/// way to the files of a badge that is hidden.
pub(in crate::web) async fn ask(
    State(web): State<Web>,
    Path((token, step)): Path<(String, String)>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let stored = web.site.store.credential_by_claim(&hash).await?;
    if let Some(ending) = step.strip_prefix("badge.") {
        let stored = stored.filter(|stored| stored.claimed_at.is_some()).ok_or(PageError::NotFound)?;
        return credential::as_file(&web, &headers, stored, ending, reader).await;
    }
    let step = Step::of(&step)?;
    let Some(stored) = stored else { return Ok(back(&token, reader)) };
    let claimed = stored.claimed_at.is_some();
    let open = !claimed && stored.disowned_at.is_none() && !stored.revoked && !super::ended(&web, &stored);
    let text = match step {
        Step::Decline if open => decline(&web, &stored, &token, reader),
        Step::NotMe if open => not_me(&web, &stored, &token, reader),
        Step::Hide if claimed && stored.hidden_at.is_none() => hide(&token, reader),
        Step::Address if open || claimed && !stored.revoked => address(&token, reader, String::new(), None),
        // The claim page knows what there is to do.
        _ => return Ok(back(&token, reader)),
    };
    step_answer(&web, reader, StatusCode::OK, text)
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
    if !web.steps.admits(limiter::client(&request), now) {
        return Step::often(&web, reader);
    }
    let hash = claim::lookup(&token).ok_or(PageError::UnknownLink)?;
    let store = &web.site.store;
    match step {
        Step::Decline => drop(store.decline(&hash, now).await?),
        Step::NotMe => drop(store.disown(&hash, now).await?),
        Step::Mine => drop(store.own(&hash, now).await?),
        Step::Hide => store.hide(&hash, now).await?,
        Step::Show => store.show(&hash).await?,
        Step::Link => {
            let lasts = TimeDelta::days(i64::from(web.site.claim_days));
            let links = Links { secret: &web.site.secret, lasts, domain: domain(&web) };
            let resent = store.ask_for_link(&hash, &links, now).await?;
            tracing::info!(
                mailed = matches!(resent, Resent::Mailed { .. }),
                "a new claim link was asked for"
            );
            return asked(&web, reader);
        }
        Step::Address => return new_address(&web, &hash, &token, reader, request).await,
    }
    tracing::info!(step = step.name(), "the holder of a claim link said something");
    Ok(back(&token, reader))
}

fn domain(web: &Web) -> &str {
    web.site.public_url.host_str().unwrap_or("localhost")
}

fn back(token: &str, reader: Reader) -> Response {
    Redirect::to(&reader.keep(&format!("/claim/{token}"))).into_response()
}

async fn new_address(
    web: &Web,
    hash: &[u8],
    token: &str,
    reader: Reader,
    request: Request,
) -> Result<Response, PageError> {
    let t = reader.language;
    let body = axum::body::to_bytes(request.into_body(), FORM).await.map_err(|_| PageError::TooLarge)?;
    let given = form_urlencoded::parse(&body).find(|(name, _)| name == "address");
    let given = given.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let Some(given) = usable_address(&given) else {
        let text = address(token, reader, given, Some(t.say("address-wrong")));
        return step_answer(web, reader, StatusCode::UNPROCESSABLE_ENTITY, text);
    };
    let now = web.site.clock.now();
    let asked = web.site.store.ask_for_address(hash, &given, &web.site.secret, domain(web), now).await?;
    tracing::info!(?asked, "the holder of a claim link gave another address");
    let (status, text) = match asked {
        Asked::Mailed => (
            StatusCode::OK,
            StepText::new(
                t.say("address-asked-head"),
                t.html("address-asked-what", [("address", given.as_str())]),
            ),
        ),
        Asked::TooOften => (
            StatusCode::TOO_MANY_REQUESTS,
            StepText::new(t.say("address-often-head"), t.say("address-often-what")),
        ),
        Asked::Closed => return Ok(back(token, reader)),
    };
    step_answer(web, reader, status, text.back(token, reader))
}

fn decline(web: &Web, stored: &StoredCredential, token: &str, reader: Reader) -> StepText {
    let t = reader.language;
    let credential = web.view(stored, t);
    let until = Day::of(stored.claim_until, t).text;
    let text = t.html(
        "decline-what",
        [("badge", credential.badge.name.as_str()), ("issuer", &credential.issuer), ("day", &until)],
    );
    StepText::new(t.say("decline-head"), text)
        .button(reader.keep(&Step::Decline.path(token)), t.say("decline-button"))
        .back(token, reader)
}

fn not_me(web: &Web, stored: &StoredCredential, token: &str, reader: Reader) -> StepText {
    let t = reader.language;
    let credential = web.view(stored, t);
    let text =
        t.html("not-me-what", [("holder", credential.holder.as_str()), ("issuer", &credential.issuer)]);
    StepText::new(t.say("not-me-head"), text)
        .button(reader.keep(&Step::NotMe.path(token)), t.say("not-me-button"))
        .back(token, reader)
}

fn hide(token: &str, reader: Reader) -> StepText {
    let t = reader.language;
    StepText::new(t.say("hide-head"), t.say("hide-what"))
        .button(reader.keep(&Step::Hide.path(token)), t.say("hide-do"))
        .back(token, reader)
}

/// Asks for an address; `wrong` is why the one that was given is none.
fn address(token: &str, reader: Reader, given: String, wrong: Option<String>) -> StepText {
    let t = reader.language;
    let text = StepText::new(t.say("address-head"), t.say("address-what"))
        .button(reader.keep(&Step::Address.path(token)), t.say("address-do"))
        .back(token, reader);
    StepText { field: Some(Field { label: t.say("address-field"), value: given, wrong }), ..text }
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
    let text = StepText::new(t.say("not-me-done-head"), t.html("not-me-done", [("issuer", issuer.as_str())]))
        .button(reader.keep(&Step::Mine.path(token)), t.say("not-me-undo"));
    step_answer(web, reader, StatusCode::OK, text)
}

/// The page of a link that works no more.
pub(super) fn ended(web: &Web, token: &str, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let issuer = web.own().profile().name.as_str();
    let text = StepText::new(t.say("ended-head"), t.html("ended-what", [("issuer", issuer)]))
        .button(reader.keep(&Step::Link.path(token)), t.say("ended-button"));
    step_answer(web, reader, StatusCode::GONE, text)
}

/// The answer to whoever asks for a new link: the same for every link, also one that never was.
fn asked(web: &Web, reader: Reader) -> Result<Response, PageError> {
    let t = reader.language;
    let issuer = web.own().profile().name.as_str();
    let text = StepText::new(t.say("asked-head"), t.html("asked-what", [("issuer", issuer)]));
    step_answer(web, reader, StatusCode::OK, text)
}

/// One thing to say, and at most one to do.
pub(in crate::web) struct StepText {
    heading: String,
    /// HTML.
    text: String,
    button: Option<(String, String)>,
    field: Option<Field>,
    back: Option<String>,
}

impl StepText {
    /// `text` is HTML.
    pub(in crate::web) fn new(heading: String, text: String) -> Self {
        Self { heading, text, button: None, field: None, back: None }
    }

    /// With a form that goes there, and the words on its button.
    pub(in crate::web) fn button(self, action: String, label: String) -> Self {
        Self { button: Some((action, label)), ..self }
    }

    fn back(self, token: &str, reader: Reader) -> Self {
        Self { back: Some(reader.keep(&format!("/claim/{token}"))), ..self }
    }
}

/// The page of a step.
pub(in crate::web) fn step_answer(
    web: &Web,
    reader: Reader,
    status: StatusCode,
    text: StepText,
) -> Result<Response, PageError> {
    let StepText { heading, text, button, field, back } = text;
    let frame = Frame::speaking(&web.site, reader);
    let page = StepPage { frame, heading, text, button, field, back, contact: web.contact() };
    let mut response = reader.label(pages::answer(&page)?);
    *response.status_mut() = status;
    Ok(response)
}
