//! The names of a server as a hosts file can hold them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A host name in lower case: labels of letters, digits, `-` and `_`, 63 bytes each and 253 together, without a last
/// dot (RFC 1123; the underscore because Windows networks have it). No address, and none of the machine's own names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

/// Why a text is no name for a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName {
    name: String,
    why: &'static str,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.name.chars().take(80).collect();
        write!(f, "{shown:?} cannot be the name of a server: {}", self.why)
    }
}

impl std::error::Error for BadName {}

impl HostName {
    /// Reads a name as people and licence files write it: in any case, with or without a last dot.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        match fault_of(&name) {
            Some(why) => Err(BadName { name: text.into(), why }),
            None => Ok(Self(name)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names its domain too.
    pub fn is_qualified(&self) -> bool {
        self.0.contains('.')
    }
}

fn fault_of(name: &str) -> Option<&'static str> {
    let is_label = |label: &str| {
        let is_word = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_word && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    // `10.1`, `0x7f.1` and `127.1` are addresses to the system.
    let is_number = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_digit())
            || label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if name.len() > 253 || !name.split('.').all(is_label) {
        Some("a name has letters, digits and hyphens, with dots between its parts; check its spelling")
    } else if is_number(last) {
        Some("it is a number or an address; give the name that the clients use")
    } else if last.starts_with("localhost") || name.starts_with("localhost.") || is_own(name) {
        Some("every machine calls itself that; give the server's own name")
    } else {
        None
    }
}

fn is_own(name: &str) -> bool {
    name == "broadcasthost" || (name.starts_with("ip6-") && !name.contains('.'))
}

impl TryFrom<String> for HostName {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        Self::parse(&text)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of one server, each once: first those with a domain, as name services answer with the first on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<HostName>", into = "Vec<HostName>")]
pub struct Names(Vec<HostName>);

/// No name at all, or more than [`Names::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCount(usize);

impl fmt::Display for BadCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a server has 1 to {} names, not {}", Names::MOST, self.0)
    }
}

impl std::error::Error for BadCount {}

impl Names {
    /// More names than this no server has.
    pub const MOST: usize = 32;

    /// These names in order.
    pub fn new(names: impl IntoIterator<Item = HostName>) -> Result<Self, BadCount> {
        let mut list: Vec<HostName> = Vec::new();
        for name in names {
            if !list.contains(&name) {
                list.push(name);
            }
        }
        // A stable sort: among the qualified ones the first given stays first.
        list.sort_by_key(|name| !name.is_qualified());
        if (1..=Self::MOST).contains(&list.len()) { Ok(Self(list)) } else { Err(BadCount(list.len())) }
    }

    /// The names in order.
    pub fn iter(&self) -> std::slice::Iter<'_, HostName> {
        self.0.iter()
    }

    /// The names in order, some to a line.
    pub(super) fn chunks(&self, most: usize) -> std::slice::Chunks<'_, HostName> {
        self.0.chunks(most)
    }

    /// Whether a word of a hosts file is one of them, case aside.
    pub fn contain(&self, word: &[u8]) -> bool {
        self.0.iter().any(|name| name.0.as_bytes().eq_ignore_ascii_case(word))
    }
}

impl TryFrom<Vec<HostName>> for Names {
    type Error = BadCount;

    fn try_from(names: Vec<HostName>) -> Result<Self, BadCount> {
        Self::new(names)
    }
}

impl From<Names> for Vec<HostName> {
    fn from(names: Names) -> Self {
        names.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_the_field_writes_them() {
        let long = format!("{}.example", "x".repeat(63));
        for good in ["lic1", "LIC1.Corp.Example", "lic1.corp.example.", "3com", "a_b", "1.2.3.x", &long] {
            assert_eq!(HostName::parse(good).unwrap().as_str(), good.trim_end_matches('.').to_lowercase());
        }
        let (label, name) = ("x".repeat(64), "x.".repeat(127) + "x");
        let odd = [
            "",
            ".",
            "a..b",
            "-a",
            "a-",
            "a b",
            "a#b",
            "a\nb",
            "a\tb",
            "lic\u{e9}",
            "a\0",
            "a*",
            &label,
            &name,
        ];
        let addresses = ["10.0.0.1", "127.1", "42", "0x7f", "1.2.3.0xff", "::1"];
        let own = [
            "localhost",
            "LOCALHOST.",
            "x.localhost",
            "localhost.localdomain",
            "localhost6",
            "broadcasthost",
        ];
        for bad in odd.into_iter().chain(addresses).chain(own).chain(["ip6-loopback"]) {
            assert!(HostName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_full_name_comes_first_and_none_comes_twice() {
        let name = |text| HostName::parse(text).unwrap();
        let names = Names::new(["lic1", "lic1.b.example", "LIC1", "lic1.a.example"].map(name)).unwrap();
        let order: Vec<_> = names.iter().map(HostName::as_str).collect();
        assert_eq!(order, ["lic1.b.example", "lic1.a.example", "lic1"]);
        assert!(names.contain(b"Lic1") && !names.contain(b"lic"));
        assert_eq!(Names::new([]), Err(BadCount(0)));
        let many = (0..33).map(|n| HostName::parse(&format!("lic{n}")).unwrap());
        assert_eq!(Names::new(many), Err(BadCount(33)));
    }
}
