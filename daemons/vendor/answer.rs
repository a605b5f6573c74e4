//! What clients are told about a change or a refusal.

use std::time::Duration;

use licgate_core::id::{CheckoutId, FeatureName};
use licgate_core::ledger::{Denial, End, LeaseState, Ledger};
use licgate_core::time::Zone;
use licgate_core::wire::{Granted, Queued, ServerMsg};

/// How the lease or ticket stands: seats, or a place in the queue. `None` when there is neither any more, or when it
/// is about to be ended because its pool is gone.
pub(super) fn standing(
    ledger: &Ledger,
    checkout: &CheckoutId,
    silence: Duration,
    zone: &impl Zone,
) -> Option<ServerMsg> {
    let lease = ledger.lease(checkout)?;
    let silence_ms = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
    match lease.state {
        LeaseState::Held => {
            let pool = lease.pool?;
            Some(ServerMsg::Granted(Granted {
                checkout: *checkout,
                lease: lease.number,
                epoch: lease.epoch,
                version: pool.version.clone(),
                seats: lease.seats,
                silence_ms,
                proof: pool.proof.clone(),
            }))
        }
        LeaseState::Waiting => Some(ServerMsg::Queued(Queued {
            checkout: *checkout,
            epoch: lease.epoch,
            position: ledger.position(checkout).unwrap_or(1),
            silence_ms,
            why: ledger.why_waiting(checkout).map(|denial| denial.sentence(zone)).unwrap_or_default(),
        })),
        LeaseState::Lingering { .. } => None,
    }
}

pub(super) fn denied(checkout: CheckoutId, denial: &Denial, zone: &impl Zone) -> ServerMsg {
    ServerMsg::Denied { checkout, code: denial.code, why: denial.sentence(zone) }
}

/// A ticket that waited ends because the options file refuses it now.
pub(super) fn refused(checkout: CheckoutId, denial: &Denial, zone: &impl Zone) -> ServerMsg {
    ServerMsg::Gone { checkout, code: denial.code, why: denial.sentence(zone) }
}

pub(super) fn gone(checkout: CheckoutId, end: End, feature: &FeatureName) -> ServerMsg {
    ServerMsg::Gone { checkout, code: end.code(), why: end.sentence(feature) }
}
