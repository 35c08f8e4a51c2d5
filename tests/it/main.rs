//! Integration tests: one binary, real PostgreSQL and RabbitMQ where `DATABASE_URL` and
//! `AMQP_URL` name them (`./tests/run` starts them).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accept;
mod architecture;
mod badges;
mod bench;
mod bulkheads;
mod canvas_signed;
mod cli;
mod config;
mod cycles;
mod delivery;
mod erasure;
mod forms;
mod guard;
mod identity;
mod issuers;
mod journey;
mod keys;
mod lifecycle;
mod limits;
mod lms;
mod lms_faults;
mod mail;
mod outage;
mod queue;
mod reconcile;
mod recovery;
mod retention;
mod semester;
mod sharing;
mod store;
mod support;
mod traps;
mod unread;
mod validator;
mod verify;
mod wallets;
mod web;
