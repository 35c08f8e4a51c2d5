//! The contract of the store: every test runs on SQLite, and on PostgreSQL where
//! `DATABASE_URL` names one.

mod award_decisions;
mod awards;
mod confirm;
mod credentials;
mod database;
mod deliveries;
mod delivery;
mod erasure;
pub(crate) mod fixtures;
mod guard;
mod identity;
mod keys;
mod lifecycle;
mod linking;
mod mailboxes;
mod mails;
mod parked;
mod people;
mod plans;
mod privacy;
mod reconcile;
mod retention;
mod status;
mod sweep;
mod trail;
mod trials;
mod versions;
mod wallets;

/// Makes two tests of each function: `name::sqlite` and `name::postgres`.
macro_rules! contract {
    ($($(#[$doc:meta])* async fn $name:ident($database:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test uses everything")]
            use super::*;

            $(#[$doc])*
            async fn check($database: &$crate::support::database::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                check(&$crate::support::database::TestDatabase::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = $crate::support::database::TestDatabase::postgres().await {
                    check(&database).await;
                }
            }
        }
    )+};
}
use contract;
