//! Real sockets on loopback, with ports that the system chooses.

use std::net::{Ipv4Addr, Ipv6Addr};

use licgate_core::licence::Signer;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

use super::*;

const LOOPBACK: [IpAddr; 2] = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];

#[tokio::test]
async fn one_port_on_all_addresses_and_never_twice() {
    let first = bind(&LOOPBACK, 0).unwrap();
    assert_ne!(first.port(), 0);
    let error = bind(&LOOPBACK, first.port()).unwrap_err();
    assert!(error.is_taken());
    let other = bind(&LOOPBACK, 0).unwrap().port();
    let found = bind_first(&LOOPBACK, [first.port(), other].into_iter()).unwrap();
    assert_eq!(found.port(), other);
    assert!(bind_first(&LOOPBACK, [first.port()].into_iter()).unwrap_err().is_taken());
}

#[test]
fn only_exhaustion_makes_accepting_rest() {
    for (errno, rests) in [(Errno::MFILE, true), (Errno::NFILE, true), (Errno::CONNABORTED, false)] {
        assert_eq!(is_exhaustion(&errno.into()), rests);
    }
}

/// A client of `port` after its handshake.
async fn dial(port: u16) -> Conn<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let connector = TlsConnector::from(licgate_tls::client_config().unwrap());
    Conn::new(connector.connect(licgate_tls::server_name(), stream).await.unwrap())
}

#[tokio::test]
async fn whoever_finds_no_seat_is_told_so_and_a_seat_that_gets_free_is_given_away() {
    let bound = bind(&[Ipv4Addr::LOCALHOST.into()], 0).unwrap();
    let (port, tasks, seated) = (bound.port(), Tasks::new(), Arc::new(Notify::new()));
    let tls = licgate_tls::server_config(&Signer::new(&[7; 32])).unwrap();
    let told = Arc::clone(&seated);
    bound.serve(&tasks, &tls, Quota::new(1), move |mut conn, _| {
        told.notify_one();
        async move { drop(conn.recv::<ServerMsg>().await) }
    });
    let first = dial(port).await;
    seated.notified().await;
    let answer = dial(port).await.recv::<ServerMsg>().await.unwrap();
    assert!(
        matches!(answer, Some(ServerMsg::Refused { code: Code::TOO_MANY_CONNECTIONS, .. })),
        "{answer:?}"
    );
    first.close().await;
    // The seat is free when the desk has seen the end; until then callers are told that there is none.
    loop {
        let mut caller = dial(port).await;
        tokio::select! {
            () = seated.notified() => break,
            answer = caller.recv::<ServerMsg>() => assert!(matches!(answer, Ok(Some(_))), "{answer:?}"),
        }
    }
    assert_eq!(tasks.drain(Duration::from_secs(10)).await, crate::tasks::Drained::Finished);
}

#[tokio::test]
async fn a_stranger_who_speaks_no_tls_is_dropped() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let bound = bind(&[Ipv4Addr::LOCALHOST.into()], 0).unwrap();
    let (port, tasks) = (bound.port(), Tasks::new());
    let tls = licgate_tls::server_config(&Signer::new(&[7; 32])).unwrap();
    bound.serve(&tasks, &tls, Quota::new(1), |_, _| async { panic!("it was let in") });
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    // A TLS alert, or nothing at all; then the end.
    drop(stream.read_to_end(&mut said).await);
    assert!(said.len() < 64, "{said:?}");
}

#[tokio::test]
async fn a_caller_who_says_nothing_does_not_delay_the_end() {
    let bound = bind(&[Ipv4Addr::LOCALHOST.into()], 0).unwrap();
    let (port, tasks) = (bound.port(), Tasks::new());
    let tls = licgate_tls::server_config(&Signer::new(&[7; 32])).unwrap();
    bound.serve(
        &tasks,
        &tls,
        Quota::new(2),
        |mut conn, _| async move { drop(conn.recv::<ServerMsg>().await) },
    );
    let silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    // Whoever calls later is served later: the silent one is in by then.
    dial(port).await.close().await;
    assert_eq!(tasks.drain(Duration::from_secs(5)).await, crate::tasks::Drained::Finished);
    drop(silent);
}
