//! What holders say, new links and reminders.

use accolade::claim::{self, ClaimSecret};
use accolade::store::{
    Asked, AwardCommit, Bounce, BounceKind, ClaimState, DeliveryState, Links, MailVerdict, Resent, Said,
    Store, Which, Work,
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::contract;
use super::fixtures::{at, awarded, id};

const DAY: i64 = 24 * 60 * 60;

fn schedule() -> Vec<TimeDelta> {
    vec![TimeDelta::seconds(100), TimeDelta::seconds(2 * DAY)]
}

/// Sends what is due, as a mailer does; the kinds of the mails.
async fn sent(store: &Store, now: i64) -> Vec<String> {
    let due = store.due(Work::Mails, at(now), at(now + 60), 100).await.unwrap();
    let ids: Vec<Uuid> = due.iter().map(|due| due.id).collect();
    let mails = store.lease_mails(&ids, at(now), at(now + 60)).await.unwrap();
    let verdict = MailVerdict::Sent { response: "250 taken".to_owned() };
    let results: Vec<_> = mails.iter().map(|mail| (mail.id, verdict.clone())).collect();
    store.finish_mails(&results, at(now)).await.unwrap();
    mails.into_iter().map(|mail| mail.kind).collect()
}

/// An award whose link works for long, and whose mail was sent at 60.
async fn invited(store: &Store) -> AwardCommit {
    let commit = awarded(store, "7").await;
    assert_eq!(sent(store, 60).await, ["claim"]);
    // Only a look.
    assert_eq!(store.remind(&schedule(), "example.edu", at(60), 10).await.unwrap(), 1);
    assert!(sent(store, 60).await.is_empty());
    commit
}

async fn remind(store: &Store, now: i64) -> Vec<String> {
    store.remind(&schedule(), "example.edu", at(now), 10).await.unwrap();
    sent(store, now).await
}

fn links(secret: &ClaimSecret) -> Links<'_> {
    Links { secret, lasts: TimeDelta::seconds(90 * DAY), domain: "badges.example.edu" }
}

contract! {
    async fn a_declined_badge_can_be_claimed_all_the_same(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards.remove(0).credential;
        let hash = &credential.claim_hash;
        for now in [30, 31] {
            assert_eq!(store.decline(hash, at(now)).await.unwrap(), Said::Stored);
        }
        let stored = store.credential(credential.id).await.unwrap().unwrap();
        assert_eq!((stored.declined_at, stored.claimed_at), (Some(at(30)), None));
        let listed = store.holdings(None, Some("rust"), Which::Declined, 9).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(store.claim(hash, at(40)).await.unwrap(), ClaimState::Claimed { credential: credential.id });
        assert_eq!(store.decline(hash, at(41)).await.unwrap(), Said::Claimed);
        let stored = store.credential(credential.id).await.unwrap().unwrap();
        assert_eq!((stored.declined_at, stored.claimed_at), (None, Some(at(40))));
        assert_eq!(store.decline(b"guess", at(41)).await.unwrap(), Said::Unknown);
    }

    async fn nothing_is_said_by_a_link_that_ended_or_of_a_revoked_badge(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards.remove(0).credential;
        assert_eq!(store.decline(&credential.claim_hash, at(1_000)).await.unwrap(), Said::Ended);
        store.set_status(credential.id, true, false, at(30)).await.unwrap();
        assert_eq!(store.disown(&credential.claim_hash, at(31)).await.unwrap(), Said::Ended);
    }

    async fn not_me_keeps_the_badge_and_ends_its_mails_to_that_address(database) {
        let store = database.store().await;
        let commit = invited(&store).await;
        let credential = &commit.awards[0].credential;
        assert_eq!(store.disown(&credential.claim_hash, at(70)).await.unwrap(), Said::Stored);
        assert_eq!(store.claim(&credential.claim_hash, at(71)).await.unwrap(), ClaimState::Disowned);
        assert!(remind(&store, 200).await.is_empty());
        // The same badge of somebody with the same address.
        let other = awarded(&store, "8").await;
        assert!(sent(&store, 210).await.is_empty());
        let trail = store.delivery(other.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
        assert!(trail.reason.contains("somebody else's"), "{}", trail.reason);
        let trouble = store.holdings(None, None, Which::Trouble, 9).await.unwrap();
        assert_eq!(trouble.iter().map(|one| one.credential).collect::<Vec<_>>(), [credential.id]);
        assert_eq!(trouble[0].disowned_at, Some(at(70)));
        // A slip.
        assert_eq!(store.own(&credential.claim_hash, at(220)).await.unwrap(), Said::Stored);
        assert_eq!(remind(&store, 220).await, ["reminder-1"]);
        assert!(store.holdings(None, None, Which::NotMe, 9).await.unwrap().is_empty());
        let claimed = ClaimState::Claimed { credential: credential.id };
        assert_eq!(store.claim(&credential.claim_hash, at(221)).await.unwrap(), claimed);
        assert_eq!(store.disown(&credential.claim_hash, at(222)).await.unwrap(), Said::Claimed);
    }

    async fn each_reminder_is_one_mail_however_often_somebody_sweeps(database) {
        let store = database.store().await;
        invited(&store).await;
        assert!(remind(&store, 159).await.is_empty());
        let mut sweeps = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let store = store.clone();
            sweeps.spawn(async move { store.remind(&schedule(), "example.edu", at(160), 10).await.unwrap() });
        }
        sweeps.join_all().await;
        assert_eq!(sent(&store, 160).await, ["reminder-1"]);
        assert!(remind(&store, 170).await.is_empty());
        assert!(remind(&store, 999).await.is_empty());
        assert!(remind(&store, 90 * DAY).await.is_empty(), "the link has ended");
    }

    async fn reminders_end_when_the_badge_is_claimed_declined_or_revoked(database) {
        let store = database.store().await;
        for end in ["claimed", "declined", "revoked"] {
            let commit = awarded(&store, end).await;
            sent(&store, 60).await;
            store.remind(&schedule(), "example.edu", at(60), 10).await.unwrap();
            let credential = &commit.awards[0].credential;
            let act = async |now: i64| match end {
                "claimed" => drop(store.claim(&credential.claim_hash, at(now)).await.unwrap()),
                "declined" => drop(store.decline(&credential.claim_hash, at(now)).await.unwrap()),
                _ => drop(store.set_status(credential.id, true, false, at(now)).await.unwrap()),
            };
            // The row is there, the mail has not left.
            store.remind(&schedule(), "example.edu", at(160), 10).await.unwrap();
            act(161).await;
            assert!(sent(&store, 162).await.is_empty(), "{end}");
            let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
            assert_eq!(trail.state, DeliveryState::Done, "{end}: {}", trail.reason);
            assert!(remind(&store, 300).await.is_empty(), "{end}");
        }
    }

    async fn a_link_that_ended_is_replaced_once_a_day_and_claims_nothing(database) {
        let store = database.store().await;
        let secret = ClaimSecret::new([3; 32]);
        let commit = invited(&store).await;
        let credential = &commit.awards[0].credential;
        let old = credential.claim_hash.as_slice();
        let ask = async |now: i64| store.ask_for_link(old, &links(&secret), at(now)).await.unwrap();
        // Its time has come for a reminder that nobody has looked at.
        let now = 2_000;
        let mailed = Resent::Mailed { to: "learner@example.test".to_owned(), new_link: true };
        assert_eq!(ask(now).await, mailed);
        for later in [now, now + DAY - 1] {
            assert_eq!(ask(later).await, Resent::TooSoon);
        }
        store.remind(&schedule(), "example.edu", at(now), 10).await.unwrap();
        let leased = store.due(Work::Mails, at(now), at(now + 60), 9).await.unwrap();
        assert_eq!(leased.len(), 1, "the time until reminders begins anew");
        let mail = store.lease_mails(&[leased[0].id], at(now), at(now + 60)).await.unwrap().remove(0);
        assert_eq!((mail.link, mail.kind.as_str(), mail.claim_until), (1, "resend-1", at(now + 90 * DAY)));
        assert!(store.is_former_link(old).await.unwrap());
        assert_eq!(store.claim(old, at(now)).await.unwrap(), ClaimState::Unknown);
        let new = claim::hash(&secret.link_token(credential.id, 1));
        assert!(!store.is_former_link(&new).await.unwrap());
        // While it works it is mailed again, not replaced: whoever has an old link cannot end it.
        assert_eq!(ask(now + DAY).await, Resent::Mailed { to: "learner@example.test".to_owned(), new_link: false });
        let claimed = ClaimState::Claimed { credential: credential.id };
        assert_eq!(store.claim(&new, at(now + DAY)).await.unwrap(), claimed);
        assert_eq!(store.ask_for_link(b"guess", &links(&secret), at(now)).await.unwrap(), Resent::Unknown);
    }

    async fn a_new_address_gets_a_new_link_and_the_mails_from_then_on(database) {
        let store = database.store().await;
        let secret = ClaimSecret::new([3; 32]);
        let commit = invited(&store).await;
        let credential = &commit.awards[0].credential;
        store.disown(&credential.claim_hash, at(70)).await.unwrap();
        let resend = async |address: Option<&str>, now: i64| {
            store.resend_link(credential.id, address, &links(&secret), at(now)).await.unwrap()
        };
        let disowned = Resent::Disowned { address: "learner@example.test".to_owned() };
        assert_eq!(resend(None, 80).await, disowned);
        assert_eq!(resend(Some("Learner@example.test"), 80).await, disowned);
        let mailed = Resent::Mailed { to: "right@example.test".to_owned(), new_link: true };
        assert_eq!(resend(Some("right@example.test"), 80).await, mailed);
        let stored = store.credential(credential.id).await.unwrap().unwrap();
        assert_eq!(stored.disowned_at, None);
        let due = store.due(Work::Mails, at(80), at(140), 9).await.unwrap();
        let mail = store.lease_mails(&[due[0].id], at(80), at(140)).await.unwrap().remove(0);
        assert_eq!((mail.email.as_str(), mail.link), ("right@example.test", 1));
        assert_eq!(store.claim(&credential.claim_hash, at(90)).await.unwrap(), ClaimState::Unknown);
        let mailed = Resent::Mailed { to: "right@example.test".to_owned(), new_link: false };
        assert_eq!(resend(None, 91).await, mailed);
        assert_eq!(resend_unknown(&store, &secret).await, Resent::Unknown);
        assert_eq!(store.current_address(credential.id).await.unwrap().as_deref(), Some("learner-7@example.test"));
        store.set_status(credential.id, true, false, at(92)).await.unwrap();
        assert_eq!(resend(None, 93).await, Resent::Revoked);
    }
}

contract! {
    /// Whoever got the first link by mistake has nothing left of it once an administrator sent another.
    async fn what_was_begun_with_a_link_ends_when_it_is_replaced(database) {
        let store = database.store().await;
        let secret = ClaimSecret::new([3; 32]);
        let credential = awarded(&store, "7").await.awards.remove(0).credential;
        let hash = &credential.claim_hash;
        let asked = store.ask_for_address(hash, "wrong@example.test", &secret, "badges.example.edu", at(40)).await;
        assert_eq!(asked.unwrap(), Asked::Mailed);
        store.claim(hash, at(41)).await.unwrap();
        let offer = Uuid::from_u128(77);
        assert!(store.offer(offer, credential.id, "en", at(42)).await.unwrap());
        let resent = store.resend_link(credential.id, Some("right@example.test"), &links(&secret), at(43)).await;
        assert!(matches!(resent.unwrap(), Resent::Mailed { new_link: true, .. }));
        let token = secret.address_token(credential.id, 1);
        assert!(!store.confirm_address(&claim::hash(&token), at(44)).await.unwrap());
        let goes_to = store.holdings(None, None, Which::Any, 9).await.unwrap().remove(0).address;
        assert_eq!(goes_to, "right@example.test");
        assert_eq!(store.offering(credential.id, at(44)).await.unwrap().live, None);
    }

    async fn what_comes_back_for_good_ends_reminders_and_needs_somebody(database) {
        let store = database.store().await;
        let commit = invited(&store).await;
        let credential = commit.awards[0].credential.id;
        let message_ids = vec!["other@x".to_owned(), commit.awards[0].mail.message_id.clone()];
        let bounce = |kind: BounceKind| Bounce {
            message_ids: message_ids.clone(),
            kind,
            reason: format!("{} it is", kind.as_str()),
        };
        let kinds = async || {
            let all = store.holdings(None, None, Which::Any, 9).await.unwrap();
            let mails = all.into_iter().flat_map(|holding| holding.mails);
            mails.map(|mail| mail.bounce.map(|bounce| (bounce.kind, bounce.at))).collect::<Vec<_>>()
        };
        store.bounce(&bounce(BounceKind::Delayed), at(70)).await.unwrap();
        assert!(store.holdings(None, None, Which::Trouble, 9).await.unwrap().is_empty());
        // The row of a reminder is there, its mail has not left.
        store.remind(&schedule(), "example.edu", at(160), 10).await.unwrap();
        assert_eq!(store.bounce(&bounce(BounceKind::Hard), at(161)).await.unwrap(), Some(credential));
        assert_eq!(kinds().await, [Some(("hard".to_owned(), at(161))), None]);
        for kind in [BounceKind::Soft, BounceKind::Hard] {
            store.bounce(&bounce(kind), at(170)).await.unwrap();
        }
        assert_eq!(kinds().await[0], Some(("hard".to_owned(), at(161))), "told twice it changes nothing");
        assert!(sent(&store, 171).await.is_empty() && remind(&store, 300).await.is_empty());
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Done);
        assert_eq!(store.holdings(None, None, Which::Bounced, 9).await.unwrap().len(), 1);
        let unknown = Bounce { message_ids: vec!["nobody@x".to_owned()], ..bounce(BounceKind::Hard) };
        assert_eq!(store.bounce(&unknown, at(171)).await.unwrap(), None);

        // To another address reminders begin anew, whatever still comes back from the first.
        let secret = ClaimSecret::new([3; 32]);
        store.resend_link(credential, Some("right@example.test"), &links(&secret), at(400)).await.unwrap();
        assert_eq!(sent(&store, 400).await, ["resend-2"]);
        assert!(store.holdings(None, None, Which::Trouble, 9).await.unwrap().is_empty());
        store.bounce(&bounce(BounceKind::Hard), at(401)).await.unwrap();
        assert!(remind(&store, 400).await.is_empty());
        assert!(remind(&store, 500).await.is_empty(), "one reminder was counted before");
        assert_eq!(remind(&store, 400 + 2 * DAY).await, ["reminder-2"]);
    }

    async fn whose_mail_came_back_is_reminded_of_nothing(database) {
        let store = database.store().await;
        let commit = invited(&store).await;
        let (message_ids, reason) = (vec![commit.awards[0].mail.message_id.clone()], String::new());
        store.bounce(&Bounce { message_ids, kind: BounceKind::Hard, reason }, at(70)).await.unwrap();
        for now in [160, 200, 2 * DAY + 60] {
            assert!(remind(&store, now).await.is_empty(), "{now}");
        }
    }

    async fn an_address_is_confirmed_once_and_of_several_one_counts(database) {
        let store = database.store().await;
        let credential = awarded(&store, "7").await.awards.remove(0).credential;
        let secret = ClaimSecret::new([3; 32]);
        let ask = async |address: &str, now: i64| {
            let hash = &credential.claim_hash;
            store.ask_for_address(hash, address, &secret, "badges.example.edu", at(now)).await.unwrap()
        };
        let confirm = async |number: u32, now: i64| {
            let token = secret.address_token(credential.id, number);
            store.confirm_address(&claim::hash(&token), at(now)).await.unwrap()
        };
        let goes_to = async || store.holdings(None, None, Which::Any, 9).await.unwrap().remove(0).address;
        assert_eq!((ask("a@home.example", 40).await, ask("b@home.example", 41).await), (Asked::Mailed, Asked::Mailed));
        assert!(confirm(2, 50).await);
        assert_eq!(goes_to().await, "b@home.example");
        assert!(!confirm(1, 51).await && !confirm(2, 52).await && !confirm(3, 52).await);
        assert_eq!((ask("c@home.example", 53).await, ask("d@home.example", 54).await), (Asked::Mailed, Asked::TooOften));
        assert!(confirm(3, 55).await);
        for number in 1..=4 {
            assert!(!confirm(number, 56).await, "no older link leads back: {number}");
        }
        assert_eq!(goes_to().await, "c@home.example");
        store.claim(&credential.claim_hash, at(57)).await.unwrap();
        assert_eq!(ask("d@home.example", DAY + 60).await, Asked::Mailed, "of a claimed badge for good");
        assert!(!confirm(4, 8 * DAY + 60).await, "a week is over");
        store.set_status(credential.id, true, false, at(DAY + 61)).await.unwrap();
        assert_eq!(ask("e@home.example", 3 * DAY).await, Asked::Closed, "revoked");
        assert_eq!(goes_to().await, "c@home.example");
    }

    async fn whoever_may_not_claim_gives_no_address_and_whoever_wants_no_mail_gets_none(database) {
        let store = database.store().await;
        let secret = ClaimSecret::new([3; 32]);
        let ask = async |hash: &[u8], address: &str, now: i64| {
            store.ask_for_address(hash, address, &secret, "badges.example.edu", at(now)).await.unwrap()
        };
        let one = awarded(&store, "7").await.awards.remove(0).credential;
        assert_eq!(ask(&one.claim_hash, "a@home.example", 1_000).await, Asked::Closed, "the link has ended");
        assert_eq!(ask(b"guess", "a@home.example", 40).await, Asked::Closed);
        store.disown(&one.claim_hash, at(50)).await.unwrap();
        assert_eq!(ask(&one.claim_hash, "a@home.example", 51).await, Asked::Closed, "it is not theirs");
        // The same badge of somebody else, who gives the address of whoever said so.
        let other = awarded(&store, "8").await.awards.remove(0).credential;
        let mails = database.count("mails").await;
        assert_eq!(ask(&other.claim_hash, "Learner@example.TEST", 52).await, Asked::Mailed, "nobody learns it");
        assert_eq!(database.count("mails").await, mails);
        assert_eq!(ask(&other.claim_hash, "b@home.example", 53).await, Asked::Mailed);
        assert_eq!(database.count("mails").await, mails + 1);
    }

    async fn a_server_that_knows_no_such_mailbox_ends_reminders_until_somebody_tries_again(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let mail = commit.awards[0].mail.id;
        store.lease_mails(&[mail], at(30), at(90)).await.unwrap();
        let lost = MailVerdict::Lost { reason: "550 5.1.1 no such user".to_owned() };
        store.finish_mails(&[(mail, lost)], at(31)).await.unwrap();
        let trail = store.delivery(commit.delivery).await.unwrap().unwrap();
        assert_eq!(trail.state, DeliveryState::Parked);
        let trouble = store.holdings(None, None, Which::Trouble, 9).await.unwrap().remove(0);
        let bounce = trouble.mails[0].bounce.clone().unwrap();
        assert_eq!((bounce.kind.as_str(), bounce.reason.as_str()), ("hard", "550 5.1.1 no such user"));
        crate::store::parked::retry(&store, commit.delivery, at(40)).await;
        assert_eq!(sent(&store, 41).await, ["claim"]);
        assert!(store.holdings(None, None, Which::Trouble, 9).await.unwrap().is_empty());
    }
}

async fn resend_unknown(store: &Store, secret: &ClaimSecret) -> Resent {
    store.resend_link(id(), None, &links(secret), at(1)).await.unwrap()
}
