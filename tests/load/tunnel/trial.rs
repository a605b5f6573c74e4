//! One cipher: the processes, and what is done with them in a round.

use std::net::SocketAddr;
use std::time::Duration;

use super::backend::Backend;
use super::child::Server;
use super::figure::{Carrier, Figure};
use super::report::Values;
use super::sshd::Sshd;
use super::work::{First, Until, connections, count, download, round_trips, upload};
use super::{Flags, Outcome};

/// How long bytes take each way to a server that is 20 ms away.
const DELAY_MS: u64 = 10;

/// How many connections at once, where there are some.
const SOME: usize = 8;

/// How many connections at once, where there are many.
const MANY: usize = 200;

/// The processes under measurement.
pub(super) struct Trial<'a> {
    flags: &'a Flags,
    backend: Backend,
    sshd: Sshd,
    /// A line of 20 ms to the ssh server.
    far: Server,
    near_by: [Server; 3],
    /// To the server that speaks first.
    greeted: [Server; 3],
    far_away: [Server; 3],
}

impl<'a> Trial<'a> {
    /// Starts all of them.
    pub(super) async fn start(cipher: &str, backend: Backend, flags: &'a Flags) -> Outcome<Self> {
        let sshd = Sshd::start(cipher).await?;
        let far = relay(sshd.at, DELAY_MS).await?;
        let near_by = carriers(&sshd, sshd.at, backend.at).await?;
        let greeted = carriers(&sshd, sshd.at, backend.greeting).await?;
        let [ssh, lictunnel, _] = carriers(&sshd, far.at, backend.at).await?;
        let far_away = [ssh, lictunnel, relay(backend.at, DELAY_MS).await?];
        Ok(Self { flags, backend, sshd, far, near_by, greeted, far_away })
    }

    /// Measures one carrier once.
    pub(super) async fn round(&self, carrier: Carrier, values: &mut Values) -> Outcome<()> {
        let mut note = |figure, value| values.note(carrier, figure, value);
        let server = &self.near_by[carrier as usize];
        let time = Duration::from_secs(self.flags.seconds);
        if self.wants(Figure::Greeted) {
            let at = self.greeted[carrier as usize].at;
            let mut pace = connections(at, First::Server, 1, Until::Time(time)).await?;
            note(Figure::Greeted, pace.rate());
            note(Figure::GreetedHalf, pace.quantile(0.5));
            note(Figure::GreetedMost, pace.quantile(0.99));
        }
        if self.wants(Figure::Serial) {
            let mut pace = connections(server.at, First::Client, 1, Until::Time(time)).await?;
            note(Figure::Serial, pace.rate());
            note(Figure::SerialHalf, pace.quantile(0.5));
            note(Figure::SerialMost, pace.quantile(0.99));
        }
        if self.wants(Figure::AtOnce) {
            let mut pace = connections(server.at, First::Client, SOME, Until::Time(time)).await?;
            note(Figure::AtOnce, pace.rate());
            note(Figure::AtOnceMost, pace.quantile(0.99));
        }
        if self.wants(Figure::Trips) {
            let mut pace = round_trips(server.at, 1, time).await?;
            note(Figure::Trips, pace.rate());
            note(Figure::TripHalf, pace.quantile(0.5));
        }
        if self.wants(Figure::ManyTrips) {
            note(Figure::ManyTrips, round_trips(server.at, MANY, time).await?.rate());
        }
        if self.wants(Figure::Down) {
            let before = server.cpu()?;
            let pace = download(server.at, 1, time).await?;
            note(Figure::Down, pace.mib());
            note(Figure::CpuDown, (server.cpu()? - before) / count(pace.done) * f64::from(1 << 30));
        }
        if self.wants(Figure::Up) {
            let before = server.cpu()?;
            let pace = upload(server.at, 1, time).await?;
            note(Figure::Up, pace.mib());
            note(Figure::CpuUp, (server.cpu()? - before) / count(pace.done) * f64::from(1 << 30));
        }
        if self.wants(Figure::DownMany) {
            note(Figure::DownMany, download(server.at, SOME, time).await?.mib());
        }
        if self.wants(Figure::UpMany) {
            note(Figure::UpMany, upload(server.at, SOME, time).await?.mib());
        }
        self.far_away(carrier, values).await
    }

    async fn far_away(&self, carrier: Carrier, values: &mut Values) -> Outcome<()> {
        let at = self.far_away[carrier as usize].at;
        let time = Duration::from_secs(self.flags.seconds);
        if !self.flags.near && self.wants(Figure::FarDown) {
            values.note(carrier, Figure::FarDown, download(at, 1, time).await?.mib());
        }
        if !self.flags.near && self.wants(Figure::FarConnection) {
            let mut pace = connections(at, First::Client, 1, Until::Time(time)).await?;
            values.note(carrier, Figure::FarConnection, pace.quantile(0.5));
        }
        Ok(())
    }

    /// Measures the memory of a process that has just been started, and what many connections leave in it.
    pub(super) async fn memory(&self, which: Carrier, values: &mut Values) -> Outcome<()> {
        if !self.wants(Figure::Memory) || self.flags.connections == 0 {
            return Ok(());
        }
        let server = carrier(which, &self.sshd, self.sshd.at, self.backend.at).await?;
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
        figure.words().name.contains(&self.flags.only)
    }

    /// Ends all of them.
    pub(super) async fn stop(self) -> Outcome<()> {
        for server in self.near_by.into_iter().chain(self.greeted).chain(self.far_away).chain([self.far]) {
            server.stop().await?;
        }
        self.sshd.stop().await
    }
}

async fn carriers(sshd: &Sshd, over: SocketAddr, to: SocketAddr) -> Outcome<[Server; 3]> {
    Ok([
        carrier(Carrier::Ssh, sshd, over, to).await?,
        carrier(Carrier::Lictunnel, sshd, over, to).await?,
        carrier(Carrier::Plain, sshd, over, to).await?,
    ])
}

/// A process that carries connections to `to`, over the ssh server or a line before it where it speaks ssh.
async fn carrier(which: Carrier, sshd: &Sshd, over: SocketAddr, to: SocketAddr) -> Outcome<Server> {
    match which {
        Carrier::Ssh => sshd.client(over, to).await,
        Carrier::Plain => relay(to, 0).await,
        Carrier::Lictunnel => {
            let (over, to) = (over.to_string(), to.to_string());
            let (key, id) = (sshd.file("host.pub"), sshd.file("id"));
            Server::own(&["carry", "--over", &over, "--host-key", &key, "--identity", &id, "--to", &to]).await
        }
    }
}

async fn relay(to: SocketAddr, delay_ms: u64) -> Outcome<Server> {
    Server::own(&["relay", "--to", &to.to_string(), "--delay-ms", &delay_ms.to_string()]).await
}
