//! What tools use: master, vendor daemon, and the administrators' socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use licgate::Error;
use licgate::admin::Admin;
use licgate::server::{Locate, Master, StatusAsk, Vendor};
use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, Cursor, Decoder, Part, ServerMsg, Welcome, encode, limit};

use crate::host::{Host, Nature};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_master_tells_its_status_and_where_the_vendor_daemon_is() {
    let host = Host::start(Nature::default());
    let master = Master::connect(&host.address().parse().unwrap(), SOON).unwrap();
    assert_eq!(master.status().unwrap().host, "lic1");
    assert!(master.ping().unwrap() < SOON);
    assert_eq!(master.address().to_string(), host.address());
    assert!(master.key().is_some());
    let vendor = master.vendor(&Locate::Feature("solver".into()), SOON).unwrap();
    assert_eq!((vendor.name().as_str(), vendor.master()), ("acme", master.address()));
    assert!(Vendor::reach(master.address(), &Locate::Feature("solver".into()), Duration::MAX).is_ok());
    let other = master.vendor(&Locate::Vendor("other".into()), Duration::MAX).unwrap_err();
    assert_eq!(other.code(), Some(Code::NO_SUCH_FEATURE));
}

#[test]
fn a_host_whose_ports_are_scanned_is_told_of_as_one() {
    let unknown = Master::connect(&"@no-such-host.invalid".parse().unwrap(), SOON).unwrap_err();
    assert_eq!(unknown.code(), Some(Code::UNKNOWN_HOST), "{unknown}");
    // Of the machine's own addresses hardly anybody uses this one.
    let nobody = Master::connect(&"@127.93.41.7".parse().unwrap(), SOON).unwrap_err();
    assert!(nobody.to_string().contains("'127.93.41.7' on any port from 27000 to 27009"), "{nobody}");
}

#[test]
fn status_comes_page_by_page() {
    let host = Host::start(Nature::default());
    let vendor =
        Vendor::reach(&host.address().parse().unwrap(), &Locate::Vendor("acme".into()), SOON).unwrap();
    let ask = StatusAsk { feature: None, users: true, after: None };
    let rows: Vec<_> = vendor.status(ask.clone()).map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    let behind_the_end = Cursor { feature: 3, part: Part::Heading };
    let mut stuck = vendor.status(StatusAsk { after: Some(behind_the_end), ..ask });
    assert!(matches!(stuck.next(), Some(Err(Error::Peer(_)))));
    assert!(stuck.next().is_none());
}

#[test]
fn administrators_orders_go_over_the_local_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let nobody = Admin::connect(&path).unwrap_err();
    assert_eq!(nobody.code(), Some(Code::CANNOT_CONNECT), "{nobody}");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut decoder, mut bytes, mut heard) = (Decoder::new(limit::FRAME), [0; 4096], Vec::new());
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            decoder.feed(&bytes[..count]);
            while let Some(message) = decoder.next::<ClientMsg>().unwrap() {
                let answer = match &message {
                    ClientMsg::Hello(_) => ServerMsg::Welcome(Welcome {
                        protocol: 1,
                        name: "licmgrd".into(),
                        version: "0".into(),
                    }),
                    ClientMsg::Reread { .. } => ServerMsg::Done { lines: vec!["nothing changed".into()] },
                    _ => ServerMsg::Refused {
                        code: Code::NOT_ADMINISTRATOR,
                        lines: vec!["no".into(), "never".into()],
                    },
                };
                let mut frame = Vec::new();
                encode(&answer, &mut frame).unwrap();
                stream.write_all(&frame).unwrap();
                heard.push(message);
            }
        }
        heard
    });
    let admin = Admin::connect(&path).unwrap();
    assert_eq!(admin.reread(Some(&"acme".into())).unwrap(), ["nothing changed"]);
    let refused = admin.down().unwrap_err();
    assert_eq!(
        (refused.code(), refused.report().unwrap().why()),
        (Some(Code::NOT_ADMINISTRATOR), "no\nnever")
    );
    drop(admin);
    let heard = server.join().unwrap();
    assert_eq!(heard[1..], [ClientMsg::Reread { vendor: Some("acme".into()) }, ClientMsg::Down]);
}
