//! The program as an administrator types it: each command in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use accolade::store::{DeliveryState, DeliveryTrail, OpenError, Store, TrailFilter};
use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::database::TestDatabase;

const BADGE: &str = r#"
[badge]
name = "First Aid"
description = "Acts correctly when somebody is hurt."
criteria = "Passed the final test."
[award]
source = "forms"
course = "FA1"
all = [{ assessment = "test", at_least = "70 %" }]
"#;

/// A fresh folder with a configuration and a badge.
struct Folder {
    folder: TempDir,
    port: u16,
}

impl Folder {
    /// `canvas` is the address of a Canvas, if there is one.
    fn new(canvas: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let canvas = canvas.map_or_else(String::new, |site| {
            format!(
                r#"
[sources.canvas]
kind = "canvas"
site = "{site}"
api_token = "t"
root_account = "r"
path_secret = "s"
"#
            )
        });
        let text = format!(
            r#"
public_url = "http://localhost:{port}"
[server]
listen = "127.0.0.1:{port}"
[mail]
from = "Example University <badges@example.edu>"
[issuer]
slug = "example-university"
name = "Example University"
url = "https://www.example.edu"
[sources.forms]
kind = "automation"
bearer = "sandbox-bearer"
trusted = true
{canvas}"#
        );
        std::fs::write(folder.path().join("accolade.toml"), text).unwrap();
        std::fs::create_dir(folder.path().join("badges")).unwrap();
        std::fs::write(folder.path().join("badges/first-aid.toml"), BADGE).unwrap();
        Self { folder, port }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/accolade.db")
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accolade"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("ACCOLADE_CONFIG", "accolade.toml")
            .args(arguments.split_whitespace());
        command
    }

    /// Runs a command: the line that was typed, all that it printed, and how it ended.
    fn run(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let end = output.status.code().unwrap();
        let text = format!("$ accolade {arguments}\n{out}{err}({end})\n");
        masked(&text.replace(&self.port.to_string(), "PORT"))
    }

    async fn serve(&self) -> Serving<'_> {
        accolade::secrets::install_tls();
        let process = self.command("serve").stderr(std::process::Stdio::null()).spawn().unwrap();
        let serving = Serving { process, folder: self };
        serving
            .until("it answers", async || {
                reqwest::get(serving.url("readyz")).await.is_ok_and(|answer| answer.status().is_success())
            })
            .await;
        serving
    }
}

/// A running `accolade serve`, ended with the test.
struct Serving<'a> {
    process: Child,
    folder: &'a Folder,
}

impl Serving<'_> {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.folder.port)
    }

    async fn until(&self, what: &str, mut wished: impl AsyncFnMut() -> bool) {
        let began = Instant::now();
        while !wished().await {
            assert!(began.elapsed() < Duration::from_mins(1), "still not so: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn post(&self, path: &str, body: Value) -> u16 {
        let request = reqwest::Client::new().post(self.url(&format!("hooks/{path}")));
        let answer = request.bearer_auth("sandbox-bearer").body(body.to_string()).send().await.unwrap();
        answer.status().as_u16()
    }

    /// Every delivery, oldest first, once nothing waits any more and no mail is on its way.
    async fn settled(&self) -> Vec<DeliveryTrail> {
        let store = Store::open(&format!("sqlite://{}", self.folder.database().display()), 1).await.unwrap();
        let mut trails = Vec::new();
        self.until("nothing waits", async || {
            trails = store.deliveries(&TrailFilter { limit: 100, ..TrailFilter::default() }).await.unwrap();
            trails.iter().all(|trail| trail.state != DeliveryState::Waiting)
        })
        .await;
        store.close().await;
        trails.reverse();
        trails
    }

    /// As systemd and Docker stop it.
    fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(killed.success() && self.process.wait().unwrap().success());
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The text with ID for every UUID and TIME for every time.
fn masked(text: &str) -> String {
    const SHAPES: [(&str, &str); 2] =
        [("ID", "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh"), ("TIME", "dddd-dd-dd dd:dd:dd")];
    let fits = |text: &str, shape: &str| {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, kind)| match kind {
                b'h' => byte.is_ascii_hexdigit(),
                b'd' => byte.is_ascii_digit(),
                _ => byte == kind,
            })
    };
    let (mut masked, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if let Some((name, shape)) = SHAPES.iter().find(|(_, shape)| fits(rest, shape)) {
            masked += name;
            shape.len()
        } else {
            masked.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    masked
}

fn passed(id: &str) -> Value {
    json!({
        "id": id, "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": {"email": "ada@example.test", "name": "Ada Example"}, "course": {"id": "FA1"},
            "assessment": {"id": "test", "name": "Final test"}, "score": {"given": 41, "max": 50},
        },
    })
}

#[test]
fn without_a_configuration_it_says_how_to_name_one() {
    let folder = Folder::new(None);
    let output = folder.command("check").env_remove("ACCOLADE_CONFIG").output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    accolade: (no configuration file): `issuer.slug` is missing: add `slug = …` under [issuer]
    (no configuration file): `issuer.name` is missing: add `name = …` under [issuer]
    (no configuration file): `issuer.url` is missing: add `url = …` under [issuer]
    (no configuration file): `mail.from` is missing: add `from = …` under [mail]
    (no configuration file): `public_url` is missing: add `public_url = …`
    name a configuration file with --config FILE or ACCOLADE_CONFIG
    ");
}

#[test]
fn before_the_first_start_every_command_says_what_to_do_and_makes_no_database() {
    let folder = Folder::new(None);
    insta::assert_snapshot!(folder.run("check"), @r"
    $ accolade check
    badge   first-aid                First Aid
    source  forms                    automation  http://localhost:PORT/hooks/forms
    everything reads well; `accolade doctor` tries the connections
    (0)
    ");
    insta::assert_snapshot!(folder.run("doctor"), @r"
    $ accolade doctor
      well  badges: 1 read
      MEND  issuer: issuer.key_file: there is no file data/keys/issuer.pem; `accolade keys generate` makes it
      MEND  claim links: claim.secret_file: there is no file data/keys/claim.secret; `accolade keys generate` makes it
      well  database: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
      well  queue: embedded answers
      well  mail: mails become files in data/outbox
      well  source forms: nothing to ask: an automation source has no API; it accepts requests with a bearer token and believes them
    2 to mend
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries 01a20a3c-aede-70c5-bb4a-b66604404784"), @r"
    $ accolade deliveries ID
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries 01a20a3c-aede-70c5-bb4a-b66604404784 --retry"), @r"
    $ accolade deliveries ID --retry
    accolade: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
    (1)
    ");
    insta::assert_snapshot!(folder.run("serve"), @r"
    $ accolade serve
    accolade: issuer.key_file: there is no file data/keys/issuer.pem; `accolade keys generate` makes it
    (1)
    ");
    insta::assert_snapshot!(folder.run("keys generate"), @r"
    $ accolade keys generate
    signing key: made data/keys/issuer.pem (mode 0600)
    secret of claim links: made data/keys/claim.secret (mode 0600)
    (0)
    ");
    insta::assert_snapshot!(folder.run("keys generate"), @r"
    $ accolade keys generate
    signing key: data/keys/issuer.pem is there already
    secret of claim links: data/keys/claim.secret is there already
    (0)
    ");
    insta::assert_snapshot!(folder.run("doctor"), @r"
    $ accolade doctor
      well  badges: 1 read
      well  issuer: did:web:localhost%3APORT
      well  claim links: the secret reads well
      well  database: there is no database data/accolade.db yet: `accolade serve` makes it. If it should be there, check database.url
      well  queue: embedded answers
      well  mail: mails become files in data/outbox
      well  source forms: nothing to ask: an automation source has no API; it accepts requests with a bearer token and believes them
    all is well
    (0)
    ");
    assert!(!folder.database().exists());
}

#[test]
fn the_doctor_looks_for_the_key_that_signs_mails() {
    let dkim = [("DOMAIN", "example.edu"), ("SELECTOR", "b1"), ("KEY_FILE", "keys/dkim.pem")];
    let dkim = dkim.map(|(key, value)| (format!("ACCOLADE_MAIL__DKIM__{key}"), value));
    let output = Folder::new(None).command("doctor").envs(dkim).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("MEND  mail: mail.dkim.key_file keys/dkim.pem: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_shown_whole_and_parked_work_is_tried_again() {
    // A Canvas that refuses every call for good, so that what waits for it is parked.
    let refuse = async || (StatusCode::BAD_REQUEST, r#"{"errors": [{"message": "bad request"}]}"#);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let canvas = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(refuse)).into_future());

    let folder = Folder::new(Some(&canvas));
    folder.run("keys generate");
    let serving = folder.serve().await;
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    no deliveries yet
    (0)
    ");
    assert_eq!(serving.post("forms", passed("e1")).await, 200);
    serving.settled().await;
    assert_eq!(serving.post("forms", passed("e1")).await, 200);
    let other = json!({"type": "form.opened"});
    assert_eq!(serving.post("forms", other).await, 200);
    assert_eq!(serving.post("canvas/wrong", json!({})).await, 401);
    let grade = json!({
        "metadata": {
            "event_name": "grade_change", "event_time": "2026-11-20T09:15:02.300Z", "context_type": "Course",
            "context_id": "565", "root_account_uuid": "r", "root_account_id": "1",
        },
        "body": {
            "assignment_id": "355", "score": 17.5, "points_possible": 20, "grading_complete": true,
            "muted": false, "user_id": "48", "submission_id": "11048",
        },
    });
    assert_eq!(serving.post("canvas/s", grade).await, 200);
    let trails = serving.settled().await;
    insta::assert_snapshot!(folder.run("deliveries"), @r"
    $ accolade deliveries
    ID TIME canvas       parked    Canvas course: Canvas answers 400 and says “bad request”
    ID TIME canvas       refused   the address ends with a wrong path_secret
    ID TIME forms        ignored   type: is none of assessment.passed, assessment.graded, assessment.revised, course.completed
    ID TIME forms        duplicate 1 of 1 signals told before, first by delivery ID
    ID TIME forms        done      Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source forms --state done"), @r"
    $ accolade deliveries --source forms --state done
    ID TIME forms        done      Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source nobody"), @r"
    $ accolade deliveries --source nobody
    no such delivery
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --state open"), @r"
    $ accolade deliveries --state open
    accolade: --state: “open” is none of waiting, duplicate, ignored, refused, parked, done
    (1)
    ");
    let [done, .., refused, parked] = trails.as_slice() else { panic!("{trails:#?}") };
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", done.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   forms
    received TIME UTC
    state    done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded
      signal ID assessment.passed done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets
        event ID done: “First Aid” awarded
          badge first-aid, credential ID, claim mail sent
    body
    {"data":{"assessment":{"id":"test","name":"Final test"},"course":{"id":"FA1"},"learner":{"email":"ada@example.test","name":"Ada Example"},"score":{"given":41,"max":50}},"id":"e1","timestamp":"2026-11-20T10:00:00Z","type":"assessment.passed"}
    (0)
    "#);
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", refused.id)), @r"
    $ accolade deliveries ID
    delivery ID
    source   canvas
    received TIME UTC
    state    refused: the address ends with a wrong path_secret
    answered 401
    the body was not kept: nobody vouched for it
    (0)
    ");
    insta::assert_snapshot!(folder.run(&format!("deliveries {}", parked.id)), @r#"
    $ accolade deliveries ID
    delivery ID
    source   canvas
    received TIME UTC
    state    parked: Canvas course: Canvas answers 400 and says “bad request”
      signal ID grade_change parked: Canvas course: Canvas answers 400 and says “bad request”
    body
    {"body":{"assignment_id":"355","grading_complete":true,"muted":false,"points_possible":20,"score":17.5,"submission_id":"11048","user_id":"48"},"metadata":{"context_id":"565","context_type":"Course","event_name":"grade_change","event_time":"2026-11-20T09:15:02.300Z","root_account_id":"1","root_account_uuid":"r"}}
    once its cause is mended: accolade deliveries ID --retry
    (0)
    "#);

    insta::assert_snapshot!(folder.run(&format!("deliveries {} --retry", done.id)), @r"
    $ accolade deliveries ID --retry
    accolade: nothing of delivery ID is parked; it is done: Final test: 82 %, passed; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded
    (1)
    ");
    insta::assert_snapshot!(folder.run("deliveries 01a20a3c-aede-70c5-bb4a-b66604404784 --retry"), @r"
    $ accolade deliveries ID --retry
    accolade: there is no delivery ID; `accolade deliveries` lists the newest, with their ids
    (1)
    ");
    let credential = trails[0].signals[0].events[0].credentials[0].0;
    let store = Store::open(&format!("sqlite://{}", folder.database().display()), 1).await.unwrap();
    let document = store.credential(credential).await.unwrap().unwrap().document;
    store.close().await;
    let file = folder.folder.path().join("badge.json");
    std::fs::write(&file, &document).unwrap();
    insta::assert_snapshot!(folder.run("verify badge.json"), @r"
    $ accolade verify badge.json
    holds  structure  It has the members that Open Badges 3.0 requires.
    holds  terms      Every term is defined by its contexts.
    holds  signature  The signature fits this text and the key.
    holds  key        did:web:localhost%3APORT lists the key for credentials.
    holds  dates      It is valid and does not expire.
    holds  status     The issuer has neither revoked nor suspended it.
    the credential is valid
    (0)
    ");
    std::fs::write(&file, document.replace("First Aid", "Last Aid")).unwrap();
    insta::assert_snapshot!(folder.run("verify badge.json"), @r"
    $ accolade verify badge.json
    holds  structure  It has the members that Open Badges 3.0 requires.
    holds  terms      Every term is defined by its contexts.
    FAILS  signature  The signature does not fit: the text was changed, or another key signed it.
    holds  key        did:web:localhost%3APORT lists the key for credentials.
    holds  dates      It is valid and does not expire.
    holds  status     The issuer has neither revoked nor suspended it.
    the credential is NOT valid
    (1)
    ");
    serving.stop();

    insta::assert_snapshot!(folder.run(&format!("deliveries {} --retry", parked.id)), @r"
    $ accolade deliveries ID --retry
    the parked work of delivery ID will be tried again: at once where `accolade serve` runs, else when it starts
    (0)
    ");
    insta::assert_snapshot!(folder.run("deliveries --source canvas --state waiting"), @r"
    $ accolade deliveries --source canvas --state waiting
    ID TIME canvas       waiting   Canvas course: Canvas answers 400 and says “bad request”
    (0)
    ");
    let serving = folder.serve().await;
    let again = serving.settled().await;
    assert_eq!(again.last().unwrap().state, DeliveryState::Parked, "asked again, refused again");
    serving.stop();
}

#[tokio::test]
async fn an_older_or_empty_database_is_named_and_left_as_it_is() {
    let folder = Folder::new(None);
    std::fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    let file = folder.database();
    let left_alone = |file: &Path, commands: [&str; 2]| {
        let before = std::fs::read(file).unwrap();
        let said = commands.map(|command| folder.run(command)).concat();
        assert_eq!(std::fs::read(file).unwrap(), before);
        said
    };
    std::fs::write(&file, "").unwrap();
    insta::assert_snapshot!(left_alone(&file, ["deliveries", "deliveries 01a20a3c-aede-70c5-bb4a-b66604404784 --retry"]), @r"
    $ accolade deliveries
    accolade: the database has no tables yet: `accolade serve` makes them
    (1)
    $ accolade deliveries ID --retry
    accolade: the database has no tables yet: `accolade serve` makes them
    (1)
    ");

    let url = format!("sqlite://{}", file.display());
    let store = Store::connect(&url, 1).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "UPDATE _sqlx_migrations SET version = 0 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let said = left_alone(&file, ["deliveries", "doctor"]);
    assert_eq!(said.matches("the database is of an older version (0 of").count(), 2, "{said}");
    assert_eq!(said.matches("start `accolade serve` of this version once").count(), 2, "{said}");

    std::fs::write(&file, "not a database at all").unwrap();
    insta::assert_snapshot!(left_alone(&file, ["deliveries", "deliveries --state done"]), @r"
    $ accolade deliveries
    accolade: the database refused a statement: file is not a database (26)
    (1)
    $ accolade deliveries --state done
    accolade: the database refused a statement: file is not a database (26)
    (1)
    ");
}

#[tokio::test]
async fn only_a_migrated_database_is_opened() {
    let databases = [Some(TestDatabase::sqlite()), TestDatabase::postgres().await];
    for database in databases.into_iter().flatten() {
        let refused = Store::open(database.url(), 1).await.unwrap_err();
        assert!(
            matches!(&refused, OpenError::NotReady(why) if why.contains("`accolade serve` makes")),
            "{refused}"
        );
        database.store().await.close().await;
        let store = Store::open(database.url(), 1).await.unwrap();
        assert!(
            store.deliveries(&TrailFilter { limit: 1, ..TrailFilter::default() }).await.unwrap().is_empty()
        );
        store.verify().await.unwrap();
    }
}
