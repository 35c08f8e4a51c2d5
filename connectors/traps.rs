//! Whether `TRAPS.md` tells the truth: every test that it names exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("TRAPS.md");

/// The files below a folder, with their text.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What stands between backticks in the last cell of each line of a table.
fn named() -> Vec<&'static str> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| behaviour"));
    let cells = rows.filter_map(|line| line.trim_end_matches(" |").rsplit(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn every_test_of_the_table_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in [root.to_owned(), root.join("../src"), root.join("../tests")] {
        sources(&folder, &mut files);
    }
    // A name followed by its arguments: tests are functions, also those in macros.
    let functions: BTreeSet<&str> = files
        .iter()
        .flat_map(|(_, text)| text.split("fn ").skip(1))
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let named = named();
    assert!(named.len() > 100, "{} tests are named", named.len());
    let missing: Vec<_> = named.into_iter().filter(|name| !functions.contains(name)).collect();
    assert!(missing.is_empty(), "TRAPS.md names tests that do not exist: {missing:#?}");
}

#[test]
fn every_trap_has_a_test() {
    let rows = TABLE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    for row in rows.filter(|line| !line.starts_with("| behaviour")) {
        assert!(row.matches('`').count() >= 2, "no test: {row}");
        assert_eq!(row.matches(" | ").count(), 1, "{row}");
    }
}
