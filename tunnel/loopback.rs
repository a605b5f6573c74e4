//! The loopback address of a server on this machine: its own, and the same every time.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// So many other addresses are tried past those that other servers hold; nobody tunnels to that many servers at once.
const TRIES: u32 = 1024;

/// An address in 127.64.0.0/10 that does not end in 0 or 255: far from 127.0.x.y, where systems keep `localhost`,
/// the host's own name and the stub of their name service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Ipv4Addr", into = "Ipv4Addr")]
pub struct Loopback(Ipv4Addr);

/// An address that cannot be a server's loopback address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUsable(Ipv4Addr);

impl fmt::Display for NotUsable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.0;
        write!(
            f,
            "{address} cannot be the address of a server on this machine; take one from 127.64.0.1 to "
        )?;
        f.write_str("127.127.255.254 that does not end in 0 or 255")
    }
}

impl std::error::Error for NotUsable {}

impl Loopback {
    /// The address of the server with this name, upper and lower case and a last dot aside: drawn from the name, and
    /// drawn again while `is_taken` by another server. `None` when 1024 in a row are taken.
    pub fn of(server: &str, is_taken: impl Fn(Self) -> bool) -> Option<Self> {
        let name = server.trim_end_matches('.').to_ascii_lowercase();
        (0..TRIES).map(|round| Self::drawn(&name, round)).find(|address| !is_taken(*address))
    }

    fn drawn(name: &str, round: u32) -> Self {
        let digest = Sha256::new().chain_update(name).chain_update(round.to_be_bytes()).finalize();
        let [second, third, fourth] = [digest[0], digest[1], digest[2]];
        Self(Ipv4Addr::new(127, 64 + second % 64, third, 1 + fourth % 254))
    }

    /// The address itself.
    pub fn address(self) -> Ipv4Addr {
        self.0
    }
}

impl TryFrom<Ipv4Addr> for Loopback {
    type Error = NotUsable;

    /// An address that a profile pins, or that came from another process.
    fn try_from(address: Ipv4Addr) -> Result<Self, NotUsable> {
        match address.octets() {
            [127, 64..=127, _, 1..=254] => Ok(Self(address)),
            _ => Err(NotUsable(address)),
        }
    }
}

impl From<Loopback> for Ipv4Addr {
    fn from(loopback: Loopback) -> Self {
        loopback.0
    }
}

impl fmt::Display for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_the_same_on_every_machine_and_in_every_version() {
        let of = |name| Loopback::of(name, |_| false).unwrap().to_string();
        assert_eq!(of("lic1.corp.example"), "127.99.25.28");
        assert_eq!(of("LIC1.Corp.Example."), "127.99.25.28");
        assert_ne!(of("lic2.corp.example"), "127.99.25.28");
    }

    #[test]
    fn a_taken_address_is_passed_over_in_a_set_order() {
        let first = Loopback::of("lic1", |_| false).unwrap();
        let second = Loopback::of("lic1", |address| address == first).unwrap();
        assert_ne!(first, second);
        assert_eq!(Loopback::of("lic1", |address| address == first), Some(second));
        assert_eq!(Loopback::of("lic1", |_| true), None);
    }

    #[test]
    fn only_the_upper_half_of_the_loopback_net_can_be_pinned() {
        let pinned = |text: &str| Loopback::try_from(text.parse::<Ipv4Addr>().unwrap());
        for good in ["127.64.0.1", "127.77.3.1", "127.127.255.254", "127.100.0.254"] {
            assert_eq!(pinned(good).unwrap().to_string(), good);
        }
        for bad in ["127.0.0.1", "127.0.1.1", "127.0.0.53", "127.63.255.254", "127.128.0.1", "127.77.3.0"] {
            assert!(pinned(bad).is_err(), "{bad}");
        }
        for bad in ["127.77.3.255", "10.77.3.1", "0.0.0.0", "255.255.255.255"] {
            assert!(pinned(bad).is_err(), "{bad}");
        }
        insta::assert_snapshot!(pinned("127.0.0.1").unwrap_err(), @"127.0.0.1 cannot be the address of a server on this machine; take one from 127.64.0.1 to 127.127.255.254 that does not end in 0 or 255");
    }

    proptest! {
        #[test]
        fn what_is_drawn_can_be_pinned(name in ".{0,40}", taken in 0_u32..4) {
            let taken: Vec<_> = (0..taken).map(|round| Loopback::drawn(&name, round)).collect();
            let address = Loopback::of(&name, |address| taken.contains(&address)).unwrap();
            prop_assert_eq!(Loopback::try_from(address.address()), Ok(address));
            prop_assert!(!taken.contains(&address));
        }
    }
}
