//! Connections carried over a real server.

use std::io;
use std::net::Ipv4Addr;

use lictunnel::ssh::forward::{Destination, End, Forwarder};
use lictunnel::ssh::session::{Refused, Session};
use lictunnel::ssh::target::{Route, Target};
use lictunnel::tasks::Tasks;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::people::means;
use crate::sshd::{LONG, Sshd};

/// A session, its forwarder, and a far side.
pub(crate) struct Line {
    sshd: Sshd,
    pub(crate) session: Session,
    forwarder: Forwarder,
    pub(crate) tasks: Tasks,
}

impl Line {
    pub(crate) async fn new(lines: &str) -> Option<Self> {
        let sshd = Sshd::start(lines)?;
        let target = sshd.target();
        Some(Self::to(sshd, &target).await)
    }

    /// Through a jump host, which is returned too.
    async fn through_a_gate() -> Option<(Self, Sshd)> {
        let (gate, sshd) = (Sshd::start("")?, Sshd::start("")?);
        let mut target = sshd.target();
        // As the jump host calls it.
        target.host = "127.0.0.1".to_owned();
        target.route = Route::Jump(vec![gate.target()]);
        Some((Self::to(sshd, &target).await, gate))
    }

    async fn to(sshd: Sshd, target: &Target) -> Self {
        let means = means();
        let session = Session::open(target, &means).await.unwrap();
        let forwarder = Forwarder::new(1000, &means.tasks);
        forwarder.carry_over(Some(&session));
        Self { sshd, session, forwarder, tasks: means.tasks }
    }

    /// A connection to a port on the far side, and what will be said of it.
    async fn connect(
        &self,
        port: u16,
    ) -> (TcpStream, tokio::sync::oneshot::Receiver<Result<(u64, u64, End), Refused>>) {
        let (near, local) = pair().await;
        let forwarder = self.forwarder.clone();
        let carried = self.tasks.spawn(async move {
            let slot = forwarder.slot().await;
            let to = Destination { host: "127.0.0.1".to_owned(), port };
            forwarder.forward(slot, local, &to).await.map(|carried| (carried.up, carried.down, carried.end))
        });
        (near, carried)
    }
}

pub(crate) async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (near, accepted) =
        tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (near.unwrap(), accepted.unwrap().0)
}

/// A server for which each connection is served by `serve`.
pub(crate) async fn far<F, S>(tasks: &Tasks, serve: S) -> u16
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream) -> F + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let each = tasks.clone();
    drop(tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(each.spawn(serve(stream)));
        }
    }));
    port
}

pub(crate) async fn echo(tasks: &Tasks) -> u16 {
    far(tasks, |mut stream| async move {
        let (mut read, mut write) = stream.split();
        // The other side may go at any time.
        drop(tokio::io::copy(&mut read, &mut write).await);
    })
    .await
}

/// Held by a test that measures memory: the tests of one process share it.
#[cfg(target_os = "linux")]
pub(crate) static MEASURING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Memory that this process uses, in KiB.
#[cfg(target_os = "linux")]
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test]
async fn half_a_close_is_passed_on_in_both_directions() {
    let Some(line) = Line::new("").await else { return };
    let port = far(&line.tasks, |mut stream| async move {
        // Its own end comes first, its answer to ours later.
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        stream.write_all(format!("{} bytes", said.len()).as_bytes()).await.unwrap();
    })
    .await;
    let (mut near, carried) = line.connect(port).await;
    near.write_all(&[7; 100_000]).await.unwrap();
    near.shutdown().await.unwrap();
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "100000 bytes");
    assert_eq!(carried.await.unwrap(), Ok((100_000, 12, End::Finished)));

    let port = far(&line.tasks, |mut stream| async move {
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
    })
    .await;
    let (mut near, carried) = line.connect(port).await;
    near.read_to_string(&mut answer).await.unwrap();
    near.write_all(&[7; 100_000]).await.unwrap();
    drop(near);
    assert_eq!(carried.await.unwrap(), Ok((100_000, 5, End::ServerFirst)));
    let traffic = line.forwarder.traffic();
    assert_eq!((traffic.open, traffic.opened, traffic.up, traffic.down), (0, 2, 200_000, 17));
}

#[tokio::test]
async fn a_port_that_is_closed_gives_a_reason_and_a_reset() {
    let Some(line) = Line::new("").await else { return };
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let (mut near, carried) = line.connect(closed).await;
    assert_eq!(near.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(carried.await.unwrap(), Err(Refused::ConnectFailed));
}

#[tokio::test]
async fn a_connection_that_is_refused_gives_its_room_back() {
    let Some(line) = Line::new("PermitOpen 127.0.0.1:*").await else { return };
    let to = |host: &str| Destination { host: host.to_owned(), port: 1 };
    let forwarder = Forwarder::new(1, &line.tasks);
    let refused = async |host: &str| {
        let slot =
            tokio::time::timeout(LONG, forwarder.slot()).await.expect("the one before has kept its room");
        forwarder.forward(slot, pair().await.1, &to(host)).await.unwrap_err()
    };
    assert_eq!(refused("127.0.0.1").await, Refused::Ended);
    forwarder.carry_over(Some(&line.session));
    assert_eq!(refused("127.0.0.1").await, Refused::ConnectFailed);
    assert_eq!(refused("forbidden.test").await, Refused::Prohibited);
    assert_eq!(refused("127.0.0.1").await, Refused::ConnectFailed);
}

#[tokio::test]
async fn where_forwarding_is_forbidden_that_is_the_reason() {
    let Some(line) = Line::new("AllowTcpForwarding no").await else { return };
    let (mut near, carried) = line.connect(9).await;
    assert_eq!(near.read(&mut [0; 1]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(carried.await.unwrap(), Err(Refused::Prohibited));
}

#[tokio::test]
async fn a_reader_that_stalls_is_cut_off_and_the_others_go_on() {
    let Some(line) = Line::new("").await else { return };
    let flood =
        far(&line.tasks, |mut stream| async move { while stream.write_all(&[7; 65536]).await.is_ok() {} })
            .await;
    let (mut near, _other) = line.connect(echo(&line.tasks).await).await;
    let mut trip = async || {
        near.write_all(&[1; 64]).await?;
        near.read_exact(&mut [0; 64]).await
    };
    trip().await.unwrap();
    let (stalled, carried) = line.connect(flood).await;
    // How many more there are before the end depends on how fast the flood comes.
    trip().await.unwrap();
    let (.., end) = carried.await.unwrap().unwrap();
    assert_eq!(end, End::Stalled);
    for _ in 0..20 {
        trip().await.unwrap();
    }
    assert!(line.session.ping(LONG).await.is_some());
    drop(stalled);
}

#[tokio::test]
async fn a_reader_that_stalls_does_not_stop_for_good_those_that_send() {
    // More than the library lets wait for the session.
    const SENDERS: usize = 40;
    let Some(line) = Line::new("").await else { return };
    let drink = far(&line.tasks, |mut stream| async move {
        drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
    })
    .await;
    for _ in 0..SENDERS {
        let (mut near, _carried) = line.connect(drink).await;
        drop(line.tasks.spawn(async move { while near.write_all(&[7; 65536]).await.is_ok() {} }));
    }
    let flood =
        far(&line.tasks, |mut stream| async move { while stream.write_all(&[7; 65536]).await.is_ok() {} })
            .await;
    let (_stalled, carried) = line.connect(flood).await;
    assert!(matches!(carried.await.unwrap(), Ok((.., End::Stalled))));
    assert!(line.session.ping(LONG).await.is_some());
}

/// Sends much and reads it again at the same time.
async fn bulk_both_ways(line: &Line) {
    const SIZE: usize = 64 * 1024 * 1024;
    let (mut near, carried) = line.connect(echo(&line.tasks).await).await;
    let block: Vec<u8> = (0..1 << 20).map(|i: u32| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let (mut read, mut write) = near.split();
    let send = async {
        for _ in 0..SIZE / block.len() {
            write.write_all(&block).await.unwrap();
        }
        write.shutdown().await.unwrap();
    };
    let receive = async {
        let mut got = vec![0; block.len()];
        for _ in 0..SIZE / block.len() {
            read.read_exact(&mut got).await.unwrap();
            assert!(got == block);
        }
        assert_eq!(read.read(&mut got).await.unwrap(), 0);
    };
    tokio::join!(send, receive);
    assert_eq!(carried.await.unwrap(), Ok((SIZE as u64, SIZE as u64, End::Finished)));
}

#[tokio::test]
async fn bulk_is_carried_unchanged_while_keys_are_renewed() {
    let Some(line) = Line::new("RekeyLimit 16M").await else { return };
    bulk_both_ways(&line).await;
}

#[tokio::test]
async fn bulk_both_ways_through_a_jump_host_goes_on() {
    let Some((line, _gate)) = Line::through_a_gate().await else { return };
    let all = async { tokio::join!(bulk_both_ways(&line), bulk_both_ways(&line), bulk_both_ways(&line)) };
    tokio::time::timeout(LONG, all).await.expect("both sessions stand still");
}

#[tokio::test]
async fn a_server_that_dies_in_mid_transfer_is_a_reset() {
    let Some(mut line) = Line::new("").await else { return };
    let flood =
        far(&line.tasks, |mut stream| async move { while stream.write_all(&[7; 65536]).await.is_ok() {} })
            .await;
    let (mut near, carried) = line.connect(flood).await;
    near.read_exact(&mut vec![0; 1 << 20]).await.unwrap();
    line.sshd.kill();
    let mut buffer = vec![0; 65536];
    let end = loop {
        match near.read(&mut buffer).await {
            Ok(0) => panic!("an orderly end"),
            Ok(_) => {}
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(end, io::ErrorKind::ConnectionReset);
    assert!(matches!(carried.await.unwrap(), Ok((_, _, End::SessionLost))));
    let (_, carried) = line.connect(flood).await;
    assert_eq!(carried.await.unwrap(), Err(Refused::Ended));
    line.forwarder.carry_over(None);
    let (_, carried) = line.connect(flood).await;
    assert_eq!(carried.await.unwrap(), Err(Refused::Ended));
}

#[tokio::test]
async fn a_far_side_that_reads_nothing_and_goes_ends_the_forward() {
    let Some(line) = Line::new("").await else { return };
    let (go, gone) = tokio::sync::watch::channel(false);
    let port = far(&line.tasks, move |stream| {
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|gone| *gone).await.unwrap();
            stream.set_zero_linger().unwrap();
        }
    })
    .await;
    let (near, carried) = line.connect(port).await;
    // Fills all windows and buffers on the way. A ping goes there and back behind all that was sent before it; when after
    // several of them nothing more is taken, nothing is on its way any more.
    let mut idle = 0;
    while idle < 20 {
        match near.try_write(&[7; 4096]) {
            Ok(_) => idle = 0,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                line.session.ping(LONG).await.unwrap();
                idle += 1;
            }
        }
    }
    go.send(true).unwrap();
    assert!(matches!(carried.await.unwrap(), Ok((up, 0, End::ServerFirst)) if up > 1 << 20));
}

#[tokio::test]
async fn a_local_side_that_breaks_off_ends_the_far_side() {
    let Some(line) = Line::new("").await else { return };
    let (gone, mut seen) = tokio::sync::mpsc::channel(1);
    let port = far(&line.tasks, move |mut stream| {
        let gone = gone.clone();
        async move {
            stream.write_all(b"x").await.unwrap();
            gone.send(stream.read(&mut [0; 1]).await.unwrap_or(0)).await.unwrap();
        }
    })
    .await;
    let (mut near, carried) = line.connect(port).await;
    near.read_exact(&mut [0; 1]).await.unwrap();
    near.set_zero_linger().unwrap();
    drop(near);
    assert_eq!(seen.recv().await, Some(0));
    assert!(matches!(carried.await.unwrap(), Ok((0, 1, End::LocalGone | End::Finished | End::ServerFirst))));
}

#[tokio::test]
async fn no_more_are_carried_than_allowed() {
    let Some(line) = Line::new("").await else { return };
    let forwarder = Forwarder::new(2, &line.tasks);
    let slots = (forwarder.slot().await, forwarder.slot().await);
    let mut third = std::pin::pin!(forwarder.slot());
    assert!(
        std::future::Future::poll(
            third.as_mut(),
            &mut std::task::Context::from_waker(std::task::Waker::noop())
        )
        .is_pending()
    );
    assert_eq!(forwarder.traffic().open, 2);
    drop(slots);
    third.await;
}

/// The library loses memory with each channel that is closed by us first, and with each that is refused.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_short_connections_leave_nothing_behind() {
    const MANY: usize = 20_000;
    const ALLOWED: usize = 8 * 1024;
    let _alone = MEASURING.lock().await;
    let Some(line) = Line::new("").await else { return };
    let open = echo(&line.tasks).await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    let used = |count: usize| {
        let line = &line;
        async move {
            for turn in 0..count {
                let (mut near, carried) = line.connect(open).await;
                near.write_all(&[1; 64]).await.unwrap();
                near.read_exact(&mut [0; 64]).await.unwrap();
                // Half of them break off: then the server has not said its last word when ours is said.
                let breaks_off = turn % 2 == 0;
                if breaks_off {
                    near.set_zero_linger().unwrap();
                }
                drop(near);
                let end = if breaks_off { End::LocalGone } else { End::Finished };
                assert_eq!(carried.await.unwrap(), Ok((64, 64, end)));
                if turn % 4 == 0 {
                    let (_near, refused) = line.connect(closed).await;
                    assert_eq!(refused.await.unwrap(), Err(Refused::ConnectFailed));
                }
            }
        }
    };
    used(MANY / 10).await;
    let before = resident();
    tokio::join!(used(MANY / 4), used(MANY / 4), used(MANY / 4), used(MANY / 4));
    let grown = resident().saturating_sub(before);
    assert!(grown < ALLOWED, "{grown} KiB after {MANY} connections");
    assert_eq!(line.forwarder.traffic().open, 0);
}
