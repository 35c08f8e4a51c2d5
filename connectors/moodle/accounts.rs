//! Moodle accounts: whom a signal means, and what they are called.

use std::collections::BTreeMap;

use super::answers::User;
use super::api::{Api, Fault, USERS, pair};
use super::number;
use super::reading::Found;
use crate::ApiError;

/// Accounts asked for in one call. PHP drops form fields beyond 1,000 (`max_input_vars`).
const AT_ONCE: usize = 500;

/// Whom signals mean.
#[derive(Debug, Default)]
pub(super) struct Identified {
    /// The ids of learners by what signals call them.
    pub(super) ids: BTreeMap<String, u64>,
    /// Learners without an id, and why they have none.
    pub(super) unknown: BTreeMap<String, Found>,
    /// The accounts read on the way.
    pub(super) accounts: BTreeMap<u64, User>,
}

/// Finds the ids of learners. Only those whom a signal names by address or user name are asked
/// for (`email:…`, `username:…`).
pub(super) async fn identify<'a>(
    api: &Api<'_>,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<Identified, ApiError> {
    let mut found = Identified::default();
    for field in ["email", "username"] {
        let named: BTreeMap<&str, &str> = names
            .clone()
            .filter_map(|name| Some((name.strip_prefix(field)?.strip_prefix(':')?, name)))
            .collect();
        let values: Vec<String> = named.keys().map(|value| (*value).to_owned()).collect();
        let users = by_field(api, field, &values).await?;
        for (value, name) in named {
            let is_called = |user: &&User| {
                let called = if field == "email" { &user.email } else { &user.username };
                // Moodle may compare addresses without regard to case.
                called.as_deref().is_some_and(|called| called.to_lowercase() == value.to_lowercase())
            };
            let mut ids = users.iter().filter(is_called).map(|user| user.id);
            match (ids.next(), ids.next()) {
                (Some(id), None) => {
                    found.ids.insert(name.to_owned(), id);
                }
                // Accounts may share an address; then nobody knows whose grade it is.
                (Some(_), Some(_)) => {
                    let why = format!("several accounts have this {field}");
                    found.unknown.insert(name.to_owned(), Found::Gone(why));
                }
                (None, _) => {
                    found.unknown.insert(name.to_owned(), nobody(field, users.is_empty()));
                }
            }
        }
        found.accounts.extend(users.into_iter().map(|user| (user.id, user)));
    }
    for name in names {
        if let Some(id) = number::id_text(name) {
            found.ids.insert(name.to_owned(), id);
        }
    }
    Ok(found)
}

/// What it means that Moodle shows no account by this name. User names are shown to those alone
/// who may see all details: unless another one was found by it, that is to be mended, not the end.
fn nobody(field: &str, no_other: bool) -> Found {
    let why = format!("Moodle shows no account with this {field}: it is deleted");
    if field == "username" && no_other {
        let mend = "give the web service account the capability moodle/user:viewalldetails, or let the plugin \
                    name learners by id";
        let what = format!("Moodle {}: {why}, or user names are not shown ({mend})", USERS.name);
        return Found::Unread(ApiError::Unauthorized { what });
    }
    Found::Gone(format!("{why}, or the web service account lacks {}", USERS.needs))
}

/// Accounts by a field. Where some are missing, they are asked for once more past the host's
/// cache: an account may be new.
pub(super) async fn by_field(api: &Api<'_>, field: &str, values: &[String]) -> Result<Vec<User>, ApiError> {
    let mut found: Vec<User> = Vec::with_capacity(values.len());
    for chunk in values.chunks(AT_ONCE) {
        let mut parameters = vec![pair("field", &field)];
        parameters.extend(chunk.iter().enumerate().map(|(at, value)| pair(&format!("values[{at}]"), value)));
        let mut users: Vec<User> = api.ask(&USERS, &parameters).await.map_err(refused)?;
        if users.len() < chunk.len() {
            users = api.ask_anew(&USERS, &parameters).await.map_err(refused)?;
        }
        found.append(&mut users);
    }
    Ok(found)
}

/// A missing account is an empty list, so nothing can be gone here.
fn refused(fault: Fault) -> ApiError {
    match fault {
        Fault::Gone(why) => ApiError::Refused { what: format!("Moodle {}: {why}", USERS.name) },
        Fault::Api(error) => error,
    }
}
