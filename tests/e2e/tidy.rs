//! Rules of this project that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use licgate_tests::root;

/// All files that git keeps, with their text; binary files are left out.
fn files() -> Vec<(PathBuf, String)> {
    let listed =
        Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git runs").stdout).expect("paths are UTF-8");
    let read = |path: &str| Some((PathBuf::from(path), fs::read_to_string(root().join(path)).ok()?));
    let files: Vec<_> = listed.lines().filter_map(read).collect();
    assert!(files.len() > 100, "only {} files found", files.len());
    files
}

fn rust() -> Vec<(PathBuf, String)> {
    files().into_iter().filter(|(path, _)| path.extension().is_some_and(|ext| ext == "rs")).collect()
}

#[test]
fn every_rust_file_opens_with_a_sentence_and_stays_short() {
    for (path, text) in rust() {
        assert!(text.starts_with("//! "), "{}: does not open with `//!`", path.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{}: {lines} lines; split it by verb or by noun", path.display());
    }
}

#[test]
fn no_file_is_a_drawer() {
    for (path, _) in rust() {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let drawers = ["util", "utils", "common", "shared", "helper", "helpers", "manager", "misc"];
        assert!(!drawers.contains(&name), "{}: name it by what it holds", path.display());
    }
}

#[test]
fn master_and_vendor_do_not_import_each_other() {
    let mut checked = 0;
    for (path, text) in rust() {
        let crossing = match path.components().nth(1).and_then(|room| room.as_os_str().to_str()) {
            Some("master") => "crate::vendor",
            Some("vendor") => "crate::master",
            _ => continue,
        };
        checked += usize::from(path.starts_with("daemons"));
        assert!(!text.contains(crossing), "{}: imports {crossing}", path.display());
    }
    assert!(checked >= 6, "only {checked} files of master and vendor found");
}

#[test]
fn tests_do_not_sleep() {
    let sleep = concat!("thread::", "sleep");
    for (path, text) in
        rust().iter().filter(|(path, _)| path.starts_with("tests") || path.ends_with("tests.rs"))
    {
        assert!(
            !text.contains(sleep),
            "{}: sleeps; wait for a line, a channel or virtual time",
            path.display()
        );
    }
}

#[test]
fn nothing_unfinished_is_left() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        // Of a merge.
        concat!("<<<<", "<<<"),
        concat!(">>>>", ">>>"),
    ];
    for (path, text) in files().iter().filter(|(path, _)| Path::new("Cargo.lock") != path) {
        for mark in marks {
            assert!(!text.contains(mark), "{}: holds {mark}", path.display());
        }
    }
}

#[test]
fn every_end_to_end_test_file_is_registered() {
    let main = fs::read_to_string(root().join("tests/e2e/main.rs")).expect("main.rs is there");
    for entry in fs::read_dir(root().join("tests/e2e")).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8");
        assert!(name == "main" || main.contains(&format!("mod {name};")), "{name} is not in main.rs");
    }
}
