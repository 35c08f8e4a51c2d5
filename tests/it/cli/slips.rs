//! What is named on the command line and is not there: it is said, and not taken for an answer.

use accolade::store::Store;

use super::Folder;

/// A folder with an empty database.
async fn folder() -> Folder {
    let folder = Folder::new(None);
    std::fs::create_dir_all(folder.database().parent().unwrap()).unwrap();
    let store = Store::connect(&format!("sqlite://{}", folder.database().display()), 1).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    folder
}

#[tokio::test]
async fn a_source_a_badge_or_a_learner_that_is_not_there_is_said() {
    let folder = folder().await;
    let said = [
        "deliveries --source moodel",
        "deliveries --source forms",
        "parked list --source moodel",
        "parked retry --all --source moodel",
        "reconcile --source moodel",
        "reconcile report --source moodel",
        "awards list --badge nope",
        "awards list --badge first-aid",
        "awards revoke --badge nope --reason no --preview",
        "mails --badge nope",
        "waiting --badge nope",
        "explain --learner moodel:4",
    ];
    insta::assert_snapshot!(said.map(|command| folder.run(command)).concat(), @r"
    $ accolade deliveries --source moodel
    accolade: --source: there is no source “moodel”; configured is forms
    (1)
    $ accolade deliveries --source forms
    no such delivery
    (0)
    $ accolade parked list --source moodel
    accolade: --source: there is no source “moodel”; configured is forms
    (1)
    $ accolade parked retry --all --source moodel
    accolade: --source: there is no source “moodel”; configured is forms
    (1)
    $ accolade reconcile --source moodel
    accolade: --source: there is no source “moodel”; configured is forms
    (1)
    $ accolade reconcile report --source moodel
    accolade: --source: there is no source “moodel”; configured is forms
    (1)
    $ accolade awards list --badge nope
    accolade: --badge: there is no badge “nope”; the badges are: first-aid
    (1)
    $ accolade awards list --badge first-aid
    no award fits
    (0)
    $ accolade awards revoke --badge nope --reason no --preview
    accolade: --badge: there is no badge “nope”; the badges are: first-aid
    (1)
    $ accolade mails --badge nope
    accolade: --badge: there is no badge “nope”; the badges are: first-aid
    (1)
    $ accolade waiting --badge nope
    accolade: --badge: there is no badge “nope”; the badges are: first-aid
    (1)
    $ accolade explain --learner moodel:4
    accolade: nobody is known as “moodel:4”: there is no source “moodel”; configured is forms; and nobody has that as the institution's id
    (1)
    ");
}

#[tokio::test]
async fn what_is_no_id_and_no_number_is_refused_with_what_is_one() {
    let folder = folder().await;
    // Up to the lines on how a command is used.
    let said = |command: &str| {
        let said = folder.run(command);
        let error: String = said.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        assert!(said.ends_with("(2)\n"), "{said}");
        error + "\n"
    };
    let all = [
        "deliveries 01a20a3c",
        "parked show 01a20a3c",
        "parked retry 01a20a3c",
        "held show 01a20a3c",
        "held release 01a20a3c",
        "mails resend 01a20a3c",
        "recheck first-aid",
        "awards list --credential first-aid",
        "people dismiss 01a20a3c --reason no",
        "deliveries --limit 0",
    ];
    insta::assert_snapshot!(all.map(said).concat(), @r"
    $ accolade deliveries 01a20a3c
    error: invalid value '01a20a3c' for '[ID]': an id has 36 characters, as in ID; `accolade deliveries` lists deliveries with theirs
    $ accolade parked show 01a20a3c
    error: invalid value '01a20a3c' for '<ID>': an id has 36 characters, as in ID; `accolade parked list` lists parked work with its ids
    $ accolade parked retry 01a20a3c
    error: invalid value '01a20a3c' for '[ID]...': an id has 36 characters, as in ID; `accolade parked list` lists parked work with its ids
    $ accolade held show 01a20a3c
    error: invalid value '01a20a3c' for '<ID>': an id has 36 characters, as in ID; `accolade held` lists holds with theirs
    $ accolade held release 01a20a3c
    error: invalid value '01a20a3c' for '<ID>': an id has 36 characters, as in ID; `accolade held` lists holds with theirs
    $ accolade mails resend 01a20a3c
    error: invalid value '01a20a3c' for '[CREDENTIAL]': an id has 36 characters, as in ID; `accolade awards list` lists awards, each with the id of its credential
    $ accolade recheck first-aid
    error: invalid value 'first-aid' for '[AWARD]': an id has 36 characters, as in ID; `accolade awards list` lists awards, each with the id of its credential
    $ accolade awards list --credential first-aid
    error: invalid value 'first-aid' for '--credential <ID>': an id has 36 characters, as in ID; `accolade awards list` lists awards, each with the id of its credential
    $ accolade people dismiss 01a20a3c --reason no
    error: invalid value '01a20a3c' for '<DOUBT>': an id has 36 characters, as in ID; `accolade people doubts` lists doubts with theirs
    $ accolade deliveries --limit 0
    error: invalid value '0' for '--limit <LIMIT>': that shows nothing: it has to be 1 or more
    ");
    for command in ["held --limit 0", "parked list --limit 0", "mails --limit 0", "waiting --limit 0"] {
        assert!(said(command).contains("1 or more"), "{command}");
    }
    assert!(said("awards list --limit 0").contains("1 or more"));
    assert!(said("reconcile report --last 0").contains("1 or more"));
}

/// 1 says that a badge is not valid.
#[test]
fn what_cannot_be_read_is_not_said_to_be_no_valid_badge() {
    let folder = Folder::new(None);
    insta::assert_snapshot!(folder.run("verify nothing.json"), @r"
    $ accolade verify nothing.json
    accolade: nothing was verified: nothing.json: No such file or directory (os error 2)
    (3)
    ");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = folder.run(&format!("verify http://127.0.0.1:{port}/badge.json"));
    assert!(said.contains("accolade: nothing was verified: http://127.0.0.1:"), "{said}");
    assert!(said.ends_with("(3)\n"), "{said}");
    std::fs::write(folder.folder.path().join("badge.json"), "{}").unwrap();
    assert!(folder.run("verify badge.json").ends_with("the credential is NOT valid\n(1)\n"));
}
