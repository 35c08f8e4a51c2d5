//! Asking the gradebook what is true: one column, for all learners who wait for it.
//!
//! Calls are counted by the day, so lists are read where many are asked for: grades, attempts
//! and people of a whole batch cost about as many calls as there are hundreds of them. A list
//! that does not hold somebody proves nothing; they are then asked for by themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::answers::{Attempt, Column, Grade, text, time};
use super::api::{Api, PAGES_MAX, Reply, sized};
use super::caliper::Detail;
use super::judge::{Attempts, Judgement, by_attempts, calculated, hidden, judge, needs_attempts, same};
use super::people::{Person, barred, course, learner, people, unseen};
use crate::decimal::decimal;
use crate::{ApiError, Assessment, AssessmentKind, Confirmation, Course, Outcome, Release, Signal, Withheld};

/// What lets the application read grades.
const MEND: &str = "the application's user needs a system role with the entitlement course.gradebook.MODIFY \
                    (README.md of this connector)";
/// How long the gradebook may lag behind an event.
const RECENT: TimeDelta = TimeDelta::minutes(15);

/// Confirms signals, normally all of one column.
pub(super) async fn confirm(
    api: &mut Api<'_>,
    signals: &[Signal],
    read_at: DateTime<Utc>,
) -> Result<Vec<Confirmation>, ApiError> {
    let nothing = |why: &str| Confirmation::Nothing { why: why.to_owned() };
    let mut confirmations = vec![nothing("the stored signal names no gradebook column"); signals.len()];
    let mut columns: BTreeMap<(String, String), Vec<Asked<'_>>> = BTreeMap::new();
    for (index, signal) in signals.iter().enumerate() {
        if let Ok(detail) = serde_json::from_value::<Detail>(signal.detail.clone()) {
            let key = (detail.course.clone(), detail.column.clone());
            columns.entry(key).or_default().push(Asked { index, signal, detail });
        }
    }
    for ((course, column), asked) in columns {
        let place = Place { course: &course, column: &column };
        for (index, confirmation) in confirm_column(api, place, &asked, read_at).await? {
            if let Some(slot) = confirmations.get_mut(index) {
                *slot = confirmation;
            }
        }
    }
    Ok(confirmations)
}

/// A signal with its detail read.
struct Asked<'a> {
    index: usize,
    signal: &'a Signal,
    detail: Detail,
}

/// A column in its course, by their ids.
#[derive(Clone, Copy)]
struct Place<'a> {
    course: &'a str,
    column: &'a str,
}

impl Place<'_> {
    fn url(self, api: &Api<'_>, more: &[&str]) -> Url {
        let mut path = vec!["v2", "courses", self.course, "gradebook", "columns", self.column];
        path.extend(more);
        api.url(&path)
    }
}

async fn confirm_column(
    api: &mut Api<'_>,
    place: Place<'_>,
    asked: &[Asked<'_>],
    read_at: DateTime<Utc>,
) -> Result<Vec<(usize, Confirmation)>, ApiError> {
    let all =
        |why: String| asked.iter().map(|it| (it.index, Confirmation::Nothing { why: why.clone() })).collect();
    let what = "Blackboard gradebook column";
    // Never an older answer: whether the column is visible decides about everything in it.
    let column: Column = match api.get(what, place.url(api, &[]), None).await? {
        Reply::Found(column) => column,
        Reply::Missing => {
            return Ok(all(format!("Blackboard has no column {} in course {}", place.column, place.course)));
        }
        Reply::Forbidden(words) => {
            return Err(ApiError::Unauthorized {
                what: format!(
                    "{what}: 403{words}: the gradebook of course {} cannot be read; {MEND}",
                    place.course
                ),
            });
        }
    };
    let mut learners: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for it in asked {
        if seen.insert(it.signal.learner.as_str()) {
            learners.push(&it.signal.learner);
        }
    }
    let grades = grades(api, place, &learners).await?;
    refused_to_all(&column, &grades)?;
    let with = |wanted: &dyn Fn(&Reply<Grade>) -> bool| -> Vec<&str> {
        learners.iter().copied().filter(|learner| grades.get(*learner).is_some_and(wanted)).collect()
    };
    let in_question = with(&|reply| matches!(reply, Reply::Found(grade) if needs_attempts(&column, grade)));
    let attempts = attempts(api, place, &in_question).await?;
    let people = people(api, place.course, &with(&|reply| !matches!(reply, Reply::Missing))).await?;
    let course = course(api, place.course).await?;
    let mut children: HashMap<String, Course> = HashMap::new();
    for person in people.values() {
        if let Person::Found { child_course: Some(child), .. } = person
            && child != place.course
            && !children.contains_key(child)
        {
            children.insert(child.clone(), self::course(api, child).await?);
        }
    }
    let gradebook = Gradebook { place, column, grades, attempts, people, course, children, read_at };
    let mut confirmations = Vec::new();
    for learner in learners {
        let theirs: Vec<&Asked<'_>> = asked.iter().filter(|it| it.signal.learner == learner).collect();
        gradebook.confirm(learner, &theirs, &mut confirmations);
    }
    Ok(confirmations)
}

/// A column where only a missing permission explains that every grade is refused. Where attempts
/// are hidden from instructors, or names from everybody, Blackboard refuses as well.
fn refused_to_all(column: &Column, grades: &HashMap<String, Reply<Grade>>) -> Result<(), ApiError> {
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

/// All that was read of a column.
struct Gradebook<'a> {
    place: Place<'a>,
    column: Column,
    grades: HashMap<String, Reply<Grade>>,
    attempts: HashMap<String, Option<Vec<Attempt>>>,
    people: HashMap<String, Person>,
    course: Course,
    /// Of merged courses, by id.
    children: HashMap<String, Course>,
    read_at: DateTime<Utc>,
}

impl Gradebook<'_> {
    /// What it says to all signals of one learner.
    fn confirm(&self, id: &str, theirs: &[&Asked<'_>], confirmations: &mut Vec<(usize, Confirmation)>) {
        // Of several events about one grade only the newest can tell what it is now.
        let Some(newest) = theirs.iter().max_by_key(|it| it.signal.occurred_at).copied() else { return };
        let mut all = |confirmation: &dyn Fn(&Asked<'_>) -> Confirmation| {
            confirmations.extend(theirs.iter().map(|it| (it.index, confirmation(it))));
        };
        let person = self.people.get(id).unwrap_or(&Person::Missing);
        let known = self.attempts.get(id);
        let (judgement, lags) = match self.grades.get(id) {
            // Documented as “not yet populated”, so a grade may still follow its event.
            None | Some(Reply::Missing) => {
                let why = format!("Blackboard has no grade of {id} in column {}", self.place.column);
                let recent = self.recent(newest);
                return all(&|it| {
                    let why = why.clone();
                    if recent && it.index == newest.index {
                        Confirmation::Unsettled { outcomes: Vec::new(), why }
                    } else {
                        Confirmation::Nothing { why }
                    }
                });
            }
            Some(_) if matches!(person, Person::Missing) => {
                return all(&|_| Confirmation::Nothing {
                    why: format!("Blackboard has no user {id} (any more)"),
                });
            }
            Some(Reply::Forbidden(words)) => {
                let reason = hidden(&self.column);
                let lags = (reason != Withheld::Anonymous).then(|| {
                    format!("Blackboard does not show the grade of {id}{words}: it is hidden from instructors, or {MEND}")
                });
                (Judgement::withheld(reason), lags)
            }
            Some(Reply::Found(grade)) => {
                let attempts = match known {
                    None => Attempts::NotAsked,
                    Some(Some(known)) => Attempts::Known(known),
                    Some(None) => Attempts::Hidden,
                };
                let judgement = judge(&self.column, grade, attempts, self.read_at);
                let known = known.and_then(Option::as_deref).unwrap_or_default();
                let lags = self.recent(newest).then(|| lag(newest, grade, known, &judgement)).flatten();
                (judgement, lags)
            }
        };
        let outcome = self.outcome(id, person, theirs, judgement, newest.signal.occurred_at);
        let unseen = unseen(id, person);
        all(&|it| {
            let lags = lags.as_ref().filter(|_| it.index == newest.index);
            let outcomes = vec![outcome.clone()];
            match unseen.as_ref().or(lags) {
                Some(why) => Confirmation::Unsettled { outcomes, why: why.clone() },
                None => Confirmation::Settled(outcomes),
            }
        });
    }

    fn outcome(
        &self,
        id: &str,
        person: &Person,
        theirs: &[&Asked<'_>],
        judgement: Judgement,
        occurred_at: Option<DateTime<Utc>>,
    ) -> Outcome {
        let judgement = barred(person).map_or(judgement, Judgement::withheld);
        let mut course = self.course.clone();
        if let Person::Found { child_course: Some(child), .. } = person
            && let Some(child) = self.children.get(child)
        {
            course.also.push(child.id.clone());
            course.also.extend(child.also.iter().cloned());
        }
        let total = theirs.iter().any(|it| it.detail.course_total);
        let released = judgement.release == Release::Released;
        Outcome {
            learner: learner(id, person),
            course,
            assessment: assessment(self.place, &self.column, total),
            score: judgement.score,
            passed: None,
            release: judgement.release,
            graded_at: judgement.graded_at.or(occurred_at).filter(|_| released),
            attempt: None,
            as_of: self.read_at,
        }
    }

    /// Whether the gradebook may not yet show what this event tells.
    fn recent(&self, event: &Asked<'_>) -> bool {
        event.signal.occurred_at.is_some_and(|at| (self.read_at - at).abs() <= RECENT)
    }
}

/// The grades of learners: from the column's list, or one by one.
async fn grades(
    api: &mut Api<'_>,
    place: Place<'_>,
    learners: &[&str],
) -> Result<HashMap<String, Reply<Grade>>, ApiError> {
    let what = "Blackboard gradebook grades";
    let mut found: HashMap<String, Reply<Grade>> = HashMap::new();
    if learners.len() > 1 {
        let wanted: HashSet<&str> = learners.iter().copied().collect();
        let of = |grade: &Grade| {
            text(grade.user_id.as_ref()).filter(|user| wanted.contains(user)).map(str::to_owned)
        };
        let enough =
            |grades: &[Grade]| grades.iter().filter_map(of).collect::<HashSet<_>>().len() == wanted.len();
        let url = sized(place.url(api, &["users"]));
        if let Reply::Found(list) = api.list(what, url, None, learners.len().min(PAGES_MAX), enough).await? {
            for grade in list.items {
                if let Some(user) = of(&grade) {
                    found.insert(user, Reply::Found(grade));
                }
            }
        }
    }
    for &learner in learners {
        if found.contains_key(learner) {
            continue;
        }
        let reply: Reply<Grade> = api.get(what, place.url(api, &["users", learner]), None).await?;
        let reply = match reply {
            Reply::Found(grade) => match text(grade.user_id.as_ref()) {
                None => Reply::Forbidden(String::new()),
                Some(user) if user != learner => {
                    let what = format!("{what}: the answer is about another user than was asked for");
                    return Err(ApiError::Unavailable { what, retry_after: None });
                }
                Some(_) => Reply::Found(grade),
            },
            other => other,
        };
        found.insert(learner.to_owned(), reply);
    }
    Ok(found)
}

/// The attempts of learners: from the column's list if that can be read whole, or one by one.
/// `None` where Blackboard does not show them.
async fn attempts(
    api: &mut Api<'_>,
    place: Place<'_>,
    learners: &[&str],
) -> Result<HashMap<String, Option<Vec<Attempt>>>, ApiError> {
    let what = "Blackboard gradebook attempts";
    let mut found: HashMap<String, Option<Vec<Attempt>>> = HashMap::new();
    if learners.len() > 1 {
        let url = sized(place.url(api, &["attempts"]));
        let reply = api.list::<Attempt>(what, url, None, learners.len().min(PAGES_MAX), |_| false).await?;
        if let Reply::Found(list) = reply
            && list.complete
        {
            for attempt in list.items {
                let user =
                    text(attempt.user_id.as_ref()).filter(|user| learners.contains(user)).map(str::to_owned);
                if let Some(attempts) =
                    user.and_then(|user| found.entry(user).or_insert_with(|| Some(Vec::new())).as_mut())
                {
                    attempts.push(attempt);
                }
            }
        }
    }
    for &learner in learners {
        if found.contains_key(learner) {
            continue;
        }
        let mut url = sized(place.url(api, &["attempts"]));
        url.query_pairs_mut().append_pair("userId", learner);
        let theirs = match api.list::<Attempt>(what, url, None, PAGES_MAX, |_| false).await? {
            Reply::Found(list) => {
                let others =
                    |attempt: &Attempt| text(attempt.user_id.as_ref()).is_some_and(|user| user != learner);
                let nameless = list.items.iter().any(|attempt| text(attempt.user_id.as_ref()).is_none());
                let theirs = list.items.into_iter().filter(|attempt| !others(attempt)).collect();
                Some(theirs).filter(|_| !nameless && list.complete)
            }
            Reply::Missing | Reply::Forbidden(_) => None,
        };
        found.insert(learner.to_owned(), theirs);
    }
    Ok(found)
}

fn assessment(place: Place<'_>, column: &Column, event_says_total: bool) -> Assessment {
    // `finalGrade` is the API's name for the external grade; a calculated one is the total.
    let calculated = calculated(column);
    let total = place.column == "finalGrade"
        || event_says_total
        || (column.external_grade == Some(true) && calculated);
    let own = text(column.id.as_ref()).unwrap_or(place.column);
    let id = if total { Assessment::COURSE_TOTAL } else { place.column };
    let content = text(column.content_id.as_ref()).map(|content| format!("content:{content}"));
    let mut also: Vec<String> = Vec::new();
    let names = [Some(place.column), Some(own), text(column.external_id.as_ref()), content.as_deref()];
    for name in names.into_iter().flatten() {
        if name != id && !also.iter().any(|known| known == name) {
            also.push(name.to_owned());
        }
    }
    Assessment {
        id: id.to_owned(),
        also,
        kind: if total { AssessmentKind::CourseTotal } else { AssessmentKind::Item },
        name: text(column.display_name.as_ref()).or(text(column.name.as_ref())).map(str::to_owned),
        url: None,
    }
}

/// What is missing if the gradebook does not yet show what an event tells.
fn lag(newest: &Asked<'_>, grade: &Grade, attempts: &[Attempt], judgement: &Judgement) -> Option<String> {
    let told = decimal(newest.detail.score.as_deref()?)?;
    let at = newest.signal.occurred_at?;
    // Withheld on purpose: the score says nothing.
    if !matches!(judgement.release, Release::Released | Release::Withheld { reason: Withheld::NotGraded }) {
        return None;
    }
    // Regraded or overridden since.
    if [grade.last_relevant_date, grade.overridden].into_iter().filter_map(time).any(|changed| changed > at) {
        return None;
    }
    let shown = judgement.score.as_ref().and_then(|score| score.given);
    let named = |attempt: &&Attempt| text(attempt.id.as_ref()) == newest.detail.attempt.as_deref();
    let of_attempt = attempts.iter().filter(named).filter_map(Attempt::score);
    if shown.into_iter().chain(of_attempt).any(|shown| same(shown, told)) {
        return None;
    }
    let shown = shown.map_or_else(|| "no score".to_owned(), |shown| shown.to_string());
    Some(format!("the event tells a score of {told}, the gradebook shows {shown}"))
}
