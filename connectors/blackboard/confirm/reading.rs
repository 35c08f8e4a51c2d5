//! What the gradebook shows of the learners of one column: lists for all of them, and each one
//! alone whom a list leaves out.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use url::Url;

use super::super::answers::{Attempt, Column, Grade, text};
use super::super::api::{Api, PAGES_MAX, Reply, sized};
use super::super::judge::{Attempts, by_attempts, has_attempts, needs_attempts};
use super::super::people::{Members, Person, refused_to_all};
use super::MEND;
use crate::{ApiError, learners};

pub(in crate::blackboard) const GRADES: &str = "Blackboard gradebook grades";
const ATTEMPTS: &str = "Blackboard gradebook attempts";

/// A column in its course, by their ids.
#[derive(Clone, Copy)]
pub(in crate::blackboard) struct Place<'a> {
    pub(in crate::blackboard) course: &'a str,
    pub(in crate::blackboard) column: &'a str,
}

impl Place<'_> {
    /// The column's address, or that of something in it.
    pub(in crate::blackboard) fn url(self, api: &Api<'_>, more: &[&str]) -> Url {
        let mut path = vec!["v2", "courses", self.course, "gradebook", "columns", self.column];
        path.extend(more);
        api.url(&path)
    }
}

/// All that was read of learners, by learner.
#[derive(Debug, Default)]
pub(in crate::blackboard) struct Reading {
    pub(super) grades: HashMap<String, Reply<Grade>>,
    /// What was read of those who have a grade.
    pub(super) found: HashMap<String, Theirs>,
    /// Why nothing could be read of the others now.
    pub(in crate::blackboard) unread: HashMap<String, ApiError>,
}

/// What was read of a learner who has a grade.
#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) attempts: Shown,
    pub(super) person: Person,
}

/// A learner's attempts.
#[derive(Debug)]
pub(super) enum Shown {
    NotAsked,
    Hidden,
    All(Vec<Attempt>),
}

impl Shown {
    /// To be judged by.
    pub(super) fn known(&self) -> Attempts<'_> {
        match self {
            Self::NotAsked => Attempts::NotAsked,
            Self::Hidden => Attempts::Hidden,
            Self::All(attempts) => Attempts::Known(attempts),
        }
    }
}

impl Reading {
    /// Reads grades that are not `known`, and attempts and people where they matter; attempts
    /// also where a rule asks for each.
    pub(in crate::blackboard) async fn of(
        api: &Api<'_>,
        place: Place<'_>,
        column: &Column,
        learners: &[&str],
        known: HashMap<String, Reply<Grade>>,
        each_attempt: bool,
        read_at: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let mut reading = Self { grades: known, ..Self::default() };
        reading.grades(api, place, learners, read_at).await?;
        grades_refused_to_all(column, &reading.grades)?;
        let with = |wanted: &dyn Fn(&Reply<Grade>) -> bool| -> Vec<&str> {
            let theirs = |learner: &&str| reading.grades.get(*learner).is_some_and(wanted);
            learners.iter().copied().filter(theirs).collect()
        };
        let in_question = with(&|reply| {
            let asked = |grade| each_attempt && has_attempts(column, grade);
            matches!(reply, Reply::Found(grade) if needs_attempts(column, grade) || asked(grade))
        });
        let present = with(&|reply| !matches!(reply, Reply::Missing));
        let mut listed = listed_attempts(api, place, &in_question).await?;
        let members = Members::of(api, place.course, &present).await?;
        let mut questions = Vec::with_capacity(present.len());
        for &learner in &present {
            let attempts = match listed.remove(learner) {
                Some(listed) => Some(Shown::All(listed)),
                None if in_question.contains(&learner) => None,
                None => Some(Shown::NotAsked),
            };
            questions.push((learner, theirs(api, place, &members, learner, attempts)));
        }
        for (learner, answer) in present.into_iter().zip(learners::each(questions, read_at).await?) {
            match answer {
                Ok(found) => drop(reading.found.insert(learner.to_owned(), found)),
                Err(error) => drop(reading.unread.insert(learner.to_owned(), error)),
            }
        }
        refused_to_all(reading.people())?;
        Ok(reading)
    }

    /// The people who were read.
    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        self.found.values().map(|found| &found.person)
    }

    /// Reads grades: from the column's list, or one by one.
    async fn grades(
        &mut self,
        api: &Api<'_>,
        place: Place<'_>,
        learners: &[&str],
        read_at: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let unknown: Vec<&str> =
            learners.iter().copied().filter(|learner| !self.grades.contains_key(*learner)).collect();
        if unknown.len() > 1 {
            let wanted: HashSet<&str> = unknown.iter().copied().collect();
            let of = |grade: &Grade| {
                text(grade.user_id.as_ref()).filter(|user| wanted.contains(user)).map(str::to_owned)
            };
            let enough =
                |grades: &[Grade]| grades.iter().filter_map(of).collect::<HashSet<_>>().len() == wanted.len();
            let url = sized(place.url(api, &["users"]));
            if let Reply::Found(list) =
                api.list(GRADES, url, None, unknown.len().min(PAGES_MAX), enough).await?
            {
                for grade in list.items {
                    if let Some(user) = of(&grade) {
                        self.grades.insert(user, Reply::Found(grade));
                    }
                }
            }
        }
        let (mut missing, mut questions) = (Vec::new(), Vec::new());
        for learner in unknown {
            if !self.grades.contains_key(learner) {
                missing.push(learner);
                questions.push((learner, grade_of(api, place, learner)));
            }
        }
        for (learner, answer) in missing.into_iter().zip(learners::each(questions, read_at).await?) {
            match answer {
                Ok(reply) => drop(self.grades.insert(learner.to_owned(), reply)),
                Err(error) => drop(self.unread.insert(learner.to_owned(), error)),
            }
        }
        Ok(())
    }
}

/// A column where only a missing permission explains that every grade is refused. Where attempts
/// are hidden from instructors, or names from everybody, Blackboard refuses as well.
fn grades_refused_to_all(column: &Column, grades: &HashMap<String, Reply<Grade>>) -> Result<(), ApiError> {
    let mut words = None;
    for reply in grades.values() {
        match reply {
            Reply::Forbidden(said) => words = Some(said),
            Reply::Found(_) | Reply::Missing => return Ok(()),
        }
    }
    match words {
        Some(words) if !by_attempts(column) => {
            Err(ApiError::Unauthorized { what: format!("Blackboard gradebook grades: 403{words}: {MEND}") })
        }
        _ => Ok(()),
    }
}

/// What is read of a learner who has a grade; of their attempts, unless these are known.
async fn theirs(
    api: &Api<'_>,
    place: Place<'_>,
    members: &Members<'_>,
    learner: &str,
    attempts: Option<Shown>,
) -> Result<Theirs, ApiError> {
    let attempts = match attempts {
        Some(attempts) => attempts,
        None => attempts_of(api, place, learner).await?,
    };
    Ok(Theirs { attempts, person: members.person(api, learner).await? })
}

async fn grade_of(api: &Api<'_>, place: Place<'_>, learner: &str) -> Result<Reply<Grade>, ApiError> {
    let reply: Reply<Grade> = api.get(GRADES, place.url(api, &["users", learner]), None).await?;
    let Reply::Found(grade) = reply else { return Ok(reply) };
    match text(grade.user_id.as_ref()) {
        None => Ok(Reply::Forbidden(String::new())),
        Some(user) if user != learner => {
            let what = format!("{GRADES}: the answer is about another user than was asked for");
            Err(ApiError::Unavailable { what, retry_after: None })
        }
        Some(_) => Ok(Reply::Found(grade)),
    }
}

/// Attempts by learner, from the column's list if that can be read whole.
async fn listed_attempts(
    api: &Api<'_>,
    place: Place<'_>,
    learners: &[&str],
) -> Result<HashMap<String, Vec<Attempt>>, ApiError> {
    let mut found: HashMap<String, Vec<Attempt>> = HashMap::new();
    if learners.len() <= 1 {
        return Ok(found);
    }
    let url = sized(place.url(api, &["attempts"]));
    let reply = api.list::<Attempt>(ATTEMPTS, url, None, learners.len().min(PAGES_MAX), |_| false).await?;
    if let Reply::Found(list) = reply
        && list.complete
    {
        for attempt in list.items {
            let user =
                text(attempt.user_id.as_ref()).filter(|user| learners.contains(user)).map(str::to_owned);
            if let Some(user) = user {
                found.entry(user).or_default().push(attempt);
            }
        }
    }
    Ok(found)
}

/// All attempts of one learner.
async fn attempts_of(api: &Api<'_>, place: Place<'_>, learner: &str) -> Result<Shown, ApiError> {
    let mut url = sized(place.url(api, &["attempts"]));
    url.query_pairs_mut().append_pair("userId", learner);
    let reply = api.list::<Attempt>(ATTEMPTS, url, None, PAGES_MAX, |_| false).await?;
    let Reply::Found(list) = reply else { return Ok(Shown::Hidden) };
    let others = |attempt: &Attempt| text(attempt.user_id.as_ref()).is_some_and(|user| user != learner);
    let nameless = list.items.iter().any(|attempt| text(attempt.user_id.as_ref()).is_none());
    if nameless || !list.complete {
        return Ok(Shown::Hidden);
    }
    Ok(Shown::All(list.items.into_iter().filter(|attempt| !others(attempt)).collect()))
}
