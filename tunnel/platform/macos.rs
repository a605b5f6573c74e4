//! macOS.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::{PortOwner, SystemCommand, below_home, word};

/// The hosts file; `/etc` is a symbolic link.
pub fn hosts_path() -> PathBuf {
    "/private/etc/hosts".into()
}

/// Where whoever edits the hosts file keeps its lock and, while it writes in place, a copy. It outlives a power cut.
pub fn hosts_keep() -> PathBuf {
    "/private/var/db/lictunnel".into()
}

/// Where profiles lie.
pub fn config_dir() -> Option<PathBuf> {
    below_home("Library/Application Support/lictunnel")
}

/// What outlives a reboot: logs and last good addresses.
pub fn state_dir() -> Option<PathBuf> {
    config_dir().map(|config| config.join("state"))
}

/// What lives as long as the session, sockets and locks. Not in `TMPDIR`, where the system removes what nobody has read for
/// three days: a tunnel stays up for longer.
pub fn runtime_dir() -> Option<PathBuf> {
    state_dir().map(|state| state.join("run"))
}

/// A word that is another one after every boot.
pub fn boot_id() -> Option<String> {
    let id = SystemCommand::new("/usr/sbin/sysctl", &["-n", "kern.bootsessionuuid"]).output()?;
    word(id.split('-').next()?)
}

/// When a process started, to the second and in world time, as a word; `None` when there is no such process.
pub fn process_start(pid: u32) -> Option<String> {
    word(&SystemCommand::new("/bin/ps", &["-o", "lstart=", "-p", &pid.to_string()]).output()?)
}

/// What makes this address usable: only 127.0.0.1 is by itself.
pub fn giving_alias(address: Ipv4Addr) -> Option<SystemCommand> {
    Some(SystemCommand::new("/sbin/ifconfig", &["lo0", "alias", &address.to_string(), "up"]))
}

/// What undoes [`giving_alias`].
pub fn dropping_alias(address: Ipv4Addr) -> Option<SystemCommand> {
    Some(SystemCommand::new("/sbin/ifconfig", &["lo0", "-alias", &address.to_string()]))
}

/// What makes name caches forget what they knew.
pub fn flushing() -> Vec<SystemCommand> {
    vec![
        SystemCommand::new("/usr/bin/dscacheutil", &["-flushcache"]),
        SystemCommand::new("/usr/bin/killall", &["-HUP", "mDNSResponder"]),
    ]
}

/// The programs that lend a command the administrator's rights, first choice first.
pub fn lenders() -> &'static [&'static str] {
    &["sudo"]
}

/// Who listens on this TCP port, on whatever address. Processes of others are seen by root only.
pub fn port_owner(_address: Ipv4Addr, port: u16) -> Option<PortOwner> {
    let socket = format!("-iTCP:{port}");
    owner_in(&SystemCommand::new("/usr/sbin/lsof", &["-nP", &socket, "-sTCP:LISTEN", "-Fpc"]).output()?)
}

/// The first process in what `lsof -Fpc` prints: a line `p` and its id, then a line `c` and its program.
fn owner_in(fields: &str) -> Option<PortOwner> {
    let field = |letter| fields.lines().find_map(|line| line.strip_prefix(letter));
    Some(PortOwner { pid: field('p')?.parse().ok()?, program: field('c').unwrap_or_default().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lsof_names_the_owner() {
        let owner = owner_in("p4711\nclmgrd\nf5\np4712\ncother\n").unwrap();
        assert_eq!(owner.to_string(), "lmgrd (process 4711)");
        assert_eq!(owner_in("p4711\n").unwrap().to_string(), "process 4711");
        assert_eq!((owner_in(""), owner_in("pfour\n")), (None, None));
    }

    #[test]
    fn an_alias_is_taken_back_by_the_opposite_command() {
        let address = Ipv4Addr::new(127, 77, 3, 1);
        assert_eq!(giving_alias(address).unwrap().to_string(), "/sbin/ifconfig lo0 alias 127.77.3.1 up");
        assert_eq!(dropping_alias(address).unwrap().to_string(), "/sbin/ifconfig lo0 -alias 127.77.3.1");
    }
}
