//! What an application asks for, and what it takes for an answer.

use std::time::Duration;

use licgate_core::code::Code;
use licgate_core::id::{CheckoutId, FeatureName, VendorName};
use licgate_core::licence::{Claim, Proof, ProofError, VendorKey};
use licgate_core::time::{Date, Zone};
use licgate_core::version::Version;
use licgate_core::wire::{Checkout, Granted, Locate};

use crate::error::{Error, Report};
use crate::hunt::Order;
use crate::search::Place;

/// Everything that a checkout, and any later one in its place, needs to know.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) feature: FeatureName,
    pub(crate) version: Version,
    pub(crate) vendor: Option<VendorName>,
    pub(crate) seats: u32,
    pub(crate) data: String,
    pub(crate) trust: Trust,
    pub(crate) places: Vec<Place>,
    pub(crate) order: Order,
    /// How long servers may take to answer.
    pub(crate) reach: Duration,
    /// How long a licence server that cannot be reached is tried again by whoever is ready to queue.
    pub(crate) patience: Duration,
    /// How long a seat is kept without hearing from any server.
    pub(crate) outage: Duration,
}

/// Whose word counts.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// That of the vendor who has this key.
    Vendor(VendorKey),
    /// That of every server.
    Anybody,
}

/// Whether to queue when no seat is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queueing {
    No,
    Yes,
}

/// By which id a checkout is asked for. Whoever knows an id can go on with the checkout, so that the id that a server knows
/// already is for that server only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) fresh: CheckoutId,
    /// The id that is known already, and the key of the server that knows it.
    pub(crate) known: Option<(CheckoutId, Option<[u8; 32]>)>,
}

impl Ids {
    /// The id for the server with this key.
    pub(crate) fn at(&self, server_key: Option<[u8; 32]>) -> CheckoutId {
        match self.known {
            Some((checkout, key)) if key == server_key => checkout,
            Some(_) | None => self.fresh,
        }
    }
}

impl Errand {
    pub(crate) fn what(&self) -> Locate {
        match &self.vendor {
            Some(vendor) => Locate::Vendor(vendor.clone()),
            None => Locate::Feature(self.feature.clone()),
        }
    }

    pub(crate) fn request(&self, checkout: CheckoutId, queueing: Queueing) -> Checkout {
        Checkout {
            checkout,
            feature: self.feature.clone(),
            version: self.version.clone(),
            seats: self.seats,
            wait: queueing == Queueing::Yes,
            data: self.data.clone(),
        }
    }

    /// The places that are searched, as path lists write them.
    pub(crate) fn searched(&self) -> Vec<String> {
        self.places.iter().map(|place| place.element.to_string()).collect()
    }

    /// Whether a server's grant is to be believed: it proves with the vendor's signature that this server may give these
    /// seats.
    pub(crate) fn believe(
        &self,
        granted: &Granted,
        vendor: &VendorName,
        server_key: Option<[u8; 32]>,
    ) -> Result<(), Error> {
        if granted.seats < self.seats {
            let why =
                format!("the server granted {} seats where {} were asked for", granted.seats, self.seats);
            return Err(Error::Peer(Report::new(Code::BAD_REPLY, why)));
        }
        self.prove(&granted.proof, vendor, granted.seats, server_key.unwrap_or_default()).map_err(|error| {
            let why = format!("the grant is not believed: {error}");
            Error::Untrusted(Report::new(error.code, why))
        })
    }

    /// Whether these signed lines allow so many seats.
    pub(crate) fn prove(
        &self,
        proof: &Proof,
        vendor: &VendorName,
        seats: u32,
        server_key: [u8; 32],
    ) -> Result<(), ProofError> {
        let key = match &self.trust {
            Trust::Anybody => return Ok(()),
            Trust::Vendor(key) => key,
        };
        let claim = Claim {
            vendor,
            feature: &self.feature,
            version: &self.version,
            seats,
            today: today(),
            server_key,
            client: &licgate_machine::facts::measure(),
        };
        proof.check(key, &claim)
    }
}

/// This machine's calendar day.
fn today() -> Date {
    use licgate_machine::zone::{Local, wall};
    Local::system().civil(wall()).date
}

/// A name for a checkout that nobody can guess.
pub(crate) fn new_checkout() -> Result<CheckoutId, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        let why = format!("the system gives no random numbers: {error}");
        Error::Machine(Report::new(Code::BAD_PARAMETER, why))
    })?;
    Ok(CheckoutId::new(bytes))
}
