//! A finished file in place of the old one: made beside it, given all that the old one has, synced, renamed.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
use rustix::io::Errno;

use super::fault::HostsFault;
use super::file::{Written, read};

/// The longest extended attribute, and the longest list of their names, that Linux has.
const ATTRIBUTE: usize = 64 << 10;

/// Replaces the file by one that holds `new`, unless it does not hold `old` any more.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<Written, HostsFault> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let fresh = match tempfile::Builder::new().prefix(".hosts-lictunnel-").tempfile_in(directory) {
        // Here nobody may make files: a container with a read-only root, say.
        Err(error) if is_obstacle(&error) => return Ok(Written::NotHere),
        made => made.map_err(HostsFault::system("make a file in", directory))?,
    };
    match dress(path, fresh.as_file()) {
        Err(error) if is_obstacle(&error) => return Ok(Written::NotHere),
        dressed => dressed.map_err(HostsFault::system("copy the owner and labels of", path))?,
    }
    let fill = || {
        fresh.as_file().write_all(new)?;
        fresh.as_file().sync_all()
    };
    fill().map_err(HostsFault::system("write", fresh.path()))?;
    if read(path)? != old {
        return Ok(Written::Changed);
    }
    match fresh.persist(path) {
        Err(error) if is_obstacle(&error.error) => return Ok(Written::NotHere),
        renamed => renamed.map_err(|error| HostsFault::system("replace", path)(error.error))?,
    };
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(HostsFault::system("sync", directory))?;
    Ok(Written::Done)
}

/// Gives the fresh file the owner, mode and extended attributes (labels, access lists) of the old one.
fn dress(path: &Path, fresh: &File) -> io::Result<()> {
    let old = match File::open(path) {
        // A new hosts file is for everybody to read.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return fresh.set_permissions(Permissions::from_mode(0o644));
        }
        opened => opened?,
    };
    let (had, has) = (old.metadata()?, fresh.metadata()?);
    let owner = |file: &Metadata| (file.uid(), file.gid());
    if owner(&had) != owner(&has) {
        fchown(fresh, Some(had.uid()), Some(had.gid()))?;
    }
    fresh.set_permissions(Permissions::from_mode(had.mode() & 0o7777))?;
    copy_attributes(&old, fresh)
}

fn copy_attributes(old: &File, fresh: &File) -> io::Result<()> {
    let mut names = Vec::with_capacity(ATTRIBUTE);
    match flistxattr(old, spare_capacity(&mut names)) {
        Err(Errno::NOTSUP) => return Ok(()),
        listed => listed?,
    };
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = Vec::with_capacity(ATTRIBUTE);
        fgetxattr(old, name, spare_capacity(&mut value))?;
        let mut had = Vec::with_capacity(ATTRIBUTE);
        let is_there = fgetxattr(fresh, name, spare_capacity(&mut had)).is_ok() && had == value;
        if !is_there {
            fsetxattr(fresh, name, &value, XattrFlags::empty())?;
        }
    }
    Ok(())
}

/// What speaks against replacing, and not against writing in place.
fn is_obstacle(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy, Unsupported};
    matches!(
        error.kind(),
        CrossesDevices | PermissionDenied | ReadOnlyFilesystem | ResourceBusy | Unsupported
    )
}
