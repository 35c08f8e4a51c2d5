//! What the API shows now of some learners in one course.

mod whole;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::accounts::{self, Identified};
use super::answers::{
    Activities, Activity, CompetencyInCourse, CompetencySummary, CompletionStatus, CourseCompletion,
    CourseInfo, Courses, GradeReport, GradeReports, User,
};
use super::api::{
    ACTIVITIES, Api, COMPETENCY, COMPETENCY_IN_COURSE, COMPLETION, COURSES, Fault, GRADES, USERS, pair,
};
use super::event::Hint;
use crate::ApiError;
use crate::learners;

/// Up to so many learners, each one's grades are asked for; beyond, the whole course's.
const FEW: usize = 3;

/// What a signal needs to know of a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// The gradebook.
    Grades,
    /// Whether they are still in the course: only the whole course's report tells.
    Enrolment,
    /// The completion of activities, whether or not something in them is graded.
    Activities,
    /// The completion of the course.
    Completion,
    /// The rating of a competency.
    Competency(u64),
}

/// What all signals need to know of a learner.
pub(super) type Wants = BTreeSet<Need>;

impl Need {
    /// What confirming this needs.
    pub(super) fn of(hint: &Hint) -> Vec<Self> {
        match hint {
            Hint::Grade { deleted: true, .. } => vec![Self::Grades, Self::Enrolment],
            Hint::Grade { .. } | Hint::Graded { .. } | Hint::Shown { completion: false } => {
                vec![Self::Grades]
            }
            Hint::Completion { .. } => vec![Self::Grades, Self::Activities],
            Hint::CourseCompleted | Hint::Shown { completion: true } => vec![Self::Completion],
            Hint::Competency { competency, .. } => vec![Self::Competency(*competency)],
        }
    }
}

/// What the API shows of one learner.
#[derive(Debug)]
pub(super) enum Found {
    /// This.
    Here(Box<Known>),
    /// They are not there: deleted, suspended, or not in the course.
    Gone(String),
    /// An answer that means neither.
    Puzzling(String),
    /// No answer, here or before it was their turn.
    Unread(ApiError),
}

/// A learner's state. What was not asked for is `None`.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) id: u64,
    pub(super) user: Option<User>,
    pub(super) report: Option<GradeReport>,
    pub(super) activities: Option<Vec<Activity>>,
    /// An error is one of this learner or course only.
    pub(super) completion: Option<Result<CompletionStatus, String>>,
    /// By competency; an error as above.
    pub(super) competencies: BTreeMap<u64, Result<CompetencySummary, String>>,
}

/// What the API shows of some learners in one course.
#[derive(Debug)]
pub(super) struct Reading {
    /// The course; `None` for what belongs to the site.
    pub(super) course: Option<u64>,
    /// The course's names, where the account may see them.
    pub(super) info: Option<CourseInfo>,
    /// The learners by id.
    learners: BTreeMap<u64, Found>,
    /// The ids of learners by what signals call them.
    ids: BTreeMap<String, u64>,
    /// Why a learner has no id.
    unknown: BTreeMap<String, Found>,
}

impl Reading {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// What concerns one learner is kept with them; an error concerns all.
    pub(super) async fn of(
        api: &Api<'_>,
        course: Option<u64>,
        wants: &BTreeMap<&str, Wants>,
        read_at: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let Identified { ids, unknown, mut accounts } =
            accounts::identify(api, wants.keys().copied()).await?;
        let unknown = unknown.into_iter().map(|(name, why)| (name, Found::Gone(why))).collect();
        let mut reading = Self { course, info: None, learners: BTreeMap::new(), ids, unknown };
        let mut wanted: BTreeMap<u64, Wants> = BTreeMap::new();
        for (name, wants) in wants {
            if let Some(id) = reading.ids.get(*name) {
                wanted.entry(*id).or_default().extend(wants);
                reading.learners.insert(*id, Found::Here(Box::new(Known { id: *id, ..Known::default() })));
            }
        }
        if let Some(course) = course {
            reading.reports(api, course, &wanted).await?;
            reading.names(api, course).await?;
        }
        reading.alone(api, &wanted, read_at).await?;
        reading.accounts(api, &mut accounts).await?;
        Ok(reading)
    }

    /// The learner that signals call so.
    pub(super) fn learner(&self, name: &str) -> Option<&Found> {
        match self.ids.get(name) {
            Some(id) => self.learners.get(id),
            None => self.unknown.get(name),
        }
    }

    fn here(&mut self) -> impl Iterator<Item = &mut Known> {
        self.learners.values_mut().filter_map(|found| match found {
            Found::Here(known) => Some(known.as_mut()),
            _ => None,
        })
    }

    /// Those still here who need this, by id.
    fn who(&mut self, wanted: &BTreeMap<u64, Wants>, need: Need) -> Vec<u64> {
        let needs = |known: &&mut Known| wanted.get(&known.id).is_some_and(|wants| wants.contains(&need));
        self.here().filter(needs).map(|known| known.id).collect()
    }

    /// Reads the gradebook of the whole course, where that is cheaper or tells more than asking
    /// about each learner.
    async fn reports(
        &mut self,
        api: &Api<'_>,
        course: u64,
        wanted: &BTreeMap<u64, Wants>,
    ) -> Result<(), ApiError> {
        let learners = self.who(wanted, Need::Grades);
        if learners.len() <= FEW && self.who(wanted, Need::Enrolment).is_empty() {
            return Ok(());
        }
        let asked = api.ask::<GradeReports>(&GRADES, &[pair("courseid", &course), pair("userid", &0)]).await;
        let mut reports: BTreeMap<u64, GradeReport> = match asked {
            Ok(reports) => reports.usergrades.into_iter().map(|report| (report.userid, report)).collect(),
            Err(Fault::Api(error)) => return Err(error),
            Err(Fault::Gone(why)) => {
                for id in learners {
                    self.learners.insert(id, Found::Gone(format!("course {course}: {why}")));
                }
                return Ok(());
            }
        };
        for id in learners {
            match (reports.remove(&id), self.learners.get_mut(&id)) {
                (Some(report), Some(Found::Here(known))) => known.report = Some(report),
                _ => drop(self.learners.insert(id, Found::Gone(not_in_gradebook(id, course)))),
            }
        }
        Ok(())
    }

    async fn names(&mut self, api: &Api<'_>, course: u64) -> Result<(), ApiError> {
        if self.here().next().is_none() {
            return Ok(());
        }
        match api.ask::<Courses>(&COURSES, &[pair("field", &"id"), pair("value", &course)]).await {
            Ok(courses) => self.info = courses.courses.into_iter().next(),
            Err(Fault::Gone(_)) => {}
            Err(Fault::Api(error)) => return Err(error),
        }
        Ok(())
    }

    /// Whether the course tracks completion. Without, both reports on it are errors or empty.
    pub(super) fn tracks_completion(&self) -> bool {
        self.info.as_ref().is_none_or(|info| info.enablecompletion != Some(0))
    }

    /// Asks what can only be asked about each learner alone.
    async fn alone(
        &mut self,
        api: &Api<'_>,
        wanted: &BTreeMap<u64, Wants>,
        read_at: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let alone = Alone { api, course: self.course, completion: self.tracks_completion() };
        let (mut ids, mut questions) = (Vec::new(), Vec::new());
        for (id, found) in std::mem::take(&mut self.learners) {
            match (found, wanted.get(&id)) {
                (Found::Here(known), Some(wants)) => {
                    ids.push(id);
                    questions.push((id, alone.read(known, wants)));
                }
                (found, _) => drop(self.learners.insert(id, found)),
            }
        }
        let answers = learners::each(questions, read_at).await?;
        let found = answers.into_iter().map(|answer| answer.unwrap_or_else(Found::Unread));
        self.learners.extend(ids.into_iter().zip(found));
        Ok(())
    }

    /// Adds names and addresses. A learner of whom something was read exists, so an account that
    /// Moodle does not show is then a missing permission, not a missing learner.
    async fn accounts(&mut self, api: &Api<'_>, accounts: &mut BTreeMap<u64, User>) -> Result<(), ApiError> {
        let wanted: Vec<String> = self
            .here()
            .filter(|known| !accounts.contains_key(&known.id))
            .map(|known| known.id.to_string())
            .collect();
        accounts
            .extend(accounts::by_field(api, "id", &wanted).await?.into_iter().map(|user| (user.id, user)));
        if accounts.is_empty() && self.here().any(|known| known.is_proved()) {
            return Err(ApiError::Unauthorized {
                what: format!(
                    "Moodle {}: no account is shown, though the gradebook has it (give the web service account the \
                     capabilities: {})",
                    USERS.name, USERS.needs
                ),
            });
        }
        for found in self.learners.values_mut() {
            let Found::Here(known) = found else { continue };
            match accounts.get(&known.id) {
                Some(user) => known.user = Some(user.clone()),
                None => *found = Found::Gone(format!("Moodle shows no account {}: it is deleted", known.id)),
            }
        }
        Ok(())
    }
}

/// Asks about one learner.
struct Alone<'a> {
    api: &'a Api<'a>,
    course: Option<u64>,
    /// Whether the course tracks completion.
    completion: bool,
}

impl Alone<'_> {
    /// Adds to what is known.
    ///
    /// # Errors
    /// What says nothing of the learner.
    async fn read(&self, mut known: Box<Known>, wants: &Wants) -> Result<Found, ApiError> {
        match self.ask(&mut known, wants).await {
            Ok(()) => Ok(Found::Here(known)),
            Err(Fault::Gone(why)) => Ok(Found::Gone(why)),
            Err(Fault::Api(ApiError::Refused { what })) => Ok(Found::Puzzling(what)),
            Err(Fault::Api(error)) => Err(error),
        }
    }

    async fn ask(&self, known: &mut Known, wants: &Wants) -> Result<(), Fault> {
        if let Some(course) = self.course {
            self.ask_in(course, known, wants).await?;
        }
        for need in wants {
            let Need::Competency(competency) = need else { continue };
            let rated = match self.competency(known.id, *competency).await {
                Ok(summary) => Ok(summary),
                Err(Fault::Gone(why) | Fault::Api(ApiError::Refused { what: why })) => Err(why),
                Err(fault) => return Err(fault),
            };
            known.competencies.insert(*competency, rated);
        }
        Ok(())
    }

    async fn ask_in(&self, course: u64, known: &mut Known, wants: &Wants) -> Result<(), Fault> {
        let whose = [pair("courseid", &course), pair("userid", &known.id)];
        if wants.contains(&Need::Grades) && known.report.is_none() {
            let reports: GradeReports = self.api.ask(&GRADES, &whose).await?;
            known.report = reports.usergrades.into_iter().find(|report| report.userid == known.id);
            if known.report.is_none() {
                return Err(Fault::Gone(not_in_gradebook(known.id, course)));
            }
        }
        let graded = wants.contains(&Need::Grades) && known.has_graded_activity();
        if self.completion && (wants.contains(&Need::Activities) || graded) {
            let activities: Activities = self.api.ask(&ACTIVITIES, &whose).await?;
            known.activities = Some(activities.statuses);
        }
        if self.completion && wants.contains(&Need::Completion) {
            known.completion = Some(match self.api.ask::<CourseCompletion>(&COMPLETION, &whose).await {
                Ok(completion) => Ok(completion.completionstatus),
                Err(Fault::Api(ApiError::Refused { what })) => Err(what),
                Err(fault) => return Err(fault),
            });
        }
        Ok(())
    }

    async fn competency(&self, learner: u64, competency: u64) -> Result<CompetencySummary, Fault> {
        let mut parameters = vec![pair("userid", &learner), pair("competencyid", &competency)];
        let Some(course) = self.course else { return self.api.ask(&COMPETENCY, &parameters).await };
        parameters.push(pair("courseid", &course));
        let rated: CompetencyInCourse = self.api.ask(&COMPETENCY_IN_COURSE, &parameters).await?;
        Ok(rated.usercompetencysummary)
    }
}

fn not_in_gradebook(learner: u64, course: u64) -> String {
    format!("learner {learner} is not in the gradebook of course {course}")
}

impl Known {
    fn has_graded_activity(&self) -> bool {
        let mut items = self.report.iter().flat_map(|report| &report.gradeitems);
        items.any(|item| item.cmid.is_some() && item.graderaw.is_some())
    }

    fn is_proved(&self) -> bool {
        self.report.is_some()
            || self.activities.is_some()
            || matches!(self.completion, Some(Ok(_)))
            || self.competencies.values().any(Result::is_ok)
    }
}
