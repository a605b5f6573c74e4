//! What a session asks of other rooms: addresses from the resolver, host keys from the known-hosts files.

use std::sync::Arc;

use russh::keys::PublicKeyOrCertificate;
use russh::keys::ssh_key::public::KeyData;
use tokio::sync::Mutex;

use crate::clock;
use crate::resolve::Resolver;
use crate::ssh::error::Cause;
use crate::ssh::known_hosts::{Decision, Host, KnownHosts, LearnError, confirms, decide, learn};
use crate::ssh::prompt::{NoAnswer, Prompt, Question};
use crate::ssh::route::{Addresses, Resolve};
use crate::ssh::session::{HostKeys, Judgement, Known};
use crate::ssh::target::Target;

/// The real addresses of hosts.
pub(super) struct Names(pub(super) Resolver);

impl Resolve for Names {
    fn addresses<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let answer = self.0.addresses(host).await?;
            tracing::debug!(host, from = %answer.rung, addresses = ?answer.addresses, "found");
            Ok(answer.addresses)
        })
    }
}

/// How often it is asked whether a key is right, where the answer is neither yes nor no.
const MOST_ASKED: usize = 3;

/// Why a key is refused to which nobody said yes.
const UNCONFIRMED: &str = "it was not confirmed; ask the server's administrator for the fingerprint of its key \
    (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows it there), and say yes only if it is the one shown here";

/// The known-hosts files of each target, and what a person says of keys that are in none of them. All tunnels of a process have
/// the same one, for they may meet one unknown host, such as a jump host, at the same time.
pub(super) struct Keys {
    prompt: Arc<dyn Prompt>,
    /// What a person has said in this process. Held while one is asked: one question at a time.
    said: Mutex<Vec<Said>>,
}

/// A person's word on a key.
struct Said {
    host: String,
    key: KeyData,
    is_right: bool,
}

impl Keys {
    /// Nobody was asked yet.
    pub(super) fn new(prompt: Arc<dyn Prompt>) -> Self {
        Self { prompt, said: Mutex::default() }
    }

    fn decide(&self, target: &Target, host: &Host, key: &PublicKeyOrCertificate) -> Decision {
        let (known, _told_already) = KnownHosts::load(target);
        let verdict = known.judge(host, key, clock::unix_seconds());
        let can_ask = !target.batch && self.prompt.can_ask();
        decide(&verdict, target.unknown_host, can_ask, host, key_data(key))
    }

    /// A host that is in no file. Another tunnel may meet it, too, and be before this one.
    async fn meet(&self, target: &Target, host: &Host, key: &PublicKeyOrCertificate) -> Result<(), Cause> {
        let mut said = self.said.lock().await;
        let data = key_data(key);
        match self.decide(target, host, key) {
            Decision::Trust => Ok(()),
            Decision::Refuse(why) => Err(why.into()),
            Decision::Remember(told) => {
                tracing::warn!("{told}");
                remember(target, host, data).await
            }
            Decision::Ask(question) => {
                let before = said.iter().find(|said| said.host == host.name() && said.key == *data);
                let is_right = match before {
                    Some(before) => before.is_right,
                    None => {
                        let is_right =
                            self.confirmed(&question, data).await.map_err(|why| why.to_string())?;
                        said.push(Said { host: host.name().to_owned(), key: data.clone(), is_right });
                        if is_right {
                            remember(target, host, data).await?;
                        }
                        is_right
                    }
                };
                if is_right { Ok(()) } else { Err(UNCONFIRMED.into()) }
            }
        }
    }
}

impl HostKeys for Keys {
    fn known(&self, target: &Target) -> Known {
        let (known, remarks) = KnownHosts::load(target);
        remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
        let wanted = known.wanted(&Host::of(target));
        Known { algorithms: wanted.algorithms, authority: wanted.certificates }
    }

    fn judge<'a>(&'a self, target: &'a Target, key: &'a PublicKeyOrCertificate) -> Judgement<'a> {
        Box::pin(async move {
            let host = Host::of(target);
            match self.decide(target, &host, key) {
                Decision::Trust => Ok(()),
                Decision::Refuse(why) => Err(why.into()),
                // Only these wait while a person is asked.
                Decision::Remember(_) | Decision::Ask(_) => self.meet(target, &host, key).await,
            }
        })
    }
}

impl Keys {
    /// Whether a person says that this is the right key.
    async fn confirmed(&self, question: &str, key: &KeyData) -> Result<bool, NoAnswer> {
        let mut text = format!("{question} [yes, no, or the fingerprint that you were given] ");
        for _ in 0..MOST_ASKED {
            let answer = self.prompt.ask(Question { text, echo: true }).await?;
            if let Some(is_right) = confirms(&answer, key) {
                return Ok(is_right);
            }
            text = "Please type yes, no, or the fingerprint (SHA256:…): ".to_owned();
        }
        Ok(false)
    }
}

fn key_data(key: &PublicKeyOrCertificate) -> &KeyData {
    match key {
        PublicKeyOrCertificate::PublicKey { key, .. } => key.key_data(),
        PublicKeyOrCertificate::Certificate(certificate) => certificate.public_key(),
    }
}

/// A key that cannot be written down is good for this time; the user hears of it.
async fn remember(target: &Target, host: &Host, key: &KeyData) -> Result<(), Cause> {
    let Some(file) = target.user_known_hosts.first() else { return Ok(()) };
    match learn(file, host, key, target.hash_known_hosts).await {
        Ok(()) => Ok(()),
        Err(error @ LearnError::Changed(_)) => Err(error.into()),
        Err(error) => {
            tracing::warn!("{error}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use russh::keys::ssh_key::private::Ed25519Keypair;
    use russh::keys::{PrivateKey, PublicKey};
    use tokio::task::yield_now;
    use zeroize::Zeroizing;

    use super::*;
    use crate::ssh::prompt::Answer;

    /// A person who always says this, after a while, and counts the questions.
    struct Person(&'static str, AtomicUsize);

    impl Prompt for Person {
        fn can_ask(&self) -> bool {
            true
        }

        fn ask(&self, _: Question) -> Answer<'_> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Box::pin(async {
                yield_now().await;
                Ok(Zeroizing::new(self.0.to_owned()))
            })
        }

        fn show(&self, _: &str) {}
    }

    fn key(seed: u8) -> PublicKey {
        PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32])).public_key().clone()
    }

    fn company(answer: &'static str) -> (Arc<Person>, Keys) {
        let person = Arc::new(Person(answer, AtomicUsize::new(0)));
        (Arc::clone(&person), Keys::new(person))
    }

    #[tokio::test]
    async fn a_person_is_asked_once_about_a_host_that_several_tunnels_meet() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        // Where it is written down, and where it cannot be.
        for files in [vec![file], Vec::new()] {
            for (answer, is_right) in [("no", false), ("yes", true)] {
                let (person, keys) = company(answer);
                let [one, two] = ["lic1", "lic2"].map(|typed| Target {
                    typed: typed.into(),
                    user_known_hosts: files.clone(),
                    ..Target::plain("ada", "jump.corp.example", 22)
                });
                let shown = key(1).into();
                let (first, second) = tokio::join!(keys.judge(&one, &shown), keys.judge(&two, &shown));
                let again = keys.judge(&one, &shown).await;
                let judged = [first, second, again].map(|judged| judged.is_ok());
                assert_eq!(judged, [is_right; 3], "{answer} {files:?}");
                assert_eq!(person.1.load(Ordering::Relaxed), 1, "{answer} {files:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_word_is_about_one_host_and_one_key_and_no_excuse_for_a_revoked_one() {
        let (person, keys) = company("yes");
        let target = Target::plain("ada", "lic1", 22);
        let other = Target { port: 2222, ..Target::plain("ada", "lic1", 22) };
        for (target, seed) in [(&target, 1), (&target, 2), (&other, 1), (&target, 1)] {
            keys.judge(target, &key(seed).into()).await.unwrap();
        }
        assert_eq!(person.1.load(Ordering::Relaxed), 3);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("revoked");
        std::fs::write(&file, key(1).to_openssh().unwrap()).unwrap();
        let revoking = Target { revoked_host_keys: Some(file), ..target };
        let why = keys.judge(&revoking, &key(1).into()).await.unwrap_err().to_string();
        assert!(why.contains("IS REVOKED"), "{why}");
    }

    #[tokio::test]
    async fn a_known_host_waits_for_no_question_about_another() {
        let (_person, keys) = company("yes");
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        std::fs::write(&file, format!("lic1 {}\n", key(1).to_openssh().unwrap())).unwrap();
        let known = Target { user_known_hosts: vec![file], ..Target::plain("ada", "lic1", 22) };
        let _asked = keys.said.lock().await;
        assert!(keys.judge(&known, &key(1).into()).now_or_never().is_some());
        assert!(keys.judge(&Target::plain("ada", "lic2", 22), &key(2).into()).now_or_never().is_none());
    }
}
