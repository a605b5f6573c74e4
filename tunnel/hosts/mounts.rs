//! Whether somebody has a file of their own mounted over the hosts file: an application that `lictunnel run` started.
//!
//! When the file below a mount is renamed or replaced, the kernel drops the mount in every other mount namespace. So
//! every process that this one may look at is asked what it has mounted.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Whether a process that runs has something mounted on this very file.
pub(super) fn is_mounted_over(path: &Path) -> bool {
    let Some(directory) = path.parent().and_then(|parent| fs::metadata(parent).ok()) else { return false };
    let device = device_word(directory.dev());
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    let mut seen = HashSet::new();
    processes.flatten().map(|entry| entry.path()).any(|process| {
        let is_new = fs::read_link(process.join("ns/mnt")).is_ok_and(|namespace| seen.insert(namespace));
        is_new
            && fs::read_to_string(process.join("mountinfo"))
                .is_ok_and(|mounts| covers(&mounts, path, &device))
    })
}

/// A device as `mountinfo` writes it.
fn device_word(device: u64) -> String {
    format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device))
}

/// Whether a text of `/proc/PID/mountinfo` has a mount on `path` whose parent lies on `device`. A container has a
/// mount on the same path too, but over its own root.
fn covers(mounts: &str, path: &Path, device: &str) -> bool {
    let rows: Vec<Vec<_>> = mounts.lines().map(|line| line.split(' ').collect()).collect();
    let whole = || rows.iter().filter(|row: &&Vec<&str>| row.len() > 4);
    let lies_on = |id| whole().any(|row| row[0] == id && row[2] == device);
    whole().any(|row| Path::new(&unescaped(row[4])) == path && lies_on(row[1]))
}

/// `mountinfo` writes blank, tab, line feed and backslash as octal numbers.
fn unescaped(text: &str) -> String {
    let table = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    table.iter().fold(text.into(), |text: String, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mount_over_this_file_counts() {
        let root = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
        let over = "90 22 0:30 /x /etc/hosts rw - tmpfs tmpfs rw\n";
        let container = "91 92 0:30 /x /etc/hosts rw - tmpfs tmpfs rw\n92 1 0:60 / / rw - overlay o rw\n";
        let covered = |mounts: &str| covers(mounts, Path::new("/etc/hosts"), "8:1");
        assert!(covered(&format!("{root}{over}")));
        assert!(!covered(root) && !covered("") && !covered("a b\n\n") && !covered(over));
        assert!(!covered(&format!("{root}{container}")));
        assert!(covers(&format!("{root}{over}").replace("/etc", "/e\\040c"), Path::new("/e c/hosts"), "8:1"));
    }
}
