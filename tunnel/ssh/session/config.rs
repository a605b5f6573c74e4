//! The settings of the ssh protocol: what we speak, best first, and how much we let a server send.

use std::borrow::Cow;
use std::time::Duration;

use russh::client::{Config, GexParams};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, SshId, cipher, kex, mac};

/// How many bytes of a channel may be on their way. At 20 ms round-trip time this carries eight times what the library's own
/// setting does; more gains nothing.
pub(crate) const WINDOW: u32 = 16 * 1024 * 1024;

/// The same to a server that is near; it is what OpenSSH's client grants. A server that has much to say fills any window, and
/// OpenSSH's copies all that waits with every few bytes that it adds: 16 MiB cost it three times the processor time.
const NEAR_WINDOW: u32 = 2 * 1024 * 1024;

/// The round-trip time below which a server is near: up to it that window, renewed when half of it is used, carries a Gbit a
/// second.
const NEAR: Duration = Duration::from_millis(10);

/// How many messages may wait for the task of a forward: as many as one read from the socket brings. They are written, and their
/// memory is used again, before more come.
const WAITING: usize = 4;

/// A session over which nothing has come or gone for so long is given up. The owner pings far more often; this is for
/// the case that it does not.
const INACTIVITY: Duration = Duration::from_secs(180);

/// What the known-hosts files hold about a host, so that the server is asked for a key that can be judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The algorithms of the keys that are known, in the order of the files.
    pub algorithms: Vec<Algorithm>,
    /// Whether an authority is known that may certify the host.
    pub authority: bool,
}

/// The settings for a server so far away, as far as that is known.
pub(super) fn config(known: &Known, round_trip: Option<Duration>) -> Config {
    Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-lictunnel_", env!("CARGO_PKG_VERSION")))),
        window_size: window(round_trip),
        channel_buffer_size: WAITING,
        preferred: preferred(known, cpu_has_aes()),
        inactivity_timeout: Some(INACTIVITY),
        nodelay: true,
        // The least that OpenSSH accepts; old servers have no larger groups.
        gex: GexParams::new(2048, 3072, 8192).unwrap_or_default(),
        ..Config::default()
    }
}

/// The window for a way of this length; where it is not known it may be long.
fn window(round_trip: Option<Duration>) -> u32 {
    if round_trip.is_some_and(|time| time < NEAR) { NEAR_WINDOW } else { WINDOW }
}

/// What OpenSSH's client offers today, less what the library lacks; the hash of SHA-1 only in authentication codes.
fn preferred(known: &Known, aes: bool) -> Preferred {
    let keys = host_keys(&known.algorithms);
    Preferred {
        kex: Cow::Borrowed(&[
            kex::MLKEM768X25519_SHA256,
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::ECDH_SHA2_NISTP256,
            kex::ECDH_SHA2_NISTP384,
            kex::ECDH_SHA2_NISTP521,
            kex::DH_GEX_SHA256,
            kex::DH_G16_SHA512,
            kex::DH_G18_SHA512,
            kex::DH_G14_SHA256,
            kex::EXTENSION_SUPPORT_AS_CLIENT,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
        ]),
        host_key_certificates: if known.authority { Cow::Owned(keys.clone()) } else { Cow::Borrowed(&[]) },
        key: Cow::Owned(keys),
        cipher: Cow::Borrowed(if aes { AES_FIRST } else { CHACHA_FIRST }),
        mac: Cow::Borrowed(&[
            mac::HMAC_SHA256_ETM,
            mac::HMAC_SHA512_ETM,
            mac::HMAC_SHA256,
            mac::HMAC_SHA512,
            mac::HMAC_SHA1_ETM,
            mac::HMAC_SHA1,
        ]),
        ..Preferred::DEFAULT
    }
}

const AES_FIRST: &[cipher::Name] = &[
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];

const CHACHA_FIRST: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
];

/// The algorithms of host keys, those of keys that are known first: a server shows one key only, and one that is not
/// known would look like a stranger's.
fn host_keys(known: &[Algorithm]) -> Vec<Algorithm> {
    let mut order = vec![
        Algorithm::Ed25519,
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
    ];
    // Keys do not say which hash they will be used with.
    let rsa = |algorithm: &Algorithm| matches!(algorithm, Algorithm::Rsa { .. });
    order.sort_by_key(|ours| !known.iter().any(|theirs| ours == theirs || (rsa(ours) && rsa(theirs))));
    order
}

/// Whether AES is done by the processor: then it is twice as fast as ChaCha20, else several times slower.
fn cpu_has_aes() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_asked_for_first() {
        let rsa = Algorithm::Rsa { hash: None };
        let p384 = Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 };
        assert_eq!(host_keys(&[])[0], Algorithm::Ed25519);
        assert_eq!(host_keys(std::slice::from_ref(&p384))[..2], [p384, Algorithm::Ed25519]);
        assert_eq!(
            host_keys(&[rsa])[..3],
            [
                Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
                Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
                Algorithm::Ed25519
            ]
        );
    }

    #[test]
    fn only_a_server_that_is_known_to_be_near_gets_the_small_window() {
        let after = |millis| window(Some(Duration::from_millis(millis)));
        assert_eq!((after(0), after(9), after(10), window(None)), (NEAR_WINDOW, NEAR_WINDOW, WINDOW, WINDOW));
    }

    #[test]
    fn certificates_are_asked_for_only_where_an_authority_is_known() {
        let authority = Known { authority: true, ..Known::default() };
        assert!(preferred(&Known::default(), true).host_key_certificates.is_empty());
        assert_eq!(preferred(&authority, true).host_key_certificates[0], Algorithm::Ed25519);
    }

    #[test]
    fn the_cipher_suits_the_processor() {
        assert_eq!(preferred(&Known::default(), true).cipher[0], cipher::AES_128_GCM);
        assert_eq!(preferred(&Known::default(), false).cipher[0], cipher::CHACHA20_POLY1305);
    }
}
