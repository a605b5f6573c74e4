//! Why the hosts file could not be read or changed, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::{error, fmt};

use super::edit::Refusal;

/// A change of the hosts file that did not come about. The file is as it was before, but for [`Torn`](Self::Torn).
#[derive(Debug)]
pub enum HostsFault {
    /// The edit itself says no.
    Refused(Refusal),
    /// The system says no.
    System {
        /// What was tried: `read`, `write`, `lock`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file belongs to the Nix store, which nobody writes to.
    NixStore(PathBuf),
    /// It is longer than any hosts file.
    TooLong(PathBuf),
    /// Somebody else holds the lock and does not let go.
    Busy(PathBuf),
    /// Another program changes the file again and again.
    Restless(PathBuf),
    /// The change was written and is gone: something guards the file.
    Reverted(PathBuf),
    /// An interrupted change was found, and others have changed the file since; the copy is from before.
    Torn {
        /// The hosts file.
        path: PathBuf,
        /// The copy.
        copy: PathBuf,
    },
}

impl HostsFault {
    pub(super) fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::System { action, path, source }
    }

    /// Whether the same could be done with the administrator's rights.
    pub fn wants_privilege(&self) -> bool {
        matches!(self, Self::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl fmt::Display for HostsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::System { action, path, source } => {
                write!(f, "cannot {action} {}: {source}{}", path.display(), remedy(source))
            }
            Self::NixStore(path) => write!(
                f,
                "{} is made by NixOS and cannot be written; put the line into networking.extraHosts, or use \
                 `lictunnel run`, which needs no change",
                path.display()
            ),
            Self::TooLong(path) => {
                write!(
                    f,
                    "{} is longer than {} MiB; shorten it first",
                    path.display(),
                    super::file::MOST >> 20
                )
            }
            Self::Busy(path) => write!(
                f,
                "another lictunnel holds {} and does not let go; look for a stopped one with `lictunnel status`",
                path.display()
            ),
            Self::Restless(path) => {
                write!(f, "another program keeps changing {}; stop it and try again", path.display())
            }
            Self::Reverted(path) => write!(
                f,
                "{} was written and changed back at once; allow lictunnel in the virus scanner or configuration \
                 management that guards it",
                path.display()
            ),
            Self::Torn { path, copy } => write!(
                f,
                "a change of {} was cut short and others have changed it since; compare it with {}, mend it, and \
                 delete that copy",
                path.display(),
                copy.display()
            ),
        }
    }
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        // EPERM of an administrator, or EACCES of anybody else: both have this kind.
        io::ErrorKind::PermissionDenied => {
            "; run as administrator, and if that does not help, take the file's immutable flag away (`chattr -i`)"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "; its file system is read-only: use `lictunnel run`, which needs no change"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room on that disk",
        _ => "",
    }
}

impl error::Error for HostsFault {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<Refusal> for HostsFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
