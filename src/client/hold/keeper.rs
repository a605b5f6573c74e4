//! The thread that keeps one seat: it attends to a living connection, or comes [`back`] when that is gone.

mod back;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::wire::ServerMsg;

use super::lease::{Beat, Lease, News};
use super::outage::Outage;
use super::{Calls, Line, Phase, Seat, Shared};
use crate::ask::{Answer, ask};
use crate::errand::{Errand, Queueing, new_checkout};
use crate::error::{Error, Report};
use crate::hunt::Won;
use crate::server::Vendor;

/// How long a dead connection is listened to once more, in case this process was stopped and the answer is there.
const LAST_WORD: Duration = Duration::from_millis(50);

pub(super) struct Keeper {
    shared: Arc<Shared>,
    errand: Errand,
    calls: Calls,
    /// The daemon that has the checkout; while there is an outage, its connection is dead.
    vendor: Vendor,
    lease: Lease,
    /// `No` from the first grant on.
    queueing: Queueing,
    outage: Option<Outage>,
    /// The outage before, and when it ended.
    overcome: Option<(Outage, Instant)>,
    /// When the last fresh checkout was answered.
    renewed: Option<Instant>,
}

/// How keeping comes to its end.
enum End {
    Returned,
    /// Stopped without the server's word that it has the seat back, when it must have taken it by itself.
    Abandoned,
    Lost(Error),
}

type Step = ControlFlow<End>;

const GO_ON: Step = ControlFlow::Continue(());

impl Keeper {
    pub(super) fn new(shared: Arc<Shared>, won: Won, errand: Errand, calls: Calls) -> Self {
        let (lease, queueing) = match &won.answer {
            Answer::Granted(granted) => (Lease::granted(granted, Instant::now()), Queueing::No),
            Answer::Queued(queued) => (Lease::queued(queued, Instant::now()), Queueing::Yes),
        };
        Self {
            shared,
            errand,
            calls,
            vendor: won.vendor,
            lease,
            queueing,
            outage: None,
            overcome: None,
            renewed: None,
        }
    }

    pub(super) fn run(mut self) {
        self.publish_line();
        let position = match &self.shared.state().phase {
            Phase::Waiting(position) => Some(*position),
            Phase::Held(_) | Phase::Lost(_) | Phase::Returned => None,
        };
        if let Some(position) = position {
            self.tell_position(position);
        }
        let end = loop {
            let step = if self.outage.is_none() { self.attend() } else { self.come_back() };
            if let ControlFlow::Break(end) = step {
                break end;
            }
        };
        self.finish(end);
    }

    /// One thing on a living connection: a heartbeat, or a message.
    fn attend(&mut self) -> Step {
        let link = Arc::clone(self.vendor.talk().link());
        let until = match self.lease.beat(Instant::now()) {
            Beat::Send => {
                if link.send(&self.lease.heartbeat()).is_err() {
                    return self.cut();
                }
                self.lease.sent(Instant::now());
                return GO_ON;
            }
            Beat::Wait(until) => until,
            Beat::Dead => match link.receive(Instant::now() + LAST_WORD) {
                Ok(Some(message)) => return self.hear(message),
                Ok(None) | Err(_) => return self.cut(),
            },
        };
        match link.receive(until) {
            Ok(Some(message)) => self.hear(message),
            Ok(None) => GO_ON,
            Err(_) => self.cut(),
        }
    }

    fn hear(&mut self, message: ServerMsg) -> Step {
        match self.lease.hear(message, Instant::now()) {
            News::None => GO_ON,
            News::Granted(granted) => {
                let key = self.vendor.talk().link().server_key();
                match self.errand.believe(&granted, self.vendor.name(), key) {
                    Ok(()) => self.take(Answer::Granted(granted)),
                    Err(error) => {
                        self.publish_line();
                        self.check_in();
                        ControlFlow::Break(End::Lost(error))
                    }
                }
            }
            News::Waits(position) => match self.queueing {
                Queueing::Yes => self.wait_at(position),
                // Who holds a seat does not wait for it: the server has to prove anew that it has given one.
                Queueing::No => self.cut(),
            },
            News::Ended(code, why) => self.renew(&Error::Denied(Report::new(code, why))),
            News::Returned => ControlFlow::Break(End::Returned),
            News::HangUp => self.cut(),
        }
    }

    /// Takes over what a server has answered.
    fn take(&mut self, answer: Answer) -> Step {
        let now = Instant::now();
        self.overcome = self.outage.take().map(|outage| (outage, now));
        match answer {
            Answer::Granted(granted) => {
                self.lease = Lease::granted(&granted, now);
                self.queueing = Queueing::No;
                self.shared.set(Phase::Held(Seat::new(&granted, &self.vendor)));
                self.publish_line();
                GO_ON
            }
            Answer::Queued(queued) => {
                self.lease = Lease::queued(&queued, now);
                self.publish_line();
                self.wait_at(queued.position)
            }
        }
    }

    fn wait_at(&mut self, position: u32) -> Step {
        self.publish_line();
        let moved = {
            let mut state = self.shared.state();
            match &mut state.phase {
                Phase::Waiting(old) => std::mem::replace(old, position) != position,
                Phase::Held(_) | Phase::Lost(_) | Phase::Returned => false,
            }
        };
        if moved {
            self.tell_position(position);
        }
        GO_ON
    }

    /// The checkout is no more: makes a fresh one over the same connection. That fails for good if the server says no, or
    /// if the last one has only just been made.
    fn renew(&mut self, ended: &Error) -> Step {
        self.retract_line();
        if self.shared.state().stopping {
            return ControlFlow::Break(End::Returned);
        }
        if self.renewed.is_some_and(|last| last.elapsed() < self.lease.rhythm()) {
            return ControlFlow::Break(End::Lost(ended.clone()));
        }
        let fresh = match new_checkout() {
            Ok(fresh) => fresh,
            Err(error) => return ControlFlow::Break(End::Lost(error)),
        };
        // Should the connection break before the answer is here, this is what to come back for.
        self.lease.checkout = fresh;
        match ask(&self.vendor, &self.errand, fresh, self.queueing) {
            Ok(answer) => {
                self.renewed = Some(Instant::now());
                self.take(answer)
            }
            Err(Error::Unreachable(_) | Error::Peer(_)) => self.cut(),
            Err(denied) => ControlFlow::Break(End::Lost(both(ended, denied))),
        }
    }

    /// The connection is of no use any more.
    fn cut(&mut self) -> Step {
        self.retract_line();
        self.vendor.talk().link().close();
        let rhythm = self.lease.rhythm();
        match (&mut self.outage, self.overcome.take()) {
            (Some(outage), _) => outage.fail(),
            (none, Some((last, end))) => *none = Some(last.recur(end.elapsed(), rhythm)),
            (none, None) => *none = Some(Outage::begin(rhythm)),
        }
        GO_ON
    }

    /// From now on the application's threads can return the seat over this connection. If they want to already, it goes.
    fn publish_line(&mut self) {
        let line = Line {
            link: Arc::clone(self.vendor.talk().link()),
            checkout: self.lease.checkout,
            epoch: self.lease.epoch,
        };
        let stopping = {
            let mut state = self.shared.state();
            let is_new = state
                .line
                .as_ref()
                .is_none_or(|old| old.epoch != line.epoch || old.checkout != line.checkout);
            state.line = Some(line);
            state.stopping && is_new
        };
        if stopping {
            self.check_in();
        }
    }

    fn retract_line(&self) {
        self.shared.state().line = None;
    }

    fn check_in(&self) {
        let line = self.shared.state().line.clone();
        if let Some(line) = line {
            line.check_in();
        }
    }

    fn tell_position(&mut self, position: u32) {
        if let Some(call) = &mut self.calls.on_queued {
            call(position);
        }
    }

    fn finish(mut self, end: End) {
        self.retract_line();
        match end {
            End::Returned => self.shared.set(Phase::Returned),
            End::Abandoned => {}
            End::Lost(error) => {
                let tell = {
                    let mut state = self.shared.state();
                    // Who still waited is told by the checkout itself, and who gives the seat back by that.
                    let tell = matches!(state.phase, Phase::Held(_)) && !state.stopping;
                    state.phase = Phase::Lost(error.clone());
                    tell
                };
                self.shared.changed.notify_all();
                if let (true, Some(call)) = (tell, self.calls.on_lost.take()) {
                    call(&error);
                }
            }
        }
    }
}

impl Drop for Keeper {
    /// Also when a callback of the application panics.
    fn drop(&mut self) {
        self.vendor.talk().link().close();
        let mut state = self.shared.state();
        if !state.stopping && matches!(state.phase, Phase::Held(_) | Phase::Waiting(_)) {
            let why = "the thread that keeps the seat ended early, because a callback panicked";
            state.phase = Phase::Lost(Error::Machine(Report::new(Code::BAD_PARAMETER, why)));
        }
        state.ended = true;
        drop(state);
        self.shared.changed.notify_all();
    }
}

/// Why the old checkout ended and why there is no new one.
fn both(ended: &Error, denied: Error) -> Error {
    let (Some(first), Error::Denied(second)) = (ended.report(), &denied) else { return denied };
    let (code, reason) = match first.code() {
        Code::NEVER_CHECKED_OUT => (
            second.code(),
            "the server knows the seat no more: it takes back the seat of whoever is silent for too long",
        ),
        code => (code, first.why()),
    };
    Error::Denied(Report::new(code, format!("{reason}; a fresh checkout was denied: {}", second.why())))
}
