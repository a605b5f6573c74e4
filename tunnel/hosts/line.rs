//! One line of ours in a hosts file: what it overrides, and for whom.
//!
//! A block is not fenced by BEGIN and END: each of its lines says all about itself. So other tools may sort the file,
//! move lines or drop one, and what is left can still be told apart and taken back.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::name::{HostName, Names};
use crate::loopback::Loopback;

/// What every line of ours holds, in this and all later versions.
const MARK: &str = "# lictunnel v";
/// How the marker of this version begins.
const MARKER: &str = "# lictunnel v1 ";
/// Windows reads no more names of a line than nine.
const NAMES_A_LINE: usize = 8;
/// Longer than any line of ours: eight names of 253 bytes and a marker.
const LONGEST: usize = 4096;

/// Whose block it is: the same for the same server, so that two tunnels to one server meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnerId(u32);

impl OwnerId {
    /// The id of the server with this name, upper and lower case and a last dot aside.
    pub fn of(server: &str) -> Self {
        let digest = Sha256::digest(server.trim_end_matches('.').to_ascii_lowercase());
        Self(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
    }

    fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then(|| u32::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl From<OwnerId> for String {
    fn from(id: OwnerId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for OwnerId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("an owner id has eight hex digits in lower case")
    }
}

/// A process that no later one can be mistaken for: a process id comes back after a while, and so do start times
/// after a boot, but not all three together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// When it started, as [`process_start`](crate::platform::process_start) says it.
    pub start: String,
    /// In which boot, as [`boot_id`](crate::platform::boot_id) says it.
    pub boot: String,
}

impl Process {
    /// The process with this id that runs now; `None` when there is none.
    pub fn running(pid: u32) -> Option<Self> {
        Some(Self { pid, start: crate::platform::process_start(pid)?, boot: crate::platform::boot_id()? })
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        Self::running(self.pid).as_ref() == Some(self)
    }

    /// The words of a marker: `pid=4711 start=123456 boot=a03c5c79`.
    fn parse(words: &[&str]) -> Option<Self> {
        let [pid, start, boot] = words else { return None };
        let word = |text: &str, key| -> Option<String> {
            let value = text.strip_prefix(key)?;
            let is_word =
                value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'));
            (is_word && (1..=40).contains(&value.len())).then(|| value.into())
        };
        Some(Self {
            pid: pid.strip_prefix("pid=")?.parse().ok()?,
            start: word(start, "start=")?,
            boot: word(boot, "boot=")?,
        })
    }
}

/// What a tunnel wants the machine to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Whose it is.
    pub id: OwnerId,
    /// The tunnel that it is for; when that has ended, the override is stale.
    pub tunnel: Process,
    /// Where the names lead.
    pub address: Loopback,
    /// The names of the server.
    pub names: Names,
}

impl Override {
    /// Its lines as the hosts file holds them, without line ends.
    pub fn lines(&self) -> Vec<String> {
        let Process { pid, start, boot } = &self.tunnel;
        let marker = format!("{MARKER}id={} pid={pid} start={start} boot={boot}", self.id);
        self.plain_lines().into_iter().map(|line| format!("{line} {marker}")).collect()
    }

    /// The same without markers: what a person adds by hand.
    pub fn plain_lines(&self) -> Vec<String> {
        let words = |names: &[HostName]| names.iter().map(HostName::as_str).collect::<Vec<_>>().join(" ");
        self.names.chunks(NAMES_A_LINE).map(|names| format!("{}\t{}", self.address, words(names))).collect()
    }

    /// Whether the tunnel has ended that this was for.
    pub fn is_stale(&self, is_alive: &dyn Fn(&Process) -> bool) -> bool {
        !is_alive(&self.tunnel)
    }
}

/// What a line of a hosts file is to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Not ours.
    Foreign,
    /// Ours, as we wrote it, or with other names.
    Ours(Override),
    /// It has our mark, but is not as we write it: cut off, changed by hand, or of another version. Nobody can say what
    /// of it is ours, so it is shown and never touched.
    Damaged,
}

impl Line {
    /// Reads a line; its end does not matter.
    pub fn read(line: &[u8]) -> Self {
        let has_mark = line.windows(MARK.len()).any(|part| part == MARK.as_bytes());
        if !has_mark {
            return Self::Foreign;
        }
        let text = std::str::from_utf8(line).ok().filter(|_| line.len() <= LONGEST);
        text.and_then(ours).map_or(Self::Damaged, Self::Ours)
    }
}

fn ours(line: &str) -> Option<Override> {
    let (entry, marker) = line.split_once(MARKER)?;
    let mut entry = entry.split_ascii_whitespace();
    let address = entry.next()?.parse::<std::net::Ipv4Addr>().ok()?;
    let names = entry.map(HostName::parse).collect::<Result<Vec<_>, _>>().ok()?;
    let words: Vec<_> = marker.split_ascii_whitespace().collect();
    let (id, process) = words.split_first()?;
    Some(Override {
        id: OwnerId::parse(id.strip_prefix("id=")?)?,
        tunnel: Process::parse(process)?,
        address: Loopback::try_from(address).ok()?,
        names: Names::new(names).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str =
        "127.77.3.1\tlic1.corp.example lic1 # lictunnel v1 id=0a1b2c3d pid=4711 start=123456 boot=a03c5c79";

    #[test]
    fn a_line_says_all_about_itself() {
        let Line::Ours(read) = Line::read(WHOLE.as_bytes()) else { panic!() };
        assert_eq!(read.lines(), [WHOLE]);
        assert_eq!(read.plain_lines(), ["127.77.3.1\tlic1.corp.example lic1"]);
        let process = Process { pid: 4711, start: "123456".into(), boot: "a03c5c79".into() };
        assert_eq!((read.id.to_string().as_str(), &read.tunnel), ("0a1b2c3d", &process));
        assert!(!read.is_stale(&|asked| *asked == process) && read.is_stale(&|_| false));
        assert_eq!(Line::read(format!(" {WHOLE}  \r\n").as_bytes()), Line::Ours(read));
    }

    #[test]
    fn a_changed_line_is_known_and_not_taken_for_ours() {
        let changed = [
            ("127.77.3.1", "10.0.0.1"),
            ("127.77.3.1", "#127.77.3.1"),
            ("127.77.3.1", ""),
            ("lic1.corp.example lic1", ""),
            ("lic1.corp.example", "lic1,"),
            ("v1", "v2"),
            ("id=0a1b2c3d", "id=0A1B2C3D"),
            ("pid=4711 ", ""),
            ("pid=4711", "pid=-1"),
            ("start=123456", "start="),
            ("boot=a03c5c79", "boot=a03c\u{a0}"),
            ("boot=a03c5c79", ""),
            ("boot=a03c5c79", "boot=a03c5c79 and more"),
        ];
        for (from, to) in changed {
            assert_eq!(Line::read(WHOLE.replacen(from, to, 1).as_bytes()), Line::Damaged, "{from} {to}");
        }
        assert_eq!(Line::read(&[WHOLE.as_bytes(), b"\xff"].concat()), Line::Damaged);
        assert_eq!(Line::read(format!("{}{WHOLE}", " ".repeat(LONGEST)).as_bytes()), Line::Damaged);
        for foreign in ["", "127.0.0.1 localhost", "127.77.3.1 lic1 # lictunnel", "# lictunnel: see v1"] {
            assert_eq!(Line::read(foreign.as_bytes()), Line::Foreign, "{foreign}");
        }
    }

    #[test]
    fn many_names_take_several_lines() {
        let Line::Ours(mut block) = Line::read(WHOLE.as_bytes()) else { panic!() };
        let names = (0..17).map(|n| HostName::parse(&format!("lic{n}")).unwrap());
        block.names = Names::new(names).unwrap();
        let lines = block.lines();
        assert_eq!(lines.len(), 3);
        assert!(
            lines
                .iter()
                .all(|line| matches!(Line::read(line.as_bytes()), Line::Ours(part) if part.id == block.id))
        );
        assert!(lines[2].starts_with("127.77.3.1\tlic16 # "), "{}", lines[2]);
    }

    #[test]
    fn an_id_belongs_to_a_server() {
        assert_eq!(OwnerId::of("LIC1.corp.example."), OwnerId::of("lic1.corp.example"));
        assert_ne!(OwnerId::of("lic1"), OwnerId::of("lic2"));
        assert_eq!(OwnerId::of("lic1").to_string(), "50010bcf");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_alive_as_long_as_it_runs_and_nobody_else_is_taken_for_it() {
        let own = Process::running(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!Process { start: "1".into(), ..own.clone() }.is_alive());
        assert!(!Process { boot: "0".into(), ..own }.is_alive());
        assert_eq!(Process::running(u32::MAX), None);
    }
}
