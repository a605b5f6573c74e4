//! Names from outside, before anything believes or prints them.

use licgate_core::licence::ast::Server;

/// The longest host name (RFC 1035 section 2.3.4, in text form).
const LONGEST_HOST: usize = 253;
/// The longest name of a vendor daemon that is believed, in bytes. FlexNet's are at most 10.
const LONGEST_VENDOR: usize = 64;

/// A server's name in lower case without a last dot. `None`: this is no name that a client could look up for the server: an
/// address, `this_host`, `localhost`, or no name at all.
pub(super) fn host(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        let is_word = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_word && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_address = last.bytes().all(|byte| byte.is_ascii_digit());
    let is_everybody =
        name == Server::THIS_HOST || last.starts_with("localhost") || name.starts_with("localhost.");
    let good = name.len() <= LONGEST_HOST && name.split('.').all(is_label) && !is_address && !is_everybody;
    good.then_some(name)
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
        assert_eq!(host("lic_1").as_deref(), Some("lic_1"));
        let long = "x.".repeat(127) + "x";
        for bad in [
            "",
            "this_host",
            "localhost",
            "x.localhost",
            "localhost.localdomain",
            "10.0.0.7",
            "::1",
            "a b",
            "-a",
            "a..b",
            "a\u{1b}[2J",
            "a\nb",
            &long,
        ] {
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
