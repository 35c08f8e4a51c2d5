//! Marks and weights: `"70 %"`, `"60 points"`, `["A", "A-"]`, `30`.

use rust_decimal::Decimal;

use super::Reader;
use crate::config::document::{Node, Table, Value};
use crate::rules::Threshold;

/// More than this is a slip of the pen: `7000 %`.
const HIGHEST_PERCENT: Decimal = Decimal::ONE_THOUSAND;

impl Reader<'_> {
    /// `70 %` or `60 points`.
    pub(super) fn mark(&mut self, node: &Node) -> Option<Threshold> {
        const FORMS: &str = "write \"70 %\" or \"60 points\"";
        let Some(text) = node.str() else {
            return self.fail(
                node,
                format!(
                    "`at_least` needs a unit: {FORMS}; to ask for that many conditions, \
                     add the list `of = [ … ]`"
                ),
            );
        };
        let text = text.trim();
        const UNITS: [(&str, bool); 5] =
            [("%", true), ("percent", true), ("points", false), ("point", false), ("pts", false)];
        let unit = UNITS.iter().find_map(|(unit, percent)| Some((text.strip_suffix(unit)?.trim(), *percent)));
        let Some((number, percent)) = unit else {
            return self.fail(node, format!("“{text}” has no unit; {FORMS}"));
        };
        let Ok(number) = Decimal::from_str_exact(number) else {
            let comma = if number.contains(',') { " with a decimal point" } else { "" };
            return self.fail(node, format!("“{number}” is not a number; {FORMS}{comma}"));
        };
        if number < Decimal::ZERO {
            return self.fail(
                node,
                format!("“{text}” is below zero, so that every grade would earn the badge; {FORMS}"),
            );
        }
        if percent && number > HIGHEST_PERCENT {
            let message = format!(
                "“{text}” is out of reach; at most {HIGHEST_PERCENT} % is possible, 100 % is full marks"
            );
            return self.fail(node, message);
        }
        Some(if percent { Threshold::Percent(number) } else { Threshold::Points(number) })
    }

    /// A letter or scale value, or a list of them.
    pub(super) fn grades(&mut self, node: &Node) -> Option<Threshold> {
        let nodes = match &node.value {
            Value::Array(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let grades: Vec<&str> = nodes.iter().filter_map(Node::str).map(str::trim).collect();
        if grades.is_empty() || grades.len() < nodes.len() || grades.contains(&"") {
            return self.fail(
                node,
                "`grade` is a list of letters or scale values as the LMS displays them: \
                 grade = [\"A\", \"A-\"]; \
                 for numbers write `at_least = \"60 points\"`",
            );
        }
        Some(Threshold::OneOf(grades.into_iter().map(str::to_owned).collect()))
    }

    /// The mark of a weighted result, in percent.
    pub(super) fn weighted_mark(&mut self, table: &Table) -> Option<Decimal> {
        const FORM: &str = "write `weighted = [ … ], at_least = \"70 %\"`";
        let Some(node) = table.get("at_least") else {
            let node = table.get("weighted")?;
            return self.fail(node, format!("`weighted` needs to know how much must be reached; {FORM}"));
        };
        if node.str().is_none() {
            return self.fail(node, format!("`at_least` needs a unit here; {FORM}"));
        }
        match self.mark(node)? {
            Threshold::Percent(mark) if mark > Decimal::ZERO => Some(mark),
            Threshold::Percent(_) => {
                self.fail(node, format!("every result would reach 0 %; ask for more: {FORM}"))
            }
            _ => self.fail(node, format!("a weighted result is in percent; {FORM}")),
        }
    }

    /// How much a part of a weighted result counts.
    pub(super) fn weight(&mut self, node: &Node, table: &Table) -> Option<Decimal> {
        const FORM: &str = "write `weight = 30`; the unit is free, what counts is the share in their sum";
        let Some(node) = table.get("weight") else {
            return self.fail(node, format!("how much does it count? {FORM}"));
        };
        let weight = match &node.value {
            Value::Integer(weight) => Some(Decimal::from(*weight)),
            // As it was written: 0.1 is not a tenth in binary floating point.
            Value::Float(weight) => Decimal::from_str_exact(&weight.to_string()).ok(),
            _ => None,
        };
        match weight {
            Some(weight) if weight > Decimal::ZERO => Some(weight),
            Some(_) => self.fail(
                node,
                "a weight of 0 or less counts for nothing; remove this part, or give it a weight above 0",
            ),
            None => self.fail(node, format!("`weight` is a number; {FORM}")),
        }
    }
}
