//! Host certificates: whether one that a known authority signed is good for a host now.

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg};

use crate::ssh::pattern::matches;

/// Why `certificate` does not vouch for `name` (small letters, without port) at `now` (Unix time, seconds).
///
/// The rules are those of OpenSSH (PROTOCOL.certkeys): a host's, valid now, for this name or any, without options that have to
/// be understood, signed by its authority with something better than SHA-1. Whether the authority is known is the caller's affair.
pub(super) fn check(certificate: &Certificate, name: &str, now: u64) -> Result<(), String> {
    if certificate.cert_type() != CertType::Host {
        return Err("it is a user's certificate, not a host's".into());
    }
    if now < certificate.valid_after() {
        return Err("it is not valid yet; is the clock of this machine right?".into());
    }
    if now >= certificate.valid_before() {
        return Err("it has expired; the server's administrator has to renew it".into());
    }
    let principals = certificate.valid_principals();
    if !principals.is_empty() && !principals.iter().any(|pattern| matches(pattern, name)) {
        return Err(format!("it is for {}, not for {name}", principals.join(", ")));
    }
    if let Some((option, _)) = certificate.critical_options().iter().next() {
        return Err(format!("it holds {option:?}, which ssh does not know for hosts"));
    }
    if matches!(certificate.signature().algorithm(), Algorithm::Dsa | Algorithm::Rsa { hash: None }) {
        return Err("it is signed with SHA-1, which is not safe any more".into());
    }
    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
    certificate.validate_at(now, [&authority]).map_err(|_| "its signature is wrong".to_owned())
}
