//! What follows from what.

use std::time::Duration;

use licgate_core::backoff::Backoff;

use super::looks::Looks;
use super::{Action, DRAIN, Event, FIRST_WAIT, LOGINS, LONGEST_WAIT, Now, PING_EVERY, Phase};
use crate::discover::Role;
use crate::failure::{Exit, Failure};
use crate::plan::{Changes, Plan};

/// One tunnel, from its start to its end.
#[derive(Debug, Clone)]
pub struct Life {
    phase: Phase,
    /// What the listeners serve.
    plan: Option<Plan>,
    /// What they are to serve, while they change.
    next: Option<Plan>,
    /// Whether names are to be overridden at all.
    overrides: bool,
    /// The plan whose override was tried last, and what came of it.
    overridden: Option<(Plan, Result<(), Failure>)>,
    /// Whether there may be an override to take away.
    is_marked: bool,
    /// Whether there is a session.
    is_linked: bool,
    /// Whether new connections are carried.
    is_open: bool,
    /// Whether it was ready once: before that every failure is the end.
    was_ready: bool,
    /// What is to follow an override that is on its way.
    after: Option<After>,
    backoff: Backoff,
    refused_logins: u32,
    looks: Looks,
    trouble: Option<Failure>,
    outcome: Result<(), Failure>,
}

#[derive(Debug, Clone)]
enum After {
    Setback(Failure),
    Reconnect,
    End,
}

impl Life {
    /// A tunnel that begins to connect, and what is to be done first.
    pub fn start(overrides: bool) -> (Self, Vec<Action>) {
        let life = Self {
            phase: Phase::Connecting,
            plan: None,
            next: None,
            overrides,
            overridden: None,
            is_marked: false,
            is_linked: false,
            is_open: false,
            was_ready: false,
            after: None,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            refused_logins: 0,
            looks: Looks::new(),
            trouble: None,
            outcome: Ok(()),
        };
        (life, vec![Action::Connect])
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the listeners serve; `None` before they listen.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// Whether new connections are carried.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// What came of the override; `None` while none was tried.
    pub fn override_outcome(&self) -> Option<&Result<(), Failure>> {
        self.overridden.as_ref().map(|(_, outcome)| outcome)
    }

    /// The last thing that went wrong since it was ready.
    pub fn trouble(&self) -> Option<&Failure> {
        self.trouble.as_ref()
    }

    /// How it ended, once [`Phase::Ended`] is reached.
    pub fn outcome(&self) -> &Result<(), Failure> {
        &self.outcome
    }

    /// When it wants a [`Event::Tick`] at the latest.
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Ready(ping) => [ping, self.looks.due()].into_iter().flatten().min(),
            Phase::Waiting(until) | Phase::Draining(until) => Some(until),
            Phase::Connecting
            | Phase::Finding
            | Phase::Binding
            | Phase::Verifying
            | Phase::Overriding
            | Phase::Restoring
            | Phase::Closing
            | Phase::Ended => None,
        }
    }

    /// Takes in what happened and says what to do, in this order.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Action> {
        let mut out = Vec::new();
        match event {
            Event::Connected(result) => self.connected(now, result, &mut out),
            Event::Planned(result) => self.planned(now, result, &mut out),
            Event::Bound(result) => self.bound(result, now, &mut out),
            Event::Verified(result) => self.verified(now, result, &mut out),
            Event::Overridden(result) => self.did_override(now, result, &mut out),
            Event::Restored => self.restored(now, &mut out),
            Event::Pinged(time) => self.pinged(now, time, &mut out),
            Event::Lost(why) => self.lost(now, &why, &mut out),
            Event::Refused => self.doubt(now, &mut out),
            Event::Left(port) if self.is_vendor(port) => self.doubt(now, &mut out),
            Event::Left(_) => {}
            Event::Kicked => self.kicked(&mut out),
            Event::Woke => self.woke(&mut out),
            Event::Stopped => self.stopped(now, &mut out),
            Event::Drained => self.drained(&mut out),
            Event::Closed => self.closed(),
            Event::Tick => self.tick(now, &mut out),
        }
        out
    }

    fn connected(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Connecting {
            return;
        }
        match result {
            Ok(()) => {
                self.is_linked = true;
                self.find(now, out);
            }
            Err(failure) => self.setback(now, failure, out),
        }
    }

    fn planned(&mut self, now: Now, result: Result<Plan, Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Finding {
            return;
        }
        self.looks.end(now.at, result.as_ref().is_ok_and(|plan| plan.missing.is_empty()));
        match (result, &self.plan) {
            (Ok(plan), old) => {
                let changes = plan.changes_from(old.as_ref());
                if changes == Changes::default() {
                    self.plan = Some(plan);
                    self.verify(out);
                } else {
                    self.phase = Phase::Binding;
                    self.next = Some(plan.clone());
                    out.push(Action::Bind(plan, changes));
                }
            }
            // The ports of last time may well be right still.
            (Err(failure), Some(_)) => {
                self.trouble = Some(failure);
                self.verify(out);
            }
            (Err(failure), None) => self.setback(now, failure, out),
        }
    }

    fn bound(&mut self, result: Result<(), Failure>, now: Now, out: &mut Vec<Action>) {
        if self.phase != Phase::Binding {
            return;
        }
        let next = self.next.take();
        match result {
            Ok(()) => {
                self.plan = next;
                self.verify(out);
            }
            Err(failure) if self.plan.is_some() => {
                self.trouble = Some(failure);
                self.verify(out);
            }
            Err(failure) => self.setback(now, failure, out),
        }
    }

    fn verified(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Verifying {
            return;
        }
        if let Err(failure) = result {
            return self.setback(now, failure, out);
        }
        if !self.is_open {
            self.is_open = true;
            out.push(Action::Admit);
        }
        if self.wants_override() {
            self.phase = Phase::Overriding;
            self.is_marked = true;
            out.push(Action::Override);
        } else {
            self.ready(now);
        }
    }

    fn did_override(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Overriding {
            return;
        }
        if let Some(plan) = &self.plan {
            self.overridden = Some((plan.clone(), result));
        }
        match self.after.take() {
            None => self.ready(now),
            Some(After::Setback(failure)) => self.setback(now, failure, out),
            Some(After::Reconnect) => self.reconnect(out),
            Some(After::End) => self.end(now, out),
        }
    }

    fn restored(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.phase != Phase::Restoring {
            return;
        }
        self.is_marked = false;
        self.end(now, out);
    }

    fn pinged(&mut self, now: Now, time: Option<Duration>, out: &mut Vec<Action>) {
        if self.phase != Phase::Ready(None) {
            return;
        }
        match time {
            Some(_) => self.phase = Phase::Ready(Some(now.at + PING_EVERY)),
            None => {
                let failure = Failure::new(Exit::Unreachable, "the ssh server does not answer any more");
                self.hang_up(out);
                self.setback(now, failure, out);
            }
        }
    }

    fn lost(&mut self, now: Now, why: &str, out: &mut Vec<Action>) {
        self.is_linked = false;
        let failure = Failure::new(Exit::Unreachable, format!("the ssh session is lost: {why}"));
        match self.phase {
            Phase::Finding | Phase::Binding | Phase::Verifying | Phase::Ready(_) => {
                self.setback(now, failure, out);
            }
            Phase::Overriding => {
                self.hold(out);
                self.after.get_or_insert(After::Setback(failure));
            }
            // What was waited for was the licence server; now the session comes first, at the same time.
            Phase::Waiting(_) => self.trouble = Some(failure),
            Phase::Connecting | Phase::Restoring | Phase::Draining(_) | Phase::Closing | Phase::Ended => {}
        }
    }

    /// A vendor daemon may have come back on another port.
    fn doubt(&mut self, now: Now, out: &mut Vec<Action>) {
        self.looks.doubt(now.at);
        self.look_if_due(now, out);
    }

    /// Whether it is time to look for the ports, which then begins.
    fn look_if_due(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        let is_due =
            matches!(self.phase, Phase::Ready(_)) && self.looks.due().is_some_and(|due| due <= now.at);
        if is_due {
            self.find(now, out);
        }
        is_due
    }

    fn is_vendor(&self, port: u16) -> bool {
        let ports = self.plan.iter().flat_map(|plan| &plan.forwards);
        ports.filter(|known| known.number == port).any(|known| matches!(known.role, Role::Vendor(_)))
    }

    fn kicked(&mut self, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Finding | Phase::Binding | Phase::Verifying | Phase::Ready(_) | Phase::Waiting(_) => {
                self.reconnect(out);
            }
            // At the first time a person may be typing a password.
            Phase::Connecting if self.was_ready => self.reconnect(out),
            Phase::Overriding => {
                self.after.get_or_insert(After::Reconnect);
            }
            Phase::Connecting | Phase::Restoring | Phase::Draining(_) | Phase::Closing | Phase::Ended => {}
        }
    }

    fn woke(&mut self, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Ready(Some(_)) => {
                self.phase = Phase::Ready(None);
                out.push(Action::Ping);
            }
            // The ping that is out tells.
            Phase::Ready(None) => {}
            Phase::Connecting
            | Phase::Finding
            | Phase::Binding
            | Phase::Verifying
            | Phase::Overriding
            | Phase::Waiting(_) => self.kicked(out),
            Phase::Restoring | Phase::Draining(_) | Phase::Closing | Phase::Ended => {}
        }
    }

    fn stopped(&mut self, now: Now, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Connecting
            | Phase::Finding
            | Phase::Binding
            | Phase::Verifying
            | Phase::Ready(_)
            | Phase::Waiting(_) => self.end(now, out),
            Phase::Overriding => self.after = Some(After::End),
            // Said twice, it is urgent.
            Phase::Draining(_) => self.close(out),
            Phase::Restoring | Phase::Closing | Phase::Ended => {}
        }
    }

    fn drained(&mut self, out: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Draining(_)) {
            self.close(out);
        }
    }

    fn closed(&mut self) {
        if self.phase == Phase::Closing {
            self.phase = Phase::Ended;
        }
    }

    fn tick(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.next_deadline().is_none_or(|deadline| now.at < deadline) {
            return;
        }
        if self.look_if_due(now, out) {
            return;
        }
        match self.phase {
            Phase::Ready(_) => {
                self.phase = Phase::Ready(None);
                out.push(Action::Ping);
            }
            Phase::Waiting(_) if self.is_linked => self.find(now, out),
            Phase::Waiting(_) => self.connect(out),
            Phase::Draining(_) => self.close(out),
            Phase::Connecting
            | Phase::Finding
            | Phase::Binding
            | Phase::Verifying
            | Phase::Overriding
            | Phase::Restoring
            | Phase::Closing
            | Phase::Ended => {}
        }
    }

    fn connect(&mut self, out: &mut Vec<Action>) {
        self.phase = Phase::Connecting;
        out.push(Action::Connect);
    }

    fn find(&mut self, now: Now, out: &mut Vec<Action>) {
        self.phase = Phase::Finding;
        self.looks.begin(now.at);
        out.push(Action::Find);
    }

    fn verify(&mut self, out: &mut Vec<Action>) {
        self.phase = Phase::Verifying;
        out.push(Action::Verify);
    }

    fn ready(&mut self, now: Now) {
        self.phase = Phase::Ready(Some(now.at + PING_EVERY));
        self.was_ready = true;
        self.refused_logins = 0;
        self.trouble = None;
        self.backoff.reset();
        self.looks.settle(now.at);
    }

    fn wants_override(&self) -> bool {
        let Some(plan) = &self.plan else { return false };
        let is_done = self.overridden.as_ref().is_some_and(|(old, _)| plan.same_override(old));
        self.overrides && !plan.names.is_empty() && !is_done
    }

    fn hold(&mut self, out: &mut Vec<Action>) {
        if self.is_open {
            self.is_open = false;
            out.push(Action::Hold);
        }
    }

    fn hang_up(&mut self, out: &mut Vec<Action>) {
        if self.is_linked {
            self.is_linked = false;
            out.push(Action::HangUp);
        }
    }

    fn reconnect(&mut self, out: &mut Vec<Action>) {
        self.hold(out);
        self.hang_up(out);
        self.next = None;
        self.backoff.reset();
        self.connect(out);
    }

    /// Decides whether there is sense in another try, and when.
    fn setback(&mut self, now: Now, failure: Failure, out: &mut Vec<Action>) {
        self.hold(out);
        self.next = None;
        let is_passing = match failure.exit {
            Exit::Unreachable | Exit::NotServing | Exit::NoPorts => true,
            Exit::NotAllowed => {
                self.refused_logins += 1;
                self.refused_logins < LOGINS
            }
            Exit::No
            | Exit::Usage
            | Exit::AlreadyUp
            | Exit::PortTaken
            | Exit::NoFile
            | Exit::HostKey
            | Exit::BadConfig => false,
        };
        if self.was_ready && is_passing {
            self.trouble = Some(failure);
            self.phase = Phase::Waiting(now.at + self.backoff.next(now.chance));
        } else {
            self.outcome = Err(failure);
            self.end(now, out);
        }
    }

    /// Goes on with the end: first the override, then the listeners, then the session.
    fn end(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.is_marked {
            self.phase = Phase::Restoring;
            out.push(Action::Restore);
        } else if self.plan.is_some() {
            self.is_open = false;
            self.phase = Phase::Draining(now.at + DRAIN);
            out.push(Action::StopListening);
        } else {
            self.close(out);
        }
    }

    fn close(&mut self, out: &mut Vec<Action>) {
        self.phase = Phase::Closing;
        out.push(Action::Close);
    }
}
