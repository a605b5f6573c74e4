//! What a master daemon and its vendor daemon tell each other over the vendor daemon's standard input and output.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// From the master to its vendor daemon, on the daemon's standard input. End of file: the master is gone.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub enum MasterMsg {
    /// Read the files again.
    #[n(0)]
    Reread,
    /// Finish and exit.
    #[n(1)]
    Stop,
}

/// From a vendor daemon to its master, on the daemon's standard output.
#[derive(Debug, Clone, PartialEq, Encode, Decode, Serialize)]
pub enum VendorMsg {
    /// Serving on this port. Said again when the warning changes.
    #[n(0)]
    Ready {
        /// The port.
        #[n(0)]
        port: u16,
        /// What an administrator has to see to, in plain words.
        #[n(1)]
        warning: Option<String>,
    },
    /// The answer to `Reread`.
    #[n(1)]
    Reread {
        /// Whether the new files are in force; if not, the old ones still are.
        #[n(0)]
        ok: bool,
        /// What changed, or what is wrong, in lines for people.
        #[n(1)]
        lines: Vec<String>,
    },
}
