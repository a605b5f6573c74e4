//! Names from outside, before anything believes or prints them.

use licgate_core::licence::ast::Server;

use crate::hosts::name::HostName;

/// The longest name of a vendor daemon that is believed, in bytes. FlexNet's are at most 10.
const LONGEST_VENDOR: usize = 64;

/// A server's name as a hosts file can hold it. `None`: it is none, or `this_host`, which stands for any.
pub(super) fn host(text: &str) -> Option<String> {
    HostName::parse(text).ok().map(String::from).filter(|name| name != Server::THIS_HOST)
}

/// Whether two names mean one host: the same, or one of them the first label of the other.
pub(super) fn is_same_host(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
    let is_short_for = |short: &str, long: &str| {
        !short.contains('.') && long.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(short))
    };
    one.eq_ignore_ascii_case(other) || is_short_for(one, other) || is_short_for(other, one)
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
    fn vendor_names_hold_nothing_that_a_terminal_obeys() {
        assert_eq!(vendor("adskflex").as_deref(), Some("adskflex"));
        for bad in ["", "-x", "a b", "a\u{1b}", "a/b", "\u{e9}", &"x".repeat(65)] {
            assert_eq!(vendor(bad), None, "{bad:?}");
        }
    }
}
