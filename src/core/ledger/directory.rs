//! Where features and pools stand: the book's, and those that only old leases still belong to.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Range;

use super::stock::Stock;
use crate::id::{FeatureName, LeaseNumber};
use crate::licence::{Book, PoolKey};

/// The place of a feature in its [`Directory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FeatureIndex(pub(super) u32);

/// The place of a pool in its [`Directory`]; those of the book come first and in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolIndex(u32);

impl PoolIndex {
    /// The same place in [`Book::pools`].
    pub(super) fn in_book(self) -> usize {
        self.0 as usize
    }
}

/// All features and pools. Leases refer to them by index, so that each name is kept once.
#[derive(Debug, Default)]
pub(super) struct Directory {
    features: Vec<Feature>,
    stocks: Vec<Stock>,
    by_name: BTreeMap<FeatureName, FeatureIndex>,
    by_key: BTreeMap<PoolKey, PoolIndex>,
}

/// One feature.
#[derive(Debug)]
pub(super) struct Feature {
    pub(super) name: FeatureName,
    /// The places of its pools, which the book keeps together.
    served: Range<u32>,
    /// Those that wait, in the order of arrival.
    pub(super) tickets: BTreeSet<LeaseNumber>,
}

impl Feature {
    /// Its pools in the order in which they are tried.
    pub(super) fn pools(&self) -> impl Iterator<Item = PoolIndex> + Clone {
        self.served.clone().map(PoolIndex)
    }
}

impl Directory {
    pub(super) fn of(book: &Book) -> Self {
        let mut directory = Self::default();
        for pool in book.pools() {
            let PoolIndex(place) = directory.add_stock(Stock::new(pool));
            let feature = directory.feature_index(&pool.feature);
            if let Some(Feature { served, .. }) = directory.feature_mut(feature) {
                let first = if served.start == served.end { place } else { served.start };
                *served = first..place.saturating_add(1);
            }
        }
        for absence in book.absences() {
            directory.feature_index(&absence.feature);
        }
        directory
    }

    /// The feature's place; an unknown one gets the next.
    pub(super) fn feature_index(&mut self, name: &FeatureName) -> FeatureIndex {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = FeatureIndex(place(self.features.len()));
        self.features.push(Feature { name: name.clone(), served: 0..0, tickets: BTreeSet::new() });
        self.by_name.insert(name.clone(), index);
        index
    }

    /// The pool's place; one that is not in the book gets the next, without seats.
    pub(super) fn pool_index(&mut self, key: &PoolKey) -> PoolIndex {
        match self.by_key.get(key) {
            Some(index) => *index,
            None => self.add_stock(Stock::orphan(key.clone())),
        }
    }

    fn add_stock(&mut self, stock: Stock) -> PoolIndex {
        let index = PoolIndex(place(self.stocks.len()));
        self.by_key.insert(stock.key.clone(), index);
        self.stocks.push(stock);
        index
    }

    pub(super) fn find(&self, name: &FeatureName) -> Option<(FeatureIndex, &Feature)> {
        let index = *self.by_name.get(name)?;
        Some((index, self.feature(index)?))
    }

    pub(super) fn feature(&self, index: FeatureIndex) -> Option<&Feature> {
        self.features.get(index.0 as usize)
    }

    pub(super) fn feature_mut(&mut self, index: FeatureIndex) -> Option<&mut Feature> {
        self.features.get_mut(index.0 as usize)
    }

    pub(super) fn stock(&self, index: PoolIndex) -> Option<&Stock> {
        self.stocks.get(index.0 as usize)
    }

    pub(super) fn stock_mut(&mut self, index: PoolIndex) -> Option<&mut Stock> {
        self.stocks.get_mut(index.0 as usize)
    }

    #[cfg(debug_assertions)]
    pub(super) fn features(&self) -> &[Feature] {
        &self.features
    }

    #[cfg(debug_assertions)]
    pub(super) fn stocks(&self) -> &[Stock] {
        &self.stocks
    }
}

/// A place in a table; the tables are bounded by the size of a licence text, far below four thousand million.
fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
