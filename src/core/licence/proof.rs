//! What a grant shows its client: signed lines, from which the client sees for itself that the seat is genuine.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Encode};

use super::sign::VendorKey;
use crate::code::Code;
use crate::host::HostFacts;
use crate::id::{FeatureName, VendorName};
use crate::time::Date;
use crate::version::Version;

/// Signed lines that together allow a seat, with the SERVER host ids that went into their signatures.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct Proof {
    /// Canonical lines with `SIGN=`: the FEATURE, INCREMENT or UPGRADE line, or the PACKAGE line and its enabling line.
    #[n(0)]
    pub lines: Vec<String>,
    /// The canonical host ids of the SERVER lines, in the order of the file; empty for a file without server.
    #[n(1)]
    pub server_hostids: Vec<String>,
}

/// What a proof must show.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The vendor whose key is given.
    pub vendor: &'a VendorName,
    /// The feature that was asked for.
    pub feature: &'a FeatureName,
    /// The version that was asked for.
    pub version: &'a Version,
    /// How many seats.
    pub seats: u32,
    /// The client's own calendar day.
    pub today: Date,
    /// The key that the licence host proved in the TLS handshake.
    pub server_key: [u8; 32],
    /// The client's machine, for lines with HOSTID=.
    pub client: &'a HostFacts,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofError {
    /// FlexNet's code (−8, −9, −10, …).
    pub code: Code,
    /// Plain words: lower case, no full stop.
    pub why: String,
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl core::error::Error for ProofError {}

impl Proof {
    /// Bytes of all texts of a proof together, so that a grant fits into a frame.
    pub const MAX: usize = 32 * 1024;

    /// Whether it is short enough to be sent.
    pub(super) fn fits(&self) -> bool {
        self.lines.iter().chain(&self.server_hostids).map(String::len).sum::<usize>() <= Self::MAX
    }

    /// Checks with the vendor's public key that these lines allow what `claim` says.
    pub fn check(&self, _key: &VendorKey, _claim: &Claim<'_>) -> Result<(), ProofError> {
        todo!()
    }
}
