//! All corpora through their targets, with any compiler.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use licgate_fuzz::TARGETS;

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn listed(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn names(dir: &str) -> BTreeSet<String> {
    listed(&here(dir)).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_input_of_the_corpora_holds() {
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        for path in listed(&here("corpus").join(name)) {
            let input = fs::read(&path).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
                broken.push(path);
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_target_has_a_program_and_a_small_corpus() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, names("targets"));
    assert_eq!(targets, names("corpus"));
    assert!(names("dict").is_subset(&targets));
    for name in targets {
        let sizes: Vec<_> = listed(&here("corpus").join(&name))
            .iter()
            .map(|path| fs::metadata(path).unwrap().len())
            .collect();
        let bytes: u64 = sizes.iter().sum();
        assert!(
            (1..=60).contains(&sizes.len()) && bytes <= 200_000,
            "{name}: {} files, {bytes} bytes",
            sizes.len()
        );
    }
}
