//! The configuration as an administrator meets it: defaults, file, environment, secrets, and
//! what is said when something is wrong.

use std::collections::BTreeMap;
use std::path::Path;

use accolade::config::{DidMethod, LogFormat, Nameable, Settings, load, load_str};

const MINIMAL: &str = r#"
public_url = "https://badges.example.edu"
[mail]
from = "Example University <badges@example.edu>"
[issuer]
slug = "example-university"
name = "Example University"
url = "https://www.example.edu"
"#;

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn read(text: &str, pairs: &[(&str, &str)]) -> Settings {
    load_str(text, Path::new("/etc/accolade"), &env(pairs)).unwrap()
}

fn refused(text: &str, pairs: &[(&str, &str)]) -> String {
    load_str(text, Path::new("/etc/accolade"), &env(pairs)).unwrap_err().to_string()
}

#[test]
fn a_minimal_file_gets_the_defaults() {
    let settings = read(MINIMAL, &[]);
    assert_eq!(settings.queue.url.expose(), "embedded:");
    assert_eq!(settings.server.listen, "127.0.0.1:8080");
    assert_eq!((settings.issuer.did, settings.log.format), (DidMethod::Web, LogFormat::Text));
    assert!(settings.sources.is_empty() && settings.mail.dkim.is_none());
}

#[test]
fn relative_paths_start_at_the_files_folder() {
    let settings = read(MINIMAL, &[("ACCOLADE_BADGES", "my-badges")]);
    assert_eq!(settings.badges, Path::new("/etc/accolade/my-badges"));
    assert_eq!(settings.claim.secret_file, Path::new("/etc/accolade/data/keys/claim.secret"));
    assert_eq!(settings.database.url.expose(), "sqlite:///etc/accolade/data/accolade.db");
    assert_eq!(settings.mail.url.expose(), "outbox:/etc/accolade/data/outbox");
    let text = format!("badges = \"/srv/badges\"\n{MINIMAL}");
    assert_eq!(read(&text, &[]).badges, Path::new("/srv/badges"));
    let settings = read(MINIMAL, &[("ACCOLADE_DATABASE__URL", "sqlite::memory:")]);
    assert_eq!(settings.database.url.expose(), "sqlite::memory:");
}

#[test]
fn the_environment_wins_and_has_the_type_of_its_key() {
    let text = format!("{MINIMAL}\n[sources.my-moodle]\nkind = \"moodle\"\ntoken = \"old\"\n");
    let settings = read(
        &text,
        &[
            ("ACCOLADE_DATABASE__URL", "postgres://u:p@db/accolade"),
            ("ACCOLADE_WORKER__BATCH", "7"),
            ("ACCOLADE_ISSUER__NAME", "2026"),
            ("ACCOLADE_ISSUER__DID", "key"),
            ("ACCOLADE_SOURCES__MY_MOODLE__TOKEN", "\"0123\""),
            ("ACCOLADE_SOURCES__MY_MOODLE__LIMIT", "5"),
            ("ACCOLADE_SOURCES__MY_MOODLE__ON", "true"),
            ("ACCOLADE_SOURCES__MY_MOODLE__ZERO", "007"),
            // Set by Kubernetes, or for the command line: no keys.
            ("ACCOLADE_SERVICE_HOST", "10.0.0.1"),
            ("ACCOLADE_PORT", "tcp://10.0.0.1:80"),
            ("ACCOLADE_CONFIG", "/etc/accolade/accolade.toml"),
        ],
    );
    assert_eq!(settings.database.url.expose(), "postgres://u:p@db/accolade");
    assert_eq!(settings.worker.batch, 7);
    assert_eq!(settings.issuer.name, "2026");
    assert_eq!(settings.issuer.did, DidMethod::Key);
    let table = serde_json::Value::Object(settings.sources["my-moodle"].table.clone());
    assert_eq!(table, serde_json::json!({"token": "0123", "limit": 5, "on": true, "zero": "007"}));
}

#[test]
fn secrets_come_from_variables_and_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("amqp"), "amqp://u:p@mq/accolade\n").unwrap();
    std::fs::write(folder.path().join("db"), "postgres://u:p@db/accolade\r\n").unwrap();
    let file = folder.path().join("accolade.toml");
    let text = format!(
        "{MINIMAL}\n[queue]\nurl = {{ file = \"amqp\" }}\n[sources.forms]\nkind = \"automation\"\n\
         secret = [{{ env = \"OLD\" }}, {{ env = \"NEW\" }}]\n"
    );
    std::fs::write(&file, text).unwrap();
    let env = env(&[("OLD", "hunter2"), ("NEW", "hunter3"), ("ACCOLADE_DATABASE__URL__FILE", "db")]);
    let settings = load(Some(&file), &env).unwrap();
    assert_eq!(settings.queue.url.expose(), "amqp://u:p@mq/accolade");
    assert_eq!(settings.database.url.expose(), "postgres://u:p@db/accolade");
    assert_eq!(settings.sources["forms"].table["secret"], serde_json::json!(["hunter2", "hunter3"]));
    assert!(!format!("{settings:?}").contains("hunter"));
}

#[test]
fn what_cannot_be_found_is_named_with_its_line_and_mend() {
    insta::assert_snapshot!(refused(
        &format!("{MINIMAL}
[database]
url = {{ env = \"DATABASE_URL\" }}
[queue]
url = {{ env = \"AMQP_URL\" }}
[sources.forms]
kind = \"automation\"
secret = {{ file = \"/nonexistent/secret\" }}
bearer = {{ env = \"A\", file = \"b\" }}"),
        &[("AMQP_URL", ""), ("ACCOLADE_LOG__FORMAT__FILE", "/dev/null")]
    ), @r#"
    ACCOLADE_LOG__FORMAT__FILE: `log.format`: the file /dev/null is empty; put the value into it
    configuration:11: `database.url`: the environment variable DATABASE_URL is not set; set it, or name another
    configuration:13: `queue.url`: the environment variable AMQP_URL is empty; give it a value
    configuration:16: `sources.forms.secret`: there is no file /nonexistent/secret; make it, or correct the path
    configuration:17: `sources.forms.bearer`: either `env` or `file`, not both; remove one
    "#);
}

#[test]
fn nothing_configured_names_all_that_is_needed() {
    insta::assert_snapshot!(load(None, &BTreeMap::new()).unwrap_err(), @r#"
    (no configuration file): `issuer.slug` is missing: add `slug = …` under [issuer]
    (no configuration file): `issuer.name` is missing: add `name = …` under [issuer]
    (no configuration file): `issuer.url` is missing: add `url = …` under [issuer]
    (no configuration file): `mail.from` is missing: add `from = …` under [mail]
    (no configuration file): `public_url` is missing: add `public_url = …`
    "#);
}

#[test]
fn a_missing_file_is_named() {
    insta::assert_snapshot!(load(Some(Path::new("/nonexistent/accolade.toml")), &BTreeMap::new()).unwrap_err(), @r#"/nonexistent/accolade.toml: there is no file /nonexistent/accolade.toml; make it, or correct the path"#);
}

#[test]
fn slips_of_the_pen_are_named_with_line_and_nearest_key() {
    insta::assert_snapshot!(refused(
        r#"public_url = "http://badges.example.edu/path?x"
badgez = "b"
log = "debug"
[server]
listen = 8080
max_body_bytes = -1
request_seconds = "15"
[databse]
url = "postgres://db"
[mail]
url = "smpt://mail.example.edu"
from = "nobody"
conections = 3
connections = 0
[issuer]
slug = "Example University"
name = ""
url = "www.example.edu"
did = "webb"
[sources."My Moodle"]
kind = "modle"
[sources.other]
knd = "moodle"
"#,
        &[("ACCOLADE_WORKER__BATCH", "many"), ("ACCOLADE_SERVER__LISTN", "x"), ("ACCOLADE_QUEUE____URL", "x")]
    ), @r#"
    ACCOLADE_QUEUE____URL: not the name of a key; write it like ACCOLADE_DATABASE__URL for `database.url`
    ACCOLADE_SERVER__LISTN: unknown key `server.listn`; did you mean `listen`?
    ACCOLADE_WORKER__BATCH: `worker.batch`: this is a string; expected is a whole number from 0 to 65535
    configuration:1: `public_url`: badges and claim links need `https`; plain `http` is possible on localhost only
    configuration:1: `public_url`: only a host, and a port if need be: remove what follows it
    configuration:2: unknown key `badgez`; did you mean `badges`?
    configuration:3: `log`: this is a string; expected is a table `[log]`
    configuration:5: `server.listen`: this is a whole number; expected is a string
    configuration:6: `server.max_body_bytes`: -1 is not possible here; expected is a whole number, 0 or more
    configuration:7: `server.request_seconds`: this is a string; expected is a whole number, 0 or more
    configuration:8: unknown key `databse`; did you mean `database`?
    configuration:11: `mail.url`: not a way to send mail that is known here; possible is "outbox:folder", "smtp://user:password@host:587" (STARTTLS), "smtps://user:password@host:465" (TLS) or "smtp+plain://host:25" (no encryption)
    configuration:12: `mail.from`: not a sender; write it like "Example University <badges@example.edu>"
    configuration:13: unknown key `mail.conections`; did you mean `connections`?
    configuration:14: `mail.connections`: 0 would stop all work; write 1 or more
    configuration:16: `issuer.slug`: write lower-case letters, digits and hyphens, as in "example-university"
    configuration:17: `issuer.name`: empty; write the institution's name
    configuration:18: `issuer.url`: not a complete address; begin it with `https://`
    configuration:19: `issuer.did`: not possible here; possible is `web` or `key`; did you mean `web`?
    configuration:20: `sources.My Moodle`: the name becomes part of the address `/hooks/…`: write lower-case letters, digits and hyphens
    configuration:21: `sources.My Moodle.kind`: not a kind of source; possible is `moodle`, `canvas`, `blackboard` or `automation`; did you mean `moodle`?
    configuration:22: `sources.other.kind` is missing: add `kind = …` under [sources.other]
    "#);
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    insta::assert_snapshot!(refused("public_url = \"https://badges.example.edu\nbadges = [\n", &[]).lines().next().unwrap(), @r#"configuration:1: not TOML: invalid basic string, expected `"`"#);
}

#[test]
fn addresses_of_services_are_checked_without_being_shown() {
    for (key, value, says) in [
        ("DATABASE__URL", "mysql://u:hunter2@db/x", "possible is \"sqlite://"),
        ("DATABASE__URL", "sqlite:", "names no file"),
        ("DATABASE__URL", "postgres://u:hunter2@db:port/x", "percent-encoded"),
        ("QUEUE__URL", "redis://u:hunter2@mq", "possible is \"embedded:\""),
        ("QUEUE__URL", "embedded:hunter2", "nothing follows"),
        ("QUEUE__URL", "amqp:hunter2", "not a complete address"),
        ("QUEUE__EXCHANGE", "amq.hunter2", "not beginning with `amq.`"),
        ("MAIL__URL", "smtp://u:hunter2@", "not a complete address"),
        ("MAIL__URL", "smtp+plain://u:hunter2@mail.example.edu:25", "unencrypted"),
        ("MAIL__URL", "outbox:", "names no folder"),
        ("MAIL__FROM", "hunter2", "not a sender"),
        ("MAIL__REPLY_TO", "hunter2", "not a mail address"),
        ("LOG__FILTER", "a=hunter2", "not a filter"),
        ("LOG__FORMAT", "hunter2", "`text` or `json`"),
        ("ISSUER__URL", "hunter2", "not a complete address"),
        ("ISSUER__URL", "http://[hunter2", "does not fit"),
        ("WORKER__BATCH", "hunter2", "a whole number from 0 to 65535"),
        ("SERVER__LISTEN", "hunter2", "not an address with a port"),
        ("SOURCES__X__KIND", "hunter2", "not a kind of source"),
        ("CLAIM__DAYS", "0", "1 to 3650"),
    ] {
        let error = refused(MINIMAL, &[(&format!("ACCOLADE_{key}"), value)]);
        assert!(error.starts_with(&format!("ACCOLADE_{key}: `")) && error.contains(says), "{error}");
        assert!(!error.contains("hunter2") && error.lines().count() == 1, "{error}");
    }
    for (key, value) in [
        ("MAIL__URL", "smtp+plain://u:p@localhost:25"),
        ("MAIL__URL", "smtp+plain://u:p@127.0.0.1:25"),
        ("MAIL__URL", "smtps://badges%40example.edu:p@mail.example.edu:465"),
        ("MAIL__URL", "smtp+plain://mail.example.edu"),
        ("QUEUE__URL", "amqps://u:p@mq:5671/v"),
        ("DATABASE__URL", "postgresql:///accolade?host=/run/postgresql"),
        ("PUBLIC_URL", "http://localhost:8080"),
        ("PUBLIC_URL", "http://127.0.0.1:8080/"),
        ("SERVER__LISTEN", "[::]:8080"),
    ] {
        read(MINIMAL, &[(&format!("ACCOLADE_{key}"), value)]);
    }
}

#[test]
fn the_production_example_loads() {
    let file = Path::new("config/production.example.toml");
    let secrets = [
        ("DATABASE_URL", "postgres://accolade:secret@db.example.edu:5432/accolade"),
        ("AMQP_URL", "amqps://accolade:secret@mq.example.edu:5671/accolade"),
        ("SMTP_URL", "smtp://badges%40example.edu:secret@smtp.example.edu:587"),
        ("MOODLE_WS_TOKEN", "0123456789abcdef0123456789abcdef"),
        ("MOODLE_TOKEN", "a-long-random-token-for-the-plugin"),
        ("CANVAS_API_TOKEN", "1234~abcdefghijklmnopqrstuvwxyz"),
        ("BLACKBOARD_APPLICATION_KEY", "0f0e0d0c-0000-0000-0000-000000000000"),
        ("BLACKBOARD_APPLICATION_SECRET", "another-secret-of-the-application"),
        ("BLACKBOARD_EVENT_KEY", "a-long-random-key-for-caliper"),
        ("FORMS_SECRET", "whsec_c29tZSBzZWNyZXQgYnl0ZXMgZm9yIGEgdGVzdA=="),
    ];
    let settings = load(Some(file), &env(&secrets)).unwrap();
    let kinds: Vec<&str> = settings.sources.values().map(|source| source.kind.as_str()).collect();
    assert_eq!(kinds, ["blackboard", "canvas", "automation", "moodle"]);
    assert_eq!(accolade::config::sources(&settings).unwrap().len(), 4, "each makes a connector");

    let error = load(Some(file), &BTreeMap::new()).unwrap_err();
    let said: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), secrets.len(), "{error}");
    for (name, _) in secrets {
        assert!(
            said.iter().any(|line| line.contains(&format!("the environment variable {name} is not set")))
        );
    }
    assert!(error.problems.iter().all(|problem| problem.line.is_some()));
}

#[test]
fn the_example_badges_load_with_their_images() {
    let catalog = accolade::config::Catalog::load(
        Path::new("config/badges"),
        &Nameable::of(&["moodle", "canvas", "blackboard", "forms"]),
    )
    .unwrap();
    let ids: Vec<&str> = catalog.badges.iter().map(|badge| badge.achievement.id.as_str()).collect();
    assert_eq!(ids, ["data-literacy", "first-aid", "lab-safety", "workplace-safety"]);
    assert!(catalog.badges.iter().all(|badge| badge.image.is_some()));
}

#[test]
fn a_badge_that_could_not_be_signed_is_refused_when_its_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
[badge]
name = "\u0001"
description = "d"
criteria = "c"
[award]
source = "moodle"
course = "1"
assessment = "2"
passed = true
"#;
    std::fs::write(folder.path().join("odd.toml"), text).unwrap();
    let error =
        accolade::config::Catalog::load(folder.path(), &Nameable::of(&["moodle"])).unwrap_err().to_string();
    assert!(error.contains("odd.toml") && error.contains("could not be issued"), "{error}");
}

#[test]
fn what_links_learners_is_said_by_each_source() {
    let text = format!(
        "{MINIMAL}\n[sources.moodle]\nkind = \"moodle\"\ninstitution_ids = \" student-number \"\n\
         [sources.forms]\nkind = \"automation\"\n[sources.sso]\nkind = \"automation\"\n"
    );
    let settings = read(&text, &[("ACCOLADE_SOURCES__SSO__VERIFIED_ADDRESSES", "true")]);
    let identities = settings.identities();
    let of = |name: &str| {
        let source = &identities[name];
        (source.verified_addresses, source.institution_ids.as_deref())
    };
    assert_eq!(of("moodle"), (true, Some("student-number")));
    assert_eq!(of("forms"), (false, None), "whoever fills in a form chooses the address");
    assert_eq!(of("sso"), (true, None));
    assert!(settings.sources["sso"].table.is_empty(), "no connector has to know the key");
    let said = refused(&text.replace(" student-number ", " "), &[]);
    assert!(said.contains("what the ids are called, as in \"student-number\""), "{said}");
}

#[test]
fn terms_and_badges_of_terms_are_checked_where_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
public_url = "https://badges.example.edu"
[mail]
from = "badges@example.edu"
[issuer]
slug = "example"
name = "Example"
url = "https://example.edu"
[[terms]]
name = "Autumn 2026"
from = "2026-09-01"
to = 2027-01-31
[[terms]]
name = "Spring 2027"
from = "2027-01-15"
to = "2027-07-31"
"#;
    let none = std::collections::BTreeMap::new();
    let error = accolade::config::load_str(text, folder.path(), &none).unwrap_err().to_string();
    let expected = "configuration:15: `terms.1.from`: the term overlaps with “Autumn 2026”; a day belongs to one term only";
    assert_eq!(error, expected);
    let settings =
        accolade::config::load_str(&text.replace("2027-01-15", "2027-03-01"), folder.path(), &none).unwrap();
    assert_eq!(settings.terms().len(), 2);
    let badge = "[badge]\nname = \"A\"\ndescription = \"d\"\ncriteria = \"c\"\n[award]\nsource = \"moodle\"\n\
                 course = \"1\"\nassessment = \"2\"\npassed = true\nagain = \"each term\"\n";
    std::fs::write(folder.path().join("a.toml"), badge).unwrap();
    let load = |terms: Vec<accolade::config::Term>| {
        let known = Nameable { terms, ..Nameable::of(&["moodle"]) };
        accolade::config::Catalog::load(folder.path(), &known)
    };
    assert!(load(settings.terms()).is_ok());
    let error = load(Vec::new()).unwrap_err().to_string();
    assert!(
        error.contains("a.toml:10: `again`: the configuration has no terms; add them there as [[terms]]"),
        "{error}"
    );
}

const LAW: &str = "[issuers.law]\nname = \"Faculty of Law\"\nurl = \"https://law.example.edu\"\n";

#[test]
fn another_issuer_gets_what_the_defaults_give_the_first() {
    let text = format!(
        "{MINIMAL}{LAW}[issuers.fine-arts]\nname = \"Fine Arts\"\nurl = \"https://arts.example.edu\"\n"
    );
    let settings = read(&text, &[("ACCOLADE_ISSUERS__FINE_ARTS__JWT_KEY_FILE", "secrets/arts.pem")]);
    let law = settings.issuer_of("law").unwrap();
    assert_eq!((law.slug.as_str(), law.did), ("law", DidMethod::Web));
    assert_eq!(law.key_file, Path::new("/etc/accolade/data/keys/law.pem"));
    assert_eq!(law.jwt_key_file, Path::new("/etc/accolade/data/keys/law-jwt.pem"));
    let arts = settings.issuer_of("fine-arts").unwrap();
    assert_eq!(arts.jwt_key_file, Path::new("/etc/accolade/secrets/arts.pem"));
    let known = settings.known().issuers;
    assert_eq!(
        known,
        ["example-university", "fine-arts", "law"],
        "the institution is that of badges that name none"
    );
}

#[test]
fn issuers_share_nothing() {
    let text = format!(
        "{MINIMAL}{LAW}slug = \"law\"\nkey_file = \"data/keys/issuer.pem\"\nurll = \"x\"\nemail = \"nobody\"\n\
         [issuers.example-university]\nname = \"faculty of law\"\n[issuers.\"Fine Arts\"]\nname = \"\"\nurl = \"ftp://x.example\"\n"
    );
    insta::assert_snapshot!(refused(&text, &[]), @r#"
    configuration:10: `issuers.law.name`: `issuers.example-university` has the same name; people tell issuers apart by it
    configuration:12: `issuers.law.slug`: the name of the table is its slug; remove it
    configuration:13: `issuers.law.key_file`: it is that of `issuer.key_file`, too; each issuer has keys of its own
    configuration:14: unknown key `issuers.law.urll`; did you mean `url`?
    configuration:15: `issuers.law.email`: not a mail address; write it like "badges@example.edu"
    configuration:16: `issuers.example-university.url` is missing: add `url = …` under [issuers.example-university]
    configuration:16: `issuers.example-university`: it is the slug of `[issuer]`, too; give it another one
    configuration:18: `issuers.Fine Arts`: write lower-case letters, digits and hyphens, as in "example-university"
    configuration:19: `issuers.Fine Arts.name`: empty; write the institution's name
    configuration:20: `issuers.Fine Arts.url`: not a web address; write it like "https://www.example.edu"
    "#);
}

#[test]
fn a_badge_names_an_issuer_that_there_is() {
    let settings = read(&format!("{MINIMAL}{LAW}"), &[]);
    let folder = tempfile::tempdir().unwrap();
    let write = |issuer: &str| {
        let text = format!(
            "[badge]\nname = \"A\"\n{issuer}\ndescription = \"d\"\ncriteria = \"c\"\n[award]\nsource = \"moodle\"\n\
             course = \"1\"\nassessment = \"2\"\npassed = true\n"
        );
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
        let known = Nameable { sources: vec!["moodle".to_owned()], ..settings.known() };
        accolade::config::Catalog::load(folder.path(), &known)
            .map(|catalog| catalog.badges[0].issuer.clone())
            .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
    };
    assert_eq!(write(""), Ok("example-university".to_owned()));
    assert_eq!(write("issuer = \"law\""), Ok("law".to_owned()));
    assert_eq!(write("issuer = \"example-university\""), Ok("example-university".to_owned()));
    insta::assert_snapshot!(write("issuer = \"lav\"").unwrap_err(), @"a.toml:3: `badge.issuer`: there is no issuer “lav”; the configuration has `example-university` or `law`; did you mean `law`?");
    insta::assert_snapshot!(write("isuer = \"law\"").unwrap_err(), @"a.toml:3: unknown key `badge.isuer`; did you mean `issuer`?");
}
