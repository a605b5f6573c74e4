//! `parse(print(x)) == x`, for values made up and for whatever random text gives.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::host::HostId;
use crate::id::{FeatureName, VendorName};
use crate::licence::ast::{
    Attribute, Component, Count, DupGroup, Expiry, Feature, Package, Server, Suite, Upgrade, Vendor,
};
use crate::time::Date;
use crate::version::Version;

fn source(text: impl Into<String>) -> Source {
    Source::new("t", text)
}

fn at<T>(node: T) -> Spanned<T> {
    Spanned::new(Span::default(), node)
}

/// Equality of names and versions is loose on purpose, so the spelling is compared as well.
fn assert_survives(licence: &Licence) -> Vec<Diagnostic> {
    let printed = licence.to_string();
    let (again, remarks) = parse(&source(printed.clone()));
    assert_eq!(&again, licence, "{printed}");
    assert_eq!(again.to_string(), printed);
    remarks
}

fn feature_name() -> impl Strategy<Value = FeatureName> {
    "[A-Za-z0-9_][A-Za-z0-9_./-]{0,12}".prop_map(|name| FeatureName::from(&*name))
}

fn vendor_name() -> impl Strategy<Value = VendorName> {
    "[a-z][a-z0-9_]{0,8}".prop_map(|name| VendorName::from(&*name))
}

fn version() -> impl Strategy<Value = Version> {
    "[0-9]{1,4}(\\.[0-9]{0,4})?".prop_map(|text| Version::parse(&text).unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    (1u16..=9999, 1u8..=12, 1u8..=28).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn expiry() -> impl Strategy<Value = Expiry> {
    option::of(date()).prop_map(|date| date.map_or(Expiry::Never, Expiry::On))
}

fn count() -> impl Strategy<Value = Count> {
    option::of(1..=u32::MAX).prop_map(|seats| seats.map_or(Count::Uncounted, Count::Counted))
}

/// Anything that can stand between quotes, with a liking for what has a meaning elsewhere.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9]{1,6}".boxed(),
        prop::sample::select(&[" ", "  ", "\t", "\\", "\\ ", "#", "=", "{", "}", "ü", "'", ":"][..])
            .prop_map(String::from)
            .boxed(),
    ];
    let pieces = prop_oneof![9 => vec(piece.clone(), 0..12), 1 => vec(piece, 1500..3000)];
    prop_oneof![2 => pieces.prop_map(|pieces| pieces.concat()), 1 => "[a#{}=\\\\]{0,3}"]
}

fn host_id() -> impl Strategy<Value = HostId> {
    prop_oneof![
        Just(HostId::Any),
        Just(HostId::Demo),
        any::<[u8; 6]>().prop_map(HostId::Ether),
        any::<u32>().prop_map(HostId::Short),
        any::<[u8; 32]>().prop_map(HostId::Key),
        "[a-z][a-z0-9.-]{0,9}".prop_map(HostId::HostName),
        "[a-z#=]{1,9}".prop_map(HostId::User),
        Just(HostId::Internet("10.0.*.7".into())),
        Just(HostId::Other("FLEXID=9-1234".into())),
    ]
}

fn host_ids() -> impl Strategy<Value = Vec<HostId>> {
    vec(host_id(), 1..4)
}

fn dup_group() -> impl Strategy<Value = DupGroup> {
    any::<[bool; 4]>().prop_flat_map(|[user, host, display, vendor]| {
        let by = DupGroup::By { user, host, display, vendor };
        let by = if user || host || display || vendor { by } else { DupGroup::None };
        prop_oneof![Just(DupGroup::Site), Just(by)]
    })
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let texts: [fn(String) -> Attribute; 14] = [
        Attribute::Sign,
        Attribute::Sign2,
        Attribute::LegacyVendorString,
        Attribute::Notice,
        Attribute::Issuer,
        Attribute::SerialNumber,
        Attribute::VendorString,
        Attribute::VmPlatforms,
        Attribute::TimeZones,
        Attribute::SupersedeSign,
        Attribute::AssetInfo,
        Attribute::DistInfo,
        Attribute::UserInfo,
        Attribute::VendorInfo,
    ];
    let numbers: [fn(u32) -> Attribute; 4] =
        [Attribute::Overdraft, Attribute::Linger, Attribute::Minimum, Attribute::Checksum];
    let options: [fn(Option<u32>) -> Attribute; 3] =
        [Attribute::HostBased, Attribute::UserBased, Attribute::Borrow];
    let flags = [
        Attribute::SuiteReserved,
        Attribute::Capacity,
        Attribute::Metered,
        Attribute::TsOk,
        Attribute::OneTsOk,
    ];
    prop_oneof![
        8 => (prop::sample::select(texts.to_vec()), text()).prop_map(|(make, text)| make(text)),
        1 => text().prop_map(|text| Attribute::Auth(text.replace('}', "\""))),
        3 => (prop::sample::select(numbers.to_vec()), any::<u32>()).prop_map(|(make, number)| make(number)),
        3 => (prop::sample::select(options.to_vec()), any::<Option<u32>>()).prop_map(|(make, number)| make(number)),
        2 => prop::sample::select(flags.to_vec()),
        1 => "[0-9A-F]{12,20}".prop_map(Attribute::LegacyKey),
        1 => date().prop_map(Attribute::Issued),
        1 => date().prop_map(Attribute::Start),
        1 => host_ids().prop_map(Attribute::HostId),
        1 => option::of(host_id()).prop_map(Attribute::FloatOk),
        1 => dup_group().prop_map(Attribute::DupGroup),
        1 => dup_group().prop_map(Attribute::SuiteDupGroup),
        1 => vec("[a-z0-9_]{1,8}", 1..4).prop_map(Attribute::Platforms),
        1 => vec(feature_name(), 0..4).prop_map(Attribute::Supersede),
        1 => any::<u8>().prop_map(Attribute::Sort),
        1 => ("NEW_[a-z]{1,5}|AUTH", option::of(text())).prop_map(|(name, value)| Attribute::Unknown(name, value)),
    ]
}

fn attributes() -> impl Strategy<Value = Vec<Spanned<Attribute>>> {
    vec(attribute().prop_map(at), 0..8)
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        1 => server().prop_map(Statement::Server),
        1 => vendor().prop_map(Statement::Vendor),
        1 => Just(Statement::UseServer),
        4 => feature().prop_map(Statement::Feature),
        2 => upgrade().prop_map(Statement::Upgrade),
        2 => package().prop_map(Statement::Package),
    ]
}

fn server() -> impl Strategy<Value = Server> {
    let host = prop_oneof!["[a-z0-9.:]{1,9}".boxed(), Just(String::from(Server::THIS_HOST)).boxed()];
    let rest = (option::of(any::<u16>()), any::<bool>(), option::of(any::<u32>()), option::of(text()));
    (host, host_ids(), rest).prop_map(|(host, ids, (port, primary_is_master, heartbeat_interval, plat))| {
        Server {
            host: at(host),
            hostids: at(ids),
            port: port.map(at),
            primary_is_master,
            heartbeat_interval,
            plat,
        }
    })
}

fn vendor() -> impl Strategy<Value = Vendor> {
    let path = prop_oneof![text().boxed(), "[0-9]{1,4}".boxed(), "port=[0-9]{1,4}".boxed()];
    (vendor_name(), option::of(path), option::of(text()), option::of(any::<u16>())).prop_map(
        |(name, path, options, port)| Vendor {
            name: at(name),
            path: path.map(at),
            options: options.map(at),
            port: port.map(at),
        },
    )
}

fn feature() -> impl Strategy<Value = Feature> {
    let kind = prop_oneof![Just(FeatureKind::Feature), Just(FeatureKind::Increment)];
    (kind, feature_name(), vendor_name(), version(), expiry(), count(), attributes()).prop_map(
        |(kind, name, vendor, version, expiry, count, attributes)| Feature {
            kind,
            name: at(name),
            vendor: at(vendor),
            version: at(version),
            expiry: at(expiry),
            count: at(count),
            attributes,
        },
    )
}

fn upgrade() -> impl Strategy<Value = Upgrade> {
    (feature_name(), vendor_name(), version(), version(), expiry(), count(), attributes()).prop_map(
        |(name, vendor, from, to, expiry, count, attributes)| Upgrade {
            name: at(name),
            vendor: at(vendor),
            from: at(from),
            to: at(to),
            expiry: at(expiry),
            count: at(count),
            attributes,
        },
    )
}

fn package() -> impl Strategy<Value = Package> {
    let component = (feature_name(), option::of(version()), option::of(1u32..))
        .prop_map(|(name, version, count)| at(Component { name, version, count }));
    let suite = option::of(prop_oneof![Just(Suite::Suite), Just(Suite::Reserved)]);
    (feature_name(), vendor_name(), option::of(version()), vec(component, 1..400), suite, attributes())
        .prop_map(|(name, vendor, version, components, suite, attributes)| Package {
            name: at(name),
            vendor: at(vendor),
            version: version.map(at),
            components,
            suite,
            attributes,
        })
}

/// Lines as they occur, to be mutated.
const REAL: [&str; 9] = [
    "SERVER lic1 0050560a1b2c 27000 PRIMARY_IS_MASTER HEARTBEAT_INTERVAL=30\n",
    "VENDOR acme \"/opt/my acme/acme\" OPTIONS=/opt/acme.opt port=27010\r\n",
    "USE_SERVER\n",
    "INCREMENT solver acme 2024.06 30-jun-2025 10 VENDOR_STRING=\"edu\" \\\n\tISSUED=01-jul-2024 sort=20 SIGN=\"0123 4567 \\\n  89AB\"\n",
    "FEATURE demo acme 1.0 1-jan-0 uncounted HOSTID=\"DEMO #12\" 7D57F8AC868C \"old string\"\n",
    "PACKAGE suite acme 1.0 COMPONENTS=\"mesh:2.0:1 post::3\" OPTIONS=SUITE SIGN=\"…\"\n",
    "UPGRADE solver acme 1.0 2.0 permanent 2 AUTH={ acme=( SIGN=\"1\" ) } TS_OK # why\n",
    "# a comment \\\nFEATRUE x\n",
    "DAEMON acme C:\\acme\\acme.exe C:\\acme.opt 27010 \\ # more\n HOSTID=\n",
];

fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), "[ \t\\\\\"#={}\n\r\u{a0}\u{7}:0-9A-Za-zü]{0,3}", 0usize..4);
    let line = (prop::sample::select(&REAL[..]), vec(edit, 0..4)).prop_map(|(line, edits)| {
        let mut line: Vec<char> = line.chars().collect();
        for (place, text, cut) in edits {
            let start = place.index(line.len() + 1);
            let end = (start + cut).min(line.len());
            line.splice(start..end, text.chars());
        }
        line.into_iter().collect::<String>()
    });
    vec(line, 1..6).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_survive_print_and_parse(statements in vec(statement().prop_map(at), 0..4)) {
        let licence = Licence { statements };
        let remarks = assert_survives(&licence);
        let servers = licence.statements.iter().filter(|one| matches!(one.node, Statement::Server(_))).count();
        for remark in remarks.iter().filter(|remark| remark.severity == Severity::Error) {
            let is_unknown = remark.code == Some(Code::FUTURE_FORMAT) || remark.message.starts_with("AUTH ");
            prop_assert!(is_unknown || servers > 1, "{remark:?}");
        }
        for line in licence.to_string().lines() {
            let breakable = line.trim_start().split(' ').any(|word| word.chars().count() > 1500);
            prop_assert!(line.chars().count() < 2048 || breakable || line.contains("  "), "{}", line.len());
        }
    }

    #[test]
    fn whatever_is_read_from_mutated_lines_survives(text in mutated()) {
        assert_survives(&parse(&source(text)).0);
    }

    #[test]
    fn whatever_is_read_from_random_bytes_survives(bytes in vec(any::<u8>(), 0..400), head in 0..REAL.len()) {
        let word = REAL[head].split(' ').next().unwrap();
        let source = Source::from_bytes("t", [word.as_bytes(), b" a ", &bytes].concat());
        let (licence, remarks) = parse(&source);
        assert_survives(&licence);
        for remark in remarks {
            let shown = format!("{}{:?}", remark.render(&source), remark.report(&source));
            prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
        }
    }
}
