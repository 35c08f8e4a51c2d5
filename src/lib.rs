//! Accolade turns passing grades into signed Open Badges 3.0 credentials.
//!
//! `ARCHITECTURE.md` shows the way of one event through these modules.

pub mod app;
pub mod arriving;
pub mod badges;
pub mod catalogs;
pub mod claim;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod faults;
#[doc(hidden)]
pub mod fuzzing;
pub mod health;
pub mod ids;
pub mod ingest;
pub mod lms;
pub mod locales;
pub mod mail;
pub mod negotiation;
mod private;
pub mod queue;
pub mod remote;
pub mod rules;
pub mod secrets;
pub mod serving;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod unread;
pub mod web;
pub mod worker;
