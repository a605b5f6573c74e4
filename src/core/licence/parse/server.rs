//! `SERVER host hostid [port] …`

use alloc::format;
use alloc::vec::Vec;

use super::line::{Line, error};
use super::value;
use crate::code::Code;
use crate::host::HostId;
use crate::licence::ast::Server;
use crate::licence::spelling;
use crate::text::{Diagnostic, Severity, Spanned, Word, closest, in_ticks};

/// The longest heartbeat interval of FlexNet, in seconds.
const LONGEST_INTERVAL: u32 = 120;
const NAMES: [&str; 4] = ["PRIMARY_IS_MASTER", "HEARTBEAT_INTERVAL", "SERVER_TIMEOUT", "PLAT"];

/// Reads a SERVER line. A host id that cannot be read is kept as [`HostId::Other`], which matches no host.
pub(super) fn read(line: &mut Line<'_, '_>) -> Option<Server> {
    let [host] = line.fields(["host name"])?;
    let hostids = hostids(line)?;
    if !spelling::is_bare(host.node) || host.node.contains('=') {
        let message = format!("{} cannot be a host name", in_ticks(host.node));
        line.push(
            error(host.span, Code::SYNTAX, message).with_hint("write a name, an address, or this_host"),
        );
        return None;
    }
    let host = Spanned::new(host.span, host.node.into());
    let mut server =
        Server { host, hostids, port: None, primary_is_master: false, heartbeat_interval: None, plat: None };
    if let Some(word) = line.peek().filter(|word| is_port(word)) {
        line.next();
        server.port = value::port(Spanned::new(word.span, word.bare), line.remarks());
    }
    while let Some(word) = line.next() {
        option(word, &mut server, line);
    }
    Some(server)
}

fn is_port(word: &Word<'_>) -> bool {
    word.name().is_none() && closest(word.bare, NAMES).is_none()
}

fn hostids(line: &mut Line<'_, '_>) -> Option<Spanned<Vec<HostId>>> {
    let word = line.peek().and_then(|word| Some((word, word.text()?)));
    let Some((word, text)) = word.filter(|(_, text)| !text.trim().is_empty()) else {
        line.missing("host id");
        return None;
    };
    line.next();
    let mut ids = Vec::new();
    for id in text.split_whitespace() {
        let id = HostId::parse(id).unwrap_or_else(|| {
            let message = format!("{} is no host id", in_ticks(id));
            let remark = error(word.span, Code::SYNTAX, message);
            line.push(remark.with_hint(value::hostid_hint(id)));
            HostId::Other(id.into())
        });
        ids.push(id);
    }
    Some(Spanned::new(word.span, ids))
}

fn option(word: &Word<'_>, server: &mut Server, line: &mut Line<'_, '_>) {
    let name = word.name().unwrap_or(word.bare);
    let value = word.value();
    let is = |keyword: &str| name.eq_ignore_ascii_case(keyword);
    if is("PRIMARY_IS_MASTER") && value.is_none() {
        server.primary_is_master = true;
    } else if let Some(value) = value.as_ref().filter(|_| is("HEARTBEAT_INTERVAL") || is("SERVER_TIMEOUT")) {
        server.heartbeat_interval = value::number(&value.text);
        if server.heartbeat_interval.is_none_or(|seconds| seconds > LONGEST_INTERVAL) {
            let message = format!("{} is no heartbeat interval of FlexNet", in_ticks(&value.text));
            let hint = format!("write a number of seconds from 0 to {LONGEST_INTERVAL}");
            line.push(Diagnostic::new(Severity::Warning, value.span, message).with_hint(hint));
        }
    } else if let Some(value) = value.filter(|_| is("PLAT")) {
        server.plat = Some(value.text.into_owned());
    } else {
        let message = format!("{} has no meaning on a SERVER line", in_ticks(name));
        let remark = error(word.span, Code::FUTURE_FORMAT, message);
        let remark = match line.remarks().closest(name, NAMES) {
            Some(meant) => remark.with_hint(format!("did you mean {meant}?")),
            None => remark.with_hint("it is ignored; remove it"),
        };
        line.push(remark);
    }
}
