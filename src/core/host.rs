//! Host ids: what a licence may be locked to, and what a machine can show for itself.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

/// One host id as licence files write it (`ANY`, `0050560a1b2c`, `HOSTNAME=lic1`, `KEY=ed25519:…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostId {
    /// Every machine.
    Any,
    /// Every machine, for uncounted demonstration lines.
    Demo,
    /// An Ethernet address, 12 hex digits.
    Ether([u8; 6]),
    /// A volume serial number or `hostid(1)`, 8 hex digits (or `#` and decimal digits).
    Short(u32),
    /// The public half of a licence host's identity key (Ed25519): licgate's own kind. It survives a new network
    /// card, a moved virtual machine and a container, and cannot be copied without the private half.
    Key([u8; 32]),
    /// `INTERNET=`: an IPv4 or IPv6 address; each octet may be `*`.
    Internet(String),
    /// `HOSTNAME=`, compared without case.
    HostName(String),
    /// `HOSTDOMAIN=`, compared without case.
    HostDomain(String),
    /// `USER=`.
    User(String),
    /// `DISPLAY=`.
    Display(String),
    /// A kind that licgate reads and prints but cannot measure on a machine, so that it never matches:
    /// `DISK_SERIAL_NUM=`, `ID=`, `ID_STRING=`, `COMPOSITE=`, `FLEXID=`, `VM_UUID=`, … as written.
    Other(String),
}

/// What a machine shows for itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct HostFacts {
    /// Its Ethernet addresses.
    #[cbor(n(0))]
    pub ethers: Vec<[u8; 6]>,
    /// Its host name, and the fully qualified one where it is known.
    #[n(1)]
    pub names: Vec<String>,
    /// Its addresses in text form.
    #[n(2)]
    pub addresses: Vec<String>,
    /// The public half of its identity key; licence hosts have one.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub key: Option<[u8; 32]>,
    /// The user who asks; empty for a licence host.
    #[n(4)]
    pub user: String,
    /// The user's display; empty for a licence host.
    #[n(5)]
    pub display: String,
}
