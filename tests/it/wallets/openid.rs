//! OpenID4VCI 1.0 with a pre-authorized code.

use accolade::claim::{ClaimSecret, For, Ticket};

use super::*;
use crate::support::issuer::claim_secret;

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_taken_to_a_wallet_and_bound_to_its_key() {
    let learner = Learner::new().await;
    let url = learner.process.url.clone();
    let (_, metadata) = learner.get("/.well-known/openid-credential-issuer").await;
    assert_eq!(metadata["credential_issuer"], url);
    assert_eq!(metadata["credential_endpoint"], format!("{url}/wallet/credential"));
    let configuration = &metadata["credential_configurations_supported"]["first-aid"];
    assert_eq!(configuration["format"], "ldp_vc");
    assert_eq!(configuration["credential_metadata"]["display"][0]["locale"], "en");
    let (_, server) = learner.get("/.well-known/oauth-authorization-server").await;
    assert_eq!((&server["issuer"], &server["grant_types_supported"]), (&json!(url), &json!([GRANT])));

    let offer = learner.get(&learner.offered().await).await.1;
    assert_eq!(offer["credential_issuer"], url);
    assert_eq!(offer["credential_configuration_ids"], json!(["first-aid"]));
    let grant = &offer["grants"][GRANT];
    assert_eq!(
        (&grant["tx_code"]["length"], &grant["tx_code"]["input_mode"]),
        (&json!(6), &json!("numeric"))
    );
    let code = grant["pre-authorized_code"].as_str().unwrap();
    let typed = learner.mailed(1).await;
    let (status, token) = learner.token(&form(code, &typed)).await;
    assert_eq!((status, &token["token_type"]), (200, &json!("Bearer")), "{token}");
    let access = token["access_token"].as_str().unwrap();

    let key = Key::new(1);
    let (status, given) = learner.credential(access, &key, &learner.nonce().await).await;
    assert_eq!(status, 200, "{given}");
    let [one] = given["credentials"].as_array().unwrap().as_slice() else { panic!("{given}") };
    learner.assert_bound(&one["credential"], &key.did()).await;

    // An answer that was lost on its way is given again; another key gets nothing.
    learner.minutes(1);
    let (_, again) = learner.credential(access, &key, &learner.nonce().await).await;
    assert_eq!(again, given);
    let other = learner.credential(access, &Key::new(2), &learner.nonce().await).await;
    assert_eq!(error(&other), (400, "credential_request_denied"));
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_and_rabbitmq_too() {
    let Some(learner) = Learner::unclaimed(Way::Production).await else { return };
    assert_eq!(learner.http.post(&learner.link).send().await.unwrap().status(), 303);
    let access = learner.access(1).await;
    let (key, nonce) = (Key::new(1), learner.nonce().await);
    let (status, given) = learner.credential(&access, &key, &nonce).await;
    assert_eq!(status, 200, "{given}");
    learner.assert_bound(&given["credentials"][0]["credential"], &key.did()).await;
    assert_eq!(error(&learner.credential(&access, &key, &nonce).await), (400, "invalid_nonce"));
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_redeemed_once_and_five_wrong_ones_end_the_offer() {
    let learner = Learner::new().await;
    let address = learner.offered().await;
    let code =
        learner.get(&address).await.1["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned();
    let typed = learner.mailed(1).await;
    let wrong = if typed == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(error(&learner.token(&form(&code, wrong)).await), (400, "invalid_grant"));
    }
    // What is no guess is not counted.
    for form in [
        vec![("pre-authorized_code", code.as_str()), ("tx_code", &typed)],
        vec![("grant_type", GRANT), ("tx_code", &typed)],
        vec![("grant_type", GRANT), ("pre-authorized_code", &code)],
        vec![("grant_type", GRANT), ("pre-authorized_code", &code), ("tx_code", "")],
        vec![
            ("grant_type", GRANT),
            ("grant_type", GRANT),
            ("pre-authorized_code", &code),
            ("tx_code", &typed),
        ],
    ] {
        assert_eq!(error(&learner.token(&form).await), (400, "invalid_request"), "{form:?}");
    }
    let other = [("grant_type", "authorization_code"), ("code", "x")];
    assert_eq!(error(&learner.token(&other).await), (400, "unsupported_grant_type"));
    let spaced = format!("{} {}", &typed[..3], &typed[3..]);
    assert_eq!(learner.token(&form(&code, &spaced)).await.0, 200, "people type spaces");
    for _ in 0..2 {
        assert_eq!(error(&learner.token(&form(&code, &typed)).await), (400, "invalid_grant"), "used");
    }
    assert_eq!(learner.get(&address).await.0, 404, "an offer that was taken up is gone");

    let code = learner.get(&learner.offered().await).await.1["grants"][GRANT]["pre-authorized_code"].clone();
    let code = code.as_str().unwrap();
    let typed = learner.mailed(2).await;
    let wrong = if typed == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(error(&learner.token(&form(code, wrong)).await), (400, "invalid_grant"));
    }
    assert_eq!(error(&learner.token(&form(code, &typed)).await), (400, "invalid_grant"), "dead");
    assert!(!learner.page().await.contains("openid-credential-offer"), "and not on the page any more");

    // Codes that are none, and those of other kinds.
    let ticket = address.rsplit_once('/').unwrap().1;
    for none in ["x", &"A".repeat(43), ticket] {
        assert_eq!(error(&learner.token(&form(none, &typed)).await), (400, "invalid_grant"), "{none}");
    }
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_and_tokens_end_and_a_new_offer_ends_the_one_before() {
    let learner = Learner::new().await;
    let code_of = async |address: &str| {
        let offer = learner.get(address).await.1;
        offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned()
    };
    let first = learner.offered().await;
    let (first_code, first_typed) = (code_of(&first).await, learner.mailed(1).await);
    learner.minutes(1);
    let second = learner.offered().await;
    let (code, typed) = (code_of(&second).await, learner.mailed(2).await);
    assert_eq!(learner.get(&first).await.0, 404);
    assert_eq!(error(&learner.token(&form(&first_code, &first_typed)).await), (400, "invalid_grant"));
    assert_eq!(
        error(&learner.token(&form(&code, &first_typed)).await),
        (400, "invalid_grant"),
        "a foreign code"
    );
    // The token that redeeming it would give, before it is redeemed.
    let secret = claim_secret();
    let early = secret.ticket(Ticket::Access, secret.offer_of(Ticket::Code, &code).unwrap());
    let early = learner.credential(&early, &Key::new(1), &learner.nonce().await).await;
    assert_eq!(error(&early), (401, "invalid_token"));
    learner.minutes(30);
    assert_eq!(learner.get(&second).await.0, 404);
    assert_eq!(error(&learner.token(&form(&code, &typed)).await), (400, "invalid_grant"), "it has ended");

    let access = learner.access(3).await;
    learner.minutes(10);
    let late = learner.credential(&access, &Key::new(1), &learner.nonce().await).await;
    assert_eq!(error(&late), (401, "invalid_token"));
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonces_are_ours_fresh_and_answered_once() {
    let learner = Learner::new().await;
    let access = learner.access(1).await;
    let key = Key::new(1);
    let used = learner.nonce().await;
    let stale = learner.nonce().await;
    assert_ne!(used, stale);
    assert_eq!(learner.credential(&access, &key, &used).await.0, 200);
    let page = learner.page().await;
    let foreign = challenge_of(&page);
    // As we make it, under another secret.
    let until = learner.clock.now() + chrono::TimeDelta::minutes(5);
    let forged = ClaimSecret::new([9; 32]).challenge(For::KeyProof, until, [1; 16]);
    for nonce in [used.as_str(), "tZignsnFbp", "", &stale[1..], &foreign, &forged] {
        let refused = learner.credential(&access, &key, nonce).await;
        assert_eq!(error(&refused), (400, "invalid_nonce"), "{nonce}");
    }
    let key_proof = |claims: Value| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"typ": "openid4vci-proof+jwt", "alg": "EdDSA", "kid": key.method()});
        let input = format!("{}.{}", part(&header), part(&claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.0.sign(input.as_bytes()).to_bytes()))
    };
    let now = learner.clock.now().timestamp();
    let url = &learner.process.url;
    let fresh = learner.nonce().await;
    for proof in [
        json!({"aud": url, "iat": now}),
        json!({"aud": "https://elsewhere.example", "iat": now, "nonce": fresh}),
        json!({"aud": url, "iat": now - 7_200, "nonce": fresh}),
    ] {
        let body = request(&key_proof(proof.clone()));
        let refused = learner.post("/wallet/credential", Some(&access), &body).await;
        assert_eq!(error(&refused), (400, "invalid_proof"), "{proof}");
    }
    let (own, of_another) = (key.proof(url, &fresh, now), Key::new(2).proof(url, &fresh, now));
    let (said, _) = own.rsplit_once('.').unwrap();
    let (_, signature) = of_another.rsplit_once('.').unwrap();
    let body = request(&format!("{said}.{signature}"));
    let refused = learner.post("/wallet/credential", Some(&access), &body).await;
    assert_eq!(error(&refused), (400, "invalid_proof"), "signed by another key");
    assert_eq!(learner.credential(&access, &key, &fresh).await.0, 200, "no refusal had used it up");
    // Of one that two wallets answer at once, one counts.
    let twice = learner.nonce().await;
    let (one, two) =
        tokio::join!(learner.credential(&access, &key, &twice), learner.credential(&access, &key, &twice));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_ends() {
    let learner = Learner::new().await;
    let stale = learner.nonce().await;
    learner.minutes(15);
    let access = learner.access(1).await;
    let late = learner.credential(&access, &Key::new(1), &stale).await;
    assert_eq!(error(&late), (400, "invalid_nonce"));
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_not_right_get_the_standards_errors() {
    let learner = Learner::new().await;
    let access = learner.access(1).await;
    let proof =
        Key::new(1).proof(&learner.process.url, &learner.nonce().await, learner.clock.now().timestamp());
    let good = request(&proof);
    for bearer in [None, Some("x"), Some(&*"A".repeat(43))] {
        let refused = learner.post("/wallet/credential", bearer, &good).await;
        assert_eq!(error(&refused), (401, "invalid_token"), "{bearer:?}");
    }
    for (body, code) in [
        (json!("no object"), "invalid_credential_request"),
        (json!({"proofs": {"jwt": [proof]}}), "invalid_credential_request"),
        (json!({"credential_configuration_id": 7}), "invalid_credential_request"),
        (json!({"credential_configuration_id": "data-literacy"}), "unknown_credential_configuration"),
        (json!({"credential_identifier": "first-aid"}), "unknown_credential_identifier"),
        (json!({"credential_configuration_id": "first-aid"}), "invalid_proof"),
        (json!({"credential_configuration_id": "first-aid", "proofs": {"jwt": []}}), "invalid_proof"),
        (
            json!({"credential_configuration_id": "first-aid", "proofs": {"jwt": [proof, proof]}}),
            "invalid_proof",
        ),
        (json!({"credential_configuration_id": "first-aid", "proofs": {"di_vp": [{}]}}), "invalid_proof"),
        (json!({"credential_configuration_id": "first-aid", "proofs": {"jwt": ["x"]}}), "invalid_proof"),
        (
            json!({"credential_configuration_id": "first-aid", "credential_response_encryption": {}}),
            "invalid_encryption_parameters",
        ),
    ] {
        let refused = learner.post("/wallet/credential", Some(&access), &body).await;
        assert_eq!(error(&refused), (400, code), "{body}");
    }
    let body = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    let large = learner.http.post(format!("{}/wallet/credential", learner.process.url));
    let large = large.header("authorization", format!("Bearer {access}")).body(body).send().await.unwrap();
    assert_eq!(large.status(), 413);
    assert_eq!(learner.post("/wallet/credential", Some(&access), &good).await.0, 200);
    let preflight =
        learner.http.request(reqwest::Method::OPTIONS, format!("{}/wallet/credential", learner.process.url));
    let preflight = preflight.send().await.unwrap();
    assert_eq!(
        (preflight.status().as_u16(), &preflight.headers()[ACCESS_CONTROL_ALLOW_ORIGIN]),
        (204, &"*".parse().unwrap())
    );
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_is_not_claimed_or_does_not_count_goes_to_no_wallet() {
    let learner = Learner::unclaimed(Way::Embedded).await.unwrap();
    let ask = async || learner.http.post(format!("{}/wallet", learner.link)).send().await.unwrap().status();
    assert_eq!(ask().await, 303);
    let page = learner.page().await;
    assert!(!page.contains("openid-credential-offer") && !page.contains("lcw.app"), "not claimed yet");
    let unknown = format!("{}/claim/{}/wallet", learner.process.url, "A".repeat(43));
    assert_eq!(learner.http.post(unknown).send().await.unwrap().status(), 404);

    learner.http.post(&learner.link).send().await.unwrap();
    let access = learner.access(1).await;
    let code = learner.get(&learner.offered().await).await.1["grants"][GRANT]["pre-authorized_code"].clone();
    let typed = learner.mailed(2).await;
    let challenge = challenge_of(&learner.page().await);
    learner.decide(AwardDecision::Suspend).await;
    assert!(!learner.page().await.contains("lcw.app"));
    let key = Key::new(1);
    let refused = learner.credential(&access, &key, &learner.nonce().await).await;
    assert_eq!(error(&refused), (400, "credential_request_denied"));
    assert_eq!(error(&learner.token(&form(code.as_str().unwrap(), &typed)).await), (400, "invalid_grant"));
    let refused = learner.post("/wallet/presentation", None, &key.presentation(&challenge, None)).await;
    assert_eq!(error(&refused), (400, "credential_request_denied"));

    learner.decide(AwardDecision::Reinstate).await;
    let given = learner.credential(&access, &key, &learner.nonce().await).await;
    assert_eq!(given.0, 200, "{given:?}");
    learner.assert_bound(&given.1["credentials"][0]["credential"], &key.did()).await;
    learner.end().await;
}

/// Hidden is hidden from others: whoever has the claim link and reads the mails takes it home.
#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_badge_goes_to_the_wallet_of_its_holder_and_to_nobody_else() {
    let learner = Learner::new().await;
    assert_eq!(learner.http.post(format!("{}/hide", learner.link)).send().await.unwrap().status(), 303);
    let public = format!("{}/credentials/{}", learner.process.url, learner.badge);
    for address in [public.clone(), format!("{public}/wallet")] {
        assert_eq!(learner.http.get(&address).send().await.unwrap().status(), 404, "{address}");
        assert_eq!(learner.http.post(&address).send().await.unwrap().status().as_u16() / 100, 4, "{address}");
    }
    let key = Key::new(1);
    let access = learner.access(1).await;
    let given = learner.credential(&access, &key, &learner.nonce().await).await;
    assert_eq!(given.0, 200, "{given:?}");
    learner.assert_bound(&given.1["credentials"][0]["credential"], &key.did()).await;
    let challenge = challenge_of(&learner.page().await);
    let given = learner.post("/wallet/presentation", None, &key.presentation(&challenge, None)).await;
    assert_eq!(given.0, 200, "{given:?}");
    assert_eq!(learner.http.get(&public).send().await.unwrap().status(), 404, "it is as hidden as before");
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_sent_five_times_an_hour() {
    let learner = Learner::new().await;
    for _ in 0..7 {
        learner.http.post(format!("{}/wallet", learner.link)).send().await.unwrap();
    }
    let page = learner.page().await;
    assert!(page.contains("asked for several codes") && page.contains("openid-credential-offer"), "{page}");
    learner.mailed(1).await;
    learner.minutes(61);
    learner.offered().await;
    let page = learner.page().await;
    assert!(page.contains("Send a new code"), "{page}");
    learner.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_told_to_wait() {
    let learner = Learner::new().await;
    let mut last = 0;
    for _ in 0..121 {
        let response =
            learner.http.post(format!("{}/wallet/nonce", learner.process.url)).send().await.unwrap();
        last = response.status().as_u16();
    }
    assert_eq!(last, 429);
    learner.minutes(1);
    learner.nonce().await;
    learner.end().await;
}
