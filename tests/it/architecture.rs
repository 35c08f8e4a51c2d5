//! What must stay true of the code as a whole (ARCHITECTURE.md, "Invariants").

use std::fs;
use std::path::{Path, PathBuf};

/// The longest file: past this it holds more than one noun.
const LONGEST: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no Rust files");
    files
}

/// The code without its unit tests and comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// Whether a line names a crate or module, as a word of its own.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let part_of_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part_of_word(before) && !part_of_word(after) && line[at + word.len()..].starts_with("::")
    })
}

#[test]
fn rules_and_badges_do_no_io() {
    for folder in ["src/rules", "src/badges"] {
        for (path, text) in rust_files(folder) {
            for forbidden in
                ["sqlx", "axum", "lapin", "lettre", "reqwest", "tokio", "std::fs", "std::net", "std::env"]
            {
                let found = code(&text).find(|line| names(line, forbidden));
                assert!(found.is_none(), "{}: {forbidden}: {found:?}", path.display());
            }
        }
    }
}

#[test]
fn connectors_depend_on_no_io() {
    let manifest: toml::Table =
        fs::read_to_string(root().join("connectors/Cargo.toml")).unwrap().parse().unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    for forbidden in ["sqlx", "axum", "lapin", "lettre", "reqwest", "tokio"] {
        assert!(!dependencies.contains_key(forbidden), "connectors/Cargo.toml depends on {forbidden}");
    }
}

/// Layers from the lowest; a module may name only what stands before it.
#[test]
fn dependencies_point_one_way() {
    let layers: &[&[&str]] = &[
        &[
            "faults",
            "clock",
            "ids",
            "claim",
            "locales",
            "negotiation",
            "private",
            "unread",
            "arriving",
            "serving",
        ],
        &["rules", "badges"],
        &["config"],
        &["store", "telemetry"],
        &["queue", "mail", "lms", "secrets", "catalogs", "remote", "signing"],
        &["ingest", "worker", "web", "health"],
        &["app"],
        &["demo", "commands"],
    ];
    for (level, modules) in layers.iter().enumerate() {
        let above: Vec<&str> = layers[level + 1..].iter().flat_map(|layer| layer.iter().copied()).collect();
        for module in *modules {
            let folder = root().join("src").join(module);
            let file = root().join(format!("src/{module}.rs"));
            let mut files: Vec<_> =
                fs::read_to_string(&file).into_iter().map(|text| (file.clone(), text)).collect();
            if folder.is_dir() {
                files.extend(rust_files(&format!("src/{module}")));
            }
            assert!(!files.is_empty(), "there is no {module}");
            for (path, text) in files {
                for forbidden in &above {
                    let name = format!("crate::{forbidden}");
                    let found = code(&text).find(|line| names(line, &name));
                    assert!(found.is_none(), "{}: {module} names {forbidden}: {found:?}", path.display());
                }
            }
        }
    }
}

/// What the test build can do to itself (`src/faults.rs`) is not in the product.
#[cfg(not(feature = "faults"))]
#[test]
fn the_product_knows_no_faults() {
    let program = fs::read(env!("CARGO_BIN_EXE_accolade")).unwrap();
    let has = |name: &str| program.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    assert!(has("ACCOLADE_CONFIG"), "names of variables are in the program as they are");
    for name in ["FAULTS_DIE", "FAULTS_BREAK", "FAULTS_PANIC", "FAULTS_ABORT", "FAULTS_CLOCK"] {
        assert!(!has(name), "{name}");
    }
}

/// No crate of this workspace has `unsafe` code: `forbid` cannot be allowed again further down.
#[test]
fn every_crate_forbids_unsafe_code() {
    let manifest = |folder: &str| -> toml::Table {
        fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
    };
    let workspace = &manifest("")["workspace"];
    assert_eq!(workspace["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let members = workspace["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    for folder in members.chain([""]) {
        let lints = manifest(folder)["lints"].clone();
        assert_eq!(lints["workspace"].as_bool(), Some(true), "{folder}/Cargo.toml has lints of its own");
    }
}

#[test]
fn no_file_is_longer_than_one_noun() {
    let files = rust_files("src").into_iter().chain(rust_files("connectors"));
    let long: Vec<String> = files
        .filter(|(path, _)| !path.ends_with("tests.rs") && !path.iter().any(|part| part == "tests"))
        .map(|(path, text)| (path, text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// ARCHITECTURE.md names every part of `src`, and no file that is not there.
#[test]
fn the_map_is_of_this_place() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_root = ["lib.rs", "main.rs"].contains(&name.as_str());
        assert!(is_root || map.contains(&format!("`src/{name}`")), "src/{name} is not on the map");
    }
    let folders = ["src", "tests", "connectors", "examples", "benches"];
    let files: Vec<PathBuf> =
        folders.iter().flat_map(|folder| rust_files(folder)).map(|(path, _)| path).collect();
    for name in map.split('`').skip(1).step_by(2).filter(|name| !name.contains('*')).map(Path::new) {
        let is_rust = name.extension().is_some_and(|ending| ending == "rs");
        assert!(!is_rust || files.iter().any(|file| file.ends_with(name)), "there is no {}", name.display());
    }
}
