//! The issuer: its profile, its identifier (DID) and its signing key.

use std::sync::Arc;

use serde_json::{Value, json};
use url::{Position, Url};

use super::key::PublicKey;
use super::vocabulary::{CREDENTIALS, OPEN_BADGES};
use super::{JwtKey, KeyError, SigningKey, json_text};

/// What an issuer says of itself (Open Badges `Profile`).
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name in `/issuers/{slug}`.
    pub slug: String,
    /// The institution's name.
    pub name: String,
    /// Its website.
    pub url: Url,
    /// What it is.
    pub description: Option<String>,
    /// Its public address.
    pub email: Option<String>,
    /// Its logo.
    pub image: Option<Url>,
}

/// An issuer that can sign.
#[derive(Debug, Clone)]
pub struct Issuer {
    profile: Profile,
    public_url: String,
    did: String,
    verification_method: String,
    key: SigningKey,
    former_keys: Vec<String>,
    jwt_key: Option<Arc<JwtKey>>,
}

impl Issuer {
    /// An issuer known by `did:web` at `public_url` (a host, maybe a port, no path).
    pub fn with_did_web(profile: Profile, public_url: &Url, key: SigningKey) -> Result<Self, KeyError> {
        let refused = |why: &str| KeyError(format!("did:web cannot be made from {public_url}: {why}"));
        if !matches!(public_url.scheme(), "https" | "http") {
            return Err(refused("it must begin with https://"));
        }
        let host = public_url.host_str().ok_or_else(|| refused("it names no host"))?;
        if host.starts_with('[') {
            return Err(refused("an IPv6 address cannot stand in a DID; use a host name"));
        }
        // Only the host and the port have a place in the DID: `did.json` is looked for at the root.
        if public_url[Position::BeforeUsername..Position::BeforeHost].contains('@')
            || !matches!(&public_url[Position::BeforePath..], "" | "/")
        {
            return Err(refused("it must be a host and maybe a port, without user, path, query or fragment"));
        }
        let did = match public_url.port() {
            Some(port) => format!("did:web:{host}%3A{port}"),
            None => format!("did:web:{host}"),
        };
        Ok(Self::new(profile, public_url, did, key))
    }

    /// An issuer known by `did:key`.
    pub fn with_did_key(profile: Profile, public_url: &Url, key: SigningKey) -> Self {
        let did = format!("did:key:{}", key.public_multibase());
        Self::new(profile, public_url, did, key)
    }

    fn new(profile: Profile, public_url: &Url, did: String, key: SigningKey) -> Self {
        let verification_method = format!("{did}#{}", key.public_multibase());
        let public_url = public_url[..Position::AfterPath].trim_end_matches('/').to_owned();
        Self { profile, public_url, did, verification_method, key, former_keys: Vec::new(), jwt_key: None }
    }

    /// Adds public keys (`z6Mk…`) that signed earlier: the DID document goes on listing them, so
    /// that credentials from before a change of key still verify.
    pub fn with_former_keys(mut self, keys: Vec<String>) -> Result<Self, KeyError> {
        for key in &keys {
            PublicKey::from_multibase(key)?;
        }
        self.former_keys = keys;
        Ok(self)
    }

    /// Adds the key of the JWT form, if there is one.
    pub fn with_jwt_key(mut self, key: Option<JwtKey>) -> Self {
        self.jwt_key = key.map(Arc::new);
        self
    }

    /// The DID: `issuer.id` in credentials, and the controller of the key.
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Where this installation answers, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The full DID URL of the key.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// The key of the JWT form, if there is one.
    pub fn jwt_key(&self) -> Option<&JwtKey> {
        self.jwt_key.as_deref()
    }

    /// The full DID URL of the JWT key; `None` for `did:key`, whose only key is its name.
    pub fn jwt_verification_method(&self) -> Option<String> {
        let key = self.jwt_key().filter(|_| self.did.starts_with("did:web:"))?;
        Some(format!("{}#{}", self.did, key.thumbprint()))
    }

    /// The Open Badges Profile as served at `/issuers/{slug}`; credentials embed the same
    /// without `@context`.
    pub fn profile_document(&self) -> Value {
        let mut document = self.profile_member();
        document["@context"] = json!([CREDENTIALS.url, OPEN_BADGES.url]);
        document
    }

    /// The DID document for `/.well-known/did.json` (DID Core 1.0, Controlled Identifiers 1.0);
    /// `None` for `did:key`, which needs none.
    pub fn did_document(&self) -> Option<Value> {
        if !self.did.starts_with("did:web:") {
            return None;
        }
        let current = self.key.public_multibase();
        let keys: Vec<&String> =
            std::iter::once(&current).chain(self.former_keys.iter().filter(|key| **key != current)).collect();
        let mut methods: Vec<Value> = keys
            .iter()
            .map(|key| {
                json!({
                    "id": format!("{}#{key}", self.did),
                    "type": "Multikey",
                    "controller": self.did,
                    "publicKeyMultibase": key,
                })
            })
            .collect();
        // Relative fragments would do in DID Core, but verifiers compare the full DID URL.
        let mut names: Vec<String> = keys.iter().map(|key| format!("{}#{key}", self.did)).collect();
        let mut contexts = vec!["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];
        if let (Some(key), Some(name)) = (self.jwt_key(), self.jwt_verification_method()) {
            contexts.push("https://w3id.org/security/jwk/v1");
            methods.push(json!({
                "id": name,
                "type": "JsonWebKey",
                "controller": self.did,
                "publicKeyJwk": key.public_jwk(),
            }));
            names.push(name);
        }
        Some(json!({
            "@context": contexts,
            "id": self.did,
            "verificationMethod": methods,
            "assertionMethod": names,
        }))
    }

    /// The profile as a member of a credential.
    pub(super) fn profile_member(&self) -> Value {
        let image = self.profile.image.as_ref().map(|url| json!({"id": url, "type": "Image"}));
        json_text::tidy(json!({
            "id": self.did,
            "type": ["Profile"],
            "name": self.profile.name,
            "url": self.profile.url,
            "description": self.profile.description,
            "email": self.profile.email,
            "image": image,
        }))
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            slug: "northwood".to_owned(),
            name: "Northwood College".to_owned(),
            url: Url::parse("https://northwood.example.edu/").unwrap(),
            description: None,
            email: Some("badges@northwood.example.edu".to_owned()),
            image: None,
        }
    }

    fn web(url: &str) -> Result<Issuer, KeyError> {
        Issuer::with_did_web(profile(), &Url::parse(url).unwrap(), SigningKey::from_seed([3; 32]))
    }

    #[test]
    fn did_web_names_the_host_and_the_port() {
        assert_eq!(web("https://badges.example.edu").unwrap().did(), "did:web:badges.example.edu");
        assert_eq!(web("https://Badges.example.edu:443/").unwrap().did(), "did:web:badges.example.edu");
        let local = web("http://localhost:8080/").unwrap();
        assert_eq!(local.did(), "did:web:localhost%3A8080");
        assert_eq!(local.public_url(), "http://localhost:8080");
    }

    #[test]
    fn what_did_web_cannot_carry_is_refused() {
        for url in [
            "https://badges.example.edu/accolade",
            "https://user@badges.example.edu/",
            "https://user:secret@badges.example.edu/",
            "https://badges.example.edu/?x",
            "https://badges.example.edu/#x",
            "https://[::1]:8080/",
            "ftp://badges.example.edu/",
        ] {
            assert!(web(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_did_document_lists_the_full_name_of_every_key() {
        let former = SigningKey::from_seed([4; 32]).public_multibase();
        let issuer =
            web("https://badges.example.edu").unwrap().with_former_keys(vec![former.clone()]).unwrap();
        let document = issuer.did_document().unwrap();
        assert_eq!(document["id"], issuer.did());
        assert_eq!(document["assertionMethod"][0], issuer.verification_method());
        assert_eq!(document["assertionMethod"][1], format!("{}#{former}", issuer.did()));
        assert_eq!(document["verificationMethod"][0]["id"], issuer.verification_method());
        assert_eq!(document["verificationMethod"][0]["controller"], issuer.did());
        assert_eq!(document["verificationMethod"][1]["publicKeyMultibase"], former);
        assert!(web("https://a.example.edu").unwrap().with_former_keys(vec!["z6".to_owned()]).is_err());
    }

    #[test]
    fn did_key_is_its_own_document() {
        let issuer = Issuer::with_did_key(
            profile(),
            &Url::parse("https://example.edu/x/").unwrap(),
            SigningKey::from_seed([3; 32]),
        );
        assert!(issuer.did_document().is_none());
        assert_eq!(issuer.public_url(), "https://example.edu/x");
        let multibase = issuer.did().strip_prefix("did:key:").unwrap();
        assert_eq!(issuer.verification_method(), format!("{}#{multibase}", issuer.did()));
    }

    #[test]
    fn the_profile_has_no_empty_members() {
        let document = web("https://badges.example.edu").unwrap().profile_document();
        assert!(document.get("description").is_none() && document.get("image").is_none());
        assert_eq!(document["type"], json!(["Profile"]));
        assert_eq!(document["id"], "did:web:badges.example.edu");
    }
}
