use chrono::{DateTime, Utc};

use super::*;
use crate::config::MailSettings;

fn mailer(folder: &std::path::Path, store: Store, queue: Queue) -> Mailer {
    let badges = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/badges"));
    let catalog = Catalog::load(badges, &["moodle", "canvas", "blackboard", "forms"]).unwrap();
    let settings = MailSettings {
        url: format!("outbox:{}", folder.display()).as_str().into(),
        from: "Example University <badges@example.edu>".to_owned(),
        reply_to: None,
        connections: 1,
        dkim: None,
    };
    Mailer {
        store,
        queue: Arc::new(queue),
        catalog: Arc::new(catalog),
        issuer: "Example University".into(),
        secret: ClaimSecret::new([1; 32]),
        transport: Arc::new(Transport::new(&settings).unwrap()),
        composer: Arc::new(Composer::new(&settings).unwrap()),
        connections: settings.connections,
        clock: Clock::system(),
        metrics: Arc::new(Metrics::new()),
        public_url: "http://localhost:8080/".parse().unwrap(),
    }
}

fn mail(badge: &str, email: &str) -> LeasedMail {
    LeasedMail {
        id: Uuid::from_u128(1),
        delivery: Uuid::from_u128(2),
        kind: "claim".to_owned(),
        message_id: "1@localhost".to_owned(),
        date: DateTime::<Utc>::UNIX_EPOCH,
        language: None,
        attempts: 0,
        credential: Uuid::from_u128(3),
        issuer: "school".to_owned(),
        badge: badge.to_owned(),
        name: "Ada".to_owned(),
        email: email.to_owned(),
        claim_until: DateTime::<Utc>::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_badge_that_this_process_does_not_know_yet_parks_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::connect("sqlite::memory:", 1).await.unwrap();
    let good = mailer(folder.path(), store.clone(), queue().await);
    let verdict = good.send(&mail("first-aid", "ada@example.test")).await;
    assert!(matches!(verdict, MailVerdict::Sent { .. }), "{verdict:?}");
    let verdict = good.send(&mail("first-aid", "nobody")).await;
    assert!(matches!(verdict, MailVerdict::Park { .. }), "this mail alone is at fault: {verdict:?}");
    let verdict = good.send(&mail("brand-new", "ada@example.test")).await;
    assert!(matches!(verdict, MailVerdict::Wait { .. }), "{verdict:?}");
}

async fn queue() -> Queue {
    Queue::connect("embedded:", "test").await.unwrap()
}
