//! What this machine shows for itself.

use licgate_core::host::HostFacts;
use licgate_core::ledger::Holder;

/// Everything that can be measured here without privileges; `key` is left empty.
pub fn measure() -> HostFacts {
    todo!()
}

/// The user, host, display and process that this program runs as.
pub fn holder() -> Holder {
    todo!()
}

/// The platform word of FlexNet for this machine (`x64_lsb`, `arm64_re`, `x64_n6`, `x64_mac`, …).
pub fn platform() -> &'static str {
    todo!()
}
