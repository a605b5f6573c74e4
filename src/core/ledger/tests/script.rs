//! What random histories are made of: steps, and the books that they turn to.

use core::time::Duration;
use std::format;
use std::string::ToString;
use std::vec;
use std::vec::Vec;

use super::bench::{book, pool, version};
use crate::code::Code;
use crate::host::{HostFacts, HostId};
use crate::ledger::{Holder, Machine};
use crate::licence::ast::DupGroup;
use crate::licence::{Absence, Book, Pool, PoolKey, Seats};

pub(super) const CLIENTS: u8 = 24;

/// One step and what follows.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) step: Step,
    /// Do what is due afterwards? The keeper does so after each batch.
    pub(super) settle: bool,
}

/// What clients, time and administrators do.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A new request by the next client that has no checkout; if all have, by the next one with its id.
    Checkout {
        client: u8,
        feature: usize,
        version: usize,
        seats: u32,
        wait: bool,
    },
    /// The client's last request once more.
    Again {
        client: u8,
    },
    /// The client speaks as on its connection `behind` before the present one.
    Resume {
        client: u8,
    },
    Heartbeat {
        client: u8,
        behind: u32,
    },
    Checkin {
        client: u8,
        behind: u32,
    },
    Hangup {
        client: u8,
        behind: u32,
    },
    Pass {
        seconds: u64,
    },
    /// The clock that is handed in goes back.
    Back {
        seconds: u64,
    },
    Serve {
        variant: u16,
    },
    Compact,
    Restart,
}

impl Turn {
    pub(super) fn of((dice, client, wish): (u8, u8, u16)) -> Self {
        let pick = |divisor: u16, choices: u16| wish / divisor % choices;
        let behind = u32::from(pick(1, 6) == 0);
        let step = match dice {
            0..=39 => Step::Checkout {
                client,
                feature: [0, 0, 0, 0, 0, 1, 1, 2, 2, 3][usize::from(pick(1, 10))],
                version: [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][usize::from(pick(10, 10))],
                seats: [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 6, 0][usize::from(pick(100, 17))],
                wait: pick(1700, 4) > 0,
            },
            40..=43 => Step::Again { client },
            44..=50 => Step::Resume { client },
            51..=63 => Step::Heartbeat { client, behind },
            64..=75 => Step::Checkin { client, behind },
            76..=80 => Step::Hangup { client, behind },
            81..=93 => Step::Pass { seconds: [1, 1, 1, 5, 5, 10, 19, 20, 40, 121][usize::from(pick(1, 10))] },
            94 => Step::Back { seconds: 50 },
            95..=96 => Step::Serve { variant: wish },
            97..=98 => Step::Compact,
            _ => Step::Restart,
        };
        Self { step, settle: pick(2000, 8) > 0 }
    }
}

/// Six pools of three features; each variant leaves out some, shrinks others and has others at another version.
pub(super) fn variant(variant: u16) -> Book {
    let linger = Duration::from_secs(30);
    let by = |user, host| DupGroup::By { user, host, display: false, vendor: false };
    let pools = [
        Pool { minimum: 2, hostids: vec![HostId::HostName("node2".into())], ..pool("node", "solver", 4) },
        pool("plain", "solver", 4),
        Pool { version: version("3.0"), dup_group: by(true, true), linger, ..pool("dup", "solver", 3) },
        Pool { dup_group: DupGroup::Site, platforms: vec!["x64_lsb".into()], ..pool("site", "mesh", 5) },
        Pool { seats: Seats::Uncounted, dup_group: by(true, false), linger, ..pool("uncounted", "mesh", 0) },
        Pool { linger, dup_group: by(true, false), ..pool("user", "post", 3) },
    ];
    let (mut served, mut absences) = (Vec::new(), Vec::new());
    for (mut pool, place) in pools.into_iter().zip(0u16..) {
        let choice = variant / 4u16.pow(place.into()) % 4;
        match (choice, &mut pool.seats) {
            (0, _) => {
                let code = if place % 2 == 0 { Code::EXPIRED } else { Code::BAD_SIGNATURE };
                absences.push(Absence {
                    feature: pool.feature.clone(),
                    code,
                    why: "so".to_string(),
                    seats: None,
                });
                continue;
            }
            (1, Seats::Counted { total, overdraft }) => (*total, *overdraft) = (1, 1),
            (3, _) => {
                pool.key = PoolKey(format!("{}-renewed", pool.key.0).into());
                pool.version = version(["2.5", "3.1", "2.0", "2.5", "2.5", "2.5"][usize::from(place)]);
            }
            (_, Seats::Counted { .. } | Seats::Uncounted) => {}
        }
        served.push(pool);
    }
    book(served).with_absences(absences)
}

/// Lines of an options file; the rules among them are for the features of [`variant`].
const LINES: [&str; 30] = [
    "EXCLUDE solver USER user1",
    "EXCLUDE solver HOST node2",
    "EXCLUDE solver:VERSION=3.0 GROUP odd",
    "EXCLUDE Mesh DISPLAY :1",
    "EXCLUDE mesh INTERNET 192.0.2.7",
    "EXCLUDE post PROJECT wing",
    "EXCLUDEALL USER user3",
    "EXCLUDEALL GROUP none",
    "INCLUDE solver GROUP odd",
    "INCLUDE solver USER user0",
    "INCLUDE solver:VERSION=2.0 HOST node0",
    "INCLUDE MESH INTERNET 192.*.2.*",
    "INCLUDE mesh USER user2",
    "INCLUDE post HOST node1",
    "INCLUDEALL DISPLAY :0",
    "INCLUDEALL PROJECT wing",
    "MAX 1 solver USER user1",
    "MAX 2 solver USER user2",
    "MAX 2 solver GROUP odd",
    "MAX 3 solver:VERSION=2.0 HOST node0",
    "MAX 1 solver USER ALL_USERS",
    "MAX 2 solver HOST ALL_HOSTS",
    "MAX 2 solver PROJECT wing",
    "MAX 3 mesh GROUP ALL_GROUPS",
    "MAX 2 mesh USER ALL_USERS",
    "MAX 2 mesh INTERNET 192.0.2.*",
    "MAX 1 post DISPLAY :0",
    "MAX 2 post USER ALL_USERS",
    "MAX 1 post USER user3",
    "MAX 0 post HOST node2",
];

/// An options file: none for some numbers, and few rules for the others, in an order of their own.
pub(super) fn rules(number: u16) -> Vec<Vec<&'static str>> {
    let mut dice = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut lines = vec!["GROUP odd user1 user3", "GROUP none nobody"];
    for _ in 0..dice >> 61 {
        dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let place = usize::try_from(dice >> 33).unwrap_or_default() % LINES.len();
        lines.push(LINES[place]);
    }
    lines.into_iter().map(|line| line.split(' ').collect()).collect()
}

/// The client's machine follows from its holder, so that the model knows it too.
pub(super) fn machine(holder: &Holder) -> Machine {
    let facts = HostFacts { names: vec![holder.host.clone()], ..HostFacts::default() };
    let platform = if holder.display == ":0" { "x64_lsb" } else { "i86_n" };
    Machine { facts, platform: platform.to_string() }
}
