//! `accolade badge render`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use crate::config::{Catalog, Settings};

#[derive(Debug, Subcommand)]
pub(super) enum Badge {
    /// Write the image of a badge to a file, as learners will see it.
    ///
    /// Needs no server and no database, so that a draft can be looked at before it is published:
    /// `accolade badge render workplace-safety --badges draft --out look.png`
    Render(Render),
}

#[derive(Debug, Args)]
pub(super) struct Render {
    /// The badge's id: the name of its file without `.toml`.
    badge: String,
    /// Where to write it; the ending, .svg or .png, says as what.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How many pixels wide a PNG becomes.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(16..=4096))]
    width: u32,
    /// Another folder of badge files than the configured one.
    #[arg(long, value_name = "DIR")]
    badges: Option<PathBuf>,
}

pub(super) fn run(command: &Badge, settings: &Settings) -> anyhow::Result<ExitCode> {
    let Badge::Render(command) = command;
    let folder = command.badges.as_deref().unwrap_or(&settings.badges);
    let catalog = Catalog::load(folder, &settings.known())?;
    let badge = catalog.asked(&command.badge)?;
    let Some(image) = &badge.image else {
        bail!(
            "“{}” has no image: put {}.svg or .png beside its file, or write a table [image]",
            command.badge,
            command.badge
        );
    };
    let bytes = match command.out.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => image.svg().into_bytes(),
        Some("png") => image.png(command.width)?,
        _ => bail!("{}: end the file's name with .svg or .png", command.out.display()),
    };
    std::fs::write(&command.out, bytes)
        .with_context(|| format!("{} cannot be written", command.out.display()))?;
    println!("{}", command.out.display());
    Ok(ExitCode::SUCCESS)
}
