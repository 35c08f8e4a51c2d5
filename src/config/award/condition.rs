//! One condition: what it is about, and what it asks.

use accolade_connectors::Assessment;

use super::{DEMANDS, GROUPS, Inherited, PLACES, Reader, SUBJECTS, present};
use crate::config::document::{Node, Table, Value, did_you_mean, or_list};
use crate::rules::{AssessmentName, Condition, Counts, HeldBadge, Rule, Terms, Threshold};

impl Reader<'_> {
    pub(super) fn condition(&mut self, node: &Node, table: &Table, inherited: Inherited<'_>) -> Option<Rule> {
        if self.unknown_keys(table) {
            // A misspelt key is missing too; that would only be said twice.
            return None;
        }
        if present(table, SUBJECTS).as_slice() == ["badge"] {
            return self.badge(table);
        }
        if present(table, SUBJECTS).as_slice() == ["expression"] {
            return self.expression(node, table, inherited);
        }
        let subject = self.subject(node, table);
        let subject_key = present(table, SUBJECTS).first().copied().unwrap_or("assessment");
        let threshold = match &subject {
            Some(AssessmentName::CourseCompletion | AssessmentName::Competency(_)) => Some(Threshold::Passed),
            Some(_) => self.threshold(node, table),
            None => None,
        };
        if subject.is_some() {
            self.condition_keys(table, subject_key, &["passed", "at_least", "grade"]);
        }
        let terms = self.terms(table, threshold.as_ref());
        self.placed(node, table, inherited, subject, threshold, terms).map(Rule::Condition)
    }

    /// The condition of a part of a weighted result: its percentage counts, whatever it is.
    pub(super) fn weighted_condition(
        &mut self,
        node: &Node,
        table: &Table,
        inherited: Inherited<'_>,
    ) -> Option<Condition> {
        if self.unknown_keys(table) {
            return None;
        }
        if let Some(key) = present(table, GROUPS).first() {
            let at = table.get(*key).unwrap_or(node);
            return self.fail(
                at,
                format!("only assessments have a weight, no lists; put `{key}` beside `weighted`"),
            );
        }
        let key = present(table, SUBJECTS).first().copied().unwrap_or("assessment");
        if ["course_completed", "competency", "badge", "expression"].contains(&key) {
            let at = table.get(key).unwrap_or(node);
            return self
                .fail(at, format!("`{key}` has no percentage to weigh; ask for it beside `weighted`"));
        }
        for key in present(table, &["passed", "at_least", "grade"]) {
            let at = table.get(key).unwrap_or(node);
            let message = "its percentage counts, whatever it is";
            self.say(
                at,
                format!(
                    "`{key}` in a part of `weighted`: {message}; remove it, or ask for it beside `weighted`"
                ),
            );
        }
        let subject = self.subject(node, table);
        if subject.is_some() {
            self.condition_keys(table, key, &["weight"]);
        }
        let terms = self.terms(table, Some(&Threshold::Any));
        self.placed(node, table, inherited, subject, Some(Threshold::Any), terms)
    }

    /// Puts a condition together, if it is known of which course it speaks.
    pub(super) fn placed(
        &mut self,
        node: &Node,
        table: &Table,
        inherited: Inherited<'_>,
        subject: Option<AssessmentName>,
        threshold: Option<Threshold>,
        terms: Option<Terms>,
    ) -> Option<Condition> {
        if inherited.source.is_none() && !table.contains_key("source") && !self.no_source {
            self.no_source = true;
            let example = self.sources.first().unwrap_or(&"moodle");
            self.say(
                node,
                format!("which source? Write `source = \"{example}\"` here or once under [award]"),
            );
        }
        if inherited.course.is_none() && !table.contains_key("course") && !self.no_course {
            self.no_course = true;
            self.say(
                node,
                "which course? Write `course = \"…\"` here or once under [award], with the id or the short \
                 name that the course has in the LMS",
            );
        }
        let terms = terms?;
        Some(Condition {
            terms,
            ..Condition::new(inherited.source?, inherited.course?, subject?, threshold?)
        })
    }

    pub(super) fn subject(&mut self, node: &Node, table: &Table) -> Option<AssessmentName> {
        match present(table, SUBJECTS).as_slice() {
            ["assessment"] => {
                let name = self.name(table, "assessment")?;
                Some(match name {
                    Assessment::COURSE_TOTAL => AssessmentName::CourseTotal,
                    Assessment::COURSE_COMPLETION => {
                        let node = table.get("assessment")?;
                        return self.fail(node, "write `course_completed = true` instead");
                    }
                    name => AssessmentName::Named(name.to_owned()),
                })
            }
            ["course_total"] => self.yes(table, "course_total").then_some(AssessmentName::CourseTotal),
            ["competency"] => {
                self.name(table, "competency").map(|name| AssessmentName::Competency(name.to_owned()))
            }
            [_] => self.yes(table, "course_completed").then_some(AssessmentName::CourseCompletion),
            [] => self.fail(
                node,
                "this says nothing to meet: name an `assessment`, a `competency` or a `badge`, or write \
                 `course_total = true` or `course_completed = true`; for several conditions `all = [ … ]`, \
                 `any = [ … ]` or `at_least = 2, of = [ … ]`",
            ),
            [first, second, ..] => {
                let at = table.get(*second).unwrap_or(node);
                self.fail(
                    at,
                    format!(
                        "`{first}` and `{second}` in one condition; make two: \
                         all = [ {{ {first} = … }}, {{ {second} = … }} ]"
                    ),
                )
            }
        }
    }

    fn threshold(&mut self, node: &Node, table: &Table) -> Option<Threshold> {
        match present(table, &["passed", "at_least", "grade"]).as_slice() {
            ["passed"] => self.yes(table, "passed").then_some(Threshold::Passed),
            ["at_least"] => self.mark(table.get("at_least")?),
            [_] => self.grades(table.get("grade")?),
            [] => self.fail(
                node,
                "what must be reached? Write `passed = true`, \
                 `at_least = \"70 %\"`, `at_least = \"60 points\"` or \
                 `grade = [\"A\", \"B\"]`",
            ),
            [first, second, ..] => {
                let at = table.get(*second).unwrap_or(node);
                self.fail(
                    at,
                    format!(
                        "`{first}` and `{second}` in one condition; keep one, \
                         or make two and choose: any = [ {{ {first} = … }}, {{ {second} = … }} ]"
                    ),
                )
            }
        }
    }

    fn badge(&mut self, table: &Table) -> Option<Rule> {
        self.condition_keys(table, "badge", &[]);
        let between = self.between(table);
        let name = self.name(table, "badge")?;
        let at = table.get("badge")?.at.clone();
        self.badges.push((name.to_owned(), at));
        Some(Rule::Badge(HeldBadge { badge: name.to_owned(), between: between? }))
    }

    pub(super) fn terms(&mut self, table: &Table, threshold: Option<&Threshold>) -> Option<Terms> {
        let counts = match table.get("counts") {
            Some(_) if !table.contains_key("assessment") => None,
            Some(node) => Some(self.counts(node, threshold)?),
            None => None,
        };
        let between = self.between(table)?;
        let on_time = match table.get("late") {
            Some(node) if matches!(node.value, Value::Bool(false)) => true,
            Some(node) => {
                return self.fail(
                    node,
                    "`late` can only be false: late work does not count; if it does, remove `late`",
                );
            }
            None => false,
        };
        let all_graded = table.contains_key("all_graded") && self.yes(table, "all_graded");
        Some(Terms { counts, between, on_time, all_graded, period: None })
    }

    fn counts(&mut self, node: &Node, threshold: Option<&Threshold>) -> Option<Counts> {
        let names = || Counts::ALL.iter().map(|(name, _)| *name);
        let Some((name, counts)) = Counts::ALL.into_iter().find(|(name, _)| node.str() == Some(name)) else {
            let hint = node.str().map(|text| did_you_mean(text, names())).unwrap_or_default();
            return self
                .fail(node, format!("`counts` says which attempt counts: {}{hint}", or_list(names())));
        };
        match (threshold, counts) {
            (Some(Threshold::Passed), _) => self.fail(
                node,
                "`passed` is the LMS's word on the assessment, it has none on single attempts; \
                 write `at_least = \"…\"` instead of `passed`, or remove `counts`",
            ),
            (Some(Threshold::OneOf(_)), Counts::Average | Counts::Decaying) => self.fail(
                node,
                format!(
                    "letters and scale values have no average; ask for percent or points, or remove \
                         `counts = \"{name}\"`"
                ),
            ),
            _ => Some(counts),
        }
    }

    /// Reports known keys that do not go with the subject. `more` are those that do besides what
    /// the subject itself decides.
    pub(super) fn condition_keys(&mut self, table: &Table, subject: &str, more: &[&str]) {
        for (key, node) in table {
            let key = key.as_str();
            let message = match key {
                _ if key == subject => continue,
                "within" => "`within` stands beside a list: all = [ … ], within = \"90 days\"".to_owned(),
                "with" | "says" if !more.contains(&key) => {
                    format!("`{key}` goes with `expression = \"…\"`; remove it")
                }
                "with" | "says" => continue,
                "passed" | "at_least" | "grade" if subject == "expression" => {
                    format!("what must be reached stands in the expression; remove `{key}`")
                }
                _ if subject == "expression" && DEMANDS.contains(&key) => {
                    format!(
                        "`{key}` goes into the results in `with`: with = {{ quiz = {{ assessment = …, {key} = … }} }}"
                    )
                }
                "between" => continue,
                "weight" if !more.contains(&key) => {
                    "`weight` goes into the parts of `weighted = [ … ], at_least = \"70 %\"`".to_owned()
                }
                _ if subject == "badge" => {
                    format!("`badge` is held or not, whatever the course; remove `{key}`")
                }
                _ if PLACES.contains(&key) => continue,
                "counts" | "late" if subject != "assessment" => {
                    format!("`{key}` is about work that is handed in, and `{subject}` is not; remove `{key}`")
                }
                "all_graded" if subject != "course_total" => {
                    format!("`all_graded` goes with `course_total`, not with `{subject}`; remove it")
                }
                "passed" | "at_least" | "grade" if subject == "course_completed" => format!(
                    "`course_completed` has no grade; remove `{key}`, or ask for `course_total = true`"
                ),
                "passed" | "at_least" | "grade" if subject == "competency" => format!(
                    "`competency` is reached or not, by the LMS's word; remove `{key}`, \
                     or write `assessment` for `competency` to ask for a rating"
                ),
                _ => continue,
            };
            self.say(node, message);
        }
    }
}
