//! Peers that are silent, send garbage, break off, never read or come in thousands: who only wants a seat gets it.

use std::io::Write;
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use licgate::server::Master;
use licgate_core::code::Code;
use licgate_core::id::CheckoutId;
use licgate_core::wire::{ClientMsg, ServerMsg, StatusAsk};
use licgate_tests::{Host, PATIENCE, Peer, Site, hear_out, open_files, skip};
use rustix::process::{Resource, getrlimit, setrlimit};

/// How many peers of each kind come to each port.
const CROWD: usize = 12;

/// How many idle connections each port gets, if the system lets one process have as many.
const IDLERS: u64 = 5000;

/// Open files that the test needs for itself, and that a daemon needs besides connections.
const OTHER_FILES: u64 = 200;

/// A hostile peer's whole life on a port; what it heard tells whether it was treated right.
type Life = fn(u16) -> Result<(), String>;

/// Each kind with its name.
const KINDS: [(&str, Life); 11] = [
    ("says nothing", |port| ends_silently(Peer::dial(port))),
    ("stops in the middle of a TLS record", |port| {
        let hello = Peer::client_hello();
        ends_silently(sends(port, &hello[..hello.len() / 2]))
    }),
    ("speaks HTTP", |port| ends(sends(port, b"GET / HTTP/1.1\r\nHost: lic1\r\n\r\n"))),
    ("sends noise", |port| ends(sends(port, &noise(4096)))),
    ("claims a huge TLS record", |port| ends(sends(port, &[22, 3, 1, 0xff, 0xff, 0, 0]))),
    ("shakes hands and says nothing", |port| hears(Peer::connect(port), &[])),
    ("shakes hands and sends noise", |port| {
        let mut peer = Peer::connect(port);
        // It may be sent away before it is done.
        drop(peer.send(&noise(4096)));
        hears(peer, &[])
    }),
    ("announces a frame that is too long", |port| {
        let mut peer = Peer::connect(port);
        drop(peer.send(&u32::MAX.to_be_bytes()));
        hears(peer, &[])
    }),
    ("does not say hello first", |port| {
        let mut peer = Peer::connect(port);
        drop(peer.say(&ClientMsg::ServerStatus));
        hears(peer, &["Refused"])
    }),
    ("hangs up half-way after hello", |port| {
        let mut peer = Peer::introduced(port);
        peer.half_close();
        hears(peer, &["Welcome"])
    }),
    ("is polite and then sends noise", |port| {
        let mut peer = Peer::introduced(port);
        drop(peer.send(&noise(4096)));
        hears(peer, &["Welcome"])
    }),
];

/// Bytes that mean nothing: as a frame's length they are far too much.
fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0] | 0x80).collect()
}

fn sends(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = Peer::dial(port);
    stream.write_all(bytes).expect("the daemon listens");
    stream
}

/// The daemon hangs up, perhaps with a TLS alert.
fn ends(mut stream: TcpStream) -> Result<(), String> {
    let heard = hear_out(&mut stream);
    let is_alert = heard.is_empty() || heard.first() == Some(&21);
    if is_alert { Ok(()) } else { Err(format!("heard {heard:?}")) }
}

/// The daemon hangs up without a word.
fn ends_silently(mut stream: TcpStream) -> Result<(), String> {
    let heard = hear_out(&mut stream);
    if heard.is_empty() { Ok(()) } else { Err(format!("heard {heard:?}")) }
}

/// The daemon says this and hangs up.
fn hears(peer: Peer, expected: &[&str]) -> Result<(), String> {
    let heard = peer.hear_out();
    let names = |message: &ServerMsg| match message {
        ServerMsg::Welcome(_) => "Welcome",
        ServerMsg::Refused { code: Code::BAD_PARAMETER, .. } => "Refused",
        _ => "something else",
    };
    if heard.iter().map(names).eq(expected.iter().copied()) {
        Ok(())
    } else {
        Err(format!("heard {heard:?}"))
    }
}

/// A host under attack, and how it was before.
struct Target {
    site: Site,
    host: Host,
    open: [usize; 2],
}

impl Target {
    fn new() -> Self {
        let site = Site::serving("INCREMENT solver acme 1.0 permanent 2 SIGN=\"\"\n");
        let host = Host::start(&site);
        let mut target = Self { site, host, open: [0; 2] };
        target.serves();
        target.open = target.settled();
        target
    }

    fn ports(&self) -> [u16; 2] {
        [self.host.port(), self.host.vendor_port()]
    }

    fn pids(&mut self) -> [u32; 2] {
        [self.host.master().pid(), self.host.vendor_pid()]
    }

    /// Somebody who means well gets a seat and gives it back, in good time.
    fn serves(&self) {
        let start = Instant::now();
        let licence = self.site.checkout(&self.host.at()).reach_within(PATIENCE).take();
        licence.expect("a seat").give_back().expect("the seat goes back");
        assert!(start.elapsed() < PATIENCE, "a seat took {:?}", start.elapsed());
    }

    /// How many files the daemons have open when nothing more is closed. Questions to each daemon in turn show that it has
    /// had time to close.
    fn settled(&mut self) -> [usize; 2] {
        let mut open = self.pids().map(open_files);
        let mut calm = 0;
        while calm < 5 {
            self.asks();
            let now = self.pids().map(open_files);
            calm = if now == open { calm + 1 } else { 0 };
            open = now;
        }
        open
    }

    fn asks(&self) {
        let address = self.host.at().parse().expect("an address");
        let master = Master::connect(&address, PATIENCE).expect("the master answers");
        master.status().expect("the master answers");
        drop(Peer::dial(self.host.vendor_port()));
    }

    /// The same daemons as before serve as before, and nothing of the attack is left in them.
    fn ends_unharmed(mut self) {
        self.serves();
        let deadline = Instant::now() + PATIENCE;
        let mut open = self.pids().map(open_files);
        while open.iter().zip(&self.open).any(|(now, before)| now > before) {
            assert!(Instant::now() < deadline, "open files: {open:?}, before: {:?}", self.open);
            self.asks();
            open = self.pids().map(open_files);
        }
        let said = self.host.stop();
        assert!(!said.contains("panicked"), "{said}");
        assert!(!said.contains("REStarted"), "the vendor daemon had died:\n{said}");
        assert!(!said.contains("did not end in time"), "{said}");
    }
}

#[test]
fn garbage_is_sent_away_and_forgotten() {
    let target = Target::new();
    let mut peers: Vec<(&str, u16, JoinHandle<_>)> = Vec::new();
    for port in target.ports() {
        for (kind, life) in KINDS {
            peers.extend((0..CROWD).map(|_| (kind, port, thread::spawn(move || life(port)))));
        }
    }
    for _ in 0..20 {
        target.serves();
    }
    let mut answered = 0;
    for (kind, port, peer) in peers {
        let treated = peer.join().unwrap_or_else(|_| Err("it was not sent away".to_owned()));
        treated.unwrap_or_else(|why| panic!("a peer at {port} that {kind}: {why}"));
        answered += 1;
    }
    assert_eq!(answered, 2 * KINDS.len() * CROWD);
    target.ends_unharmed();
}

#[test]
fn who_floods_and_never_reads_is_cut_off() {
    let target = Target::new();
    let nobody = CheckoutId::new([7; 16]);
    let ask = StatusAsk { feature: None, users: true, after: None };
    let words = [
        (target.host.port(), ClientMsg::ServerStatus),
        (target.host.vendor_port(), ClientMsg::Heartbeat { checkout: nobody, epoch: 1 }),
        (target.host.vendor_port(), ClientMsg::Status(ask)),
    ];
    let floods = words.map(|(port, word)| {
        thread::spawn(move || {
            let mut peer = Peer::introduced(port);
            let mut said = 0_u64;
            let error = loop {
                match peer.say(&word) {
                    Ok(()) => said += 1,
                    Err(error) => break error,
                }
            };
            (said, error)
        })
    });
    for _ in 0..20 {
        target.serves();
    }
    for flood in floods {
        let (said, error) = flood.join().expect("a flood ends");
        assert!(said > 100, "only {said} messages before {error}");
        let patient = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
        assert!(!patient.contains(&error.kind()), "it was borne with: {error}");
    }
    target.ends_unharmed();
}

#[test]
fn five_thousand_idle_connections_keep_nobody_out() {
    let mut target = Target::new();
    let count = usize::try_from(raise_open_files()).expect("it is small");
    let idle: Vec<TcpStream> = target
        .ports()
        .map(|port| thread::spawn(move || (0..count).map(|_| Peer::dial(port)).collect::<Vec<_>>()))
        .into_iter()
        .flat_map(|dialler| dialler.join().expect("the daemon takes them all"))
        .collect();
    assert_eq!(idle.len(), 2 * count);
    let open = target.pids().map(open_files);
    for _ in 0..10 {
        target.serves();
    }
    for (open, before) in open.iter().zip(target.open) {
        // On a busy machine the first are sent away, for want of a hello, before the last have come.
        assert!(open - before > count / 2, "only {open} of {count} were there at once");
    }
    // Nobody waits for them for ever.
    for mut stream in idle {
        assert!(hear_out(&mut stream).is_empty());
    }
    target.ends_unharmed();
}

/// Raises this process's limit as far as needed and allowed; returns how many connections each port can get.
fn raise_open_files() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = 2 * IDLERS + OTHER_FILES;
    let allowed = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    limit.current = limit.current.max(Some(allowed));
    setrlimit(Resource::Nofile, limit).expect("up to the hard limit it may be raised");
    let count = (allowed - OTHER_FILES) / 2;
    if count < IDLERS {
        let why = format!("{allowed} open files are allowed, so each port gets {count} instead of {IDLERS}");
        skip("a part of five_thousand_idle_connections_keep_nobody_out", &why);
    }
    count
}
