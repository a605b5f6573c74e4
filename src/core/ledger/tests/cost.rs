//! What a request costs may not depend on how many leases there are.

use core::time::Duration;
use std::format;
use std::time::Instant;
use std::vec::Vec;

use super::bench::*;
use crate::id::CheckoutId;
use crate::ledger::{Ask, Request};
use crate::licence::Pool;
use crate::licence::ast::DupGroup;
use crate::report;
use crate::wire::StatusAsk;

const FEW: u32 = 100;
const MANY: u32 = 10_000;
/// With a scan over all leases it would be a hundred.
const FACTOR: u32 = 12;

fn numbered(number: u32, user: u32) -> Request {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b9).to_be_bytes());
    Request { checkout: CheckoutId::new(bytes), ..waiting(0, &format!("user{user}")) }
}

/// So many leases in shared and other seats, and as many tickets.
fn crowd(count: u32) -> Bench {
    let linger = Duration::from_secs(5);
    let dup_group = DupGroup::By { user: true, host: true, display: false, vendor: false };
    let shared = Pool { dup_group, linger, ..pool("shared", "solver", count / 4) };
    let mut bench = Bench::new([shared, pool("plain", "solver", count / 2)]);
    for number in 0..2 * count {
        bench.checkout(&numbered(number, number % (count / 2))).unwrap();
    }
    assert!(bench.ledger.feature(0).unwrap().waiting() > count as usize / 4);
    bench
}

/// One of everything that is asked often.
fn round(bench: &mut Bench, number: u32) {
    let newcomer = numbered(number, number);
    let id = newcomer.checkout;
    bench.checkout(&newcomer).unwrap();
    let refused = bench.checkout(&Request { seats: 2, wait: false, ..numbered(number + 1, number) });
    assert_eq!(refused.unwrap_err().code.major(), -4);
    bench.ask(&Ask::Heartbeat(id, 1)).unwrap();
    bench.ledger.position(&id).unwrap();
    bench.ledger.why_waiting(&id).unwrap();
    bench.ask(&Ask::Hangup(id, 1)).unwrap();
    bench.ask(&Ask::Resume(id)).unwrap();
    let held = numbered(number % FEW / 4, 0).checkout;
    bench.ask(&Ask::Resume(held)).unwrap();
    report::page(&bench.ledger, bench.now, &StatusAsk { feature: None, users: false, after: None });
    bench.ask(&Ask::Checkin(id, 2)).unwrap();
    bench.settle();
}

#[test]
fn a_request_costs_as_much_among_many_leases_as_among_few() {
    let mut benches = [crowd(FEW), crowd(MANY)];
    let mut best = [Duration::MAX; 2];
    for series in 0..10 {
        for (bench, best) in benches.iter_mut().zip(&mut best) {
            let begin = Instant::now();
            (0..50).for_each(|number| round(bench, 1_000_000 + 100 * series + 2 * number));
            *best = begin.elapsed().min(*best);
        }
    }
    let spent: Vec<_> = best.iter().map(|time| *time / 50).collect();
    assert!(best[1] < best[0] * FACTOR, "a round takes {spent:?} among {FEW} and {MANY} leases");
}
