//! The rules once more, written in the plainest way: every choice of facts that meets a rule is
//! listed. Only for few facts, and for scores of whole points out of ten.

use std::cell::Cell;
use std::collections::BTreeSet;

use accolade_connectors::Attempt;

use super::formulas::{Known, formula_of};
use super::*;

/// A choice of facts, each with the time of what counts of it: outcomes by their index, then held
/// badges.
type Choice = BTreeSet<(usize, Option<DateTime<Utc>>)>;

/// What of an outcome counts for a condition: its index and time, whether it meets, its percentage.
type Found = (Choice, bool, Option<(i128, i128)>);

pub(super) struct Oracle<'a> {
    outcomes: &'a [Outcome],
    held: &'a [(String, DateTime<Utc>)],
    /// Whether an expression had two results to look at that are equally good: which of them it
    /// takes is not ours to say.
    pub(super) tied: Cell<bool>,
}

/// What of an outcome counts: percent and points as fractions, and the rest as it is.
struct What {
    percent: Option<(i128, i128)>,
    text: Option<String>,
    passed: Option<bool>,
    late: Option<bool>,
    at: Option<DateTime<Utc>>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(outcomes: &'a [Outcome], held: &'a [(String, DateTime<Utc>)]) -> Self {
        Self { outcomes, held, tied: Cell::new(false) }
    }

    /// Whether some choice of facts that is not empty meets the rule.
    pub(super) fn earned(&self, rule: &Rule) -> bool {
        self.choices(rule).iter().any(|choice| !choice.is_empty())
    }

    /// Every choice of facts that meets the rule, without needless facts being a concern.
    fn choices(&self, rule: &Rule) -> Vec<Choice> {
        let mut choices = match rule {
            Rule::Condition(condition) => {
                let met = self.results(condition).into_iter().filter(|(_, met, _)| *met);
                met.map(|(choice, _, _)| choice).collect()
            }
            Rule::Expression(expression) => self.computed(expression).into_iter().collect(),
            Rule::Badge(badge) => {
                let mut found = Vec::new();
                for (index, (id, at)) in self.held.iter().enumerate() {
                    if *id == badge.badge && badge.between.is_none_or(|it| it.from <= *at && *at <= it.to) {
                        found.push(Choice::from([(self.outcomes.len() + index, Some(*at))]));
                    }
                }
                found
            }
            Rule::None(parts) => {
                if parts.iter().all(|part| self.choices(part).is_empty()) {
                    vec![Choice::new()]
                } else {
                    Vec::new()
                }
            }
            Rule::All(parts) => self.so_many(parts, parts.len()),
            Rule::Any(parts) => self.so_many(parts, 1),
            Rule::AtLeast { count, of } => self.so_many(of, *count),
            Rule::InOrder(parts) => {
                let mut ways: Vec<(Choice, Option<DateTime<Utc>>)> =
                    if parts.is_empty() { Vec::new() } else { vec![(Choice::new(), None)] };
                for part in parts {
                    let mut next = Vec::new();
                    for (so_far, before) in &ways {
                        for choice in self.choices(part) {
                            let Some(times) = times(&choice) else { continue };
                            let own = times.iter().max().copied();
                            if own.is_none() || own >= *before {
                                next.push((so_far | &choice, own.or(*before)));
                            }
                        }
                    }
                    next.sort_unstable();
                    next.dedup();
                    ways = next;
                }
                ways.into_iter().map(|(choice, _)| choice).collect()
            }
            Rule::Within { time, group } => {
                let mut close = self.choices(group);
                close.retain(|choice| {
                    times(choice).is_some_and(|times| match (times.iter().min(), times.iter().max()) {
                        (Some(first), Some(last)) => *last - *first <= *time,
                        _ => true,
                    })
                });
                close
            }
            Rule::Weighted { parts, at_least } => {
                // Each part: left out, or any of its results.
                let mut ways: Vec<(Choice, i128, i128)> = vec![(Choice::new(), 0, 1)];
                let mut weights = 0;
                for part in parts {
                    let weight = i128::try_from(part.weight).unwrap();
                    weights += weight;
                    let results = self.results(&part.condition);
                    let mut next = ways.clone();
                    for (so_far, n, d) in &ways {
                        for (choice, met, percent) in &results {
                            if let (true, Some((pn, pd))) = (*met, percent) {
                                next.push((so_far | choice, n * pd + weight * pn * d, d * pd));
                            }
                        }
                    }
                    ways = next;
                }
                let mark = i128::try_from(*at_least).unwrap();
                ways.retain(|(choice, n, d)| !choice.is_empty() && *n >= mark * weights * d);
                ways.into_iter().map(|(choice, _, _)| choice).collect()
            }
        };
        choices.sort_unstable();
        choices.dedup();
        choices
    }

    fn so_many(&self, parts: &[Rule], count: usize) -> Vec<Choice> {
        let mut ways: Vec<(usize, Choice)> = vec![(0, Choice::new())];
        for part in parts {
            let choices = self.choices(part);
            let more = ways
                .iter()
                .flat_map(|(met, so_far)| choices.iter().map(move |choice| (met + 1, so_far | choice)));
            let more: Vec<_> = more.collect();
            ways.extend(more);
            ways.sort_unstable();
            ways.dedup();
        }
        ways.into_iter().filter(|(met, _)| *met >= count.max(1)).map(|(_, choice)| choice).collect()
    }

    /// The facts that an expression looks at, if it is true of the best result for each name.
    fn computed(&self, expression: &Expression) -> Option<Choice> {
        let (formula, conditions) = formula_of(expression);
        let best = conditions.map(|condition| {
            let mut counted = self.counted(condition?);
            let rank = |(index, what): &(usize, What)| {
                let learner = &self.outcomes[*index].learner.id;
                (what.percent.map(|(n, d)| n * 60 / d), what.passed == Some(true), what.at, learner)
            };
            counted.sort_by(|one, other| rank(one).cmp(&rank(other)));
            if let [.., one, other] = counted.as_slice() {
                self.tied.set(self.tied.get() || rank(one) == rank(other));
            }
            counted.pop()
        });
        let known = best.each_ref().map(|best| {
            let what = best.as_ref().map(|(_, what)| what);
            what.map_or_else(Known::default, |what| Known {
                percent: what.percent,
                passed: what.passed,
                late: what.late,
                text: what.text.clone(),
            })
        });
        let looked = (0..known.len()).filter(|name| formula.looks_at(*name, &known[*name]));
        let choice = looked.filter_map(|name| best[name].as_ref()).map(|(index, what)| (*index, what.at));
        (formula.value(&known) == Some(true)).then(|| choice.collect())
    }

    /// Each outcome that the condition means and of which something counts: its bit, whether it
    /// meets, and its percentage.
    fn results(&self, condition: &Condition) -> Vec<Found> {
        let found = self.counted(condition).into_iter().map(|(index, what)| {
            (Choice::from([(index, what.at)]), meets(&condition.threshold, &what), what.percent)
        });
        found.collect()
    }

    /// Each outcome that the condition means, with what of it counts.
    fn counted(&self, condition: &Condition) -> Vec<(usize, What)> {
        let mut found = Vec::new();
        for (index, outcome) in self.outcomes.iter().enumerate() {
            let meant = match &condition.assessment {
                AssessmentName::Named(name) => outcome.assessment.id == *name,
                AssessmentName::CourseTotal => outcome.assessment.kind == AssessmentKind::CourseTotal,
                AssessmentName::CourseCompletion => {
                    outcome.assessment.kind == AssessmentKind::CourseCompletion
                }
                AssessmentName::Competency(name) => {
                    outcome.assessment.kind == AssessmentKind::Competency && outcome.assessment.id == *name
                }
            };
            if !meant || outcome.release != Release::Released {
                continue;
            }
            if condition.terms.all_graded && outcome.all_graded != Some(true) {
                continue;
            }
            if let Some(what) = counts(condition, outcome) {
                found.push((index, what));
            }
        }
        found
    }
}

/// The times of the facts, if all are known.
fn times(choice: &Choice) -> Option<Vec<DateTime<Utc>>> {
    choice.iter().map(|(_, at)| *at).collect()
}

fn counts(condition: &Condition, outcome: &Outcome) -> Option<What> {
    let terms = &condition.terms;
    let Some(policy) = terms.counts else {
        if terms.on_time && outcome.late != Some(false) {
            return None;
        }
        if let Some(between) = terms.between {
            outcome.graded_at.filter(|at| between.from <= *at && *at <= between.to)?;
        }
        let (at, passed) = (outcome.graded_at, outcome.passed);
        return Some(What { passed, at, late: outcome.late, ..of_score(outcome.score.as_ref()) });
    };
    let listed = outcome.known_attempts();
    let last = listed.iter().map(|it| it.number).max()?.max(outcome.attempt.unwrap_or(0));
    // Every attempt there must have been: listed or not.
    let all: Vec<Option<&Attempt>> =
        (1..=last).map(|number| listed.iter().find(|it| it.number == number)).collect();
    let letters = matches!(condition.threshold, Threshold::OneOf(_) | Threshold::Passed);
    let mut chosen: Vec<&Attempt> = Vec::new();
    match policy {
        Counts::Latest => {
            for attempt in all.iter().rev() {
                match eligible((*attempt)?, terms) {
                    Some(true) => {
                        chosen.push((*attempt)?);
                        break;
                    }
                    Some(false) => {}
                    None => return None,
                }
            }
        }
        Counts::First => {
            for attempt in &all {
                match eligible((*attempt)?, terms) {
                    Some(true) => {
                        chosen.push((*attempt)?);
                        break;
                    }
                    Some(false) => {}
                    None => return None,
                }
            }
        }
        Counts::Best => {
            let good = |it: &&&Attempt| it.score.is_some() && eligible(it, terms) == Some(true);
            let mut best: Option<(bool, i128)> = None;
            for attempt in all.iter().flatten().filter(good) {
                let own = of_score(attempt.score.as_ref());
                let height = own.percent.filter(|_| !letters).map_or(-1, |(n, _)| n);
                let rank = (meets(&condition.threshold, &own), height);
                if best.is_none_or(|best| rank > best) {
                    best = Some(rank);
                    chosen = vec![attempt];
                }
            }
        }
        Counts::Average | Counts::Decaying => {
            for attempt in &all {
                let attempt = (*attempt)?;
                if attempt.score.is_none() {
                    continue;
                }
                if eligible(attempt, terms)? {
                    chosen.push(attempt);
                }
            }
        }
    }
    let (newest, earlier) = chosen.split_last()?;
    let points = |it: &Attempt| of_score(it.score.as_ref()).percent.map(|(n, _)| n);
    let sum = |list: &[&Attempt]| list.iter().map(|it| points(it)).sum::<Option<i128>>();
    let of = |list: &[&Attempt]| i128::try_from(list.len()).unwrap();
    let at = chosen.iter().map(|it| it.graded_at).collect::<Option<Vec<_>>>();
    let at = at.and_then(|times| times.into_iter().max());
    match policy {
        Counts::Average | Counts::Decaying if letters => None,
        Counts::Decaying if !earlier.is_empty() => {
            let n = 65 * points(newest)? * of(earlier) + 35 * sum(earlier)?;
            let percent = Some((n, 100 * of(earlier)));
            Some(What { percent, text: None, passed: None, late: None, at })
        }
        Counts::Average | Counts::Decaying => {
            let percent = Some((sum(&chosen)?, of(&chosen)));
            Some(What { percent, text: None, passed: None, late: None, at })
        }
        _ => {
            newest.score.as_ref()?;
            Some(What { at: newest.graded_at, late: newest.late, ..of_score(newest.score.as_ref()) })
        }
    }
}

/// Whether the attempt counts; `None` where that is not known.
fn eligible(attempt: &Attempt, terms: &Terms) -> Option<bool> {
    if terms.on_time && attempt.late? {
        return Some(false);
    }
    match (terms.between, attempt.graded_at) {
        (Some(_), _) if attempt.score.is_none() => Some(true),
        (Some(between), at) => at.map(|at| between.from <= at && at <= between.to),
        (None, _) => Some(true),
    }
}

/// Points out of ten as percent.
fn of_score(score: Option<&Score>) -> What {
    let points = score.and_then(|score| score.given).map(|given| i128::try_from(given).unwrap());
    let text = score.and_then(|score| score.text.clone());
    What { percent: points.map(|points| (points * 10, 1)), text, passed: None, late: None, at: None }
}

fn meets(threshold: &Threshold, counts: &What) -> bool {
    let reaches = |mark: &Decimal, times: i128| {
        let mark = i128::try_from(*mark).unwrap() * times;
        counts.percent.is_some_and(|(n, d)| n >= mark * d)
    };
    match threshold {
        Threshold::Passed => counts.passed == Some(true),
        Threshold::Percent(mark) => reaches(mark, 1),
        Threshold::Points(mark) => reaches(mark, 10),
        Threshold::OneOf(values) => counts.text.as_ref().is_some_and(|text| values.contains(text)),
        Threshold::Any => counts.percent.is_some(),
        Threshold::Looked { .. } => true,
    }
}
