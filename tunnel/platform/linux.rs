//! Linux, and the systems like it.

use std::env;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::{PortOwner, SystemCommand, below_home, dir_from, word};

/// The hosts file.
pub fn hosts_path() -> PathBuf {
    "/etc/hosts".into()
}

/// Where whoever edits the hosts file keeps its lock and, while it writes in place, a copy. It outlives a power cut.
pub fn hosts_keep() -> PathBuf {
    "/var/lib/lictunnel".into()
}

/// Where profiles lie: `$XDG_CONFIG_HOME/lictunnel`, else `~/.config/lictunnel`.
pub fn config_dir() -> Option<PathBuf> {
    let config = dir_from(env::var_os("XDG_CONFIG_HOME")).or_else(|| below_home(".config"));
    config.map(|config| config.join("lictunnel"))
}

/// What outlives a reboot, logs and last good addresses: `$XDG_STATE_HOME/lictunnel`, else `~/.local/state/lictunnel`.
pub fn state_dir() -> Option<PathBuf> {
    let state = dir_from(env::var_os("XDG_STATE_HOME")).or_else(|| below_home(".local/state"));
    state.map(|state| state.join("lictunnel"))
}

/// What lives as long as the session, sockets and locks: `$XDG_RUNTIME_DIR/lictunnel`, else the state directory.
pub fn runtime_dir() -> Option<PathBuf> {
    dir_from(env::var_os("XDG_RUNTIME_DIR")).map(|run| run.join("lictunnel")).or_else(state_dir)
}

/// A word that is another one after every boot.
pub fn boot_id() -> Option<String> {
    word(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.split('-').next()?)
}

/// When a process started, in clock ticks after boot, as a word; `None` when there is no such process. A process
/// that has ended and is not waited for yet (a zombie) does nothing any more and counts as none.
pub fn process_start(pid: u32) -> Option<String> {
    start_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The start time in a line of `/proc/PID/stat`: the program's name, in brackets, may hold blanks and brackets.
fn start_in(stat: &str) -> Option<String> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(18).and_then(word),
    }
}

/// What makes this address usable: nothing, here the whole of 127.0.0.0/8 is.
pub fn giving_alias(_address: Ipv4Addr) -> Option<SystemCommand> {
    None
}

/// What undoes [`giving_alias`].
pub fn dropping_alias(_address: Ipv4Addr) -> Option<SystemCommand> {
    None
}

/// What makes name caches forget what they knew; not every system has all of them.
pub fn flushing() -> Vec<SystemCommand> {
    vec![SystemCommand::new("resolvectl", &["flush-caches"]), SystemCommand::new("nscd", &["-i", "hosts"])]
}

/// The programs that lend a command the administrator's rights, first choice first.
pub fn lenders() -> &'static [&'static str] {
    &["sudo", "pkexec", "doas"]
}

/// Who listens on this TCP port of this address, or of all addresses. Processes of others are seen by root only.
pub fn port_owner(address: Ipv4Addr, port: u16) -> Option<PortOwner> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let inodes: Vec<_> = tables.iter().flat_map(|table| listening(table, address, port)).collect();
    let links: Vec<_> = inodes.iter().map(|inode| PathBuf::from(format!("socket:[{inode}]"))).collect();
    if links.is_empty() {
        return None;
    }
    let names = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let pid = names.filter_map(|name| name.parse().ok()).find(|pid| has_open(*pid, &links))?;
    let program = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(PortOwner { pid, program: program.trim().into() })
}

fn has_open(pid: u32, links: &[PathBuf]) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    entries.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|link| links.contains(&link)))
}

/// The inodes of the listening sockets in a table of `/proc/net` that stand in the way of this address and port.
fn listening(table: &str, address: Ipv4Addr, port: u16) -> Vec<u64> {
    let own = u32::from_ne_bytes(address.octets());
    let stands_here = |local: &str| {
        let Some((host, at)) = local.split_once(':') else { return false };
        let mapped = format!("0000000000000000FFFF0000{own:08X}");
        let is_ours =
            host.bytes().all(|digit| digit == b'0') || host == format!("{own:08X}") || host == mapped;
        is_ours && u16::from_str_radix(at, 16) == Ok(port)
    };
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|row| row.len() > 9 && row[3] == "0A" && stands_here(row[1]));
    rows.filter_map(|row| row[9].parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_time_is_read_past_any_program_name() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 7654321 20";
        assert_eq!(start_in(&format!("42 (a b) Z (c) {fields}")).as_deref(), Some("7654321"));
        assert_eq!(start_in(&format!("42 (x) {fields}").replace(" S ", " Z ")), None);
        assert_eq!(start_in("42 (x) S 1"), None);
        assert_eq!(start_in(""), None);
    }

    #[test]
    fn a_table_of_sockets_shows_who_is_in_the_way() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 01014D7F:6978 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 11 1\n\
             1: 00000000:6978 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 12 1\n\
             2: 01014D7F:6978 0200007F:9999 01 00000000:00000000 00:00000000 00000000  0  0 13 1\n\
             3: 02014D7F:6978 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 14 1\n\
             4: 01014D7F:6979 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 15 1\n\
             5: 0000000000000000FFFF000001014D7F:6978 0:0 0A 0 0 0 0 0 16 1\n\
             6: 00000000000000000000000000000000:6978 0:0 0A 0 0 0 0 0 17 1\n\
             7: short\n";
        let found = listening(table, Ipv4Addr::new(127, 77, 1, 1), 27000);
        assert_eq!(found, if cfg!(target_endian = "little") { vec![11, 12, 16, 17] } else { vec![12, 17] });
        assert!(listening("", Ipv4Addr::LOCALHOST, 1).is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_alive_and_owns_its_port() {
        let (own, start) = (std::process::id(), process_start(std::process::id()));
        assert!(start.is_some() && start == process_start(own) && boot_id().is_some());
        assert_eq!(process_start(u32::MAX), None);
        let listener = std::net::TcpListener::bind("127.77.1.9:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(port_owner(Ipv4Addr::new(127, 77, 1, 9), port).map(|owner| owner.pid), Some(own));
        assert_eq!(port_owner(Ipv4Addr::new(127, 77, 1, 10), port), None);
    }
}
