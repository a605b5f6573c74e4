//! The desk: one client's connection, between its socket and the keeper.

use std::net::IpAddr;
use std::time::Duration;

use licgate_core::wire::{ClientMsg, ServerMsg, Then, VendorRequest, VendorSession};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::keeper::{Command, Look, Way};
use super::outbox::{Letters, Outbox, outbox};
use crate::net::{Conn, ConnError, greet};

/// How long a client may say nothing at all, unless seats may be held in silence for longer.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How long the answers that are still under way are waited for when the client has gone.
const LAST_ANSWERS: Duration = Duration::from_secs(60);

/// What every desk of a vendor daemon shares.
#[derive(Debug, Clone)]
pub(super) struct Office {
    /// The vendor's name, by which clients are welcomed.
    pub(super) vendor: String,
    /// The way to the keeper.
    pub(super) keeper: Way,
    /// How long a client may hold a seat without a word.
    pub(super) silence: Duration,
    /// Cancelled when the daemon ends.
    pub(super) stopping: CancellationToken,
}

/// Why a desk closed.
#[derive(Debug, PartialEq, Eq)]
enum Close {
    /// The client has said what it had to say, or had to be sent away.
    Done,
    /// The client let too many messages pile up.
    Slow,
    /// The client said nothing for too long.
    Idle,
    /// The daemon ends.
    Stopping,
}

impl Office {
    /// Serves one client at `address` until either side has had enough, and then hangs up what it held.
    pub(super) async fn serve<S>(self, mut conn: Conn<S>, address: IpAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let greeted = tokio::select! {
            () = self.stopping.cancelled() => return conn.close().await,
            greeted = greet(&mut conn, &self.vendor) => greeted,
        };
        let caller = match greeted {
            Ok(Some(caller)) => caller,
            Ok(None) => return conn.close().await,
            Err(error) => return debug!(%error, "no greeting"),
        };
        debug!(user = caller.holder.user, host = caller.holder.host, program = caller.program, "hello");
        let (outbox, letters) = outbox();
        let session = VendorSession::new(caller, address);
        let mut desk = Desk { office: self, session, outbox, letters, looking: false };
        match desk.talk(&mut conn).await {
            Ok(close) => debug!(?close, "bye"),
            Err(error) => debug!(%error, "the connection broke"),
        }
        // The client hears the end at once; the last answers may take a while.
        tokio::join!(conn.close(), desk.hang_up());
    }
}

struct Desk {
    office: Office,
    session: VendorSession,
    outbox: Outbox,
    letters: Letters,
    /// A page of status is under way: it is large, so there is one at a time.
    looking: bool,
}

impl Desk {
    async fn talk<S>(&mut self, conn: &mut Conn<S>) -> Result<Close, ConnError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let idle = IDLE.max(self.office.silence);
        loop {
            let heard = tokio::select! {
                biased;
                () = self.office.stopping.cancelled() => return Ok(Close::Stopping),
                letters = self.letters.next() => {
                    let Some(letters) = letters else { return Ok(Close::Slow) };
                    tokio::select! {
                        biased;
                        sent = Self::send(&mut self.session, conn, &letters) => sent?,
                        () = self.letters.given_up() => return Ok(Close::Slow),
                    }
                    self.looking &= !letters.iter().any(|letter| matches!(letter, ServerMsg::Status(_)));
                    continue;
                }
                heard = timeout(idle, conn.recv::<ClientMsg>()), if !self.looking => heard,
            };
            let Ok(heard) = heard else { return Ok(Close::Idle) };
            let Some(message) = heard? else { return Ok(Close::Done) };
            match self.session.request(message) {
                Ok(request) => {
                    if self.ask(request).await == Asked::NobodyThere {
                        return Ok(Close::Stopping);
                    }
                }
                Err(rejection) => {
                    conn.send(&rejection.answer).await?;
                    match rejection.then {
                        Then::GoOn => {}
                        Then::HangUp => return Ok(Close::Done),
                    }
                }
            }
        }
    }

    async fn send<S>(
        session: &mut VendorSession,
        conn: &mut Conn<S>,
        letters: &[ServerMsg],
    ) -> Result<(), ConnError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // The session hears of all of them first: what the client holds does not depend on how far sending gets.
        letters.iter().for_each(|letter| session.sent(letter));
        for letter in letters {
            conn.push(letter)?;
        }
        conn.flush().await
    }

    /// Brings a request to the keeper; when that is busy, the client has to wait.
    async fn ask(&mut self, request: VendorRequest) -> Asked {
        let outbox = self.outbox.clone();
        let is_sent = match request {
            VendorRequest::Ask(ask) => self.office.keeper.inbox.send(Command::Ask(ask, outbox)).await.is_ok(),
            VendorRequest::Status(ask) => {
                self.looking = true;
                self.office.keeper.looks.send(Look(ask, outbox)).await.is_ok()
            }
        };
        if is_sent { Asked::Sent } else { Asked::NobodyThere }
    }

    /// Tells the keeper that nobody is at the other end any more. Seats that were granted to somebody who had gone
    /// already are among what it hears.
    async fn hang_up(mut self) {
        let stopping = self.office.stopping.clone();
        let last_answers = async {
            while self.session.awaits_answers() {
                self.letters.late().await.iter().for_each(|letter| self.session.sent(letter));
            }
        };
        tokio::select! {
            // After a restart everybody gets a full silence period anyway.
            () = stopping.cancelled() => return,
            waited = timeout(LAST_ANSWERS, last_answers) => if waited.is_err() {
                debug!("the last answers did not come in time");
            },
        }
        for ask in self.session.hangups() {
            if self.office.keeper.inbox.send(Command::Ask(ask, self.outbox.clone())).await.is_err() {
                return;
            }
        }
    }
}

/// Whether the keeper was there.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Sent,
    NobodyThere,
}

#[cfg(test)]
mod tests;
