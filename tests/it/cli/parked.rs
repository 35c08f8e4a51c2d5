//! Parked work: chosen by what it is about, and told to programs.

use accolade::store::{SignalVerdict, Store};
use serde_json::{Value, json};

use super::Folder;
use crate::store::fixtures::{at, result, tell};

#[tokio::test]
async fn parked_work_is_chosen_by_source_kind_and_reason_and_told_to_programs() {
    let folder = Folder::new(None);
    let url = format!("sqlite://{}", folder.database().display());
    let store = Store::connect(&url, 1).await.unwrap();
    store.migrate().await.unwrap();
    let mut parked = Vec::new();
    for (source, reason) in
        [("canvas", "400 bad request"), ("canvas", "404 not found"), ("forms", "400 bad request")]
    {
        let told = tell(&store, source).await;
        let park = SignalVerdict::Park { reason: reason.to_owned() };
        store.confirm(&[result(&told, Vec::new(), park)], at(10)).await.unwrap();
        parked.push(told);
    }
    store.close().await;
    let read = |arguments: &str| -> Vec<Value> {
        let said = folder.run_plain(arguments);
        said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{said}"))).collect()
    };
    let listed = |arguments: &str| {
        let mut ids: Vec<Value> = read(&format!("parked list --json {arguments}"))
            .into_iter()
            .map(|mut one| one["id"].take())
            .collect();
        ids.sort_by_key(Value::to_string);
        ids
    };
    let these = |numbers: &[usize]| {
        let mut ids: Vec<Value> = numbers.iter().map(|number| json!(parked[*number].signal)).collect();
        ids.sort_by_key(Value::to_string);
        ids
    };
    assert_eq!(listed(""), these(&[0, 1, 2]));
    assert_eq!(listed("--source canvas"), these(&[0, 1]));
    assert_eq!(listed("--saying NOT"), these(&[1]));
    assert_eq!(listed("--source forms --saying 400 --kind signal"), these(&[2]));
    assert_eq!(listed("--kind mail"), these(&[]));
    assert_eq!(listed("--limit 2").len(), 2);
    let text = folder.run_plain("parked list --limit 2");
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.ends_with("and 1 more; --limit shows them\n"), "{text}");
    assert!(!folder.run_plain("parked list --limit 3").contains("more"));

    let one = &parked[1];
    let shown: Value =
        serde_json::from_str(&folder.run_plain(&format!("parked show {} --json", one.delivery))).unwrap();
    let whole = json!([{
        "id": one.signal, "kind": "signal", "about": "user_graded", "source": "canvas", "delivery": one.delivery,
        "since": at(0), "attempts": 1, "reason": "404 not found",
    }]);
    assert_eq!(shown, whole);

    // A filter beside ids would be a slip, and so would be nothing at all.
    for (arguments, why) in [
        (format!("parked retry {} --source forms", one.signal), "use them with --all, without ids"),
        (
            format!("parked drop {} --saying 404 --reason no --yes", one.signal),
            "use them with --all, without ids",
        ),
        ("parked retry".to_owned(), "required"),
        (format!("parked retry {} --all", one.signal), "cannot be used with"),
    ] {
        let said = folder.run(&arguments);
        assert!(said.contains(why) && !said.ends_with("(0)\n"), "{said}");
    }
    assert_eq!(listed(""), these(&[0, 1, 2]), "nothing was changed");

    assert_eq!(read("parked retry --all --source forms --json"), [json!({"waiting": 1})]);
    assert_eq!(read("parked drop --all --saying 404 --reason Closed --yes --json"), [json!({"dropped": 1})]);
    assert_eq!(listed(""), these(&[0]));
    assert_eq!(
        read(&format!("parked drop {} --reason Closed --yes --json", parked[0].signal)),
        [json!({"dropped": 1})]
    );
    assert_eq!(read("parked retry --all --json"), [json!({"waiting": 0})]);
}
