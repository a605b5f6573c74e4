//! A vendor's public key, as flags take it: the key itself, or a file that holds it.

use std::path::Path;

use licgate_core::licence::VendorKey;
use licgate_machine::keys;

use crate::failure::{Failure, Kind};

/// The key in `text`, or the one in the file of this name.
pub(crate) fn read(text: &str) -> Result<VendorKey, Failure> {
    if let Ok(key) = VendorKey::parse(text) {
        return Ok(key);
    }
    if Path::new(text).exists() {
        return Ok(keys::read_public(Path::new(text))?);
    }
    Err(Failure::new(
        Kind::Usage,
        format!("'{text}' is neither a vendor key (ed25519: and 64 hex digits) nor a file with one"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Manner;

    #[test]
    fn a_key_is_read_from_the_flag_or_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let key = keys::generate().unwrap().public();
        let file = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        for text in [key.to_string(), file("acme.pub", format!("# acme\n{key}\n"))] {
            assert_eq!(read(&text).unwrap(), key);
        }
        for (text, status) in [("ed25519:12".into(), 2), (file("bad.pub", "nothing".into()), 65)] {
            assert_eq!(read(&text).unwrap_err().status(Manner::Licgate), status, "{text}");
        }
    }
}
