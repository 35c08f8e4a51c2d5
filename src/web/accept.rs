//! Page or document: what the client would rather have (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

use crate::negotiation::weighted;

/// Media types by which clients ask for the document.
const DOCUMENT: [(&str, &str); 4] = [
    ("application", "vc+ld+json"),
    ("application", "vc"),
    ("application", "ld+json"),
    ("application", "json"),
];

/// How well a media type fits: quality in thousandths, then how exactly it was named.
type Fit = (u16, u8);

/// Whether the document is wanted rather than the page. A client that does not care is a person.
pub(crate) fn wants_document(headers: &HeaderMap) -> bool {
    let accepted = Accepted::of(headers);
    accepted.best(&DOCUMENT) > accepted.page()
}

/// Whether what went wrong is to be told as JSON rather than as a page. Who does not care is a machine
/// at `/status/…`, `….json` and so on, and a person elsewhere.
pub(super) fn wants_problem(headers: &HeaderMap, path: &str) -> bool {
    let accepted = Accepted::of(headers);
    let problem = accepted.best(&DOCUMENT).max(accepted.best(&[("application", "problem+json")]));
    problem > accepted.page() || problem == accepted.page() && is_for_machines(path)
}

fn is_for_machines(path: &str) -> bool {
    let begins = ["/status/", "/hooks/", "/bounces", "/wallet/", "/.well-known/", "/oembed"];
    let ends = [".json", ".jwt"];
    begins.iter().any(|begin| path.starts_with(begin)) || ends.iter().any(|end| path.ends_with(end))
}

/// The media types that a client takes, each with its quality in thousandths.
struct Accepted(Vec<(String, String, u16)>);

impl Accepted {
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = values.flat_map(weighted).filter_map(|(range, weight)| {
            let (kind, subtype) = range.split_once('/')?;
            Some((kind.to_ascii_lowercase(), subtype.to_ascii_lowercase(), weight))
        });
        Self(ranges.collect())
    }

    /// How well the best of these media types fits; not at all, where none is taken.
    fn best(&self, kinds: &[(&str, &str)]) -> Fit {
        let fit = |(kind, subtype): &(&str, &str)| {
            self.0.iter().filter_map(|range| matches(range, kind, subtype)).max_by_key(|fit| fit.1)
        };
        kinds.iter().filter_map(fit).max().filter(|(quality, _)| *quality > 0).unwrap_or_default()
    }

    fn page(&self) -> Fit {
        self.best(&[("text", "html")])
    }
}

fn matches((kind, subtype, quality): &(String, String, u16), want: &str, want_sub: &str) -> Option<Fit> {
    match (kind.as_str(), subtype.as_str()) {
        ("*", "*") => Some((*quality, 1)),
        (kind, "*") if kind == want => Some((*quality, 2)),
        (kind, subtype) if kind == want && subtype == want_sub => Some((*quality, 3)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(accept: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, value.parse().unwrap());
        }
        wants_document(&headers)
    }

    #[test]
    fn people_get_pages() {
        assert!(!document(&[]));
        assert!(!document(&["*/*"]));
        assert!(!document(&["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"]));
        assert!(!document(&["text/html, application/json"]));
        assert!(!document(&["application/json;q=0.5, text/html"]));
        assert!(!document(&["application/json;q=0"]));
        assert!(!document(&["image/png"]));
    }

    #[test]
    fn machines_get_documents() {
        for kind in ["application/vc+ld+json", "application/vc", "application/ld+json", "application/json"] {
            assert!(document(&[kind]), "{kind}");
        }
        assert!(document(&["application/json, text/plain, */*"]));
        assert!(document(&["application/*"]));
        assert!(document(&["text/html;q=0.5", "APPLICATION/LD+JSON ; Q=0.9"]));
        assert!(document(&["application/ld+json;profile=\"x\";q=1.0, text/html;q=0.999"]));
    }

    #[test]
    fn problems_are_told_to_machines_as_json() {
        let problem = |accept: &str, path: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            wants_problem(&headers, path)
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for path in ["/status/9", "/credentials/x.json", "/hooks/nobody", "/bounces", "/.well-known/x"] {
            assert!(wants_problem(&HeaderMap::new(), path), "{path}");
            assert!(problem("*/*", path) && problem("image/png", path), "{path}");
            assert!(!problem(browser, path), "{path}: somebody looks at it");
        }
        for path in ["/", "/nothing", "/credentials/x", "/credentials/x.png"] {
            assert!(!wants_problem(&HeaderMap::new(), path), "{path}");
            assert!(!problem("*/*", path) && !problem(browser, path), "{path}");
            assert!(problem("application/json", path) && problem("application/problem+json", path), "{path}");
            assert!(problem("application/vc, */*;q=0.5", path), "{path}");
        }
    }

    #[test]
    fn nonsense_is_ignored() {
        assert!(!document(&[
            ";;,,/,q=1",
            "application/json;q=2",
            "application/json;q=0.12345",
            "application/json;q=é"
        ]));
    }
}
