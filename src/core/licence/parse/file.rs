//! What can only be seen when the whole file has been read.

use alloc::collections::BTreeSet;
use alloc::format;

use super::line::error;
use crate::code::Code;
use crate::licence::Licence;
use crate::licence::ast::Statement;
use crate::text::{Diagnostic, Remarks, Severity, Span, in_ticks};

/// Checks the SERVER lines together and looks for second VENDOR lines. `server_lines` are all that begin with SERVER,
/// also those that could not be read.
pub(super) fn check(licence: &Licence, server_lines: &[Span], remarks: &mut Remarks) {
    let hint = "a file names one licence host, or the three of a redundant triad";
    match server_lines {
        [] | [_] => {}
        [_, _, _] => check_triad(licence, remarks),
        [_, second] => {
            remarks.push(error(*second, Code::SYNTAX, "two SERVER lines in one file").with_hint(hint));
        }
        [_, _, _, fourth, ..] => {
            remarks.push(
                error(*fourth, Code::SYNTAX, "more than three SERVER lines in one file").with_hint(hint),
            );
        }
    }
    let mut vendors = BTreeSet::new();
    for statement in &licence.statements {
        let Statement::Vendor(vendor) = &statement.node else { continue };
        if !vendors.insert(&vendor.name.node) {
            let message = format!("a second VENDOR line for {}", in_ticks(vendor.name.node.as_str()));
            let hint = "the first one counts; remove the other";
            remarks.push(Diagnostic::new(Severity::Warning, vendor.name.span, message).with_hint(hint));
        }
    }
}

fn check_triad(licence: &Licence, remarks: &mut Remarks) {
    let servers = licence.statements.iter().filter_map(|statement| match &statement.node {
        Statement::Server(server) => Some(server),
        Statement::Vendor(_)
        | Statement::UseServer
        | Statement::Feature(_)
        | Statement::Upgrade(_)
        | Statement::Package(_) => None,
    });
    for (index, server) in servers.enumerate() {
        if server.port.is_none() {
            let message = format!("{} of a redundant triad has no port", in_ticks(&server.host.node));
            let hint = "write the same port on all three SERVER lines, outside 27000 to 27009";
            remarks.push(error(server.host.span, Code::SYNTAX, message).with_hint(hint));
        }
        if index > 0 && server.primary_is_master {
            let message = "PRIMARY_IS_MASTER counts on the first SERVER line only";
            remarks.push(Diagnostic::new(Severity::Warning, server.host.span, message));
        }
    }
}
