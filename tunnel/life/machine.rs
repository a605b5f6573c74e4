//! One tunnel: its state, and how it takes in what happens.

mod events;
mod steps;

use std::time::Duration;

use licgate_core::backoff::Backoff;

use super::looks::Looks;
use super::site::Site;
use super::{Action, Event, FIRST_WAIT, LONGEST_WAIT, Now, Phase};
use crate::failure::Failure;
use crate::plan::Plan;

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
    /// Whether it was ready or aside once: before that every failure is the end.
    was_ready: bool,
    /// What is to follow an override that is on its way.
    after: Option<After>,
    backoff: Backoff,
    refused_logins: u32,
    looks: Looks,
    site: Site,
    /// Whether what is being taken down is to come back once the server does not answer directly any more.
    steps_aside: bool,
    trouble: Option<Failure>,
    /// Why the last look could not be made use of: what the listeners serve may not be what it should be.
    misfit: Option<Failure>,
    outcome: Result<(), Failure>,
}

#[derive(Debug, Clone)]
enum After {
    Setback(Failure),
    Reconnect,
    End,
}

impl Life {
    /// A tunnel that begins, and what is to be done first. `overrides`: whether names are to be overridden; `steps_aside`: whether
    /// nothing is to be done while the server answers directly.
    pub fn start(overrides: bool, steps_aside: bool) -> (Self, Vec<Action>) {
        let mut life = Self {
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
            looks: Looks::default(),
            site: Site::new(steps_aside),
            steps_aside: false,
            trouble: None,
            misfit: None,
            outcome: Ok(()),
        };
        let mut first = Vec::new();
        life.connect(Duration::ZERO, &mut first);
        (life, first)
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

    /// What is wrong: the last thing since it was ready; else why it could not adapt to the server, until it can.
    pub fn trouble(&self) -> Option<&Failure> {
        self.trouble.as_ref().or(self.misfit.as_ref())
    }

    /// How it ended, once [`Phase::Ended`] is reached.
    pub fn outcome(&self) -> &Result<(), Failure> {
        &self.outcome
    }

    /// When it wants a [`Event::Tick`] at the latest.
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Ready(ping) => {
                [ping, ping.and(self.site.due()), self.looks.due()].into_iter().flatten().min()
            }
            Phase::Aside(probe) => probe,
            Phase::Waiting(until) | Phase::Draining(until) => Some(until),
            Phase::Probing
            | Phase::Connecting
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
            Event::Bound(result) => self.bound(now, result, &mut out),
            Event::Verified(result) => self.verified(now, result, &mut out),
            Event::Overridden(result) => self.did_override(now, result, &mut out),
            Event::Restored => self.restored(now, &mut out),
            Event::Pinged(time) => self.pinged(now, time, &mut out),
            Event::Probed(is_direct) => self.probed(now, is_direct, &mut out),
            Event::Lost(why) => self.lost(now, &why, &mut out),
            Event::Refused(port) => self.doubt(now, port, &mut out),
            Event::Left(port) if self.is_vendor(port) => self.doubt(now, port, &mut out),
            Event::Left(_) => {}
            Event::Kicked => self.kicked(now, &mut out),
            Event::Woke => self.woke(now, &mut out),
            Event::Stopped => self.stopped(now, &mut out),
            Event::Drained => self.drained(&mut out),
            Event::Closed => self.closed(),
            Event::Tick => self.tick(now, &mut out),
        }
        out
    }
}
