//! A TCP connection to the first of several addresses that answers, so that a dead one costs nothing.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use licgate_core::code::Code;

use crate::error::{Error, Report};

/// A host and a port to be dialled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A connection, and which of the targets it leads to.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) stream: TcpStream,
    pub(crate) target: usize,
}

/// How long one address is waited for before the next one is tried beside it (RFC 8305 recommends 250 ms).
const STAGGER: Duration = Duration::from_millis(250);

/// How many addresses of one name are tried.
const ADDRESSES: usize = 8;

/// The first connection that comes about. Earlier targets, and earlier addresses of a name, get a head start.
pub(crate) fn dial(targets: &[Target], deadline: Instant) -> Result<Dialled, Error> {
    let (events, inbox) = mpsc::channel();
    let mut waiting: VecDeque<Attempt> =
        targets.iter().enumerate().map(|(index, target)| Attempt::Resolve(index, target.clone())).collect();
    let (mut running, mut first_failure) = (0_usize, None);
    loop {
        if let Some(attempt) = waiting.pop_front() {
            attempt.start(&events, deadline)?;
            running += 1;
        } else if running == 0 {
            return Err(first_failure.unwrap_or_else(|| silent(targets)));
        }
        let pause = if waiting.is_empty() { deadline } else { deadline.min(Instant::now() + STAGGER) };
        match inbox.recv_timeout(pause.saturating_duration_since(Instant::now())) {
            Ok(Event::Connected(dialled)) => return Ok(dialled),
            Ok(Event::Resolved(index, addresses)) => {
                running -= 1;
                for address in addresses.into_iter().take(ADDRESSES).rev() {
                    waiting.push_front(Attempt::Connect(index, address));
                }
            }
            Ok(Event::Failed(error)) => {
                running -= 1;
                first_failure.get_or_insert(error);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                if Instant::now() >= deadline {
                    return Err(first_failure.unwrap_or_else(|| silent(targets)));
                }
            }
        }
    }
}

/// One thing to try in a thread of its own: the system's resolver knows no deadline.
enum Attempt {
    Resolve(usize, Target),
    Connect(usize, SocketAddr),
}

enum Event {
    Resolved(usize, Vec<SocketAddr>),
    Connected(Dialled),
    Failed(Error),
}

impl Attempt {
    fn start(self, events: &Sender<Event>, deadline: Instant) -> Result<(), Error> {
        let events = events.clone();
        let work = move || {
            // Nobody listens any more once another attempt has won.
            events.send(self.run(deadline)).ok();
        };
        thread::Builder::new().name("licgate-dial".into()).spawn(work).map(drop).map_err(|error| {
            Error::Machine(
                Report::new(Code::CANNOT_CONNECT, "this process can start no more threads").system(&error),
            )
        })
    }

    fn run(self, deadline: Instant) -> Event {
        match self {
            Self::Resolve(index, Target { host, port }) => match (host.as_str(), port).to_socket_addrs() {
                Ok(addresses) => Event::Resolved(index, interleave(addresses.collect())),
                Err(error) => Event::Failed(unresolved(&host, &error)),
            },
            Self::Connect(target, address) => {
                let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
                match TcpStream::connect_timeout(&address, left) {
                    Ok(stream) => Event::Connected(Dialled { stream, target }),
                    Err(error) => Event::Failed(unanswered(address, &error)),
                }
            }
        }
    }
}

/// The system's order of preference, but with the address families taking turns: often only one of them works.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().copied() else { return addresses };
    let (mut same, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut mixed = Vec::with_capacity(same.len() + other.len());
    while !same.is_empty() || !other.is_empty() {
        mixed.extend(same.pop_front());
        mixed.extend(other.pop_front());
    }
    mixed
}

fn unresolved(host: &str, error: &io::Error) -> Error {
    let why = format!(
        "the host name '{host}' is not known here ({error}); check its spelling, or give the address"
    );
    Error::Unreachable(Report::new(Code::UNKNOWN_HOST, why))
}

fn unanswered(address: SocketAddr, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::ConnectionRefused {
        let why =
            format!("nobody listens at {address}; is the licence server running, and is this its port?");
        return Error::Unreachable(Report::new(Code::CANNOT_CONNECT, why).system(error));
    }
    let why =
        format!("{address} does not answer; is the machine up, and does a firewall let this port pass?");
    Error::Unreachable(Report::new(Code::SERVER_DOWN, why).system(error))
}

fn silent(targets: &[Target]) -> Error {
    let names: Vec<_> = targets.iter().map(|target| format!("{}@{}", target.port, target.host)).collect();
    let why = format!(
        "{} does not answer in time; is the machine up, and does a firewall let this port pass?",
        names.join(" or ")
    );
    Error::Unreachable(Report::new(Code::SERVER_DOWN, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn target(host: &str, port: u16) -> Target {
        Target { host: host.into(), port }
    }

    /// A port of this machine at which nobody listens.
    fn dead_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn the_first_target_that_answers_wins() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let live = target("127.0.0.1", listener.local_addr().unwrap().port());
        let dead = target("127.0.0.1", dead_port());
        let unknown = target("no-such-host.invalid", 1);
        for (targets, winner) in
            [(vec![live.clone()], 0), (vec![dead.clone(), live.clone()], 1), (vec![unknown, dead, live], 2)]
        {
            assert_eq!(dial(&targets, soon()).unwrap().target, winner, "{targets:?}");
        }
    }

    #[test]
    fn the_first_failure_is_reported_with_flexnets_code() {
        let unknown = target("no-such-host.invalid", 1);
        for (targets, code) in [
            (vec![target("127.0.0.1", dead_port())], Code::CANNOT_CONNECT),
            (vec![unknown], Code::UNKNOWN_HOST),
            (vec![], Code::SERVER_DOWN),
        ] {
            assert_eq!(dial(&targets, soon()).unwrap_err().code(), Some(code), "{targets:?}");
        }
    }

    #[test]
    fn address_families_take_turns() {
        let parse =
            |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = interleave(parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]));
        assert_eq!(mixed, parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]));
        assert!(interleave(Vec::new()).is_empty());
    }
}
