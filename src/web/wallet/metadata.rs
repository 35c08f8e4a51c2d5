//! What wallets read first: the credential issuer's metadata (OpenID4VCI 1.0, section 12.2) and the
//! authorization server's (RFC 8414), which are one here.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::badges::proof::CRYPTOSUITE;
use crate::badges::vocabulary::CONTEXTS;
use crate::config::BadgeFile;
use crate::web::Web;

use super::answer;
use super::token::GRANT;

/// `GET /.well-known/openid-credential-issuer`
pub(super) async fn issuer(State(web): State<Web>) -> Response {
    let base = &web.public_url;
    // One for all issuers: who issued a badge stands in the badge.
    let profile = web.own().profile();
    let mut display = json!({"name": profile.name});
    if let Some(image) = &profile.image {
        display["logo"] = json!({"uri": image});
    }
    let catalog = web.site.catalogs.current();
    // Badges of earlier versions, too: they can still be taken home.
    let configurations: Map<String, Value> =
        catalog.ever().map(|badge| (badge.achievement.id.clone(), configuration(base, badge))).collect();
    answer::good(&json!({
        "credential_issuer": base,
        "credential_endpoint": format!("{base}/wallet/credential"),
        "nonce_endpoint": format!("{base}/wallet/nonce"),
        "display": [display],
        "credential_configurations_supported": configurations,
    }))
}

/// `GET /.well-known/oauth-authorization-server`
pub(super) async fn server(State(web): State<Web>) -> Response {
    let base = &web.public_url;
    answer::good(&json!({
        "issuer": base,
        "token_endpoint": format!("{base}/wallet/token"),
        "grant_types_supported": [GRANT],
        // None: there is no page on which to log in.
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": true,
    }))
}

/// One for each badge, so that a wallet shows its name and image before it takes it.
fn configuration(base: &str, badge: &BadgeFile) -> Value {
    let achievement = &badge.achievement;
    let shown = |locale: &str, name: &str, description: &str, caption: Option<&str>| {
        let mut display = json!({"name": name, "locale": locale, "description": description});
        if badge.image.is_some() {
            display["logo"] = json!({"uri": format!("{base}/achievements/{}/image.png", achievement.id)});
            if let Some(text) = caption {
                display["logo"]["alt_text"] = Value::from(text);
            }
        }
        display
    };
    let caption = achievement.image_caption.as_deref();
    let mut display =
        vec![shown(&achievement.language, &achievement.name, &achievement.description, caption)];
    let translated = achievement.translations.keys();
    let translated = translated.filter_map(|locale| Some((locale, achievement.translation(locale)?)));
    display.extend(translated.map(|(locale, texts)| {
        shown(locale, &texts.name, &texts.description, texts.image_caption.as_deref().or(caption))
    }));
    json!({
        "format": "ldp_vc",
        "credential_definition": {
            "@context": CONTEXTS.map(|context| context.url),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
        },
        "credential_signing_alg_values_supported": [CRYPTOSUITE],
        "cryptographic_binding_methods_supported": ["did:key", "did:jwk", "jwk"],
        "proof_types_supported": {
            "jwt": {"proof_signing_alg_values_supported": ["EdDSA", "ES256"]},
        },
        "credential_metadata": {"display": display},
    })
}
