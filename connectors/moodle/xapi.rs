//! Requests of `logstore_xapi`: batches of xAPI 1.0.3 statements.
//!
//! A statement is written when cron runs, from the rows as they are then, and its `success` and
//! `score.scaled` are not to be relied on. So a statement tells who, where and when; the API
//! tells the rest. The plugin expects the list of statement ids in the answer (xAPI 1.0.3,
//! part 3, section 2.1.2).

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::auth;
use super::event::Event;
use super::number;
use super::settings::Settings;
use crate::{Receipt, Rejection, Reply, Request, Signal};

/// The context extension in which the plugin names the Moodle event.
const INFO: &str = "http://lrs.learninglocker.net/define/extensions/info";
/// The longest statement id that is taken over; a UUID has 36 characters.
const LONGEST_ID: usize = 64;

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

#[derive(Deserialize)]
struct Statement {
    id: Option<String>,
    timestamp: Option<String>,
    actor: Option<Actor>,
    verb: Option<Verb>,
    object: Option<Activity>,
    result: Option<Outcome>,
    context: Option<Context>,
}

#[derive(Deserialize)]
struct Actor {
    mbox: Option<String>,
    account: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Verb {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Activity {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    success: Option<bool>,
}

#[derive(Deserialize)]
struct Context {
    extensions: Option<Value>,
    #[serde(rename = "contextActivities")]
    activities: Option<Activities>,
}

#[derive(Deserialize)]
struct Activities {
    parent: Option<OneOrMany<Activity>>,
    grouping: Option<OneOrMany<Activity>>,
}

/// Authenticates and reads one batch.
pub(super) fn receive(settings: &Settings, request: &Request<'_>) -> Result<Receipt, Rejection> {
    auth::basic(request.headers, settings.xapi.as_ref())?;
    let statements = split(request.body).map_err(|error| Rejection::Malformed {
        reason: format!(
            "not a statement or a list of statements in JSON (line {}, column {})",
            error.line(),
            error.column()
        ),
        body: Some(request.body.to_vec()),
    })?;
    let mut receipt = Receipt {
        signals: Vec::new(),
        ignored: Vec::new(),
        reply: Reply::Standard,
        body: request.body.to_vec(),
    };
    let mut ids = Vec::with_capacity(statements.len());
    for (at, raw) in statements.into_iter().enumerate() {
        // One unreadable statement must not hold up the others: the plugin would send the same
        // batch again for ever.
        let statement = serde_json::from_str::<Statement>(raw.get()).ok();
        let id = statement
            .as_ref()
            .and_then(|statement| statement.id.clone())
            .filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)
            .unwrap_or_else(|| made_id(raw.get()));
        let read = match statement {
            Some(statement) => statement.signal(&id),
            None => Err("not an xAPI statement".to_owned()),
        };
        match read {
            Ok(signal) => receipt.signals.push(signal),
            Err(why) => receipt.ignored.push(format!("statement {}: {why}", at + 1)),
        }
        ids.push(Value::String(id));
    }
    receipt.reply = Reply::Json(Value::Array(ids));
    Ok(receipt)
}

/// The statements of a body, each as it stands there.
fn split(body: &[u8]) -> Result<Vec<&RawValue>, serde_json::Error> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return serde_json::from_slice(body);
    }
    Ok(vec![serde_json::from_slice(body)?])
}

/// An id for a statement without one: a UUID of version 8 (RFC 9562, section 5.8) from its
/// content, so that the same statement has the same id whenever it is sent.
fn made_id(statement: &str) -> String {
    let mut bits: [u8; 16] = [0; 16];
    for (bit, hash) in bits.iter_mut().zip(Sha256::digest(statement.as_bytes())) {
        *bit = hash;
    }
    let mut number = u128::from_be_bytes(bits);
    number = number & !(0xf << 76) | (0x8 << 76);
    number = number & !(0x3 << 62) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

impl Statement {
    /// The signal, if the statement gives one.
    ///
    /// # Errors
    /// Why it gives none, for people.
    fn signal(self, id: &str) -> Result<Signal, String> {
        let name = self.event_name().ok_or("it names no Moodle event (is “event_name” in its context?)")?;
        let verb = self.verb.as_ref().and_then(|verb| verb.id.as_deref()).unwrap_or_default();
        let object = self.object.as_ref().and_then(Activity::place);
        let undecided = self.result.as_ref().is_none_or(|result| result.success.is_none());
        let why = match name.rsplit('\\').next().unwrap_or_default() {
            // One attempt is told in many statements: one for the attempt, one for each answer.
            "attempt_submitted" if !matches!(object, Some(Place::Module(_))) => {
                Some("an answer; the attempt has its own statement")
            }
            "course_module_completion_updated" if verb.ends_with("/completed") && undecided => {
                Some("completed without a decision on passing")
            }
            _ => None,
        };
        if let Some(why) = why {
            return Err(format!("{name}: {why}"));
        }
        let course = match object {
            Some(Place::Course(course)) => Some(course),
            _ => self.course(),
        };
        let instance = match object {
            Some(Place::Module(cmid)) => Some(cmid),
            _ => None,
        };
        let learner = self.actor.as_ref().and_then(Actor::learner);
        let at = self.timestamp.as_deref().and_then(|time| time.parse::<DateTime<Utc>>().ok());
        let event = Event { name, course, instance, at, ..Event::default() };
        event.signal_for(learner, format!("xapi|{id}"))
    }

    fn event_name(&self) -> Option<String> {
        let name = self.context.as_ref()?.extensions.as_ref()?.get(INFO)?.get("event_name")?.as_str()?;
        Some(name.to_owned())
    }

    /// The course in which it happened.
    fn course(&self) -> Option<u64> {
        let activities = self.context.as_ref()?.activities.as_ref()?;
        let of = |list: &Option<OneOrMany<Activity>>| {
            let place = |activity: &Activity| match activity.place() {
                Some(Place::Course(course)) => Some(course),
                _ => None,
            };
            match list {
                Some(OneOrMany::One(activity)) => place(activity),
                Some(OneOrMany::Many(activities)) => activities.iter().find_map(place),
                None => None,
            }
        };
        of(&activities.parent).or_else(|| of(&activities.grouping))
    }
}

impl Actor {
    /// The learner as far as the statement names them; the API gives the id for an address or a
    /// user name.
    fn learner(&self) -> Option<String> {
        if let Some(address) = self.mbox.as_deref().and_then(|mbox| mbox.strip_prefix("mailto:")) {
            return Some(format!("email:{address}"));
        }
        let name = self.account.as_ref()?.name.as_deref()?;
        match number::id_text(name) {
            Some(id) => Some(id.to_string()),
            None => Some(format!("username:{name}")),
        }
    }
}

/// What an activity's address names.
enum Place {
    Course(u64),
    Module(u64),
}

impl Activity {
    fn place(&self) -> Option<Place> {
        let url = Url::parse(self.id.as_deref()?).ok()?;
        let number = |name: &str| {
            let pair = url.query_pairs().find(|(key, _)| key == name)?;
            number::id_text(&pair.1)
        };
        let path = url.path();
        if path.ends_with("/course/view.php") {
            Some(Place::Course(number("id")?))
        } else if path.ends_with("/mod/quiz/attempt.php") {
            Some(Place::Module(number("cmid")?))
        } else if path.contains("/mod/") && path.ends_with("/view.php") {
            Some(Place::Module(number("id")?))
        } else {
            None
        }
    }
}
