//! What wallets ask for, by its router: offer, token, nonce, credential, presentation.

use accolade::badges::SigningKey;
use accolade::claim::Ticket;
use accolade::ids;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::issuer::claim_secret;
use super::{Answered, Installation, URL, at_rest, request};
use crate::badges::SEED;
use crate::input::parts;

/// Requests of one input at most.
const MOST: usize = 6;

/// What an error may be called (OAuth 2.0, OpenID4VCI 1.0).
const CODES: [&str; 14] = [
    "invalid_request",
    "invalid_grant",
    "unsupported_grant_type",
    "invalid_token",
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "invalid_encryption_parameters",
    "invalid_proof",
    "invalid_nonce",
    "credential_request_denied",
    "slow_down",
    "temporarily_unavailable",
    "server_error",
];

/// An offer, and what it was answered with so far.
struct Offer {
    offer: String,
    code: String,
    typed: String,
    access: String,
    redeemed: bool,
}

/// HTTP requests of one wallet, one after the other, with lines `=====` between. What a wallet knows stands in
/// braces: `{offer}`, `{code}`, `{typed}`, `{access}`, `{nonce}` and `{proof}`, a proof of its key about that
/// nonce. Nothing is given but for these, the code is redeemed once, and the badge is bound to that key.
pub(crate) fn requests(data: &[u8]) {
    at_rest(|site| {
        let id = ids::timed(site.clock.now());
        let made = site.runtime.block_on(site.store.offer(id, site.credential, "en", site.clock.now()));
        assert!(made.unwrap(), "the badge cannot be offered");
        let ticket = |kind| claim_secret().ticket(kind, id);
        let mut offer = Offer {
            offer: ticket(Ticket::Offer),
            code: ticket(Ticket::Code),
            typed: claim_secret().transaction_code(id),
            access: ticket(Ticket::Access),
            redeemed: false,
        };
        for data in parts(data, MOST) {
            let nonce = nonce(site);
            let known = [
                ("{offer}", offer.offer.as_str()),
                ("{code}", &offer.code),
                ("{typed}", &offer.typed),
                ("{access}", &offer.access),
                ("{nonce}", &nonce),
                ("{proof}", &proof(site, &nonce)),
            ];
            let Some(request) = request(data, &known) else { continue };
            let path = request.uri().path();
            if path.starts_with("/wallet/") || path.starts_with("/.well-known/o") {
                ask(site, &mut offer, request);
            }
        }
    });
}

fn ask(site: &Installation, offer: &mut Offer, request: Request<Vec<u8>>) {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (headers, body) = (request.headers().clone(), request.body().clone());
    let answer = site.ask(request);
    let text = answer.text();
    assert!(!answer.status.is_server_error(), "{}: {text}", answer.status);
    if method == Method::HEAD
        || method == Method::OPTIONS
        || answer.header("content-type").starts_with("text/html")
    {
        // A page: there is nothing at this address, or not by this method.
        return;
    }
    if matches!(answer.status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::PAYLOAD_TOO_LARGE) {
        return;
    }
    let said: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: {text}", answer.status));
    if answer.status != StatusCode::OK {
        refused(&answer, &said);
        return;
    }
    // A ticket is told to whoever showed the one before it.
    let tells = |secret: &str| text.contains(secret);
    assert!(!tells(&offer.code) || path.ends_with(&offer.offer), "{path}: {text}");
    assert!(!tells(&offer.typed) || path != format!("/wallet/offers/{}", offer.offer), "{text}");
    match path.as_str() {
        "/wallet/token" => {
            let given = |name| {
                let mut fields = form_urlencoded::parse(&body).filter(|(field, _)| field == name);
                fields.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
            };
            let typed: String = given("tx_code").chars().filter(|sign| !sign.is_whitespace()).collect();
            assert_eq!((given("pre-authorized_code"), typed), (offer.code.clone(), offer.typed.clone()));
            assert!(!offer.redeemed, "redeemed twice");
            assert_eq!(said["access_token"], offer.access);
            offer.redeemed = true;
        }
        "/wallet/credential" => {
            let shown = headers.get_all(header::AUTHORIZATION).iter().next();
            let shown = shown.and_then(|value| value.to_str().ok()).unwrap_or_default();
            assert!(offer.redeemed && shown.contains(&offer.access), "given without a token: {shown}");
            let subject = &said["credentials"][0]["credential"]["credentialSubject"];
            assert_eq!(subject["id"], wallet(), "bound to the key of somebody else");
        }
        "/wallet/presentation" => panic!("nobody signed a presentation: {text}"),
        _ => {}
    }
}

/// An error in words for programs, that nobody keeps.
fn refused(answer: &Answered, said: &Value) {
    let code = said["error"].as_str().unwrap_or_default();
    assert!(CODES.contains(&code), "{said}");
    let why = said["error_description"].as_str().unwrap_or_default();
    assert!(why.is_ascii() && why.len() < 400, "{said}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

fn nonce(site: &Installation) -> String {
    let answer = site.ask(Request::post("/wallet/nonce").body(Vec::new()).unwrap());
    let said: Value = serde_json::from_slice(&answer.body).unwrap();
    said["c_nonce"].as_str().unwrap().to_owned()
}

/// The wallet's key, as it names itself.
fn wallet() -> String {
    format!("did:key:{}", SigningKey::from_seed(SEED).public_multibase())
}

fn proof(site: &Installation, nonce: &str) -> String {
    let key = SigningKey::from_seed(SEED);
    let name = key.public_multibase();
    let header = json!({
        "alg": "EdDSA", "typ": "openid4vci-proof+jwt", "kid": format!("did:key:{name}#{name}"),
    });
    let claims = json!({"aud": URL, "iat": site.clock.now().timestamp(), "nonce": nonce});
    let input = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature = key.sign(input.as_bytes());
    format!("{input}.{}", BASE64.encode(signature))
}
