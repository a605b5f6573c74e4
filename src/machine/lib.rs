//! What this machine is and holds: host ids, names, the local time zone, and the places of files and keys.
//! The same for daemons, tools and client library.

mod cards;
pub mod facts;
pub mod files;
pub mod keys;
pub mod places;
pub mod zone;
