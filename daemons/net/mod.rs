//! The network: listening, TLS, framed connections, and the greeting that both daemons give.

mod conn;
mod greet;
mod listen;
mod parent;
mod quota;
mod report;

pub use conn::{Conn, ConnError};
pub use greet::greet;
pub use listen::{BindError, Bound, Peer, bind, bind_first};
pub use parent::{Parent, parent};
pub use quota::Quota;
pub use report::fit;
