//! What the API shows now of some learners in one course.

mod alone;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::accounts::{self, Identified};
use super::answers::{
    Activity, CompetencySummary, CompletionStatus, CourseInfo, Courses, GradeReport, GradeReports,
    Participant, User,
};
use super::api::{Api, COURSES, Fault, GRADES, ROLES, USERS, pair};
use super::event::Hint;
use super::{grades, number, text};
use crate::learners;
use crate::{ApiError, Asked, Attempt};
use alone::Alone;

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
    /// By grade item, where rules ask for attempts.
    pub(super) attempts: BTreeMap<u64, Vec<Attempt>>,
    /// Whether they teach in the course, as far as the account may know.
    pub(super) staff: bool,
}

/// What the API shows of some learners in one course.
#[derive(Debug)]
pub(super) struct Reading {
    /// The course; `None` for what belongs to the site.
    pub(super) course: Option<u64>,
    /// The course's names, where the account may see them.
    pub(super) info: Option<CourseInfo>,
    /// The course's ID number, by which rules may name it.
    pub(super) idnumber: Option<String>,
    /// The learners by id.
    learners: BTreeMap<u64, Found>,
    /// The ids of learners by what signals call them.
    ids: BTreeMap<String, u64>,
    /// Learners without an id, and why they have none.
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
        asked: &Asked,
        read_at: DateTime<Utc>,
    ) -> Result<Self, ApiError> {
        let Identified { ids, unknown, mut accounts } =
            accounts::identify(api, wants.keys().copied()).await?;
        let mut reading =
            Self { course, info: None, idnumber: None, learners: BTreeMap::new(), ids, unknown };
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
        reading.alone(api, &wanted, asked, read_at).await?;
        reading.accounts(api, &mut accounts).await?;
        reading.roles(api).await?;
        reading.id_number(api, asked).await?;
        Ok(reading)
    }

    /// Reads the course's ID number, which the gradebook alone tells, if nobody's was read: else a
    /// rule that names the course by it would not know a completion or a rating in it. Not asked
    /// where no rule uses a name that may be one.
    async fn id_number(&mut self, api: &Api<'_>, asked: &Asked) -> Result<(), ApiError> {
        let Some(course) = self.course else { return Ok(()) };
        let told_by = |report: &GradeReport| report.courseidnumber.clone();
        let told = self.here().find_map(|known| known.report.as_ref()).and_then(told_by);
        self.idnumber = told;
        let shortname = self.info.as_ref().and_then(|info| info.shortname.as_deref()).map(text::plain);
        let other = |name: &str| number::id_text(name).is_none() && shortname.as_deref() != Some(name);
        let read =
            !asked.courses().any(|(name, _)| other(name)) || self.here().any(|known| known.report.is_some());
        let Some(learner) = self.here().next().map(|known| known.id).filter(|_| !read) else { return Ok(()) };
        let whose = [pair("courseid", &course), pair("userid", &learner)];
        let reports = api.ask_if_allowed::<GradeReports>(&GRADES, &whose).await?;
        self.idnumber = reports.and_then(|reports| reports.usergrades.first().and_then(told_by));
        Ok(())
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
        let mut reports: BTreeMap<u64, GradeReport> = match grades::read(api, course, None).await {
            Ok(reports) => reports.into_iter().map(|report| (report.userid, report)).collect(),
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
        asked: &Asked,
        read_at: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let info = self.info.clone();
        let alone = Alone {
            api,
            course: self.course,
            completion: self.tracks_completion(),
            info: info.as_ref(),
            asked,
        };
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

/// Profiles asked for in one call: two form fields each, of the 1,000 that PHP takes.
const PROFILES: usize = 250;

impl Reading {
    /// Reads who of them teaches in the course. Where the account may not know, nobody does.
    pub(super) async fn roles(&mut self, api: &Api<'_>) -> Result<(), ApiError> {
        let Some(course) = self.course else { return Ok(()) };
        let here: Vec<u64> = self.here().map(|known| known.id).collect();
        let mut staff = BTreeSet::new();
        for some in here.chunks(PROFILES) {
            let pairs = some.iter().enumerate().flat_map(|(at, id)| {
                [
                    pair(&format!("userlist[{at}][userid]"), id),
                    pair(&format!("userlist[{at}][courseid]"), &course),
                ]
            });
            let pairs: Vec<_> = pairs.collect();
            let Some(found) = api.ask_if_allowed::<Vec<Participant>>(&ROLES, &pairs).await? else {
                return Ok(());
            };
            staff.extend(found.iter().filter(|one| one.is_staff()).map(|one| one.id));
        }
        for known in self.here() {
            known.staff = staff.contains(&known.id);
        }
        Ok(())
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
