//! Key files: reading, unlocking, signing.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{Certificate, HashAlg, PrivateKey, PublicKey, decode_secret_key};
use zeroize::Zeroizing;

use crate::ssh::file;
use crate::ssh::grace::Pause;
use crate::ssh::prompt::{NoAnswer, Prompt, Question};
use crate::tasks::Tasks;

/// The largest key or certificate file that is read, in bytes.
const LARGEST_FILE: u64 = 256 * 1024;

/// How often a passphrase is asked for.
const PASSPHRASE_TRIES: usize = 3;

/// A private key in a file.
pub(super) struct KeyFile {
    path: PathBuf,
    text: Zeroizing<String>,
    /// The public half, from the file itself or the `.pub` beside it.
    pub(super) public: Option<PublicKey>,
    key: Option<PrivateKey>,
}

/// Why a key does not serve.
#[derive(Debug)]
pub(super) enum KeyError {
    /// It cannot be read.
    Unreadable(io::Error),
    /// Others than its owner may read it.
    Open(u32),
    /// It is no private key that we know.
    NoKey(String),
    /// No right passphrase was given.
    Passphrase,
    /// There was no answer to the question for the passphrase.
    NoAnswer(NoAnswer),
    /// It cannot sign.
    Sign(String),
    /// The agent does not sign with it.
    Agent(String),
    /// It is an RSA key, and the server knows only signatures with SHA-1, which can be forged.
    Sha1Only,
    /// The agent did not answer in time.
    Mute,
    /// The server did not answer in time.
    Silent,
    /// The session ended before it was used.
    Ended,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
            Self::Open(mode) => write!(f, "others may read it (mode {mode:o}); chmod it to 600"),
            Self::NoKey(why) => write!(f, "it holds no private key that can be used: {why}"),
            Self::Passphrase => write!(f, "the passphrase was wrong"),
            Self::NoAnswer(why) => write!(f, "it needs a passphrase, and {why}"),
            Self::Sign(why) => write!(f, "it cannot sign: {why}"),
            Self::Agent(why) => write!(f, "the agent does not sign with it: {why}"),
            Self::Sha1Only => write!(f, "the server takes RSA only with SHA-1, which is not safe"),
            Self::Mute => {
                write!(
                    f,
                    "the agent did not sign within {} s: nobody confirmed it, or it hangs",
                    super::agent::SIGNING.as_secs()
                )
            }
            Self::Silent => write!(f, "there was no answer"),
            Self::Ended => write!(f, "the session ended"),
        }
    }
}

impl From<russh::SendError> for KeyError {
    fn from(_: russh::SendError) -> Self {
        Self::Ended
    }
}

/// Reads a key file; a passphrase is not needed yet. `None` when there is no such file.
pub(super) fn read(path: &Path) -> Option<Result<KeyFile, KeyError>> {
    match read_bounded(path) {
        Ok(text) => Some(parse(path, &text)),
        Err(KeyError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(error)),
    }
}

/// The key in `text`, whose public half may stand beside `path`.
pub(super) fn parse(path: &Path, text: &Zeroizing<String>) -> Result<KeyFile, KeyError> {
    let beside = || public(&beside(path, ".pub"));
    let locked = |public| KeyFile { path: path.to_owned(), public, key: None, text: text.clone() };
    match PrivateKey::from_openssh(text.as_str()) {
        Ok(key) if key.is_encrypted() => return Ok(locked(Some(key.public_key().clone()))),
        _ => {}
    }
    match decode_secret_key(text, None) {
        Ok(key) => {
            let public = Some(key.public_key().clone());
            Ok(KeyFile { path: path.to_owned(), public, key: Some(key), text: Zeroizing::default() })
        }
        Err(russh::keys::Error::KeyIsEncrypted) => Ok(locked(beside())),
        // Other forms say only that they cannot be read without a passphrase.
        Err(_) if text.contains("ENCRYPTED") || text.contains("Encryption: aes") => Ok(locked(beside())),
        Err(error) => Err(KeyError::NoKey(error.to_string())),
    }
}

fn read_bounded(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let file = file::open(path).map_err(KeyError::Unreadable)?;
    if let Some(mode) = open_to_others(&file).map_err(KeyError::Unreadable)? {
        return Err(KeyError::Open(mode));
    }
    text(&file).map(Zeroizing::new).map_err(KeyError::Unreadable)
}

/// The mode of a file of the user's own that others may read. As OpenSSH: such a key is not a secret any more.
#[cfg(unix)]
fn open_to_others(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt as _;
    let data = file.metadata()?;
    let is_open = data.uid() == rustix::process::getuid().as_raw() && data.mode() & 0o077 != 0;
    Ok(is_open.then_some(data.mode() & 0o777))
}

/// Here files have no mode.
#[cfg(not(unix))]
fn open_to_others(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

/// The file of the same name with something more at its end.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// Reads a certificate; `None` when there is no such file or it holds none.
pub(super) fn certificate(path: &Path) -> Option<Certificate> {
    Certificate::from_openssh(text(&file::open(path).ok()?).ok()?.trim()).ok()
}

/// Reads a public key; `None` when there is no such file or it holds none.
pub(super) fn public(path: &Path) -> Option<PublicKey> {
    let text = text(&file::open(path).ok()?).ok()?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    PublicKey::from_openssh(line).ok()
}

fn text(file: &File) -> io::Result<String> {
    let content = file::read(file, LARGEST_FILE)?;
    String::from_utf8(content).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no text"))
}

impl KeyFile {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The key, for which the user is asked for the passphrase, if it has one.
    pub(super) async fn unlock(
        &mut self,
        prompt: &dyn Prompt,
        tasks: &Tasks,
    ) -> Result<&PrivateKey, KeyError> {
        if self.key.is_none() {
            let key = self.ask(prompt, tasks).await?;
            self.public = Some(key.public_key().clone());
            self.text = Zeroizing::default();
            self.key = Some(key);
        }
        self.key.as_ref().ok_or(KeyError::Passphrase)
    }

    async fn ask(&self, prompt: &dyn Prompt, tasks: &Tasks) -> Result<PrivateKey, KeyError> {
        for _ in 0..PASSPHRASE_TRIES {
            let text = format!("Passphrase of the key {}: ", self.path.display());
            let passphrase = prompt.ask(Question { text, echo: false }).await.map_err(KeyError::NoAnswer)?;
            let secret = self.text.clone();
            // The derivation of the key is made to take long.
            let opened = tasks.blocking(move || decode_secret_key(&secret, Some(&passphrase))).await;
            if let Some(Ok(key)) = opened {
                return Ok(key);
            }
        }
        Err(KeyError::Passphrase)
    }
}

/// Signs for the server, asking for the passphrase only now that it has said that it would take the key.
pub(super) struct FileSigner<'a> {
    pub(super) file: &'a mut KeyFile,
    pub(super) prompt: &'a dyn Prompt,
    pub(super) tasks: &'a Tasks,
    pub(super) pause: Pause,
}

impl russh::Signer for FileSigner<'_> {
    type Error = KeyError;

    async fn auth_sign(
        &mut self,
        _: &russh::keys::agent::AgentIdentity,
        hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, Self::Error> {
        let key = self.pause.during(self.file.unlock(self.prompt, self.tasks)).await?;
        let signature = match key.key_data() {
            KeypairData::Rsa(rsa) => (rsa, hash).try_sign(&data),
            _ => key.try_sign(&data),
        };
        let cannot = |why: String| KeyError::Sign(why);
        let signature = signature.map_err(|error| cannot(error.to_string()))?;
        signature.encode_prefixed(&mut data).map_err(|error| cannot(error.to_string()))?;
        Ok(data)
    }
}
