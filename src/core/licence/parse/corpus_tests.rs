//! The corpus of small licence files: each gives exactly the remarks and the statements that stand beside it.
//!
//! With `LICGATE_BLESS=1` in the environment the expectations are written anew; look at the difference.

use std::format;
use std::fs;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;

const FILES: usize = 70;

fn tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_str().unwrap();
    Source::from_bytes(name, fs::read(path).unwrap())
}

/// The remarks as a person sees them, then what was understood.
fn understood(source: &Source) -> String {
    let (licence, remarks) = parse(source);
    let remarks: String = remarks.iter().map(|remark| remark.render(source)).collect();
    format!("{remarks}=> {}", licence.to_string().replace('\n', "\n=> ")).trim_end_matches("=> ").into()
}

#[test]
fn every_file_of_the_corpus_is_read_as_expected() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(tree("tests/corpus/licence")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "lic"));
    files.sort();
    let mut wrong = String::new();
    for path in &files {
        let found = understood(&read(path));
        let expect = path.with_extension("expect");
        if std::env::var_os("LICGATE_BLESS").is_some() {
            fs::write(&expect, &found).unwrap();
        }
        let expected = fs::read_to_string(&expect).unwrap_or_default();
        if found != expected {
            wrong += &format!("{}\n{}", path.display(), difference(&expected, &found));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(files.len(), FILES, "a file came or went: see whether that is right, and set the number");
}

/// The lines of both from the first that differs.
fn difference(expected: &str, found: &str) -> String {
    let same = expected.lines().zip(found.lines()).take_while(|(left, right)| left == right).count();
    let rest = |text: &str, sign: &str| -> String {
        text.lines().skip(same).map(|line| format!("{sign} {line}\n")).collect()
    };
    format!("  from line {}:\n{}{}", same + 1, rest(expected, "-"), rest(found, "+"))
}

#[test]
fn the_example_has_every_statement_and_attribute_and_no_error() {
    let source = read(&tree("config/example.lic"));
    let (licence, remarks) = parse(&source);
    let bad: Vec<_> = remarks.iter().filter(|remark| remark.severity > Severity::Note).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let text = licence.to_string();
    for name in table::names().chain(Keyword::names()) {
        let is_there = text.split_whitespace().any(|word| word.split('=').next() == Some(name));
        let is_of_the_past = matches!(name, "DAEMON" | "FEATURESET");
        assert!(is_there || is_of_the_past, "{name}");
    }
}

#[test]
fn only_so_many_remarks_are_kept() {
    let source = Source::new("t", "FEATRUE\n".repeat(Remarks::MAX + 2) + "FEATURE\n");
    let remarks = parse(&source).1;
    assert_eq!(remarks.len(), Remarks::MAX + 1);
    let last = remarks.last().unwrap();
    assert_eq!((last.severity, &*last.message), (Severity::Error, "… and 3 more"));
}
