//! What only root may do on a test machine, and how a test goes without.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Runs what follows as a user without any rights.
pub const AS_NOBODY: [&str; 6] =
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--"];

/// Whether these tests run as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this test may go on: it needs root, and these programs. If not, that is said aloud.
pub fn may(test: &str, programs: &[&str]) -> bool {
    if !is_root() {
        skip(test, "it needs root");
        return false;
    }
    let missing = programs.iter().find(|program| !is_installed(program));
    if let Some(program) = missing {
        skip(test, &format!("there is no program {program}"));
    }
    missing.is_none()
}

/// Says that a test is left out, also when the test runner keeps to itself what passing tests say.
pub fn skip(test: &str, why: &str) {
    writeln!(std::io::stderr(), "skipped: {test}: {why}").expect("stderr is there");
}

/// Lets every user into a folder.
pub fn open_to_all(folder: &Path) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
