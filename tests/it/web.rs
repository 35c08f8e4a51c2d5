//! Pages and documents over HTTP, with a real store behind them.

use accolade::app::Role;
use accolade::badges::bake::unbake;
use reqwest::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{Process, Site, Way, credentials};

pub(crate) struct Visit {
    pub(crate) site: Site,
    pub(crate) process: Process,
    pub(crate) http: Client,
}

impl Visit {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut accolade::config::Settings)) -> Self {
        let site = Site::new(Way::Embedded, None).await.unwrap();
        let process = site.start_with(&Role::ALL, change).await;
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { site, process, http }
    }

    pub(crate) async fn end(self) {
        self.process.stop().await;
        self.site.end().await;
    }

    /// The credential that somebody of this name earned, and its claim link.
    pub(crate) async fn earned(&self, name: &str) -> (Uuid, String) {
        let event = json!({
            "id": format!("evt_{}", Uuid::new_v4()), "type": "assessment.passed", "timestamp": "2026-11-20T10:00:00Z",
            "data": {
                "learner": { "id": "s-1", "email": "rosa@example.test", "name": name },
                "course": { "id": "first-aid-2026" },
                "assessment": { "id": "final", "name": "Practical examination" },
                "score": { "given": 41, "max": 50 }, "passed": true,
            },
        });
        let answer = self
            .process
            .post("forms", &[("authorization", "Bearer sandbox-bearer")], event.to_string())
            .await;
        assert_eq!(answer.0, 200, "{answer:?}");
        let ids = credentials(&self.process.settled().await);
        let [id] = ids.as_slice() else { panic!("{ids:?}") };
        (*id, self.process.links.link(*id))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.asking(path, &[]).await
    }

    pub(crate) async fn asking(
        &self,
        path: &str,
        headers: &[(reqwest::header::HeaderName, &str)],
    ) -> Response {
        let address =
            if path.starts_with('/') { format!("{}{path}", self.process.url) } else { path.to_owned() };
        let mut request = self.http.get(address);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn claim(&self, link: &str) -> Response {
        self.http.post(link).send().await.unwrap()
    }
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    visit.claim(&link).await;
    for path in [
        "/",
        "/nothing/here",
        "/robots.txt",
        "/assets/style.css",
        "/claim/x",
        "/dev/outbox",
        "/.well-known/did.json",
        "/issuers/example-university",
        "/achievements/first-aid",
        &format!("/credentials/{id}"),
        &format!("/credentials/{id}.json"),
        &link,
    ] {
        let answer = visit.get(path).await;
        let policy = header(&answer, CONTENT_SECURITY_POLICY.as_str());
        // Word for word: whoever widens it has to say so here.
        let allowed = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                       base-uri 'none'; frame-ancestors 'none'";
        assert_eq!(policy, allowed, "{path}");
        assert_eq!(header(&answer, "cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header(&answer, X_CONTENT_TYPE_OPTIONS.as_str()), "nosniff", "{path}");
        assert_ne!(header(&answer, REFERRER_POLICY.as_str()), "", "{path}");
    }
    for secret in [link.as_str(), "/claim/x", "/address/x", "/dev/outbox"] {
        let answer = visit.get(secret).await;
        assert_eq!(header(&answer, CACHE_CONTROL.as_str()), "no-store", "{secret}");
        assert_eq!(header(&answer, REFERRER_POLICY.as_str()), "no-referrer", "{secret}");
        assert!(header(&answer, "x-robots-tag").contains("noindex"), "{secret}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_private_until_it_is_claimed() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    let forms = ["", ".json", ".png", ".svg", ".pdf"];
    for form in &forms {
        assert_eq!(visit.get(&format!("/credentials/{id}{form}")).await.status(), 404, "{form}");
    }
    // Looking claims nothing, however often.
    for _ in 0..2 {
        let page = visit.get(&link).await.text().await.unwrap();
        assert!(page.contains("<form") && page.contains("Rosa Reyes") && !page.contains("rosa@example.test"));
    }
    assert_eq!(visit.get(&format!("/credentials/{id}")).await.status(), 404);

    for _ in 0..2 {
        let answer = visit.claim(&link).await;
        // Back to the page of the link, which now has what its holder can do.
        let path = link.strip_prefix(&visit.process.url).unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, LOCATION.as_str())), (303, path));
    }
    for form in &forms {
        let answer = visit.get(&format!("/credentials/{id}{form}")).await;
        assert_eq!(answer.status(), 200, "{form}");
        assert!(!answer.text_with_charset("latin1").await.unwrap().contains("rosa@example.test"), "{form}");
    }
    let page = visit.get(&link).await.text().await.unwrap();
    assert!(!page.contains("Claim this badge") && page.contains(&format!("href=\"/credentials/{id}\"")));
    for wanted in ["Offer it to my wallet", "Add to LinkedIn", "Hide the public page", "another address"] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    for odd in ["x", &format!("{id}.gif"), &format!("{id}.json.json"), &Uuid::nil().to_string(), "%ff"] {
        assert_eq!(visit.get(&format!("/credentials/{odd}")).await.status(), 404, "{odd}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_lead_nowhere_say_what_to_do() {
    let visit = Visit::with(|settings| settings.claim.days = 0).await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    for answer in [visit.get(&link).await, visit.claim(&link).await] {
        assert_eq!(answer.status(), 410);
        assert!(answer.text().await.unwrap().contains("This claim link has ended"));
    }
    assert_eq!(visit.get(&format!("/credentials/{id}")).await.status(), 404, "nothing was claimed");
    let unknown = format!("{}/claim/{}", visit.process.url, "A".repeat(43));
    for answer in
        [visit.get(&unknown).await, visit.claim(&unknown).await, visit.get("/claim/..%2f..%2fx").await]
    {
        assert_eq!(answer.status(), 404);
        assert!(answer.text().await.unwrap().contains("We do not know this claim link"));
    }
    let answer = visit.http.delete(&link).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert!(answer.text().await.unwrap().contains("<h1>"));
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_read_as_json_that_nothing_is_there() {
    let visit = Visit::new().await;
    let hidden = format!("/credentials/{}", Uuid::nil());
    let ask = async |method: Method, path: &str, accept: &str| {
        let address = format!("{}{path}", visit.process.url);
        visit.http.request(method, address).header(ACCEPT, accept).send().await.unwrap()
    };
    for (method, path, accept, status) in [
        (Method::GET, "/status/9", "*/*", 404),
        (Method::GET, &format!("{hidden}.json"), "*/*", 404),
        (Method::GET, &hidden, "application/vc", 404),
        (Method::GET, "/nothing/here", "application/json", 404),
        (Method::GET, "/%ff", "application/problem+json", 404),
        (Method::POST, "/bounces", "*/*", 404),
        (Method::POST, "/hooks/", "*/*", 404),
        (Method::DELETE, "/status/9", "*/*", 405),
        (Method::GET, "/claim/x", "application/json", 404),
    ] {
        let answer = ask(method, path, accept).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(header(&answer, CONTENT_TYPE.as_str()), "application/problem+json", "{path}");
        assert_eq!(header(&answer, CACHE_CONTROL.as_str()), "no-store", "{path}");
        let open = if path.starts_with("/claim/") { "" } else { "*" };
        assert_eq!(header(&answer, ACCESS_CONTROL_ALLOW_ORIGIN.as_str()), open, "{path}");
        let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["status"], status, "{path}");
        assert!(problem["title"].is_string() && problem["error"].is_string(), "{path}: {problem}");
    }
    for path in ["/status/9", &format!("{hidden}.json"), "/nothing/here"] {
        let answer = ask(Method::GET, path, "text/html,*/*;q=0.8").await;
        assert_eq!(answer.status(), 404, "{path}");
        assert!(answer.text().await.unwrap().contains("There is no page here"), "{path}: a person looks");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_the_page_and_machines_the_document() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    visit.claim(&link).await;
    let path = format!("/credentials/{id}");
    let stored = visit.process.store.credential(id).await.unwrap().unwrap().document;
    for accept in ["application/vc+ld+json", "application/vc", "application/ld+json", "application/json, */*"]
    {
        let answer = visit.asking(&path, &[(ACCEPT, accept)]).await;
        assert_eq!(header(&answer, CONTENT_TYPE.as_str()), "application/vc+ld+json", "{accept}");
        assert_eq!(header(&answer, VARY.as_str()), "accept");
        assert_eq!(header(&answer, ACCESS_CONTROL_ALLOW_ORIGIN.as_str()), "*");
        assert_eq!(answer.text().await.unwrap(), stored, "byte for byte");
    }
    for accept in ["text/html,*/*;q=0.8", "*/*"] {
        let answer = visit.asking(&path, &[(ACCEPT, accept)]).await;
        assert!(header(&answer, CONTENT_TYPE.as_str()).starts_with("text/html"), "{accept}");
        let vary: Vec<_> =
            answer.headers().get_all(VARY).iter().filter_map(|value| value.to_str().ok()).collect();
        assert_eq!(vary, ["accept-language", "accept"], "the page has a language, the document has none");
    }
    let answer = visit.get(&format!("{path}.json")).await;
    let etag = header(&answer, ETAG.as_str()).to_owned();
    let again = visit.asking(&format!("{path}.json"), &[(IF_NONE_MATCH, &format!("\"x\", W/{etag}"))]).await;
    assert_eq!(again.status(), 304);
    for (ending, kind) in [("png", "image/png"), ("svg", "image/svg+xml")] {
        let answer = visit.get(&format!("{path}.{ending}")).await;
        assert_eq!(header(&answer, CONTENT_TYPE.as_str()), kind);
        let name = format!("attachment; filename=\"first-aid.{ending}\"");
        assert_eq!(header(&answer, CONTENT_DISPOSITION.as_str()), name);
        assert_eq!(unbake(&answer.bytes().await.unwrap()).unwrap(), stored);
    }
    // What the credential names exists in both forms.
    for (path, words) in
        [("/achievements/first-aid", "First Aid"), ("/issuers/example-university", "Example University")]
    {
        let document = visit.asking(path, &[(ACCEPT, "application/ld+json")]).await;
        let document: Value = serde_json::from_slice(&document.bytes().await.unwrap()).unwrap();
        assert_eq!(document["name"], words);
        assert!(visit.get(path).await.text().await.unwrap().contains("<!DOCTYPE html>"));
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_list_is_signed_anew_only_when_it_changed() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("Rosa Reyes").await;
    visit.claim(&link).await;
    let stored = visit.process.store.credential(id).await.unwrap().unwrap();
    let list = |purpose: &str| format!("/status/{}-{purpose}", stored.status.list);
    let first = visit.get(&list("suspension")).await;
    assert_eq!(header(&first, CONTENT_TYPE.as_str()), "application/vc+ld+json");
    assert_eq!(header(&first, "cache-control"), "public, no-cache", "a cache asks each time");
    let etag = header(&first, ETAG.as_str()).to_owned();
    let first = first.text().await.unwrap();
    assert_eq!(visit.get(&list("suspension")).await.text().await.unwrap(), first);
    assert_eq!(visit.asking(&list("suspension"), &[(IF_NONE_MATCH, &etag)]).await.status(), 304);

    visit.process.store.set_status(id, false, true, "2026-12-01T00:00:00Z".parse().unwrap()).await.unwrap();
    let changed = visit.asking(&list("suspension"), &[(IF_NONE_MATCH, &etag)]).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.text().await.unwrap(), first);
    let page = visit.get(&format!("/credentials/{id}")).await.text().await.unwrap();
    assert!(page.contains("This badge is on hold.") && page.contains("Credential (JSON)"));
    assert_eq!(visit.get(&format!("/credentials/{id}.json")).await.text().await.unwrap(), stored.document);

    for odd in
        ["revocation", "1", "01-revocation", "+1-revocation", "-1-revocation", "999-revocation", "1-refresh"]
    {
        assert_eq!(visit.get(&format!("/status/{odd}")).await.status(), 404, "{odd}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_harmless_everywhere() {
    let visit = Visit::new().await;
    let (id, link) = visit.earned("<script>alert(1)</script> \"Rosa\" O'Reyes").await;
    let claim = visit.get(&link).await.text().await.unwrap();
    visit.claim(&link).await;
    let public = visit.get(&format!("/credentials/{id}")).await.text().await.unwrap();
    let outbox = visit.get("/dev/outbox").await.text().await.unwrap();
    for page in [claim, public, outbox] {
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_shows_mails_and_nothing_else() {
    let visit = Visit::new().await;
    let (_, link) = visit.earned("Rosa Reyes").await;
    let page = visit.get("/dev/outbox").await.text().await.unwrap();
    let id = page.split("/dev/outbox/").nth(1).unwrap().split('"').next().unwrap();
    let mail = visit.get(&format!("/dev/outbox/{id}")).await.text().await.unwrap();
    assert!(mail.contains(&format!("href=\"{link}\"")), "{mail}");
    let html = visit.get(&format!("/dev/outbox/{id}/html")).await;
    assert!(header(&html, CONTENT_SECURITY_POLICY.as_str()).contains("sandbox"));
    assert!(html.text().await.unwrap().contains(&link));
    for odd in ["..%2fissuer", "%2e%2e%2fclaim.secret", ".probe", "", "x%00"] {
        assert_eq!(visit.get(&format!("/dev/outbox/{odd}")).await.status(), 404, "{odd}");
    }
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_as_such() {
    let visit = Visit::new().await;
    visit.process.store.close().await;
    let answer = visit.get(&format!("/credentials/{}", Uuid::nil())).await;
    assert_eq!((answer.status().as_u16(), header(&answer, RETRY_AFTER.as_str())), (503, "30"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("try again in a minute") && !page.to_lowercase().contains("pool"), "{page}");
    assert_eq!(visit.get("/").await.status(), 200, "what needs no database is there");
}
