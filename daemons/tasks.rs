//! The only place that spawns: every task is counted, hears of the end, and is joined.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The tasks of one daemon. Clones stand for the same tasks.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    kill: CancellationToken,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All tasks came to their own end.
    Finished,
    /// So many had to be dropped where they waited.
    Dropped(usize),
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task in the current tracing span. After the grace of [`drain`](Self::drain) it is dropped where it waits.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let kill = self.kill.clone();
        let killable = async move {
            tokio::select! {
                () = kill.cancelled() => {}
                () = task => {}
            }
        };
        drop(tokio::spawn(self.tracker.track_future(killable.in_current_span())));
    }

    /// Runs something that blocks (a disk, a name service) on a thread of its own and gives its result; `None` when
    /// it panicked.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub async fn blocking<R, F>(&self, work: F) -> Option<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.tracker.track_future(tokio::task::spawn_blocking(work)).await.ok()
    }

    /// Cancelled when the daemon begins to end: nothing new is to be begun from then on.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Tells all tasks that the end has begun.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Tells all tasks to end, waits for them, and drops those that are not done after `grace`.
    pub async fn drain(&self, grace: Duration) -> Drained {
        self.stop();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return Drained::Finished;
        }
        let left = self.tracker.len();
        self.kill.cancel();
        self.tracker.wait().await;
        Drained::Dropped(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_drain_joins_those_that_end_and_drops_the_others() {
        let tasks = Tasks::new();
        let stop = tasks.stopping().clone();
        tasks.spawn(async move { stop.cancelled().await });
        assert_eq!(tasks.drain(Duration::from_secs(5)).await, Drained::Finished);

        let tasks = Tasks::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(async {});
        assert_eq!(tasks.drain(Duration::from_secs(5)).await, Drained::Dropped(1));
    }

    #[tokio::test]
    async fn blocking_work_gives_its_result() {
        assert_eq!(Tasks::new().blocking(|| 7).await, Some(7));
    }
}
