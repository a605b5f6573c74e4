//! The workspace's programs, built once for all tests of a run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// A command for one of the workspace's programs, with an environment that holds nothing of the tester's own settings.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(folder().join(name));
    clean(&mut command);
    command
}

/// Takes out of a command's environment whatever could change what licgate's programs do.
pub fn clean(command: &mut Command) {
    let ours = |name: &str| {
        name.ends_with("_LICENSE_FILE")
            || name.starts_with("LICGATE_")
            || name.starts_with("XDG_")
            || name.starts_with("LM_")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
}

/// The folder that the programs are in.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(build);
    &FOLDER
}

/// The same programs in a folder that every user may enter; it goes away when it is dropped.
pub fn folder_for_all() -> tempfile::TempDir {
    let open = tempfile::tempdir().expect("a temporary folder");
    super::rights::open_to_all(open.path());
    for name in ["licmgrd", "licvendord", "licutil", "licrun", "lictunnel"] {
        let (from, to) = (folder().join(name), open.path().join(name));
        if std::fs::hard_link(&from, &to).is_err() {
            std::fs::copy(&from, &to).expect("the programs are there");
        }
    }
    open
}

/// Builds all programs with the profile of this test and returns their folder. Cargo itself knows only the programs of
/// the package under test.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let deps = test.parent().expect("a test lies in target/<profile>/deps");
    let folder = deps.parent().expect("a test lies in target/<profile>/deps");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", "--bins", "--locked", "--quiet"]).current_dir(root());
    if folder.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "the programs do not build");
    folder.to_path_buf()
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the project")
}
