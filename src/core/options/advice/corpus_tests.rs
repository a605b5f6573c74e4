//! The corpus of options files: each gives exactly the remarks and the statements that stand beside it, when it is held
//! against `acme.lic`.
//!
//! With `LICGATE_BLESS=1` in the environment the expectations are written anew; look at the difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};

use super::*;
use crate::host::HostFacts;
use crate::licence::{self, Surroundings};
use crate::options::parse;
use crate::time::Date;

const FILES: usize = 88;

fn tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn read(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_str().unwrap();
    Source::from_bytes(name, fs::read(path).unwrap())
}

fn rehearsal() -> Rehearsal {
    let source = read(&tree("tests/corpus/options/acme.lic"));
    let (licence, remarks) = licence::parse(&source);
    assert_eq!(remarks, []);
    let at = Surroundings { today: Date::parse("1-dec-2026").unwrap(), host: &HostFacts::default() };
    Book::rehearse([&"acme".into()], [(&source, licence)].into(), &at).0
}

/// The remarks as a person sees them, then what was understood.
fn understood(source: &Source, rehearsal: &Rehearsal) -> String {
    let (options, mut remarks) = parse(source);
    remarks.extend(advise_on_rehearsal(source, &options, rehearsal, &"acme".into()));
    remarks.sort_by_key(|remark| remark.span);
    let remarks: String = remarks.iter().map(|remark| remark.render(source)).collect();
    format!("{remarks}=> {}", options.to_string().replace('\n', "\n=> ")).trim_end_matches("=> ").into()
}

#[test]
fn every_file_of_the_corpus_is_understood_as_expected() {
    let rehearsal = rehearsal();
    let mut files: Vec<PathBuf> =
        fs::read_dir(tree("tests/corpus/options")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "opt"));
    files.sort();
    let mut wrong = String::new();
    for path in &files {
        let found = understood(&read(path), &rehearsal);
        let expect = path.with_extension("expect");
        if std::env::var_os("LICGATE_BLESS").is_some() {
            fs::write(&expect, &found).unwrap();
        }
        let expected = fs::read_to_string(&expect).unwrap_or_default();
        if found != expected {
            wrong += &format!("{}\n--- expected\n{expected}--- found\n{found}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(files.len(), FILES, "a file came or went: see whether that is right, and set the number");
}

#[test]
fn the_example_has_every_keyword_and_no_error() {
    let source = read(&tree("config/example.opt"));
    let (options, remarks) = parse(&source);
    let bad: Vec<_> = remarks.iter().filter(|remark| remark.severity == Severity::Error).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(advise(&source, &options, None).iter().filter(|it| it.severity > Severity::Note).count(), 0);
    let text = options.to_string();
    for keyword in parse::keywords() {
        assert!(text.lines().any(|line| line.split(' ').next() == Some(keyword)), "{keyword}");
    }
}

#[test]
fn a_vendor_whose_lines_cannot_be_served_says_nothing_of_features() {
    let source = Source::new("t.opt", "EXCLUDE solver USER bob\n");
    let (options, _) = parse(&source);
    assert_eq!(advise_on_rehearsal(&source, &options, &rehearsal(), &"other".into()), []);
}
