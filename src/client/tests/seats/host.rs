//! A fake licence host: a master and a vendor daemon in threads of the test, with seats that the test commands.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::id::{CheckoutId, LeaseNumber, VendorName};
use licgate_core::licence::ast::Statement;
use licgate_core::licence::{Licence, Proof, Signer, parse};
use licgate_core::text::Source;
use licgate_core::wire::{Checkout, ClientMsg, Granted, Locate, Queued, ServerMsg, Welcome};

use crate::line::Line;

/// What the vendor signs with; `vendor_key` is what the applications know.
pub(crate) fn vendor() -> Signer {
    Signer::new(&[7; 32])
}

pub(crate) fn vendor_key() -> String {
    vendor().public().to_string()
}

/// How a fake licence host behaves.
pub(crate) struct Nature {
    /// The private half of its identity.
    pub(crate) identity: [u8; 32],
    /// The seeds for which the licence's SERVER line was signed, and with which the vendor signed.
    pub(crate) signed_for: [u8; 32],
    pub(crate) signed_by: [u8; 32],
    pub(crate) seats: u32,
    pub(crate) silence_ms: u32,
    /// The host that the master names.
    pub(crate) named: &'static str,
    /// How often the master says "not now" first.
    pub(crate) not_now: u32,
}

impl Default for Nature {
    fn default() -> Self {
        let (identity, signed_for, signed_by) = ([1; 32], [1; 32], [7; 32]);
        Self { identity, signed_for, signed_by, seats: 1, silence_ms: 60_000, named: "this_host", not_now: 0 }
    }
}

pub(crate) struct Host {
    pub(crate) port: u16,
    site: Arc<Site>,
    heard: Receiver<Heard>,
}

/// What the vendor daemon heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Checkout,
    Resume,
    Heartbeat,
    Checkin,
    HangUp,
}

struct Site {
    nature: Nature,
    tls: Arc<rustls::ServerConfig>,
    vendor_port: u16,
    proof: Proof,
    heard: Mutex<Sender<Heard>>,
    desk: Mutex<Desk>,
}

struct Desk {
    free: u32,
    next: u64,
    not_now: u32,
    deaf: bool,
    lines: Vec<Arc<Line>>,
    entries: BTreeMap<CheckoutId, Entry>,
}

struct Entry {
    number: u64,
    epoch: u32,
    seats: u32,
    held: bool,
    line: Arc<Line>,
}

impl Host {
    pub(crate) fn start(nature: Nature) -> Self {
        let (master, vendor) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (port, vendor_port) = (master.local_addr().unwrap().port(), vendor.local_addr().unwrap().port());
        let (sender, heard) = mpsc::channel();
        let desk = Desk {
            free: nature.seats,
            next: 101,
            not_now: nature.not_now,
            deaf: false,
            lines: Vec::new(),
            entries: BTreeMap::new(),
        };
        let site = Arc::new(Site {
            tls: licgate_tls::server_config(&Signer::new(&nature.identity)).unwrap(),
            proof: proof(&nature),
            nature,
            vendor_port,
            heard: Mutex::new(sender),
            desk: Mutex::new(desk),
        });
        serve(master, &site, Site::master);
        serve(vendor, &site, Site::vendor);
        Self { port, site, heard }
    }

    pub(crate) fn address(&self) -> String {
        format!("{}@127.0.0.1", self.port)
    }

    /// Waits until the vendor daemon has heard this.
    pub(crate) fn heard(&self, wanted: Heard) {
        loop {
            let heard = self.heard.recv_timeout(Duration::from_secs(20));
            if heard.unwrap_or_else(|_| panic!("never heard {wanted:?}")) == wanted {
                return;
            }
        }
    }

    /// Breaks all connections with the vendor daemon.
    pub(crate) fn cut(&self) {
        let lines = std::mem::take(&mut self.site.desk().lines);
        lines.iter().for_each(|line| line.cut());
    }

    /// Forgets all checkouts, as if their silence period had passed.
    pub(crate) fn forget(&self) {
        let mut desk = self.site.desk();
        desk.entries.clear();
        desk.free = self.site.nature.seats;
    }

    /// Sets the number of free seats.
    pub(crate) fn set_free(&self, free: u32) {
        self.site.desk().free = free;
    }

    pub(crate) fn free(&self) -> u32 {
        self.site.desk().free
    }

    /// No longer answers heartbeats and returns.
    pub(crate) fn be_deaf(&self) {
        self.site.desk().deaf = true;
    }

    /// Ends all checkouts.
    pub(crate) fn end(&self, code: Code) {
        let entries = std::mem::take(&mut self.site.desk().entries);
        for (checkout, entry) in entries {
            entry.line.send(&ServerMsg::Gone { checkout, code, why: "the feature has gone".into() });
        }
    }

    /// Gives a seat to whoever waits.
    pub(crate) fn promote(&self) {
        let mut desk = self.site.desk();
        let waiting =
            desk.entries.iter_mut().filter(|(_, entry)| !entry.held).min_by_key(|(_, entry)| entry.number);
        let (checkout, entry) = waiting.unwrap();
        entry.held = true;
        entry.line.send(&self.site.granted(*checkout, entry));
    }
}

/// Accepts for as long as the test runs.
fn serve(listener: TcpListener, site: &Arc<Site>, desk: fn(&Arc<Site>, &Arc<Line>)) {
    let site = Arc::clone(site);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let site = Arc::clone(&site);
            let line = Arc::new(Line::new(stream.unwrap(), Arc::clone(&site.tls)));
            thread::spawn(move || desk(&site, &line));
        }
    });
}

/// A licence of five seats, signed by the vendor for a licence host.
fn proof(nature: &Nature) -> Proof {
    let key = Signer::new(&nature.signed_for).public();
    let text = format!("SERVER lic1 KEY={key} 27000\nVENDOR acme\nINCREMENT solver acme 2.10 permanent 5\n");
    let signed = sign(&text, &nature.signed_by);
    let line = signed.statements.iter().find(|line| matches!(line.node, Statement::Feature(_))).unwrap();
    Proof { lines: vec![line.node.to_string()], server_hostids: vec![format!("KEY={key}")] }
}

pub(crate) fn sign(text: &str, signer: &[u8; 32]) -> Licence {
    let (licence, remarks) = parse(&Source::new("test.lic", text));
    assert!(licence.statements.len() >= text.lines().count(), "{remarks:?}");
    Signer::new(signer).sign(&licence, &VendorName::from("acme"))
}

impl Site {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    fn tell(&self, heard: Heard) {
        // The test may have ended.
        self.heard.lock().unwrap().send(heard).ok();
    }

    fn master(self: &Arc<Self>, line: &Arc<Line>) {
        while let Some(message) = line.receive() {
            let answer = match message {
                ClientMsg::Hello(hello) => welcome(hello.protocol, "licmgrd"),
                ClientMsg::Locate(Locate::Vendor(vendor)) if vendor.as_str() != "acme" => {
                    ServerMsg::Refused {
                        code: Code::NO_SUCH_FEATURE,
                        lines: vec![format!("nobody here serves vendor {vendor}")],
                    }
                }
                ClientMsg::Locate(_) => self.located(),
                other => panic!("a master does not expect {other:?}"),
            };
            line.send(&answer);
        }
    }

    fn located(&self) -> ServerMsg {
        let mut desk = self.desk();
        if desk.not_now > 0 {
            desk.not_now -= 1;
            return ServerMsg::NotNow {
                retry_after_ms: Some(1),
                why: "the vendor daemon is starting".into(),
            };
        }
        ServerMsg::At { vendor: "acme".into(), port: self.vendor_port, host: self.nature.named.into() }
    }

    fn vendor(self: &Arc<Self>, line: &Arc<Line>) {
        self.desk().lines.push(Arc::clone(line));
        while let Some(message) = line.receive() {
            let (heard, answer) = match message {
                ClientMsg::Hello(hello) => {
                    line.send(&welcome(hello.protocol, "acme"));
                    continue;
                }
                ClientMsg::Checkout(ask) => (Heard::Checkout, Some(self.checkout(&ask, line))),
                ClientMsg::Resume { checkout } => (Heard::Resume, Some(self.resume(checkout, line))),
                ClientMsg::Heartbeat { checkout, epoch } => {
                    (Heard::Heartbeat, self.heartbeat(checkout, epoch))
                }
                ClientMsg::Checkin { checkout, epoch } => (Heard::Checkin, self.checkin(checkout, epoch)),
                other => panic!("a vendor daemon does not expect {other:?}"),
            };
            answer.iter().for_each(|answer| line.send(answer));
            self.tell(heard);
        }
        self.tell(Heard::HangUp);
    }

    fn checkout(&self, ask: &Checkout, line: &Arc<Line>) -> ServerMsg {
        let mut desk = self.desk();
        let (checkout, number) = (ask.checkout, desk.next);
        desk.next += 1;
        let held = desk.free >= ask.seats;
        if !held && !ask.wait {
            return ServerMsg::Denied {
                checkout,
                code: Code::ALL_IN_USE,
                why: "ann@ws1 holds the only seat".into(),
            };
        }
        let entry = Entry { number, epoch: 1, seats: ask.seats, held, line: Arc::clone(line) };
        if held {
            desk.free -= ask.seats;
        }
        let answer = self.standing(checkout, &entry);
        desk.entries.insert(checkout, entry);
        answer
    }

    fn resume(&self, checkout: CheckoutId, line: &Arc<Line>) -> ServerMsg {
        match self.desk().entries.get_mut(&checkout) {
            Some(entry) => {
                entry.epoch += 1;
                entry.line = Arc::clone(line);
                self.standing(checkout, entry)
            }
            None => unknown(checkout),
        }
    }

    fn heartbeat(&self, checkout: CheckoutId, epoch: u32) -> Option<ServerMsg> {
        let desk = self.desk();
        if desk.deaf {
            return None;
        }
        let known = desk.entries.get(&checkout).filter(|entry| entry.epoch == epoch);
        Some(known.map_or_else(
            || unknown(checkout),
            |entry| ServerMsg::Alive { checkout, position: (!entry.held).then_some(1) },
        ))
    }

    fn checkin(&self, checkout: CheckoutId, epoch: u32) -> Option<ServerMsg> {
        let mut desk = self.desk();
        if desk.deaf {
            return None;
        }
        match desk.entries.remove(&checkout) {
            Some(entry) if entry.epoch == epoch => {
                desk.free += if entry.held { entry.seats } else { 0 };
                Some(ServerMsg::Returned { checkout })
            }
            _ => Some(unknown(checkout)),
        }
    }

    fn standing(&self, checkout: CheckoutId, entry: &Entry) -> ServerMsg {
        if entry.held {
            return self.granted(checkout, entry);
        }
        let why = "ann@ws1 holds the only seat".into();
        ServerMsg::Queued(Queued {
            checkout,
            epoch: entry.epoch,
            position: 1,
            silence_ms: self.nature.silence_ms,
            why,
        })
    }

    fn granted(&self, checkout: CheckoutId, entry: &Entry) -> ServerMsg {
        ServerMsg::Granted(Granted {
            checkout,
            lease: LeaseNumber(entry.number),
            epoch: entry.epoch,
            version: licgate_core::version::Version::parse("2.10").unwrap(),
            seats: entry.seats,
            silence_ms: self.nature.silence_ms,
            proof: self.proof.clone(),
        })
    }
}

fn welcome(protocol: u16, name: &str) -> ServerMsg {
    ServerMsg::Welcome(Welcome { protocol, name: name.into(), version: "0.1.0".into() })
}

fn unknown(checkout: CheckoutId) -> ServerMsg {
    ServerMsg::Denied {
        checkout,
        code: Code::NEVER_CHECKED_OUT,
        why: "this checkout is not known here".into(),
    }
}
