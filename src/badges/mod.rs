//! Open Badges 3.0: what a badge says, how it is signed and verified. Pure: no I/O, no clock.
//!
//! The way of a credential: [`credential()`] builds it, `structure` says whether it is complete,
//! `rdf` gives it its meaning by the table in [`vocabulary`], [`canonical`] its one form, and
//! [`prepare()`] says what is to be signed, and [`Prepared::seal`] adds the proof. [`verify::verify`] goes the same way back.
//! Where many badges are signed, [`Compiled`] does what [`prepare()`] does, by templates.

mod achievement;
pub mod bake;
pub mod canonical;
pub mod certificate;
mod clr;
mod compiled;
mod credential;
mod document;
mod drawing;
pub mod holder;
mod issuer;
mod json_text;
mod jwt;
mod key;
pub mod proof;
mod rdf;
mod rdfc;
mod sign;
pub mod status;
mod structure;
pub mod template;
pub mod verify;
pub mod vocabulary;

pub use achievement::{
    ACHIEVEMENT_TYPES, Achievement, Alignment, Related, TARGET_TYPES, Translation, is_achievement_type,
    is_target_type,
};
pub use bake::BadgeImage;
pub use clr::{HELD, learner_record, rests_on};
pub use compiled::Compiled;
pub use credential::{
    Evidence, Issue, RENEWAL, REPLACEMENT, ResultEntry, achievement_document, credential, document,
    without_links,
};
pub use document::Document;
pub use issuer::{Issuer, Profile, PublicKeys, Signatory};
pub use jwt::{JwtKey, jwt};
pub use key::{KeyError, SigningKey, is_signature};
pub use sign::{Prepared, SignError, Way, prepare, seal_own, sign, unsigned};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
