//! Workers: confirm, award, mail, the sweeper that brings back what was lost on the way, and
//! reconciliation, which finds what never came.
//!
//! Each takes messages in batches, does the work in one transaction, and acknowledges after the
//! commit, never before. A message is only a nudge: what is to be done is read from the row.

mod asked;
mod award;
mod basis;
mod bounces;
mod confirm;
mod cycle;
mod everybody;
mod gate;
mod issue;
mod judge;
mod mail;
mod outage;
mod places;
mod recheck;
mod reconcile;
mod resign;
mod retention;
mod retry;
mod ruling;
#[cfg(test)]
mod samples;
mod seats;
mod simulate;
mod standing;
mod sweep;
mod trial;
mod turns;
mod unwind;
mod verdict;
mod words;

pub use asked::asked;
pub use award::Awarder;
pub use bounces::{Bounces, Mailbox, Mbox, Taken, examine_mbox};
pub use confirm::{Confirmer, Share, Source};
pub(crate) use cycle::{present, term_of};
pub use everybody::Everybody;
pub use mail::Mailer;
pub use places::Places;
pub use recheck::{Recheck, recheck};
pub use reconcile::{AWARDS, Order, Reconciler, Refusal};
pub use resign::Resigner;
pub use retention::Retention;
pub use simulate::{Effect, EffectKind, simulate};
pub use sweep::Sweeper;
pub use trial::Trials;
pub use turns::Turns;
