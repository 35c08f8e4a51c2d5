//! Logs: structured, to standard error. Every line about a delivery carries its id as
//! `delivery`, from the webhook to the mail.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{LogFormat, LogSettings};

/// Starts logging; a second call changes nothing.
///
/// # Errors
/// When the filter cannot be read.
pub fn init(settings: &LogSettings) -> Result<(), String> {
    let filter = EnvFilter::try_new(&settings.filter).map_err(|error| {
        format!(
            "log.filter: “{}” is no filter ({error}); write for instance `info,accolade=debug`",
            settings.filter
        )
    })?;
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_ansi(colours)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    // An error here means that logging was started already.
    let _ = match settings.format {
        LogFormat::Text => builder.with_target(false).compact().try_init(),
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
    };
    Ok(())
}
