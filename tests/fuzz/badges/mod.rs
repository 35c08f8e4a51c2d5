//! Badges: of strangers, in images, as JWTs, and their canonical form.

pub(crate) mod bake;
pub(crate) mod canonical;
pub(crate) mod verify;

mod samples;

pub(crate) use samples::{SEED, now};

#[cfg(test)]
mod tests;
