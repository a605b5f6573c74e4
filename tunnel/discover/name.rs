//! Names from outside, before anything believes or prints them.
//!
//! A name that this machine overrides is taken from whoever has it. What the user says is taken at its word: the command line,
//! the profile, licence files and variables here. But any account on the licence host can run a program called `lmgrd` that
//! calls the server `mail.example.com`, or answer at the master daemon's port. So [`is_kin`] judges what only that side says,
//! and what it does not pass the user is told of, with the flag that takes it.

use licgate_core::licence::ast::Server;

use crate::hosts::name::HostName;

/// The longest name of a vendor daemon that is believed, in bytes. FlexNet's are at most 10.
const LONGEST_VENDOR: usize = 64;

/// A server's name as a hosts file can hold it. `None`: it is none, or `this_host`, which stands for any.
pub(super) fn host(text: &str) -> Option<String> {
    HostName::parse(text).ok().map(String::from).filter(|name| name != Server::THIS_HOST)
}

/// Whether two names mean one host: the same, or one of them the first label of the other.
pub(crate) fn is_same_host(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
    let is_short_for = |short: &str, long: &str| {
        !short.contains('.') && long.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(short))
    };
    one.eq_ignore_ascii_case(other) || is_short_for(one, other) || is_short_for(other, one)
}

/// Whether a name that only the server's side says may be taken unasked. `given` are the user's names for the server, `machine`
/// what the host's own system is called, which only its administrator can change. The name passes if it
///
/// - has no domain, and so is nobody's on the Internet (in the user's own network it may be; `status` shows all that lead here);
/// - is in the domain of one of the others, where that domain is one organisation's ([public suffixes] are not);
/// - is the long form of one of the others, as long as the user said no domain at all.
///
/// [public suffixes]: https://publicsuffix.org/
pub(super) fn is_kin(name: &str, given: &[String], machine: Option<&str>) -> bool {
    let given: Vec<String> = given.iter().filter_map(|name| host(name)).collect();
    let has_domain = given.iter().any(|name| name.contains('.'));
    let shares = |other: &str| {
        domain(name).is_some_and(|own| domain(other) == Some(own))
            || (!has_domain && is_same_host(name, other))
    };
    !name.contains('.') || given.iter().map(String::as_str).chain(machine).any(shares)
}

/// The part of a name that one organisation has: `example.com` of `lic1.corp.example.com`. A top-level domain that the Internet
/// does not know, such as `.lan`, is its network's own.
fn domain(name: &str) -> Option<&str> {
    let suffix = psl::suffix(name.as_bytes())?;
    if suffix.is_known() {
        std::str::from_utf8(psl::domain(name.as_bytes())?.as_bytes()).ok()
    } else {
        name.rsplit_once('.').map(|(_, last)| last)
    }
}

/// A vendor daemon's name as it was written. `None`: no vendor daemon is called that.
pub(super) fn vendor(text: &str) -> Option<String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte);
    let is_name =
        (1..=LONGEST_VENDOR).contains(&text.len()) && text.bytes().all(good) && !text.starts_with('-');
    is_name.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_can_be_overridden_are_host_names() {
        assert_eq!(host("LIC1.Corp.Example.").as_deref(), Some("lic1.corp.example"));
        for bad in ["this_host", "localhost", "10.0.0.7", "0x7f.0x1", "ip6-loopback", "a\u{1b}[2J"] {
            assert_eq!(host(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn short_and_full_names_are_the_same_host() {
        for (one, other, same) in [
            ("lic1", "LIC1.corp.example", true),
            ("lic1.corp.example.", "lic1", true),
            ("lic1.a.example", "lic1.b.example", false),
            ("lic1", "lic11", false),
        ] {
            assert_eq!(is_same_host(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn names_of_others_are_not_taken_on_the_word_of_the_server() {
        for (name, given, machine, expected) in [
            ("lic-internal", "gateway.corp", None, true),
            ("lic1.example.com", "lic1", None, true),
            ("lic1.example.com", "srv042.example.com", None, true),
            ("lic1.lab.example.co.uk", "gw.example.co.uk", None, true),
            ("lic.corp", "gateway.corp", None, true),
            ("lic1.example.com", "10.0.0.7", Some("srv042.example.com"), true),
            ("srv042.example.com", "lic1", Some("srv042"), true),
            ("github.com", "lic1", None, false),
            ("github.com", "lic1.example.com", Some("srv042"), false),
            ("github.com", "example.com", None, false),
            ("bbc.co.uk", "example.co.uk", None, false),
            ("ec2-2.compute-1.amazonaws.com", "ec2-1.compute-1.amazonaws.com", None, false),
            ("lic1.other.org", "lic1.example.com", None, false),
            ("lic1.other.org", "10.0.0.7", None, false),
        ] {
            assert_eq!(is_kin(name, &[given.to_owned()], machine), expected, "{name} {given} {machine:?}");
        }
        let known = ["lic1".to_owned(), "gate.example.com".to_owned()];
        assert!(is_kin("lic1.example.com", &known, None) && !is_kin("lic1.other.org", &known, None));
    }

    #[test]
    fn vendor_names_hold_nothing_that_a_terminal_obeys() {
        assert_eq!(vendor("adskflex").as_deref(), Some("adskflex"));
        for bad in ["", "-x", "a b", "a\u{1b}", "a/b", "\u{e9}", &"x".repeat(65)] {
            assert_eq!(vendor(bad), None, "{bad:?}");
        }
    }
}
