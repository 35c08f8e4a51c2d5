//! How things get their ids.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// The namespace of credential ids (UUIDv5, RFC 9562 section 5.5).
const CREDENTIALS: Uuid = Uuid::from_u128(0x6b1f_52c4_7c0d_4c53_9f0e_52a1_6f0c_de11);

/// A new id that sorts by time (UUIDv7): for deliveries, signals, events and mails.
pub fn timed(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// The id of the credential of one award: the same work done again gives the same id.
pub fn credential(issuer: &str, badge: &str, person: Uuid, cycle: &str) -> Uuid {
    // Lengths before the parts: no two different awards spell the same name.
    let name = format!("{}:{issuer}{}:{badge}{person}{}:{cycle}", issuer.len(), badge.len(), cycle.len());
    Uuid::new_v5(&CREDENTIALS, name.as_bytes())
}

/// The id of anything else that belongs to a credential and must be the same when made again.
pub fn derived(from: Uuid, what: &str) -> Uuid {
    Uuid::new_v5(&from, what.as_bytes())
}
