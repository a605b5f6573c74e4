//! The steps from one phase to the next.

use std::time::Duration;

use super::super::looks::Looks;
use super::super::{Action, DRAIN, LOGINS, Now, PING_EVERY, Phase};
use super::Life;
use crate::discover::Role;
use crate::failure::{Exit, Failure};
use crate::plan::Plan;

impl Life {
    /// Opens a session, where it is not first to be seen whether one is needed.
    pub(super) fn connect(&mut self, now: Duration, out: &mut Vec<Action>) {
        if self.site.is_due(now) {
            self.phase = Phase::Probing;
            out.push(Action::Probe);
        } else {
            self.phase = Phase::Connecting;
            out.push(Action::Connect);
        }
    }

    /// Tries at once whether the server answers without a tunnel, while there is none.
    pub(super) fn probe(&mut self, out: &mut Vec<Action>) {
        if let Phase::Aside(_) = self.phase {
            self.phase = Phase::Aside(None);
        }
        out.push(Action::Probe);
    }

    /// Takes down what is up, to be [`aside`](Self::aside) then.
    pub(super) fn step_aside(&mut self, now: Now, out: &mut Vec<Action>) {
        self.steps_aside = true;
        self.end(now, out);
    }

    /// Nothing is up, and nothing has to be: as at the start.
    pub(super) fn aside(&mut self) {
        self.phase = Phase::Aside(self.site.due());
        self.steps_aside = false;
        (self.is_linked, self.was_ready) = (false, true);
        self.refused_logins = 0;
        (self.plan, self.overridden) = (None, None);
        (self.trouble, self.misfit) = (None, None);
        self.backoff.reset();
        self.looks = Looks::default();
    }

    pub(super) fn find(&mut self, now: Now, out: &mut Vec<Action>) {
        self.phase = Phase::Finding;
        self.looks.begin(now.at);
        out.push(Action::Find);
    }

    /// The listeners serve what the last look found.
    pub(super) fn adapted(&mut self, now: Now, plan: Plan) {
        self.looks.end(now.at, self.plan.as_ref() != Some(&plan), plan.is_whole);
        self.misfit = None;
        self.plan = Some(plan);
    }

    /// The listeners serve what they served before: it may well be right still, but another look is to be taken.
    pub(super) fn not_adapted(&mut self, now: Now, failure: Failure) {
        self.looks.end(now.at, false, false);
        self.misfit = Some(failure);
    }

    pub(super) fn verify(&mut self, out: &mut Vec<Action>) {
        self.phase = Phase::Verifying;
        out.push(Action::Verify);
    }

    pub(super) fn ready(&mut self, now: Now) {
        self.phase = Phase::Ready(Some(now.at + PING_EVERY));
        self.was_ready = true;
        self.refused_logins = 0;
        self.trouble = None;
        self.backoff.reset();
        self.looks.settle(now.at);
    }

    /// Whether it is time to look for the ports, which then begins.
    pub(super) fn look_if_due(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        let is_due =
            matches!(self.phase, Phase::Ready(_)) && self.looks.due().is_some_and(|due| due <= now.at);
        if is_due {
            self.find(now, out);
        }
        is_due
    }

    pub(super) fn is_vendor(&self, port: u16) -> bool {
        let ports = self.plan.iter().flat_map(|plan| &plan.forwards);
        ports.filter(|known| known.number == port).any(|known| matches!(known.role, Role::Vendor(_)))
    }

    pub(super) fn wants_override(&self) -> bool {
        let Some(plan) = &self.plan else { return false };
        let is_done = self.overridden.as_ref().is_some_and(|(old, _)| plan.same_override(old));
        self.overrides && !plan.names.is_empty() && !is_done
    }

    pub(super) fn hold(&mut self, out: &mut Vec<Action>) {
        if self.is_open {
            self.is_open = false;
            out.push(Action::Hold);
        }
    }

    pub(super) fn hang_up(&mut self, out: &mut Vec<Action>) {
        if self.is_linked {
            self.is_linked = false;
            out.push(Action::HangUp);
        }
    }

    pub(super) fn reconnect(&mut self, now: Now, out: &mut Vec<Action>) {
        self.hold(out);
        self.hang_up(out);
        self.next = None;
        self.backoff.reset();
        self.connect(now.at, out);
    }

    /// Decides whether there is sense in another try, and when.
    pub(super) fn setback(&mut self, now: Now, failure: Failure, out: &mut Vec<Action>) {
        self.hold(out);
        if failure.exit == Exit::Unreachable {
            self.hang_up(out);
        }
        self.next = None;
        let is_passing = match failure.exit {
            // Of a port that is taken this hears only what was aside: else the old ports stay.
            Exit::Unreachable | Exit::NotServing | Exit::NoPorts | Exit::PortTaken => true,
            Exit::NotAllowed => {
                self.refused_logins += 1;
                self.refused_logins < LOGINS
            }
            Exit::No | Exit::Usage | Exit::AlreadyUp | Exit::NoFile | Exit::HostKey | Exit::BadConfig => {
                false
            }
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
    pub(super) fn end(&mut self, now: Now, out: &mut Vec<Action>) {
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

    pub(super) fn close(&mut self, out: &mut Vec<Action>) {
        self.phase = Phase::Closing;
        out.push(Action::Close);
    }
}
