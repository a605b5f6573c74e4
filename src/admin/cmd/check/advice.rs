//! What an administrator should know about a licence file that has no mistakes: decided from the text, the day and the
//! machine alone.

use std::collections::BTreeSet;
use std::path::Path;

use licgate_core::code::Code;
use licgate_core::host::{HostFacts, HostId};
use licgate_core::id::VendorName;
use licgate_core::licence::ast::{Attribute, Expiry, Server, Statement, Vendor};
use licgate_core::licence::{Licence, Surroundings};
use licgate_core::text::{Diagnostic, Severity, Span, Spanned};

/// Remarks on the lines of one file.
pub(super) fn lines(licence: &Licence, at: &Surroundings<'_>, days: u16) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    let mut unstarted: BTreeSet<&VendorName> = BTreeSet::new();
    let started: BTreeSet<&VendorName> =
        licence.statements.iter().filter_map(|line| started_vendor(&line.node)).collect();
    let has_server = licence.statements.iter().any(|line| server(&line.node).is_some());
    for line in &licence.statements {
        match &line.node {
            Statement::Server(server) => remarks.extend(host(server, line.span, at.host)),
            Statement::Vendor(vendor) => remarks.extend(vendor_port(vendor, line.span)),
            Statement::UseServer => {}
            Statement::Feature(feature) => {
                remarks.extend(expiry(&feature.expiry, feature.name.node.as_str(), at, days));
            }
            Statement::Upgrade(upgrade) => {
                remarks.extend(expiry(&upgrade.expiry, upgrade.name.node.as_str(), at, days));
            }
            Statement::Package(_) => {}
        }
        if let Some(vendor) = vendor_of(&line.node)
            && has_server
            && !started.contains(vendor)
            && unstarted.insert(vendor)
        {
            let message =
                format!("no VENDOR line starts the vendor daemon '{vendor}', so this is not served");
            let hint = format!("add the line: VENDOR {vendor}");
            remarks.push(Diagnostic::new(Severity::Warning, line.span, message).with_hint(hint));
        }
    }
    remarks
}

/// Remarks on options files, which are not looked at here: on those that are written, and those that are there.
pub(super) fn options(licence: &Licence, file: &str, exists: impl Fn(&Path) -> bool) -> Vec<Diagnostic> {
    let remark = |vendor: &Vendor| {
        let path = vendor.options_file(file);
        let span = match &vendor.options {
            Some(written) => written.span,
            None => exists(Path::new(&path)).then_some(vendor.name.span)?,
        };
        let message = format!("the options file {path} is not checked here");
        Some(
            Diagnostic::new(Severity::Warning, span, message)
                .with_hint("`licutil reread` says what is wrong with it"),
        )
    };
    let vendors = licence.statements.iter().filter_map(|line| vendor(&line.node));
    vendors.filter_map(remark).collect()
}

/// One remark on all lines that bear no signature. Only the vendor's key tells whether one that is there is good.
pub(super) fn unsigned(licence: &Licence) -> Option<Diagnostic> {
    let is_signed = |attribute: &Spanned<Attribute>| matches!(attribute.node, Attribute::Sign(_));
    let mut bare = licence.statements.iter().filter(|line| match &line.node {
        Statement::Feature(feature) => !feature.attributes.iter().any(is_signed),
        Statement::Upgrade(upgrade) => !upgrade.attributes.iter().any(is_signed),
        Statement::Package(package) => !package.attributes.iter().any(is_signed),
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => false,
    });
    let first = bare.next()?;
    let message = match bare.count() {
        0 => "this line has no SIGN=, so no licence host serves it".into(),
        more => {
            format!("{} lines have no SIGN=, so no licence host serves them; this is the first", more + 1)
        }
    };
    let remark = Diagnostic::new(Severity::Warning, first.span, message).with_code(Code::UNSIGNED);
    Some(remark.with_hint("the vendor signs them with `licsign sign`"))
}

/// The same licence as if its SERVER lines meant every machine.
pub(super) fn for_any_host(licence: &Licence) -> Licence {
    let mut licence = licence.clone();
    for line in &mut licence.statements {
        if let Statement::Server(server) = &mut line.node {
            server.hostids.node = vec![HostId::Any];
        }
    }
    licence
}

/// The vendor whose daemon serves this line.
pub(super) fn vendor_of(statement: &Statement) -> Option<&VendorName> {
    match statement {
        Statement::Feature(feature) => Some(&feature.vendor.node),
        Statement::Upgrade(upgrade) => Some(&upgrade.vendor.node),
        Statement::Package(package) => Some(&package.vendor.node),
        Statement::Server(_) | Statement::Vendor(_) | Statement::UseServer => None,
    }
}

fn host(server: &Server, line: Span, this: &HostFacts) -> Vec<Diagnostic> {
    let mut remarks = Vec::new();
    if !server.means(this) {
        let message = "this licence is for another licence host than this machine";
        let hint = match this.own_ids() {
            ids if ids.is_empty() => "check it there; `licutil hostid` prints what a machine shows".into(),
            ids => format!("check it there, or ask the vendor to sign for one of: {ids}"),
        };
        let remark = Diagnostic::new(Severity::Warning, server.hostids.span, message);
        remarks.push(remark.with_code(Code::WRONG_HOST).with_hint(hint));
    }
    if server.port.is_none() {
        let message = "without a port here the licence host takes the first free one of 27000 to 27009";
        let hint = "give it one, so that clients, firewalls and tunnels find it at the same place every time";
        remarks.push(Diagnostic::new(Severity::Note, line, message).with_hint(hint));
    }
    remarks
}

fn vendor_port(vendor: &Vendor, line: Span) -> Option<Diagnostic> {
    if vendor.port.is_some() {
        return None;
    }
    let message = format!(
        "the vendor daemon '{}' has no port: it takes another one at every start, which firewalls and tunnels \
         cannot let pass",
        vendor.name.node
    );
    Some(Diagnostic::new(Severity::Warning, line, message).with_hint("add a free port, such as PORT=27010"))
}

fn expiry(expiry: &Spanned<Expiry>, name: &str, at: &Surroundings<'_>, days: u16) -> Option<Diagnostic> {
    let last = match expiry.node {
        Expiry::On(last) => last,
        Expiry::Never => return None,
    };
    let left = last.days_since(at.today);
    // What has expired already is said when the lines are looked at together.
    if left < 0 || left > i64::from(days) {
        return None;
    }
    let when = match left {
        0 => "expires at the end of today".into(),
        1 => "expires tomorrow".into(),
        days => format!("expires in {days} days"),
    };
    let message = format!("'{name}' {when}, on {last}");
    Some(
        Diagnostic::new(Severity::Warning, expiry.span, message)
            .with_hint("ask the vendor for a new line in time"),
    )
}

fn server(statement: &Statement) -> Option<&Server> {
    if let Statement::Server(server) = statement { Some(server) } else { None }
}

fn vendor(statement: &Statement) -> Option<&Vendor> {
    if let Statement::Vendor(vendor) = statement { Some(vendor) } else { None }
}

fn started_vendor(statement: &Statement) -> Option<&VendorName> {
    vendor(statement).map(|vendor| &vendor.name.node)
}
