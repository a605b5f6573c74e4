//! The programs of administrators, vendors and users: licutil, licsign, licrun.
//!
//! | room | what it holds |
//! |---|---|
//! | [`cmd`] | `licutil`: one file per command |
//! | [`licsign`] | `licsign`: key pairs, signatures |
//! | [`run`] | `licrun`: a command that holds a seat while it runs |
//! | [`out`] | the only printer: data on standard output, talk on standard error |
//! | [`failure`] | why a command failed, and the exit status that says so |

pub mod cmd;
pub mod failure;
pub mod licsign;
pub mod out;
mod remarks;
pub mod run;
mod vendor_key;
