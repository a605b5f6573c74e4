//! The answers to what clients ask.

use alloc::vec::Vec;
use core::time::Duration;

use super::directory::{Feature, PoolIndex};
use super::eligible::Wish;
use super::entry::{Entry, State};
use super::stock::{Claim, Stock};
use super::{Ask, Change, Denial, End, Event, Grant, HeldBy, InUse, Ledger, Request, Ticket, Why};
use crate::id::{CheckoutId, LeaseNumber};
use crate::time::Now;
use crate::version::Version;

/// How many holders a refusal names.
const NAMED_HOLDERS: usize = 3;

impl Ledger {
    /// The answer to `ask`. A change has to be made durable (if [`Event::is_durable`]) and applied before anybody hears of it.
    pub fn decide(&self, now: Now, ask: &Ask) -> Result<Change, Denial> {
        let at = self.at(now);
        let event = match ask {
            Ask::Checkout(request) => self.decide_checkout(at, request)?,
            Ask::Resume(checkout) => self.decide_resume(checkout)?,
            Ask::Heartbeat(checkout, epoch) => {
                self.current(checkout, *epoch)?;
                Event::Heard { checkout: *checkout }
            }
            Ask::Checkin(checkout, epoch) => self.decide_checkin(at, checkout, *epoch)?,
            Ask::Hangup(checkout, epoch) => {
                self.current(checkout, *epoch)?;
                Event::HungUp { checkout: *checkout }
            }
        };
        Ok(Change { at, event })
    }

    fn decide_checkout(&self, at: Now, request: &Request) -> Result<Event, Denial> {
        if request.seats == 0 {
            return Err(Why::Bad("a checkout is for at least one seat").into());
        }
        match self.find(&request.checkout) {
            None => self.first_checkout(at, request),
            Some((_, entry)) => self.repeated_checkout(entry, request),
        }
    }

    /// A checkout that was asked for before: the client did not hear the answer.
    fn repeated_checkout(&self, entry: &Entry, request: &Request) -> Result<Event, Denial> {
        match &entry.state {
            State::Waiting { .. } | State::Held { .. } => {
                let asked = self.directory.find(&request.feature).map(|(index, _)| index);
                if asked != Some(entry.feature) || request.seats != entry.seats {
                    return Err(Why::Bad("this checkout id stands for other seats; choose a new one").into());
                }
                Ok(Event::Resumed { checkout: entry.checkout, epoch: entry.epoch.saturating_add(1) })
            }
            State::Lingering { .. } => {
                Err(Why::Bad("this checkout was given back already; choose a new id").into())
            }
        }
    }

    fn first_checkout(&self, at: Now, request: &Request) -> Result<Event, Denial> {
        let Some((index, feature)) = self.directory.find(&request.feature) else {
            return Err(Why::NoSuchFeature(request.feature.clone()).into());
        };
        let client = self.policy.recognise(request.holder.client(request.address));
        let wish = Wish {
            version: &request.version,
            seats: request.seats,
            machine: &request.machine,
            client: &client,
        };
        let pools = self.eligible(index, wish);
        if pools.is_empty() {
            return Err(self.not_eligible(feature, wish));
        }
        let ticket = self.ticket(request);
        let claim = Claim { number: ticket.number, holder: &ticket.holder, seats: ticket.seats };
        let serves = |pool: &PoolIndex| {
            let stock = self.directory.stock(*pool)?;
            let is_open = || self.counters.exceeded(&self.class(*pool, claim, &client)).is_none();
            (stock.extra(claim) == 0 || stock.admits(claim) && is_open()).then_some(stock)
        };
        if let Some(stock) = pools.iter().find_map(serves) {
            return Ok(Event::Granted(Grant { pool: stock.key.clone(), ticket }));
        }
        if !request.wait {
            let pools = self.within_limits(feature, &pools, claim, &client)?;
            let in_use = self.in_use(at, feature, &pools, &request.version, request.seats);
            return Err(Why::AllInUse(in_use).into());
        }
        if self.waiting >= self.most_waiting {
            return Err(Why::TooManyWait { feature: feature.name.clone(), waiting: self.waiting }.into());
        }
        Ok(Event::Queued { ticket, machine: request.machine.clone() })
    }

    fn ticket(&self, request: &Request) -> Ticket {
        Ticket {
            checkout: request.checkout,
            number: self.next,
            epoch: 1,
            holder: request.holder.clone(),
            address: request.address,
            feature: request.feature.clone(),
            version: request.version.clone(),
            seats: request.seats,
        }
    }

    fn decide_resume(&self, checkout: &CheckoutId) -> Result<Event, Denial> {
        let entry = self.living(checkout)?;
        Ok(Event::Resumed { checkout: *checkout, epoch: entry.epoch.saturating_add(1) })
    }

    fn decide_checkin(&self, at: Now, checkout: &CheckoutId, epoch: u32) -> Result<Event, Denial> {
        let entry = self.current(checkout, epoch)?;
        let linger = match &entry.state {
            State::Held { pool, .. } => self.pool(*pool).map(|pool| pool.linger).unwrap_or_default(),
            State::Waiting { .. } | State::Lingering { .. } => Duration::ZERO,
        };
        Ok(if linger.is_zero() {
            Event::Ended { checkout: *checkout, why: End::Returned }
        } else {
            Event::Lingers { checkout: *checkout, until: at.lease.after(linger) }
        })
    }

    /// The lease or ticket if its client may still speak for it. One that lingers was given back.
    fn living(&self, checkout: &CheckoutId) -> Result<&Entry, Denial> {
        let (_, entry) = self.find(checkout).ok_or(Why::Unknown)?;
        match &entry.state {
            State::Waiting { .. } | State::Held { .. } => Ok(entry),
            State::Lingering { .. } => Err(Why::Unknown.into()),
        }
    }

    /// The same, if the message comes from its latest connection.
    fn current(&self, checkout: &CheckoutId, epoch: u32) -> Result<&Entry, Denial> {
        let entry = self.living(checkout)?;
        if entry.epoch == epoch { Ok(entry) } else { Err(Why::Stale.into()) }
    }

    /// Who has the seats of these pools.
    pub(super) fn in_use(
        &self,
        at: Now,
        feature: &Feature,
        pools: &[PoolIndex],
        version: &Version,
        asked: u32,
    ) -> InUse {
        let stocks = || pools.iter().filter_map(|index| self.directory.stock(*index));
        let mut longest: Vec<_> =
            stocks().flat_map(|stock| stock.leases().iter().take(NAMED_HOLDERS)).collect();
        longest.sort();
        longest.truncate(NAMED_HOLDERS);
        let holders: Vec<_> = longest.into_iter().filter_map(|(_, number)| self.held_by(*number)).collect();
        let leases: usize = stocks().map(|stock| stock.leases().len()).sum();
        InUse {
            feature: feature.name.clone(),
            version: version.clone(),
            asked,
            issued: stocks().filter_map(Stock::capacity).sum(),
            free: stocks().map(Stock::free).max().unwrap_or(0),
            more: leases - holders.len(),
            holders,
            waiting: feature.tickets.len(),
            at: at.wall,
        }
    }

    fn held_by(&self, number: LeaseNumber) -> Option<HeldBy> {
        let entry = self.entries.get(&number)?;
        let pool = entry.pools().first().and_then(|index| self.directory.stock(*index))?;
        Some(HeldBy {
            user: entry.holder.user.clone(),
            host: entry.holder.host.clone(),
            since: entry.since,
            seats: pool.charge(entry.seats),
        })
    }
}
