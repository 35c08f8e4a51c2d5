use super::*;
use crate::config::MailSettings;
use crate::store::DeliveryState;
use crate::worker::samples::{Bench, PUBLIC_URL, catalog};
use crate::worker::unwind::crashes;

fn mailer(bench: &Bench) -> Mailer {
    let settings = MailSettings {
        url: format!("outbox:{}", bench.folder.path().join("outbox").display()).as_str().into(),
        from: "Example University <badges@example.edu>".to_owned(),
        reply_to: None,
        connections: 1,
        dkim: None,
    };
    Mailer {
        store: bench.store.clone(),
        queue: Arc::clone(&bench.queue),
        catalogs: Catalogs::new(catalog()),
        issuer: "Example University".into(),
        issuers: Arc::default(),
        secret: ClaimSecret::new([1; 32]),
        transport: Arc::new(Transport::new(&settings).unwrap()),
        composer: Arc::new(Composer::new(&settings).unwrap()),
        connections: settings.connections,
        clock: bench.clock.clone(),
        metrics: Arc::new(Metrics::new()),
        public_url: PUBLIC_URL.parse().unwrap(),
        trials: Trials::default(),
    }
}

/// Awards badges to learners, and leases their mails.
async fn leased(bench: &Bench, learners: &[&str]) -> (Vec<LeasedMail>, Times) {
    for learner in learners {
        let event = bench.event(learner).await;
        let patience = Patience::new(CancellationToken::new());
        bench.awarder().batch(bench.taken(&[&event]).await, &mut patience.hold()).await.unwrap();
    }
    let mut consumer = bench.queue.consume(Work::Mails, 100, CancellationToken::new());
    let messages = consumer.next_batch(learners.len(), Duration::from_secs(5)).await.unwrap();
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    let (letters, times) = mailer(bench).lease(&ids).await.unwrap();
    let mails = letters.into_iter().map(|letter| match letter {
        Letter::Claim(mail) => *mail,
        other => panic!("{other:?}"),
    });
    (mails.collect(), times)
}

fn letters(mails: &[LeasedMail]) -> Vec<Letter> {
    mails.iter().cloned().map(|mail| Letter::Claim(Box::new(mail))).collect()
}

async fn trail(bench: &Bench, mail: &LeasedMail) -> crate::store::DeliveryTrail {
    bench.store.delivery(mail.delivery).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_badge_that_this_process_does_not_know_yet_parks_no_mail() {
    let bench = Bench::new().await;
    let mail = leased(&bench, &["ada"]).await.0.remove(0);
    let good = mailer(&bench);
    let sent = async |mail: &LeasedMail| {
        let letter = Letter::Claim(Box::new(mail.clone()));
        good.verdict(&letter, good.send(&letter).await)
    };
    let verdict = sent(&mail).await;
    assert!(matches!(verdict, MailVerdict::Sent { .. }), "{verdict:?}");
    let verdict = sent(&LeasedMail { email: "nobody".to_owned(), ..mail.clone() }).await;
    assert!(matches!(verdict, MailVerdict::Park { .. }), "this mail alone is at fault: {verdict:?}");
    let verdict = sent(&LeasedMail { badge: "brand-new".to_owned(), ..mail }).await;
    assert!(matches!(verdict, MailVerdict::Wait { .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_mail_names_the_badge_in_its_own_language() {
    let bench = Bench::new().await;
    let mail = leased(&bench, &["ada"]).await.0.remove(0);
    for (language, name) in
        [(Some("fr_CA"), "Premiers secours"), (Some("pt"), "First Aid"), (None, "First Aid")]
    {
        let mail = LeasedMail {
            badge: "first-aid".to_owned(),
            language: language.map(str::to_owned),
            ..mail.clone()
        };
        let raw = String::from_utf8(mailer(&bench).composed(&mail).unwrap().raw).unwrap();
        let text = raw.replace("=\r\n", "");
        assert!(text.contains(name), "{language:?}: {text}");
    }
}

#[tokio::test]
async fn the_link_leads_to_a_page_in_the_language_of_the_mail() {
    let bench = Bench::new().await;
    let mail = leased(&bench, &["ada"]).await.0.remove(0);
    let mailer = mailer(&bench);
    for (language, kind, link, subject, ending) in [
        (None, "claim", 0, "Your badge: ", "\n"),
        (Some("de_AT"), "claim", 0, "Ihr Badge: ", "?lang=de\n"),
        (Some("fr"), "reminder-2", 3, "Il vous attend toujours", "?lang=fr\n"),
        (Some("tlh"), "resend-1", 3, "Your badge: ", "\n"),
    ] {
        let mail =
            LeasedMail { language: language.map(str::to_owned), kind: kind.to_owned(), link, ..mail.clone() };
        let read = crate::mail::read::read(&mailer.composed(&mail).unwrap().raw);
        let token = mailer.secret.link_token(mail.credential, link);
        assert!(read.text.contains(&format!("/claim/{token}{ending}")), "{}", read.text);
        assert!(read.subject.starts_with(subject), "{}", read.subject);
    }
}

#[tokio::test]
async fn a_mail_that_crashes_harms_no_neighbour_and_is_parked_in_the_end() {
    let bench = Bench::new().await;
    let (mails, times) = leased(&bench, &["1", "2", "3"]).await;
    crashes::on(mails[1].id);
    mailer(&bench).deliver(letters(&mails), times, &CancellationToken::new()).await;
    for (mail, state) in mails.iter().zip([DeliveryState::Done, DeliveryState::Waiting, DeliveryState::Done])
    {
        assert_eq!(trail(&bench, mail).await.state, state);
    }
    assert!(trail(&bench, &mails[1]).await.reason.contains("failed inside the program"));
    let last = LeasedMail { attempts: ATTEMPTS - 1, ..mails[1].clone() };
    mailer(&bench).deliver(letters(&[last]), times, &CancellationToken::new()).await;
    assert_eq!(trail(&bench, &mails[1]).await.state, DeliveryState::Parked);
}

#[tokio::test]
async fn what_cannot_be_begun_any_more_is_not_sent_and_can_be_taken_at_once() {
    let bench = Bench::new().await;
    let (mails, times) = leased(&bench, &["1", "2"]).await;
    let ids: Vec<Uuid> = mails.iter().map(|mail| mail.id).collect();
    let stop = CancellationToken::new();
    let late = Times { begin: Instant::now(), ..times };
    mailer(&bench).deliver(letters(&mails), late, &stop).await;
    let (again, times) = mailer(&bench).lease(&ids).await.unwrap();
    assert_eq!(again.iter().map(Letter::attempts).collect::<Vec<_>>(), [0, 0]);
    stop.cancel();
    mailer(&bench).deliver(again, times, &stop).await;
    let (again, times) = mailer(&bench).lease(&ids).await.unwrap();
    assert_eq!(again.len(), 2, "a process that stops begins none");
    mailer(&bench).deliver(again, times, &CancellationToken::new()).await;
    for mail in &mails {
        assert_eq!(trail(&bench, mail).await.state, DeliveryState::Done);
    }
    assert_eq!(std::fs::read_dir(bench.folder.path().join("outbox")).unwrap().count(), 2);
}

#[tokio::test]
async fn what_was_sent_is_marked_as_soon_as_the_database_can() {
    let bench = Bench::new().await;
    let (mails, times) = leased(&bench, &["1"]).await;
    bench.execute("ALTER TABLE mails RENAME TO away").await;
    let (mailer, stop) = (mailer(&bench), CancellationToken::new());
    // Longer than it takes to look whether it tries more than a few times.
    tokio::join!(mailer.deliver(letters(&mails), times, &stop), async {
        sleep(Duration::from_secs(7)).await;
        bench.execute("ALTER TABLE away RENAME TO mails").await;
    });
    assert_eq!(trail(&bench, &mails[0]).await.state, DeliveryState::Done);
}

#[tokio::test]
async fn marking_ends_before_the_lease_does_and_soon_after_a_stop() {
    let bench = Bench::new().await;
    let (mails, times) = leased(&bench, &["1"]).await;
    assert!(times.mark <= Instant::now() + MARKABLE && MARKABLE < LEASE);
    let results = [(mails[0].id, MailVerdict::Sent { response: String::new() })];
    let mailer = mailer(&bench);
    bench.store.close().await;
    let since = Instant::now();
    mailer.finish(&results, since + Duration::from_secs(3), &CancellationToken::new()).await;
    assert!(since.elapsed() < Duration::from_secs(6), "{:?}", since.elapsed());
    let stop = CancellationToken::new();
    stop.cancel();
    let since = Instant::now();
    mailer.finish(&results, times.mark, &stop).await;
    assert!(since.elapsed() >= LAST_TRIES, "a mail that left is not given up at once");
    assert!(since.elapsed() < LAST_TRIES * 2, "{:?}", since.elapsed());
}
