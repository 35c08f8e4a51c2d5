//! Claim mails: what they say, and how they leave.

use std::path::Path;
use std::time::Duration;

use accolade::config::{DkimSettings, MailSettings};
use accolade::mail::read::read;
use accolade::mail::{ClaimMail, Composed, Composer, MailError, SendError, Transport, TransportOptions};
use chrono::{DateTime, Utc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use crate::support::smtp::{Act, At, Encryption, Script, SmtpServer};

fn settings(url: &str) -> MailSettings {
    MailSettings {
        url: url.into(),
        from: "Example University <badges@example.edu>".to_owned(),
        reply_to: Some("registrar@example.edu".to_owned()),
        connections: 1,
        dkim: None,
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

struct Values {
    link: Url,
    image: Url,
}

impl Values {
    fn new() -> Self {
        Self {
            link: "https://badges.example.edu/claim/q2hhbmdlIG1lLCB0aGlzIGlzIDMyIGJ5dGVzIG9mIHg"
                .parse()
                .unwrap(),
            image: "https://badges.example.edu/achievements/workplace-safety/image.png".parse().unwrap(),
        }
    }

    fn mail(&self) -> ClaimMail<'_> {
        ClaimMail {
            name: "Ada Example",
            email: "ada@example.test",
            badge: "Workplace Safety",
            description: "Knows the hazards of a laboratory and works safely in one.",
            issuer: "Example University",
            link: &self.link,
            image: Some(&self.image),
            until: time("2026-12-03T09:00:00Z"),
            valid_until: None,
            renews_award_of: None,
            replaces_award_of: None,
            message_id: "0197-claim@badges.example.edu",
            date: time("2026-11-03T09:00:00Z"),
            language: None,
        }
    }
}

fn compose(settings: &MailSettings, mail: &ClaimMail<'_>) -> Result<Composed, MailError> {
    Composer::new(settings)?.compose(mail)
}

fn composed() -> Composed {
    compose(&settings("outbox:x"), &Values::new().mail()).unwrap()
}

/// The words of an HTML part, a line for each element.
fn spoken(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap();
    let words = body.split('>').filter_map(|part| part.split('<').next()).map(str::trim);
    words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(mail: &Composed) -> String {
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    raw.split("\r\n\r\n").next().unwrap().to_owned()
}

#[test]
fn the_mail_says_who_what_and_how() {
    let mail = composed();
    assert_eq!((mail.from.as_str(), mail.to.as_str()), ("badges@example.edu", "ada@example.test"));
    insta::assert_snapshot!(head(&mail), @r#"
    Message-ID: <0197-claim@badges.example.edu>
    Date: Tue, 03 Nov 2026 09:00:00 +0000
    From: "Example University" <badges@example.edu>
    To: "Ada Example" <ada@example.test>
    Subject: Your badge: Workplace Safety
    Auto-Submitted: auto-generated
    Content-Language: en
    Reply-To: registrar@example.edu
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="=_0544dbe4932073faa2ab0ae02735cafe"
    "#);
    let read = read(&mail.raw);
    assert_eq!(read.subject, "Your badge: Workplace Safety");
    assert_eq!(read.from, "Example University <badges@example.edu>");
    assert_eq!(
        (read.to.as_str(), read.date),
        ("Ada Example <ada@example.test>", Some(time("2026-11-03T09:00:00Z")))
    );
    insta::assert_snapshot!(read.text, @r#"
    Hello Ada Example,

    Example University has awarded you the badge “Workplace Safety”.

    Knows the hazards of a laboratory and works safely in one.

    See your badge and claim it here:

    https://badges.example.edu/claim/q2hhbmdlIG1lLCB0aGlzIGlzIDMyIGJ5dGVzIG9mIHg

    You need no account. Once you claim the badge it has a public page
    that you can share, and you can download it.

    The link works until 3 December 2026. It is meant for you alone, so please
    do not forward this mail.

    You receive this mail because you were awarded this badge by
    Example University. If it is not meant for you, you need not do anything.
    "#);
    for part in ["Hello <bdi>Ada Example</bdi>", "Workplace Safety", "alt=\"The badge", "3 December 2026"] {
        assert!(read.html.contains(part), "{part}");
    }
    assert_eq!(read.html.matches(Values::new().link.as_str()).count(), 3, "button, plain link, and its text");
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    assert_eq!(composed(), composed());
}

#[test]
fn a_name_with_line_breaks_adds_no_header() {
    let values = Values::new();
    let plain = head(&composed()).lines().filter(|line| !line.starts_with([' ', '\t'])).count();
    for evil in
        ["Ada\r\nBcc: eve@example.test", "Ada\nBcc: eve@example.test", "Ada\u{2028}Bcc: eve@example.test\0"]
    {
        let mail = compose(
            &settings("outbox:x"),
            &ClaimMail { name: evil, badge: evil, issuer: evil, ..values.mail() },
        )
        .unwrap();
        let head = head(&mail);
        assert_eq!(head.lines().filter(|line| !line.starts_with([' ', '\t'])).count(), plain, "{head}");
        assert_eq!(read(&mail.raw).subject, "Your badge: Ada Bcc: eve@example.test");
        assert!(!mail.raw.contains(&0));
    }
    assert!(
        compose(
            &settings("outbox:x"),
            &ClaimMail { email: "ada@example.test\r\nBcc: eve@example.test", ..values.mail() }
        )
        .is_err()
    );
    assert!(
        compose(&settings("outbox:x"), &ClaimMail { message_id: "a@b>\r\nX: y", ..values.mail() }).is_err()
    );
    let mut from = settings("outbox:x");
    from.from = "Example\r\nBcc: eve@example.test <badges@example.edu>".to_owned();
    assert!(compose(&from, &values.mail()).is_err());
}

#[test]
fn a_renewal_says_so_and_until_when() {
    let values = Values::new();
    let mail = ClaimMail {
        valid_until: Some(time("2028-11-03T09:00:00Z")),
        renews_award_of: Some(time("2026-11-01T09:00:00Z")),
        ..values.mail()
    };
    let mail = read(&compose(&settings("outbox:x"), &mail).unwrap().raw);
    insta::assert_snapshot!(mail.subject, @"Your badge is renewed: Workplace Safety");
    let beginning = mail.text.lines().take(12).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(beginning, @r"
    Hello Ada Example,

    Example University has renewed your badge “Workplace Safety”.

    This is a new badge with a date of its own. It takes the place of the one
    that you were awarded on 1 November 2026.

    It is valid until 3 November 2028.

    Knows the hazards of a laboratory and works safely in one.

    See your badge and claim it here:
    ");
    let html = mail.html.replace("<bdi>", "").replace("</bdi>", "");
    assert!(html.contains("has renewed your badge “Workplace Safety”."), "{html}");
    assert!(html.contains("It is valid until 3 November 2028."));
}

/// In each language, and before whatever it renews.
#[test]
fn a_badge_that_is_issued_again_says_in_whose_place_it_stands() {
    let values = Values::new();
    let mut said = Vec::new();
    for language in ["en", "fr", "de", "es", "ar"] {
        let mail = ClaimMail {
            replaces_award_of: Some(time("2026-11-03T09:00:00Z")),
            renews_award_of: Some(time("2025-11-01T09:00:00Z")),
            language: Some(language),
            ..values.mail()
        };
        let mail = read(&compose(&settings("outbox:x"), &mail).unwrap().raw);
        let text = mail.text.replace(['\u{2068}', '\u{2069}'], "");
        let beginning = text.lines().skip(2).take_while(|line| !line.contains("hazards"));
        said.push(format!("{}\n\n{}", mail.subject, beginning.collect::<Vec<_>>().join("\n")));
        let html = mail.html.replace("<bdi>", "").replace("</bdi>", "");
        for line in text.lines().skip(2).take(3).filter(|line| !line.is_empty()) {
            assert!(html.contains(line), "{line}: {html}");
        }
    }
    insta::assert_snapshot!(said.join("---\n").replace(['\u{2068}', '\u{2069}'], ""), @r"
    Your badge, issued again: Workplace Safety

    Example University has issued your badge “Workplace Safety” again.

    It takes the place of the one that you were awarded on 3 November 2026,
    which no longer counts.
    ---
    Votre badge, délivré de nouveau : Workplace Safety

    Example University a délivré de nouveau votre badge « Workplace Safety ».

    Il remplace celui qui vous a été décerné le 3 novembre 2026
    et qui n’est plus valable.
    ---
    Ihr Badge, neu ausgestellt: Workplace Safety

    Example University hat Ihren Badge „Workplace Safety“ neu ausgestellt.

    Er tritt an die Stelle dessen, der Ihnen am 3. November 2026 verliehen wurde
    und nicht mehr gilt.
    ---
    Su insignia, emitida de nuevo: Workplace Safety

    Example University ha vuelto a emitir su insignia «Workplace Safety».

    Sustituye a la que se le otorgó el 3 de noviembre de 2026,
    que ya no es válida.
    ---
    أُصدرت شارتك من جديد: Workplace Safety

    أُصدرت شارتك «Workplace Safety» من جديد من Example University.

    وهي تحل محل الشارة التي مُنحت لك في 3 نوفمبر 2026،
    والتي لم تعد سارية.
    ");
}

/// The LMS tells the language; each mail is kept as it reads, HTML without its styles.
#[test]
fn mails_speak_the_learners_language() {
    let values = Values::new();
    for (told, tag, dir) in [
        (Some("en-US"), "en", "ltr"),
        (Some("fr_CA"), "fr", "ltr"),
        (Some("de-AT"), "de", "ltr"),
        (Some("es"), "es", "ltr"),
        (Some("ar"), "ar", "rtl"),
        (Some("tlh"), "en", "ltr"),
        (None, "en", "ltr"),
    ] {
        let mail = ClaimMail {
            valid_until: Some(time("2028-11-03T09:00:00Z")),
            renews_award_of: Some(time("2026-11-01T09:00:00Z")),
            language: told,
            ..values.mail()
        };
        let first = ClaimMail { name: "", valid_until: None, renews_award_of: None, ..mail.clone() };
        let (mail, first) = (compose(&settings("outbox:x"), &mail), compose(&settings("outbox:x"), &first));
        let (mail, first) = (mail.unwrap(), first.unwrap());
        assert!(head(&mail).contains(&format!("Content-Language: {tag}\r\n")), "{told:?}");
        let (mail, first) = (read(&mail.raw), read(&first.raw));
        assert!(mail.html.contains(&format!("<html lang=\"{tag}\" dir=\"{dir}\">")), "{told:?}");
        insta::assert_snapshot!(
            format!("mail_{tag}"),
            format!(
                "{}\n\n{}\n--- html\n{}\n--- first, of somebody without a name\n{}\n\n{}",
                mail.subject,
                mail.text,
                spoken(&mail.html),
                first.subject,
                first.text
            )
        );
    }
}

#[test]
fn reminders_speak_the_learner_s_language_too() {
    let values = Values::new();
    for tag in ["en", "fr", "de", "es", "ar"] {
        let mail = ClaimMail { language: Some(tag), ..values.mail() };
        let composer = Composer::new(&settings("outbox:x")).unwrap();
        let reminder = composer.remind(&mail).unwrap();
        assert!(head(&reminder).contains(&format!("Content-Language: {tag}\r\n")));
        let reminder = read(&reminder.raw);
        assert!(reminder.html.contains("/claim/") && reminder.html.contains("<h1"), "{}", reminder.html);
        let question = read(&composer.ask_for_address(&mail).unwrap().raw);
        assert!(!question.text.contains("Ada") && !question.html.contains("<img"), "{}", question.html);
        insta::assert_snapshot!(
            format!("address_{tag}"),
            format!("{}\n\n{}\n--- html\n{}", question.subject, question.text, spoken(&question.html))
        );
        insta::assert_snapshot!(
            format!("reminder_{tag}"),
            format!("{}\n\n{}\n--- html\n{}", reminder.subject, reminder.text, spoken(&reminder.html))
        );
    }
}

#[test]
fn markup_in_a_name_stays_text() {
    let values = Values::new();
    let mail =
        compose(&settings("outbox:x"), &ClaimMail { name: "<img src=x onerror=alert(1)>", ..values.mail() })
            .unwrap();
    let read = read(&mail.raw);
    assert!(!read.html.contains("<img src=x"), "{}", read.html);
    assert!(read.text.starts_with("Hello <img src=x onerror=alert(1)>,"));
}

#[test]
fn names_and_domains_outside_ascii_arrive_whole() {
    let values = Values::new();
    let mail = compose(
        &settings("outbox:x"),
        &ClaimMail {
            name: "Zoë Ødegård 李明",
            badge: "Sécurité — niveau 2 🏅",
            email: "zoe@bücher.example",
            ..values.mail()
        },
    )
    .unwrap();
    assert!(mail.raw.is_ascii(), "needs neither 8BITMIME nor SMTPUTF8");
    assert_eq!(mail.to, "zoe@xn--bcher-kva.example");
    let read = read(&mail.raw);
    assert_eq!(read.subject, "Your badge: Sécurité — niveau 2 🏅");
    assert_eq!(read.to, "Zoë Ødegård 李明 <zoe@xn--bcher-kva.example>");
    let quoted = ClaimMail { name: r#"Ada "the \ first" Example"#, ..values.mail() };
    let quoted = compose(&settings("outbox:x"), &quoted).unwrap();
    assert_eq!(crate::mail::read(&quoted.raw).to, r#"Ada "the \ first" Example <ada@example.test>"#);
    assert!(read.text.contains("Zoë Ødegård 李明") && read.html.contains("niveau 2 🏅"));
}

#[test]
fn addresses_that_cannot_be_reached_are_refused_clearly() {
    let values = Values::new();
    let refused = |email| {
        compose(&settings("outbox:x"), &ClaimMail { email, ..values.mail() }).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refused("zoë@example.test"), @"the learner's address has letters outside ASCII before the @, which not every mail server takes; another address is needed");
    insta::assert_snapshot!(refused("no address"), @"the learner's address is not an e-mail address");
    for email in
        ["", "@", "ada@", "@example.test", "ada@exa mple.test", "ada@example.test>", "ada@example..test"]
    {
        refused(email);
    }
}

#[test]
fn a_configured_key_signs_the_mail() {
    let key_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/dkim-test-only.pem");
    let mut settings = settings("outbox:x");
    let dkim = DkimSettings { domain: "example.edu".to_owned(), selector: "b1".to_owned(), key_file };
    settings.dkim = Some(DkimSettings { key_file: "nowhere.pem".into(), ..dkim.clone() });
    let missing = compose(&settings, &Values::new().mail()).unwrap_err().to_string();
    assert!(missing.starts_with("mail.dkim.key_file nowhere.pem: "), "{missing}");

    settings.dkim = Some(dkim);
    let mail = compose(&settings, &Values::new().mail()).unwrap();
    // Another program (dkimpy) found this very mail well signed; the same bytes stay so.
    insta::assert_snapshot!(head(&mail).split("\r\nMessage-ID").next().unwrap(), @r#"
    DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.edu;
     s=b1; t=1793696400;
     h=from:reply-to:to:subject:date:message-id:mime-version:content-type:content-language:auto-submitted;
     bh=9Y6QYYdBOJyyP5750lKKuffJBQ5VwCugKdlBg/T1p5I=;
     b=Y7q/g0bKg4F8pBEn4K/ohXSHMc8drYVWgumtMMaQJC45eAM1l9wWkhR8Zdi766KndbCWjPjY
     SUQ8B1Vt1DIU7EJq5sji5AUp4sz7p7abyI67v2XzOJN5jSFK35S1kUp50ul1bv39ehkN/IG+
     QA9HuPVO1iLALx5G8Z0TkG6D3R5yv2CIY1i7Ytjb0qRIUdVB9Pk+WBAp2leXxqsmOSaxHyZB
     L7hb6yXcIgSk22PSmnlZRZLsyplawPHR5v6lEtU/qUWTQU9jy6z3ZjgpEwusdgRahJ1j89cJ
     mAbIdS6YrJyF0exsxlKXHhrYEymMh7Ce/2F8zvBnBORhHTJBokuDLg==
    "#);
    assert_eq!(read(&mail.raw).subject, "Your badge: Workplace Safety");
    if let Some(path) = std::env::var_os("ACCOLADE_DKIM_SAMPLE") {
        std::fs::write(path, &mail.raw).unwrap();
    }
}

#[tokio::test]
async fn the_outbox_keeps_one_file_for_each_message_id() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deep/outbox");
    let transport = Transport::new(&settings(&format!("outbox:{}", out.display()))).unwrap();
    let mail = composed();
    assert_eq!(transport.send(&mail).await.unwrap(), "written to 0197-claim.eml");
    transport.send(&mail).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["0197-claim.eml"]);
    assert_eq!(std::fs::read(out.join("0197-claim.eml")).unwrap(), mail.raw);
    let elsewhere = Composed { message_id: "../evil@x".to_owned(), ..mail };
    assert!(matches!(transport.send(&elsewhere).await, Err(SendError::Permanent(_))));
}

#[test]
fn settings_that_cannot_work_are_refused_without_the_password() {
    let refused = |url: &str| {
        let error = Transport::new(&settings(url)).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
        error
    };
    insta::assert_snapshot!(refused("smtp+plain://ada:hunter2@mail.example.edu"), @"mail.url would send the password unencrypted; use smtp:// (STARTTLS) or smtps://");
    insta::assert_snapshot!(refused("imap://ada:hunter2@mail.example.edu"), @"mail.url begins with imap:, which is not one of outbox:, smtp://, smtps:// and smtp+plain://");
    insta::assert_snapshot!(refused("smtp://ada@mail.example.edu"), @"mail.url has a user without a password, or a password without a user");
    insta::assert_snapshot!(refused("hunter2"), @"mail.url cannot be read; write `outbox:folder`, `smtp://user:password@host:587` or `smtps://…`, with %XX for special characters in user and password");
    insta::assert_snapshot!(refused("outbox:"), @"mail.url names no folder; write `outbox:folder`");
    let fine = Transport::new(&settings("smtp+plain://ada:hunter2@127.0.0.1:2525")).unwrap();
    assert_eq!(format!("{fine:?}"), "Smtp(SmtpTransport(127.0.0.1:2525))");
}

fn transport(server: &SmtpServer, login: &str) -> Transport {
    smtp(&format!("smtp+plain://{login}127.0.0.1:{}", server.port), server)
}

fn smtp(url: &str, server: &SmtpServer) -> Transport {
    let options = TransportOptions {
        command: Duration::from_millis(400),
        root: Some(server.root.clone()),
        ..TransportOptions::default()
    };
    Transport::with(&settings(url), &options).unwrap()
}

fn say(at: At<'_>, start: &str, answer: &str) -> Act {
    if at.line.starts_with(start) { Act::Say(answer.to_owned()) } else { Act::Usual }
}

#[tokio::test]
async fn many_mails_leave_through_one_connection_in_four_round_trips_each() {
    let server = SmtpServer::start(Script::accept()).await;
    let transport = transport(&server, "");
    for _ in 0..20 {
        transport.send(&composed()).await.unwrap();
    }
    transport.close().await;
    assert_eq!(server.connections(), 1);
    let verbs: Vec<String> = server.lines().iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(verbs.len(), 1 + 20 * 3 + 1, "EHLO, then MAIL RCPT DATA each, then QUIT: {verbs:?}");
    let taken = server.taken();
    assert_eq!(taken.len(), 20);
    assert_eq!((taken[0].from.as_str(), taken[0].to.as_str()), ("badges@example.edu", "ada@example.test"));
    assert_eq!(taken[0].raw, composed().raw);
}

/// A server that takes commands in a row; of somebody's mails it refuses the recipient.
fn pipelining(at: At<'_>) -> Act {
    match at.line {
        line if line.starts_with("EHLO") => {
            Act::Say("250-mail.example.test\r\n250-PIPELINING\r\n250 8BITMIME".to_owned())
        }
        "RCPT TO:<nobody@example.test>" => Act::Say("550 5.1.1 no such user".to_owned()),
        "RCPT TO:<later@example.test>" => Act::Say("451 4.7.1 greylisted".to_owned()),
        _ => Act::Usual,
    }
}

#[tokio::test]
async fn commands_leave_in_a_row_where_the_server_takes_them_so() {
    let server = SmtpServer::start(Script::new(pipelining)).await;
    let transport = transport(&server, "");
    let to = |to: &str| Composed { to: to.to_owned(), ..composed() };
    transport.send(&composed()).await.unwrap();
    let refused = transport.send(&to("nobody@example.test")).await.unwrap_err();
    assert!(matches!(&refused, SendError::NoMailbox(why) if why.contains("no such user")), "{refused:?}");
    let later = transport.send(&to("later@example.test")).await.unwrap_err();
    assert!(matches!(&later, SendError::Temporary(why) if why.contains("greylisted")), "{later:?}");
    transport.send(&composed()).await.unwrap();
    assert_eq!(server.connections(), 1, "after a refusal it can be used again");
    let taken = server.taken();
    let whole: Vec<_> =
        taken.iter().filter(|mail| !mail.raw.is_empty()).map(|mail| mail.to.as_str()).collect();
    assert_eq!(whole, ["ada@example.test"; 2]);
    assert!(taken.iter().all(|mail| mail.raw.is_empty() || mail.raw == composed().raw));
}

/// A server that says nothing before the whole row has come.
#[tokio::test]
async fn a_row_leaves_before_the_first_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp+plain://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for (answer, awaited) in [
            ("220 mail.example.test\r\n", "EHLO example.edu\r\n"),
            ("250-mail.example.test\r\n250 PIPELINING\r\n", "DATA\r\n"),
            ("250 ok\r\n250 ok\r\n354 go ahead\r\n", "\r\n.\r\n"),
            ("250 taken\r\n", "QUIT\r\n"),
        ] {
            stream.write_all(answer.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(awaited.as_bytes()) {
                assert!(stream.read_buf(&mut heard).await.unwrap() > 0, "it ends before {awaited:?}");
            }
        }
    });
    let transport = Transport::new(&settings(&url)).unwrap();
    let sent = tokio::time::timeout(Duration::from_secs(20), transport.send(&composed())).await;
    assert!(sent.expect("it waits for an answer to a part of the row").unwrap().contains("taken"));
    transport.close().await;
    server.await.unwrap();
}

#[tokio::test]
async fn of_a_row_that_is_refused_the_first_refusal_is_the_reason_and_no_mail_begins() {
    for (from, reason) in [("RCPT", "550 5.1.1 no such user"), ("MAIL", "550 5.7.60 not your address")] {
        // As servers do: without a recipient there is no mail.
        let server = SmtpServer::start(Script::new(move |at| match at.line {
            line if line.starts_with("EHLO") => pipelining(at),
            line if line.starts_with(from) => Act::Say(reason.to_owned()),
            line if line.starts_with("RCPT") => Act::Say("503 5.5.1 no sender".to_owned()),
            "DATA" => Act::Say("554 5.5.1 no valid recipients".to_owned()),
            _ => Act::Usual,
        }))
        .await;
        let error = transport(&server, "").send(&composed()).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(matches!(error, SendError::NoMailbox(_)), from == "RCPT", "{error:?}");
        assert!(!server.lines().contains(&".".to_owned()), "{:?}", server.lines());
    }
}

/// Whether a command of a row comes to nothing tells what became of the mail.
#[tokio::test]
async fn a_row_that_is_cut_or_not_answered_is_tried_later() {
    for (at, act) in [
        ("MAIL", Act::Hang),
        ("RCPT", Act::Hang),
        ("DATA", Act::Hang),
        ("MAIL", Act::Cut),
        ("DATA", Act::Cut),
        ("DATA", Act::Say("554 5.5.1 no".to_owned())),
    ] {
        let answer = act.clone();
        let server = SmtpServer::start(Script::new(move |now| {
            if now.line.starts_with(at) { answer.clone() } else { pipelining(now) }
        }))
        .await;
        let error = transport(&server, "").send(&composed()).await.unwrap_err();
        let temporary = matches!(error, SendError::Temporary(_));
        assert_eq!(temporary, !matches!(act, Act::Say(_)), "{at} {act:?}: {error:?}");
        assert!(server.taken().is_empty(), "{at} {act:?}");
    }
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed() {
    let server = SmtpServer::start(Script::accept()).await;
    let mut settings = settings(&format!("smtp+plain://127.0.0.1:{}", server.port));
    settings.connections = 3;
    let transport = Transport::new(&settings).unwrap();
    let mail = composed();
    let sent = futures_util::future::join_all((0..30).map(|_| transport.send(&mail))).await;
    assert!(sent.iter().all(Result::is_ok));
    assert_eq!((server.taken().len(), server.connections()), (30, 3));
}

#[tokio::test]
async fn the_server_signs_us_in_with_the_decoded_password() {
    let server = SmtpServer::start(Script::accept()).await;
    transport(&server, "ada:p%40ss%2Fw%2Brd@").send(&composed()).await.unwrap();
    let auth = server.lines().into_iter().find(|line| line.starts_with("AUTH")).unwrap();
    // \0ada\0p@ss/w+rd
    assert_eq!(auth, "AUTH PLAIN AGFkYQBwQHNzL3crcmQ=");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cases: [(&'static str, &'static str, bool); 9] = [
        ("RCPT", "450 4.2.1 mailbox busy", true),
        ("RCPT", "550 5.1.1 no such user", false),
        ("DATA", "451 4.3.0 try later", true),
        (".", "452 4.3.1 disk full", true),
        (".", "554 5.7.1 looks like spam", false),
        ("MAIL", "550 5.7.60 not your address", true),
        ("MAIL", "530 5.7.0 sign in first", true),
        ("CONNECT", "554 5.3.2 not today", true),
        ("EHLO", "550 go away", true),
    ];
    for (at, answer, temporary) in cases {
        let server = SmtpServer::start(Script::new(move |now| say(now, at, answer))).await;
        let error = transport(&server, "").send(&composed()).await.unwrap_err();
        assert_eq!(matches!(error, SendError::Temporary(_)), temporary, "{at} {answer}: {error}");
        assert!(error.to_string().contains(answer), "{answer}: {error}");
    }
}

#[tokio::test]
async fn a_refused_mail_does_not_cost_the_connection() {
    let server = SmtpServer::start(Script::new(|at| say(at, "RCPT TO:<eve", "550 5.1.1 no such user"))).await;
    let transport = transport(&server, "");
    let mail = composed();
    transport.send(&Composed { to: "eve@example.test".to_owned(), ..mail.clone() }).await.unwrap_err();
    transport.send(&mail).await.unwrap();
    assert_eq!(server.connections(), 1);
    assert!(server.lines().contains(&"RSET".to_owned()));
}

#[tokio::test]
async fn a_wrong_password_harms_no_mail_and_is_never_shown() {
    for echo in ["535 5.7.8 no", "535 5.7.8 hunter2 is wrong", "500 what is AUTH PLAIN AGFkYQBodW50ZXIy"] {
        let server = SmtpServer::start(Script::new(move |at| say(at, "AUTH", echo))).await;
        let transport = transport(&server, "ada:hunter2@");
        for error in [transport.send(&composed()).await.unwrap_err(), transport.probe().await.unwrap_err()] {
            let SendError::Temporary(text) = error else { panic!("{error}") };
            assert!(text.contains("check user and password in mail.url"), "{text}");
            assert!(
                !text.contains("hunter2") && !text.contains("aHVudGVyM") && !text.contains("odW50ZXIy"),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn silence_ends_in_time() {
    for at in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let server =
            SmtpServer::start(Script::new(
                move |now| if now.line.starts_with(at) { Act::Hang } else { Act::Usual },
            ))
            .await;
        let error = tokio::time::timeout(Duration::from_secs(20), transport(&server, "").send(&composed()))
            .await
            .expect("it ends")
            .unwrap_err();
        assert!(matches!(error, SendError::Temporary(_)), "{at}: {error}");
        assert!(error.to_string().contains("did not answer"), "{at}: {error}");
    }
}

#[tokio::test]
async fn a_cut_after_the_last_dot_is_sent_again_with_the_same_message_id() {
    let server = SmtpServer::start(Script::new(|at| match at.line {
        "." if at.connection == 0 => Act::Cut,
        _ => Act::Usual,
    }))
    .await;
    let transport = transport(&server, "");
    let error = transport.send(&composed()).await.unwrap_err();
    assert!(matches!(&error, SendError::Temporary(text) if text.contains("may have left")), "{error}");
    transport.send(&composed()).await.unwrap();
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].raw, taken[1].raw);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_nothing() {
    // Cut without a word, and with the word that RFC 5321 section 3.8 has for it.
    for end in [Act::Cut, Act::Say("421 4.4.2 idle too long".to_owned())] {
        let server = SmtpServer::start(Script::new(move |at| match at.line {
            line if line.starts_with("MAIL") && at.mails == 1 => end.clone(),
            _ => Act::Usual,
        }))
        .await;
        let transport = transport(&server, "");
        transport.send(&composed()).await.unwrap();
        transport.send(&composed()).await.unwrap();
        assert_eq!((server.taken().len(), server.connections()), (2, 2));
    }
}

#[tokio::test]
async fn idle_connections_are_asked_and_old_ones_replaced() {
    let server = SmtpServer::start(Script::accept()).await;
    let url = format!("smtp+plain://127.0.0.1:{}", server.port);
    let asking = TransportOptions { ask_after: Duration::ZERO, ..TransportOptions::default() };
    let transport = Transport::with(&settings(&url), &asking).unwrap();
    transport.send(&composed()).await.unwrap();
    transport.send(&composed()).await.unwrap();
    assert!(server.lines().contains(&"NOOP".to_owned()));
    assert_eq!(server.connections(), 1);
    let aging = TransportOptions { age: Duration::ZERO, ..TransportOptions::default() };
    let transport = Transport::with(&settings(&url), &aging).unwrap();
    transport.send(&composed()).await.unwrap();
    transport.send(&composed()).await.unwrap();
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_server_that_is_away_is_a_passing_fault() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let transport = Transport::new(&settings(&format!("smtp+plain://127.0.0.1:{port}"))).unwrap();
    let error = transport.send(&composed()).await.unwrap_err();
    assert!(
        matches!(&error, SendError::Temporary(text) if text.starts_with("no connection to 127.0.0.1")),
        "{error}"
    );
}

#[tokio::test]
async fn mails_leave_encrypted() {
    for (encryption, scheme) in [(Encryption::StartTls, "smtp"), (Encryption::Tls, "smtps")] {
        let server = SmtpServer::with(encryption, Script::accept()).await;
        let transport = smtp(&format!("{scheme}://ada:pass@localhost:{}", server.port), &server);
        transport.send(&composed()).await.unwrap();
        transport.send(&composed()).await.unwrap();
        assert_eq!((server.taken().len(), server.connections()), (2, 1), "{scheme}");
        let probed = transport.probe().await.unwrap();
        assert!(probed.contains("encrypted") && probed.ends_with("signed in as ada"), "{probed}");
    }
}

#[tokio::test]
async fn nothing_is_said_without_encryption_that_was_asked_for() {
    // A server without STARTTLS; one whose certificate nobody knows; one that slips text in.
    let plain = SmtpServer::start(Script::accept()).await;
    let unknown = SmtpServer::with(Encryption::StartTls, Script::accept()).await;
    let meddling = SmtpServer::with(
        Encryption::StartTls,
        Script::new(|at| say(at, "STARTTLS", "220 go ahead\r\n250-mail.example.test\r\n250 AUTH PLAIN")),
    )
    .await;
    let stranger = SmtpServer::start(Script::accept()).await;
    for (server, root, expected) in [
        (&plain, &plain, "offers no STARTTLS"),
        (&unknown, &stranger, "TLS with localhost"),
        (&meddling, &meddling, "may be tampered with"),
    ] {
        let transport = smtp(&format!("smtp://ada:hunter2@localhost:{}", server.port), root);
        let SendError::Temporary(text) = transport.send(&composed()).await.unwrap_err() else { panic!() };
        assert!(text.contains(expected), "{text}");
        assert!(server.taken().is_empty());
        assert!(!server.lines().iter().any(|line| line.starts_with("AUTH")));
    }
}
