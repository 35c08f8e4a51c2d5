//! The fault harness: real processes of the test build (`src/faults.rs`), with roles in processes of
//! their own on PostgreSQL and RabbitMQ, or all in one on SQLite. They are killed, at named places
//! and by a seeded schedule, while a sender posts as an LMS does and a mail server counts; then
//! [`checks`] compares what was accepted with what came of it. For each check there is a broken
//! build about which it complains ([`broken`]).
//!
//! `./tests/run faults` runs it: a short form, or a long one with `ACCOLADE_FAULTS=long`.
//!
//! Which test shows which fault:
//!
//! | fault | test |
//! | --- | --- |
//! | death at each crash point | [`points`] |
//! | kill -9 of ingest, worker, mailer at any time | [`kills`] |
//! | SIGTERM under load | [`stops`] |
//! | broker killed and started again, frozen, under a memory alarm and a disk alarm | [`broker`] |
//! | a queue deleted, with its work and under its worker; a queue declared otherwise | [`broker`] |
//! | a binding that is gone; a broker that confirms nothing any more, half-open or frozen | [`broken`] |
//! | connections cut, reset, cut in the middle, slow, silent, half-open, before broker, database, mail server and LMS | [`network`] |
//! | database stopped, killed, frozen, locked, on a full disk | [`database`] |
//! | mail server: 4xx, 5xx, hangs, cuts after the final dot | [`mail`] |
//! | LMS API: 429, 403 with text, 5xx, HTML, silence, expired token | `tests/it/lms_faults.rs` |
//! | what cannot be read; a handler that panics | [`poison`] |
//! | a handler that ends the process | [`aborts`] |
//! | duplicates, in any order | [`duplicates`] |
//! | versions side by side, across a migration | [`versions`] |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aborts;
mod broken;
mod broker;
mod checks;
mod configuration;
mod database;
mod disk;
mod duplicates;
mod evidence;
mod kills;
mod ledger;
mod load;
mod mail;
mod network;
mod part;
mod points;
mod poison;
mod postgres;
mod queues;
mod random;
mod sender;
mod stops;
mod versions;
mod watch;
mod world;

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../it/support/mod.rs"]
mod support;
