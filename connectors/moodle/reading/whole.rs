//! What the API shows of everybody in one course.

use std::collections::BTreeMap;

use super::{Found, Known, Need, Reading, Wants};
use crate::moodle::answers::{GradeItem, GradeReport};
use crate::moodle::api::{Api, Fault};
use crate::moodle::competencies::{self, Listed};
use crate::moodle::grades;
use crate::{ApiError, Asked, Assessment, Part, Question};

impl Reading {
    /// Reads the gradebook of a course: one call for all grades and one for each 500 accounts.
    /// Completions are asked about each learner alone, so only where a rule needs them and they
    /// are not known as passed. `None` if the course does not exist.
    pub(in crate::moodle) async fn whole(
        api: &Api<'_>,
        course: u64,
        question: &Question<'_>,
        competencies: &[Listed],
    ) -> Result<Option<Self>, ApiError> {
        let reports = match grades::read(api, course, None).await {
            Ok(reports) => reports,
            Err(Fault::Gone(_)) => return Ok(None),
            Err(Fault::Api(error)) => return Err(error),
        };
        let here = |report: GradeReport| {
            let known = Known { id: report.userid, report: Some(report), ..Known::default() };
            (known.id, Found::Here(Box::new(known)))
        };
        let mut reading = Self {
            course: Some(course),
            info: None,
            idnumber: None,
            learners: reports.into_iter().map(here).collect(),
            ids: BTreeMap::new(),
            unknown: BTreeMap::new(),
        };
        reading.names(api, course).await?;
        reading.accounts(api, &mut BTreeMap::new()).await?;
        let each_attempt = question.wanted.iter().any(|wanted| wanted.attempts);
        let wanted: BTreeMap<u64, Wants> = reading
            .here()
            .map(|known| (known.id, undecided(known, question, competencies)))
            .filter(|(_, wants)| each_attempt || !wants.is_empty())
            .collect();
        let asked = Asked::new(BTreeMap::from([(course.to_string(), question.wanted.to_vec())]));
        reading.alone(api, &wanted, &asked, question.read_at).await?;
        reading.roles(api).await?;
        Ok(Some(reading))
    }

    /// Reads the learners' own levels in competencies, outside of courses.
    pub(in crate::moodle) async fn own_levels(
        api: &Api<'_>,
        question: &Question<'_>,
        competencies: &[Listed],
    ) -> Result<Self, ApiError> {
        let mut wanted: BTreeMap<u64, Wants> = BTreeMap::new();
        for competency in competencies {
            for learner in competencies::learners(api, competency.id).await? {
                if is_open(question, learner, &competency.assessment()) {
                    wanted.entry(learner).or_default().insert(Need::Competency(competency.id));
                }
            }
        }
        let here = |id: &u64| (*id, Found::Here(Box::new(Known { id: *id, ..Known::default() })));
        let mut reading = Self {
            course: None,
            info: None,
            idnumber: None,
            learners: wanted.keys().map(here).collect(),
            ids: BTreeMap::new(),
            unknown: BTreeMap::new(),
        };
        reading.accounts(api, &mut BTreeMap::new()).await?;
        reading.alone(api, &wanted, &Asked::default(), question.read_at).await?;
        Ok(reading)
    }

    /// Everybody.
    pub(in crate::moodle) fn everybody(&self) -> impl Iterator<Item = (u64, &Found)> {
        self.learners.iter().map(|(id, found)| (*id, found))
    }

    /// Every item of the gradebook that was read of somebody.
    pub(in crate::moodle) fn items(&self) -> impl Iterator<Item = &GradeItem> {
        let reports = self.learners.values().filter_map(|found| match found {
            Found::Here(known) => known.report.as_ref(),
            _ => None,
        });
        reports.flat_map(|report| &report.gradeitems)
    }
}

/// Whether this is not known as passed.
fn is_open(question: &Question<'_>, learner: u64, assessment: &str) -> bool {
    !question.decided.contains(&(learner.to_string(), assessment.to_owned()))
}

/// What of Moodle's decisions about a learner is asked for, and not known as passed.
fn undecided(known: &Known, question: &Question<'_>, competencies: &[Listed]) -> Wants {
    let open = |assessment: &str| is_open(question, known.id, assessment);
    let mut wants = Wants::new();
    for wanted in question.wanted.iter().filter(|wanted| wanted.decision) {
        match &wanted.part {
            Part::Completion if open(Assessment::COURSE_COMPLETION) => {
                wants.insert(Need::Completion);
            }
            Part::Named(name) => {
                let items = known.report.iter().flat_map(|report| &report.gradeitems);
                let mut asked = items
                    .filter(|item| item.cmid.is_some() && item.graderaw.is_some() && item.is_called(name));
                if asked.any(|item| open(&item.assessment())) {
                    wants.insert(Need::Activities);
                }
            }
            Part::Completion | Part::Total | Part::Competency(_) => {}
        }
    }
    let open = competencies.iter().filter(|competency| open(&competency.assessment()));
    wants.extend(open.map(|competency| Need::Competency(competency.id)));
    wants
}
