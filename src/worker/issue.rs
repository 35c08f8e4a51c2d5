//! From a decision to a signed credential and its claim mail. No I/O.

use accolade_connectors::{Outcome, Score};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use uuid::Uuid;

use super::gate;
use super::judge::Earned;
use crate::badges::{
    self, Evidence, HELD, Issue, Issuer, Prepared, RENEWAL, REPLACEMENT, ResultEntry, SignError,
};
use crate::claim::{self, ClaimSecret};
use crate::faults::{self, Break};
use crate::ids;
use crate::signing::Signing;
use crate::store::{
    Basis, Candidate, HeldAward, NewAward, NewCredential, NewMail, Passage, StatusEntry, StoredOutcome,
};

/// What issuing needs besides the decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    pub signing: &'a Signing,
    /// The name of the key that signs.
    pub key: &'a str,
    pub secret: &'a ClaimSecret,
    pub claim_days: u32,
    /// The version of the rules.
    pub rules: &'a str,
    /// The domain of Message-IDs.
    pub domain: &'a str,
}

/// Whom a credential names: the name and address that the LMS confirmed with the evidence.
pub(super) struct Holder<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub language: Option<&'a str>,
}

/// The holder as the newest piece of evidence names them, or why nobody can be named. A name or
/// an address that does not pass the gate gives way to one of another source that does.
pub(super) fn holder<'a>(candidate: &'a Candidate, earned: &Earned<'_>) -> Result<Holder<'a>, String> {
    let mut evidence: Vec<&StoredOutcome> = if earned.evidence.is_empty() {
        candidate.outcomes.iter().collect()
    } else {
        earned.evidence.iter().filter_map(|index| candidate.outcomes.get(*index)).collect()
    };
    evidence.sort_by_key(|stored| std::cmp::Reverse(stored.outcome.as_of));
    let tries = candidate.outcomes.iter().find(|stored| {
        gate::test_student(&stored.outcome)
            && evidence.iter().any(|one| {
                (&one.source, &one.outcome.learner.id) == (&stored.source, &stored.outcome.learner.id)
            })
    });
    if tries.is_some() {
        return Err("the LMS says that this is a test student".to_owned());
    }
    let learners = || evidence.iter().map(|stored| &stored.outcome.learner);
    let name = first_good(learners().map(|learner| gate::name(learner, earned.granted)))?;
    let email = first_good(learners().map(gate::address))?;
    let text = |value: &'a Option<String>| value.as_deref().map(str::trim).filter(|value| !value.is_empty());
    Ok(Holder { name, email, language: learners().find_map(|learner| text(&learner.language)) })
}

/// The first that is good, or else why the first is not.
fn first_good<'a>(all: impl Iterator<Item = Result<&'a str, String>>) -> Result<&'a str, String> {
    let mut why = None;
    for one in all {
        match one {
            Ok(good) => return Ok(good),
            Err(error) => why = why.or(Some(error)),
        }
    }
    Err(why.unwrap_or_else(|| "nothing is known of the learner".to_owned()))
}

/// Builds the credential of one award, with what follows from it: the award, whose document is still
/// empty, and what is to be signed for it.
pub(super) fn issue(
    desk: Desk<'_>,
    candidate: &Candidate,
    earned: &Earned<'_>,
    status: StatusEntry,
    passage: Passage,
    now: DateTime<Utc>,
) -> Result<(NewAward, Prepared), String> {
    let Earned { badge, decision, cycle, .. } = earned;
    let cycle = &if faults::broken(Break::AwardsUnchecked) { now.to_rfc3339() } else { cycle.clone() };
    let issuer = &**desk.signing.issuer();
    let holder = holder(candidate, earned)?;
    let slug = &issuer.profile().slug;
    let id = ids::credential(slug, &badge.achievement.id, candidate.person, cycle);
    let facts: Vec<&StoredOutcome> =
        earned.evidence.iter().filter_map(|index| candidate.outcomes.get(*index)).collect();
    // What stands in another one's place was achieved when that one was.
    let old = earned.supersedes.as_ref();
    let awarded_at = old.map_or(now, |old| old.awarded_at);
    let valid_until = old.map_or_else(|| badge.lifetime.valid_until(now), |old| old.valid_until);
    let granted = (!decision.earned).then(|| grant(awarded_at));
    let earlier = earned.earlier.as_ref();
    let salt = desk.secret.salt(id);
    let unsigned = Issue {
        id,
        issuer,
        achievement: &badge.achievement,
        image: badge.image.as_ref(),
        email: holder.email,
        salt: &salt,
        awarded_at,
        valid_until,
        evidence: granted
            .into_iter()
            .chain(facts.iter().map(|stored| evidence(&stored.outcome)))
            .chain(earned.rests_on.iter().map(|(badge, id)| held_badge(issuer, badge, *id)))
            .chain(earlier.map(|earlier| renewed(issuer, earlier)))
            .chain(old.map(|old| replaced(issuer, old, now)))
            .collect(),
        results: facts
            .iter()
            .enumerate()
            .map(|(index, stored)| result_entry(index, &stored.outcome))
            .collect(),
        status_list: status.list,
        status_index: status.index,
    };
    let prepared = desk.signing.prepare(&badges::document(&unsigned), desk.key, now);
    let prepared = prepared.map_err(|error: SignError| error.to_string())?;
    let claim_until =
        now.checked_add_signed(TimeDelta::days(desk.claim_days.into())).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let mail = ids::derived(id, "claim mail");
    let award = NewAward {
        issuer: slug.clone(),
        badge: badge.achievement.id.clone(),
        cycle: cycle.clone(),
        awarded_at,
        valid_until,
        renews: earlier.map(|earlier| earlier.credential),
        supersedes: old.map(|old| old.credential),
        basis: rested(old, facts.iter().map(|stored| basis(stored))),
        rules: desk.rules.to_owned(),
        explanation: serde_json::to_value(&decision.explanation).unwrap_or_default(),
        inputs: serde_json::to_value(&earned.inputs).unwrap_or_default(),
        credential: NewCredential {
            id,
            document: String::new(),
            signed_by: desk.key.to_owned(),
            status,
            name: holder.name.to_owned(),
            email: holder.email.to_owned(),
            claim_hash: claim::hash(&desk.secret.token(id)),
            claim_until,
            remind_at: None,
        },
        mail: NewMail {
            id: mail,
            kind: "claim".to_owned(),
            message_id: format!("{mail}@{}", desk.domain),
            date: now,
            language: holder.language.map(str::to_owned),
        },
        passage,
    };
    Ok((award, prepared))
}

pub(super) fn assessment_name(outcome: &Outcome) -> String {
    let assessment = outcome.assessment.name.as_deref().unwrap_or(&outcome.assessment.id);
    match outcome.course.name.as_deref() {
        Some(course) if course != assessment => format!("{assessment} ({course})"),
        _ => assessment.to_owned(),
    }
}

fn evidence(outcome: &Outcome) -> Evidence {
    let result = match outcome.score.as_ref().and_then(score_text) {
        Some(score) => format!("Result: {score}."),
        None => "Completed.".to_owned(),
    };
    let narrative = match outcome.graded_at {
        Some(graded_at) => format!("{result} Graded on {}.", graded_at.format("%-d %B %Y")),
        None => result,
    };
    Evidence {
        url: outcome.assessment.url.clone(),
        name: assessment_name(outcome),
        narrative,
        genre: "Assessment".to_owned(),
    }
}

/// A held badge on which another one rests.
fn held_badge(issuer: &Issuer, badge: &str, credential: Uuid) -> Evidence {
    Evidence {
        url: address(issuer, credential),
        name: format!("Badge “{badge}”"),
        narrative: "Held when this badge was awarded.".to_owned(),
        genre: HELD.to_owned(),
    }
}

/// The badge that another one renews: a link to it.
fn renewed(issuer: &Issuer, earlier: &HeldAward) -> Evidence {
    let awarded = earlier.awarded_at.format("%-d %B %Y");
    let until = earlier.valid_until.map(|until| format!(" and valid until {}", until.format("%-d %B %Y")));
    Evidence {
        url: address(issuer, earlier.credential),
        name: "Renewal of an earlier badge".to_owned(),
        narrative: format!("Renews the badge that was awarded on {awarded}{}.", until.unwrap_or_default()),
        genre: RENEWAL.to_owned(),
    }
}

/// The badge in whose place another one stands: a link to it.
fn replaced(issuer: &Issuer, old: &HeldAward, now: DateTime<Utc>) -> Evidence {
    let (again, awarded) = (now.format("%-d %B %Y"), old.awarded_at.format("%-d %B %Y"));
    Evidence {
        url: address(issuer, old.credential),
        name: "Issued again".to_owned(),
        narrative: format!("Issued again on {again} in place of the badge of {awarded}, which is revoked."),
        genre: REPLACEMENT.to_owned(),
    }
}

/// The results on which an award rests, and before them those on which the one rests in whose place it
/// stands: the same attempt that was graded once more keeps the time that it had.
fn rested(old: Option<&HeldAward>, new: impl Iterator<Item = Basis>) -> Vec<Basis> {
    let mut basis: Vec<Basis> = old.map(|old| old.basis.clone()).unwrap_or_default();
    for one in new {
        let same = |other: &Basis| Basis { graded_at: one.graded_at, ..other.clone() } == one;
        if !basis.iter().any(same) {
            basis.push(one);
        }
    }
    basis
}

fn address(issuer: &Issuer, credential: Uuid) -> Option<Url> {
    format!("{}/credentials/{credential}", issuer.public_url()).parse().ok()
}

fn basis(stored: &StoredOutcome) -> Basis {
    let outcome = &stored.outcome;
    Basis {
        source: stored.source.clone(),
        learner: outcome.learner.id.clone(),
        course: outcome.course.id.clone(),
        assessment: outcome.assessment.id.clone(),
        attempt: outcome.attempt.or_else(|| outcome.attempts.iter().map(|one| one.number).max()),
        graded_at: outcome.graded_at,
    }
}

/// Why a credential was issued though its criteria are not shown to be met. The administrator's
/// own words stay inside: they may be about the person.
fn grant(now: DateTime<Utc>) -> Evidence {
    Evidence {
        url: None,
        name: "Decision of the institution".to_owned(),
        narrative: format!("Granted by an administrator on {}.", now.format("%-d %B %Y")),
        genre: "Decision".to_owned(),
    }
}

pub(super) fn score_text(score: &Score) -> Option<String> {
    let points = score.given.map(|given| {
        let given = given.normalize();
        match score.max.filter(|max| !max.is_zero()) {
            Some(max) => format!("{given} of {} points", max.normalize()),
            None => format!("{given} points"),
        }
    });
    match (&score.text, points) {
        (Some(text), _) if score.min != rust_decimal::Decimal::ZERO => Some(text.clone()),
        (Some(text), Some(points)) => Some(format!("{text} ({points})")),
        (Some(text), None) => Some(text.clone()),
        (None, points) => points,
    }
}

fn result_entry(index: usize, outcome: &Outcome) -> ResultEntry {
    let score = outcome.score.as_ref();
    ResultEntry {
        key: format!("result-{}", index + 1),
        name: assessment_name(outcome),
        percent: score.and_then(Score::percent),
        points: score.and_then(|score| Some((score.given?, score.max))),
        text: score.and_then(|score| score.text.clone()),
        passed: outcome.passed == Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::judge::held;

    #[test]
    fn what_stands_in_another_one_s_place_rests_on_what_that_one_rested_on() {
        let day = |day: i64| DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0);
        let one = |assessment: &str, graded_at| Basis {
            source: "moodle".to_owned(),
            learner: "ada".to_owned(),
            course: "7".to_owned(),
            assessment: assessment.to_owned(),
            attempt: Some(1),
            graded_at,
        };
        let old = HeldAward { basis: vec![one("quiz", day(0)), one("report", day(1))], ..held(1) };
        let new = [one("quiz", day(9)), one("talk", day(9))];
        let kept = [one("quiz", day(0)), one("report", day(1)), one("talk", day(9))];
        assert_eq!(rested(Some(&old), new.clone().into_iter()), kept, "the same attempt keeps its time");
        assert_eq!(rested(None, new.clone().into_iter()), new);
    }
}
