//! The signed form, byte for byte.

use super::*;
use std::vec;

use crate::host::HostId;
use crate::licence::ast::{Count, DupGroup, Expiry, Feature, FeatureKind, Package, Server, Suite, Upgrade};
use crate::text::Span;
use crate::time::Date;
use crate::version::Version;

fn at<T>(node: T) -> Spanned<T> {
    Spanned::new(Span::default(), node)
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn feature(attributes: Vec<Attribute>) -> Statement {
    Statement::Feature(Feature {
        kind: FeatureKind::Increment,
        name: at("solver".into()),
        vendor: at("acme".into()),
        version: at(version("2024.06")),
        expiry: at(Expiry::On(Date::parse("30-jun-2025").unwrap())),
        count: at(Count::Counted(10)),
        attributes: attributes.into_iter().map(at).collect(),
    })
}

/// A message for people: each list on its own line.
fn shown(message: &[u8]) -> String {
    fn number(rest: &mut &[u8]) -> usize {
        let (head, tail) = rest.split_first_chunk::<4>().unwrap();
        *rest = tail;
        u32::from_be_bytes(*head) as usize
    }
    let mut rest = message.strip_prefix(DOMAIN).unwrap();
    let mut out = String::new();
    while !rest.is_empty() {
        let texts = (0..number(&mut rest)).map(|_| {
            let length = number(&mut rest);
            let (text, tail) = rest.split_at(length);
            rest = tail;
            std::str::from_utf8(text).unwrap().to_owned()
        });
        out.push_str(&texts.collect::<Vec<_>>().join("|"));
        out.push('\n');
    }
    out
}

fn server(hostids: &[&str]) -> Spanned<Statement> {
    at(Statement::Server(Server {
        host: at("lic1".into()),
        hostids: at(hostids.iter().map(|id| HostId::parse(id).unwrap()).collect()),
        port: Some(at(27000)),
        primary_is_master: false,
        heartbeat_interval: None,
        plat: None,
    }))
}

fn servers() -> Vec<String> {
    let statements =
        vec![server(&["0050560A1B2C", "hostname=lic1"]), at(Statement::UseServer), server(&["any"])];
    server_hostids(&Licence { statements })
}

#[test]
fn every_field_of_a_line_is_in_its_message() {
    let everybody = DupGroup::By { user: true, host: true, display: false, vendor: true };
    let line = feature(vec![
        Attribute::LegacyKey("0123456789ab".into()),
        Attribute::Issued(Date::parse("01-JUL-2024").unwrap()),
        Attribute::Start(Date::parse("2-jul-2024").unwrap()),
        Attribute::Notice(" two\t words\r\n".into()),
        Attribute::Issuer(String::new()),
        Attribute::SerialNumber("A-17".into()),
        Attribute::Sort(20),
        Attribute::VendorString("edu".into()),
        Attribute::LegacyVendorString("v2".into()),
        Attribute::HostId(vec![HostId::Any, HostId::Short(7)]),
        Attribute::HostBased(None),
        Attribute::UserBased(Some(5)),
        Attribute::DupGroup(everybody),
        Attribute::SuiteDupGroup(DupGroup::Site),
        Attribute::SuiteReserved,
        Attribute::Overdraft(1),
        Attribute::Borrow(None),
        Attribute::Borrow(Some(72)),
        Attribute::Linger(60),
        Attribute::FloatOk(Some(HostId::Demo)),
        Attribute::Capacity,
        Attribute::Metered,
        Attribute::Minimum(2),
        Attribute::Platforms(vec!["i86_n".into(), "x64_lsb".into()]),
        Attribute::VmPlatforms("PHYSICAL".into()),
        Attribute::TimeZones("SERVERTZ".into()),
        Attribute::TsOk,
        Attribute::OneTsOk,
        Attribute::Supersede(vec![]),
        Attribute::Supersede(vec!["f1".into(), "f2".into()]),
        Attribute::SupersedeSign("f1:00".into()),
        Attribute::Unknown("Colour".into(), Some("red".into())),
        Attribute::Unknown("NEW".into(), None),
        Attribute::AssetInfo("a".into()),
        Attribute::DistInfo("d".into()),
        Attribute::UserInfo("u".into()),
        Attribute::VendorInfo("v".into()),
        Attribute::Checksum(9),
        Attribute::Sign("00".into()),
        Attribute::Sign2("00".into()),
        Attribute::Auth("00".into()),
    ]);
    assert_eq!(
        shown(&message(&servers(), &line).unwrap()),
        "0050560a1b2c HOSTNAME=lic1|ANY\n\
         INCREMENT|solver|acme|2024.06|30-jun-2025|10\n\
         ISSUED=1-jul-2024|START=2-jul-2024|NOTICE=two words|ISSUER=|SN=A-17|VENDOR_STRING=edu|=v2|\
         HOSTID=ANY 00000007|HOST_BASED|USER_BASED=5|DUP_GROUP=UHV|SUITE_DUP_GROUP=SITE|SUITE_RESERVED|\
         OVERDRAFT=1|BORROW|BORROW=72|LINGER=60|FLOAT_OK=DEMO|CAPACITY|METERED|MINIMUM=2|\
         PLATFORMS=i86_n x64_lsb|VM_PLATFORMS=PHYSICAL|TZ=SERVERTZ|TS_OK|ONE_TS_OK|SUPERSEDE|\
         SUPERSEDE=f1 f2|SUPERSEDE_SIGN=f1:00|COLOUR=red|NEW\n"
    );
}

#[test]
fn upgrades_and_packages_have_their_own_fields() {
    let upgrade = Statement::Upgrade(Upgrade {
        name: at("solver".into()),
        vendor: at("acme".into()),
        from: at(version("1.0")),
        to: at(version("2.0")),
        expiry: at(Expiry::Never),
        count: at(Count::Uncounted),
        attributes: vec![],
    });
    let part = |name: &str, version: Option<&str>, count| {
        at(Component { name: name.into(), version: version.map(self::version), count })
    };
    let package = |suite, package_version: Option<&str>| {
        Statement::Package(Package {
            name: at("suite".into()),
            vendor: at("acme".into()),
            version: package_version.map(|text| at(version(text))),
            components: vec![
                part("mesh", Some("2.0"), Some(3)),
                part("post", None, Some(2)),
                part("view", None, None),
            ],
            suite,
            attributes: vec![at(Attribute::Issuer("x".into()))],
        })
    };
    let shown = |line: &Statement| shown(&message(&[], line).unwrap());
    assert_eq!(shown(&upgrade), "\nUPGRADE|solver|acme|1.0|2.0|permanent|uncounted\n\n");
    assert_eq!(
        shown(&package(None, Some("1.0"))),
        "\nPACKAGE|suite|acme|1.0|\nmesh:2.0:3|post::2|view::\nISSUER=x\n"
    );
    let suite = package(Some(Suite::Suite), None);
    assert_eq!(shown(&suite), "\nPACKAGE|suite|acme||SUITE\nmesh:2.0:3|post::2|view::\nISSUER=x\n");
    let reserved = package(Some(Suite::Reserved), None);
    assert_eq!(shown(&reserved).lines().nth(1), Some("PACKAGE|suite|acme||SUITE_RESERVED"));
}

/// For whoever writes the form in another language: these bytes are not to change, ever.
#[test]
fn the_fixed_vector() {
    let line = feature(vec![Attribute::SerialNumber("A-17".into()), Attribute::Sort(20)]);
    let message = message(&["ANY".to_owned()], &line).unwrap();
    let hex: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "6c6963676174652d6c696e652d763100\
         0000000100000003414e59\
         00000006\
         00000009494e4352454d454e54\
         00000006736f6c766572\
         0000000461636d65\
         00000007323032342e3036\
         0000000b33302d6a756e2d32303235\
         000000023130\
         0000000100000007534e3d412d3137"
    );
    let signer = crate::licence::Signer::new(&[0x42; 32]);
    assert_eq!(
        signer.public().to_string(),
        "ed25519:2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12"
    );
    let licence = Licence { statements: vec![server(&["any"]), at(line)] };
    let signed = signer.sign(&licence, &"acme".into());
    let Statement::Feature(line) = &signed.statements[1].node else { panic!("the line is still there") };
    // Computed with another implementation (OpenSSL) as well.
    let signature = "56F7 E762 E307 471E A725 E8D1 A2DF E33C 29EF 273C 3554 95AF B42D 9164 A8C5 B797 \
                     EB37 28F6 B824 A23E 2357 3CA3 76EA B6AA 6BC6 8BFF A5B4 61F3 9BA4 3A10 8457 B10E";
    assert_eq!(line.attributes.last().unwrap().node, Attribute::Sign(signature.to_owned()));
}
