//! Licence text: from the file to the book, without the signatures, each of which costs more than all the rest of its line.

use std::cell::LazyCell;
use std::fmt::Write;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use licgate_core::host::HostFacts;
use licgate_core::licence::{Book, Surroundings, parse};
use licgate_core::text::Source;

use crate::book::today;

const LINES: u64 = 100_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("licence");
    group.sample_size(10);

    let source = LazyCell::new(|| Source::new("acme.lic", good_lines()));
    let licence = LazyCell::new(|| parse(&source).0);
    group.throughput(Throughput::Elements(LINES));
    group.bench_function("parse 100000 lines", |bencher| {
        bencher.iter_with_large_drop(|| parse(black_box(&source)));
    });
    let host = HostFacts::default();
    let at = Surroundings { today: today(), host: &host };
    group.bench_function("compile 100000 lines", |bencher| {
        bencher.iter_batched(
            || licence.clone(),
            |licence| Book::rehearse([&"acme".into()], vec![(&source, licence)], &at),
            BatchSize::PerIteration,
        );
    });

    let wrong = LazyCell::new(|| Source::new("wrong.lic", wrong_words()));
    group.throughput(Throughput::Bytes(MEGABYTE));
    group.bench_function("parse a megabyte of unknown words", |bencher| {
        bencher.iter_with_large_drop(|| parse(black_box(&wrong)));
    });
}

/// Ten lines for each feature, in pools of five.
fn good_lines() -> String {
    let mut text = String::from("SERVER lic1 ANY\nVENDOR acme\n");
    for line in 0..LINES {
        let (feature, version) = (line / 10, line % 2);
        let _ = writeln!(
            text,
            "INCREMENT f{feature} acme 2025.{version} 31-dec-2026 10 VENDOR_STRING=\"node {feature}\" \
             ISSUED=1-jan-2025 NOTICE=\"Example Ltd\" SN=k-{line} START=1-jan-2025"
        );
    }
    text
}

const MEGABYTE: u64 = 1_000_000;

/// Each word would be worth a remark with the name that was probably meant.
fn wrong_words() -> String {
    let mut text = String::from("INCREMENT a acme 1.0 permanent 1");
    for word in (0..).take_while(|word| word * 16 < MEGABYTE) {
        let _ = write!(text, " OVERDRAT{word:05}=1");
    }
    text
}
