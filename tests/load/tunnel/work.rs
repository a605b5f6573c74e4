//! What the applications do: they connect, exchange a few bytes, and carry many.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::Outcome;
use super::backend::{PIECE, Wish};

/// A question and an answer, in bytes: about what a licence checkout says.
const QUESTION: usize = 64;

/// What a workload may take beyond its time before it has failed.
const GRACE: Duration = Duration::from_secs(60);

/// What one workload came to.
pub(super) struct Pace {
    /// How much was done: connections, round trips, or bytes.
    pub(super) done: u64,
    /// In how many seconds.
    pub(super) seconds: f64,
    /// How long each single one took, in seconds; none of bytes.
    each: Vec<f64>,
}

impl Pace {
    /// How much a second.
    pub(super) fn rate(&self) -> f64 {
        count(self.done) / self.seconds
    }

    /// MiB a second.
    pub(super) fn mib(&self) -> f64 {
        self.rate() / f64::from(1 << 20)
    }

    /// The time, in milliseconds, that this share of them took at the most.
    pub(super) fn quantile(&mut self, share: f64) -> f64 {
        self.each.sort_by(f64::total_cmp);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the length")]
        let place = (count(self.each.len() as u64) * share) as usize;
        self.each.get(place.min(self.each.len().saturating_sub(1))).copied().unwrap_or(f64::NAN) * 1e3
    }
}

/// A number of things, as far as a measurement is exact.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
pub(super) fn count(number: u64) -> f64 {
    number as f64
}

/// When a workload ends: after a time, or after so much.
#[derive(Clone, Copy)]
pub(super) enum Until {
    /// After this time.
    Time(Duration),
    /// After this many, of each of those at once.
    Count(u64),
}

impl Until {
    fn is_over(self, start: Instant, done: u64) -> bool {
        match self {
            Self::Time(time) => start.elapsed() >= time,
            Self::Count(count) => done >= count,
        }
    }
}

/// Who begins to speak.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Client,
    Server,
}

/// New connections, one after the other in each of `lanes`: connect, hear a greeting if there is one, ask, hear the answer, leave.
pub(super) async fn connections(at: SocketAddr, first: First, lanes: usize, until: Until) -> Outcome<Pace> {
    lanes_of(lanes, move || async move {
        let (start, mut each) = (Instant::now(), Vec::new());
        while !until.is_over(start, each.len() as u64) {
            let begun = Instant::now();
            let mut stream = connect(at).await?;
            if first == First::Server {
                stream.read_u8().await?;
            }
            ask(&mut stream).await?;
            each.push(begun.elapsed().as_secs_f64());
        }
        Ok((each.len() as u64, each))
    })
    .await
}

/// Questions and answers, one after the other on each of so many connections.
pub(super) async fn round_trips(at: SocketAddr, lanes: usize, time: Duration) -> Outcome<Pace> {
    let mut streams = open(at, lanes).await?;
    for stream in &mut streams {
        ask(stream).await?;
    }
    lanes_of(lanes, move || {
        let stream = streams.pop();
        async move {
            let mut stream = stream.ok_or(io::ErrorKind::NotConnected)?;
            let (start, mut each) = (Instant::now(), Vec::new());
            while start.elapsed() < time {
                let begun = Instant::now();
                ask(&mut stream).await?;
                each.push(begun.elapsed().as_secs_f64());
            }
            Ok((each.len() as u64, each))
        }
    })
    .await
}

/// Bytes from the server, on so many connections at once.
pub(super) async fn download(at: SocketAddr, lanes: usize, time: Duration) -> Outcome<Pace> {
    let mut streams = open(at, lanes).await?;
    for stream in &mut streams {
        stream.write_all(&[Wish::Source.byte()]).await?;
        stream.read_u8().await?;
    }
    lanes_of(lanes, move || {
        let stream = streams.pop();
        async move {
            let mut stream = stream.ok_or(io::ErrorKind::NotConnected)?;
            let (start, mut taken, mut piece) = (Instant::now(), 0, vec![0; PIECE]);
            while start.elapsed() < time {
                taken += stream.read(&mut piece).await? as u64;
            }
            Ok((taken, Vec::new()))
        }
    })
    .await
}

/// Bytes to the server, until it has them, on so many connections at once.
pub(super) async fn upload(at: SocketAddr, lanes: usize, time: Duration) -> Outcome<Pace> {
    let mut streams = open(at, lanes).await?;
    for stream in &mut streams {
        stream.write_all(&[Wish::Sink.byte()]).await?;
    }
    lanes_of(lanes, move || {
        let stream = streams.pop();
        async move {
            let mut stream = stream.ok_or(io::ErrorKind::NotConnected)?;
            let (start, mut given, piece) = (Instant::now(), 0, vec![0x5a; PIECE]);
            while start.elapsed() < time {
                stream.write_all(&piece).await?;
                given += PIECE as u64;
            }
            stream.shutdown().await?;
            stream.read_u8().await?;
            Ok((given, Vec::new()))
        }
    })
    .await
}

/// The same work in several lanes at once; how much they did together until the last was done.
async fn lanes_of<W, F>(lanes: usize, mut work: W) -> Outcome<Pace>
where
    W: FnMut() -> F,
    F: Future<Output = io::Result<(u64, Vec<f64>)>> + Send + 'static,
{
    let start = Instant::now();
    let mut running: JoinSet<_> = (0..lanes).map(|_| work()).collect();
    let (mut done, mut each) = (0, Vec::new());
    let all = async {
        while let Some(lane) = running.join_next().await {
            let (lane_done, mut lane_each) = lane??;
            done += lane_done;
            each.append(&mut lane_each);
        }
        Outcome::Ok(())
    };
    timeout(GRACE, all).await.map_err(|_| "a workload hangs")??;
    Ok(Pace { done, seconds: start.elapsed().as_secs_f64(), each })
}

async fn open(at: SocketAddr, lanes: usize) -> io::Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(lanes);
    for _ in 0..lanes {
        streams.push(connect(at).await?);
    }
    Ok(streams)
}

async fn connect(at: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(at).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn ask(stream: &mut TcpStream) -> io::Result<()> {
    let mut words = [Wish::Echo.byte(); QUESTION];
    stream.write_all(&words).await?;
    stream.read_exact(&mut words).await?;
    Ok(())
}
