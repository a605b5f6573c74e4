//! `[user@]host[:port]` and `ssh://[user@]host[:port]`, as typed or as a hop of `ProxyJump`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A host with the account and the port that were named with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The account, where one is named.
    pub user: Option<String>,
    /// The name or address; an IPv6 address stands without brackets.
    pub host: String,
    /// The port, where one is named.
    pub port: Option<u16>,
}

/// Why a text is no destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDestination {
    text: String,
    why: &'static str,
}

impl fmt::Display for BadDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no ssh destination: {}; write [user@]host[:port]", self.text, self.why)
    }
}

impl std::error::Error for BadDestination {}

impl FromStr for Destination {
    type Err = BadDestination;

    /// More than one colon outside brackets makes an IPv6 address without a port. Names and accounts end up on
    /// command lines (`Match exec`, `ProxyCommand`), so what could be taken for an option or means something to a
    /// shell is refused, as OpenSSH refuses it.
    fn from_str(text: &str) -> Result<Self, BadDestination> {
        let bad = |why| BadDestination { text: text.chars().take(300).collect(), why };
        let uri = text.strip_prefix("ssh://");
        let plain = uri.map_or(text, |uri| uri.strip_suffix('/').unwrap_or(uri));
        let (user, place) = match plain.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, plain),
        };
        let user = match (user, uri) {
            (Some(user), Some(_)) => {
                Some(percent_decoded(user).ok_or_else(|| bad("a broken % in the account"))?)
            }
            (user, _) => user.map(str::to_owned),
        };
        let (host, port) = split_port(place).ok_or_else(|| bad("a bracket is left open"))?;
        let port = match port {
            Some(port) => {
                Some(parse_port(port).ok_or_else(|| bad("the port is not a number from 1 to 65535"))?)
            }
            None => None,
        };
        check_host(host).map_err(bad)?;
        user.as_deref().map_or(Ok(()), check_user).map_err(bad)?;
        Ok(Self { user, host: host.to_owned(), port })
    }
}

/// A port number; 0 is none.
pub(super) fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

fn split_port(place: &str) -> Option<(&str, Option<&str>)> {
    if let Some(inside) = place.strip_prefix('[') {
        let (host, after) = inside.split_once(']')?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    match place.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port))),
        _ => Some((place, None)),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if host.is_empty() {
        return Err("the host is missing");
    }
    if host.starts_with('-') {
        return Err("a host cannot begin with -");
    }
    if host.len() > 255 {
        return Err("the host is longer than 255 characters");
    }
    let address = host.split('%').next().unwrap_or_default();
    if host.contains(':') && address.parse::<Ipv6Addr>().is_err() {
        return Err("neither one port nor an IPv6 address follows the colon");
    }
    // It parts an address from its interface; elsewhere it is a variable to the shell of Windows.
    if host.contains('%') && !host.contains(':') {
        return Err("a character that no host name has");
    }
    if host.chars().any(|c| "'`\"$\\;&<>|(){}[],@/*?!#".contains(c) || c.is_whitespace() || c.is_control()) {
        return Err("a character that no host name has");
    }
    Ok(())
}

/// OpenSSH's rule for accounts that are typed (`valid_ruser`, since 9.6): nothing that a shell gives a meaning to, or that is an
/// option once a shell has split it into words. A backslash may part a Windows domain from the account, but may not end it.
pub(super) fn check_user(user: &str) -> Result<(), &'static str> {
    if user.is_empty() {
        return Err("the account is missing");
    }
    if user.starts_with('-') || user.split(char::is_whitespace).skip(1).any(|word| word.starts_with('-')) {
        return Err("neither an account nor a word of it can begin with -");
    }
    if user.starts_with("ssh://") {
        return Err("an account cannot begin with ssh://");
    }
    if user.len() > 255 {
        return Err("the account is longer than 255 characters");
    }
    if user.chars().any(|c| "'`\";&<>|(){}".contains(c) || c.is_control()) || user.ends_with('\\') {
        return Err("a character that no account has");
    }
    Ok(())
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut parts = text.split('%');
    decoded.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(decoded).ok()
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match (self.port, self.host.contains(':')) {
            (Some(port), true) => write!(f, "[{}]:{port}", self.host),
            (Some(port), false) => write!(f, "{}:{port}", self.host),
            (None, _) => f.write_str(&self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(user: Option<&str>, host: &str, port: Option<u16>) -> Destination {
        Destination { user: user.map(str::to_owned), host: host.to_owned(), port }
    }

    #[test]
    fn what_people_type() {
        let table = [
            ("lic1", of(None, "lic1", None)),
            ("bob@lic1", of(Some("bob"), "lic1", None)),
            ("bob@lic1:2222", of(Some("bob"), "lic1", Some(2222))),
            ("bob@corp.example@lic1", of(Some("bob@corp.example"), "lic1", None)),
            (r"CORP\bob@lic1", of(Some(r"CORP\bob"), "lic1", None)),
            ("2001:db8::7", of(None, "2001:db8::7", None)),
            ("[2001:db8::7]:2222", of(None, "2001:db8::7", Some(2222))),
            ("bob@[::1]", of(Some("bob"), "::1", None)),
            ("fe80::1%eth0", of(None, "fe80::1%eth0", None)),
            ("ssh://bob@lic1:2222", of(Some("bob"), "lic1", Some(2222))),
            ("ssh://b%40b@lic1/", of(Some("b@b"), "lic1", None)),
            ("ssh://[::1]:22", of(None, "::1", Some(22))),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse().as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn what_is_refused_and_why() {
        let table = [
            ("", "the host is missing"),
            ("bob@", "the host is missing"),
            ("@lic1", "the account is missing"),
            ("-oProxyCommand=reboot", "begin with -"),
            ("bob@-lic1", "begin with -"),
            ("-l@lic1", "begin with -"),
            ("bob -oProxyCommand=reboot@lic1", "begin with -"),
            ("bob\t-l@lic1", "begin with -"),
            (" -l@lic1", "begin with -"),
            ("ssh://bob%20-l@lic1", "begin with -"),
            ("ssh://bob%0a@lic1", "no account"),
            ("bob`reboot`@lic1", "no account"),
            ("bob|reboot@lic1", "no account"),
            ("bob\u{1b}[2J@lic1", "no account"),
            ("lic%PATH%", "no host name"),
            ("lic1\n", "no host name"),
            ("$HOME", "no host name"),
            ("fe80::1%$(reboot)", "no host name"),
            ("lic1:", "the port"),
            ("lic1:0", "the port"),
            ("lic1:+22", "the port"),
            ("lic1:65536", "the port"),
            ("[lic:1]", "IPv6"),
            ("lic1:22:22", "IPv6"),
            ("[::1", "bracket"),
            ("[::1]22", "bracket"),
            ("lic1;reboot", "no host name"),
            ("$(reboot)@lic1", "no account"),
            ("bob\\@lic1", "no account"),
            ("a b", "no host name"),
            ("lic*", "no host name"),
            ("[[]", "no host name"),
            ("ssh://lic1/etc", "no host name"),
            ("ssh://b%4@lic1", "broken %"),
            // Printed, it would be read as the account b.
            ("ssh://ssh://b@lic1", "begin with ssh://"),
        ];
        for (text, why) in table {
            let error = text.parse::<Destination>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_understood_reads_the_same_again(text in "(ssh://)?[ab@:%\\[\\]2/-]{0,12}") {
            if let Ok(destination) = text.parse::<Destination>() {
                prop_assert_eq!(destination.to_string().parse(), Ok(destination));
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>()) {
            let _either: Result<Destination, _> = text.parse();
        }
    }
}
