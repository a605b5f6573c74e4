//! Many programs fight for few seats.

use licgate_tests::{Host, Observer, Process, Site, program};

const CLIENTS: usize = 200;
const SEATS: u32 = 20;
const ROUNDS: u64 = 5;

/// All clients get their turns: each takes and returns a seat so many times, waiting in the queue in between.
fn fight(site: &Site, host: &mut Host, mut trouble: impl FnMut(&mut Host, &Observer)) {
    let observer = Observer::at(site.path("observer"), SEATS as usize - 1);
    let start = |_| {
        let mut command = program("seatclient");
        command
            .arg(observer.path())
            .arg(host.at())
            .arg(site.vendor_key())
            .arg("solver")
            .arg(ROUNDS.to_string());
        Process::start(&mut command)
    };
    let mut clients: Vec<Process> = (0..CLIENTS).map(start).collect();
    trouble(host, &observer);
    for client in &mut clients {
        let (status, said) = client.wait();
        assert!(status.success(), "a client was left behind: {status}\n{said}");
    }
    assert_eq!(observer.grants(), CLIENTS as u64 * ROUNDS);
    assert_eq!(observer.most(), SEATS, "all seats were out at times, and never more");
}

fn site() -> Site {
    Site::serving(&format!("INCREMENT solver acme 1.0 permanent {SEATS} SIGN=\"\"\n"))
}

#[test]
fn two_hundred_clients_share_twenty_seats() {
    let site = site();
    let mut host = Host::start(&site);
    fight(&site, &mut host, |_, _| ());
    let (code, seats, said) = host.licutil(&["query", "-s", &host.at(), "solver"]);
    assert_eq!((code, seats.trim()), (0, "20"), "{said}");
    host.stop();
}

#[test]
fn the_vendor_daemon_may_die_five_times_meanwhile() {
    let site = site();
    let mut host = Host::start(&site);
    fight(&site, &mut host, |host, observer| {
        for death in 1..=5 {
            observer.wait_for_grants(death * CLIENTS as u64 * ROUNDS / 8);
            host.kill_vendor();
        }
    });
    host.stop();
}
