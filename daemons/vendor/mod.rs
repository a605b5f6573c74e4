//! The vendor daemon: owns the seats of one vendor.

use crate::failure::Failure;
use crate::flags::VendorFlags;
use crate::run::{Daemon, Orders, Setup};

/// A vendor daemon, built.
#[derive(Debug)]
pub struct Vendor {}

impl Daemon for Vendor {
    type Flags = VendorFlags;

    async fn build(_flags: VendorFlags, _setup: Setup) -> Result<Self, Failure> {
        todo!()
    }

    async fn serve(self, _orders: Orders) -> Result<(), Failure> {
        todo!()
    }
}
