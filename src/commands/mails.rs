//! `accolade mails`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use uuid::Uuid;

use super::named;
use super::whom::one;
use crate::clock::Clock;
use crate::config::Settings;
use crate::secrets;
use crate::store::{BadgeMail, Holding, Links, Resent, Store, Which};

/// Mails about badges: what became of them, and what learners said by the links in them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Mails {
    #[command(subcommand)]
    command: Option<What>,
    /// Which badges to list.
    #[arg(long, value_enum, default_value_t = Filter::Trouble)]
    which: Filter,
    /// Only of this learner: SOURCE:ID, an e-mail address, or the institution's id.
    #[arg(long, value_name = "WHO")]
    learner: Option<String>,
    /// Only of this badge: the name of its file without the ending.
    #[arg(long)]
    badge: Option<String>,
    /// For programs: one JSON object a line.
    #[arg(long)]
    json: bool,
    /// How many, newest first; times are UTC.
    #[arg(long, default_value_t = 50, value_parser = named::count)]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Mail the claim link of a badge once more. If the link has ended, the mail has a new one.
    Resend(Resend),
}

#[derive(Debug, Args)]
struct Resend {
    /// The credential, as `accolade mails --which all` lists it: its id, or the address of its page.
    #[arg(required_unless_present = "learner", conflicts_with = "learner", value_parser = named::credential)]
    credential: Option<Uuid>,
    /// Whose badge, instead: SOURCE:ID, an e-mail address, or the institution's id.
    #[arg(long, value_name = "WHO", requires = "badge")]
    learner: Option<String>,
    /// Which badge of theirs: the name of its file without the ending.
    #[arg(long, requires = "learner")]
    badge: Option<String>,
    /// To the address that the LMS tells now, from now on: for a badge whose mail came back or
    /// reached the wrong person, once the address is corrected in the LMS and a result of the learner
    /// was read since. The links that are out work no more.
    #[arg(long)]
    current_address: bool,
    /// Print what came of it as JSON, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Filter {
    /// Unclaimed, and somebody has to do something: the last mail came back or could not be sent, or
    /// it reached the wrong person.
    Trouble,
    /// Of which a mail came back.
    Bounced,
    /// Of which the reader of the mail said: this is not me.
    NotMe,
    /// Declined.
    Declined,
    /// Not claimed yet.
    Unclaimed,
    /// Every one.
    All,
}

impl Filter {
    fn which(self) -> Which {
        match self {
            Self::Trouble => Which::Trouble,
            Self::Bounced => Which::Bounced,
            Self::NotMe => Which::NotMe,
            Self::Declined => Which::Declined,
            Self::Unclaimed => Which::Unclaimed,
            Self::All => Which::Any,
        }
    }
}

pub(super) async fn run(command: &Mails, settings: &Settings) -> anyhow::Result<ExitCode> {
    secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    if let Some(What::Resend(resend)) = &command.command {
        return send_again(&store, resend, settings).await;
    }
    let person = match &command.learner {
        Some(who) => Some(one(&store, who, settings).await?.person),
        None => None,
    };
    let which = command.which.which();
    let found = store.holdings(person, command.badge.as_deref(), which, command.limit).await?;
    if found.is_empty() {
        named::badge(&store, command.badge.as_deref(), settings).await?;
    }
    if found.is_empty() && !command.json {
        println!("{}", if which == Which::Trouble { "no mail needs anybody" } else { "no such badge" });
    }
    let now = Clock::system().now();
    for holding in &found {
        if command.json {
            println!("{}", object(holding));
        } else {
            print!("{}", text(holding, now));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn send_again(store: &Store, resend: &Resend, settings: &Settings) -> anyhow::Result<ExitCode> {
    let credential = match (&resend.credential, &resend.learner) {
        (Some(id), _) => *id,
        (None, who) => {
            let learner = one(store, who.as_deref().unwrap_or_default(), settings).await?;
            let badge = resend.badge.as_deref();
            let held = store.holdings(Some(learner.person), badge, Which::Any, 50).await?;
            let newest = held.into_iter().find(|holding| !holding.revoked);
            let Some(newest) = newest else {
                named::badge(store, badge, settings).await?;
                bail!("they hold no such badge");
            };
            newest.credential
        }
    };
    let address = if resend.current_address {
        let address = store.current_address(credential).await?;
        Some(address.context("the LMS tells no address of the learner")?)
    } else {
        None
    };
    let secret = secrets::claim_secret(&settings.claim.secret_file)?;
    let lasts = TimeDelta::days(i64::from(settings.claim.days));
    let domain = settings.public_url.host_str().context("public_url has no host")?;
    let links = Links { secret: &secret, lasts, domain };
    let resent = store.resend_link(credential, address.as_deref(), &links, Clock::system().now()).await?;
    match resent {
        Resent::Mailed { to, new_link } => {
            if resend.json {
                println!("{}", json!({"credential": credential, "to": to, "new_link": new_link}));
            } else {
                let link =
                    if new_link { "a new link; those that are out work no more" } else { "the same link" };
                println!(
                    "a mail to {to} with {link}: at once where `accolade serve` runs, else when it starts"
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Resent::Revoked => bail!("the badge is revoked: there is nothing to claim"),
        Resent::Disowned { address } => bail!(
            "whoever reads {address} said that the badge is somebody else's; correct the address in the LMS, have a \
             result of the learner read again (`accolade reconcile`), then try again with --current-address"
        ),
        Resent::TooSoon => bail!("there was a mail a short time ago"),
        Resent::Unknown => {
            bail!("there is no credential {credential}; `accolade mails --which all` lists them")
        }
    }
}

/// A badge with its mails, for people.
fn text(holding: &Holding, now: DateTime<Utc>) -> String {
    use std::fmt::Write as _;
    let Holding { credential, badge, name, address, awarded_at, .. } = holding;
    let mut text = format!("{credential} {} {badge} {name} <{address}>\n", day(*awarded_at));
    // Writing into a String cannot fail.
    let state = match (holding.claimed_at, holding.revoked) {
        (_, true) => "revoked".to_owned(),
        (Some(at), false) => format!("claimed on {}", day(at)),
        (None, false) => format!("not claimed yet; the link works until {}", day(holding.claim_until)),
    };
    let lines = std::iter::once(state).chain(said(holding, now));
    for line in lines.chain(holding.mails.iter().map(mail)) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What is out of the ordinary with a badge: what its holder said, what there is to do.
pub(super) fn said(holding: &Holding, now: DateTime<Utc>) -> Vec<String> {
    let Holding { credential, address, claimed_at, declined_at, disowned_at, claim_until, revoked, .. } =
        holding;
    let mut lines = Vec::new();
    if let Some(at) = disowned_at {
        lines.push(format!(
            "whoever reads {address} said on {} that it is not theirs: correct the address in the LMS, then \
             `accolade mails resend {credential} --current-address`",
            day(*at)
        ));
    }
    if let Some(at) = holding.hidden_at {
        lines.push(format!("its holder hid its page on {}", day(at)));
    }
    match (claimed_at, declined_at) {
        (None, Some(at)) => lines.push(format!("declined on {}", day(*at))),
        (None, None) if !revoked && *claim_until <= now => lines.push(format!(
            "not claimed, and the link ended on {}: its page mails a new one, and so does `accolade mails resend \
             {credential}`",
            day(*claim_until)
        )),
        _ => {}
    }
    let lost = holding.mails.last().and_then(|mail| mail.bounce.as_ref()).is_some_and(|b| b.kind == "hard");
    if lost && claimed_at.is_none() {
        lines.push(format!(
            "nothing reaches {address}: correct it in the LMS, then `accolade mails resend {credential} \
             --current-address`"
        ));
    }
    lines
}

/// A mail, for people: `reminder 1: sent on 2026-11-30; came back on …`.
pub(super) fn mail(mail: &BadgeMail) -> String {
    let name = match mail.kind.split_once('-') {
        Some(("reminder", number)) => format!("reminder {number}"),
        Some(("address", _)) => "question to a new address".to_owned(),
        Some(("resend", _)) => "claim link once more".to_owned(),
        _ => format!("{} mail", mail.kind),
    };
    let at = mail.finished_at.map_or_else(|| day(mail.made_at), day);
    let why = if mail.reason.is_empty() { String::new() } else { format!(": {}", mail.reason) };
    let state = match mail.state.as_str() {
        "done" => format!("sent on {at}"),
        "parked" => format!("could not be sent{why}"),
        "withdrawn" if mail.reason.is_empty() => "not needed any more".to_owned(),
        "withdrawn" => format!("not sent{why}"),
        _ => format!("on its way{why}"),
    };
    let Some(bounce) = &mail.bounce else { return format!("{name}: {state}") };
    let what = match bounce.kind.as_str() {
        "hard" => "came back for good",
        "soft" => "came back",
        _ => "is late",
    };
    format!("{name}: {state}; {what} on {}: {}", day(bounce.at), bounce.reason)
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn object(holding: &Holding) -> Value {
    let mails: Vec<Value> = holding.mails.iter().map(mail_object).collect();
    json!({
        "credential": holding.credential, "badge": holding.badge, "name": holding.name,
        "address": holding.address, "awarded_at": holding.awarded_at, "claimed_at": holding.claimed_at,
        "declined_at": holding.declined_at, "not_me_at": holding.disowned_at,
        "hidden_at": holding.hidden_at,
        "link_until": holding.claim_until, "revoked": holding.revoked, "mails": mails,
    })
}

/// A mail, for programs.
pub(super) fn mail_object(mail: &BadgeMail) -> Value {
    let bounce = mail
        .bounce
        .as_ref()
        .map(|bounce| json!({"kind": bounce.kind, "at": bounce.at, "reason": bounce.reason}));
    json!({
        "kind": mail.kind, "state": mail.state, "reason": mail.reason, "made_at": mail.made_at,
        "finished_at": mail.finished_at, "bounce": bounce,
    })
}
