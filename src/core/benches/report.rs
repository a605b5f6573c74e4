//! Status, page by page, by the number of leases, which should not matter.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use licgate_core::report::page;
use licgate_core::wire::StatusAsk;

use crate::ledger::Desk;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("report");
    for size in [1000, 100_000] {
        let desk = LazyCell::new(|| Desk::with(size, 0));
        let second =
            LazyCell::new(|| StatusAsk { after: page(&desk.ledger, desk.now, &all()).next, ..all() });
        group.bench_function(BenchmarkId::new("status page", size), |bencher| {
            bencher.iter_with_large_drop(|| page(&desk.ledger, desk.now, black_box(&second)));
        });
    }
}

/// Everything, from the beginning.
pub(crate) fn all() -> StatusAsk {
    StatusAsk { feature: None, users: true, after: None }
}
