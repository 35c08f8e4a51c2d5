//! What is known, as a colleague would say it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{Account, AwardAccount, BadgeAccount, DecisionAccount};
use crate::catalogs::short;
use crate::rules::Explanation;
use crate::store::DecisionKind;

/// The whole account.
pub(super) fn text(account: &Account<'_>) -> String {
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
        about(&mut text, badge);
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

fn about(text: &mut String, badge: &BadgeAccount<'_>) {
    let _ = write!(text, "\n“{}” ({}): ", badge.name, badge.badge);
    if badge.awards.is_empty() {
        let _ = writeln!(text, "{}", verdict(badge));
    } else {
        let awards: Vec<String> = badge.awards.iter().map(state).collect();
        let _ = writeln!(text, "{}", awards.join("; "));
    }
    if let Some(wait) = badge.waits.as_ref().filter(|_| !badge.awards.is_empty()) {
        let _ = writeln!(text, "  another one waits since {}: {}", date(wait.since), wait.reason);
    }
    if let Some(guard) = &badge.guard {
        let reason = guard.reason.filter(|reason| !reason.is_empty());
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let _ = writeln!(text, "  {}{reason} (accolade held show {})", guard.says, guard.hold);
    }
    for why in badge.awards.iter().filter_map(lost) {
        let _ = writeln!(text, "  {why}");
    }
    for decision in &badge.decisions {
        let _ = writeln!(text, "  {}", decided(decision));
    }
    for award in &badge.awards {
        let rules = if award.present_rules { "the present rules" } else { "earlier rules" };
        let renews = award.renews.map_or_else(String::new, |id| format!(", renews {id}"));
        let stands = award.supersedes.map_or_else(String::new, |id| format!(", in place of {id}"));
        let (id, version) = (award.credential, short(award.rules));
        // A rule that is not met awarded nothing: somebody did.
        let human = award.explanation.get("met").and_then(serde_json::Value::as_bool) == Some(false);
        let by = if human {
            format!("granted by an administrator; what {rules} (version {version}) said then")
        } else {
            format!("decided by {rules} (version {version})")
        };
        let _ = writeln!(text, "  credential {id}{renews}{stands}, {by}:");
        tree(text, award.explanation, 2);
        for line in &award.delivery {
            let _ = writeln!(text, "    {line}");
        }
    }
    if badge.retired {
        text.push_str("  the badges in use have it no more: nobody earns it\n");
        return;
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
            now(text, &badge.explanation);
        }
        Some(lacks) => {
            if !badge.awards.is_empty() {
                text.push_str("  by the present rules and what is known now it would not be earned:\n");
            }
            now(text, &badge.explanation);
            let _ = writeln!(text, "  what would change it: {lacks}");
        }
    }
}

/// Where a badge stands that was never awarded.
fn verdict(badge: &BadgeAccount<'_>) -> String {
    let newest = badge.decisions.iter().find(|decision| decision.credential.is_none());
    let refused = newest.is_some_and(|newest| newest.kind == DecisionKind::Refuse.as_str());
    match (&badge.waits, badge.earned) {
        (None, true) if badge.guard.as_ref().is_some_and(|guard| guard.state == "open") => {
            "earned, but held".to_owned()
        }
        (Some(wait), _) => format!("earned, but it waits since {}: {}", date(wait.since), wait.reason),
        (None, true) if refused => "earned, but an administrator refused it".to_owned(),
        (None, true) => "earned, but not awarded yet".to_owned(),
        (None, false) => "not earned yet".to_owned(),
    }
}

/// `on 24 November 2026 Registrar decided to refuse it: plagiarism`
fn decided(decision: &DecisionAccount<'_>) -> String {
    let DecisionAccount { credential, kind, by, at, reason } = decision;
    let what = credential.map_or_else(|| "it".to_owned(), |id| format!("credential {id}"));
    format!("on {} {by} decided to {kind} {what}: {reason}", date(*at))
}

/// What the loss of an award's basis did to it, or will do.
fn lost(award: &AwardAccount<'_>) -> Option<String> {
    let loss = award.loss.as_ref()?;
    let unmet = format!("its rule is not met since {}: {}", date(loss.since), loss.reason);
    Some(match (award.revoked, award.suspended, loss.grace_ends) {
        (true, ..) => format!("revoked, for {unmet}"),
        (false, true, _) => format!("suspended, for {unmet}; it comes back when the rule is met again"),
        (false, false, Some(ends)) => {
            format!(
                "{unmet}; it stays valid until {} and is lost then, unless the rule is met again",
                date(ends)
            )
        }
        (false, false, None) => unmet,
    })
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
    let early = award.ends_at.filter(|_| !award.revoked);
    let until = early.map_or(until, |at| format!("to end on {}, ", date(at)));
    let term = award.cycle.strip_prefix("term:").and_then(|term| term.split(":issue-").next());
    let term = term.map_or_else(String::new, |term| format!("for {term} "));
    format!("awarded {term}on {}, {until}{claimed}{status}", date(award.awarded_at))
}

pub(super) fn date(time: DateTime<Utc>) -> String {
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
