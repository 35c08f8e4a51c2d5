//! `accolade awards`

mod badge;
mod change;
mod select;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::badge::Badge;
use self::change::{Change, Expire};
use self::select::{List, list};
use super::whom::text;
use crate::config::Settings;
use crate::store::AwardDecision;

/// What to do about awards.
#[derive(Debug, Subcommand)]
pub(super) enum Awards {
    /// Show awards: whose, of when, by which rules, claimed or not, and what they are now.
    List(List),
    /// Award a badge to a learner whether or not its rule is met; no regrade takes it away.
    Grant(Badge),
    /// Let no rule award a badge to a learner, and none reinstate it. What they hold stays.
    Refuse(Badge),
    /// Take awards away, for good. A revoked badge comes back by a grant only, and one that can be
    /// earned again also by new results of its next time.
    Revoke(Change),
    /// Suspend awards until another decision; no regrade lifts it.
    Suspend(Change),
    /// Make suspended awards valid again; no regrade takes them away. An early end is taken back.
    Reinstate(Change),
    /// Let awards end at a time, whatever end they were signed with: they are revoked then.
    Expire(Expire),
    /// Issue awards again by the badges and rules in use, and revoke the old ones: whoever earns the
    /// badge by these rules, too, gets a new credential with the same dates and a mail that brings it.
    /// The others keep theirs.
    Supersede(Change),
}

/// Why, and who decided.
#[derive(Debug, Args)]
struct Reason {
    /// Why. It is kept for ever, and shown to administrators only.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decided.
    #[arg(long, value_name = "NAME", default_value = "an administrator")]
    by: String,
}

impl Reason {
    /// Both, where they say something.
    fn checked(&self) -> anyhow::Result<(String, String)> {
        Ok((text("reason", &self.reason)?, text("by", &self.by)?))
    }
}

pub(super) async fn run(command: &Awards, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    match command {
        Awards::List(command) => list(&store, command, settings).await,
        Awards::Grant(command) => badge::grant(&store, command, settings).await,
        Awards::Refuse(command) => badge::refuse(&store, command, settings).await,
        Awards::Revoke(command) => {
            change::run(&store, command, AwardDecision::Revoke, settings, &|_| None).await
        }
        Awards::Expire(command) => change::expire(&store, command, settings).await,
        Awards::Supersede(command) => change::supersede(&store, command, settings).await,
        Awards::Suspend(command) => {
            change::run(&store, command, AwardDecision::Suspend, settings, &|_| None).await
        }
        Awards::Reinstate(command) => {
            change::run(&store, command, AwardDecision::Reinstate, settings, &|_| None).await
        }
    }
}
