//! A signal: what a delivery says may have changed. A hint, until the LMS confirms it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApiError, Outcome};

/// What a delivery says may have changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// Recognises the same signal when it is sent again; unique within its source.
    ///
    /// The sender's event id where there is a stable one, else the business state that the
    /// event tells.
    pub key: String,
    /// Signals of one source with the same batch are confirmed by one call, so this names what
    /// that call reads: a course, a gradebook column.
    pub batch: String,
    /// The event's name as the LMS writes it, for people: `\core\event\user_graded`.
    pub event: String,
    /// The learner's id in the LMS.
    pub learner: String,
    /// The course's id in the LMS, where the event names one.
    pub course: Option<String>,
    /// When the LMS says it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What the connector needs to confirm it. No names and no addresses.
    pub detail: serde_json::Value,
    /// The outcome itself, when the signal is its own confirmation: an automation source that
    /// is configured as trusted, under a verified signature.
    pub outcome: Option<Box<Outcome>>,
}

/// What the LMS says to one signal.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirmation {
    /// The LMS shows a state that agrees with the signal. Every outcome read for its learner
    /// may be here, not only the one signalled.
    Settled(Vec<Outcome>),
    /// The LMS does not (yet) show what the signal tells: it may not have committed. The host
    /// asks again for a while, then takes `outcomes` for the truth.
    Unsettled {
        /// What the LMS shows now.
        outcomes: Vec<Outcome>,
        /// What is missing, for people.
        why: String,
    },
    /// There is nothing to record, now and later: the learner, course or item does not exist.
    Nothing {
        /// Why, for people.
        why: String,
    },
    /// Nothing could be read of this learner now, though of others perhaps: the LMS did not
    /// answer ([`ApiError::Unavailable`]) or asked to slow down ([`ApiError::RateLimited`]),
    /// here or at another learner of the batch, and the host asks again; or the account may not see
    /// enough of this one ([`ApiError::Unauthorized`]), and it waits for a human.
    Unread(ApiError),
}
