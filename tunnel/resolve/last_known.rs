//! The answers of last time, in a small file: for the day on which no name server can be reached, but the ssh server can.

use std::collections::BTreeMap;
use std::fs::{File, create_dir_all};
use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use licgate_machine::files::{FileError, write};
use serde::{Deserialize, Serialize};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;
/// The most hosts that are kept; the one not seen for longest goes first.
const MOST: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    addresses: Vec<IpAddr>,
    /// When that was the answer, in seconds since 1970.
    at: u64,
}

type Entries = BTreeMap<String, Entry>;

/// The last addresses of a host, and how old they are. An age from the future counts as none.
pub(super) fn recall(path: &Path, host: &str, now: SystemTime) -> Result<(Vec<IpAddr>, Duration), String> {
    let entry = read(path).remove(&key(host)).ok_or("it was never resolved before")?;
    Ok((entry.addresses, Duration::from_secs(seconds(now).saturating_sub(entry.at))))
}

/// Keeps the addresses of a host. A file that cannot be understood is begun anew, and a missing directory is made.
pub(super) fn keep(path: &Path, host: &str, addresses: &[IpAddr], now: SystemTime) -> Result<(), FileError> {
    let mut entries = read(path);
    entries.insert(key(host), Entry { addresses: addresses.to_vec(), at: seconds(now) });
    while entries.len() > MOST {
        let oldest = entries.iter().min_by_key(|(_, entry)| entry.at).map(|(host, _)| host.clone());
        oldest.and_then(|host| entries.remove(&host));
    }
    let text =
        serde_json::to_vec_pretty(&entries).map_err(|error| FileError::new("write", path, error.into()))?;
    if let Some(dir) = path.parent() {
        create_dir_all(dir).map_err(|error| FileError::new("make", dir, error))?;
    }
    write(path, &text, 0o600)
}

fn read(path: &Path) -> Entries {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn key(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    #[test]
    fn answers_are_kept_with_their_age() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/addresses.json");
        assert_eq!(recall(&path, "lic1", at(0)).unwrap_err(), "it was never resolved before");
        keep(&path, "LIC1.", &[ip(1)], at(1000)).unwrap();
        keep(&path, "lic2", &[ip(2)], at(1100)).unwrap();
        keep(&path, "lic1", &[ip(3), ip(1)], at(1200)).unwrap();
        assert_eq!(recall(&path, "lic1", at(1260)), Ok((vec![ip(3), ip(1)], Duration::from_secs(60))));
        assert_eq!(recall(&path, "lic2", at(0)), Ok((vec![ip(2)], Duration::ZERO)));
        std::fs::write(&path, "{").unwrap();
        assert!(recall(&path, "lic1", at(0)).is_err());
        keep(&path, "lic1", &[ip(1)], at(1300)).unwrap();
        assert!(recall(&path, "lic1", at(1300)).is_ok());
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("addresses.json");
        for number in 0..=MOST {
            keep(&path, &format!("lic{number}"), &[ip(1)], at(number as u64)).unwrap();
        }
        assert_eq!(read(&path).len(), MOST);
        assert!(recall(&path, "lic0", at(0)).is_err() && recall(&path, "lic1", at(0)).is_ok());
    }
}
