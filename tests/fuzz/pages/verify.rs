//! `/verify`, by its router.

use std::sync::LazyLock;

use http::{Request, StatusCode};

use super::{Answered, URL, at_rest, request};
use crate::input::find;

/// The page before anybody handed something in.
static EMPTY: LazyLock<Answered> =
    LazyLock::new(|| at_rest(|site| site.ask(Request::get("/verify").body(Vec::new()).unwrap())));

/// What no page grows by, whatever it shows of what was handed in.
const MARKUP: [&str; 5] = ["<script", "<iframe", "<object", "<form", "<style"];

/// An HTTP request: to `/verify`, or to the check of a badge of our own. `{badge}` stands for a badge of this
/// installation, `{id}` for its id. The answer is a page, whatever was handed in, and says that a badge of ours
/// is valid only when it is that badge.
pub(crate) fn form(data: &[u8]) {
    let empty = &*EMPTY;
    at_rest(|site| {
        let id = site.credential.to_string();
        let Some(request) = request(data, &[("{badge}", &site.document), ("{id}", &id)]) else { return };
        let path = request.uri().path().to_owned();
        if path != "/verify" && !(path.starts_with("/credentials/") && path.ends_with("/verify")) {
            return;
        }
        let (body, method) = (request.body().clone(), request.method().clone());
        let answer = site.ask(request);
        let text = answer.text();
        assert!(!answer.status.is_server_error(), "{}: {text}", answer.status);
        assert!(answer.header("content-security-policy").contains("default-src"), "{:?}", answer.headers);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        if answer.status != StatusCode::OK || method == http::Method::HEAD || method == http::Method::OPTIONS
        {
            return;
        }
        assert!(answer.header("content-type").starts_with("text/html"), "{:?}", answer.headers);
        for markup in MARKUP {
            let count = |text: &str| text.to_ascii_lowercase().matches(markup).count();
            assert!(count(&text) <= count(&empty.text()), "{markup}: {text}");
        }
        assert!(text.len() < empty.body.len() + 64 * 1024 + 8 * body.len(), "{} bytes", text.len());
        // Nobody else signs with our key.
        let shows = text.contains("class=\"verdict good\"") && text.contains(URL) && path == "/verify";
        let proof = site.document.split("\"proofValue\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let shown = proof.is_some_and(|proof| find(&body, proof.as_bytes()).is_some());
        assert!(!shows || shown || find(&body, id.as_bytes()).is_some(), "{text}");
    });
}
