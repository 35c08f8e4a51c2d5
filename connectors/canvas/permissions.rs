//! The permissions that the role of the token's user needs, as Canvas names them.

use serde_json::Value;

use super::api::{Api, Fresh};
use super::read::{at, flag};
use crate::ApiError;

/// A permission of a role in the root account.
pub(super) struct Permission {
    /// The name in the API.
    name: &'static str,
    /// The name on the page “Permissions”.
    pub(super) label: &'static str,
}

/// An account role sees no course without it; “Courses - view list” does not include it.
pub(super) const CONTENT: Permission =
    Permission { name: "read_course_content", label: "Course Content - view" };
const GRADES: Permission = Permission { name: "view_all_grades", label: "Grades - view all grades" };
const PEOPLE: Permission = Permission { name: "read_roster", label: "Users - view list" };
const ADDRESSES: Permission =
    Permission { name: "read_email_addresses", label: "Users - view primary email address" };

/// What confirming grades needs.
pub(super) const NEEDED: [Permission; 4] = [CONTENT, GRADES, PEOPLE, ADDRESSES];

/// What Canvas says of the permissions of the token's user in the root account.
pub(super) struct Granted(Value);

impl Granted {
    /// Asks Canvas; `None` where it does not tell this user.
    pub(super) async fn read(api: &Api<'_>) -> Result<Option<Self>, ApiError> {
        let path = ["accounts", "self", "permissions"];
        let query = NEEDED.map(|permission| ("permissions[]", permission.name));
        match api.get("Canvas permissions", &path, &query, Fresh::Now).await {
            Ok(granted) => Ok(granted.map(Self)),
            // Who has no role in the account may not ask.
            Err(ApiError::Unauthorized { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the user has a permission in all courses, as far as Canvas says so.
    pub(super) fn has(&self, permission: &Permission) -> bool {
        flag(at(&self.0, &[permission.name])) == Some(true)
    }
}
