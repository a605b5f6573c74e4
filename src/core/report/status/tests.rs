//! The text as a whole, and every expression by which known collectors read it.

use alloc::vec;
use alloc::vec::Vec;

use regex::Regex;

use super::*;
use crate::id::LeaseNumber;
use crate::report::usage::features;
use crate::time::{Civil, Date};
use crate::version::Version;
use crate::wire::{Row, VendorStatus};

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn holder(user: &str, host: &str, display: &str, data: &str) -> Holder {
    Holder {
        user: user.into(),
        host: host.into(),
        display: display.into(),
        pid: 4711,
        data: data.into(),
        ..Holder::default()
    }
}

/// A clock that stands at 12:43 on Monday 28 September 2020, and minutes after that.
fn zone(time: WallTime) -> Civil {
    let minutes = time.0 / 60;
    let date = Date::parse("28-sep-2020").unwrap();
    let [hour, minute] = [minutes / 60, minutes % 60].map(|number| u8::try_from(number).unwrap());
    Civil { date, hour, minute, second: 0 }
}

const START: WallTime = WallTime((12 * 60 + 43) * 60);
const EARLY: WallTime = WallTime(5 * 60);

fn host() -> ServerStatus {
    ServerStatus {
        host: "lic1".into(),
        port: 27000,
        version: "0.1.0".into(),
        files: vec!["/opt/acme.lic".into(), "/opt/b.lic".into()],
        vendors: vec![VendorStatus {
            name: "acme".into(),
            state: VendorState::Up { port: 27010 },
            version: "0.1.0".into(),
            warning: None,
        }],
    }
}

fn vendor(name: &str, usage: VendorUsage) -> VendorReport {
    let state = VendorState::Up { port: 27010 };
    VendorReport { name: name.into(), version: "0.1.0".into(), state, warning: None, usage }
}

fn feature(name: &str, issued: Option<u32>, in_use: u32, waiting: u32) -> Row {
    Row::Feature { name: name.into(), issued, in_use, waiting }
}

fn pool(
    text: &str,
    expiry: &str,
    vendor_string: Option<&str>,
    lock: Lock,
    issued: Option<u32>,
    in_use: u32,
) -> Row {
    let vendor_string = vendor_string.map(Into::into);
    Row::Pool { version: version(text), expiry: expiry.into(), vendor_string, lock, issued, in_use }
}

fn lease(holder: Holder, number: u64, seats: u32, linger: Option<(u32, u32)>) -> Row {
    Row::Lease { holder, version: version("2.0"), lease: LeaseNumber(number), since: START, seats, linger }
}

fn rows() -> Vec<Row> {
    let nodes = |text: &str| Lock::Nodes(text.into());
    vec![
        feature("solver", Some(240), 7, 2),
        pool("2.1", "15-dec-2022", Some("commercial:extendable"), Lock::Floating, Some(200), 4),
        lease(holder("ada", "ws1.example.com", "/dev/pts/0", ""), 101, 1, None),
        lease(holder("Grace Hopper", "ws2", ":0.0", "MSCONE:View"), 201, 3, None),
        pool("3.0", "permanent", None, Lock::Floating, Some(40), 3),
        lease(holder("ada", "ws1", "ws1", ""), 301, 1, Some((4_263_164, 5_487_240))),
        lease(holder("e\u{b7}v\nil", "ws3", "", ""), 302, 2, Some((1, 2))),
        Row::Waiting {
            holder: holder("bob", "ws4", "/dev/tty", ""),
            version: version("2.1"),
            lease: LeaseNumber(401),
            since: EARLY,
            seats: 1,
        },
        Row::Waiting {
            holder: holder("carl", "ws5", "/dev/tty", ""),
            version: version("2.1"),
            lease: LeaseNumber(402),
            since: EARLY,
            seats: 4,
        },
        feature("mesher", Some(16), 0, 0),
        pool("1.0", "permanent", None, Lock::Floating, Some(16), 0),
        feature("one", Some(1), 1, 0),
        pool("1.0", "1-jan-2030", None, nodes("ID=123"), Some(1), 1),
        lease(holder("ada", "ws1", ":0", ""), 501, 1, None),
        feature("free", None, 1, 0),
        pool("1.0", "permanent", None, nodes("ANY"), None, 1),
        lease(holder("ada", "ws1", ":0", ""), 601, 1, None),
        Row::Absent {
            name: "old".into(),
            why: "expired on 30-jun-2020 (acme.lic:4)".into(),
            seats: Some(21),
        },
    ]
}

fn whole(scope: Scope) -> String {
    let reports = [
        vendor("acme", VendorUsage::Features(features(rows()))),
        vendor("longvendor", VendorUsage::Features(features([feature("cad", Some(1), 0, 0)]))),
        vendor("silent", VendorUsage::Failed(Code::TIMED_OUT, "no answer in 5 s".into())),
        VendorReport {
            state: VendorState::Down { why: "it is started again in 4 s".into() },
            ..vendor("theorem", VendorUsage::Unasked)
        },
    ];
    heading("lmutil", EARLY, &zone) + &server(&host()) + &vendors(&host(), &reports, scope, &zone)
}

const WHOLE: &str = r#"lmutil - Copyright (c) 2026 licgate
Flexible License Manager status on Mon 9/28/2020 00:05

License server status: 27000@lic1
    License file(s) on lic1: /opt/acme.lic:/opt/b.lic:

      lic1: license server UP (MASTER) v0.1.0

Vendor daemon status (on lic1):

      acme: UP v0.1.0
Feature usage info:

Users of solver:  (Total of 240 licenses issued;  Total of 7 licenses in use)

  "solver" v2.1, vendor: acme, expiry: 15-dec-2022
  vendor_string: commercial:extendable
  floating license

    ada ws1.example.com /dev/pts/0 (v2.0) (lic1/27000 101), start Mon 9/28 12:43
    Grace Hopper ws2 :0.0 MSCONE:View (v2.0) (lic1/27000 201), start Mon 9/28 12:43, 3 licenses

  "solver" v3.0, vendor: acme, expiry: permanent(no expiration date)
  floating license

    ada ws1 ws1 (v2.0) (lic1/27000 301), start Mon 9/28 12:43  (linger: 4263164 / 5487240)
    e·v?il ws3 (v2.0) (lic1/27000 302), start Mon 9/28 12:43, 2 licenses  (linger: 1 / 2)
    bob ws4 /dev/tty (v2.1) (lic1/27000 401) queued for 1 license
    carl ws5 /dev/tty (v2.1) (lic1/27000 402) queued for 4 licenses

Users of mesher:  (Total of 16 licenses issued;  Total of 0 licenses in use)

Users of one:  (Total of 1 license issued;  Total of 1 license in use)

  "one" v1.0, vendor: acme, expiry: 1-jan-2030
  nodelocked license, locked to "ID=123"

    ada ws1 :0 (v2.0) (lic1/27000 501), start Mon 9/28 12:43

Users of free:  (Uncounted, node-locked)

  "free" v1.0, vendor: acme, expiry: permanent(no expiration date)
  uncounted nodelocked license locked to NOTHING (hostid=ANY)

    ada ws1 :0 (v2.0) (lic1/27000 601), start Mon 9/28 12:43

Users of old:  (Error: 21 licenses, unsupported by licensed server)

 longvendor: UP v0.1.0
Feature usage info:

Users of cad:  (Total of 1 license issued;  Total of 0 licenses in use)

    silent: Vendor daemon did not respond within timeout interval. (-52,327): no answer in 5 s
   theorem: The desired vendor daemon is down. (-97,121): it is started again in 4 s

"#;

#[test]
fn a_warning_has_a_line_of_its_own_behind_its_daemon() {
    let warning = Some("the files are\nrefused".into());
    let careless = VendorReport { warning, ..vendor("acme", VendorUsage::Unasked) };
    let text = vendors(&host(), &[careless, vendor("beta", VendorUsage::Unasked)], Scope::All, &zone);
    assert_eq!(text, "      acme: UP v0.1.0\n    WARNING: the files are?refused\n      beta: UP v0.1.0\n\n");
}

#[test]
fn the_text_is_flexnets() {
    assert_eq!(whole(Scope::All), WHOLE);
}

#[test]
fn only_active_features_are_told_when_asked() {
    let text = whole(Scope::Active);
    let told: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("Users of ")?.split(':').next()).collect();
    assert_eq!(told, ["solver", "one", "free"]);
}

#[test]
fn one_vendor_has_its_own_heading() {
    let text = whole(Scope::OfVendor);
    assert!(text.contains("UP v0.1.0\nUsers of features served by acme:\n\nUsers of solver:"), "{text}");
    assert!(!text.contains("Feature usage info"));
}

#[test]
fn without_features_the_daemons_stand_below_each_other() {
    let reports = [vendor("acme", VendorUsage::Unasked), vendor("MLM", VendorUsage::Unasked)];
    let text = vendors(&host(), &reports, Scope::All, &zone);
    assert_eq!(text, "      acme: UP v0.1.0\n       MLM: UP v0.1.0\n\n");
}

#[test]
fn failures_have_flexnets_form() {
    assert_eq!(
        error_line(&Code::CANNOT_CONNECT),
        "Error getting status: Cannot connect to license server system. (-15,570)\n"
    );
    assert_eq!(
        no_such_feature(&"Catia_GCO".into()),
        "Users of Catia_GCO: Cannot get users of Catia_GCO: No such feature exists. (-5,222)\n\n"
    );
    assert_eq!(SEPARATOR.len(), 76);
}

/// Tool, expression (as published, in Rust's dialect), how many times it has to match in [`WHOLE`], and what its
/// groups give in the first match.
const COLLECTORS: &[(&str, &str, usize, &[&str])] = &[
    ("flexlm_exporter", r"(?m)^License server status: ([\w,.@\-]+)", 1, &["27000@lic1"]),
    (
        "flexlm_exporter",
        r"(?m)([\w\.\-]+): license server (\w+)(\s\(MASTER\))? (v[\d\.]+)$",
        1,
        &["lic1", "UP", " (MASTER)", "v0.1.0"],
    ),
    ("flexlm_exporter", r"(?m)^\s+(\w+): (UP|DOWN) (v[\d.]+)$", 2, &["acme", "UP", "v0.1.0"]),
    (
        "flexlm_exporter",
        r"(?m)^Users of (.*):\s+\(Total of (\d+) \w+ issued;\s+Total of (\d+) \w+ in use\)$",
        4,
        &["solver", "240", "7"],
    ),
    (
        "flexlm_exporter",
        r"(?m)^\s+(ada) [\w\-\.]+ \S+ (\(v[\w\.]+\)) \([\w\-\.]+/\d+ \d+\), start (\w+ \d+/\d+ \d+:\d+)(\s+\(linger:\s\d+\s/\s\d+\))?(,\s+PID:\s+\d+\s?)?$",
        4,
        &["ada", "(v2.0)", "Mon 9/28 12:43"],
    ),
    ("phpLicenseWatcher", r"(?im)license server UP (?:\(MASTER\) )?(v\d+(?:\.\d+)+)$", 1, &["v0.1.0"]),
    ("phpLicenseWatcher", r"(?i)vendor daemon is down", 1, &[]),
    (
        "phpLicenseWatcher",
        r"(?m)^ +(\S+) (\S+) (\S+) \(v[^)]+\) \([^)]+\) queued for (\d+)",
        2,
        &["bob", "ws4", "/dev/tty", "1"],
    ),
    (
        "license-manager",
        r"(?m)^Users of ([A-Za-z0-9\-_:]+):  \(Total of (\d+) license(?:s)? issued;  Total of (\d+) license(?:s)? in use\)$",
        4,
        &["solver", "240", "7"],
    ),
    (
        "license-manager",
        r"(?m)^ +(\S+) (\S+) (\S+) \(v[\d.]+\) \(\S+/\d+ \d+\), start (\w{3} \d+/\d+ \d+:\d\d)(?:, (\d+) licenses)?$",
        3,
        &["ada", "ws1.example.com", "/dev/pts/0", "Mon 9/28 12:43"],
    ),
    (
        "LicenseStatus",
        r"(?m)Vendor daemon status.+$\n\s+(\S+): (UP) (v[0-9.]+)",
        1,
        &["acme", "UP", "v0.1.0"],
    ),
    ("LicenseStatus", r"License file\(s\) on .+: (.*):", 1, &["/opt/acme.lic:/opt/b.lic"]),
    (
        "check_flexlm (kaiiorg)",
        r"Vendor daemon status \(on .*\):\n\n\s*(.*): (.*) (v.*)",
        1,
        &["acme", "UP", "v0.1.0"],
    ),
    (
        "check_flexlm (kaiiorg)",
        r#""(.*)" v(.*), vendor: (.*), expiry: (.*)\n(?:  vendor_string.*\n)?  floating license"#,
        2,
        &["solver", "2.1", "acme", "15-dec-2022"],
    ),
    (
        "ZenPack, check_flexlm (theGidy)",
        r"Users of (.*): .* of ([0-9]+) .* issued; .* of ([0-9]+) .* use",
        4,
        &["solver", "240", "7"],
    ),
    ("ZenPack, check_flexlm (theGidy)", r"Feature usage info:|Users of features served by", 2, &[]),
    (
        "FlexLM-License-Usage-Logger",
        r".+?v(.+?), vendor: (.+?), expiry: (.+)",
        4,
        // It stumbles over a feature name with a v in it, whoever prints it.
        &["er\" v2.1", "acme", "15-dec-2022"],
    ),
    ("FlexLM-License-Usage-Logger", r".+?vendor_string: (.+)", 1, &["commercial:extendable"]),
    (
        "lmstat (multiscan), flexlmjs, FaraSeer",
        r"(?m)^Users of ([^:]*):[^0-9\n]*([0-9]+)[^0-9]*([0-9]+)[^0-9]*in use",
        4,
        &["solver", "240", "7"],
    ),
];

#[test]
fn known_collectors_read_it() {
    for (tool, expression, count, groups) in COLLECTORS {
        let regex = Regex::new(expression).unwrap();
        assert_eq!(regex.find_iter(WHOLE).count(), *count, "{tool}: {expression}");
        let first = regex.captures(WHOLE).unwrap();
        let found: Vec<&str> = first.iter().skip(1).flatten().map(|group| group.as_str()).collect();
        assert_eq!(found, *groups, "{tool}: {expression}");
    }
}

#[test]
fn job_scripts_count_fields() {
    let line = WHOLE.lines().find(|line| line.starts_with("Users of solver:")).unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((fields[5], fields[10]), ("240", "7"), "awk's $6 and $11");
}

#[test]
fn rows_out_of_place_are_left_out() {
    let lost = [
        lease(holder("ada", "ws1", ":0", ""), 1, 1, None),
        pool("1", "permanent", None, Lock::Floating, None, 0),
    ];
    assert_eq!(features(lost), []);
    let early = [feature("f", Some(1), 0, 0), lease(holder("ada", "ws1", ":0", ""), 1, 1, None)];
    assert_eq!(features(early)[0].pools, []);
}
