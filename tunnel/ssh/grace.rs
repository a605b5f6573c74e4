//! The time that a server has for its answers, of which what people and agents take is no part.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::clock::Stopwatch;

/// What is left of a server's time. It runs only while the server is waited for.
#[derive(Debug)]
pub(super) struct Grace {
    step: Duration,
    left: Duration,
    paused: watch::Sender<bool>,
}

impl Grace {
    /// `step` at most for one answer, or for the part of it before or after a pause; `all` for all of them together.
    pub(super) fn new(step: Duration, all: Duration) -> Self {
        Self { step, left: all, paused: watch::Sender::new(false) }
    }

    /// For those who work between the server's answers.
    pub(super) fn pause(&self) -> Pause {
        Pause(self.paused.clone())
    }

    /// What `answer` comes to; `None` when the server takes too long over it.
    pub(super) async fn wait<F: Future>(&mut self, answer: F) -> Option<F::Output> {
        let mut paused = self.paused.subscribe();
        let mut answer = pin!(answer);
        loop {
            let runs = !*paused.borrow_and_update();
            let watch = Stopwatch::start();
            let answered = tokio::select! {
                answered = &mut answer => Some(answered),
                () = sleep(self.step.min(self.left)), if runs => {
                    self.left = self.left.saturating_sub(watch.elapsed());
                    return None;
                }
                Ok(()) = paused.changed() => None,
            };
            if runs {
                self.left = self.left.saturating_sub(watch.elapsed());
            }
            if answered.is_some() {
                return answered;
            }
        }
    }
}

/// Stops the server's time.
#[derive(Debug, Clone)]
pub(super) struct Pause(watch::Sender<bool>);

impl Pause {
    /// Does `work`, which is not the server's.
    pub(super) async fn during<F: Future>(&self, work: F) -> F::Output {
        self.0.send_replace(true);
        let done = work.await;
        self.0.send_replace(false);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(10);
    const ALL: Duration = Duration::from_secs(25);

    #[tokio::test(start_paused = true)]
    async fn neither_one_answer_nor_all_together_may_take_too_long() {
        let watch = Stopwatch::start();
        assert_eq!(Grace::new(STEP, ALL).wait(std::future::pending::<()>()).await, None);
        assert_eq!(watch.elapsed(), STEP);

        let mut grace = Grace::new(STEP, ALL);
        for _ in 0..3 {
            assert_eq!(grace.wait(sleep(Duration::from_secs(8))).await, Some(()));
        }
        assert_eq!(grace.wait(sleep(Duration::from_secs(2))).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_person_takes_does_not_count() {
        let mut grace = Grace::new(STEP, ALL);
        let pause = grace.pause();
        let answer = async {
            sleep(Duration::from_secs(9)).await;
            pause.during(sleep(Duration::from_secs(3600))).await;
            sleep(Duration::from_secs(9)).await;
        };
        assert_eq!(grace.wait(answer).await, Some(()));
        let silent = async {
            pause.during(sleep(Duration::from_secs(3600))).await;
            std::future::pending::<()>().await;
        };
        let watch = Stopwatch::start();
        assert_eq!(grace.wait(silent).await, None);
        assert_eq!(watch.elapsed(), Duration::from_secs(3607));
    }
}
