//! The licence systems that are known by the names of their programs and by their ports.
//!
//! | system | program that clients go to | port, if nothing says another | and then |
//! |---|---|---|---|
//! | licgate | `licmgrd` | 27000 to 27009 | vendor daemons |
//! | FlexNet | `lmgrd`, `lmadmin` | 27000 to 27009 | vendor daemons |
//! | RLM | `rlm` | 5053 (5054 for its web pages) | servers of vendors (ISV) |
//! | LM-X | `lmx-serv`, `lmx-serv-VENDOR` | 6200 | |
//! | DSLS (Dassault Systèmes) | `DSLicSrv` | 4085 (4084 for its administration) | |
//! | Sentinel LDK | `hasplmd`, on Windows `hasplms` | 1947 | |
//! | Sentinel RMS | `lserv`, on Windows `lservnt` | 5093, UDP | |
//!
//! Names and ports are those of the makers' manuals for administrators.

use std::fmt;
use std::ops::RangeInclusive;

use licgate_core::path::DEFAULT_PORTS;

/// A licence system, the one that tells most about a host first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// licgate, which answers questions. All others are left in peace.
    Licgate,
    /// FlexNet.
    FlexNet,
    /// RLM.
    Rlm,
    /// LM-X.
    LmX,
    /// The licence server of Dassault Systèmes.
    Dsls,
    /// Sentinel RMS, whose clients use UDP, which ssh does not carry.
    SentinelRms,
    /// Sentinel LDK. Where another system serves as well, it is there for a dongle of that machine more likely than not.
    SentinelLdk,
}

impl System {
    /// The system whose master daemon, or only one, a program of this name is.
    pub(super) fn of_program(program: &str) -> Option<Self> {
        match program.to_ascii_lowercase().as_str() {
            "licmgrd" => Some(Self::Licgate),
            "rlm" => Some(Self::Rlm),
            "lmadmin" => Some(Self::FlexNet),
            "dslicsrv" => Some(Self::Dsls),
            "hasplms" => Some(Self::SentinelLdk),
            "lserv" | "lservnt" => Some(Self::SentinelRms),
            other if other.starts_with("lmgrd") || other.ends_with("lmgrd") => Some(Self::FlexNet),
            // Perhaps with the processor's name behind it.
            other if other.starts_with("hasplmd") => Some(Self::SentinelLdk),
            other if other.starts_with("lmx-serv") => Some(Self::LmX),
            _ => None,
        }
    }

    /// The ports at which its clients look for it when nothing says another.
    pub(super) fn usual_ports(self) -> RangeInclusive<u16> {
        match self {
            Self::Licgate | Self::FlexNet => DEFAULT_PORTS,
            Self::Rlm => 5053..=5053,
            Self::LmX => 6200..=6200,
            Self::Dsls => 4085..=4085,
            Self::SentinelRms => 5093..=5093,
            Self::SentinelLdk => 1947..=1947,
        }
    }

    /// Whether clients go on from the master daemon to those of vendors.
    pub(super) fn has_vendors(self) -> bool {
        matches!(self, Self::Licgate | Self::FlexNet | Self::Rlm)
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Licgate => "licgate",
            Self::FlexNet => "FlexNet",
            Self::Rlm => "RLM",
            Self::LmX => "LM-X",
            Self::Dsls => "DSLS",
            Self::SentinelRms => "Sentinel RMS",
            Self::SentinelLdk => "Sentinel LDK",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_their_programs() {
        for (program, system) in [
            ("licmgrd", Some(System::Licgate)),
            ("lmgrd", Some(System::FlexNet)),
            ("alias_lmgrd", Some(System::FlexNet)),
            ("LMADMIN", Some(System::FlexNet)),
            ("rlm", Some(System::Rlm)),
            ("lmx-serv", Some(System::LmX)),
            ("lmx-serv-acme", Some(System::LmX)),
            ("DSLicSrv", Some(System::Dsls)),
            ("hasplmd_x86_64", Some(System::SentinelLdk)),
            ("lservnt", Some(System::SentinelRms)),
            ("rlmutil", None),
            ("sshd", None),
        ] {
            assert_eq!(System::of_program(program), system, "{program}");
        }
    }
}
