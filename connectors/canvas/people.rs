//! A learner of a course, as two answers of the API tell.

use super::answers::Enrolment;
use super::ids::Id;
use crate::{Learner, Withheld};

/// A learner of one course.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Their id.
    pub(super) id: Id,
    /// Who they are.
    pub(super) learner: Learner,
    /// How they take part in the course.
    pub(super) enrolments: Vec<Enrolment>,
    /// Why they get no badge in it, if they do not.
    pub(super) withheld: Option<Withheld>,
}
