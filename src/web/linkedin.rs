//! Adding a badge to a LinkedIn profile: a link, nothing is sent from here.

use url::Url;

use super::view::{Credential, Day};

/// LinkedIn's form, filled in. By `organization`, its number there, LinkedIn finds the institution's
/// page and shows its logo; by its name it only may.
pub(super) fn form(credential: &Credential, organization: Option<u64>) -> String {
    let part = |day: &Day, range: std::ops::Range<usize>| {
        day.iso.get(range).unwrap_or_default().trim_start_matches('0').to_owned()
    };
    let Ok(mut url) = Url::parse("https://www.linkedin.com/profile/add") else { return String::new() };
    let mut query = url.query_pairs_mut();
    query.append_pair("startTask", "CERTIFICATION_NAME").append_pair("name", &credential.badge.name);
    match organization {
        Some(number) => query.append_pair("organizationId", &number.to_string()),
        None => query.append_pair("organizationName", &credential.issuer),
    };
    query
        .append_pair("issueYear", &part(&credential.awarded, 0..4))
        .append_pair("issueMonth", &part(&credential.awarded, 5..7));
    if let Some(until) = &credential.until {
        query
            .append_pair("expirationYear", &part(until, 0..4))
            .append_pair("expirationMonth", &part(until, 5..7));
    }
    query.append_pair("certUrl", &credential.url).append_pair("certId", &credential.id);
    drop(query);
    url.into()
}
