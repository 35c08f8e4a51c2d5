//! Tries the web services, for `accolade doctor`.

use super::answers::SiteInfo;
use super::api::{
    ACTIVITIES, ASSIGN_ATTEMPTS, Api, COMPETENCIES, COMPETENCY, COMPETENCY_IN_COURSE, COMPLETION,
    COURSE_COMPETENCIES, COURSES, COURSES_OF_COMPETENCY, Fault, Function, GRADES, QUIZ_ATTEMPTS, QUIZZES,
    ROLES, SITE_INFO, USERS,
};
use crate::ApiError;

/// What every source needs.
const NEEDED: [&Function; 5] = [&GRADES, &USERS, &COURSES, &ACTIVITIES, &COMPLETION];
/// What only badges for competencies need.
const FOR_COMPETENCIES: [&Function; 2] = [&COMPETENCY_IN_COURSE, &COMPETENCY];
/// What only the reconciliation of competencies needs.
const FOR_RECONCILIATION: [&Function; 3] = [&COURSE_COMPETENCIES, &COMPETENCIES, &COURSES_OF_COMPETENCY];

/// What only badges that count single attempts need.
const FOR_ATTEMPTS: [&Function; 3] = [&QUIZ_ATTEMPTS, &QUIZZES, &ASSIGN_ATTEMPTS];

/// Says which site and account answered, and whether the service has every function.
pub(super) async fn probe(api: &Api<'_>) -> Result<Vec<String>, ApiError> {
    let info: SiteInfo = api.ask(&SITE_INFO, &[]).await.map_err(|fault| match fault {
        Fault::Gone(what) => ApiError::Refused { what },
        Fault::Api(error) => error,
    })?;
    let lacks = |function: &&&Function| !info.functions.iter().any(|has| has.name == function.name);
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(lacks)
        .map(|function| format!("{} (needs {})", function.name, function.needs))
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::Unauthorized {
            what: format!(
                "the external service of the account “{}” lacks {}: add each under Site administration > Server > \
                 Web services > External services > Functions",
                info.username,
                missing.join("; ")
            ),
        });
    }
    let release = info.release.as_deref().unwrap_or("of an unknown release");
    let mut lines = vec![
        format!("{} answers: “{}”, Moodle {release}", api.site(), info.sitename),
        format!("the web service account is “{}”, and its service has every function needed", info.username),
    ];
    if info.userissiteadmin {
        lines.push(format!(
            "“{}” is a site administrator: give the token to an account that may only read grades",
            info.username
        ));
    }
    let own = info.siteurl.as_deref().unwrap_or_default().trim_end_matches('/');
    if !own.is_empty() && own != api.site().as_str().trim_end_matches('/') {
        lines.push(format!("the site calls itself {own}: set `site` to that"));
    }
    for function in FOR_COMPETENCIES.iter().filter(lacks) {
        lines.push(format!(
            "{} is not in the service: competencies it tells of wait until it is",
            function.name
        ));
    }
    for function in FOR_RECONCILIATION.iter().filter(lacks) {
        lines.push(format!(
            "{} is not in the service: ratings of competencies that no webhook told are not all found (it needs {})",
            function.name, function.needs
        ));
    }
    for function in FOR_ATTEMPTS.iter().filter(lacks) {
        lines.push(format!(
            "{} is not in the service: badges with `counts` wait until it is (it needs {})",
            function.name, function.needs
        ));
    }
    if lacks(&&&ROLES) {
        lines.push(format!(
            "{} is not in the service: who teaches in a course is not told from its learners (it needs {})",
            ROLES.name, ROLES.needs
        ));
    }
    Ok(lines)
}
