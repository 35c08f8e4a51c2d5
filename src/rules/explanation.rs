//! The tree of conditions with what was found, for people (`Display`) and machines (JSON).

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::wording::date;

/// The tree of conditions with what was found, for people (`Display`) and machines (JSON; its
/// names stay).
///
/// ```text
/// no: all of these
///   yes: Final Quiz in Workplace Safety 101 (moodle): at least 70 %; found: 85 % on 3 September 2026
///   no: Report in Workplace Safety 101 (moodle): at least 60 points; found: not posted yet
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether this part is met.
    pub met: bool,
    /// What kind of part it is.
    pub kind: Kind,
    /// What this part asks: `all of these`, or `Final Quiz in WS101 (moodle): at least 70 %`.
    pub asks: String,
    /// What was found: `68 %`, `not posted yet`; for most groups nothing.
    pub found: Option<String>,
    /// Since when that holds: the time of grading, or of the award.
    pub since: Option<DateTime<Utc>>,
    /// What it lacks, if it is not met; for most groups their parts say it.
    pub missing: Option<Missing>,
    /// The parts of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// What kind of part it is; groups as they are written in a badge file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Every one.
    All,
    /// At least one.
    Any,
    /// At least so many.
    AtLeast,
    /// Not a single one.
    None,
    /// Every one, in this order.
    InOrder,
    /// So much of a weighted result.
    Weighted,
    /// A condition on an assessment.
    Assessment,
    /// A condition on the total of a course.
    CourseTotal,
    /// A condition on the completion of a course.
    CourseCompleted,
    /// A condition on a competency.
    Competency,
    /// A badge that is held.
    Badge,
    /// An expression over several results.
    Expression,
    /// Something to show for the badge: the rule around it only forbids.
    Evidence,
}

/// What a part lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// There is no result, or no such badge is held.
    NoResult,
    /// There is a result that the learner may not see, or that does not count.
    Withheld,
    /// It, or something that it depends on, is not graded yet.
    NotGraded,
    /// The grade is too low, or another one.
    NotReached,
    /// The source does not tell what would have to be known.
    NotTold,
    /// It was handed in late.
    Late,
    /// It was graded at another time.
    OutsideTime,
    /// All are met, but not in this order.
    Order,
    /// All are met, but too far apart.
    Apart,
    /// Something is met that must not be.
    Forbidden,
}

impl Explanation {
    /// What would change it, in one line: each condition that is not met and would help, with
    /// what was found, and each that is met and stands in the way.
    pub fn lacks(&self) -> String {
        let mut lines = Vec::new();
        self.collect_lacks(true, &mut lines);
        if lines.is_empty() && !self.met {
            // Its parts are as they should be: it asks for more than there is.
            lines.push(format!("{}, which cannot be met", self.asks));
        }
        lines.join("; ")
    }

    fn collect_lacks(&self, wanted: bool, lines: &mut Vec<String>) {
        if self.met == wanted {
            return;
        }
        let own = match (wanted, &self.found) {
            (true, found) if self.parts.is_empty() => {
                let nothing = || "nothing".to_owned();
                Some(format!(
                    "{}, but found {}",
                    self.demand(),
                    found.as_ref().map_or_else(nothing, |_| self.finding())
                ))
            }
            (true, Some(_)) => Some(format!("{}{}, but found {}", self.asks, self.listed(), self.finding())),
            (false, found) if self.parts.is_empty() => {
                let found =
                    found.as_ref().map_or_else(String::new, |_| format!(" (found {})", self.finding()));
                Some(format!("{} stands in the way{found}", self.asks))
            }
            _ => None,
        };
        // Two ways to the same thing need not say twice what was found.
        if let Some(line) = own.filter(|line| !lines.contains(line)) {
            lines.push(line);
        }
        let wanted = if self.kind == Kind::None { !wanted } else { wanted };
        for part in &self.parts {
            part.collect_lacks(wanted, lines);
        }
    }

    /// What it asks, where that is all that is said of it: `passed` would read like what was found.
    fn demand(&self) -> String {
        match self.asks.rsplit_once(": passed") {
            Some((of, terms)) if terms.is_empty() || terms.starts_with([' ', ',']) => {
                format!("{of}: has to be passed{terms}")
            }
            _ => self.asks.clone(),
        }
    }

    /// What was found, with its time.
    fn finding(&self) -> String {
        let found = self.found.as_deref().unwrap_or_default();
        match self.since {
            Some(since) => format!("{found} on {}", date(since)),
            None => found.to_owned(),
        }
    }

    /// The parts behind a group that is about their times: which are meant is not said elsewhere.
    fn listed(&self) -> String {
        match self.missing {
            Some(Missing::Order | Missing::Apart | Missing::NotTold) => {
                let parts: Vec<&str> = self.parts.iter().map(|part| part.asks.as_str()).collect();
                let between = if self.kind == Kind::InOrder { ", then " } else { "; " };
                format!(" ({})", parts.join(between))
            }
            _ => String::new(),
        }
    }

    /// One line a part, indented by two spaces a level, without a line end at the very end.
    fn write(&self, f: &mut std::fmt::Formatter<'_>, depth: usize) -> std::fmt::Result {
        write!(f, "{}{}: {}", "  ".repeat(depth), if self.met { "yes" } else { "no" }, self.asks)?;
        if self.found.is_some() {
            write!(f, "; found: {}", self.finding())?;
        }
        for part in &self.parts {
            writeln!(f)?;
            part.write(f, depth + 1)?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.write(f, 0)
    }
}
