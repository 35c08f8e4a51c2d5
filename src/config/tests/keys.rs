//! Connectors' complaints, and whether the file of defaults explains every key.

use std::collections::BTreeMap;
use std::path::Path;

use accolade_connectors::SettingsError;

use super::super::*;

#[test]
fn a_connectors_complaint_names_the_line_and_no_secret() {
    let text = "public_url = \"https://b.example.edu\"\n\
                issuer = { slug = \"x\", name = \"X\", url = \"https://example.edu\" }\n\
                mail.from = \"b@example.edu\"\n\
                [sources.moodle]\n\
                kind = \"moodle\"\n\
                site = \"x\"\n\
                token = [{ env = \"TOKEN\" }]\n\
                [sources.moodle.xapi]\n\
                password = \"written\"\n";
    let env = BTreeMap::from([("TOKEN".to_owned(), "hunter2".to_owned())]);
    let settings = load_str(text, Path::new(""), &env).unwrap();
    let table = &settings.sources["moodle"].table;
    assert_eq!(table["token"], serde_json::json!(["hunter2"]));
    let told = |error| sources::problem(&settings, "moodle", table, error).to_string();
    insta::assert_snapshot!(
        [
            SettingsError::at("site", "not an address"),
            SettingsError::at("xapi.password", "too short"),
            SettingsError::at("token", "“hunter2” is too short"),
            SettingsError::at("ws_token", "missing"),
            SettingsError { key: None, message: "unknown field `tokn`, expected one of `site`, `token`".to_owned() },
            SettingsError { key: None, message: "missing field `ws_token`".to_owned() },
            SettingsError { key: None, message: "something else".to_owned() },
        ]
        .map(told)
        .join("\n"),
        @r#"
        configuration:6: `sources.moodle.site`: not an address
        configuration:9: `sources.moodle.xapi.password`: too short
        configuration:7: `sources.moodle.token`: “[secret]” is too short
        configuration:4: `sources.moodle.ws_token`: missing
        configuration:4: `sources.moodle.tokn`: unknown key; did you mean `token`?
        configuration:4: `sources.moodle.ws_token`: missing: add `ws_token = …`
        configuration:4: `sources.moodle`: something else
        "#
    );
}

/// The names of a struct's fields, which serde tells to a deserializer.
struct FieldsOf<'a>(&'a mut Vec<&'static str>);

impl<'de> serde::Deserializer<'de> for FieldsOf<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("no struct"))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        Err(serde::de::Error::custom("only the fields are wanted"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields_of<T: serde::de::DeserializeOwned>() -> Vec<&'static str> {
    let mut fields = Vec::new();
    let _ = T::deserialize(FieldsOf(&mut fields));
    assert!(!fields.is_empty());
    fields
}

#[test]
fn every_key_is_in_the_default_file_with_an_explanation() {
    let text = include_str!("../../../config/default.toml");
    let mut section = "";
    let mut explained = false;
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let written = line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line);
        if let Some(name) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((key, _)) = written.split_once(" = ").filter(|_| !written.starts_with('#')) {
            assert!(explained || section == "sources.moodle", "{key} is not explained");
            found.entry(section).or_default().push(key);
        }
        explained = line.starts_with("# ");
    }
    let mut expect = |section: &str, fields: Vec<&str>| {
        let keys = found.remove(section).unwrap_or_default();
        let missing: Vec<_> = fields.iter().filter(|field| !keys.contains(field)).collect();
        let unknown: Vec<_> = keys.iter().filter(|key| !fields.contains(key)).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "[{section}] lacks {missing:?}, invents {unknown:?}"
        );
    };
    let (tables, top): (Vec<_>, Vec<_>) =
        fields_of::<Settings>().into_iter().partition(|field| !["public_url", "badges"].contains(field));
    assert_eq!(
        tables,
        [
            "server",
            "database",
            "queue",
            "mail",
            "bounces",
            "claim",
            "issuer",
            "issuers",
            "worker",
            "reconcile",
            "guard",
            "retention",
            "log",
            "terms",
            "sources"
        ]
    );
    expect("", top);
    expect("server", fields_of::<ServerSettings>());
    expect("database", fields_of::<DatabaseSettings>());
    expect("queue", fields_of::<QueueSettings>());
    expect("mail", fields_of::<MailSettings>().into_iter().filter(|key| *key != "dkim").collect());
    expect("mail.dkim", fields_of::<DkimSettings>());
    expect("bounces", fields_of::<BounceSettings>());
    expect("claim", fields_of::<ClaimSettings>());
    expect("issuer", fields_of::<IssuerSettings>());
    expect("worker", fields_of::<WorkerSettings>());
    expect("reconcile", fields_of::<ReconcileSettings>());
    expect("guard", fields_of::<GuardSettings>());
    expect("retention", fields_of::<RetentionSettings>());
    expect("log", fields_of::<LogSettings>());
    expect("[terms]", fields_of::<TermSettings>());
    expect("sources.moodle", vec!["kind", "institution_ids", "verified_addresses"]);
    // What one of several has is what the only one has.
    let of_one = fields_of::<IssuerSettings>();
    let shown = found.remove("issuers.law").unwrap_or_default();
    assert!(!shown.is_empty() && shown.iter().all(|key| of_one.contains(key)), "{shown:?}");
    assert!(found.is_empty(), "{found:?}");
}
