//! Awards judged again by what is kept with them.

use serde_json::Value;

use super::Folder;
use super::explain::graded;
use super::publish::unhashed;

async fn alter(folder: &Folder, sql: &str) {
    let url = format!("sqlite://{}", folder.database().display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_award_comes_out_the_same_whatever_was_published_and_graded_since() {
    let folder = Folder::new(None);
    folder.run("keys generate");
    let serving = folder.serve().await;
    serving.post("forms", graded("e1", "ada", 41)).await;
    serving.settled().await;
    let credential = folder.command("recheck --all --json").output().unwrap();
    let credential: Value = serde_json::from_slice(&credential.stdout).unwrap();
    assert_eq!((&credential[0]["result"], &credential[0]["results"]), (&"same".into(), &1.into()));
    let credential = credential[0]["credential"].as_str().unwrap().to_owned();

    // Neither new rules nor a new grade change what was decided then.
    let path = folder.folder.path().join("badges/first-aid.toml");
    let stricter = std::fs::read_to_string(&path).unwrap().replace("70 %", "90 %");
    std::fs::write(path, stricter).unwrap();
    folder.run("publish badges");
    serving.post("forms", graded("e2", "ada", 5)).await;
    serving.settled().await;
    serving.stop();
    let check = || unhashed(&folder.run(&format!("recheck http://localhost/credentials/{credential}")));
    insta::assert_snapshot!(check(), @r"
    $ accolade recheck http://localhost/credentials/ID
    credential ID, “first-aid” of TODAY: the same decision
      by version HASH of the rules, from 1 result and 0 held badges that are kept with it; their hash holds
    (0)
    ");

    let set = |content: &str| format!("UPDATE awards SET inputs = {content}");
    alter(&folder, &set("replace(inputs, '\"given\":\"41\"', '\"given\":\"21\"')")).await;
    insta::assert_snapshot!(check(), @r"
    $ accolade recheck http://localhost/credentials/ID
    credential ID, “first-aid” of TODAY: what is kept with it was altered: its facts have another hash
    (1)
    ");
    let content: String = {
        let url = format!("sqlite://{}", folder.database().display());
        let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::query_scalar("SELECT inputs FROM awards").fetch_one(&mut connection).await.unwrap()
    };
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(content.as_bytes()));
    alter(&folder, &format!("UPDATE awards SET inputs_hash = '{hash}'")).await;
    // Awards of earlier versions have their facts in a table beside them.
    let moved =
        "INSERT INTO award_inputs (award_id, hash, content) SELECT id, inputs_hash, inputs FROM awards";
    alter(&folder, moved).await;
    alter(&folder, "UPDATE awards SET inputs_hash = NULL, inputs = NULL").await;
    insta::assert_snapshot!(check(), @r"
    $ accolade recheck http://localhost/credentials/ID
    credential ID, “first-aid” of TODAY: another decision, by version HASH of the rules
      “all of these” was met, and is not met by the stored facts
      “Final test in First aid (forms): at least 70 %” was met, and is not met by the stored facts
      “Final test in First aid (forms): at least 70 %” found 82 % (2026-11-20T10:00:00Z), and by the stored facts 42 % (2026-11-20T10:00:00Z)
      by these facts the badge is not earned: Final test in First aid (forms): at least 70 %, but found 42 % on 20 November 2026
    (1)
    ");
    insta::assert_snapshot!(unhashed(&folder.run("recheck --all")), @r"
    $ accolade recheck --all
    credential ID, “first-aid” of TODAY: another decision, by version HASH of the rules
      “all of these” was met, and is not met by the stored facts
      “Final test in First aid (forms): at least 70 %” was met, and is not met by the stored facts
      “Final test in First aid (forms): at least 70 %” found 82 % (2026-11-20T10:00:00Z), and by the stored facts 42 % (2026-11-20T10:00:00Z)
      by these facts the badge is not earned: Final test in First aid (forms): at least 70 %, but found 42 % on 20 November 2026
    awards: 1; the same decision: 0; another one: 1
    (1)
    ");
    alter(&folder, "DELETE FROM award_inputs").await;
    insta::assert_snapshot!(check(), @r"
    $ accolade recheck http://localhost/credentials/ID
    credential ID, “first-aid” of TODAY: cannot be checked: no facts are kept with it; early versions of Accolade kept none
    (1)
    ");
    insta::assert_snapshot!(folder.run("recheck --all"), @r"
    $ accolade recheck --all
    awards: 1; the same decision: 0; not to be checked, since facts or rules were not kept when they were made: 1
    (0)
    ");
    insta::assert_snapshot!(folder.run("recheck first-aid"), @r"
    $ accolade recheck first-aid
    error: invalid value 'first-aid' for '[AWARD]': an id has 36 characters, as in ID; `accolade awards list` lists awards, each with the id of its credential

    For more information, try '--help'.
    (2)
    ");
}
