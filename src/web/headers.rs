//! What every answer carries, and what errors look like.

use askama::Template as _;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::Web;
use super::accept::wants_problem;
use super::error::PageError;
use super::pages::{ErrorPage, Frame};
use super::reader::Reader;

/// For pages: our own style sheet, our own images, forms to ourselves. No script, no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Turns errors into pages, or into JSON for machines, and adds the headers.
pub(super) async fn finish(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let private = path.starts_with("/claim/") || path.starts_with("/address/") || path.starts_with("/dev/");
    let problem = wants_problem(request.headers(), path);
    let reader = Reader::of(request.uri(), request.headers());
    // The answer to a form is not at its address when that is asked for again.
    let choice = request.method() == Method::GET;
    let mut response = next.run(request).await;
    if response.status() == StatusCode::BAD_REQUEST {
        // An address that is not even text.
        response = PageError::NotFound.into_response();
    }
    let error = response.extensions().get::<PageError>().copied();
    if error.is_some() {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    }
    if let Some(error) = error.filter(|_| problem) {
        *response.body_mut() = error.problem().into();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        set(headers, header::CONTENT_TYPE, "application/problem+json");
        set(headers, header::CACHE_CONTROL, "no-store");
        if !private {
            // Verifiers that run in browsers read why there is nothing.
            set(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
    } else if let Some(error) = error {
        let contact = web.contact();
        let frame = Frame { choice, ..Frame::speaking(&web.site, reader) };
        if let Ok(html) = ErrorPage::of(frame, error, contact).render() {
            *response.body_mut() = html.into();
            let headers = response.headers_mut();
            headers.remove(header::CONTENT_LENGTH);
            set(headers, header::CONTENT_TYPE, "text/html; charset=utf-8");
            set(headers, header::CACHE_CONTROL, "no-store");
            response = reader.label(response);
        }
    }
    let headers = response.headers_mut();
    add(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    add(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if private {
        // The address is the key: it goes nowhere, and nobody keeps the page.
        set(headers, header::CACHE_CONTROL, "no-store");
        set(headers, header::REFERRER_POLICY, "no-referrer");
        set(headers, HeaderName::from_static("x-robots-tag"), "noindex, nofollow");
    } else {
        add(headers, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
