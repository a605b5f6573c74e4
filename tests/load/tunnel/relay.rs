//! A plain TCP relay: the most that any tunnel can reach, and, with a delay, a line to a place far away.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional_with_sizes,
};
use tokio::net::unix::pipe;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::backend::PIECE;
use super::{Outcome, child};

/// The most that may be on its way in one direction, in pieces: many times what a tunnel keeps in flight.
const IN_FLIGHT: usize = 1024;

/// What the relay is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Flags {
    /// Where to connect to.
    #[arg(long)]
    to: SocketAddr,
    /// How long the bytes take each way, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Relay one connection, from standard input and output.
    #[arg(long)]
    stdio: bool,
}

/// Relays connections from a free port until standard input ends; or standard input and output.
pub(crate) async fn run(flags: &Flags) -> Outcome<()> {
    let (to, delay) = (flags.to, Duration::from_millis(flags.delay_ms));
    if flags.stdio {
        return Ok(relay_stdio(to, delay).await?);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    child::until_orphaned(listener.local_addr()?, async {
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                drop(tokio::spawn(relay(stream, to, delay)));
            }
        }
    })
    .await
}

async fn relay(mut near: TcpStream, to: SocketAddr, delay: Duration) -> io::Result<()> {
    if !delay.is_zero() {
        // The handshake of TCP goes there and back before anything can be said.
        sleep(2 * delay).await;
    }
    let mut far = TcpStream::connect(to).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    if delay.is_zero() {
        copy_bidirectional_with_sizes(&mut near, &mut far, PIECE, PIECE).await?;
        return Ok(());
    }
    let (near, far) = (near.into_split(), far.into_split());
    tokio::try_join!(delayed(near.0, far.1, delay), delayed(far.0, near.1, delay))?;
    Ok(())
}

async fn relay_stdio(to: SocketAddr, delay: Duration) -> io::Result<()> {
    let input = pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
    let output = pipe::Sender::from_owned_fd(io::stdout().as_fd().try_clone_to_owned()?)?;
    let far = TcpStream::connect(to).await?;
    far.set_nodelay(true)?;
    let (read, write) = far.into_split();
    tokio::try_join!(delayed(input, write, delay), delayed(read, output, delay)).map(drop)
}

/// One direction, all of it later.
async fn delayed<R, W>(mut from: R, mut to: W, delay: Duration) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (departed, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    let depart = async move {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            if from.read_buf(&mut piece).await? == 0
                || departed.send((Instant::now() + delay, piece)).await.is_err()
            {
                return Ok(());
            }
        }
    };
    let arrive = async move {
        while let Some((at, piece)) = arriving.recv().await {
            sleep_until(at).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(depart, arrive).map(drop)
}
