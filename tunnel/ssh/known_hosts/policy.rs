//! What to do about a host key, and what to tell the user. A changed or revoked key is never taken.

use std::collections::BTreeSet;

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg};

use super::{Host, Spot, Verdict};
use crate::ssh::target::UnknownHost;

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Trust,
    /// Write the key down, tell the user so, and go on.
    Remember(String),
    /// Put this question; on yes write the key down and go on, else refuse.
    Ask(String),
    /// End the connection before anything is sent, and say this.
    Refuse(String),
}

/// What to do about a host that showed `key`, of which the known-hosts files say `verdict`. `can_ask`: there is a
/// terminal, and `BatchMode` is off.
pub fn decide(verdict: &Verdict, policy: UnknownHost, can_ask: bool, host: &Host, key: &KeyData) -> Decision {
    if let Some(why) = refusal(verdict, host, key) {
        return Decision::Refuse(why);
    }
    if *verdict != Verdict::Unknown {
        return Decision::Trust;
    }
    let shown = describe(key);
    match policy {
        UnknownHost::Accept => Decision::Remember(format!("{host} is new: its key {shown} is remembered")),
        UnknownHost::Ask if can_ask => Decision::Ask(format!(
            "{host} is not known; its key is {shown}. Is that what its administrator says, and shall it be remembered?"
        )),
        UnknownHost::Ask => Decision::Refuse(unknown(host, &shown, "there is no terminal to ask at")),
        UnknownHost::Refuse => Decision::Refuse(unknown(host, &shown, "StrictHostKeyChecking is yes")),
    }
}

/// What an answer to [`Decision::Ask`] says about `key`; `None`: neither yes nor no. A fingerprint, as OpenSSH prints it, says yes
/// where it is the key's.
pub fn confirms(answer: &str, key: &KeyData) -> Option<bool> {
    let answer = answer.trim();
    match answer.to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        other => other.starts_with("sha256:").then(|| answer == key.fingerprint(HashAlg::Sha256).to_string()),
    }
}

/// Why a host is refused whatever the user's policy is; `None` where it is not.
pub(super) fn refusal(verdict: &Verdict, host: &Host, key: &KeyData) -> Option<String> {
    let shown = describe(key);
    match verdict {
        Verdict::Known(_) | Verdict::CertificateKnown(_) | Verdict::Unknown => None,
        Verdict::Changed(known) => Some(changed(known, host, &shown)),
        Verdict::Revoked(spot) => Some(format!(
            "THE KEY OF {host} IS REVOKED: somebody else may hold it\n  \
             shown:   {shown}\n  revoked: {}\n  \
             nothing was sent; ask the administrator of the server",
            spot.place()
        )),
        Verdict::RevocationsUnread(why) => {
            Some(format!("the key of {host} may be revoked, which cannot be told: {why}\n  shown: {shown}"))
        }
        Verdict::CertificateRefused(spot, why) => Some(format!(
            "the certificate of {host} is not good: {why}\n  shown:     {shown}\n  authority: {}",
            spot.place()
        )),
    }
}

fn unknown(host: &Host, shown: &str, why: &str) -> String {
    format!(
        "the key of {host} is not known, and {why}\n  shown: {shown}\n  \
         if that is what its administrator says, connect to it once with ssh, or have its key put into the known-hosts file"
    )
}

fn changed(known: &[Spot], host: &Host, shown: &str) -> String {
    let mut text = format!(
        "THE KEY OF {host} HAS CHANGED: somebody may be in between, or the server was set up anew\n  shown: {shown}\n"
    );
    for spot in known {
        text.push_str(&format!("  known: {} in {}\n", describe(&spot.key), spot.place()));
    }
    text.push_str("  nothing was sent; ask the administrator of the server which key is right. If it is the one shown, remove the other:\n");
    let files: BTreeSet<_> = known.iter().map(|spot| &spot.file).collect();
    for file in files {
        text.push_str(&format!(
            "    ssh-keygen -R {} -f {}\n",
            quoted(host.name()),
            quoted(&file.to_string_lossy())
        ));
    }
    text.push_str("  and connect again (a line with wildcards has to be edited by hand)");
    text
}

/// For a shell of this system: `[host]:port` would be a pattern to some.
fn quoted(text: &str) -> String {
    if cfg!(windows) { format!("\"{text}\"") } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A key as OpenSSH prints it: `SHA256:… (ED25519)`.
pub fn describe(key: &KeyData) -> String {
    let algorithm = key.algorithm();
    let kind = match &algorithm {
        Algorithm::Dsa => "DSA",
        Algorithm::Ecdsa { .. } => "ECDSA",
        Algorithm::Ed25519 => "ED25519",
        Algorithm::Rsa { .. } => "RSA",
        Algorithm::SkEcdsaSha2NistP256 => "ECDSA-SK",
        Algorithm::SkEd25519 => "ED25519-SK",
        other => other.as_str(),
    };
    format!("{} ({kind})", key.fingerprint(HashAlg::Sha256))
}
