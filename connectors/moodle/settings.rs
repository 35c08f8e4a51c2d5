//! The table of a Moodle source.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::site::Site;
use crate::{Secret, Secrets, SettingsError};

/// `$CFG->wwwroot` may have a path.
const SITE: Site = Site { lms: "Moodle", example: "https://moodle.example.edu", path: true };

/// The settings of one Moodle source, checked.
#[derive(Debug)]
pub(super) struct Settings {
    /// The site's address (`$CFG->wwwroot`), path allowed.
    pub(super) site: Url,
    /// The token of the web service account.
    pub(super) ws_token: Secret,
    /// The token that `local_webhooks` puts into the body.
    pub(super) token: Option<Secrets>,
    /// The token that `tool_trigger` puts into a header.
    pub(super) trigger_token: Option<Secrets>,
    /// What `logstore_xapi` authenticates with.
    pub(super) xapi: Option<Xapi>,
}

/// HTTP Basic credentials of `logstore_xapi`.
#[derive(Debug)]
pub(super) struct Xapi {
    /// The plugin's “auth key”.
    pub(super) username: Secret,
    /// The plugin's “auth secret”.
    pub(super) password: Secrets,
}

/// The table as written. Values are read one by one, so that an error names its key and never
/// repeats a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    site: Option<Value>,
    ws_token: Option<Value>,
    token: Option<Value>,
    trigger_token: Option<Value>,
    xapi: Option<XapiTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct XapiTable {
    username: Option<Value>,
    password: Option<Value>,
}

impl Settings {
    /// Reads and checks the table.
    ///
    /// # Errors
    /// Names the key that is missing or wrong.
    pub(super) fn read(table: Value) -> Result<Self, SettingsError> {
        let table: Table = serde_json::from_value(table)?;
        let settings = Self {
            site: SITE.read(table.site.as_ref())?,
            ws_token: Secret::from(string(
                "ws_token",
                table.ws_token,
                "the token of the web service account, from Site administration > Server > Web services > \
                 Manage tokens",
            )?),
            token: secrets("token", table.token)?,
            trigger_token: secrets("trigger_token", table.trigger_token)?,
            xapi: table.xapi.map(Xapi::read).transpose()?,
        };
        if settings.token.is_none() && settings.trigger_token.is_none() && settings.xapi.is_none() {
            return Err(SettingsError {
                key: None,
                message: "no way in: set `token` for local_webhooks, `trigger_token` for tool_trigger, or \
                          `xapi = { username, password }` for logstore_xapi"
                    .to_owned(),
            });
        }
        Ok(settings)
    }
}

impl Xapi {
    fn read(table: XapiTable) -> Result<Self, SettingsError> {
        let mend = "the “auth secret” of the Logstore xAPI settings";
        Ok(Self {
            username: Secret::from(string(
                "xapi.username",
                table.username,
                "the “auth key” of the Logstore xAPI settings",
            )?),
            password: secrets("xapi.password", table.password)?
                .ok_or_else(|| SettingsError::at("xapi.password", format!("missing: {mend}")))?,
        })
    }
}

fn string(key: &str, value: Option<Value>, what: &str) -> Result<String, SettingsError> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Some(Value::String(_)) => Err(SettingsError::at(key, format!("empty: write {what}"))),
        Some(_) => Err(SettingsError::at(key, format!("not a string: write {what}, in quotes"))),
        None => Err(SettingsError::at(key, format!("missing: {what}"))),
    }
}

fn secrets(key: &str, value: Option<Value>) -> Result<Option<Secrets>, SettingsError> {
    let Some(value) = value else { return Ok(None) };
    let strings = value.is_string() || value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    if !strings {
        return Err(SettingsError::at(key, "not a string: write the secret in quotes, or a list of secrets"));
    }
    Secrets::deserialize(value).map(Some).map_err(|error| SettingsError::at(key, error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(table: Value) -> SettingsError {
        Settings::read(table).unwrap_err()
    }

    #[test]
    fn each_way_in_is_enough() {
        for way in [
            json!({"token": "a"}),
            json!({"trigger_token": ["a", "b"]}),
            json!({"xapi": {"username": "key", "password": "secret"}}),
        ] {
            let mut table = json!({"site": "https://lms.example.edu/moodle", "ws_token": "t"});
            table.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
            assert!(Settings::read(table).is_ok());
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let site = "https://lms.example.edu";
        assert_eq!(error(json!({})).key.as_deref(), Some("site"));
        assert_eq!(error(json!({"site": site, "token": "a"})).key.as_deref(), Some("ws_token"));
        let no_way_in = error(json!({"site": site, "ws_token": "t"}));
        for key in ["`token`", "`trigger_token`", "`xapi"] {
            assert!(no_way_in.message.contains(key), "{no_way_in}");
        }
        let half = json!({"site": site, "ws_token": "t", "xapi": {"username": "key"}});
        assert_eq!(error(half).key.as_deref(), Some("xapi.password"));
        let typo = error(json!({"site": site, "ws_token": "t", "tokn": "a"}));
        assert!(typo.message.contains("tokn"), "{typo}");
        let empty = json!({"site": site, "ws_token": "t", "token": ""});
        assert_eq!(error(empty).key.as_deref(), Some("token"));
    }

    #[test]
    fn no_secret_is_repeated_in_an_error_or_a_debug_print() {
        let site = "https://lms.example.edu";
        for table in [
            json!({"site": site, "ws_token": 424_242, "token": "a"}),
            json!({"site": site, "ws_token": "t", "token": 424_242}),
            json!({"site": site, "ws_token": "t", "token": ["424242", 424_242]}),
            json!({"site": site, "ws_token": "t", "xapi": {"username": "u", "password": {"x": "424242"}}}),
        ] {
            let error = error(table);
            assert!(!error.to_string().contains("424242"), "{error}");
        }
        let settings =
            Settings::read(json!({"site": site, "ws_token": "hunter2", "token": "hunter3"})).unwrap();
        assert!(!format!("{settings:?}").contains("hunter"));
    }
}
