//! Licence path lists: the places where licences are looked for (`27000@lic1:/opt/acme/acme.lic`).

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

/// The ports at which a master daemon without a port of its own is found.
pub const DEFAULT_PORTS: RangeInclusive<u16> = 27000..=27009;

/// What stands between the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `:`, on UNIX.
    Colon,
    /// `;`, on Windows.
    Semicolon,
}

impl Separator {
    fn as_char(self) -> char {
        match self {
            Self::Colon => ':',
            Self::Semicolon => ';',
        }
    }
}

/// A master daemon by host and port: `27000@lic1`, `@lic1`, `27000@[::1]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortAtHost {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port, never 0; without one all of [`DEFAULT_PORTS`] are tried.
    pub port: Option<u16>,
}

/// One place of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// A licence file, or a directory of which all `*.lic` count.
    Path(String),
    /// A licence host.
    Server(PortAtHost),
    /// Three licence hosts that serve one licence together.
    Triad([PortAtHost; 3]),
}

/// A list of places, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathList {
    separator: Separator,
    elements: Vec<Element>,
}

/// An element that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    /// The element as it was written.
    pub element: String,
    /// What is the matter with it.
    pub fault: PathFault,
}

/// What can be the matter with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFault {
    /// What stands before the `@` is no port.
    Port,
    /// Nothing stands after the `@`.
    NoHost,
    /// What stands after the `@` is no host name or address.
    Host,
    /// A bare number, as in `lic1:27000`.
    BarePort,
    /// Commas, but not three servers.
    Triad,
    /// More elements than [`PathList::MAX`].
    TooMany,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no place to look for licences: ", self.element)?;
        f.write_str(match self.fault {
            PathFault::Port => "before the '@' goes a port from 1 to 65535, as in 27000@lic1",
            PathFault::NoHost => {
                "after the '@' goes a host, as in 27000@lic1; an IPv6 address needs brackets, as in 27000@[::1]"
            }
            PathFault::Host => "what stands after the '@' is neither a host name nor an address",
            PathFault::BarePort => {
                "a port alone names no server: write 27000@lic1, or ./27000 for a file of that name"
            }
            PathFault::Triad => "with commas go exactly three servers, as in 27000@a,27000@b,27000@c",
            PathFault::TooMany => "the list is longer than 64 elements",
        })
    }
}

impl core::error::Error for PathError {}

impl PathList {
    /// The longest list.
    pub const MAX: usize = 64;

    /// Reads a list; empty elements count for nothing.
    pub fn parse(text: &str, separator: Separator) -> Result<Self, PathError> {
        let elements = split(text, separator)
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(str::parse::<Element>)
            .collect::<Result<Vec<_>, _>>()?;
        match elements.get(Self::MAX) {
            Some(first) => Err(PathError { element: first.to_string(), fault: PathFault::TooMany }),
            None => Ok(Self { separator, elements }),
        }
    }

    /// The places, in the order in which they are tried.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Whether it names no place at all.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}

impl fmt::Display for PathList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, element) in self.elements.iter().enumerate() {
            if index > 0 {
                write!(f, "{}", self.separator.as_char())?;
            }
            element.fmt(f)?;
        }
        Ok(())
    }
}

/// Cuts at separators, but not inside `[::1]` nor after the letter of a Windows drive (`C:\`).
fn split(text: &str, separator: Separator) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut in_brackets) = (0, false);
    let last_bracket = text.rfind(']');
    for (at, character) in text.char_indices() {
        let part = text.get(start..at).unwrap_or("");
        let rest = text.get(at + character.len_utf8()..).unwrap_or("");
        match character {
            '[' => in_brackets = part.ends_with('@') && last_bracket > Some(at),
            ']' => in_brackets = false,
            _ if character == separator.as_char() && !in_brackets && !is_drive(part, rest) => {
                parts.push(part);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

/// On UNIX `C:/lic` is two places, so only the backslash tells a drive.
fn is_drive(part: &str, rest: &str) -> bool {
    part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic()) && rest.starts_with('\\')
}

impl core::str::FromStr for Element {
    type Err = PathError;

    /// Reads one element. What has a slash in it is a path; else `@` makes it a server and a comma a triad.
    fn from_str(text: &str) -> Result<Self, PathError> {
        let error = |fault| PathError { element: text.into(), fault };
        if text.contains(['/', '\\']) {
            return Ok(Self::Path(text.into()));
        }
        if !text.contains('@') {
            let bare = text.parse::<u16>().is_ok();
            return if bare { Err(error(PathFault::BarePort)) } else { Ok(Self::Path(text.into())) };
        }
        if !text.contains(',') {
            return Ok(Self::Server(text.parse()?));
        }
        let servers = text.split(',').map(str::parse).collect::<Result<Vec<PortAtHost>, _>>()?;
        let triad = servers.try_into().map_err(|_| error(PathFault::Triad))?;
        Ok(Self::Triad(triad))
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Server(server) => server.fmt(f),
            Self::Triad([first, second, third]) => write!(f, "{first},{second},{third}"),
        }
    }
}

impl PortAtHost {
    /// The longest host name, in bytes.
    pub const MAX_HOST: usize = 253;

    /// The ports to try, in order.
    pub fn ports(&self) -> RangeInclusive<u16> {
        self.port.map_or(DEFAULT_PORTS, |port| port..=port)
    }
}

impl core::str::FromStr for PortAtHost {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let error = |fault| PathError { element: text.into(), fault };
        let (port, host) = text.split_once('@').ok_or_else(|| error(PathFault::NoHost))?;
        let port = match port {
            "" => None,
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number = digits.parse().ok().filter(|number| *number > 0u16);
                Some(number.ok_or_else(|| error(PathFault::Port))?)
            }
            _ => return Err(error(PathFault::Port)),
        };
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        if host.is_empty() {
            return Err(error(PathFault::NoHost));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte) || !byte.is_ascii();
        let in_address = |byte: u8| byte == b':' || byte == b'%';
        let is_address = host.contains(':');
        let good = host.bytes().all(|byte| allowed(byte) || (is_address && in_address(byte)));
        if !good || host.len() > Self::MAX_HOST || (bracketed.is_some() && !is_address) {
            return Err(error(PathFault::Host));
        }
        Ok(Self { host: host.into(), port })
    }
}

impl fmt::Display for PortAtHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(port) = self.port {
            write!(f, "{port}")?;
        }
        let brackets = self.host.contains(':');
        if brackets { write!(f, "@[{}]", self.host) } else { write!(f, "@{}", self.host) }
    }
}

#[cfg(test)]
mod tests;
