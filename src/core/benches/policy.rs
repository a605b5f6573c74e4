//! The options file: a decision under 2 000 groups of 50 users and 5 000 rules, all for one feature.

use std::cell::LazyCell;
use std::fmt::Write;
use std::hint::black_box;

use criterion::Criterion;
use licgate_core::options::policy::{Client, Judgement, Policy};
use licgate_core::options::{Options, parse};
use licgate_core::text::Source;

use crate::book;

const GROUPS: usize = 2000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policy");
    let book = LazyCell::new(|| book::of("INCREMENT solver acme 2025.06 permanent 50000"));
    let source = Source::new("acme.opt", text());
    let options = LazyCell::new(|| read(&source));
    let policy = LazyCell::new(|| Policy::compile(&source, &options, &book));

    for (who, user) in [("nobody's", "stranger"), ("one group's", "u77"), ("all groups'", "everywhere")] {
        let client = Client { user, host: "node1", address: Some([10, 0, 0, 1].into()), ..Client::default() };
        group.bench_function(format!("decide on {who} user"), |bencher| {
            bencher.iter(|| is_allowed(&policy, black_box(client)));
        });
    }

    group.sample_size(10);
    group.bench_function("parse", |bencher| {
        bencher.iter_with_large_drop(|| parse(black_box(&source)));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter_with_large_drop(|| Policy::compile(&source, black_box(&options), &book));
    });
}

fn is_allowed(policy: &Policy, client: Client<'_>) -> bool {
    let known = policy.recognise(client);
    matches!(black_box(policy.judge(&known, 0)), Some(Judgement::Allow(_)))
}

fn read(source: &Source) -> Options {
    let (options, remarks) = parse(source);
    assert!(remarks.is_empty(), "{remarks:?}");
    options
}

/// Nobody of those who are asked about is left out, so that all rules are looked at.
fn text() -> String {
    let mut text = String::new();
    for group in 0..GROUPS {
        let users: String = (0..49).map(|user| format!(" u{}", group * 49 + user)).collect();
        let _ = writeln!(text, "GROUP g{group} everywhere{users}");
        let _ = writeln!(text, "INCLUDE solver GROUP g{group}\nMAX 10 solver GROUP g{group}");
        let _ = match group % 4 {
            0 => writeln!(text, "RESERVE 1 solver GROUP g{group}"),
            1 => writeln!(text, "EXCLUDE solver USER x{group}"),
            _ => Ok(()),
        };
    }
    text + "INCLUDE solver USER stranger\nMAX 1 solver USER ALL_USERS\n"
}
