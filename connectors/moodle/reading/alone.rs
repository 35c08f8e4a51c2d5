//! What can be asked about one learner at a time alone.

use std::collections::BTreeMap;

use super::{Found, Known, Need, Wants, not_in_gradebook};
use crate::moodle::answers::{
    Activities, CompetencyInCourse, CompetencySummary, CourseCompletion, CourseInfo, GradeItem,
};
use crate::moodle::api::{ACTIVITIES, Api, COMPETENCY, COMPETENCY_IN_COURSE, COMPLETION, Fault, pair};
use crate::moodle::{attempts, grades, text};
use crate::{ApiError, Asked, Part};

/// Asks about one learner.
pub(super) struct Alone<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) course: Option<u64>,
    /// Whether the course tracks completion.
    pub(super) completion: bool,
    /// The course's names.
    pub(super) info: Option<&'a CourseInfo>,
    /// What rules ask.
    pub(super) asked: &'a Asked,
}

impl Alone<'_> {
    /// Adds to what is known.
    ///
    /// # Errors
    /// What says nothing of the learner.
    pub(super) async fn read(&self, mut known: Box<Known>, wants: &Wants) -> Result<Found, ApiError> {
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
            let reports = grades::read(self.api, course, Some(known.id)).await?;
            known.report = reports.into_iter().find(|report| report.userid == known.id);
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
        let mut told = BTreeMap::new();
        for item in self.with_attempts(course, known) {
            told.insert(item.id, attempts::of(self.api, course, known.id, item).await?);
        }
        known.attempts = told;
        Ok(())
    }

    /// The graded items of which a rule asks for each attempt.
    fn with_attempts<'k>(&self, course: u64, known: &'k Known) -> Vec<&'k GradeItem> {
        let Some(report) = &known.report else { return Vec::new() };
        let id = course.to_string();
        let shortname = self.info.and_then(|info| info.shortname.as_deref()).map(text::plain);
        let idnumber = report.courseidnumber.as_deref().map(str::trim);
        let names: Vec<&str> =
            [Some(id.as_str()), shortname.as_deref(), idnumber].into_iter().flatten().collect();
        let called = |item: &&GradeItem| {
            let asked = self.asked.of(names.iter().copied()).filter(|wanted| wanted.attempts);
            asked.into_iter().any(|wanted| matches!(&wanted.part, Part::Named(name) if item.is_called(name)))
        };
        let graded = report.gradeitems.iter().filter(|item| item.graderaw.is_some() && attempts::tells(item));
        graded.filter(called).collect()
    }

    async fn competency(&self, learner: u64, competency: u64) -> Result<CompetencySummary, Fault> {
        let mut parameters = vec![pair("userid", &learner), pair("competencyid", &competency)];
        let Some(course) = self.course else { return self.api.ask(&COMPETENCY, &parameters).await };
        parameters.push(pair("courseid", &course));
        let rated: CompetencyInCourse = self.api.ask(&COMPETENCY_IN_COURSE, &parameters).await?;
        Ok(rated.usercompetencysummary)
    }
}
