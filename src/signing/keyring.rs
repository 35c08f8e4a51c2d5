//! Private keys: where they are, and under which name the table knows each.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use accolade_connectors::Secret;
use anyhow::{Context as _, bail};
use ring::rand::SystemRandom;

use super::external::External;
use super::signer::Signer;
use crate::badges::{JwtKey, KeyError, SigningKey};
use crate::config::IssuerSettings;
use crate::secrets;
use crate::store::{IssuerKey, KeyState, NewKey, Purpose};

/// Where the private keys of one purpose are.
#[derive(Debug, Clone)]
pub enum Place {
    /// In the configuration itself, which may refer to the environment: one PEM, or several one
    /// after another.
    Given(Secret),
    /// In this file; later ones in files beside it.
    File(PathBuf),
}

/// Where the private half of one key is, as far as this process can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// In this file.
    File(PathBuf),
    /// In the configuration, or the environment to which that refers.
    Given,
    /// With this program, which signs.
    Signer(String),
    /// Not here; why.
    Nowhere(String),
}

impl Whereabouts {
    /// Which of these, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Given => "configuration",
            Self::Signer(_) => "signer",
            Self::Nowhere(_) => "nowhere",
        }
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "in {}", file.display()),
            Self::Given => f.write_str("in the configuration or the environment"),
            Self::Signer(program) => write!(f, "with the signer, {program}"),
            Self::Nowhere(why) => f.write_str(why),
        }
    }
}

/// A private key of one purpose.
pub trait Private: Clone {
    /// What it is for.
    const PURPOSE: Purpose;
    /// The key for its text in the issuer's table of the configuration, and the one for its file.
    const KEYS: [&'static str; 2];

    /// Reads a PEM.
    fn read(pem: &str) -> Result<Self, KeyError>;
    /// Makes a new one, as PEM.
    fn generate() -> Result<String, KeyError>;
    /// What follows the `#` in its DID URL.
    fn name(&self) -> String;
    /// The public half, as the table has it.
    fn public(&self) -> String;

    /// What the table is to have of it.
    fn entry(&self) -> NewKey {
        NewKey { purpose: Self::PURPOSE, name: self.name(), public_key: self.public() }
    }
}

impl Private for SigningKey {
    const PURPOSE: Purpose = Purpose::Badge;
    const KEYS: [&'static str; 2] = ["key", "key_file"];

    fn read(pem: &str) -> Result<Self, KeyError> {
        Self::from_pem(pem)
    }

    fn generate() -> Result<String, KeyError> {
        Ok(Self::from_seed(rand::random()).to_pem())
    }

    fn name(&self) -> String {
        self.public_multibase()
    }

    fn public(&self) -> String {
        self.public_multibase()
    }
}

impl Private for Arc<JwtKey> {
    const PURPOSE: Purpose = Purpose::Jwt;
    const KEYS: [&'static str; 2] = ["jwt_key", "jwt_key_file"];

    fn read(pem: &str) -> Result<Self, KeyError> {
        JwtKey::from_pem(pem, &SystemRandom::new()).map(Self::new)
    }

    fn generate() -> Result<String, KeyError> {
        JwtKey::generate(&SystemRandom::new())
    }

    fn name(&self) -> String {
        self.thumbprint()
    }

    fn public(&self) -> String {
        self.public_jwk().to_string()
    }
}

/// The private keys of one purpose that this process can reach.
#[derive(Debug)]
pub struct Keyring<K> {
    /// The issuer's table in the configuration, for messages: `issuer`, `issuers.law`.
    table: String,
    place: Place,
    /// Those that were read, by name.
    read: Mutex<BTreeMap<String, K>>,
}

impl<K: Private> Keyring<K> {
    /// Keys at this place, of the issuer with this table in the configuration.
    pub fn new(table: &str, place: Place) -> Self {
        Self { table: table.to_owned(), place, read: Mutex::default() }
    }

    /// The key of the configuration that has their text (0) or names their file (1).
    fn setting(&self, which: usize) -> String {
        format!("{}.{}", self.table, K::KEYS.get(which).unwrap_or(&""))
    }

    fn read_file(&self, file: &Path) -> anyhow::Result<K> {
        let text = secrets::read(file, &self.setting(1))?;
        K::read(&text).with_context(|| format!("{}: {}", self.setting(1), file.display()))
    }

    /// The keys that are configured: none when the file is missing.
    ///
    /// # Errors
    /// When the file is open to others, or something is no key.
    pub fn given(&self) -> anyhow::Result<Vec<K>> {
        match &self.place {
            Place::Given(text) => {
                let keys = blocks(text.expose()).into_iter().map(K::read).collect::<Result<Vec<_>, _>>();
                keys.with_context(|| self.setting(0))
            }
            Place::File(file) if !file.exists() => Ok(Vec::new()),
            Place::File(file) => Ok(vec![self.read_file(file)?]),
        }
    }

    /// The key that is configured, the first if there are several.
    ///
    /// # Errors
    /// As [`Self::given`]; also when there is none.
    pub fn first(&self) -> anyhow::Result<K> {
        match (self.given()?.into_iter().next(), &self.place) {
            (Some(key), _) => Ok(key),
            (None, Place::File(file)) => self.read_file(file),
            (None, Place::Given(_)) => bail!("{}: there is no private key in PEM in it", self.setting(0)),
        }
    }

    /// The key of this name.
    ///
    /// # Errors
    /// When this process cannot reach it; says where it should be.
    pub fn get(&self, name: &str) -> anyhow::Result<K> {
        if let Some(key) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(key.clone());
        }
        let mut found = self.given()?;
        if let Some(file) = self.file_of(name).filter(|file| file.exists()) {
            found.push(self.read_file(&file)?);
        }
        let key = found.into_iter().find(|key| key.name() == name);
        let key = key.with_context(|| match self.file_of(name) {
            Some(file) => format!("the private key {name} is not here: it belongs into {}", file.display()),
            None => format!("the private key {name} is not among those of {}", self.setting(0)),
        })?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), key.clone());
        Ok(key)
    }

    /// The file of a later key.
    pub fn file_of(&self, name: &str) -> Option<PathBuf> {
        let Place::File(file) = &self.place else { return None };
        let stem = file.file_stem()?.to_string_lossy();
        Some(file.with_file_name(format!("{stem}-{name}.pem")))
    }

    /// Where the key of this name is.
    pub fn whereabouts(&self, name: &str) -> Whereabouts {
        let given = self.given().is_ok_and(|keys| keys.iter().any(|key| key.name() == name));
        match (&self.place, self.file_of(name).filter(|file| file.exists())) {
            (Place::Given(_), _) if given => Whereabouts::Given,
            (Place::File(file), _) if given => Whereabouts::File(file.clone()),
            (_, Some(file)) => Whereabouts::File(file),
            _ => Whereabouts::Nowhere("not here".to_owned()),
        }
    }

    /// A key to follow those of these names: one that is configured and not among them, or else a
    /// new one in a file of its own.
    ///
    /// # Errors
    /// When it cannot be written; with keys in the configuration, when there is none but these.
    pub fn next(&self, known: &[&str]) -> anyhow::Result<K> {
        if let Some(key) = self.given()?.into_iter().find(|key| !known.contains(&key.name().as_str())) {
            return Ok(key);
        }
        let text = K::generate()?;
        let key = K::read(&text)?;
        let file = self.file_of(&key.name()).with_context(|| {
            format!(
                "{} has no further key: put a new one behind the present one, in every process, and do it again",
                self.setting(0)
            )
        })?;
        secrets::write_new(&file, &text)?;
        Ok(key)
    }
}

/// The private keys that this process can reach.
#[derive(Debug)]
pub struct Keyrings {
    /// Who signs embedded proofs.
    pub badge: Signer,
    /// Keys of the JWT form.
    pub jwt: Keyring<Arc<JwtKey>>,
}

impl Keyrings {
    /// The keyrings of the issuer with this table in the configuration.
    pub fn of(table: &str, settings: &IssuerSettings) -> Self {
        let place = |given: &Option<Secret>, file: &Path| match given {
            Some(text) => Place::Given(text.clone()),
            None => Place::File(file.to_owned()),
        };
        Self {
            badge: match settings.signer.as_slice() {
                [] => Signer::Keys(Keyring::new(table, place(&settings.key, &settings.key_file))),
                command => Signer::External(External::new(command)),
            },
            jwt: Keyring::new(table, place(&settings.jwt_key, &settings.jwt_key_file)),
        }
    }

    /// The names of the keys that are configured, as far as they are in this process.
    pub(super) fn given(&self) -> anyhow::Result<Vec<String>> {
        let mut names: Vec<String> = self.jwt.given()?.iter().map(Private::name).collect();
        if let Signer::Keys(keys) = &self.badge {
            names.extend(keys.given()?.iter().map(Private::name));
        }
        Ok(names)
    }

    /// Whether the private half of a key can be reached here; the error says where it should be.
    pub(super) async fn held(&self, key: &IssuerKey) -> anyhow::Result<()> {
        match key.purpose {
            Purpose::Badge => self.badge.has(&key.name).await,
            Purpose::Jwt => self.jwt.get(&key.name).map(drop),
        }
    }

    /// Where the private half of a key is.
    pub async fn whereabouts(&self, key: &IssuerKey) -> Whereabouts {
        match key.purpose {
            Purpose::Badge => self.badge.whereabouts(&key.name).await,
            Purpose::Jwt => self.jwt.whereabouts(&key.name),
        }
    }

    /// What cannot be reached here of keys that sign, or are about to; for people.
    pub async fn missing(&self, keys: &[IssuerKey]) -> Vec<String> {
        let mut missing = Vec::new();
        for key in keys.iter().filter(|key| matches!(key.state, KeyState::Active | KeyState::Announced)) {
            let Err(error) = self.held(key).await else { continue };
            missing.push(match (key.state, key.purpose) {
                (KeyState::Active, Purpose::Badge) => {
                    format!("nothing is signed here, and work waits: {error:#}")
                }
                (KeyState::Active, Purpose::Jwt) => format!("badges have no JWT form here: {error:#}"),
                _ => {
                    let from = key.signs_from.format("%Y-%m-%d %H:%M UTC");
                    format!("a new key is to sign from {from} on: {error:#}")
                }
            });
        }
        missing
    }
}

/// The PEM blocks of a text; the text itself if it has no beginning of one.
fn blocks(text: &str) -> Vec<&str> {
    const BEGIN: &str = "-----BEGIN ";
    let mut starts: Vec<usize> = text.match_indices(BEGIN).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return vec![text];
    }
    starts.push(text.len());
    starts.windows(2).filter_map(|pair| text.get(*pair.first()?..*pair.last()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32])
    }

    fn given(text: &str) -> Keyring<SigningKey> {
        Keyring::new("issuer", Place::Given(Secret::from(text)))
    }

    #[test]
    fn keys_of_the_environment_stand_one_after_another() {
        let both = format!("{}{}", key(1).to_pem(), key(2).to_pem());
        let keys = given(&both);
        assert_eq!(keys.first().unwrap().name(), key(1).name());
        assert_eq!(keys.get(&key(2).name()).unwrap().name(), key(2).name());
        assert_eq!(keys.next(&[&key(1).name()]).unwrap().name(), key(2).name());
        let error = keys.next(&[&key(1).name(), &key(2).name()]).err().unwrap().to_string();
        assert!(error.contains("issuer.key has no further key"), "{error}");
        let error = keys.get("z6MkOther").err().unwrap().to_string();
        assert!(error.contains("not among those of issuer.key"), "{error}");
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        for text in ["", "c2VjcmV0", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"] {
            let error = format!("{:#}", given(text).first().err().unwrap());
            assert!(error.starts_with("issuer.key: ") && !error.contains("c2Vj"), "{error}");
        }
        assert!(!format!("{:?}", given(&key(1).to_pem())).contains("PRIVATE"));
    }

    #[test]
    fn later_keys_have_files_beside_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys/issuer.pem");
        let keys: Keyring<SigningKey> = Keyring::new("issuer", Place::File(file.clone()));
        assert!(keys.first().err().unwrap().to_string().contains("accolade keys generate"));
        secrets::write_new(&file, &key(1).to_pem()).unwrap();
        let first = keys.first().unwrap().name();
        assert_eq!(first, key(1).name());
        let next = keys.next(&[&first]).unwrap().name();
        assert!(keys.file_of(&next).unwrap().ends_with(format!("keys/issuer-{next}.pem")));
        // Another process reads it; without its file it says where that belongs.
        let other: Keyring<SigningKey> = Keyring::new("issuer", Place::File(file));
        assert_eq!(other.get(&next).unwrap().name(), next);
        std::fs::remove_file(keys.file_of(&next).unwrap()).unwrap();
        let third: Keyring<SigningKey> =
            Keyring::new("issuer", Place::File(folder.path().join("keys/issuer.pem")));
        let error = third.get(&next).err().unwrap().to_string();
        assert!(error.contains(&format!("issuer-{next}.pem")), "{error}");
    }
}
