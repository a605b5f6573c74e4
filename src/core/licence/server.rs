//! Which licence host a file's SERVER lines mean.

use alloc::vec::Vec;

use super::ast::Server;
use crate::host::{HostFacts, HostId};

/// The identity keys among the host ids of a SERVER line.
///
/// Where there is one, the keys alone decide: a key is the only id that a licence host can prove to its clients over the
/// network, so a host that has another id of the list but not the key would be refused by every one of them.
pub(super) fn keys(hostids: &[HostId]) -> Vec<[u8; 32]> {
    let key = |id: &HostId| if let HostId::Key(key) = id { Some(*key) } else { None };
    hostids.iter().filter_map(key).collect()
}

impl Server {
    /// Whether this line means the host that shows `facts`: that has one of its keys, or one of its ids if no key is among
    /// them.
    pub fn means(&self, facts: &HostFacts) -> bool {
        let hostids = &self.hostids.node;
        let keys = keys(hostids);
        if keys.is_empty() {
            return hostids.iter().any(|id| id.matches(facts));
        }
        facts.key.is_some_and(|own| keys.contains(&own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Span, Spanned};
    use std::vec;

    #[test]
    fn a_key_decides_alone_and_other_ids_together() {
        let facts = HostFacts { ethers: vec![[1; 6]], key: Some([7; 32]), ..HostFacts::default() };
        let (ether, other) = (HostId::Ether([1; 6]), HostId::Ether([2; 6]));
        let (key, wrong) = (HostId::Key([7; 32]), HostId::Key([8; 32]));
        for (ids, is_meant) in [
            (vec![other.clone(), ether.clone()], true),
            (vec![other.clone()], false),
            (vec![HostId::Any], true),
            (vec![wrong.clone(), key.clone()], true),
            (vec![other, key], true),
            (vec![ether, wrong.clone()], false),
            (vec![HostId::Any, wrong], false),
            (vec![], false),
        ] {
            let server = Server {
                host: Spanned { node: "lic1".into(), span: Span::default() },
                hostids: Spanned { node: ids, span: Span::default() },
                port: None,
                primary_is_master: false,
                heartbeat_interval: None,
                plat: None,
            };
            assert_eq!(server.means(&facts), is_meant, "{server:?}");
        }
    }
}
