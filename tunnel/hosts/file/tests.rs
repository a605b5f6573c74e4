//! Real files, with real mounts where this is run as root; never the machine's own hosts file.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::*;

struct Place {
    dir: tempfile::TempDir,
    file: HostsFile,
}

fn place(content: &[u8]) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hosts");
    fs::write(&path, content).unwrap();
    let file = HostsFile::at(path, dir.path().join("keep"));
    Place { dir, file }
}

impl Place {
    fn path(&self) -> &Path {
        &self.file.path
    }

    fn now(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    /// Everything in the directory and its `keep`, sorted.
    fn names(&self) -> Vec<String> {
        let dirs = [self.dir.path(), &self.file.keep];
        let entries = dirs.into_iter().flat_map(|dir| fs::read_dir(dir).into_iter().flatten().flatten());
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "keep").collect();
        names.sort();
        names
    }
}

/// An edit that puts a line at the top unless it is there.
fn top(file: &[u8]) -> Result<Vec<u8>, Refusal> {
    Ok(if file.starts_with(b"ours\n") { file.to_vec() } else { [b"ours\n", file].concat() })
}

#[test]
fn what_is_kept_is_nobody_elses() {
    let place = place(b"x\n");
    let keep = place.dir.path().join("keep");
    fs::create_dir(&keep).unwrap();
    fs::set_permissions(&keep, fs::Permissions::from_mode(0o755)).unwrap();
    place.file.change(top).unwrap();
    assert_eq!(fs::metadata(&keep).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(keep.join("hosts.lock")).unwrap().mode() & 0o077, 0);
    if !rustix::process::geteuid().is_root() {
        return;
    }
    std::os::unix::fs::chown(&keep, Some(65534), None).unwrap();
    let refused = place.file.change(top).unwrap_err().to_string();
    assert!(refused.contains("belongs to somebody else"), "{refused}");
}

/// In a mount namespace of its own, which ends with it.
fn in_own_namespace(work: impl FnOnce() + Send) {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root may mount");
        return;
    }
    thread::scope(|scope| {
        let isolated = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS).unwrap();
            let none: Option<&Path> = None;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            work();
        });
        isolated.join().unwrap();
    });
}

fn bind(source: &Path, target: &Path) {
    let none: Option<&Path> = None;
    mount(Some(source), target, none, MsFlags::MS_BIND, none).unwrap();
}

#[test]
fn a_file_is_replaced_and_keeps_its_mode_owner_and_attributes() {
    let place = place(b"127.0.0.1 localhost");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o640)).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        std::os::unix::fs::chown(place.path(), Some(1003), Some(1004)).unwrap();
    }
    let set = rustix::fs::setxattr(place.path(), "user.note", b"kept", rustix::fs::XattrFlags::empty());
    let before = fs::metadata(place.path()).unwrap();
    assert!(place.file.change(top).unwrap());
    let after = fs::metadata(place.path()).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!((before.mode(), before.uid(), before.gid()), (after.mode(), after.uid(), after.gid()));
    if set.is_ok() {
        let mut value = [0; 8];
        let length = rustix::fs::getxattr(place.path(), "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"kept");
    }
    assert_eq!(place.now(), b"ours\n127.0.0.1 localhost");
    assert_eq!(place.names(), ["hosts", "hosts.lock"]);
    assert!(!place.file.change(top).unwrap(), "nothing is left to change");
    assert_eq!(fs::metadata(place.path()).unwrap().ino(), after.ino());
}

#[test]
fn a_missing_file_is_made_for_all_to_read() {
    let place = place(b"");
    fs::remove_file(place.path()).unwrap();
    assert!(place.file.change(top).unwrap());
    assert_eq!(place.now(), b"ours\n");
    assert_eq!(fs::metadata(place.path()).unwrap().mode() & 0o777, 0o644);
}

#[test]
fn a_symbolic_link_stays_one() {
    let place = place(b"");
    let link = place.dir.path().join("link");
    symlink("hosts", &link).unwrap();
    HostsFile::at(link.clone(), place.file.keep.clone()).change(top).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(place.now(), b"ours\n");
}

#[test]
fn another_programs_edit_is_not_lost() {
    let place = place(b"a\n");
    let mut asked = 0;
    let edit = |file: &[u8]| {
        asked += 1;
        if asked == 1 {
            fs::write(place.path(), "a\nb\n").unwrap();
        }
        top(file)
    };
    assert!(place.file.change(edit).unwrap());
    assert_eq!(place.now(), b"ours\na\nb\n");
    assert_eq!(asked, 3, "before, again, and at the end");
}

#[test]
fn a_file_that_never_rests_and_one_that_is_guarded_are_told_apart() {
    let place = place(b"");
    let mut count = 0;
    let restless = place.file.change(|file| {
        count += 1;
        fs::write(place.path(), count.to_string()).unwrap();
        top(file)
    });
    assert!(matches!(restless, Err(HostsFault::Restless(_))), "{restless:?}");
    let guarded = place.file.change(|file| Ok([file, b"x"].concat()));
    assert!(matches!(guarded, Err(HostsFault::Reverted(_))), "{guarded:?}");
    assert_eq!(place.names(), ["hosts", "hosts.lock"]);
}

#[test]
fn a_refused_edit_and_an_unreadable_file_change_nothing() {
    let place = place(b"a");
    let refused = place.file.change(|_| Err(Refusal::Utf16));
    assert!(matches!(refused, Err(HostsFault::Refused(Refusal::Utf16))));
    assert_eq!(place.now(), b"a");
    let directory = HostsFile::at(place.dir.path().into(), place.file.keep.clone());
    assert!(matches!(directory.change(top), Err(HostsFault::System { action: "read", .. })));
    fs::File::options().write(true).open(place.path()).unwrap().set_len(MOST + 1).unwrap();
    assert!(matches!(place.file.change(top), Err(HostsFault::TooLong(_))));
}

#[test]
fn two_editors_at_once_lose_nothing() {
    let place = place(b"");
    thread::scope(|scope| {
        for editor in 0..8 {
            let file = &place.file;
            scope.spawn(move || {
                let line = format!("{editor}\n");
                let has =
                    |file: &[u8]| file.split_inclusive(|byte| *byte == b'\n').any(|l| l == line.as_bytes());
                let edit = |file: &[u8]| {
                    Ok(if has(file) { file.to_vec() } else { [file, line.as_bytes()].concat() })
                };
                assert!(file.change(edit).unwrap());
            });
        }
    });
    let mut lines: Vec<_> = place.now().into_iter().filter(|byte| *byte != b'\n').collect();
    lines.sort_unstable();
    assert_eq!(lines, b"01234567");
}

#[test]
fn a_bind_mount_is_written_in_place() {
    let place = place(b"below\n");
    let source = place.dir.path().join("source");
    fs::write(&source, "a long line that is not needed\n").unwrap();
    in_own_namespace(|| {
        bind(&source, place.path());
        let old = place.now();
        let renamed = super::super::replace::replace(place.path(), &old, b"x");
        assert_eq!(renamed.unwrap(), Written::NotHere, "the kernel itself refuses");
        assert!(place.file.change(top).unwrap());
        assert_eq!(place.now(), b"ours\na long line that is not needed\n");
        assert!(place.file.change(|_| Ok(b"short\n".to_vec())).unwrap());
        assert_eq!(place.now(), b"short\n");
        assert_eq!(fs::read(&source).unwrap(), b"short\n");
        assert_eq!(place.names(), ["hosts", "hosts.lock", "source"]);
    });
}

#[test]
fn a_file_that_is_mounted_over_elsewhere_is_written_in_place() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root may mount");
        return;
    }
    let place = place(b"a\n");
    let private = place.dir.path().join("private");
    fs::write(&private, "private\n").unwrap();
    let script = r#"mount --bind "$1" "$2" && echo ready && read -r _ && cat "$2""#;
    let mut inside = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .args([&private, place.path()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(inside.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(said.next().as_deref(), Some("ready"));
    let before = fs::metadata(place.path()).unwrap().ino();
    assert!(place.file.change(top).unwrap());
    assert_eq!(fs::metadata(place.path()).unwrap().ino(), before);
    assert_eq!(place.now(), b"ours\na\n");
    inside.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(said.next().as_deref(), Some("private"), "the mount is still there");
    assert!(inside.wait().unwrap().success());
    assert!(!super::super::mounts::is_mounted_over(place.path()));
}

#[test]
fn a_read_only_file_system_is_named_with_the_remedy() {
    let place = place(b"a\n");
    in_own_namespace(|| {
        bind(place.dir.path(), place.dir.path());
        let none: Option<&Path> = None;
        let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        mount(none, place.dir.path(), none, flags, none).unwrap();
        let keep = tempfile::tempdir().unwrap();
        let file = HostsFile::at(place.path().into(), keep.path().into());
        let fault = file.change(top).unwrap_err().to_string();
        let shown = fault.replace(&place.dir.path().display().to_string(), "DIR");
        insta::assert_snapshot!(shown, @"cannot write DIR/hosts: Read-only file system (os error 30); its file system is read-only: use `lictunnel run`, which needs no change");
    });
    assert_eq!(place.now(), b"a\n");
}

#[test]
fn an_immutable_file_is_named_with_the_remedy() {
    let place = place(b"a\n");
    let chattr = |flag| Command::new("chattr").arg(flag).arg(place.path()).output();
    if !chattr("+i").is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no immutable files here");
        return;
    }
    let fault = place.file.change(top).unwrap_err();
    chattr("-i").unwrap();
    assert!(fault.to_string().ends_with("(`chattr -i`)") && fault.wants_privilege(), "{fault}");
    assert_eq!(place.names(), ["hosts", "hosts.lock"]);
}

#[test]
fn a_cut_off_change_is_undone_by_the_next() {
    let place = place(b"a\nb\nc\n");
    fs::create_dir(&place.file.keep).unwrap();
    let leave = |now: &str| {
        fs::write(place.file.keep.join("hosts.before"), "a\nb\nc\n").unwrap();
        fs::write(place.file.keep.join("hosts.after"), "ours\na\nb\nc\n").unwrap();
        fs::write(place.path(), now).unwrap();
    };
    leave("oub\nc\n");
    assert!(place.file.change(top).unwrap());
    assert_eq!(place.now(), b"ours\na\nb\nc\n");
    leave("a\nb\nmine\n");
    let torn = place.file.change(top).unwrap_err();
    assert!(matches!(&torn, HostsFault::Torn { copy, .. } if copy.ends_with("hosts.before")), "{torn}");
    assert_eq!(place.now(), b"a\nb\nmine\n");
}
