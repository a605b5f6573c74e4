//! The licence server's part: a TCP server behind the tunnel that echoes, drinks or pours.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a connection begins with, to say what it wants.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    /// All that comes is sent back, this byte too.
    Echo = b'e' as isize,
    /// All that comes is taken; at the end one byte says so.
    Sink = b's' as isize,
    /// As much as it takes is sent, until the other side has said all.
    Source = b'd' as isize,
}

impl Wish {
    /// The byte that says it.
    pub(super) fn byte(self) -> u8 {
        self as u8
    }
}

/// Where the server listens.
#[derive(Clone, Copy)]
pub(super) struct Backend {
    /// Here the client speaks first, as with every licence system that we know, and with TLS.
    pub(super) at: SocketAddr,
    /// Here the server says one byte first, as mail and database servers do.
    pub(super) greeting: SocketAddr,
}

/// How many bytes are read or written at once.
pub(super) const PIECE: usize = 64 * 1024;

/// Serves on a thread of its own until the process ends.
pub(super) fn start() -> io::Result<Backend> {
    let listen = || {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        io::Result::Ok((listener.local_addr()?, listener))
    };
    let ((at, silent), (greeting, greeter)) = (listen()?, listen()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    drop(std::thread::spawn(move || {
        runtime.block_on(async { tokio::join!(serve(silent, false), serve(greeter, true)) })
    }));
    Ok(Backend { at, greeting })
}

async fn serve(listener: std::net::TcpListener, greets: bool) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        // One that is gone before it is accepted is no matter.
        if let Ok((stream, _)) = listener.accept().await {
            drop(tokio::spawn(grant(stream, greets)));
        }
    }
}

/// Whoever breaks off has measured enough, so nothing that fails here is told.
async fn grant(mut stream: TcpStream, greets: bool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if greets {
        stream.write_all(&[Wish::Echo.byte()]).await?;
    }
    let mut wish = [0];
    stream.read_exact(&mut wish).await?;
    match wish[0] {
        wish if wish == Wish::Source.byte() => pour(stream).await,
        wish if wish == Wish::Sink.byte() => {
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
            stream.write_all(&wish.to_be_bytes()).await
        }
        _ => {
            stream.write_all(&wish).await?;
            let mut piece = [0; 1024];
            loop {
                match stream.read(&mut piece).await? {
                    0 => return Ok(()),
                    count => stream.write_all(&piece[..count]).await?,
                }
            }
        }
    }
}

async fn pour(stream: TcpStream) -> io::Result<()> {
    let (mut read, mut write) = stream.into_split();
    let piece = vec![0x5a; PIECE];
    tokio::select! {
        ended = read.read_u8() => drop(ended),
        failed = async { loop { if let Err(error) = write.write_all(&piece).await { break error } } } => return Err(failed),
    }
    Ok(())
}
