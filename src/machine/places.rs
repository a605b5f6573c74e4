//! Where things are on this machine.

use std::path::{Path, PathBuf};

/// The state directory of a licence host: `/var/lib/licgate` for root, else `$XDG_STATE_HOME/licgate`, else
/// `~/.local/state/licgate`; `None` when there is no home.
pub fn state_dir() -> Option<PathBuf> {
    todo!()
}

/// The administrators' socket of the licence host with this state directory.
pub fn admin_socket(state_dir: &Path) -> PathBuf {
    state_dir.join("admin.sock")
}
