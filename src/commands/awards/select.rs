//! Which awards are meant, and how they are shown.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::named;
use super::super::whom::one;
use crate::catalogs::short;
use crate::clock::Clock;
use crate::config::Settings;
use crate::store::{AwardFilter, AwardState, SelectedAward, Store};

/// Which awards: all that fit everything that is given.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// The award of this credential: its id, or the address of its page. Can be repeated.
    #[arg(long = "credential", value_name = "ID", value_parser = named::credential)]
    credentials: Vec<Uuid>,
    /// Awards of this badge: the name of its file without the ending. Can be repeated.
    #[arg(long = "badge", value_name = "BADGE")]
    badges: Vec<String>,
    /// Awards that this issuer made, by its slug.
    #[arg(long, value_name = "SLUG")]
    issuer: Option<String>,
    /// Awards of this learner, and of whom they are linked with: SOURCE:ID with the id in that LMS, an
    /// e-mail address, or the institution's id.
    #[arg(long, value_name = "WHO")]
    learner: Option<String>,
    /// Awards that rest on a result in this course: its id in the LMS or another name that the LMS has
    /// for it, or SOURCE:COURSE.
    #[arg(long, value_name = "COURSE")]
    course: Option<String>,
    /// Made on this day (2026-11-20, UTC) or later, or at this time (2026-11-20T10:00:00Z) or later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    issued_from: Option<DateTime<Utc>>,
    /// Made before this day (UTC), or before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    issued_before: Option<DateTime<Utc>>,
    /// Decided by the version of the rules that begins so.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    rules: Option<String>,
    /// Only what its holder has claimed.
    #[arg(long, conflicts_with = "unclaimed")]
    claimed: bool,
    /// Only what its holder has not claimed.
    #[arg(long)]
    unclaimed: bool,
}

/// Which awards to show.
#[derive(Debug, Args)]
pub(in crate::commands) struct List {
    #[command(flatten)]
    selection: Selection,
    /// How many, newest first; times are UTC.
    #[arg(long, default_value_t = 100, value_parser = named::count)]
    limit: u32,
    /// For programs: one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Selection {
    /// Whether nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        self.credentials.is_empty()
            && self.badges.is_empty()
            && self.issuer.is_none()
            && self.learner.is_none()
            && self.course.is_none()
            && self.issued_from.is_none()
            && self.issued_before.is_none()
            && self.rules.is_none()
            && !self.claimed
            && !self.unclaimed
    }

    /// As the store is asked.
    ///
    /// # Errors
    /// When a learner, an issuer or a badge is not known by what was given.
    pub(super) async fn filter(&self, store: &Store, settings: &Settings) -> anyhow::Result<AwardFilter> {
        let person = match &self.learner {
            Some(who) => Some(one(store, who, settings).await?.person),
            None => None,
        };
        if let Some(slug) = &self.issuer {
            // One that the configuration does not have any more has awards, too.
            let made = store.issuers_of_awards().await?;
            if settings.issuer_of(slug).is_none() && !made.contains(slug) {
                let known = settings.every_issuer().map(|(_, issuer)| issuer.slug.clone());
                let known: BTreeSet<String> = known.chain(made).collect();
                let known: Vec<String> = known.into_iter().collect();
                bail!("--issuer: there is no issuer “{slug}”; there are {}", known.join(", "));
            }
        }
        for badge in &self.badges {
            named::badge(store, Some(badge), settings).await?;
        }
        Ok(AwardFilter {
            issuer: self.issuer.clone(),
            credentials: self.credentials.clone(),
            badges: self.badges.clone(),
            person,
            course: self.course.clone(),
            from: self.issued_from,
            before: self.issued_before,
            rules: self.rules.clone(),
            claimed: (self.claimed || self.unclaimed).then_some(self.claimed),
        })
    }
}

/// A day, which begins at midnight UTC, or a time.
pub(super) fn time(given: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = given.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(given)
        .map(|time| time.to_utc())
        .map_err(|_| "neither a day, as 2026-11-20, nor a time, as 2026-11-20T10:00:00Z".to_owned())
}

fn version(given: &str) -> Result<String, String> {
    if given.is_empty() {
        Err("empty; `accolade awards list` shows versions".to_owned())
    } else {
        Ok(given.to_owned())
    }
}

pub(super) async fn list(store: &Store, command: &List, settings: &Settings) -> anyhow::Result<ExitCode> {
    let filter = command.selection.filter(store, settings).await?;
    let limit = command.limit as usize;
    let awards = store.select_awards(&filter, limit.saturating_add(1)).await?;
    if awards.is_empty() && !command.json {
        println!("{}", if command.selection.is_empty() { "nothing was awarded yet" } else { NONE });
    }
    let now = Clock::system().now();
    for award in awards.iter().take(limit) {
        if command.json {
            println!("{}", object(award, now));
        } else {
            println!("{}", line(award, now));
        }
    }
    if awards.len() > limit && !command.json {
        println!("… and more; --limit shows them");
    }
    Ok(ExitCode::SUCCESS)
}

/// Said where nothing fits.
pub(super) const NONE: &str = "no award fits";

/// The awards that are meant by a command that changes them.
///
/// # Errors
/// When nothing was selected, or nothing fits.
pub(super) async fn meant(
    store: &Store,
    selection: &Selection,
    settings: &Settings,
) -> anyhow::Result<Vec<SelectedAward>> {
    if selection.is_empty() {
        bail!(
            "say which awards: --credential, --badge, --issuer, --learner, --course, --issued-from, --issued-before, \
             --rules, --claimed or --unclaimed; `accolade awards list` shows what fits"
        );
    }
    let filter = selection.filter(store, settings).await?;
    let awards = store.select_awards(&filter, usize::MAX).await?;
    if awards.is_empty() {
        bail!("{NONE}");
    }
    Ok(awards)
}

/// An award, for people: times are UTC.
pub(super) fn line(award: &SelectedAward, now: DateTime<Utc>) -> String {
    let SelectedAward { credential, badge, cycle, awarded_at, source, learner, name, claimed_at, .. } = award;
    let learner = format!("{source}:{learner}");
    let claimed = if claimed_at.is_some() { "claimed" } else { "unclaimed" };
    let term = cycle
        .strip_prefix("term:")
        .and_then(|term| term.split(":issue-").next())
        .map_or_else(String::new, |term| format!(", for {term}"));
    let ended = match award.state {
        AwardState { ends_at: Some(end), .. } if end <= now => {
            format!(", ended on {}", end.format("%Y-%m-%d"))
        }
        AwardState { ends_at: Some(end), early: true, revoked: false, .. } => {
            format!(", to end on {}", end.format("%Y-%m-%d"))
        }
        _ => String::new(),
    };
    let (at, state, rules) =
        (awarded_at.format("%Y-%m-%d %H:%M:%S"), state(award.state), short(&award.rules));
    format!(
        "{credential} {at} {badge:<24} {learner:<20} {state}, {claimed}{term}{ended}, rules {rules}, {name}"
    )
}

/// An award, for programs; the names of its members stay.
pub(super) fn object(award: &SelectedAward, now: DateTime<Utc>) -> Value {
    let ended = award.state.ends_at.is_some_and(|end| end <= now);
    json!({
        "credential": award.credential, "issuer": award.issuer, "badge": award.badge, "cycle": award.cycle,
        "awarded_at": award.awarded_at, "valid_until": award.valid_until, "ends_at": award.state.ends_at, "ended": ended,
        "rules": award.rules, "source": award.source, "learner": award.learner, "name": award.name,
        "claimed_at": award.claimed_at, "state": state(award.state), "lost": award.state.lost,
    })
}

/// What an award is now, in a word.
pub(super) fn state(state: AwardState) -> &'static str {
    match state {
        AwardState { revoked: true, .. } => "revoked",
        AwardState { suspended: true, .. } => "suspended",
        _ => "valid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_and_a_time_has_its_zone() {
        assert_eq!(time("2026-11-20").unwrap().to_rfc3339(), "2026-11-20T00:00:00+00:00");
        assert_eq!(time("2026-11-20T10:00:00+02:00").unwrap().to_rfc3339(), "2026-11-20T08:00:00+00:00");
        for wrong in ["", "yesterday", "2026-11-31", "2026-11-20T10:00:00", "20.11.2026"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
