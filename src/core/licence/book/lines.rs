//! The lines of all files, one by one: read once, each copy once, and only from files that are for this host.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Surroundings;
use super::remarks::{Place, Remarks};
use super::terms::Terms;
use crate::code::Code;
use crate::id::{FeatureName, VendorName};
use crate::licence::ast::{Count, Expiry, FeatureKind, Package, Server, Statement, Upgrade};
use crate::licence::sign::{self, Signable};
use crate::licence::{Licence, Signed};
use crate::text::{Severity, Source};
use crate::version::Version;

/// A signed line as it stands in its file.
pub(super) struct Line<'a> {
    pub(super) place: Place,
    pub(super) statement: &'a Statement,
    pub(super) feature: &'a FeatureName,
    pub(super) terms: Terms<'a>,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    /// FEATURE or INCREMENT.
    Seats(FeatureKind, &'a Version, Expiry, Count),
    /// UPGRADE.
    Upgrade(&'a Upgrade),
    /// PACKAGE.
    Package(&'a Package),
}

/// What a file's SERVER lines mean for this host.
enum Host {
    /// There is none.
    Unnamed,
    /// This one.
    This,
    /// Another one: its ids.
    Other(String),
}

/// All lines of `vendor` that this host may serve, or that say something about those, in the order of the files.
pub(super) fn read<'a>(
    vendor: &VendorName,
    files: &[(&'a Source, &'a Signed<Licence>)],
    at: &Surroundings<'_>,
    remarks: &mut Remarks<'_>,
) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut seen = BTreeMap::new();
    let mut order = 0;
    for (file, &(_, signed)) in files.iter().enumerate() {
        let host = host(file, signed.as_ref(), at, remarks);
        for statement in &signed.as_ref().statements {
            let Some(signable) = Signable::of(&statement.node).filter(|line| line.vendor == vendor) else {
                continue;
            };
            let place = Place { file, span: statement.span, order };
            order += 1;
            let Some(kind) = kind(&statement.node) else { continue };
            let terms = Terms::read(signable.attributes);
            let line = Line { place, statement: &statement.node, feature: signable.name, terms, kind };
            if is_for(&host, &line, remarks) && is_first(&mut seen, &signable, place, remarks) {
                lines.push(line);
            }
        }
    }
    lines
}

fn kind(statement: &Statement) -> Option<Kind<'_>> {
    match statement {
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => None,
        Statement::Feature(line) => {
            Some(Kind::Seats(line.kind, &line.version.node, line.expiry.node, line.count.node))
        }
        Statement::Upgrade(line) => Some(Kind::Upgrade(line)),
        Statement::Package(line) => Some(Kind::Package(line)),
    }
}

/// Of several SERVER lines (FlexNet's redundant triad) only the first host serves: without the triad's election each
/// of the three would give out all the seats.
fn host(file: usize, licence: &Licence, at: &Surroundings<'_>, remarks: &mut Remarks<'_>) -> Host {
    let mut servers = licence.statements.iter().filter_map(|statement| as_server(&statement.node));
    let Some(first) = servers.next() else { return Host::Unnamed };
    if let Some(second) = servers.next() {
        let place = Place { file, span: second.hostids.span, order: 0 };
        let message = "several SERVER lines: only the first licence host serves this file";
        let hint = "licgate does not run redundant triads; ask the vendor for a file with one SERVER line";
        remarks.say(place, Severity::Warning, Code::WRONG_HOST, message, hint);
    }
    let hostids = &first.hostids.node;
    if first.means(at.host) {
        return Host::This;
    }
    let wanted = sign::joined(hostids);
    let message = format!("this file is for the licence host {wanted}; this host is {}", at.host.own_ids());
    let hint = "serve it on that host, or send the vendor the output of `licutil hostid` from this one";
    let place = Place { file, span: first.hostids.span, order: 0 };
    remarks.say(place, Severity::Error, Code::WRONG_HOST, &message, hint);
    Host::Other(wanted)
}

fn as_server(statement: &Statement) -> Option<&Server> {
    if let Statement::Server(server) = statement { Some(server) } else { None }
}

/// Whether the line may be looked at on this host; if not, says why.
fn is_for(host: &Host, line: &Line<'_>, remarks: &mut Remarks<'_>) -> bool {
    let needs_server = match &line.kind {
        Kind::Seats(_, _, _, Count::Uncounted) => return true,
        Kind::Seats(_, _, _, Count::Counted(_)) | Kind::Upgrade(_) => true,
        Kind::Package(_) => false,
    };
    match host {
        Host::This => true,
        Host::Unnamed if !needs_server => true,
        Host::Unnamed => {
            let what = "is counted, but its file has no SERVER line";
            remarks.leave_out(line.place, line.feature, Severity::Error, Code::NO_SERVER_FOR_FEATURE, what);
            false
        }
        // One remark on the SERVER line says it for the whole file.
        Host::Other(wanted) => {
            let what = format!("is for another licence host, {wanted}");
            remarks.absent(line.place, line.feature, Code::WRONG_HOST, &what);
            false
        }
    }
}

/// Whether this is the first line with this signature. A copy of a line adds no seats.
///
/// Lines are told apart by the beginning of their signatures, which is as good as random, and which nobody but the
/// vendor can make.
fn is_first(
    seen: &mut BTreeMap<u128, Place>,
    line: &Signable<'_>,
    place: Place,
    remarks: &mut Remarks<'_>,
) -> bool {
    let signature = sign::signature(line.attributes);
    let Some(beginning) = signature.as_ref().and_then(|bytes| bytes.first_chunk()) else { return false };
    let first = match seen.entry(u128::from_be_bytes(*beginning)) {
        Entry::Vacant(new) => {
            new.insert(place);
            return true;
        }
        Entry::Occupied(first) => *first.get(),
    };
    let message = format!("this line stands at {} already and counts once", remarks.line_of(first));
    remarks.say(place, Severity::Warning, Code::OTHER_POOL, &message, "remove the copy");
    false
}

/// Takes out the lines that cannot be served as they are, whatever the day.
pub(super) fn drop_unservable(lines: &mut Vec<Line<'_>>, remarks: &mut Remarks<'_>) {
    lines.retain_mut(|line| {
        refuse_misuse(line);
        let Some(refusal) = &line.terms.refusal else { return true };
        let place = Place { span: refusal.span, ..line.place };
        remarks.absent(line.place, line.feature, refusal.code, &refusal.why);
        let message = format!("\"{}\" {}, so the line is not served", line.feature, refusal.why);
        remarks.say(place, Severity::Error, refusal.code, &message, "");
        // A package stays, so that the line which enables it is not taken for an ordinary feature.
        matches!(line.kind, Kind::Package(_))
    });
}

/// What the statement itself, rather than one of its attributes, makes unservable.
fn refuse_misuse(line: &mut Line<'_>) {
    let span = line.place.span;
    match &line.kind {
        Kind::Seats(_, _, _, Count::Uncounted) if line.terms.hostids.is_none() => {
            let why = String::from("is uncounted but has no HOSTID");
            line.terms.refuse(span, Code::UNSUPPORTED, why);
        }
        Kind::Upgrade(upgrade) if upgrade.count.node == Count::Uncounted => {
            let why = String::from("is an UPGRADE without a count");
            line.terms.refuse(upgrade.count.span, Code::SYNTAX, why);
        }
        Kind::Upgrade(upgrade) if upgrade.from.node >= upgrade.to.node => {
            let why = format!(
                "is an UPGRADE from {} to {}, which is no step up",
                upgrade.from.node, upgrade.to.node
            );
            line.terms.refuse(upgrade.to.span, Code::SYNTAX, why);
        }
        Kind::Package(package) if package.suite.is_some() => {
            let why = String::from("is a suite, which this version of licgate does not serve");
            line.terms.refuse(span, Code::UNSUPPORTED, why);
        }
        Kind::Package(package) if package.components.is_empty() => {
            let why = String::from("is a PACKAGE without components");
            line.terms.refuse(span, Code::BAD_PACKAGE, why);
        }
        Kind::Seats(..) | Kind::Upgrade(_) | Kind::Package(_) => {}
    }
}

/// Takes out what has expired or starts later. A package keeps its place: the line that enables it decides.
pub(super) fn drop_other_days(lines: &mut Vec<Line<'_>>, remarks: &mut Remarks<'_>) {
    lines.retain(|line| {
        let expiry = match &line.kind {
            Kind::Seats(_, _, expiry, _) => *expiry,
            Kind::Upgrade(upgrade) => upgrade.expiry.node,
            Kind::Package(_) => return true,
        };
        if let Expiry::On(day) = expiry {
            if day < remarks.today {
                let what = format!("expired on {day}");
                remarks.leave_out(line.place, line.feature, Severity::Warning, Code::EXPIRED, &what);
                return false;
            }
            remarks.changes_on(day.next());
        }
        let Some(start) = line.terms.start.filter(|start| *start > remarks.today) else { return true };
        remarks.changes_on(start);
        let what = format!("starts on {start}");
        remarks.leave_out(line.place, line.feature, Severity::Warning, Code::NOT_STARTED, &what);
        false
    });
}

/// Takes out every FEATURE line but the first of a name.
pub(super) fn drop_later_features(lines: &mut Vec<Line<'_>>, remarks: &mut Remarks<'_>) {
    let mut seen: BTreeSet<&FeatureName> = BTreeSet::new();
    lines.retain(|line| {
        let is_feature = matches!(line.kind, Kind::Seats(FeatureKind::Feature, ..));
        if !is_feature || seen.insert(line.feature) {
            return true;
        }
        let message = format!(
            "this line is never used: of several FEATURE lines of \"{}\" the first counts",
            line.feature
        );
        let hint = "lines that add seats begin with INCREMENT; ask the vendor";
        remarks.say(line.place, Severity::Warning, Code::OTHER_POOL, &message, hint);
        false
    });
}
