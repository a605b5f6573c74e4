//! The known-hosts files: who a host has to be, and what to do when it is not.
//!
//! All files count together, the user's and the machine's: a key that any of them revokes is revoked. A line that cannot be
//! read is a remark and never ends the search. The rules are OpenSSH's (sshd(8), ssh(1)); `ssh-keygen -F` is what the
//! tests hold them against.

mod certificate;
mod learn;
mod line;
mod policy;
mod revoked;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKeyOrCertificate};

pub use learn::{LearnError, learn};
use line::{Line, Marker};
pub use policy::{Decision, confirms, decide, describe};

use super::file::{self, others_may_write};
use super::target::Target;

/// How much of a known-hosts file is read, in bytes.
const LONGEST: u64 = 32 << 20;
/// How many remarks one file may cause.
const REMARKS: usize = 20;

/// The name of a host in known-hosts files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    listed: String,
    plain: String,
    /// What the user typed, where that is something else.
    typed: Option<String>,
}

impl Host {
    /// The name `host`, which is listed with its port where that is not 22.
    pub fn new(host: &str, port: u16) -> Self {
        let plain = host.to_ascii_lowercase();
        let listed = if port == 22 { plain.clone() } else { format!("[{plain}]:{port}") };
        Self { listed, plain, typed: None }
    }

    /// The name of a target: its alias, which is listed without a port, else its host and port.
    pub fn of(target: &Target) -> Self {
        let host = match &target.host_key_alias {
            Some(alias) => Self::new(alias, 22),
            None => Self::new(&target.host, target.port),
        };
        let typed = Some(target.typed.clone()).filter(|typed| !typed.eq_ignore_ascii_case(&host.plain));
        Self { typed, ..host }
    }

    /// As it is listed: `name`, or `[name]:port`.
    pub fn name(&self) -> &str {
        &self.listed
    }
}

impl fmt::Display for Host {
    /// For people: `lic1 (10.0.0.7)` where `lic1` was typed, else as it is listed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.typed {
            Some(typed) => write!(f, "{typed} ({})", self.listed),
            None => f.write_str(&self.listed),
        }
    }
}

/// A line of a known-hosts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// The key there.
    pub key: KeyData,
}

impl Spot {
    /// `file:line`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }
}

/// What the files say of a key that a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's.
    Known(Spot),
    /// It is in a certificate of a known authority that is good for this host now.
    CertificateKnown(Spot),
    /// Nothing is known of the host.
    Unknown,
    /// Other keys are known for the host, and this is none of them; one of the same kind comes first.
    Changed(Vec<Spot>),
    /// The key, or the authority that signed for it, is revoked.
    Revoked(Spot),
    /// A known authority signed, but not for this host, this time or this use: why.
    CertificateRefused(Spot, String),
    /// The list of revoked keys cannot be read, so that the key may be on it: why.
    RevocationsUnread(String),
}

/// What to ask a server for first, so that it shows a key that can be recognised (as OpenSSH does).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// An authority is known for the host: ask for certificates first.
    pub certificates: bool,
    /// The algorithms of the keys known for the host, in the order of the files; those of RSA with SHA-2 only.
    pub algorithms: Vec<Algorithm>,
}

/// The lines of all files.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
    /// Why the list of revoked keys is not among them.
    revocations_unread: Option<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    file: PathBuf,
    number: usize,
    line: Line,
}

impl Entry {
    fn spot(&self) -> Spot {
        Spot { file: self.file.clone(), line: self.number, key: self.line.key.clone() }
    }
}

impl KnownHosts {
    /// Reads the files of `target`, and tells in words for the user what in them could not be read. A file that does not exist is
    /// empty, a pipe or a device is not read; but a list of revoked keys that cannot be read lets no key pass.
    pub fn load(target: &Target) -> (Self, Vec<String>) {
        let mut all = Self::default();
        let mut remarks = Vec::new();
        for file in target.user_known_hosts.iter().chain(&target.global_known_hosts) {
            match read(file) {
                Ok((text, others_may_write)) => {
                    if others_may_write {
                        remarks.push(format!(
                            "others may write {}, and so make a false server look right: chown it to yourself and chmod go-w it",
                            file.display()
                        ));
                    }
                    let (known, more) = Self::parse(file, &text);
                    all.entries.extend(known.entries);
                    remarks.extend(more);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => remarks.push(format!("cannot read {}: {error}", file.display())),
            }
        }
        match target.revoked_host_keys.as_deref().map(revoked::read).transpose() {
            Ok(revoked) => all.entries.extend(revoked.into_iter().flatten()),
            Err(why) => all.revocations_unread = Some(why),
        }
        (all, remarks)
    }

    /// The lines of one file, and remarks on those that could not be read.
    pub fn parse(file: &Path, text: &str) -> (Self, Vec<String>) {
        let mut entries = Vec::new();
        let mut remarks = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let number = index + 1;
            match line::parse(text) {
                Ok(Some(line)) => entries.push(Entry { file: file.to_owned(), number, line }),
                Ok(None) => {}
                Err(why) if remarks.len() < REMARKS => {
                    remarks.push(format!("{}:{number} is passed over: {why}", file.display()));
                }
                Err(_) => {}
            }
        }
        (Self { entries, revocations_unread: None }, remarks)
    }

    /// What is known of `host`, which showed `shown` at `now` (Unix time, seconds; it matters for certificates).
    pub fn judge(&self, host: &Host, shown: &PublicKeyOrCertificate, now: u64) -> Verdict {
        if let Some(why) = &self.revocations_unread {
            return Verdict::RevocationsUnread(why.clone());
        }
        match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.judge_key(host, key.key_data()),
            PublicKeyOrCertificate::Certificate(certificate) => {
                self.judge_certificate(host, certificate, now)
            }
        }
    }

    fn judge_key(&self, host: &Host, key: &KeyData) -> Verdict {
        if let Some(spot) = self.revoked(host, key) {
            return Verdict::Revoked(spot);
        }
        let mut known: Vec<Spot> = self.about(&host.listed, Marker::None).map(Entry::spot).collect();
        // Only to recognise a key, never to find it changed: the plain name may be another server.
        let same = known.iter().find(|spot| spot.key == *key).cloned();
        let plain = || self.about(&host.plain, Marker::None).map(Entry::spot).find(|spot| spot.key == *key);
        match same.or_else(|| known.is_empty().then(plain).flatten()) {
            Some(spot) => Verdict::Known(spot),
            None if known.is_empty() => Verdict::Unknown,
            None => {
                known.sort_by_key(|spot| spot.key.algorithm() != key.algorithm());
                Verdict::Changed(known)
            }
        }
    }

    /// A certificate of an unknown authority counts as the key in it, as for OpenSSH.
    fn judge_certificate(&self, host: &Host, certificate: &Certificate, now: u64) -> Verdict {
        let (key, signer) = (certificate.public_key(), certificate.signature_key());
        if let Some(spot) = self.revoked(host, key).or_else(|| self.revoked(host, signer)) {
            return Verdict::Revoked(spot);
        }
        let names = [&host.listed, &host.plain];
        let mut authorities = names.into_iter().flat_map(|name| self.about(name, Marker::CertAuthority));
        let Some(authority) = authorities.find(|entry| entry.line.key == *signer) else {
            return self.judge_key(host, key);
        };
        match certificate::check(certificate, &host.plain, now) {
            Ok(()) => Verdict::CertificateKnown(authority.spot()),
            Err(why) => Verdict::CertificateRefused(authority.spot(), why),
        }
    }

    /// What to ask for first; nothing when the host is not known.
    pub fn wanted(&self, host: &Host) -> Wanted {
        let names = [&host.listed, &host.plain];
        let certificates =
            names.into_iter().any(|name| self.about(name, Marker::CertAuthority).next().is_some());
        let mut known: Vec<&Entry> = self.about(&host.listed, Marker::None).collect();
        if known.is_empty() {
            known = self.about(&host.plain, Marker::None).collect();
        }
        let mut algorithms = Vec::new();
        for entry in known {
            let of_key = match entry.line.key.algorithm() {
                Algorithm::Rsa { .. } => [HashAlg::Sha512, HashAlg::Sha256]
                    .map(|hash| Algorithm::Rsa { hash: Some(hash) })
                    .to_vec(),
                other => vec![other],
            };
            algorithms.extend(
                of_key.into_iter().filter(|algorithm| !algorithms.contains(algorithm)).collect::<Vec<_>>(),
            );
        }
        Wanted { certificates, algorithms }
    }

    fn revoked(&self, host: &Host, key: &KeyData) -> Option<Spot> {
        let names = [&host.listed, &host.plain];
        let mut revoked = names.into_iter().flat_map(|name| self.about(name, Marker::Revoked));
        revoked.find(|entry| entry.line.key == *key).map(Entry::spot)
    }

    fn about<'k>(&'k self, name: &'k str, marker: Marker) -> impl Iterator<Item = &'k Entry> {
        self.entries.iter().filter(move |entry| entry.line.marker == marker && entry.line.names.mean(name))
    }
}

/// The text of a file, and whether others may write it.
fn read(path: &Path) -> io::Result<(String, bool)> {
    let file = file::open(path)?;
    let content = file::read(&file, LONGEST)?;
    Ok((String::from_utf8_lossy(&content).into_owned(), others_may_write(&file)?))
}
