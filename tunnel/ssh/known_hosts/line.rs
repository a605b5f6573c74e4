//! One line of a known-hosts file: `[@marker] names type key [comment]`, as sshd(8) describes it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use russh::keys::PublicKey;
use russh::keys::ssh_encoding::base64::{Base64, Encoding as _};
use russh::keys::ssh_key::public::KeyData;
use sha1::Sha1;

use crate::ssh::pattern::{Listed, listed};

/// How many bytes the salt of a hashed name has: as many as its hash.
pub(super) const SALT: usize = 20;

/// A line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) marker: Marker,
    pub(super) names: Names,
    pub(super) key: KeyData,
}

/// What a line says of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// It is the host's.
    None,
    /// It signs the certificates of hosts.
    CertAuthority,
    /// It is not to be trusted any more.
    Revoked,
}

/// Whom a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// Patterns parted by commas, in small letters.
    Patterns(String),
    /// The HMAC-SHA1 of one name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// Reads a line; `None` for blank lines and comments.
pub(super) fn parse(text: &str) -> Result<Option<Line>, &'static str> {
    let text = text.trim_matches(is_blank);
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut words = text.split(is_blank).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let (marker, names) = match first {
        "@cert-authority" => (Marker::CertAuthority, words.next()),
        "@revoked" => (Marker::Revoked, words.next()),
        _ if first.starts_with('@') => return Err("a marker that ssh does not know"),
        _ => (Marker::None, Some(first)),
    };
    let (Some(names), Some(algorithm), Some(key)) = (names, words.next(), words.next()) else {
        return Err("it ends before the key");
    };
    let names = Names::parse(names)?;
    let key = PublicKey::from_openssh(&format!("{algorithm} {key}")).map_err(|_| "no public key")?;
    Ok(Some(Line { marker, names, key: key.key_data().clone() }))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

impl Names {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(hashed) = text.strip_prefix('|') else {
            return Ok(Self::Patterns(text.to_ascii_lowercase()));
        };
        let hashed = hashed.strip_prefix("1|").and_then(|hashed| hashed.split_once('|'));
        let (salt, hash) = hashed.ok_or("a hashed name of a kind that ssh does not know")?;
        let decoded = |text| Base64::decode_vec(text).ok().filter(|bytes: &Vec<u8>| bytes.len() == SALT);
        match (decoded(salt), decoded(hash)) {
            (Some(salt), Some(hash)) => Ok(Self::Hashed { salt, hash }),
            _ => Err("a broken hashed name"),
        }
    }

    /// Whether `name` (small letters, `[name]:port` where the port is not 22) is meant.
    pub(super) fn mean(&self, name: &str) -> bool {
        match self {
            Self::Patterns(patterns) => listed(patterns.split(','), name) == Listed::Yes,
            Self::Hashed { salt, hash } => hashed(salt, name) == *hash,
        }
    }

    /// One name as it is written with `salt`: `|1|salt|hash`.
    pub(super) fn hashed_text(salt: &[u8; SALT], name: &str) -> String {
        format!("|1|{}|{}", Base64::encode_string(salt), Base64::encode_string(&hashed(salt, name)))
    }
}

fn hashed(salt: &[u8], name: &str) -> Vec<u8> {
    // A key of any length makes an HMAC.
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(salt) else { return Vec::new() };
    hmac.update(name.as_bytes());
    hmac.finalize().into_bytes().to_vec()
}
