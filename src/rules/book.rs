//! All rules together, indexed by what they name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use accolade_connectors::{AssessmentKind, Outcome, Release};

use super::matching::summary;
use super::{AssessmentName, Condition, Rule};

/// All rules of an installation. What an outcome does not concern costs nothing: conditions are
/// found by source, course and assessment.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: BTreeMap<String, Rule>,
    titles: HashMap<String, String>,
    entries: Vec<Entry>,
    /// By source, then by each name of a course that a condition uses.
    index: HashMap<String, HashMap<String, CourseIndex>>,
}

#[derive(Debug, Clone)]
struct Entry {
    badge: String,
    condition: Condition,
}

/// The conditions on one course, as positions in [`Rulebook::entries`].
#[derive(Debug, Clone, Default)]
struct CourseIndex {
    named: HashMap<String, Vec<usize>>,
    total: Vec<usize>,
    completion: Vec<usize>,
}

impl Rulebook {
    /// Indexes the rules of the badges, given as pairs of a badge's id and its rule.
    pub fn new(rules: Vec<(String, Rule)>) -> Self {
        let mut book = Self { rules: rules.into_iter().collect(), ..Self::default() };
        for (badge, rule) in &book.rules {
            for condition in rule.conditions() {
                let course = book
                    .index
                    .entry(condition.source.clone())
                    .or_default()
                    .entry(condition.course.clone())
                    .or_default();
                let list = match &condition.assessment {
                    AssessmentName::Named(name) => course.named.entry(name.clone()).or_default(),
                    AssessmentName::CourseTotal => &mut course.total,
                    AssessmentName::CourseCompletion => &mut course.completion,
                };
                list.push(book.entries.len());
                book.entries.push(Entry { badge: badge.clone(), condition: condition.clone() });
            }
        }
        book
    }

    /// Gives badges the names by which [`Rulebook::remark`] calls them, as pairs of id and name;
    /// a badge without one is called by its id.
    pub fn with_titles(mut self, titles: impl IntoIterator<Item = (String, String)>) -> Self {
        self.titles.extend(titles);
        self
    }

    /// The rule of a badge.
    pub fn rule(&self, badge: &str) -> Option<&Rule> {
        self.rules.get(badge)
    }

    /// The badges whose rules name this outcome's assessment, sorted by id.
    pub fn badges_for(&self, source: &str, outcome: &Outcome) -> Vec<&str> {
        let mut badges: Vec<&str> =
            self.entries_for(source, outcome).map(|entry| entry.badge.as_str()).collect();
        badges.dedup();
        badges
    }

    /// Whether the outcome passes: the LMS says so, or it meets a condition that some rule has
    /// on it. A withheld outcome never passes.
    pub fn passes(&self, source: &str, outcome: &Outcome) -> bool {
        outcome.release == Release::Released
            && (outcome.passed == Some(true)
                || self.entries_for(source, outcome).any(|entry| entry.condition.threshold.met_by(outcome)))
    }

    /// One line for people on what the rules say to this outcome alone: `68 %; badge
    /// “Workplace Safety” asks at least 70 %`, or `no badge has a rule for it`.
    pub fn remark(&self, source: &str, outcome: &Outcome) -> String {
        let entries: Vec<&Entry> = self.entries_for(source, outcome).collect();
        if entries.is_empty() {
            return "no badge has a rule for it".to_owned();
        }
        let places = entries.iter().map(|entry| entry.condition.threshold.places()).max().unwrap_or(0);
        let mut parts = vec![summary(outcome, places)];
        for entry in entries {
            let title = self.titles.get(&entry.badge).unwrap_or(&entry.badge);
            let threshold = &entry.condition.threshold;
            let asks = match entry.condition.assessment {
                AssessmentName::CourseCompletion => "completion".to_owned(),
                _ => threshold.to_string(),
            };
            let verdict = if threshold.met_by(outcome) { ", which it meets" } else { "" };
            let part = format!("badge “{title}” asks {asks}{verdict}");
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join("; ")
    }

    /// The conditions on this outcome's assessment, sorted by badge, each once.
    fn entries_for(&self, source: &str, outcome: &Outcome) -> impl Iterator<Item = &Entry> {
        let mut found = BTreeSet::new();
        if let Some(courses) = self.index.get(source) {
            let names = std::iter::once(&outcome.course.id).chain(&outcome.course.also);
            for course in names.filter_map(|name| courses.get(name)) {
                course.collect(outcome, &mut found);
            }
        }
        found.into_iter().filter_map(|position| self.entries.get(position))
    }
}

impl CourseIndex {
    fn collect(&self, outcome: &Outcome, found: &mut BTreeSet<usize>) {
        let assessment = &outcome.assessment;
        match assessment.kind {
            AssessmentKind::CourseTotal => found.extend(&self.total),
            AssessmentKind::CourseCompletion => found.extend(&self.completion),
            AssessmentKind::Item | AssessmentKind::Competency => {}
        }
        for name in std::iter::once(&assessment.id).chain(&assessment.also) {
            found.extend(self.named.get(name).into_iter().flatten());
        }
    }
}
