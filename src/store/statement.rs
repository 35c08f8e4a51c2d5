//! Statements: one text for both databases, with marks where the two differ.
//!
//! | mark | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | `{in $1}` | `= ANY($1)` | `IN (SELECT unhex(value) FROM json_each($1))` |
//! | `{in text $1}` | `= ANY($1)` | `IN (SELECT value FROM json_each($1))` |
//! | `{plain state}` | `(state \|\| '')`: no index on it, or for some values of it, is used | `(+state)` |
//! | `{rows}` | `UNNEST($1::uuid[], …) AS r(id, …)` | `(SELECT … FROM (VALUES (?, …), …)) AS r`, once a block |
//! | `{lock}` | `FOR NO KEY UPDATE` | nothing: there is one writer |
//! | `{share}` | `FOR SHARE` | nothing |
//! | `{lock whole}` | `FOR UPDATE`: nothing that refers to it is added | nothing |
//! | `{skip locked}` | `FOR NO KEY UPDATE SKIP LOCKED` | nothing |
//! | `{advisory}` | `pg_advisory_xact_lock(r.key)` | `r.key`: there is one writer |
//! | `INSERT`, `UPDATE` | the same | `INSERT OR FAIL`, `UPDATE OR FAIL`, see [`or_fail`] |

use std::sync::OnceLock;

use super::value::Kind;

/// A statement, in the words of both databases.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its name in the source.
    pub(super) name: &'static str,
    template: &'static str,
    /// The columns of `{rows}`.
    pub(super) columns: &'static [(&'static str, Kind)],
    postgres: OnceLock<String>,
    /// For each of [`BLOCKS`].
    sqlite: [OnceLock<String>; BLOCKS.len()],
}

/// How many rows SQLite takes at once, the most first.
pub(super) const BLOCKS: [usize; 4] = [64, 16, 4, 1];

impl Statement {
    pub(super) const fn new(
        name: &'static str,
        template: &'static str,
        columns: &'static [(&'static str, Kind)],
    ) -> Self {
        let sqlite = [const { OnceLock::new() }; BLOCKS.len()];
        Self { name, template, columns, postgres: OnceLock::new(), sqlite }
    }

    /// The text for PostgreSQL.
    pub(super) fn postgres(&'static self) -> &'static str {
        self.postgres.get_or_init(|| {
            let types = self.columns.iter().enumerate().map(|(at, (_, kind))| {
                let name = match kind {
                    Kind::Uuid => "uuid",
                    Kind::Text => "text",
                    Kind::Int => "bigint",
                    Kind::Bool => "boolean",
                    Kind::Time => "timestamptz",
                    Kind::Bytes => "bytea",
                };
                format!("${}::{name}[]", at + 1)
            });
            let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
            let rows = format!("UNNEST({}) AS r({})", types.collect::<Vec<_>>().join(", "), names.join(", "));
            let text = self.template.replace("{rows}", &rows);
            let text = replace_marks(&text, "{in text $", |number| format!("= ANY(${number})"));
            let text = replace_marks(&text, "{plain ", |column| format!("({column} || '')"));
            replace_marks(&text, "{in $", |number| format!("= ANY(${number})"))
                .replace("{lock}", "FOR NO KEY UPDATE")
                .replace("{share}", "FOR SHARE")
                .replace("{lock whole}", "FOR UPDATE")
                .replace("{skip locked}", "FOR NO KEY UPDATE SKIP LOCKED")
                .replace("{advisory}", "pg_advisory_xact_lock(r.key)")
        })
    }

    /// The text for SQLite; of a statement with `{rows}` that for one.
    pub(super) fn sqlite(&'static self) -> &'static str {
        let [.., one] = &self.sqlite;
        self.sqlite_text(one, 1)
    }

    /// The texts for SQLite for each of [`BLOCKS`], with their numbers of rows.
    pub(super) fn sqlite_blocks(&'static self) -> impl Iterator<Item = (usize, &'static str)> {
        BLOCKS.into_iter().zip(&self.sqlite).map(|(rows, text)| (rows, self.sqlite_text(text, rows)))
    }

    fn sqlite_text(&'static self, text: &'static OnceLock<String>, rows: usize) -> &'static str {
        text.get_or_init(|| {
            let width = self.columns.len();
            let names = self.columns.iter().enumerate();
            let names: Vec<String> =
                names.map(|(at, (name, _))| format!("column{} AS {name}", at + 1)).collect();
            // Without numbers: whoever binds asks for the name of each, and SQLite goes through all of them.
            let row = format!("({})", vec!["?"; width].join(", "));
            let values = vec![row.as_str(); rows].join(", ");
            let rows = format!("(SELECT {} FROM (VALUES {values})) AS r", names.join(", "));
            let text = self.template.replace("{rows}", &rows);
            let text = replace_marks(&text, "{in text $", |number| {
                format!("IN (SELECT value FROM json_each(${number}))")
            });
            let text = replace_marks(&text, "{plain ", |column| format!("(+{column})"));
            let text = replace_marks(&text, "{in $", |number| {
                format!("IN (SELECT unhex(value) FROM json_each(${number}))")
            })
            .replace("{lock}", "")
            .replace("{share}", "")
            .replace("{lock whole}", "")
            .replace("{skip locked}", "")
            .replace("{advisory}", "r.key");
            or_fail(&text)
        })
    }
}

/// Of a statement for several rows SQLite notes each page before it changes it, so that the statement
/// alone can be taken back should a row break a rule (the statement journal). That was a third of its work.
/// Here whatever a statement breaks ends the transaction, as PostgreSQL does by itself; with `OR FAIL`
/// nothing is noted (<https://www.sqlite.org/tempfiles.html>, section 2.6). Statements still note where rows refer to
/// others by a foreign key that is checked.
fn or_fail(text: &str) -> String {
    let mut written = text.replace("INSERT INTO ", "INSERT OR FAIL INTO ");
    let mut from = 0;
    while let Some(at) = written.get(from..).and_then(|rest| rest.find("UPDATE ")) {
        from += at + "UPDATE ".len();
        // Not the `UPDATE SET` of an `ON CONFLICT`.
        let mut words = written.get(from..).unwrap_or_default().split_whitespace();
        if words.next() != Some("SET") && words.next() == Some("SET") {
            written.insert_str(from, "OR FAIL ");
        }
    }
    written
}

fn replace_marks(text: &str, mark: &str, words: impl Fn(&str) -> String) -> String {
    let mut parts = text.split(mark);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (content, rest) = part.split_once('}').unwrap_or((part, ""));
        replaced.push_str(&words(content));
        replaced.push_str(rest);
    }
    replaced
}

/// Declares the statements of a file, and lists them in `STATEMENTS` for [`super::Store::verify`].
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident $([$($column:ident $kind:ident),+ $(,)?])? = $template:expr;)+) => {
        $(
            $(#[$doc])*
            static $name: $crate::store::statement::Statement = $crate::store::statement::Statement::new(
                stringify!($name),
                $template,
                &[$($((stringify!($column), $crate::store::value::Kind::$kind)),+)?],
            );
        )+

        /// Every statement of this file.
        pub(super) static STATEMENTS: &[&$crate::store::statement::Statement] = &[$(&$name),+];
    };
}
pub(super) use statements;

#[cfg(test)]
mod tests {
    use super::BLOCKS;

    statements! {
        MARKS [id Uuid, state Text] = "UPDATE t SET state = r.state FROM {rows} WHERE t.id = r.id {lock}";
        KEPT [id Uuid] = "INSERT INTO t (id) SELECT r.id FROM {rows} WHERE true
            ON CONFLICT (id) DO UPDATE SET id = excluded.id";
        LISTS = "SELECT 1 WHERE a {in $1} AND b {in text $12} AND {plain t.c} = 'x' {skip locked}";
    }

    #[test]
    fn marks_become_the_words_of_each_database() {
        assert_eq!(
            MARKS.postgres(),
            "UPDATE t SET state = r.state FROM UNNEST($1::uuid[], $2::text[]) AS r(id, state) \
             WHERE t.id = r.id FOR NO KEY UPDATE"
        );
        assert_eq!(
            MARKS.sqlite(),
            "UPDATE OR FAIL t SET state = r.state FROM (SELECT column1 AS id, column2 AS state FROM (VALUES (?, ?))) AS r \
             WHERE t.id = r.id "
        );
        let blocks: Vec<(usize, &str)> = MARKS.sqlite_blocks().collect();
        assert_eq!(blocks.iter().map(|(rows, _)| *rows).collect::<Vec<_>>(), BLOCKS);
        assert_eq!(blocks[3].1, MARKS.sqlite());
        assert!(blocks[2].1.contains("(VALUES (?, ?), (?, ?), (?, ?), (?, ?))"));
        assert_eq!(
            LISTS.postgres(),
            "SELECT 1 WHERE a = ANY($1) AND b = ANY($12) AND (t.c || '') = 'x' FOR NO KEY UPDATE SKIP LOCKED"
        );
        assert_eq!(
            LISTS.sqlite(),
            "SELECT 1 WHERE a IN (SELECT unhex(value) FROM json_each($1)) \
             AND b IN (SELECT value FROM json_each($12)) AND (+t.c) = 'x' "
        );
        let kept = KEPT.sqlite();
        assert!(kept.starts_with("INSERT OR FAIL INTO t ") && kept.contains(" DO UPDATE SET id"), "{kept}");
        assert_eq!(STATEMENTS.len(), 3);
    }
}
