//! Signers in shell, which read a line at a time: real processes, each with one fault.

use super::*;
use crate::badges::SigningKey;

const QUICK: Limits = Limits {
    answer: Duration::from_mins(1),
    message: Duration::ZERO,
    pause: Duration::from_millis(1),
    longest: Duration::from_millis(4),
};

fn shell(script: &str) -> External {
    patient(script, QUICK)
}

fn patient(script: &str, limits: Limits) -> External {
    External::with(&["sh", "-c", script].map(str::to_owned), limits)
}

/// A shell that answers each line with this text, in which `$n` is the number of the request and `$$`
/// that of the process.
fn answering(answer: &str) -> String {
    let answer = answer.replace('"', "\\\"");
    format!("n=0; while read -r line; do n=$((n+1)); echo \"{answer}\"; done")
}

async fn text<T: std::fmt::Debug>(asked: impl Future<Output = anyhow::Result<T>>) -> String {
    format!("{:#}", asked.await.unwrap_err())
}

#[tokio::test]
async fn one_program_answers_one_request_after_another() {
    let signer = shell(&answering(r#"{"id":$n,"keys":["$$"]}"#));
    let first = signer.keys().await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(signer.keys().await.unwrap(), first, "the same process");
    // One that was killed is followed by another.
    let killed = std::process::Command::new("kill").args(["-9", &first[0]]).status().unwrap();
    assert!(killed.success());
    let mut second = signer.keys().await;
    for _ in 0..1000 {
        if second.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        second = signer.keys().await;
    }
    assert_ne!(second.unwrap(), first);
}

#[tokio::test]
async fn what_is_no_answer_ends_the_program() {
    for (script, said) in [
        ("read -r line; echo hello", "it answers in another form"),
        ("read -r line; echo '{\"id\":7}'", "it answers request 7 in place of 1"),
        ("read -r line; printf '{\"id\":1'", "it ended within an answer"),
        ("read -r line; head -c 70000 /dev/zero; cat", "longer than 65536 bytes"),
        ("exit 1", "issuer.signer"),
        ("read -r line; echo '{\"id\":1,\"error\":\"the card is locked\"}'; cat", "says: the card is locked"),
    ] {
        let error = text(shell(script).keys()).await;
        assert!(error.contains(said), "{script}: {error}");
    }
    let error = text(External::new(&["/nonexistent".to_owned()]).keys()).await;
    assert!(error.contains("cannot be started: /nonexistent"), "{error}");
}

#[tokio::test]
async fn silence_is_not_waited_out_and_the_next_start_waits() {
    let limits = Limits { answer: Duration::from_millis(100), ..LIMITS };
    let signer = patient("exec sleep 600", limits);
    assert!(text(signer.keys()).await.contains("no answer within"));
    let error = text(signer.keys()).await;
    assert!(error.contains("started again in"), "{error}");
}

#[test]
fn pauses_grow_up_to_a_limit() {
    let signer = External::with(&[], LIMITS);
    let pauses = [0, 1, 2, 3, 5, 6, 40, u32::MAX].map(|ends| signer.0.pause(ends).as_secs());
    assert_eq!(pauses, [0, 1, 2, 4, 16, 16, 16, 16]);
}

#[tokio::test]
async fn every_message_gets_a_signature_of_its_length() {
    for answer in ["[]", "[\"AAAA\"]", "[\"?\"]"] {
        let signer = shell(&answering(&format!("{{\"id\":$n,\"signatures\":{answer}}}")));
        assert!(signer.sign("z6Mk", vec![[0; 64]]).await.is_err(), "{answer}");
    }
}

#[tokio::test]
async fn a_batch_is_one_request() {
    let signature = STANDARD.encode([7; 64]);
    let many = vec![format!("\"{signature}\""); MESSAGES].join(",");
    let signer = shell(&answering(&format!("{{\"id\":$n,\"signatures\":[{many}]}}")));
    assert_eq!(signer.sign("z6Mk", vec![[0; 64]; MESSAGES]).await.unwrap(), vec![[7; 64]; MESSAGES]);
    assert_eq!(signer.0.state.lock().await.number, 1);
    signer.sign("z6Mk", vec![[0; 64]; 2 * MESSAGES]).await.unwrap();
    assert_eq!(signer.0.state.lock().await.number, 3);
}

#[tokio::test]
async fn a_key_is_used_when_it_has_signed_something_else() {
    let key = SigningKey::from_seed([5; 32]);
    let name = key.public_multibase();
    let signature = |message: &[u8]| STANDARD.encode(key.sign(message));
    let good = shell(&answering(&format!("{{\"id\":$n,\"signatures\":[\"{}\"]}}", signature(&PROBE))));
    good.signs_with(&name).await.unwrap();
    good.signs_with(&name).await.unwrap();
    assert_eq!(good.0.state.lock().await.number, 1, "once while it runs");
    let other = SigningKey::from_seed([6; 32]).public_multibase();
    assert!(text(good.signs_with(&other)).await.contains("is not signed with the key"));
    for answer in [
        format!("{{\"id\":$n,\"signatures\":[\"{}\"]}}", signature(b"something else")),
        r#"{"id":$n,"error":"no"}"#.to_owned(),
    ] {
        assert!(shell(&answering(&answer)).signs_with(&name).await.is_err(), "{answer}");
    }
    assert!(good.signs_with("no key").await.is_err());
}

#[tokio::test]
async fn whoever_refused_has_to_show_its_key_again() {
    let key = SigningKey::from_seed([5; 32]);
    let signature = STANDARD.encode(key.sign(&PROBE));
    let script = format!(
        "n=0; while read -r line; do n=$((n+1)); if [ $n = 2 ]; then echo '{{\"id\":2,\"error\":\"busy\"}}'; \
         else echo \"{{\\\"id\\\":$n,\\\"signatures\\\":[\\\"{signature}\\\"]}}\"; fi; done"
    );
    let (signer, name) = (shell(&script), key.public_multibase());
    signer.signs_with(&name).await.unwrap();
    assert!(text(signer.sign(&name, vec![PROBE])).await.contains("busy"));
    assert!(signer.0.state.lock().await.running.is_some(), "a refusal does not end it");
    signer.signs_with(&name).await.unwrap();
    assert_eq!(signer.0.state.lock().await.number, 3);
}

#[tokio::test]
async fn a_client_that_leaves_does_not_end_the_program() {
    let signer = shell(&answering(r#"{"id":$n,"keys":["$$"]}"#));
    let first = signer.keys().await.unwrap();
    for _ in 0..20 {
        // Polled once, then dropped.
        let _ = tokio::time::timeout(Duration::ZERO, signer.keys()).await;
    }
    assert_eq!(signer.keys().await.unwrap(), first);
}
