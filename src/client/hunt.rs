//! The hunt for a seat: candidates are reached side by side and asked one after the other, as the [`race`] decides.

mod favourites;
mod race;
mod verdict;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::wire::ClientMsg;

use crate::ask::{Answer, answer, reach};
use crate::cancel::CancelToken;
use crate::candidates::{Candidate, LocalSeat, candidates};
use crate::errand::{Errand, Ids, Queueing};
use crate::error::{Error, Report};
use crate::server::Vendor;
pub use race::Order;
use race::{News, Race, Rules, Step};

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

/// Finds somebody who grants. What was passed over on the way is added to `notes`, or told by the error.
pub(crate) fn hunt(
    errand: &Errand,
    ids: Ids,
    queueing: Queueing,
    cancel: &CancelToken,
    notes: &mut Vec<String>,
) -> Result<Catch, Error> {
    let (mut candidates, errors) = candidates(errand);
    let favourite = favourites::bring_forward(&mut candidates, errand);
    let rules = Rules { order: errand.order, favourite, queueing, reach: errand.reach };
    let (events, inbox) = mpsc::channel();
    let mut hunt = Hunt {
        errand,
        queueing,
        cancel,
        race: Race::new(candidates.len(), rules),
        pack: candidates.into_iter().map(Member::new).collect(),
        start: Instant::now(),
        ids,
        events,
    };
    let result = hunt.run(&inbox);
    if let Ok(Catch::Server(won)) = &result {
        favourites::remember(errand, won.vendor.master());
    }
    if matches!(result, Err(Failure::NobodyLeft)) {
        hunt.pack.iter_mut().for_each(Member::give_up);
    }
    let fates = hunt.pack.into_iter().map(|member| (member.candidate, member.error)).collect();
    let errors: Vec<Error> = errors.into_iter().chain(verdict::errors(fates)).collect();
    match result {
        Ok(catch) => {
            notes.extend(errors.iter().map(verdict::note));
            Ok(catch)
        }
        Err(Failure::Cancelled) => Err(Error::Cancelled),
        Err(Failure::Machine(error)) => Err(error),
        Err(Failure::NobodyLeft) => Err(verdict::verdict(errand, errors, notes)),
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
    /// Its vendor daemon, while it is reached.
    vendor: Option<Vendor>,
    /// What was wrong with it last.
    error: Option<Error>,
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
        Self { candidate, vendor: None, error: None }
    }

    fn give_up(&mut self) {
        if let Candidate::Server { .. } = &self.candidate {
            self.error.get_or_insert_with(|| verdict::silent(&self.candidate.name()));
        }
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
                Step::Ask(index, queueing) => {
                    if let Some(catch) = self.ask(index, queueing)? {
                        return Ok(catch);
                    }
                }
                Step::Wait(until) => self.wait(inbox, until)?,
                Step::Over => return Err(Failure::NobodyLeft),
            }
        }
    }

    /// Begins to reach a candidate, in a thread of its own.
    fn set_out(&mut self, index: usize) -> Result<(), Error> {
        self.hear(index, News::Started);
        let Some(member) = self.pack.get(index) else { return Ok(()) };
        let Candidate::Server { host, port, .. } = &member.candidate else {
            self.hear(index, News::Reached);
            return Ok(());
        };
        let (host, port, what) = (host.clone(), *port, self.errand.what());
        let (events, deadline) = (self.events.clone(), self.start + self.errand.reach);
        let patience = match self.queueing {
            Queueing::No => self.start,
            Queueing::Yes => self.start + self.errand.patience,
        };
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

    fn wait(&mut self, inbox: &Receiver<Event>, until: Duration) -> Result<(), Failure> {
        match inbox.recv_timeout(until.saturating_sub(self.start.elapsed())) {
            Ok(Event::Cancelled) => return Err(Failure::Cancelled),
            Ok(Event::Reached(index, result)) => {
                let Some(member) = self.pack.get_mut(index) else { return Ok(()) };
                let news = match *result {
                    Ok(vendor) => {
                        member.vendor = Some(vendor);
                        News::Reached
                    }
                    Err(error) => News::of_failure(member.error.insert(error)),
                };
                self.hear(index, news);
            }
            // It is time for the next step.
            Err(_) => {}
        }
        Ok(())
    }

    fn ask(&mut self, index: usize, queueing: Queueing) -> Result<Option<Catch>, Failure> {
        let Some(member) = self.pack.get_mut(index) else { return Ok(None) };
        if let Candidate::Local(seat) = &member.candidate {
            return Ok(Some(Catch::Local(seat.clone())));
        }
        let Some(vendor) = member.vendor.take() else {
            self.hear(index, News::Lost);
            return Ok(None);
        };
        let link = Arc::clone(vendor.talk().link());
        let subscription = self.cancel.subscribe(move || link.close());
        let checkout = self.ids.at(vendor.talk().link().server_key());
        let request = ClientMsg::Checkout(self.errand.request(checkout, queueing));
        let asked = vendor.talk().say(&request);
        // Whoever waited here before an outage still does, and is told so, even if this question is not for a place.
        let answer = asked.and_then(|()| answer(&vendor, self.errand, checkout, self.queueing));
        drop(subscription);
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        match answer {
            Ok(answer) => Ok(Some(Catch::Server(Won { vendor, answer }))),
            Err(error) => {
                let news = News::of_answer(&error, queueing);
                member.error = Some(error);
                member.vendor = (news == News::Full).then_some(vendor);
                self.hear(index, news);
                Ok(None)
            }
        }
    }

    fn hear(&mut self, index: usize, news: News) {
        self.race.hear(index, news, self.start.elapsed());
    }
}
