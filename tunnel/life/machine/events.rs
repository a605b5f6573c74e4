//! What follows from each event.

use std::time::Duration;

use super::super::{Action, Now, PING_EVERY, Phase};
use super::{After, Life};
use crate::failure::{Exit, Failure};
use crate::plan::{Changes, Plan};

impl Life {
    pub(super) fn connected(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Connecting {
            return;
        }
        match result {
            Ok(()) => {
                self.is_linked = true;
                self.looks.forget();
                self.find(now, out);
            }
            Err(failure) => self.setback(now, failure, out),
        }
    }

    pub(super) fn planned(&mut self, now: Now, result: Result<Plan, Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Finding {
            return;
        }
        match (result, &self.plan) {
            (Ok(plan), old) => {
                let plan = plan.keeping(old.as_ref());
                let changes = plan.changes_from(old.as_ref());
                if changes == Changes::default() {
                    self.adapted(now, plan);
                    self.verify(out);
                } else {
                    self.phase = Phase::Binding;
                    self.next = Some(plan.clone());
                    out.push(Action::Bind(plan, changes));
                }
            }
            (Err(failure), Some(_)) => {
                self.not_adapted(now, failure);
                self.verify(out);
            }
            (Err(failure), None) => self.setback(now, failure, out),
        }
    }

    pub(super) fn bound(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Binding {
            return;
        }
        match (result, self.next.take()) {
            (Ok(()), Some(next)) => {
                self.adapted(now, next);
                self.verify(out);
            }
            (Err(failure), _) if self.plan.is_some() => {
                self.not_adapted(now, failure);
                self.verify(out);
            }
            (Err(failure), _) => self.setback(now, failure, out),
            // What is being bound is always kept.
            (Ok(()), None) => {}
        }
    }

    pub(super) fn verified(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Verifying {
            return;
        }
        if let Err(failure) = result {
            return self.setback(now, failure, out);
        }
        // Also when connections are carried already: the server may be verified at another host than before.
        self.is_open = true;
        out.push(Action::Admit);
        if self.wants_override() {
            self.phase = Phase::Overriding;
            self.is_marked = true;
            out.push(Action::Override);
        } else {
            self.ready(now);
        }
    }

    pub(super) fn did_override(&mut self, now: Now, result: Result<(), Failure>, out: &mut Vec<Action>) {
        if self.phase != Phase::Overriding {
            return;
        }
        if let Some(plan) = &self.plan {
            self.overridden = Some((plan.clone(), result));
        }
        match self.after.take() {
            None => self.ready(now),
            Some(After::Setback(failure)) => self.setback(now, failure, out),
            Some(After::Reconnect) => self.reconnect(now, out),
            Some(After::End) => self.end(now, out),
        }
    }

    pub(super) fn restored(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.phase != Phase::Restoring {
            return;
        }
        self.is_marked = false;
        self.end(now, out);
    }

    pub(super) fn pinged(&mut self, now: Now, time: Option<Duration>, out: &mut Vec<Action>) {
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

    pub(super) fn probed(&mut self, now: Now, is_direct: bool, out: &mut Vec<Action>) {
        if !matches!(self.phase, Phase::Probing | Phase::Aside(None) | Phase::Ready(None)) {
            return;
        }
        self.site.probed(now.at);
        match self.phase {
            Phase::Aside(_) if is_direct => self.aside(),
            Phase::Probing if is_direct => self.step_aside(now, out),
            // Whoever has a connection keeps it.
            Phase::Ready(_) if is_direct && now.is_idle => self.step_aside(now, out),
            // The try took the place of a ping, which may be due.
            Phase::Ready(_) => out.push(Action::Ping),
            _ => self.connect(now.at, out),
        }
    }

    pub(super) fn lost(&mut self, now: Now, why: &str, out: &mut Vec<Action>) {
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
            Phase::Probing
            | Phase::Aside(_)
            | Phase::Connecting
            | Phase::Restoring
            | Phase::Draining(_)
            | Phase::Closing
            | Phase::Ended => {}
        }
    }

    /// A vendor daemon may have come back on another port.
    pub(super) fn doubt(&mut self, now: Now, port: u16, out: &mut Vec<Action>) {
        self.looks.doubt(now.at, port);
        self.look_if_due(now, out);
    }

    pub(super) fn kicked(&mut self, now: Now, out: &mut Vec<Action>) {
        self.site.doubt(now.at);
        match self.phase {
            Phase::Probing | Phase::Aside(_) => self.probe(out),
            Phase::Finding | Phase::Binding | Phase::Verifying | Phase::Ready(_) | Phase::Waiting(_) => {
                self.reconnect(now, out);
            }
            // At the first time a person may be typing a password.
            Phase::Connecting if self.was_ready => self.reconnect(now, out),
            Phase::Overriding => {
                self.after.get_or_insert(After::Reconnect);
            }
            Phase::Connecting | Phase::Restoring | Phase::Draining(_) | Phase::Closing | Phase::Ended => {}
        }
    }

    pub(super) fn woke(&mut self, now: Now, out: &mut Vec<Action>) {
        self.site.doubt(now.at);
        match self.phase {
            // That which is on its way may have set out in another network.
            Phase::Probing | Phase::Aside(_) => self.probe(out),
            Phase::Ready(Some(_)) => {
                self.phase = Phase::Ready(None);
                out.push(Action::Ping);
            }
            // The ping that is out tells; and what is on its way over the session tells as much.
            Phase::Ready(None) | Phase::Finding | Phase::Binding | Phase::Verifying | Phase::Overriding => {}
            Phase::Waiting(_) if self.is_linked => self.find(now, out),
            Phase::Connecting | Phase::Waiting(_) => self.kicked(now, out),
            Phase::Restoring | Phase::Draining(_) | Phase::Closing | Phase::Ended => {}
        }
    }

    pub(super) fn stopped(&mut self, now: Now, out: &mut Vec<Action>) {
        self.steps_aside = false;
        match self.phase {
            Phase::Probing
            | Phase::Aside(_)
            | Phase::Connecting
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

    pub(super) fn drained(&mut self, out: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Draining(_)) {
            self.close(out);
        }
    }

    pub(super) fn closed(&mut self) {
        match self.phase {
            Phase::Closing if self.steps_aside => self.aside(),
            Phase::Closing => self.phase = Phase::Ended,
            _ => {}
        }
    }

    pub(super) fn tick(&mut self, now: Now, out: &mut Vec<Action>) {
        if self.next_deadline().is_none_or(|deadline| now.at < deadline) || self.look_if_due(now, out) {
            return;
        }
        match self.phase {
            Phase::Aside(_) => self.probe(out),
            Phase::Ready(_) => {
                self.phase = Phase::Ready(None);
                out.push(if self.site.is_due(now.at) { Action::Probe } else { Action::Ping });
            }
            Phase::Waiting(_) if self.is_linked => self.find(now, out),
            Phase::Waiting(_) => self.connect(now.at, out),
            Phase::Draining(_) => self.close(out),
            Phase::Probing
            | Phase::Connecting
            | Phase::Finding
            | Phase::Binding
            | Phase::Verifying
            | Phase::Overriding
            | Phase::Restoring
            | Phase::Closing
            | Phase::Ended => {}
        }
    }
}
