//! Which server granted last, for each question that this process has asked: it comes first the next time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use licgate_core::path::PortAtHost;

use super::race::Favourite;
use crate::candidates::Candidate;
use crate::errand::Errand;

/// Remembers who has granted.
pub(super) fn remember(errand: &Errand, master: &PortAtHost) {
    favourites().insert(question(errand), master.clone());
}

/// Moves the one that granted last to the front.
pub(super) fn bring_forward(candidates: &mut [Candidate], errand: &Errand) -> Favourite {
    let favourite = favourites().get(&question(errand)).map(ToString::to_string);
    match candidates.iter().position(|candidate| Some(candidate.name()) == favourite) {
        Some(at) => {
            candidates.get_mut(..=at).unwrap_or_default().rotate_right(1);
            Favourite::First
        }
        None => Favourite::None,
    }
}

fn favourites() -> MutexGuard<'static, BTreeMap<String, PortAtHost>> {
    static FAVOURITES: Mutex<BTreeMap<String, PortAtHost>> = Mutex::new(BTreeMap::new());
    FAVOURITES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn question(errand: &Errand) -> String {
    format!("{:?} {}", errand.vendor, errand.searched().join(" "))
}
