//! Which server a seat comes from, and which servers are passed over.

use super::*;

#[test]
fn a_named_host_that_does_not_resolve_is_replaced_by_the_dialled_one() {
    let host = Host::start(Nature { named: "no-such-host.invalid", ..Nature::default() });
    for _ in 0..2 {
        checkout(&host.address()).take().unwrap().give_back().unwrap();
    }
}

#[test]
fn a_vendor_daemon_that_is_starting_is_waited_for() {
    let host = Host::start(Nature { not_now: 3, ..Nature::default() });
    checkout(&host.address()).take().unwrap().give_back().unwrap();
}

#[test]
fn a_dead_a_foreign_and_a_silent_server_are_passed_over() {
    let host = Host::start(Nature::default());
    let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let (foreign_port, silent_port) = (port(&foreign), port(&silent));
    std::thread::spawn(move || foreign.accept().unwrap().0.write_all(b"W\x8f-60\0\0\0\0\0"));
    let list = format!("{}:{foreign_port}@127.0.0.1:{silent_port}@127.0.0.1:{}", dead(), host.address());
    let start = Instant::now();
    let licence = checkout(&list).take().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(licence.server(), host.address());
    let notes = licence.notes().join("\n");
    assert!(notes.contains("nobody listens at"), "{notes}");
    let expected = format!("at {foreign_port}@127.0.0.1 is a FlexNet licence server, not a licgate server");
    assert!(notes.contains(&expected), "{notes}");
    licence.give_back().unwrap();
}

#[test]
fn servers_are_asked_in_order_until_one_grants_and_the_winner_is_remembered() {
    let (full, first, second) = (
        Host::start(Nature { seats: 0, ..Nature::default() }),
        Host::start(Nature::default()),
        Host::start(Nature::default()),
    );
    let list = format!("{}:{}:{}", full.address(), first.address(), second.address());
    let licence = checkout(&list).take().unwrap();
    assert_eq!(licence.server(), first.address());
    assert_eq!(licence.notes(), [format!("{}: ann@ws1 holds the only seat", full.address())]);
    full.heard(Heard::Checkout);
    licence.give_back().unwrap();
    full.set_free(1);
    let again = checkout(&list).take().unwrap();
    assert_eq!(again.server(), first.address());
    let third = checkout(&list).order(Order::FirstToAnswer).take().unwrap();
    assert_ne!(third.server(), first.address());
}

#[test]
fn with_several_full_servers_the_first_is_waited_at() {
    let [first, second] = [0, 0].map(|seats| Host::start(Nature { seats, ..Nature::default() }));
    let waiting = checkout(&format!("{}:{}", first.address(), second.address())).wait(Wait::Forever);
    let (told, positions) = mpsc::channel();
    let waiting = waiting.on_queued(move |position| told.send(position).unwrap());
    let thread = std::thread::spawn(move || waiting.take());
    assert_eq!(positions.recv_timeout(Duration::from_secs(20)), Ok(1));
    first.promote();
    assert_eq!(thread.join().unwrap().unwrap().server(), first.address());
}

#[test]
fn a_server_that_is_lost_just_before_it_is_waited_at_is_reached_again() {
    let [first, second] = [0, 0].map(|seats| Host::start(Nature { seats, ..Nature::default() }));
    let waiting = checkout(&format!("{}:{}", first.address(), second.address())).wait(Wait::Forever);
    let (told, positions) = mpsc::channel();
    let waiting = waiting.on_queued(move |position| told.send(position).unwrap());
    first.swallow(|ask| ask.wait);
    let thread = std::thread::spawn(move || waiting.take());
    assert_eq!(positions.recv_timeout(Duration::from_secs(20)), Ok(1));
    first.promote();
    assert_eq!(thread.join().unwrap().unwrap().server(), first.address());
}

#[test]
fn what_the_vendor_did_not_sign_for_this_server_is_refused_and_given_back() {
    for (nature, words) in [
        (Nature { signed_by: [8; 32], ..Nature::default() }, "the grant is not believed"),
        (Nature { identity: [2; 32], ..Nature::default() }, "the grant is not believed"),
    ] {
        let host = Host::start(nature);
        let error = checkout(&host.address()).take().unwrap_err();
        assert!(matches!(error, Error::Untrusted(_)), "{error}");
        assert_eq!(error.code(), Some(Code::BAD_SIGNATURE), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        host.heard(Heard::Checkin);
        let licence = Licence::checkout("solver", "2.1").server(host.address()).without_vendor_key().take();
        licence.unwrap().give_back().unwrap();
    }
}

#[test]
fn nobody_at_all_is_told_with_every_place() {
    let list = format!("{}:{}", dead(), dead());
    let error = checkout(&list).take().unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
    assert_eq!(error.code(), Some(Code::CANNOT_CONNECT));
    let block = format!("{error:#}");
    assert_eq!(block.matches("nobody listens at").count(), 2, "{block}");
    assert!(block.contains(&format!("License path:  {list}:")), "{block}");
}

#[test]
fn everybody_in_the_list_is_told_of_also_who_was_not_heard() {
    let host = Host::start(Nature { seats: 0, ..Nature::default() });
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let error = checkout(&format!("{silent_port}@127.0.0.1:{}", host.address())).take().unwrap_err();
    let block = format!("{error:#}");
    assert!(block.contains(&format!("\n{}: ann@ws1 holds the only seat\n", host.address())), "{block}");
    assert!(block.contains(&format!("\n{silent_port}@127.0.0.1 has not answered so far")), "{block}");
}

#[test]
fn whoever_waits_for_so_long_does_not_wait_longer_for_a_dead_server() {
    let start = Instant::now();
    let error = checkout(&dead()).wait(Wait::UpTo(Duration::from_millis(300))).take().unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn what_cannot_be_read_is_passed_over_and_told() {
    let host = Host::start(Nature::default());
    let folder = tempfile::tempdir().unwrap();
    let (place, name) = (folder.path().display().to_string(), |file: &str| folder.path().join(file));
    let empty = checkout(&place).take().unwrap_err();
    assert_eq!(empty.code(), Some(Code::NO_LICENSE_FILE), "{empty}");
    assert!(
        empty.to_string().contains(&format!("no licence file (*.lic) in the directory '{place}'")),
        "{empty}"
    );
    let made = std::process::Command::new("mkfifo").arg(name("a.lic")).status().unwrap();
    assert!(made.success());
    let pipe = checkout(&place).take().unwrap_err();
    assert_eq!(pipe.code(), Some(Code::CANNOT_READ_FILE), "{pipe}");
    let text = format!("SERVER 127.0.0.1 ANY {}\nVENDOR acme\nUSE_SERVER\n", host.port);
    std::fs::write(name("b.lic"), text).unwrap();
    let licence = checkout(&place).take().unwrap();
    let [note] = licence.notes() else { panic!("{:?}", licence.notes()) };
    assert!(note.contains("a.lic': it is no file, but a pipe or a device"), "{note}");
    licence.give_back().unwrap();
}

#[test]
fn a_node_locked_file_needs_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.lic");
    let text = "FEATURE solver acme 2.10 permanent uncounted HOSTID=ANY\n";
    std::fs::write(&file, site::sign(text, &[7; 32]).to_string()).unwrap();
    let place = file.display().to_string();
    let licence = checkout(&place).take().unwrap();
    assert_eq!(
        (licence.server(), licence.version().as_str(), licence.handle()),
        (place.clone(), "2.10", None)
    );
    licence.give_back().unwrap();
    for (text, signer, code) in [
        (text, [8; 32], Code::BAD_SIGNATURE),
        (
            "FEATURE solver acme 2.10 permanent uncounted HOSTID=HOSTNAME=elsewhere\n",
            [7; 32],
            Code::WRONG_HOST,
        ),
        ("FEATURE solver acme 2.0 permanent uncounted HOSTID=ANY\n", [7; 32], Code::VERSION),
        ("FEATURE solver acme 2.10 1-jan-2020 uncounted HOSTID=ANY\n", [7; 32], Code::EXPIRED),
        ("FEATURE other acme 2.10 permanent uncounted HOSTID=ANY\n", [7; 32], Code::NO_SUCH_FEATURE),
        (
            "USE_SERVER\nFEATURE solver acme 2.10 permanent uncounted HOSTID=ANY\n",
            [7; 32],
            Code::NO_SUCH_FEATURE,
        ),
    ] {
        std::fs::write(&file, site::sign(text, &signer).to_string()).unwrap();
        let error = checkout(&place).take().unwrap_err();
        assert_eq!(error.code(), Some(code), "{text}: {error}");
        assert!(matches!(error, Error::Denied(_)) && error.to_string().contains(&place), "{error}");
    }
    std::fs::write(&file, site::sign(text, &[7; 32]).to_string()).unwrap();
    let keyless = Licence::checkout("solver", "2.1").server(&place).without_vendor_key().take();
    assert_eq!(keyless.unwrap_err().code(), Some(Code::BAD_SIGNATURE));
}

#[test]
fn a_server_is_read_from_a_licence_file() {
    let host = Host::start(Nature::default());
    let folder = tempfile::tempdir().unwrap();
    let text = format!("SERVER 127.0.0.1 ANY {}\nVENDOR acme\nUSE_SERVER\n", host.port);
    std::fs::write(folder.path().join("a.lic"), text).unwrap();
    let licence = checkout(&folder.path().display().to_string()).take().unwrap();
    assert_eq!(licence.server(), host.address());
    licence.give_back().unwrap();
}
