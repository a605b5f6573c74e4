//! Host ids: what a licence may be locked to, and what a machine can show for itself.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::Ipv6Addr;

use minicbor::{Decode, Encode};

/// One host id as licence files write it (`ANY`, `0050560a1b2c`, `HOSTNAME=lic1`, `KEY=ed25519:…`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostId {
    /// Every machine.
    Any,
    /// Every machine, for uncounted demonstration lines.
    Demo,
    /// An Ethernet address, 12 hex digits.
    Ether([u8; 6]),
    /// A volume serial number or `hostid(1)`, 8 hex digits (or `#` and decimal digits).
    Short(u32),
    /// The public half of a licence host's identity key (Ed25519): licgate's own kind. It survives a new network
    /// card, a moved virtual machine and a container, and cannot be copied without the private half.
    Key([u8; 32]),
    /// `INTERNET=`: an IPv4 or IPv6 address; each octet may be `*`.
    Internet(String),
    /// `HOSTNAME=`, compared without case.
    HostName(String),
    /// `HOSTDOMAIN=`, compared without case.
    HostDomain(String),
    /// `USER=`.
    User(String),
    /// `DISPLAY=`.
    Display(String),
    /// A kind that licgate reads and prints but cannot measure on a machine, so that it never matches:
    /// `DISK_SERIAL_NUM=`, `ID=`, `ID_STRING=`, `COMPOSITE=`, `FLEXID=`, `VM_UUID=`, … as written.
    Other(String),
}

/// What a machine shows for itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize)]
pub struct HostFacts {
    /// Its Ethernet addresses.
    #[cbor(n(0))]
    pub ethers: Vec<[u8; 6]>,
    /// Its host name, and the fully qualified one where it is known.
    #[n(1)]
    pub names: Vec<String>,
    /// Its addresses in text form.
    #[n(2)]
    pub addresses: Vec<String>,
    /// The public half of its identity key; licence hosts have one.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub key: Option<[u8; 32]>,
    /// The user who asks; empty for a licence host.
    #[n(4)]
    pub user: String,
    /// The user's display; empty for a licence host.
    #[n(5)]
    pub display: String,
}

impl HostFacts {
    /// The host ids that a vendor could sign for on this machine, as licence files write them, the best first: its key, its
    /// Ethernet addresses, its name.
    pub fn own_ids(&self) -> String {
        let key = self.key.map(HostId::Key);
        let ethers = self.ethers.iter().copied().map(HostId::Ether);
        let name = self.names.first().cloned().map(HostId::HostName);
        let ids = key.into_iter().chain(ethers).chain(name);
        ids.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
    }
}

/// Whether PLATFORMS= with these words allows a machine with the platform words `own` (`x64_lsb`), which have blanks between
/// them; any of them will do, in any case. No words at all allow every machine.
pub fn allows_platform(platforms: &[String], own: &str) -> bool {
    let is_own = |listed: &String| own.split_whitespace().any(|own| own.eq_ignore_ascii_case(listed));
    platforms.is_empty() || platforms.iter().any(is_own)
}

impl HostId {
    /// Reads one host id, in any case, without quotes. `None`: this is no host id. A `KEYWORD=value` that licgate does
    /// not know is [`Other`](Self::Other); a known keyword with a value that cannot be is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"') {
            return None;
        }
        match text.split_once('=') {
            Some((keyword, value)) => Self::with_keyword(&keyword.to_ascii_uppercase(), value),
            None => Self::bare(text),
        }
    }

    /// Reads host ids with blanks between them, any of which will do. `None` when there is none, or one cannot be read.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let ids = text.split_whitespace().map(Self::parse).collect::<Option<Vec<_>>>()?;
        (!ids.is_empty()).then_some(ids)
    }

    /// Whether a machine that shows `facts` has this id.
    pub fn matches(&self, facts: &HostFacts) -> bool {
        match self {
            Self::Any | Self::Demo => true,
            Self::Ether(ether) => facts.ethers.contains(ether),
            Self::Key(key) => facts.key.as_ref() == Some(key),
            Self::Internet(pattern) => {
                facts.addresses.iter().any(|address| internet_matches(pattern, address))
            }
            Self::HostName(name) => facts.names.iter().any(|own| same_host(name, own)),
            Self::HostDomain(domain) => facts.names.iter().any(|own| is_in_domain(own, domain)),
            Self::User(user) => facts.user == *user,
            Self::Display(display) => facts.display == *display,
            Self::Short(_) | Self::Other(_) => false,
        }
    }

    fn with_keyword(keyword: &str, value: &str) -> Option<Self> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if value.is_empty() || keyword.is_empty() || !keyword.bytes().all(is_word) {
            return None;
        }
        match keyword {
            "KEY" => Some(Self::Key(ed25519(value)?)),
            "INTERNET" => is_internet(value).then(|| Self::Internet(value.into())),
            "HOSTNAME" => Some(Self::HostName(value.into())),
            "HOSTDOMAIN" => Some(Self::HostDomain(value.into())),
            "USER" => Some(Self::User(value.into())),
            "DISPLAY" => Some(Self::Display(value.into())),
            _ => Some(Self::Other(alloc::format!("{keyword}={value}"))),
        }
    }

    fn bare(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("ANY") {
            return Some(Self::Any);
        }
        if text.eq_ignore_ascii_case("DEMO") {
            return Some(Self::Demo);
        }
        if let Some(decimal) = text.strip_prefix('#') {
            let digits = decimal.bytes().all(|byte| byte.is_ascii_digit());
            return digits.then(|| decimal.parse().ok().map(Self::Short)).flatten();
        }
        if let Some(ether) = hex(text) {
            return Some(Self::Ether(ether));
        }
        if let Some(number) = hex(text) {
            return Some(Self::Short(u32::from_be_bytes(number)));
        }
        let upper = text.to_ascii_uppercase();
        (upper.starts_with("LMB") || upper.starts_with("AMZN_")).then(|| Self::Other(text.into()))
    }
}

impl fmt::Display for HostId {
    /// The one canonical spelling: `ANY`, `0050560a1b2c`, `KEY=ed25519:…`, `HOSTNAME=lic1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("ANY"),
            Self::Demo => f.write_str("DEMO"),
            Self::Ether(bytes) => write_hex(f, bytes),
            Self::Short(number) => write!(f, "{number:08x}"),
            Self::Key(key) => {
                f.write_str("KEY=ed25519:")?;
                write_hex(f, key)
            }
            Self::Internet(address) => write!(f, "INTERNET={address}"),
            Self::HostName(name) => write!(f, "HOSTNAME={name}"),
            Self::HostDomain(domain) => write!(f, "HOSTDOMAIN={domain}"),
            Self::User(user) => write!(f, "USER={user}"),
            Self::Display(display) => write!(f, "DISPLAY={display}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Reads `ed25519:<64 hex digits>`, in any case: the text form of every public key in licgate.
pub(crate) fn ed25519(text: &str) -> Option<[u8; 32]> {
    let (kind, digits) = text.split_once(':')?;
    if !kind.eq_ignore_ascii_case("ed25519") {
        return None;
    }
    hex(digits)
}

/// Exactly `2 * N` hex digits, nothing else.
pub(crate) fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

/// Lower-case hex digits.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Whether `own`, a machine's name, is the host that `named` in a licence means. A short name in the licence means
/// that host in every domain; a qualified name means itself only.
fn same_host(named: &str, own: &str) -> bool {
    let (named, own) = (named.trim_end_matches('.'), own.trim_end_matches('.'));
    let label = own.split('.').next().unwrap_or(own);
    own.eq_ignore_ascii_case(named) || label.eq_ignore_ascii_case(named)
}

fn is_in_domain(own: &str, domain: &str) -> bool {
    let (own, domain) = (own.trim_end_matches('.'), domain.trim_matches('.'));
    let Some(split) = own.len().checked_sub(domain.len() + 1) else { return false };
    let (Some(dot), Some(tail)) = (own.as_bytes().get(split), own.as_bytes().get(split + 1..)) else {
        return false;
    };
    !domain.is_empty() && split > 0 && *dot == b'.' && tail.eq_ignore_ascii_case(domain.as_bytes())
}

/// An address as numbers; in a pattern, `None` stands for `*`.
pub(crate) type Octets = Vec<Option<u16>>;

fn internet_matches(pattern: &str, address: &str) -> bool {
    // A link-local address comes with its zone (`fe80::1%eth0`), which no licence can name.
    let address = address.split('%').next().unwrap_or(address);
    let (Some(pattern), Some(address)) = (octets(pattern), octets(address)) else { return false };
    let fits = |(wanted, own): (&Option<u16>, &Option<u16>)| wanted.is_none() || wanted == own;
    pattern.len() == address.len() && pattern.iter().zip(&address).all(fits)
}

fn is_internet(text: &str) -> bool {
    octets(text).is_some()
}

/// Four octets of an IPv4 address or eight groups of an IPv6 address. A `*` goes with all four or eight written out.
pub(crate) fn octets(text: &str) -> Option<Octets> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        let v4 = address.to_ipv4_mapped().map(|v4| v4.octets().map(|octet| Some(octet.into())).to_vec());
        return Some(v4.unwrap_or_else(|| address.segments().map(Some).to_vec()));
    }
    let (separator, count, radix, longest) =
        if text.contains(':') { (':', 8, 16, 4) } else { ('.', 4, 10, 3) };
    let part = |part: &str| match part {
        "*" => Some(None),
        digits if digits.len() <= longest && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            let number = u16::from_str_radix(digits, radix).ok()?;
            (radix == 16 || number <= 255).then_some(Some(number))
        }
        _ => None,
    };
    let parts = text.split(separator).map(part).collect::<Option<Octets>>()?;
    (parts.len() == count).then_some(parts)
}

#[cfg(test)]
mod tests;
