//! `accolade serve`

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Role};
use crate::clock::Clock;
use crate::config::Settings;
use crate::telemetry;

pub(super) async fn run(settings: Settings, roles: &[Role]) -> anyhow::Result<ExitCode> {
    telemetry::init(&settings.log).map_err(anyhow::Error::msg)?;
    let roles = if roles.is_empty() { &Role::ALL } else { roles };
    let listen = settings.server.listen.clone();
    let app = App::new(settings, Clock::system()).await?;
    // Whoever sees it listen may stop it.
    let stop = CancellationToken::new();
    stop_on_signal(&stop)?;
    let listener = TcpListener::bind(&listen).await.with_context(|| format!("server.listen: {listen}"))?;
    tracing::info!(address = %listener.local_addr()?, ?roles, "serving");
    app.run(roles, listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// Cancels `stop` at the first SIGTERM or Ctrl-C, or when the terminal is closed; the second SIGTERM or
/// Ctrl-C ends the process at once.
pub(crate) fn stop_on_signal(stop: &CancellationToken) -> anyhow::Result<()> {
    let heard = |kind| signal(kind).context("signals cannot be heard");
    let mut terminate = heard(SignalKind::terminate())?;
    let mut interrupt = heard(SignalKind::interrupt())?;
    let mut hangup = if hangups_are_ignored() { None } else { Some(heard(SignalKind::hangup())?) };
    let stop = stop.clone();
    tokio::spawn(async move {
        loop {
            let closed = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            let again = tokio::select! {
                _ = terminate.recv() => stop.is_cancelled(),
                _ = interrupt.recv() => stop.is_cancelled(),
                // A terminal that closes tells it twice: by the shell, and by the system.
                _ = closed => false,
            };
            if again {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}

/// Whether whoever started this process wants it to outlive its terminal, as `nohup` does.
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // A bit for each signal; SIGHUP is the first.
    ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).is_some_and(|bits| bits & 1 == 1)
}
