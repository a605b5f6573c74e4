//! Hosts files of every kind, and ugly ones by chance.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;
use crate::hosts::name::HostName;
use crate::loopback::Loopback;

fn block(server: &str, pid: u32) -> Override {
    let names = [server, &format!("{server}.corp.example")].map(|name| HostName::parse(name).unwrap());
    Override {
        id: OwnerId::of(server),
        tunnel: Process { pid, start: "9".into(), boot: "b".into() },
        address: Loopback::try_from(Ipv4Addr::new(127, 77, 3, 1)).unwrap(),
        names: Names::new(names).unwrap(),
    }
}

fn put_in(file: &[u8], block: &Override) -> Vec<u8> {
    put(file, block, &|_| true).unwrap()
}

const OURS: &str = "127.77.3.1\tlic1.corp.example lic1 # lictunnel v1 id=50010bcf pid=1 start=9 boot=b";

#[test]
fn a_block_stands_at_the_top_in_the_manner_of_the_file() {
    let table: [(&[u8], String); 6] = [
        (b"", format!("{OURS}\n")),
        (b"127.0.0.1 localhost", format!("{OURS}\n127.0.0.1 localhost")),
        (b"a\r\nb\r\nc\n", format!("{OURS}\r\na\r\nb\r\nc\n")),
        (b"a\r\nb\n", format!("{OURS}\na\r\nb\n")),
        (b"\xef\xbb\xbfa\r\n", format!("\u{feff}{OURS}\r\na\r\n")),
        (b"\xef\xbb\xbf", format!("\u{feff}{OURS}\n")),
    ];
    for (file, expected) in table {
        let changed = put_in(file, &block("lic1", 1));
        assert_eq!(String::from_utf8_lossy(&changed), expected);
        assert_eq!(put_in(&changed, &block("lic1", 1)), changed, "a second time changes nothing");
        assert_eq!(take(&changed, OwnerId::of("lic1"), &block("lic1", 1).tunnel), file);
    }
}

#[test]
fn a_file_that_no_system_reads_is_refused() {
    for file in [&b"\xff\xfe1\0"[..], b"\xfe\xff\x001"] {
        assert_eq!(put(file, &block("lic1", 1), &|_| false), Err(Refusal::Utf16));
        assert_eq!(repair(file, &|_| false), file);
    }
}

#[test]
fn a_name_has_one_tunnel_that_runs() {
    let file = [&b"127.0.0.1 localhost\n"[..], &put_in(b"", &block("lic1", 1))].concat();
    let held = Err(Refusal::Held { line: 2, pid: 1 });
    assert_eq!(put(&file, &block("lic1", 2), &|_| true), held);
    let alias = Override { names: block("lic1", 2).names, ..block("alias", 2) };
    assert_eq!(put(&file, &alias, &|process| process.pid == 1), held);
    assert_eq!(entries(&put_in(&file, &block("lic2", 2))).len(), 2, "another server has its own block");
    let replaced = put(&file, &block("lic1", 2), &|process| process.pid == 2).unwrap();
    assert_eq!(entries(&replaced), [Entry { line: 1, block: Some(block("lic1", 2)) }]);
    let late = take(&replaced, OwnerId::of("lic1"), &block("lic1", 1).tunnel);
    assert_eq!(late, replaced, "the first tunnel's watcher comes late and leaves the second's alone");
}

#[test]
fn repair_takes_what_is_stale_and_leaves_what_is_damaged() {
    let torn = "127.77.3.9 lic9 # lictunnel v1 id=5001";
    let file = format!("{OURS}\n{torn}\n{}\nx # lictunnel\n", OURS.replace("pid=1", "pid=2"));
    let repaired = repair(file.as_bytes(), &|process| process.pid == 2);
    let expected = format!("{torn}\n{}\nx # lictunnel\n", OURS.replace("pid=1", "pid=2"));
    assert_eq!(String::from_utf8_lossy(&repaired), expected);
    let left = entries(&repaired);
    assert_eq!((left[0].line, &left[0].block), (1, &None));
    assert_eq!((left[1].line, left[1].block.as_ref().map(|block| block.tunnel.pid)), (2, Some(2)));
}

#[test]
fn lines_that_lead_a_name_elsewhere_are_named() {
    let file = b"\xef\xbb\xbf10.0.0.1 LIC1.Corp.Example. # old\n127.0.0.1 localhost # lic1\n# 10.0.0.2 lic1\n\
        127.77.3.1 lic1\n10.0.0.3\tother\x0clic1\r\n::1 lic1\nfe80::1%lo0 lic1\nlic1 10.0.0.1\n\xff 10 lic1\n10.0.0.4 lic10";
    let found = conflicts(&put_in(file, &block("lic1", 1)), &block("lic1", 1));
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    line 2 of the hosts file leads LIC1.Corp.Example. to 10.0.0.1; some systems answer with both addresses: take it out
    line 6 of the hosts file leads lic1 to 10.0.0.3; some systems answer with both addresses: take it out
    line 7 of the hosts file leads lic1 to ::1; some systems answer with both addresses: take it out
    line 8 of the hosts file leads lic1 to fe80::1; some systems answer with both addresses: take it out
    ");
}

/// Pieces that hosts files are made of, fair and foul.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let damaged = OURS.replace("127.77.3.1", "10.0.0.1");
    let fixed = [
        "\n",
        "\r\n",
        "\r",
        "\n\n\n",
        "\0",
        "\u{feff}",
        " ",
        "\t",
        "#",
        "127.0.0.1 localhost",
        "10.0.0.1 lic1",
        "# lictunnel v1 ",
        "# lictunnel v1 id=50010bcf",
        &damaged,
        &OURS.replace("50010bcf", "00000001"),
        &OURS.replace("pid=1", "pid=2")[..70],
    ];
    let fixed = fixed.map(|text| text.as_bytes().to_vec()).to_vec();
    prop_oneof![
        4 => prop::sample::select(fixed),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0_usize..9000).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

fn ugly_file() -> impl Strategy<Value = Vec<u8>> {
    let file = prop::collection::vec(piece(), 0..30).prop_map(|pieces| pieces.concat());
    file.prop_filter("no system reads UTF-16", |file| {
        !file.starts_with(b"\xff\xfe") && !file.starts_with(b"\xfe\xff")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn putting_in_and_taking_out_leaves_every_file_as_it_was(file in ugly_file()) {
        let (first, second) = (block("lic1", 1), block("lic2", 2));
        let one = put(&file, &first, &|_| false).unwrap();
        let two = put(&one, &second, &|_| false).unwrap();
        prop_assert_eq!(entries(&two).len(), entries(&file).len() + 2);
        prop_assert_eq!(&take(&two, second.id, &second.tunnel), &one);
        let other_order = take(&take(&two, first.id, &first.tunnel), second.id, &second.tunnel);
        prop_assert!(other_order == file && take(&one, first.id, &first.tunnel) == file);
        prop_assert!(put(&one, &first, &|_| false).unwrap() == one);
    }

    #[test]
    fn a_sorted_file_loses_our_lines_and_no_others(file in ugly_file(), seed in any::<u64>()) {
        let mut ours = block("lic1", 1);
        ours.names = Names::new((0..20).map(|n| HostName::parse(&format!("lic1-{n}")).unwrap())).unwrap();
        let file = [&file[..], b"\n"].concat();
        let put_in = put(&file, &ours, &|_| false).unwrap();
        let shuffled = |file: &[u8]| {
            let mut lines: Vec<_> = file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort_by_cached_key(|line| line.iter().fold(seed, |hash, byte| hash.wrapping_mul(31) ^ u64::from(*byte)));
            lines.concat()
        };
        prop_assume!(!file.starts_with(UTF_8_MARK));
        prop_assert!(take(&shuffled(&put_in), ours.id, &ours.tunnel) == shuffled(&file));
    }
}
