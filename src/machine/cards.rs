//! Network cards: which of their addresses are worth a licence, and which come and go.

use std::collections::BTreeMap;
use std::net::IpAddr;

use getifaddrs::{Address, InterfaceFlags};
use licgate_core::wire::limit;

/// What is known of one network card.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    /// `eth0`
    pub(crate) name: String,
    /// Its Ethernet address, if it has one.
    pub(crate) ether: Option<[u8; 6]>,
    /// Its internet addresses.
    pub(crate) addresses: Vec<IpAddr>,
    /// How far its Ethernet address can be relied upon.
    pub(crate) standing: Standing,
}

/// How far the Ethernet address of a card can be relied upon.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// It belongs to hardware, or to what a hypervisor shows as hardware, and stays after a restart.
    Lasting,
    /// It belongs to a bridge, a container's link, or was drawn at random: only of use where there is nothing better.
    #[default]
    Passing,
    /// The machine talking to itself.
    Loopback,
}

/// The cards of this machine in the order of the system; none when the system does not tell.
pub(crate) fn all() -> Vec<Card> {
    let Ok(interfaces) = getifaddrs::getifaddrs() else { return Vec::new() };
    let mut cards: BTreeMap<(u32, String), Card> = BTreeMap::new();
    for interface in interfaces {
        let key = (interface.index.unwrap_or(u32::MAX), interface.name.clone());
        let card = cards.entry(key).or_insert_with(|| Card { name: interface.name, ..Card::default() });
        if let Address::Mac(ether) = interface.address {
            card.ether = Some(ether);
        }
        card.addresses.extend(interface.address.ip_addr());
        if interface.flags.contains(InterfaceFlags::LOOPBACK) {
            card.standing = Standing::Loopback;
        }
    }
    let mut cards: Vec<Card> = cards.into_values().collect();
    for card in cards.iter_mut().filter(|card| card.standing != Standing::Loopback) {
        card.standing = standing(&card.name, card.ether.unwrap_or_default());
    }
    cards
}

/// The Ethernet addresses that this machine shows: those that last, or if there are none (in a container, say) all
/// others. At most [`limit::LIST`].
pub(crate) fn ethers(cards: &[Card]) -> Vec<[u8; 6]> {
    let of = |standing| {
        let mut found: Vec<[u8; 6]> = Vec::new();
        for ether in cards.iter().filter(|card| card.standing == standing).filter_map(|card| card.ether) {
            if is_station(ether) && !found.contains(&ether) && found.len() < limit::LIST {
                found.push(ether);
            }
        }
        found
    };
    let lasting = of(Standing::Lasting);
    if lasting.is_empty() { of(Standing::Passing) } else { lasting }
}

/// The internet addresses of all cards but loopback, in text form. At most [`limit::LIST`].
pub(crate) fn addresses(cards: &[Card]) -> Vec<String> {
    let outside = cards.iter().filter(|card| card.standing != Standing::Loopback);
    outside.flat_map(|card| &card.addresses).take(limit::LIST).map(IpAddr::to_string).collect()
}

/// Whether this is the address of one card: not zero, not a group.
fn is_station(ether: [u8; 6]) -> bool {
    ether != [0; 6] && !is_group(ether)
}

fn is_group(ether: [u8; 6]) -> bool {
    ether[0] & 1 == 1
}

/// On Linux the kernel knows: hardware has a `device`, and `addr_assign_type` 1 is an address drawn at random.
/// Hypervisors give their cards locally administered addresses (52:54:00:…), so that bit alone says nothing here.
#[cfg(target_os = "linux")]
fn standing(name: &str, _ether: [u8; 6]) -> Standing {
    let card = std::path::Path::new("/sys/class/net").join(name);
    let random = std::fs::read_to_string(card.join("addr_assign_type")).is_ok_and(|kind| kind.trim() == "1");
    if card.join("device").exists() && !random { Standing::Lasting } else { Standing::Passing }
}

/// Elsewhere an address that was given by a manufacturer is taken to last.
#[cfg(not(target_os = "linux"))]
fn standing(_name: &str, ether: [u8; 6]) -> Standing {
    if ether[0] & 2 == 0 { Standing::Lasting } else { Standing::Passing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, ether: [u8; 6], standing: Standing) -> Card {
        Card { name: name.into(), ether: Some(ether), addresses: vec![[10, 0, 0, ether[5]].into()], standing }
    }

    const BOARD: [u8; 6] = [0, 0x50, 0x56, 0x0a, 0x1b, 1];
    const GUEST: [u8; 6] = [0x52, 0x54, 0, 0x0a, 0x1b, 2];
    const BRIDGE: [u8; 6] = [2, 0x42, 0xac, 0x11, 0, 3];
    const GROUP: [u8; 6] = [1, 0, 0x5e, 0, 0, 4];

    #[test]
    fn only_addresses_that_last_are_shown_unless_there_is_nothing_else() {
        use Standing::{Lasting, Loopback, Passing};
        let lo = || card("lo", [0; 6], Loopback);
        let table = [
            (vec![lo(), card("eth0", BOARD, Lasting), card("docker0", BRIDGE, Passing)], vec![BOARD]),
            (vec![card("eth0", GUEST, Lasting), card("bond0", GUEST, Lasting)], vec![GUEST]),
            (vec![lo(), card("eth0", BRIDGE, Passing)], vec![BRIDGE]),
            (vec![card("eth0", GROUP, Lasting), card("eth1", [0; 6], Lasting)], vec![]),
            (vec![lo()], vec![]),
        ];
        for (cards, expected) in table {
            assert_eq!(ethers(&cards), expected, "{cards:?}");
        }
    }

    #[test]
    fn loopback_addresses_are_left_out() {
        let cards = [card("lo", [0; 6], Standing::Loopback), card("eth0", BOARD, Standing::Lasting)];
        assert_eq!(addresses(&cards), ["10.0.0.1"]);
    }

    #[test]
    fn lists_are_bounded() {
        let many: Vec<Card> = (0..200).map(|n| card("e", [0, 0, 0, 0, 1, n], Standing::Lasting)).collect();
        assert_eq!(ethers(&many).len(), limit::LIST);
        assert_eq!(addresses(&many).len(), limit::LIST);
    }

    #[test]
    fn this_machine_has_a_loopback_card() {
        assert!(all().iter().any(|card| card.standing == Standing::Loopback));
    }
}
