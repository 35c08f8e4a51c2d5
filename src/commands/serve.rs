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

/// Cancels `stop` at the first SIGTERM or Ctrl-C; the second ends the process at once.
pub(crate) fn stop_on_signal(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    let stop = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            if stop.is_cancelled() {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}
