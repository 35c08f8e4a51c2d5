//! `accolade explain`

mod words;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::mails;
use super::whom::one;
use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::{BadgeFile, Catalog, Settings};
use crate::rules::{Explanation, Fact, Facts, Held, evaluate_in};
use crate::store::{Guarded, HeldAward, Holding, Person, PersonAward, PersonDecision, Which};
use crate::worker::present;

/// More badges than anybody has.
const MOST: u32 = 10_000;

/// Whose badges to explain.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The learner: an e-mail address, SOURCE:ID with the id in that LMS, or the institution's id
    /// (Moodle ID number, Canvas SIS id, Blackboard external id).
    #[arg(long, value_name = "WHO")]
    learner: String,
    /// The badge, by the name of its file without the ending; without it every badge for which
    /// something is known of the learner.
    #[arg(long, value_name = "BADGE")]
    badge: Option<String>,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: &Explain, settings: &Settings) -> anyhow::Result<ExitCode> {
    crate::secrets::install_tls();
    let store = super::opened(settings, 1).await?;
    let catalog = Published::new(&store, settings.known()).in_use(&settings.badges).await?;
    let badges = match &command.badge {
        Some(id) => match catalog.known(id) {
            Some(badge) => vec![badge],
            None => vec![catalog.asked(id).context("--badge")?],
        },
        None => catalog.badges.iter().chain(&catalog.retired).collect(),
    };
    let learner = one(&store, &command.learner, settings).await?;
    let person = store.person(learner.person).await?.context("the learner was just linked; try again")?;
    let now = Clock::system().now();
    let holdings = store.holdings(Some(person.id), None, Which::Any, MOST).await?;
    let holdings = holdings.into_iter().map(|holding| (holding.credential, holding)).collect();
    let account = account(&person, &badges, &catalog, &holdings, command.badge.is_some(), now);
    if command.json {
        println!("{}", serde_json::to_string_pretty(&account)?);
    } else {
        print!("{}", words::text(&account));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known, for programs; the names of its members stay.
#[derive(Debug, Serialize)]
struct Account<'a> {
    learner: Vec<LearnerAccount<'a>>,
    badges: Vec<BadgeAccount<'a>>,
    /// Changes that are not evaluated yet.
    open: Vec<OpenAccount<'a>>,
}

#[derive(Debug, Serialize)]
struct LearnerAccount<'a> {
    source: &'a str,
    id: &'a str,
    name: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct BadgeAccount<'a> {
    badge: &'a str,
    name: &'a str,
    /// Whether the badges in use have it no more: nobody earns it.
    retired: bool,
    /// Whether the present rule is met by what is known now.
    earned: bool,
    explanation: Explanation,
    /// What would change it, if it is not earned.
    lacks: Option<String>,
    /// How often it can be earned; nothing for one that is earned once.
    again: Option<String>,
    /// Why it is earned and not signed, if it waits for a better word of the LMS.
    waits: Option<WaitAccount<'a>>,
    /// What administrators decided about it, newest first: the newest counts.
    decisions: Vec<DecisionAccount<'a>>,
    awards: Vec<AwardAccount<'a>>,
    /// What the guard says, if it holds or held it.
    guard: Option<GuardAccount<'a>>,
}

#[derive(Debug, Serialize)]
struct WaitAccount<'a> {
    since: DateTime<Utc>,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct DecisionAccount<'a> {
    /// The credential of the award that it is about alone; the badge as a whole without it.
    credential: Option<Uuid>,
    /// `grant`, `refuse`, `revoke`, `suspend` or `reinstate`.
    kind: &'a str,
    by: &'a str,
    at: DateTime<Utc>,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct LossAccount<'a> {
    since: DateTime<Utc>,
    reason: &'a str,
    /// When its grace ends, if it has not ended.
    grace_ends: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize)]
struct GuardAccount<'a> {
    hold: Uuid,
    /// `open`, `released` or `cancelled`.
    state: &'static str,
    since: DateTime<Utc>,
    /// For people.
    says: String,
    /// Why a human decided so.
    reason: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own for programs")]
struct AwardAccount<'a> {
    credential: Uuid,
    cycle: &'a str,
    awarded_at: DateTime<Utc>,
    /// When it ends, and whether it has.
    valid_until: Option<DateTime<Utc>>,
    ended: bool,
    /// The credential that it renews.
    renews: Option<Uuid>,
    /// The credential in whose place it stands.
    supersedes: Option<Uuid>,
    /// When it ends by an order of an administrator, before what was signed.
    ends_at: Option<DateTime<Utc>>,
    claimed_at: Option<DateTime<Utc>>,
    /// When its holder declined it.
    declined_at: Option<DateTime<Utc>>,
    /// When whoever reads its mails said that it is somebody else's.
    not_me_at: Option<DateTime<Utc>>,
    /// Its mails, oldest first.
    mails: Vec<serde_json::Value>,
    /// What became of them and what its holder said, for people.
    #[serde(skip)]
    delivery: Vec<String>,
    revoked: bool,
    suspended: bool,
    /// Set while its rule is not met any more.
    loss: Option<LossAccount<'a>>,
    /// The version of the rules that decided, and whether it is the present one.
    rules: &'a str,
    present_rules: bool,
    explanation: &'a serde_json::Value,
}

#[derive(Debug, Serialize)]
struct OpenAccount<'a> {
    delivery: Uuid,
    state: &'a str,
    reason: &'a str,
}

/// Judges the badges by what is known of the person now. With `all` false only those for which
/// there is something to say.
fn account<'a>(
    person: &'a Person,
    badges: &[&'a BadgeFile],
    catalog: &'a Catalog,
    holdings: &BTreeMap<Uuid, Holding>,
    all: bool,
    now: DateTime<Utc>,
) -> Account<'a> {
    let counting: Vec<&HeldAward> =
        person.awards.iter().map(|award| &award.held).filter(|held| held.counts()).collect();
    let results = person.outcomes.iter().map(|stored| (stored.source.as_str(), &stored.outcome));
    let held = person.awards.iter().map(|award| award.held.badge.as_str());
    let mut concerned = catalog.rules.badges_of(results, held);
    concerned.extend(person.decisions.iter().map(|decision| decision.badge.as_str()));
    concerned.extend(person.waits.iter().map(|wait| wait.badge.as_str()));
    let badges = badges
        .iter()
        .filter(|badge| all || concerned.contains(badge.achievement.id.as_str()))
        .map(|badge| {
            let awards: Vec<&PersonAward> =
                person.awards.iter().filter(|award| award.held.badge == badge.achievement.id).collect();
            let own: Vec<&HeldAward> = awards.iter().map(|award| &award.held).collect();
            let asked = present(badge, &own, &person.outcomes, now);
            let outcomes: Vec<Fact<'_>> = person
                .outcomes
                .iter()
                .zip(&asked.outcomes)
                .map(|(stored, outcome)| Fact { source: &stored.source, outcome })
                .collect();
            // What it rests on may have ended since.
            let at = |one: &&&HeldAward| !one.ended(asked.held.map_or(now, |held| held.awarded_at.min(now)));
            let held: Vec<Held<'_>> = counting
                .iter()
                .filter(at)
                .map(|one| Held { badge: &one.badge, awarded_at: one.awarded_at })
                .collect();
            let decision =
                evaluate_in(asked.period, &badge.rule, &Facts { outcomes: &outcomes, held: &held });
            let id = &badge.achievement.id;
            let decisions = person.decisions.iter().filter(|decision| decision.badge == *id);
            let wait = person.waits.iter().find(|wait| wait.badge == *id);
            BadgeAccount {
                badge: id,
                retired: catalog.badge(id).is_none(),
                waits: wait.map(|wait| WaitAccount { since: wait.since, reason: &wait.reason }),
                decisions: decisions.map(decision_account).collect(),
                name: &badge.achievement.name,
                earned: decision.earned,
                lacks: (!decision.earned).then(|| decision.explanation.lacks()),
                explanation: decision.explanation,
                again: asked.again,
                awards: awards
                    .into_iter()
                    .map(|award| {
                        let holding = holdings.get(&award.held.credential);
                        award_account(award, holding, &catalog.version, now)
                    })
                    .collect(),
                guard: person.guarded.iter().find(|one| one.badge == *id).map(guard_account),
            }
        })
        .collect();
    let learner = person.learners.iter().map(|learner| LearnerAccount {
        source: &learner.source,
        id: &learner.learner,
        name: learner.name.as_deref(),
        email: learner.email.as_deref(),
    });
    let open = person.open.iter().map(|event| OpenAccount {
        delivery: event.delivery,
        state: &event.state,
        reason: &event.reason,
    });
    Account { learner: learner.collect(), badges, open: open.collect() }
}

fn decision_account(decision: &PersonDecision) -> DecisionAccount<'_> {
    let PersonDecision { credential, kind, by, at, reason, .. } = decision;
    DecisionAccount { credential: *credential, kind, by, at: *at, reason }
}

fn guard_account(guarded: &Guarded) -> GuardAccount<'_> {
    let Guarded { hold, since, .. } = guarded;
    let says = match hold.state.decision() {
        None => format!("held by the guard since {}, for there were {}", words::date(*since), hold.over()),
        Some(decision) => {
            let (state, day) = (hold.state.as_str(), words::date(decision.at));
            format!("held by the guard since {}, {state} by {} on {day}", words::date(*since), decision.by)
        }
    };
    GuardAccount {
        hold: hold.id,
        state: hold.state.as_str(),
        since: *since,
        says,
        reason: hold.state.decision().map(|decision| decision.reason.as_str()),
    }
}

fn award_account<'a>(
    award: &'a PersonAward,
    holding: Option<&Holding>,
    version: &str,
    now: DateTime<Utc>,
) -> AwardAccount<'a> {
    let held = &award.held;
    let mails = holding.map(|holding| holding.mails.as_slice()).unwrap_or_default();
    // That the one mail was sent is what everybody expects.
    let usual = matches!(mails, [mail] if mail.state == "done" && mail.bounce.is_none());
    let told = if usual { &[] } else { mails };
    let lines = holding.map(|holding| mails::said(holding, now)).unwrap_or_default();
    AwardAccount {
        credential: held.credential,
        cycle: &held.cycle,
        awarded_at: held.awarded_at,
        valid_until: held.valid_until,
        ended: held.ended(now),
        renews: held.renews,
        supersedes: held.supersedes,
        ends_at: award.ends_at,
        claimed_at: award.claimed_at,
        declined_at: holding.and_then(|holding| holding.declined_at),
        not_me_at: holding.and_then(|holding| holding.disowned_at),
        mails: mails.iter().map(mails::mail_object).collect(),
        delivery: lines.into_iter().chain(told.iter().map(mails::mail)).collect(),
        revoked: held.revoked,
        suspended: held.suspended,
        loss: held.loss.as_ref().map(|loss| LossAccount {
            since: loss.since,
            reason: &loss.reason,
            grace_ends: award.grace_ends,
        }),
        rules: &award.rules,
        present_rules: award.rules == version,
        explanation: &award.explanation,
    }
}
