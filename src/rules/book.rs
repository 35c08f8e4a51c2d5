//! All rules together, indexed by what they name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use accolade_connectors::{AssessmentKind, Outcome, Release};
use rust_decimal::Decimal;

use super::matching::summary;
use super::wording::plain;
use super::{AssessmentName, Condition, Rule, Weighted};

/// All rules of an installation. What an outcome does not concern costs nothing: conditions are
/// found by source, course and assessment, badges that stack on others by those.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: BTreeMap<String, Rule>,
    titles: HashMap<String, String>,
    entries: Vec<Entry>,
    /// By source, then by each name of a course that a condition uses.
    index: HashMap<String, HashMap<String, CourseIndex>>,
    /// By a badge, those whose rules name it.
    after: HashMap<String, BTreeSet<String>>,
}

#[derive(Debug, Clone)]
struct Entry {
    badge: String,
    condition: Condition,
    role: Role,
}

/// What a rule wants of a condition.
#[derive(Debug, Clone, PartialEq)]
enum Role {
    /// That it is met.
    Asks,
    /// That it is not met.
    Forbids,
    /// Its percentage, with so much weight.
    Weighs(Decimal),
    /// What an expression makes of it; in words what that asks.
    Reads { asks: String, forbidden: bool },
}

/// The conditions on one course, as positions in [`Rulebook::entries`].
#[derive(Debug, Clone, Default)]
struct CourseIndex {
    named: HashMap<String, Vec<usize>>,
    total: Vec<usize>,
    completion: Vec<usize>,
    competencies: HashMap<String, Vec<usize>>,
}

impl Rulebook {
    /// Indexes the rules of the badges, given as pairs of a badge's id and its rule.
    pub fn new(rules: Vec<(String, Rule)>) -> Self {
        let rules: BTreeMap<String, Rule> = rules.into_iter().collect();
        let mut book = Self::default();
        for (badge, rule) in &rules {
            book.add(badge, rule, false);
            for named in rule.badges() {
                book.after.entry(named.badge.clone()).or_default().insert(badge.clone());
            }
        }
        Self { rules, ..book }
    }

    fn add(&mut self, badge: &str, rule: &Rule, forbidden: bool) {
        let asks = || if forbidden { Role::Forbids } else { Role::Asks };
        match rule {
            Rule::Condition(condition) => self.add_entry(badge, condition, asks()),
            Rule::Weighted { parts, .. } => {
                for Weighted { condition, weight } in parts {
                    let role = if forbidden { asks() } else { Role::Weighs(*weight) };
                    self.add_entry(badge, condition, role);
                }
            }
            Rule::Expression(expression) => {
                let role = Role::Reads { asks: expression.asks().to_owned(), forbidden };
                expression.conditions().for_each(|condition| self.add_entry(badge, condition, role.clone()));
            }
            Rule::None(parts) => parts.iter().for_each(|part| self.add(badge, part, !forbidden)),
            _ => rule.parts().iter().for_each(|part| self.add(badge, part, forbidden)),
        }
    }

    fn add_entry(&mut self, badge: &str, condition: &Condition, role: Role) {
        let courses = self.index.entry(condition.source.clone()).or_default();
        let course = courses.entry(condition.course.clone()).or_default();
        let list = match &condition.assessment {
            AssessmentName::Named(name) => course.named.entry(name.clone()).or_default(),
            AssessmentName::CourseTotal => &mut course.total,
            AssessmentName::CourseCompletion => &mut course.completion,
            AssessmentName::Competency(name) => course.competencies.entry(name.clone()).or_default(),
        };
        list.push(self.entries.len());
        self.entries.push(Entry { badge: badge.to_owned(), condition: condition.clone(), role });
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

    /// The badges whose rules name this outcome's assessment, sorted by id: whether they ask for
    /// it, forbid it, or weigh it.
    pub fn badges_for(&self, source: &str, outcome: &Outcome) -> Vec<&str> {
        let mut badges: Vec<&str> =
            self.entries_for(source, outcome).map(|entry| entry.badge.as_str()).collect();
        badges.dedup();
        badges
    }

    /// The badges whose rules name this badge, sorted by id: those to judge again when it is
    /// awarded, or taken back.
    pub fn badges_after(&self, badge: &str) -> Vec<&str> {
        self.after.get(badge).into_iter().flatten().map(String::as_str).collect()
    }

    /// The badges that concern somebody with these results, each with its source, and these
    /// badges: those whose rules name any of them, and the badges themselves.
    pub fn badges_of<'a>(
        &'a self,
        results: impl IntoIterator<Item = (&'a str, &'a Outcome)>,
        badges: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<&'a str> {
        let named = results.into_iter().flat_map(|(source, outcome)| self.badges_for(source, outcome));
        let own = badges.into_iter().flat_map(|badge| self.badges_after(badge).into_iter().chain([badge]));
        named.chain(own).collect()
    }

    /// These badges and all that stack on them, each after those that its own rule names.
    pub fn stacked<'a>(&'a self, badges: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut open: Vec<&str> = badges.into_iter().collect();
        let mut wanted: BTreeSet<&str> = open.iter().copied().collect();
        while let Some(badge) = open.pop() {
            open.extend(self.badges_after(badge).into_iter().filter(|after| wanted.insert(*after)));
        }
        let mut order = Vec::with_capacity(wanted.len());
        while !wanted.is_empty() {
            let waits = |badge: &str| {
                let named = self.rule(badge).map(Rule::badges).unwrap_or_default();
                named.iter().any(|named| named.badge != badge && wanted.contains(named.badge.as_str()))
            };
            let ready: Vec<&str> = wanted.iter().copied().filter(|badge| !waits(badge)).collect();
            // A circle, which is refused when the rules are read: in any order.
            let ready = if ready.is_empty() { wanted.iter().copied().collect() } else { ready };
            wanted.retain(|badge| !ready.contains(badge));
            order.extend(ready);
        }
        order
    }

    /// Whether any rule names this outcome's assessment, whether the outcome passes or not.
    pub fn names(&self, source: &str, outcome: &Outcome) -> bool {
        self.entries_for(source, outcome).next().is_some()
    }

    /// Whether some rule names this outcome's assessment that does not name the other's: the same one by
    /// fewer names, say.
    pub fn names_beyond(&self, source: &str, outcome: &Outcome, other: &Outcome) -> bool {
        !self.positions_for(source, outcome).is_subset(&self.positions_for(source, other))
    }

    /// Whether the outcome passes: the LMS says so, or it meets a condition that some rule has
    /// on it, or it adds to a weighted result, or an expression looks at it. A withheld outcome never passes, and to meet what a
    /// rule forbids is not to pass.
    pub fn passes(&self, source: &str, outcome: &Outcome) -> bool {
        outcome.release == Release::Released
            && (outcome.passed == Some(true)
                || self.entries_for(source, outcome).any(|entry| match &entry.role {
                    Role::Asks | Role::Reads { forbidden: false, .. } => entry.condition.met_by(outcome),
                    Role::Weighs(_) => entry.condition.adds(outcome),
                    Role::Forbids | Role::Reads { .. } => false,
                }))
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
            let demand = entry.condition.demand();
            let met = entry.condition.met_by(outcome);
            let part = match &entry.role {
                Role::Asks if met => format!("badge “{title}” asks {demand}, which it meets"),
                Role::Asks => format!("badge “{title}” asks {demand}"),
                Role::Forbids if met => format!("badge “{title}” forbids {demand}, which stands in its way"),
                Role::Forbids => format!("badge “{title}” forbids {demand}"),
                Role::Weighs(weight) => {
                    let terms = &entry.condition.terms;
                    format!("badge “{title}” counts it with weight {}{terms}", plain(*weight))
                }
                Role::Reads { asks, forbidden } => {
                    let terms = &entry.condition.terms;
                    let verb = if *forbidden { "forbids" } else { "asks" };
                    format!("badge “{title}” {verb} {asks}, which is computed from it{terms}")
                }
            };
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join("; ")
    }

    /// The conditions on this outcome's assessment, sorted by badge, each once.
    fn entries_for(&self, source: &str, outcome: &Outcome) -> impl Iterator<Item = &Entry> {
        let positions = self.positions_for(source, outcome);
        positions.into_iter().filter_map(|position| self.entries.get(position))
    }

    fn positions_for(&self, source: &str, outcome: &Outcome) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if let Some(courses) = self.index.get(source) {
            let names = std::iter::once(&outcome.course.id).chain(&outcome.course.also);
            for course in names.filter_map(|name| courses.get(name)) {
                course.collect(outcome, &mut found);
            }
        }
        found
    }
}

impl CourseIndex {
    fn collect(&self, outcome: &Outcome, found: &mut BTreeSet<usize>) {
        let assessment = &outcome.assessment;
        let names = || std::iter::once(&assessment.id).chain(&assessment.also);
        match assessment.kind {
            AssessmentKind::CourseTotal => found.extend(&self.total),
            AssessmentKind::CourseCompletion => found.extend(&self.completion),
            AssessmentKind::Competency => {
                found.extend(names().filter_map(|name| self.competencies.get(name)).flatten());
            }
            AssessmentKind::Item => {}
        }
        found.extend(names().filter_map(|name| self.named.get(name)).flatten());
    }
}
