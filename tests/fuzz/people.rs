//! The world of the targets: keys, a host, a day, people.

use std::sync::LazyLock;

use licgate_core::host::HostFacts;
use licgate_core::id::VendorName;
use licgate_core::ledger::Holder;
use licgate_core::licence::{Signer, VendorKey};
use licgate_core::time::{Civil, Date, WallTime};

/// The vendor of the seeds.
pub(crate) fn acme() -> VendorName {
    VendorName::from("acme")
}

/// Its key.
pub(crate) static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::new(&[7; 32]));
/// The public half of it.
pub(crate) static VENDOR_KEY: LazyLock<VendorKey> = LazyLock::new(|| SIGNER.public());
/// A key with which nothing is signed.
pub(crate) static OTHER_KEY: LazyLock<VendorKey> = LazyLock::new(|| Signer::new(&[8; 32]).public());

/// The identity of the licence host.
pub(crate) const HOST_KEY: [u8; 32] = [9; 32];

/// The licence host of the seeds.
pub(crate) fn host() -> HostFacts {
    HostFacts {
        ethers: vec![[0x00, 0x50, 0x56, 0x0a, 0x1b, 0x2c]],
        names: vec!["lic1".into(), "lic1.example.com".into()],
        addresses: vec!["10.0.0.7".into()],
        key: Some(HOST_KEY),
        user: "ada".into(),
        display: ":0".into(),
    }
}

/// The day of all targets.
pub(crate) fn today() -> Date {
    Date::parse("15-jun-2025").expect("a day of the calendar")
}

/// A zone in which it is always noon of [`today`].
pub(crate) fn noon(_: WallTime) -> Civil {
    Civil { date: today(), hour: 12, minute: 0, second: 0 }
}

/// Somebody.
pub(crate) fn holder(number: u8) -> Holder {
    Holder {
        user: format!("user{}", number % 4),
        host: format!("node{}", number % 3),
        display: format!(":{}", number % 2),
        pid: number.into(),
        data: if number.is_multiple_of(5) { "data".into() } else { String::new() },
        ..Holder::default()
    }
}
