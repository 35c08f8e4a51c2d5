//! The configuration of an installation of real processes, its keys and its badges.

use std::path::{Path, PathBuf};

use accolade::demo::sandbox;

use crate::support::app::Way;
use crate::support::broker::amqp_url;
use crate::support::issuer;

/// Its name in the folder.
pub(crate) const FILE: &str = "accolade.toml";
/// Connections of the mailer.
pub(crate) const CONNECTIONS: usize = 2;
/// Messages that a worker takes at once.
pub(crate) const BATCH: u16 = 50;

/// What it is about.
pub(crate) struct Configuration<'a> {
    pub(crate) way: Way,
    /// The database's URL.
    pub(crate) database: &'a str,
    /// The exchange of its queues.
    pub(crate) exchange: &'a str,
    /// The ports of its mail server, of its Moodle, and where it answers.
    pub(crate) smtp: u16,
    pub(crate) moodle: u16,
    pub(crate) front: u16,
}

impl Configuration<'_> {
    /// Writes it into a folder, with keys and badges; the file.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        issuer::write_keys(folder);
        badges(&folder.join("badges"));
        let file = folder.join(FILE);
        std::fs::write(&file, self.text()).unwrap();
        file
    }

    /// Gradebooks are not compared: at a time of the day it would depend on when the test runs, whose clock is
    /// fast, whether learners get what nobody posted.
    fn text(&self) -> String {
        let Self { database, exchange, smtp, moodle, front, .. } = self;
        let queue = match self.way {
            Way::Embedded => "embedded:".to_owned(),
            Way::Production => amqp_url().unwrap(),
        };
        format!(
            r#"
public_url = "http://localhost:{front}"
badges = "badges"
[database]
url = "{database}"
connections = 4
[queue]
url = "{queue}"
exchange = "{exchange}"
[mail]
url = "smtp+plain://127.0.0.1:{smtp}"
from = "Example University <badges@example.edu>"
connections = {CONNECTIONS}
{tables}
[guard]
enabled = false
[worker]
batch = {BATCH}
[reconcile]
every = "7 days"
[sources.forms]
kind = "automation"
bearer = "sandbox-bearer"
trusted = true
[sources.moodle]
kind = "moodle"
site = "http://127.0.0.1:{moodle}"
ws_token = "{token}"
token = "s3cr3t-shared-token"
"#,
            tables = issuer::TABLES,
            token = sandbox::WS_TOKEN,
        )
    }
}

fn badges(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let course =
        |id| format!("source = \"forms\"\ncourse = \"{id}\"\nassessment = \"test\"\nat_least = \"70 %\"");
    let quiz = "source = \"moodle\"\ncourse = \"EXT-WS101\"\nassessment = \"QUIZ-FINAL\"\npassed = true";
    for (id, award) in [
        ("first-aid", course("first-aid")),
        ("fire-safety", course("fire-safety")),
        ("quiz", quiz.to_owned()),
    ] {
        let text = format!(
            "[badge]\nname = \"{id}\"\ndescription = \"Helps where help is needed.\"\ncriteria = \"Passed.\"\n\
             [award]\n{award}\n"
        );
        std::fs::write(folder.join(format!("{id}.toml")), text).unwrap();
    }
}
