//! `licutil reread`: read licence and options files again.

use clap::Args;

use super::local::Socket;
use super::names::Called;
use crate::failure::{Failure, Manner};
use crate::out::Out;

/// Have the licence host of this machine read its licence files again
///
/// With mistakes in them the old ones stay in force, and what is wrong is said. Seats that are out stay out.
#[derive(Debug, Args)]
pub(super) struct Reread {
    #[command(flatten)]
    socket: Socket,
    /// Only the daemon of this vendor
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// For scripts that give every command of FlexNet's the same flags: nothing is asked anyway
    #[arg(short, long, hide = true)]
    quiet: bool,
}

impl Reread {
    pub(super) fn run(&self, called: &Called, out: &mut Out) -> Result<(), Failure> {
        let vendor = self.vendor.as_deref().map(Into::into);
        let done = self.socket.connect(out).and_then(|admin| Ok(admin.reread(vendor.as_ref())?));
        match (called.manner, done) {
            (Manner::Licgate, done) => done?.iter().for_each(|line| out.line(line)),
            (Manner::FlexNet, Ok(lines)) => {
                lines.iter().for_each(|line| out.line(line));
                out.line("lmreread successful");
            }
            (Manner::FlexNet, Err(failure)) => {
                out.line(&format!("lmreread failed: {failure}"));
                return Err(failure.without_words());
            }
        }
        Ok(())
    }
}
