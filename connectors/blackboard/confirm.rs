//! Asking the gradebook what is true: one column, for all learners who wait for it.
//!
//! Calls are counted by the day, so lists are read where many are asked for: grades, attempts
//! and people of a whole batch cost about as many calls as there are hundreds of them. A list
//! that does not hold somebody proves nothing; they are then asked for by themselves.

mod reading;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::answers::{Attempt, Column, Grade, text, time};
use super::api::{Api, Reply};
use super::caliper::Detail;
use super::judge::{Attempts, Judgement, calculated, hidden, judge, listed, needs_attempts, same};
use super::people::{Person, barred, course, learner, unseen};
use crate::decimal::decimal;
use crate::{
    ApiError, Asked, Assessment, AssessmentKind, Confirmation, Course, Outcome, Release, Signal, Withheld,
};
use reading::Theirs;
pub(super) use reading::{GRADES, Place, Reading};

/// What lets the application read grades.
pub(super) const MEND: &str = "the application's user needs a system role with the entitlement course.gradebook.MODIFY \
                    (README.md of this connector)";
/// How long the gradebook may lag behind an event.
const RECENT: TimeDelta = TimeDelta::minutes(15);

/// Confirms signals, normally all of one column.
pub(super) async fn confirm(
    api: &Api<'_>,
    signals: &[Signal],
    asked: &Asked,
    read_at: DateTime<Utc>,
) -> Result<Vec<Confirmation>, ApiError> {
    let nothing = |why: &str| Confirmation::Nothing { why: why.to_owned() };
    let mut confirmations = vec![nothing("the stored signal names no gradebook column"); signals.len()];
    let mut columns: BTreeMap<(String, String), Vec<Told<'_>>> = BTreeMap::new();
    for (index, signal) in signals.iter().enumerate() {
        if let Ok(detail) = serde_json::from_value::<Detail>(signal.detail.clone()) {
            let key = (detail.course.clone(), detail.column.clone());
            columns.entry(key).or_default().push(Told { index, signal, detail });
        }
    }
    for ((course, column), told) in columns {
        let place = Place { course: &course, column: &column };
        for (index, confirmation) in confirm_column(api, place, &told, asked, read_at).await? {
            if let Some(slot) = confirmations.get_mut(index) {
                *slot = confirmation;
            }
        }
    }
    Ok(confirmations)
}

/// A signal with its detail read.
struct Told<'a> {
    index: usize,
    signal: &'a Signal,
    detail: Detail,
}

async fn confirm_column(
    api: &Api<'_>,
    place: Place<'_>,
    told: &[Told<'_>],
    asked: &Asked,
    read_at: DateTime<Utc>,
) -> Result<Vec<(usize, Confirmation)>, ApiError> {
    let all =
        |why: String| told.iter().map(|it| (it.index, Confirmation::Nothing { why: why.clone() })).collect();
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
    for it in told {
        if seen.insert(it.signal.learner.as_str()) {
            learners.push(&it.signal.learner);
        }
    }
    let each_attempt = asked.attempts_anywhere(&assessment(place, &column, false));
    let read = Reading::of(api, place, &column, &learners, HashMap::new(), each_attempt, read_at).await?;
    let gradebook = read_column(api, place, column, read, each_attempt, read_at).await?;
    let mut confirmations = Vec::new();
    for learner in learners {
        let theirs: Vec<&Told<'_>> = told.iter().filter(|it| it.signal.learner == learner).collect();
        gradebook.confirm(learner, &theirs, &mut confirmations);
    }
    Ok(confirmations)
}

/// Adds the courses to what was read of a column.
pub(super) async fn read_column<'a>(
    api: &Api<'_>,
    place: Place<'a>,
    column: Column,
    read: Reading,
    each_attempt: bool,
    read_at: DateTime<Utc>,
) -> Result<Gradebook<'a>, ApiError> {
    let course = course(api, place.course).await?;
    let mut children: HashMap<String, Course> = HashMap::new();
    for child in read.people().filter_map(Person::child_course) {
        if child != place.course && !children.contains_key(child) {
            children.insert(child.to_owned(), self::course(api, child).await?);
        }
    }
    Ok(Gradebook { place, column, read, course, children, each_attempt, read_at })
}

/// All that was read of a column.
pub(super) struct Gradebook<'a> {
    place: Place<'a>,
    column: Column,
    read: Reading,
    course: Course,
    /// Of merged courses, by id.
    children: HashMap<String, Course>,
    /// Whether a rule asks for each attempt.
    each_attempt: bool,
    read_at: DateTime<Utc>,
}

impl Gradebook<'_> {
    /// What it shows of a learner who has a grade.
    pub(super) fn shown(&self, id: &str) -> Option<Outcome> {
        let found = self.read.found.get(id)?;
        let Reply::Found(grade) = self.read.grades.get(id)? else { return None };
        if matches!(found.person, Person::Missing) {
            return None;
        }
        let judgement = judge(&self.column, grade, self.judged_by(grade, Some(found)), self.read_at);
        Some(self.outcome(id, &found.person, &[], judgement, None))
    }

    /// What it says to all signals of one learner.
    fn confirm(&self, id: &str, theirs: &[&Told<'_>], confirmations: &mut Vec<(usize, Confirmation)>) {
        // Of several events about one grade only the newest can tell what it is now.
        let Some(newest) = theirs.iter().max_by_key(|it| it.signal.occurred_at).copied() else { return };
        let mut all = |confirmation: &dyn Fn(&Told<'_>) -> Confirmation| {
            confirmations.extend(theirs.iter().map(|it| (it.index, confirmation(it))));
        };
        if let Some(error) = self.read.unread.get(id) {
            return all(&|_| Confirmation::Unread(error.clone()));
        }
        let found = self.read.found.get(id);
        let person = found.map_or(&Person::Missing, |found| &found.person);
        let (judgement, lags) = match self.read.grades.get(id) {
            // Documented as “not yet populated”, so a grade may still follow its event.
            None | Some(Reply::Missing) => {
                let why = format!("Blackboard has no grade of {id} in column {}", self.place.column);
                let recent = self.recent(newest);
                return all(&|it| {
                    let why = why.clone();
                    if it.detail.from_gradebook {
                        let gone = Judgement::withheld(Withheld::NotGraded);
                        let outcome = self.outcome(id, &Person::Missing, theirs, gone, None);
                        Confirmation::Settled(vec![outcome])
                    } else if recent && it.index == newest.index {
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
                let attempts = self.judged_by(grade, found);
                let judgement = judge(&self.column, grade, attempts, self.read_at);
                let known = if let Attempts::Known(known) = attempts { known } else { &[] };
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

    /// The attempts by which a grade is judged. They may be known for another reason.
    fn judged_by<'r>(&self, grade: &Grade, found: Option<&'r Theirs>) -> Attempts<'r> {
        match found {
            Some(found) if needs_attempts(&self.column, grade) => found.attempts.known(),
            _ => Attempts::NotAsked,
        }
    }

    fn outcome(
        &self,
        id: &str,
        person: &Person,
        theirs: &[&Told<'_>],
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
        let attempts = match self.read.found.get(id).map(|found| found.attempts.known()) {
            Some(Attempts::Known(attempts)) if self.each_attempt && released => {
                listed(&self.column, attempts)
            }
            _ => Vec::new(),
        };
        Outcome {
            learner: learner(id, person),
            course,
            assessment: assessment(self.place, &self.column, total),
            score: judgement.score,
            passed: None,
            release: judgement.release,
            graded_at: judgement.graded_at.or(occurred_at).filter(|_| released),
            attempt: None,
            attempts,
            late: None,
            all_graded: None,
            as_of: self.read_at,
        }
    }

    /// Whether the gradebook may not yet show what this event tells.
    fn recent(&self, event: &Told<'_>) -> bool {
        event.signal.occurred_at.is_some_and(|at| (self.read_at - at).abs() <= RECENT)
    }
}

pub(super) fn assessment(place: Place<'_>, column: &Column, event_says_total: bool) -> Assessment {
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
fn lag(newest: &Told<'_>, grade: &Grade, attempts: &[Attempt], judgement: &Judgement) -> Option<String> {
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
