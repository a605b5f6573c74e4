//! What a client may do to a daemon.

use std::net::Ipv4Addr;
use std::time::Duration;

use licgate_core::id::CheckoutId;
use licgate_core::ledger::{Ask, LeaseState, Ledger};
use licgate_core::licence::Proof;
use licgate_core::time::{LeaseTime, Now, WallTime};
use licgate_core::wire::{
    Caller, ClientMsg, Entrance, Granted, MasterRequest, PROTOCOL, Queued, Rejection, ServerMsg, Then,
    VendorRequest, VendorSession, greet, limit, master_request,
};

use super::{listen, same, stream};
use crate::assert_plain;
use crate::ledger::{open, pages, settle, usual_book};
use crate::people::noon;

/// Whatever a client sends to a vendor daemon or a master daemon: all bounds are kept, every answer fits into a frame, and when the
/// client is gone and time has passed, nothing of it is left.
pub fn daemon(data: &[u8]) {
    let (piece, data) = data.split_first().unwrap_or((&0, &[]));
    let mut desk = Desk {
        session: None,
        ledger: open(usual_book(), limit::CHECKOUTS),
        now: Now { lease: LeaseTime(0), wall: WallTime(1_700_000_000) },
    };
    let bytes = stream::<ClientMsg>(data);
    listen(&bytes, *piece, limit::HELLO_FRAME, |message| desk.hear(message));
    desk.close();
}

/// A vendor daemon's desk for one connection.
struct Desk {
    session: Option<VendorSession>,
    ledger: Ledger,
    now: Now,
}

impl Desk {
    /// Whether the connection goes on.
    fn hear(&mut self, message: ClientMsg) -> bool {
        let Some(session) = &mut self.session else { return self.welcome(message) };
        for entrance in [Entrance::Network, Entrance::Local] {
            match master_request(message.clone(), entrance) {
                Ok(MasterRequest::Reread(_) | MasterRequest::Down) => assert_eq!(entrance, Entrance::Local),
                Ok(MasterRequest::Locate(_) | MasterRequest::ServerStatus) => {}
                Err(rejection) => drop(refused(&rejection)),
            }
        }
        match session.request(message) {
            Ok(VendorRequest::Ask(ask)) => self.ask(&ask),
            Ok(VendorRequest::Status(ask)) => pages(&self.ledger, self.now, ask),
            Err(rejection) => return refused(&rejection) == Then::GoOn,
        }
        true
    }

    fn welcome(&mut self, message: ClientMsg) -> bool {
        match greet(message, "acme", "1.0") {
            Ok((caller, answer)) => {
                check_caller(&caller);
                sent(&answer);
                self.session = Some(VendorSession::new(caller, Ipv4Addr::LOCALHOST.into()));
                true
            }
            Err(rejection) => {
                assert_eq!(refused(&rejection), Then::HangUp);
                false
            }
        }
    }

    fn ask(&mut self, ask: &Ask) {
        let checkout = checkout_of(ask);
        let answer = match self.ledger.decide(self.now, ask) {
            Err(denial) => ServerMsg::Denied { checkout, code: denial.code, why: denial.sentence(&noon) },
            Ok(change) => {
                self.ledger.apply(&change);
                match ask {
                    Ask::Checkin(..) | Ask::Hangup(..) => ServerMsg::Returned { checkout },
                    Ask::Heartbeat(..) => {
                        ServerMsg::Alive { checkout, position: self.ledger.position(&checkout) }
                    }
                    Ask::Checkout(_) | Ask::Resume(_) => self.standing(checkout),
                }
            }
        };
        self.tell(&answer);
        for change in settle(&mut self.ledger, self.now) {
            let promoted = self.standing(change);
            self.tell(&promoted);
        }
        let session = self.session.as_ref();
        let waits = |ask: &Ask| self.ledger.position(&checkout_of(ask)).is_some();
        let asks: Vec<_> = session.into_iter().flat_map(VendorSession::hangups).collect();
        assert!(
            asks.len() <= limit::CHECKOUTS && asks.iter().filter(|ask| waits(ask)).count() <= limit::WAITING
        );
    }

    fn standing(&self, checkout: CheckoutId) -> ServerMsg {
        let lease = self.ledger.lease(&checkout).expect("what was granted or queued is there");
        let silence_ms = 120_000;
        match lease.state {
            LeaseState::Waiting => ServerMsg::Queued(Queued {
                checkout,
                epoch: lease.epoch,
                position: self.ledger.position(&checkout).expect("who waits has a place"),
                silence_ms,
                why: self.ledger.why_waiting(&checkout).expect("who waits knows why").sentence(&noon),
            }),
            LeaseState::Held | LeaseState::Lingering { .. } => ServerMsg::Granted(Granted {
                checkout,
                lease: lease.number,
                epoch: lease.epoch,
                version: lease.version.clone(),
                seats: lease.seats,
                silence_ms,
                proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
            }),
        }
    }

    fn tell(&mut self, answer: &ServerMsg) {
        sent(answer);
        self.session.iter_mut().for_each(|session| session.sent(answer));
    }

    /// The client is gone.
    fn close(mut self) {
        let hangups: Vec<_> = self.session.iter().flat_map(VendorSession::hangups).collect();
        assert!(self.session.iter().all(|session| !session.awaits_answers()));
        for ask in &hangups {
            if let Ok(change) = self.ledger.decide(self.now, ask) {
                self.ledger.apply(&change);
            }
        }
        self.now.lease = self.now.lease.after(Duration::from_secs(3600));
        drop(settle(&mut self.ledger, self.now));
        assert_eq!(self.ledger.snapshot().len(), 1, "seats are out and nobody has them: {hangups:?}");
    }
}

fn checkout_of(ask: &Ask) -> CheckoutId {
    match ask {
        Ask::Checkout(request) => request.checkout,
        Ask::Resume(id) | Ask::Heartbeat(id, _) | Ask::Checkin(id, _) | Ask::Hangup(id, _) => *id,
    }
}

fn check_caller(caller: &Caller) {
    let Caller { protocol, program, holder, machine, platform } = caller;
    assert!((1..=PROTOCOL).contains(protocol) && machine.key.is_none());
    let mine = [program, &holder.user, &holder.host, &holder.display, &holder.data, platform];
    for text in mine
        .into_iter()
        .chain([&machine.user, &machine.display])
        .chain(&machine.names)
        .chain(&machine.addresses)
    {
        assert!(text.len() <= limit::NAME && !text.contains(char::is_control), "{text:?}");
    }
    let lists = [machine.ethers.len(), machine.names.len(), machine.addresses.len()];
    assert!(lists.into_iter().all(|length| length <= limit::LIST));
}

fn sent(answer: &ServerMsg) {
    let mut out = Vec::new();
    same(answer, &mut out);
    assert!(!out.is_empty(), "an answer does not fit into a frame: {answer:?}");
}

fn refused(rejection: &Rejection) -> Then {
    sent(&rejection.answer);
    match &rejection.answer {
        ServerMsg::Denied { why, .. } => {
            assert!(!why.is_empty() && !why.contains(char::is_control), "{why:?}");
        }
        ServerMsg::Refused { lines, .. } => lines.iter().for_each(|line| assert_plain(line)),
        other => panic!("{other:?} is no rejection"),
    }
    rejection.then
}
