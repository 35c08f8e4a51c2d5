//! The words in which the two databases differ.

use anyhow::{Context as _, bail};

use super::super::database::Kind;
use super::tables::Every;
use super::{DAY, Numbers};

/// How a database writes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) kind: Kind,
}

impl Dialect {
    /// `g` from a number to before another.
    pub(super) fn series(self, from: u64, to: u64) -> String {
        match self.kind {
            Kind::Postgres => {
                format!("SELECT g FROM generate_series({from}::bigint, {to}::bigint - 1) AS s(g)")
            }
            Kind::Sqlite => format!(
                "WITH RECURSIVE s(g) AS (SELECT {from} UNION ALL SELECT g + 1 FROM s WHERE g + 1 < {to}) \
                 SELECT g FROM s"
            ),
        }
    }

    /// Copies, `from` to before `to`, of deliveries or of awards.
    pub(super) fn copies(self, numbers: &Numbers, every: Every, (from, to): (u64, u64)) -> String {
        let Numbers { originals, each, first, step, .. } = numbers;
        let series = self.series(from, to);
        // Of all deliveries: the number, and that of the first of the same award.
        let (number, own) = match every {
            Every::Award => (format!("g * {each}"), format!("g * {each}")),
            Every::Delivery | Every::Third => ("g".to_owned(), format!("(g - g % {each})")),
        };
        format!(
            "SELECT {number} AS g, {own} / {each} / {originals} + 1 AS copy,
                {own} / {each} % {originals} AS number, {number} - {own} AS part,
                {first} + {number} * {step} AS at, {first} + {own} * {step} AS own
            FROM ({series}) AS s"
        )
    }

    /// A number of milliseconds as a time.
    pub(super) fn time(self, milliseconds: &str) -> String {
        match self.kind {
            Kind::Postgres => format!("to_timestamp(({milliseconds}) / 1000.0)"),
            Kind::Sqlite => format!("(({milliseconds}) * 1000)"),
        }
    }

    /// An expression with what stands in brackets (see `tables.rs`) written out.
    pub(super) fn expression(self, text: &str, numbers: &Numbers) -> anyhow::Result<String> {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('[') {
            let (inside, after) = after.split_once(']').context("a bracket that is not closed")?;
            written.push_str(before);
            let (word, argument) = inside.split_once(' ').unwrap_or((inside, ""));
            written.push_str(&self.word(word, argument, numbers)?);
            rest = after;
        }
        written.push_str(rest);
        Ok(written)
    }

    fn word(self, word: &str, argument: &str, numbers: &Numbers) -> anyhow::Result<String> {
        let postgres = self.kind == Kind::Postgres;
        Ok(match word {
            "timed" => self.timed(argument, "c.at"),
            "first" => self.timed(argument, "c.own"),
            "named" if postgres => {
                format!("(substr(o.{argument}::text, 1, 28) || lpad(to_hex(c.copy), 8, '0'))::uuid")
            }
            "named" => format!("unhex(substr(hex(o.{argument}), 1, 24) || printf('%08x', c.copy))"),
            "hash" if postgres => {
                format!("substr(o.{argument}, 1, 28) || decode(lpad(to_hex(c.copy), 8, '0'), 'hex')")
            }
            "hash" => format!("unhex(substr(hex(o.{argument}), 1, 56) || printf('%08x', c.copy))"),
            "digest" if postgres => format!("sha256(o.{argument})"),
            // As long as one: SQLite has no function for it.
            "digest" => "randomblob(32)".to_owned(),
            "at" => self.time(&format!("c.at + {}", argument.parse::<i64>()? * 1000)),
            "days" => (numbers.now - argument.parse::<i64>()? * DAY).to_string(),
            "learner" => format!("(c.g + {})", numbers.learner),
            other => bail!("unknown: [{other}]"),
        })
    }

    /// A UUIDv7 at another time.
    fn timed(self, column: &str, milliseconds: &str) -> String {
        match self.kind {
            Kind::Postgres => {
                format!("(lpad(to_hex({milliseconds}), 12, '0') || substr(o.{column}::text, 14))::uuid")
            }
            Kind::Sqlite => {
                format!("unhex(printf('%012x', {milliseconds}) || substr(hex(o.{column}), 13))")
            }
        }
    }
}
