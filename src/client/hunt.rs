//! The hunt for a seat: all candidates are reached side by side and asked one after the other.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::path::PortAtHost;
use licgate_core::wire::ClientMsg;

use crate::ask::{Answer, answer, reach};
use crate::cancel::CancelToken;
use crate::candidates::{Candidate, LocalSeat, candidates, nobody_scanned};
use crate::errand::{Errand, Ids, Queueing};
use crate::error::{Error, Report};
use crate::race::{Favourite, Race, Step};
use crate::server::Vendor;
use crate::talk::ANSWER;

/// What a hunt brings home.
#[derive(Debug)]
pub(crate) enum Catch {
    /// Seats, or a place in the queue, at a server.
    Server(Won),
    /// A licence file on this machine that needs no server.
    Local(LocalSeat),
}

/// A server that granted, or that lets wait.
#[derive(Debug)]
pub(crate) struct Won {
    pub(crate) vendor: Vendor,
    pub(crate) answer: Answer,
}

/// How often a server that was lost while it was asked is tried again.
const RETRIES: u32 = 8;

/// Finds somebody who grants. What was passed over on the way is told in `notes`.
pub(crate) fn hunt(
    errand: &Errand,
    ids: Ids,
    queueing: Queueing,
    cancel: &CancelToken,
    notes: &mut Vec<String>,
) -> Result<Catch, Error> {
    let (mut candidates, errors) = candidates(errand);
    let favourite = bring_forward(&mut candidates, favourites().get(&memory_key(errand)));
    let (events, inbox) = mpsc::channel();
    let mut hunt = Hunt {
        errand,
        queueing,
        cancel,
        race: Race::new(candidates.len(), errand.order, favourite),
        pack: candidates.into_iter().map(Member::new).collect(),
        start: Instant::now(),
        ids,
        events,
    };
    let result = hunt.run(&inbox);
    if let Ok(Catch::Server(won)) = &result {
        favourites().insert(memory_key(errand), won.vendor.master().clone());
    }
    let errors: Vec<Error> = errors.into_iter().chain(hunt.errors()).collect();
    match result {
        Ok(catch) => {
            notes.extend(errors.iter().map(note));
            Ok(catch)
        }
        Err(Failure::Cancelled) => Err(Error::Cancelled),
        Err(Failure::Machine(error)) => Err(error),
        Err(Failure::NobodyLeft) => Err(verdict(errand, errors)),
    }
}

struct Hunt<'a> {
    errand: &'a Errand,
    queueing: Queueing,
    cancel: &'a CancelToken,
    race: Race,
    pack: Vec<Member>,
    start: Instant,
    ids: Ids,
    events: Sender<Event>,
}

/// A candidate and how it fares.
struct Member {
    candidate: Candidate,
    vendor: Option<Vendor>,
    error: Option<Error>,
    tries: u32,
}

enum Event {
    Reached(usize, Box<Result<Vendor, Error>>),
    Cancelled,
}

enum Failure {
    NobodyLeft,
    Cancelled,
    Machine(Error),
}

impl Member {
    fn new(candidate: Candidate) -> Self {
        Self { candidate, vendor: None, error: None, tries: 0 }
    }
}

impl Hunt<'_> {
    fn run(&mut self, inbox: &Receiver<Event>) -> Result<Catch, Failure> {
        let events = Mutex::new(self.events.clone());
        let _subscription = self.cancel.subscribe(move || {
            events.lock().unwrap_or_else(PoisonError::into_inner).send(Event::Cancelled).ok();
        });
        loop {
            match self.race.next(self.start.elapsed()) {
                Step::Start(index) => self.set_out(index).map_err(Failure::Machine)?,
                Step::Ask(index) => {
                    if let Some(catch) = self.ask(index)? {
                        return Ok(catch);
                    }
                }
                Step::Wait(until) => self.wait(inbox, until)?,
                Step::Over => return self.queue_somewhere(),
            }
        }
    }

    /// Begins to reach a candidate, in a thread of its own.
    fn set_out(&mut self, index: usize) -> Result<(), Error> {
        let now = self.start.elapsed();
        let Some(member) = self.pack.get_mut(index) else { return Ok(()) };
        self.race.started(index);
        let Candidate::Server { host, port, .. } = &member.candidate else {
            self.race.reached(index, now);
            return Ok(());
        };
        member.tries += 1;
        let (host, port, what) = (host.clone(), *port, self.errand.what());
        let (events, deadline) = (self.events.clone(), self.start + self.errand.reach);
        let patience = self.queueing;
        let work = move || {
            let result = reach(&host, port, &what, deadline, patience);
            // The hunt may be over.
            events.send(Event::Reached(index, Box::new(result))).ok();
        };
        let started = thread::Builder::new().name("licgate-reach".into()).spawn(work);
        started.map(drop).map_err(|error| {
            Error::Machine(
                Report::new(Code::CANNOT_CONNECT, "this process can start no more threads").system(&error),
            )
        })
    }

    fn wait(&mut self, inbox: &Receiver<Event>, until: Option<Duration>) -> Result<(), Failure> {
        // The threads end by themselves: the margin only covers a machine that is very slow to run them.
        let longest = self.errand.reach + ANSWER;
        let pause = until.unwrap_or(longest).saturating_sub(self.start.elapsed());
        match inbox.recv_timeout(pause) {
            Ok(Event::Cancelled) => Err(Failure::Cancelled),
            Ok(Event::Reached(index, result)) => {
                let now = self.start.elapsed();
                let Some(member) = self.pack.get_mut(index) else { return Ok(()) };
                match *result {
                    Ok(vendor) => {
                        member.vendor = Some(vendor);
                        self.race.reached(index, now);
                    }
                    Err(error) => {
                        let said_no = matches!(error, Error::Denied(_));
                        member.error = Some(error);
                        if said_no { self.race.said_no(index) } else { self.race.unreachable(index) }
                    }
                }
                Ok(())
            }
            Err(_) if until.is_none() => Err(Failure::NobodyLeft),
            Err(_) => Ok(()),
        }
    }

    fn ask(&mut self, index: usize) -> Result<Option<Catch>, Failure> {
        // With several to ask nobody queues before all have been asked.
        let queueing = if self.pack.len() == 1 { self.queueing } else { Queueing::No };
        self.ask_for(index, queueing)
    }

    fn ask_for(&mut self, index: usize, queueing: Queueing) -> Result<Option<Catch>, Failure> {
        let late = self.start.elapsed() >= self.errand.reach;
        let Some(member) = self.pack.get_mut(index) else { return Ok(None) };
        if let Candidate::Local(seat) = &member.candidate {
            return Ok(Some(Catch::Local(seat.clone())));
        }
        let Some(vendor) = member.vendor.take() else { return Ok(None) };
        let link = std::sync::Arc::clone(vendor.talk().link());
        let subscription = self.cancel.subscribe(move || link.close());
        // Whoever waited here before an outage still does, and is told so, even if this question is not for a place.
        let checkout = self.ids.at(vendor.talk().link().server_key());
        let request = ClientMsg::Checkout(self.errand.request(checkout, queueing));
        let asked = vendor.talk().say(&request);
        let answer = asked.and_then(|()| answer(&vendor, self.errand, checkout, self.queueing));
        drop(subscription);
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        match answer {
            Ok(answer) => return Ok(Some(Catch::Server(Won { vendor, answer }))),
            Err(error) => {
                let lost = matches!(error, Error::Unreachable(_));
                member.error = Some(error);
                if lost && !late && member.tries < RETRIES {
                    self.race.lost(index);
                } else if lost {
                    self.race.unreachable(index);
                } else {
                    member.vendor = Some(vendor);
                    self.race.said_no(index);
                }
            }
        }
        Ok(None)
    }

    /// Everybody has said no. Whoever wants to wait does so where the list first leads to a full pool.
    fn queue_somewhere(&mut self) -> Result<Catch, Failure> {
        let is_full = |member: &Member| {
            member.vendor.is_some() && member.error.as_ref().and_then(Error::code) == Some(Code::ALL_IN_USE)
        };
        if self.queueing == Queueing::Yes
            && let Some(index) = self.pack.iter().position(is_full)
            && let Some(catch) = self.ask_for(index, Queueing::Yes)?
        {
            return Ok(catch);
        }
        Err(Failure::NobodyLeft)
    }

    /// What went wrong, in the list's order. At scanned ports nobody is expected, so all of a host's count as one.
    fn errors(self) -> Vec<Error> {
        let mut errors = Vec::new();
        let mut scanned: BTreeMap<String, bool> = BTreeMap::new();
        for member in self.pack {
            let Candidate::Server { host, scanned: is_scanned, .. } = &member.candidate else { continue };
            let nobody = member.error.as_ref().is_some_and(|error| matches!(error, Error::Unreachable(_)));
            if *is_scanned {
                *scanned.entry(host.clone()).or_insert(true) &= nobody;
            }
            if !(*is_scanned && nobody) {
                errors.extend(member.error);
            }
        }
        errors
            .extend(scanned.into_iter().filter(|(_, nobody)| *nobody).map(|(host, _)| nobody_scanned(&host)));
        errors
    }
}

/// The most telling of several errors, with what the others say.
fn verdict(errand: &Errand, errors: Vec<Error>) -> Error {
    let searched = errand.searched();
    let mut best: Option<Error> = None;
    let mut others = Vec::new();
    for error in errors {
        match &mut best {
            Some(leader) if leader.weight() >= error.weight() => others.push(note(&error)),
            leader => others.extend(leader.replace(error).as_ref().map(note)),
        }
    }
    let nowhere = || {
        let why =
            "no licence server and no licence file is named here; set LICGATE_LICENSE_FILE to port@host";
        Error::Unreachable(Report::new(Code::NO_LICENSE_FILE, why))
    };
    best.unwrap_or_else(nowhere).about(errand.feature.as_str(), &searched, others)
}

fn note(error: &Error) -> String {
    error.report().map_or_else(|| error.to_string(), |report| report.why().to_owned())
}

/// Which server granted last, for each question that this process has asked.
fn favourites() -> MutexGuard<'static, BTreeMap<String, PortAtHost>> {
    static FAVOURITES: Mutex<BTreeMap<String, PortAtHost>> = Mutex::new(BTreeMap::new());
    FAVOURITES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn memory_key(errand: &Errand) -> String {
    format!("{:?} {}", errand.vendor, errand.searched().join(" "))
}

fn bring_forward(candidates: &mut [Candidate], favourite: Option<&PortAtHost>) -> Favourite {
    let Some(favourite) = favourite.map(ToString::to_string) else { return Favourite::None };
    match candidates.iter().position(|candidate| candidate.name() == favourite) {
        Some(at) => {
            candidates.get_mut(..=at).unwrap_or_default().rotate_right(1);
            Favourite::First
        }
        None => Favourite::None,
    }
}
