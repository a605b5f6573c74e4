//! What clients ask of the ledger.

use alloc::string::String;
use core::net::IpAddr;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::host::HostFacts;
use crate::id::{CheckoutId, FeatureName};
use crate::options::policy::Client;
use crate::version::Version;

/// One request.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "an ask lives for one decision, and most are checkouts")]
pub enum Ask {
    /// Seats, now or (if it waits) later. With an id that is known already it resumes, so a repeated request is harmless.
    Checkout(Request),
    /// The client is back on a new connection.
    Resume(CheckoutId),
    /// The client lives.
    Heartbeat(CheckoutId, u32),
    /// The client gives its seat back, or leaves the queue.
    Checkin(CheckoutId, u32),
    /// The client's connection broke.
    Hangup(CheckoutId, u32),
}

/// A request for seats.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The client's name for it.
    pub checkout: CheckoutId,
    /// Who asks.
    pub holder: Holder,
    /// The address that the request comes from, as the server sees it.
    pub address: Option<IpAddr>,
    /// The client's machine.
    pub machine: Machine,
    /// The feature.
    pub feature: FeatureName,
    /// At least this version.
    pub version: Version,
    /// How many seats, from 1.
    pub seats: u32,
    /// Queue when no seat is free?
    pub wait: bool,
}

/// What decides which pools may serve a client: its host facts for HOSTID=, its platform for PLATFORMS=.
#[derive(Debug, Default, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Machine {
    /// What the client's machine shows for itself.
    #[n(0)]
    pub facts: HostFacts,
    /// The client's platform words (`x64_lsb`), blank-separated.
    #[n(1)]
    pub platform: String,
}

/// Who holds or wants a seat. All of it is the client's own word until it is authenticated.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub struct Holder {
    /// User name.
    #[n(0)]
    pub user: String,
    /// Host name.
    #[n(1)]
    pub host: String,
    /// Display: tty, X display or host.
    #[n(2)]
    pub display: String,
    /// Process id; 0 when there is none.
    #[n(3)]
    pub pid: u32,
    /// Checkout data that the application gives (`DUP_GROUP=V`); usually empty.
    #[n(4)]
    pub data: String,
    /// The project that the seats are for (`LM_PROJECT`); usually empty.
    #[cbor(n(5), default)]
    pub project: String,
}

impl Holder {
    /// What the options file looks at in it. `address` is where it asks from, as the server sees it.
    pub(super) fn client(&self, address: Option<IpAddr>) -> Client<'_> {
        let Self { user, host, display, project, pid: _, data: _ } = self;
        Client { user, host, address, display, project }
    }
}
