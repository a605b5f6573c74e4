//! Calling a host at the addresses it has, the next one before the last has failed (RFC 8305, "happy eyeballs").

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::clock::{self, Stopwatch};

/// How long an address has before the next one is tried beside it (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// The most addresses of one host that are tried.
const MOST_ADDRESSES: usize = 16;

/// How long sent bytes may stay unacknowledged before the kernel gives the connection up.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// What came of the addresses that did not answer.
type Failures = Vec<(SocketAddr, io::Error)>;

type Connecting<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// A connection to the first address that answers, with the options of an ssh socket set, and how long the answer took: one round
/// trip. Each address has `deadline`.
pub(super) async fn dial(
    addresses: &[SocketAddr],
    deadline: Duration,
) -> Result<(TcpStream, Duration), Failures> {
    let connect = |at| -> Connecting<'static, (TcpStream, Duration)> {
        Box::pin(async move {
            timeout(deadline, connect(at)).await.unwrap_or_else(|_| {
                Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no answer within {} s", deadline.as_secs()),
                ))
            })
        })
    };
    let failures = Mutex::default();
    let order = interleave(addresses);
    match race(&order, &connect, &failures).await {
        Some(won) => Ok(won),
        None => Err(failures.into_inner().unwrap_or_default()),
    }
}

async fn connect(at: SocketAddr) -> io::Result<(TcpStream, Duration)> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_nodelay(true)?;
    socket.set_keepalive(true)?;
    let (watch, queued) = (Stopwatch::start(), clock::queued());
    let stream = socket.connect(at).await?;
    // On a busy machine the answer lies here for longer than it took to come.
    let round_trip = watch.elapsed().saturating_sub(clock::queued().saturating_sub(queued));
    #[cfg(target_os = "linux")]
    rustix::net::sockopt::set_tcp_user_timeout(
        &stream,
        u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(0),
    )?;
    Ok((stream, round_trip))
}

/// Addresses of the two families by turns, beginning with the family of the first (RFC 8305, section 4).
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let (one, other): (Vec<SocketAddr>, Vec<_>) =
        addresses.iter().partition(|at| at.is_ipv4() == first.is_ipv4());
    let mut order = Vec::with_capacity(addresses.len());
    for turn in 0..one.len().max(other.len()) {
        order.extend(one.get(turn));
        order.extend(other.get(turn));
    }
    order.truncate(MOST_ADDRESSES);
    order
}

/// The first connection of all: each next address starts when the one before has failed or had its [`STAGGER`].
fn race<'a, T: Send + 'a, C>(
    addresses: &'a [SocketAddr],
    connect: &'a C,
    failures: &'a Mutex<Failures>,
) -> Pin<Box<dyn Future<Output = Option<T>> + Send + 'a>>
where
    C: Fn(SocketAddr) -> Connecting<'static, T> + Sync,
{
    Box::pin(async move {
        let (&at, rest) = addresses.split_first()?;
        let mut one = pin!(async {
            match connect(at).await {
                Ok(stream) => Some(stream),
                Err(error) => {
                    failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, error));
                    None
                }
            }
        });
        let stagger = if rest.is_empty() { Duration::MAX } else { STAGGER };
        tokio::select! {
            stream = &mut one => match stream {
                Some(stream) => return Some(stream),
                None => return race(rest, connect, failures).await,
            },
            () = sleep(stagger) => {}
        }
        let mut others = race(rest, connect, failures);
        tokio::select! {
            stream = &mut one => match stream {
                Some(stream) => Some(stream),
                None => others.await,
            },
            stream = &mut others => match stream {
                Some(stream) => Some(stream),
                None => one.await,
            },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Addresses end in: 1 never answers, 2 refuses at once, 3 answers after 100 ms.
    fn fake(at: SocketAddr) -> Connecting<'static, SocketAddr> {
        Box::pin(async move {
            match at.ip().to_string().chars().last() {
                Some('1') => std::future::pending().await,
                Some('2') => Err(io::ErrorKind::ConnectionRefused.into()),
                _ => {
                    sleep(Duration::from_millis(100)).await;
                    Ok(at)
                }
            }
        })
    }

    async fn won(addresses: &[SocketAddr]) -> (Option<SocketAddr>, Duration, usize) {
        let (watch, failures) = (Stopwatch::start(), Mutex::default());
        let winner = race(addresses, &fake, &failures).await;
        (winner, watch.elapsed(), failures.into_inner().unwrap().len())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_is_silent_costs_a_quarter_of_a_second() {
        let (silent, closed, good) = (at("192.0.2.1:22"), at("192.0.2.2:22"), at("192.0.2.3:22"));
        let ms = Duration::from_millis;
        assert_eq!(won(&[good, silent]).await, (Some(good), ms(100), 0));
        assert_eq!(won(&[silent, closed, good]).await, (Some(good), ms(350), 1));
        assert_eq!(won(&[closed, closed, good]).await, (Some(good), ms(100), 2));
        assert_eq!(won(&[closed, closed]).await, (None, ms(0), 2));
        assert_eq!(won(&[]).await, (None, ms(0), 0));
    }

    #[test]
    fn families_take_turns() {
        let (a, b, c) = (at("192.0.2.1:22"), at("192.0.2.2:22"), at("[2001:db8::1]:22"));
        assert_eq!(interleave(&[a, b, c]), [a, c, b]);
        assert_eq!(interleave(&[c, a, b]), [c, a, b]);
        assert_eq!(interleave(&[a; 99]).len(), MOST_ADDRESSES);
    }
}
