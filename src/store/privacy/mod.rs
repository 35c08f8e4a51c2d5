//! What is held about one learner: found in every table, handed out and erased.

mod bodies;
mod concern;
mod emptying;
mod erase;
mod held;
mod marks;
mod mentions;
mod record;
mod register;
mod retention;

pub use bodies::{BodyPlace, Traits};
pub(super) use emptying::empty;
pub use erase::Erased;
pub use held::{Held, HeldTable};
pub(super) use marks::{About, Marks};
pub use register::{ALL_TABLES, Class, Column, Fate, Table};
pub use retention::{Expired, Forgotten};

use super::statement::Statement;

/// The statements of this folder.
pub(super) static STATEMENTS: [&[&Statement]; 8] = [
    bodies::STATEMENTS,
    concern::STATEMENTS,
    emptying::STATEMENTS,
    erase::STATEMENTS,
    marks::STATEMENTS,
    mentions::STATEMENTS,
    register::STATEMENTS,
    retention::STATEMENTS,
];
