//! Into a user and mount namespace, as the same user.

use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::forbidden::Forbidden;

/// Takes this process, which must have one thread only, to where mounts are its own. Root needs no user namespace for
/// that, and would lose rights in one.
pub(super) fn enter() -> Result<(), Forbidden> {
    let is_done = geteuid().is_root() && unshare(CloneFlags::CLONE_NEWNS).is_ok();
    if !is_done {
        enter_as_user()?;
    }
    let none: Option<&Path> = None;
    // What is mounted outside from now on appears inside, and not the other way round.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SLAVE, none)
        .map_err(Forbidden::at("keep mounts private"))
}

/// The user and group are mapped to themselves: were the user root inside, applications would ask for licences as root.
fn enter_as_user() -> Result<(), Forbidden> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)
        .map_err(Forbidden::at("make a user namespace"))?;
    // The kernel wants the first before it takes a group from somebody without rights.
    let maps = [
        ("/proc/self/setgroups", "deny".into()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    for (path, map) in maps {
        let written = fs::write(path, map);
        written
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
            .map_err(Forbidden::at("stay the same user in a user namespace"))?;
    }
    Ok(())
}
