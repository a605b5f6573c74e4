//! Listening sockets as the tools of different systems print them.

use std::collections::BTreeMap;

/// More sockets than this of one host are not read.
pub(super) const MOST: usize = 2000;

/// From where a listening socket can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// From the host itself only.
    Host,
    /// From the network too.
    Network,
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listener {
    /// Its port, never 0.
    pub(super) port: u16,
    /// From where.
    pub(super) reach: Reach,
    /// The process that owns it, where that may be seen.
    pub(super) pid: Option<u32>,
    /// The name of its program, where the tool tells, perhaps cut off.
    pub(super) program: Option<String>,
}

/// `LISTEN 0 128 0.0.0.0:27000 0.0.0.0:* users:(("lmgrd",pid=1726,fd=3))`
pub(super) fn ss(lines: &[&str]) -> Vec<Listener> {
    collect(lines, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (reach, port) = if *words.first()? == "LISTEN" { address(words.get(3)?)? } else { return None };
        let pid = line.split("pid=").nth(1).and_then(leading_number);
        let program = line.split("((\"").nth(1).and_then(|rest| rest.split('"').next());
        Some(Listener { port, reach, pid, program: program.map(str::to_owned) })
    })
}

/// Netstat of Linux (`-ltnp`), BSD and macOS (`-an`) and Windows (`-ano`): the protocol first, then perhaps two counters, the
/// local and the foreign address and the state; Linux has `pid/program` at the end, Windows the pid, and words in its own
/// language for the state.
pub(super) fn netstat(lines: &[&str]) -> Vec<Listener> {
    collect(lines, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (protocol, words) = words.split_first()?;
        if !protocol.to_ascii_lowercase().starts_with("tcp") {
            return None;
        }
        let is_counter = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let words = if is_counter(words.first()?) { words.get(2..)? } else { words };
        let ([local, foreign], rest) = words.split_first_chunk::<2>()?;
        let says_so = rest.first().is_some_and(|word| word.starts_with("LISTEN"));
        // On Windows no peer is 0.0.0.0:0 or [::]:0, in any language.
        if !says_so && !foreign.ends_with(":0") {
            return None;
        }
        let (reach, port) = address(local)?;
        let owner = rest.iter().skip(1).find_map(|word| word.split_once('/'));
        let pid = match owner {
            Some((pid, _)) => pid.parse().ok(),
            None if foreign.ends_with(":0") => rest.last().and_then(|word| word.parse().ok()),
            None => None,
        };
        Some(Listener { port, reach, pid, program: owner.map(|(_, program)| program.to_owned()) })
    })
}

/// `root     lmgrd      1726  3  tcp4   *:27000   *:*`
pub(super) fn sockstat(lines: &[&str]) -> Vec<Listener> {
    collect(lines, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, program, pid, _, protocol, local, ..] = *words else { return None };
        let (reach, port) = if protocol.starts_with("tcp") { address(local)? } else { return None };
        Some(Listener { port, reach, pid: pid.parse().ok(), program: Some(program.to_owned()) })
    })
}

/// `lmgrd 1726 root 3u IPv4 0x5d 0t0 TCP *:27000 (LISTEN)`
pub(super) fn lsof(lines: &[&str]) -> Vec<Listener> {
    collect(lines, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [.., local, "(LISTEN)"] = *words else { return None };
        let (reach, port) = address(local)?;
        let pid = words.get(1).and_then(|word| word.parse().ok());
        Some(Listener { port, reach, pid, program: words.first().map(|word| (*word).to_owned()) })
    })
}

/// Rows of `/proc/net/tcp` and `tcp6` in the state LISTEN; `owners` are processes by the inode of their sockets.
pub(super) fn proc_net(lines: &[&str], owners: &BTreeMap<u64, u32>) -> Vec<Listener> {
    collect(lines, |line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (host, port) = words.get(1)?.split_once(':')?;
        if *words.get(3)? != "0A" {
            return None;
        }
        let port = u16::from_str_radix(port, 16).ok().filter(|port| *port > 0)?;
        let pid = words.get(9).and_then(|inode| inode.parse().ok()).and_then(|inode: u64| owners.get(&inode));
        Some(Listener { port, reach: hex_reach(host)?, pid: pid.copied(), program: None })
    })
}

/// The inodes in `… 3 -> socket:[50517]`.
pub(super) fn inodes<'a>(lines: &'a [&str]) -> impl Iterator<Item = u64> + 'a {
    lines.iter().filter_map(|line| leading_number(line.rsplit_once("socket:[")?.1))
}

fn collect(lines: &[&str], read: impl Fn(&str) -> Option<Listener>) -> Vec<Listener> {
    lines.iter().filter_map(|line| read(line)).collect()
}

fn leading_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A local address in text: `0.0.0.0:27000`, `[::]:27000`, `:::27000`, `*:27000`, `127.0.0.1%lo:27000`, and BSD's `*.27000`.
fn address(text: &str) -> Option<(Reach, u16)> {
    let (host, port) = text.rsplit_once([':', '.'])?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.split('%').next()?;
    let is_loopback =
        host.starts_with("127.") || host == "::1" || host == "localhost" || host.starts_with("::ffff:127.");
    Some((if is_loopback { Reach::Host } else { Reach::Network }, port))
}

/// The same of an address in hexadecimal, of which each group of four bytes is in the byte order of the host.
fn hex_reach(host: &str) -> Option<Reach> {
    if !host.is_ascii() || !(host.len() == 8 || host.len() == 32) {
        return None;
    }
    let group = |at: usize| u32::from_str_radix(host.get(at..at + 8)?, 16).ok();
    let is_net_127 = |group: u32| group & 0xff == 127 || group >> 24 == 127;
    let is_loopback = if host.len() == 8 {
        is_net_127(group(0)?)
    } else {
        let (zeros, third, last) = (group(0)? == 0 && group(8)? == 0, group(16)?, group(24)?);
        let is_one = last == 1 || last == 0x0100_0000;
        let is_mapped = third == 0xffff_0000 || third == 0x0000_ffff;
        zeros && ((third == 0 && is_one) || (is_mapped && is_net_127(last)))
    };
    Some(if is_loopback { Reach::Host } else { Reach::Network })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `27000 network 1726 lmgrd`, one a line.
    fn shown(listeners: &[Listener]) -> Vec<String> {
        let show = |listener: &Listener| {
            let reach = if listener.reach == Reach::Host { "host" } else { "network" };
            let pid = listener.pid.map_or_else(String::new, |pid| format!(" {pid}"));
            let program = listener.program.as_ref().map_or_else(String::new, |name| format!(" {name}"));
            format!("{} {reach}{pid}{program}", listener.port)
        };
        listeners.iter().map(show).collect()
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().collect()
    }

    #[test]
    fn ss_with_and_without_the_right_to_see_owners() {
        let text = r#"State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess
LISTEN 0      128          0.0.0.0:27000      0.0.0.0:*    users:(("lmgrd",pid=1726,fd=3))
LISTEN 0      1024       127.0.0.1:36677      0.0.0.0:*    users:(("x y",pid=17565,fd=4),("z",pid=9,fd=4))
LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*
LISTEN 0      128                *:1716             *:*
LISTEN 0      128             [::]:22            [::]:*
LISTEN 0      128              :::27009           :::*      users:(("lmgrd",1726,3))
LISTEN 0      1024           [::1]:27100         [::]:*
LISTEN 0      5     [::ffff:127.0.0.1]:6000         *:*
ESTAB  0      0          10.0.0.7:22       10.0.0.9:555"#;
        let expected = [
            "27000 network 1726 lmgrd",
            "36677 host 17565 x y",
            "53 host",
            "1716 network",
            "22 network",
            "27009 network lmgrd",
            "27100 host",
            "6000 host",
        ];
        assert_eq!(shown(&ss(&lines(text))), expected);
    }

    #[test]
    fn netstat_of_linux_and_busybox() {
        let text = "(Not all processes could be identified, non-owned process info\n will not be shown)
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 127.0.0.1:36677         0.0.0.0:*               LISTEN      17565/licgate_daemo
tcp        0      0 0.0.0.0:27000           0.0.0.0:*               LISTEN      -
tcp6       0      0 :::1716                 :::*                    LISTEN      1728/adskflex
tcp        0      0 10.0.0.7:22             10.0.0.9:40000          ESTABLISHED 1/sshd
udp        0      0 0.0.0.0:68              0.0.0.0:*                           9/dhclient";
        let expected = ["36677 host 17565 licgate_daemo", "27000 network", "1716 network 1728 adskflex"];
        assert_eq!(shown(&netstat(&lines(text))), expected);
    }

    #[test]
    fn netstat_of_bsd_and_macos() {
        let text = "Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  *.27000                *.*                    LISTEN
tcp46      0      0  *.1716                 *.*                    LISTEN
tcp6       0      0  ::1.631                *.*                    LISTEN
tcp4       0      0  127.0.0.1.631          *.*                    LISTEN
tcp4       0      0  10.0.0.7.22            10.0.0.9.40000         ESTABLISHED";
        assert_eq!(shown(&netstat(&lines(text))), ["27000 network", "1716 network", "631 host", "631 host"]);
    }

    #[test]
    fn netstat_of_windows_in_two_languages() {
        let text = "\r
Aktive Verbindungen\r
\r
  Proto  Lokale Adresse         Remoteadresse          Status           PID\r
  TCP    0.0.0.0:135            0.0.0.0:0              ABH\u{fffd}REN         1040\r
  TCP    0.0.0.0:27000          0.0.0.0:0              LISTENING       5408\r
  TCP    10.0.0.7:50000         10.0.0.9:443           HERGESTELLT     77\r
  TCP    [::]:2080              [::]:0                 LISTENING       4440\r
  TCP    [::1]:49669            [::]:0                 LISTENING       812\r
  UDP    0.0.0.0:500            *:*                                    2816\r";
        let expected = ["135 network 1040", "27000 network 5408", "2080 network 4440", "49669 host 812"];
        assert_eq!(shown(&netstat(&lines(text))), expected);
    }

    #[test]
    fn sockstat_of_freebsd() {
        let text = "USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS
flexlm   lmgrd      1726  3   tcp4   *:27000               *:*
flexlm   acme       1728  5   tcp6   *:1716                *:*
root     sendmail   900   4   tcp4   127.0.0.1:25          *:*
root     syslogd    700   6   udp4   *:514                 *:*";
        let expected = ["27000 network 1726 lmgrd", "1716 network 1728 acme", "25 host 900 sendmail"];
        assert_eq!(shown(&sockstat(&lines(text))), expected);
    }

    #[test]
    fn lsof_of_macos() {
        let text = "COMMAND     PID USER   FD   TYPE             DEVICE SIZE/OFF NODE NAME
lmgrd      1726 flex    3u  IPv4 0x5d2c4f7a1b2c3d4e      0t0  TCP *:27000 (LISTEN)
acme       1728 flex    5u  IPv6 0x5d2c4f7a1b2c3d4f      0t0  TCP [::1]:1716 (LISTEN)";
        assert_eq!(shown(&lsof(&lines(text))), ["27000 network 1726 lmgrd", "1716 host 1728 acme"]);
    }

    #[test]
    fn proc_net_in_both_byte_orders() {
        let text = "   0: 0100007F:9983 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 50517 1 0 100
   1: 7F000001:8A81 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79060 1 0 100
   2: 00000000:6978 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 74849 1 0 100
   3: 00000000000000000000000001000000:06B4 0:0 0A 0 0 0 0 0 3 1
   4: 0000000000000000FFFF00000100007F:06B5 0:0 0A 0 0 0 0 0 4 1
   5: 00000000000000000000000000000000:06B6 0:0 0A 0 0 0 0 0 5 1
   6: 0700000A:0016 0900000A:9C40 01 0 0 0 0 0 6 1
   7: junk";
        let fds = ["lrwx------ 1 flex flex 64 Nov 21 12:00 3 -> socket:[74849]", "l 4 -> /dev/null"];
        let owners = inodes(&fds).map(|inode| (inode, 1726)).collect();
        let expected =
            ["39299 host", "35457 host", "27000 network 1726", "1716 host", "1717 host", "1718 network"];
        assert_eq!(shown(&proc_net(&lines(text), &owners)), expected);
    }

    proptest! {
        #[test]
        fn no_output_makes_them_panic(
            text in "((LISTEN|tcp|TCP|users:\\(\\(\"|pid=|socket:\\[|0A|\\(LISTEN\\))|[ :.\\[\\]%/\"0-9a-fA-F\\n\\PC]){0,60}"
        ) {
            let lines = lines(&text);
            let owners = inodes(&lines).map(|inode| (inode, 1)).collect();
            for read in [ss, netstat, sockstat, lsof] {
                prop_assert!(read(&lines).iter().all(|listener| listener.port > 0));
            }
            drop(proc_net(&lines, &owners));
        }
    }
}
