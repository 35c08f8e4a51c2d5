//! What must hold of every request that a connector reads.

use accolade_connectors::{Connector, KeySet, Receipt, Rejection, Request, Signal};
use chrono::{DateTime, Utc};
use http::HeaderMap;

use crate::input::find;

/// Passes a request to a connector.
///
/// Whatever it is: read twice it gives the same; nothing that is kept of it is much longer than itself;
/// signals survive being stored; no text for people holds a secret.
pub(super) fn read(
    source: &dyn Connector,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
    (at, keys, secrets): (DateTime<Utc>, Option<&KeySet>, &[&str]),
) -> Result<Receipt, Rejection> {
    let request = Request { path, headers, body, received_at: at, keys };
    let read = source.receive(&request);
    assert_eq!(read, source.receive(&request), "read twice, it says something else");
    let most = body.len() * 8 + 4_096;
    let secrets = &untold(body, secrets);
    match &read {
        Ok(receipt) => {
            assert!(receipt.body.len() <= most, "the recorded body is {} bytes long", receipt.body.len());
            assert!(receipt.ignored.iter().map(String::len).sum::<usize>() <= most * 4, "long remarks");
            receipt.signals.iter().for_each(|signal| storable(signal, most));
            for remark in &receipt.ignored {
                assert!(!holds(remark.as_bytes(), secrets), "a secret: {remark}");
            }
        }
        Err(rejection) => {
            let said = rejection.to_string();
            assert!(said.len() <= most, "a long reason");
            assert!(!holds(said.as_bytes(), secrets), "a secret: {said}");
        }
    }
    read
}

/// A signal is a row and a message before it is confirmed.
fn storable(signal: &Signal, most: usize) {
    assert!(!signal.key.is_empty() && !signal.batch.is_empty() && !signal.learner.is_empty(), "{signal:?}");
    let text = serde_json::to_string(signal).expect("a signal is JSON");
    assert!(text.len() <= most, "a signal of {} bytes", text.len());
    let again: Signal = serde_json::from_str(&text).expect("a signal is read again");
    assert_eq!(&again, signal, "stored, it is another signal");
}

/// Whether one of the secrets stands in there.
pub(super) fn holds(text: &[u8], secrets: &[&str]) -> bool {
    secrets.iter().any(|secret| find(text, secret.as_bytes()).is_some())
}

/// The secrets that an input does not tell itself: a fuzzer learns the words that it is compared with, and
/// whoever is told them may repeat them.
pub(super) fn untold<'a>(input: &[u8], secrets: &[&'a str]) -> Vec<&'a str> {
    secrets.iter().copied().filter(|secret| !holds(input, &[secret])).collect()
}

/// Whether bytes could spell a secret in another way than letter by letter.
pub(super) fn escaped(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'\\' | b'%'))
}
