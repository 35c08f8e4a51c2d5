//! A learner with one badge over years: whatever is graded, regraded and judged again.

use accolade_connectors::Score;
use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::config::{Expiry, Lifetime, Nameable, Span, Term};
use crate::rules::Period;
use crate::store::{Basis, Loss, StoredOutcome};
use crate::worker::samples::passed;

const NAME: &str = "first-aid";

fn at(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_798_761_600 + day * 86_400, 0).unwrap()
}

fn catalog(lifetime: Lifetime) -> Catalog {
    let folder = tempfile::tempdir().unwrap();
    let text = "[badge]\nname = \"First Aid\"\ndescription = \"d\"\ncriteria = \"c\"\n[award]\nsource = \"forms\"\n\
                course = \"first-aid-2026\"\nassessment = \"final\"\nat_least = \"70 %\"\n";
    std::fs::write(folder.path().join("first-aid.toml"), text).unwrap();
    let mut catalog = Catalog::load(folder.path(), &Nameable::of(&["forms"])).unwrap();
    catalog.badges[0].lifetime = lifetime;
    catalog
}

/// Valid for 100 days, to be renewed in the last 20 of them.
fn yearly() -> Lifetime {
    Lifetime {
        expires: Some(Expiry::After(Span { months: 0, days: 100 })),
        again: Again::AfterExpiry { renew: Span { months: 0, days: 20 } },
    }
}

/// Terms of 90 days with ten days between them, on days 0, 100 and so on.
fn termly() -> Lifetime {
    let term = |number: i64| Term {
        name: number.to_string(),
        period: Period { from: Some(at(number * 100)), until: Some(at(number * 100 + 90)) },
    };
    Lifetime { expires: None, again: Again::EachTerm((0..20).map(term).collect()) }
}

/// One learner, as the store would know them.
struct Learner {
    catalog: Catalog,
    day: i64,
    points: i64,
    graded: Option<i64>,
    attempt: Option<u32>,
    held: Vec<HeldAward>,
}

impl Learner {
    fn new(lifetime: Lifetime) -> Self {
        Self { catalog: catalog(lifetime), day: 0, points: 0, graded: None, attempt: None, held: Vec::new() }
    }

    fn grade(&mut self, points: i64, attempt: Option<u32>) {
        (self.points, self.graded, self.attempt) = (points, Some(self.day), attempt);
    }

    /// Judges what is known and stores what comes of it: new awards, and what was said.
    fn judge(&mut self) -> (usize, String) {
        let clock = Clock::manual(at(self.day));
        let score =
            Score { given: Some(self.points.into()), min: 0.into(), max: Some(100.into()), text: None };
        let outcome = Outcome {
            passed: None,
            score: Some(score),
            graded_at: self.graded.map(at),
            attempt: self.attempt,
            ..passed("ada", &clock)
        };
        let candidate = Candidate {
            event: Uuid::from_u128(2),
            delivery: Uuid::from_u128(3),
            passed: self.points >= 70,
            attempts: 0,
            person: Uuid::from_u128(4),
            version: 0,
            outcomes: vec![StoredOutcome { source: "forms".to_owned(), outcome }],
            held: self.held.clone(),
            decisions: Vec::new(),
            waiting: Vec::new(),
            twins: Vec::new(),
            guarded: Vec::new(),
            about: Some(0),
            whole: false,
            publication: None,
        };
        let now = at(self.day);
        let judged = judge(&self.catalog, &candidate, now);
        for AwardChange { credential, change } in &judged.changes {
            let held = self.held.iter_mut().find(|held| held.credential == *credential).unwrap();
            match change {
                Change::Lost { since, reason, then } => {
                    held.suspended |= *then == Consequence::Suspend;
                    held.loss = Some(Loss { since: *since, reason: reason.clone() });
                }
                Change::Regained => (held.suspended, held.loss) = (false, None),
            }
        }
        for earned in &judged.earned {
            assert!(self.held.iter().all(|held| held.cycle != earned.cycle), "{}", earned.cycle);
            let again = earned.inputs.decide(&earned.badge.rule);
            assert_eq!((again.earned, &again.explanation), (true, &earned.decision.explanation), "rechecked");
            self.held.push(HeldAward {
                issuer: "school".to_owned(),
                badge: NAME.to_owned(),
                cycle: earned.cycle.clone(),
                credential: ids::credential("school", NAME, candidate.person, &earned.cycle),
                awarded_at: now,
                valid_until: earned.badge.lifetime.valid_until(now),
                renews: earned.earlier.as_ref().map(|earlier| earlier.credential),
                basis: vec![Basis {
                    source: "forms".to_owned(),
                    learner: "ada".to_owned(),
                    course: "first-aid-2026".to_owned(),
                    assessment: "final".to_owned(),
                    attempt: self.attempt,
                    graded_at: self.graded.map(at),
                }],
                revoked: false,
                suspended: false,
                loss: None,
                decision: None,
                supersedes: None,
                again: false,
                declined: false,
            });
        }
        (judged.earned.len(), judged.reason.join("; "))
    }

    /// Each award: its day, and `-` where it is suspended.
    fn awards(&self) -> Vec<String> {
        let day = |award: &HeldAward| (award.awarded_at - at(0)).num_days();
        self.held.iter().map(|one| format!("{}{}", day(one), if one.suspended { "-" } else { "" })).collect()
    }
}

/// On day 0 awarded, valid until day 100, to be renewed from day 80 on.
fn after(day: i64, points: i64, attempt: Option<u32>) -> (Learner, String) {
    let mut learner = Learner::new(yearly());
    learner.grade(80, attempt.map(|_| 1));
    assert_eq!(learner.judge().0, 1);
    learner.day = day;
    learner.grade(points, attempt);
    let said = learner.judge().1;
    (learner, said)
}

#[test]
fn a_result_belongs_to_one_award() {
    for (day, points, attempt, awards, said) in [
        // In the time of the first award it is a regrade, whichever attempt it is.
        (50, 40, None, vec!["0-"], "is suspended"),
        (50, 90, None, vec!["0"], "is held already"),
        (50, 40, Some(2), vec!["0-"], "is suspended"),
        // When a renewal is possible it is a new result, if it may be one.
        (85, 40, None, vec!["0"], "is not renewed yet"),
        (85, 90, None, vec!["0", "85"], ""),
        (85, 40, Some(1), vec!["0-"], "of 1 January 2027 is suspended"),
        (85, 90, Some(1), vec!["0"], "is not renewed yet"),
        (85, 90, Some(2), vec!["0", "85"], ""),
        // After the end, too.
        (150, 40, None, vec!["0"], "is not renewed yet"),
        (150, 90, None, vec!["0", "150"], ""),
        (150, 40, Some(1), vec!["0-"], "of 1 January 2027 is suspended"),
        (150, 90, Some(1), vec!["0"], "is not renewed yet"),
        (150, 80, Some(2), vec!["0", "150"], ""),
    ] {
        let (mut learner, told) = after(day, points, attempt);
        assert_eq!(learner.awards(), awards, "day {day}, {points} points, attempt {attempt:?}: {told}");
        assert!(told.contains(said), "day {day}, {points} points, attempt {attempt:?}: {told}");
        assert_eq!(learner.judge().0, 0, "judged once more");
        learner.day += 1_000;
        assert_eq!(learner.judge().0, 0, "judged after years");
    }
}

#[test]
fn a_regrade_of_the_new_result_is_about_the_new_award() {
    let (mut learner, _) = after(85, 90, None);
    learner.day = 90;
    learner.grade(40, None);
    learner.judge();
    assert_eq!(learner.awards(), ["0", "85-"]);
    learner.day = 91;
    learner.grade(75, None);
    learner.judge();
    assert_eq!(learner.awards(), ["0", "85"], "reinstated");
    learner.day = 170;
    learner.grade(75, None);
    learner.judge();
    assert_eq!(learner.awards(), ["0", "85", "170"]);
}

#[test]
fn what_is_lost_is_earned_anew_in_the_next_cycle_and_stays_lost_in_its_own() {
    let (mut learner, _) = after(50, 40, None);
    learner.day = 90;
    learner.grade(90, None);
    learner.judge();
    assert_eq!(learner.awards(), ["0-", "90"]);
}

#[test]
fn a_result_without_a_time_earns_once_and_renews_nothing() {
    let mut learner = Learner::new(yearly());
    (learner.points, learner.graded) = (80, None);
    assert_eq!(learner.judge().0, 1);
    learner.day = 200;
    let (new, said) = learner.judge();
    assert_eq!((new, learner.awards()), (0, vec!["0".to_owned()]));
    assert!(said.contains("does not say when it was graded, so it may be an old result"), "{said}");
    let mut learner = Learner::new(termly());
    (learner.points, learner.graded) = (80, None);
    assert_eq!(learner.judge().0, 0, "it may be of another term");
}

#[test]
fn a_badge_of_one_day_is_not_awarded_after_it() {
    let mut learner = Learner::new(Lifetime { expires: Some(Expiry::At(at(50))), again: Again::Once });
    learner.day = 50;
    learner.grade(90, None);
    let (new, said) = learner.judge();
    assert_eq!(new, 0);
    assert!(
        said.contains("is not awarded any more: each of these badges ended on 20 February 2027"),
        "{said}"
    );
    learner.day = 49;
    assert_eq!(learner.judge().0, 1);
    learner.day = 51;
    assert!(learner.judge().1.contains("ended on 20 February 2027, and is awarded only once"));
}

#[derive(Debug, Clone)]
enum Happens {
    Days(i64),
    Graded(i64),
    Again(i64),
    Judged,
}

fn anything() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (0_i64..60).prop_map(Happens::Days),
        (40_i64..100).prop_map(Happens::Graded),
        (40_i64..100).prop_map(Happens::Again),
        Just(Happens::Judged),
    ]
}

proptest! {
    /// Computed otherwise than the engine does: by the days alone.
    #[test]
    fn a_badge_is_renewed_by_new_results_and_by_nothing_else(
        years: bool, numbered: bool, all in prop::collection::vec(anything(), 1..40),
    ) {
        let mut learner = Learner::new(if years { yearly() } else { termly() });
        let mut attempt = 0_u32;
        for one in all {
            match one {
                Happens::Days(days) => learner.day += days,
                Happens::Graded(points) => {
                    attempt += 1;
                    learner.grade(points, numbered.then_some(attempt));
                }
                // Nobody can tell it from another attempt if the attempts have no numbers.
                Happens::Again(points) if attempt > 0 => learner.grade(points, numbered.then_some(attempt)),
                Happens::Again(_) | Happens::Judged => {}
            }
            let Some(graded) = learner.graded else { continue };
            let before = learner.held.clone();
            let old = before.iter().flat_map(|award| &award.basis)
                .any(|basis| numbered && basis.attempt == learner.attempt);
            let days = |time: DateTime<Utc>| (time - at(0)).num_days();
            let free = match before.last() {
                _ if !years => {
                    let day = if old { None } else { Some(graded) };
                    let term = day.filter(|day| day % 100 < 90).map(|day| format!("term:{}", day / 100));
                    term.is_some_and(|term| before.iter().all(|award| award.cycle != term))
                }
                None => true,
                Some(last) => {
                    let rested = last.basis[0].graded_at.map(days).unwrap();
                    !old && graded > rested && graded >= days(last.valid_until.unwrap()) - 20
                }
            };
            let expected = usize::from(free && learner.points >= 70);
            let (new, said) = learner.judge();
            prop_assert_eq!(new, expected, "day {}: {}", learner.day, said);
            prop_assert_eq!(learner.judge().0, 0, "judged once more");
            // Nothing is taken by a result of another time.
            for (award, now) in before.iter().zip(&learner.held) {
                let end = award.valid_until.map_or(i64::MAX, |until| days(until) - 20);
                let own = award.basis.iter().any(|basis| numbered && basis.attempt == learner.attempt);
                let taken = !award.suspended && now.suspended;
                prop_assert!(!taken || own || graded < end, "{}", said);
                prop_assert!(!taken || learner.points < 70);
            }
        }
    }
}
