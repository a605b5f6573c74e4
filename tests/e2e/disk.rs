//! A disk that is full, or that may not be written: nobody is told of a seat that the journal does not hold.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use licgate::{Error, Licence, Wait};
use licgate_core::code::Code;
use licgate_tests::{Host, Mount, PATIENCE, Site, may};
use rustix::process::Signal;

const SEATS: usize = 60;

/// Short, so that a holder who does not come back is found out before the test's patience ends.
const LEASE: &str = "[lease]\nsilence = \"6s\"\ngrace = \"6s\"\n";

fn license(site: &Site) {
    site.license(&format!("INCREMENT solver acme 1.0 permanent {SEATS} SIGN=\"\"\n"));
    site.configure(LEASE);
}

fn take(site: &Site, host: &Host, wait: Wait) -> Result<Licence, Error> {
    site.checkout(&host.at()).wait(wait).take()
}

/// The same when the vendor daemon may be on its way up again.
fn take_patiently(site: &Site, host: &Host) -> Result<Licence, Error> {
    site.checkout(&host.at()).reach_within(PATIENCE).take()
}

/// Takes up a disk but for so many bytes.
fn fill(ballast: &Path, leave: u64) {
    let mut file = File::create(ballast).expect("the disk is ours");
    let block = [0; 4096];
    let mut length = 0;
    while file.write_all(&block).is_ok() {
        length += block.len() as u64;
    }
    file.set_len(length.saturating_sub(leave)).expect("the file is ours");
}

/// All seats are taken, the `held` ones by their holders of before, each of whom has been heard.
fn are_kept(site: &Site, host: &Host, held: &[Licence]) {
    let others: Vec<Licence> =
        (held.len()..SEATS).map(|_| take(site, host, Wait::UpTo(PATIENCE)).expect("a free seat")).collect();
    let denial = take(site, host, Wait::UpTo(Duration::from_secs(13))).expect_err("a holder was given up");
    assert_eq!(denial.code().map(Code::major), Some(-4), "{denial}");
    drop(others);
    for licence in held {
        assert!(licence.is_valid(), "{:?}", licence.lost());
    }
}

#[test]
fn a_disk_that_fills_up_costs_no_seat_and_promises_none() {
    if !may("a_disk_that_fills_up_costs_no_seat_and_promises_none", &["mount"]) {
        return;
    }
    let site = Site::new();
    let _disk = Mount::small(&site.state_dir(), 2048);
    license(&site);
    let mut host = Host::start(&site);
    let ballast = site.path("state/ballast");
    fill(&ballast, 64 * 1024);
    let (mut held, mut handles) = (Vec::new(), Vec::new());
    let error = loop {
        assert!(held.len() < SEATS - 5, "the disk does not fill up");
        match take(&site, &host, Wait::No) {
            Ok(licence) => {
                handles.push(licence.handle());
                held.push(licence);
            }
            Err(error) => break error,
        }
    };
    assert!(held.len() > 2, "only {} seats fit", held.len());
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
    let said = host.master().line_with("acme.db");
    for words in ["cannot append to the journal", "full", "make room on that disk"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    host.master().line_with("status 74");
    fs::remove_file(&ballast).expect("it is ours");
    drop(take_patiently(&site, &host).expect("the host serves again"));
    are_kept(&site, &host, &held);
    let now: Vec<_> = held.iter().map(Licence::handle).collect();
    drop(held);
    let log = host.stop();
    assert_eq!(now, handles, "the same leases as before:\n{log}");
}

#[test]
fn a_full_disk_at_the_start_is_named() {
    if !may("a_full_disk_at_the_start_is_named", &["mount"]) {
        return;
    }
    let site = Site::new();
    let _disk = Mount::small(&site.state_dir(), 1024);
    license(&site);
    let ballast = site.path("state/ballast");
    for leave in [0, 8 * 1024] {
        fill(&ballast, leave);
        let (status, said) = Host::spawn(&site, &[]).wait();
        assert!(!status.success(), "it started:\n{said}");
        for words in [site.state_dir().to_str().expect("UTF-8"), "make room"] {
            assert!(said.contains(words), "{leave} bytes left: no {words:?} in:\n{said}");
        }
        assert!(!said.contains("panicked"), "{said}");
        fs::remove_file(&ballast).expect("it is ours");
    }
    Host::start(&site).stop();
}

#[test]
fn a_read_only_state_directory_is_named() {
    if !may("a_read_only_state_directory_is_named", &["mount"]) {
        return;
    }
    let site = Site::new();
    license(&site);
    let locked = Mount::read_only(&site.state_dir());
    let (status, said) = Host::spawn(&site, &[]).wait();
    assert!(!status.success(), "it started:\n{said}");
    for words in [site.state_dir().to_str().expect("UTF-8"), "Read-only file system", "--state-dir"] {
        assert!(said.contains(words), "no {words:?} in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    drop(locked);
    Host::start(&site).stop();
}

#[test]
fn a_state_directory_that_becomes_read_only_is_named_and_seats_are_kept() {
    if !may("a_state_directory_that_becomes_read_only_is_named_and_seats_are_kept", &["mount"]) {
        return;
    }
    let site = Site::new();
    license(&site);
    let mut host = Host::start(&site);
    let held = [(); 2].map(|()| take(&site, &host, Wait::No).expect("a seat"));
    let locked = Mount::read_only(&site.state_dir());
    // The journal is open already, so its disk goes on taking it: this seat is as safe as the others.
    let late = take(&site, &host, Wait::No).expect("a seat");
    licgate_tests::signal_pid(host.vendor_pid(), Signal::KILL);
    let said = host.master().line_with("cannot lock the journal");
    for words in [
        site.state_dir().to_str().expect("UTF-8"),
        "Read-only file system",
        "make the directory and the file writable",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    drop(locked);
    host.await_vendor();
    let held: Vec<Licence> = held.into_iter().chain([late]).collect();
    are_kept(&site, &host, &held);
    drop(held);
    host.stop();
}
