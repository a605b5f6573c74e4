//! The master daemon: where is vendor V, and is its daemon alive?

use crate::failure::Failure;
use crate::flags::MasterFlags;
use crate::run::{Daemon, Orders, Setup};

/// A master daemon, built.
#[derive(Debug)]
pub struct Master {}

impl Daemon for Master {
    type Flags = MasterFlags;

    async fn build(_flags: MasterFlags, _setup: Setup) -> Result<Self, Failure> {
        todo!()
    }

    async fn serve(self, _orders: Orders) -> Result<(), Failure> {
        todo!()
    }
}
