//! Which course a name means.

use serde_json::Value;

use crate::canvas::answers::Course;
use crate::canvas::api::{Api, COURSE, Fresh, PER_PAGE};
use crate::canvas::ids::Id;
use crate::canvas::read::{at, id};
use crate::{ApiError, outcome};

const SEARCH: &str = "Canvas courses by code";

/// Finds a course by id, SIS id or, where the token may search the account, by its code.
pub(in crate::canvas) async fn course(
    api: &Api<'_>,
    name: &str,
) -> Result<Option<outcome::Course>, ApiError> {
    if let Some(id) = Id::parse(name) {
        let found = api.get(COURSE, &["courses", &id.to_string()], &[], Fresh::Recent).await?;
        if let Some(found) = found {
            return Ok(Some(named(api, id, &found)));
        }
    }
    let by_sis = api.get(COURSE, &["courses", &format!("sis_course_id:{name}")], &[], Fresh::Recent).await;
    let found = match by_sis {
        // A name that cannot be a SIS id. One that may not be seen is an error: it is there.
        Err(ApiError::Refused { .. }) => None,
        found => found?,
    };
    if let Some(found) = found
        && let Some(id) = id(at(&found, &["id"]))
    {
        return Ok(Some(named(api, id, &found)));
    }
    let mut with_code = Vec::new();
    let take = |page: Vec<Value>| {
        let is_meant = |course: &Value| Course::read(course).also.iter().any(|known| known == name);
        with_code.extend(page.into_iter().filter(is_meant));
        false
    };
    let query = [("search_term", name), PER_PAGE];
    match api.list(SEARCH, &["accounts", "self", "courses"], &query, Fresh::Recent, take).await {
        Ok(_) => {}
        // Only administrators of the account may search it.
        Err(ApiError::Unauthorized { .. } | ApiError::Refused { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    // A code is not unique; of two courses nobody knows which one is meant.
    match with_code.as_slice() {
        [one] => Ok(id(at(one, &["id"])).map(|id| named(api, id, one))),
        [] => Ok(None),
        _ => Err(ApiError::Refused {
            what: format!(
                "{SEARCH}: {} courses have the code “{name:.80}”; name the course by its id or SIS id in the badge file",
                with_code.len()
            ),
        }),
    }
}

pub(super) fn named(api: &Api<'_>, course: Id, found: &Value) -> outcome::Course {
    let found = Course::read(found);
    let id = course.to_string();
    outcome::Course { url: Some(api.page(&["courses", &id])), id, also: found.also, name: found.name }
}
