//! What a journal file keeps, through crashes and bad disks.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use licgate_core::id::{CheckoutId, FeatureName, LeaseNumber};
use licgate_core::ledger::{Grant, Holder, Ticket};
use licgate_core::licence::PoolKey;
use licgate_core::time::Now;
use licgate_core::version::Version;
use tempfile::TempDir;

use super::*;
use crate::journal::About;

fn acme() -> VendorName {
    VendorName::from("acme")
}

fn open(dir: &TempDir) -> SqliteJournal {
    SqliteJournal::open(dir.path(), &acme()).unwrap()
}

fn refused(dir: &Path) -> JournalError {
    SqliteJournal::open(dir, &acme()).err().unwrap()
}

fn holder() -> Holder {
    Holder {
        user: "jdoe".into(),
        host: "ws1".into(),
        display: "/dev/pts/1".into(),
        pid: 7,
        ..Holder::default()
    }
}

/// The `number`th change: at second `number`, a grant when odd, else the return of the one before.
fn entry(number: u8) -> Entry {
    let at = Now { lease: LeaseTime(u64::from(number) * 1_000_000), wall: WallTime(i64::from(number)) };
    let checkout = CheckoutId::new([number.div_ceil(2); 16]);
    let about = About {
        feature: FeatureName::from("solver"),
        holder: holder(),
        seats: 2,
        lease: LeaseNumber(number.into()),
    };
    let ticket = Ticket {
        checkout,
        number: about.lease,
        epoch: 1,
        holder: holder(),
        feature: about.feature.clone(),
        version: Version::parse("2.1").unwrap(),
        seats: 2,
        address: None,
    };
    let event = match number % 2 {
        1 => Event::Granted(Grant { ticket, pool: PoolKey("ab".into()) }),
        _ => Event::Ended { checkout, why: End::Returned },
    };
    Entry { change: Change { at, event }, about: Some(about) }
}

fn entries(numbers: std::ops::RangeInclusive<u8>) -> Vec<Entry> {
    numbers.map(entry).collect()
}

fn changes(numbers: std::ops::RangeInclusive<u8>) -> Vec<Change> {
    numbers.map(|number| entry(number).change).collect()
}

fn snapshot(at: u64, changes: Vec<Change>) -> Snapshot {
    Snapshot { at: Seq(at), clock: LeaseTime(at * 1_000_000), wall: WallTime(at.cast_signed()), changes }
}

#[test]
fn what_was_appended_is_loaded_after_a_kill() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    assert_eq!(journal.load().unwrap(), Loaded::default());
    assert_eq!(journal.append(Seq(0), &entries(1..=3)).unwrap(), Seq(3));
    assert_eq!(journal.append(Seq(3), &entries(4..=4)).unwrap(), Seq(4));

    // What a killed process leaves behind: the files as they are, write-ahead log and all.
    let left = TempDir::new().unwrap();
    for file in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
    }
    assert!(left.path().join("acme.db-wal").exists());
    let loaded = open(&left).load().unwrap();
    let expected = Loaded { changes: changes(1..=4), tail: 4, last: Seq(4), clock: LeaseTime(4_000_000) };
    assert_eq!(loaded, expected);
}

#[test]
fn an_append_behind_somebody_elses_is_told_so_and_keeps_nothing() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    journal.append(Seq(0), &entries(1..=2)).unwrap();
    for after in [0, 1, 3] {
        let answer = journal.append(Seq(after), &entries(3..=3));
        assert!(matches!(answer, Err(AppendError::Behind(Seq(2)))), "{after}: {answer:?}");
    }
    assert_eq!(journal.load().unwrap().last, Seq(2));
}

#[test]
fn a_snapshot_takes_the_place_of_what_came_before() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    journal.append(Seq(0), &entries(1..=6)).unwrap();
    journal.snapshot(&snapshot(3, changes(3..=3))).unwrap();
    journal.snapshot(&snapshot(5, changes(5..=5))).unwrap();
    let after_snapshot = Loaded {
        changes: [changes(5..=5), changes(6..=6)].concat(),
        tail: 1,
        last: Seq(6),
        clock: LeaseTime(6_000_000),
    };
    assert_eq!(journal.load().unwrap(), after_snapshot);

    let count = |journal: &SqliteJournal| {
        journal.db.query_row("SELECT count(*) FROM change", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(journal.compact(WallTime(3)).unwrap(), 2, "changes 1 and 2 are old enough");
    assert_eq!(journal.compact(WallTime(3)).unwrap(), 0);
    assert_eq!(journal.compact(WallTime(100)).unwrap(), 3, "change 6 is needed");
    assert_eq!(count(&journal), 1);
    assert_eq!(journal.load().unwrap(), after_snapshot);
    assert_eq!(journal.append(Seq(6), &entries(7..=7)).unwrap(), Seq(7));
}

#[test]
fn positions_and_lease_clock_go_on_when_everything_was_forgotten() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    journal.append(Seq(0), &entries(1..=2)).unwrap();
    let empty = Snapshot { clock: LeaseTime(9_000_000), ..snapshot(2, Vec::new()) };
    journal.snapshot(&empty).unwrap();
    assert_eq!(journal.compact(WallTime(100)).unwrap(), 2);
    drop(journal);
    let mut journal = open(&dir);
    let loaded = journal.load().unwrap();
    assert_eq!(loaded, Loaded { last: Seq(2), clock: LeaseTime(9_000_000), ..Loaded::default() });
    assert_eq!(journal.append(Seq(2), &entries(3..=3)).unwrap(), Seq(3));
}

#[test]
fn an_administrator_can_read_it() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    journal.append(Seq(0), &entries(1..=2)).unwrap();
    let mode = fs::metadata(journal.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let line = "SELECT printf('%d %d %s %s %s@%s %s %d %d', seq, at, kind, feature, user, host, display, seats, lease) \
                FROM change ORDER BY seq";
    let lines: Vec<String> = journal
        .db
        .prepare(line)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        lines,
        ["1 1 granted solver jdoe@ws1 /dev/pts/1 2 1", "2 2 returned solver jdoe@ws1 /dev/pts/1 2 2"]
    );
}

#[test]
fn two_daemons_of_one_vendor_exclude_each_other() {
    let dir = TempDir::new().unwrap();
    let first = open(&dir);
    let second = refused(dir.path());
    assert_eq!(second.fault, Fault::Running);
    assert_eq!(
        second.to_string(),
        format!(
            "cannot lock the journal {}: another licvendord of acme is running; stop that one first, or give this one \
             another --state-dir",
            dir.path().join("acme.lock").display()
        )
    );
    SqliteJournal::open(dir.path(), &VendorName::from("other")).unwrap();
    drop(first);
    open(&dir);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let dir = TempDir::new().unwrap();
    for name in ["../acme", "", ".acme", "a/b", "a b", "a\0"] {
        let answer = SqliteJournal::open(dir.path(), &VendorName::from(name));
        assert!(answer.is_err(), "{name:?}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_full_disk_keeps_what_was_there_and_nothing_of_the_rest() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    journal.append(Seq(0), &entries(1..=2)).unwrap();
    let pages: i64 = journal.db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    journal.db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let many: Vec<Entry> = entries(3..=200);
    let Err(AppendError::Failed(error)) = journal.append(Seq(2), &many) else { panic!("it fitted") };
    assert_eq!(error.fault, Fault::Full);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot append to the journal {}: ", journal.path().display())),
        "{text}"
    );
    assert!(text.contains("full") && text.contains("make room"), "{text}");
    let Err(error) = journal.snapshot(&snapshot(2, changes(3..=200))) else { panic!("it fitted") };
    assert_eq!(error.fault, Fault::Full);
    assert_eq!(journal.load().unwrap().changes, changes(1..=2));
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    // Not even root may make files in these.
    for (place, action) in [("/dev/null/licgate", "make the directory of"), ("/proc/self", "lock")] {
        let error = refused(Path::new(place));
        let text = error.to_string();
        assert!(text.starts_with(&format!("cannot {action} the journal {place}")), "{text}");
    }
    let dir = TempDir::new().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    match SqliteJournal::open(dir.path(), &acme()) {
        Ok(_) => assert!(fs::File::create(dir.path().join("probe")).is_ok(), "only root may do that"),
        Err(error) => assert_eq!(error.fault, Fault::NotWritable),
    }
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_that_becomes_read_only_takes_nothing_from_appends() {
    let dir = TempDir::new().unwrap();
    let mut journal = open(&dir);
    let mode = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    journal.append(Seq(0), &entries(1..=200)).unwrap();
    let left = TempDir::new().unwrap();
    for file in fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
    }
    mode(0o755);
    assert_eq!(open(&left).load().unwrap().changes, changes(1..=200));
}

#[test]
fn files_that_were_moved_away_or_replaced_take_no_more() {
    for name in ["acme.db", "acme.db-wal"] {
        for replaced in [false, true] {
            let dir = TempDir::new().unwrap();
            let mut journal = open(&dir);
            journal.append(Seq(0), &entries(1..=2)).unwrap();
            let file = dir.path().join(name);
            fs::rename(&file, dir.path().join("gone")).unwrap();
            if replaced {
                fs::copy(dir.path().join("gone"), &file).unwrap();
            }
            let Err(AppendError::Failed(error)) = journal.append(Seq(2), &entries(3..=3)) else {
                panic!("{name} took it")
            };
            assert_eq!((error.fault, &error.path), (Fault::Moved, &file));
        }
    }
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    let garbage: &[u8] = &[0x5a; 5000];
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("acme.db"), garbage).unwrap();
    let error = refused(dir.path());
    assert_eq!(error.fault, Fault::Corrupt);
    assert!(
        error.to_string().contains("acme.db: file is not a database; nothing was changed in it"),
        "{error}"
    );
    assert_eq!(fs::read(dir.path().join("acme.db")).unwrap(), garbage);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no more than the file and the lock");
}

#[test]
fn damage_inside_is_named_by_its_change() {
    for (damage, words) in [
        ("UPDATE change SET body = x'ff' WHERE seq = 2", "change 2 cannot be decoded"),
        ("DELETE FROM change WHERE seq = 2", "change 2 is missing before change 3"),
        ("UPDATE snapshot_head SET parts = 3", "snapshot 1 has 1 parts instead of 3"),
    ] {
        let dir = TempDir::new().unwrap();
        let mut journal = open(&dir);
        journal.append(Seq(0), &entries(1..=3)).unwrap();
        journal.snapshot(&snapshot(1, changes(1..=1))).unwrap();
        assert_eq!(journal.load().unwrap().changes, changes(1..=3));
        assert_eq!(journal.db.execute(damage, []).unwrap(), 1);
        let error = journal.load().unwrap_err();
        assert_eq!(error.fault, Fault::Corrupt);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn other_databases_and_later_schemas_are_refused() {
    let dir = TempDir::new().unwrap();
    drop(open(&dir));
    let file = dir.path().join("acme.db");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let error = refused(dir.path());
    assert_eq!(error.fault, Fault::Newer);
    assert!(
        error.to_string().contains("its schema has version 2, this licvendord knows version 1; start"),
        "{error}"
    );

    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(refused(dir.path()).fault, Fault::Foreign);
    let left: i64 = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM theirs", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
