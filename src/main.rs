//! The `accolade` program.

use std::process::ExitCode;

use accolade::commands::Cli;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            // The whole chain: the first part says where, the last one why.
            eprintln!("accolade: {error:#}");
            ExitCode::FAILURE
        }
    }
}
