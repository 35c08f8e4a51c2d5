//! `expression = "…", with = { quiz = { assessment = "QUIZ" } }, says = "…"`.

use super::{GROUPS, Inherited, Reader, SUBJECTS, present};
use crate::config::document::{Node, Table, did_you_mean};
use crate::rules::{Condition, Expression, Refused, Rule, Threshold};

const WITH: &str = "write the results that it looks at, each with a name: \
                    with = { quiz = { assessment = \"QUIZ\" } }";

impl Reader<'_> {
    pub(super) fn expression(
        &mut self,
        node: &Node,
        table: &Table,
        inherited: Inherited<'_>,
    ) -> Option<Rule> {
        self.condition_keys(table, "expression", &["with", "says"]);
        let at = table.get("expression")?;
        let text = self.words(at, "expression", "quiz.percent >= 70");
        let says = match table.get("says") {
            Some(node) => Some(self.words(node, "says", "a quiz and a good essay")?),
            None => None,
        };
        let Some(with) = table.get("with") else {
            return self.fail(node, format!("what does the expression look at? {WITH}"));
        };
        let Some(results) = with.table().filter(|results| !results.is_empty()) else {
            let kind = with.value.kind();
            return self.fail(with, format!("`with` is {kind}; {WITH}"));
        };
        // All of them are read, so that all problems are found.
        let names: Vec<Option<(String, Condition)>> = results
            .iter()
            .map(|(name, node)| Some((name.clone(), self.looked_at(node, inherited)?)))
            .collect();
        let names: Vec<(String, Condition)> = names.into_iter().collect::<Option<_>>()?;
        match Expression::new(&text?, says, names) {
            Ok(expression) => Some(Rule::Expression(expression)),
            Err(Refused { message, unknown }) => {
                let hint = unknown.map_or_else(String::new, |(given, known)| {
                    did_you_mean(&given, known.iter().map(String::as_str))
                });
                self.fail(at, format!("{message}{hint}"))
            }
        }
    }

    /// A text that is not empty.
    fn words(&mut self, node: &Node, key: &str, example: &str) -> Option<String> {
        match node.str().map(str::trim) {
            Some(text) if !text.is_empty() => Some(text.to_owned()),
            _ => self.fail(node, format!("`{key}` is a text in quotes: {key} = \"{example}\"")),
        }
    }

    /// A result that an expression looks at.
    fn looked_at(&mut self, node: &Node, inherited: Inherited<'_>) -> Option<Condition> {
        let table = self.table(node)?;
        let inherited = self.inherit(table, inherited);
        if self.unknown_keys(table) {
            return None;
        }
        let key = present(table, SUBJECTS).first().copied().unwrap_or("assessment");
        let group = present(table, GROUPS).first().copied();
        if let Some(key) = group.or_else(|| ["badge", "expression"].into_iter().find(|it| *it == key)) {
            let at = table.get(key).unwrap_or(node);
            return self.fail(
                at,
                format!(
                    "an expression looks at results, not at `{key}`; put that beside the expression, in `all`"
                ),
            );
        }
        for key in present(table, &["passed", "at_least", "grade"]) {
            let at = table.get(key).unwrap_or(node);
            self.say(
                at,
                format!("`{key}` in `with`: what must be reached stands in the expression; remove it here"),
            );
        }
        let subject = self.subject(node, table);
        if subject.is_some() {
            self.condition_keys(table, key, &[]);
        }
        let terms = self.terms(table, Some(&Threshold::Any));
        self.placed(node, table, inherited, subject, Some(Threshold::Any), terms)
    }
}
