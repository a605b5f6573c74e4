//! The private hosts file, mounted over the system's, which it follows.
//!
//! When a program outside replaces the system's file, as most editors of it do, the kernel drops the mount; when one writes it
//! in place, the mount hides what it wrote. Both show in the directory, which is watched.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use rustix::fs::inotify;
use rustix::io::Errno;

use crate::hosts::edit;
use crate::hosts::file::MOST;
use crate::hosts::line::Override;

/// A private hosts file in its place.
#[derive(Debug)]
pub(super) struct Mounted {
    path: PathBuf,
    blocks: Vec<Override>,
    events: OwnedFd,
    /// The system's file and ours; `None` while there is no system's.
    files: Option<(File, File)>,
}

impl Mounted {
    /// Mounts a copy of the hosts file that has these blocks over it.
    pub(super) fn over(path: &Path, blocks: Vec<Override>) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let directory = path.parent().ok_or(io::ErrorKind::NotFound)?;
        let events = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
        let flags =
            inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::CLOSE_WRITE;
        // Watched first, so that no change is missed between reading and mounting.
        inotify::add_watch(&events, directory, flags)?;
        let mut mounted = Self { path, blocks, events, files: None };
        mounted.mount()?;
        Ok(mounted)
    }

    /// Readable when something in the directory of the hosts file has changed.
    pub(super) fn events(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// Follows the system's file where it has changed.
    pub(super) fn follow(&mut self) -> io::Result<()> {
        if !self.has_news()? {
            return Ok(());
        }
        match &self.files {
            Some((outer, own)) if is_same(&own.metadata()?, &fs::metadata(&self.path)?) => {
                rewrite(own, &content(outer, &self.blocks)?)
            }
            _ => self.mount(),
        }
    }

    /// Reads all events, and says whether one is about the hosts file.
    fn has_news(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.events, &mut buffer);
        let mut has_news = false;
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(std::ffi::CStr::to_bytes);
                    let is_hosts = name == self.path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
                    has_news |= is_hosts || event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW);
                }
                Err(Errno::WOULDBLOCK) => return Ok(has_news),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn mount(&mut self) -> io::Result<()> {
        let outer = File::open(&self.path)?;
        // Its name goes at once; the mount keeps it, and nothing is left lying about however we end.
        let own = tempfile::Builder::new().prefix("lictunnel-hosts-").tempfile()?;
        own.as_file().set_permissions(Permissions::from_mode(0o644))?;
        rewrite(own.as_file(), &content(&outer, &self.blocks)?)?;
        let none: Option<&Path> = None;
        mount(Some(own.path()), &self.path, none, MsFlags::MS_BIND, none)?;
        self.files = Some((outer, own.into_file()));
        Ok(())
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The system's file with our blocks. Blocks of other tunnels to these servers give way: this file is for one application.
fn content(mut outer: &File, blocks: &[Override]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    outer.rewind()?;
    if outer.take(MOST + 1).read_to_end(&mut bytes)? as u64 > MOST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the hosts file is too long"));
    }
    let put = |bytes: Vec<u8>, block| edit::put(&bytes, block, &|_| false);
    blocks.iter().try_fold(bytes, put).map_err(io::Error::other)
}

/// One write, so that whoever reads meanwhile finds the old names or the new ones.
fn rewrite(mut own: &File, bytes: &[u8]) -> io::Result<()> {
    own.rewind()?;
    own.write_all(bytes)?;
    own.set_len(bytes.len() as u64)
}
