//! TLS 1.3 with raw public keys (RFC 7250): how licgate's programs prove who they are to each other.
//!
//! There are no certificates. A server proves an Ed25519 identity key in the handshake; a client accepts any such key
//! there and compares it afterwards with the host id that the vendor signed ([`peer_key`]).

use std::sync::Arc;

use licgate_core::licence::Signer;
use rustls::pki_types::CertificateDer;

/// What a licence host serves with.
pub fn server_config(_identity: &Signer) -> Result<Arc<rustls::ServerConfig>, rustls::Error> {
    todo!()
}

/// What clients call with.
pub fn client_config() -> Result<Arc<rustls::ClientConfig>, rustls::Error> {
    todo!()
}

/// The Ed25519 key that the other side proved (`peer_certificates()` of a finished handshake).
pub fn peer_key(_certificates: Option<&[CertificateDer<'_>]>) -> Option<[u8; 32]> {
    todo!()
}
