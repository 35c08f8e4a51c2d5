use proptest::prelude::*;

use super::*;

/// As Postfix writes it.
const POSTFIX: &str = "From: MAILER-DAEMON@mx.example.edu\n\
    Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"B64/mx.example.edu\"\n\
    MIME-Version: 1.0\n\n\
    This is a MIME-encapsulated message.\n\n\
    --B64/mx.example.edu\nContent-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you\n\n\
    --B64/mx.example.edu\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
    Reporting-MTA: dns; mx.example.edu\nX-Postfix-Queue-ID: B64\nArrival-Date: Mon, 23 Nov 2026 10:00:00 +0000\n\n\
    Final-Recipient: rfc822; ada@example.test\nOriginal-Recipient: rfc822;ada@example.test\n\
    Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.test\n\
    Diagnostic-Code: smtp; 550 5.1.1 <ada@example.test>: Recipient address\n    rejected: User unknown\n\n\
    --B64/mx.example.edu\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n\
    Message-ID: <0197-claim@badges.example.edu>\nSubject: Your badge\n\nHello\n\n--B64/mx.example.edu--\n";

fn report(status: &str) -> String {
    let status = status.replace('\n', "\r\n");
    format!(
        "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; x\r\n\r\n{status}\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-Id: <a@b>\r\n\r\n--b--\r\n"
    )
}

#[test]
fn a_report_tells_which_mail_and_why() {
    for ends in ["\n", "\r\n"] {
        let read = read(POSTFIX.replace('\n', ends).as_bytes()).unwrap();
        assert_eq!(read.message_ids, ["0197-claim@badges.example.edu"]);
        assert_eq!(read.fate, Fate::Hard);
        assert_eq!(read.reason, "550 5.1.1 <ada@example.test>: Recipient address rejected: User unknown");
    }
}

#[test]
fn what_it_means_follows_from_action_and_status() {
    for (status, fate) in [
        ("Action: failed\nStatus: 5.1.1", Fate::Hard),
        ("Action: Failed\nStatus: 5.0.0 (unknown)", Fate::Hard),
        ("Action: failed\nStatus: 5.2.2", Fate::Soft),
        ("Action: failed\nStatus: 5.7.26", Fate::Soft),
        ("Action: failed\nStatus: 4.4.7", Fate::Soft),
        ("Action: failed\nDiagnostic-Code: smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", Fate::Hard),
        ("Action: delayed\nStatus: 4.4.1", Fate::Delayed),
        ("Action: relayed\nStatus: 2.1.9", Fate::Arrived),
        ("Action: delivered\nStatus: 2.1.5\n\nAction: failed\nStatus: 5.1.1", Fate::Hard),
    ] {
        let read = read(report(status).as_bytes()).unwrap();
        assert_eq!(
            (read.fate, read.message_ids.as_slice()),
            (fate, ["a@b".to_owned()].as_slice()),
            "{status}"
        );
    }
}

#[test]
fn international_and_encoded_reports_are_read() {
    let status = "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; zoë@bücher.example\nAction: failed\nStatus: 5.1.1\n";
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, status);
    let text = format!(
        "Content-Type: multipart/mixed; boundary=\"outer\"\n\n--outer\n\
         Content-Type: multipart/report; report-type=global-delivery-status; boundary=in\n\n--in  \n\
         Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}\n\n--in\n\
         Content-Type: message/global-headers\n\nMessage-ID: <a@b>\n--in--\n--outer--\n"
    );
    let read = read(text.as_bytes()).unwrap();
    assert_eq!((read.fate, read.message_ids), (Fate::Hard, vec!["a@b".to_owned()]));
    assert_eq!(read.reason, "failed 5.1.1");
}

#[test]
fn an_envelope_id_is_as_good_as_the_mail() {
    let text = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n\
         Original-Envelope-Id: 0197@badges.example.edu\n\nAction: failed\nStatus: 5.1.1\n\n--b--\n";
    assert_eq!(read(text.as_bytes()).unwrap().message_ids, ["0197@badges.example.edu"]);
}

#[test]
fn other_mail_is_no_report() {
    for other in [
        "",
        "Subject: Out of office\n\nI am away.",
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nhi\n--b--",
        "Content-Type: multipart/report\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed",
        "Content-Type: multipart/report; boundary=\"\"\n\n--\n",
    ] {
        assert_eq!(read(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn a_nest_of_multiparts_ends() {
    let mut text = POSTFIX.to_owned();
    for number in 0..200 {
        text = format!(
            "Content-Type: multipart/mixed; boundary=n{number}\n\n--n{number}\n{text}\n--n{number}--\n"
        );
    }
    assert_eq!(read(text.as_bytes()), None);
    let many = format!(
        "Content-Type: multipart/report; boundary=b\n\n{}",
        "--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n\n".repeat(10_000)
    );
    assert_eq!(read(many.as_bytes()).unwrap().fate, Fate::Hard);
}

proptest! {
    #[test]
    fn nothing_panics_and_everything_is_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    /// A report that is cut or damaged anywhere is another one or none, of bounded size.
    #[test]
    fn a_damaged_report_stays_within_its_bounds(at in 0..POSTFIX.len(), cut in any::<bool>(), byte in any::<u8>(), long in 0_usize..5_000) {
        let mut bytes = POSTFIX.as_bytes().to_vec();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        bytes.splice(at.min(bytes.len()).., std::iter::repeat_n(byte, long).chain(POSTFIX.bytes().skip(at)));
        if let Some(read) = read(&bytes) {
            prop_assert!(read.reason.chars().count() <= REASON_LENGTH);
            prop_assert!(!read.reason.contains(['\n', '\r']));
            prop_assert!(read.message_ids.len() <= IDS);
            prop_assert!(read.message_ids.iter().all(|id| id.len() <= ID_LENGTH));
        }
    }

    /// What is written as the standard has it is read back, whatever it says.
    #[test]
    fn a_report_is_read_back(class in "[245]", rest in "[0-9]\\.[0-9]{1,2}", words in "[a-zA-Z0-9 <>@:.-]{1,80}", id in "[a-z0-9]{1,20}@[a-z0-9.]{1,20}") {
        let text = report(&format!("Action: failed\nStatus: {class}.{rest}\nDiagnostic-Code: smtp; {words}"))
            .replace("a@b", &id);
        let read = read(text.as_bytes()).unwrap();
        prop_assert_eq!(read.message_ids, vec![id]);
        prop_assert_eq!(read.fate == Fate::Hard, class == "5" && format!("5.{rest}") != "5.2.2" && !rest.starts_with("7."));
    }
}
