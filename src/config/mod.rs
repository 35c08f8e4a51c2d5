//! Configuration: TOML, environment variables over it, secrets from environment or file.
//!
//! A text becomes a tree that knows its lines (`document`), layers are put over each other and
//! references resolved (`layers`), the tree is read into [`Settings`] (`decode`) and checked for
//! what types cannot say (`check`). Badge files go the same way (`catalog`, `award`, `vocabulary`).

mod award;
mod catalog;
mod changes;
mod check;
mod cycle;
mod decode;
mod deserializer;
mod document;
mod drawn;
mod files;
mod guard;
mod images;
mod issuers;
mod layers;
mod load;
mod origins;
mod regrade;
mod schedule;
mod settings;
mod sources;
mod stacks;
mod trial;
mod vocabulary;

pub use catalog::{BadgeFile, Catalog, NoBadge};
pub use changes::BadgeChange;
pub use cycle::{Again, Expiry, Lifetime, Span, Term, TermSettings};
pub use files::BadgeFiles;
pub use guard::{Expect, Expected, Guard, GuardSettings, Notify};
pub use issuers::Nameable;
pub use load::{ConfigError, Problem, load, load_str};
pub use origins::Origins;
pub use regrade::{Regrade, RegradePolicy};
pub use schedule::{ReconcileSettings, Schedule};
pub use settings::{
    BounceSettings, ClaimSettings, DatabaseSettings, DidMethod, DkimSettings, IssuerSettings, LogFormat,
    LogSettings, MailSettings, QueueSettings, RetentionSettings, ServerSettings, Settings, SourceIdentity,
    SourceSettings, WorkerSettings,
};
pub use sources::sources;

#[cfg(test)]
mod tests;
