//! The server's side of a dialogue: who calls, and what is asked, checked before a desk sees it.
//!
//! [`greet`] turns the first message into a [`Caller`]; after that [`master_request`] or a [`VendorSession`] turns each
//! message into a request for this kind of daemon. So no desk meets a request that is not for it, a `Hello` that comes
//! late, or a name that would spoil its log.

mod vendor;

pub use vendor::{VendorRequest, VendorSession};

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::PROTOCOL;
use super::bounds::{check_hello, check_text};
use super::message::{ClientMsg, Hello, Locate, ServerMsg, Welcome};
use crate::code::Code;
use crate::host::HostFacts;
use crate::id::{CheckoutId, FeatureName, VendorName};
use crate::ledger::Holder;

/// The oldest version of the protocol that this server still speaks.
const OLDEST: u16 = 1;

/// A message that gets no further: what to answer, and what then.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// The answer: `Denied` or `Refused`.
    pub answer: ServerMsg,
    /// What then.
    pub then: Then,
}

/// What to do with a connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Serve on.
    GoOn,
    /// Send the answer and close.
    HangUp,
}

impl Rejection {
    /// A breach of the protocol: the connection ends.
    fn breach(code: Code, why: impl Into<String>) -> Self {
        Self { answer: ServerMsg::Refused { code, lines: vec![why.into()] }, then: Then::HangUp }
    }

    /// No to one checkout; the others on this connection are not its fault.
    fn denied(checkout: CheckoutId, code: Code, why: impl Into<String>) -> Self {
        Self { answer: ServerMsg::Denied { checkout, code, why: why.into() }, then: Then::GoOn }
    }
}

/// Who is at the other end of a connection: the client's own word, within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The protocol version that is spoken.
    pub protocol: u16,
    /// The calling program and its version.
    pub program: String,
    /// User, host, display, process.
    pub holder: Holder,
    /// The client's machine. Without a key: a client proves none.
    pub machine: HostFacts,
    /// Its platform words.
    pub platform: String,
}

/// Answers the first message of a connection, which has to be a `Hello`, in the name of the daemon `name` (`licmgrd` or the
/// vendor's). Afterwards frames may be as long as [`limit::FRAME`](super::limit::FRAME).
///
/// # Errors
/// Anything else, a protocol that is too old, and names or lists beyond their bounds.
pub fn greet(first: ClientMsg, name: &str, version: &str) -> Result<(Caller, ServerMsg), Rejection> {
    let ClientMsg::Hello(hello) = first else {
        return Err(Rejection::breach(Code::BAD_PARAMETER, "the first message has to be Hello"));
    };
    if hello.protocol < OLDEST {
        let why = format!(
            "the client speaks protocol {}, this server {OLDEST} to {PROTOCOL}; install a newer client",
            hello.protocol
        );
        return Err(Rejection::breach(Code::REFUSED_REQUEST, why));
    }
    check_hello(&hello).map_err(|why| Rejection::breach(Code::BAD_PARAMETER, why))?;
    let Hello { protocol, program, holder, machine, platform } = hello;
    let protocol = protocol.min(PROTOCOL);
    let machine = HostFacts { key: None, ..machine };
    let welcome = Welcome { protocol, name: name.into(), version: version.into() };
    Ok((Caller { protocol, program, holder, machine, platform }, ServerMsg::Welcome(welcome)))
}

/// Where a caller came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// The network port, which is open to everybody.
    Network,
    /// The local socket, which the file system opens to administrators only.
    Local,
}

/// What a master daemon is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum MasterRequest {
    /// Where is this vendor, or this feature?
    Locate(Locate),
    /// How are you, and who works for you?
    ServerStatus,
    /// Read the files again; with a vendor, only its daemon.
    Reread(Option<VendorName>),
    /// Stop.
    Down,
}

/// What `message` asks of a master daemon.
///
/// # Errors
/// A second `Hello`, a request for a vendor daemon, an administrator's request from the network, names out of bounds.
pub fn master_request(message: ClientMsg, entrance: Entrance) -> Result<MasterRequest, Rejection> {
    let request = match message {
        ClientMsg::Locate(locate) => MasterRequest::Locate(locate),
        ClientMsg::ServerStatus => MasterRequest::ServerStatus,
        ClientMsg::Reread { vendor } => MasterRequest::Reread(vendor),
        ClientMsg::Down => MasterRequest::Down,
        ClientMsg::Hello(_) => return Err(second_hello()),
        ClientMsg::Checkout(_)
        | ClientMsg::Resume { .. }
        | ClientMsg::Heartbeat { .. }
        | ClientMsg::Checkin { .. }
        | ClientMsg::Status(_) => {
            let why = "this is a master daemon; ask it where the vendor daemon is, and that one for seats";
            return Err(Rejection::breach(Code::REFUSED_REQUEST, why));
        }
    };
    match &request {
        MasterRequest::Locate(Locate::Vendor(vendor)) => check_vendor(vendor)?,
        MasterRequest::Locate(Locate::Feature(feature)) => check_feature(feature).map_err(bad)?,
        MasterRequest::ServerStatus => {}
        MasterRequest::Reread(_) | MasterRequest::Down if entrance == Entrance::Network => {
            let why = "administrators' requests are taken on the licence host itself only; run licutil there";
            return Err(Rejection::breach(Code::NOT_ADMINISTRATOR, why));
        }
        MasterRequest::Reread(vendor) => vendor.iter().try_for_each(check_vendor)?,
        MasterRequest::Down => {}
    }
    Ok(request)
}

fn second_hello() -> Rejection {
    Rejection::breach(Code::BAD_PARAMETER, "Hello may be said only once")
}

fn bad(why: String) -> Rejection {
    Rejection::breach(Code::BAD_PARAMETER, why)
}

fn check_vendor(vendor: &VendorName) -> Result<(), Rejection> {
    check_text("vendor's name", vendor.as_str()).map_err(bad)
}

fn check_feature(feature: &FeatureName) -> Result<(), String> {
    let length = feature.as_str().len();
    if length > FeatureName::MAX {
        return Err(format!("the feature's name has {length} bytes, {} are allowed", FeatureName::MAX));
    }
    check_text("feature's name", feature.as_str())
}

#[cfg(test)]
mod tests;
