//! Hold floating-licence seats from an application.

#[cfg(unix)]
pub mod admin;
mod cancel;
mod dial;
mod error;
mod link;
mod race;
mod route;
pub mod search;
pub mod server;
mod socket;
mod talk;

pub use cancel::CancelToken;
pub use error::{Error, Report};
pub use race::Order;
