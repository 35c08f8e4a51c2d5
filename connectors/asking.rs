//! How the tests of the connectors ask for a gradebook.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{ApiError, Asked, Connector, Course, Gradebook, Http, Part, Question, Wanted};

/// A part by its name.
pub(crate) fn named(name: &str) -> Part {
    Part::Named(name.to_owned())
}

/// A part of which the score is asked for.
pub(crate) fn score(part: Part) -> Wanted {
    Wanted { part, decision: false, attempts: false }
}

/// A part of which the LMS's own decision is asked for as well.
pub(crate) fn decision(part: Part) -> Wanted {
    Wanted { decision: true, ..score(part) }
}

/// A part of which each attempt is asked for.
pub(crate) fn attempts(part: Part) -> Wanted {
    Wanted { attempts: true, ..score(part) }
}

/// Rules that ask this of one course.
pub(crate) fn asked(course: &str, wanted: &[Wanted]) -> Asked {
    Asked::new(BTreeMap::from([(course.to_owned(), wanted.to_vec())]))
}

/// A reading of a course: everything of the parts, unless told otherwise.
pub(crate) struct Asking<'a> {
    pub(crate) course: &'a str,
    pub(crate) wanted: &'a [Wanted],
    pub(crate) marker: Option<&'a str>,
    /// Learners and assessments that are known as passed.
    pub(crate) decided: &'a [(&'a str, &'a str)],
    pub(crate) read_at: DateTime<Utc>,
}

impl Asking<'_> {
    /// Reads the course.
    pub(crate) async fn read(
        &self,
        source: &dyn Connector,
        http: &dyn Http,
    ) -> Result<Option<Gradebook>, ApiError> {
        let course = Course { id: self.course.to_owned(), also: Vec::new(), name: None, url: None };
        let owned = |(learner, it): &(&str, &str)| ((*learner).to_owned(), (*it).to_owned());
        let decided: BTreeSet<(String, String)> = self.decided.iter().map(owned).collect();
        let question = Question {
            course: &course,
            wanted: self.wanted,
            marker: self.marker,
            decided: &decided,
            read_at: self.read_at,
        };
        source.gradebooks().unwrap().read(&question, http).await
    }
}
