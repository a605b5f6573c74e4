//! Hosts of all kinds, and which of their ports are the licence server's.

use super::*;
use crate::discover::look::{processes, sockets};
use licgate_core::text::Source;

/// A host by what `ps` and `ss` print, and its licence files.
fn host(ps: &str, ss: &str, files: &[&str]) -> Seen {
    Seen {
        processes: processes::ps(&ps.lines().collect::<Vec<_>>()),
        listeners: sockets::ss(&ss.lines().collect::<Vec<_>>()),
        files: files.iter().map(|text| LicenceFile::parse(&Source::new("x", *text))).collect(),
        ..Seen::default()
    }
}

fn judged(seen: &Seen) -> (String, String) {
    let mut judgement = judge(seen, &["lic1".into()], false);
    judgement.found.judge_names(&["lic1".into()]);
    let names: Vec<_> = judgement.found.names().collect();
    (format!("{}: {}", names.join("+"), judgement.found), judgement.remarks.join("; "))
}

const FLEXNET: &str = "  1726     1 /opt/flex/lmgrd -c /opt/a.lic -z
  1728  1726 adskflex -T lic1.corp 11.19 9 -c :/opt/a.lic: -lmgrd_port 6978 --lmgrd_start 69f1c59f
  1729  1726 MLM -T lic1.corp 11.19 9 -c :/opt/a.lic: -lmgrd_port 6978 --lmgrd_start 69f1c59f
  1730  4000 sshd: flex";

#[test]
fn sockets_belong_to_the_master_daemon_and_to_those_that_it_started() {
    let ss = r#"LISTEN 0 128 0.0.0.0:27000 0.0.0.0:* users:(("lmgrd",pid=1726,fd=3))
LISTEN 0 128 [::]:27000 [::]:* users:(("lmgrd",pid=1726,fd=4))
LISTEN 0 128 *:45001 *:* users:(("adskflex",pid=1728,fd=3))
LISTEN 0 128 *:45002 *:* users:(("MLM",pid=1729,fd=3))
LISTEN 0 128 127.0.0.1:45003 0.0.0.0:* users:(("MLM",pid=1729,fd=4))
LISTEN 0 128 *:5432 *:* users:(("postgres",pid=99,fd=3))"#;
    let (found, remarks) = judged(&host(FLEXNET, ss, &[]));
    let expected =
        "lic1.corp: 27000 (master daemon), 45001 (vendor daemon adskflex), 45002 (vendor daemon MLM)";
    assert_eq!((&*found, &*remarks), (expected, ""));
    let complete = judge(&host(FLEXNET, ss, &[]), &[], false).found;
    assert!(complete.is_complete() && complete.system() == Some(System::FlexNet));
}

#[test]
fn without_the_right_to_see_owners_what_is_written_counts_if_it_listens() {
    let ss = "LISTEN 0 128 0.0.0.0:27000 0.0.0.0:*\nLISTEN 0 128 *:2080 *:*\nLISTEN 0 128 *:5432 *:*";
    let file = "SERVER lic1.corp ANY 27000\nVENDOR adskflex PORT=2080\nVENDOR MLM PORT=2081\nVENDOR gone";
    let (found, remarks) = judged(&host(FLEXNET, ss, &[file]));
    assert_eq!(found, "lic1.corp: 2080 (vendor daemon adskflex), 27000 (master daemon)");
    assert!(remarks.starts_with("the port of MLM cannot be seen by this account"), "{remarks}");
    // And with nothing but the command lines.
    let (found, remarks) = judged(&host(FLEXNET, "", &[]));
    assert_eq!(found, "lic1.corp: 27000 (master daemon)");
    assert!(remarks.starts_with("its listening ports cannot be seen"), "{remarks}");
    // A tool may name the program of a process that is hidden.
    let ss = r#"LISTEN 0 128 0.0.0.0:1715 0.0.0.0:* users:(("lmgrd",pid=7,fd=3))"#;
    assert_eq!(judged(&host("", ss, &[])).0, ": 1715 (master daemon)");
}

#[test]
fn a_vendor_daemon_whose_master_daemon_is_hidden_tells_of_both() {
    let orphan = " 1728 1 adskflex -T lic1.corp 11.19 9 -lmgrd_port 6979 --lmgrd_start 69f1c59f";
    let ss = r#"LISTEN 0 128 *:27001 *:*
LISTEN 0 128 *:45001 *:* users:(("adskflex",pid=1728,fd=3))"#;
    let (found, _) = judged(&host(orphan, ss, &[]));
    assert_eq!(found, "lic1.corp: 27001 (master daemon), 45001 (vendor daemon adskflex)");
}

#[test]
fn a_port_of_somebody_else_is_not_taken_for_a_written_one() {
    let ss = r#"LISTEN 0 128 *:27000 *:* users:(("lmgrd",pid=1726,fd=3))
LISTEN 0 128 *:2080 *:* users:(("postgres",pid=99,fd=3))"#;
    let (found, _) = judged(&host(FLEXNET, ss, &["SERVER lic1 ANY 27000\nVENDOR adskflex PORT=2080"]));
    assert_eq!(found, "lic1+lic1.corp: 27000 (master daemon)");
}

#[test]
fn of_several_ports_of_a_master_daemon_the_licence_port_is_told_from_web_pages() {
    let rlm = " 5000 1 /opt/rlm/rlm -c a.lic\n 5001 5000 rlm reprise -m 3\n 5002 5000 /opt/rlm/other 5053";
    let ss = r#"LISTEN 0 128 *:5053 *:* users:(("rlm",pid=5000,fd=3))
LISTEN 0 128 *:5054 *:* users:(("rlm",pid=5000,fd=4))
LISTEN 0 128 *:40001 *:* users:(("rlm",pid=5001,fd=3))
LISTEN 0 128 *:40002 *:* users:(("other",pid=5002,fd=3))"#;
    let expected = ": 5053 (master daemon), 5054 (another port), 40001 (vendor daemon reprise), 40002 (vendor daemon other)";
    assert_eq!(judged(&host(rlm, ss, &[])).0, expected);
    let (found, _) = judged(&host(rlm, ss, &["HOST lic1 any 5054\nISV reprise"]));
    assert!(found.starts_with("lic1: 5053 (another port), 5054 (master daemon)"), "{found}");
    let lmadmin = " 600 1 /opt/lmadmin -configDir x";
    let ss = r#"LISTEN 0 128 *:8090 *:* users:(("lmadmin",pid=600,fd=3))
LISTEN 0 128 *:1055 *:* users:(("lmadmin",pid=600,fd=4))"#;
    assert_eq!(judged(&host(lmadmin, ss, &[])).0, ": 1055 (master daemon), 8090 (another port)");
}

#[test]
fn systems_without_vendor_daemons_are_whole_with_one_port() {
    let lmx = " 700 1 /opt/altair/lmx-serv-altair -b -c /opt/altair/altair-serv.cfg";
    let ss = r#"LISTEN 0 5 *:6200 *:* users:(("lmx-serv-altair",pid=700,fd=5))
LISTEN 0 5 127.0.0.1:631 0.0.0.0:* users:(("cupsd",pid=1,fd=6))
LISTEN 0 5 *:8081 *:* users:(("lmx-serv-altair",pid=700,fd=7))"#;
    let found = judge(&host(lmx, ss, &[]), &[], false).found;
    assert_eq!(found.to_string(), "6200 (master daemon), 8081 (another port)");
    assert!(found.is_complete() && found.system() == Some(System::LmX));
    // A Windows host shows processes and sockets in tables of their own.
    let csv = "\"2212\",\"812\",\"DSLicSrv.exe\",\"\"\"C:\\Program Files\\Dassault Systemes\\DS License Server\\win_b64\\code\\bin\\DSLicSrv.exe\"\" -startServer\"";
    let netstat = "  TCP    0.0.0.0:135     0.0.0.0:0   LISTENING   900\r\n  TCP    0.0.0.0:4084    0.0.0.0:0   LISTENING   2212\r
  TCP    0.0.0.0:4085    0.0.0.0:0   LISTENING   2212\r\n  TCP    [::]:4085       [::]:0      LISTENING   2212";
    let seen = Seen {
        processes: processes::csv(&[csv]),
        listeners: sockets::netstat(&netstat.lines().collect::<Vec<_>>()),
        ..Seen::default()
    };
    let judgement = judge(&seen, &[], false);
    assert_eq!(judgement.found.to_string(), "4084 (another port), 4085 (master daemon)");
    assert!(judgement.found.is_complete() && judgement.remarks.is_empty(), "{:?}", judgement.remarks);
    // On macOS lsof shows what ps does.
    let lsof = "hasplmd     311 root   10u  IPv4 0x5d2c4f7a1b2c3d4e      0t0  TCP *:1947 (LISTEN)";
    let seen = Seen {
        processes: processes::ps(&["  311     1 /usr/libexec/hasplmd -s"]),
        listeners: sockets::lsof(&[lsof]),
        ..Seen::default()
    };
    assert_eq!(judge(&seen, &[], false).found.to_string(), "1947 (master daemon)");
}

#[test]
fn a_driver_of_dongles_is_not_taken_for_the_licence_server_beside_one() {
    let both = format!("  900 1 /usr/sbin/hasplmd_x86_64\n  901 1 /usr/sbin/hasplmd -s\n{FLEXNET}");
    let ss = r#"LISTEN 0 128 *:1947 *:* users:(("hasplmd",pid=901,fd=3))
LISTEN 0 128 0.0.0.0:27000 0.0.0.0:* users:(("lmgrd",pid=1726,fd=3))
LISTEN 0 128 *:45001 *:* users:(("adskflex",pid=1728,fd=3))
LISTEN 0 128 *:45002 *:* users:(("MLM",pid=1729,fd=3))"#;
    let judgement = judge(&host(&both, ss, &[]), &[], false);
    let expected = "27000 (master daemon), 45001 (vendor daemon adskflex), 45002 (vendor daemon MLM)";
    assert_eq!(
        (judgement.found.to_string().as_str(), judgement.found.system()),
        (expected, Some(System::FlexNet))
    );
}

#[test]
fn licences_that_go_over_udp_are_told_not_to_be_carried() {
    // FreeBSD's sockstat shows TCP alone, as it is asked to.
    let seen = Seen {
        processes: processes::ps(&["  800     1 /opt/sentinel/lserv -l /var/log/lserv.log"]),
        listeners: sockets::sockstat(&["root sshd 700 4 tcp4 *:22 *:*"]),
        ..Seen::default()
    };
    let judgement = judge(&seen, &[], false);
    assert_eq!(judgement.found.to_string(), "no ports");
    assert_eq!(
        judgement.remarks,
        ["Sentinel RMS runs there, whose clients use UDP, which ssh does not carry"]
    );
}

#[test]
fn ports_on_the_loopback_address_count_only_where_forwards_lead_there() {
    let ps = " 6000 1 licmgrd -c acme.lic\n 6001 6000 licvendord --vendor acme -c acme.lic";
    let ss = r#"LISTEN 0 128 127.0.0.1:27000 *:* users:(("licmgrd",pid=6000,fd=3))
LISTEN 0 128 [::1]:45001 *:* users:(("licvendord",pid=6001,fd=3))"#;
    let seen = host(ps, ss, &[]);
    let (found, remarks) = judged(&seen);
    assert_eq!(found, ": no ports");
    let expected = "the master daemon there listens on the server's loopback address only; \
        the vendor daemon acme there listens on the server's loopback address only";
    assert_eq!(remarks, expected);
    let found = judge(&seen, &[], true).found;
    assert_eq!(found.to_string(), "27000 (master daemon), 45001 (vendor daemon acme)");
    assert_eq!(found.system(), Some(System::Licgate));
}

#[test]
fn a_host_without_a_licence_server_says_so() {
    let ss = r#"LISTEN 0 128 *:5432 *:* users:(("postgres",pid=99,fd=3))"#;
    let (found, remarks) = judged(&host(" 99 1 postgres\n 100 99 vim lmgrd.log", ss, &[]));
    assert_eq!(
        (&*found, &*remarks),
        (": no ports", "no licence server that this account can see runs there")
    );
    let (_, remarks) = judged(&host(" 1726 1 lmgrd -c x", ss, &[]));
    assert!(remarks.contains("no vendor daemon"), "{remarks}");
}
