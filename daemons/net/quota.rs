//! How many connections there may be at once: a limit that can change while some are there.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// The right to so many connections, and why not to more. Clones share them.
#[derive(Debug, Clone)]
pub struct Quota {
    free: Arc<Semaphore>,
    terms: Arc<Mutex<Terms>>,
}

#[derive(Debug)]
struct Terms {
    most: usize,
    /// Connections that are there beyond the limit: it was lowered since they came.
    excess: usize,
    why: String,
}

/// The right to one connection, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    terms: Arc<Mutex<Terms>>,
}

impl Quota {
    /// What others are told when nobody ruled so.
    pub const HOST_IS_FULL: &str = "the licence host has as many connections as it may have";

    /// At most `most` at once.
    pub fn new(most: usize) -> Self {
        let terms = Terms { most, excess: 0, why: Self::HOST_IS_FULL.to_owned() };
        Self { free: Arc::new(Semaphore::new(most)), terms: Arc::new(Mutex::new(terms)) }
    }

    /// At most `most` at once from now on; `why` is what others are told. Nobody is sent away: connections above the limit end by themselves, and are not
    /// replaced.
    pub fn change(&self, most: usize, why: &str) {
        with(&self.terms, |terms| {
            // All that is free is taken away, and as much is given as the new limit leaves.
            let free = self.free.forget_permits(Semaphore::MAX_PERMITS);
            let lent = (terms.most + terms.excess).saturating_sub(free);
            self.free.add_permits(most.saturating_sub(lent));
            *terms = Terms { most, excess: lent.saturating_sub(most), why: why.to_owned() };
        });
    }

    /// What those are told who find no place.
    pub(super) fn why(&self) -> String {
        with(&self.terms, |terms| terms.why.clone())
    }

    pub(super) fn try_place(&self) -> Result<Place, TryAcquireError> {
        Arc::clone(&self.free).try_acquire_owned().map(|permit| self.give(permit))
    }

    /// A place as soon as there is one.
    pub(super) async fn place(&self) -> Place {
        match Arc::clone(&self.free).acquire_owned().await {
            Ok(permit) => self.give(permit),
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    fn give(&self, permit: OwnedSemaphorePermit) -> Place {
        Place { permit: Some(permit), terms: Arc::clone(&self.terms) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        with(&self.terms, |terms| match terms.excess {
            0 => drop(permit),
            excess => {
                terms.excess = excess - 1;
                permit.forget();
            }
        });
    }
}

fn with<R>(terms: &Mutex<Terms>, work: impl FnOnce(&mut Terms) -> R) -> R {
    work(&mut terms.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lowered_limit_holds_for_those_who_come_and_sends_nobody_away() {
        let quota = Quota::new(3);
        let mut places: Vec<_> = (0..3).map(|_| quota.try_place().unwrap()).collect();
        assert!(quota.try_place().is_err());
        quota.change(1, "one");
        assert_eq!(quota.why(), "one");
        for left in [2, 1] {
            drop(places.pop());
            assert!(quota.try_place().is_err(), "{left} are there");
        }
        drop(places.pop());
        let only = quota.try_place().unwrap();
        assert!(quota.try_place().is_err());
        quota.change(2, "two");
        let other = quota.try_place().unwrap();
        assert!(quota.try_place().is_err());
        // Down and up again while they stay: nothing is given twice.
        quota.change(0, "none");
        quota.change(3, "three");
        let third = quota.try_place().unwrap();
        assert!(quota.try_place().is_err());
        drop((only, other, third));
        let all: Vec<_> = (0..3).map(|_| quota.try_place().unwrap()).collect();
        assert!(quota.try_place().is_err());
        drop(all);
    }

    #[tokio::test]
    async fn who_waits_for_a_place_gets_one_of_a_raised_limit() {
        let quota = Quota::new(0);
        let (_place, ()) = tokio::join!(quota.place(), async { quota.change(1, "one") });
        assert!(quota.try_place().is_err());
    }
}
