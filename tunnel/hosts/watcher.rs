//! The watcher: a small process that puts blocks into the hosts file and takes them out when its input ends.
//!
//! Its input is a pipe from the tunnel. A pipe closes when its holder ends, however that ends, so the blocks go even after
//! `kill -9`. It may run with the administrator's rights for somebody who has none: it knows one file, believes nothing
//! that it is told, and cannot be given another file by whoever was only lent the right to run it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use std::{env, path::PathBuf};

use super::edit;
use super::fault::HostsFault;
use super::file::HostsFile;
use super::line::{Override, OwnerId, Process};
use super::protocol::{CONFLICTS, Reply, Request, Wish, line_of, read_line};
use crate::loopback::Loopback;
use crate::platform;

/// A system command that takes longer is left to itself: a name cache that hangs is no reason to hang.
const COMMAND_LIMIT: Duration = Duration::from_secs(3);
/// More tunnels than this no helper serves: the file has to stay small enough to be edited.
const MOST_HELD: usize = 64;
/// So often a block is tried to be taken out before it is left to `hosts repair`.
const LAST_ATTEMPTS: u32 = 5;
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// The sub-command `hosts-helper`. 0: all that was put in is out again; 1: it is not, and standard error says why;
/// 2: it was started wrongly.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Some(file) = file_of(args.into_iter().collect(), is_lent()) else {
        complain("this sub-command is for lictunnel itself");
        return ExitCode::from(2);
    };
    if let Err(error) = outlive_signals() {
        complain(&format!("cannot ignore signals: {error}"));
        return ExitCode::from(2);
    }
    let mut helper = Helper { file, held: HashMap::new(), aliases: Vec::new() };
    // Whatever ends the talk, what was put in has to go.
    if let Err(error) = helper.talk(&mut BufReader::new(io::stdin().lock()), &mut io::stdout().lock()) {
        complain(&error.to_string());
    }
    helper.take_all()
}

/// The file to edit: another than the system's only for those whose rights are their own.
fn file_of(args: Vec<OsString>, is_lent: bool) -> Option<HostsFile> {
    match <[OsString; 4]>::try_from(args) {
        Err(args) if args.is_empty() => Some(HostsFile::system()),
        Ok([hosts, path, keep, dir]) if hosts == "--hosts" && keep == "--keep" && !is_lent => {
            Some(HostsFile::at(PathBuf::from(path), PathBuf::from(dir)))
        }
        Ok(_) | Err(_) => None,
    }
}

fn is_lent() -> bool {
    ["SUDO_UID", "PKEXEC_UID", "DOAS_USER"].iter().any(|variable| env::var_os(variable).is_some())
}

/// From now on only the end of the input ends this process. A broken pipe is ignored from the start (Rust does that).
#[cfg(unix)]
fn outlive_signals() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, std::sync::Arc::default())?;
    }
    // Away from the terminal, whose keys and end concern the tunnel. A group leader, which cannot go, hears them unmoved.
    let _ = rustix::process::setsid();
    Ok(())
}

#[cfg(not(unix))]
fn outlive_signals() -> io::Result<()> {
    Ok(())
}

fn complain(words: &str) {
    // There may be nobody to hear it.
    drop(writeln!(io::stderr(), "lictunnel hosts-helper: {words}"));
}

struct Helper {
    file: HostsFile,
    /// What was put in, and for which tunnel.
    held: HashMap<OwnerId, Process>,
    /// The addresses that were made usable, where that takes a command.
    aliases: Vec<Loopback>,
}

impl Helper {
    /// Answers requests until the input ends.
    fn talk(&mut self, input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
        let mut say = |reply: &Reply| {
            output.write_all(&line_of(reply)?)?;
            output.flush()
        };
        say(&Reply::Ready)?;
        while let Some(line) = read_line(input)? {
            say(&match serde_json::from_slice(&line) {
                Ok(Request::Alias(address)) => self.alias(address),
                Ok(Request::Put(wish)) => self.put(wish).unwrap_or_else(|fault| refused(&fault)),
                Ok(Request::Take(id)) => {
                    self.take(id).map_or_else(|fault| refused(&fault), |()| Reply::Taken)
                }
                Err(error) => Reply::Refused { why: error.to_string(), wants_privilege: false },
            })?;
        }
        Ok(())
    }

    fn put(&mut self, wish: Wish) -> Result<Reply, HostsFault> {
        let Some(tunnel) = Process::running(wish.pid) else {
            let why = format!("there is no process {}", wish.pid);
            return Ok(Reply::Refused { why, wants_privilege: false });
        };
        let block = Override { id: wish.id, tunnel, address: wish.address, names: wish.names };
        if self.held.get(&block.id).is_some_and(|held| *held != block.tunnel) {
            // What was put for another process would be nobody's to take back.
            self.take(block.id)?;
        }
        if self.held.len() >= MOST_HELD && !self.held.contains_key(&block.id) {
            let why = format!("{MOST_HELD} tunnels of one helper are enough");
            return Ok(Reply::Refused { why, wants_privilege: false });
        }
        // Recorded before it is done: a change that fails half-way is taken back all the same.
        let was_held = self.held.insert(block.id, block.tunnel.clone()).is_some();
        let is_alive = &Process::is_alive;
        let changed = self.file.change(|file| edit::put(&edit::repair(file, is_alive), &block, is_alive));
        if let Err(fault) = changed {
            if fault.wants_privilege() && !was_held {
                // Nothing was begun, and it could not be taken back either.
                self.held.remove(&block.id);
            } else {
                self.take(block.id)?;
            }
            return Err(fault);
        }
        self.flush();
        let mut conflicts = edit::conflicts(&self.file.read()?, &block);
        conflicts.truncate(CONFLICTS);
        Ok(Reply::Put(conflicts))
    }

    fn take(&mut self, id: OwnerId) -> Result<(), HostsFault> {
        let Some(tunnel) = self.held.get(&id) else { return Ok(()) };
        if self.file.change(|file| Ok(edit::take(file, id, tunnel)))? {
            self.flush();
        }
        self.held.remove(&id);
        Ok(())
    }

    fn take_all(&mut self) -> ExitCode {
        let ids: Vec<_> = self.held.keys().copied().collect();
        let left = ids.into_iter().filter(|id| !self.is_taken_at_last(*id)).count();
        self.drop_aliases();
        if left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn is_taken_at_last(&mut self, id: OwnerId) -> bool {
        for attempt in 1..=LAST_ATTEMPTS {
            match self.take(id) {
                Ok(()) => return true,
                Err(fault) if attempt == LAST_ATTEMPTS => {
                    complain(&format!("{fault}; run `lictunnel hosts repair` later"));
                }
                Err(_) => thread::sleep(LAST_PAUSE),
            }
        }
        false
    }

    fn alias(&mut self, address: Loopback) -> Reply {
        let Some(command) = platform::giving_alias(address.address()) else { return Reply::Aliased };
        if !command.succeeds_within(COMMAND_LIMIT) {
            return Reply::Refused { why: format!("`{command}` failed"), wants_privilege: true };
        }
        self.aliases.push(address);
        Reply::Aliased
    }

    /// Takes the addresses back that no other tunnel's block leads to.
    fn drop_aliases(&mut self) {
        let entries = self.file.read().map_or_else(|_| Vec::new(), |file| edit::entries(&file));
        let is_used =
            |address| entries.iter().flat_map(|entry| &entry.block).any(|block| block.address == address);
        let unused = self.aliases.drain(..).filter(|address| !is_used(*address));
        for command in unused.filter_map(|address| platform::dropping_alias(address.address())) {
            command.succeeds_within(COMMAND_LIMIT);
        }
    }

    fn flush(&self) {
        if self.file.is_system() {
            platform::flushing().iter().for_each(|command| {
                command.succeeds_within(COMMAND_LIMIT);
            });
        }
    }
}

fn refused(fault: &HostsFault) -> Reply {
    Reply::Refused { why: fault.to_string(), wants_privilege: fault.wants_privilege() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_rights_may_name_another_file() {
        let words = |text: &str| text.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert!(file_of(words(""), true).is_some_and(|file| file.is_system()));
        let other = "--hosts /tmp/h --keep /tmp/k";
        assert!(file_of(words(other), false).is_some_and(|file| !file.is_system()));
        assert!(file_of(words(other), true).is_none());
        for wrong in ["--hosts", "--hosts /tmp/h", "--keep /tmp/k --hosts /tmp/h", "a b c d", "a b c d e"] {
            assert!(file_of(words(wrong), false).is_none(), "{wrong}");
        }
    }
}
