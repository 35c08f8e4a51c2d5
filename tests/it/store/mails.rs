//! The outbox.

use accolade::store::{DeliveryState, MailVerdict, Work};

use super::contract;
use super::fixtures::{at, awarded, id};

fn sent() -> MailVerdict {
    MailVerdict::Sent { response: "250 taken".to_owned() }
}

contract! {
    async fn a_leased_mail_has_all_its_text_needs(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let award = &commit.awards[0];
        let mail = store.lease_mails(&[award.mail.id], at(30), at(90)).await.unwrap().remove(0);
        assert_eq!((mail.id, mail.delivery), (award.mail.id, commit.delivery));
        assert_eq!((mail.message_id, mail.date), (award.mail.message_id.clone(), at(20)));
        assert_eq!((mail.kind.as_str(), mail.language.as_deref()), ("claim", Some("de")));
        assert_eq!((mail.credential, mail.claim_until), (award.credential.id, at(1_000)));
        assert_eq!((mail.issuer.as_str(), mail.badge.as_str()), ("school", "rust"));
        assert_eq!((mail.name.as_str(), mail.email.as_str()), ("Learner", "learner@example.test"));
        assert_eq!(mail.attempts, 0);
    }

    /// The clock of the worker that made it is ahead of the mailer's.
    async fn a_mail_that_was_never_put_off_is_taken_whatever_its_time(database) {
        let store = database.store().await;
        let mail = awarded(&store, "7").await.awards[0].mail.id;
        assert_eq!(store.lease_mails(&[mail], at(-600), at(-540)).await.unwrap().len(), 1);
        let wait = MailVerdict::Wait { until: at(100), reason: "451 later".to_owned() };
        store.finish_mails(&[(mail, wait)], at(-590)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(99), at(200)).await.unwrap().is_empty(), "now it was");
        let revoked = awarded(&store, "8").await;
        database.execute("UPDATE credentials SET revoked = true").await;
        assert!(store.lease_mails(&[revoked.awards[0].mail.id], at(-600), at(-540)).await.unwrap().is_empty());
        let trail = store.delivery(revoked.delivery).await.unwrap().unwrap();
        assert!(trail.reason.contains("revoked before"), "{}", trail.reason);
    }

    async fn a_lease_keeps_others_out_until_it_ends(database) {
        let store = database.store().await;
        let mail = awarded(&store, "7").await.awards[0].mail.id;
        assert_eq!(store.lease_mails(&[mail, id()], at(30), at(90)).await.unwrap().len(), 1);
        assert!(store.lease_mails(&[mail], at(89), at(200)).await.unwrap().is_empty());
        let again = store.lease_mails(&[mail], at(90), at(200)).await.unwrap();
        assert_eq!(again[0].attempts, 1);
    }

    async fn what_was_taken_and_not_begun_is_taken_again_at_once(database) {
        let store = database.store().await;
        let mails = [awarded(&store, "7").await, awarded(&store, "8").await].map(|one| one.awards[0].mail.id);
        store.lease_mails(&mails, at(30), at(90)).await.unwrap();
        assert!(store.due(Work::Mails, at(60), at(60), 9).await.unwrap().is_empty(), "they are being sent");
        // Whoever comes after the lease was given to somebody else has nothing to give back.
        store.release_mails(&mails, at(80), at(31)).await.unwrap();
        assert!(store.lease_mails(&mails, at(31), at(91)).await.unwrap().is_empty());
        store.finish_mails(&[(mails[0], sent())], at(31)).await.unwrap();
        store.release_mails(&mails, at(90), at(31)).await.unwrap();
        let due = store.due(Work::Mails, at(31), at(61), 9).await.unwrap();
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [mails[1]]);
        let again = store.lease_mails(&mails, at(31), at(91)).await.unwrap();
        assert_eq!((again.len(), again[0].id, again[0].attempts), (1, mails[1], 0));
    }

    async fn a_lease_that_ended_is_swept(database) {
        let store = database.store().await;
        let mail = awarded(&store, "7").await.awards[0].mail.id;
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        assert!(store.due(Work::Mails, at(89), at(99), 9).await.unwrap().is_empty());
        assert_eq!(store.due(Work::Mails, at(90), at(150), 9).await.unwrap().len(), 1);
    }

    async fn of_two_mailers_one_gets_the_mail(database) {
        let store = database.store().await;
        let mut mails = Vec::new();
        for learner in 0..10 {
            mails.push(awarded(&store, &learner.to_string()).await.awards[0].mail.id);
        }
        let mut tasks = Vec::new();
        for turn in 0..4 {
            let (store, mut mails) = (store.clone(), mails.clone());
            mails.rotate_left(turn);
            tasks.push(tokio::spawn(async move { store.lease_mails(&mails, at(30), at(90)).await.unwrap() }));
        }
        let mut leased = Vec::new();
        for task in tasks {
            leased.extend(task.await.unwrap().into_iter().map(|mail| mail.id));
        }
        leased.sort_unstable();
        mails.sort_unstable();
        assert_eq!(leased, mails);
    }

    async fn a_sent_mail_finishes_the_delivery(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Waiting, "its mail is still to be sent");
        assert_eq!(trail.reason, "confirmed; awarded rust", "why is known before it is stored");
        let mail = commit.awards[0].mail.id;
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        store.finish_mails(&[(mail, sent())], at(31)).await.unwrap();
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!((trail.state, trail.reason.as_str()), (DeliveryState::Done, "confirmed; awarded rust"));
        assert!(store.lease_mails(&[mail], at(500), at(600)).await.unwrap().is_empty());
    }

    async fn a_mail_waits_for_its_time(database) {
        let store = database.store().await;
        let mail = awarded(&store, "7").await.awards[0].mail.id;
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        let wait = MailVerdict::Wait { until: at(100), reason: "451 greylisted".to_owned() };
        store.finish_mails(&[(mail, wait)], at(31)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(99), at(200)).await.unwrap().is_empty());
        assert_eq!(store.lease_mails(&[mail], at(100), at(200)).await.unwrap()[0].attempts, 1);
    }

    async fn a_refused_mail_parks_the_delivery(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let mail = commit.awards[0].mail.id;
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        let park = MailVerdict::Park { reason: "550 no such user".to_owned() };
        store.finish_mails(&[(mail, park)], at(31)).await.unwrap();
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Parked);
        assert_eq!(trail.reason, "550 no such user; confirmed; awarded rust");
        assert!(store.lease_mails(&[mail], at(500), at(600)).await.unwrap().is_empty());
    }

    async fn a_sent_mail_stays_sent(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let mail = commit.awards[0].mail.id;
        store.finish_mails(&[(mail, sent())], at(31)).await.unwrap();
        // One whose lease had ended, and who failed, comes late.
        let wait = MailVerdict::Wait { until: at(40), reason: "cut".to_owned() };
        let park = MailVerdict::Park { reason: "cut".to_owned() };
        store.finish_mails(&[(mail, wait)], at(32)).await.unwrap();
        store.finish_mails(&[(mail, park), (id(), sent())], at(33)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(500), at(600)).await.unwrap().is_empty());
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
    }

    async fn a_mail_of_a_suspended_badge_waits_until_it_is_valid_again(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let award = &commit.awards[0];
        let (mail, credential) = (award.mail.id, award.credential.id);
        store.set_status(credential, false, true, at(25)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(30), at(90)).await.unwrap().is_empty());
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Waiting);
        assert!(trail.reason.contains("waits while the badge is suspended"), "{}", trail.reason);
        assert!(store.due(Work::Mails, at(40), at(80), 9).await.unwrap().is_empty(), "it is not asked for again");

        store.set_status(credential, false, false, at(50)).await.unwrap();
        let due = store.due(Work::Mails, at(50), at(80), 9).await.unwrap();
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [mail]);
        let leased = store.lease_mails(&[mail], at(51), at(90)).await.unwrap();
        assert_eq!((leased.len(), leased[0].attempts), (1, 0), "to be held is no try");
        // What is under way is left alone: it has been sent by then.
        store.set_status(credential, true, false, at(52)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(53), at(90)).await.unwrap().is_empty());
        store.finish_mails(&[(mail, sent())], at(54)).await.unwrap();
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.signals[0].events[0].credentials[0].2, "done");
    }

    async fn a_mail_of_a_revoked_badge_is_never_sent(database) {
        let store = database.store().await;
        let (commit, other) = (awarded(&store, "7").await, awarded(&store, "8").await);
        let (mail, credential) = (commit.awards[0].mail.id, commit.awards[0].credential.id);
        store.set_status(credential, true, false, at(25)).await.unwrap();
        let leased = store.lease_mails(&[mail, other.awards[0].mail.id], at(30), at(90)).await.unwrap();
        assert_eq!(leased.iter().map(|mail| mail.id).collect::<Vec<_>>(), [other.awards[0].mail.id]);
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
        assert!(trail.reason.contains("was not sent: the badge was revoked"), "{}", trail.reason);
        assert_eq!(trail.signals[0].events[0].credentials[0].2, "withdrawn");
        store.forget_messages(at(31), 9).await.unwrap();
        assert!(store.due(Work::Mails, at(9_000), at(9_999), 9).await.unwrap().iter().all(|due| due.id != mail));
        assert!(store.lease_mails(&[mail], at(500), at(600)).await.unwrap().is_empty());
    }

    async fn a_mail_of_a_badge_suspended_while_its_server_was_away_waits(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let (mail, credential) = (commit.awards[0].mail.id, commit.awards[0].credential.id);
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        let wait = MailVerdict::Wait { until: at(100), reason: "451 later".to_owned() };
        store.finish_mails(&[(mail, wait)], at(31)).await.unwrap();
        store.set_status(credential, false, true, at(40)).await.unwrap();
        assert!(store.lease_mails(&[mail], at(100), at(200)).await.unwrap().is_empty());
        store.set_status(credential, false, false, at(110)).await.unwrap();
        assert_eq!(store.lease_mails(&[mail], at(110), at(200)).await.unwrap()[0].attempts, 1);
    }
}
