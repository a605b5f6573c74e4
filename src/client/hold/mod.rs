//! A seat that is held, or waited for, and the thread that keeps it.

mod keeper;
mod lease;
mod outage;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::id::{CheckoutId, LeaseNumber};
use licgate_core::version::Version;
use licgate_core::wire::{ClientMsg, Granted};

use crate::ask::Answer;
use crate::cancel::CancelToken;
use crate::errand::Errand;
use crate::error::{Error, Report};
use crate::hunt::Won;
use crate::link::Link;
use crate::server::Vendor;
use keeper::Keeper;

/// How long a dropped seat's return may keep the application waiting. What takes longer goes on in the background.
const DROP: Duration = Duration::from_secs(2);

/// What the application wants to be told.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) on_lost: Option<OnLost>,
    pub(crate) on_queued: Option<OnQueued>,
}

type OnLost = Box<dyn FnOnce(&Error) + Send>;
type OnQueued = Box<dyn FnMut(u32) + Send>;

/// A seat, or a place in the queue, and its keeper. Dropped, it goes back.
#[derive(Debug)]
pub(crate) struct Hold {
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
}

/// A seat as it was granted last.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    pub(crate) lease: LeaseNumber,
    pub(crate) version: Version,
    pub(crate) seats: u32,
    pub(crate) server: String,
}

impl Seat {
    fn new(granted: &Granted, vendor: &Vendor) -> Self {
        Self {
            lease: granted.lease,
            version: granted.version.clone(),
            seats: granted.seats,
            server: vendor.master().to_string(),
        }
    }
}

/// What the keeper and the application's threads share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Whether the seat is to go back.
    stopping: bool,
    /// The connection, while there is one on which the checkout lives.
    line: Option<Line>,
    /// Whether the keeper has finished.
    ended: bool,
}

#[derive(Debug, Clone)]
enum Phase {
    Waiting(u32),
    Held(Seat),
    Lost(Error),
    Returned,
}

#[derive(Debug, Clone)]
struct Line {
    link: Arc<Link>,
    checkout: CheckoutId,
    epoch: u32,
}

impl Line {
    /// Asks the server to take the seat back. If that fails, the connection is broken and the server finds out by itself.
    fn check_in(&self) {
        self.link.send(&ClientMsg::Checkin { checkout: self.checkout, epoch: self.epoch }).ok();
    }
}

impl Hold {
    /// Begins to keep what a server has given.
    pub(crate) fn start(won: Won, errand: Errand, calls: Calls) -> Result<Self, Error> {
        let phase = match &won.answer {
            Answer::Granted(granted) => Phase::Held(Seat::new(granted, &won.vendor)),
            Answer::Queued(queued) => Phase::Waiting(queued.position),
        };
        let state = State { phase, stopping: false, line: None, ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let keeper = Keeper::new(Arc::clone(&shared), won, errand, calls);
        let started = thread::Builder::new().name("licgate-keeper".into()).spawn(move || keeper.run());
        let keeper = started.map_err(|error| {
            let why = "this process can start no more threads, and a seat needs one to be kept";
            Error::Machine(Report::new(Code::BAD_PARAMETER, why).system(&error))
        })?;
        Ok(Self { shared, keeper: Some(keeper) })
    }

    /// Waits until the seats are there, which they are at once if the server granted.
    pub(crate) fn wait(&self, deadline: Option<Instant>, cancel: &CancelToken) -> Result<Seat, Error> {
        let shared = Arc::clone(&self.shared);
        let _subscription = cancel.subscribe(move || {
            let _state = shared.state();
            shared.changed.notify_all();
        });
        let mut state = self.shared.state();
        loop {
            let position = match &state.phase {
                Phase::Held(seat) => return Ok(seat.clone()),
                Phase::Lost(error) => return Err(error.clone()),
                Phase::Returned => return Err(Error::Cancelled),
                Phase::Waiting(position) => *position,
            };
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                let why = format!("still at position {position} in the queue when the time to wait was over");
                return Err(Error::Denied(Report::new(Code::ALL_IN_USE, why)));
            }
            state = self.shared.wait(state, left);
        }
    }

    /// The seat, as long as it is held.
    pub(crate) fn seat(&self) -> Option<Seat> {
        match &self.shared.state().phase {
            Phase::Held(seat) => Some(seat.clone()),
            Phase::Waiting(_) | Phase::Lost(_) | Phase::Returned => None,
        }
    }

    /// Why the seat is no longer held.
    pub(crate) fn lost(&self) -> Option<Error> {
        match &self.shared.state().phase {
            Phase::Lost(error) => Some(error.clone()),
            Phase::Waiting(_) | Phase::Held(_) | Phase::Returned => None,
        }
    }

    /// Gives the seat back, or leaves the queue, and waits so long for the server to say that it has it. If the server is
    /// away, the keeper goes on trying in the background.
    pub(crate) fn give_back(&mut self, within: Duration) -> Result<(), Error> {
        let Some(keeper) = self.keeper.take() else { return Ok(()) };
        let line = {
            let mut state = self.shared.state();
            state.stopping = true;
            self.shared.changed.notify_all();
            state.line.clone()
        };
        if let Some(line) = &line {
            line.check_in();
        }
        // The application may drop its seat from inside a callback, which runs in the keeper's own thread.
        if keeper.thread().id() != thread::current().id() {
            if !self.shared.ended_by(Instant::now() + within)
                && let Some(line) = &line
            {
                line.link.close();
            } else if self.shared.state().ended {
                keeper.join().ok();
            }
        }
        match &self.shared.state().phase {
            Phase::Returned => Ok(()),
            Phase::Lost(error) => Err(error.clone()),
            Phase::Waiting(_) | Phase::Held(_) => {
                let why = "the server did not confirm that it has the seat back; it takes it back by itself before long";
                Err(Error::Unreachable(Report::new(Code::CHECKIN_FAILED, why)))
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Whoever wants to know calls `give_back` himself.
        self.give_back(DROP).ok();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, longest: Option<Duration>) -> MutexGuard<'a, State> {
        match longest {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(longest) => {
                self.changed.wait_timeout(state, longest).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Whether the keeper has finished, at the latest then.
    fn ended_by(&self, deadline: Instant) -> bool {
        let mut state = self.state();
        while !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.wait(state, Some(left));
        }
        true
    }

    /// Sleeps so long, or until the application wants to give the seat back. Says whether it does.
    fn stops_within(&self, pause: Duration) -> bool {
        let deadline = Instant::now() + pause;
        let mut state = self.state();
        let stopping = state.stopping;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if state.stopping != stopping || left.is_zero() {
                return state.stopping;
            }
            state = self.wait(state, Some(left));
        }
    }

    fn set(&self, phase: Phase) {
        self.state().phase = phase;
        self.changed.notify_all();
    }
}
