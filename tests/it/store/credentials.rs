//! Claiming.

use accolade::store::ClaimState;

use super::contract;
use super::fixtures::{at, awarded, id};

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
}
