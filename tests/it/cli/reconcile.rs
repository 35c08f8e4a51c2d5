//! `accolade reconcile` and `accolade check --online`, as they are typed.

use accolade::demo::sandbox::{API_TOKEN, Sandbox};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Folder;

/// A badge for a course of the sandbox's Canvas, and for one that it does not have.
const BADGE: &str = r#"
[badge]
name = "Data Literacy"
description = "Reads charts."
criteria = "Passed the assignment."
[award]
source = "canvas"
any = [
  { course = "2026.DATA-LIT", assessment = "355", at_least = "70 %" },
  { course = "2026.DATA-LIT", assessment = "356", at_least = "70 %" },
  { course = "NO-SUCH", assessment = "1", at_least = "70 %" },
]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_asks_for_says_what_it_found_and_what_it_could_not_find() {
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let sandbox = Sandbox::start(&mut tasks, &stop).await.unwrap();
    let folder = Folder::new(Some(sandbox.canvas_url.as_str()));
    let file = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("api_token = \"t\"", &format!("api_token = \"{API_TOKEN}\"")))
        .unwrap();
    std::fs::write(folder.folder.path().join("badges/data-literacy.toml"), BADGE).unwrap();
    assert!(folder.run("reconcile").contains("there is no database"));
    folder.run("keys generate");

    let checked = folder.run("check --online");
    for line in [
        "source canvas, course “2026.DATA-LIT”: “Data Literacy” does not have “356”",
        "source canvas, course “NO-SUCH”: the LMS has no such course",
        "(1)",
    ] {
        assert!(checked.contains(line), "{line} is missing in:\n{checked}");
    }

    let serving = folder.serve().await;
    assert!(folder.run("reconcile report").contains("nothing was reconciled yet"));
    let said = folder.run("reconcile --source canvas");
    for line in [
        "canvas  began TIME, ended TIME (asked for)",
        "done          3       1       0         0         2          0  the course does not have “356”, which a badge names",
        "what came of it: accolade deliveries ID",
        "the LMS has no course “NO-SUCH”, which a badge names",
        "what differs is confirmed and judged like a webhook",
        "(1)",
    ] {
        assert!(said.contains(line), "{line} is missing in:\n{said}");
    }
    let trails = serving.settled().await;
    let events: Vec<_> = trails.iter().flat_map(|trail| &trail.signals).flat_map(|it| &it.events).collect();
    assert_eq!((trails.len(), events.len()), (1, 1), "{trails:#?}");

    let again = folder.run("reconcile --course 565 --full --json");
    assert!(again.contains("\"unchanged\": 3") && again.ends_with("(0)\n"), "{again}");
    let report = folder.run("reconcile report --last 1 --json");
    assert!(report.contains("\"unchanged\": 3") && !report.contains("NO-SUCH"), "{report}");
    assert!(folder.run("reconcile --source forms").contains("forms: no badge names a course"));
    assert!(folder.run("reconcile --source nobody").contains("there is no source “nobody”"));
    assert!(
        folder.run("reconcile --course nothing").contains("no badge names a course “nothing” of any source")
    );
    serving.stop();
    stop.cancel();
    while tasks.join_next().await.is_some() {}
}

#[test]
fn what_cannot_be_asked_is_not_said_to_be_there() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let checked = folder.run("check --online");
    assert!(checked.contains("source forms: it has no gradebooks"), "{checked}");
    assert!(!checked.contains("the LMSs have every course"), "{checked}");
}
