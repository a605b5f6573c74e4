//! What the keeper of a seat decides: when to send a heartbeat, when a connection is dead, and what a message means.

use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::id::CheckoutId;
use licgate_core::wire::{ClientMsg, Granted, Queued, ServerMsg};

/// Bounds on the server's word about its silence period, so that a mad server makes no mad client.
const SHORTEST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A checkout as its client sees it: held or waiting.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) checkout: CheckoutId,
    pub(super) epoch: u32,
    /// How long the server waits for a word.
    pub(super) silence: Duration,
    /// When the next heartbeat is due.
    next: Instant,
    /// Since when an answer is missing.
    unanswered: Option<Instant>,
}

/// What to do about heartbeats.
#[derive(Debug, PartialEq)]
pub(super) enum Beat {
    /// Send one now.
    Send,
    /// Nothing before then.
    Wait(Instant),
    /// The last one was not answered: the connection is dead.
    Dead,
}

/// What a message means.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// Nothing, or nothing for this checkout.
    None,
    /// The seats are there.
    Granted(Granted),
    /// It waits, at this position.
    Waits(u32),
    /// It has come to an end at the server, or the server does not know it.
    Ended(Code, String),
    /// The server has taken it back, as it was asked to.
    Returned,
    /// The server ends the connection.
    HangUp,
}

impl Lease {
    pub(super) fn new(checkout: CheckoutId, epoch: u32, silence_ms: u32, now: Instant) -> Self {
        let silence = Duration::from_millis(silence_ms.into()).clamp(SHORTEST, LONGEST);
        Self { checkout, epoch, silence, next: now + silence / 3, unanswered: None }
    }

    pub(super) fn granted(granted: &Granted, now: Instant) -> Self {
        Self::new(granted.checkout, granted.epoch, granted.silence_ms, now)
    }

    pub(super) fn queued(queued: &Queued, now: Instant) -> Self {
        Self::new(queued.checkout, queued.epoch, queued.silence_ms, now)
    }

    /// An answer has time until the next heartbeat; so two thirds of the silence period remain to come back.
    pub(super) fn beat(&self, now: Instant) -> Beat {
        if self.unanswered.is_some_and(|since| now >= since + self.rhythm()) {
            return Beat::Dead;
        }
        if now < self.next {
            return Beat::Wait(self.next);
        }
        Beat::Send
    }

    pub(super) fn heartbeat(&self) -> ClientMsg {
        ClientMsg::Heartbeat { checkout: self.checkout, epoch: self.epoch }
    }

    /// A heartbeat was sent.
    pub(super) fn sent(&mut self, now: Instant) {
        self.next = now + self.rhythm();
        self.unanswered.get_or_insert(now);
    }

    /// Takes in a message.
    pub(super) fn hear(&mut self, message: ServerMsg, now: Instant) -> News {
        match message {
            ServerMsg::Granted(granted) if granted.checkout == self.checkout => {
                *self = Self::granted(&granted, now);
                News::Granted(granted)
            }
            ServerMsg::Queued(queued) if queued.checkout == self.checkout => {
                *self = Self::queued(&queued, now);
                News::Waits(queued.position)
            }
            ServerMsg::Alive { checkout, position } if checkout == self.checkout => {
                self.unanswered = None;
                position.map_or(News::None, News::Waits)
            }
            ServerMsg::Denied { checkout, code, why } | ServerMsg::Gone { checkout, code, why }
                if checkout == self.checkout =>
            {
                News::Ended(code, why)
            }
            ServerMsg::Returned { checkout } if checkout == self.checkout => News::Returned,
            ServerMsg::Refused { .. } => News::HangUp,
            ServerMsg::Granted(_)
            | ServerMsg::Queued(_)
            | ServerMsg::Alive { .. }
            | ServerMsg::Denied { .. }
            | ServerMsg::Gone { .. }
            | ServerMsg::Returned { .. }
            | ServerMsg::Welcome(_)
            | ServerMsg::At { .. }
            | ServerMsg::NotNow { .. }
            | ServerMsg::ServerStatus(_)
            | ServerMsg::Status(_)
            | ServerMsg::Done { .. } => News::None,
        }
    }

    /// Three heartbeats in a silence period.
    pub(super) fn rhythm(&self) -> Duration {
        self.silence / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::id::LeaseNumber;
    use licgate_core::licence::Proof;
    use licgate_core::version::Version;

    const OWN: CheckoutId = CheckoutId::new([1; 16]);
    const OTHER: CheckoutId = CheckoutId::new([2; 16]);

    fn granted(checkout: CheckoutId, epoch: u32) -> Granted {
        Granted {
            checkout,
            lease: LeaseNumber(7),
            epoch,
            version: Version::parse("2.1").unwrap(),
            seats: 1,
            silence_ms: 6000,
            proof: Proof { lines: Vec::new(), server_hostids: Vec::new() },
        }
    }

    #[test]
    fn a_heartbeat_goes_out_three_times_in_a_silence_period() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut lease = Lease::new(OWN, 3, 6000, start);
        assert_eq!(lease.beat(at(0)), Beat::Wait(at(2000)));
        assert_eq!(lease.beat(at(2000)), Beat::Send);
        assert_eq!(lease.heartbeat(), ClientMsg::Heartbeat { checkout: OWN, epoch: 3 });
        lease.sent(at(2000));
        assert_eq!(lease.beat(at(2001)), Beat::Wait(at(4000)));
        assert_eq!(lease.beat(at(4000)), Beat::Dead);
        assert_eq!(lease.hear(ServerMsg::Alive { checkout: OTHER, position: None }, at(3000)), News::None);
        assert_eq!(lease.beat(at(4000)), Beat::Dead);
        assert_eq!(lease.hear(ServerMsg::Alive { checkout: OWN, position: None }, at(3000)), News::None);
        assert_eq!(lease.beat(at(4000)), Beat::Send);
    }

    #[test]
    fn mad_silence_periods_are_bounded() {
        for (silence_ms, expected) in [(0, SHORTEST), (6000, Duration::from_secs(6)), (u32::MAX, LONGEST)] {
            assert_eq!(Lease::new(OWN, 1, silence_ms, Instant::now()).silence, expected);
        }
    }

    #[test]
    fn only_news_of_this_checkout_count() {
        let now = Instant::now();
        let why = || String::from("words");
        let queued = |checkout| {
            ServerMsg::Queued(Queued { checkout, epoch: 2, position: 4, silence_ms: 6000, why: why() })
        };
        for (message, news) in [
            (ServerMsg::Granted(granted(OWN, 2)), News::Granted(granted(OWN, 2))),
            (ServerMsg::Granted(granted(OTHER, 2)), News::None),
            (queued(OWN), News::Waits(4)),
            (queued(OTHER), News::None),
            (ServerMsg::Alive { checkout: OWN, position: Some(3) }, News::Waits(3)),
            (
                ServerMsg::Gone { checkout: OWN, code: Code::EXPIRED, why: why() },
                News::Ended(Code::EXPIRED, why()),
            ),
            (ServerMsg::Gone { checkout: OTHER, code: Code::EXPIRED, why: why() }, News::None),
            (
                ServerMsg::Denied { checkout: OWN, code: Code::NEVER_CHECKED_OUT, why: why() },
                News::Ended(Code::NEVER_CHECKED_OUT, why()),
            ),
            (ServerMsg::Returned { checkout: OWN }, News::Returned),
            (ServerMsg::Returned { checkout: OTHER }, News::None),
            (ServerMsg::Refused { code: Code::BAD_PARAMETER, lines: Vec::new() }, News::HangUp),
            (ServerMsg::Done { lines: Vec::new() }, News::None),
        ] {
            assert_eq!(Lease::new(OWN, 1, 6000, now).hear(message.clone(), now), news, "{message:?}");
        }
    }

    #[test]
    fn a_new_epoch_is_used_from_then_on() {
        let mut lease = Lease::new(OWN, 1, 6000, Instant::now());
        lease.hear(ServerMsg::Granted(granted(OWN, 9)), Instant::now());
        assert_eq!(lease.epoch, 9);
    }
}
