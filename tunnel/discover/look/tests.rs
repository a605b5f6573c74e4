//! What a look at a host shows, from recorded outputs of its commands.

#[cfg(target_os = "linux")]
mod here;

use super::*;

fn sections(parts: &[(&'static str, &'static str)]) -> Seen {
    let sections: Vec<_> =
        parts.iter().map(|(name, text)| script::Section { name, lines: text.lines().collect() }).collect();
    seen(&sections)
}

#[test]
fn owners_of_sockets_are_found_without_any_tool() {
    let seen = sections(&[
        ("system", "Linux"),
        ("processes", "PID PPID COMMAND\n 1726 1 lmgrd -c a.lic\n 1728 1726 acme -T lic1 11.1 9"),
        ("tcp", " 0: 00000000:6978 0:0 0A 0 0 0 0 0 11 1\n 1: 00000000:6979 0:0 0A 0 0 0 0 0 12 1"),
        ("fds 1726", "lrwx 1 f f 64 Nov 21 12:00 3 -> socket:[11]"),
        ("fds 1728", "lrwx 1 f f 64 Nov 21 12:00 3 -> socket:[12]"),
        ("fds ../x", "lrwx 1 f f 64 Nov 21 12:00 3 -> socket:[12]"),
        ("end", ""),
    ]);
    let found = judge(&seen, &[], false).found;
    assert_eq!(found.to_string(), "27000 (master daemon), 27001 (vendor daemon acme)");
}

#[test]
fn lists_without_end_are_cut_and_it_is_said() {
    let processes: String = (1..4000).map(|pid| format!("{pid} 1 lmgrd\n")).collect();
    let sockets: String = (1..4000).map(|port| format!("LISTEN 0 1 *:{port} *:*\n")).collect();
    let fds: String = (1..9000).map(|inode| format!("3 -> socket:[{inode}]\n")).collect();
    let (processes, sockets, fds): (&str, &str, &str) = (processes.leak(), sockets.leak(), fds.leak());
    let mut parts =
        vec![("processes", processes), ("processes", processes), ("ss", sockets), ("tcp", sockets)];
    parts.extend([("fds 7", fds), ("fds 8", fds)]);
    parts.extend([("file", "SERVER lic1 ANY 27000"); 40]);
    let seen = sections(&parts).bounded();
    let counts = (seen.processes.len(), seen.listeners.len(), seen.files.len());
    assert_eq!(counts, (processes::MOST, sockets::MOST, MOST_FILES));
    let remarks = judge(&seen, &[], false).remarks.join("; ");
    for what in ["3000 processes", "2000 listening sockets", "16 licence files"] {
        assert!(
            remarks.contains(&format!("it has more than {what}; the rest is not looked at")),
            "{remarks}"
        );
    }
    assert!(sections(&parts[4..5]).bounded().cut.is_empty());
}

#[test]
fn all_ports_are_those_above_1023_that_the_network_reaches() {
    let ports = |text: &'static str, to_localhost| sections(&[("ss", text)]).all_ports(to_localhost);
    let text = "LISTEN 0 1 *:22 *:*\nLISTEN 0 1 *:5432 *:*\nLISTEN 0 1 [::]:5432 [::]:*\nLISTEN 0 1 127.0.0.1:6000 *:*\nLISTEN 0 1 *:1024 *:*";
    assert_eq!(ports(text, false), Ok(vec![1024, 5432]));
    assert_eq!(ports(text, true), Ok(vec![1024, 5432, 6000]));
    assert!(ports("", false).unwrap_err().starts_with("no listening ports"));
    let many: String = (2000..2065).map(|port| format!("LISTEN 0 1 *:{port} *:*\n")).collect();
    let refused = ports(many.leak(), false).unwrap_err();
    assert!(refused.starts_with("65 ports listen there, more than the 64"), "{refused}");
}
