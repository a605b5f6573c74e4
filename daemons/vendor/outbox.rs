//! The way from the keeper to one client: bounded, and it never waits.

use licgate_core::wire::{ServerMsg, limit};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio_util::sync::CancellationToken;

/// Messages that may wait for one client. Twice what its checkouts can cause at once: a client that lets more pile up
/// does not read.
const WAITING: usize = 2 * limit::CHECKOUTS;

/// The keeper's end. Clones lead to the same client.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    messages: mpsc::Sender<ServerMsg>,
    slow: CancellationToken,
}

/// The desk's end.
#[derive(Debug)]
pub(super) struct Letters {
    messages: mpsc::Receiver<ServerMsg>,
    slow: CancellationToken,
}

/// A way to one client.
pub(super) fn outbox() -> (Outbox, Letters) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let slow = CancellationToken::new();
    (Outbox { messages: sender, slow: slow.clone() }, Letters { messages: receiver, slow })
}

impl Outbox {
    /// Whether both lead to the same client's connection.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.messages.same_channel(&other.messages)
    }

    /// Sends a message on its way. A client that has let too many pile up is given up; to one that has gone nothing
    /// is said.
    pub(super) fn tell(&self, message: ServerMsg) {
        match self.messages.try_send(message) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(_)) => self.slow.cancel(),
        }
    }
}

impl Letters {
    /// The next messages, at least one; `None` when the client was given up.
    pub(super) async fn next(&mut self) -> Option<Vec<ServerMsg>> {
        let mut messages = Vec::new();
        tokio::select! {
            biased;
            () = self.slow.cancelled() => None,
            count = self.messages.recv_many(&mut messages, WAITING) => (count > 0).then_some(messages),
        }
    }

    /// The next messages even when the client was given up.
    pub(super) async fn late(&mut self) -> Vec<ServerMsg> {
        let mut messages = Vec::new();
        self.messages.recv_many(&mut messages, WAITING).await;
        messages
    }

    /// Resolves when the client was given up.
    pub(super) async fn given_up(&self) {
        self.slow.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use licgate_core::id::CheckoutId;

    use super::*;

    fn message() -> ServerMsg {
        ServerMsg::Returned { checkout: CheckoutId::new([1; 16]) }
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_given_up_and_nobody_waits_for_it() {
        let (outbox, mut letters) = outbox();
        (0..WAITING).for_each(|_| outbox.tell(message()));
        assert!(!letters.slow.is_cancelled());
        assert_eq!(letters.next().await.unwrap().len(), WAITING);
        (0..=WAITING).for_each(|_| outbox.tell(message()));
        assert!(letters.slow.is_cancelled());
        assert_eq!(letters.next().await, None);
        drop(letters);
        outbox.tell(message());
    }
}
