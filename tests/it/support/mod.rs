//! What the tests share.

pub(crate) mod app;
pub(crate) mod backup;
pub(crate) mod broker;
pub(crate) mod database;
pub(crate) mod documents;
pub(crate) mod front;
pub(crate) mod issuer;
pub(crate) mod proxy;
pub(crate) mod smtp;
