//! How a seat is lost, and what the application is told of it.

use super::*;

#[test]
fn a_seat_that_is_lost_for_good_is_told_once() {
    let host = Host::start(Nature::default());
    let (told, lost) = mpsc::channel();
    let licence =
        checkout(&host.address()).on_lost(move |why| told.send(why.to_string()).unwrap()).take().unwrap();
    host.set_free(0);
    host.end(Code::REMOVED_BY_REREAD);
    let why = lost.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(
        why,
        "Feature removed during lmreread, or wrong SERVER line hostid. (-92,147): the feature has gone; \
         a fresh checkout was denied: ann@ws1 holds the only seat"
    );
    assert!(!licence.is_valid());
    assert_eq!(licence.lost().unwrap().code(), Some(Code::REMOVED_BY_REREAD));
    assert!(lost.recv().is_err());
    assert!(licence.give_back().is_err());
}

#[test]
fn a_seat_is_lost_when_no_server_comes_back_for_too_long() {
    let host = Host::start(Nature::default());
    let (told, lost) = mpsc::channel();
    let ask = checkout(&host.address()).outlast(Duration::ZERO);
    let licence = ask.on_lost(move |why| told.send(why.code()).unwrap()).take().unwrap();
    host.die();
    assert_eq!(lost.recv_timeout(Duration::from_secs(20)), Ok(Some(Code::CANNOT_READ)));
    assert!(!licence.is_valid());
}

#[test]
fn a_server_that_ends_every_seat_at_once_is_not_asked_for_ever() {
    let host = Host::start(Nature { seats: 5, ..Nature::default() });
    let (told, lost) = mpsc::channel();
    let licence =
        checkout(&host.address()).on_lost(move |why| told.send(why.code()).unwrap()).take().unwrap();
    host.heard(Heard::Checkout);
    host.end(Code::EXPIRED);
    host.heard(Heard::Checkout);
    host.end(Code::EXPIRED);
    assert_eq!(lost.recv_timeout(Duration::from_secs(20)), Ok(Some(Code::EXPIRED)));
    drop(licence);
}

#[test]
fn a_seat_is_not_kept_by_a_server_that_only_lets_wait() {
    let host = Host::start(Nature { silence_ms: 300, ..Nature::default() });
    let (told, lost) = mpsc::channel();
    let ask = checkout(&host.address()).outlast(Duration::from_secs(1));
    let licence = ask.on_lost(move |why| told.send(why.code()).unwrap()).take().unwrap();
    host.stall();
    host.cut();
    assert_eq!(lost.recv_timeout(Duration::from_secs(20)), Ok(Some(Code::CANNOT_READ)));
    assert!(!licence.is_valid());
}

#[test]
fn a_seat_that_was_given_back_is_not_told_to_be_lost() {
    let host = Host::start(Nature::default());
    let (told, lost) = mpsc::channel();
    let ask = checkout(&host.address()).outlast(Duration::ZERO);
    let licence = ask.on_lost(move |why| told.send(why.code()).unwrap()).take().unwrap();
    host.be_deaf();
    let thread = std::thread::spawn(move || licence.give_back());
    host.heard(Heard::Checkin);
    host.die();
    assert!(thread.join().unwrap().is_err());
    assert!(lost.recv().is_err());
}

#[test]
fn who_was_silent_for_too_long_is_told_so() {
    let host = Host::start(Nature::default());
    let (told, lost) = mpsc::channel();
    let licence =
        checkout(&host.address()).on_lost(move |why| told.send(why.to_string()).unwrap()).take().unwrap();
    host.forget();
    host.set_free(0);
    host.cut();
    let why = lost.recv_timeout(Duration::from_secs(20)).unwrap();
    let expected = "Licensed number of users already reached. (-4,342): the server knows the seat no more: it takes \
                    back the seat of whoever is silent for too long; a fresh checkout was denied: ann@ws1 holds the \
                    only seat";
    assert_eq!(why, expected);
    drop(licence);
}
