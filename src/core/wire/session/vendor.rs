//! A client's connection to a vendor daemon: its requests, and the checkouts that live on it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::net::IpAddr;

use super::{Caller, Rejection, bad, check_feature, second_hello};
use crate::code::Code;
use crate::id::CheckoutId;
use crate::ledger::{Ask, Holder, Machine, Request};
use crate::wire::bounds::check_text;
use crate::wire::limit;
use crate::wire::message::{Checkout, ClientMsg, ServerMsg};
use crate::wire::status::StatusAsk;

/// What a vendor daemon is asked.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a connection has one request in hand at a time")]
pub enum VendorRequest {
    /// For the ledger.
    Ask(Ask),
    /// What is out?
    Status(StatusAsk),
}

/// One client's connection to a vendor daemon: the checkouts that live on it.
///
/// Show it every answer that goes out ([`sent`](Self::sent)); then it knows what to tell the ledger when the connection
/// breaks ([`hangups`](Self::hangups)).
#[derive(Debug)]
pub struct VendorSession {
    caller: Caller,
    address: IpAddr,
    checkouts: BTreeMap<CheckoutId, Standing>,
}

/// How a checkout stands on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The answer is under way.
    Asked,
    /// The answer is under way, and it may be a place in the queue.
    AskedToWait,
    /// A ticket with this epoch.
    Waiting(u32),
    /// A lease with this epoch.
    Held(u32),
}

impl Standing {
    fn awaits_answer(&self) -> bool {
        matches!(self, Self::Asked | Self::AskedToWait)
    }

    fn may_wait(&self) -> bool {
        matches!(self, Self::AskedToWait | Self::Waiting(_))
    }
}

impl VendorSession {
    /// A connection from `address` on which nothing has been asked yet.
    pub fn new(caller: Caller, address: IpAddr) -> Self {
        Self { caller, address, checkouts: BTreeMap::new() }
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What `message` asks of a vendor daemon.
    ///
    /// # Errors
    /// A second `Hello`, a request for a master daemon; and, without harm to the connection, a checkout beyond the bounds
    /// or one that does not live here.
    pub fn request(&mut self, message: ClientMsg) -> Result<VendorRequest, Rejection> {
        match message {
            ClientMsg::Checkout(checkout) => self.checkout(checkout),
            ClientMsg::Resume { checkout } => {
                self.open(checkout, Standing::Asked)?;
                Ok(VendorRequest::Ask(Ask::Resume(checkout)))
            }
            ClientMsg::Heartbeat { checkout, epoch } => {
                self.known(checkout)?;
                Ok(VendorRequest::Ask(Ask::Heartbeat(checkout, epoch)))
            }
            ClientMsg::Checkin { checkout, epoch } => {
                self.known(checkout)?;
                Ok(VendorRequest::Ask(Ask::Checkin(checkout, epoch)))
            }
            ClientMsg::Status(ask) => {
                ask.feature.iter().try_for_each(check_feature).map_err(bad)?;
                Ok(VendorRequest::Status(ask))
            }
            ClientMsg::Hello(_) => Err(second_hello()),
            ClientMsg::Locate(_) | ClientMsg::ServerStatus | ClientMsg::Reread { .. } | ClientMsg::Down => {
                let why = "this is a vendor daemon; the master daemon answers that, on its own port";
                Err(Rejection::breach(Code::REFUSED_REQUEST, why))
            }
        }
    }

    /// Takes note of an answer of the ledger's on its way to this client.
    pub fn sent(&mut self, answer: &ServerMsg) {
        match answer {
            ServerMsg::Granted(granted) => {
                self.checkouts.insert(granted.checkout, Standing::Held(granted.epoch));
            }
            ServerMsg::Queued(queued) => {
                self.checkouts.insert(queued.checkout, Standing::Waiting(queued.epoch));
            }
            // What is held already is not lost by it: a message with an older epoch is denied, too.
            ServerMsg::Denied { checkout, .. } => {
                if self.checkouts.get(checkout).is_some_and(Standing::awaits_answer) {
                    self.checkouts.remove(checkout);
                }
            }
            ServerMsg::Gone { checkout, .. } | ServerMsg::Returned { checkout } => {
                self.checkouts.remove(checkout);
            }
            ServerMsg::Welcome(_)
            | ServerMsg::At { .. }
            | ServerMsg::NotNow { .. }
            | ServerMsg::Alive { .. }
            | ServerMsg::ServerStatus(_)
            | ServerMsg::Status(_)
            | ServerMsg::Done { .. }
            | ServerMsg::Refused { .. } => {}
        }
    }

    /// Whether answers are still under way. A desk whose client has gone waits for them, and hangs up then.
    pub fn awaits_answers(&self) -> bool {
        self.checkouts.values().any(Standing::awaits_answer)
    }

    /// What the ledger has to be told when the connection has ended.
    pub fn hangups(&self) -> impl Iterator<Item = Ask> + '_ {
        self.checkouts.iter().filter_map(|(checkout, standing)| match standing {
            Standing::Waiting(epoch) | Standing::Held(epoch) => Some(Ask::Hangup(*checkout, *epoch)),
            Standing::Asked | Standing::AskedToWait => None,
        })
    }

    fn checkout(&mut self, ask: Checkout) -> Result<VendorRequest, Rejection> {
        let Checkout { checkout, feature, version, seats, wait, data } = ask;
        check_feature(&feature)
            .and_then(|()| check_text("checkout data", &data))
            .and_then(|()| check_seats(seats))
            .map_err(|why| Rejection::denied(checkout, Code::BAD_PARAMETER, why))?;
        self.open(checkout, if wait { Standing::AskedToWait } else { Standing::Asked })?;
        let Caller { protocol: _, program: _, holder, machine, platform } = self.caller.clone();
        let holder = Holder { data, ..holder };
        let machine = Machine { facts: machine, platform };
        let address = Some(self.address);
        let request = Request { checkout, holder, address, machine, feature, version, seats, wait };
        Ok(VendorRequest::Ask(Ask::Checkout(request)))
    }

    /// Makes room for a checkout, unless it has some.
    fn open(&mut self, checkout: CheckoutId, asked: Standing) -> Result<(), Rejection> {
        if self.checkouts.contains_key(&checkout) {
            return Ok(());
        }
        let why = if self.checkouts.len() >= limit::CHECKOUTS {
            format!(
                "this connection has {} checkouts already; return some, or open another connection",
                limit::CHECKOUTS
            )
        } else if asked.may_wait() && self.waiting() >= limit::WAITING {
            format!(
                "{} checkouts of this connection wait already; let one have its seats first, or open another connection",
                limit::WAITING
            )
        } else {
            self.checkouts.insert(checkout, asked);
            return Ok(());
        };
        Err(Rejection::denied(checkout, Code::BAD_PARAMETER, why))
    }

    fn waiting(&self) -> usize {
        self.checkouts.values().filter(|standing| standing.may_wait()).count()
    }

    fn known(&self, checkout: CheckoutId) -> Result<(), Rejection> {
        if self.checkouts.contains_key(&checkout) {
            return Ok(());
        }
        let why = "no such checkout on this connection: it has ended, or has to be resumed here first";
        Err(Rejection::denied(checkout, Code::NEVER_CHECKED_OUT, why))
    }
}

fn check_seats(seats: u32) -> Result<(), String> {
    if (1..=limit::SEATS).contains(&seats) {
        return Ok(());
    }
    Err(format!("{seats} seats asked for; 1 to {} are possible", limit::SEATS))
}
