//! That one machine serves a licence once, also from two state directories.
//!
//! A host id other than `KEY=` belongs to the machine, not to the state directory: whoever shows it could serve the same
//! file from a second one. So a daemon holds a name for its vendor and such a SERVER line as long as it serves. On Linux
//! that is an abstract UNIX socket, which ends with its process and leaves nothing behind. It guards one network
//! namespace: containers with networks of their own do not see each other. Any user of the machine could take the name
//! first; `ss` shows who has it. On other systems nothing is guarded, and the log says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use licgate_core::id::VendorName;

use crate::failure::{Exit, Failure};

/// The names that this daemon holds. Clones share them; each is given up with its last holder.
#[derive(Debug, Default, Clone)]
pub(super) struct Guard {
    names: BTreeMap<String, Arc<system::Name>>,
}

impl Guard {
    /// A guard for the SERVER lines with these `hostids` (each as its line writes them), which keeps what this one has
    /// of them.
    ///
    /// # Errors
    /// [`Exit::AnotherRuns`] when somebody else has one; what the system says.
    pub(super) fn change(&self, vendor: &VendorName, hostids: &BTreeSet<String>) -> Result<Self, Failure> {
        let mut names = BTreeMap::new();
        for ids in hostids {
            let name = match self.names.get(ids) {
                Some(name) => Arc::clone(name),
                None => Arc::new(system::take(vendor, ids)?),
            };
            names.insert(ids.clone(), name);
        }
        Ok(Self { names })
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fmt::Write as _;
    use std::io::ErrorKind;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use sha2::{Digest as _, Sha256};

    use super::{Exit, Failure, VendorName};

    /// A socket that nobody reads.
    pub(super) type Name = UnixDatagram;

    pub(super) fn take(vendor: &VendorName, hostids: &str) -> Result<Name, Failure> {
        let name = name(vendor, hostids);
        let bound =
            SocketAddr::from_abstract_name(&name).and_then(|address| UnixDatagram::bind_addr(&address));
        bound.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => Failure::new(
                Exit::AnotherRuns,
                format!(
                    "another licvendord of {vendor} serves on this machine for the SERVER host id {hostids}"
                ),
            )
            .with_hint(format!("stop that one first; `ss -xap | grep {name}` shows which process it is")),
            _ => Failure::new(Exit::Broken, format!("cannot guard the SERVER host id {hostids}: {error}")),
        })
    }

    /// An abstract name has room for 107 bytes only, so it is a digest.
    fn name(vendor: &VendorName, hostids: &str) -> String {
        let digest = Sha256::digest(format!("{vendor}\n{hostids}"));
        digest.iter().fold("licgate-".to_owned(), |mut name, byte| {
            // A string takes all that is written to it.
            _ = write!(name, "{byte:02x}");
            name
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Failure, VendorName};

    /// Nothing is held.
    #[derive(Debug)]
    pub(super) struct Name;

    #[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
    pub(super) fn take(vendor: &VendorName, hostids: &str) -> Result<Name, Failure> {
        tracing::warn!(
            "not guarded on this system: a second licvendord of {vendor} with another --state-dir could serve for the \
             SERVER host id {hostids}, too"
        );
        Ok(Name)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        // Nobody else on this machine has a host of this name.
        ids.iter().map(|id| format!("HOSTNAME={id}-{}", std::process::id())).collect()
    }

    #[test]
    fn a_machine_serves_a_licence_once() {
        let (acme, beta) = (VendorName::from("acme"), VendorName::from("beta"));
        let first = Guard::default().change(&acme, &ids(&["one", "two"])).unwrap();
        let refused = Guard::default().change(&acme, &ids(&["three", "two"])).unwrap_err();
        assert_eq!(refused.exit, Exit::AnotherRuns);
        assert!(refused.message.contains("SERVER host id HOSTNAME=two-"), "{refused}");
        assert!(refused.hint.contains("licgate-") && refused.hint.len() < 200, "{refused}");
        drop(Guard::default().change(&beta, &ids(&["one"])).unwrap());

        // Another file: what it still needs was never given up, the rest is free.
        let next = first.change(&acme, &ids(&["two", "three"])).unwrap();
        drop(first);
        drop(Guard::default().change(&acme, &ids(&["one"])).unwrap());
        Guard::default().change(&acme, &ids(&["two"])).unwrap_err();
        drop(next);
        Guard::default().change(&acme, &ids(&["one", "two", "three"])).unwrap();
    }
}
