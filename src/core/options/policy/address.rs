//! Addresses with `*` in place of whole numbers, found by an address without a look at all of them.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::host::{Octets, octets};

use super::names::NameId;

/// Which numbers of an address are written out.
type Shape = Vec<bool>;

/// Names that are addresses, by their numbers; with `*`, by the numbers that are left.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// The shapes that occur: few, however many addresses there are.
    shapes: BTreeSet<Shape>,
    names: BTreeMap<Octets, Vec<NameId>>,
}

impl Addresses {
    /// Takes in `text` if it is an address.
    pub(super) fn insert(&mut self, text: &str, name: NameId) -> bool {
        let Some(octets) = octets(text) else { return false };
        self.shapes.insert(octets.iter().map(Option::is_some).collect());
        self.names.entry(octets).or_default().push(name);
        true
    }

    /// Adds the names that `address` fits.
    pub(super) fn find(&self, address: IpAddr, found: &mut Vec<NameId>) {
        let address: Vec<u16> = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().map(u16::from).to_vec(),
            IpAddr::V6(address) => address.segments().to_vec(),
        };
        for shape in self.shapes.iter().filter(|shape| shape.len() == address.len()) {
            let kept = shape.iter().zip(&address).map(|(is_written, number)| is_written.then_some(*number));
            found.extend(self.names.get(&kept.collect::<Octets>()).into_iter().flatten());
        }
    }
}
