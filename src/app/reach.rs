//! What to say where something outside cannot be used: the key of the configuration that names it,
//! where it should be, and what to look at. Never a password.

use accolade_connectors::ApiError;
use anyhow::anyhow;

use crate::config::Settings;
use crate::queue::{self, QueueError};
use crate::store::{self, Store, StoreError};

/// What to say of the database.
pub fn database(settings: &Settings, error: StoreError) -> anyhow::Error {
    let place = store::place(settings.database.url.expose());
    match (error, place) {
        (StoreError::Unavailable(why), Some(place)) => away("database.url", "PostgreSQL", &place, &why),
        // It begins with the file's name.
        (StoreError::Unavailable(why), None) => anyhow!("`database.url`: {why}"),
        (error, _) => anyhow!("`database.url`: {error}"),
    }
}

/// What to say of the message broker.
pub fn queue(settings: &Settings, error: QueueError) -> anyhow::Error {
    let place = queue::place(settings.queue.url.expose());
    match (error, place) {
        (QueueError::Unavailable(why), Some(place)) => away("queue.url", "RabbitMQ", &place, &why),
        // It names the key by itself.
        (error @ QueueError::Configuration(_), _) => error.into(),
        (error, _) => anyhow!("`queue.url`: {error}"),
    }
}

/// What to say of a source's LMS: who does not answer, where that is no secret.
pub fn source(settings: &Settings, name: &str, error: &ApiError) -> anyhow::Error {
    let key = format!("sources.{name}.site");
    let site = settings.sources.get(name).and_then(|source| source.table.get("site")?.as_str());
    let host = site.filter(|_| !settings.origins.hidden(&key)).map(|site| site.trim_end_matches('/'));
    match (error, host) {
        (ApiError::Unavailable { what, .. }, Some(host)) => {
            anyhow!("`{key}` is {host}: {}", plain(what))
        }
        _ => anyhow!("{error}"),
    }
}

/// What to say where badges that are out name another address than the one of the configuration.
///
/// # Errors
/// When the database is away.
pub async fn moved(settings: &Settings, store: &Store) -> Result<Option<String>, StoreError> {
    let now = settings.public_url.as_str().trim_end_matches('/');
    let before = store.addresses_out().await?.into_iter().find(|address| address != now);
    Ok(before.map(|before| {
        format!(
            "`public_url` is {now}, and badges that are out name {before}: their pages, keys and status lists are \
             looked for there, so write {before} again"
        )
    }))
}

fn away(key: &str, program: &str, place: &str, why: &str) -> anyhow::Error {
    let said = plain(why);
    if why.contains("lookup address") {
        anyhow!("`{key}`: no connection to {place} ({said}): is the host's name right?")
    } else if why.contains("(os error ") || why.contains("no answer within") {
        anyhow!("`{key}`: no connection to {place} ({said}): is {program} running there, and the port open?")
    } else {
        anyhow!("`{key}`: {program} at {place} cannot be used: {said}")
    }
}

/// An error of the system without what only programs need.
fn plain(why: &str) -> String {
    let why = why.strip_prefix("IO error: ").unwrap_or(why);
    match (why.find(" (os error "), why.ends_with(')')) {
        (Some(at), true) => why.get(..at).unwrap_or(why).to_owned(),
        _ => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    fn settings() -> Settings {
        let text = r#"
            public_url = "https://badges.example.edu"
            [database]
            url = "postgres://accolade:hunter2@db.example.edu/badges"
            [queue]
            url = "amqps://accolade:hunter2@broker.example.edu/%2f"
            [mail]
            from = "badges@example.edu"
            [issuer]
            slug = "example"
            name = "Example University"
            url = "https://www.example.edu"
            [sources.lms]
            kind = "moodle"
            site = "https://lms.example.edu/moodle/"
            ws_token = "hunter2"
            token = "hunter2"
        "#;
        crate::config::load_str(text, Path::new("/nowhere"), &BTreeMap::new()).unwrap()
    }

    #[test]
    fn a_database_that_is_away_is_named_with_its_key_and_place() {
        let said = |why: &str| database(&settings(), StoreError::Unavailable(why.to_owned())).to_string();
        assert_eq!(
            said("Connection refused (os error 111)"),
            "`database.url`: no connection to db.example.edu:5432 (Connection refused): is PostgreSQL running there, \
             and the port open?"
        );
        assert_eq!(
            said("failed to lookup address information: Name or service not known"),
            "`database.url`: no connection to db.example.edu:5432 (failed to lookup address information: Name or \
             service not known): is the host's name right?"
        );
        assert_eq!(
            said("password authentication failed for user \"accolade\""),
            "`database.url`: PostgreSQL at db.example.edu:5432 cannot be used: password authentication failed for \
             user \"accolade\""
        );
    }

    #[test]
    fn a_broker_that_is_away_or_refuses_is_named_with_its_key_and_place() {
        let away = QueueError::Unavailable("IO error: Connection refused (os error 111)".to_owned());
        assert_eq!(
            queue(&settings(), away).to_string(),
            "`queue.url`: no connection to broker.example.edu:5671 (Connection refused): is RabbitMQ running there, \
             and the port open?"
        );
        let silent = QueueError::Unavailable("connecting: no answer within 5 s".to_owned());
        assert!(queue(&settings(), silent).to_string().contains("(connecting: no answer within 5 s)"));
        let refused = QueueError::Refused("ACCESS_REFUSED: check the user".to_owned());
        let said = queue(&settings(), refused).to_string();
        assert_eq!(said, "`queue.url`: the message broker refused: ACCESS_REFUSED: check the user");
    }

    #[test]
    fn an_lms_that_does_not_answer_is_named_with_its_key_and_address() {
        let what = "Moodle site: no connection: Connection refused (os error 111)".to_owned();
        assert_eq!(
            source(&settings(), "lms", &ApiError::Unavailable { what, retry_after: None }).to_string(),
            "`sources.lms.site` is https://lms.example.edu/moodle: Moodle site: no connection: Connection refused"
        );
        let what = "Moodle site: the token is wrong: mend sources.lms.ws_token".to_owned();
        assert_eq!(
            source(&settings(), "lms", &ApiError::Unauthorized { what: what.clone() }).to_string(),
            what
        );
    }
}
