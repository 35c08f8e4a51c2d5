//! The client for confirmations: what every call to an LMS has in common.
//!
//! One [`Client`] for each source, so that a slow or broken LMS slows nobody else: its own
//! limit of concurrent calls, its own circuit breaker, its own cache.

mod breaker;
mod cache;
mod client;
mod keys;
mod repeated;

pub use client::{Client, Limits};
pub use keys::{KeySets, Renewed};
