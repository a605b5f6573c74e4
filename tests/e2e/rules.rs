//! The options file decides who gets seats, and whoever is refused is told by which line.

use std::fs;

use licgate_tests::{Host, Process, Site, program, run};

const LINES: &str = "INCREMENT solver acme 1.0 permanent 2 SIGN=\"\"\n";

fn rule(site: &Site, options: &str) {
    fs::write(site.path("acme.opt"), options).expect("the folder is ours");
}

/// Runs `true` with a seat of solver for a project: the exit status, and what licrun said.
fn licrun(site: &Site, host: &Host, project: &str) -> (i32, String) {
    let mut licrun = program("licrun");
    licrun.args(["--server", &host.at(), "--vendor-key", &site.vendor_key(), "solver", "--", "true"]);
    let (code, _, said) = run(licrun.env("LM_PROJECT", project));
    (code, said)
}

fn assert_refused(site: &Site, host: &Host, project: &str, words: &[&str]) {
    let (code, said) = licrun(site, host, project);
    assert_ne!(code, 0, "{project} got a seat");
    for word in words {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
}

#[test]
fn refusals_name_the_line() {
    let site = Site::serving(LINES);
    rule(
        &site,
        "# Ours.\nEXCLUDE solver PROJECT wing\nINCLUDE solver PROJECT wing\nINCLUDE solver PROJECT nose\n",
    );
    let host = Host::start(&site);
    assert_refused(&site, &host, "wing", &["acme.opt:2: EXCLUDE solver PROJECT wing", "-38"]);
    assert_refused(&site, &host, "tail", &["acme.opt:3: INCLUDE solver PROJECT wing", "-39"]);
    assert_eq!(licrun(&site, &host, "nose").0, 0);
    host.stop();
}

#[test]
fn a_limit_that_is_reached_names_its_line_and_others_get_seats() {
    let site = Site::serving(LINES);
    rule(&site, "MAX 1 solver PROJECT wing\n");
    let host = Host::start(&site);
    let mut holder = program("licrun");
    holder.args(["--server", &host.at(), "--vendor-key", &site.vendor_key(), "solver", "--"]);
    holder.args(["sh", "-c", "echo holding; exec cat"]).env("LM_PROJECT", "wing");
    let mut holder = Process::start(&mut holder);
    holder.line_with("holding");
    assert_refused(&site, &host, "wing", &["1 of at most 1", "acme.opt:1: MAX 1 solver PROJECT wing", "-87"]);
    assert_eq!(licrun(&site, &host, "tail").0, 0);
    holder.end_input();
    assert!(holder.wait().0.success());
    assert_eq!(licrun(&site, &host, "wing").0, 0);
    host.stop();
}

#[test]
fn rules_with_errors_change_nothing_and_all_errors_are_told() {
    let site = Site::serving(LINES);
    rule(&site, "EXCLUDE solver PROJECT wing\n");
    let host = Host::start(&site);
    let reread = || host.licutil(&["reread", "--state-dir", site.state_dir().to_str().expect("UTF-8")]);
    rule(&site, "EXCLUDE solver PROJEKT tail\nINCLUDE solver PROJECT nose\nEXCLUD solver USER bob\n");
    let (code, told, said) = reread();
    assert_ne!(code, 0, "{told}{said}");
    for place in ["acme.opt:1:", "acme.opt:3:"] {
        assert!(told.contains(place) || said.contains(place), "{place} is not told:\n{told}{said}");
    }
    assert_refused(&site, &host, "wing", &["acme.opt:1: EXCLUDE solver PROJECT wing"]);
    assert_eq!(licrun(&site, &host, "tail").0, 0);

    rule(&site, "EXCLUDE solver PROJECT tail\n");
    let (code, told, said) = reread();
    assert_eq!(code, 0, "{told}{said}");
    for news in [
        "new in the options file: EXCLUDE solver PROJECT tail",
        "gone in the options file: EXCLUDE solver PROJECT wing",
    ] {
        assert!(told.contains(news) || said.contains(news), "{news} is not told:\n{told}{said}");
    }
    assert_eq!(licrun(&site, &host, "wing").0, 0);
    assert_refused(&site, &host, "tail", &["acme.opt:1: EXCLUDE solver PROJECT tail"]);
    host.stop();
}

#[test]
fn nobody_is_served_under_rules_that_were_never_right() {
    let site = Site::serving(LINES);
    rule(&site, "EXCLUD solver USER bob\n");
    let (status, said) = Host::spawn(&site, &[]).wait();
    assert!(!status.success(), "it started:\n{said}");
    assert!(said.contains("acme.opt:1:") && said.contains("hint: "), "{said}");

    let site = Site::serving(LINES);
    site.edit_licence(&[("VENDOR acme", "VENDOR acme options=gone.opt")]);
    let (status, said) = Host::spawn(&site, &[]).wait();
    assert!(!status.success(), "it started:\n{said}");
    assert!(said.contains("gone.opt") && said.contains("hint: "), "{said}");
}
