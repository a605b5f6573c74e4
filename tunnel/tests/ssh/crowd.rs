//! As many connections at once as a site may have, through one session.

use lictunnel::ssh::forward::{Carried, Destination, End, Forwarder};
use lictunnel::ssh::session::{Refused, Session};
use lictunnel::tasks::Tasks;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::forwards::{MEASURING, echo, pair, resident};
use crate::people::means;
use crate::sshd::{LONG, Sshd};

/// How many there are to be.
const MANY: u64 = 10_000;

/// Descriptors of one connection in this process, which plays the local program, the tunnel and the far side.
const EACH: u64 = 3;

/// Descriptors for everything else, the tests beside this one included.
const OTHERS: u64 = 1_000;

/// How many are opened at a time.
const AT_A_TIME: usize = 500;

/// What one connection may cost in memory while it is open, in KiB: the three sides and what they have under way.
const KIB_EACH: usize = 64;

/// What a second crowd may add to that, in KiB: a third of what it would if each channel were closed by us first.
const LEFT: usize = 6 * 1024;

/// The local side, and what will be said of the forward.
type Connection = (TcpStream, oneshot::Receiver<Result<Carried, Refused>>);

/// How many connections the limits of this process allow, which it raises as far as it may. Servers inherit them.
fn allowed() -> usize {
    let wanted = MANY * EACH + OTHERS;
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit { current: Some(wanted), maximum: maximum.map(|most| most.max(wanted)) },
    )
    .or_else(|_| setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }));
    let current = getrlimit(Resource::Nofile).current.unwrap_or(wanted);
    usize::try_from((current.saturating_sub(OTHERS) / EACH).min(MANY)).unwrap()
}

#[tokio::test]
async fn ten_thousand_connections_at_once_are_carried_and_leave_nothing_behind() {
    let many = allowed();
    if (many as u64) < MANY {
        eprintln!("only {many} connections instead of {MANY}: more descriptors are not allowed (ulimit -Hn)");
    }
    let Some(sshd) = Sshd::start("") else { return };
    let _alone = MEASURING.lock().await;
    let means = means();
    let session = Session::open(&sshd.target(), &means).await.unwrap();
    let forwarder = Forwarder::new(many, &means.tasks);
    forwarder.carry_over(Some(&session));
    let to = Destination { host: "127.0.0.1".to_owned(), port: echo(&means.tasks).await };
    let (memory, idle, files) = (resident(), means.tasks.count(), sshd.descriptors());
    let crowd = async |count: usize| {
        let shares = (0..AT_A_TIME).map(|n| count / AT_A_TIME + usize::from(n < count % AT_A_TIME));
        let opening: Vec<_> = shares
            .map(|share| open_some(share, means.tasks.clone(), forwarder.clone(), to.clone()))
            .map(|opening| means.tasks.spawn(opening))
            .collect();
        let mut open = Vec::with_capacity(count);
        for share in opening {
            open.extend(share.await.unwrap());
        }
        assert_eq!(forwarder.traffic().open, count);
        let grown = resident().saturating_sub(memory);
        assert!(grown < KIB_EACH * many, "{grown} KiB for {count} connections");
        // All of them at once, the first one still among them.
        for (near, _) in &mut open {
            near.write_all(&[2; 64]).await.unwrap();
            near.shutdown().await.unwrap();
        }
        for (mut near, carried) in open {
            let mut heard = Vec::new();
            near.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, [2; 64]);
            let carried = carried.await.unwrap().unwrap();
            assert_eq!((carried.up, carried.down, carried.end), (128, 128, End::Finished));
        }
        assert_eq!(forwarder.traffic().open, 0);
    };
    crowd(many).await;
    // The allocator keeps what the first crowd gave back; a second one like it needs no more than that.
    let before = resident();
    crowd(many).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < LEFT, "{grown} KiB more after {many} more connections");
    while means.tasks.count() > idle {
        assert!(session.ping(LONG).await.is_some());
    }
    // The command that stays has started meanwhile, and has some.
    let left = sshd.descriptors().saturating_sub(files);
    assert!(left < 100, "{left} descriptors");
    session.close().await;
}

/// Connections one after the other, each of which has had an answer.
async fn open_some(count: usize, tasks: Tasks, forwarder: Forwarder, to: Destination) -> Vec<Connection> {
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut near, local) = pair().await;
        let (forwarder, to) = (forwarder.clone(), to.clone());
        let carried = tasks.spawn(async move {
            let slot = forwarder.slot().await;
            forwarder.forward(slot, local, &to).await
        });
        round_trip(&mut near).await;
        open.push((near, carried));
    }
    open
}

async fn round_trip(near: &mut TcpStream) {
    near.write_all(&[1; 64]).await.unwrap();
    near.read_exact(&mut [0; 64]).await.unwrap();
}
