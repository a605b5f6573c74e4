//! Two machines: the licence host on one, its users on the other, and a cable that somebody trips over.

use std::process::Command;

use licgate_tests::{Host, Network, Process, Site, may, program, run};

/// One seat, so that a second one could not be used unnoticed.
const LINES: &str = "INCREMENT solver acme 1.0 permanent 1 SIGN=\"\"\n";

/// The exit status of licrun when all seats are taken.
const TAKEN: i32 = 75;

/// A licence host on one machine of a network.
struct Scene {
    // In the order in which they go: processes first, then what they stand on.
    host: Host,
    network: Network,
    site: Site,
}

impl Scene {
    /// `name` is the host on the SERVER line.
    fn new(name: &str, config: &str) -> Self {
        let (site, network) = (Site::new(), Network::new());
        site.license_at(name, LINES);
        site.configure(config);
        let host = Host::run(&mut network.on_host(&Host::command(&site)));
        Self { host, network, site }
    }

    fn at(&self, address: &str) -> String {
        format!("{}@{address}", self.host.port())
    }

    /// Runs a program on the client's machine.
    fn far(&self, name: &str, arguments: &[&str]) -> (i32, String, String) {
        run(&mut self.network.on_client(program(name).args(arguments)))
    }

    /// `licrun` on the client's machine (or the licence host itself) that holds the seat until its input ends.
    fn licrun(&self, address: &str) -> Command {
        let mut licrun = program("licrun");
        licrun.args(["--server", &self.at(address), "--vendor-key", &self.site.vendor_key(), "--wait"]);
        licrun.args(["solver", "--", "sh", "-c", "echo holding; exec cat"]);
        licrun
    }

    fn far_holder(&self) -> Process {
        let mut holder = Process::start(&mut self.network.on_client(&self.licrun(Network::HOST)));
        holder.line_with("holding");
        holder
    }

    fn near_waiter(&self) -> Process {
        let mut waiter = Process::start(&mut self.network.on_host(&self.licrun("127.0.0.1")));
        waiter.line_with("waiting at position 1");
        waiter
    }

    /// Nobody's seat falls free on the licence host although somebody waits for so long.
    fn stays_taken(&self, seconds: u32) {
        let mut licrun = program("licrun");
        licrun.args([
            "--server",
            &self.at("127.0.0.1"),
            &format!("--wait={seconds}"),
            "solver",
            "--",
            "true",
        ]);
        let (code, _, said) = run(&mut self.network.on_host(&licrun));
        assert_eq!(code, TAKEN, "{said}");
        assert!(said.contains("No license"), "{said}");
    }

    /// Who has the seat, in the words of the licence host.
    fn users(&self) -> Vec<String> {
        let mut licutil = program("licutil");
        licutil.args(["stat", "-c", &self.at("127.0.0.1"), "-f", "solver"]);
        let (code, told, said) = run(&mut self.network.on_host(&licutil));
        assert_eq!(code, 0, "{told}{said}");
        told.lines().filter(|line| line.contains(", start ")).map(str::to_owned).collect()
    }
}

#[test]
fn a_seat_is_held_from_another_machine() {
    if !may("a_seat_is_held_from_another_machine", &["ip"]) {
        return;
    }
    // The second name is one that no client can look up: then the host that was dialled is right.
    for name in [Network::HOST, "lic1.invalid"] {
        let scene = Scene::new(name, "");
        let at = scene.at(Network::HOST);
        let mut holder = scene.far_holder();
        let (code, told, said) = scene.far("licutil", &["stat", "-a", "-c", &at]);
        assert_eq!(code, 0, "{name}: {told}{said}");
        assert!(told.contains("Total of 1 license issued;  Total of 1 license in use"), "{name}: {told}");
        let (code, told, _) = scene.far("licutil", &["test", "-c", &at, "solver"]);
        assert_eq!(code, 1, "{name}: {told}");
        assert!(told.contains("(-4,342)"), "{name}: {told}");
        holder.end_input();
        let (status, said) = holder.wait();
        assert!(status.success(), "{name}: {said}");
        let (code, told, said) = scene.far("licutil", &["test", "-c", &at, "solver"]);
        assert_eq!(code, 0, "{name}: {told}{said}");
        scene.host.stop();
    }
}

#[test]
fn a_short_outage_costs_nobody_a_seat() {
    if !may("a_short_outage_costs_nobody_a_seat", &["ip"]) {
        return;
    }
    let scene = Scene::new(Network::HOST, "[lease]\nsilence = \"18s\"\ngrace = \"1s\"\n");
    let mut holder = scene.far_holder();
    let before = scene.users();
    assert_eq!(before.len(), 1, "{before:?}");
    scene.network.cut();
    // Longer than the grace, shorter than the silence.
    scene.stays_taken(3);
    scene.network.mend();
    // For a whole silence: so the holder was heard after the outage.
    scene.stays_taken(19);
    assert_eq!(scene.users(), before, "the same seat, and no second one");
    holder.end_input();
    let (status, said) = holder.wait();
    assert!(status.success(), "{said}");
    assert!(!said.contains("lost"), "{said}");
    assert_eq!(scene.users(), Vec::<String>::new());
    scene.host.stop();
}

/// What the licence host takes a holder for that it does not hear any more.
const IMPATIENT: &str = "[lease]\nsilence = \"6s\"\ngrace = \"1s\"\n";

#[test]
fn after_a_long_outage_the_seat_is_somebody_elses_and_the_holder_is_told() {
    if !may("after_a_long_outage_the_seat_is_somebody_elses_and_the_holder_is_told", &["ip"]) {
        return;
    }
    let scene = Scene::new(Network::HOST, IMPATIENT);
    let mut holder = scene.far_holder();
    let mut waiter = scene.near_waiter();
    scene.network.cut();
    waiter.line_with("holding");
    scene.network.mend();
    let told = holder.line_with("the seat is lost");
    assert!(told.contains("the command runs on without it"), "{told}");
    assert_eq!(scene.users().len(), 1);
    for mut process in [holder, waiter] {
        process.end_input();
        let (status, said) = process.wait();
        assert!(status.success(), "{said}");
    }
    scene.host.stop();
}

#[test]
fn after_a_long_outage_the_holder_takes_a_seat_that_is_free_again() {
    if !may("after_a_long_outage_the_holder_takes_a_seat_that_is_free_again", &["ip"]) {
        return;
    }
    let mut scene = Scene::new(Network::HOST, IMPATIENT);
    let mut holder = scene.far_holder();
    let first = scene.users();
    let mut waiter = scene.near_waiter();
    scene.network.cut();
    waiter.line_with("holding");
    let second = scene.users();
    waiter.end_input();
    let (status, said) = waiter.wait();
    assert!(status.success(), "{said}");
    assert_eq!(scene.users(), Vec::<String>::new());
    scene.network.mend();
    // The log tells of the first seat, of the waiter's, and then of this one.
    for _ in 0..3 {
        scene.host.master().line_with("OUT: \"solver\"");
    }
    let third = scene.users();
    assert_eq!(third.len(), 1);
    assert!(third != first && third != second, "a new seat: {first:?} {second:?} {third:?}");
    holder.end_input();
    let (status, said) = holder.wait();
    assert!(status.success(), "{said}");
    assert!(!said.contains("lost"), "{said}");
    scene.host.stop();
}
