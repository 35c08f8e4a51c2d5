//! In which language a page answers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri, header};
use url::form_urlencoded;

use crate::locales::Language;

/// Whoever reads a page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reader {
    /// What they chose at the bottom of a page (`?lang=de`), else what their browser asks for, else
    /// English.
    pub(super) language: Language,
    /// Whether they chose it.
    pub(super) chosen: bool,
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

impl Reader {
    /// Who sends a request.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let query = uri.query().unwrap_or_default();
        let chosen = form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "lang").then(|| Language::of_tag(&value)).flatten());
        let values = headers.get_all(header::ACCEPT_LANGUAGE);
        let asked: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).collect();
        let language = chosen.or_else(|| Language::asked_for(&asked.join(","))).unwrap_or_default();
        Self { language, chosen: chosen.is_some() }
    }

    /// What carries the choice of the language on, at the end of a path.
    pub(super) fn choice(self) -> &'static str {
        if !self.chosen {
            return "";
        }
        match self.language {
            Language::English => "?lang=en",
            Language::French => "?lang=fr",
            Language::German => "?lang=de",
            Language::Spanish => "?lang=es",
            Language::Arabic => "?lang=ar",
        }
    }

    /// The path, with the choice of the language carried on.
    pub(super) fn keep(self, path: &str) -> String {
        format!("{path}{}", self.choice())
    }

    /// Says of a page that it is in this reader's language, and that others get others.
    pub(super) fn label(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
        response
    }
}
