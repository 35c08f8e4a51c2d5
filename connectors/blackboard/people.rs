//! Who a learner is, and what a course is called.

use std::collections::{HashMap, HashSet};

use super::answers::{CourseInfo, Membership, User, text, unavailable};
use super::api::{Api, CACHE, PAGES_MAX, Reply, expanded, sized};
use crate::{ApiError, Course, Learner, Withheld};

/// What lets the application see people.
const MEND: &str = "give its system role the entitlement system.user.VIEW (README.md of this connector)";

/// The roles of those who teach, assist or build, as the API calls them. What a site's own roles
/// are for is not told.
const STAFF: [&str; 5] = ["Instructor", "BbFacilitator", "TeachingAssistant", "CourseBuilder", "Grader"];

/// A learner as the site knows them.
#[derive(Debug)]
pub(super) enum Person {
    /// The user, in the course as far as that can be read.
    Found { user: Box<User>, child_course: Option<String>, enrolled: bool, staff: bool },
    /// 403; Blackboard's words.
    Refused(String),
    /// 404.
    Missing,
}

impl Person {
    /// Where courses are merged, the course in which they are really enrolled.
    pub(super) fn child_course(&self) -> Option<&str> {
        match self {
            Self::Found { child_course, .. } => child_course.as_deref(),
            Self::Refused(_) | Self::Missing => None,
        }
    }
}

/// The members of a course as far as its list was read.
#[derive(Debug)]
pub(super) struct Members<'a> {
    course: &'a str,
    listed: HashMap<String, Membership>,
    /// Whether somebody who is not in the list is asked for alone. Also where the list is whole: it
    /// may be reused, and people join a course and have a grade within minutes.
    singly: bool,
}

impl<'a> Members<'a> {
    /// Reads the course's membership list where several learners are asked for.
    pub(super) async fn of(api: &Api<'_>, course: &'a str, learners: &[&str]) -> Result<Self, ApiError> {
        let mut members = Self { course, listed: HashMap::new(), singly: true };
        if learners.len() <= 1 {
            return Ok(members);
        }
        let wanted: HashSet<&str> = learners.iter().copied().collect();
        let of = |it: &Membership| {
            text(it.user_id.as_ref()).filter(|user| wanted.contains(user)).map(str::to_owned)
        };
        let what = "Blackboard course memberships";
        let enough =
            |list: &[Membership]| list.iter().filter_map(of).collect::<HashSet<_>>().len() == wanted.len();
        let url = expanded(sized(api.url(&["v1", "courses", course, "users"])));
        // In a large course with few learners to find, the list must not cost more than they do.
        let pages = learners.len().div_ceil(4).min(PAGES_MAX);
        match api.list(what, url, Some(CACHE), pages, enough).await? {
            Reply::Found(list) => {
                members.listed.extend(list.items.into_iter().filter_map(|it| Some((of(&it)?, it))));
            }
            Reply::Missing => members.singly = false,
            Reply::Forbidden(_) => {}
        }
        Ok(members)
    }

    /// The person behind a learner: as the list tells, or asked for alone.
    pub(super) async fn person(&self, api: &Api<'_>, learner: &str) -> Result<Person, ApiError> {
        let mut membership = self.listed.get(learner).cloned();
        let mut member = true;
        if membership.is_none() && self.singly {
            let url = expanded(api.url(&["v1", "courses", self.course, "users", learner]));
            match api.get("Blackboard course membership", url, Some(CACHE)).await? {
                Reply::Found(found) => membership = Some(found),
                // Documented as “Membership not found”.
                Reply::Missing => member = false,
                // Not for us to see: the user says the rest.
                Reply::Forbidden(_) => {}
            }
        }
        let membership = membership.unwrap_or_default();
        // Depending on permissions the expanded user lacks the members that matter.
        let whole = |user: &User| {
            let email = user.contact.as_ref().and_then(|contact| text(contact.email.as_ref()));
            text(user.user_name.as_ref()).is_some() && email.is_some()
        };
        let user = match membership.user.filter(whole) {
            Some(user) => Reply::Found(user),
            None => {
                api.get::<User>("Blackboard user", api.url(&["v1", "users", learner]), Some(CACHE)).await?
            }
        };
        Ok(match user {
            Reply::Found(user) => Person::Found {
                enrolled: member
                    && !unavailable(membership.availability.as_ref())
                    && !unavailable(user.availability.as_ref()),
                child_course: text(membership.child_course_id.as_ref()).map(str::to_owned),
                staff: text(membership.course_role_id.as_ref()).is_some_and(|role| STAFF.contains(&role)),
                user: Box::new(user),
            },
            Reply::Forbidden(words) => Person::Refused(words),
            Reply::Missing => Person::Missing,
        })
    }
}

/// One hidden person is a matter of that person; all of them are a missing permission.
pub(super) fn refused_to_all<'a>(people: impl Iterator<Item = &'a Person>) -> Result<(), ApiError> {
    let mut words = None;
    for person in people {
        match person {
            Person::Refused(said) => words = Some(said),
            Person::Found { .. } | Person::Missing => return Ok(()),
        }
    }
    match words {
        Some(words) => Err(ApiError::Unauthorized {
            what: format!("Blackboard user: 403{words}: the application's user may not view users; {MEND}"),
        }),
        None => Ok(()),
    }
}

/// A course and its names. Without permission to read it, it goes by its id alone.
pub(super) async fn course(api: &Api<'_>, id: &str) -> Result<Course, ApiError> {
    let info = match api.get("Blackboard course", api.url(&["v3", "courses", id]), Some(CACHE)).await? {
        Reply::Found(info) => info,
        Reply::Missing | Reply::Forbidden(_) => CourseInfo::default(),
    };
    Ok(named(id, &info))
}

/// A course with the names that its answer tells.
pub(super) fn named(id: &str, info: &CourseInfo) -> Course {
    let mut also: Vec<String> = Vec::new();
    for name in [&info.course_id, &info.external_id].into_iter().filter_map(|name| text(name.as_ref())) {
        if name != id && !also.iter().any(|known| known == name) {
            also.push(name.to_owned());
        }
    }
    Course { id: id.to_owned(), also, name: text(info.name.as_ref()).map(str::to_owned), url: info.url() }
}

/// A learner by id, with what the user tells.
pub(super) fn learner(id: &str, person: &Person) -> Learner {
    let mut learner =
        Learner { id: id.to_owned(), name: None, email: None, institution_id: None, language: None };
    if let Person::Found { user, .. } = person {
        let contact = user.contact.clone().unwrap_or_default();
        let owned = |it: Option<&str>| it.map(str::to_owned);
        learner.name = full_name(user);
        learner.email = owned(text(contact.email.as_ref()).or(text(contact.institution_email.as_ref())));
        learner.institution_id = owned(text(user.external_id.as_ref()));
        let locale = user.locale.as_ref().and_then(|locale| text(locale.id.as_ref()));
        learner.language = locale.map(|locale| locale.replace('_', "-"));
    }
    learner
}

/// What Blackboard does not show of a learner, and how to mend it.
pub(super) fn unseen(id: &str, person: &Person) -> Option<String> {
    match person {
        Person::Refused(words) => Some(format!("Blackboard does not show the user {id}{words}: {MEND}")),
        // Nobody lacks a user name; without it a preview user cannot be told from a learner.
        Person::Found { user, .. } if text(user.user_name.as_ref()).is_none() => Some(format!(
            "Blackboard shows the user {id} without the user name, and so perhaps without the address: {MEND}"
        )),
        Person::Found { .. } | Person::Missing => None,
    }
}

/// Why nothing that this learner reaches counts, if that is so.
pub(super) fn barred(person: &Person) -> Option<Withheld> {
    let Person::Found { user, enrolled, staff, .. } = person else { return None };
    // Preview users are copies of instructors, made to look at a course as a student.
    if text(user.user_name.as_ref()).is_some_and(|name| name.to_lowercase().contains("_previewuser")) {
        return Some(Withheld::TestStudent);
    }
    if *staff {
        return Some(Withheld::Staff);
    }
    (!enrolled).then_some(Withheld::NotEnrolled)
}

fn full_name(user: &User) -> Option<String> {
    let name = user.name.clone().unwrap_or_default();
    let given = match (text(name.preferred_display_name.as_ref()), text(name.other.as_ref())) {
        (Some("OtherName"), Some(other)) => Some(other),
        _ => text(name.given.as_ref()),
    };
    let parts: Vec<&str> =
        [given, text(name.family.as_ref()), text(name.suffix.as_ref())].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
