//! What can be served here, today: signed lines with everything applied that a date, a host or another line decides.

mod lines;
mod order;
mod origin;
mod package;
mod pooling;
mod remarks;
mod supersede;
mod terms;
mod upgrade;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use minicbor::{Decode, Encode};

use super::ast::{Count, DupGroup, Expiry, Feature, Statement};
use super::{Licence, Proof, Signed, sign};
use crate::code::Code;
use crate::host::{HostFacts, HostId};
use crate::id::{FeatureName, VendorName};
use crate::text::{Diagnostic, Source, Span, Spanned};
use crate::time::Date;
use crate::version::Version;

pub use origin::Origin;
use remarks::Remarks;

pub(super) use terms::Terms;

/// The pools of one vendor.
#[derive(Debug, Clone)]
pub struct Book {
    vendor: VendorName,
    /// By feature; those of one feature in the order in which they are tried.
    pools: Vec<Pool>,
    /// By feature.
    absences: Vec<Absence>,
    next_change: Option<Date>,
}

/// What tells one pool from another, so that a pool is known again after a reread and in the journal: a digest (hex) of the
/// attributes that keep lines apart, which names its family, then `-` and its version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, serde::Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct PoolKey(#[n(0)] pub Box<str>);

impl PoolKey {
    /// Whether the pools differ in nothing but their version, as a pool and what a renewed licence has in its place.
    pub fn is_kin(&self, other: &Self) -> bool {
        self.family() == other.family()
    }

    fn family(&self) -> &str {
        self.0.split_once('-').map_or(&self.0, |(family, _)| family)
    }
}

/// How many seats a pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seats {
    /// So many licensed, and so many more that may be overdrawn.
    Counted {
        /// Licensed.
        total: u32,
        /// Above that.
        overdraft: u32,
    },
    /// As many as come.
    Uncounted,
}

/// Lines that count together.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Its lasting name.
    pub key: PoolKey,
    /// The feature, as the first line writes it.
    pub feature: FeatureName,
    /// The highest version that it grants, as written.
    pub version: Version,
    /// Its size.
    pub seats: Seats,
    /// Which checkouts share a seat.
    pub dup_group: DupGroup,
    /// Client machines that may use it; empty: all.
    pub hostids: Vec<HostId>,
    /// Client platforms that may use it; empty: all.
    pub platforms: Vec<String>,
    /// The least that one checkout takes.
    pub minimum: u32,
    /// How long a seat stays out after its check-in.
    pub linger: Duration,
    /// For how many hours its seats may be borrowed; `None`: not at all.
    pub borrow: Option<u32>,
    /// The earliest last day among its lines that are still good.
    pub expiry: Expiry,
    /// VENDOR_STRING, if there is one.
    pub vendor_string: Option<String>,
    /// What a client is shown with a grant.
    pub proof: Proof,
    /// The lines that its seats come from.
    pub origins: Vec<Origin>,
}

/// A feature that stands in the file but is not served, and why: so that a denial can say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The feature.
    pub feature: FeatureName,
    /// FlexNet's code.
    pub code: Code,
    /// Plain words with file and line, the rest of a sentence on the feature: `expired on 30-jun-2025 (acme.lic:4)`.
    pub why: String,
    /// The seats of the line; `None` when it counts none of its own (uncounted, UPGRADE, PACKAGE).
    pub seats: Option<u32>,
}

/// Books of lines that nobody saw signed. Nothing can be served from them, because they cannot be taken out; an options file
/// can be held against them.
#[derive(Debug)]
pub struct Rehearsal {
    books: Vec<Book>,
}

impl Rehearsal {
    pub(crate) fn book(&self, vendor: &VendorName) -> Option<&Book> {
        self.books.iter().find(|book| book.vendor == *vendor)
    }
}

/// What a book depends on besides the text.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// The licence host's calendar day.
    pub today: Date,
    /// The licence host, for SERVER host ids.
    pub host: &'a HostFacts,
}

impl Absence {
    /// `what` with the place of the line: `expired on 30-jun-2025 (acme.lic:4)`. Clients read it, so only the file's own
    /// name is shown, not where the licence host keeps it.
    pub(super) fn new(
        feature: &FeatureName,
        code: Code,
        what: &str,
        source: &Source,
        line: &Spanned<Statement>,
    ) -> Self {
        let why = format!("{what} ({})", short_place(source, line.span));
        Self { feature: feature.clone(), code, why, seats: own_seats(&line.node) }
    }
}

fn own_seats(statement: &Statement) -> Option<u32> {
    match statement {
        Statement::Feature(Feature { count: Spanned { node: Count::Counted(seats), .. }, .. }) => {
            Some(*seats)
        }
        Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_)
        | Statement::Server(_)
        | Statement::Vendor(_)
        | Statement::UseServer => None,
    }
}

/// `acme.lic:4`
fn short_place(source: &Source, span: Span) -> String {
    let file = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{file}:{}", source.place(span.start).line)
}

impl Book {
    /// The same book with what stands in the files but is not served.
    #[must_use]
    pub fn with_absences(self, mut absences: Vec<Absence>) -> Self {
        absences.sort_by(|left, right| left.feature.cmp(&right.feature));
        Self { absences, ..self }
    }

    /// Compiles signed licences, file by file in the order given: SERVER host id, expiry, START, sort order, UPGRADE,
    /// PACKAGE, SUPERSEDE and pooling applied. The diagnostics say which lines are not used and why; each comes with
    /// the index of its file.
    pub fn compile(
        vendor: &VendorName,
        files: &[(&Source, &Signed<Licence>)],
        at: &Surroundings<'_>,
    ) -> (Self, Vec<(usize, Diagnostic)>) {
        let mut remarks = Remarks::new(files, at.today);
        let mut lines = lines::read(vendor, files, at, &mut remarks);
        supersede::drop_superseded(&mut lines, &mut remarks);
        lines::drop_unservable(&mut lines, &mut remarks);
        lines::drop_other_days(&mut lines, &mut remarks);
        lines::drop_later_features(&mut lines, &mut remarks);
        let server_hostids: Vec<_> =
            files.iter().map(|(_, file)| sign::server_hostids(file.as_ref())).collect();
        let (shares, packings) = upgrade::lift(lines, &mut remarks);
        let packages = package::index(vendor, files, &packings);
        let mut shares = package::unfold(shares, &packages, &packings, &server_hostids, &mut remarks);
        order::sort(&mut shares);
        let pools = pooling::merge(&shares, &server_hostids, &mut remarks);

        let Remarks { mut absences, mut diagnostics, next_change, .. } = remarks;
        absences.sort_by(|left, right| left.feature.cmp(&right.feature));
        diagnostics.sort_by_key(|(file, diagnostic)| (*file, diagnostic.span));
        (Self { absences, next_change, ..Self::of(vendor.clone(), pools) }, diagnostics)
    }

    /// What [`compile`](Self::compile) would make and say of these vendors' lines if all were signed: for a look at files without
    /// the vendor's key.
    pub fn rehearse<'a>(
        vendors: impl IntoIterator<Item = &'a VendorName>,
        files: Vec<(&Source, Licence)>,
        at: &Surroundings<'_>,
    ) -> (Rehearsal, Vec<(usize, Diagnostic)>) {
        let assumed: Vec<_> =
            files.into_iter().map(|(source, licence)| (source, Signed::assumed(licence))).collect();
        let files: Vec<_> = assumed.iter().map(|(source, licence)| (*source, licence)).collect();
        let (mut books, mut remarks) = (Vec::new(), Vec::new());
        for vendor in vendors {
            let (book, said) = Self::compile(vendor, &files, at);
            books.push(book);
            remarks.extend(said);
        }
        (Rehearsal { books }, remarks)
    }

    /// A book of these pools, without absences, that stays right for ever. Pools of one feature are tried in the order
    /// given.
    pub fn of(vendor: VendorName, mut pools: Vec<Pool>) -> Self {
        pools.sort_by(|left, right| left.feature.cmp(&right.feature));
        Self { vendor, pools, absences: Vec::new(), next_change: None }
    }

    /// The vendor.
    pub fn vendor(&self) -> &VendorName {
        &self.vendor
    }

    /// All pools; those of one feature stand together, in the order in which they are tried.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The indices of a feature's pools, in the order in which they are tried; empty when nothing of it is served.
    /// O(log n).
    pub fn find(&self, feature: &FeatureName) -> Range<usize> {
        range_of(&self.pools, feature, |pool| &pool.feature)
    }

    /// The pool at `index`, as [`find`](Self::find) gives it.
    pub fn pool(&self, index: usize) -> Option<&Pool> {
        self.pools.get(index)
    }

    /// What stands in the files but is not served, by feature.
    pub fn absences(&self) -> &[Absence] {
        &self.absences
    }

    /// Why lines of this feature are not served; empty when there are none. O(log n).
    pub fn absent(&self, feature: &FeatureName) -> &[Absence] {
        let range = range_of(&self.absences, feature, |absence| &absence.feature);
        self.absences.get(range).unwrap_or_default()
    }

    /// The first day on which this book may no longer be right (a line expired the day before, or starts on it);
    /// `None`: it stays right.
    pub fn next_change(&self) -> Option<Date> {
        self.next_change
    }
}

/// Where the items of `feature` stand in a list that is sorted by feature.
fn range_of<T>(items: &[T], feature: &FeatureName, of: impl Fn(&T) -> &FeatureName) -> Range<usize> {
    let start = items.partition_point(|item| of(item) < feature);
    let end = items.partition_point(|item| of(item) <= feature);
    start..end
}

#[cfg(test)]
mod tests;
