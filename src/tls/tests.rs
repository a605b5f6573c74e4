//! Real handshakes, in memory: good servers, false servers, and servers of another kind.

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::{ClientConnection, ServerConnection};

use super::*;

fn identity(seed: u8) -> Signer {
    Signer::new(&[seed; 32])
}

fn signing_key(identity: &Signer) -> Arc<dyn rustls::sign::SigningKey> {
    ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(identity.to_der().as_slice())).unwrap()
}

/// Both sides of a connection, and what each thinks of it.
struct Meeting {
    client: ClientConnection,
    client_says: Result<(), Error>,
    server_says: Result<(), Error>,
}

fn meet(server: Arc<ServerConfig>) -> Meeting {
    let mut client = ClientConnection::new(client_config().unwrap(), server_name()).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    let (mut client_says, mut server_says) = (Ok(()), Ok(()));
    while client.wants_write() || server.wants_write() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server_says = server_says.and(server.process_new_packets().map(drop));
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client_says = client_says.and(client.process_new_packets().map(drop));
    }
    Meeting { client, client_says, server_says }
}

#[test]
fn the_client_sees_the_key_that_the_server_proved() {
    let identity = identity(7);
    let meeting = meet(server_config(&identity).unwrap());
    assert_eq!((meeting.client_says, meeting.server_says), (Ok(()), Ok(())));
    assert!(!meeting.client.is_handshaking());
    assert_eq!(meeting.client.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(peer_key(meeting.client.peer_certificates()), Some(identity.public().bytes()));
}

#[test]
fn a_server_cannot_show_a_key_that_it_does_not_own() {
    let shown = CertificateDer::from(spki(&identity(7).public().bytes()));
    let meeting = meet(serving(CertifiedKey::new(vec![shown], signing_key(&identity(8)))).unwrap());
    assert_eq!(meeting.client_says, Err(Error::InvalidCertificate(CertificateError::BadSignature)));
    assert!(meeting.client.is_handshaking());
}

/// A server that has certificates only.
#[derive(Debug)]
struct Certified(Arc<CertifiedKey>);

impl ResolvesServerCert for Certified {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

#[test]
fn a_server_with_certificates_is_refused() {
    let certificate = CertificateDer::from(vec![0x30, 0x00]);
    let key = CertifiedKey::new(vec![certificate], signing_key(&identity(7)));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Certified(Arc::new(key))));
    let meeting = meet(Arc::new(config));
    let refused = Err(Error::PeerIncompatible(PeerIncompatible::IncorrectCertificateTypeExtension));
    assert_eq!(meeting.server_says, refused);
    assert!(meeting.client_says.is_err() && meeting.client.is_handshaking());
}

#[test]
fn only_an_ed25519_key_and_nothing_else_is_a_key() {
    let good = spki(&[5; 32]);
    let longer = [good.as_slice(), &[0]].concat();
    let x25519 = [&good[..8], &[0x6e], &good[9..]].concat();
    let cases: [(&str, &[u8], bool); 5] = [
        ("Ed25519", &good, true),
        ("trailing byte", &longer, false),
        ("cut short", &good[..43], false),
        ("X25519", &x25519, false),
        ("nothing", &[], false),
    ];
    let verifier = AnyEd25519Key { algorithms: ring::default_provider().signature_verification_algorithms };
    for (name, bytes, accepted) in cases {
        let shown = [CertificateDer::from(bytes)];
        let verdict = verifier.verify_server_cert(
            &shown[0],
            &[],
            &server_name(),
            &[],
            UnixTime::since_unix_epoch(core::time::Duration::ZERO),
        );
        assert_eq!(verdict.is_ok(), accepted, "{name}");
        assert_eq!(peer_key(Some(&shown)).is_some(), accepted, "{name}");
    }
    let two = [CertificateDer::from(good.clone()), CertificateDer::from(good)];
    assert_eq!((peer_key(Some(&two)), peer_key(Some(&[])), peer_key(None)), (None, None, None));
}

#[test]
fn sessions_are_not_resumed_and_names_are_not_sent() {
    let (server, client) = (server_config(&identity(7)).unwrap(), client_config().unwrap());
    assert_eq!(server.send_tls13_tickets, 0);
    assert!(!server.session_storage.can_cache());
    assert!(!client.enable_sni);
}
