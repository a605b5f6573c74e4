//! The figures: what is measured, in what, and what is asked of lictunnel.

use serde::Serialize;

/// Who carries the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Carrier {
    /// OpenSSH's `ssh -N -L`.
    Ssh,
    /// lictunnel.
    Lictunnel,
    /// A TCP relay without any ssh: the ceiling.
    Plain,
}

impl Carrier {
    /// All, in the order of the table.
    pub(super) const ALL: [Self; 3] = [Self::Ssh, Self::Lictunnel, Self::Plain];
}

/// What lictunnel has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Goal {
    /// At least so many times what the other has.
    AtLeast(f64, Carrier),
    /// At most so many times what the other has.
    AtMost(f64, Carrier),
    /// At most so much.
    Within(f64),
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Figure {
    Greeted,
    GreetedHalf,
    GreetedMost,
    Serial,
    SerialHalf,
    SerialMost,
    AtOnce,
    AtOnceMost,
    Trips,
    TripHalf,
    ManyTrips,
    Down,
    Up,
    DownMany,
    UpMany,
    CpuDown,
    CpuUp,
    Memory,
    MemoryAfter,
    Growth,
    FarDown,
    FarConnection,
}

/// A figure in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What it is.
    pub(super) name: &'static str,
    /// In what it is counted.
    pub(super) unit: &'static str,
    /// Digits after the point.
    pub(super) digits: usize,
    /// What is asked of it.
    pub(super) goal: Option<Goal>,
}

impl Figure {
    /// What it is called and what is asked of it.
    pub(super) fn words(self) -> Words {
        use Carrier::{Plain, Ssh};
        use Goal::{AtLeast, AtMost, Within};
        let words = |name, unit, digits, goal| Words { name, unit, digits, goal };
        match self {
            Self::Greeted => {
                words("new connections, server speaks first", "1/s", 0, Some(AtLeast(80.0, Ssh)))
            }
            Self::GreetedHalf => words("  half of them within", "ms", 2, None),
            Self::GreetedMost => words("  99 of 100 within", "ms", 2, None),
            Self::Serial => words("new connections, client speaks first", "1/s", 0, Some(AtLeast(1.2, Ssh))),
            Self::SerialHalf => words("  half of them within", "ms", 2, None),
            Self::SerialMost => words("  99 of 100 within", "ms", 2, None),
            Self::AtOnce => words("new connections, 8 at once", "1/s", 0, Some(AtLeast(1.2, Ssh))),
            Self::AtOnceMost => words("  99 of 100 within", "ms", 2, None),
            Self::Trips => words("round trips of 64 bytes, 1 connection", "1/s", 0, Some(AtLeast(1.05, Ssh))),
            Self::TripHalf => words("  half of them within", "ms", 3, None),
            Self::ManyTrips => words("round trips of 64 bytes, 200 connections", "1/s", 0, None),
            Self::Down => words("download, 1 stream", "MiB/s", 0, Some(AtLeast(1.05, Ssh))),
            Self::Up => words("upload, 1 stream", "MiB/s", 0, Some(AtLeast(1.05, Ssh))),
            Self::DownMany => words("download, 8 streams", "MiB/s", 0, Some(AtLeast(1.0, Ssh))),
            Self::UpMany => words("upload, 8 streams", "MiB/s", 0, Some(AtLeast(1.0, Ssh))),
            Self::CpuDown => words("processor time, download", "s/GiB", 3, Some(AtMost(1.0, Ssh))),
            Self::CpuUp => words("processor time, upload", "s/GiB", 3, Some(AtMost(1.0, Ssh))),
            Self::Memory => words("memory, idle", "MB", 2, Some(AtMost(1.0, Ssh))),
            Self::MemoryAfter => words("memory, after the connections", "MB", 2, Some(AtMost(1.0, Ssh))),
            Self::Growth => words("memory lost with a connection", "bytes", 1, Some(Within(10.0))),
            Self::FarDown => words("download, 20 ms away", "MiB/s", 0, Some(AtLeast(3.0, Ssh))),
            Self::FarConnection => words("new connection, 20 ms away", "ms", 2, Some(AtMost(1.05, Plain))),
        }
    }
}
