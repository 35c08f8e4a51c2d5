//! `accolade keys`

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::badges::SigningKey;
use crate::claim::ClaimSecret;
use crate::config::Settings;
use crate::secrets;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Make the issuer's signing key, its key for badges in JWT form, and the secret of claim links,
    /// each where it is missing. Keep a copy of all in a safe place: without them no badge can be
    /// issued.
    Generate,
    /// Show the public half of the signing key.
    Show,
}

pub(super) fn run(command: &Keys, settings: &Settings) -> anyhow::Result<ExitCode> {
    match command {
        Keys::Generate => {
            make(&settings.issuer.key_file, "signing key", &|| {
                Ok(SigningKey::from_seed(rand::random()).to_pem())
            })?;
            make(&settings.issuer.jwt_key_file, "key of the JWT form", &secrets::new_jwt_key)?;
            make(&settings.claim.secret_file, "secret of claim links", &|| {
                Ok(ClaimSecret::new(rand::random()).to_text())
            })?;
        }
        Keys::Show => {
            let issuer = crate::app::issuer(settings)?;
            println!("{}", issuer.did());
            println!("{}", issuer.verification_method());
            if let Some(method) = issuer.jwt_verification_method() {
                println!("{method}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn make(file: &Path, what: &str, text: &dyn Fn() -> anyhow::Result<String>) -> anyhow::Result<()> {
    if file.exists() {
        println!("{what}: {} is there already", file.display());
        return Ok(());
    }
    secrets::write_new(file, &text()?)?;
    println!("{what}: made {} (mode 0600)", file.display());
    Ok(())
}
