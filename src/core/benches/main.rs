//! What the core costs, one module a room: `cargo bench -p licgate-core`, or only some of it, as in
//! `cargo bench -p licgate-core -- policy`.
//!
//! Machines are noisy: look at the ratios of figures from one run, not at the nanoseconds.

mod book;
mod ledger;
mod licence;
mod people;
mod policy;
mod report;
mod wire;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    licence::bench(&mut criterion);
    policy::bench(&mut criterion);
    ledger::bench(&mut criterion);
    wire::bench(&mut criterion);
    report::bench(&mut criterion);
    criterion.final_summary();
}
