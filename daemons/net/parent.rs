//! A vendor daemon's line to the master that started it: standard input and output, which are pipes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::{Join, join};
use tokio::net::unix::pipe;

use super::Conn;

/// The line to the master.
pub type Parent = Conn<Join<pipe::Receiver, pipe::Sender>>;

/// Takes standard input and output for talking with the master. Fails when they are no pipes: then nobody but a
/// curious person started this program.
pub fn parent() -> io::Result<Parent> {
    let (input, output) = (owned(&io::stdin())?, owned(&io::stdout())?);
    let mut line =
        Conn::new(join(pipe::Receiver::from_owned_fd(input)?, pipe::Sender::from_owned_fd(output)?));
    line.trust();
    Ok(line)
}

fn owned(stream: &impl AsFd) -> io::Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned()
}
