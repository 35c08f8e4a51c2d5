//! Mails to learners and administrators: their text, and how they leave.

mod code;
mod compose;
mod dial;
mod dialogue;
mod dkim;
pub mod dsn;
pub mod mbox;
mod notice;
mod outbox;
pub mod read;
mod smtp;
mod transport;

pub use code::CodeMail;
pub use compose::{ClaimMail, Composed, Composer, MailError, usable_address};
pub use notice::NoticeMail;
pub use outbox::remove as remove_from_outbox;
pub use smtp::SmtpTransport;
pub use transport::{SendError, Transport, TransportOptions};
