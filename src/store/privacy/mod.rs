//! What is held about one learner: found in every table and handed out.

mod concern;
mod held;
mod record;
mod register;

pub use held::{Held, HeldTable};
pub use register::{ALL_TABLES, Class, Column, Fate, Table};

use super::statement::Statement;

/// The statements of this folder.
pub(super) static STATEMENTS: [&[&Statement]; 2] = [concern::STATEMENTS, register::STATEMENTS];
