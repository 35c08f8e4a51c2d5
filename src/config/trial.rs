//! A trial: every badge is issued once, to nobody, when its file is read. What the signer would
//! refuse is then known before a learner has earned it.

use chrono::DateTime;
use url::Url;
use uuid::Uuid;

use crate::badges::{
    self, Achievement, BadgeImage, Evidence, Issue, Issuer, Profile, ResultEntry, SignError, Signatory,
    SigningKey,
};

/// Issues the badge with a throw-away key.
pub(super) fn issue(achievement: &Achievement, image: Option<&BadgeImage>) -> Result<(), SignError> {
    let Ok(url) = Url::parse("https://badges.example.edu/") else { return Ok(()) };
    let profile = Profile {
        slug: "trial".to_owned(),
        name: "Trial".to_owned(),
        url: url.clone(),
        description: None,
        email: None,
        image: None,
    };
    let key = SigningKey::from_seed([0; 32]);
    let issuer = Signatory::new(Issuer::with_did_key(profile, &url, &key.public_multibase()), key);
    let at = DateTime::UNIX_EPOCH;
    let evidence = Evidence {
        url: None,
        name: "Trial".to_owned(),
        narrative: "Trial".to_owned(),
        genre: "Assessment".to_owned(),
    };
    let result = ResultEntry {
        key: "result-1".to_owned(),
        name: "Trial".to_owned(),
        percent: Some(100.into()),
        points: None,
        text: None,
        passed: true,
    };
    let unsigned = badges::credential(&Issue {
        id: Uuid::nil(),
        issuer: &issuer,
        achievement,
        image,
        email: "trial@example.edu",
        salt: "00",
        awarded_at: at,
        valid_until: None,
        evidence: vec![evidence],
        results: vec![result],
        status_list: 1,
        status_index: 0,
    });
    badges::sign(unsigned, &issuer, at).map(drop)
}
