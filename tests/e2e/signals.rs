//! What an administrator may ask of a running host: to end, and to read its files again. And who may not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use licgate::{Licence, Wait};
use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, ServerMsg};
use licgate_tests::{
    AS_NOBODY, Host, PATIENCE, Peer, Site, folder_for_all, may, open_to_all, run, runs, under,
};
use rustix::process::Signal;

const LINES: &str = "INCREMENT solver acme 1.0 permanent 2 SIGN=\"\"\n";
const MORE: &str =
    "INCREMENT solver acme 1.0 permanent 7 SIGN=\"\"\nINCREMENT mesher acme 1.0 permanent 3 SIGN=\"\"\n";

/// Short, so that a holder who does not come back is found out before the test's patience ends.
const LEASE: &str = "[lease]\nsilence = \"4s\"\ngrace = \"4s\"\n";

fn take(site: &Site, server: &str) -> Licence {
    site.checkout(server).take().expect("a seat")
}

fn refuses(site: &Site, server: &str, wait: Wait) {
    let denial = site.checkout(server).wait(wait).take().expect_err("all seats are out");
    assert_eq!(denial.code().map(Code::major), Some(-4), "{denial}");
}

/// Longer than silence and grace together: whose seat does not fall free meanwhile, has been heard.
const ALL_ARE_HEARD: Wait = Wait::UpTo(Duration::from_secs(9));

/// How many seats of a feature are free.
fn free(host: &Host, feature: &str) -> String {
    let (code, seats, said) = host.licutil(&["query", "-s", &host.at(), feature]);
    assert_eq!(code, 0, "{said}");
    seats.trim().to_owned()
}

fn reread(site: &Site, host: &Host) -> (i32, String) {
    let (code, told, said) =
        host.licutil(&["reread", "--state-dir", site.state_dir().to_str().expect("UTF-8")]);
    (code, told + &said)
}

#[test]
fn a_host_that_is_told_to_end_does_so_in_order_and_seats_survive() {
    for (signal, number) in [(Signal::TERM, 15), (Signal::INT, 2)] {
        let site = Site::serving(LINES);
        site.configure(LEASE);
        let mut host = Host::start(&site);
        host.pin_ports(&site);
        let (server, vendor) = (host.at(), host.vendor_pid());
        let (first, second) = (take(&site, &server), take(&site, &server));
        let handles = (first.handle(), second.handle());
        host.master().signal(signal);
        host.master().signal(signal);
        let (status, said) = host.master().wait();
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(said.contains(&format!("EXITING DUE TO SIGNAL {number}")), "{said}");
        assert!(!runs(vendor), "the vendor daemon is left:\n{said}");
        assert!(!site.path("state/admin.sock").exists(), "{said}");

        let host = Host::start(&site);
        refuses(&site, &server, ALL_ARE_HEARD);
        assert!(first.is_valid() && second.is_valid());
        first.give_back().expect("the seat goes back");
        let third = take(&site, &server);
        assert_eq!(second.handle(), handles.1, "it is still the seat of before");
        assert_ne!(third.handle(), handles.0, "this one is new");
        drop((second, third));
        host.stop();
    }
}

#[test]
fn an_impatient_stop_does_no_harm() {
    let site = Site::serving(LINES);
    let mut host = Host::start(&site);
    let licence = take(&site, &host.at());
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::INT, Signal::TERM] {
        host.master().signal(signal);
    }
    let (status, said) = host.master().wait();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("EXITING DUE TO SIGNAL"), "{said}");
    let host = Host::start(&site);
    assert_eq!(free(&host, "solver"), "1");
    drop(licence);
    host.stop();
}

#[test]
fn a_changed_licence_is_picked_up_and_holders_keep_their_seats() {
    let hang_up: fn(&Site, &mut Host) = |_, host| {
        host.master().signal(Signal::HUP);
        host.master().line_with("(licmgrd) ...Finished rereading");
    };
    let ask: fn(&Site, &mut Host) = |site, host| {
        let (code, said) = reread(site, host);
        assert_eq!(code, 0, "{said}");
    };
    for read_again in [hang_up, ask] {
        let site = Site::serving(LINES);
        let mut host = Host::start(&site);
        let held = [take(&site, &host.at()), take(&site, &host.at())];
        let handles = held.each_ref().map(Licence::handle);
        refuses(&site, &host.at(), Wait::No);
        site.license(MORE);
        read_again(&site, &mut host);
        assert_eq!((free(&host, "solver"), free(&host, "mesher")), ("5".into(), "3".into()));
        site.license("INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n");
        read_again(&site, &mut host);
        refuses(&site, &host.at(), Wait::No);
        for (licence, handle) in held.iter().zip(handles) {
            assert!(licence.is_valid());
            assert_eq!(licence.handle(), handle);
        }
        drop(held);
        assert_eq!(free(&host, "solver"), "1");
        host.stop();
    }
}

#[test]
fn a_renewed_licence_takes_over_who_holds_seats_of_the_old_one() {
    let renewed = LINES.replace("1.0", "1.1");
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let held = [take(&site, &host.at()), take(&site, &host.at())];
    site.license(&renewed);
    let (code, said) = reread(&site, &host);
    assert_eq!(code, 0, "{said}");
    assert_eq!(free(&host, "solver"), "0");
    let [first, second] = held;
    first.give_back().expect("the seat goes back");
    assert_eq!(free(&host, "solver"), "1");
    host.stop();
    site.license(LINES);
    let host = Host::start(&site);
    assert_eq!(free(&host, "solver"), "1", "the old licence is there again, after a restart");
    drop(second);
    host.stop();
}

#[test]
fn with_a_broken_file_the_old_one_stays_in_force() {
    let site = Site::serving(LINES);
    let mut host = Host::start(&site);
    let licence = take(&site, &host.at());
    let good = fs::read_to_string(site.licence_file()).expect("it is there");
    let broken = [
        (
            "a syntax error",
            good.replace("INCREMENT solver acme 1.0", "INCREMENT solver acme one"),
            "acme.lic:4:",
        ),
        ("an edited count", good.replace("permanent 2", "permanent 200"), "acme.lic:4:"),
        ("nothing", String::new(), "acme.lic"),
    ];
    for (what, text, place) in broken {
        site.write_licence(&text);
        let (code, said) = reread(&site, &host);
        assert_ne!(code, 0, "{what}: {said}");
        assert!(said.contains(place), "{what}: no {place:?} in: {said}");
        host.master().signal(Signal::HUP);
        host.master().line_with("Reread failed");
        host.master().line_with("(licmgrd) ...Finished rereading");
        assert_eq!(free(&host, "solver"), "1", "{what}");
        assert!(licence.is_valid(), "{what}");
    }
    site.write_licence(&good);
    let (code, said) = reread(&site, &host);
    assert_eq!(code, 0, "{said}");
    licence.give_back().expect("the seat goes back");
    host.stop();
}

#[test]
fn a_reread_that_fails_says_whose_fault_it_is() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let good = fs::read_to_string(site.licence_file()).expect("it is there");
    let bad = good.replace("INCREMENT solver acme 1.0", "INCREMENT solver acme one");
    let more = good.replace("VENDOR acme", "VENDOR beta\nVENDOR acme");
    let state = site.state_dir();
    for (text, vendor, code, words) in [
        (&good, "none", 1, ["(-42,327)", "no VENDOR line for none in the licence files, only for: acme"]),
        (&bad, "acme", 1, ["(-2,413)", "acme.lic:4:"]),
        (&more, "beta", 69, ["(-97,121)", "beta: "]),
    ] {
        site.write_licence(text);
        let state = state.to_str().expect("UTF-8");
        let (given, told, said) = host.licutil(&["reread", "--vendor", vendor, "--state-dir", state]);
        assert_eq!(given, code, "{told}{said}");
        assert!(words.iter().all(|word| said.contains(word)), "no {words:?} in: {said}");
    }
    host.stop();
}

#[test]
fn licutil_down_ends_the_host() {
    let site = Site::serving(LINES);
    let mut host = Host::start(&site);
    let vendor = host.vendor_pid();
    let state = site.state_dir();
    let state = state.to_str().expect("UTF-8");
    let (code, _, said) = host.licutil(&["down", "--state-dir", state]);
    assert_eq!(code, 2, "nobody can be asked: {said}");
    assert_eq!(free(&host, "solver"), "2");
    let (code, told, said) = host.licutil(&["down", "-q", "--state-dir", state]);
    assert_eq!(code, 0, "{told}{said}");
    let (status, log) = host.master().wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("SHUTDOWN request from"), "{log}");
    assert!(!runs(vendor), "the vendor daemon is left:\n{log}");
    let (code, _, said) = host.licutil(&["down", "-q", "--state-dir", state]);
    assert_eq!(code, 69, "{said}");
    assert!(said.contains("admin.sock") && said.contains("is licmgrd running"), "{said}");
}

#[test]
fn a_killed_master_leaves_nothing_behind() {
    let site = Site::serving(LINES);
    site.configure(LEASE);
    let mut host = Host::start(&site);
    host.pin_ports(&site);
    let (server, vendor) = (host.at(), host.vendor_pid());
    let licence = take(&site, &server);
    let handle = licence.handle();
    host.master().kill();
    // At once, on the same ports: the old vendor daemon may still be at its last commit.
    let next = Host::start(&site);
    assert_eq!(next.at(), server);
    // Its output ends when the last process that writes to it is gone.
    let (_, said) = host.master().wait();
    assert!(!runs(vendor), "the vendor daemon is left:\n{said}");
    assert!(said.contains("Lost communications with licmgrd"), "{said}");
    let other = take(&site, &server);
    refuses(&site, &server, ALL_ARE_HEARD);
    assert!(licence.is_valid());
    assert_eq!(licence.handle(), handle);
    drop((licence, other));
    next.stop();
}

#[test]
fn systemd_hears_how_the_host_is() {
    let site = Site::serving(LINES);
    let path = site.path("notify");
    let socket = UnixDatagram::bind(&path).expect("the folder is ours");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let mut said = Vec::new();
    let mut hear = |word: &str| {
        while !said.iter().any(|line| line == word) {
            let mut bytes = [0; 4096];
            let length = socket.recv(&mut bytes).unwrap_or_else(|_| panic!("no {word} in {said:?}"));
            said.extend(String::from_utf8_lossy(&bytes[..length]).lines().map(str::to_owned));
        }
        std::mem::take(&mut said)
    };
    let mut host = Host::run(Host::command(&site).env("NOTIFY_SOCKET", &path));
    let ready = hear("READY=1");
    assert!(ready.iter().any(|line| line.starts_with("STATUS=") && line.contains("acme")), "{ready:?}");
    host.master().signal(Signal::HUP);
    let reloading = hear("RELOADING=1");
    assert!(reloading.iter().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reloading:?}");
    hear("READY=1");
    host.master().signal(Signal::TERM);
    hear("STOPPING=1");
    let (status, log) = host.master().wait();
    assert!(status.success(), "{log}");
}

#[test]
fn the_network_gives_no_orders() {
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let orders = [ClientMsg::Down, ClientMsg::Reread { vendor: None }];
    let mut refused = 0;
    for order in &orders {
        for port in [host.port(), host.vendor_port()] {
            let mut peer = Peer::introduced(port);
            peer.say(order).expect("the daemon listens");
            let answers = peer.hear_out();
            let Some(ServerMsg::Refused { code, lines }) = answers.last() else { panic!("{answers:?}") };
            if port == host.port() {
                assert_eq!(*code, Code::NOT_ADMINISTRATOR, "{lines:?}");
                assert!(lines.concat().contains("on the licence host itself"), "{lines:?}");
                assert_eq!(code.major(), -63);
            }
            refused += 1;
        }
    }
    assert_eq!(refused, 4);
    assert_eq!(free(&host, "solver"), "2");
    host.stop();
}

#[test]
fn another_user_gives_no_orders() {
    if !may("another_user_gives_no_orders", &["setpriv"]) {
        return;
    }
    let site = Site::serving(LINES);
    let host = Host::start(&site);
    let programs = folder_for_all();
    let state = site.state_dir();
    let attempt = |words: &str| {
        let mut licutil = std::process::Command::new(programs.path().join("licutil"));
        licutil.args(["down", "-q", "--state-dir"]).arg(&state);
        let (code, _, said) = run(&mut under(&AS_NOBODY, &licutil));
        assert_eq!(code, 77, "{said}");
        assert!(said.contains(words), "no {words:?} in: {said}");
        assert!(said.contains("-63"), "{said}");
    };
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    attempt("become the licence host's user, or root");
    open_to_all(site.folder());
    open_to_all(&state);
    attempt("become the licence host's user, or root");
    mode(&state.join("admin.sock"), 0o666);
    attempt("administrator");
    assert_eq!(free(&host, "solver"), "2");
    host.stop();
}
