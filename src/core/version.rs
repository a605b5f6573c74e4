//! Feature versions: decimal numbers that keep their spelling.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::fmt;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// A version such as `2.1` or `2018.1231`: digits, at most one point, no letters.
///
/// Versions compare as the decimal numbers that they are, so `2.10` equals `2.1` and `2.9` is above
/// `2.10`; the spelling is kept for display (`1.000`).
#[derive(Debug, Clone, Encode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Version(#[n(0)] Box<str>);

impl Version {
    /// The longest version that FlexNet allows, in bytes. Longer ones are read and reported.
    pub const MAX: usize = 10;
    /// What is read at most, so that a hostile version stays small.
    const LIMIT: usize = 64;

    /// Reads a version; `None` when the text is no decimal number (FlexNet's error −77).
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let some = !whole.is_empty() || !fraction.is_empty();
        (some && text.len() <= Self::LIMIT && digits(whole) && digits(fraction)).then(|| Self(text.into()))
    }

    /// The version as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two halves without the zeros that do not count.
    pub(crate) fn halves(&self) -> (&str, &str) {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((whole, fraction), (other_whole, other_fraction)) = (self.halves(), other.halves());
        (whole.len(), whole, fraction).cmp(&(other_whole.len(), other_whole, other_fraction))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'b, C> Decode<'b, C> for Version {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::parse(d.str()?).ok_or_else(|| minicbor::decode::Error::message("a version is a decimal number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_decimal_numbers() {
        assert_eq!(version("2.10"), version("2.1"));
        assert!(version("2.9") > version("2.10"));
        assert!(version("2018.1231") > version("2018.06"));
        assert!(version("10.0") > version("9.99"));
        assert_eq!(version("007"), version("7.000"));
        assert_eq!(version("1."), version("1"));
        assert_eq!(version(".5"), version("0.5"));
        assert_eq!(version("1.000").as_str(), "1.000");
    }

    #[test]
    fn letters_two_points_and_nothing_are_no_versions() {
        for text in ["", ".", "v1", "1.2.3", "1a", "-1", "1e3", "１", &"9".repeat(65)] {
            assert!(Version::parse(text).is_none(), "{text:?}");
        }
    }
}
