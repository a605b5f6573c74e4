//! `hosts`: the lines of ours in the hosts file.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::Command;

use crate::engine::program;
use crate::failure::{Exit, Failure};
use crate::flags::Hosts;
use crate::hosts::edit;
use crate::hosts::file::HostsFile;
use crate::hosts::lend::Way;
use crate::hosts::line::{Override, Process};
use crate::platform;

/// Shows or repairs them.
pub(super) fn hosts(what: Hosts) -> Result<(), Failure> {
    let file = HostsFile::system();
    let failed = |error: crate::hosts::HostsFault| Failure::new(Exit::NoFile, error.to_string());
    let text = match what {
        Hosts::Show => {
            let entries = edit::entries(&file.read().map_err(failed)?);
            let lines = entries.iter().map(|entry| match &entry.block {
                None => format!("line {}: changed by somebody else; left alone\n", entry.line),
                Some(block) => {
                    let fate = if block.is_stale(&Process::is_alive) { "stale" } else { "in use" };
                    format!(
                        "line {}: {} ({fate}, process {})\n",
                        entry.line,
                        block.plain_lines().join("; "),
                        block.tunnel.pid
                    )
                }
            });
            let text: String = lines.collect();
            if text.is_empty() {
                format!("{} has no line of ours\n", platform::hosts_path().display())
            } else {
                text
            }
        }
        Hosts::Repair => repair(&file)?,
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}

/// Removes stale lines, with lent rights where our own do not do; what there is to say of it.
fn repair(file: &HostsFile) -> Result<String, Failure> {
    let path = platform::hosts_path();
    let words = |is_changed| {
        let words = if is_changed { "stale lines are removed" } else { "there was nothing to remove" };
        format!("{}: {words}\n", path.display())
    };
    let fault = match file.change(|bytes| Ok(edit::repair(bytes, &Process::is_alive))) {
        Ok(is_changed) => return Ok(words(is_changed)),
        Err(fault) => fault,
    };
    let failure = Failure::new(Exit::NoFile, fault.to_string());
    if !fault.wants_privilege() {
        return Err(failure);
    }
    let entries = edit::entries(&file.read().map_err(|fault| Failure::new(Exit::NoFile, fault.to_string()))?);
    let stale: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry.block.as_ref())
        .filter(|block| block.is_stale(&Process::is_alive))
        .flat_map(Override::plain_lines)
        .collect();
    if stale.is_empty() {
        return Ok(words(false));
    }
    by_lender(&stale, failure)
}

/// Runs this command again with lent rights; it says itself what came of it. `failure` is why that is needed.
fn by_lender(stale: &[String], failure: Failure) -> Result<String, Failure> {
    let way = Way::here(io::stdin().is_terminal());
    let command = match &way {
        Way::Lent { .. } => way.command(&program()?, &["hosts", "repair"]),
        // These rights were not enough, and there are no others.
        Way::Direct | Way::Nowhere => None,
    };
    let Some([lender, words @ ..]) = command.as_deref() else {
        return Err(failure.with_hint(format!("have an administrator remove: {}", stale.join("; "))));
    };
    // Nobody to read it is no failure.
    drop(writeln!(
        io::stderr(),
        "removed from {}, which needs administrator rights:\n  {}",
        platform::hosts_path().display(),
        stale.join("\n  ")
    ));
    match Command::new(lender).args(words).status() {
        Ok(status) if status.success() => Ok(String::new()),
        Ok(_) => Err(Failure::new(Exit::NotAllowed, format!("{} did not do it", lender.display()))
            .with_hint(format!("have an administrator remove: {}", stale.join("; ")))),
        Err(error) => {
            Err(Failure::new(Exit::NotAllowed, format!("cannot start {}: {error}", lender.display())))
        }
    }
}
