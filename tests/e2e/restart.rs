//! Daemons die and come back; who holds a seat does not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use std::time::Duration;

use licgate::{Error, Licence, Wait};
use licgate_core::code::Code;
use licgate_tests::{Host, Proxy, Site, signal_pid};
use rustix::process::Signal;

/// Short, so that a holder who does not come back is found out before the test's patience ends.
const LEASE: &str = "[lease]\nsilence = \"4s\"\ngrace = \"4s\"\n";

const LINES: &str = "INCREMENT solver acme 1.0 permanent 2 SIGN=\"\"\n";

/// A holder, and how often it was told that its seat is lost.
fn hold(site: &Site, server: &str) -> (Licence, Arc<AtomicU32>) {
    let losses = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&losses);
    let licence = Licence::checkout("solver", "1.0")
        .vendor("acme")
        .vendor_key(site.vendor_key())
        .server(server)
        .on_lost(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .take()
        .expect("a seat");
    (licence, losses)
}

/// Nobody's seat falls free although somebody waits for it longer than silence and grace together: so whoever holds one
/// has been heard.
fn all_are_heard(site: &Site, server: &str) {
    let ask = Licence::checkout("solver", "1.0").vendor("acme").vendor_key(site.vendor_key()).server(server);
    let denial = ask.wait(Wait::UpTo(Duration::from_secs(9))).take().expect_err("a holder was given up");
    assert_eq!(denial.code().map(Code::major), Some(-4), "{denial}");
}

fn refused(site: &Site, server: &str) -> Error {
    let ask = Licence::checkout("solver", "1.0").vendor("acme").vendor_key(site.vendor_key()).server(server);
    ask.wait(Wait::No).take().expect_err("no seat is free")
}

#[test]
fn a_seat_outlives_a_killed_vendor_daemon() {
    let site = Site::serving(LINES);
    site.configure(LEASE);
    let mut host = Host::start(&site);
    let (first, losses) = hold(&site, &host.at());
    let (second, _) = hold(&site, &host.at());
    let before = (first.handle(), second.handle());
    for _ in 0..3 {
        host.kill_vendor();
        let denial = refused(&site, &host.at());
        assert_eq!(denial.code().map(Code::major), Some(-4), "{denial}");
    }
    all_are_heard(&site, &host.at());
    assert!(first.is_valid() && second.is_valid());
    assert_eq!((first.handle(), second.handle()), before, "the same leases as before");
    first.give_back().expect("the seat goes back");
    let (third, _) = hold(&site, &host.at());
    drop((second, third));
    assert_eq!(losses.load(Ordering::SeqCst), 0);
    host.stop();
}

#[test]
fn a_seat_outlives_a_killed_master_daemon() {
    let site = Site::serving(LINES);
    site.configure(LEASE);
    let mut host = Host::start(&site);
    host.pin_ports(&site);
    let server = host.at();
    let (licence, losses) = hold(&site, &server);
    let handle = licence.handle();
    host.master().kill();
    let host = Host::start(&site);
    assert_eq!(host.at(), server);
    let (_other, _) = hold(&site, &server);
    let denial = refused(&site, &server);
    assert!(denial.to_string().contains("(-4,342)"), "{denial}");
    all_are_heard(&site, &server);
    assert!(licence.is_valid());
    assert_eq!(licence.handle(), handle);
    licence.give_back().expect("the seat goes back");
    assert_eq!(losses.load(Ordering::SeqCst), 0);
    host.stop();
}

#[test]
fn a_cut_connection_does_not_cost_a_second_seat() {
    let site = Site::serving(LINES);
    site.configure("listen = [\"127.0.0.1\"]\n");
    let host = Host::start(&site);
    let near = |port| ([127, 77, 2, 1], port).into();
    let far = |port| ([127, 0, 0, 1], port).into();
    let _master = Proxy::between(near(host.port()), far(host.port()));
    let vendor = Proxy::between(near(host.vendor_port()), far(host.vendor_port()));
    site.edit_licence(&[("SERVER localhost", "SERVER this_host")]);
    let (code, _, said) = host.licutil(&["reread", "--state-dir", site.state_dir().to_str().expect("UTF-8")]);
    assert_eq!(code, 0, "{said}");
    let (licence, losses) = hold(&site, &format!("{}@127.77.2.1", host.port()));
    for cut in 1..=3 {
        vendor.cut();
        let (other, _) = hold(&site, &host.at());
        drop(refused(&site, &host.at()));
        drop(other);
        assert!(licence.is_valid(), "after cut {cut}");
    }
    licence.give_back().expect("the seat goes back");
    assert_eq!(losses.load(Ordering::SeqCst), 0);
    host.stop();
}

#[test]
fn a_killed_holder_keeps_no_seat() {
    let site = Site::serving("INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n");
    site.configure("[lease]\ngrace = \"1s\"\n");
    let host = Host::start(&site);
    let mut command = licgate_tests::program("licrun");
    command.args(["--server", &host.at(), "solver", "--", "sh", "-c", "echo holding; exec cat"]);
    let mut holder = licgate_tests::Process::start(&mut command);
    holder.line_with("holding");
    drop(refused(&site, &host.at()));
    holder.signal(Signal::KILL);
    let ask =
        Licence::checkout("solver", "1.0").vendor("acme").vendor_key(site.vendor_key()).server(host.at());
    let licence = ask.wait(Wait::Forever).take().expect("the dead holder's seat");
    drop(licence);
    host.stop();
}

#[test]
fn a_licence_file_that_breaks_costs_no_seat_when_the_vendor_daemon_restarts() {
    let site = Site::serving(LINES);
    let mut host = Host::start(&site);
    let (licence, losses) = hold(&site, &host.at());
    let (handle, good) =
        (licence.handle(), std::fs::read_to_string(site.licence_file()).expect("it is ours"));
    let spoil = || site.write_licence(&good.replace("permanent 2", "permanent 9"));
    let remove = || std::fs::remove_file(site.licence_file()).expect("it is ours");
    for harm in [&spoil as &dyn Fn(), &remove] {
        harm();
        signal_pid(host.vendor_pid(), Signal::KILL);
        let said = host.master().line_with("THE LICENSE FILES ARE BROKEN");
        assert!(said.contains("acme.accepted"), "{said}");
        host.await_vendor();
        let (other, _) = hold(&site, &host.at());
        drop(refused(&site, &host.at()));
        other.give_back().expect("the seat goes back");
        assert!(licence.is_valid());
        assert_eq!(licence.handle(), handle, "the same lease as before");
    }
    licence.give_back().expect("the seat goes back");
    assert_eq!(losses.load(Ordering::SeqCst), 0);

    // What is removed while the file reads well stays removed.
    site.license("INCREMENT mesher acme 1.0 permanent 1 SIGN=\"\"\n");
    let (code, _, said) = host.licutil(&["reread", "--state-dir", site.state_dir().to_str().expect("UTF-8")]);
    assert_eq!(code, 0, "{said}");
    spoil();
    host.kill_vendor();
    assert_eq!(refused(&site, &host.at()).code(), Some(Code::NO_SUCH_FEATURE));
    host.stop();
}
