//! In which language a page answers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, header};
use url::form_urlencoded;

use crate::locales::Language;

/// Whoever reads a page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reader {
    /// What they chose at the bottom of a page (`?lang=de`), else what their browser asks for, else
    /// English.
    pub(super) language: Language,
    /// Whether they chose it.
    chosen: bool,
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let chosen = form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "lang").then(|| Language::of_tag(&value)).flatten());
        let values = parts.headers.get_all(header::ACCEPT_LANGUAGE);
        let asked: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).collect();
        let language = chosen.or_else(|| Language::asked_for(&asked.join(","))).unwrap_or_default();
        Ok(Self { language, chosen: chosen.is_some() })
    }
}

impl Reader {
    /// The path, with the choice of the language carried on.
    pub(super) fn keep(self, path: &str) -> String {
        if self.chosen { format!("{path}?lang={}", self.language.tag()) } else { path.to_owned() }
    }

    /// Says of a page that it is in this reader's language, and that others get others.
    pub(super) fn label(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        response
    }
}
