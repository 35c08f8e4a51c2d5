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
    let ranges: Vec<(String, String, u16)> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(weighted)
        .filter_map(|(range, weight)| {
            let (kind, subtype) = range.split_once('/')?;
            Some((kind.to_ascii_lowercase(), subtype.to_ascii_lowercase(), weight))
        })
        .collect();
    let fit = |kind: &str, subtype: &str| {
        ranges.iter().filter_map(|r| matches(r, kind, subtype)).max_by_key(|f| f.1)
    };
    let document = DOCUMENT.iter().filter_map(|(kind, subtype)| fit(kind, subtype)).max();
    let page: Fit = fit("text", "html").unwrap_or_default();
    document.is_some_and(|(quality, exact)| quality > 0 && (quality, exact) > page)
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
    fn nonsense_is_ignored() {
        assert!(!document(&[
            ";;,,/,q=1",
            "application/json;q=2",
            "application/json;q=0.12345",
            "application/json;q=é"
        ]));
    }
}
