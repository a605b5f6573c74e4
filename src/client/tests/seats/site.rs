//! Behind the fake licence host: its two daemons, and what they know.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use licgate_core::code::Code;
use licgate_core::id::{CheckoutId, LeaseNumber, VendorName};
use licgate_core::licence::ast::Statement;
use licgate_core::licence::{Licence, Proof, Signer, parse};
use licgate_core::text::Source;
use licgate_core::wire::{
    Checkout, ClientMsg, Cursor, Granted, Locate, Part, Queued, Row, ServerMsg, ServerStatus, StatusAsk,
    StatusPage, Welcome,
};

use crate::host::Nature;
use crate::line::Line;

/// What the vendor daemon heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Checkout,
    Resume,
    Heartbeat,
    Checkin,
    HangUp,
}

pub(crate) struct Site {
    pub(crate) nature: Nature,
    pub(crate) vendor_port: u16,
    pub(crate) proof: Proof,
    pub(crate) heard: Mutex<Sender<Heard>>,
    pub(crate) desk: Mutex<Desk>,
}

pub(crate) struct Desk {
    pub(crate) free: u32,
    pub(crate) next: u64,
    pub(crate) not_now: u32,
    pub(crate) deaf: bool,
    pub(crate) dead: bool,
    pub(crate) tls: Arc<rustls::ServerConfig>,
    /// The next checkout of this kind is the last that is heard before the connection breaks, unanswered.
    pub(crate) swallows: Option<fn(&Checkout) -> bool>,
    /// Whether it says to everybody that he waits, and that all is well.
    pub(crate) stalling: bool,
    pub(crate) lines: Vec<Arc<Line>>,
    pub(crate) entries: BTreeMap<CheckoutId, Entry>,
}

pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) epoch: u32,
    pub(crate) seats: u32,
    pub(crate) held: bool,
    pub(crate) line: Arc<Line>,
}

/// Accepts for as long as the test runs.
pub(crate) fn serve(listener: TcpListener, site: &Arc<Site>, desk: fn(&Arc<Site>, &Arc<Line>)) {
    let site = Arc::clone(site);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let site = Arc::clone(&site);
            if site.desk().dead {
                continue;
            }
            let line = Arc::new(Line::new(stream.unwrap(), Arc::clone(&site.desk().tls)));
            thread::spawn(move || desk(&site, &line));
        }
    });
}

/// A licence of five seats, signed by the vendor for a licence host.
pub(crate) fn proof(nature: &Nature) -> Proof {
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
    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    fn tell(&self, heard: Heard) {
        // The test may have ended.
        self.heard.lock().unwrap().send(heard).ok();
    }

    pub(crate) fn master(self: &Arc<Self>, line: &Arc<Line>) {
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
                ClientMsg::ServerStatus => ServerMsg::ServerStatus(self.status()),
                other => panic!("a master does not expect {other:?}"),
            };
            line.send(&answer);
        }
    }

    fn status(&self) -> ServerStatus {
        ServerStatus {
            host: "lic1".into(),
            port: 27000,
            version: "0.1.0".into(),
            files: Vec::new(),
            vendors: Vec::new(),
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

    pub(crate) fn vendor(self: &Arc<Self>, line: &Arc<Line>) {
        self.desk().lines.push(Arc::clone(line));
        while let Some(message) = line.receive() {
            let (heard, answer) = match message {
                ClientMsg::Hello(hello) => {
                    line.send(&welcome(hello.protocol, "acme"));
                    continue;
                }
                ClientMsg::Status(ask) => {
                    line.send(&ServerMsg::Status(page(&ask)));
                    continue;
                }
                ClientMsg::Checkout(ask) => {
                    let answer = self.checkout(&ask, line);
                    if self.desk().swallows.take_if(|kind| kind(&ask)).is_some() {
                        line.cut();
                    }
                    (Heard::Checkout, Some(answer))
                }
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
        let held = desk.free >= ask.seats && !desk.stalling;
        if !held && !ask.wait && !desk.stalling {
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
        let mut desk = self.desk();
        let stalling = desk.stalling;
        match desk.entries.get_mut(&checkout) {
            Some(entry) => {
                entry.held &= !stalling;
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

    pub(crate) fn granted(&self, checkout: CheckoutId, entry: &Entry) -> ServerMsg {
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

/// Three pages of two rows; the pages after that say the same for ever.
fn page(ask: &StatusAsk) -> StatusPage {
    let number = ask.after.map_or(0, |after| after.feature);
    let row = Row::Absent {
        name: format!("feature{number}").as_str().into(),
        why: "it is a test".into(),
        seats: None,
    };
    let (last, stuck) = (number == 2, number > 2);
    let next = Cursor { feature: if stuck { number } else { number + 1 }, part: Part::Heading };
    StatusPage {
        rows: if stuck { Vec::new() } else { vec![row.clone(), row] },
        next: (!last).then_some(next),
    }
}
