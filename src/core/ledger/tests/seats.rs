//! Who gets a seat and who does not.

use super::bench::*;
use crate::ledger::{Ask, End, Event};
use core::time::Duration;

#[test]
fn seats_go_out_wait_and_come_back() {
    let mut bench = Bench::new([pool("a", "solver", 2)]);
    for (checkout, user) in [(1, "anna"), (2, "bob"), (3, "carl"), (4, "dora")] {
        bench.checkout(&waiting(checkout, user)).unwrap();
    }
    assert_eq!(bench.states(&[1, 2, 3, 4]), "1 held 2 held 3 waiting 4 waiting");
    assert_eq!((bench.ledger.position(&id(3)), bench.ledger.position(&id(4))), (Some(1), Some(2)));
    assert!(bench.settle().is_empty());
    bench.ask(&Ask::Checkin(id(2), 1)).unwrap();
    assert_eq!(bench.settle().len(), 1);
    assert_eq!(bench.states(&[1, 2, 3, 4]), "1 held 2 unknown 3 held 4 waiting");
    let ended = bench.pass(SILENCE + Duration::from_secs(1));
    assert!(ended.contains(&Event::Ended { checkout: id(1), why: End::Silent }));
    assert_eq!(bench.in_use(0), 0);
}
