//! The fault harness: real processes of the test build (`src/faults.rs`), with roles in processes of
//! their own on PostgreSQL and RabbitMQ, or all in one on SQLite. They are killed, at named places
//! and by a seeded schedule, while a sender posts as an LMS does and a mail server counts; then
//! [`checks`] compares what was accepted with what came of it. For each check there is a broken
//! build about which it complains ([`broken`]).
//!
//! `./tests/run faults` runs it: a short form, or a long one with `ACCOLADE_FAULTS=long`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aborts;
mod broken;
mod checks;
mod duplicates;
mod evidence;
mod kills;
mod ledger;
mod part;
mod points;
mod poison;
mod queues;
mod random;
mod sender;
mod stops;
mod versions;
mod world;

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../it/support/mod.rs"]
mod support;
