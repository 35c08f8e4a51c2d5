//! `/verify`, the JWT form, and the checks of a badge, over HTTP with real parts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use accolade::app::Role;
use accolade::badges::bake::unbake;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Response};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};

struct Visit {
    site: Site,
    process: Process,
    http: Client,
    badge: Uuid,
}

impl Visit {
    /// An installation with a badge that its holder has claimed.
    async fn new() -> Self {
        let site = Site::new(Way::Embedded, None).await.unwrap();
        let process = site.start(&Role::ALL).await;
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let event = json!({
            "id": "evt_1", "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": "s-1", "email": "rosa@example.test", "name": "Rosa Reyes" },
                "course": { "id": "first-aid-2026" },
                "assessment": { "id": "final", "name": "Practical examination" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        });
        let answer =
            process.post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string()).await;
        assert_eq!(answer.0, 200, "{answer:?}");
        let ids = credentials(&process.settled().await);
        let [badge] = ids.as_slice() else { panic!("{ids:?}") };
        http.post(process.links.link(*badge)).send().await.unwrap();
        Self { badge: *badge, site, process, http }
    }

    async fn end(self) {
        self.process.stop().await;
        self.site.end().await;
    }

    async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.process.url)).send().await.unwrap()
    }

    /// Sends the form as a browser does; the answer is the page.
    async fn upload(&self, field: &str, content: &[u8]) -> (u16, String) {
        let head =
            format!("--bound\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"x\"\r\n\r\n");
        let body = [head.as_bytes(), content, b"\r\n--bound--\r\n"].concat();
        let request = self.http.post(format!("{}/verify", self.process.url));
        let response = request
            .header("content-type", "multipart/form-data; boundary=bound")
            .body(body)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn file(&self, ending: &str) -> Vec<u8> {
        let response = self.get(&format!("/credentials/{}.{ending}", self.badge)).await;
        assert_eq!(response.status(), 200, "{ending}");
        response.bytes().await.unwrap().to_vec()
    }
}

const HOLDS: &str = "This badge holds";
const FAILS: &str = "This badge does not hold";
const OPEN: &str = "This badge could not be checked";

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_badge_is_verified_until_it_is_withdrawn() {
    let visit = Visit::new().await;
    for ending in ["json", "jwt", "png", "svg"] {
        let (status, page) = visit.upload("file", &visit.file(ending).await).await;
        assert!(status == 200 && page.contains(HOLDS), "{ending}: {page}");
        assert_eq!(page.matches("check good").count(), 7, "{ending}");
    }
    // Pasted, and by the badge's links: read here, not fetched.
    let jwt = visit.file("jwt").await;
    assert!(visit.upload("text", &jwt).await.1.contains(HOLDS));
    for link in ["", ".json", ".png"] {
        let link = format!(" http://localhost:{}/credentials/{}{link}\n", port(&visit), visit.badge);
        assert!(visit.upload("text", link.as_bytes()).await.1.contains(HOLDS), "{link}");
    }
    let page = visit.get(&format!("/credentials/{}", visit.badge)).await.text().await.unwrap();
    assert!(
        page.contains(&format!("/credentials/{}/verify", visit.badge)) && page.contains("Credential (JWT)")
    );
    let checks = visit.get(&format!("/credentials/{}/verify", visit.badge)).await.text().await.unwrap();
    assert!(checks.contains(HOLDS) && checks.contains("did:web:localhost%3A"), "{checks}");
    assert!(!checks.contains("rosa@example.test"));
    // Whose, for what and when, as far as the file says it.
    let document: Value = serde_json::from_slice(&visit.file("json").await).unwrap();
    let day = |member: &str| format!("<time datetime=\"{}\">", &document[member].as_str().unwrap()[..10]);
    let address = document["id"].as_str().unwrap();
    let (awarded, criteria) = (day("awardedDate"), "/achievements/first-aid\"");
    for said in ["names nobody", "Practical examination", "41 of 50", "passed", &awarded, criteria, address] {
        assert!(checks.contains(said), "{said}: {checks}");
    }

    let mut changed: Value = serde_json::from_slice(&visit.file("json").await).unwrap();
    changed["credentialSubject"]["achievement"]["name"] = json!("<script>alert(1)</script>");
    changed["credentialSubject"]["name"] = json!("<script>alert(2)</script>");
    changed["credentialSubject"]["achievement"]["criteria"]["id"] = json!("javascript:alert(3)");
    let (status, page) = visit.upload("file", changed.to_string().as_bytes()).await;
    assert!(status == 200 && page.contains(FAILS) && page.contains("the text was changed"), "{page}");
    assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;alert(2)"), "{page}");
    assert!(!page.contains("javascript:") && !page.contains("names nobody"), "{page}");

    let now = accolade::clock::Clock::system().now();
    visit.process.store.set_status(visit.badge, true, false, now).await.unwrap();
    for ending in ["json", "jwt"] {
        let (_, page) = visit.upload("file", &visit.file(ending).await).await;
        assert!(page.contains(FAILS) && page.contains("The issuer has revoked it"), "{ending}: {page}");
        assert!(!page.contains("41 of 50"), "{ending}: {page}");
    }
    visit.end().await;
}

fn port(visit: &Visit) -> u16 {
    visit.process.url.rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_jwt_form_is_signed_by_the_key_of_did_json() {
    let visit = Visit::new().await;
    let response = visit.get(&format!("/credentials/{}.jwt", visit.badge)).await;
    assert_eq!(response.headers()["content-type"], "application/vc+jwt");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"first-aid.jwt\"");
    let jwt = response.text().await.unwrap();
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (input, signature) = jwt.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&part(header)).unwrap();
    let payload: Value = serde_json::from_slice(&part(payload)).unwrap();
    let did = visit.get("/.well-known/did.json").await.text().await.unwrap();
    let did: Value = serde_json::from_str(&did).unwrap();
    let key =
        did["verificationMethod"].as_array().unwrap().iter().find(|key| key["id"] == header["kid"]).unwrap();
    let jwk = &key["publicKeyJwk"];
    let point = [vec![4], part(jwk["x"].as_str().unwrap()), part(jwk["y"].as_str().unwrap())].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(input.as_bytes(), &part(signature))
        .unwrap();
    let document: Value = serde_json::from_slice(&visit.file("json").await).unwrap();
    assert_eq!(payload["credentialSubject"], document["credentialSubject"]);
    assert!(payload.get("proof").is_none() && payload["iss"] == did["id"]);

    // An installation from before, without the key: all but the JWT form works.
    std::fs::remove_file(visit.site.folder.path().join("issuer-jwt.pem")).unwrap();
    let before = visit.site.start(&Role::ALL).await;
    let at = |path: &str| visit.http.get(format!("{}{path}", before.url)).send();
    let answer = at(&format!("/credentials/{}.jwt", visit.badge)).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("accolade keys generate"));
    let page = at(&format!("/credentials/{}", visit.badge)).await.unwrap().text().await.unwrap();
    assert!(!page.contains("Credential (JWT)") && page.contains("Credential (JSON)"));
    before.stop().await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_handed_in_makes_the_server_reach_inside() {
    let visit = Visit::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside: SocketAddr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let task = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let port = inside.port();
    for link in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/badge.json"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://0x7f.1:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
    ] {
        let (status, page) = visit.upload("text", link.as_bytes()).await;
        assert!(status == 200 && page.contains("The link could not be read"), "{link}: {page}");
    }
    // A badge that names a DID document and a list inside.
    let mut badge: Value = serde_json::from_slice(&visit.file("json").await).unwrap();
    badge["issuer"]["id"] = json!(format!("did:web:localhost%3A{port}"));
    badge["proof"]["verificationMethod"] = json!(format!("did:web:localhost%3A{port}#z6Mk"));
    badge["credentialStatus"]["statusListCredential"] = json!(format!("https://127.0.0.1:{port}/list"));
    let (_, page) = visit.upload("file", badge.to_string().as_bytes()).await;
    assert!(page.contains(OPEN) && page.contains("What could not be read"), "{page}");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    task.abort();
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_uploads_get_an_answer_soon() {
    let visit = Visit::new().await;
    let good: Value = serde_json::from_slice(&visit.file("json").await).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut badge = good.clone();
        change(&mut badge);
        badge.to_string().into_bytes()
    };
    let entities = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\
        <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><svg xmlns=\"http://www.w3.org/2000/svg\" \
        xmlns:openbadges=\"https://purl.imsglobal.org/ob/v3p0\"><openbadges:credential>&c;</openbadges:credential></svg>";
    let poison = vec![json!({"type": ["Evidence"], "name": "same"}); 3000];
    let contexts = vec![good["@context"][0].clone(); 12_000];
    let types = vec![json!("Achievement"); 20_000];
    let hostile: Vec<(&str, Vec<u8>, u16)> = vec![
        ("nested JSON", "[".repeat(900_000).into_bytes(), 200),
        ("nested objects", "{\"a\":".repeat(150_000).into_bytes(), 200),
        ("entities", entities.as_bytes().to_vec(), 200),
        ("many contexts", with(&|badge| badge["@context"] = json!(contexts)), 200),
        ("many types", with(&|badge| badge["credentialSubject"]["achievement"]["type"] = json!(types)), 200),
        ("many twins", with(&|badge| badge["evidence"] = json!(poison)), 200),
        (
            "many lists",
            with(&|badge| {
                let entry = badge["credentialStatus"].clone();
                let entries = (0..2000).map(|number| {
                    let mut entry = entry.clone();
                    entry["statusListCredential"] = json!(format!("https://127.0.0.1/{number}"));
                    entry
                });
                badge["credentialStatus"] = entries.collect();
            }),
            200,
        ),
        ("no image", b"\x89PNG\r\n\x1a\n\x7f\xff\xff\xffiTXt".to_vec(), 200),
        ("too large", vec![b' '; 9 << 20], 413),
        ("nothing", Vec::new(), 200),
    ];
    for (name, content, expected) in hostile {
        let (status, page) = visit.upload("file", &content).await;
        assert_eq!(status, expected, "{name}");
        assert!(!page.contains(HOLDS), "{name}");
    }
    assert!(visit.upload("file", &visit.file("json").await).await.1.contains(HOLDS), "it still works");
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_is_rationed_for_each_client() {
    let visit = Visit::new().await;
    let mut last = (0, String::new());
    for _ in 0..41 {
        last = visit.upload("text", b"x").await;
    }
    assert_eq!(last.0, 429);
    assert!(last.1.contains("That was a lot at once"));
    assert_eq!(visit.get("/verify").await.status(), 200, "the page itself is free");
    assert_eq!(visit.get(&format!("/credentials/{}", visit.badge)).await.status(), 200);
    visit.end().await;
}

/// Nothing is said against a badge by somebody who pastes something else.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_badge_gets_no_verdict() {
    let visit = Visit::new().await;
    let pdf = visit.file("pdf").await;
    for (given, said) in [
        (b"hello".as_slice(), "This is no badge"),
        (pdf.as_slice(), "A PDF certificate is a picture of a badge"),
    ] {
        let (status, page) = visit.upload("text", given).await;
        assert!(status == 200 && page.contains(said) && !page.contains(FAILS), "{page}");
    }
    // As browsers show an address.
    let address = format!("localhost:{}/credentials/{}", port(&visit), visit.badge);
    let (_, page) = visit.upload("text", address.as_bytes()).await;
    assert!(page.contains("This badge holds"), "{page}");
    visit.end().await;
}

/// Whoever sends slowly, or goes away, keeps nobody else from verifying.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_do_not_come_take_no_place() {
    let visit = Visit::new().await;
    let head = "POST /verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\n\
                content-length: 100000\r\n\r\n";
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(("127.0.0.1", port(&visit))).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // Until the last of them is being read.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(visit.upload("text", b"hello").await.0, 200);
    drop(slow);
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_badge_is_not_found_by_verifying() {
    let visit = Visit::new().await;
    let (_, page) = visit
        .upload("text", format!("http://localhost:{}/credentials/{}", port(&visit), Uuid::nil()).as_bytes())
        .await;
    assert!(page.contains("no public badge is at this address"), "{page}");
    assert_eq!(visit.get(&format!("/credentials/{}/verify", Uuid::nil())).await.status(), 404);
    assert!(unbake(&visit.file("png").await).is_ok());
    visit.end().await;
}
