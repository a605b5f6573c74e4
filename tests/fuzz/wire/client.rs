//! What a server may do to a client.

use licgate_core::host::HostFacts;
use licgate_core::id::FeatureName;
use licgate_core::licence::{Claim, Proof};
use licgate_core::report::status::{Scope, error_line, server, vendors};
use licgate_core::report::usage::{VendorReport, VendorUsage, features};
use licgate_core::version::Version;
use licgate_core::wire::{
    ClientMsg, Dialogue, Granted, Hello, Locate, Located, PROTOCOL, Row, ServerMsg, ServerStatus,
    VendorState, greet, limit, located,
};

use super::{listen, stream};
use crate::assert_plain;
use crate::people::{HOST_KEY, VENDOR_KEY, acme, holder, noon, today};

/// Whatever a server sends to a client; and whatever machine the client runs on, its `Hello` is one that servers take.
pub fn client(data: &[u8]) {
    let (piece, data) = data.split_first().unwrap_or((&0, &[]));
    let mut decoder = minicbor::Decoder::new(data);
    let hello = decoder.decode::<Hello>();
    let data = hello.as_ref().ok().and_then(|_| data.get(decoder.position()..)).unwrap_or(data);
    let hello = hello.unwrap_or_else(|_| Hello {
        protocol: PROTOCOL,
        program: "fuzz 1.0".into(),
        holder: holder(0),
        machine: HostFacts::default(),
        platform: "x64_lsb".into(),
    });
    let is_taken = hello.protocol > 0;
    let mut dialogue = Dialogue::new(hello).expect("a Hello within its bounds fits into a frame");
    listen(&dialogue.output(), *piece, limit::HELLO_FRAME, |message: ClientMsg| {
        assert_eq!(greet(message, "acme", "1.0").is_ok(), is_taken, "servers take our Hello");
        true
    });
    hear(&mut dialogue, &stream::<ServerMsg>(data), *piece);
}

fn hear(dialogue: &mut Dialogue, bytes: &[u8], piece: u8) {
    let mut rows = Vec::new();
    for piece in bytes.chunks(usize::from(piece).max(1)) {
        dialogue.hear(piece);
        loop {
            match dialogue.next() {
                Ok(Some(message)) => heard(message, &mut rows),
                Ok(None) => break,
                Err(error) => {
                    assert!(error.code().major() < 0 || !error.to_string().is_empty());
                    assert_plain(&error_line(&error));
                    return shown(rows);
                }
            }
        }
    }
    if let Some(welcome) = dialogue.welcome() {
        assert!(welcome.protocol >= 1);
    }
    shown(rows);
}

fn heard(message: ServerMsg, rows: &mut Vec<Row>) {
    for asked in [Locate::Vendor(acme()), Locate::Feature(FeatureName::from("solver"))] {
        if let Ok(Located::At { vendor, port, .. }) = located(&asked, message.clone()) {
            assert!(port != 0 && (vendor == acme() || matches!(asked, Locate::Feature(_))));
        }
    }
    match message {
        ServerMsg::Granted(granted) => proved(&granted),
        ServerMsg::Status(page) => rows.extend(page.rows),
        ServerMsg::ServerStatus(status) => assert_plain(&server(&status)),
        _ => {}
    }
}

/// A proof shows what was asked for, or nothing.
fn proved(granted: &Granted) {
    let Granted { version, seats, proof, .. } = granted;
    let (vendor, client) = (acme(), HostFacts::default());
    let feature = FeatureName::from("solver");
    let claim = |version, server_key| Claim {
        vendor: &vendor,
        feature: &feature,
        version,
        seats: *seats,
        today: today(),
        server_key,
        client: &client,
    };
    let good = proof.check(&VENDOR_KEY, &claim(version, HOST_KEY)).is_ok();
    let highest = Version::parse("9999999999").expect("a version");
    assert!(!good || proof.lines.iter().map(String::len).sum::<usize>() <= Proof::MAX);
    assert!(
        !good || proof.check(&VENDOR_KEY, &claim(&highest, HOST_KEY)).is_err(),
        "a licence for every version"
    );
}

fn shown(rows: Vec<Row>) {
    let status = ServerStatus {
        host: "lic1".into(),
        port: 27000,
        version: "1.0".into(),
        files: vec!["/etc/licgate/acme.lic".into()],
        vendors: Vec::new(),
    };
    let report = VendorReport {
        name: acme(),
        version: "1.0".into(),
        state: VendorState::Up { port: 27010 },
        warning: None,
        usage: VendorUsage::Features(features(rows)),
    };
    for scope in [Scope::All, Scope::Active, Scope::OfVendor] {
        assert_plain(&vendors(&status, std::slice::from_ref(&report), scope, &noon));
    }
}
