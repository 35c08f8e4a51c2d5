//! Calls of Moodle's web services (REST protocol), and what their errors mean.
//!
//! Moodle answers errors with HTTP 200; only `errorcode` decides. The token belongs into the
//! body: a Bearer header alone is refused.

use std::time::Duration;

use serde::de::DeserializeOwned;
use url::Url;

use super::answers::Exception;
use super::settings::Settings;
use crate::{Answer, ApiError, Call, FormValue, Http};

/// How long a course's names may be reused.
const COURSE_CACHE: Duration = Duration::from_mins(10);
/// How long a learner's name and address may be reused.
const USER_CACHE: Duration = Duration::from_mins(2);

/// What the account needs to see activities that are hidden from learners or restricted. Without
/// it Moodle leaves them out of its lists, and says so nowhere.
pub(super) const TO_SEE_ACTIVITIES: &str = "moodle/course:viewhiddenactivities, \
    moodle/course:ignoreavailabilityrestrictions, and the view capability of the activity (mod/quiz:view, …)";

/// A web service function.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// How it appears in logs and errors.
    what: &'static str,
    /// What the account needs for it, besides `webservice/rest:use`.
    pub(super) needs: &'static str,
    /// How long an answer may be reused.
    cache: Option<Duration>,
}

pub(super) const SITE_INFO: Function = Function {
    name: "core_webservice_get_site_info",
    what: "Moodle core_webservice_get_site_info",
    needs: "nothing more",
    cache: None,
};
pub(super) const GRADES: Function = Function {
    name: "gradereport_user_get_grade_items",
    what: "Moodle gradereport_user_get_grade_items",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, gradereport/user:view, moodle/grade:viewall, \
            moodle/grade:viewhidden, moodle/course:viewhiddenactivities, \
            moodle/course:ignoreavailabilityrestrictions, and in courses with separate groups \
            moodle/site:accessallgroups",
    cache: None,
};
pub(super) const USERS: Function = Function {
    name: "core_user_get_users_by_field",
    what: "Moodle core_user_get_users_by_field",
    needs: "moodle/user:viewdetails, moodle/site:viewuseridentity",
    cache: Some(USER_CACHE),
};
pub(super) const COURSES: Function = Function {
    name: "core_course_get_courses_by_field",
    what: "Moodle core_course_get_courses_by_field",
    needs: "moodle/course:view, moodle/course:viewhiddencourses",
    cache: Some(COURSE_CACHE),
};
pub(super) const ACTIVITIES: Function = Function {
    name: "core_completion_get_activities_completion_status",
    what: "Moodle core_completion_get_activities_completion_status",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, report/progress:view, \
            moodle/course:viewhiddenactivities, moodle/course:ignoreavailabilityrestrictions, and the view \
            capability of each activity (mod/assign:view, mod/quiz:view, …)",
    cache: None,
};
pub(super) const COMPLETION: Function = Function {
    name: "core_completion_get_course_completion_status",
    what: "Moodle core_completion_get_course_completion_status",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, report/completion:view, and completion tracking \
            in the course",
    cache: None,
};
pub(super) const COMPETENCY_IN_COURSE: Function = Function {
    name: "tool_lp_data_for_user_competency_summary_in_course",
    what: "Moodle tool_lp_data_for_user_competency_summary_in_course",
    needs: "moodle/competency:usercompetencyview",
    cache: None,
};
pub(super) const COMPETENCY: Function = Function {
    name: "tool_lp_data_for_user_competency_summary",
    what: "Moodle tool_lp_data_for_user_competency_summary",
    needs: "moodle/competency:usercompetencyview",
    cache: None,
};

pub(super) const COURSE_COMPETENCIES: Function = Function {
    name: "core_competency_list_course_competencies",
    what: "Moodle core_competency_list_course_competencies",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, moodle/competency:coursecompetencyview",
    cache: None,
};
pub(super) const COMPETENCIES: Function = Function {
    name: "core_competency_list_competencies",
    what: "Moodle core_competency_list_competencies",
    needs: "moodle/competency:competencyview",
    cache: None,
};
pub(super) const COURSES_OF_COMPETENCY: Function = Function {
    name: "tool_lp_list_courses_using_competency",
    what: "Moodle tool_lp_list_courses_using_competency",
    needs: "moodle/competency:coursecompetencyview",
    cache: None,
};
pub(super) const ROLES: Function = Function {
    name: "core_user_get_course_user_profiles",
    what: "Moodle core_user_get_course_user_profiles",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, moodle/user:viewdetails",
    cache: Some(USER_CACHE),
};
pub(super) const QUIZZES: Function = Function {
    name: "mod_quiz_get_quizzes_by_courses",
    what: "Moodle mod_quiz_get_quizzes_by_courses",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, mod/quiz:view, \
            moodle/course:viewhiddenactivities, moodle/course:ignoreavailabilityrestrictions",
    cache: None,
};
/// Moodle 5 prefers a newer function and keeps this one; the newer one hides marks even from
/// reports where learners do not see them.
pub(super) const QUIZ_ATTEMPTS: Function = Function {
    name: "mod_quiz_get_user_attempts",
    what: "Moodle mod_quiz_get_user_attempts",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, mod/quiz:view, mod/quiz:viewreports, \
            moodle/course:viewhiddenactivities, moodle/course:ignoreavailabilityrestrictions",
    cache: None,
};
pub(super) const ASSIGN_ATTEMPTS: Function = Function {
    name: "mod_assign_get_submission_status",
    what: "Moodle mod_assign_get_submission_status",
    needs: "moodle/course:view, moodle/course:viewhiddencourses, mod/assign:view, mod/assign:viewgrades, \
            moodle/course:viewhiddenactivities, moodle/course:ignoreavailabilityrestrictions",
    cache: None,
};

/// Why a call gave no answer.
#[derive(Debug)]
pub(super) enum Fault {
    /// The learner or course asked for does not exist, now and later.
    Gone(String),
    /// Everything else.
    Api(ApiError),
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// The web services of one site.
pub(super) struct Api<'a> {
    settings: &'a Settings,
    http: &'a dyn Http,
}

impl<'a> Api<'a> {
    pub(super) fn new(settings: &'a Settings, http: &'a dyn Http) -> Self {
        Self { settings, http }
    }

    /// The site's address.
    pub(super) fn site(&self) -> &Url {
        &self.settings.site
    }

    /// A page of the site.
    pub(super) fn page(&self, path: &[&str], id: u64) -> Option<Url> {
        let mut url = self.endpoint(path).ok()?;
        url.set_query(Some(&format!("id={id}")));
        Some(url)
    }

    /// Calls a function.
    ///
    /// Errors are answers with status 200, so the host may have kept one: an error from a call
    /// that may be answered from the cache is asked for once more.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        function: &Function,
        parameters: &[(String, String)],
    ) -> Result<T, Fault> {
        match self.ask_once(function, parameters, false).await {
            Err(_) if function.cache.is_some() => self.ask_once(function, parameters, true).await,
            answer => answer,
        }
    }

    /// Calls a function that says something only where the account may call it; an error that
    /// does not pass is no answer.
    pub(super) async fn ask_if_allowed<T: DeserializeOwned>(
        &self,
        function: &Function,
        parameters: &[(String, String)],
    ) -> Result<Option<T>, ApiError> {
        match self.ask_once(function, parameters, false).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Fault::Api(error)) if error.passes() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Calls a function and passes by the host's cache.
    pub(super) async fn ask_anew<T: DeserializeOwned>(
        &self,
        function: &Function,
        parameters: &[(String, String)],
    ) -> Result<T, Fault> {
        self.ask_once(function, parameters, true).await
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        function: &Function,
        parameters: &[(String, String)],
        refresh: bool,
    ) -> Result<T, Fault> {
        let mut form = vec![
            ("wstoken".to_owned(), FormValue::from(self.settings.ws_token.clone())),
            ("moodlewsrestformat".to_owned(), FormValue::from("json")),
            ("wsfunction".to_owned(), FormValue::from(function.name)),
        ];
        form.extend(parameters.iter().map(|(name, value)| (name.clone(), FormValue::from(value.as_str()))));
        let url = self.endpoint(&["webservice", "rest", "server.php"]).map_err(|()| ApiError::Refused {
            what: format!("{}: “{}” is not an address that can be called", function.what, self.settings.site),
        })?;
        let mut call = Call::post_form(function.what, url, form);
        call.cache = function.cache;
        call.refresh = refresh;
        read(function, &self.http.send(call).await?)
    }

    fn endpoint(&self, path: &[&str]) -> Result<Url, ()> {
        let mut url = self.settings.site.clone();
        url.path_segments_mut()?.pop_if_empty().extend(path);
        Ok(url)
    }
}

/// A form field.
pub(super) fn pair(name: &str, value: &impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// Reads one answer.
fn read<T: DeserializeOwned>(function: &Function, answer: &Answer) -> Result<T, Fault> {
    let unavailable = |instead: String| {
        Err(Fault::Api(ApiError::Unavailable {
            what: format!("{}: {instead} instead of an answer", function.what),
            retry_after: None,
        }))
    };
    match answer.status {
        200..300 => {}
        500.. => return unavailable(format!("HTTP {}", answer.status)),
        403 => {
            return Err(unauthorized(
                function,
                "HTTP 403",
                "switch on the REST protocol under Web services > Manage protocols, and see that no firewall stands between",
            ));
        }
        status => {
            return Err(unauthorized(
                function,
                &format!("HTTP {status}"),
                "compare `site` with the address that the site shows in a browser",
            ));
        }
    }
    let body = answer.body.trim_ascii();
    match body.first() {
        None => return unavailable("an empty body".to_owned()),
        Some(b'<') if body.starts_with(b"<?xml") => return unavailable("XML".to_owned()),
        Some(b'<') => return unavailable("an HTML page".to_owned()),
        Some(b'{') => {
            if let Ok(Exception { exception, errorcode, message }) = serde_json::from_slice(body)
                && (exception.is_some() || errorcode.is_some())
            {
                return Err(fault(function, &errorcode.unwrap_or_default(), &message.unwrap_or_default()));
            }
        }
        Some(_) => {}
    }
    match serde_json::from_slice(body) {
        Ok(read) => Ok(read),
        Err(error) if error.is_eof() => unavailable("half an answer".to_owned()),
        // The error's own text could repeat a name or an address.
        Err(error) => {
            unavailable(format!("something else (line {}, column {})", error.line(), error.column()))
        }
    }
}

/// What an error means, by its code; its text is in the site's language.
fn fault(function: &Function, code: &str, message: &str) -> Fault {
    let said = format!("{code}: {message}");
    match code {
        "invalidtoken" | "invalidtimedtoken" => unauthorized(
            function,
            &said,
            "make a new token for the web service account under Web services > Manage tokens, and set `ws_token`",
        ),
        "accessexception" | "servicenotavailable" => unauthorized(
            function,
            &said,
            "add the function to the external service, and see that the account is an authorised user of the \
             service and may use webservice/rest:use",
        ),
        // A table's name is the same in every language: the site does not know the function.
        "invalidrecord" if message.contains("external_functions") => unauthorized(
            function,
            &said,
            "this Moodle does not have the function: it is too old, or a plugin is missing",
        ),
        "nopermissions"
        | "nopermission"
        | "requireloginerror"
        | "cannotviewreport"
        | "nopermissiontoviewgrades"
        | "notingroup"
        | "accessdenied"
        | "coursehidden" => unauthorized(
            function,
            &said,
            &format!("give the web service account the capabilities: {}", function.needs),
        ),
        // A required field may be newer than the account.
        "usernotfullysetup" => unauthorized(
            function,
            &said,
            "open the web service account under Users > Accounts, and fill in its name, its e-mail address and \
             the required profile fields",
        ),
        // Accounts of this method are not asked.
        "sitepolicynotagreed" => unauthorized(
            function,
            &said,
            "agree to the site policy as the web service account, or give it the authentication method \
             “Web services authentication”",
        ),
        "forcepasswordchangenotice" | "nopasswordchangeforced" => unauthorized(
            function,
            &said,
            "open the web service account under Users > Accounts, and remove its forced password change",
        ),
        "usernotenroled" | "notenroled" | "userdeleted" | "invaliduser" | "invaliduserid"
        | "invalidrecord" | "invalidcourseid" | "invalidcourse" | "usernotconfirmed" | "suspended" => {
            Fault::Gone(said)
        }
        "sitemaintenance"
        | "upgraderunning"
        | "dbconnectionfailed"
        | "dmlreadexception"
        | "dmlwriteexception"
        | "dmltransactionexception"
        | "locktimeout"
        | "ex_unabletolock" => Fault::Api(ApiError::Unavailable {
            what: format!("{}: {said}", function.what),
            retry_after: None,
        }),
        _ => Fault::Api(ApiError::Refused { what: format!("{}: {said}", function.what) }),
    }
}

fn unauthorized(function: &Function, said: &str, mend: &str) -> Fault {
    Fault::Api(ApiError::Unauthorized { what: format!("{}: {said} ({mend})", function.what) })
}
