//! Fuzz targets: everything that reads bytes from outside, each with what must hold of whatever it
//! reads. `tests/fuzz/run` says how they are run.
//!
//! A target is a function over bytes that panics when something does not hold. Inputs have the form
//! of the real thing, so that files of it are seeds: a request, a mail, an image. What must prove
//! where it comes from is signed here, with keys of the tests: no mutation would find a signature.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a panic is what a target is for")]

mod badges;
mod configuration;
mod input;
mod lms;
mod mails;
mod pages;
mod wallets;
mod web;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target; each has a program in `targets` and a folder in `seeds`.
pub const TARGETS: &[Target] = &[
    ("automation", lms::automation::receive),
    ("badge_file", configuration::badge_file),
    ("bake", badges::bake::bake),
    ("blackboard", lms::blackboard::receive),
    ("blackboard_api", lms::blackboard::confirm),
    ("bounces", mails::bounces),
    ("canonical", badges::canonical::canonical),
    ("canvas", lms::canvas::receive),
    ("canvas_api", lms::canvas::confirm),
    ("dsn", mails::dsn),
    ("jwt", badges::verify::jwt),
    ("keys", wallets::keys),
    ("mbox", mails::mbox),
    ("moodle", lms::moodle::receive),
    ("moodle_api", lms::moodle::confirm),
    ("settings", configuration::settings),
    ("template", badges::bake::template),
    ("verify", badges::verify::verify),
    ("verify_form", pages::verify::form),
    ("wallet", wallets::wallet),
    ("wallet_requests", pages::wallets::requests),
    ("web", web::web),
];

/// Runs the target of this name.
///
/// # Panics
/// When there is none, or when something does not hold of what it read.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("there is no such target");
    target(data);
}

#[cfg(test)]
mod tests;
