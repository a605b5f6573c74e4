//! TLS 1.3 with raw public keys (RFC 7250): how licgate's programs prove who they are to each other.
//!
//! There are no certificates. A server proves an Ed25519 identity key in the handshake; a client accepts any such key
//! there and compares it afterwards with the host id that the vendor signed ([`peer_key`]). Clients prove nothing.
//!
//! Sessions are not resumed: a resumed handshake would save a signature (0.1 ms, once per connection that lives for hours)
//! and would cost the server memory that strangers can fill.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use licgate_core::licence::Signer;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, ServerConfig,
    SignatureScheme,
};

/// What a licence host serves with.
///
/// # Errors
/// The cryptography provider refuses the key, which no key of a [`Signer`] gives it reason for.
pub fn server_config(identity: &Signer) -> Result<Arc<ServerConfig>, Error> {
    let key = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(identity.to_der().as_slice()))?;
    let public = CertificateDer::from(spki(&identity.public().bytes()));
    serving(CertifiedKey::new(vec![public], key))
}

/// What clients call with.
///
/// # Errors
/// The cryptography provider cannot do TLS 1.3, which this one can.
pub fn client_config() -> Result<Arc<ClientConfig>, Error> {
    let provider = ring::default_provider();
    let verifier = AnyEd25519Key { algorithms: provider.signature_verification_algorithms };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(Arc::new(config))
}

/// The name to call a server by. It is neither sent nor checked: which key the server has to prove says the licence.
pub fn server_name() -> ServerName<'static> {
    ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The Ed25519 key that the other side proved (`peer_certificates()` of a finished handshake).
pub fn peer_key(certificates: Option<&[CertificateDer<'_>]>) -> Option<[u8; 32]> {
    let [only] = certificates? else { return None };
    raw_key(only)
}

fn serving(identity: CertifiedKey) -> Result<Arc<ServerConfig>, Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::new(identity))));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// Accepts every server that proves an Ed25519 key of its own.
#[derive(Debug)]
struct AnyEd25519Key {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyEd25519Key {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if intermediates.is_empty() && raw_key(end_entity).is_some() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::BadEncoding.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// What DER puts before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn spki(key: &[u8; 32]) -> Vec<u8> {
    [SPKI_PREFIX.as_slice(), key].concat()
}

/// The key in a SubjectPublicKeyInfo that holds an Ed25519 key and nothing else.
fn raw_key(spki: &[u8]) -> Option<[u8; 32]> {
    spki.strip_prefix(&SPKI_PREFIX)?.try_into().ok()
}

#[cfg(test)]
mod tests;
