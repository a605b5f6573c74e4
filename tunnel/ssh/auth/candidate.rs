//! Which keys to offer, in which order.

use russh::keys::agent::AgentIdentity;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Certificate, HashAlg, PublicKey};

/// The most keys that are offered: a server hangs up after a handful, and an agent may hold hundreds.
const MOST: usize = 64;

/// Where the private half is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// In the agent.
    Agent,
    /// In the key file of this number.
    File(usize),
}

/// Something to offer.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The public half; only unlocking the file tells, where `None`.
    pub(super) public: Option<PublicKey>,
    /// A certificate of it.
    pub(super) certificate: Option<Certificate>,
    /// Where the private half is.
    pub(super) holder: Holder,
}

impl Candidate {
    /// What it is called in a report: kind, fingerprint, place.
    pub(super) fn name(&self, path: impl Fn(usize) -> String) -> String {
        let place = match self.holder {
            Holder::Agent => "of the agent".to_owned(),
            Holder::File(number) => format!("in {}", path(number)),
        };
        let what = if self.certificate.is_some() { "certificate" } else { "key" };
        match &self.public {
            Some(key) => format!("{what} {} {place}", key.fingerprint(HashAlg::Sha256)),
            None => format!("{what} {place}"),
        }
    }
}

/// The keys that the configuration names.
pub(super) struct Configured<'a> {
    /// The public halves of the key files, where they are known.
    pub(super) files: &'a [Option<PublicKey>],
    /// Keys of which there is only a `.pub` file.
    pub(super) agent_only: &'a [PublicKey],
}

impl Configured<'_> {
    fn file(&self, key: &KeyData) -> Option<usize> {
        self.files.iter().position(|file| file.as_ref().is_some_and(|file| file.key_data() == key))
    }

    fn has(&self, key: &KeyData) -> bool {
        self.file(key).is_some() || self.agent_only.iter().any(|public| public.key_data() == key)
    }
}

/// The order of OpenSSH: certificates; keys of the agent that are configured; its other keys, unless only configured ones are
/// wanted; keys that are in files only.
pub(super) fn order(
    configured: &Configured<'_>,
    certificates: &[Certificate],
    agent: &[AgentIdentity],
    configured_only: bool,
) -> Vec<Candidate> {
    let in_agent = |key: &KeyData| agent.iter().any(|held| held.public_key().key_data() == key);
    let mut list: Vec<Candidate> = Vec::new();
    for certificate in certificates {
        let key = certificate.public_key();
        let holder = if in_agent(key) { Some(Holder::Agent) } else { configured.file(key).map(Holder::File) };
        list.extend(holder.map(|holder| with(Some(certificate), key, holder)));
    }
    let (mine, others): (Vec<_>, Vec<_>) =
        agent.iter().partition(|held| configured.has(held.public_key().key_data()));
    let others = if configured_only { Vec::new() } else { others };
    for held in mine.into_iter().chain(others) {
        let certificate = match held {
            AgentIdentity::Certificate { certificate, .. } => Some(certificate),
            AgentIdentity::PublicKey { .. } => None,
        };
        list.push(with(certificate, held.public_key().key_data(), Holder::Agent));
    }
    for (number, public) in configured.files.iter().enumerate() {
        if !public.as_ref().is_some_and(|key| in_agent(key.key_data())) {
            list.push(Candidate { public: public.clone(), certificate: None, holder: Holder::File(number) });
        }
    }
    list.truncate(MOST);
    list
}

fn with(certificate: Option<&Certificate>, key: &KeyData, holder: Holder) -> Candidate {
    Candidate { public: Some(PublicKey::new(key.clone(), "")), certificate: certificate.cloned(), holder }
}

#[cfg(test)]
mod tests {
    use russh::keys::PrivateKey;
    use russh::keys::ssh_key::certificate::Builder;
    use russh::keys::ssh_key::private::Ed25519Keypair;

    use super::*;

    fn private(seed: u8) -> PrivateKey {
        Ed25519Keypair::from_seed(&[seed; 32]).into()
    }

    fn key(seed: u8) -> PublicKey {
        private(seed).public_key().clone()
    }

    fn certificate(seed: u8) -> Certificate {
        let mut builder = Builder::new([1; 16], key(seed), 0, u64::MAX).unwrap();
        builder.all_principals_valid().unwrap();
        builder.sign(&private(99)).unwrap()
    }

    fn shown(list: &[Candidate]) -> Vec<(Option<u8>, bool, Holder)> {
        let seed = |public: &PublicKey| (0..99).find(|&seed| key(seed) == *public);
        let short = |c: &Candidate| (c.public.as_ref().and_then(seed), c.certificate.is_some(), c.holder);
        list.iter().map(short).collect()
    }

    #[test]
    fn the_order_is_that_of_openssh() {
        let files = [Some(key(1)), Some(key(2)), None];
        let files = Configured { files: &files, agent_only: &[key(5)] };
        let agent = [AgentIdentity::from(key(3)), key(2).into(), certificate(4).into(), key(5).into()];
        let certificates = [certificate(1), certificate(2), certificate(8)];
        let all = [
            (Some(1), true, Holder::File(0)),
            (Some(2), true, Holder::Agent),
            (Some(2), false, Holder::Agent),
            (Some(5), false, Holder::Agent),
            (Some(3), false, Holder::Agent),
            (Some(4), true, Holder::Agent),
            (Some(1), false, Holder::File(0)),
            (None, false, Holder::File(2)),
        ];
        assert_eq!(shown(&order(&files, &certificates, &agent, false)), all);
        let few: Vec<_> = all.into_iter().filter(|(seed, ..)| !matches!(seed, Some(3 | 4))).collect();
        assert_eq!(shown(&order(&files, &certificates, &agent, true)), few);
    }

    #[test]
    fn a_crowded_agent_is_cut_off() {
        let agent: Vec<_> = (0..99).map(|seed| key(seed).into()).collect();
        let none = Configured { files: &[], agent_only: &[] };
        assert_eq!(order(&none, &[], &agent, false).len(), MOST);
    }
}
