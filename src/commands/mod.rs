//! The command line.

mod awards;
mod badge;
mod check;
mod confirm;
mod deliveries;
mod doctor;
mod explain;
mod held;
mod keys;
mod mails;
mod named;
mod parked;
mod people;
mod publish;
mod recheck;
mod reconcile;
mod rehearsal;
mod serve;
mod signer;
mod simulate;
mod verify;
mod waiting;
mod whom;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Parser, Subcommand};

use crate::app::{Role, reach};
use crate::config::{self, Settings};
use crate::demo;
use crate::store::{OpenError, Store};

pub(crate) use serve::stop_on_signal;

/// Turns passing grades from Moodle, Canvas, Blackboard and automation tools into signed Open
/// Badges 3.0 credentials.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration file. Without it the defaults serve, with `ACCOLADE_…` variables over them.
    #[arg(long, short, global = true, env = "ACCOLADE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: take webhooks, award badges, send mails, serve pages.
    Serve {
        /// What this process does; everything by default. Several processes can share the work
        /// when the queue is RabbitMQ.
        #[arg(long, value_delimiter = ',', value_enum, value_name = "ROLE,…")]
        roles: Vec<Role>,
    },
    /// Read the configuration, every badge file and the files with keys, and name all that is wrong in
    /// them.
    Check {
        /// Also ask the LMSs whether they have the courses and assessments that the badges name.
        #[arg(long)]
        online: bool,
    },
    /// Look at badges before learners do.
    Badge {
        #[command(subcommand)]
        command: badge::Badge,
    },
    /// Bring the badges of a folder into use, as a version that never changes.
    Publish(publish::Publish),
    /// Try a draft of the badges on what was confirmed until now: who would gain or lose what.
    Simulate(simulate::Simulate),
    /// Make, show and replace the keys that the service signs with.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Verify a badge of any issuer: a file (JSON, a JWT, or a baked PNG or SVG) or a link. Ends with
    /// 0 if it is valid, 1 if it is not, and 3 if it could not be checked completely, or not be read at
    /// all.
    Verify(verify::Verify),
    /// Try the database, the queue, the mail server and every LMS, and say what to mend.
    Doctor,
    /// Compare the gradebooks with what is stored: finds results of which no webhook told.
    Reconcile(reconcile::Reconcile),
    /// Show what arrived and what became of it.
    Deliveries(deliveries::Deliveries),
    /// Show work that was given up, take it up again once its cause is mended, or drop it.
    Parked {
        #[command(subcommand)]
        command: parked::Work,
    },
    /// Say why a learner has a badge or not, and what would change it.
    Explain(explain::Explain),
    /// Judge awards again by the facts and the rules that are kept with them.
    Recheck(recheck::RecheckAwards),
    /// Show awards and decide about them, one or many at once: a decision outranks the rules.
    #[command(alias = "award")]
    Awards {
        #[command(subcommand)]
        command: awards::Awards,
    },
    /// Show badges that are earned and not signed yet, because a name, an address or
    /// the person is in doubt, or the guard holds them.
    Waiting(waiting::Waiting),
    /// Show what the guard holds because more badges than expected were about to be awarded, and
    /// decide about it.
    Held(held::Held),
    /// Show what became of the mails about badges and what learners said, and mail a claim link again.
    Mails(mails::Mails),
    /// Decide who is who among learners of several LMSs; hand out or erase what is held about one.
    People {
        #[command(subcommand)]
        command: people::People,
    },
    /// Show the whole way of a badge, with a sandbox in place of the LMSs and of the mail server.
    Demo(demo::Demo),
}

/// The database, for a command that makes none.
async fn opened(settings: &Settings, connections: u32) -> anyhow::Result<Store> {
    Store::open(settings.database.url.expose(), connections).await.map_err(|error| unopened(settings, error))
}

/// Why the database cannot be used, and the mend.
fn unopened(settings: &Settings, error: OpenError) -> anyhow::Error {
    match error {
        OpenError::Store(error) => reach::database(settings, error),
        error @ OpenError::NotReady(_) => error.into(),
    }
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// What to show the user.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = || -> anyhow::Result<Settings> {
            let env: BTreeMap<String, String> = std::env::vars().collect();
            config::load(self.config.as_deref(), &env).map_err(|error| match &self.config {
                Some(_) => error.into(),
                None => anyhow!("{error}\nname a configuration file with --config FILE or ACCOLADE_CONFIG"),
            })
        };
        match self.command {
            Command::Serve { roles } => serve::run(settings()?, &roles).await,
            Command::Check { online } => check::run(settings(), online).await,
            Command::Badge { command } => badge::run(&command, &settings()?),
            Command::Publish(command) => publish::run(&command, &settings()?).await,
            Command::Simulate(command) => simulate::run(&command, &settings()?).await,
            Command::Recheck(command) => recheck::run(&command, &settings()?).await,
            Command::Keys { command } => keys::run(&command, settings).await,
            Command::Verify(command) => Ok(verify::run(&command).await),
            Command::Doctor => doctor::run(settings()?).await,
            Command::Reconcile(command) => reconcile::run(&command, settings()?).await,
            Command::Deliveries(command) => deliveries::run(&command, &settings()?).await,
            Command::Parked { command } => parked::run(&command, &settings()?).await,
            Command::Explain(command) => explain::run(&command, &settings()?).await,
            Command::Awards { command } => awards::run(&command, &settings()?).await,
            Command::Waiting(command) => waiting::run(&command, &settings()?).await,
            Command::People { command } => people::run(&command, &settings()?).await,
            Command::Mails(command) => mails::run(&command, &settings()?).await,
            Command::Held(command) => held::run(&command, &settings()?).await,
            Command::Demo(command) => demo::run(command).await,
        }
    }
}
