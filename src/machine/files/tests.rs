//! Tests of reading, listing and writing.

use super::*;

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_directory_gives_its_licence_files_in_order() {
    let dir = dir();
    for name in ["b.lic", "a.lic", "notes.txt", "c.LIC", "acme.opt"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    fs::create_dir(dir.path().join("d.lic")).unwrap();
    let names = licence_files(dir.path()).unwrap();
    assert_eq!(names, [dir.path().join("a.lic"), dir.path().join("b.lic")]);
    let alone = dir.path().join("notes.txt");
    assert_eq!(licence_files(&alone).unwrap(), [alone]);
}

#[test]
fn text_is_utf_8_or_else_latin_1() {
    let dir = dir();
    let path = dir.path().join("a.lic");
    for (bytes, expected) in [(b"caf\xc3\xa9".as_slice(), "café"), (b"caf\xe9", "café"), (b"", "")] {
        fs::write(&path, bytes).unwrap();
        let source = read(&path).unwrap();
        assert_eq!((source.text(), source.name()), (expected, path.to_str().unwrap()));
    }
    fs::write(&path, b"\xff\xfeF\0").unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert!(error.ends_with("it is written in UTF-16: save it as UTF-8"), "{error}");
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let dir = dir();
    let path = dir.path().join("a.lic");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read_bytes(&path, 5).unwrap(), b"12345");
    assert_eq!(read_bytes(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
}

#[cfg(unix)]
#[test]
fn what_may_never_end_is_refused_unopened() {
    let dir = dir();
    let pipe = dir.path().join("a.lic");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for path in [Path::new("/dev/null"), &pipe] {
        let expected = format!(
            "cannot read {}: it is no file, but a pipe or a device; name a licence file",
            path.display()
        );
        assert_eq!(read(path).unwrap_err().to_string(), expected);
    }
    assert_eq!(read(dir.path()).unwrap_err().source.kind(), ErrorKind::IsADirectory);
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let table = [
        (
            "read",
            Error::from_raw_os_error(2),
            "cannot read /x/acme.lic: there is no such file or directory; check the path",
        ),
        (
            "write",
            Error::from_raw_os_error(2),
            "cannot write /x/acme.lic: there is no such file or directory; make its directory first",
        ),
        (
            "read",
            Error::from_raw_os_error(13),
            "cannot read /x/acme.lic: permission denied; run as its owner, or let this user read it",
        ),
        (
            "write",
            Error::from_raw_os_error(28),
            "cannot write /x/acme.lic: no space left on device; make room on that disk",
        ),
        ("read", Error::from_raw_os_error(21), "cannot read /x/acme.lic: is a directory"),
        (
            "write",
            Error::from_raw_os_error(17),
            "cannot write /x/acme.lic: it exists already; remove it first, or give another name",
        ),
    ];
    for (action, error, expected) in table {
        assert_eq!(FileError::new(action, Path::new("/x/acme.lic"), error).to_string(), expected);
    }
}

#[cfg(unix)]
#[test]
fn writing_replaces_the_content_and_keeps_mode_and_link() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir();
    let (path, link) = (dir.path().join("a.lic"), dir.path().join("current.lic"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    write(&path, b"one", 0o640).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o640));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    std::os::unix::fs::symlink("a.lic", &link).unwrap();
    write(&link, b"two", 0o600).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o604));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing temporary is left");
}

#[test]
fn creating_never_replaces() {
    let dir = dir();
    let path = dir.path().join("acme.key");
    create(&path, b"one", 0o600).unwrap();
    let error = create(&path, b"two", 0o600).unwrap_err();
    assert_eq!(error.source.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing temporary is left");
}
