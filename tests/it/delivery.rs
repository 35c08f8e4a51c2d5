//! From the mail to the learner's hand: what else they can do by the claim link, reminders, new links.

use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::mail::read::{ReadMail, read};
use accolade::store::Which;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::smtp::{Act, At, Script, SmtpServer};

/// An installation with a badge that somebody earned, in either way to run.
struct Visit {
    site: Site,
    process: Process,
    http: Client,
    id: Uuid,
    link: String,
    server: Option<SmtpServer>,
}

impl Visit {
    async fn new(way: Way) -> Option<Self> {
        let server = match way {
            Way::Embedded => None,
            Way::Production => Some(SmtpServer::start(Script::accept()).await),
        };
        let mut site = Site::new(way, server.as_ref().map(|server| server.port)).await?;
        let start: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        site.clock = Clock::manual(start);
        let process = site.start_with(&Role::ALL, |settings| settings.claim.reminders = vec![7, 21]).await;
        let event = json!({
            "id": "evt_1", "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes" },
                "course": { "id": "first-aid-2026" }, "assessment": { "id": "final", "name": "Practical examination" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        });
        let headers = [("authorization", "Bearer sandbox-bearer")];
        assert_eq!(process.post("forms", &headers, event.to_string()).await.0, 200);
        let id = credentials(&process.settled().await)[0];
        let link = process.links.link(id);
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Some(Self { site, process, http, id, link, server })
    }

    async fn end(self) {
        self.process.stop().await;
        self.site.end().await;
    }

    async fn page(&self, address: &str) -> (u16, String) {
        let answer = self.http.get(address).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn post(&self, address: &str) -> Response {
        self.http.post(address).send().await.unwrap()
    }

    /// Every mail that was sent, oldest first.
    fn sent(&self) -> Vec<ReadMail> {
        let raw: Vec<Vec<u8>> = if let Some(server) = &self.server {
            server.taken().into_iter().map(|taken| taken.raw).collect()
        } else {
            let Ok(folder) = std::fs::read_dir(self.site.outbox()) else { return Vec::new() };
            let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
            files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
            files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
        };
        let mut mails: Vec<ReadMail> = raw.iter().map(|raw| read(raw)).collect();
        mails.sort_by_key(|mail| mail.date);
        mails
    }

    /// Mails to an address, once there are so many: subject, link and text of each.
    async fn mails_to(&self, address: &str, count: usize) -> Vec<(String, String, String)> {
        let started = tokio::time::Instant::now();
        loop {
            // Days pass, so gradebooks are read, and others earn badges, too.
            let mut mails = self.sent();
            mails.retain(|mail| mail.to.contains(address));
            if mails.len() == count {
                let link =
                    |text: &str| text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
                return mails.into_iter().map(|mail| (mail.subject, link(&mail.text), mail.text)).collect();
            }
            assert!(
                mails.len() < count && started.elapsed() < Duration::from_mins(1),
                "{} mails, not {count}",
                mails.len()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The subject and the claim link of each mail to Rosa, once there are so many.
    async fn mails(&self, count: usize) -> Vec<(String, String)> {
        let mails = self.mails_to("rosa@example.test", count).await;
        mails.into_iter().map(|(subject, link, _)| (subject, link)).collect()
    }

    async fn mail_to(&self, address: &str) -> (String, String, String) {
        self.mails_to(address, 1).await.remove(0)
    }

    async fn mail_to_again(&self, address: &str) -> (String, String, String) {
        self.mails_to(address, 2).await.remove(1)
    }

    /// How many mails there are about the badge, sent or not, once all reminders that are due now
    /// were looked at: here, as a sweeper of one more process would.
    async fn written(&self) -> usize {
        let (store, now) = (&self.process.store, self.site.clock.now());
        let schedule = [TimeDelta::days(7), TimeDelta::days(21)];
        while store.remind(&schedule, "localhost", now, 100).await.unwrap() > 0 {}
        let all = store.holdings(None, None, Which::Any, 1_000).await.unwrap();
        all.iter().find(|holding| holding.credential == self.id).unwrap().mails.len()
    }

    fn days(&self, days: u64) {
        self.site.clock.advance(Duration::from_hours(24 * days));
    }
}

/// What a mail server sends back about a mail.
fn returned(raw: &[u8], status: &str) -> String {
    let raw = String::from_utf8_lossy(raw);
    let id = raw.lines().find(|line| line.starts_with("Message-ID:")).unwrap();
    format!(
        "From: MAILER-DAEMON@mx.example.edu\nContent-Type: multipart/report; boundary=b\n\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.edu\n\n\
         Final-Recipient: rfc822; rosa@example.test\nAction: failed\nStatus: {status}\n\
         Diagnostic-Code: smtp; 550 {status} nobody here\n\n--b\nContent-Type: message/rfc822\n\n{id}\n\nHi\n--b--\n"
    )
}

/// Learners pass; the mails that were sent to them.
async fn mailed(site: &Site, process: &Process, names: &[&str]) -> Vec<Vec<u8>> {
    for (number, name) in names.iter().enumerate() {
        let event = json!({
            "id": format!("evt_{number}"), "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": name, "email": format!("{name}@example.test"), "name": format!("{name} Example") },
                "course": { "id": "first-aid-2026" }, "assessment": { "id": "final" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        });
        let headers = [("authorization", "Bearer sandbox-bearer")];
        assert_eq!(process.post("forms", &headers, event.to_string()).await.0, 200);
    }
    process.settled().await;
    let mails = std::fs::read_dir(site.outbox()).unwrap().map(|entry| entry.unwrap().path());
    mails.map(|file| std::fs::read(file).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_read_from_a_maildir_and_from_a_webhook() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let maildir = site.folder.path().join("bounces");
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(maildir.join(part)).unwrap();
    }
    let settings = |settings: &mut accolade::config::Settings| {
        settings.bounces.maildir = Some(maildir.clone());
        settings.bounces.secret = Some("a secret of bounces".into());
    };
    let process = site.start_with(&Role::ALL, settings).await;
    let mails = mailed(&site, &process, &["rosa", "omar"]).await;
    let of = |name: &str| mails.iter().find(|raw| read(raw).to.contains(name)).unwrap();
    let bounced = async |count: usize| {
        let started = tokio::time::Instant::now();
        loop {
            let found = process.store.holdings(None, None, Which::Bounced, 9).await.unwrap();
            if found.len() == count {
                return found;
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "{} mails came back, not {count}",
                found.len()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };

    std::fs::write(maildir.join("new/1.host"), returned(of("rosa"), "5.1.1")).unwrap();
    std::fs::write(maildir.join("new/2.host"), "Subject: I am away\n\nUntil Monday.").unwrap();
    let found = bounced(1).await.remove(0);
    assert_eq!(
        (found.address.as_str(), found.mails[0].bounce.clone().unwrap().kind.as_str()),
        ("rosa@example.test", "hard")
    );
    let started = tokio::time::Instant::now();
    while !["1.host", "2.host"].iter().all(|name| maildir.join(format!("cur/{name}:2,S")).exists()) {
        assert!(started.elapsed() < Duration::from_mins(1), "what was read is marked");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let http = Client::new();
    let post = async |secret: &str, body: String| {
        let request = http.post(format!("{}/bounces", process.url)).bearer_auth(secret).body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let report = returned(of("omar"), "4.4.7");
    assert_eq!(post("a secret of bounceS", report.clone()).await.0, 401);
    bounced(1).await;
    assert_eq!(post("a secret of bounces", "hello".to_owned()).await, (200, r#"{"bounce":null}"#.to_owned()));
    assert_eq!(post("a secret of bounces", report).await, (200, r#"{"bounce":"soft"}"#.to_owned()));
    assert_eq!(post("a secret of bounces", "x".repeat(2 << 20)).await.0, 413);
    bounced(2).await;
    let metrics = reqwest::get(format!("{}/metrics", process.url)).await.unwrap().text().await.unwrap();
    for line in [
        "accolade_bounces_total{state=\"hard\"} 1",
        "accolade_bounces_total{state=\"soft\"} 1",
        "accolade_bounces_total{state=\"unread\"} 2",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    process.stop().await;
    site.end().await;
}

/// Signed as SendGrid does, with the key as it shows it.
struct Sendgrid(ring::signature::EcdsaKeyPair);

impl Sendgrid {
    fn new() -> (Self, String) {
        use base64::Engine as _;
        use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING as KIND, EcdsaKeyPair, KeyPair as _};
        let random = ring::rand::SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&KIND, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&KIND, key.as_ref(), &random).unwrap();
        let before = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
        let public = base64::prelude::BASE64_STANDARD.encode([&before, pair.public_key().as_ref()].concat());
        (Self(pair), public)
    }

    fn sign(&self, time: &str, body: &str) -> String {
        use base64::Engine as _;
        let signature =
            self.0.sign(&ring::rand::SystemRandom::new(), format!("{time}{body}").as_bytes()).unwrap();
        base64::prelude::BASE64_STANDARD.encode(signature.as_ref())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_read_from_an_mbox_and_told_by_mail_services() {
    let site = Site::new(Way::Embedded, None).await.unwrap();
    let mbox = site.folder.path().join("mbox");
    let (sendgrid, public) = Sendgrid::new();
    let settings = |settings: &mut accolade::config::Settings| {
        settings.bounces.mbox = Some(mbox.clone());
        settings.bounces.mailgun_key = Some("mailgun's key".into());
        settings.bounces.sendgrid_key = Some(public.clone());
    };
    let process = site.start_with(&Role::ALL, settings).await;
    let mails = mailed(&site, &process, &["rosa", "omar", "lena"]).await;
    let of = |name: &str| mails.iter().find(|raw| read(raw).to.contains(name)).unwrap();
    let id_of = |name: &str| {
        let raw = String::from_utf8_lossy(of(name)).into_owned();
        raw.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned()
    };
    let bounced = async || {
        let found = process.store.holdings(None, None, Which::Bounced, 9).await.unwrap();
        let mut found: Vec<(String, String)> = found
            .into_iter()
            .map(|holding| (holding.name, holding.mails[0].bounce.clone().unwrap().kind))
            .collect();
        found.sort();
        found
    };
    let http = Client::new();
    let post = async |path: &str, body: &str, headers: &[(&str, &str)]| {
        let mut request = http.post(format!("{}{path}", process.url)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };

    // There is no `bounces.secret`.
    assert_eq!(post("/bounces", "hello", &[("authorization", "Bearer ")]).await.0, 404);

    let time = site.clock.now().timestamp().to_string();
    let mailgun = |key: &str| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
        let signature = hex::encode(ring::hmac::sign(&key, format!("{time}token").as_bytes()));
        json!({
            "signature": {"timestamp": time, "token": "token", "signature": signature},
            "event-data": {
                "event": "failed", "severity": "permanent", "reason": "bounce",
                "message": {"headers": {"message-id": id_of("omar").trim_matches(['<', '>'])}},
                "delivery-status": {"code": 550, "message": "5.1.1 nobody here"},
            },
        })
        .to_string()
    };
    assert_eq!(post("/bounces/mailgun", &mailgun("another key"), &[]).await.0, 401);
    let events = json!([
        {"event": "bounce", "type": "bounce", "status": "4.2.2", "reason": "452 full", "smtp-id": id_of("lena")},
        {"event": "delivered", "smtp-id": id_of("rosa")},
    ])
    .to_string();
    let signature = sendgrid.sign(&time, &events);
    let signed = |signature| {
        [
            ("x-twilio-email-event-webhook-signature", signature),
            ("x-twilio-email-event-webhook-timestamp", time.as_str()),
        ]
    };
    assert_eq!(post("/bounces/sendgrid", &events, &[]).await.0, 401);
    assert_eq!(post("/bounces/sendgrid", &events.replace("452", "552"), &signed(&signature)).await.0, 401);
    assert_eq!(bounced().await, []);

    assert_eq!(
        post("/bounces/mailgun", &mailgun("mailgun's key"), &[]).await,
        (200, r#"{"bounces":["hard"]}"#.to_owned())
    );
    assert_eq!(
        post("/bounces/sendgrid", &events, &signed(&signature)).await,
        (200, r#"{"bounces":["soft"]}"#.to_owned())
    );
    let pair = |name: &str, kind: &str| (format!("{name} Example"), kind.to_owned());
    assert_eq!(bounced().await, [pair("lena", "soft"), pair("omar", "hard")]);
    let line = "From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n";
    std::fs::write(&mbox, format!("{line}{}\n{line}Subject: away\n\nHi\n\n", returned(of("rosa"), "5.1.1")))
        .unwrap();
    let started = tokio::time::Instant::now();
    while bounced().await.len() < 3 {
        assert!(started.elapsed() < Duration::from_mins(1), "the mbox is read");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bounced().await[2], pair("rosa", "hard"));
    process.stop().await;
    site.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_a_mail_that_came_back() {
    let refuse = |at: At<'_>| {
        if at.line.starts_with("RCPT") {
            Act::Say("550 5.1.1 no such user here".to_owned())
        } else {
            Act::Usual
        }
    };
    let server = SmtpServer::start(Script::new(refuse)).await;
    let Some(site) = Site::new(Way::Production, Some(server.port)).await else { return };
    let process = site.start(&Role::ALL).await;
    let event = json!({
        "id": "evt_1", "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
        "data": {
            "learner": { "id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes" },
            "course": { "id": "first-aid-2026" }, "assessment": { "id": "final" },
            "score": { "given": 41, "max": 50 }, "passed": true,
        },
    });
    let headers = [("authorization", "Bearer sandbox-bearer")];
    assert_eq!(process.post("forms", &headers, event.to_string()).await.0, 200);
    process.settled().await;
    let found = process.store.holdings(None, None, Which::Trouble, 9).await.unwrap().remove(0);
    let bounce = found.mails[0].bounce.clone().unwrap();
    assert_eq!((bounce.kind.as_str(), found.mails[0].state.as_str()), ("hard", "parked"));
    assert!(bounce.reason.contains("550 5.1.1 no such user here"), "{}", bounce.reason);
    process.stop().await;
    site.end().await;
}

/// Where an answer leads.
fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

macro_rules! both_ways {
    ($($(#[$doc:meta])* async fn $name:ident($visit:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            $(#[$doc])*
            async fn check($visit: Visit) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn embedded() {
                check(Visit::new(Way::Embedded).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn production() {
                if let Some(visit) = Visit::new(Way::Production).await {
                    check(visit).await;
                }
            }
        }
    )+};
}

both_ways! {
    async fn reminders_come_twice_in_the_learner_s_language_and_end_with_the_claim(visit) {
        let first = visit.mails(1).await.remove(0);
        visit.days(6);
        assert_eq!(visit.written().await, 1);
        visit.days(1);
        let (subject, link) = visit.mails(2).await.remove(1);
        assert_eq!((subject.as_str(), &link), ("Still there for you: First Aid", &first.1));
        visit.process.settled().await;
        assert_eq!(visit.post(&link).await.status(), 303);
        visit.days(30);
        assert_eq!(visit.written().await, 2);
        visit.end().await;
    }

    async fn a_badge_is_declined_and_claimed_all_the_same(visit) {
        let decline = format!("{}/decline", visit.link);
        let (status, page) = visit.page(&decline).await;
        assert!(status == 200 && page.contains("method=\"post\"") && page.contains("Decline this badge?"));
        assert!(!visit.page(&visit.link).await.1.contains("You declined"), "asking changes nothing");
        let answer = visit.post(&format!("{decline}?lang=de")).await;
        assert_eq!(answer.status(), 303);
        assert!(location(&answer).ends_with("?lang=de"), "{}", location(&answer));
        let (status, page) = visit.page(&visit.link).await;
        assert!(status == 200 && page.contains("You declined this badge on") && page.contains("Claim this badge"));
        visit.days(30);
        assert_eq!(visit.written().await, 1);
        assert_eq!(visit.post(&visit.link).await.status(), 303);
        let page = visit.page(&visit.link).await.1;
        assert!(page.contains("You have claimed this badge") && !page.contains("You declined"), "{page}");
        visit.end().await;
    }

    async fn not_me_hides_the_name_until_it_was_a_slip(visit) {
        let not_me = format!("{}/not-me", visit.link);
        let (status, page) = visit.page(&not_me).await;
        assert!(status == 200 && page.contains("Rosa Reyes"));
        assert_eq!(visit.post(&not_me).await.status(), 303);
        for address in [&visit.link, &not_me, &format!("{}/decline", visit.link)] {
            let answer = reqwest::get(address).await.unwrap();
            assert_eq!(answer.status(), 200);
            let page = answer.text().await.unwrap();
            assert!(page.contains("Thank you for telling us") && !page.contains("Rosa"), "{address}");
        }
        visit.post(&visit.link).await;
        assert!(visit.page(&visit.link).await.1.contains("Thank you for telling us"), "nothing to claim");
        visit.days(30);
        assert_eq!(visit.written().await, 1);
        assert_eq!(visit.post(&format!("{}/mine", visit.link)).await.status(), 303);
        assert!(visit.page(&visit.link).await.1.contains("Rosa Reyes"));
        visit.mails(2).await;
        visit.post(&visit.link).await;
        assert!(visit.page(&visit.link).await.1.contains("You have claimed this badge"));
        visit.end().await;
    }

    async fn a_link_that_ended_mails_a_new_one(visit) {
        visit.mails(1).await;
        visit.days(91);
        let (status, page) = visit.page(&visit.link).await;
        assert!(status == 410 && page.contains("Send me a new link") && !page.contains("rosa@example.test"));
        let unknown = format!("{}/claim/{}", visit.process.url, "A".repeat(43));
        let mut said = Vec::new();
        for link in [&visit.link, &visit.link, &unknown] {
            let answer = visit.post(&format!("{link}/link")).await;
            assert_eq!(answer.status(), 200);
            said.push(answer.text().await.unwrap());
        }
        assert!(said.iter().all(|page| *page == said[0]), "nobody learns what is behind a link");
        let new = visit.mails(2).await.remove(1).1;
        assert_ne!(new, visit.link);
        assert_eq!(visit.page(&visit.link).await.0, 410, "the old one works no more");
        assert_eq!(visit.post(&visit.link).await.status(), 410);
        assert_eq!(visit.page(&new).await.0, 200);
        assert!(new.ends_with(location(&visit.post(&new).await)));
        assert!(visit.page(&new).await.1.contains("You have claimed this badge"));
        visit.end().await;
    }

    async fn a_badge_is_hidden_from_all_but_its_holder_and_verifies_all_the_same(visit) {
        let page = format!("{}/credentials/{}", visit.process.url, visit.id);
        let endings = ["", ".json", ".jwt", ".png", ".svg", ".pdf", "/verify"];
        assert_eq!(visit.post(&format!("{}/hide", visit.link)).await.status(), 303);
        assert!(!visit.page(&visit.link).await.1.contains("You have hidden"), "there is no page yet");
        visit.post(&visit.link).await;
        let (status, asks) = visit.page(&format!("{}/hide", visit.link)).await;
        assert!(status == 200 && asks.contains("Hide this badge?"));
        for ending in endings {
            assert_eq!(visit.page(&format!("{page}{ending}")).await.0, 200, "{ending}");
        }
        assert_eq!(visit.post(&format!("{}/hide", visit.link)).await.status(), 303);
        for ending in endings {
            assert_eq!(visit.page(&format!("{page}{ending}")).await.0, 404, "{ending}");
        }
        let (status, own) = visit.page(&visit.link).await;
        assert!(status == 200 && own.contains("You have hidden this badge") && own.contains("Rosa Reyes"));
        let file = visit.page(&format!("{}/badge.json", visit.link)).await;
        let stored = visit.process.store.credential(visit.id).await.unwrap().unwrap();
        assert_eq!(file, (200, stored.document));
        for ending in ["png", "svg", "jwt", "pdf"] {
            let answer = visit.http.get(format!("{}/badge.{ending}", visit.link)).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
        }
        assert_eq!(visit.page(&format!("{}/badge.exe", visit.link)).await.0, 404);
        // Whoever has the file verifies it.
        let broken = crate::lifecycle::failing_checks(&visit.process, visit.id, visit.site.clock.now()).await;
        assert!(broken.is_empty(), "{broken:?}");
        assert_eq!(visit.post(&format!("{}/show", visit.link)).await.status(), 303);
        for ending in endings {
            assert_eq!(visit.page(&format!("{page}{ending}")).await.0, 200, "{ending}");
        }
        visit.end().await;
    }

    async fn mails_go_to_another_address_once_its_reader_confirms(visit) {
        visit.mails(1).await;
        let form = format!("{}/address", visit.link);
        assert!(visit.page(&form).await.1.contains("name=\"address\""));
        let give = async |address: &str| {
            let body = form_urlencoded::Serializer::new(String::new()).append_pair("address", address).finish();
            let answer = visit.http.post(&form).body(body).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        for wrong in ["", "rosa", "rosa@", "a@b\r\nBcc: c@d.example"] {
            assert_eq!(give(wrong).await.0, 422, "{wrong}");
        }
        let page = give("rosa@\"><b>").await.1;
        for part in [
            "id=\"address-wrong\" role=\"alert\">That is no e-mail address",
            "value=\"rosa@&#34;&#62;&#60;b&#62;\"",
            "aria-invalid=\"true\" aria-describedby=\"address-wrong\"",
            "A mail to the new address asks",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!visit.page(&form).await.1.contains("aria-invalid"));
        assert_eq!(give("rosa.reyes@home.example").await.0, 200);
        let asked = visit.mail_to("rosa.reyes@home.example").await;
        assert!(asked.0.starts_with("Is this your address for the badge") && asked.1.contains("/address/"));
        assert!(!asked.2.contains("Rosa"), "whoever reads it may be somebody else");
        let address = async || visit.process.store.holdings(None, Some("first-aid"), Which::Any, 1).await.unwrap().remove(0).address;
        let (status, page) = visit.page(&asked.1).await;
        assert!(status == 200 && page.contains("Confirm this address") && page.contains("rosa.reyes@home.example"));
        assert_eq!(address().await, "rosa@example.test", "nothing changes before");
        let answer = visit.post(&asked.1).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
        assert_eq!(address().await, "rosa.reyes@home.example");
        // The next reminder goes there.
        visit.days(7);
        let reminder = visit.mail_to_again("rosa.reyes@home.example").await;
        assert!(reminder.0.starts_with("Still there for you"), "{}", reminder.0);
        // What a stranger is asked three times a day is asked no more.
        for (number, status) in [(1, 200), (2, 200), (3, 200), (4, 429)] {
            assert_eq!(give(&format!("other{number}@home.example")).await.0, status);
        }
        let late = visit.mail_to("other1@home.example").await.1;
        visit.days(8);
        assert_eq!(visit.post(&late).await.status(), 410);
        assert_eq!(address().await, "rosa.reyes@home.example");
        // The badge names the address of its issue.
        let broken = crate::lifecycle::failing_checks(&visit.process, visit.id, visit.site.clock.now()).await;
        assert!(broken.is_empty(), "{broken:?}");
        visit.end().await;
    }

    async fn steps_are_limited(visit) {
        let link = format!("{}/claim/{}/link", visit.process.url, "A".repeat(43));
        for _ in 0..20 {
            assert_eq!(visit.post(&link).await.status(), 200);
        }
        let answer = visit.post(&link).await;
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (429, true));
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(visit.page(&format!("{}/nothing", visit.link)).await.0, 404);
        visit.end().await;
    }
}
