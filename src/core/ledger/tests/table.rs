//! Every cell of the table in the ledger's documentation: what is answered, and what it is afterwards.

use core::fmt::Write as _;
use core::time::Duration;
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use super::bench::*;
use crate::code::Code;
use crate::id::{FeatureName, LeaseNumber};
use crate::ledger::{Ask, Change, End, Event, Grant, Machine, Request, Ticket};
use crate::licence::{Absence, Pool, PoolKey};
use crate::time::LeaseTime;

const LINGER: Duration = Duration::from_secs(60);
const STATES: [&str; 6] = ["unknown", "waiting", "waiting, hung up", "held", "held, hung up", "lingering"];

/// A ledger with one seat, in which checkout 1 is in this state and checkout 2 holds the seat if it waits.
fn bench_in(state: &str) -> Bench {
    let mut bench = Bench::new([Pool { linger: LINGER, ..pool("a", "solver", 1) }]);
    if state.starts_with("waiting") {
        bench.checkout(&request(2, "bob")).unwrap();
    }
    if state != "unknown" {
        bench.checkout(&waiting(1, "anna")).unwrap();
    }
    if state.ends_with("hung up") {
        bench.ask(&Ask::Hangup(id(1), 1)).unwrap();
    }
    if state == "lingering" {
        bench.ask(&Ask::Checkin(id(1), 1)).unwrap();
    }
    assert_eq!(bench.state(1), state.split(',').next().unwrap());
    bench
}

/// What is asked, and what happens unasked.
enum Cause {
    Asked(Box<Ask>),
    Time(Duration),
    SeatsFree,
    PoolGone(Option<Code>),
    Renewed,
}

fn causes() -> Vec<(&'static str, Cause)> {
    let other = Request { seats: 2, ..waiting(1, "anna") };
    let asked = |ask| Cause::Asked(Box::new(ask));
    vec![
        ("check out", asked(Ask::Checkout(waiting(1, "anna")))),
        ("check out otherwise", asked(Ask::Checkout(other))),
        ("resume", asked(Ask::Resume(id(1)))),
        ("heartbeat", asked(Ask::Heartbeat(id(1), 1))),
        ("stale heartbeat", asked(Ask::Heartbeat(id(1), 0))),
        ("check in", asked(Ask::Checkin(id(1), 1))),
        ("stale check in", asked(Ask::Checkin(id(1), 2))),
        ("hang-up", asked(Ask::Hangup(id(1), 1))),
        ("stale hang-up", asked(Ask::Hangup(id(1), 0))),
        ("grace over", Cause::Time(GRACE)),
        ("linger time over", Cause::Time(LINGER)),
        ("silence over", Cause::Time(SILENCE)),
        ("seats set free", Cause::SeatsFree),
        ("pool gone", Cause::PoolGone(None)),
        ("pool expired", Cause::PoolGone(Some(Code::EXPIRED))),
        ("pool renewed", Cause::Renewed),
    ]
}

/// What happens to checkout 1.
fn happens(bench: &mut Bench, cause: &Cause) -> String {
    let events = match cause {
        Cause::Asked(ask) => match bench.ask(ask) {
            Ok(event) => vec![event],
            Err(denial) => return format!("{}", denial.code.major()),
        },
        Cause::Time(time) => bench.pass(*time),
        Cause::SeatsFree => {
            bench.ledger.apply(&Change { at: bench.now, event: ended(2, End::Silent) });
            bench.settle()
        }
        Cause::PoolGone(code) => {
            let feature = FeatureName::from("solver");
            let absence = code.map(|code| Absence { feature, code, why: String::new(), seats: None });
            bench.serve(book([]).with_absences(absence.into_iter().collect()));
            bench.settle()
        }
        Cause::Renewed => {
            bench.serve(book([Pool { version: version("2.1"), ..pool("a-2.1", "solver", 1) }]));
            bench.settle()
        }
    };
    events.iter().filter_map(brief).collect::<Vec<_>>().join(" ")
}

/// The event in a word, if it is about checkout 1.
fn brief(event: &Event) -> Option<String> {
    let (checkout, word) = match event {
        Event::Queued { ticket, .. } => (ticket.checkout, "Queued".into()),
        Event::Granted(Grant { ticket, .. }) => (ticket.checkout, "Granted".into()),
        Event::Promoted { checkout, .. } => (*checkout, "Promoted".into()),
        Event::Resumed { checkout, epoch } => (*checkout, format!("Resumed {epoch}")),
        Event::Lingers { checkout, .. } => (*checkout, "Lingers".into()),
        Event::Ended { checkout, why } => (*checkout, format!("{why:?}")),
        Event::Moved { checkout, pool } => (*checkout, format!("Moved {}", pool.0)),
        Event::Heard { checkout } => (*checkout, "Heard".into()),
        Event::HungUp { checkout } => (*checkout, "HungUp".into()),
        Event::Numbered { .. } => return None,
    };
    (checkout == id(1)).then_some(word)
}

fn ended(checkout: u8, why: End) -> Event {
    Event::Ended { checkout: id(checkout), why }
}

fn grid(rows: impl IntoIterator<Item = (&'static str, [String; 6])>) -> String {
    let mut grid = format!("{:20}", "");
    STATES.iter().for_each(|state| write!(grid, "{state:22}").unwrap());
    for (name, cells) in rows {
        write!(grid, "\n{name:20}").unwrap();
        cells.iter().for_each(|cell| write!(grid, "{cell:22}").unwrap());
    }
    grid.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_cause_has_its_effect_in_every_state() {
    let rows = causes().into_iter().map(|(name, cause)| {
        let cell = |state| {
            let mut bench = bench_in(state);
            let what = happens(&mut bench, &cause);
            if what.is_empty() { ".".into() } else { format!("{what} -> {}", bench.state(1)) }
        };
        (name, STATES.map(cell))
    });
    insta::assert_snapshot!(grid(rows), @r"
                        unknown               waiting               waiting, hung up      held                  held, hung up         lingering
    check out           Granted -> held       Resumed 2 -> waiting  Resumed 2 -> waiting  Resumed 2 -> held     Resumed 2 -> held     -42 -> lingering
    check out otherwise -26 -> unknown        -42 -> waiting        -42 -> waiting        -42 -> held           -42 -> held           -42 -> lingering
    resume              -41 -> unknown        Resumed 2 -> waiting  Resumed 2 -> waiting  Resumed 2 -> held     Resumed 2 -> held     -41 -> lingering
    heartbeat           -41 -> unknown        Heard -> waiting      Heard -> waiting      Heard -> held         Heard -> held         -41 -> lingering
    stale heartbeat     -41 -> unknown        -42 -> waiting        -42 -> waiting        -42 -> held           -42 -> held           -41 -> lingering
    check in            -41 -> unknown        Returned -> unknown   Returned -> unknown   Lingers -> lingering  Lingers -> lingering  -41 -> lingering
    stale check in      -41 -> unknown        -42 -> waiting        -42 -> waiting        -42 -> held           -42 -> held           -41 -> lingering
    hang-up             -41 -> unknown        HungUp -> waiting     HungUp -> waiting     HungUp -> held        HungUp -> held        -41 -> lingering
    stale hang-up       -41 -> unknown        -42 -> waiting        -42 -> waiting        -42 -> held           -42 -> held           -41 -> lingering
    grace over          .                     .                     HungUp -> unknown     .                     HungUp -> unknown     .
    linger time over    .                     .                     HungUp -> unknown     .                     HungUp -> unknown     Lingered -> unknown
    silence over        .                     Silent -> unknown     HungUp -> unknown     Silent -> unknown     HungUp -> unknown     Lingered -> unknown
    seats set free      .                     Promoted -> held      Promoted -> held      .                     .                     .
    pool gone           .                     Removed -> unknown    Removed -> unknown    Removed -> unknown    Removed -> unknown    Removed -> unknown
    pool expired        .                     Expired -> unknown    Expired -> unknown    Expired -> unknown    Expired -> unknown    Expired -> unknown
    pool renewed        .                     .                     .                     Moved a-2.1 -> held   Moved a-2.1 -> held   Moved a-2.1 -> lingering
    ");
}

/// A journal may hold anything: apply takes it all, and what makes no sense changes nothing.
#[test]
fn every_event_applies_in_every_state() {
    let ticket = |number| Ticket {
        checkout: id(1),
        number: LeaseNumber(number),
        epoch: 1,
        holder: request(1, "anna").holder,
        feature: FeatureName::from("solver"),
        version: version("2.0"),
        seats: 1,
        address: None,
    };
    let (checkout, machine) = (id(1), Machine::default());
    let key = |name: &str| PoolKey(name.into());
    let events = [
        ("Queued", Event::Queued { ticket: ticket(9), machine }),
        ("Granted", Event::Granted(Grant { ticket: ticket(9), pool: key("a") })),
        ("Granted elsewhere", Event::Granted(Grant { ticket: ticket(2), pool: key("gone") })),
        ("Promoted", Event::Promoted { checkout, pool: key("a") }),
        ("Resumed", Event::Resumed { checkout, epoch: 7 }),
        ("Lingers", Event::Lingers { checkout, until: LeaseTime(5) }),
        ("Ended", ended(1, End::Returned)),
        ("Moved", Event::Moved { checkout, pool: key("b") }),
        ("Heard", Event::Heard { checkout }),
        ("HungUp", Event::HungUp { checkout }),
        ("Numbered", Event::Numbered { next: LeaseNumber(100) }),
    ];
    let rows = events.into_iter().map(|(name, event)| {
        let cell = |state| {
            let mut bench = bench_in(state);
            bench.ledger.apply(&Change { at: bench.now, event: event.clone() });
            let epoch = bench.ledger.lease(&id(1)).map_or(0, |lease| lease.epoch);
            format!("{} {epoch}", bench.state(1))
        };
        (name, STATES.map(cell))
    });
    insta::assert_snapshot!(grid(rows), @r"
                        unknown               waiting               waiting, hung up      held                  held, hung up         lingering
    Queued              waiting 1             waiting 1             waiting 1             waiting 1             waiting 1             waiting 1
    Granted             held 1                held 1                held 1                held 1                held 1                held 1
    Granted elsewhere   held 1                held 1                held 1                held 1                held 1                held 1
    Promoted            unknown 0             held 1                held 1                held 1                held 1                lingering 1
    Resumed             unknown 0             waiting 7             waiting 7             held 7                held 7                lingering 1
    Lingers             unknown 0             waiting 1             waiting 1             lingering 1           lingering 1           lingering 1
    Ended               unknown 0             unknown 0             unknown 0             unknown 0             unknown 0             unknown 0
    Moved               unknown 0             waiting 1             waiting 1             held 1                held 1                lingering 1
    Heard               unknown 0             waiting 1             waiting 1             held 1                held 1                lingering 1
    HungUp              unknown 0             waiting 1             waiting 1             held 1                held 1                lingering 1
    Numbered            unknown 0             waiting 1             waiting 1             held 1                held 1                lingering 1
    ");
}
