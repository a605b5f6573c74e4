//! What keeps a licence host from starting is named, with the remedy, and nothing is left half-started.

use std::fs;
use std::net::TcpListener;

use licgate_tests::{Host, Site};

const LINES: &str = "FEATURE solver acme 2.1 permanent 5 SIGN=\"\"\n";

/// Starts a host that must not come up; returns its exit code and what it said.
fn fails(site: &Site) -> (i32, String) {
    let (status, said) = Host::spawn(site, &[]).wait();
    assert!(!status.success(), "it started:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
    (status.code().expect("an exit code"), said)
}

fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
}

#[test]
fn a_second_master_on_the_same_state_is_refused() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let (_, said) = fails(&site);
    says(&said, &["another", &site.state_dir().display().to_string()]);
    host.stop();
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for (old, new) in
        [(" 0\n", format!(" {port}\n")), ("VENDOR acme\n", format!("VENDOR acme PORT={port}\n"))]
    {
        let site = Site::serving(LINES);
        site.edit_licence(&[(old, &new)]);
        let (_, said) = fails(&site);
        says(&said, &[&port, "in use"]);
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let site = Site::serving(LINES);
    fs::remove_file(site.licence_file()).expect("it is ours");
    let (_, said) = fails(&site);
    says(&said, &[&site.licence_file().display().to_string()]);
}

#[test]
fn a_file_without_our_signatures_is_refused() {
    let site = Site::new();
    site.write_licence(
        "SERVER localhost ANY 0\nVENDOR acme\nFEATURE solver acme 2.1 permanent 5 SIGN=\"0123 4567 89AB\"\n",
    );
    let (_, said) = fails(&site);
    says(&said, &["acme.lic:3", "No features to serve"]);
}

#[test]
fn a_missing_vendor_key_is_named_with_both_remedies() {
    let site = Site::serving(LINES);
    fs::remove_file(site.path("acme.pub")).expect("it is ours");
    let (_, said) = fails(&site);
    says(&said, &["acme.pub", "[vendor.acme]"]);
}

#[test]
fn every_mistake_in_the_configuration_is_reported_at_once() {
    let site = Site::serving(LINES);
    site.configure("silence = 3\n[lease]\ngrace = \"soon\"\n");
    let (_, said) = fails(&site);
    says(&said, &["licgate.toml:1", "licgate.toml:3"]);
}

#[test]
fn edited_lines_are_refused_and_permitted_edits_are_not() {
    let cases: [(&str, &str, bool); 11] = [
        ("2.1 permanent 5", "2.1 permanent 50", false),
        ("solver acme 2.1", "solver acme 3.1", false),
        ("permanent 5", "31-dec-2099 5", false),
        ("FEATURE solver", "FEATURE solver2", false),
        ("KEY=ed25519:", "ANY 0 #", false),
        ("academic", "commercial", false),
        ("SERVER localhost", "SERVER lic2.example.com", true),
        ("VENDOR acme", "VENDOR acme options=site.opt", true),
        ("VENDOR acme", "VENDOR acme port=0", true),
        ("NOTICE=", "vendor_info=\"rack 7\" NOTICE=", true),
        ("NOTICE=", "sort=7 NOTICE=", true),
    ];
    for (old, new, accepted) in cases {
        let site = Site::serving("FEATURE solver acme 2.1 permanent 5 NOTICE=\"academic\" SIGN=\"\"\n");
        fs::write(site.path("site.opt"), "").expect("the folder is ours");
        site.edit_licence(&[(old, new)]);
        if accepted {
            Host::start(&site).stop();
        } else {
            let (_, said) = fails(&site);
            says(&said, &["No features to serve"]);
        }
    }
}

#[test]
fn a_copied_licence_is_worthless_on_another_host() {
    let (first, second) = (Site::serving(LINES), Site::new());
    fs::copy(first.licence_file(), second.licence_file()).expect("both are ours");
    let (_, said) = fails(&second);
    says(&said, &["Wrong hostid on SERVER line", &first.hostid(), "licutil hostid"]);
}
