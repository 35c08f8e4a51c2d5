//! Answers that may be used again for a short while: courses, users, access tokens. They age by the
//! clock that everything else goes by.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use accolade_connectors::{Answer, Body, Call};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

/// Bytes kept for each source; past that the cache starts anew.
const CAPACITY: usize = 16 << 20;

/// What an answer takes beside its body, about.
const OVERHEAD: usize = 2 << 10;

/// The cache of one source.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    answers: HashMap<Key, (Lasts, Answer)>,
    bytes: usize,
}

/// From when and until when an answer may be used. A clock that is set back ends it, too.
#[derive(Debug, Clone, Copy)]
struct Lasts {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Lasts {
    fn at(self, now: DateTime<Utc>) -> bool {
        self.from <= now && now < self.until
    }
}

/// SHA-256 over the whole call, headers included: answers to one token are not for another, and
/// no secret is kept.
type Key = [u8; 32];

impl Cache {
    pub(super) fn key(call: &Call) -> Key {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        };
        part(call.method.as_str().as_bytes());
        part(call.url.as_str().as_bytes());
        for (name, value) in &call.headers {
            part(name.as_str().as_bytes());
            part(value.expose().as_bytes());
        }
        if let Body::Form(pairs) = &call.body {
            for (name, value) in pairs {
                part(name.as_bytes());
                part(value.expose().as_bytes());
            }
        }
        hash.finalize().into()
    }

    pub(super) fn get(&self, key: &Key, now: DateTime<Utc>) -> Option<Answer> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.answers.get(key).filter(|(lasts, _)| lasts.at(now)).map(|(_, answer)| answer.clone())
    }

    pub(super) fn put(&self, key: Key, answer: &Answer, now: DateTime<Utc>, keep: Duration) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.bytes.saturating_add(size(answer)) > CAPACITY {
            held.answers.retain(|_, (lasts, _)| lasts.at(now));
            held.bytes = held.answers.values().map(|(_, answer)| size(answer)).sum();
            if held.bytes.saturating_add(size(answer)) > CAPACITY {
                *held = Held::default();
            }
        }
        held.bytes = held.bytes.saturating_add(size(answer));
        let keep = TimeDelta::from_std(keep).unwrap_or_default();
        let lasts = Lasts { from: now, until: now.checked_add_signed(keep).unwrap_or(now) };
        if let Some((_, old)) = held.answers.insert(key, (lasts, answer.clone())) {
            held.bytes = held.bytes.saturating_sub(size(&old));
        }
    }
}

fn size(answer: &Answer) -> usize {
    OVERHEAD.saturating_add(answer.body.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn answer(bytes: usize) -> Answer {
        Answer { status: 200, headers: http::HeaderMap::new(), body: vec![0; bytes] }
    }

    fn call(token: &str) -> Call {
        Call::get("test", "https://lms.example.edu/api".parse().unwrap())
            .header(http::header::AUTHORIZATION, token)
    }

    #[test]
    fn an_answer_is_for_the_same_call_and_token_and_for_its_time() {
        let (cache, now) = (Cache::default(), Clock::system().now());
        cache.put(Cache::key(&call("a")), &answer(3), now, Duration::from_secs(10));
        assert!(cache.get(&Cache::key(&call("a")), now).is_some());
        assert!(cache.get(&Cache::key(&call("b")), now).is_none());
        assert!(cache.get(&Cache::key(&call("a")), now + Duration::from_secs(10)).is_none());
        let set_back = now - TimeDelta::seconds(1);
        assert!(cache.get(&Cache::key(&call("a")), set_back).is_none(), "it would last longer than it may");
    }

    #[test]
    fn parts_of_a_call_do_not_run_into_each_other() {
        let form = |name: &str, value: &str| {
            let url = "https://lms.example.edu/api".parse().unwrap();
            Cache::key(&Call::post_form("test", url, vec![(name.to_owned(), value.into())]))
        };
        assert_eq!(form("a", "bc"), form("a", "bc"));
        assert_ne!(form("a", "bc"), form("ab", "c"));
        let other = Call::get("test", "https://lms.example.edu/api?page=2".parse().unwrap());
        assert_ne!(
            Cache::key(&other),
            Cache::key(&Call::get("test", "https://lms.example.edu/api".parse().unwrap()))
        );
    }

    #[test]
    fn an_answer_in_place_of_another_takes_no_more_room() {
        let (cache, now) = (Cache::default(), Clock::system().now());
        for _ in 0..100 {
            cache.put(Cache::key(&call("a")), &answer(1 << 20), now, Duration::from_secs(10));
        }
        cache.put(Cache::key(&call("b")), &answer(1), now, Duration::from_secs(10));
        assert!(cache.get(&Cache::key(&call("a")), now).is_some(), "nothing had to make room");
        assert_eq!(cache.0.lock().unwrap().bytes, (1 << 20) + 1 + 2 * OVERHEAD);
    }

    #[test]
    fn what_has_expired_makes_room_before_what_has_not() {
        let (cache, now) = (Cache::default(), Clock::system().now());
        cache.put(Cache::key(&call("kept")), &answer(1), now, Duration::from_mins(10));
        cache.put(
            Cache::key(&call("old")),
            &answer(CAPACITY - 2 * OVERHEAD - 1),
            now,
            Duration::from_secs(10),
        );
        let later = now + Duration::from_secs(11);
        cache.put(Cache::key(&call("new")), &answer(1 << 20), later, Duration::from_mins(10));
        assert!(cache.get(&Cache::key(&call("kept")), later).is_some());
        assert!(cache.get(&Cache::key(&call("new")), later).is_some());
        assert_eq!(cache.0.lock().unwrap().bytes, (1 << 20) + 1 + 2 * OVERHEAD);
    }

    #[test]
    fn memory_is_bounded() {
        let (cache, now) = (Cache::default(), Clock::system().now());
        for n in 0..40 {
            cache.put(Cache::key(&call(&n.to_string())), &answer(1 << 20), now, Duration::from_secs(10));
        }
        assert!(cache.0.lock().unwrap().bytes <= CAPACITY);
    }

    #[test]
    fn small_answers_are_bounded_in_number() {
        let (cache, now) = (Cache::default(), Clock::system().now());
        for n in 0..20_000 {
            cache.put(Cache::key(&call(&n.to_string())), &answer(0), now, Duration::from_secs(10));
        }
        assert!(cache.0.lock().unwrap().answers.len() <= CAPACITY / OVERHEAD);
    }
}
