//! Webhooks as an automation tool sends them: one event each, signed by Standard Webhooks.

use accolade::clock::Clock;
use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::SecondsFormat;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The name of the source in the configuration.
pub(crate) const SOURCE: &str = "workshops";
/// Courses over which the events are spread; each has its badge.
pub(crate) const COURSES: u64 = 20;
/// The assessment that the badges ask for.
pub(crate) const ASSESSMENT: &str = "final-quiz";
/// What sends them.
pub(crate) const AGENT: &str = "accolade-bench";

const KEY: &[u8] = b"a secret of this bench, and no other";

/// Makes requests.
#[derive(Debug, Clone)]
pub(crate) struct Webhooks {
    key: Hmac<Sha256>,
    clock: Clock,
}

impl Webhooks {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let key = Hmac::new_from_slice(KEY).context("the key of the webhooks")?;
        Ok(Self { key, clock: Clock::system() })
    }

    /// The secret as it stands in the configuration.
    pub(crate) fn secret() -> String {
        format!("whsec_{}", BASE64_STANDARD.encode(KEY))
    }

    /// The course of a learner.
    pub(crate) fn course(learner: u64) -> u64 {
        learner % COURSES
    }

    /// The learner of an address.
    pub(crate) fn learner(address: &str) -> Option<u64> {
        address.strip_prefix("learner-")?.split('@').next()?.parse().ok()
    }

    /// The event that a learner has passed, as JSON.
    pub(crate) fn body(&self, learner: u64) -> String {
        let now = self.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let course = Self::course(learner);
        format!(
            r#"{{"id":"attempt-{learner}","type":"assessment.passed","timestamp":"{now}","data":{{"learner":{{"id":"u-{learner}","email":"learner-{learner}@example.test","name":"Learner Number {learner}"}},"course":{{"id":"course-{course}","name":"Workplace Safety, group {course}"}},"assessment":{{"id":"{ASSESSMENT}","name":"Final quiz"}},"score":{{"given":41,"max":50}},"passed":true,"attempt":1}}}}"#
        )
    }

    /// The whole HTTP request of that event.
    pub(crate) fn request(&self, learner: u64) -> Vec<u8> {
        let body = self.body(learner);
        let mut request = format!("POST /hooks/{SOURCE} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in self.headers(learner, &body) {
            request.extend([name, ": ", &value, "\r\n"]);
        }
        request.extend([format!("content-length: {}\r\n\r\n", body.len()), body]);
        request.into_bytes()
    }

    /// What stands above the body of that event, but for what HTTP itself needs.
    pub(crate) fn headers(&self, learner: u64, body: &str) -> [(&'static str, String); 5] {
        let sent_at = self.clock.now().timestamp();
        let mut mac = self.key.clone();
        mac.update(format!("msg_{learner}.{sent_at}.").as_bytes());
        mac.update(body.as_bytes());
        [
            ("user-agent", AGENT.to_owned()),
            ("content-type", "application/json".to_owned()),
            ("webhook-id", format!("msg_{learner}")),
            ("webhook-timestamp", sent_at.to_string()),
            ("webhook-signature", format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))),
        ]
    }
}
