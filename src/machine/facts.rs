//! What this machine shows for itself.

use std::env;
use std::fs;
use std::io::Read;

use licgate_core::host::HostFacts;
use licgate_core::ledger::Holder;
use licgate_core::wire::limit;

use crate::cards;

/// Everything that can be measured here without privileges; `key` is left empty.
pub fn measure() -> HostFacts {
    let cards = cards::all();
    HostFacts {
        ethers: cards::ethers(&cards),
        names: names(),
        addresses: cards::addresses(&cards),
        key: None,
        user: user(),
        display: display(),
    }
}

/// The user, host, display, process and project (`LM_PROJECT`) that this program runs as and for.
pub fn holder() -> Holder {
    Holder {
        user: user(),
        host: host(),
        display: display(),
        pid: std::process::id(),
        data: String::new(),
        project: bounded(&env::var("LM_PROJECT").unwrap_or_default()),
    }
}

/// The platform word of FlexNet for this machine (`x64_lsb`, `arm64_re`, `x64_n6`, `x64_mac`, …); empty where
/// FlexNet has none.
pub fn platform() -> &'static str {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "x64_lsb",
        ("linux", "x86") => "i86_lsb",
        ("linux", "aarch64") => "arm64_re",
        ("linux", "powerpc64") => "ppc64_lsb",
        ("macos", "x86_64") => "x64_mac",
        ("macos", "aarch64") => "arm64_mac",
        ("windows", "x86_64") => "x64_n6",
        ("windows", "x86") => "i86_n3",
        ("windows", "aarch64") => "arm64_n6",
        (_, _) => "",
    }
}

/// The host name, then the fully qualified one where the machine itself knows it. Name servers are not asked: an
/// answer that changes with the network is no host id.
fn names() -> Vec<String> {
    let host = host();
    let mut names = vec![host.clone()];
    if !host.contains('.') {
        names.extend(qualified(&host, &hosts_file()));
    }
    names
}

/// The first name in a hosts file that continues `host` with a domain, if a line names both or it alone.
fn qualified(host: &str, hosts: &str) -> Option<String> {
    let words = hosts.lines().map(|line| line.split('#').next().unwrap_or(""));
    let names = words.flat_map(|line| line.split_whitespace().skip(1));
    let mut matching = names.filter(|name| {
        name.split_once('.').is_some_and(|(first, rest)| first.eq_ignore_ascii_case(host) && !rest.is_empty())
    });
    matching.next().map(bounded)
}

/// The text of `/etc/hosts`, up to a megabyte; nothing where there is none.
fn hosts_file() -> String {
    let mut bytes = Vec::new();
    match fs::File::open("/etc/hosts").map(|file| file.take(1 << 20).read_to_end(&mut bytes)) {
        Ok(Ok(_)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(Err(_)) | Err(_) => String::new(),
    }
}

fn host() -> String {
    bounded(&whoami::hostname().unwrap_or_else(|_| "localhost".into()))
}

/// The name of the account, or its number where no account has it (as in many containers).
fn user() -> String {
    bounded(&whoami::username().unwrap_or_else(|_| uid()))
}

#[cfg(unix)]
fn uid() -> String {
    rustix::process::getuid().as_raw().to_string()
}

#[cfg(not(unix))]
fn uid() -> String {
    env::var("USERNAME").unwrap_or_else(|_| "unknown".into())
}

/// The X display, else the terminal. A program without either shows what FlexNet shows for it.
fn display() -> String {
    let x = env::var("DISPLAY").ok().filter(|display| !display.is_empty());
    bounded(&x.or_else(terminal).unwrap_or_else(fallback_display))
}

#[cfg(unix)]
fn terminal() -> Option<String> {
    let of = |name: std::ffi::CString| name.into_string().ok();
    rustix::termios::ttyname(std::io::stdin(), Vec::new())
        .or_else(|_| rustix::termios::ttyname(std::io::stderr(), Vec::new()))
        .ok()
        .and_then(of)
}

#[cfg(not(unix))]
fn terminal() -> Option<String> {
    None
}

fn fallback_display() -> String {
    if cfg!(unix) { "/dev/tty".into() } else { host() }
}

/// Servers refuse longer names, and no real one is that long.
fn bounded(name: &str) -> String {
    name.char_indices().take_while(|(at, c)| at + c.len_utf8() <= limit::NAME).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_measured() {
        let (facts, holder) = (measure(), holder());
        assert_eq!(facts.names[0], holder.host);
        assert_eq!((&facts.user, &facts.display), (&holder.user, &holder.display));
        assert!(!holder.user.is_empty() && !holder.host.is_empty() && !holder.display.is_empty());
        assert_eq!(holder.pid, std::process::id());
        assert_eq!(facts.key, None);
    }

    #[test]
    fn the_hosts_file_gives_the_qualified_name() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.9 lic1.wrong.example\n\
                     10.0.0.1\tLIC1.example.com lic1 # ours\n10.0.0.2 lic10.example.com lic10 lic1.\n";
        assert_eq!(qualified("lic1", hosts).as_deref(), Some("LIC1.example.com"));
        assert_eq!(qualified("lic10", hosts).as_deref(), Some("lic10.example.com"));
        assert_eq!(qualified("lic2", hosts), None);
        assert_eq!(qualified("lic1", ""), None);
    }

    #[test]
    fn names_are_cut_at_a_character() {
        assert_eq!(bounded("lic1"), "lic1");
        assert_eq!(bounded(&"é".repeat(200)).len(), limit::NAME);
        assert_eq!(bounded(&format!("x{}", "é".repeat(200))).len(), limit::NAME - 1);
    }
}
