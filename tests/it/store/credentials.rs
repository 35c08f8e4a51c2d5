//! Claiming.

use accolade::store::{Basis, ClaimState};

use super::contract;
use super::fixtures::{at, awarded, candidate_of, commit_for, grade, id, outcome};

contract! {
    async fn a_credential_is_claimed_once_and_the_link_stays_good(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let credential = &commit.awards[0].credential;
        let claimed = ClaimState::Claimed { credential: credential.id };
        assert_eq!(store.claim(&credential.claim_hash, at(30)).await.unwrap(), claimed);
        assert_eq!(store.claim(&credential.claim_hash, at(40)).await.unwrap(), claimed);
        // Even after its end.
        assert_eq!(store.claim(&credential.claim_hash, at(5_000)).await.unwrap(), claimed);
        let stored = store.credential_by_claim(&credential.claim_hash).await.unwrap().unwrap();
        assert_eq!((stored.id, stored.claimed_at), (credential.id, Some(at(30))));
    }

    async fn a_link_ends(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let hash = &commit.awards[0].credential.claim_hash;
        assert_eq!(store.claim(hash, at(1_000)).await.unwrap(), ClaimState::Expired);
        let stored = store.credential_by_claim(hash).await.unwrap().unwrap();
        assert_eq!(stored.claimed_at, None);
    }

    async fn an_unknown_link_claims_nothing(database) {
        let store = database.store().await;
        awarded(&store, "7").await;
        assert_eq!(store.claim(b"guess", at(30)).await.unwrap(), ClaimState::Unknown);
        assert_eq!(store.claim(b"", at(30)).await.unwrap(), ClaimState::Unknown);
        assert!(store.credential_by_claim(b"guess").await.unwrap().is_none());
        assert!(store.credential(id()).await.unwrap().is_none());
    }

    async fn a_renewal_and_what_it_renews_know_each_other_once_they_are_public(database) {
        let store = database.store().await;
        let first = awarded(&store, "7").await;
        let earlier = &first.awards[0].credential;
        let event = grade(&store, "moodle", outcome("7", "item:2", 90, at(30))).await.remove(0);
        let candidate = candidate_of(&store, event.id).await;
        let mut commit = commit_for(&store, &candidate, "rust").await;
        let award = &mut commit.awards[0];
        "again-1".clone_into(&mut award.cycle);
        award.awarded_at = at(40);
        award.credential.id = id();
        award.mail.id = id();
        (award.valid_until, award.renews) = (Some(at(900)), Some(earlier.id));
        award.basis = vec![Basis {
            source: "moodle".to_owned(),
            learner: "7".to_owned(),
            course: "2".to_owned(),
            assessment: "item:2".to_owned(),
            attempt: Some(2),
            graded_at: Some(at(29)),
        }];
        store.award(std::slice::from_ref(&commit), at(40)).await.unwrap();
        let later = &commit.awards[0].credential;

        let again = grade(&store, "moodle", outcome("7", "item:3", 90, at(31))).await.remove(0);
        let held = candidate_of(&store, again.id).await.held;
        assert_eq!((held[0].valid_until, held[0].renews, held[0].basis.len()), (None, None, 0));
        assert_eq!((held[1].valid_until, held[1].renews), (Some(at(900)), Some(earlier.id)));
        assert_eq!(held[1].basis, commit.awards[0].basis);
        assert!(held[1].ended(at(900)) && !held[1].ended(at(899)));
        let mail = store.lease_mails(&[commit.awards[0].mail.id], at(40), at(90)).await.unwrap().remove(0);
        assert_eq!((mail.valid_until, mail.renews_award_of), (Some(at(900)), Some(at(20))));
        let person = store.person(candidate.person).await.unwrap().unwrap();
        assert_eq!(person.awards[1].held.basis, commit.awards[0].basis);

        let links = async |id| {
            let stored = store.credential(id).await.unwrap().unwrap();
            (stored.renews_shown, stored.renewed_by)
        };
        assert_eq!((links(earlier.id).await, links(later.id).await), ((None, None), (None, None)));
        store.claim(&earlier.claim_hash, at(50)).await.unwrap();
        assert_eq!((links(earlier.id).await, links(later.id).await), ((None, None), (Some(earlier.id), None)));
        store.claim(&later.claim_hash, at(51)).await.unwrap();
        assert_eq!(links(earlier.id).await, (None, Some(later.id)));
        store.set_status(later.id, true, false, at(52)).await.unwrap();
        assert_eq!(links(earlier.id).await, (None, None), "a renewal that is revoked is none");
    }

    async fn only_what_is_public_and_counts_is_listed(database) {
        let store = database.store().await;
        let commit = awarded(&store, "7").await;
        let credential = &commit.awards[0].credential;
        let list = credential.status.list;
        let lists = store.status_lists().await.unwrap();
        let size = lists.iter().find(|(id, _)| *id == list).unwrap().1;
        let all = async || {
            let mut all = Vec::new();
            for from in (0..size).step_by(32_768) {
                all.extend(store.public_credentials(list, (from, from + 32_768)).await.unwrap());
            }
            all
        };
        assert!(all().await.is_empty(), "nobody knows that it exists before it is claimed");
        let of_holder = async |now| store.public_badges_of_holder(credential.id, at(now)).await.unwrap();
        assert!(of_holder(30).await.is_empty());
        store.claim(&credential.claim_hash, at(30)).await.unwrap();
        assert_eq!(all().await, [credential.id]);
        let index = credential.status.index;
        let part = async |from, to| store.public_credentials(list, (from, to)).await.unwrap();
        assert_eq!(part(index, index + 1).await, [credential.id]);
        assert!(part(index + 1, size).await.is_empty());
        assert!(part(0, index).await.is_empty());
        assert_eq!(of_holder(30).await, [(commit.awards[0].badge.clone(), credential.id)]);
        let (mine, theirs) = (credential.id, awarded(&store, "8").await.awards[0].credential.clone());
        store.claim(&theirs.claim_hash, at(30)).await.unwrap();
        assert!(of_holder(30).await.iter().all(|(_, id)| *id == mine), "another holder's is not theirs");
        for (revoked, suspended) in [(false, true), (true, false)] {
            store.set_status(mine, revoked, suspended, at(40)).await.unwrap();
            assert_eq!((all().await, of_holder(40).await.len()), (vec![theirs.id], 0));
        }
    }
}
