//! What a rule is.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::expression::Expression;
use super::terms::{Between, Terms};

/// When a badge is awarded.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Every one.
    All(Vec<Rule>),
    /// At least one.
    Any(Vec<Rule>),
    /// At least so many.
    AtLeast {
        /// How many.
        count: usize,
        /// Of these.
        of: Vec<Rule>,
    },
    /// Not a single one. It gives no evidence.
    None(Vec<Rule>),
    /// Every one, and each not earlier than the one before, by the time of grading. The time of a
    /// part is the latest among its evidence.
    InOrder(Vec<Rule>),
    /// So much of a weighted result: Σ weight × percent ÷ Σ weight. What is missing counts as 0.
    Weighted {
        /// What counts, and how much.
        parts: Vec<Weighted>,
        /// The mark, in percent.
        at_least: Decimal,
    },
    /// The group inside is met by results that all lie within so long of the first of them. What
    /// a `none` in it forbids is forbidden at any time.
    Within {
        /// How long.
        time: TimeDelta,
        /// The group.
        group: Box<Rule>,
    },
    /// A condition on an assessment.
    Condition(Condition),
    /// A badge that the person holds.
    Badge(HeldBadge),
    /// An expression over several results. It looks at all of them, whenever they were graded; its
    /// time is the latest among them.
    Expression(Expression),
}

/// A condition on one assessment.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The source's name.
    pub source: String,
    /// The course, by id or any other name it goes by.
    pub course: String,
    /// Which assessment of it.
    pub assessment: AssessmentName,
    /// What must be reached in it.
    pub threshold: Threshold,
    /// Which results count.
    pub terms: Terms,
}

/// Part of a weighted result.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The assessment whose percentage counts; its threshold is [`Threshold::Any`].
    pub condition: Condition,
    /// How much it counts, in any unit; above 0.
    pub weight: Decimal,
}

/// A badge that the person holds: what stacks badges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBadge {
    /// The badge's id.
    pub badge: String,
    /// When it was awarded, if that matters.
    pub between: Option<Between>,
}

/// Which assessment of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssessmentName {
    /// By id or any other name it goes by.
    Named(String),
    /// The course's total.
    CourseTotal,
    /// The course's completion.
    CourseCompletion,
    /// A competency or learning outcome, by id or any other name it goes by.
    Competency(String),
}

/// What must be reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Threshold {
    /// The LMS says passed.
    Passed,
    /// At least so many percent of the range.
    Percent(Decimal),
    /// At least so many points.
    Points(Decimal),
    /// One of these letters or scale values, compared without regard to case and outer space.
    OneOf(Vec<String>),
    /// Any percentage, as in a weighted result.
    Any,
    /// Nothing: an expression looks at it, whatever it is.
    Looked {
        /// Whether it looks at the LMS's decision.
        decision: bool,
        /// Whether it looks at which attempt it is, or how many there are.
        attempts: bool,
    },
}

impl Condition {
    /// A condition on the grade that the LMS shows.
    pub fn new(
        source: impl Into<String>,
        course: impl Into<String>,
        assessment: AssessmentName,
        threshold: Threshold,
    ) -> Self {
        let (source, course) = (source.into(), course.into());
        Self { source, course, assessment, threshold, terms: Terms::default() }
    }
}

impl Rule {
    /// Every condition in it, from left to right; those that are forbidden or weighted, too.
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::Condition(condition) => vec![condition],
            Self::Badge(_) => Vec::new(),
            Self::Weighted { parts, .. } => parts.iter().map(|part| &part.condition).collect(),
            Self::Expression(expression) => expression.conditions().collect(),
            _ => self.parts().iter().flat_map(Self::conditions).collect(),
        }
    }

    /// Every badge that it names, from left to right; those that are forbidden, too.
    pub fn badges(&self) -> Vec<&HeldBadge> {
        match self {
            Self::Badge(badge) => vec![badge],
            _ => self.parts().iter().flat_map(Self::badges).collect(),
        }
    }

    /// The rules inside.
    pub(crate) fn parts(&self) -> &[Rule] {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::None(parts) | Self::InOrder(parts) => parts,
            Self::AtLeast { of, .. } => of,
            Self::Within { group, .. } => std::slice::from_ref(group),
            Self::Weighted { .. } | Self::Condition(_) | Self::Badge(_) | Self::Expression(_) => &[],
        }
    }

    /// Whether whoever meets it has something to show for it. What only forbids is met by
    /// everybody who never did anything.
    pub fn rests_on_something(&self) -> bool {
        let without = |parts: &[Self]| parts.iter().filter(|part| !part.rests_on_something()).count();
        match self {
            Self::Condition(_) | Self::Badge(_) | Self::Weighted { .. } => true,
            Self::Expression(expression) => !expression.is_idle(),
            Self::None(_) => false,
            Self::Any(parts) => without(parts) == 0,
            Self::All(parts) | Self::InOrder(parts) => without(parts) < parts.len(),
            Self::AtLeast { count, of } => without(of) < *count,
            Self::Within { group, .. } => group.rests_on_something(),
        }
    }
}

/// As in a sentence: `passed`, `at least 70 %`, `at least 60 points`, `one of the grades A, A-`.
impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Percent(percent) => write!(f, "at least {} %", percent.normalize()),
            Self::Points(points) => write!(f, "at least {} points", points.normalize()),
            Self::OneOf(values) => match values.as_slice() {
                [one] => write!(f, "the grade {one}"),
                _ => write!(f, "one of the grades {}", values.join(", ")),
            },
            Self::Any => f.write_str("its percentage"),
            Self::Looked { .. } => f.write_str("its values"),
        }
    }
}
