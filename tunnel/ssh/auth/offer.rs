//! Offering one key to the server.

use russh::client::{AuthResult, Handler};
use russh::keys::{Certificate, HashAlg, PublicKey};

use super::agent::AgentSigner;
use super::candidate::{Candidate, Holder};
use super::keyfile::{FileSigner, KeyError};
use super::plan::Outcome;
use super::{Login, LoginError, Told};
use crate::ssh::prompt::{NoAnswer, Nobody, Prompt};
use crate::ssh::session::Means;
use crate::ssh::target::Target;

impl<H: Handler> Login<'_, H> {
    /// Offers the key of this number, an RSA key with the best hash or the other one. Passphrases are asked for, and agents
    /// bothered, only when the server would take it.
    pub(super) async fn offer(&mut self, number: usize, other_hash: bool) -> Result<Told, LoginError> {
        let candidate = self.candidates[number].clone();
        let mut name = candidate.name(|file| self.files[file].path().display().to_string());
        if other_hash {
            name.push_str(" with SHA-256");
        }
        match self.offer_with(&candidate, other_hash).await {
            Ok((answer, no)) => {
                self.report.tried.push(name);
                self.answer(Some(answer), no).await
            }
            Err(KeyError::NoAnswer(NoAnswer::Cancelled)) => Err(LoginError::Cancelled),
            Err(KeyError::Mute) => {
                // What it says later would be taken for its next answer.
                self.agent = None;
                Ok(self.skip(format!("the {name} ({})", KeyError::Mute)))
            }
            Err(KeyError::Silent) => Err(LoginError::Silent(name)),
            Err(KeyError::Ended) => Err(self.gone().await),
            Err(why) => Ok(self.skip(format!("the {name} ({why})"))),
        }
    }

    /// The server's answer, and what a plain refusal counts as.
    async fn offer_with(
        &mut self,
        candidate: &Candidate,
        other_hash: bool,
    ) -> Result<(AuthResult, Outcome), KeyError> {
        let public = match (&candidate.public, candidate.holder) {
            (Some(public), _) => public.clone(),
            (None, Holder::File(number)) => {
                let prompt = asker(self.target, self.means);
                self.files[number].unlock(prompt, &self.means.tasks).await?.public_key().clone()
            }
            (None, Holder::Agent) => return Err(not_there()),
        };
        let hash = if other_hash { Some(HashAlg::Sha256) } else { self.hash(&public).await? };
        let certificate = candidate.certificate.clone();
        let answer = match candidate.holder {
            Holder::Agent => self.offer_of_agent(public, certificate, hash).await?,
            Holder::File(number) => self.offer_of_file(number, public, certificate, hash).await?,
        };
        // OpenSSH's server names both hashes also where `PubkeyAcceptedAlgorithms` has only one of them.
        let no = if hash == Some(HashAlg::Sha512) { Outcome::HashRefused } else { Outcome::Refused };
        Ok((answer, no))
    }

    async fn offer_of_agent(
        &mut self,
        public: PublicKey,
        certificate: Option<Certificate>,
        hash: Option<HashAlg>,
    ) -> Result<AuthResult, KeyError> {
        let user = self.target.user.clone();
        let client = self.agent.as_mut().ok_or_else(not_there)?;
        let mut signer = AgentSigner { client, prompt: &*self.means.prompt, pause: self.grace.pause() };
        let offered = match certificate {
            Some(certificate) => {
                let offer = self.handle.authenticate_certificate_with(user, certificate, hash, &mut signer);
                self.grace.wait(offer).await
            }
            None => {
                let offer = self.handle.authenticate_publickey_with(user, public, hash, &mut signer);
                self.grace.wait(offer).await
            }
        };
        offered.unwrap_or(Err(KeyError::Silent))
    }

    async fn offer_of_file(
        &mut self,
        number: usize,
        public: PublicKey,
        certificate: Option<Certificate>,
        hash: Option<HashAlg>,
    ) -> Result<AuthResult, KeyError> {
        let prompt = asker(self.target, self.means);
        let user = self.target.user.clone();
        let (file, pause) = (&mut self.files[number], self.grace.pause());
        let mut signer = FileSigner { file, prompt, tasks: &self.means.tasks, pause };
        let offered = match certificate {
            Some(certificate) => {
                let offer = self.handle.authenticate_certificate_with(user, certificate, hash, &mut signer);
                self.grace.wait(offer).await
            }
            None => {
                let offer = self.handle.authenticate_publickey_with(user, public, hash, &mut signer);
                self.grace.wait(offer).await
            }
        };
        offered.unwrap_or(Err(KeyError::Silent))
    }

    /// The hash to sign with: the best that the server knows, for RSA keys; others have no choice.
    async fn hash(&mut self, key: &PublicKey) -> Result<Option<HashAlg>, KeyError> {
        if !key.algorithm().is_rsa() {
            return Ok(None);
        }
        match self.grace.wait(self.handle.best_supported_rsa_hash()).await.ok_or(KeyError::Silent)? {
            Ok(Some(Some(hash))) => Ok(Some(hash)),
            Ok(Some(None)) => Err(KeyError::Sha1Only),
            // A server that does not say what it knows.
            Ok(None) => Ok(Some(HashAlg::Sha512)),
            Err(_) => Err(KeyError::Ended),
        }
    }
}

/// Who is asked for passphrases.
fn asker<'a>(target: &Target, means: &'a Means) -> &'a dyn Prompt {
    if target.batch { &Nobody } else { &*means.prompt }
}

fn not_there() -> KeyError {
    KeyError::Agent("it is not there any more".to_owned())
}
