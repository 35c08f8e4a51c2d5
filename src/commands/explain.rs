//! `accolade explain`

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::whom::one;
use crate::catalogs::Published;
use crate::clock::Clock;
use crate::config::{BadgeFile, Catalog, Settings};
use crate::rules::{Explanation, Fact, Facts, Held, evaluate_in};
use crate::store::{Guarded, HeldAward, Person, PersonAward, Store};
use crate::worker::present;

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
    let store = Store::open(settings.database.url.expose(), 1).await?;
    let catalog =
        Published::new(&store, settings.sources.keys(), &settings.terms()).in_use(&settings.badges).await?;
    let badges = match &command.badge {
        Some(id) => vec![catalog.asked(id).context("--badge")?],
        None => catalog.badges.iter().collect(),
    };
    let learner = one(&store, &command.learner, settings).await?;
    let person = store.person(learner.person).await?.context("the learner was just linked; try again")?;
    let now = Clock::system().now();
    let account = account(&person, &badges, &catalog, command.badge.is_some(), now);
    if command.json {
        println!("{}", serde_json::to_string_pretty(&account)?);
    } else {
        print!("{}", text(&account));
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
    /// Whether the present rule is met by what is known now.
    earned: bool,
    explanation: Explanation,
    /// What would change it, if it is not earned.
    lacks: Option<String>,
    /// How often it can be earned; nothing for one that is earned once.
    again: Option<String>,
    awards: Vec<AwardAccount<'a>>,
    /// What the guard says, if it holds or held it.
    guard: Option<GuardAccount<'a>>,
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
    claimed_at: Option<DateTime<Utc>>,
    revoked: bool,
    suspended: bool,
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
    all: bool,
    now: DateTime<Utc>,
) -> Account<'a> {
    let outcomes: Vec<Fact<'_>> = person
        .outcomes
        .iter()
        .map(|stored| Fact { source: &stored.source, outcome: &stored.outcome })
        .collect();
    let counting: Vec<&HeldAward> =
        person.awards.iter().map(|award| &award.held).filter(|held| held.counts()).collect();
    let mut concerned: Vec<&str> = outcomes
        .iter()
        .flat_map(|fact| catalog.rules.badges_for(fact.source, fact.outcome))
        .chain(counting.iter().flat_map(|held| catalog.rules.badges_after(&held.badge)))
        .chain(person.awards.iter().map(|award| award.held.badge.as_str()))
        .collect();
    concerned.sort_unstable();
    let badges = badges
        .iter()
        .filter(|badge| all || concerned.binary_search(&badge.achievement.id.as_str()).is_ok())
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
            BadgeAccount {
                badge: &badge.achievement.id,
                name: &badge.achievement.name,
                earned: decision.earned,
                lacks: (!decision.earned).then(|| decision.explanation.lacks()),
                explanation: decision.explanation,
                again: asked.again,
                awards: awards.into_iter().map(|award| award_account(award, &catalog.version, now)).collect(),
                guard: person.guarded.iter().find(|one| one.badge == badge.achievement.id).map(guard_account),
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

fn guard_account(guarded: &Guarded) -> GuardAccount<'_> {
    let Guarded { hold, since, .. } = guarded;
    let says = match hold.state.decision() {
        None => format!("held by the guard since {}, for there were {}", date(*since), hold.over()),
        Some(decision) => {
            let (state, day) = (hold.state.as_str(), date(decision.at));
            format!("held by the guard since {}, {state} by {} on {day}", date(*since), decision.by)
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

fn award_account<'a>(award: &'a PersonAward, version: &str, now: DateTime<Utc>) -> AwardAccount<'a> {
    let held = &award.held;
    AwardAccount {
        credential: held.credential,
        cycle: &held.cycle,
        awarded_at: held.awarded_at,
        valid_until: held.valid_until,
        ended: held.ended(now),
        renews: held.renews,
        claimed_at: award.claimed_at,
        revoked: held.revoked,
        suspended: held.suspended,
        rules: &award.rules,
        present_rules: award.rules == version,
        explanation: &award.explanation,
    }
}

/// Who it is, in one line: `Ada Example <ada@example.test>, moodle:8, canvas:48`.
/// As a colleague would answer.
fn text(account: &Account<'_>) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    // Writing into a String cannot fail.
    for learner in &account.learner {
        let name = learner.name.unwrap_or("no name known");
        let email = learner.email.unwrap_or("no address known");
        let _ = writeln!(text, "{name} <{email}>, {}:{}", learner.source, learner.id);
    }
    if account.badges.is_empty() {
        text.push_str("\nno badge has a rule for anything that is known of this learner\n");
    }
    for badge in &account.badges {
        let _ = write!(text, "\n“{}” ({}): ", badge.name, badge.badge);
        if badge.awards.is_empty() {
            let verdict = if badge.earned { "earned, but not awarded yet" } else { "not earned yet" };
            let _ = writeln!(text, "{verdict}");
        } else {
            let awards: Vec<String> = badge.awards.iter().map(state).collect();
            let _ = writeln!(text, "{}", awards.join("; "));
        }
        if let Some(guard) = &badge.guard {
            let reason = guard.reason.filter(|reason| !reason.is_empty());
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            let _ = writeln!(text, "  {}{reason} (accolade held show {})", guard.says, guard.hold);
        }
        for award in &badge.awards {
            let rules = if award.present_rules { "the present rules" } else { "earlier rules" };
            let renews = award.renews.map_or_else(String::new, |id| format!(", renews {id}"));
            let _ = writeln!(text, "  credential {}{renews}, decided by {rules}:", award.credential);
            tree(&mut text, award.explanation, 2);
        }
        if let Some(again) = &badge.again {
            let _ = writeln!(text, "  {again}");
        }
        match &badge.lacks {
            // The tree of the award says it already.
            None if badge.awards.iter().any(|award| award.present_rules) => {
                text.push_str("  by what is known now it is still earned\n");
            }
            None => {
                text.push_str("  by the present rules and what is known now it is earned:\n");
                now(&mut text, &badge.explanation);
            }
            Some(lacks) => {
                if !badge.awards.is_empty() {
                    text.push_str("  by the present rules and what is known now it would not be earned:\n");
                }
                now(&mut text, &badge.explanation);
                let _ = writeln!(text, "  what would change it: {lacks}");
            }
        }
    }
    if !account.open.is_empty() {
        text.push_str("\nnot evaluated yet:\n");
    }
    for event in &account.open {
        let reason = if event.reason.is_empty() { "on its way" } else { event.reason };
        let _ = writeln!(text, "  delivery {}, {}: {reason}", event.delivery, event.state);
    }
    text
}

/// `awarded on 23 November 2026, claimed on 24 November 2026, suspended`.
fn state(award: &AwardAccount<'_>) -> String {
    let claimed = award
        .claimed_at
        .map_or_else(|| "not claimed yet".to_owned(), |at| format!("claimed on {}", date(at)));
    let status = match (award.revoked, award.suspended) {
        (true, _) => ", revoked",
        (false, true) => ", suspended",
        (false, false) => "",
    };
    let until = award.valid_until.map_or_else(String::new, |until| {
        format!("{} {}, ", if award.ended { "ended on" } else { "valid until" }, date(until))
    });
    let term = award.cycle.strip_prefix("term:").map_or_else(String::new, |term| format!("for {term} "));
    format!("awarded {term}on {}, {until}{claimed}{status}", date(award.awarded_at))
}

fn date(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

fn now(text: &mut String, explanation: &Explanation) {
    for line in explanation.to_string().lines() {
        text.push_str("    ");
        text.push_str(line);
        text.push('\n');
    }
}

/// A stored tree, which an earlier version of this program may have written: only what every
/// version has is read.
fn tree(text: &mut String, part: &serde_json::Value, depth: usize) {
    let met = if part.get("met").and_then(serde_json::Value::as_bool) == Some(true) { "yes" } else { "no" };
    let asks = part.get("asks").and_then(serde_json::Value::as_str).unwrap_or_default();
    let found = part.get("found").and_then(serde_json::Value::as_str);
    let since = part.get("since").and_then(serde_json::Value::as_str).and_then(|since| since.parse().ok());
    let since = since.map_or_else(String::new, |since| format!(" on {}", date(since)));
    let found = found.map_or_else(String::new, |found| format!("; found: {found}{since}"));
    text.extend(["  ".repeat(depth).as_str(), met, ": ", asks, &found, "\n"]);
    for part in part.get("parts").and_then(serde_json::Value::as_array).into_iter().flatten() {
        tree(text, part, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_stored_tree_of_any_shape_is_shown() {
        let shown = |tree: serde_json::Value| {
            let mut text = String::new();
            super::tree(&mut text, &tree, 0);
            text
        };
        let inner = serde_json::json!({"met": true, "asks": "Quiz: passed", "found": "passed", "since": "2026-11-20T10:00:00Z", "new": 1});
        let whole = serde_json::json!({"met": true, "asks": "all of these", "parts": [inner]});
        assert_eq!(
            shown(whole),
            "yes: all of these\n  yes: Quiz: passed; found: passed on 20 November 2026\n"
        );
        assert_eq!(shown(serde_json::Value::Null), "no: \n");
    }
}
