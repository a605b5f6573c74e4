//! A way for one thread to end another's wait for a seat.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Ends a checkout that is under way: clone it, give one half to [`Checkout::cancel`](crate::Checkout::cancel) and call
/// [`cancel`](Self::cancel) on the other. Once cancelled it stays so. It does nothing to a seat that is held already.
#[derive(Debug, Default, Clone)]
pub struct CancelToken {
    inner: Arc<Mutex<Inner>>,
}

type Hook = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Inner {
    cancelled: bool,
    next: u64,
    hooks: BTreeMap<u64, Hook>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("cancelled", &self.cancelled).finish_non_exhaustive()
    }
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the checkouts that were given this token, and those that will be. May be called from any thread, and twice.
    pub fn cancel(&self) {
        let hooks: Vec<Hook> = {
            let mut inner = self.inner();
            inner.cancelled = true;
            inner.hooks.values().cloned().collect()
        };
        hooks.iter().for_each(|hook| hook());
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.inner().cancelled
    }

    /// Calls `hook` when this is cancelled, at once if it was already; until the subscription is dropped.
    pub(crate) fn subscribe(&self, hook: impl Fn() + Send + Sync + 'static) -> Subscription {
        let hook: Hook = Arc::new(hook);
        let mut inner = self.inner();
        let number = inner.next;
        inner.next += 1;
        inner.hooks.insert(number, Arc::clone(&hook));
        let cancelled = inner.cancelled;
        drop(inner);
        if cancelled {
            hook();
        }
        Subscription { token: self.clone(), number }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it lives, its hook is called.
#[derive(Debug)]
#[must_use]
pub(crate) struct Subscription {
    token: CancelToken,
    number: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.token.inner().hooks.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn hooks_are_called_while_they_are_subscribed() {
        let (token, count) = (CancelToken::new(), Arc::new(AtomicU32::new(0)));
        let hook = |count: &Arc<AtomicU32>| {
            let count = Arc::clone(count);
            move || {
                count.fetch_add(1, Ordering::SeqCst);
            }
        };
        let kept = token.subscribe(hook(&count));
        drop(token.subscribe(hook(&count)));
        assert!(!token.is_cancelled());
        token.clone().cancel();
        assert!(token.is_cancelled());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let late = token.subscribe(hook(&count));
        assert_eq!(count.load(Ordering::SeqCst), 2);
        drop((kept, late));
        token.cancel();
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
