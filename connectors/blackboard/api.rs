//! Calls of Blackboard's REST API: the token, one answer, a list; and what a status means.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, LOCATION, RETRY_AFTER};
use serde::de::DeserializeOwned;
use url::Url;

use super::Settings;
use super::answers::{Page, Text, Token, Version, text};
use crate::{Answer, ApiError, Call, FormValue, Http, Secret};

/// Where the public API begins on every site.
const BASE: &str = "/learn/api/public/";
/// How long a token is used again: its documented hour less a minute. A cached one that has
/// ended before (Blackboard hands out the same one until it ends) shows by a 401 and is renewed.
const TOKEN_CACHE: Duration = Duration::from_mins(59);
/// How long columns, courses and people are not read again.
pub(super) const CACHE: Duration = Duration::from_mins(10);
/// How many entries of a list are asked for at once; the default, which no site refuses.
const PAGE_SIZE: usize = 100;
/// How many pages of one list are read at most.
pub(super) const PAGES_MAX: usize = 100;
/// How much of Blackboard's own words goes into an error, in characters.
const WORDS_MAX: usize = 200;

/// The API of one site, for the time of one confirmation.
pub(super) struct Api<'a> {
    settings: &'a Settings,
    http: &'a dyn Http,
    access: Mutex<Access>,
}

/// What lets calls in; calls at the same time share it.
#[derive(Default)]
struct Access {
    token: Option<Secret>,
    /// Whether the token was asked for anew: it is, once.
    renewed: bool,
}

/// An answer about one thing.
#[derive(Debug)]
pub(super) enum Reply<T> {
    /// 200.
    Found(T),
    /// 404: there is no such thing.
    Missing,
    /// 403: it is hidden from the application; Blackboard's words.
    Forbidden(String),
}

/// A list as far as it was read.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) items: Vec<T>,
    /// Whether that is all of it.
    pub(super) complete: bool,
}

impl<'a> Api<'a> {
    pub(super) fn new(settings: &'a Settings, http: &'a dyn Http) -> Self {
        Self { settings, http, access: Mutex::default() }
    }

    /// The address of something in the public API.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.settings.site.clone();
        // Only an address without a host has no path, and `build` took none.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["learn", "api", "public"]).extend(path);
        }
        url
    }

    /// Reads one thing.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        url: Url,
        cache: Option<Duration>,
    ) -> Result<Reply<T>, ApiError> {
        let answer = self.authorized(what, url, cache).await?;
        self.read(what, &answer)
    }

    /// Reads a list page after page, until it ends, `enough` says so, or `pages_max` is reached.
    pub(super) async fn list<T: DeserializeOwned + Send>(
        &self,
        what: &'static str,
        mut url: Url,
        cache: Option<Duration>,
        pages_max: usize,
        mut enough: impl FnMut(&[T]) -> bool + Send,
    ) -> Result<Reply<List<T>>, ApiError> {
        let mut items = Vec::new();
        for _ in 0..pages_max {
            let page: Page<T> = match self.get(what, url.clone(), cache).await? {
                Reply::Found(page) => page,
                Reply::Missing => return Ok(Reply::Missing),
                Reply::Forbidden(words) => return Ok(Reply::Forbidden(words)),
            };
            items.extend(page.results);
            let Some(next) = page.paging.and_then(|paging| paging.next_page).filter(|next| !next.is_empty())
            else {
                return Ok(Reply::Found(List { items, complete: true }));
            };
            if enough(&items) {
                break;
            }
            url = self.next(what, &next)?;
        }
        Ok(Reply::Found(List { items, complete: false }))
    }

    /// The next page's address: the token goes to this site's API and nowhere else.
    fn next(&self, what: &'static str, next: &str) -> Result<Url, ApiError> {
        let site = &self.settings.site;
        site.join(next)
            .ok()
            .filter(|url| url.origin() == site.origin() && url.path().starts_with(BASE))
            .filter(|url| url.username().is_empty() && url.password().is_none())
            .ok_or_else(|| {
                unavailable(format!("{what}: the address of the next page is not in the API of {site}"))
            })
    }

    /// Sends a call with the token; after a 401 once more with a new one.
    async fn authorized(
        &self,
        what: &'static str,
        url: Url,
        cache: Option<Duration>,
    ) -> Result<Answer, ApiError> {
        loop {
            let token = self.token().await?;
            let bearer = format!("Bearer {}", token.expose());
            let mut call = Call::get(what, url.clone()).header(AUTHORIZATION, bearer);
            call.cache = cache;
            let answer = self.http.send(call).await?;
            if answer.status != 401 {
                return Ok(answer);
            }
            if !self.renew(&token) {
                return Err(self.unauthorized(what, &answer));
            }
        }
    }

    /// Whether another token than this one, which was not accepted, may be had.
    fn renew(&self, refused: &Secret) -> bool {
        let mut access = self.access();
        if access.token.as_ref().is_some_and(|token| token.expose() == refused.expose()) {
            if access.renewed {
                return false;
            }
            *access = Access { token: None, renewed: true };
        }
        // Otherwise a call beside this one had it renewed.
        true
    }

    fn access(&self) -> MutexGuard<'_, Access> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self) -> Result<Secret, ApiError> {
        let known = self.access().token.clone();
        if let Some(token) = known {
            return Ok(token);
        }
        let what = "Blackboard oauth2/token";
        let Settings { application_key, application_secret, .. } = self.settings;
        let credentials =
            BASE64_STANDARD.encode(format!("{application_key}:{}", application_secret.expose()));
        let form = vec![("grant_type".to_owned(), FormValue::from("client_credentials"))];
        let mut call = Call::post_form(what, self.url(&["v1", "oauth2", "token"]), form)
            .header(AUTHORIZATION, format!("Basic {credentials}"))
            .cached(TOKEN_CACHE);
        call.refresh = self.access().renewed;
        let answer = self.http.send(call).await?;
        if matches!(answer.status, 400 | 401 | 403) {
            return Err(self.unauthorized(what, &answer));
        }
        let token = match self.read::<Token>(what, &answer)? {
            Reply::Found(token) => token.access_token,
            Reply::Missing | Reply::Forbidden(_) => {
                return Err(unavailable(format!(
                    "{what}: 404: {} has no Blackboard API; check `site`",
                    self.settings.site
                )));
            }
        };
        let printable = token.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if token.expose().is_empty() || !printable {
            return Err(unavailable(format!("{what}: the answer holds no usable token")));
        }
        self.access().token = Some(token.clone());
        Ok(token)
    }

    fn unauthorized(&self, what: &str, answer: &Answer) -> ApiError {
        let words = self.words(&answer.body);
        ApiError::Unauthorized {
            what: format!(
                "{what}: {}{words}: Blackboard does not accept the application. Check `application_key` and \
                 `application_secret`, and that Administrator Panel → Integrations → REST API Integrations lists the \
                 application as available, with a user that is not disabled",
                answer.status
            ),
        }
    }

    /// Tries the credentials, and reads the version.
    pub(super) async fn probe(&self) -> Result<Vec<String>, ApiError> {
        // A cached token would prove nothing.
        self.access().renewed = true;
        self.token().await?;
        let what = "Blackboard system/version";
        let answer = self.authorized(what, self.url(&["v1", "system", "version"]), None).await?;
        let version = match self.read::<Version>(what, &answer)? {
            Reply::Found(version) => version.learn,
            Reply::Missing => None,
            Reply::Forbidden(words) => {
                return Err(ApiError::Unauthorized { what: format!("{what}: 403{words}") });
            }
        };
        let version = version.map_or_else(
            || "of an unknown version".to_owned(),
            |version| {
                let parts = [&version.major, &version.minor, &version.patch];
                parts.map(|part| text(part.as_ref()).unwrap_or("?").to_owned()).join(".")
            },
        );
        let key = &self.settings.application_key;
        let mut lines = vec![
            format!("Blackboard accepts the application {key} and its secret"),
            format!("{} is Blackboard Learn {version}", self.settings.site),
        ];
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if let (Some(left), Some(limit)) = (header("x-rate-limit-remaining"), header("x-rate-limit-limit")) {
            lines.push(format!("{left} of {limit} calls are left in these 24 hours"));
        }
        lines.push(
            "whether the application's user may read grades, people and courses shows with the first grade"
                .to_owned(),
        );
        Ok(lines)
    }

    /// What an answer means by its status.
    fn read<T: DeserializeOwned>(&self, what: &'static str, answer: &Answer) -> Result<Reply<T>, ApiError> {
        let status = answer.status;
        let words = || self.words(&answer.body);
        // Proxies and maintenance pages answer in HTML, with any status: that says nothing of grades.
        let page = answer.body.trim_ascii_start().starts_with(b"<");
        match status {
            200..=299 => serde_json::from_slice(&answer.body).map(Reply::Found).map_err(|error| {
                // The deserialiser's own words would quote the answer.
                let place = || {
                    format!(
                        "no such JSON as expected, from column {} of line {}",
                        error.column(),
                        error.line()
                    )
                };
                let form = if page { "HTML".to_owned() } else { place() };
                unavailable(format!("{what}: {status}, but the answer is {form}"))
            }),
            300..=399 => {
                let to = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
                let to = to.split('?').next().unwrap_or_default();
                Err(unavailable(format!("{what}: {status}, sent on to {to}: check `site`")))
            }
            403 | 404 if page => {
                Err(unavailable(format!("{what}: {status} with a page in HTML, not by Blackboard's API")))
            }
            403 => Ok(Reply::Forbidden(words())),
            404 => Ok(Reply::Missing),
            429 => Err(ApiError::RateLimited {
                what: format!("{what}: 429{}: the calls of these 24 hours are used up", words()),
                retry_after: retry_after(&answer.headers),
            }),
            500..=599 => Err(ApiError::Unavailable {
                what: format!("{what}: {status}{}", words()),
                retry_after: retry_after(&answer.headers),
            }),
            _ => Err(ApiError::Refused { what: format!("{what}: {status}{}", words()) }),
        }
    }

    /// What Blackboard says in an error (`message`), shortened, in brackets, and without secrets.
    fn words(&self, body: &[u8]) -> String {
        #[derive(serde::Deserialize)]
        struct Words {
            message: Option<Text>,
            error_description: Option<Text>,
        }
        let Ok(error) = serde_json::from_slice::<Words>(body) else { return String::new() };
        let Some(said) = text(error.message.as_ref()).or(text(error.error_description.as_ref())) else {
            return String::new();
        };
        let token = self.access().token.clone();
        let secrets = [Some(&self.settings.application_secret), token.as_ref()].into_iter().flatten();
        let said = secrets.fold(said.to_owned(), |said, secret| said.replace(secret.expose(), "[secret]"));
        format!(" ({})", said.chars().take(WORDS_MAX).collect::<String>())
    }
}

fn unavailable(what: String) -> ApiError {
    ApiError::Unavailable { what, retry_after: None }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Asks a list for as many entries at once as it may give.
pub(super) fn sized(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("limit", &PAGE_SIZE.to_string());
    url
}

/// Asks memberships for their users.
pub(super) fn expanded(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("expand", "user");
    url
}
