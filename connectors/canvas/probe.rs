//! Tries the API, for the administrator.

use super::api::{Api, Fresh, PROFILE};
use super::permissions::{Granted, NEEDED};
use super::read::{at, text};
use crate::ApiError;

/// Tries the token: who it belongs to, whether it sees the right institution, and whether its
/// user may see what confirming grades needs.
pub(super) async fn probe(api: &Api<'_>, root_account: &str) -> Result<Vec<String>, ApiError> {
    let site = api.page(&[]);
    let Some(me) = api.get(PROFILE, &["users", "self", "profile"], &[], Fresh::Now).await? else {
        return Err(ApiError::Refused {
            what: format!("{PROFILE}: {site} answers, but knows no owner of api_token; check site"),
        });
    };
    let name = text(at(&me, &["name"])).unwrap_or_else(|| "an unnamed user".to_owned());
    let mut lines = vec![format!("{site} answers; api_token belongs to {name}")];
    let account = api.get("Canvas account", &["accounts", "self"], &[], Fresh::Now).await;
    lines.push(match account {
        Ok(Some(account)) => {
            let name = text(at(&account, &["name"])).unwrap_or_else(|| "unnamed".to_owned());
            match text(at(&account, &["uuid"])) {
                Some(uuid) if uuid == root_account => format!("the root account is “{name}”, as configured"),
                Some(uuid) => {
                    return Err(ApiError::Refused {
                        what: format!(
                            "Canvas account: the root account of {site} is “{name}” with the UUID {uuid}, and root_account is {root_account}; one of site and root_account is wrong"
                        ),
                    });
                }
                None => format!("the root account is “{name}”; Canvas does not show its UUID to this user"),
            }
        }
        Ok(None) | Err(ApiError::Unauthorized { .. }) => {
            "the root account may not be read by this user, so its UUID is not compared; confirming grades does not need it".to_owned()
        }
        Err(error) => return Err(error),
    });
    lines.push(permissions(api).await?);
    Ok(lines)
}

async fn permissions(api: &Api<'_>) -> Result<String, ApiError> {
    let Some(granted) = Granted::read(api).await? else {
        return Ok("Canvas does not tell the permissions of this user, so they are not checked".to_owned());
    };
    let missing = NEEDED.iter().filter(|permission| !granted.has(permission));
    let missing: Vec<String> = missing.map(|permission| format!("“{}”", permission.label)).collect();
    match missing.len() {
        0 => Ok("its role has the permissions that grades need".to_owned()),
        // It may teach in each of the courses instead.
        all if all == NEEDED.len() => Ok(
            "its role in the root account has none of the permissions that grades need; grades wait in every course in which it has no other role"
                .to_owned(),
        ),
        _ => Err(ApiError::Unauthorized {
            what: format!(
                "Canvas permissions: the role of the user of api_token lacks {}. Give it that in Canvas under Admin → Permissions",
                missing.join(", ")
            ),
        }),
    }
}
