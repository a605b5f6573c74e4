//! Host ids: reading, printing, and which machine they match.

use super::*;
use std::string::ToString;
use std::vec;

fn id(text: &str) -> HostId {
    HostId::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn host_ids_read_in_any_case_and_print_in_one_way() {
    let key = "0123456789abcdef".repeat(4);
    for (written, canonical) in [
        ("any", "ANY"),
        ("Demo", "DEMO"),
        ("0050560A1B2C", "0050560a1b2c"),
        ("0A1B2C3D", "0a1b2c3d"),
        ("#1234", "000004d2"),
        ("hostname=Lic1", "HOSTNAME=Lic1"),
        ("HostDomain=example.com", "HOSTDOMAIN=example.com"),
        ("internet=10.0.*.7", "INTERNET=10.0.*.7"),
        ("INTERNET=2001:db8::1", "INTERNET=2001:db8::1"),
        ("user=jd", "USER=jd"),
        ("display=:0", "DISPLAY=:0"),
        ("vm_uuid=A-b", "VM_UUID=A-b"),
        ("ID=1-2-3", "ID=1-2-3"),
        ("LMB01-7", "LMB01-7"),
        (&std::format!("key=ED25519:{}", key.to_uppercase()), &std::format!("KEY=ed25519:{key}")),
    ] {
        assert_eq!(id(written).to_string(), canonical);
        assert_eq!(id(canonical), id(written));
    }
}

#[test]
fn what_is_no_host_id_is_refused() {
    for text in [
        "",
        "x",
        "0050560A1B",
        "0050560a1b2g",
        "#",
        "#-1",
        "#4294967296",
        "=x",
        "USER=",
        "A B=c",
        "a\"b=c",
        "INTERNET=1.2.3",
        "INTERNET=1.2.3.256",
        "INTERNET=1.2.3.4.5",
        "INTERNET=1.2.3.+4",
        "INTERNET=*::1",
        "INTERNET=a.b.c.d",
        "KEY=ed25519:12",
        "KEY=rsa:00",
        "KEY=",
        "é",
        "００５０５６０ａ１ｂ２ｃ",
    ] {
        assert!(HostId::parse(text).is_none(), "{text:?}");
    }
    assert!(HostId::parse_list(" ").is_none());
    assert!(HostId::parse_list("ANY nonsense").is_none());
    assert_eq!(HostId::parse_list("  ANY\t0050560a1b2c ").map(|ids| ids.len()), Some(2));
}

#[test]
fn a_machine_matches_by_what_it_shows() {
    let facts = HostFacts {
        ethers: std::vec![[0, 0x50, 0x56, 0x0a, 0x1b, 0x2c]],
        names: std::vec!["Lic1".into(), "lic1.Example.com".into()],
        addresses: std::vec!["10.1.2.3".into(), "2001:db8::7".into(), "fe80::1%eth0".into()],
        key: Some([7; 32]),
        user: "jd".into(),
        display: ":0".into(),
    };
    let key = |byte: u8| HostId::Key([byte; 32]).to_string();
    for (text, matches) in [
        ("ANY", true),
        ("DEMO", true),
        ("0050560a1b2c", true),
        ("0050560a1b2d", false),
        ("0a1b2c3d", false),
        ("HOSTNAME=LIC1", true),
        ("HOSTNAME=lic1.example.com", true),
        ("HOSTNAME=lic1.example.org", false),
        ("HOSTNAME=lic", false),
        ("HOSTDOMAIN=EXAMPLE.com", true),
        ("HOSTDOMAIN=com", true),
        ("HOSTDOMAIN=ample.com", false),
        ("HOSTDOMAIN=lic1.example.com", false),
        ("HOSTDOMAIN=.", false),
        ("INTERNET=10.1.2.3", true),
        ("INTERNET=10.*.2.*", true),
        ("INTERNET=11.*.*.*", false),
        ("INTERNET=2001:DB8:0:0:0:0:0:*", true),
        ("INTERNET=2001:db8::7", true),
        ("INTERNET=::ffff:10.1.2.3", true),
        ("INTERNET=2001:db8::8", false),
        ("INTERNET=fe80::1", true),
        ("USER=jd", true),
        ("USER=JD", false),
        ("DISPLAY=:0", true),
        ("DISPLAY=:1", false),
        ("VM_UUID=x", false),
        (&key(7), true),
        (&key(8), false),
    ] {
        assert_eq!(id(text).matches(&facts), matches, "{text}");
    }
    for text in ["USER=x", "DISPLAY=x", "HOSTNAME=x", &key(0)] {
        assert!(!id(text).matches(&HostFacts::default()), "{text}");
    }
}

#[test]
fn a_machine_names_the_ids_that_a_vendor_could_sign_for() {
    let facts = HostFacts {
        ethers: vec![[1; 6], [2; 6]],
        names: vec!["lic1".into(), "lic1.acme.com".into()],
        ..HostFacts::default()
    };
    assert_eq!(facts.own_ids(), "010101010101 020202020202 HOSTNAME=lic1");
    let keyed = HostFacts { key: Some([7; 32]), ..facts };
    assert!(keyed.own_ids().starts_with("KEY=ed25519:0707"), "{}", keyed.own_ids());
    assert_eq!(HostFacts::default().own_ids(), "");
}

#[test]
fn one_of_a_machines_platform_words_is_enough() {
    for (platforms, own, is_allowed) in [
        (vec![], "x64_lsb", true),
        (vec![], "", true),
        (vec!["i86_n3", "X64_LSB"], "x64_lsb", true),
        (vec!["i86_lsb"], "x64_lsb i86_lsb", true),
        (vec!["x64_n6"], "x64_lsb i86_lsb", false),
        (vec!["x64_lsb"], "", false),
    ] {
        let platforms: Vec<_> = platforms.into_iter().map(String::from).collect();
        assert_eq!(allows_platform(&platforms, own), is_allowed, "{platforms:?} {own:?}");
    }
}
