//! The administrators' entrance: a UNIX socket in the state directory, which the file system guards, and so do we.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, Entrance, ServerMsg};
use licgate_machine::places;
use nix::unistd::{Gid, Group, Uid, User, geteuid, getgrouplist};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Duration, sleep};
use tracing::{Instrument as _, error_span, warn};

use super::desk;
use super::premises::Premises;
use crate::failure::{Exit, Failure};
use crate::net::Conn;

/// How long accepting rests after it failed.
const REST: Duration = Duration::from_millis(250);

/// How long somebody who is no administrator may take to say hello.
const HELLO: Duration = Duration::from_secs(2);

/// The bound socket; its file goes away with it.
#[derive(Debug)]
pub(super) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
    guard: Guard,
}

/// Who may come in.
#[derive(Debug, Clone, Copy)]
struct Guard {
    own: Uid,
    group: Option<Gid>,
}

/// Binds the socket. `group` may administer the host besides root and the daemons' own user. What is left of an earlier
/// socket is removed: the lock on the state directory says that nobody else serves it.
pub(super) fn bind(state_dir: &Path, group: Option<&str>) -> Result<AdminSocket, Failure> {
    let guard = Guard { own: geteuid(), group: group.map(find_group).transpose()? };
    let path = places::admin_socket(state_dir);
    let listener = listen(&path, guard.group).and_then(|listener| {
        guard.group.map_or(Ok(()), |group| open_to(state_dir, group))?;
        Ok(listener)
    });
    let listener = listener.map_err(|error| {
        let message = format!("cannot make the administrators' socket {}: {error}", path.display());
        Failure::new(Exit::NoFile, message).with_hint(match error.kind() {
            io::ErrorKind::PermissionDenied if group.is_some() => {
                "the daemons' user has to be a member of [admin] group (usermod -aG)"
            }
            _ => "name a state directory with a short path that this user may write to (--state-dir)",
        })
    })?;
    Ok(AdminSocket { listener, path, guard })
}

/// Until the mode is set, nobody but the owner can connect: the directory or the umask forbids it, and
/// [`Guard::admits`] does in any case.
fn listen(path: &Path, group: Option<Gid>) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Err(_) | Ok(()) => {}
    }
    let listener = UnixListener::bind(path)?;
    let mode = match group {
        None => 0o600,
        Some(group) => {
            chown(path, None, Some(group.as_raw()))?;
            0o660
        }
    };
    std::fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(listener)
}

/// Lets the group through the directory to the socket, without letting it list the directory.
fn open_to(state_dir: &Path, group: Gid) -> io::Result<()> {
    chown(state_dir, None, Some(group.as_raw()))?;
    let mode = std::fs::metadata(state_dir)?.permissions().mode() | 0o010;
    std::fs::set_permissions(state_dir, Permissions::from_mode(mode))
}

fn find_group(name: &str) -> Result<Gid, Failure> {
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid),
        Ok(None) | Err(_) => {
            let message = format!("there is no group {name:?}, which [admin] group in licgate.toml names");
            Err(Failure::new(Exit::BadConfig, message)
                .with_hint("make it with `groupadd`, or set group = \"\""))
        }
    }
}

impl AdminSocket {
    /// Accepts administrators until the tasks stop.
    pub(super) fn serve(self, premises: &Arc<Premises>) {
        let premises = Arc::clone(premises);
        let tasks = premises.setup().tasks.clone();
        tasks.clone().spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = tasks.stopping().cancelled() => return,
                    accepted = self.listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) if self.guard.admits(&stream) => {
                        let desk = desk::serve(Conn::new(stream), Entrance::Local, Arc::clone(&premises));
                        tasks.spawn(desk.instrument(error_span!("administrator")));
                    }
                    Ok((stream, _)) => {
                        warn!(
                            "somebody who is no administrator was sent away from the administrators' socket"
                        );
                        tasks.spawn(send_away(Conn::new(stream)));
                    }
                    Err(error) => {
                        warn!(%error, "cannot accept administrators");
                        sleep(REST).await;
                    }
                }
            }
        });
    }
}

/// Says why and hangs up. Not before the caller has said hello: one who is still writing would not read the answer.
async fn send_away(mut conn: Conn<UnixStream>) {
    let why =
        "you are no administrator of this licence host; become its user, or root, or ask for [admin] group";
    let refused = ServerMsg::Refused { code: Code::NOT_ADMINISTRATOR, lines: vec![why.to_owned()] };
    // Whatever it says changes nothing, and who has gone already needs no answer.
    drop(conn.recv_within::<ClientMsg>(HELLO).await);
    drop(conn.send(&refused).await);
    conn.close().await;
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            warn!(%error, "cannot remove {}", self.path.display());
        }
    }
}

impl Guard {
    fn admits(self, stream: &UnixStream) -> bool {
        let Ok(peer) = stream.peer_cred() else { return false };
        let uid = Uid::from_raw(peer.uid());
        uid.is_root()
            || uid == self.own
            || self.group.is_some_and(|group| is_member(uid, Gid::from_raw(peer.gid()), group))
    }
}

fn is_member(uid: Uid, primary: Gid, group: Gid) -> bool {
    if primary == group {
        return true;
    }
    let Ok(Some(user)) = User::from_uid(uid) else { return false };
    let Ok(name) = std::ffi::CString::new(user.name) else { return false };
    getgrouplist(&name, user.gid).is_ok_and(|groups| groups.contains(&group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_for_its_owner_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = places::admin_socket(folder.path());
        std::fs::write(&path, "left over").unwrap();
        let socket = bind(folder.path(), None).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (client, accepted) = tokio::join!(UnixStream::connect(&path), socket.listener.accept());
        client.unwrap();
        assert!(socket.guard.admits(&accepted.unwrap().0));
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn strangers_are_not_admitted() {
        let group = Gid::from_raw(60_001);
        assert!(is_member(Uid::from_raw(60_000), group, group));
        assert!(!is_member(Uid::from_raw(60_000), Gid::from_raw(60_000), group));
    }

    #[tokio::test]
    async fn an_unknown_group_and_a_long_path_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let failure = bind(folder.path(), Some("no-such-group")).unwrap_err();
        assert_eq!(failure.exit, Exit::BadConfig);
        let deep = folder.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let failure = bind(&deep, None).unwrap_err();
        assert!(failure.to_string().contains("short path"), "{failure}");
    }
}
