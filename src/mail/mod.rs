//! Claim mails: their text, and how they leave.

mod compose;
mod dial;
mod dkim;
mod outbox;
pub mod read;
mod smtp;
mod transport;

pub use compose::{ClaimMail, Composed, Composer, MailError};
pub use smtp::SmtpTransport;
pub use transport::{SendError, Transport, TransportOptions};
