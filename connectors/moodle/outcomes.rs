//! Outcomes of what the API shows of one learner in one course.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::answers::{Activity, CompetencySummary, CompletionStatus, GradeItem, GradeReport, Rating};
use super::api::Api;
use super::competencies::SITE;
use super::number;
use super::reading::{Known, Reading};
use super::text;
use crate::{Assessment, AssessmentKind, Course, Learner, Outcome, Release, Score, Withheld};

/// The lowest value of a scale.
const LOWEST_OF_SCALE: Decimal = Decimal::ONE;

/// Every outcome read for a learner.
pub(super) fn of(api: &Api<'_>, reading: &Reading, known: &Known, read_at: DateTime<Utc>) -> Vec<Outcome> {
    let maker = Maker {
        api,
        known,
        learner: learner(known),
        course: course(api, reading, known.report.as_ref()),
        read_at,
    };
    let items = known.report.iter().flat_map(|report| &report.gradeitems).map(|item| maker.item(item));
    let completion = known.completion.iter().flatten().map(|status| maker.completion(status));
    let competencies = known
        .competencies
        .iter()
        .filter_map(|(id, summary)| Some(maker.competency(*id, summary.as_ref().ok()?)));
    items.chain(completion).chain(competencies).collect()
}

struct Maker<'a> {
    api: &'a Api<'a>,
    known: &'a Known,
    learner: Learner,
    course: Course,
    read_at: DateTime<Utc>,
}

impl Maker<'_> {
    fn item(&self, item: &GradeItem) -> Outcome {
        let id = format!("item:{}", item.id);
        let also = [item.cmid.map(|cmid| format!("cmid:{cmid}")), given(item.idnumber.as_deref())];
        let also: Vec<String> = also.into_iter().flatten().collect();
        let assessment = if item.is_total() {
            Assessment {
                id: Assessment::COURSE_TOTAL.to_owned(),
                also: [vec![id], also].concat(),
                kind: AssessmentKind::CourseTotal,
                name: None,
                url: None,
            }
        } else {
            let page = item.itemmodule.as_deref().zip(item.cmid);
            Assessment {
                id,
                also,
                kind: AssessmentKind::Item,
                name: item.itemname.as_deref().map(text::plain),
                url: page.and_then(|(module, cmid)| self.api.page(&["mod", module, "view.php"], cmid)),
            }
        };
        let report = self.known.report.as_ref();
        let release = if item.graderaw.is_none() {
            Release::Withheld { reason: Withheld::NotGraded }
        } else if item.is_hidden() || report.is_some_and(|report| report.rests_on_hidden(item)) {
            Release::Withheld { reason: Withheld::Hidden }
        } else {
            Release::Released
        };
        let score = item.graderaw.map(|graderaw| Score {
            given: Some(graderaw.normalize()),
            min: item.grademin.unwrap_or_default().normalize(),
            max: item.grademax.map(|max| max.normalize()),
            text: item.gradeformatted.as_deref().and_then(text::grade_word),
        });
        // A decision without a grade would outlive the grade that was taken back.
        let passed = item.graderaw.and(self.decision(item.cmid)).and_then(Activity::passed);
        // The total counts graded items only: one early grade may reach any mark.
        let all_graded = report.filter(|_| item.is_total()).and_then(GradeReport::all_graded);
        let outcome = self.outcome(assessment, score, passed, release, number::time(item.gradedategraded));
        let attempts = self.known.attempts.get(&item.id).cloned().unwrap_or_default();
        Outcome { attempts, all_graded, ..outcome }
    }

    fn completion(&self, status: &CompletionStatus) -> Outcome {
        let assessment = Assessment {
            id: Assessment::COURSE_COMPLETION.to_owned(),
            also: Vec::new(),
            kind: AssessmentKind::CourseCompletion,
            name: None,
            url: None,
        };
        // The answer does not date the completion itself; it came with its last criterion.
        let met = status.completions.iter().filter(|criterion| criterion.complete);
        let at = met.filter_map(|criterion| criterion.timecompleted).max();
        let at = number::time(at.filter(|_| status.completed));
        self.outcome(assessment, None, Some(status.completed), Release::Released, at)
    }

    fn competency(&self, id: u64, summary: &CompetencySummary) -> Outcome {
        let competency = &summary.competency.competency;
        let assessment = Assessment {
            id: format!("competency:{id}"),
            also: given(competency.idnumber.as_deref()).into_iter().collect(),
            kind: AssessmentKind::Competency,
            name: competency.shortname.as_deref().map(text::plain),
            url: None,
        };
        let rating = summary.rating();
        let grade = rating.and_then(|rating| rating.grade);
        let score = grade.map(|grade| Score {
            given: Some(grade.into()),
            min: LOWEST_OF_SCALE,
            max: None,
            text: rating.and_then(|rating| rating.gradename.as_deref()).map(text::plain),
        });
        let release = match grade {
            Some(_) => Release::Released,
            None => Release::Withheld { reason: Withheld::NotGraded },
        };
        let passed = rating.filter(|_| grade.is_some()).and_then(|rating| rating.proficiency);
        let at = number::time(rating.and_then(|rating| rating.timemodified));
        self.outcome(assessment, score, passed, release, at)
    }

    /// The completion that decides about an activity's grade. Of several grades in one activity
    /// (a workshop has two) Moodle's decision is about one, and the answer does not say which.
    fn decision(&self, cmid: Option<u64>) -> Option<&Activity> {
        let cmid = cmid?;
        let items = self.known.report.iter().flat_map(|report| &report.gradeitems);
        if items.filter(|item| item.cmid == Some(cmid)).count() > 1 {
            return None;
        }
        self.known.activities.iter().flatten().find(|activity| activity.cmid == cmid)
    }

    fn outcome(
        &self,
        assessment: Assessment,
        score: Option<Score>,
        passed: Option<bool>,
        release: Release,
        graded_at: Option<DateTime<Utc>>,
    ) -> Outcome {
        let release = if self.known.is_inactive() {
            Release::Withheld { reason: Withheld::NotEnrolled }
        } else if self.known.staff {
            Release::Withheld { reason: Withheld::Staff }
        } else {
            release
        };
        Outcome {
            learner: self.learner.clone(),
            course: self.course.clone(),
            assessment,
            score,
            passed,
            release,
            graded_at,
            attempt: None,
            attempts: Vec::new(),
            late: None,
            all_graded: None,
            as_of: self.read_at,
        }
    }
}

impl Known {
    /// Whether the account is suspended or deleted. The address of a deleted account is a hash.
    fn is_inactive(&self) -> bool {
        let hash = |email: &str| !email.is_empty() && !email.contains('@');
        self.user.as_ref().is_some_and(|user| user.suspended || user.email.as_deref().is_some_and(hash))
    }
}

impl CompetencySummary {
    /// The rating that this answer is about.
    pub(super) fn rating(&self) -> Option<&Rating> {
        self.usercompetencycourse.as_ref().or(self.usercompetency.as_ref())
    }
}

fn learner(known: &Known) -> Learner {
    let user = known.user.as_ref();
    let report = known.report.as_ref();
    let idnumber = user.and_then(|user| user.idnumber.as_deref());
    let reported = report.and_then(|report| report.useridnumber.as_deref());
    let name = user.and_then(|user| user.fullname.as_deref());
    Learner {
        id: known.id.to_string(),
        name: given(name).or_else(|| given(report.and_then(|report| report.userfullname.as_deref()))),
        email: given(user.and_then(|user| user.email.as_deref())).filter(|email| email.contains('@')),
        institution_id: given(idnumber).or_else(|| given(reported)),
        language: user.and_then(|user| user.lang.as_deref()).and_then(language),
    }
}

fn course(api: &Api<'_>, reading: &Reading, report: Option<&GradeReport>) -> Course {
    let Some(id) = reading.course else {
        return Course { id: SITE.to_owned(), also: Vec::new(), name: None, url: Some(api.site().clone()) };
    };
    let info = reading.info.as_ref();
    let shortname = given(info.and_then(|info| info.shortname.as_deref()).map(text::plain).as_deref());
    let idnumber = report.and_then(|report| report.courseidnumber.as_deref()).or(reading.idnumber.as_deref());
    let idnumber = given(idnumber);
    Course {
        id: id.to_string(),
        also: [shortname, idnumber].into_iter().flatten().collect(),
        name: info.and_then(|info| info.fullname.as_deref()).map(text::plain),
        url: api.page(&["course", "view.php"], id),
    }
}

/// A text that says something.
fn given(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// BCP 47 for the name of a Moodle language pack. What follows `_` there is a country only in
/// some: `de_du` is the informal German.
fn language(pack: &str) -> Option<String> {
    let tag = match pack {
        "pt_br" => "pt-BR",
        "zh_cn" => "zh-CN",
        "zh_tw" => "zh-TW",
        _ => pack.split('_').next().unwrap_or_default(),
    };
    (!tag.is_empty()).then(|| tag.to_owned())
}
