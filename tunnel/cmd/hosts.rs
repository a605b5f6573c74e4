//! `hosts`: the lines of ours in the hosts file.

use std::io::{self, Write as _};

use crate::failure::{Exit, Failure};
use crate::flags::Hosts;
use crate::hosts::edit;
use crate::hosts::file::HostsFile;
use crate::hosts::line::Process;
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
        Hosts::Repair => {
            let changed = file.change(|bytes| Ok(edit::repair(bytes, &Process::is_alive))).map_err(failed)?;
            let words = if changed { "stale lines are removed" } else { "there was nothing to remove" };
            format!("{}: {words}\n", platform::hosts_path().display())
        }
    };
    // Nobody to read it is no failure.
    drop(io::stdout().write_all(text.as_bytes()));
    Ok(())
}
