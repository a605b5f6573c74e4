//! What a session asks of other rooms: addresses from the resolver, host keys from the known-hosts files.

use std::sync::Arc;

use russh::keys::PublicKeyOrCertificate;
use russh::keys::ssh_key::public::KeyData;

use crate::clock;
use crate::resolve::Resolver;
use crate::ssh::error::Cause;
use crate::ssh::known_hosts::{Decision, Host, KnownHosts, LearnError, decide, learn};
use crate::ssh::prompt::{Prompt, Question};
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

/// The known-hosts files of each target.
pub(super) struct Keys(pub(super) Arc<dyn Prompt>);

impl HostKeys for Keys {
    fn known(&self, target: &Target) -> Known {
        let (known, remarks) = KnownHosts::load(target);
        remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
        let wanted = known.wanted(&Host::of(target));
        Known { algorithms: wanted.algorithms, authority: wanted.certificates }
    }

    fn judge<'a>(&'a self, target: &'a Target, key: &'a PublicKeyOrCertificate) -> Judgement<'a> {
        Box::pin(async move {
            let (known, _told_already) = KnownHosts::load(target);
            let host = Host::of(target);
            let verdict = known.judge(&host, key, clock::unix_seconds());
            let data = key_data(key);
            let can_ask = !target.batch && self.0.can_ask();
            match decide(&verdict, target.unknown_host, can_ask, &host, data) {
                Decision::Trust => Ok(()),
                Decision::Remember(told) => {
                    tracing::warn!("{told}");
                    remember(target, &host, data).await
                }
                Decision::Ask(question) => {
                    let question = Question { text: format!("{question} [yes/no] "), echo: true };
                    let answer = self.0.ask(question).await.map_err(|why| why.to_string())?;
                    if answer.trim().eq_ignore_ascii_case("yes") {
                        remember(target, &host, data).await
                    } else {
                        Err("it was not confirmed".into())
                    }
                }
                Decision::Refuse(why) => Err(why.into()),
            }
        })
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
