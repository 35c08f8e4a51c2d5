//! Who issues in the installations of tests: the same keys, the same names.

use std::path::Path;

use accolade::badges::SigningKey;
use accolade::claim::ClaimSecret;
use accolade::secrets;

/// The tables of the configuration about claims and the issuer, the last of which is open: what follows
/// belongs to it.
pub(crate) const TABLES: &str = r#"[claim]
reminders = []
secret_file = "claim.secret"
[issuer]
slug = "example-university"
name = "Example University"
url = "https://www.example.edu/"
key_file = "issuer.pem"
jwt_key_file = "issuer-jwt.pem""#;

/// What claim links are made with.
pub(crate) fn claim_secret() -> ClaimSecret {
    ClaimSecret::new([8; 32])
}

/// Writes the files that [`TABLES`] name into the configuration's folder.
pub(crate) fn write_keys(folder: &Path) {
    let write = |name: &str, text: &str| secrets::write_new(&folder.join(name), text).unwrap();
    write("issuer.pem", &SigningKey::from_seed([7; 32]).to_pem());
    write("issuer-jwt.pem", &secrets::new_jwt_key().unwrap());
    write("claim.secret", &claim_secret().to_text());
}
