//! The greeting: who calls, and in which version of the protocol.

use licgate_core::wire::{self, Caller, ClientMsg, limit};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Conn, ConnError};

/// Hears a client's `Hello` and welcomes it in the name of the daemon `name`. `None`: it did not introduce itself
/// properly and has been told so, or it left.
pub async fn greet<S>(conn: &mut Conn<S>, name: &str) -> Result<Option<Caller>, ConnError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(first) = conn.recv_within::<ClientMsg>(limit::HANDSHAKE).await? else { return Ok(None) };
    match wire::greet(first, name, env!("CARGO_PKG_VERSION")) {
        Ok((caller, welcome)) => {
            conn.trust();
            conn.send(&welcome).await?;
            Ok(Some(caller))
        }
        Err(rejection) => {
            conn.send(&rejection.answer).await?;
            Ok(None)
        }
    }
}
