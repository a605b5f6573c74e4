//! One cipher: the processes, and what is done with them in a round.

use std::net::SocketAddr;
use std::time::Duration;

use super::backend::Backend;
use super::child::Server;
use super::figure::{Carrier, Figure};
use super::report::Values;
use super::sshd::Sshd;
use super::work::{First, Pace, Until, connections, count, download, round_trips, upload};
use super::{Flags, Outcome};

/// How long bytes take each way to a server that is 20 ms away.
const DELAY_MS: u64 = 10;

/// How many connections at once, where there are some.
const SOME: usize = 8;

/// How many connections at once, where there are many.
const MANY: usize = 200;

/// How long each work takes in the round that is not counted.
const WARM_UP: Duration = Duration::from_millis(300);

/// What is done in a round, each named by the first of its figures.
const WORKS: [Figure; 11] = [
    Figure::Greeted,
    Figure::Serial,
    Figure::AtOnce,
    Figure::Trips,
    Figure::ManyTrips,
    Figure::Down,
    Figure::Up,
    Figure::DownMany,
    Figure::UpMany,
    Figure::FarDown,
    Figure::FarConnection,
];

/// The processes under measurement.
pub(super) struct Trial<'a> {
    flags: &'a Flags,
    backend: Backend,
    sshd: Sshd,
    near_by: [Server; 3],
    /// To the server that speaks first.
    greeted: [Server; 3],
    far_away: [Server; 3],
}

impl<'a> Trial<'a> {
    /// Starts all of them.
    pub(super) async fn start(cipher: &str, backend: Backend, flags: &'a Flags) -> Outcome<Self> {
        let sshd = Sshd::start(cipher).await?;
        let near_by = carriers(&sshd, backend.at).await?;
        let greeted = carriers(&sshd, backend.greeting).await?;
        let line = delayed_line(sshd.at)?;
        let far_away = [
            sshd.client(Some(&line), backend.at).await?,
            lictunnel(&sshd, Some(&line), backend.at).await?,
            relay(backend.at, DELAY_MS).await?,
        ];
        Ok(Self { flags, backend, sshd, near_by, greeted, far_away })
    }

    /// Measures all carriers once, by turns in each work, so that what else the machine does hits them alike. Nothing is noted of
    /// a round to warm up.
    pub(super) async fn round(&self, round: u32, values: Option<&mut Values>) -> Outcome<()> {
        let time = match values {
            Some(_) => Duration::from_secs(self.flags.seconds),
            None => WARM_UP,
        };
        let mut unheeded = Values::default();
        let values = values.unwrap_or(&mut unheeded);
        for work in WORKS.into_iter().filter(|work| self.wants(*work)) {
            for turn in 0..Carrier::ALL.len() {
                let carrier = Carrier::ALL[(turn + round as usize) % Carrier::ALL.len()];
                for (figure, value) in self.figures(work, carrier, time).await? {
                    values.note(carrier, figure, value);
                }
            }
        }
        Ok(())
    }

    /// The figures of one work.
    async fn figures(&self, work: Figure, carrier: Carrier, time: Duration) -> Outcome<Vec<(Figure, f64)>> {
        let server = match work {
            Figure::Greeted => &self.greeted[carrier as usize],
            Figure::FarDown | Figure::FarConnection => &self.far_away[carrier as usize],
            _ => &self.near_by[carrier as usize],
        };
        let (at, until, before) = (server.at, Until::Time(time), server.cpu()?);
        let cpu = |pace: &Pace| Outcome::Ok((server.cpu()? - before) / count(pace.done) * f64::from(1 << 30));
        Ok(match work {
            Figure::Greeted => {
                let mut pace = connections(at, First::Server, 1, until).await?;
                vec![
                    (work, pace.rate()),
                    (Figure::GreetedHalf, pace.quantile(0.5)),
                    (Figure::GreetedMost, pace.quantile(0.99)),
                ]
            }
            Figure::Serial => {
                let mut pace = connections(at, First::Client, 1, until).await?;
                vec![
                    (work, pace.rate()),
                    (Figure::SerialHalf, pace.quantile(0.5)),
                    (Figure::SerialMost, pace.quantile(0.99)),
                ]
            }
            Figure::AtOnce => {
                let mut pace = connections(at, First::Client, SOME, until).await?;
                vec![(work, pace.rate()), (Figure::AtOnceMost, pace.quantile(0.99))]
            }
            Figure::Trips => {
                let mut pace = round_trips(at, 1, time).await?;
                vec![(work, pace.rate()), (Figure::TripHalf, pace.quantile(0.5))]
            }
            Figure::ManyTrips => vec![(work, round_trips(at, MANY, time).await?.rate())],
            Figure::Down => {
                let pace = download(at, 1, time).await?;
                vec![(work, pace.mib()), (Figure::CpuDown, cpu(&pace)?)]
            }
            Figure::Up => {
                let pace = upload(at, 1, time).await?;
                vec![(work, pace.mib()), (Figure::CpuUp, cpu(&pace)?)]
            }
            Figure::DownMany | Figure::FarDown => {
                let lanes = if work == Figure::DownMany { SOME } else { 1 };
                vec![(work, download(at, lanes, time).await?.mib())]
            }
            Figure::UpMany => vec![(work, upload(at, SOME, time).await?.mib())],
            Figure::FarConnection => {
                vec![(work, connections(at, First::Client, 1, until).await?.quantile(0.5))]
            }
            // They come with other works, or once at the end.
            _ => Vec::new(),
        })
    }

    /// Measures the memory of a process that has just been started, and what many connections leave in it.
    pub(super) async fn memory(&self, which: Carrier, values: &mut Values) -> Outcome<()> {
        if !self.wants(Figure::Memory) || self.flags.connections == 0 {
            return Ok(());
        }
        let server = carrier(which, &self.sshd, self.backend.at).await?;
        let some = |part: u64| Until::Count(part.div_ceil(SOME as u64));
        connections(server.at, First::Client, SOME, some(SOME as u64)).await?;
        values.note(which, Figure::Memory, server.memory()?);
        // What is set aside once for all stays, and is not lost.
        let first = self.flags.connections / 10;
        connections(server.at, First::Client, SOME, some(first)).await?;
        let before = server.memory()?;
        let rest = connections(server.at, First::Client, SOME, some(self.flags.connections - first)).await?;
        values.note(which, Figure::MemoryAfter, server.memory()?);
        values.note(which, Figure::Growth, (server.memory()? - before) * 1e6 / count(rest.done));
        server.stop().await
    }

    fn wants(&self, figure: Figure) -> bool {
        let far = matches!(figure, Figure::FarDown | Figure::FarConnection);
        !(far && self.flags.near) && figure.words().name.contains(&self.flags.only)
    }

    /// Ends all of them.
    pub(super) async fn stop(self) -> Outcome<()> {
        for server in self.near_by.into_iter().chain(self.greeted).chain(self.far_away) {
            server.stop().await?;
        }
        self.sshd.stop().await
    }
}

async fn carriers(sshd: &Sshd, to: SocketAddr) -> Outcome<[Server; 3]> {
    Ok([
        carrier(Carrier::Ssh, sshd, to).await?,
        carrier(Carrier::Lictunnel, sshd, to).await?,
        carrier(Carrier::Plain, sshd, to).await?,
    ])
}

/// A process that carries connections to `to`, over the ssh server where it speaks ssh.
async fn carrier(which: Carrier, sshd: &Sshd, to: SocketAddr) -> Outcome<Server> {
    match which {
        Carrier::Ssh => sshd.client(None, to).await,
        Carrier::Lictunnel => lictunnel(sshd, None, to).await,
        Carrier::Plain => relay(to, 0).await,
    }
}

/// lictunnel, which reaches the ssh server by itself or over the line that a command is.
async fn lictunnel(sshd: &Sshd, line: Option<&str>, to: SocketAddr) -> Outcome<Server> {
    let (over, to) = (sshd.at.to_string(), to.to_string());
    let (key, id) = (sshd.file("host.pub"), sshd.file("id"));
    let mut arguments = vec!["carry", "--over", &over, "--host-key", &key, "--identity", &id, "--to", &to];
    arguments.extend(line.into_iter().flat_map(|line| ["--line", line]));
    Server::own(&arguments).await
}

/// The command that is a line of 20 ms to the ssh server. A socket would do only where the kernel delays it: a relay cannot delay
/// the handshake of TCP, from which lictunnel knows how far the server is.
fn delayed_line(to: SocketAddr) -> Outcome<String> {
    let program = std::env::current_exe()?;
    Ok(format!("{} relay --to {to} --delay-ms {DELAY_MS} --stdio", program.display()))
}

async fn relay(to: SocketAddr, delay_ms: u64) -> Outcome<Server> {
    Server::own(&["relay", "--to", &to.to_string(), "--delay-ms", &delay_ms.to_string()]).await
}
