//! Hold floating-licence seats from an application.
//!
//! ```
//! use std::time::Duration;
//!
//! use licgate::{Error, Licence, Wait};
//!
//! // The vendor's public key is compiled into the application: only what this vendor signed counts.
//! const VENDOR_KEY: &str = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
//!
//! fn solve() -> Result<(), Error> {
//!     let licence = Licence::checkout("solver", "2.1")
//!         .vendor("acme")
//!         .vendor_key(VENDOR_KEY)
//!         .server("27000@localhost") // without it: ACME_LICENSE_FILE, LM_LICENSE_FILE, …
//!         .wait(Wait::UpTo(Duration::from_secs(3600)))
//!         .on_queued(|position| eprintln!("all seats are taken; you are number {position} in the queue"))
//!         .on_lost(|why| eprintln!("the licence is lost, please save your work: {why}"))
//! #       .server("1@localhost").wait(Wait::No) // nobody serves where this example is tested
//!         .take()?;
//!
//!     println!("solving with {} seat from {}", licence.seats(), licence.server());
//!     // … for hours: heartbeats go out, and a restart of the licence server is not noticed.
//!     licence.give_back() // or just drop it
//! }
//!
//! match solve() {
//!     Ok(()) => println!("done"),
//!     Err(Error::Denied(report)) => eprintln!("no licence: {}", report.why()),
//!     Err(error @ Error::Unreachable(_)) => eprintln!("{error:#}"), // as FlexNet's clients print it
//!     Err(error) => eprintln!("{error}"),
//! }
//! ```
//!
//! Everything blocks and nothing needs a runtime. Each seat has one connection and one thread. Who only wants to talk to
//! licence servers, as tools do, finds connections in [`server`] and [`admin`], and where servers are in [`search`].

#![warn(missing_docs)]

#[cfg(unix)]
pub mod admin;
mod ask;
mod cancel;
mod candidates;
mod checkout;
mod dial;
mod errand;
mod error;
mod hold;
mod hunt;
mod licence;
mod link;
mod route;
mod rows;
pub mod search;
pub mod server;
mod socket;
mod talk;

pub use cancel::CancelToken;
pub use checkout::{Checkout, Wait};
pub use error::{Error, Report};
pub use hunt::Order;
pub use licence::Licence;
