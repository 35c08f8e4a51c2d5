//! Times: `between = ["2026-09-01", "2027-01-31"]`, `within = "90 days"`.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Reader;
use crate::config::document::{Node, Table, Value};
use crate::rules::Between;

const BETWEEN: &str = "write the first and the last day, between = [\"2026-09-01\", \"2027-01-31\"], \
                       or times like \"2026-09-01T08:00:00Z\"";
const WITHIN: &str = "write for instance within = \"90 days\"; there are minutes, hours, days and weeks";
/// More than this is a slip of the pen.
const LONGEST: TimeDelta = TimeDelta::days(36_525);

impl Reader<'_> {
    /// The span that the table asks for, if it asks for one; `None` if it is wrong.
    #[expect(clippy::option_option, reason = "none asked for is another thing than a wrong one")]
    pub(super) fn between(&mut self, table: &Table) -> Option<Option<Between>> {
        let Some(node) = table.get("between") else { return Some(None) };
        let Value::Array(nodes) = &node.value else {
            let kind = node.value.kind();
            return self.fail(node, format!("`between` is {kind}; {BETWEEN}"));
        };
        let [first, last] = nodes.as_slice() else {
            return self.fail(node, format!("`between` has a beginning and an end; {BETWEEN}"));
        };
        let from = self.moment(first, Between::begin_of);
        let to = self.moment(last, Between::end_of);
        let (from, to) = (from?, to?);
        if from >= to {
            return self.fail(
                node,
                "`between` does not end after it begins, so that nothing could ever lie in it; swap the two",
            );
        }
        Some(Some(Between { from, to }))
    }

    /// A day, of which `of_day` is meant, or a time.
    fn moment(&mut self, node: &Node, of_day: fn(NaiveDate) -> DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (Value::String(text) | Value::Datetime(text)) = &node.value else {
            let kind = node.value.kind();
            return self.fail(node, format!("this is {kind}, and no day; {BETWEEN}"));
        };
        let text = text.trim();
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Some(of_day(day));
        }
        match (DateTime::parse_from_rfc3339(text), text.parse::<chrono::NaiveDateTime>()) {
            (Ok(at), _) => Some(at.to_utc()),
            (Err(_), Ok(_)) => {
                self.fail(node, format!("“{text}” has no time zone; write \"{text}Z\" for UTC, or the offset, as in \"{text}+01:00\""))
            }
            (Err(_), Err(_)) => self.fail(node, format!("“{text}” is no day; {BETWEEN}")),
        }
    }

    pub(super) fn span(&mut self, node: &Node) -> Option<TimeDelta> {
        let Some(text) = node.str().map(str::trim) else {
            return self.fail(node, format!("`within` needs a unit; {WITHIN}"));
        };
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let length = match unit.trim() {
            "minute" | "minutes" => TimeDelta::minutes(1),
            "hour" | "hours" => TimeDelta::hours(1),
            "day" | "days" => TimeDelta::days(1),
            "week" | "weeks" => TimeDelta::weeks(1),
            "month" | "months" | "year" | "years" => {
                return self
                    .fail(node, format!("“{text}” is not always the same; write the days, \"90 days\""));
            }
            _ => return self.fail(node, format!("“{text}” is no span of time; {WITHIN}")),
        };
        let Ok(count @ 1..) = number.parse::<i32>() else {
            return self.fail(node, format!("“{text}” is no span of time; {WITHIN}"));
        };
        match length.checked_mul(count) {
            Some(time) if time <= LONGEST => Some(time),
            _ => self.fail(node, format!("“{text}” is more than a hundred years; {WITHIN}")),
        }
    }
}
