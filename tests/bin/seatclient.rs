//! An application for the end-to-end tests: takes a seat, tells the observer, and gives it back, as often as told.

use std::error::Error;
use std::path::Path;

use licgate::{Licence, Wait};
use licgate_tests::Seat;

/// `seatclient OBSERVER SERVER VENDOR_KEY FEATURE ROUNDS`
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [observer, server, vendor_key, feature, rounds] = arguments.as_slice() else {
        return Err("usage: seatclient OBSERVER SERVER VENDOR_KEY FEATURE ROUNDS".into());
    };
    let mut seat = Seat::report_to(Path::new(observer))?;
    for _ in 0..rounds.parse()? {
        let licence = Licence::checkout(feature, "1.0")
            .vendor("acme")
            .vendor_key(vendor_key)
            .server(server)
            .wait(Wait::Forever)
            .take()?;
        seat.taken()?;
        if let Some(why) = licence.lost() {
            return Err(format!("lost the seat: {why}").into());
        }
        seat.left()?;
        licence.give_back()?;
    }
    Ok(())
}
