//! Whole courses: what the gradebook shows of everybody. Webhooks get lost; what they would have
//! told shows here.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{ApiError, Assessment, AssessmentKind, Course, Http, Outcome, Signal};

/// What of a course is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// An assessment, by id or any other name it goes by.
    Named(String),
    /// The course's total.
    Total,
    /// The course's completion.
    Completion,
    /// A competency or learning outcome, by id or any other name it goes by.
    Competency(String),
}

impl Part {
    /// Whether this assessment is meant.
    pub fn is(&self, assessment: &Assessment) -> bool {
        match self {
            Self::Named(name) => assessment.id == *name || assessment.also.contains(name),
            Self::Total => assessment.kind == AssessmentKind::CourseTotal,
            Self::Completion => assessment.kind == AssessmentKind::CourseCompletion,
            Self::Competency(name) => {
                assessment.kind == AssessmentKind::Competency && Self::Named(name.clone()).is(assessment)
            }
        }
    }
}

/// As in a sentence: `“QUIZ-FINAL”`, `the course's total`.
impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => write!(f, "“{name}”"),
            Self::Total => f.write_str("the course's total"),
            Self::Completion => f.write_str("the course's completion"),
            Self::Competency(name) => write!(f, "the competency “{name}”"),
        }
    }
}

/// A part of a course, and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The part.
    pub part: Part,
    /// Whether the LMS's own decision on passing is asked for, and not only the score.
    pub decision: bool,
    /// Whether each attempt is asked for, and not only the grade that the LMS makes of them.
    pub attempts: bool,
}

/// What rules ask of the courses of a source. What nobody asks for is not read where that costs
/// calls of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked(BTreeMap<String, Vec<Wanted>>);

impl Asked {
    /// By the names that rules use for courses.
    pub fn new(courses: BTreeMap<String, Vec<Wanted>>) -> Self {
        Self(courses)
    }

    /// The names that rules use for courses, each with what they ask of it.
    pub fn courses(&self) -> impl Iterator<Item = (&str, &[Wanted])> {
        self.0.iter().map(|(name, wanted)| (name.as_str(), wanted.as_slice()))
    }

    /// What is asked of the course that goes by these names.
    pub fn of<'a, 'n>(
        &'a self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> impl Iterator<Item = &'a Wanted> {
        names.into_iter().filter_map(|name| self.0.get(name)).flatten()
    }

    /// Whether each attempt at an assessment is asked for.
    pub fn attempts(&self, course: &Course, assessment: &Assessment) -> bool {
        let names = std::iter::once(&course.id).chain(&course.also).map(String::as_str);
        self.of(names).any(|wanted| wanted.attempts && wanted.part.is(assessment))
    }

    /// The same, where it is not known yet by which names the learner's course goes.
    pub fn attempts_anywhere(&self, assessment: &Assessment) -> bool {
        self.0.values().flatten().any(|wanted| wanted.attempts && wanted.part.is(assessment))
    }
}

impl Question<'_> {
    /// Whether each attempt at an assessment is asked for.
    pub(crate) fn attempts(&self, assessment: &Assessment) -> bool {
        self.wanted.iter().any(|wanted| wanted.attempts && wanted.part.is(assessment))
    }
}

/// What to read of a course.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The course, as [`Gradebooks::course`] found it.
    pub course: &'a Course,
    /// The parts.
    pub wanted: &'a [Wanted],
    /// [`Gradebook::marker`] of the last reading; `None` reads everything.
    pub marker: Option<&'a str>,
    /// Learners and assessments (ids) that are known as passed by the LMS's own decision. Where
    /// that has to be asked about each learner alone, these need not be asked about.
    pub decided: &'a BTreeSet<(String, String)>,
    /// The host's clock at the reading.
    pub read_at: DateTime<Utc>,
}

/// What the gradebook of a course shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gradebook {
    /// The results that were read, of the wanted parts at least.
    pub shown: Vec<Shown>,
    /// The assessments (ids) that were read whole: a learner who is not in [`Gradebook::shown`]
    /// has no result there.
    pub whole: BTreeSet<String>,
    /// Learners of whom nothing could be read, now or later.
    pub unread: BTreeSet<String>,
    /// Wanted parts that the course does not have.
    pub absent: Vec<Part>,
    /// What the next reading begins from, if the LMS can tell what changed since.
    pub marker: Option<String>,
}

/// One result of one learner.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The result. Of the learner only the id is sure to be there.
    pub outcome: Outcome,
    /// Whether [`Outcome::passed`] was read; if not, it says nothing.
    pub decision: bool,
}

/// Reads whole courses of one LMS. What it shows is a hint like a webhook's:
/// [`crate::Connector::confirm`] decides.
#[async_trait]
pub trait Gradebooks: Send + Sync {
    /// Finds a course by its id or any other name that a rule may use; `None` if the LMS has none.
    ///
    /// # Errors
    /// An [`ApiError`] if that could not be found out.
    async fn course(&self, name: &str, http: &dyn Http) -> Result<Option<Course>, ApiError>;

    /// Those of the parts that the course does not have, as far as the LMS tells.
    ///
    /// # Errors
    /// An [`ApiError`] if that could not be found out.
    async fn absent(&self, course: &Course, parts: &[Part], http: &dyn Http) -> Result<Vec<Part>, ApiError>;

    /// Reads a course; `None` if the LMS does not have it any more.
    ///
    /// # Errors
    /// An [`ApiError`] means that nothing can be said about the course now: half a gradebook
    /// would look as if learners were gone.
    async fn read(&self, question: &Question<'_>, http: &dyn Http) -> Result<Option<Gradebook>, ApiError>;

    /// The signal that makes the host confirm this result, in the batch of its webhooks. Its key
    /// is the host's to choose. `None` for what could not be confirmed.
    ///
    /// `outcome` is either shown or stored; of the latter there may be nothing any more.
    fn signal(&self, outcome: &Outcome) -> Option<Signal>;
}

/// The name that signals of reconciliation carry as their event.
pub(crate) const EVENT: &str = "reconciliation";
