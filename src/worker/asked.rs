//! What the rules ask of an LMS. Pure.

use std::collections::BTreeMap;

use accolade_connectors::{Asked, Part, Wanted};

use crate::config::Catalog;
use crate::rules::{AssessmentName, Condition, Rule, Threshold};

/// What the rules ask of the courses of a source.
pub fn asked(catalog: &Catalog, source: &str) -> Asked {
    let mut courses: BTreeMap<String, BTreeMap<Part, Wanted>> = BTreeMap::new();
    let rules = catalog.badges.iter().filter_map(|badge| catalog.rules.rule(&badge.achievement.id));
    for condition in rules.flat_map(Rule::conditions).filter(|condition| condition.source == source) {
        let new = wanted(condition);
        let parts = courses.entry(condition.course.clone()).or_default();
        let known = parts.entry(new.part.clone()).or_insert_with(|| new.clone());
        known.decision |= new.decision;
        known.attempts |= new.attempts;
    }
    Asked::new(courses.into_iter().map(|(name, parts)| (name, parts.into_values().collect())).collect())
}

fn wanted(condition: &Condition) -> Wanted {
    let (decided, tried) = match condition.threshold {
        Threshold::Passed => (true, false),
        Threshold::Looked { decision, attempts } => (decision, attempts),
        _ => (false, false),
    };
    let (part, decision) = match &condition.assessment {
        AssessmentName::Named(name) => (Part::Named(name.clone()), decided),
        AssessmentName::CourseTotal => (Part::Total, decided),
        AssessmentName::CourseCompletion => (Part::Completion, true),
        AssessmentName::Competency(name) => (Part::Competency(name.clone()), true),
    };
    Wanted { part, decision, attempts: tried || condition.terms.counts.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Counts, Expression, Rulebook};
    use crate::worker::samples::catalog;

    #[test]
    fn what_several_rules_ask_of_one_part_is_asked_together() {
        let on = |assessment, threshold| Condition::new("moodle", "WS101", assessment, threshold);
        let quiz = || AssessmentName::Named("QUIZ".to_owned());
        let mut latest = on(quiz(), Threshold::Percent(70.into()));
        latest.terms.counts = Some(Counts::Latest);
        let competency = AssessmentName::Competency("COMP-FIRE".to_owned());
        let rule = Rule::All(vec![
            Rule::Condition(on(quiz(), Threshold::Passed)),
            Rule::Condition(latest),
            Rule::None(vec![Rule::Condition(on(competency, Threshold::Passed))]),
            Rule::Condition(on(AssessmentName::CourseTotal, Threshold::Percent(50.into()))),
            Rule::Condition(Condition::new(
                "canvas",
                "WS101",
                AssessmentName::CourseCompletion,
                Threshold::Passed,
            )),
        ]);
        let mut catalog = Catalog::clone(&catalog());
        catalog.badges.truncate(1);
        let badge = catalog.badges[0].achievement.id.clone();
        catalog.rules = Rulebook::new(vec![(badge, rule)]);
        let asked = asked(&catalog, "moodle");
        let wanted = |part, decision, attempts| Wanted { part, decision, attempts };
        let expected = [
            wanted(Part::Named("QUIZ".to_owned()), true, true),
            wanted(Part::Total, false, false),
            wanted(Part::Competency("COMP-FIRE".to_owned()), true, false),
        ];
        assert_eq!(asked.courses().collect::<Vec<_>>(), [("WS101", expected.as_slice())]);
    }

    #[test]
    fn of_what_an_expression_looks_at_only_what_it_reads_is_asked() {
        let named = |name: &str| {
            let item = AssessmentName::Named(name.to_owned());
            (name.to_owned(), Condition::new("moodle", "WS101", item, Threshold::Any))
        };
        let names = ["quiz", "essay", "lab"].map(named).to_vec();
        let text = "quiz.passed && essay.percent > 50 && lab.attempts < 3";
        let expression = Expression::new(text, None, names).unwrap();
        let mut catalog = Catalog::clone(&catalog());
        catalog.badges.truncate(1);
        let badge = catalog.badges[0].achievement.id.clone();
        catalog.rules = Rulebook::new(vec![(badge, Rule::Expression(expression))]);
        let asked = asked(&catalog, "moodle");
        let wanted = |name: &str, decision, attempts| {
            let part = Part::Named(name.to_owned());
            Wanted { part, decision, attempts }
        };
        let expected =
            [wanted("essay", false, false), wanted("lab", false, true), wanted("quiz", true, false)];
        assert_eq!(asked.courses().collect::<Vec<_>>(), [("WS101", expected.as_slice())]);
    }
}
