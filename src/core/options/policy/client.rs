//! Who asks, as far as rules look at it.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::names::NameId;

/// What rules look at in a client. User, host, display and project are the client's own word.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Client<'a> {
    /// User name.
    pub user: &'a str,
    /// Host name, as the client gives it: with or without its domain.
    pub host: &'a str,
    /// Where its connection comes from. `None`: not known, and no rule by address fits.
    pub address: Option<IpAddr>,
    /// Display: tty, X display or host.
    pub display: &'a str,
    /// Its `LM_PROJECT`; empty when there is none.
    pub project: &'a str,
}

/// A client and the names by which the options file means it. It is right for the policy that it came from only.
#[derive(Debug)]
pub struct Known<'a> {
    pub(super) client: Client<'a>,
    /// In order, each once.
    pub(super) names: Vec<NameId>,
}

impl<'a> Known<'a> {
    /// Who it is.
    pub fn client(&self) -> Client<'a> {
        self.client
    }
}
