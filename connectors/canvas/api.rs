//! The REST API: addresses, headers, pages, and what its refusals mean.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, LINK, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::Value;
use url::Url;

use super::read::{at, text};
use crate::{Answer, ApiError, Call, Http, Secret};

/// How long names, points possible and enrolments may be reused.
const REUSE: Duration = Duration::from_mins(10);
/// The most pages of one list: 10,000 learners of one assignment.
const PAGES: usize = 100;
/// The largest page that Canvas gives.
pub(super) const PER_PAGE: (&str, &str) = ("per_page", "100");

/// How fresh an answer has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    /// Read now.
    Now,
    /// An answer of the last ten minutes will do.
    Recent,
    /// Read now, and let others reuse it.
    Renewed,
}

/// One Canvas's API.
#[derive(Clone, Copy)]
pub(super) struct Api<'a> {
    http: &'a dyn Http,
    site: &'a Url,
    token: &'a Secret,
}

impl<'a> Api<'a> {
    pub(super) fn new(http: &'a dyn Http, site: &'a Url, token: &'a Secret) -> Self {
        Self { http, site, token }
    }

    /// The address of a page for people, below the site's own.
    pub(super) fn page(&self, path: &[&str]) -> Url {
        let mut url = self.site.clone();
        // Never fails: a site is http or https, which always have a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// Reads one object; `None` if it does not exist.
    pub(super) async fn get(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        fresh: Fresh,
    ) -> Result<Option<Value>, ApiError> {
        let answer = self.send(Call::get(what, self.address(path, query)), fresh).await?;
        Ok(read(what, &answer)?.map(|(value, _)| value))
    }

    /// Reads a list page by page until `enough` says so; whether that was all of it. `None` if it
    /// does not exist.
    pub(super) async fn list(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        fresh: Fresh,
        mut enough: impl FnMut(Vec<Value>) -> bool + Send,
    ) -> Result<Option<bool>, ApiError> {
        let mut wrong = false;
        let take = |page| {
            if let Value::Array(page) = page {
                return enough(page);
            }
            wrong = true;
            true
        };
        let read = self.pages(what, path, query, fresh, take).await?;
        if wrong {
            return Err(unavailable(what, "answered without the list that was asked for", None));
        }
        Ok(read)
    }

    /// The same for pages of any form.
    pub(super) async fn pages(
        &self,
        what: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        fresh: Fresh,
        mut enough: impl FnMut(Value) -> bool + Send,
    ) -> Result<Option<bool>, ApiError> {
        let mut url = self.address(path, query);
        for _ in 0..PAGES {
            let answer = self.send(Call::get(what, url.clone()), fresh).await?;
            let Some((page, headers)) = read(what, &answer)? else { return Ok(None) };
            let enough = enough(page);
            match self.next_page(what, headers, &url)? {
                None => return Ok(Some(true)),
                Some(_) if enough => return Ok(Some(false)),
                Some(next) => url = next,
            }
        }
        Ok(Some(false))
    }

    /// Asks the GraphQL API, for what the REST API cannot tell; gives `data`.
    pub(super) async fn query(
        &self,
        what: &'static str,
        query: &str,
        id: &str,
    ) -> Result<Option<Value>, ApiError> {
        let form = [("query", query), ("variables[id]", id)];
        let form = form.map(|(name, value)| (name.to_owned(), value.into())).to_vec();
        let call = Call::post_form(what, self.page(&["api", "graphql"]), form);
        let answer = self.send(call, Fresh::Now).await?;
        let Some((answer, _)) = read(what, &answer)? else { return Ok(None) };
        match (answer.get("data").filter(|data| !data.is_null()), message(&answer)) {
            (Some(data), _) => Ok(Some(data.clone())),
            (None, Some(said)) => {
                Err(ApiError::Refused { what: format!("{what}: Canvas says “{said}”") })
            }
            (None, None) => Err(unavailable(what, "answered without data", None)),
        }
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        let mut url = self.page(&path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn send(&self, call: Call, fresh: Fresh) -> Result<Answer, ApiError> {
        let mut call = call
            .header(AUTHORIZATION, format!("Bearer {}", self.token.expose()))
            // Ids as texts: as numbers, global ids lose digits in many a reader.
            .header(ACCEPT, "application/json+canvas-string-ids");
        if fresh != Fresh::Now {
            call = call.cached(REUSE);
        }
        call.refresh = fresh == Fresh::Renewed;
        self.http.send(call).await
    }

    /// The address that `Link: <…>; rel="next"` gives (RFC 8288). It is opaque, but the token
    /// goes nowhere except to the configured site.
    fn next_page(
        &self,
        what: &'static str,
        headers: &HeaderMap,
        here: &Url,
    ) -> Result<Option<Url>, ApiError> {
        let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        let Some(target) = links.flat_map(links_of).find_map(|(target, relation)| {
            relation.split_ascii_whitespace().any(|relation| relation == "next").then_some(target)
        }) else {
            return Ok(None);
        };
        let next =
            here.join(target).map_err(|_| unavailable(what, "gave a next page without an address", None))?;
        if next.origin() != self.site.origin() {
            return Err(ApiError::Refused {
                what: format!(
                    "{what}: Canvas gives the next page at {}, not at {}; set site to that address",
                    next.origin().ascii_serialization(),
                    self.site.origin().ascii_serialization()
                ),
            });
        }
        Ok((next != *here).then_some(next))
    }
}

/// The targets and relations of one `Link` header. Targets may hold commas and semicolons.
fn links_of(header: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        let (parameters, following) = match after.find('<') {
            Some(next) => after.split_at(next),
            None => (after, ""),
        };
        let relation = parameters
            .split([';', ','])
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("rel"));
        if let Some((_, relation)) = relation {
            links.push((target, relation.trim().trim_matches('"')));
        }
        rest = following;
    }
    links
}

/// The JSON of a success; `None` for what does not exist.
fn read<'a>(what: &'static str, answer: &'a Answer) -> Result<Option<(Value, &'a HeaderMap)>, ApiError> {
    // Old versions protect JSON against being loaded as a script.
    let body = answer.body.strip_prefix(b"while(1);").unwrap_or(&answer.body);
    let json: Result<Value, _> = serde_json::from_slice(body);
    let retry_after = retry_after(&answer.headers);
    let said =
        || json.as_ref().ok().and_then(message).map(|said| format!(" and says “{said}”")).unwrap_or_default();
    match answer.status {
        200..=299 => match json {
            Ok(value) => Ok(Some((value, &answer.headers))),
            Err(_) => Err(unavailable(what, "answered something else than complete JSON", retry_after)),
        },
        // Only Canvas itself says that something does not exist; a proxy's page says nothing.
        404 if json.is_ok() => Ok(None),
        401 if answer.headers.contains_key(WWW_AUTHENTICATE) => Err(ApiError::Unauthorized {
            what: format!(
                "{what}: Canvas does not accept api_token{}: it has expired or was deleted. Make a new one in Canvas under Account → Settings → Approved Integrations → New Access Token, and put it into the configuration",
                said()
            ),
        }),
        429 => Err(limited(what, retry_after)),
        403 if is_throttled(&answer.body) => Err(limited(what, retry_after)),
        401 | 403 => Err(lacking(what, &format!("answers {}{}", answer.status, said()))),
        300..=399 => Err(unavailable(
            what,
            "redirects to another address; if this lasts, set site to the address at which Canvas answers",
            retry_after,
        )),
        404 => Err(unavailable(
            what,
            "answers 404 without Canvas's own JSON; if this lasts, check site",
            retry_after,
        )),
        500..=599 | 408 => Err(unavailable(what, &format!("answers {}", answer.status), retry_after)),
        status => Err(ApiError::Refused { what: format!("{what}: Canvas answers {status}{}", said()) }),
    }
}

/// Throttling came as a 403 with a text before it came as a 429.
fn is_throttled(body: &[u8]) -> bool {
    let text = b"rate limit exceeded";
    body.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}

/// The user of the token may not see what was asked for.
pub(super) fn lacking(what: &'static str, came: &str) -> ApiError {
    ApiError::Unauthorized {
        what: format!(
            "{what}: Canvas {came}: the user of api_token lacks the permission to {}. Give the user's role that permission in Canvas under Admin → Permissions",
            permission(what)
        ),
    }
}

/// The permission that a call needs, as the administrator finds it.
fn permission(what: &str) -> &'static str {
    match what {
        PROFILE => "see users (“Users - view list”, and “Users - view primary email address”)",
        ENROLMENTS => "see the course's people (“Users - view list”)",
        COURSE | ASSIGNMENT | ASSIGNMENTS | QUIZ | COURSE_OF => "see the course (“Course Content - view”)",
        _ => "see the course's grades (“Grades - view all grades”)",
    }
}

// What is asked, for [`permission`].
pub(super) const PROFILE: &str = "Canvas user profile";
pub(super) const ENROLMENTS: &str = "Canvas enrolments";
pub(super) const COURSE: &str = "Canvas course";
pub(super) const ASSIGNMENT: &str = "Canvas assignment";
pub(super) const ASSIGNMENTS: &str = "Canvas assignments";
pub(super) const QUIZ: &str = "Canvas quiz";
pub(super) const COURSE_OF: &str = "Canvas course of an assignment";

/// The first error message of an answer, shortened.
fn message(answer: &Value) -> Option<String> {
    let errors = at(answer, &["errors"]);
    let said = [
        at(errors.get(0).unwrap_or(errors), &["message"]),
        errors,
        at(answer, &["error", "message"]),
        at(answer, &["message"]),
    ]
    .into_iter()
    .find_map(|said| said.is_string().then(|| text(said)).flatten())?;
    Some(said.chars().filter(|char| !char.is_control()).take(200).collect())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    // A day is as good as longer, and no sum of times overflows.
    Some(Duration::from_secs(seconds.min(86_400)))
}

fn limited(what: &'static str, retry_after: Option<Duration>) -> ApiError {
    ApiError::RateLimited { what: format!("{what}: Canvas asks to slow down"), retry_after }
}

fn unavailable(what: &'static str, came: &str, retry_after: Option<Duration>) -> ApiError {
    ApiError::Unavailable { what: format!("{what}: Canvas {came}"), retry_after }
}
