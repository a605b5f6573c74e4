//! UPGRADE: lifts seats of earlier lines to a higher version.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use super::lines::{Kind, Line};
use super::order::Rank;
use super::remarks::{Place, Remarks};
use super::terms::Terms;
use crate::code::Code;
use crate::id::FeatureName;
use crate::licence::ast::{Count, Expiry, FeatureKind, Package, Statement, Upgrade};
use crate::text::Severity;
use crate::version::Version;

/// Seats that count today, and the line that they come from.
#[derive(Debug, Clone)]
pub(super) struct Share<'a> {
    pub(super) place: Place,
    pub(super) rank: Rank,
    pub(super) feature: &'a FeatureName,
    pub(super) version: &'a Version,
    pub(super) expiry: Expiry,
    pub(super) count: Count,
    pub(super) terms: Terms<'a>,
    /// The line that the vendor signed.
    pub(super) statement: &'a Statement,
    /// The PACKAGE line, for seats of a component.
    pub(super) package: Option<&'a Statement>,
}

/// A PACKAGE line.
pub(super) struct Packing<'a> {
    pub(super) place: Place,
    pub(super) statement: &'a Statement,
    pub(super) package: &'a Package,
    pub(super) terms: Terms<'a>,
}

/// The shares of a book in the making, with an index of those that can be lifted.
struct Shares<'a> {
    shares: Vec<Share<'a>>,
    /// For each feature that has an UPGRADE line, by version: the shares that have seats left, in the order of the files.
    liftable: BTreeMap<&'a FeatureName, BTreeMap<&'a Version, Vec<usize>>>,
}

/// Does the sums of the UPGRADE lines. PACKAGE lines are handed back apart.
///
/// An UPGRADE takes its seats from the closest preceding line of the feature whose version is at least `from` and below
/// `to`; if that has too few, from the next one before it. It makes only as many seats as it took, and
/// they end with whichever of the two lines ends first: when the older line expires, so does what was lifted from it.
/// Seats that are lifted follow the terms of the UPGRADE line.
pub(super) fn lift<'a>(
    lines: Vec<Line<'a>>,
    remarks: &mut Remarks<'_>,
) -> (Vec<Share<'a>>, Vec<Packing<'a>>) {
    let upgraded = lines.iter().filter(|line| matches!(line.kind, Kind::Upgrade(_)));
    let liftable = upgraded.map(|line| (line.feature, BTreeMap::new())).collect();
    let mut shares = Shares { shares: Vec::with_capacity(lines.len()), liftable };
    let mut packings = Vec::new();
    for Line { place, statement, feature, terms, kind } in lines {
        match kind {
            Kind::Seats(keyword, version, expiry, count) => {
                let rank = match keyword {
                    FeatureKind::Feature => Rank::Feature,
                    FeatureKind::Increment => Rank::Increment,
                };
                let package = None;
                shares.push(Share {
                    place,
                    rank,
                    feature,
                    version,
                    expiry,
                    count,
                    terms,
                    statement,
                    package,
                });
            }
            Kind::Upgrade(upgrade) => {
                let share = Share {
                    place,
                    rank: Rank::Upgrade,
                    feature,
                    version: &upgrade.to.node,
                    expiry: upgrade.expiry.node,
                    count: upgrade.count.node,
                    terms,
                    statement,
                    package: None,
                };
                shares.upgrade(upgrade, share, remarks);
            }
            Kind::Package(package) => packings.push(Packing { place, statement, package, terms }),
        }
    }
    shares.shares.retain(|share| share.count != Count::Counted(0));
    (shares.shares, packings)
}

impl<'a> Shares<'a> {
    fn push(&mut self, share: Share<'a>) {
        let versions = self.liftable.get_mut(share.feature);
        if let (Some(versions), Count::Counted(1..)) = (versions, share.count) {
            versions.entry(share.version).or_default().push(self.shares.len());
        }
        self.shares.push(share);
    }

    /// Takes the seats of `share` from the shares before it.
    fn upgrade(&mut self, upgrade: &'a Upgrade, mut share: Share<'a>, remarks: &mut Remarks<'_>) {
        let Count::Counted(wanted) = share.count else { return };
        let mut missing = wanted;
        while let Some((taken, expiry)) = self.take(upgrade, missing) {
            missing -= taken;
            self.push(Share {
                count: Count::Counted(taken),
                expiry: expiry.min(upgrade.expiry.node),
                ..share.clone()
            });
            // One line, one overdraft, from however many lines its seats come.
            share.terms.overdraft = None;
        }
        if missing == 0 {
            return;
        }
        let (from, to) = (&upgrade.from.node, &upgrade.to.node);
        let what = format!(
            "lacks {missing} of {wanted} seats to lift: no earlier line has more of a version from {from} and below {to}"
        );
        remarks.leave_out(share.place, share.feature, Severity::Warning, Code::UNSUPPORTED, &what);
    }

    /// Takes up to `wanted` seats from the closest share that can be lifted, and says when that one expires.
    fn take(&mut self, upgrade: &'a Upgrade, wanted: u32) -> Option<(u32, Expiry)> {
        if wanted == 0 {
            return None;
        }
        let versions = self.liftable.get_mut(&upgrade.name.node)?;
        // A line whose `from` is not below its `to`, for which there is no such range, was taken out before.
        let range = versions.range_mut::<Version, _>(&upgrade.from.node..&upgrade.to.node);
        let stack = range.map(|(_, stack)| stack).max_by_key(|stack| stack.last().copied())?;
        let share = self.shares.get_mut(*stack.last()?)?;
        let Count::Counted(left) = share.count else { return None };
        let taken = left.min(wanted);
        share.count = Count::Counted(left - taken);
        if taken == left {
            stack.pop();
        }
        Some((taken, share.expiry))
    }
}
