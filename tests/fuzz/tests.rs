//! Every seed, and every input that was wrong once, on each run of the tests: without a fuzzer.

use std::fs;
use std::path::Path;

use super::*;

/// The files of a folder; none where there is no such folder.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

#[test]
fn seeds_and_former_crashes_hold() {
    for (name, target) in TARGETS {
        let seeds = files(&format!("seeds/{name}"));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (file, data) in seeds.into_iter().chain(files(&format!("crashes/{name}"))) {
            println!("{file}");
            target(&data);
        }
    }
    pages::end();
}

#[test]
fn every_target_has_a_program() {
    let manifest = include_str!("Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
