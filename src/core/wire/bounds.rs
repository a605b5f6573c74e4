//! What a client may say about itself: names that fit into a line of a log, and lists that end.

use alloc::format;
use alloc::string::String;

use super::limit;
use super::message::Hello;
use crate::host::HostFacts;
use crate::ledger::Holder;

/// Whether a text may stand in a log: at most [`limit::NAME`] bytes, and nothing in it that ends or reorders a line.
/// If not, plain words that name it as `what`.
pub(super) fn check_text(what: &str, text: &str) -> Result<(), String> {
    if text.len() > limit::NAME {
        return Err(format!("the {what} has {} bytes, {} are allowed", text.len(), limit::NAME));
    }
    if text.chars().any(disturbs) {
        return Err(format!("the {what} has a control character in it"));
    }
    Ok(())
}

/// Whether everything in a `Hello` is within its bounds; if not, plain words that say what is not.
pub(super) fn check_hello(hello: &Hello) -> Result<(), String> {
    let Hello { protocol: _, program, holder, machine, platform } = hello;
    let Holder { user, host, display, pid: _, data, project } = holder;
    let HostFacts { ethers, names, addresses, key: _, user: machine_user, display: machine_display } =
        machine;
    for (what, text) in [
        ("program", program),
        ("user", user),
        ("host", host),
        ("display", display),
        ("checkout data", data),
        ("project", project),
        ("platform", platform),
        ("machine's user", machine_user),
        ("machine's display", machine_display),
    ] {
        check_text(what, text)?;
    }
    for (what, length) in [
        ("Ethernet addresses", ethers.len()),
        ("host names", names.len()),
        ("network addresses", addresses.len()),
    ] {
        if length > limit::LIST {
            return Err(format!("there are {length} {what}, {} are allowed", limit::LIST));
        }
    }
    names.iter().try_for_each(|name| check_text("host name", name))?;
    addresses.iter().try_for_each(|address| check_text("network address", address))
}

/// Brings a `Hello` within its bounds: lists and names are cut off, disturbing characters become `?`, and if the frame would
/// still be too long, half of the longer lists goes, again and again. So a machine with a hundred virtual network cards or a
/// strange host name is served, too.
pub(super) fn fit(mut hello: Hello) -> Hello {
    let machine = &mut hello.machine;
    machine.ethers.truncate(limit::LIST);
    machine.names.truncate(limit::LIST);
    machine.addresses.truncate(limit::LIST);
    [
        &mut hello.program,
        &mut hello.platform,
        &mut hello.holder.user,
        &mut hello.holder.host,
        &mut hello.holder.display,
        &mut hello.holder.data,
        &mut hello.holder.project,
        &mut machine.user,
        &mut machine.display,
    ]
    .into_iter()
    .chain(&mut machine.names)
    .chain(&mut machine.addresses)
    .filter(|text| check_text("", text).is_err())
    .for_each(fit_text);
    while is_too_long(&hello) {
        let machine = &mut hello.machine;
        machine.names.truncate(machine.names.len() / 2);
        machine.addresses.truncate(machine.addresses.len() / 2);
    }
    hello
}

fn is_too_long(hello: &Hello) -> bool {
    /// What an enum puts around a `Hello`: two arrays and its number.
    const ENVELOPE: usize = 3;
    let can_shrink = !hello.machine.names.is_empty() || !hello.machine.addresses.is_empty();
    can_shrink && minicbor::to_vec(hello).is_ok_and(|bytes| bytes.len() + ENVELOPE > limit::HELLO_FRAME)
}

fn fit_text(text: &mut String) {
    *text = text.chars().map(|character| if disturbs(character) { '?' } else { character }).collect();
    while text.len() > limit::NAME {
        text.pop();
    }
}

/// Control characters, line and paragraph separators, and marks that turn the direction of writing.
fn disturbs(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}
