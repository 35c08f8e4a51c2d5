//! Tries the API, for the administrator.

use super::api::{Api, Fresh, PROFILE};
use super::read::{at, text};
use crate::ApiError;

/// Tries the token: who it belongs to, and whether it sees the right institution.
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
    Ok(lines)
}
