//! Those around a session: who knows addresses, who knows host keys, who answers questions.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use lictunnel::ssh::prompt::{Answer, NoAnswer, Prompt, Question};
use lictunnel::ssh::route::{Addresses, Resolve};
use lictunnel::ssh::session::{HostKeys, Judgement, Known, Means};
use lictunnel::ssh::target::Target;
use lictunnel::tasks::Tasks;
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use zeroize::Zeroizing;

/// Every host is this machine.
struct Here;

impl Resolve for Here {
    fn addresses<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        let known = !host.starts_with("nowhere");
        Box::pin(async move {
            if known { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) } else { Err("no such name".into()) }
        })
    }
}

/// Takes the hosts whose key is of this kind, and remembers what it was shown.
#[derive(Default)]
pub(crate) struct Doorman {
    pub(crate) known: Known,
    pub(crate) refuse: Option<u16>,
    pub(crate) shown: Mutex<Vec<(String, Algorithm, bool)>>,
}

impl HostKeys for Doorman {
    fn known(&self, _: &Target) -> Known {
        self.known.clone()
    }

    fn judge<'a>(&'a self, target: &'a Target, key: &'a PublicKeyOrCertificate) -> Judgement<'a> {
        let certified = key.certificate().is_some();
        self.shown.lock().unwrap().push((target.host.clone(), key.public_key().algorithm(), certified));
        let refused = self.refuse == Some(target.port);
        Box::pin(async move { if refused { Err("it has changed".into()) } else { Ok(()) } })
    }
}

/// Gives these answers, one after the other, and remembers the questions.
#[derive(Default)]
pub(crate) struct User {
    answers: Mutex<Vec<&'static str>>,
    pub(crate) asked: Mutex<Vec<Question>>,
    pub(crate) shown: Mutex<Vec<String>>,
}

impl User {
    pub(crate) fn who_says(answers: &[&'static str]) -> Arc<Self> {
        let answers = answers.iter().rev().copied().collect();
        Arc::new(Self { answers: Mutex::new(answers), ..Self::default() })
    }

    /// The texts of the questions.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|question| question.text.clone()).collect()
    }
}

impl Prompt for User {
    fn can_ask(&self) -> bool {
        true
    }

    fn ask(&self, question: Question) -> Answer<'_> {
        self.asked.lock().unwrap().push(question);
        let answer = self.answers.lock().unwrap().pop();
        Box::pin(async move { answer.map(|text| Zeroizing::new(text.to_owned())).ok_or(NoAnswer::Cancelled) })
    }

    fn show(&self, text: &str) {
        self.shown.lock().unwrap().push(text.to_owned());
    }
}

/// The usual company.
pub(crate) fn means() -> Means {
    with(User::who_says(&[]), Arc::new(Doorman::default()))
}

/// A company with this user.
pub(crate) fn with_user(user: &Arc<User>) -> Means {
    with(Arc::clone(user), Arc::new(Doorman::default()))
}

/// A company with this user and doorman.
pub(crate) fn with(user: Arc<User>, doorman: Arc<Doorman>) -> Means {
    Means { resolve: Arc::new(Here), host_keys: doorman, prompt: user, tasks: Tasks::new() }
}
