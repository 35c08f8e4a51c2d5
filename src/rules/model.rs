//! What a rule is.

use rust_decimal::Decimal;

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
    /// One condition.
    Condition(Condition),
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
}

impl Rule {
    /// Every condition in it, from left to right.
    pub fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::Condition(condition) => vec![condition],
            Self::All(parts) | Self::Any(parts) | Self::AtLeast { of: parts, .. } => {
                parts.iter().flat_map(Self::conditions).collect()
            }
        }
    }
}

/// As in a sentence: `passed`, `at least 70 %`, `at least 60 points`, `one of A, A-`.
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
        }
    }
}
