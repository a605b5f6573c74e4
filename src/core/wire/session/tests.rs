//! Every message at every door, every bound from both sides, and what a broken connection leaves behind.

use std::format;
use std::net::{IpAddr, Ipv4Addr};
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::id::{CheckoutId, LeaseNumber};
use crate::ledger::Ask;
use crate::licence::Proof;
use crate::version::Version;
use crate::wire::bounds::fit;
use crate::wire::{Checkout, Granted, Queued, StatusAsk, limit};

fn hello() -> Hello {
    Hello {
        protocol: PROTOCOL,
        program: "licrun 0.1.0".into(),
        holder: Holder {
            user: "ada".into(),
            host: "ws7".into(),
            display: "/dev/pts/1".into(),
            pid: 4711,
            ..Holder::default()
        },
        machine: HostFacts { ethers: vec![[2; 6]], key: Some([9; 32]), ..HostFacts::default() },
        platform: "x64_lsb".into(),
    }
}

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

fn session() -> VendorSession {
    VendorSession::new(caller(), ADDRESS)
}

fn caller() -> Caller {
    greet(ClientMsg::Hello(hello()), "acme", "0.1.0").unwrap().0
}

fn id(number: u16) -> CheckoutId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    CheckoutId::new(bytes)
}

fn checkout(number: u16) -> Checkout {
    Checkout {
        checkout: id(number),
        feature: "solver".into(),
        version: Version::parse("2.1").unwrap(),
        seats: 1,
        wait: true,
        data: String::new(),
    }
}

fn granted(number: u16, epoch: u32) -> ServerMsg {
    ServerMsg::Granted(Granted {
        checkout: id(number),
        lease: LeaseNumber(7),
        epoch,
        version: Version::parse("2.1").unwrap(),
        seats: 1,
        silence_ms: 120_000,
        proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
    })
}

fn all_client_messages() -> [ClientMsg; 10] {
    let (checkout_id, epoch) = (id(1), 1);
    [
        ClientMsg::Hello(hello()),
        ClientMsg::Locate(Locate::Feature("solver".into())),
        ClientMsg::Checkout(checkout(1)),
        ClientMsg::Resume { checkout: checkout_id },
        ClientMsg::Heartbeat { checkout: checkout_id, epoch },
        ClientMsg::Checkin { checkout: checkout_id, epoch },
        ClientMsg::ServerStatus,
        ClientMsg::Status(StatusAsk { feature: None, users: true, after: None }),
        ClientMsg::Reread { vendor: None },
        ClientMsg::Down,
    ]
}

/// What becomes of a message: `ok`, or the code and whether the connection lives.
fn outcome<T>(result: &Result<T, Rejection>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(Rejection { answer: ServerMsg::Refused { code, .. }, then }) => {
            format!("{} {then:?}", code.major())
        }
        Err(Rejection { answer: ServerMsg::Denied { code, .. }, then }) => {
            format!("denied {} {then:?}", code.major())
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn each_door_takes_its_own_messages_and_no_others() {
    let expected = [
        // first          master, network  master, local   vendor
        ["ok", "-42 HangUp", "-42 HangUp", "-42 HangUp"],
        ["-42 HangUp", "ok", "ok", "-85 HangUp"],
        ["-42 HangUp", "-85 HangUp", "-85 HangUp", "ok"],
        ["-42 HangUp", "-85 HangUp", "-85 HangUp", "ok"],
        ["-42 HangUp", "-85 HangUp", "-85 HangUp", "denied -41 GoOn"],
        ["-42 HangUp", "-85 HangUp", "-85 HangUp", "denied -41 GoOn"],
        ["-42 HangUp", "ok", "ok", "-85 HangUp"],
        ["-42 HangUp", "-85 HangUp", "-85 HangUp", "ok"],
        ["-42 HangUp", "-63 HangUp", "ok", "-85 HangUp"],
        ["-42 HangUp", "-63 HangUp", "ok", "-85 HangUp"],
    ];
    for (message, expected) in all_client_messages().into_iter().zip(expected) {
        let outcomes = [
            outcome(&greet(message.clone(), "licmgrd", "0.1.0")),
            outcome(&master_request(message.clone(), Entrance::Network)),
            outcome(&master_request(message.clone(), Entrance::Local)),
            outcome(&session().request(message.clone())),
        ];
        assert_eq!(outcomes, expected, "{message:?}");
    }
}

#[test]
fn the_lower_protocol_is_spoken_and_a_claimed_key_is_not_believed() {
    for (theirs, spoken) in [(1, 1), (2, 1), (u16::MAX, 1)] {
        let first = ClientMsg::Hello(Hello { protocol: theirs, ..hello() });
        let (caller, welcome) = greet(first, "acme", "0.1.0").unwrap();
        assert_eq!((caller.protocol, caller.machine.key), (spoken, None));
        let expected = Welcome { protocol: spoken, name: "acme".into(), version: "0.1.0".into() };
        assert_eq!(welcome, ServerMsg::Welcome(expected));
    }
    let rejection = greet(ClientMsg::Hello(Hello { protocol: 0, ..hello() }), "acme", "1").unwrap_err();
    let ServerMsg::Refused { code, lines } = rejection.answer else { panic!() };
    assert_eq!(code, Code::REFUSED_REQUEST);
    assert_eq!(lines, ["the client speaks protocol 0, this server 1 to 1; install a newer client"]);
}

/// Ways to put a text into a `Hello`, by the name that a refusal calls it.
type Place = (&'static str, fn(&mut Hello, String));

const PLACES: [Place; 10] = [
    ("program", |hello, text| hello.program = text),
    ("user", |hello, text| hello.holder.user = text),
    ("host", |hello, text| hello.holder.host = text),
    ("display", |hello, text| hello.holder.display = text),
    ("checkout data", |hello, text| hello.holder.data = text),
    ("platform", |hello, text| hello.platform = text),
    ("machine's user", |hello, text| hello.machine.user = text),
    ("machine's display", |hello, text| hello.machine.display = text),
    ("host name", |hello, text| hello.machine.names.push(text)),
    ("network address", |hello, text| hello.machine.addresses.push(text)),
];

#[test]
fn every_text_of_a_hello_is_bounded_and_stays_on_its_line() {
    let (longest, longer) = ("x".repeat(limit::NAME), "x".repeat(limit::NAME + 1));
    for (name, put) in PLACES {
        let with = |text: &str| {
            let mut hello = hello();
            put(&mut hello, text.into());
            hello
        };
        let refusal = |text: &str| check_hello(&with(text)).unwrap_err();
        assert_eq!(check_hello(&with(&longest)), Ok(()), "{name}");
        assert_eq!(check_hello(&with("Jürgen O'Neill")), Ok(()), "{name}");
        assert_eq!(refusal(&longer), format!("the {name} has 257 bytes, 256 are allowed"));
        for bad in ["a\nb", "\u{1b}[31m", "a\u{2028}b", "a\u{202e}b", "\0", "\u{85}"] {
            assert_eq!(refusal(bad), format!("the {name} has a control character in it"));
            assert_eq!(check_hello(&fit(with(bad))), Ok(()), "{name} can be made to fit");
        }
        assert_eq!(check_hello(&fit(with(&"ü".repeat(200)))), Ok(()), "{name} can be made to fit");
    }
}

#[test]
fn every_list_of_a_hello_is_bounded() {
    let with = |count: usize| {
        let (mut ethers, mut names, mut addresses) = (hello(), hello(), hello());
        ethers.machine.ethers = vec![[1; 6]; count];
        names.machine.names = vec!["n".to_string(); count];
        addresses.machine.addresses = vec!["::1".to_string(); count];
        [ethers, names, addresses]
    };
    assert!(with(limit::LIST).iter().all(|hello| check_hello(hello).is_ok()));
    let said = with(limit::LIST + 1).map(|hello| check_hello(&hello).unwrap_err());
    assert_eq!(
        said,
        [
            "there are 65 Ethernet addresses, 64 are allowed",
            "there are 65 host names, 64 are allowed",
            "there are 65 network addresses, 64 are allowed"
        ]
    );
    assert!(with(1000).into_iter().all(|hello| check_hello(&fit(hello)).is_ok()));
}

#[test]
fn a_checkout_out_of_bounds_is_denied_and_harms_no_other() {
    let cases = [
        (Checkout { seats: 0, ..checkout(1) }, "0 seats asked for; 1 to 1000000 are possible"),
        (Checkout { seats: 1_000_001, ..checkout(1) }, "1000001 seats asked for; 1 to 1000000 are possible"),
        (
            Checkout { feature: "f".repeat(31).into(), ..checkout(1) },
            "the feature's name has 31 bytes, 30 are allowed",
        ),
        (
            Checkout { feature: "a\nb".into(), ..checkout(1) },
            "the feature's name has a control character in it",
        ),
        (
            Checkout { data: "d".repeat(257), ..checkout(1) },
            "the checkout data has 257 bytes, 256 are allowed",
        ),
    ];
    for (ask, words) in cases {
        let mut session = session();
        let rejection = session.request(ClientMsg::Checkout(ask)).unwrap_err();
        let answer = ServerMsg::Denied { checkout: id(1), code: Code::BAD_PARAMETER, why: words.into() };
        assert_eq!(rejection, Rejection { answer, then: Then::GoOn });
        assert!(!session.awaits_answers());
    }
    let largest = Checkout { seats: limit::SEATS, feature: "f".repeat(30).into(), ..checkout(1) };
    assert!(session().request(ClientMsg::Checkout(largest)).is_ok());
}

#[test]
fn a_checkout_becomes_a_request_of_its_caller() {
    let ask = Checkout { data: "job 7".into(), ..checkout(1) };
    let request = session().request(ClientMsg::Checkout(ask)).unwrap();
    let VendorRequest::Ask(Ask::Checkout(request)) = request else { panic!("{request:?}") };
    assert_eq!(request.holder, Holder { data: "job 7".into(), ..hello().holder });
    assert_eq!(request.address, Some(ADDRESS));
    assert_eq!((request.checkout, request.wait, request.machine.platform.as_str()), (id(1), true, "x64_lsb"));
    assert_eq!(request.machine.facts, HostFacts { key: None, ..hello().machine });
}

#[test]
fn a_connection_has_room_for_so_many_checkouts() {
    let mut session = session();
    for number in 0..1024 {
        session.request(ClientMsg::Checkout(Checkout { wait: false, ..checkout(number) })).unwrap();
    }
    let rejection = session.request(ClientMsg::Resume { checkout: id(2000) }).unwrap_err();
    assert_eq!(rejection.then, Then::GoOn);
    assert!(session.request(ClientMsg::Checkout(checkout(3))).is_ok(), "repeated: takes no more room");
    session.sent(&ServerMsg::Returned { checkout: id(0) });
    assert!(session.request(ClientMsg::Resume { checkout: id(2000) }).is_ok());
    assert_eq!(limit::CHECKOUTS, 1024);
}

#[test]
fn so_many_checkouts_of_a_connection_may_wait() {
    let mut session = session();
    let queued = |number| {
        let (position, silence_ms, why) = (1, 120_000, String::new());
        ServerMsg::Queued(Queued { checkout: id(number), epoch: 1, position, silence_ms, why })
    };
    for number in 0..16 {
        session.request(ClientMsg::Checkout(checkout(number))).unwrap();
    }
    (0..8).for_each(|number| session.sent(&queued(number)));
    let rejection = session.request(ClientMsg::Checkout(checkout(16))).unwrap_err();
    assert_eq!(rejection.then, Then::GoOn);
    let ServerMsg::Denied { code: Code::BAD_PARAMETER, why, .. } = rejection.answer else {
        panic!("no denial")
    };
    assert!(why.starts_with("16 checkouts of this connection wait already"), "{why}");
    assert!(session.request(ClientMsg::Checkout(checkout(3))).is_ok(), "repeated: takes no more room");
    assert!(session.request(ClientMsg::Checkout(Checkout { wait: false, ..checkout(17) })).is_ok());
    assert!(session.request(ClientMsg::Resume { checkout: id(18) }).is_ok(), "whoever comes back has waited");
    session.sent(&queued(18));
    session.sent(&granted(2, 1));
    assert!(session.request(ClientMsg::Checkout(checkout(16))).is_err(), "number 18 waits here, too");
    session.sent(&granted(9, 1));
    assert!(session.request(ClientMsg::Checkout(checkout(16))).is_ok());
    assert_eq!(limit::WAITING, 16);
}

#[test]
fn a_broken_connection_hangs_up_what_it_holds() {
    let mut session = session();
    for number in 1..=5 {
        session.request(ClientMsg::Checkout(checkout(number))).unwrap();
    }
    session.sent(&granted(1, 1));
    let (position, silence_ms, why) = (1, 120_000, String::new());
    session.sent(&ServerMsg::Queued(Queued { checkout: id(2), epoch: 4, position, silence_ms, why }));
    session.sent(&ServerMsg::Alive { checkout: id(2), position: Some(1) });
    let (code, why) = (Code::ALL_IN_USE, String::new());
    session.sent(&ServerMsg::Denied { checkout: id(3), code, why: why.clone() });
    session.sent(&ServerMsg::Denied { checkout: id(1), code, why: why.clone() });
    session.sent(&granted(4, 1));
    session.sent(&ServerMsg::Gone { checkout: id(4), code, why });
    assert!(session.awaits_answers(), "5 is not answered");
    session.sent(&granted(5, 9));
    assert!(!session.awaits_answers());
    let hangups: Vec<_> = session.hangups().collect();
    assert_eq!(hangups, [Ask::Hangup(id(1), 1), Ask::Hangup(id(2), 4), Ask::Hangup(id(5), 9)]);
    let heartbeat = session.request(ClientMsg::Heartbeat { checkout: id(2), epoch: 4 });
    assert_eq!(heartbeat, Ok(VendorRequest::Ask(Ask::Heartbeat(id(2), 4))));
}
