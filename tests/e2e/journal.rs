//! The journal is a file that an administrator may open with `sqlite3` while the host runs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use licgate_machine::facts;
use licgate_tests::{Host, Site, run, skip};

#[test]
fn a_running_hosts_journal_can_be_read() {
    if Command::new("sqlite3").arg("-version").output().is_err() {
        return skip("a_running_hosts_journal_can_be_read", "there is no program sqlite3");
    }
    let site = Site::serving("INCREMENT solver acme 1.0 permanent 3 SIGN=\"\"\n");
    let host = Host::start(&site);
    let take = || site.checkout(&host.at()).take().expect("a seat");
    let (first, second) = (take(), take());
    first.give_back().expect("the seat goes back");
    let query = "SELECT kind, feature, user, host, seats FROM change ORDER BY seq";
    let (code, rows, said) =
        run(Command::new("sqlite3").arg("-readonly").arg(site.path("state/acme.db")).arg(query));
    assert_eq!(code, 0, "{said}");
    let holder = facts::holder();
    let row = |kind: &str| format!("{kind}|solver|{}|{}|1", holder.user, holder.host);
    let rows: Vec<&str> = rows.lines().filter(|row| !row.starts_with("numbered")).collect();
    assert_eq!(rows, [row("granted"), row("granted"), row("returned")]);
    // Whoever looks does not disturb: the host goes on.
    drop((second, take()));
    host.stop();
}

#[test]
fn state_is_for_its_owner_only() {
    let site = Site::serving("INCREMENT solver acme 1.0 permanent 3 SIGN=\"\"\n");
    let host = Host::start(&site);
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
    assert_eq!(mode(&site.state_dir()), 0o700);
    let mut checked = Vec::new();
    for entry in std::fs::read_dir(site.state_dir()).expect("it is ours") {
        let path = entry.expect("it is ours").path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is open to others: {:04o}", path.display(), mode(&path));
        checked.push(path.file_name().and_then(|name| name.to_str()).expect("UTF-8").to_owned());
    }
    for name in ["identity.key", "acme.db", "acme.db-wal", "admin.sock"] {
        assert!(checked.iter().any(|checked| checked == name), "no {name} in {checked:?}");
        assert_eq!(mode(&site.state_dir().join(name)), 0o600, "{name}");
    }
    host.stop();
}
