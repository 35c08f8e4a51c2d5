//! What the API shows of everybody in one course.

use std::collections::BTreeMap;

use super::{Found, Known, Need, Reading, Wants};
use crate::moodle::answers::{GradeReport, GradeReports};
use crate::moodle::api::{Api, Fault, GRADES, pair};
use crate::{ApiError, Assessment, Part, Question};

impl Reading {
    /// Reads the gradebook of a course: one call for all grades and one for each 500 accounts.
    /// Completions are asked about each learner alone, so only where a rule needs them and they
    /// are not known as passed. `None` if the course does not exist.
    pub(in crate::moodle) async fn whole(
        api: &Api<'_>,
        course: u64,
        question: &Question<'_>,
    ) -> Result<Option<Self>, ApiError> {
        let asked = api.ask::<GradeReports>(&GRADES, &[pair("courseid", &course), pair("userid", &0)]).await;
        let reports = match asked {
            Ok(reports) => reports.usergrades,
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
            learners: reports.into_iter().map(here).collect(),
            ids: BTreeMap::new(),
            unknown: BTreeMap::new(),
        };
        reading.names(api, course).await?;
        reading.accounts(api, &mut BTreeMap::new()).await?;
        let wanted: BTreeMap<u64, Wants> = reading
            .here()
            .map(|known| (known.id, undecided(known, question)))
            .filter(|(_, wants)| !wants.is_empty())
            .collect();
        reading.alone(api, &wanted, question.read_at).await?;
        Ok(Some(reading))
    }

    /// Everybody.
    pub(in crate::moodle) fn everybody(&self) -> impl Iterator<Item = (u64, &Found)> {
        self.learners.iter().map(|(id, found)| (*id, found))
    }
}

/// What of Moodle's decisions about a learner is asked for, and not known as passed.
fn undecided(known: &Known, question: &Question<'_>) -> Wants {
    let learner = known.id.to_string();
    let open = |assessment: &str| !question.decided.contains(&(learner.clone(), assessment.to_owned()));
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
            Part::Completion | Part::Total => {}
        }
    }
    wants
}
