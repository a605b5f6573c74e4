//! Checkouts and who asks for them.

use licgate_core::id::{CheckoutId, FeatureName};
use licgate_core::ledger::{Holder, Machine, Request};
use licgate_core::version::Version;

/// An id that is as far from its neighbours as those that clients draw at random.
pub(crate) fn id(number: u64) -> CheckoutId {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).swap_bytes();
    CheckoutId::new((u128::from(scattered) << 64 | u128::from(number)).to_be_bytes())
}

pub(crate) fn holder(number: u64) -> Holder {
    Holder {
        user: format!("u{}", number % 5000),
        host: format!("node{}.example.com", number % 2000),
        display: "/dev/tty".into(),
        pid: 4711,
        ..Holder::default()
    }
}

/// One seat of `solver`; who gets none at once does not wait.
pub(crate) fn request(number: u64) -> Request {
    Request {
        checkout: id(number),
        holder: holder(number),
        address: Some([10, 0, 0, 1].into()),
        machine: Machine::default(),
        feature: FeatureName::from("solver"),
        version: version(),
        seats: 1,
        wait: false,
    }
}

pub(crate) fn version() -> Version {
    Version::parse("2025.06").expect("a version")
}
