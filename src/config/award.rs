//! The `[award]` table of a badge file: when a badge is awarded, in an administrator's words.
//!
//! | written | means |
//! | --- | --- |
//! | `all = [ … ]` | every one of these |
//! | `any = [ … ]` | at least one of these |
//! | `at_least = 2, of = [ … ]` | at least two of these |
//! | `assessment = "QUIZ", passed = true` | the LMS says that this assessment is passed |
//! | `assessment = "QUIZ", at_least = "70 %"` | this share of its points; `"60 points"` for points |
//! | `assessment = "QUIZ", grade = ["A", "A-"]` | one of these letters or scale values |
//! | `course_total = true, at_least = "70 %"` | the same for the course's total |
//! | `course_completed = true` | the LMS says that the course is completed |
//!
//! `source` and `course` may stand in any table; they hold for everything inside it.

use accolade_connectors::Assessment;
use rust_decimal::Decimal;

use super::Problem;
use super::document::{Node, Table, Value, did_you_mean, known_keys, or_list};
use crate::rules::{AssessmentName, Condition, Rule, Threshold};

/// More than this is a slip of the pen: `7000 %`.
const HIGHEST_PERCENT: Decimal = Decimal::ONE_THOUSAND;

const GROUP_KEYS: &[&str] = &["all", "any", "at_least", "of", "source", "course"];
const CONDITION_KEYS: &[&str] = &["assessment", "course_total", "course_completed", "passed", "grade"];
const ALL_KEYS: &[&str] = &[
    "assessment",
    "course_total",
    "course_completed",
    "passed",
    "at_least",
    "grade",
    "all",
    "any",
    "of",
    "source",
    "course",
];
const EXAMPLE: &str = "write for instance { assessment = \"QUIZ\", at_least = \"70 %\" }";

/// Reads the table; `sources` are the names that conditions may use. `None` if there is a
/// problem, and then there is at least one more in `problems`.
pub(super) fn award(node: &Node, sources: &[&str], problems: &mut Vec<Problem>) -> Option<Rule> {
    let before = problems.len();
    let rule =
        Reader { sources, problems, no_source: false, no_course: false }.rule(node, Inherited::default());
    rule.filter(|_| problems.len() == before)
}

/// What the tables around a condition say for all inside.
#[derive(Clone, Copy, Default)]
struct Inherited<'a> {
    source: Option<&'a str>,
    course: Option<&'a str>,
}

struct Reader<'a> {
    sources: &'a [&'a str],
    problems: &'a mut Vec<Problem>,
    /// Whether it was said already that there is none: what is missing under [award] is missing
    /// in each condition.
    no_source: bool,
    no_course: bool,
}

impl Reader<'_> {
    fn say(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(node.at.problem(message));
    }

    /// Reports a problem after which there is nothing to give back.
    fn fail<T>(&mut self, node: &Node, message: impl Into<String>) -> Option<T> {
        self.say(node, message);
        None
    }

    fn rule<'a>(&mut self, node: &'a Node, inherited: Inherited<'a>) -> Option<Rule> {
        let Some(table) = node.table() else {
            let kind = node.value.kind();
            return self.fail(node, format!("this is {kind}; expected is a table in braces: {EXAMPLE}"));
        };
        let inherited = Inherited {
            source: self.name(table, "source").or(inherited.source),
            course: self.name(table, "course").or(inherited.course),
        };
        self.check_source(table);

        match present(table, &["all", "any", "of"]).as_slice() {
            [] => self.condition(node, table, inherited),
            ["of"] => {
                self.unknown_keys(table, GROUP_KEYS);
                let count = self.count(table);
                let of = self.parts(table.get("of")?, "of", inherited);
                let (count, of) = (count?, of?);
                if count > of.len() {
                    let at = table.get("at_least").unwrap_or(node);
                    let parts = of.len();
                    return self.fail(
                        at,
                        format!(
                            "`at_least = {count}` of {parts} can never be met; \
                             ask for {parts} or fewer, or list more"
                        ),
                    );
                }
                Some(Rule::AtLeast { count, of })
            }
            [group] => {
                self.unknown_keys(table, GROUP_KEYS);
                if let Some(at) = table.get("at_least") {
                    self.say(
                        at,
                        format!(
                            "`at_least` goes with `of`, not with `{group}`; \
                             write `at_least = 2, of = [ … ]`"
                        ),
                    );
                }
                let parts = self.parts(table.get(*group)?, group, inherited)?;
                Some(if *group == "all" { Rule::All(parts) } else { Rule::Any(parts) })
            }
            [first, second, ..] => {
                let at = table.get(*second).unwrap_or(node);
                self.fail(
                    at,
                    format!(
                        "`{first}` and `{second}` in one table: which one is meant? \
                         Put one of them into the other, as in all = [ …, {{ any = [ … ] }} ]"
                    ),
                )
            }
        }
    }

    fn parts<'a>(&mut self, node: &'a Node, key: &str, inherited: Inherited<'a>) -> Option<Vec<Rule>> {
        let Value::Array(nodes) = &node.value else {
            let kind = node.value.kind();
            return self.fail(
                node,
                format!(
                    "`{key}` is {kind}; expected is a list of conditions: \
                     {key} = [ {{ … }}, {{ … }} ]"
                ),
            );
        };
        if nodes.is_empty() {
            return self.fail(
                node,
                format!("`{key}` is an empty list, which nobody could ever meet; {EXAMPLE} into it"),
            );
        }
        // All of them are read, so that all problems are found.
        let parts: Vec<Option<Rule>> = nodes.iter().map(|node| self.rule(node, inherited)).collect();
        parts.into_iter().collect()
    }

    fn count(&mut self, table: &Table) -> Option<usize> {
        let Some(node) = table.get("at_least") else {
            let node = table.get("of")?;
            return self.fail(node, "`of` needs to know how many; write `at_least = 2, of = [ … ]`");
        };
        match node.value {
            Value::Integer(count) if count >= 1 => usize::try_from(count).ok(),
            _ => self.fail(node, "beside `of`, `at_least` is how many of them: a whole number, 1 or more"),
        }
    }

    fn condition(&mut self, node: &Node, table: &Table, inherited: Inherited<'_>) -> Option<Rule> {
        if self.unknown_keys(table, ALL_KEYS) {
            // A misspelt key is missing too; that would only be said twice.
            return None;
        }
        let subject = self.subject(node, table);
        let threshold = match &subject {
            Some(AssessmentName::CourseCompletion) => {
                for key in ["passed", "at_least", "grade"] {
                    if let Some(node) = table.get(key) {
                        self.say(
                            node,
                            format!(
                                "`course_completed` has no grade; remove `{key}`, \
                                 or ask for `course_total = true`"
                            ),
                        );
                    }
                }
                Some(Threshold::Passed)
            }
            Some(_) => self.threshold(node, table),
            None => None,
        };
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
        Some(Rule::Condition(Condition {
            source: inherited.source?.to_owned(),
            course: inherited.course?.to_owned(),
            assessment: subject?,
            threshold: threshold?,
        }))
    }

    fn subject(&mut self, node: &Node, table: &Table) -> Option<AssessmentName> {
        match present(table, &["assessment", "course_total", "course_completed"]).as_slice() {
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
            [_] => self.yes(table, "course_completed").then_some(AssessmentName::CourseCompletion),
            [] => self.fail(
                node,
                "this says nothing to meet: name an `assessment`, or write `course_total = true` or \
                 `course_completed = true`; for several conditions `all = [ … ]`, `any = [ … ]` or \
                 `at_least = 2, of = [ … ]`",
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

    /// `70 %` or `60 points`.
    fn mark(&mut self, node: &Node) -> Option<Threshold> {
        const FORMS: &str = "write \"70 %\" or \"60 points\"";
        let Some(text) = node.str() else {
            return self.fail(
                node,
                format!(
                    "`at_least` needs a unit: {FORMS}; to ask for that many conditions, \
                     add the list `of = [ … ]`"
                ),
            );
        };
        let text = text.trim();
        const UNITS: [(&str, bool); 5] =
            [("%", true), ("percent", true), ("points", false), ("point", false), ("pts", false)];
        let unit = UNITS.iter().find_map(|(unit, percent)| Some((text.strip_suffix(unit)?.trim(), *percent)));
        let Some((number, percent)) = unit else {
            return self.fail(node, format!("“{text}” has no unit; {FORMS}"));
        };
        let Ok(number) = Decimal::from_str_exact(number) else {
            let comma = if number.contains(',') { " with a decimal point" } else { "" };
            return self.fail(node, format!("“{number}” is not a number; {FORMS}{comma}"));
        };
        if number < Decimal::ZERO {
            return self.fail(
                node,
                format!("“{text}” is below zero, so that every grade would earn the badge; {FORMS}"),
            );
        }
        if percent && number > HIGHEST_PERCENT {
            let message = format!(
                "“{text}” is out of reach; at most {HIGHEST_PERCENT} % is possible, 100 % is full marks"
            );
            return self.fail(node, message);
        }
        Some(if percent { Threshold::Percent(number) } else { Threshold::Points(number) })
    }

    /// A letter or scale value, or a list of them.
    fn grades(&mut self, node: &Node) -> Option<Threshold> {
        let nodes = match &node.value {
            Value::Array(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let grades: Vec<&str> = nodes.iter().filter_map(Node::str).map(str::trim).collect();
        if grades.is_empty() || grades.len() < nodes.len() || grades.contains(&"") {
            return self.fail(
                node,
                "`grade` is a list of letters or scale values as the LMS displays them: \
                 grade = [\"A\", \"A-\"]; \
                 for numbers write `at_least = \"60 points\"`",
            );
        }
        Some(Threshold::OneOf(grades.into_iter().map(str::to_owned).collect()))
    }

    /// A key whose only sensible value is `true`.
    fn yes(&mut self, table: &Table, key: &str) -> bool {
        match table.get(key) {
            Some(Node { value: Value::Bool(true), .. }) => true,
            Some(node) => {
                self.say(node, format!("`{key}` can only be true; remove it if it is not asked for"));
                false
            }
            None => false,
        }
    }

    /// A name: a string that is not empty.
    fn name<'a>(&mut self, table: &'a Table, key: &str) -> Option<&'a str> {
        let node = table.get(key)?;
        match (&node.value, node.str()) {
            (_, Some(text)) if !text.trim().is_empty() => Some(text),
            (_, Some(_)) => self.fail(node, format!("`{key}` is empty; write a name")),
            (Value::Integer(number), None) => {
                self.fail(node, format!("`{key}` is a name, even if it is a number: {key} = \"{number}\""))
            }
            (other, None) => {
                let kind = other.kind();
                self.fail(node, format!("`{key}` is {kind}; expected is a name in quotes: {key} = \"…\""))
            }
        }
    }

    fn check_source(&mut self, table: &Table) {
        let Some(node) = table.get("source") else { return };
        let Some(name) = node.str().filter(|name| !name.trim().is_empty()) else { return };
        if !self.sources.contains(&name) {
            let hint = did_you_mean(name, self.sources.iter().copied());
            let known = if self.sources.is_empty() {
                "no source is configured; add `[sources.…]` to the configuration".to_owned()
            } else {
                format!("configured is {}{hint}", or_list(self.sources.iter().copied()))
            };
            self.say(node, format!("there is no source “{name}”; {known}"));
        }
    }

    /// Reports keys that are not known; whether there were any.
    fn unknown_keys(&mut self, table: &Table, known: &[&str]) -> bool {
        let before = self.problems.len();
        for (key, node) in table {
            if known.contains(&key.as_str()) {
                continue;
            }
            let message = if CONDITION_KEYS.contains(&key.as_str()) {
                format!(
                    "`{key}` stands beside a list; put it into the list, \
                     in a condition of its own: {{ {key} = … }}"
                )
            } else {
                format!("unknown key `{key}`{}", known_keys(key, known.iter().copied()))
            };
            self.say(node, message);
        }
        self.problems.len() > before
    }
}

/// Those of the keys that the table has.
fn present<'k>(table: &Table, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| table.contains_key(*key)).collect()
}
