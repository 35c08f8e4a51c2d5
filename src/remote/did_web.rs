//! Where the document of a did:web is (did:web method specification, section 3.2).

use url::Url;

use super::address::names_this_machine;

/// The address of the document; by https always but for this machine's own names.
pub(super) fn url(did: &str) -> Option<Url> {
    let rest = did.strip_prefix("did:web:")?;
    // Nothing that an address would read in another way.
    if !rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'%' | b':'))
    {
        return None;
    }
    let mut parts = rest.split(':');
    let host = parts.next().unwrap_or_default().replace("%3A", ":").replace("%3a", ":");
    let path: Vec<&str> = parts.collect();
    if host.is_empty() || path.iter().any(|part| part.is_empty() || part.chars().all(|c| c == '.')) {
        return None;
    }
    let local = host.split(':').next().is_some_and(names_this_machine);
    let scheme = if local { "http" } else { "https" };
    let path = if path.is_empty() { ".well-known".to_owned() } else { path.join("/") };
    Url::parse(&format!("{scheme}://{host}/{path}/did.json")).ok()
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn did_web_addresses_follow_the_method() {
        let at = |did| url(did).unwrap().to_string();
        assert_eq!(at("did:web:badges.example.edu"), "https://badges.example.edu/.well-known/did.json");
        assert_eq!(at("did:web:example.edu:faculty:law"), "https://example.edu/faculty/law/did.json");
        assert_eq!(at("did:web:localhost%3A8080"), "http://localhost:8080/.well-known/did.json");
        for bad in [
            "did:key:z6Mk",
            "did:web:",
            "did:web:a.example?x",
            "did:web:a.example#x",
            "did:web:a.example/x",
            "did:web:user@a.example",
            "did:web:a.example::x",
            "did:web:a.example:..:x",
            "did:web:a.example%2Fx",
        ] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }
}
