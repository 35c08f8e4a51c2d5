//! What ends a service from outside.

use std::process::Command;

use super::{Folder, Serving};

/// `accolade serve` with SIGHUP as it is, or ignored as `nohup` does.
async fn serve<'a>(folder: &'a Folder, hangups: &str) -> Serving<'a> {
    let serve = folder.command("serve");
    let mut command = Command::new("/usr/bin/env");
    command.arg(hangups).arg(serve.get_program()).args(serve.get_args()).env_clear();
    command.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(folder.folder.path()).stderr(std::process::Stdio::null());
    let serving = Serving { process: command.spawn().unwrap(), folder };
    serving.until("it answers", async || answers(&serving).await).await;
    serving
}

async fn answers(serving: &Serving<'_>) -> bool {
    reqwest::get(serving.url("readyz")).await.is_ok_and(|answer| answer.status().is_success())
}

fn hang_up(serving: &Serving<'_>) {
    let process = serving.process.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_ends_in_good_order_with_its_terminal_unless_that_is_not_wanted() {
    accolade::secrets::install_tls();
    let folder = Folder::new(None);
    folder.run("keys generate");
    let mut serving = serve(&folder, "--default-signal=HUP").await;
    // A terminal that closes tells it twice.
    hang_up(&serving);
    hang_up(&serving);
    assert!(serving.process.wait().unwrap().success());
    drop(serving);

    let serving = serve(&folder, "--ignore-signal=HUP").await;
    hang_up(&serving);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(answers(&serving).await, "it ended, though hangups were to be ignored");
    serving.stop();
}
