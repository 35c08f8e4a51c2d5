//! The address of an LMS in a source's settings.

use serde_json::Value;
use url::Url;

use crate::SettingsError;

/// How the address of one kind of LMS is written.
#[derive(Debug)]
pub(crate) struct Site {
    /// The LMS's name.
    pub(crate) lms: &'static str,
    /// An address as it should be.
    pub(crate) example: &'static str,
    /// Whether the LMS may live below a path of its host.
    pub(crate) path: bool,
}

impl Site {
    /// Reads and checks the key `site` of a source's table. The errors never repeat the value,
    /// which may hold a password.
    ///
    /// # Errors
    /// What is wrong with it, and an example.
    pub(crate) fn read(&self, value: Option<&Value>) -> Result<Url, SettingsError> {
        let Self { lms, example, path } = self;
        let wrong = |why: &str| {
            Err(SettingsError::at(
                "site",
                format!("{why}: write the address at which people open {lms}, as in \"{example}\""),
            ))
        };
        let text = match value {
            None => return wrong("missing"),
            Some(Value::String(text)) if text.trim().is_empty() => return wrong("empty"),
            Some(Value::String(text)) => text,
            Some(_) => return wrong("not a string"),
        };
        let Ok(url) = Url::parse(text) else { return wrong("not an address") };
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("not a web address");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("a name or password does not belong into it");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("it ends before any ? or #");
        }
        if !path && url.path() != "/" {
            return wrong("it ends after the host");
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{KINDS, Kind};

    /// Each LMS's name, its example, and a table that lacks the site alone.
    fn sources() -> [(&'static Kind, &'static str, serde_json::Value); 3] {
        let kind = |name| KINDS.iter().find(|kind| kind.name == name).unwrap();
        [
            (
                kind("moodle"),
                "open Moodle, as in \"https://moodle.example.edu\"",
                json!({"ws_token": "t", "token": "a"}),
            ),
            (
                kind("canvas"),
                "open Canvas, as in \"https://canvas.example.edu\"",
                json!({"api_token": "t", "root_account": "r", "path_secret": "s"}),
            ),
            (
                kind("blackboard"),
                "open Blackboard, as in \"https://learn.example.edu\"",
                json!({"application_key": "k", "application_secret": "s", "event_key": "e"}),
            ),
        ]
    }

    #[test]
    fn the_same_mistake_is_told_in_the_same_words_with_the_example_of_the_lms() {
        for (kind, mend, table) in sources() {
            let refused = |site: Option<serde_json::Value>| {
                let mut table = table.clone();
                if let Some(site) = site {
                    table["site"] = site;
                }
                let error = (kind.build)(table).unwrap_err();
                assert_eq!(error.key.as_deref(), Some("site"), "{error}");
                assert!(!error.message.contains("hunter2"), "{error}");
                let (why, rest) = error.message.split_once(": write the address at which people ").unwrap();
                assert_eq!(rest, mend);
                why.to_owned()
            };
            assert_eq!(refused(None), "missing");
            for (site, why) in [
                (json!(" "), "empty"),
                (json!(7), "not a string"),
                (json!("lms.example.edu"), "not an address"),
                (json!("https://"), "not an address"),
                (json!("ftp://lms.example.edu"), "not a web address"),
                (json!("lms.example.edu:443"), "not a web address"),
                (json!("https://ada:hunter2@lms.example.edu"), "a name or password does not belong into it"),
                (json!("https://hunter2@lms.example.edu"), "a name or password does not belong into it"),
                (json!("https://lms.example.edu/?a=hunter2"), "it ends before any ? or #"),
                (json!("https://lms.example.edu/#a"), "it ends before any ? or #"),
            ] {
                assert_eq!(refused(Some(site.clone())), why, "{} {site}", kind.name);
            }
        }
    }

    #[test]
    fn an_address_is_taken_with_a_path_where_the_lms_may_live_below_one() {
        for (kind, _, mut table) in sources() {
            for site in ["https://lms.example.edu", "http://127.0.0.1:8080/", " https://lms.example.edu "] {
                table["site"] = json!(site);
                (kind.build)(table.clone()).unwrap();
            }
            table["site"] = json!("https://www.example.edu/lms");
            assert_eq!((kind.build)(table).is_ok(), kind.name != "blackboard", "{}", kind.name);
        }
    }
}
