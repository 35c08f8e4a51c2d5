//! A signer outside of this process: a program that Accolade starts and asks, so that an HSM or a key
//! management service can be put behind it. The private key is never here.
//!
//! One JSON object a line, on the program's standard input and output; one answer to each request, with
//! its number. `accolade keys signer` is such a program (`commands/signer.rs`).
//!
//! ```text
//! {"id":1,"do":"keys"}                                    the keys that it has
//! {"id":1,"keys":["z6Mk…"]}
//! {"id":2,"do":"sign","key":"z6Mk…","messages":["…"]}     64 bytes each, base64
//! {"id":2,"signatures":["…"]}                             Ed25519, base64, in the same order
//! {"id":2,"error":"…"}                                    or why not
//! ```
//!
//! A program that ends, is silent, or signs wrongly is ended and started anew, after longer and longer
//! pauses; until then whoever needs a signature waits. Before it signs a badge it has to show, once in
//! each life and again after each refusal, that it signs with the key: so that no work is begun that it
//! cannot finish.

mod program;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use self::program::{Answer, Program};
use crate::badges;

/// Messages in one request: all of a batch, so that it costs one round trip.
const MESSAGES: usize = 256;
/// What is signed to show that a key is there: no badge, whose message is two hashes.
const PROBE: [u8; 64] = *b"Accolade asks whether you sign with this key. This is no badge.\n";

/// How long one waits for a program.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// For an answer.
    answer: Duration,
    /// For an answer, for each message more than one: a key management service signs one at a time.
    message: Duration,
    /// Between two starts after it ended; twice as long after each further end, up to `longest`.
    pause: Duration,
    /// The longest pause. Who lived longer than that begins anew.
    longest: Duration,
}

const LIMITS: Limits = Limits {
    answer: Duration::from_secs(20),
    message: Duration::from_millis(500),
    pause: Duration::from_secs(1),
    longest: Duration::from_secs(16),
};

/// The program that signs. Cheap to clone; all clones ask the same one.
#[derive(Debug, Clone)]
pub struct External(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    command: Vec<String>,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Program>,
    /// The keys with which the running one has shown to sign.
    proved: BTreeSet<String>,
    started: Option<Instant>,
    /// How often it ended in a short time.
    ends: u32,
    /// Of the last request to the running one.
    number: u64,
}

impl External {
    /// The program and its arguments; it is started when it is asked first.
    pub fn new(command: &[String]) -> Self {
        Self::with(command, LIMITS)
    }

    fn with(command: &[String], limits: Limits) -> Self {
        Self(Arc::new(Inner { command: command.to_owned(), limits, state: Mutex::default() }))
    }

    /// The program, as it is configured.
    pub fn command(&self) -> &[String] {
        &self.0.command
    }

    /// The names of the keys that it has, the one to be used first first.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn keys(&self) -> anyhow::Result<Vec<String>> {
        self.apart(async |inner| {
            let mut state = inner.state.lock().await;
            Ok(inner.ask(&mut state, json!({"do": "keys"}), inner.limits.answer).await?.keys)
        })
        .await
    }

    /// Whether it signs with the key of this name: it is asked to, unless it did since it started.
    ///
    /// # Errors
    /// When it does not.
    pub async fn signs_with(&self, key: &str) -> anyhow::Result<()> {
        let key = key.to_owned();
        self.apart(async move |inner| {
            let mut state = inner.state.lock().await;
            inner.bury(&mut state);
            if state.running.is_some() && state.proved.contains(&key) {
                return Ok(());
            }
            let signatures = inner.signatures(&mut state, &key, &[PROBE]).await?;
            if signatures.iter().any(|signature| !badges::is_signature(&key, &PROBE, signature)) {
                inner.end(&mut state);
                bail!("issuer.signer: what it signs is not signed with the key {key}");
            }
            state.proved.insert(key);
            Ok(())
        })
        .await
    }

    /// Signs with the key of this name. Whether these are signatures of it is for the caller to check.
    ///
    /// # Errors
    /// When it does not answer, or answers something else.
    pub async fn sign(&self, key: &str, messages: Vec<[u8; 64]>) -> anyhow::Result<Vec<[u8; 64]>> {
        let key = key.to_owned();
        self.apart(async move |inner| {
            let mut state = inner.state.lock().await;
            let mut signatures = Vec::with_capacity(messages.len());
            for part in messages.chunks(MESSAGES) {
                signatures.extend(inner.signatures(&mut state, &key, part).await?);
            }
            Ok(signatures)
        })
        .await
    }

    /// Ends the program, which signed wrongly; it is started again when it is asked next.
    pub async fn distrust(&self) {
        self.0.end(&mut *self.0.state.lock().await);
    }

    /// Does it in a task of its own: a client that goes away while it waits for its page must not
    /// break off the exchange of others with the program.
    async fn apart<T: Send + 'static, F: Future<Output = anyhow::Result<T>> + Send + 'static>(
        &self,
        work: impl FnOnce(Arc<Inner>) -> F,
    ) -> anyhow::Result<T> {
        tokio::spawn(work(Arc::clone(&self.0))).await.context("issuer.signer: asking it ended early")?
    }
}

impl Inner {
    async fn signatures(
        &self,
        state: &mut State,
        key: &str,
        messages: &[[u8; 64]],
    ) -> anyhow::Result<Vec<[u8; 64]>> {
        let texts: Vec<String> = messages.iter().map(|message| STANDARD.encode(message)).collect();
        let more = u32::try_from(messages.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let patience = self.limits.answer + self.limits.message.saturating_mul(more);
        let request = json!({"do": "sign", "key": key, "messages": texts});
        let answer = match self.ask(state, request, patience).await {
            Ok(answer) => answer,
            Err(error) => {
                // It has to show anew that it signs before more is prepared for it.
                state.proved.remove(key);
                return Err(error);
            }
        };
        read(&answer.signatures, messages.len()).inspect_err(|_| self.end(state))
    }

    async fn ask(&self, state: &mut State, mut request: Value, patience: Duration) -> anyhow::Result<Answer> {
        self.bury(state);
        let program = match &mut state.running {
            Some(program) => program,
            none => {
                let since = state.started.map(|started| started.elapsed());
                let pause = self.pause(state.ends);
                if let Some(left) = since.and_then(|since| pause.checked_sub(since)) {
                    bail!("issuer.signer: it ended, and is started again in {} s", left.as_secs() + 1);
                }
                state.started = Some(Instant::now());
                state.proved.clear();
                state.number = 0;
                let started = Program::start(&self.command).context("issuer.signer: it cannot be started");
                none.insert(started.inspect_err(|_| state.ends = state.ends.saturating_add(1))?)
            }
        };
        state.number += 1;
        let number = state.number;
        request["id"] = number.into();
        let answer = timeout(patience, program.exchange(&request, number)).await;
        let answer =
            answer.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", patience.as_secs())));
        let answer = answer.context("issuer.signer").inspect_err(|_| self.end(state))?;
        match answer.error {
            Some(error) => bail!("issuer.signer says: {error}"),
            None => Ok(answer),
        }
    }

    /// Notes that it has ended by itself.
    fn bury(&self, state: &mut State) {
        if state.running.as_mut().is_some_and(Program::has_ended) {
            self.end(state);
        }
    }

    /// Ends it, and says when it is started again.
    fn end(&self, state: &mut State) {
        if state.running.take().is_some() {
            let short = state.started.is_some_and(|started| started.elapsed() < self.limits.longest);
            state.ends = if short { state.ends.saturating_add(1) } else { 1 };
        }
    }

    fn pause(&self, ends: u32) -> Duration {
        let Some(doublings) = ends.checked_sub(1) else { return Duration::ZERO };
        self.limits.pause.saturating_mul(2_u32.saturating_pow(doublings)).min(self.limits.longest)
    }
}

fn read(texts: &[String], wanted: usize) -> anyhow::Result<Vec<[u8; 64]>> {
    ensure!(texts.len() == wanted, "issuer.signer: {} signatures for {wanted} messages", texts.len());
    let signature = |text: &String| {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.context("issuer.signer: no signature of 64 bytes in base64")
    };
    texts.iter().map(signature).collect()
}

#[cfg(test)]
mod tests;
