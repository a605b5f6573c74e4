//! Offering one key to the server.

use russh::client::{AuthResult, Handler};
use russh::keys::{HashAlg, PublicKey};
use tokio::time::timeout;

use super::candidate::{Candidate, Holder};
use super::keyfile::{FileSigner, KeyError};
use super::plan::Outcome;
use super::{Login, LoginError, STEP, Told};
use crate::ssh::prompt::NoAnswer;

impl<H: Handler> Login<'_, H> {
    /// Offers the key of this number. Passphrases are asked for, and agents bothered, only when the server would take it.
    pub(super) async fn offer(&mut self, number: usize) -> Result<Told, LoginError> {
        let candidate = self.candidates[number].clone();
        let name = candidate.name(|file| self.files[file].path().display().to_string());
        let offered = match candidate.holder {
            Holder::Agent => self.offer_of_agent(&candidate).await,
            Holder::File(file) => self.offer_of_file(&candidate, file).await,
        };
        match offered {
            Ok(answer) => {
                self.report.tried.push(name);
                self.answer(Some(answer), Outcome::Refused).await
            }
            Err(KeyError::NoAnswer(NoAnswer::Cancelled)) => Err(LoginError::Cancelled),
            Err(KeyError::Silent) => Err(LoginError::Silent(name)),
            Err(KeyError::Ended) => Err(self.gone().await),
            Err(why) => Ok(self.skip(format!("the {name} ({why})"))),
        }
    }

    async fn offer_of_agent(&mut self, candidate: &Candidate) -> Result<AuthResult, KeyError> {
        let no_key = || KeyError::Agent("it is not there any more".to_owned());
        let public = candidate.public.as_ref().ok_or_else(no_key)?;
        let hash = self.hash(public).await?;
        let user = self.target.user.clone();
        let agent = self.agent.as_mut().ok_or_else(no_key)?;
        let offered = match &candidate.certificate {
            Some(certificate) => {
                let offer = self.handle.authenticate_certificate_with(user, certificate.clone(), hash, agent);
                timeout(STEP, offer).await
            }
            None => {
                let offer = self.handle.authenticate_publickey_with(user, public.clone(), hash, agent);
                timeout(STEP, offer).await
            }
        };
        offered.map_err(|_| KeyError::Silent)?.map_err(|error| match error {
            russh::AgentAuthError::Send(_) => KeyError::Ended,
            russh::AgentAuthError::Key(why) => KeyError::Agent(why.to_string()),
        })
    }

    /// The passphrase has no deadline of ours: the server has one for the whole login.
    async fn offer_of_file(&mut self, candidate: &Candidate, number: usize) -> Result<AuthResult, KeyError> {
        let (prompt, tasks) = (&*self.means.prompt, &self.means.tasks);
        let batch = self.target.batch;
        let prompt = if batch { &crate::ssh::prompt::Nobody } else { prompt };
        let public = match &candidate.public {
            Some(public) => public.clone(),
            None => self.files[number].unlock(prompt, tasks).await?.public_key().clone(),
        };
        let hash = self.hash(&public).await?;
        let user = self.target.user.clone();
        let mut signer = FileSigner { file: &mut self.files[number], prompt, tasks };
        match &candidate.certificate {
            Some(certificate) => {
                let certificate = certificate.clone();
                self.handle.authenticate_certificate_with(user, certificate, hash, &mut signer).await
            }
            None => self.handle.authenticate_publickey_with(user, public, hash, &mut signer).await,
        }
    }

    /// The hash to sign with: the best that the server knows, for RSA keys; others have no choice.
    async fn hash(&self, key: &PublicKey) -> Result<Option<HashAlg>, KeyError> {
        if !key.algorithm().is_rsa() {
            return Ok(None);
        }
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(Some(hash))) => Ok(Some(hash)),
            Ok(Some(None)) => Err(KeyError::Sha1Only),
            // A server that does not say what it knows.
            Ok(None) => Ok(Some(HashAlg::Sha512)),
            Err(_) => Err(KeyError::Ended),
        }
    }
}
