//! The ledger by the number of its leases, which should not matter.

use std::cell::LazyCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use licgate_core::ledger::{Ask, Ledger, Patience};
use licgate_core::options::Policy;
use licgate_core::time::{LeaseTime, Now, WallTime};

use crate::{book, people};

const SIZES: [u64; 3] = [100, 10_000, 1_000_000];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ledger");
    for size in SIZES {
        let mut desk = LazyCell::new(|| Desk::with(size, 1));
        group.bench_function(BenchmarkId::new("checkout and check-in", size), |bencher| {
            bencher.iter(|| desk.turn());
        });
        group.bench_function(BenchmarkId::new("heartbeat", size), |bencher| {
            bencher.iter(|| desk.hear());
        });
        let mut full = LazyCell::new(|| Desk::with(size, 0));
        group.bench_function(BenchmarkId::new("denial", size), |bencher| {
            bencher.iter(|| full.deny());
        });
    }
}

/// A ledger with leases, and a clock.
pub(crate) struct Desk {
    pub(crate) ledger: Ledger,
    pub(crate) now: Now,
    /// The numbers of the checkouts that hold a seat.
    held: Vec<u64>,
    next: u64,
    /// Draws the lease that is next to speak, so that it is not one that spoke just now.
    draw: u64,
}

impl Desk {
    /// So many leases, and so many seats free.
    pub(crate) fn with(leases: u64, free: u64) -> Self {
        let book = book::of(&format!("INCREMENT solver acme 2025.06 permanent {}", leases + free));
        let patience = Patience { silence: Duration::from_secs(1 << 30), grace: Duration::from_secs(60) };
        let now = Now { lease: LeaseTime(0), wall: WallTime(1_750_000_000) };
        let policy = Policy::open(&book);
        let ledger = Ledger::new(book, policy, patience, 1000);
        let mut desk = Self { ledger, now, held: Vec::new(), next: 0, draw: 1 };
        (0..leases).for_each(|_| desk.check_out());
        desk
    }

    /// One more lease, and the end of another.
    fn turn(&mut self) {
        self.check_out();
        let place = self.any();
        let number = self.held.swap_remove(place);
        self.ask(&Ask::Checkin(people::id(number), 1));
    }

    fn hear(&mut self) {
        let place = self.any();
        self.ask(&Ask::Heartbeat(people::id(self.held[place]), 1));
    }

    fn deny(&mut self) {
        let asked = Ask::Checkout(people::request(u64::MAX));
        let denial = self.ledger.decide(self.now, &asked);
        assert!(black_box(denial).is_err(), "a seat was free");
    }

    fn check_out(&mut self) {
        self.ask(&Ask::Checkout(people::request(self.next)));
        self.held.push(self.next);
        self.next += 1;
    }

    /// Decides, applies, and sees what that brings about, as a vendor daemon does.
    fn ask(&mut self, ask: &Ask) {
        self.now.lease.0 += 1;
        let change = self.ledger.decide(self.now, ask).expect("nothing stands in the way");
        self.ledger.apply(&change);
        assert_eq!(black_box(self.ledger.due(self.now)), None);
    }

    fn any(&mut self) -> usize {
        self.draw = self.draw.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let high = usize::try_from(self.draw >> 33).expect("31 bits");
        high % self.held.len()
    }
}
