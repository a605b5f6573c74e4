//! Asking a master daemon, one that answers and others that do not.

use licgate_core::licence::Signer;
use licgate_core::wire::{
    Decoder, Entrance, MasterRequest, VendorStatus, encode, greet, limit, master_request,
};
use tokio::io::{DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A daemon of this name, which answers one request for its status.
pub(in crate::discover) async fn serve(stream: DuplexStream, name: &str, vendors: Vec<VendorStatus>) {
    let config = licgate_tls::server_config(&Signer::new(&[7; 32])).unwrap();
    let mut tls = TlsAcceptor::from(config).accept(stream).await.unwrap();
    let (mut decoder, mut bytes, mut is_greeted) = (Decoder::new(limit::FRAME), vec![0; 4096], false);
    loop {
        while let Some(message) = decoder.next::<ClientMsg>().unwrap() {
            let answer = if is_greeted {
                match master_request(message, Entrance::Network) {
                    Ok(MasterRequest::ServerStatus) if name == "licmgrd" => {
                        let host = "LIC1.corp.example".into();
                        let vendors = vendors.clone();
                        let version = "1".into();
                        ServerMsg::ServerStatus(ServerStatus {
                            host,
                            port: 1,
                            version,
                            files: vec![],
                            vendors,
                        })
                    }
                    _ => ServerMsg::Refused {
                        code: licgate_core::code::Code::REFUSED_REQUEST,
                        lines: vec!["I am no\u{1b}[2J master".into()],
                    },
                }
            } else {
                is_greeted = true;
                greet(message, name, "1").unwrap().1
            };
            let mut out = Vec::new();
            encode(&answer, &mut out).unwrap();
            tls.write_all(&out).await.unwrap();
        }
        match tls.read(&mut bytes).await {
            Ok(count) if count > 0 => decoder.feed(&bytes[..count]),
            _ => return,
        }
    }
}

pub(in crate::discover) fn vendor(name: &str, port: Option<u16>) -> VendorStatus {
    let state = match port {
        Some(port) => VendorState::Up { port },
        None => VendorState::Down { why: "it is starting".into() },
    };
    VendorStatus { name: name.into(), state, version: "1".into(), warning: None }
}

#[tokio::test]
async fn our_own_master_daemon_tells_where_its_vendor_daemons_are() {
    let (here, there) = duplex(4096);
    let vendors = vec![
        vendor("acme", Some(41001)),
        vendor("orbit", None),
        vendor("e\u{1b}vil", Some(1)),
        vendor("zero", Some(0)),
    ];
    let (answer, ()) = tokio::join!(ask(here, 27000), serve(there, "licmgrd", vendors));
    let Answer::Master(found) = answer else { panic!("{answer:?}") };
    assert_eq!(found.to_string(), "27000 (master daemon), 41001 (vendor daemon acme)");
    assert!(found.strange_names().eq(["lic1.corp.example"]) && found.missing().eq(["orbit"]));
    assert_eq!(found.system(), Some(System::Licgate));
}

#[tokio::test]
async fn a_vendor_daemon_is_no_master_daemon() {
    let (here, there) = duplex(4096);
    let (answer, ()) = tokio::join!(ask(here, 41001), serve(there, "acme", vec![]));
    assert_eq!(answer, Answer::Refused(r"the server refused: I am no\u{1b}[2J master".into()));
}

/// Hears the first words and says this.
async fn say(mut stream: DuplexStream, words: &[u8]) -> usize {
    let heard = stream.read(&mut [0; 4096]).await.unwrap();
    stream.write_all(words).await.unwrap();
    heard
}

#[tokio::test]
async fn foreign_servers_are_recognised_by_their_first_bytes_and_left() {
    for (words, expected) in [
        (&b"W\x8f-60\0\0\0"[..], Answer::Foreign("a FlexNet licence server")),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Answer::Foreign("an ssh server")),
        (b"\x15\x03\x03\x00\x02\x02\x28", Answer::Foreign("a TLS server of another kind")),
        (b"\x16\x03\x03\x00\x02\x02\x28", Answer::Foreign("a TLS server of another kind")),
        (b"", Answer::Silent),
    ] {
        let (here, there) = duplex(4096);
        let (answer, heard) = tokio::join!(ask(here, 27000), say(there, words));
        assert_eq!(answer, expected);
        assert!(heard > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_is_left_after_three_seconds() {
    let (here, _there) = duplex(4096);
    let answer = timeout(DEADLINE + Duration::from_millis(1), ask(here, 27000)).await;
    assert_eq!(answer, Ok(Answer::Silent));
}
