//! One condition against one outcome: whether it is meant, whether it meets, and how to say so.

use std::cmp::Ordering;

use accolade_connectors::{AssessmentKind, Outcome, Release, Score};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::counted::{Counted, Origin, Value, Why, counted};
use super::timing::View;
use super::wording::{PLACES, percent, places, plain, points, quoted, why_withheld};
use super::{AssessmentName, Condition, Missing, Threshold};

/// One outcome as a condition sees it.
#[derive(Debug)]
pub(super) struct Look<'a> {
    condition: &'a Condition,
    outcome: &'a Outcome,
    counted: Result<Counted<'a>, Why>,
}

impl<'a> Look<'a> {
    /// Only what was graded within `view` counts.
    pub(super) fn new(condition: &'a Condition, outcome: &'a Outcome, view: View) -> Self {
        let counted = counted(condition, outcome).and_then(|counted| match counted.at {
            _ if view == View::ALL => Ok(counted),
            Some(at) if view.contains(at) => Ok(counted),
            Some(at) => Err(Why::Outside(at)),
            None => Err(Why::TimeUnknown),
        });
        Self { condition, outcome, counted }
    }

    pub(super) fn met(&self) -> bool {
        self.counted.as_ref().is_ok_and(|counted| self.condition.threshold.met_by(counted))
    }

    /// How far it gets, in the condition's own unit; more is better.
    pub(super) fn measure(&self) -> Option<Decimal> {
        self.counted.as_ref().ok().and_then(|counted| self.condition.threshold.measure(counted))
    }

    pub(super) fn outcome(&self) -> &'a Outcome {
        self.outcome
    }

    /// What counts, or why nothing does.
    pub(super) fn counted(&self) -> Result<&Counted<'a>, Why> {
        self.counted.as_ref().map_err(|why| *why)
    }

    /// When what counts was graded.
    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        self.counted.as_ref().ok().and_then(|counted| counted.at)
    }

    /// What it lacks, if it is not met.
    pub(super) fn missing(&self) -> Option<Missing> {
        match &self.counted {
            _ if self.met() => None,
            Err(why) => Some(why.missing()),
            Ok(counted) => Some(match (&self.condition.threshold, counted) {
                (Threshold::Passed, Counted { passed: None, .. }) => Missing::NotTold,
                _ => Missing::NotReached,
            }),
        }
    }

    /// What was found, in the words of the condition: `68 %`, `not posted yet`.
    pub(super) fn found(&self) -> String {
        match &self.counted {
            Ok(counted) => self.condition.threshold.found(counted, self.outcome.assessment.kind),
            Err(why) => why.to_string(),
        }
    }

    pub(super) fn asks(&self) -> String {
        self.condition.asks(Some(self.outcome))
    }

    pub(super) fn name(&self) -> String {
        self.condition.name(Some(self.outcome))
    }

    /// How well it serves; the better one is the greater. What comes after the measure only makes
    /// the choice independent of the order of facts.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let key = |look: &Self| {
            let outcome = look.outcome;
            let ids = (&outcome.learner.id, &outcome.course.id, &outcome.assessment.id);
            let released = outcome.release == Release::Released;
            (look.met(), released, look.measure(), outcome.as_of, look.at(), ids)
        };
        let words = |look: &Self| (look.asks(), look.found());
        // Two that serve this condition alike may serve another one differently: which of them is
        // taken must not hang on their order.
        let whole = |look: &Self| format!("{:?}", look.outcome);
        key(self)
            .cmp(&key(other))
            .then_with(|| words(self).cmp(&words(other)))
            .then_with(|| whole(self).cmp(&whole(other)))
    }
}

impl Condition {
    /// Whether the condition is about this outcome's assessment. Names are compared exactly.
    pub(super) fn concerns(&self, source: &str, outcome: &Outcome) -> bool {
        let course = &outcome.course;
        source == self.source
            && (course.id == self.course || course.also.contains(&self.course))
            && self.assessment.is(outcome)
    }

    /// Whether the outcome alone meets it.
    pub(super) fn met_by(&self, outcome: &Outcome) -> bool {
        Look::new(self, outcome, View::ALL).met()
    }

    /// Whether the outcome alone adds to a weighted result.
    pub(super) fn adds(&self, outcome: &Outcome) -> bool {
        let look = Look::new(self, outcome, View::ALL);
        look.met() && look.measure().is_some_and(|percent| percent > Decimal::ZERO)
    }

    /// What it is about, with the LMS's own names where an outcome tells them:
    /// `Final Quiz in WS101 (moodle)`.
    pub(super) fn name(&self, outcome: Option<&Outcome>) -> String {
        let course = outcome.and_then(|outcome| outcome.course.name.as_deref()).unwrap_or(&self.course);
        let source = &self.source;
        let told = outcome.and_then(|outcome| outcome.assessment.name.as_deref());
        match &self.assessment {
            AssessmentName::Named(name) => format!("{} in {course} ({source})", told.unwrap_or(name)),
            AssessmentName::CourseTotal => format!("total of {course} ({source})"),
            AssessmentName::CourseCompletion => format!("completion of {course} ({source})"),
            AssessmentName::Competency(name) => {
                format!("competency {} in {course} ({source})", told.unwrap_or(name))
            }
        }
    }

    /// What it asks: `Final Quiz in WS101 (moodle): at least 70 %, not late`.
    pub(super) fn asks(&self, outcome: Option<&Outcome>) -> String {
        let name = self.name(outcome);
        match &self.assessment {
            AssessmentName::CourseCompletion => format!("{name}{}", self.terms),
            _ => format!("{name}: {}", self.demand()),
        }
    }

    /// What must be reached: `at least 70 %, not late`.
    pub(super) fn demand(&self) -> String {
        match &self.assessment {
            AssessmentName::CourseCompletion => format!("completion{}", self.terms),
            AssessmentName::Competency(_) => format!("reached{}", self.terms),
            _ => format!("{}{}", self.threshold, self.terms),
        }
    }
}

impl AssessmentName {
    fn is(&self, outcome: &Outcome) -> bool {
        let assessment = &outcome.assessment;
        let goes_by = |name: &String| assessment.id == *name || assessment.also.contains(name);
        match self {
            Self::Named(name) => goes_by(name),
            Self::CourseTotal => assessment.kind == AssessmentKind::CourseTotal,
            Self::CourseCompletion => assessment.kind == AssessmentKind::CourseCompletion,
            Self::Competency(name) => assessment.kind == AssessmentKind::Competency && goes_by(name),
        }
    }
}

impl Threshold {
    /// Whether a score alone reaches it.
    pub(super) fn reached_by(&self, score: &Score) -> bool {
        match self {
            Self::Passed => false,
            Self::Percent(mark) | Self::Points(mark) => {
                self.measure_of(score).is_some_and(|got| got >= *mark)
            }
            Self::Any => self.measure_of(score).is_some(),
            Self::Looked { .. } => true,
            Self::OneOf(values) => score
                .text
                .as_deref()
                .is_some_and(|text| values.iter().any(|value| folded(value) == folded(text))),
        }
    }

    /// A score in the threshold's own unit. Decimals of 28 digits: a grade at the mark is at it.
    pub(super) fn measure_of(&self, score: &Score) -> Option<Decimal> {
        match self {
            Self::Percent(_) | Self::Any | Self::Looked { .. } => score.percent(),
            Self::Points(_) => score.given,
            Self::Passed | Self::OneOf(_) => None,
        }
    }

    fn met_by(&self, counted: &Counted<'_>) -> bool {
        match (self, &counted.value) {
            (Self::Passed, _) => counted.passed == Some(true),
            (Self::Looked { .. }, _) | (Self::Any, Value::Computed(_)) => true,
            (_, Value::Score(score)) => score.as_ref().is_some_and(|score| self.reached_by(score)),
            (Self::Percent(mark) | Self::Points(mark), Value::Computed(value)) => value >= mark,
            (Self::OneOf(_), Value::Computed(_)) => false,
        }
    }

    fn measure(&self, counted: &Counted<'_>) -> Option<Decimal> {
        match &counted.value {
            Value::Score(score) => score.as_ref().and_then(|score| self.measure_of(score)),
            Value::Computed(value) => Some(*value),
        }
    }

    fn found(&self, counted: &Counted<'_>, kind: AssessmentKind) -> String {
        if let Self::Passed = self {
            if let Origin::Attempt(_) = counted.origin {
                return "the source does not say of single attempts whether they pass".to_owned();
            }
            return decision(counted.passed, kind).to_owned();
        }
        let value = match &counted.value {
            Value::Score(None) => "no score".to_owned(),
            Value::Score(Some(score)) => self.found_in(score),
            Value::Computed(value) => match self {
                Self::Points(_) => format!("{} points", plain(value.trunc_with_scale(self.places()))),
                _ => percent(*value, self.places()),
            },
        };
        match counted.origin {
            Origin::Shown | Origin::Average(1) => value,
            Origin::Attempt(number) => format!("{value} in attempt {number}"),
            Origin::Average(count) => format!("{value} on average of {count} attempts"),
            Origin::Decaying(count) => format!("{value} on decaying average of {count} attempts"),
        }
    }

    fn found_in(&self, score: &Score) -> String {
        let none = || "no score".to_owned();
        match self {
            Self::Percent(_) | Self::Any | Self::Looked { .. } => match (score.percent(), score.given) {
                (Some(value), _) => percent(value, self.places()),
                (None, Some(given)) => format!("{} points without a maximum, so no percentage", plain(given)),
                (None, None) => quoted(score).unwrap_or_else(none),
            },
            Self::Points(_) => points(score).or_else(|| quoted(score)).unwrap_or_else(none),
            Self::OneOf(_) | Self::Passed => quoted(score)
                .or_else(|| points(score))
                .unwrap_or_else(|| "no letter or scale value".to_owned()),
        }
    }

    /// How many decimal places a value needs so that it never looks as if it were on the other
    /// side of the mark.
    pub(super) fn places(&self) -> u32 {
        match self {
            Self::Percent(mark) | Self::Points(mark) => places(*mark),
            _ => PLACES,
        }
    }
}

/// The LMS's decision in words.
fn decision(passed: Option<bool>, kind: AssessmentKind) -> &'static str {
    match (kind, passed) {
        (AssessmentKind::CourseCompletion, Some(true)) => "completed",
        (AssessmentKind::CourseCompletion, _) => "not completed",
        (AssessmentKind::Competency, Some(true)) => "reached",
        (AssessmentKind::Competency, Some(false)) => "not reached",
        (AssessmentKind::Competency, None) => "the source does not say whether it is reached",
        (_, Some(true)) => "passed",
        (_, Some(false)) => "not passed",
        (_, None) => "the source does not say whether it is passed",
    }
}

/// An outcome in a few words, whatever is asked of it: `68 %, not passed`.
pub(super) fn summary(outcome: &Outcome, places: u32) -> String {
    if let Release::Withheld { reason } = outcome.release {
        return why_withheld(reason).to_owned();
    }
    let score = outcome.score.as_ref().and_then(|score| {
        let percent = score.percent().map(|value| percent(value, places.max(PLACES)));
        percent.or_else(|| points(score)).or_else(|| quoted(score))
    });
    let passed = outcome.passed.map(|_| decision(outcome.passed, outcome.assessment.kind));
    match (score, passed) {
        (Some(score), Some(passed)) => format!("{score}, {passed}"),
        (Some(score), None) => score,
        (None, Some(passed)) => passed.to_owned(),
        (None, None) => "no score".to_owned(),
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
