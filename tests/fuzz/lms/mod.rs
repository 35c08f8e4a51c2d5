//! Connectors: requests of an LMS, and answers of its API.

pub(crate) mod automation;
pub(crate) mod blackboard;
pub(crate) mod canvas;
pub(crate) mod moodle;

mod answers;
mod requests;
