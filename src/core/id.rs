//! The names that things have: features, vendors, checkouts and leases.

use alloc::boxed::Box;
use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;

use minicbor::{Decode, Encode};
use serde::Serialize;

/// The name of a licensed feature, kept as it was written and compared without regard to ASCII case,
/// as FlexNet's clients do by default.
#[derive(Debug, Clone, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct FeatureName(#[n(0)] Box<str>);

impl FeatureName {
    /// The longest feature name that licgate writes or accepts from the network, in bytes.
    pub const MAX: usize = 30;

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl From<&str> for FeatureName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for FeatureName {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl PartialEq for FeatureName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for FeatureName {}

impl Ord for FeatureName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl PartialOrd for FeatureName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a vendor daemon, compared exactly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct VendorName(#[n(0)] Box<str>);

impl VendorName {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for VendorName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for VendorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a client calls its checkout: 128 random bits that it chose itself.
///
/// Whoever knows the id may resume or return the lease, so it is never shown to anybody else and its
/// `Debug` form hides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct CheckoutId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl CheckoutId {
    /// Makes an id of 16 bytes, which the caller drew at random.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for CheckoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckoutId(…)")
    }
}

impl Serialize for CheckoutId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("…")
    }
}

/// The number of a lease at its vendor daemon: what `lmstat` shows as the handle. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct LeaseNumber(#[n(0)] pub u64);

impl fmt::Display for LeaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn feature_names_compare_without_case_and_keep_their_spelling() {
        let (upper, lower) = (FeatureName::from("ARC/Info"), FeatureName::from("arc/info"));
        assert_eq!(upper, lower);
        assert_eq!(upper.cmp(&lower), Ordering::Equal);
        assert_eq!(upper.as_str(), "ARC/Info");
        assert_ne!(upper, FeatureName::from("arc-info"));
    }

    #[test]
    fn a_checkout_id_does_not_show_itself() {
        let id = CheckoutId::new([0xab; 16]);
        assert!(!format!("{id:?}").contains("171"));
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"…\"");
    }
}
