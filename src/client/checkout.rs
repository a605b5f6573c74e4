//! A checkout, as an application words it.

use std::fmt;
use std::time::{Duration, Instant};

use licgate_core::code::Code;
use licgate_core::id::{FeatureName, VendorName};
use licgate_core::licence::VendorKey;
use licgate_core::path::{PathList, Separator};
use licgate_core::version::Version;
use licgate_core::wire::limit;

use crate::cancel::CancelToken;
use crate::errand::{Errand, Ids, Queueing, Trust, new_checkout};
use crate::error::{Error, Report};
use crate::hold::{Calls, Hold};
use crate::hunt::{Catch, Order, hunt};
use crate::licence::Licence;
use crate::search::{Surroundings, native};
use crate::talk::bounded;

/// How long to wait in the queue when all seats are out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    #[default]
    No,
    /// So long.
    UpTo(Duration),
    /// Until it is this checkout's turn.
    Forever,
}

/// A request for seats; made by [`Licence::checkout`], carried out by [`take`](Self::take).
#[must_use = "a checkout does nothing until `take` is called"]
pub struct Checkout {
    feature: String,
    version: String,
    vendor: Option<String>,
    key: Key,
    servers: Vec<String>,
    order: Order,
    seats: u32,
    wait: Wait,
    cancel: CancelToken,
    data: String,
    reach: Duration,
    outage: Duration,
    calls: Calls,
}

enum Key {
    Missing,
    Given(String),
    Waived,
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout")
            .field("feature", &self.feature)
            .field("version", &self.version)
            .field("vendor", &self.vendor)
            .field("seats", &self.seats)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

impl Checkout {
    /// How long servers may take to answer, unless said otherwise.
    const REACH: Duration = Duration::from_secs(10);

    /// How long a seat is kept without a server, unless said otherwise.
    const OUTAGE: Duration = Duration::from_secs(60 * 60);

    pub(crate) fn new(feature: &str, version: &str) -> Self {
        Self {
            feature: feature.into(),
            version: version.into(),
            vendor: None,
            key: Key::Missing,
            servers: Vec::new(),
            order: Order::default(),
            seats: 1,
            wait: Wait::default(),
            cancel: CancelToken::new(),
            data: String::new(),
            reach: Self::REACH,
            outage: Self::OUTAGE,
            calls: Calls::default(),
        }
    }

    /// Only from this vendor's daemon; and `<VENDOR>_LICENSE_FILE` is looked at, too. Without it the licence server says
    /// whose feature it is.
    pub fn vendor(mut self, name: impl Into<String>) -> Self {
        self.vendor = Some(name.into());
        self
    }

    /// The vendor's public key, `ed25519:` and 64 hex digits, compiled into the application. Every grant has to prove with it
    /// that the vendor signed the licence for the very server that grants. A checkout without a key is refused (−8).
    pub fn vendor_key(mut self, key: impl Into<String>) -> Self {
        self.key = Key::Given(key.into());
        self
    }

    /// Believes every server, whoever runs it. For tools that only hold a seat and protect nothing.
    pub fn without_vendor_key(mut self) -> Self {
        self.key = Key::Waived;
        self
    }

    /// Looks here and nowhere else: `port@host`, `@host`, a licence file or directory, or a list of these as in
    /// `LM_LICENSE_FILE`. Called again, it adds to the list. Without it the environment says where ([`search`](crate::search)).
    pub fn server(mut self, places: impl Into<String>) -> Self {
        self.servers.push(places.into());
        self
    }

    /// Which of several servers is asked first. One that has granted to this process before comes first in any case.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// How many seats, all or none; one without it.
    pub fn seats(mut self, seats: u32) -> Self {
        self.seats = seats;
        self
    }

    /// How long to wait in the queue when all seats are out; not at all without it. Of several servers, all are asked first;
    /// then the first in the list whose seats are all out is waited at.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Lets another thread end the wait.
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = token.clone();
        self
    }

    /// Checkout data: with `DUP_GROUP=V` in the licence, checkouts with the same data share a seat. At most 256 bytes.
    pub fn data(mut self, data: impl Into<String>) -> Self {
        self.data = data.into();
        self
    }

    /// How long servers may take to answer before they count as unreachable: a day at most, 10 seconds without
    /// it.
    pub fn reach_within(mut self, time: Duration) -> Self {
        self.reach = time;
        self
    }

    /// How long the seat is kept while no server can be reached, before it counts as lost; an hour without it. Meanwhile the
    /// application does not notice anything. `Duration::MAX` means for ever.
    pub fn outlast(mut self, outage: Duration) -> Self {
        self.outage = outage;
        self
    }

    /// Called once, from a thread of the library, when the seat is lost for good.
    pub fn on_lost(mut self, call: impl FnOnce(&Error) + Send + 'static) -> Self {
        self.calls.on_lost = Some(Box::new(call));
        self
    }

    /// Called with the position in the queue (1 is next), from a thread of the library, whenever it changes.
    pub fn on_queued(mut self, call: impl FnMut(u32) + Send + 'static) -> Self {
        self.calls.on_queued = Some(Box::new(call));
        self
    }

    /// Takes the seats, or says why not.
    ///
    /// # Errors
    /// [`Error::Denied`] and [`Error::Unreachable`] belong to everyday life; [`Error::Untrusted`] means a forged licence or
    /// server; [`Error::Misuse`] a mistake in the application; [`Error::Cancelled`] that the token was cancelled.
    pub fn take(self) -> Result<Licence, Error> {
        let start = Instant::now();
        let (feature, wait, cancel) = (self.feature.clone(), self.wait, self.cancel.clone());
        let (errand, calls, mut notes) =
            self.into_errand().map_err(|error| error.about(&feature, &[], Vec::new()))?;
        let queueing = if wait == Wait::No { Queueing::No } else { Queueing::Yes };
        let searched = errand.searched();
        let ids = Ids { fresh: new_checkout()?, known: None };
        let won = match hunt(&errand, ids, queueing, &cancel, &mut notes)? {
            Catch::Local(seat) => return Ok(Licence::local(feature, seat, errand.seats, notes)),
            Catch::Server(won) => won,
        };
        let deadline = match wait {
            Wait::UpTo(time) => start.checked_add(time),
            Wait::No | Wait::Forever => None,
        };
        let hold = Hold::start(won, errand, calls)?;
        let seat = hold
            .wait(deadline, &cancel)
            .map_err(|error| error.about(&feature, &searched, std::mem::take(&mut notes)))?;
        Ok(Licence::held(feature, hold, seat, notes))
    }

    fn into_errand(self) -> Result<(Errand, Calls, Vec<String>), Error> {
        let trust = self.key.trust()?;
        let version = Version::parse(&self.version).ok_or_else(|| {
            misuse(Code::BAD_VERSION, format!("'{}' is no version; write a number like 2.1", self.version))
        })?;
        let bad = |why: String| misuse(Code::BAD_PARAMETER, why);
        let length = self.feature.len();
        if length == 0 || length > FeatureName::MAX || self.feature.contains(char::is_whitespace) {
            let why = format!(
                "'{}' is no feature name; it has 1 to {} bytes and no blanks",
                self.feature,
                FeatureName::MAX
            );
            return Err(bad(why));
        }
        if self.seats == 0 || self.seats > limit::SEATS {
            return Err(bad(format!("{} seats cannot be asked for, only 1 to {}", self.seats, limit::SEATS)));
        }
        if self.data.len() > limit::NAME {
            return Err(bad(format!(
                "checkout data has at most {} bytes, not {}",
                limit::NAME,
                self.data.len()
            )));
        }
        let separator = match native() {
            Separator::Colon => ":",
            Separator::Semicolon => ";",
        };
        let given = PathList::parse(&self.servers.join(separator), native())
            .map_err(|error| bad(error.to_string()))?;
        let found = Surroundings::of_process().places(Some(&given), self.vendor.as_deref());
        let errand = Errand {
            feature: FeatureName::from(self.feature),
            version,
            vendor: self.vendor.as_deref().map(VendorName::from),
            seats: self.seats,
            data: self.data,
            trust,
            places: found.places,
            order: self.order,
            reach: bounded(self.reach),
            patience: match self.wait {
                Wait::No => Duration::ZERO,
                Wait::UpTo(time) => bounded(time),
                Wait::Forever => bounded(Duration::MAX),
            },
            outage: self.outage,
        };
        Ok((errand, self.calls, found.notes))
    }
}

impl Key {
    fn trust(&self) -> Result<Trust, Error> {
        match self {
            Self::Waived => Ok(Trust::Anybody),
            Self::Given(text) => VendorKey::parse(text.trim()).map(Trust::Vendor).map_err(|_| {
                misuse(
                    Code::BAD_SIGNATURE,
                    format!("'{text}' is no vendor key; it reads ed25519: and 64 hex digits"),
                )
            }),
            Self::Missing => {
                let why = "no vendor key is given, so that no server's word can be checked; give the one that the software's \
                           vendor publishes";
                Err(misuse(Code::BAD_SIGNATURE, why.into()))
            }
        }
    }
}

fn misuse(code: Code, why: String) -> Error {
    Error::Misuse(Report::new(code, why))
}

#[cfg(test)]
mod tests;
