//! The `[award]` table of a badge file: when a badge is awarded, in an administrator's words.
//!
//! | written | means |
//! | --- | --- |
//! | `all = [ … ]` | every one of these |
//! | `any = [ … ]` | at least one of these |
//! | `at_least = 2, of = [ … ]` | at least two of these |
//! | `none = [ … ]` | not a single one of these |
//! | `in_order = [ … ]` | every one, each graded not earlier than the one before |
//! | `weighted = [ { assessment = "QUIZ", weight = 30 }, … ], at_least = "70 %"` | so much on average of these, by weight |
//! | `within = "90 days"`, beside a list | the results that count lie that close together |
//! | `assessment = "QUIZ", passed = true` | the LMS says that this assessment is passed |
//! | `assessment = "QUIZ", at_least = "70 %"` | this share of its points; `"60 points"` for points |
//! | `assessment = "QUIZ", grade = ["A", "A-"]` | one of these letters or scale values |
//! | `course_total = true, at_least = "70 %"` | the same for the course's total |
//! | `course_total = true, all_graded = true, …` | only once everything in the course is graded |
//! | `course_completed = true` | the LMS says that the course is completed |
//! | `competency = "SAFE-1"` | the LMS says that the competency is reached |
//! | `badge = "first-aid"` | this badge is held |
//! | `expression = "quiz.points + essay.points >= 80", with = { quiz = { assessment = "QUIZ" }, … }` | what no other condition says |
//! | `counts = "best"`, in a condition | the best attempt; also `latest`, `first`, `average`, `decaying` |
//! | `between = ["2026-09-01", "2027-01-31"]`, in a condition | graded (or awarded) then |
//! | `late = false`, in a condition | late work does not count |
//!
//! `source` and `course` may stand in any table; they hold for everything inside it.

mod condition;
mod expression;
mod marks;
mod sense;
mod times;

use super::Problem;
use super::document::{At, Node, Table, Value, did_you_mean, known_keys, or_list};
use crate::rules::{Rule, Weighted};

/// What decides which group a table is.
const GROUPS: &[&str] = &["all", "any", "of", "none", "in_order", "weighted"];
/// What decides which condition a table is.
const SUBJECTS: &[&str] =
    &["assessment", "course_total", "course_completed", "competency", "badge", "expression"];
/// What a condition may say of its subject.
const DEMANDS: &[&str] =
    &["passed", "at_least", "grade", "counts", "between", "late", "all_graded", "weight", "with", "says"];
/// What stands in any table.
const PLACES: &[&str] = &["source", "course"];
/// Groups in groups in groups are a slip of the pen, or nothing that anybody could follow.
const DEEPEST: usize = 8;
const EXAMPLE: &str = "write for instance { assessment = \"QUIZ\", at_least = \"70 %\" }";

/// What the table says.
#[derive(Debug)]
pub(super) struct Award {
    pub(super) rule: Rule,
    /// The badges that it names, each with its place.
    pub(super) badges: Vec<(String, At)>,
}

/// Reads the table; `sources` are the names that conditions may use. `None` if there is a
/// problem, and then there is at least one more in `problems`.
pub(super) fn award(node: &Node, sources: &[&str], problems: &mut Vec<Problem>) -> Option<Award> {
    let before = problems.len();
    let mut reader =
        Reader { sources, problems, badges: Vec::new(), depth: 0, no_source: false, no_course: false };
    let rule = reader.rule(node, Inherited::default());
    if let Some(rule) = &rule {
        reader.rests_on_something(node, rule);
    }
    let badges = reader.badges;
    rule.filter(|_| problems.len() == before).map(|rule| Award { rule, badges })
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
    badges: Vec<(String, At)>,
    /// How many groups stand around.
    depth: usize,
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

    fn table<'a>(&mut self, node: &'a Node) -> Option<&'a Table> {
        let kind = node.value.kind();
        match node.table() {
            Some(table) => Some(table),
            None => self.fail(node, format!("this is {kind}; expected is a table in braces: {EXAMPLE}")),
        }
    }

    fn rule<'a>(&mut self, node: &'a Node, inherited: Inherited<'a>) -> Option<Rule> {
        let table = self.table(node)?;
        let inherited = self.inherit(table, inherited);
        match present(table, GROUPS).as_slice() {
            [] => self.condition(node, table, inherited),
            [group] => {
                if self.depth == DEEPEST {
                    let message = format!("more than {DEEPEST} lists in one another; make it simpler");
                    return self.fail(node, message);
                }
                self.depth += 1;
                let rule = self.group(node, table, group, inherited);
                self.depth -= 1;
                rule
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

    fn inherit<'a>(&mut self, table: &'a Table, inherited: Inherited<'a>) -> Inherited<'a> {
        let inherited = Inherited {
            source: self.name(table, "source").or(inherited.source),
            course: self.name(table, "course").or(inherited.course),
        };
        self.check_source(table);
        inherited
    }

    /// `group` is the key that the table has.
    fn group<'a>(
        &mut self,
        node: &'a Node,
        table: &'a Table,
        group: &str,
        inherited: Inherited<'a>,
    ) -> Option<Rule> {
        self.group_keys(table, group);
        let list = table.get(group)?;
        let rule = match group {
            "of" => {
                let count = self.count(table);
                let of = self.parts(list, group, inherited);
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
                self.no_part_twice(list, &of);
                Rule::AtLeast { count, of }
            }
            "weighted" => {
                let at_least = self.weighted_mark(table);
                let parts = self.weights(list, inherited);
                Rule::Weighted { parts: parts?, at_least: at_least? }
            }
            _ => {
                let parts = self.parts(list, group, inherited)?;
                match group {
                    "any" => Rule::Any(parts),
                    "none" => Rule::None(parts),
                    "in_order" => {
                        self.nothing_forbidden(list, &parts);
                        self.possible_order(list, &parts);
                        Rule::InOrder(parts)
                    }
                    _ => {
                        self.nothing_contradicted(list, &parts);
                        Rule::All(parts)
                    }
                }
            }
        };
        match table.get("within").filter(|_| group != "none") {
            Some(node) => {
                let time = self.span(node)?;
                self.possible_within(node, time, &rule);
                Some(Rule::Within { time, group: Box::new(rule) })
            }
            None => Some(rule),
        }
    }

    fn list<'a>(&mut self, node: &'a Node, key: &str) -> Option<&'a [Node]> {
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
            let wrong = if key == "none" { "which forbids nothing" } else { "which nobody could ever meet" };
            return self.fail(node, format!("`{key}` is an empty list, {wrong}; {EXAMPLE} into it"));
        }
        Some(nodes)
    }

    fn parts<'a>(&mut self, node: &'a Node, key: &str, inherited: Inherited<'a>) -> Option<Vec<Rule>> {
        let nodes = self.list(node, key)?;
        // All of them are read, so that all problems are found.
        let parts: Vec<Option<Rule>> = nodes.iter().map(|node| self.rule(node, inherited)).collect();
        parts.into_iter().collect()
    }

    fn weights<'a>(&mut self, node: &'a Node, inherited: Inherited<'a>) -> Option<Vec<Weighted>> {
        let nodes = self.list(node, "weighted")?;
        let parts: Vec<Option<Weighted>> = nodes.iter().map(|node| self.weighted(node, inherited)).collect();
        let parts: Vec<Weighted> = parts.into_iter().collect::<Option<_>>()?;
        self.no_weight_twice(node, &parts);
        Some(parts)
    }

    fn weighted<'a>(&mut self, node: &'a Node, inherited: Inherited<'a>) -> Option<Weighted> {
        let table = self.table(node)?;
        let inherited = self.inherit(table, inherited);
        let weight = self.weight(node, table);
        let condition = self.weighted_condition(node, table, inherited);
        Some(Weighted { condition: condition?, weight: weight? })
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

    /// Reports keys that do not stand beside a list.
    fn group_keys(&mut self, table: &Table, group: &str) {
        for (key, node) in table {
            let key = key.as_str();
            let message = match key {
                _ if key == group || PLACES.contains(&key) => continue,
                "within" if group == "none" => {
                    "`none` forbids at any time; remove `within`, or give each condition in it a `between`"
                        .to_owned()
                }
                "within" => continue,
                "at_least" if group == "of" || group == "weighted" => continue,
                "at_least" => {
                    format!("`at_least` goes with `of`, not with `{group}`; write `at_least = 2, of = [ … ]`")
                }
                _ if SUBJECTS.contains(&key) || key == "passed" || key == "grade" => format!(
                    "`{key}` stands beside a list; put it into the list, \
                     in a condition of its own: {{ {key} = … }}"
                ),
                _ if DEMANDS.contains(&key) => format!(
                    "`{key}` stands beside a list; it belongs into the conditions of the list: \
                     {{ assessment = …, {key} = … }}"
                ),
                _ => {
                    let known = GROUPS.iter().chain(PLACES).chain(&["at_least", "within"]);
                    format!("unknown key `{key}`{}", known_keys(key, known.copied()))
                }
            };
            self.say(node, message);
        }
    }

    /// Reports keys that no table has; whether there were any.
    fn unknown_keys(&mut self, table: &Table) -> bool {
        let known = SUBJECTS.iter().chain(DEMANDS).chain(GROUPS).chain(PLACES).chain(&["within"]);
        let unknown = table.iter().filter(|(key, _)| !known.clone().any(|known| *known == key.as_str()));
        let before = self.problems.len();
        for (key, node) in unknown {
            self.say(node, format!("unknown key `{key}`{}", known_keys(key, known.clone().copied())));
        }
        self.problems.len() > before
    }
}

/// Those of the keys that the table has.
fn present<'k>(table: &Table, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| table.contains_key(*key)).collect()
}
