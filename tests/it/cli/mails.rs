//! Mails about badges: which came back, and the link once more.

use serde_json::{Value, json};

use super::explain::graded;
use super::publish::unhashed;
use super::{Folder, Serving};

const SECRET: &str = "the secret of bounces";

/// The text with DAY for every date.
fn dated(text: &str) -> String {
    let is_day = |word: &str| {
        word.len() == 10
            && word.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    let words = text.split_inclusive(|c: char| c.is_whitespace() || ":;,".contains(c));
    words
        .map(|word| {
            let bare = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            if is_day(bare) { word.replace(bare, "DAY") } else { word.to_owned() }
        })
        .collect()
}

/// Tells that the mail to somebody came back.
async fn bounced(serving: &Serving<'_>, to: &str, kind: &str, reason: &str) -> (u16, Value) {
    let outbox = serving.folder.folder.path().join("data/outbox");
    let mails =
        std::fs::read_dir(outbox).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()));
    let mail = mails.map(Result::unwrap).find(|mail| mail.contains(&format!("<{to}>"))).unwrap();
    let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    let told = json!({"message_id": id, "kind": kind, "reason": reason});
    let request = reqwest::Client::new().post(serving.url("bounces")).bearer_auth(SECRET);
    let request = request.header("content-type", "application/json").body(told.to_string());
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_came_back_are_shown_and_sent_again() {
    let folder = Folder::new(None);
    let file = folder.folder.path().join("accolade.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[bounces]\nsecret = \"{SECRET}\"\n")).unwrap();
    folder.run("keys generate");
    let serving = folder.serve().await;
    insta::assert_snapshot!(folder.run("mails"), @r"
    $ accolade mails
    no mail needs anybody
    (0)
    ");
    for (number, learner) in ["ada", "bob"].into_iter().enumerate() {
        assert_eq!(serving.post("forms", graded(&format!("e{number}"), learner, 41)).await, 200);
        serving.settled().await;
    }
    insta::assert_snapshot!(folder.run("mails"), @r"
    $ accolade mails
    no mail needs anybody
    (0)
    ");
    let told = bounced(&serving, "ada@example.test", "hard", "550 5.1.1 nobody here").await;
    assert_eq!(told, (200, json!({"bounces": ["hard"]})));
    assert_eq!(bounced(&serving, "bob@example.test", "delayed", "451 later").await.0, 200);
    let shown = |arguments: &str| dated(&unhashed(&folder.run(arguments)));
    insta::assert_snapshot!(shown("mails"), @r"
    $ accolade mails
    ID DAY first-aid ada Example <ada@example.test>
      not claimed yet; the link works until DAY
      nothing reaches ada@example.test: correct it in the LMS, then `accolade mails resend ID --current-address`
      claim mail: sent on DAY; came back for good on DAY: 550 5.1.1 nobody here
    (0)
    ");
    insta::assert_snapshot!(shown("mails --which all --badge first-aid --limit 1"), @r"
    $ accolade mails --which all --badge first-aid --limit 1
    ID DAY first-aid bob Example <bob@example.test>
      not claimed yet; the link works until DAY
      claim mail: sent on DAY; is late on DAY: 451 later
    (0)
    ");
    insta::assert_snapshot!(shown("mails --which unclaimed --learner forms:bob"), @r"
    $ accolade mails --which unclaimed --learner forms:bob
    ID DAY first-aid bob Example <bob@example.test>
      not claimed yet; the link works until DAY
      claim mail: sent on DAY; is late on DAY: 451 later
    (0)
    ");
    insta::assert_snapshot!(shown("mails --which bounced"), @r"
    $ accolade mails --which bounced
    ID DAY first-aid ada Example <ada@example.test>
      not claimed yet; the link works until DAY
      nothing reaches ada@example.test: correct it in the LMS, then `accolade mails resend ID --current-address`
      claim mail: sent on DAY; came back for good on DAY: 550 5.1.1 nobody here
    (0)
    ");
    for filter in ["--which declined", "--which not-me", "--learner forms:bob"] {
        let said = shown(&format!("mails {filter}"));
        assert!(said.contains("no such badge") || said.contains("no mail needs anybody"), "{said}");
        assert_eq!(folder.run_plain(&format!("mails {filter} --json")), "", "{filter}");
    }
    let lines = folder.run_plain("mails --which all --json");
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [bob, ada] = objects.as_slice() else { panic!("{lines}") };
    assert_eq!(
        (&bob["address"], &bob["mails"][0]["bounce"]["kind"]),
        (&json!("bob@example.test"), &json!("delayed"))
    );
    let names: Vec<&String> = ada.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "address",
            "awarded_at",
            "badge",
            "claimed_at",
            "credential",
            "declined_at",
            "hidden_at",
            "link_until",
            "mails",
            "name",
            "not_me_at",
            "revoked",
        ]
    );
    let mut mail = ada["mails"][0].clone();
    for time in ["/made_at", "/finished_at", "/bounce/at"] {
        assert!(mail.pointer_mut(time).unwrap().take().as_str().unwrap().ends_with('Z'), "{time}");
    }
    assert_eq!(
        mail,
        json!({
            "kind": "claim", "state": "done", "reason": mail["reason"], "made_at": null, "finished_at": null,
            "bounce": {"kind": "hard", "at": null, "reason": "550 5.1.1 nobody here"},
        })
    );

    // Where else an administrator looks.
    insta::assert_snapshot!(shown("deliveries"), @r"
    $ accolade deliveries
    ID TIME forms        done      Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded; learner forms:bob (bob Example)
    ID TIME forms        done      Final test: 82 %; badge “First Aid” asks at least 70 %, which it meets; “First Aid” awarded; learner forms:ada (ada Example); its mail came back
    (0)
    ");
    let trails = serving.settled().await;
    let whole = shown(&format!("deliveries {}", trails[0].id));
    insta::assert_snapshot!(whole.lines().skip(6).take(4).collect::<Vec<_>>().join("\n"), @r"
        event ID of forms:ada (ada Example) done: “First Aid” awarded
          badge first-aid, credential ID, claim mail sent
            claim mail: sent on DAY; came back for good on DAY: 550 5.1.1 nobody here
    body
    ");
    insta::assert_snapshot!(shown("explain --learner forms:ada"), @r"
    $ accolade explain --learner forms:ada
    ada Example <ada@example.test>, forms:ada

    “First Aid” (first-aid): awarded on TODAY, not claimed yet
      credential ID, decided by the present rules (version HASH):
        yes: all of these
          yes: Final test in First aid (forms): at least 70 %; found: 82 % on 20 November 2026
        nothing reaches ada@example.test: correct it in the LMS, then `accolade mails resend ID --current-address`
        claim mail: sent on DAY; came back for good on DAY: 550 5.1.1 nobody here
      by what is known now it is still earned
    (0)
    ");

    // Once more.
    let ada = ada["credential"].as_str().unwrap();
    insta::assert_snapshot!(shown(&format!("mails resend {ada} --current-address")), @r"
    $ accolade mails resend ID --current-address
    a mail to ada@example.test with the same link: at once where `accolade serve` runs, else when it starts
    (0)
    ");
    serving.settled().await;
    insta::assert_snapshot!(shown("mails"), @r"
    $ accolade mails
    no mail needs anybody
    (0)
    ");
    insta::assert_snapshot!(shown("mails resend --learner bob@example.test --badge first-aid --json"), @r#"
    $ accolade mails resend --learner bob@example.test --badge first-aid --json
    {"credential":"ID","new_link":false,"to":"bob@example.test"}
    (0)
    "#);
    insta::assert_snapshot!(shown("mails resend --learner bob@example.test --badge first-aid"), @r"
    $ accolade mails resend --learner bob@example.test --badge first-aid
    a mail to bob@example.test with the same link: at once where `accolade serve` runs, else when it starts
    (0)
    ");
    insta::assert_snapshot!(shown("mails resend 01a20a3c-aede-70c5-bb4a-b66604404784"), @r"
    $ accolade mails resend ID
    accolade: there is no credential ID; `accolade mails --which all` lists them
    (1)
    ");
    insta::assert_snapshot!(shown("mails resend --learner forms:bob --badge other"), @r"
    $ accolade mails resend --learner forms:bob --badge other
    accolade: --badge: there is no badge “other”; the badges are: first-aid
    (1)
    ");
    insta::assert_snapshot!(shown("mails resend --learner forms:bob"), @r"
    $ accolade mails resend --learner forms:bob
    error: the following required arguments were not provided:
      --badge <BADGE>

    Usage: accolade mails resend --learner <WHO> --badge <BADGE> --config <FILE> [CREDENTIAL]

    For more information, try '--help'.
    (2)
    ");
    insta::assert_snapshot!(shown("mails resend"), @r"
    $ accolade mails resend
    error: the following required arguments were not provided:
      <CREDENTIAL>

    Usage: accolade mails resend --config <FILE> <CREDENTIAL>

    For more information, try '--help'.
    (2)
    ");
    insta::assert_snapshot!(shown("mails --learner forms:carol"), @r"
    $ accolade mails --learner forms:carol
    accolade: nobody is known as “forms:carol”: a learner is known once the LMS has confirmed a result of theirs; `accolade deliveries` shows what arrived
    (1)
    ");
    insta::assert_snapshot!(shown("mails --which lost"), @r"
    $ accolade mails --which lost
    error: invalid value 'lost' for '--which <WHICH>'
      [possible values: trouble, bounced, not-me, declined, unclaimed, all]

    For more information, try '--help'.
    (2)
    ");
    folder.run(&format!("awards revoke --credential {ada} --reason mistake --yes --at-most 1"));
    insta::assert_snapshot!(shown(&format!("mails resend {ada}")), @r"
    $ accolade mails resend ID
    accolade: the badge is revoked: there is nothing to claim
    (1)
    ");
    insta::assert_snapshot!(shown("mails --which all --learner forms:ada"), @r"
    $ accolade mails --which all --learner forms:ada
    ID DAY first-aid ada Example <ada@example.test>
      revoked
      claim mail: sent on DAY; came back for good on DAY: 550 5.1.1 nobody here
      claim link once more: sent on DAY
    (0)
    ");
    serving.stop();
}
