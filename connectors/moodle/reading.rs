//! What the API shows now of some learners in one course.

use std::collections::{BTreeMap, BTreeSet};

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
            Hint::Grade { .. } | Hint::Graded { .. } => vec![Self::Grades],
            Hint::Completion { .. } => vec![Self::Grades, Self::Activities],
            Hint::CourseCompleted => vec![Self::Completion],
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
            reading.grades(api, course, &wanted).await?;
            reading.names(api, course).await?;
            reading.activities(api, course, &wanted).await?;
            reading.completion(api, course, &wanted).await?;
        }
        reading.competencies(api, &wanted).await?;
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

    /// Those still here who want something, by id.
    fn who(&mut self, wanted: &BTreeMap<u64, Wants>, what: impl Fn(&Wants, &Known) -> bool) -> Vec<u64> {
        self.here()
            .filter(|known| wanted.get(&known.id).is_some_and(|wants| what(wants, known)))
            .map(|known| known.id)
            .collect()
    }

    fn known(&mut self, id: u64) -> Option<&mut Known> {
        match self.learners.get_mut(&id) {
            Some(Found::Here(known)) => Some(known),
            _ => None,
        }
    }

    /// Keeps an error with the learner if it concerns only them.
    fn lose(&mut self, id: u64, fault: Fault) -> Result<(), ApiError> {
        let found = match fault {
            Fault::Gone(why) => Found::Gone(why),
            Fault::Api(ApiError::Refused { what }) => Found::Puzzling(what),
            Fault::Api(error) => return Err(error),
        };
        self.learners.insert(id, found);
        Ok(())
    }

    async fn grades(
        &mut self,
        api: &Api<'_>,
        course: u64,
        wanted: &BTreeMap<u64, Wants>,
    ) -> Result<(), ApiError> {
        let learners = self.who(wanted, |wants, _| wants.contains(&Need::Grades));
        let enrolment = !self.who(wanted, |wants, _| wants.contains(&Need::Enrolment)).is_empty();
        if learners.len() > FEW || enrolment {
            let asked =
                api.ask::<GradeReports>(&GRADES, &[pair("courseid", &course), pair("userid", &0)]).await;
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
                self.keep_report(id, course, reports.remove(&id));
            }
            return Ok(());
        }
        for id in learners {
            match api.ask::<GradeReports>(&GRADES, &[pair("courseid", &course), pair("userid", &id)]).await {
                Ok(reports) => {
                    let report = reports.usergrades.into_iter().find(|report| report.userid == id);
                    self.keep_report(id, course, report);
                }
                Err(fault) => self.lose(id, fault)?,
            }
        }
        Ok(())
    }

    fn keep_report(&mut self, id: u64, course: u64, report: Option<GradeReport>) {
        if report.is_none() {
            let why = format!("learner {id} is not in the gradebook of course {course}");
            self.learners.insert(id, Found::Gone(why));
        } else if let Some(known) = self.known(id) {
            known.report = report;
        }
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
    fn tracks_completion(&self) -> bool {
        self.info.as_ref().is_none_or(|info| info.enablecompletion != Some(0))
    }

    async fn activities(
        &mut self,
        api: &Api<'_>,
        course: u64,
        wanted: &BTreeMap<u64, Wants>,
    ) -> Result<(), ApiError> {
        if !self.tracks_completion() {
            return Ok(());
        }
        let graded = |known: &Known| {
            let items = known.report.iter().flat_map(|report| &report.gradeitems);
            items.into_iter().any(|item| item.cmid.is_some() && item.graderaw.is_some())
        };
        for id in self.who(wanted, |wants, known| wants.contains(&Need::Activities) || graded(known)) {
            match api.ask::<Activities>(&ACTIVITIES, &[pair("courseid", &course), pair("userid", &id)]).await
            {
                Ok(activities) => {
                    if let Some(known) = self.known(id) {
                        known.activities = Some(activities.statuses);
                    }
                }
                Err(fault) => self.lose(id, fault)?,
            }
        }
        Ok(())
    }

    async fn completion(
        &mut self,
        api: &Api<'_>,
        course: u64,
        wanted: &BTreeMap<u64, Wants>,
    ) -> Result<(), ApiError> {
        if !self.tracks_completion() {
            return Ok(());
        }
        for id in self.who(wanted, |wants, _| wants.contains(&Need::Completion)) {
            let asked = api
                .ask::<CourseCompletion>(&COMPLETION, &[pair("courseid", &course), pair("userid", &id)])
                .await;
            let status = match asked {
                Ok(completion) => Ok(completion.completionstatus),
                Err(Fault::Api(ApiError::Refused { what })) => Err(what),
                Err(fault) => {
                    self.lose(id, fault)?;
                    continue;
                }
            };
            if let Some(known) = self.known(id) {
                known.completion = Some(status);
            }
        }
        Ok(())
    }

    async fn competencies(&mut self, api: &Api<'_>, wanted: &BTreeMap<u64, Wants>) -> Result<(), ApiError> {
        for id in self.who(wanted, |_, _| true) {
            for need in wanted.get(&id).into_iter().flatten() {
                let Need::Competency(competency) = need else { continue };
                let mut parameters = vec![pair("userid", &id), pair("competencyid", competency)];
                let asked = match self.course {
                    Some(course) => {
                        parameters.push(pair("courseid", &course));
                        api.ask::<CompetencyInCourse>(&COMPETENCY_IN_COURSE, &parameters)
                            .await
                            .map(|summary| summary.usercompetencysummary)
                    }
                    None => api.ask::<CompetencySummary>(&COMPETENCY, &parameters).await,
                };
                let rated = match asked {
                    Ok(summary) => Ok(summary),
                    Err(Fault::Gone(why) | Fault::Api(ApiError::Refused { what: why })) => Err(why),
                    Err(Fault::Api(error)) => return Err(error),
                };
                if let Some(known) = self.known(id) {
                    known.competencies.insert(*competency, rated);
                }
            }
        }
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

impl Known {
    fn is_proved(&self) -> bool {
        self.report.is_some()
            || self.activities.is_some()
            || matches!(self.completion, Some(Ok(_)))
            || self.competencies.values().any(Result::is_ok)
    }
}
