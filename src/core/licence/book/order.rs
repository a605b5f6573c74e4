//! The order in which pools of one feature are tried.

use core::cmp::Reverse;

use super::upgrade::Share;
use crate::licence::ast::Count;

/// Keywords in the order in which their lines are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Feature,
    Increment,
    Upgrade,
}

/// Where `sort=` of a line stands that has none.
const SORT: u8 = 100;

/// Sorts by feature, and inside one feature as FlexNet does: file by file; by `sort=`, which beats all that follows; by
/// VENDOR_STRING; FEATURE before INCREMENT; uncounted before counted; lower version first, so that the
/// lowest that suffices is used and newer seats are spared (FlexNet's older versions did it the other way round);
/// newest ISSUED first, else START; and as written.
pub(super) fn sort(shares: &mut [Share<'_>]) {
    shares.sort_by(|left, right| left.feature.cmp(right.feature).then_with(|| rank(left).cmp(&rank(right))));
}

fn rank<'s>(share: &'s Share<'_>) -> impl Ord + use<'s> {
    let terms = &share.terms;
    (
        share.place.file,
        terms.sort.unwrap_or(SORT),
        terms.vendor_string,
        share.rank,
        share.count != Count::Uncounted,
        share.version,
        Reverse(terms.issued.or(terms.start)),
        share.place.order,
    )
}
