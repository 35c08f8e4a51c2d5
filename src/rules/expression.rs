//! Conditions in the Common Expression Language, for what the other conditions cannot say.
//!
//! The `cel` crate reads and computes them, with numbers of our own: exact decimals. What may be
//! written is checked in full when a badge file is read (`bounds`, `check`): afterwards nothing
//! can go wrong but that a value is missing or a number too large, and then the condition is not
//! met. Nothing in an expression repeats itself or makes a text longer, so that computing it takes
//! no more steps than it has signs.

mod bounds;
mod check;
mod quantity;
mod sight;
mod values;

use std::sync::{Arc, LazyLock};

use cel::common::ast::IdedExpr;
use cel::common::types::CelBool;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, Value};

use super::{Condition, Threshold};
use quantity::Quantity;
use values::{Field, Looked};

/// What the parser may use; deeper than its own recursion on what [`bounds`] lets through.
const PARSER_STACK: usize = 64 << 20;
/// The functions and macros of the standard, and ours; `check` says which may be used.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    quantity::add_functions(&mut env);
    Arc::new(env)
});

/// A condition in the Common Expression Language over results that have names in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    says: Option<String>,
    /// The results that it looks at, by their names in it; their threshold is
    /// [`Threshold::Looked`].
    names: Vec<(String, Condition)>,
    program: Arc<Program>,
}

/// What is computed.
#[derive(Debug, PartialEq)]
struct Program {
    /// Numbers and times in it are variables `#0`, `#1` …: they are exact, the language's own are
    /// not.
    tree: IdedExpr,
    constants: Vec<Quantity>,
    /// What it reads, by the position of the name, in the order of the text.
    reads: Vec<(usize, Field)>,
    /// Whether it is true of whoever has none of the results.
    idle: bool,
}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong, and the mend.
    pub message: String,
    /// The word that is not known, and those that are.
    pub unknown: Option<(String, Vec<String>)>,
}

impl Refused {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), unknown: None }
    }
}

impl Expression {
    /// Reads, checks and tries an expression over results with names. `says` is what it means, for
    /// people. The thresholds of the conditions do not matter.
    pub fn new(text: &str, says: Option<String>, names: Vec<(String, Condition)>) -> Result<Self, Refused> {
        bounds::check(text)?;
        for (name, _) in &names {
            bounds::check_name(name)?;
        }
        let mut tree = parse(text)?;
        let checked = check::check(&mut tree, &names)?;
        let reads =
            |index: usize, fields: &[Field]| fields.iter().any(|it| checked.reads.contains(&(index, *it)));
        let looked = |(index, (name, condition)): (usize, (String, Condition))| {
            let decision = reads(index, &[Field::Passed]);
            let attempts = reads(index, &[Field::Attempt, Field::Attempts]);
            (name, Condition { threshold: Threshold::Looked { decision, attempts }, ..condition })
        };
        let names = names.into_iter().enumerate().map(looked).collect();
        let program = Program { tree, constants: checked.constants, reads: checked.reads, idle: false };
        let expression = Self { text: text.trim().to_owned(), says, names, program: Arc::new(program) };
        expression.tried(checked.tests_presence)
    }

    /// With what is known after computing it of nothing and of sample values.
    fn tried(mut self, tests_presence: bool) -> Result<Self, Refused> {
        let mean = |result: Result<bool, ExecutionError>| match result {
            Ok(met) => Ok(Some(met)),
            Err(ExecutionError::NoSuchKey(_) | ExecutionError::FunctionError { .. }) => Ok(None),
            Err(error) => Err(Refused::new(format!("the expression cannot be computed: {error}"))),
        };
        let samples: Vec<Looked> = self.names.iter().map(|_| Looked::sample()).collect();
        mean(self.compute(&samples))?;
        let nothing: Vec<Looked> = self.names.iter().map(|_| Looked::default()).collect();
        let idle = mean(self.compute(&nothing))?;
        // What needs no result has the same value for everybody, unless it asks whether there is one.
        match idle.filter(|_| !tests_presence) {
            Some(true) => {
                return Err(Refused::new("the expression is true of everybody, whatever their results"));
            }
            Some(false) => return Err(Refused::new("the expression can never be true")),
            None => {}
        }
        if let Some(program) = Arc::get_mut(&mut self.program) {
            program.idle = idle == Some(true);
        }
        Ok(self)
    }

    /// The results that it looks at.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.names.iter().map(|(_, condition)| condition)
    }

    /// The same over other results: each condition changed.
    pub(super) fn with_conditions(&self, change: impl Fn(&Condition) -> Condition) -> Self {
        let names = self.names.iter().map(|(name, condition)| (name.clone(), change(condition)));
        Self { names: names.collect(), ..self.clone() }
    }

    /// Whether people meet it who have none of the results.
    pub(super) fn is_idle(&self) -> bool {
        self.program.idle
    }

    /// What it asks: what it means, or the expression itself.
    pub(super) fn asks(&self) -> &str {
        self.says.as_deref().unwrap_or(&self.text)
    }

    /// Its value for what is known of the results, in the order of their names.
    fn compute(&self, results: &[Looked]) -> Result<bool, ExecutionError> {
        let variables = Variables { expression: self, results };
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&variables);
        let value = Value::resolve_val(&self.program.tree, &context)?;
        let met = value.downcast_ref::<CelBool>().map(|met| *met.inner());
        met.ok_or_else(|| ExecutionError::InternalError("it is neither true nor false".to_owned()))
    }
}

/// What the names in an expression stand for.
struct Variables<'a> {
    expression: &'a Expression,
    results: &'a [Looked],
}

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(position) = variable.strip_prefix(check::CONSTANT) {
            let constant = self.expression.program.constants.get(position.parse::<usize>().ok()?)?;
            return Some(CowVal::Borrowed(constant));
        }
        let position = self.expression.names.iter().position(|(name, _)| name == variable)?;
        Some(CowVal::Borrowed(self.results.get(position)?))
    }
}

/// The tree of a text that is within the bounds. The parser wants a deep stack, which the caller
/// may not have, and what it did if it panicked would end the thread: it gets one of its own.
fn parse(text: &str) -> Result<IdedExpr, Refused> {
    let source = text.to_owned();
    let parser = move || {
        let tree = Env::stdlib().with_optional_support(false).parser().parse(&source);
        tree.map_err(|errors| {
            let first = errors.errors.into_iter().next();
            first.map_or_else(String::new, |error| {
                let (line, column) = error.pos;
                let line = if line > 1 { format!("line {line}, ") } else { String::new() };
                let said =
                    error.msg.trim_start_matches("Syntax error: ").replace("mismatched input", "unexpected");
                let said = said.replace("'<EOF>'", "end");
                // What else could stand there is a list of all that there is.
                let said = said.split(" expecting").next().unwrap_or_default();
                format!(" at {line}column {column}: {said}")
            })
        })
    };
    let thread = std::thread::Builder::new().name("expression".to_owned()).stack_size(PARSER_STACK);
    let parsed = thread.spawn(parser).map(std::thread::JoinHandle::join);
    match parsed {
        Ok(Ok(Ok(tree))) => Ok(tree),
        Ok(Ok(Err(message))) => Err(Refused::new(format!("the expression cannot be read{message}"))),
        Ok(Err(_)) => Err(Refused::new("the expression cannot be read")),
        Err(error) => Err(Refused::new(format!("the expression cannot be read for now: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::rules::{AssessmentName, Threshold};

    /// Counts each look at a name, of which there is one at least in each part of an expression.
    struct Counting<'a>(Variables<'a>, AtomicUsize);

    impl VariableResolver for Counting<'_> {
        fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.resolve(variable)
        }
    }

    #[test]
    fn computing_takes_no_more_steps_than_it_has_signs() {
        let named = AssessmentName::Named("quiz".to_owned());
        let quiz = Condition::new("moodle", "WS101", named, Threshold::Any);
        let mut text = "q.late".to_owned();
        while text.len() + 10 <= bounds::LONGEST {
            // Balanced, so that it may be as wide as it is long; each side is computed.
            text.push_str("||q.late");
        }
        let expression = Expression::new(&text, None, vec![("q".to_owned(), quiz)]).unwrap();
        let results = [Looked::default()];
        let counting =
            Counting(Variables { expression: &expression, results: &results }, AtomicUsize::new(0));
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&counting);
        assert!(Value::resolve_val(&expression.program.tree, &context).is_err(), "nothing is known of it");
        let steps = counting.1.load(Ordering::Relaxed);
        // Of `q.late` it asks for `q.late`, then for `q`.
        assert_eq!(steps, 2 * text.matches("q.late").count());
        assert!(steps < text.len(), "{steps} for {} signs", text.len());
    }
}
