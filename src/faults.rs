//! What the test build can do to itself: die at a named place, leave out one of the precautions on
//! which "nothing lost, nothing doubled" rests, fail over one learner, let its clock run faster.
//! `tests/faults` does it to real processes.
//!
//! The test build is the cargo feature `faults`. Without it, which is how the product is built, all
//! of this is empty: each call is nothing, and nothing of it is in the program (a test of
//! `tests/it` looks for it there).

use std::time::Duration;

#[cfg(feature = "faults")]
mod armed;

#[cfg(feature = "faults")]
pub use armed::{BREAK, CLOCK, DIE, TOUCH_ABORT, TOUCH_PANIC};
#[cfg(feature = "faults")]
pub(crate) use armed::{at, broken, time, touch};

/// A place at which a process of the test build can die: one for each moment between two steps of
/// which a crash must lose and double nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(Debug))]
pub enum Point {
    /// Deliveries are written, in a transaction that is not committed.
    AcceptUncommitted,
    /// Deliveries are committed, and nobody was answered.
    AcceptUnanswered,
    /// The sender has its 200, and nothing is published.
    AcceptUnpublished,
    /// The broker has stored a message, and nobody knows.
    PublishUnconfirmed,
    /// Outcomes and events are written, in a transaction that is not committed.
    ConfirmUncommitted,
    /// Outcomes and events are committed, and the events are not published.
    ConfirmUnpublished,
    /// Outcomes and events are committed and published, and the signals' messages not acknowledged.
    ConfirmUnacknowledged,
    /// An award, its credential and its mail are written, in a transaction that is not committed.
    AwardUncommitted,
    /// An award is committed, and its mail is not published.
    AwardUnpublished,
    /// An award is committed, its mail published, and the event's message not acknowledged.
    AwardUnacknowledged,
    /// A message is in its retry queue, and still in the queue from which it came.
    RetryUnacknowledged,
    /// A mail is leased and not sent.
    MailUnsent,
    /// The mail server has taken a mail, and its row does not say so.
    MailUnmarked,
    /// A mail is marked as sent, and its message not acknowledged.
    MailUnacknowledged,
}

/// A precaution that the test build can leave out, to show that a check notices.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(Debug))]
pub enum Break {
    /// Webhooks are answered before they are committed.
    AnswersFirst,
    /// Messages are acknowledged when they are taken.
    AcknowledgesFirst,
    /// Messages are never acknowledged.
    AcknowledgesNever,
    /// Nothing lost is published again.
    SweepsNever,
    /// Messages that no queue takes do not come back.
    PublishesAnywhere,
    /// Confirms of the broker are waited for without a limit.
    WaitsForConfirms,
    /// Answers of the database are waited for without a limit.
    WaitsForDatabase,
    /// Answers of an LMS are waited for without a limit.
    WaitsForLms,
    /// Answers of the mail server are waited for without a limit.
    WaitsForMailServer,
    /// An outage of the database counts as a failure of the event that is judged.
    CountsOutages,
    /// Where the database cannot take a webhook, its sender reads 500 and not when to come again.
    RefusesOutages,
    /// Held awards are not looked at, and each award is the first of its cycle.
    AwardsUnchecked,
    /// An event is marked done in a transaction of its own, before what it awards is stored.
    FinishesFirst,
    /// A mail is marked as sent before it is sent.
    MarksFirst,
    /// A mail's first sending is not marked.
    MarksSecond,
    /// A mail has another Message-ID each time it is sent.
    RenamesMails,
    /// A mail has another Message-ID when it is sent once more.
    RenamesCopies,
    /// What the mail server puts off (4xx, silence, a cut) is parked at once.
    ParksWhatIsPutOff,
    /// What the mail server refuses (5xx) is sent again and again.
    RetriesRefusals,
    /// What the mail server puts off (4xx, silence, a cut) counts as sent.
    TakesSilenceForYes,
    /// What is given up is parked without a reason.
    ParksSilently,
    /// Work that ends the process is not counted, and not worked on alone.
    TriesForEver,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AcceptUncommitted,
        Self::AcceptUnanswered,
        Self::AcceptUnpublished,
        Self::PublishUnconfirmed,
        Self::ConfirmUncommitted,
        Self::ConfirmUnpublished,
        Self::ConfirmUnacknowledged,
        Self::AwardUncommitted,
        Self::AwardUnpublished,
        Self::AwardUnacknowledged,
        Self::RetryUnacknowledged,
        Self::MailUnsent,
        Self::MailUnmarked,
        Self::MailUnacknowledged,
    ];
}

impl Break {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::AnswersFirst,
        Self::AcknowledgesFirst,
        Self::AcknowledgesNever,
        Self::SweepsNever,
        Self::PublishesAnywhere,
        Self::WaitsForConfirms,
        Self::WaitsForDatabase,
        Self::WaitsForLms,
        Self::WaitsForMailServer,
        Self::CountsOutages,
        Self::RefusesOutages,
        Self::AwardsUnchecked,
        Self::FinishesFirst,
        Self::MarksFirst,
        Self::MarksSecond,
        Self::RenamesMails,
        Self::RenamesCopies,
        Self::ParksWhatIsPutOff,
        Self::RetriesRefusals,
        Self::TakesSilenceForYes,
        Self::ParksSilently,
        Self::TriesForEver,
    ];
}

/// A limit for the answers of another program, or, where a build leaves it out, a day.
pub(crate) fn limit(of: Break, limit: Duration) -> Duration {
    if broken(of) { Duration::from_hours(24) } else { limit }
}

/// The product: nothing.
#[cfg(not(feature = "faults"))]
mod inert {
    use chrono::{DateTime, Utc};

    use super::{Break, Point};

    #[inline]
    pub(crate) fn at(_: Point) -> std::future::Ready<()> {
        std::future::ready(())
    }

    #[inline]
    pub(crate) fn broken(_: Break) -> bool {
        false
    }

    #[inline]
    pub(crate) fn touch(_: &str, _: &str) {}

    #[inline]
    pub(crate) fn time(now: DateTime<Utc>) -> DateTime<Utc> {
        now
    }
}

#[cfg(not(feature = "faults"))]
pub(crate) use inert::{at, broken, time, touch};
