//! The wire: messages, frames, and both sides of a dialogue, without a socket.
#![doc = ""]
#![doc = include_str!("PROTOCOL.md")]

mod bounds;
mod dialogue;
mod foreign;
mod frame;
mod message;
mod pipe;
mod session;
mod status;

pub use dialogue::{Dialogue, DialogueError, Located, located};
pub use foreign::foreign;
pub use frame::{Decoder, WireError, encode};
pub use message::{Checkout, ClientMsg, Granted, Hello, Locate, Queued, ServerMsg, Welcome};
pub use pipe::{MasterMsg, VendorMsg};
pub use session::{
    Caller, Entrance, MasterRequest, Rejection, Then, VendorRequest, VendorSession, greet, master_request,
};
pub use status::{Cursor, Lock, Part, Row, ServerStatus, StatusAsk, StatusPage, VendorState, VendorStatus};

/// The version of the protocol; a client and a server speak the lower of theirs.
pub const PROTOCOL: u16 = 1;

/// Bounds on everything that comes from outside.
pub mod limit {
    use core::time::Duration;

    /// Bytes in one frame.
    pub const FRAME: usize = 64 * 1024;
    /// Bytes in a frame before `Hello` was accepted.
    pub const HELLO_FRAME: usize = 8 * 1024;
    /// Bytes in any name that a client gives (user, host, display, data).
    pub const NAME: usize = 256;
    /// Entries in each list of a `Hello`.
    pub const LIST: usize = 64;
    /// Checkouts, held and waiting, on one connection.
    pub const CHECKOUTS: usize = 1024;
    /// Of these, checkouts that wait or, being asked for so and not answered yet, may have to. The server keeps the facts of
    /// the client's machine for each.
    pub const WAITING: usize = 16;
    /// Seats in one request.
    pub const SEATS: u32 = 1_000_000;
    /// Rows in one status page.
    pub const ROWS: usize = 128;
    /// From the accepted connection to a complete `Hello`.
    pub const HANDSHAKE: Duration = Duration::from_secs(10);
}
#[cfg(test)]
mod tests;
