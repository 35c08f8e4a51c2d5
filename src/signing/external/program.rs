//! A program that signs, while it runs.

use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The longest answer, in bytes: 256 signatures are 23 KB.
const LONGEST: u64 = 64 * 1024;

/// Ended when it is dropped, by its input and by a signal.
#[derive(Debug)]
pub(super) struct Program {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    child: Child,
}

#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    id: u64,
    #[serde(default)]
    pub keys: Vec<String>,
    #[serde(default)]
    pub signatures: Vec<String>,
    pub error: Option<String>,
}

impl Program {
    pub(super) fn start(command: &[String]) -> anyhow::Result<Self> {
        let (program, arguments) = command.split_first().context("no program is named")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        // Of its own group: Ctrl-C stops Accolade, which may still need it to finish what it has begun.
        command.process_group(0);
        let mut child = command.spawn().with_context(|| program.clone())?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (input, output) = input.zip(output).context("it has no input and output")?;
        Ok(Self { input, output: BufReader::new(output), child })
    }

    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks once. After an error nothing more may be asked: an answer may still come.
    pub(super) async fn exchange(&mut self, request: &Value, number: u64) -> anyhow::Result<Answer> {
        self.input.write_all(format!("{request}\n").as_bytes()).await.context("it does not listen")?;
        self.input.flush().await.context("it does not listen")?;
        let mut line = Vec::new();
        (&mut self.output).take(LONGEST).read_until(b'\n', &mut line).await.context("it does not answer")?;
        ensure!(!line.is_empty(), "it ended");
        ensure!(
            line.ends_with(b"\n"),
            "it ended within an answer, or the answer is longer than {LONGEST} bytes"
        );
        let answer: Answer = serde_json::from_slice(&line).ok().context("it answers in another form")?;
        if answer.id != number {
            bail!("it answers request {} in place of {number}", answer.id);
        }
        Ok(answer)
    }
}
