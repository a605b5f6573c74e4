//! How a keeper comes back after its connection has gone: to the same server, which resumes the checkout or gives a fresh
//! one; or at last to any of the list.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, Locate};

use super::{End, GO_ON, Keeper, Step};
use crate::ask::answer;
use crate::cancel::CancelToken;
use crate::errand::{Ids, new_checkout};
use crate::error::{Error, Report};
use crate::hunt::{Catch, hunt};
use crate::server::{Master, Vendor};

/// How long one attempt to come back may take.
const ATTEMPT: Duration = Duration::from_secs(5);

impl Keeper {
    /// One attempt to come back to the server that has the checkout, or to any other once it is too late for that. A seat
    /// that is to go back is a reason to come back as well: else it would stay out for the whole silence period.
    pub(super) fn come_back(&mut self) -> Step {
        let Some(outage) = &self.outage else { return GO_ON };
        let (pause, away) = (outage.pause, outage.since.elapsed());
        if away > self.errand.outage {
            let why = format!("no licence server could be reached for {} seconds", away.as_secs());
            return ControlFlow::Break(End::Lost(Error::Unreachable(Report::new(Code::CANNOT_READ, why))));
        }
        if self.shared.stops_within(pause) && away > self.lease.silence {
            return ControlFlow::Break(End::Abandoned);
        }
        match self.reconnect() {
            Ok(vendor) => {
                self.vendor = vendor;
                self.resume()
            }
            Err(_) if away > self.lease.silence => self.hunt_anew(),
            Err(_) => self.cut(),
        }
    }

    /// Through the master, because a restarted vendor daemon may have another port; else to where it was, because the
    /// master may be down. Another server that has come to these addresses counts for nobody: whoever hears the id of a
    /// checkout can go on with it.
    fn reconnect(&self) -> Result<Vendor, Error> {
        let deadline = Instant::now() + ATTEMPT;
        let master = self.vendor.master();
        let what = Locate::Vendor(self.vendor.name().clone());
        let through = Master::connect_to(&master.host, master.port.unwrap_or_default(), deadline)
            .and_then(|master| master.vendor_by(&what, deadline))
            .and_then(|vendor| self.recognise(vendor));
        through.or_else(|error| {
            let reopened = self.vendor.reopen(Instant::now() + ATTEMPT);
            reopened.and_then(|vendor| self.recognise(vendor)).map_err(|_| error)
        })
    }

    /// The same server as before, by its key.
    fn recognise(&self, found: Vendor) -> Result<Vendor, Error> {
        if found.talk().link().server_key() == self.vendor.talk().link().server_key() {
            return Ok(found);
        }
        let why = format!("at {} is another licence server than before", found.address());
        Err(Error::Unreachable(Report::new(Code::CANNOT_CONNECT, why)))
    }

    fn resume(&mut self) -> Step {
        let checkout = self.lease.checkout;
        let asked = self.vendor.talk().say(&ClientMsg::Resume { checkout });
        match asked.and_then(|()| answer(&self.vendor, &self.errand, checkout, self.queueing)) {
            Ok(answer) => self.take(answer),
            // The server does not know it any more.
            Err(error @ Error::Denied(_)) => self.renew(&error),
            Err(error @ Error::Untrusted(_)) => ControlFlow::Break(End::Lost(error)),
            Err(_) => self.cut(),
        }
    }

    /// The old server has been away for so long that any of the list will do. It may come back just now, and its clock
    /// may have stood still meanwhile, so that it keeps the seat: asked by the same id, it does not give a second one.
    fn hunt_anew(&mut self) -> Step {
        let key = self.vendor.talk().link().server_key();
        let Ok(fresh) = new_checkout() else { return self.cut() };
        let ids = Ids { fresh, known: Some((self.lease.checkout, key)) };
        match hunt(&self.errand, ids, self.queueing, &CancelToken::new(), &mut Vec::new()) {
            Ok(Catch::Server(won)) => {
                self.vendor = won.vendor;
                self.take(won.answer)
            }
            // A local licence would have been found first.
            Ok(Catch::Local(_)) | Err(_) => self.cut(),
        }
    }
}
