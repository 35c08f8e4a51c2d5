//! What the outside can see of the inside: logs and metrics.

mod logs;
mod metrics;

pub use logs::init;
pub use metrics::Metrics;
