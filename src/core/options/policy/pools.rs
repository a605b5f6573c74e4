//! Which pools a rule is for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::Attribute;
use crate::licence::{Book, Origin, Pool};
use crate::options::ast::{Narrowing, Selector};

/// The pools of a book, by what rules can call them.
#[derive(Debug)]
pub(in crate::options) struct Pools<'b> {
    book: &'b Book,
    /// The places of the pools that have seats from a package.
    packages: BTreeMap<&'b FeatureName, Vec<usize>>,
}

impl<'b> Pools<'b> {
    pub(in crate::options) fn of(book: &'b Book) -> Self {
        let mut packages: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, pool) in book.pools().iter().enumerate() {
            for package in pool.origins.iter().filter_map(|origin| origin.package.as_ref()) {
                let places = packages.entry(package).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        Self { book, packages }
    }

    /// The places in the book of the pools that a rule is for, in order: those of the feature, and of all components of the package.
    pub(in crate::options) fn select(&self, selector: &Selector) -> Vec<usize> {
        let narrowing = selector.narrowing.as_ref().map(|narrowing| &narrowing.node);
        let fits = |place: &usize, package: Option<&FeatureName>| {
            let pool = self.book.pool(*place);
            pool.is_some_and(|pool| narrowing.is_none_or(|narrowing| fits(narrowing, pool, package)))
        };
        let feature = &selector.feature.node;
        let named = self.book.find(feature).filter(|place| fits(place, None));
        let packed = self.packages.get(feature).into_iter().flatten();
        let packed = packed.filter(|place| fits(place, Some(feature))).copied();
        let mut places: Vec<_> = named.chain(packed).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// Whether a pool, or one of the lines in it (of the package, if one is asked for), has the attribute.
fn fits(narrowing: &Narrowing, pool: &Pool, package: Option<&FeatureName>) -> bool {
    let lines = || pool.origins.iter().filter(|line| package.is_none() || line.package.as_ref() == package);
    let has = |is: &dyn Fn(&Attribute) -> bool| lines().any(|line: &Origin| line.attributes.iter().any(is));
    match narrowing {
        Narrowing::Version(version) => pool.version == *version,
        Narrowing::HostId(ids) => are_same(ids, &pool.hostids),
        Narrowing::VendorString(text) => pool.vendor_string.as_deref().unwrap_or_default() == text,
        Narrowing::ExpiryDate(expiry) => lines().any(|line| line.expiry == *expiry),
        Narrowing::Key(key) => {
            has(&|it| matches!(it, Attribute::LegacyKey(own) if own.eq_ignore_ascii_case(key)))
        }
        Narrowing::Sign(digits) => {
            has(&|it| matches!(it, Attribute::Sign(own) if are_same_digits(own, digits)))
        }
        Narrowing::Issuer(text) => has(&|it| matches!(it, Attribute::Issuer(own) if own == text)),
        Narrowing::Notice(text) => has(&|it| matches!(it, Attribute::Notice(own) if own == text)),
        Narrowing::DistInfo(text) => has(&|it| matches!(it, Attribute::DistInfo(own) if own == text)),
        Narrowing::UserInfo(text) => has(&|it| matches!(it, Attribute::UserInfo(own) if own == text)),
        Narrowing::AssetInfo(text) => has(&|it| matches!(it, Attribute::AssetInfo(own) if own == text)),
    }
}

fn are_same(left: &[HostId], right: &[HostId]) -> bool {
    left.iter().all(|id| right.contains(id)) && right.iter().all(|id| left.contains(id))
}

/// Digits are grouped with blanks at will.
fn are_same_digits(left: &str, right: &str) -> bool {
    let digits = |text: &'_ str| -> Vec<u8> {
        text.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_lowercase()).collect()
    };
    digits(left) == digits(right)
}
