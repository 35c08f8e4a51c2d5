//! Badges taken to wallets, over HTTP: every step of the way, and everything that is refused.

mod learner_wallet;
mod openid;

use std::time::Duration;

use accolade::app::Role;
use accolade::badges::verify::{Lookup, Verdict, verify};
use accolade::clock::Clock;
use accolade::mail::read::read;
use accolade::store::{AwardDecision, NewAwardDecision};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use learner_wallet::challenge_of;

use crate::support::app::{Process, Site, Way, credentials};
use crate::support::smtp::{Script, SmtpServer};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// A learner with a claimed badge, and the clock of the installation.
struct Learner {
    site: Site,
    process: Process,
    smtp: SmtpServer,
    http: Client,
    clock: Clock,
    badge: Uuid,
    link: String,
}

/// An answer: its status and its JSON.
type Answer = (u16, Value);

impl Learner {
    async fn new() -> Self {
        let learner = Self::unclaimed(Way::Embedded).await.unwrap();
        assert_eq!(learner.http.post(&learner.link).send().await.unwrap().status(), 303);
        learner
    }

    async fn unclaimed(way: Way) -> Option<Self> {
        let smtp = SmtpServer::start(Script::accept()).await;
        let mut site = Site::new(way, Some(smtp.port)).await?;
        let clock = Clock::manual(Clock::system().now());
        site.clock = clock.clone();
        let process = site.start(&Role::ALL).await;
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let event = json!({
            "id": "evt_1", "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": "s-1", "email": "rosa@example.test", "name": "Rosa & Reyes" },
                "course": { "id": "first-aid-2026" },
                "assessment": { "id": "final", "name": "Practical &amp; examination" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        });
        let headers = [("authorization", "Bearer sandbox-bearer")];
        assert_eq!(process.post("forms", &headers, event.to_string()).await.0, 200);
        let badge = credentials(&process.settled().await)[0];
        let link = process.links.link(badge);
        Some(Self { site, process, smtp, http, clock, badge, link })
    }

    async fn end(self) {
        self.process.stop().await;
        self.site.end().await;
    }

    fn minutes(&self, minutes: u64) {
        self.clock.advance(Duration::from_mins(minutes));
    }

    async fn page(&self) -> String {
        self.http.get(&self.link).send().await.unwrap().text().await.unwrap()
    }

    /// Asks for an offer; its address, as the link on the page has it.
    async fn offered(&self) -> String {
        let answer = self.http.post(format!("{}/wallet", self.link)).send().await.unwrap();
        assert_eq!(answer.status(), 303);
        let page = self.page().await;
        let query = page.split("openid-credential-offer://?").nth(1).unwrap().split('"').next().unwrap();
        let address = url::form_urlencoded::parse(query.as_bytes()).next().unwrap();
        assert_eq!(address.0, "credential_offer_uri");
        address.1.into_owned()
    }

    /// The newest transaction code that was mailed, once there are so many.
    async fn mailed(&self, number: usize) -> String {
        for _ in 0..600 {
            let codes: Vec<String> = self
                .smtp
                .taken()
                .iter()
                .filter_map(|mail| {
                    let text = read(&mail.raw).text;
                    let code = text.lines().map(str::trim).find(|line| line.len() == 6)?.to_owned();
                    code.bytes().all(|digit| digit.is_ascii_digit()).then_some(code)
                })
                .collect();
            if codes.len() >= number {
                return codes.last().unwrap().clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no code was sent");
    }

    async fn get(&self, address: &str) -> Answer {
        let address = if address.starts_with('/') {
            format!("{}{address}", self.process.url)
        } else {
            address.to_owned()
        };
        answer(self.http.get(address).send().await.unwrap()).await
    }

    async fn token(&self, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(format!("{}/wallet/token", self.process.url));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        answer(request.send().await.unwrap()).await
    }

    async fn nonce(&self) -> String {
        let response = self.http.post(format!("{}/wallet/nonce", self.process.url)).send().await.unwrap();
        answer(response).await.1["c_nonce"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
        let mut request = self.http.post(format!("{}{path}", self.process.url));
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        answer(request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send().await.unwrap())
            .await
    }

    /// Asks for the badge with a proof by this key.
    async fn credential(&self, bearer: &str, key: &Key, nonce: &str) -> Answer {
        let proof = key.proof(&self.process.url, nonce, self.clock.now().timestamp());
        self.post("/wallet/credential", Some(bearer), &request(&proof)).await
    }

    /// The whole way to an access token.
    async fn access(&self, codes: usize) -> String {
        let offer = self.get(&self.offered().await).await.1;
        let code = offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned();
        let typed = self.mailed(codes).await;
        let (status, token) = self.token(&form(&code, &typed)).await;
        assert_eq!(status, 200, "{token}");
        token["access_token"].as_str().unwrap().to_owned()
    }

    async fn decide(&self, what: AwardDecision) {
        let (reason, by) = ("an inquiry".to_owned(), "Dean".to_owned());
        let decision = NewAwardDecision { what, credentials: vec![self.badge], reason, by };
        let decided = self.process.store.decide_awards(&decision, self.clock.now()).await.unwrap();
        assert_eq!(decided.changed, [self.badge]);
        self.process.settled().await;
    }

    /// Whether a bound badge holds for a verifier that knows nothing, and is the award's own.
    async fn assert_bound(&self, badge: &Value, did: &str) {
        let get = async |address: &str| -> Value {
            serde_json::from_slice(&self.http.get(address).send().await.unwrap().bytes().await.unwrap())
                .unwrap()
        };
        let list = badge["credentialStatus"]["statusListCredential"].as_str().unwrap().to_owned();
        let found = Found(vec![
            (
                badge["issuer"]["id"].to_string(),
                get(&format!("{}/.well-known/did.json", self.process.url)).await,
            ),
            (Value::from(list.as_str()).to_string(), get(&list).await),
        ]);
        let report = verify(badge.to_string().as_bytes(), &found, self.clock.now());
        assert_eq!(report.verdict(), Verdict::Valid, "{report:#?}");
        assert_eq!(badge["credentialSubject"]["id"], did);
        let stored = self.process.store.credential(self.badge).await.unwrap().unwrap();
        let mut stored: Value = serde_json::from_str(&stored.document).unwrap();
        stored["credentialSubject"]["id"] = json!(did);
        stored["proof"] = badge["proof"].clone();
        assert_eq!(&stored, badge);
    }
}

struct Found(Vec<(String, Value)>);

impl Lookup for Found {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.status_list(did)
    }

    fn status_list(&self, address: &str) -> Option<Value> {
        let name = Value::from(address).to_string();
        self.0.iter().find(|(of, _)| *of == name).map(|(_, document)| document.clone())
    }

    fn schema(&self, _: &str) -> Option<Value> {
        None
    }
}

/// What holds of every answer to a wallet.
async fn answer(response: Response) -> Answer {
    let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header(CACHE_CONTROL), "no-store");
    assert_eq!(header(CONTENT_TYPE), "application/json");
    assert_eq!(header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

fn form<'a>(code: &'a str, typed: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", GRANT), ("pre-authorized_code", code), ("tx_code", typed)]
}

fn request(proof: &str) -> Value {
    json!({"credential_configuration_id": "first-aid", "proofs": {"jwt": [proof]}})
}

fn error(answer: &Answer) -> (u16, &str) {
    assert!(answer.1["error_description"].as_str().is_some_and(str::is_ascii), "{answer:?}");
    (answer.0, answer.1["error"].as_str().unwrap())
}

/// A wallet's key.
struct Key(SigningKey);

impl Key {
    fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    fn did(&self) -> String {
        let bytes = [&[0xed, 0x01], self.0.verifying_key().as_bytes().as_slice()].concat();
        format!("did:key:z{}", bs58::encode(bytes).into_string())
    }

    fn method(&self) -> String {
        let did = self.did();
        format!("{did}#{}", did.rsplit_once(':').unwrap().1)
    }

    fn proof(&self, audience: &str, nonce: &str, iat: i64) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"typ": "openid4vci-proof+jwt", "alg": "EdDSA", "kid": self.method()});
        let claims = json!({"aud": audience, "iat": iat, "nonce": nonce});
        let input = format!("{}.{}", part(header), part(claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(self.0.sign(input.as_bytes()).to_bytes()))
    }
}
