//! Where things are on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The state directory of a licence host: `/var/lib/licgate` for root, else `$XDG_STATE_HOME/licgate`, else
/// `~/.local/state/licgate` (on Windows `%ProgramData%\licgate`); `None` when there is no home.
pub fn state_dir() -> Option<PathBuf> {
    if cfg!(windows) {
        return absolute(env::var_os("ProgramData")).map(|data| data.join("licgate"));
    }
    user_state_dir(is_root(), env::var_os("XDG_STATE_HOME"), env::home_dir())
}

/// The administrators' socket of the licence host with this state directory.
pub fn admin_socket(state_dir: &Path) -> PathBuf {
    state_dir.join("admin.sock")
}

fn user_state_dir(is_root: bool, xdg_state_home: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    if is_root {
        return Some("/var/lib/licgate".into());
    }
    let state = absolute(xdg_state_home)
        .or_else(|| absolute(home.map(PathBuf::into_os_string)).map(|home| home.join(".local/state")));
    state.map(|state| state.join("licgate"))
}

/// The XDG specification has relative paths ignored; an empty variable counts as unset.
fn absolute(path: Option<OsString>) -> Option<PathBuf> {
    path.map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_state_directory_follows_user_and_environment() {
        let table = [
            (true, Some("/x"), Some("/root"), Some("/var/lib/licgate")),
            (false, Some("/x"), Some("/home/ada"), Some("/x/licgate")),
            (false, Some("x"), Some("/home/ada"), Some("/home/ada/.local/state/licgate")),
            (false, Some(""), Some("/home/ada"), Some("/home/ada/.local/state/licgate")),
            (false, None, Some("/home/ada"), Some("/home/ada/.local/state/licgate")),
            (false, None, Some(""), None),
            (false, None, None, None),
        ];
        for (is_root, xdg, home, expected) in table {
            let found = user_state_dir(is_root, xdg.map(Into::into), home.map(Into::into));
            assert_eq!(found, expected.map(PathBuf::from), "{is_root} {xdg:?} {home:?}");
        }
    }
}
