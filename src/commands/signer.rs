//! `accolade keys signer`: the other side of `issuer.signer`, with keys in files. An example for
//! signers in front of an HSM or a key management service.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::badges::SigningKey;
use crate::secrets;

/// Answers until its input ends.
pub(super) fn run(files: &[PathBuf]) -> anyhow::Result<()> {
    let (mut names, mut keys) = (Vec::new(), BTreeMap::new());
    for file in files {
        let text = secrets::read(file, "FILE")?;
        let key = SigningKey::from_pem(&text).with_context(|| file.display().to_string())?;
        names.push(key.public_multibase());
        keys.insert(key.public_multibase(), key);
    }
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?).unwrap_or_default();
        let mut answer = match request["do"].as_str() {
            Some("keys") => json!({"keys": names}),
            Some("sign") => match signatures(&request, &keys) {
                Ok(signatures) => json!({"signatures": signatures}),
                Err(error) => json!({"error": error}),
            },
            _ => json!({"error": "“do” is “keys” or “sign”"}),
        };
        answer["id"] = request["id"].clone();
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn signatures(request: &Value, keys: &BTreeMap<String, SigningKey>) -> Result<Vec<String>, &'static str> {
    let key = request["key"].as_str().and_then(|name| keys.get(name)).ok_or("there is no such key here")?;
    let messages = request["messages"].as_array().ok_or("“messages” is a list")?;
    let sign = |message: &Value| {
        let message = message.as_str().and_then(|text| STANDARD.decode(text).ok());
        let message =
            message.filter(|message| message.len() == 64).ok_or("a message is 64 bytes in base64")?;
        Ok(STANDARD.encode(key.sign(&message)))
    };
    messages.iter().map(sign).collect()
}
