//! The database: one set of queries for PostgreSQL and SQLite, by noun.
//!
//! The row is the truth: every method that changes something is one transaction that writes
//! both the result and the work that follows from it.

mod address;
mod applying;
mod award_decisions;
mod awards;
mod bounces;
mod candidates;
mod checkpoint;
mod codes;
mod confirm;
mod connect;
mod credentials;
mod decisions;
mod deliveries;
mod directory;
mod doubts;
mod early_ends;
mod error;
mod further;
mod guard;
mod guarding;
mod held_award;
mod holder;
mod holdings;
mod holds;
mod identity;
mod inputs;
mod keys;
mod learned;
mod learners;
mod lifecycle;
mod links;
mod listing;
mod mailboxes;
mod mails;
mod merge;
mod new_award;
mod notices;
mod out;
mod outcomes;
mod overtaken;
mod parked;
mod people;
mod place;
mod privacy;
mod progress;
mod reconcile;
mod runs;
mod scopes;
mod selection;
mod session;
mod signals;
mod signed;
mod sqlite;
mod statement;
mod status;
mod supersede;
mod sweep;
mod trail;
mod trials;
mod typed;
mod value;
mod versions;
mod waiting;
mod wallets;

use std::collections::BTreeMap;
use std::fmt;

pub use address::{AddressChange, Asked, CONFIRM_WITHIN};
pub use award_decisions::{AwardDecision, AwardState, AwardsDecided, NewAwardDecision};
pub use awards::{AwardCommit, Committed};
pub use bounces::{Bounce, BounceKind};
pub use candidates::{Candidate, Decision, StoredOutcome};
pub use codes::LeasedCode;
pub use connect::OpenError;
pub use credentials::{ClaimState, StoredCredential};
pub use decisions::{BadgeDecision, Decided, DecisionKind, NewDecision};
pub use deliveries::{DeliveryState, NewDelivery, Recorded, Recording, Verdict};
pub use doubts::{Doubt, TwinBadge};
pub use error::StoreError;
pub use guard::{Counted, Passage};
pub use guarding::{Guarded, GuardedAward, Guarding, StillHeld};
pub use held_award::{Basis, HeldAward};
pub use holder::{ASK_AGAIN, Links, Resent, Said};
pub use holdings::{BadgeMail, Holding, Returned, Which};
pub use holds::{Hold, HoldDecided, HoldDecision, HoldState, Scope};
pub use inputs::{AwardBasis, StoredInputs};
pub use keys::{Compromised, IssuerKey, KeyState, NewKey, Purpose};
pub use lifecycle::{AwardChange, Change, Consequence, Loss};
pub use links::{By, Linked, Separated};
pub use mailboxes::ReadTo;
pub use mails::{LeasedMail, MailVerdict};
pub use merge::SharedBadge;
pub use new_award::{NewAward, NewCredential, NewMail};
pub use notices::LeasedNotice;
pub use overtaken::SeenAward;
pub use parked::{Parked, ParkedFilter, ParkedKind};
pub use people::{FoundLearner, OpenEvent, Person, PersonAward, PersonDecision, PersonWait, Who};
pub use place::place;
pub use privacy::{
    ALL_TABLES, BodyPlace, Class, Column, Erased, Expired, Fate, Forgotten, Held, HeldTable, Table, Traits,
};
pub use reconcile::StoredResult;
pub use runs::{Counts, CourseState, NewRun, Run, RunCourse};
pub use selection::{AwardFilter, SelectedAward};
pub use signals::{ConfirmResult, ConfirmedSignal, NewEvent, RuledOutcome, SignalVerdict, StoredSignal};
pub use signed::SignedDocument;
pub use status::{StatusEntry, StatusList};
pub use supersede::Superseded;
pub use sweep::{Backlog, Due, GRACE, Work};
pub use trail::{BodyGone, DeliveryTrail, EventTrail, SignalTrail, TrailFilter, TrailLearner};
pub use versions::{Publication, RuleVersion};
pub use waiting::{Wait, WaitingAward};
pub use wallets::{Bound, FETCHING, Offering, WalletOffer};

use crate::config::SourceIdentity;
use identity::Identities;
use privacy::Marks;
use session::Pool;
use statement::Statement;

/// The statements of every file.
static ALL_STATEMENTS: &[&[&Statement]] = &[
    address::STATEMENTS,
    applying::STATEMENTS,
    award_decisions::STATEMENTS,
    awards::STATEMENTS,
    bounces::STATEMENTS,
    candidates::STATEMENTS,
    codes::STATEMENTS,
    confirm::STATEMENTS,
    connect::STATEMENTS,
    credentials::STATEMENTS,
    decisions::STATEMENTS,
    deliveries::STATEMENTS,
    directory::STATEMENTS,
    doubts::STATEMENTS,
    early_ends::STATEMENTS,
    further::STATEMENTS,
    guard::STATEMENTS,
    guarding::STATEMENTS,
    holder::STATEMENTS,
    holdings::STATEMENTS,
    holds::STATEMENTS,
    inputs::STATEMENTS,
    keys::STATEMENTS,
    learners::STATEMENTS,
    lifecycle::STATEMENTS,
    links::STATEMENTS,
    listing::STATEMENTS,
    mailboxes::STATEMENTS,
    mails::STATEMENTS,
    merge::STATEMENTS,
    new_award::STATEMENTS,
    notices::STATEMENTS,
    out::STATEMENTS,
    overtaken::STATEMENTS,
    parked::STATEMENTS,
    people::STATEMENTS,
    privacy::STATEMENTS[0],
    privacy::STATEMENTS[1],
    privacy::STATEMENTS[2],
    privacy::STATEMENTS[3],
    privacy::STATEMENTS[4],
    privacy::STATEMENTS[5],
    privacy::STATEMENTS[6],
    privacy::STATEMENTS[7],
    progress::STATEMENTS,
    reconcile::STATEMENTS,
    runs::STATEMENTS,
    scopes::STATEMENTS,
    selection::STATEMENTS,
    signals::STATEMENTS,
    signed::STATEMENTS,
    status::STATEMENTS,
    supersede::STATEMENTS,
    sweep::STATEMENTS,
    trail::STATEMENTS,
    trials::STATEMENTS,
    typed::STATEMENTS,
    versions::STATEMENTS,
    waiting::STATEMENTS,
    wallets::STATEMENTS,
];

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    identities: Identities,
    marks: Marks,
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The pool's own form may show more of the URL than is good.
        formatter.debug_tuple("Store").field(&self.kind()).finish()
    }
}

impl Store {
    /// Opens the database for those who migrate it next; a SQLite file is made if it is missing.
    ///
    /// `url` is `sqlite://path`, `sqlite::memory:` or `postgres://…`; `connections` is how many
    /// may be open at once (SQLite: for reading, beside the one that writes).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached, [`StoreError::Refused`] when the
    /// URL is wrong; the message has no password.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        Ok(Self::on(Pool::connect(url, connections).await?))
    }

    fn on(pool: Pool) -> Self {
        Self { pool, identities: Identities::default(), marks: Marks::default() }
    }

    /// Links learners by what the configuration says of each source; of a source that it does not
    /// name the addresses link.
    pub fn with_identities(self, sources: BTreeMap<String, SourceIdentity>) -> Self {
        Self { identities: Identities::new(sources), ..self }
    }

    /// Brings the tables to this version's form; safe when several processes start at once, and
    /// when a process of a newer version was here before.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.pool.migrate().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pool.ping().await
    }

    /// Has the database read every statement of this program, without running any: finds
    /// tables that do not fit this version. Answers how many there are.
    pub async fn verify(&self) -> Result<usize, StoreError> {
        let mut session = self.pool.read().await?;
        let mut count = 0;
        for statement in ALL_STATEMENTS.iter().flat_map(|list| list.iter()) {
            session.prepare(statement).await?;
            count += 1;
        }
        Ok(count)
    }

    /// `postgres` or `sqlite`, for people.
    pub fn kind(&self) -> &'static str {
        match self.pool {
            Pool::Postgres(_) => "postgres",
            Pool::Sqlite { .. } => "sqlite",
        }
    }

    /// Finishes what is under way and closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
