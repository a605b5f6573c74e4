//! The only place that spawns: every task is counted, and joined at the end.

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The tasks of this process. Clones stand for the same tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    kill: CancellationToken,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task in the current tracing span. Its result is to be had from the receiver; a receiver that is dropped
    /// does not stop the task.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn spawn<F>(&self, task: F) -> oneshot::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let (result, receiver) = oneshot::channel();
        let kill = self.kill.clone();
        let killable = async move {
            tokio::select! {
                () = kill.cancelled() => {}
                // Whoever wanted the result may have gone.
                out = task => drop(result.send(out)),
            }
        };
        drop(tokio::spawn(self.tracker.track_future(killable.in_current_span())));
        receiver
    }

    /// Runs something that blocks (a terminal, a disk) on a thread of its own and gives its result; `None` when it
    /// panicked.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub async fn blocking<R, F>(&self, work: F) -> Option<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.tracker.track_future(tokio::task::spawn_blocking(work)).await.ok()
    }

    /// How many tasks run.
    pub fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Waits for all tasks, and drops where they wait those that are not done after `grace`.
    pub async fn drain(&self, grace: Duration) {
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_err() {
            self.kill.cancel();
            self.tracker.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_drain_joins_those_that_end_and_drops_the_others() {
        let tasks = Tasks::new();
        let ends = tasks.spawn(async { 7 });
        let stays = tasks.spawn(std::future::pending::<()>());
        assert_eq!(tasks.count(), 2);
        tasks.drain(Duration::from_secs(5)).await;
        assert_eq!((ends.await, tasks.count()), (Ok(7), 0));
        assert!(stays.await.is_err());
    }
}
