//! One server asked for seats: how it is reached, and what its answer means.

use std::thread;
use std::time::{Duration, Instant};

use licgate_core::id::CheckoutId;
use licgate_core::wire::{ClientMsg, Granted, Locate, Queued, ServerMsg};

use crate::errand::{Errand, Queueing};
use crate::error::{Error, Report};
use crate::server::{Master, Vendor};
use crate::talk::ANSWER;

/// What a server says to a checkout when it does not say no.
#[derive(Debug)]
pub(crate) enum Answer {
    Granted(Granted),
    Queued(Queued),
}

/// The pause before a server is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// Connects to the vendor daemon behind the master at `host` and `port`. Until `patience` is over it is tried again:
/// whoever is ready to queue is ready to wait for a licence server that is being restarted, too.
pub(crate) fn reach(
    host: &str,
    port: u16,
    what: &Locate,
    deadline: Instant,
    patience: Instant,
) -> Result<Vendor, Error> {
    loop {
        let result =
            Master::connect_to(host, port, deadline).and_then(|master| master.vendor_by(what, deadline));
        match result {
            Err(Error::Unreachable(_)) if Instant::now() + PAUSE < deadline.min(patience) => {
                thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

/// Asks a vendor daemon for seats.
pub(crate) fn ask(
    vendor: &Vendor,
    errand: &Errand,
    checkout: CheckoutId,
    queueing: Queueing,
) -> Result<Answer, Error> {
    let talk = vendor.talk();
    talk.say(&ClientMsg::Checkout(errand.request(checkout, queueing)))?;
    answer(vendor, errand, checkout, queueing)
}

/// Waits for a vendor daemon's answer to a checkout, or to its resumption. A grant that is not to be believed is given
/// back and is an error. So is a place in the queue for whoever does not queue: it proves nothing, so that anybody could
/// keep a client with it.
pub(crate) fn answer(
    vendor: &Vendor,
    errand: &Errand,
    checkout: CheckoutId,
    queueing: Queueing,
) -> Result<Answer, Error> {
    let (talk, deadline) = (vendor.talk(), Instant::now() + ANSWER);
    loop {
        match talk.hear(deadline)? {
            ServerMsg::Granted(granted) if granted.checkout == checkout => {
                let believed = errand.believe(&granted, vendor.name(), talk.link().server_key());
                return match believed {
                    Ok(()) => Ok(Answer::Granted(granted)),
                    Err(error) => {
                        // Should it be a good server after all, it gets its seat back at once.
                        talk.say(&ClientMsg::Checkin { checkout, epoch: granted.epoch }).ok();
                        Err(error)
                    }
                };
            }
            ServerMsg::Queued(queued) if queued.checkout == checkout => {
                return match queueing {
                    Queueing::Yes => Ok(Answer::Queued(queued)),
                    Queueing::No => Err(talk.senseless("a checkout that does not wait")),
                };
            }
            ServerMsg::Denied { checkout: about, code, why } if about == checkout => {
                return Err(Error::Denied(Report::new(code, why)));
            }
            ServerMsg::Refused { code, lines } => {
                return Err(Error::Denied(Report::new(code, lines.join("\n"))));
            }
            // Late news about a checkout that is no more.
            ServerMsg::Alive { .. } | ServerMsg::Gone { .. } | ServerMsg::Returned { .. } => {}
            ServerMsg::Granted(_)
            | ServerMsg::Queued(_)
            | ServerMsg::Denied { .. }
            | ServerMsg::Welcome(_)
            | ServerMsg::At { .. }
            | ServerMsg::NotNow { .. }
            | ServerMsg::ServerStatus(_)
            | ServerMsg::Status(_)
            | ServerMsg::Done { .. } => return Err(talk.senseless("a checkout")),
        }
    }
}
