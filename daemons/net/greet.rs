//! The greeting: who calls, and in which version of the protocol.

use licgate_core::code::Code;
use licgate_core::wire::{ClientMsg, Hello, PROTOCOL, ServerMsg, Welcome, limit};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Conn, ConnError};

/// Hears a client's `Hello` and welcomes it in the name of the daemon `name`. `None`: it did not introduce itself
/// properly and has been told so, or it left.
pub async fn greet<S>(conn: &mut Conn<S>, name: &str) -> Result<Option<Hello>, ConnError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let hello = match conn.recv_within::<ClientMsg>(limit::HANDSHAKE).await? {
        None => return Ok(None),
        Some(ClientMsg::Hello(hello)) => hello,
        Some(_) => return refuse(conn, "the first message must be Hello").await,
    };
    if let Err(why) = check(&hello) {
        return refuse(conn, why).await;
    }
    conn.trust();
    conn.send(&ServerMsg::Welcome(Welcome {
        protocol: hello.protocol.min(PROTOCOL),
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
    .await?;
    Ok(Some(hello))
}

async fn refuse<S>(conn: &mut Conn<S>, why: &str) -> Result<Option<Hello>, ConnError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let refused = ServerMsg::Refused { code: Code::BAD_PARAMETER, lines: vec![why.to_owned()] };
    conn.send(&refused).await?;
    Ok(None)
}

/// Bounds on what a client says about itself, so that it may be stored and shown.
fn check(hello: &Hello) -> Result<(), &'static str> {
    let holder = &hello.holder;
    let machine = &hello.machine;
    let own = [&hello.program, &hello.platform, &holder.user, &holder.host, &holder.display, &holder.data];
    let listed = machine.names.iter().chain(&machine.addresses).chain([&machine.user, &machine.display]);
    if hello.protocol == 0 {
        return Err("protocol version 0 is not spoken here");
    }
    if own.into_iter().chain(listed).any(|name| name.len() > limit::NAME) {
        return Err("a name in Hello is too long");
    }
    let lists = [machine.ethers.len(), machine.names.len(), machine.addresses.len()];
    if lists.into_iter().any(|count| count > limit::LIST) {
        return Err("a list in Hello is too long");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use licgate_core::host::HostFacts;
    use licgate_core::ledger::Holder;

    fn hello() -> Hello {
        let holder = Holder {
            user: "ann".into(),
            host: "ws1".into(),
            display: "tty1".into(),
            pid: 7,
            data: String::new(),
        };
        Hello {
            protocol: 9,
            program: "test".into(),
            holder,
            machine: HostFacts::default(),
            platform: "x64_lsb".into(),
        }
    }

    async fn answer(first: ClientMsg) -> (Option<Hello>, Option<ServerMsg>) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let (mut near, mut far) = (Conn::new(near), Conn::new(far));
        far.send(&first).await.unwrap();
        let heard = greet(&mut near, "licmgrd").await.unwrap();
        (heard, far.recv().await.unwrap())
    }

    #[tokio::test]
    async fn a_proper_hello_is_welcomed_in_the_lower_version() {
        let (heard, said) = answer(ClientMsg::Hello(hello())).await;
        assert_eq!(heard, Some(hello()));
        let Some(ServerMsg::Welcome(welcome)) = said else { panic!("{said:?}") };
        assert_eq!((welcome.protocol, welcome.name.as_str()), (PROTOCOL, "licmgrd"));
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let endless = |change: fn(&mut Hello)| {
            let mut hello = hello();
            change(&mut hello);
            ClientMsg::Hello(hello)
        };
        let cases = [
            (ClientMsg::Down, "the first message must be Hello"),
            (endless(|hello| hello.protocol = 0), "protocol version 0 is not spoken here"),
            (endless(|hello| hello.holder.user = "x".repeat(257)), "a name in Hello is too long"),
            (endless(|hello| hello.machine.names = vec!["x".repeat(257)]), "a name in Hello is too long"),
            (endless(|hello| hello.machine.names = vec![String::new(); 65]), "a list in Hello is too long"),
        ];
        for (first, why) in cases {
            let (heard, said) = answer(first).await;
            assert_eq!(heard, None);
            let refused = ServerMsg::Refused { code: Code::BAD_PARAMETER, lines: vec![why.into()] };
            assert_eq!(said, Some(refused));
        }
    }
}
