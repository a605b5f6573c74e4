//! Disks for a test alone: small ones, and ones that nobody may write to.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::run;

/// A mounted file system; it goes away with the test.
#[derive(Debug)]
pub struct Mount {
    path: PathBuf,
}

impl Mount {
    /// An empty disk of so many KiB at `path`, which is made if it is not there.
    pub fn small(path: &Path, kib: u32) -> Self {
        std::fs::create_dir_all(path).expect("the folder is ours");
        mount(&["-t", "tmpfs", "-o", &format!("size={kib}k,mode=0700"), "licgate-test"], path);
        Self { path: path.to_owned() }
    }

    /// The folder `path` over itself, but read-only, until this is dropped. Files that are open already stay writable.
    pub fn read_only(path: &Path) -> Self {
        let source = path.to_str().expect("paths of tests are UTF-8");
        mount(&["--bind", source], path);
        let mounted = Self { path: path.to_owned() };
        mount(&["-o", "remount,bind,ro"], path);
        mounted
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily, because a daemon that was just killed may not be quite gone.
        let left = Command::new("umount").arg("--lazy").arg(&self.path).status();
        assert!(
            left.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "{:?} stays mounted",
            self.path
        );
    }
}

fn mount(arguments: &[&str], path: &Path) {
    let (code, _, said) = run(Command::new("mount").args(arguments).arg(path));
    assert_eq!(code, 0, "{said}");
}
