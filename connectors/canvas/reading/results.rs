//! Results that are no submissions: progress through a course, and mastery of its outcomes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Reading;
use crate::ApiError;
use crate::canvas::api::{Fresh, PER_PAGE};
use crate::canvas::ids::Id;
use crate::canvas::read::at;

const PROGRESS: &str = "Canvas course progress";
pub(in crate::canvas) const ROLLUPS: &str = "Canvas outcome rollups";
const RESULTS: &str = "Canvas outcome results";

impl Reading<'_> {
    /// A learner's progress through a course's requirements; `None` where it has none.
    pub(in crate::canvas) async fn progress(
        &self,
        course: Id,
        learner: Id,
    ) -> Result<Option<Value>, ApiError> {
        let path = ["courses", &course.to_string(), "users", &learner.to_string(), "progress"];
        match self.api.get(PROGRESS, &path, &[], Fresh::Now).await {
            // So Canvas says that the course has no requirements, or no such student.
            Err(ApiError::Refused { .. }) => Ok(None),
            answer => answer,
        }
    }

    /// The assignments on which a learner's mastery of one outcome may rest.
    pub(in crate::canvas) async fn results(
        &self,
        course: Id,
        outcome: Id,
        learner: Id,
        home: Option<u64>,
    ) -> Result<BTreeSet<Id>, ApiError> {
        let path = ["courses", &course.to_string(), "outcome_results"];
        let (learner, outcome) = (learner.to_string(), outcome.to_string());
        let query = [("user_ids[]", learner.as_str()), ("outcome_ids[]", outcome.as_str()), PER_PAGE];
        let mut assignments = BTreeSet::new();
        let take = |page: Value| {
            let results = at(&page, &["outcome_results"]).as_array().cloned().unwrap_or_default();
            for result in results {
                // Older versions name what the outcome is aligned with alone.
                let named = [at(&result, &["links", "assignment"]), at(&result, &["links", "alignment"])];
                let of = |named: &Value| Id::parse(named.as_str()?.strip_prefix("assignment_")?);
                assignments.extend(named.into_iter().find_map(of).map(|id| id.seen_from(home)));
            }
            false
        };
        match self.api.pages(RESULTS, &path, &query, Fresh::Now, take).await {
            Err(ApiError::Refused { .. }) => Ok(BTreeSet::new()),
            read => read.map(|_| assignments),
        }
    }

    /// A learner's mastery of one outcome, by the calculation that the outcome prescribes;
    /// `None` where the outcome or the learner is not part of the course.
    pub(in crate::canvas) async fn rollups(
        &self,
        course: Id,
        outcome: Id,
        learner: Id,
    ) -> Result<Option<Value>, ApiError> {
        let path = ["courses", &course.to_string(), "outcome_rollups"];
        let (learner, outcome) = (learner.to_string(), outcome.to_string());
        let query = [
            ("user_ids[]", learner.as_str()),
            ("outcome_ids[]", outcome.as_str()),
            ("include[]", "outcomes"),
        ];
        match self.api.get(ROLLUPS, &path, &query, Fresh::Now).await {
            Err(ApiError::Refused { .. }) => Ok(None),
            answer => answer,
        }
    }
}
