//! Secret files: read only when nobody else can, written so that nobody else can.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use ring::rand::SystemRandom;

use crate::badges::JwtKey;
use crate::claim::ClaimSecret;

/// What it means that there are marks of erased learners that another claim secret made.
pub const FOREIGN_ERASURES: &str = "learners were erased under another secret than that in claim.secret_file and are \
    not recognised: results of theirs are taken up again; put the secret of then back, or erase them again when \
    they come back";

/// Chooses the cryptography of every TLS connection of the process; a second call changes nothing.
pub fn install_tls() {
    // An error means that it was chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Makes a key for badges in JWT form, as PEM.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_jwt_key() -> anyhow::Result<String> {
    Ok(JwtKey::generate(&SystemRandom::new())?)
}

/// Reads the secret of claim links.
///
/// # Errors
/// When the file is missing, open to others, or no secret.
pub fn claim_secret(file: &Path) -> anyhow::Result<ClaimSecret> {
    let text = read(file, "claim.secret_file")?;
    ClaimSecret::from_text(&text)
        .map_err(|error| anyhow::anyhow!("claim.secret_file: {}: {error}", file.display()))
}

/// Reads a secret file, which the configuration's `key` names.
///
/// # Errors
/// When it is missing, or open to others.
pub fn read(file: &Path, key: &str) -> anyhow::Result<String> {
    let metadata = match fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{key}: there is no file {}; `accolade keys generate` makes it", file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("{key}: {}", file.display())),
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "{key}: {} can be read by others (mode {mode:04o}); run `chmod 600 {}`",
            file.display(),
            file.display()
        );
    }
    fs::read_to_string(file).with_context(|| format!("{key}: {}", file.display()))
}

/// Writes a new secret file with mode 0600, and its folder if it is missing.
///
/// # Errors
/// When the file exists: a key that badges were signed with is never overwritten.
pub fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let mut opened = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} exists; it is not overwritten, badges may have been made with it", file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be written", file.display())),
    };
    opened
        .write_all(text.as_bytes())
        .and_then(|()| opened.sync_all())
        .with_context(|| format!("{}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_file_is_private_from_the_start_and_refused_when_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys/claim.secret");
        write_new(&file, &ClaimSecret::new([3; 32]).to_text()).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        claim_secret(&file).unwrap();
        let error = write_new(&file, "other").unwrap_err().to_string();
        assert!(error.contains("not overwritten"), "{error}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let error = claim_secret(&file).unwrap_err().to_string();
        assert!(error.contains("mode 0640") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_file_says_how_to_make_it() {
        let error = claim_secret(Path::new("/nonexistent/claim.secret")).unwrap_err().to_string();
        assert!(error.contains("accolade keys generate"), "{error}");
    }
}
