//! The demo beside a second terminal, until its own is closed.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ended with the test, whatever comes.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_says_what_to_try_and_leaves_nothing_when_its_terminal_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever runs the tests may have them outlive their terminal.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_accolade"), "demo", "--listen", "127.0.0.1:0"]);
    command.env("TMPDIR", folder.path()).stdout(Stdio::piped());
    let mut demo = Demo(command.spawn().unwrap());
    let lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    for line in lines.map_while(Result::ok) {
        let last = line.starts_with("Ctrl-C ends the demo");
        said.push(line);
        if last {
            break;
        }
    }
    let text = said.join("\n");
    assert!(!text.contains(": passed, but found"), "{text}");
    let to_try: Vec<&str> = said.iter().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(to_try.len(), 3, "{text}");
    for (command, shows) in
        to_try.iter().zip(["“Workplace Safety”", "forms:s-77 (Rosa Reyes)", "workplace-safety"])
    {
        let output = Command::new("sh").arg("-c").arg(command).env_clear().output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains(shows), "{command}\n{out}{err}");
    }
    let own: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [own] = own.as_slice() else { panic!("{own:?}") };
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(own), mode(&own.join("accolade.toml"))), (0o700, 0o600));

    // A closing terminal tells it twice.
    for _ in 0..2 {
        let hung_up = Command::new("kill").args(["-HUP", &demo.0.id().to_string()]).status().unwrap();
        assert!(hung_up.success());
    }
    assert!(demo.0.wait().unwrap().success());
    assert!(!own.exists(), "keys and claim links are left");
}

#[test]
fn the_demo_s_help_says_what_output_needs() {
    let output = Command::new(env!("CARGO_BIN_EXE_accolade")).args(["demo", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("report into this folder; needs --exit"), "{help}");
}
