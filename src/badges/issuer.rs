//! The issuer: its profile and its identifier (DID). Its keys come and go ([`PublicKeys`]).

use std::ops::Deref;
use std::sync::Arc;

use serde_json::{Value, json};
use url::{Position, Url};

use super::vocabulary::{CREDENTIALS, OPEN_BADGES};
use super::{Document, JwtKey, KeyError, SigningKey};

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

/// Who issues.
#[derive(Debug, Clone)]
pub struct Issuer {
    profile: Profile,
    public_url: String,
    did: String,
}

/// The public keys by which an issuer's badges are verified now; a key that is not here is not
/// trusted any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeys {
    /// Keys of embedded proofs, as `publicKeyMultibase` (`z6Mk…`).
    pub multikeys: Vec<String>,
    /// Keys of the JWT form (RFC 7517), each with its name ([`super::JwtKey::thumbprint`]).
    pub jwks: Vec<(String, Value)>,
}

impl Issuer {
    /// An issuer known by `did:web` at `public_url` (a host, maybe a port, no path).
    pub fn with_did_web(profile: Profile, public_url: &Url) -> Result<Self, KeyError> {
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
        Ok(Self::new(profile, public_url, did))
    }

    /// One of several issuers at `public_url`, known by `did:web` below that of the installation: its
    /// document is at `/issuers/{slug}/did.json`.
    pub fn with_did_web_below(profile: Profile, public_url: &Url) -> Result<Self, KeyError> {
        let mut issuer = Self::with_did_web(profile, public_url)?;
        issuer.did = format!("{}:issuers:{}", issuer.did, issuer.profile.slug);
        Ok(issuer)
    }

    /// An issuer known by `did:key`: by its only key, given as multibase (`z6Mk…`).
    pub fn with_did_key(profile: Profile, public_url: &Url, key: &str) -> Self {
        Self::new(profile, public_url, format!("did:key:{key}"))
    }

    fn new(profile: Profile, public_url: &Url, did: String) -> Self {
        let public_url = public_url[..Position::AfterPath].trim_end_matches('/').to_owned();
        Self { profile, public_url, did }
    }

    /// The DID: `issuer.id` in credentials, and the controller of the keys.
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

    /// The full DID URL of a key of this name.
    pub fn method(&self, key: &str) -> String {
        format!("{}#{key}", self.did)
    }

    /// Whether keys are published at an address and so can be replaced (`did:web`); with `did:key`
    /// the only key is the issuer's name.
    pub fn publishes_keys(&self) -> bool {
        self.did.starts_with("did:web:")
    }

    /// The Open Badges Profile as served at `/issuers/{slug}`; credentials embed the same
    /// without `@context`.
    pub fn profile_document(&self) -> Value {
        let mut document = self.profile_member();
        document["@context"] = json!([CREDENTIALS.url, OPEN_BADGES.url]);
        document
    }

    /// The DID document for `/.well-known/did.json` or, of one of several issuers,
    /// `/issuers/{slug}/did.json` (DID Core 1.0, Controlled Identifiers 1.0; did:web); `None` for `did:key`, which needs none.
    pub fn did_document(&self, keys: &PublicKeys) -> Option<Value> {
        if !self.publishes_keys() {
            return None;
        }
        let method = |key: &str, kind: &str, member: &str, public: &Value| {
            // Relative fragments would do in DID Core, but verifiers compare the full DID URL.
            let id = self.method(key);
            let method = json!({"id": id, "type": kind, "controller": self.did, member: public});
            (id, method)
        };
        let multikeys = keys
            .multikeys
            .iter()
            .map(|key| method(key, "Multikey", "publicKeyMultibase", &Value::from(key.as_str())));
        let jwks = keys.jwks.iter().map(|(name, jwk)| method(name, "JsonWebKey", "publicKeyJwk", jwk));
        let (names, methods): (Vec<_>, Vec<_>) = multikeys.chain(jwks).unzip();
        let mut contexts = vec!["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];
        if !keys.jwks.is_empty() {
            contexts.push("https://w3id.org/security/jwk/v1");
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
        Value::from(&self.profile_part())
    }

    /// The same, before it is JSON.
    pub(super) fn profile_part(&self) -> Document<'_> {
        let image = self.profile.image.as_ref();
        let image = image.map(|url| Document::object([("id", url.into()), ("type", "Image".into())]));
        Document::object([
            ("id", (&self.did).into()),
            ("type", Document::list(["Profile".into()])),
            ("name", (&self.profile.name).into()),
            ("url", (&self.profile.url).into()),
            ("description", self.profile.description.as_ref().into()),
            ("email", self.profile.email.as_ref().into()),
            ("image", image.into()),
        ])
    }
}

/// An issuer whose keys are in this process and never change: for trials and tests.
#[derive(Debug, Clone)]
pub struct Signatory {
    issuer: Issuer,
    key: SigningKey,
    jwt_key: Option<Arc<JwtKey>>,
}

impl Signatory {
    /// An issuer with its key.
    pub fn new(issuer: Issuer, key: SigningKey) -> Self {
        Self { issuer, key, jwt_key: None }
    }

    /// Adds the key of the JWT form.
    pub fn with_jwt_key(self, key: JwtKey) -> Self {
        Self { jwt_key: Some(Arc::new(key)), ..self }
    }

    /// The key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The key of the JWT form.
    pub fn jwt_key(&self) -> Option<&JwtKey> {
        self.jwt_key.as_deref()
    }

    /// The full DID URL of the key.
    pub fn verification_method(&self) -> String {
        self.method(&self.key.public_multibase())
    }

    /// The DID document with its keys; `None` for `did:key`.
    pub fn did_document(&self) -> Option<Value> {
        let jwks = self.jwt_key().map(|key| (key.thumbprint(), key.public_jwk()));
        let multikeys = vec![self.key.public_multibase()];
        self.issuer.did_document(&PublicKeys { multikeys, jwks: jwks.into_iter().collect() })
    }
}

impl Deref for Signatory {
    type Target = Issuer;

    fn deref(&self) -> &Issuer {
        &self.issuer
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
        Issuer::with_did_web(profile(), &Url::parse(url).unwrap())
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
    fn one_of_several_issuers_has_a_did_below_that_of_the_installation() {
        let url = Url::parse("https://badges.example.edu:8443").unwrap();
        let law = Profile { slug: "law".to_owned(), ..profile() };
        let issuer = Issuer::with_did_web_below(law, &url).unwrap();
        assert_eq!(issuer.did(), "did:web:badges.example.edu%3A8443:issuers:law");
        assert_eq!(issuer.method("z6Mk"), "did:web:badges.example.edu%3A8443:issuers:law#z6Mk");
        assert_eq!(issuer.did_document(&PublicKeys::default()).unwrap()["id"], issuer.did());
        assert_eq!(issuer.public_url(), "https://badges.example.edu:8443", "badges have one place");
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
        let [one, other] = [3, 4].map(|seed| SigningKey::from_seed([seed; 32]).public_multibase());
        let issuer = web("https://badges.example.edu").unwrap();
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"});
        let mut keys = PublicKeys { multikeys: vec![one.clone(), other.clone()], jwks: Vec::new() };
        assert_eq!(issuer.did_document(&keys).unwrap()["@context"].as_array().unwrap().len(), 2);
        keys.jwks.push(("thumb".to_owned(), jwk.clone()));
        let document = issuer.did_document(&keys).unwrap();
        assert_eq!(document["id"], issuer.did());
        let names = [&one, &other, "thumb"].map(|key| format!("did:web:badges.example.edu#{key}"));
        assert_eq!(document["assertionMethod"], json!(names));
        assert_eq!(document["verificationMethod"][0]["id"], names[0]);
        assert_eq!(document["verificationMethod"][0]["controller"], issuer.did());
        assert_eq!(document["verificationMethod"][1]["publicKeyMultibase"], other);
        assert_eq!(document["verificationMethod"][2]["publicKeyJwk"], jwk);
        assert_eq!(document["@context"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn did_key_is_its_own_document() {
        let key = SigningKey::from_seed([3; 32]).public_multibase();
        let issuer = Issuer::with_did_key(profile(), &Url::parse("https://example.edu/x/").unwrap(), &key);
        assert!(issuer.did_document(&PublicKeys::default()).is_none());
        assert_eq!(issuer.public_url(), "https://example.edu/x");
        assert_eq!(issuer.method(&key), format!("did:key:{key}#{key}"));
    }

    #[test]
    fn the_profile_has_no_empty_members() {
        let document = web("https://badges.example.edu").unwrap().profile_document();
        assert!(document.get("description").is_none() && document.get("image").is_none());
        assert_eq!(document["type"], json!(["Profile"]));
        assert_eq!(document["id"], "did:web:badges.example.edu");
    }
}
