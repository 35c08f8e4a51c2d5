//! One condition against one outcome: whether it is meant, whether it meets, and how to say so.

use accolade_connectors::{AssessmentKind, Outcome, Release, Score, Withheld};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{AssessmentName, Condition, Threshold};

/// Fewest decimal places that a shown percentage keeps, where it has them.
const PLACES: u32 = 2;

impl Condition {
    /// Whether the condition is about this outcome's assessment. Names are compared exactly.
    pub(super) fn concerns(&self, source: &str, outcome: &Outcome) -> bool {
        let course = &outcome.course;
        source == self.source
            && (course.id == self.course || course.also.contains(&self.course))
            && self.assessment.is(outcome)
    }

    /// What it asks, with the LMS's own names where an outcome tells them:
    /// `Final Quiz in WS101 (moodle): at least 70 %`.
    pub(super) fn asks(&self, outcome: Option<&Outcome>) -> String {
        let course = outcome.and_then(|outcome| outcome.course.name.as_deref()).unwrap_or(&self.course);
        let source = &self.source;
        match &self.assessment {
            AssessmentName::Named(name) => {
                let name = outcome.and_then(|outcome| outcome.assessment.name.as_deref()).unwrap_or(name);
                format!("{name} in {course} ({source}): {}", self.threshold)
            }
            AssessmentName::CourseTotal => format!("total of {course} ({source}): {}", self.threshold),
            AssessmentName::CourseCompletion => format!("completion of {course} ({source})"),
        }
    }
}

impl AssessmentName {
    fn is(&self, outcome: &Outcome) -> bool {
        let assessment = &outcome.assessment;
        match self {
            Self::Named(name) => assessment.id == *name || assessment.also.contains(name),
            Self::CourseTotal => assessment.kind == AssessmentKind::CourseTotal,
            Self::CourseCompletion => assessment.kind == AssessmentKind::CourseCompletion,
        }
    }
}

impl Threshold {
    /// Whether the outcome reaches it. What the learner may not see reaches nothing.
    pub(super) fn met_by(&self, outcome: &Outcome) -> bool {
        if outcome.release != Release::Released {
            return false;
        }
        match self {
            Self::Passed => outcome.passed == Some(true),
            Self::Percent(_) | Self::Points(_) => {
                matches!((self.measure(outcome), self.mark()), (Some(got), Some(mark)) if got >= mark)
            }
            Self::OneOf(values) => outcome
                .score
                .as_ref()
                .and_then(|score| score.text.as_deref())
                .is_some_and(|text| values.iter().any(|value| folded(value) == folded(text))),
        }
    }

    /// How far the outcome gets, in the threshold's own unit; more is better.
    pub(super) fn measure(&self, outcome: &Outcome) -> Option<Decimal> {
        let score = outcome.score.as_ref()?;
        match self {
            // Decimals of 28 digits: a grade at the mark is at the mark.
            Self::Percent(_) => score.percent(),
            Self::Points(_) => score.given,
            Self::Passed | Self::OneOf(_) => None,
        }
    }

    fn mark(&self) -> Option<Decimal> {
        match self {
            Self::Percent(mark) | Self::Points(mark) => Some(*mark),
            Self::Passed | Self::OneOf(_) => None,
        }
    }

    /// What was found, in the words of the threshold: `68 %`, `not posted yet`.
    pub(super) fn found(&self, outcome: &Outcome) -> String {
        if let Release::Withheld { reason } = outcome.release {
            return why_withheld(reason).to_owned();
        }
        if let Self::Passed = self {
            let completion = outcome.assessment.kind == AssessmentKind::CourseCompletion;
            return match (outcome.passed, completion) {
                (Some(true), false) => "passed",
                (Some(false), false) => "not passed",
                (None, false) => "the source does not say whether it is passed",
                (Some(true), true) => "completed",
                (Some(false) | None, true) => "not completed",
            }
            .to_owned();
        }
        let Some(score) = &outcome.score else { return "no score".to_owned() };
        match self {
            Self::Passed => String::new(),
            Self::Percent(_) => match (score.percent(), score.given) {
                (Some(_), _) => percent(score, self.places()).unwrap_or_default(),
                (None, Some(given)) => format!("{} points without a maximum, so no percentage", plain(given)),
                (None, None) => quoted(score).unwrap_or_else(|| "no score".to_owned()),
            },
            Self::Points(_) => {
                points(score).or_else(|| quoted(score)).unwrap_or_else(|| "no score".to_owned())
            }
            Self::OneOf(_) => quoted(score)
                .or_else(|| points(score))
                .unwrap_or_else(|| "no letter or scale value".to_owned()),
        }
    }

    /// How many decimal places a percentage needs so that it never looks as if it were on the
    /// other side of the mark.
    pub(super) fn places(&self) -> u32 {
        match self {
            Self::Percent(mark) => mark.normalize().scale().max(PLACES),
            _ => PLACES,
        }
    }
}

/// An outcome in a few words, whatever is asked of it: `68 %, not passed`.
pub(super) fn summary(outcome: &Outcome, places: u32) -> String {
    if let Release::Withheld { reason } = outcome.release {
        return why_withheld(reason).to_owned();
    }
    let score = outcome.score.as_ref().and_then(|score| {
        percent(score, places.max(PLACES)).or_else(|| points(score)).or_else(|| quoted(score))
    });
    let (yes, no) = match outcome.assessment.kind {
        AssessmentKind::CourseCompletion => ("completed", "not completed"),
        _ => ("passed", "not passed"),
    };
    let passed = outcome.passed.map(|passed| if passed { yes } else { no });
    match (score, passed) {
        (Some(score), Some(passed)) => format!("{score}, {passed}"),
        (Some(score), None) => score,
        (None, Some(passed)) => passed.to_owned(),
        (None, None) => "no score".to_owned(),
    }
}

/// Why an outcome does not count, in a few words.
pub(super) fn why_withheld(reason: Withheld) -> &'static str {
    match reason {
        Withheld::NotGraded => "not graded yet",
        Withheld::Hidden => "hidden in the gradebook",
        Withheld::NotPosted => "not posted yet",
        Withheld::Excused => "excused",
        Withheld::Anonymous => "graded anonymously, names not revealed yet",
        Withheld::TestStudent => "a test student, who earns no badges",
        Withheld::NotEnrolled => "no longer enrolled in the course",
    }
}

/// Cut off, not rounded: 69.999 % must not look like the 70 % that it misses.
fn percent(score: &Score, places: u32) -> Option<String> {
    let percent = score.percent()?.round_dp_with_strategy(places, RoundingStrategy::ToZero);
    Some(format!("{} %", plain(percent)))
}

fn points(score: &Score) -> Option<String> {
    let given = plain(score.given?);
    Some(match score.max {
        Some(max) if max > Decimal::ZERO => format!("{given} of {} points", plain(max)),
        _ => format!("{given} points"),
    })
}

fn quoted(score: &Score) -> Option<String> {
    score.text.as_deref().map(|text| format!("“{}”", text.trim()))
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
