//! Connections to the daemons of a licence host, as tools need them: status, whereabouts, a ping.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::id::VendorName;
use licgate_core::wire::{ClientMsg, ServerMsg, located};

pub use licgate_core::path::PortAtHost;
pub use licgate_core::wire::{
    Locate, Located, Lock, Row, ServerStatus, StatusAsk, VendorState, VendorStatus,
};

pub use crate::rows::Rows;

use crate::candidates::nobody_scanned;
use crate::dial::{Target, dial};
use crate::error::{Error, Report};
use crate::route;
use crate::talk::{ANSWER, Talk, bounded};

/// A connection to a master daemon.
#[derive(Debug)]
pub struct Master {
    talk: Talk,
    address: PortAtHost,
}

impl Master {
    /// Connects within this time. Without a port, all of 27000 to 27009 are tried at once.
    ///
    /// # Errors
    /// [`Error::Unreachable`], or [`Error::Peer`] when something else answers there.
    pub fn connect(address: &PortAtHost, within: Duration) -> Result<Self, Error> {
        let deadline = Instant::now() + bounded(within);
        match address.port {
            Some(port) => Self::connect_to(&address.host, port, deadline),
            None => Self::scan(address, deadline),
        }
    }

    pub(crate) fn connect_to(host: &str, port: u16, deadline: Instant) -> Result<Self, Error> {
        let address = PortAtHost { host: host.into(), port: Some(port) };
        let dialled = dial(&[Target { host: host.into(), port }], deadline)?;
        Ok(Self { talk: Talk::open(dialled.stream, &address, deadline)?, address })
    }

    /// The first port at which a licgate server answers.
    fn scan(address: &PortAtHost, deadline: Instant) -> Result<Self, Error> {
        let (results, inbox) = mpsc::channel();
        for port in address.ports() {
            let (results, host) = (results.clone(), address.host.clone());
            let work = move || {
                // Nobody listens any more once another port has answered.
                results.send(Self::connect_to(&host, port, deadline)).ok();
            };
            let started = thread::Builder::new().name("licgate-scan".into()).spawn(work);
            started.map_err(|error| {
                Error::Machine(
                    Report::new(Code::CANNOT_CONNECT, "this process can start no more threads")
                        .system(&error),
                )
            })?;
        }
        drop(results);
        let (mut silent, mut heard) = (None, None);
        for result in inbox {
            match result {
                Ok(master) => return Ok(master),
                Err(error @ Error::Unreachable(_)) => silent = Some(error),
                Err(error) => heard = Some(error),
            }
        }
        let nobody = || silent.map(|error| nobody_scanned(&address.host, error));
        let none = || Error::Unreachable(Report::new(Code::CANNOT_CONNECT, "no port to try"));
        Err(heard.or_else(nobody).unwrap_or_else(none))
    }

    /// Where it was found.
    pub fn address(&self) -> &PortAtHost {
        &self.address
    }

    /// The key that it proved, which is the licence host's host id `KEY=ed25519:…`.
    pub fn key(&self) -> Option<[u8; 32]> {
        self.talk.link().server_key()
    }

    /// How it is, and who works for it.
    ///
    /// # Errors
    /// The connection broke, or the server refuses.
    pub fn status(&self) -> Result<ServerStatus, Error> {
        match self.talk.ask(&ClientMsg::ServerStatus, Instant::now() + ANSWER)? {
            ServerMsg::ServerStatus(status) => Ok(status),
            _ => Err(self.talk.senseless("the question for its status")),
        }
    }

    /// How long one question and its answer take.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub fn ping(&self) -> Result<Duration, Error> {
        let start = Instant::now();
        self.status().map(|_| start.elapsed())
    }

    /// Where the daemon of a vendor, or of a feature, is.
    ///
    /// # Errors
    /// The connection broke. That nobody serves it is an answer, not an error.
    pub fn locate(&self, what: &Locate) -> Result<Located, Error> {
        self.locate_by(what, Instant::now() + ANSWER)
    }

    fn locate_by(&self, what: &Locate, deadline: Instant) -> Result<Located, Error> {
        self.talk.say(&ClientMsg::Locate(what.clone()))?;
        let answer = self.talk.hear(deadline)?;
        located(what, answer).map_err(|_| self.talk.senseless("the question where the vendor daemon is"))
    }

    /// The vendor daemon itself. While it is being restarted this waits, for as long as `within` allows.
    ///
    /// # Errors
    /// [`Error::Denied`] when nobody here serves that or the daemon will not come back by itself, and as
    /// [`connect`](Self::connect).
    pub fn vendor(&self, what: &Locate, within: Duration) -> Result<Vendor, Error> {
        self.vendor_by(what, Instant::now() + bounded(within))
    }

    pub(crate) fn vendor_by(&self, what: &Locate, deadline: Instant) -> Result<Vendor, Error> {
        loop {
            let (pause, error) = match self.locate_by(what, deadline)? {
                Located::Refused { code, lines } => {
                    return Err(Error::Denied(Report::new(code, lines.join("\n"))));
                }
                Located::NotNow { retry_after: None, why } => {
                    return Err(Error::Denied(Report::new(Code::VENDOR_DOWN, why)));
                }
                Located::NotNow { retry_after: Some(pause), why } => {
                    (pause, Error::Unreachable(Report::new(Code::VENDOR_DOWN, why)))
                }
                // A vendor daemon that has just died is not yet missed by its master.
                Located::At { vendor, host, port } => {
                    match self.connect_vendor(&vendor, &host, port, deadline) {
                        Ok(vendor) => return Ok(vendor),
                        Err(error) => (LATER, error),
                    }
                }
            };
            let pause = pause.clamp(SOON, LATER);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            thread::sleep(pause);
        }
    }

    fn connect_vendor(
        &self,
        name: &VendorName,
        named: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vendor, Error> {
        let dialled = &self.address.host;
        let mut targets = route::targets(named, dialled, port);
        loop {
            let found = dial(&targets, deadline).map_err(|error| not_there(name, port, &error))?;
            let target = targets.remove(found.target);
            let address = PortAtHost { host: target.host.clone(), port: Some(port) };
            match Vendor::open(found.stream, name, address, self.address.clone(), deadline) {
                Ok(vendor) => {
                    route::remember(named, dialled, &target.host);
                    return Ok(vendor);
                }
                Err(error) if targets.is_empty() => return Err(error),
                // The name leads to something, but not to the vendor daemon: the other one may.
                Err(_) => {}
            }
        }
    }
}

/// Bounds for the pause before a vendor daemon is asked for again.
const SOON: Duration = Duration::from_millis(50);
const LATER: Duration = Duration::from_millis(500);

fn not_there(vendor: &VendorName, port: u16, error: &Error) -> Error {
    let words = error.report().map(Report::why).unwrap_or_default();
    let why = format!("the vendor daemon {vendor} on port {port} cannot be reached: {words}");
    Error::Unreachable(Report::new(Code::VENDOR_DOWN, why))
}

/// A connection to a vendor daemon.
#[derive(Debug)]
pub struct Vendor {
    talk: Talk,
    name: VendorName,
    address: PortAtHost,
    master: PortAtHost,
}

impl Vendor {
    /// Finds the daemon through its master at `master` and connects, all within this time.
    ///
    /// # Errors
    /// As [`Master::connect`] and [`Master::vendor`].
    pub fn reach(master: &PortAtHost, what: &Locate, within: Duration) -> Result<Self, Error> {
        let deadline = Instant::now() + bounded(within);
        Master::connect(master, within)?.vendor_by(what, deadline)
    }

    fn open(
        stream: std::net::TcpStream,
        name: &VendorName,
        address: PortAtHost,
        master: PortAtHost,
        deadline: Instant,
    ) -> Result<Self, Error> {
        let talk = Talk::open(stream, &address, deadline)?;
        match talk.link().welcome() {
            Some(welcome) if welcome.name == name.as_str() => {
                Ok(Self { talk, name: name.clone(), address, master })
            }
            _ => {
                let why = format!("at {address} is another daemon than the vendor daemon {name}");
                Err(Error::Peer(Report::new(Code::BAD_REPLY, why)))
            }
        }
    }

    /// Connects to the same daemon at the place where it was last, without its master's help.
    pub(crate) fn reopen(&self, deadline: Instant) -> Result<Self, Error> {
        let port = self.address.port.unwrap_or_default();
        let dialled = dial(&[Target { host: self.address.host.clone(), port }], deadline)?;
        Self::open(dialled.stream, &self.name, self.address.clone(), self.master.clone(), deadline)
    }

    /// The vendor's name.
    pub fn name(&self) -> &VendorName {
        &self.name
    }

    /// Where the daemon was found.
    pub fn address(&self) -> &PortAtHost {
        &self.address
    }

    /// Where its master was found.
    pub fn master(&self) -> &PortAtHost {
        &self.master
    }

    pub(crate) fn talk(&self) -> &Talk {
        &self.talk
    }

    /// All rows of the status that is asked for, page by page, in the order in which they are printed. After an error the
    /// iterator ends.
    pub fn status(&self, ask: StatusAsk) -> Rows<'_> {
        Rows::new(&self.talk, ask)
    }
}
