//! The messages: one enum each way.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::status::{ServerStatus, StatusAsk, StatusPage};
use crate::code::Code;
use crate::host::HostFacts;
use crate::id::{CheckoutId, FeatureName, LeaseNumber, VendorName};
use crate::ledger::Holder;
use crate::licence::Proof;
use crate::version::Version;

/// From a client (or an administrator) to a master or vendor daemon.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
#[expect(clippy::large_enum_variant, reason = "a connection has one message in hand at a time")]
pub enum ClientMsg {
    /// First, and once.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// To the master: where is …?
    #[n(1)]
    Locate(#[n(0)] Locate),
    /// To a vendor daemon: seats, please.
    #[n(2)]
    Checkout(#[n(0)] Checkout),
    /// To a vendor daemon: I am back on this connection.
    #[n(3)]
    Resume {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
    },
    /// To a vendor daemon: I live.
    #[n(4)]
    Heartbeat {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// As the last `Granted` or `Queued` said.
        #[n(1)]
        epoch: u32,
    },
    /// To a vendor daemon: here is my seat back, or I leave the queue.
    #[n(5)]
    Checkin {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// As the last `Granted` or `Queued` said.
        #[n(1)]
        epoch: u32,
    },
    /// To the master: how are you, and who works for you?
    #[n(6)]
    ServerStatus,
    /// To a vendor daemon: what is out?
    #[n(7)]
    Status(#[n(0)] StatusAsk),
    /// To the master, on its local socket: read the files again.
    #[n(8)]
    Reread {
        /// Only this vendor's daemon.
        #[n(0)]
        vendor: Option<VendorName>,
    },
    /// To the master, on its local socket: stop.
    #[n(9)]
    Down,
}

/// The answers.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub enum ServerMsg {
    /// To `Hello`.
    #[n(0)]
    Welcome(#[n(0)] Welcome),
    /// To `Locate`: there.
    #[n(1)]
    At {
        /// The vendor daemon.
        #[n(0)]
        vendor: VendorName,
        /// Its port.
        #[n(1)]
        port: u16,
        /// The SERVER line's host, or `this_host`.
        #[n(2)]
        host: String,
    },
    /// To `Locate`: the vendor daemon is not up at the moment.
    #[n(2)]
    NotNow {
        /// Milliseconds until it is worth asking again; absent when it will not come back by itself.
        #[n(0)]
        retry_after_ms: Option<u32>,
        /// Plain words.
        #[n(1)]
        why: String,
    },
    /// To `Checkout` and `Resume`, and unasked when a waiting ticket got its seats.
    #[n(3)]
    Granted(#[n(0)] Granted),
    /// To `Checkout` and `Resume`: wait.
    #[n(4)]
    Queued(#[n(0)] Queued),
    /// To `Heartbeat`.
    #[n(5)]
    Alive {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// For a waiting ticket: its position, from 1.
        #[n(1)]
        position: Option<u32>,
    },
    /// To anything about a checkout: no.
    #[n(6)]
    Denied {
        /// The checkout.
        #[n(0)]
        checkout: CheckoutId,
        /// FlexNet's code.
        #[n(1)]
        code: Code,
        /// Plain words.
        #[n(2)]
        why: String,
    },
    /// Unasked: this lease or ticket has ended.
    #[n(7)]
    Gone {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
        /// FlexNet's code.
        #[n(1)]
        code: Code,
        /// Plain words.
        #[n(2)]
        why: String,
    },
    /// To `Checkin`.
    #[n(8)]
    Returned {
        /// The lease or ticket.
        #[n(0)]
        checkout: CheckoutId,
    },
    /// To `ServerStatus`.
    #[n(9)]
    ServerStatus(#[n(0)] ServerStatus),
    /// To `Status`.
    #[n(10)]
    Status(#[n(0)] StatusPage),
    /// To `Reread` and `Down`: done; what changed, or what is being done, in lines for people.
    #[n(11)]
    Done {
        /// Lines for people.
        #[n(0)]
        lines: Vec<String>,
    },
    /// To anything: refused as a whole. After a breach of the protocol the connection ends with it.
    #[n(12)]
    Refused {
        /// FlexNet's code.
        #[n(0)]
        code: Code,
        /// Plain words, one line each.
        #[n(1)]
        lines: Vec<String>,
    },
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Hello {
    /// The highest protocol version that the client speaks.
    #[n(0)]
    pub protocol: u16,
    /// The calling program and its version, for logs.
    #[n(1)]
    pub program: String,
    /// User, host, display, process.
    #[n(2)]
    pub holder: Holder,
    /// The client's machine.
    #[n(3)]
    pub machine: HostFacts,
    /// Platform words for PLATFORMS=, blank-separated (`x64_lsb`).
    #[n(4)]
    pub platform: String,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Welcome {
    /// The protocol version that is spoken from now on.
    #[n(0)]
    pub protocol: u16,
    /// `licmgrd`, or the vendor's name.
    #[n(1)]
    pub name: String,
    /// The daemon's version: dotted digits.
    #[n(2)]
    pub version: String,
}

/// What is to be found.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub enum Locate {
    /// The daemon of this vendor.
    #[n(0)]
    Vendor(#[n(0)] VendorName),
    /// The daemon that serves this feature.
    #[n(1)]
    Feature(#[n(0)] FeatureName),
}

/// A request for seats.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Checkout {
    /// The client's own random name for it.
    #[n(0)]
    pub checkout: CheckoutId,
    /// The feature.
    #[n(1)]
    pub feature: FeatureName,
    /// At least this version.
    #[n(2)]
    pub version: Version,
    /// How many seats.
    #[n(3)]
    pub seats: u32,
    /// Queue when no seat is free?
    #[n(4)]
    pub wait: bool,
    /// Checkout data that the application gives; usually empty.
    #[n(5)]
    pub data: String,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Granted {
    /// The checkout.
    #[n(0)]
    pub checkout: CheckoutId,
    /// Its handle.
    #[n(1)]
    pub lease: LeaseNumber,
    /// To be sent with every message about it.
    #[n(2)]
    pub epoch: u32,
    /// The version of the licence, as written.
    #[n(3)]
    pub version: Version,
    /// How many seats.
    #[n(4)]
    pub seats: u32,
    /// A heartbeat must come at least this often, in milliseconds.
    #[n(5)]
    pub silence_ms: u32,
    /// Why the client may believe it.
    #[n(6)]
    pub proof: Proof,
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub struct Queued {
    /// The checkout.
    #[n(0)]
    pub checkout: CheckoutId,
    /// To be sent with every message about it.
    #[n(1)]
    pub epoch: u32,
    /// From 1.
    #[n(2)]
    pub position: u32,
    /// A heartbeat must come at least this often, in milliseconds.
    #[n(3)]
    pub silence_ms: u32,
    /// Who holds the seats, in plain words.
    #[n(4)]
    pub why: String,
}
