//! The library against a fake licence host: master and vendor daemon in threads, over real TLS on loopback.

mod finding;
mod host;
mod line;
mod losing;
mod site;
mod tools;

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use host::{Host, Nature, vendor_key};
use licgate::{CancelToken, Checkout, Error, Licence, Order, Wait};
use licgate_core::code::Code;
use site::Heard;

fn checkout(places: &str) -> Checkout {
    Licence::checkout("solver", "2.1").vendor("acme").vendor_key(vendor_key()).server(places)
}

/// A port of this machine at which nobody listens.
fn dead() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("{port}@127.0.0.1")
}

#[test]
fn a_seat_is_granted_and_given_back() {
    let host = Host::start(Nature { seats: 3, ..Nature::default() });
    let licence = checkout(&host.address()).seats(2).take().unwrap();
    assert_eq!((licence.feature(), licence.version().as_str(), licence.seats()), ("solver", "2.10", 2));
    assert_eq!((licence.server(), licence.handle().unwrap().0), (host.address(), 101));
    assert!(licence.is_valid() && licence.lost().is_none() && licence.notes().is_empty());
    assert_eq!(host.free(), 1);
    licence.give_back().unwrap();
    assert_eq!(host.free(), 3);
    drop(checkout(&host.address()).take().unwrap());
    assert_eq!(host.free(), 3);
}

#[test]
fn a_denial_carries_the_servers_words() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let error = checkout(&host.address()).take().unwrap_err();
    assert!(matches!(error, Error::Denied(_)));
    let expected = format!(
        "Licensed number of users already reached. (-4,342)\nann@ws1 holds the only seat\n\
         Feature:       solver\nLicense path:  {}:\nFlexNet Licensing error:-4,342",
        host.address()
    );
    assert_eq!(format!("{error:#}"), expected);
    let error = checkout(&host.address()).vendor("other").take().unwrap_err();
    assert_eq!(error.code(), Some(Code::NO_SUCH_FEATURE), "{error}");
}

#[test]
fn whoever_waits_is_told_and_promoted() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let (told, positions) = mpsc::channel();
    let waiting =
        checkout(&host.address()).wait(Wait::Forever).on_queued(move |position| told.send(position).unwrap());
    let thread = std::thread::spawn(move || waiting.take());
    assert_eq!(positions.recv_timeout(Duration::from_secs(20)), Ok(1));
    host.promote();
    let licence = thread.join().unwrap().unwrap();
    assert!(licence.is_valid());
    licence.give_back().unwrap();
}

#[test]
fn a_place_in_the_queue_survives_a_cut() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let waiting = checkout(&host.address()).wait(Wait::Forever);
    let thread = std::thread::spawn(move || waiting.take());
    host.heard(Heard::Checkout);
    host.cut();
    host.heard(Heard::Resume);
    host.promote();
    thread.join().unwrap().unwrap().give_back().unwrap();
}

#[test]
fn a_wait_ends_in_time() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let error = checkout(&host.address()).wait(Wait::UpTo(Duration::from_millis(50))).take().unwrap_err();
    assert_eq!(error.code(), Some(Code::ALL_IN_USE));
    assert!(error.to_string().contains("still at position 1"), "{error}");
    host.heard(Heard::Checkin);
}

#[test]
fn a_wait_can_be_cancelled() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let token = CancelToken::new();
    let waiting = checkout(&host.address()).wait(Wait::Forever).cancel(&token);
    let thread = std::thread::spawn(move || waiting.take());
    host.heard(Heard::Checkout);
    token.cancel();
    assert!(matches!(thread.join().unwrap(), Err(Error::Cancelled)));
    host.heard(Heard::HangUp);
    let cancelled_before = checkout(&host.address()).cancel(&token).take();
    assert!(matches!(cancelled_before, Err(Error::Cancelled)));
}

#[test]
fn a_silent_server_can_be_cancelled() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let token = CancelToken::new();
    let asking = checkout(&format!("{}@127.0.0.1", silent.local_addr().unwrap().port())).cancel(&token);
    let thread = std::thread::spawn(move || asking.take());
    let (_connection, _) = silent.accept().unwrap();
    let start = Instant::now();
    token.cancel();
    assert!(matches!(thread.join().unwrap(), Err(Error::Cancelled)));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn heartbeats_are_sent_and_a_deaf_server_is_called_again() {
    let host = Host::start(Nature { silence_ms: 300, ..Nature::default() });
    let licence = checkout(&host.address()).take().unwrap();
    host.heard(Heard::Heartbeat);
    host.heard(Heard::Heartbeat);
    host.be_deaf();
    host.heard(Heard::Resume);
    assert!(licence.is_valid());
    let start = Instant::now();
    let error = licence.give_back().unwrap_err();
    assert_eq!(error.code(), Some(Code::CHECKIN_FAILED));
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_seat_is_resumed_after_a_cut_and_taken_afresh_when_forgotten() {
    let host = Host::start(Nature::default());
    let licence = checkout(&host.address()).take().unwrap();
    host.heard(Heard::Checkout);
    host.cut();
    host.heard(Heard::Resume);
    assert_eq!(licence.handle().unwrap().0, 101);
    host.forget();
    host.cut();
    host.heard(Heard::Resume);
    host.heard(Heard::Checkout);
    assert!(licence.is_valid());
    licence.give_back().unwrap();
    assert_eq!(host.free(), 1);
}

#[test]
fn a_seat_moves_to_another_server_when_its_own_stays_away() {
    let [first, second] = [0, 0].map(|_| Host::start(Nature { silence_ms: 300, ..Nature::default() }));
    let licence = checkout(&format!("{}:{}", first.address(), second.address())).take().unwrap();
    assert_eq!(licence.server(), first.address());
    first.die();
    second.heard(Heard::Checkout);
    second.heard(Heard::Heartbeat);
    assert_eq!((licence.is_valid(), licence.server()), (true, second.address()));
    licence.give_back().unwrap();
    assert_eq!(second.free(), 1);
}

#[test]
fn whoever_holds_a_seat_asks_for_it_again_when_told_to_wait() {
    let host = Host::start(Nature::default());
    let licence = checkout(&host.address()).take().unwrap();
    host.demote();
    host.heard(Heard::Resume);
    licence.give_back().unwrap();
}

#[test]
fn whoever_does_not_want_to_wait_is_not_made_to() {
    let host = Host::start(Nature::default());
    host.stall();
    let asking = checkout(&host.address());
    let (told, result) = mpsc::channel();
    std::thread::spawn(move || told.send(asking.take().unwrap_err()).unwrap());
    let error = result.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(matches!(error, Error::Peer(_)), "{error}");
    assert_eq!(error.code(), Some(Code::BAD_REPLY), "{error}");
}

#[test]
fn another_server_at_the_same_address_does_not_hear_the_checkouts_id() {
    let host = Host::start(Nature { seats: 2, silence_ms: 300, ..Nature::default() });
    let licence = checkout(&host.address()).take().unwrap();
    host.heard(Heard::Checkout);
    host.be_replaced();
    let heard = host.heard_before(Heard::Checkout);
    assert!(!heard.contains(&Heard::Resume), "{heard:?}");
    // It was asked by a fresh id, whose grant is not believed.
    host.heard(Heard::Checkin);
    assert_eq!(host.known(), 1);
    drop(licence);
}

#[test]
fn a_cut_during_renewal_neither_loses_the_seat_nor_leaves_another() {
    let host = Host::start(Nature { seats: 2, ..Nature::default() });
    let licence = checkout(&host.address()).take().unwrap();
    host.heard(Heard::Checkout);
    host.forget();
    host.swallow(|_| true);
    host.cut();
    host.heard(Heard::Checkout);
    host.heard(Heard::Resume);
    assert!(licence.is_valid());
    licence.give_back().unwrap();
    assert_eq!(host.free(), 2);
}

#[test]
fn times_without_end_are_harmless() {
    let host = Host::start(Nature::default());
    let ask = checkout(&host.address()).reach_within(Duration::MAX).outlast(Duration::MAX);
    ask.wait(Wait::UpTo(Duration::MAX)).take().unwrap().give_back().unwrap();
}

#[test]
fn an_ended_seat_is_taken_afresh_if_there_is_one() {
    let host = Host::start(Nature::default());
    let licence = checkout(&host.address()).take().unwrap();
    host.heard(Heard::Checkout);
    host.set_free(1);
    host.end(Code::REMOVED_BY_REREAD);
    host.heard(Heard::Checkout);
    assert!(licence.is_valid());
    licence.give_back().unwrap();
}
