//! The text of `lmstat`, byte for byte as FlexNet's scripts and collectors read it.
//!
//! The parts are printed one after the other: [`heading`] once, then for each licence host [`server`] and [`vendors`]
//! (or [`error_line`]), with [`SEPARATOR`] between two hosts.

use alloc::string::{String, ToString};
use core::fmt::{self, Write};

use crate::code::Code;
use crate::id::{FeatureName, VendorName};
use crate::ledger::Holder;
use crate::report::usage::{Feature, Lease, Pool, VendorReport, VendorUsage, Waiting};
use crate::time::{WallTime, Zone};
use crate::wire::{Lock, ServerStatus, VendorState};

/// What stands between two licence hosts: 76 dashes.
pub const SEPARATOR: &str = "----------------------------------------------------------------------------";

/// Which features are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All (`-a`, `-f`).
    All,
    /// Those with seats out or requests waiting (`-A`).
    Active,
    /// All, under the heading that FlexNet prints when one vendor was asked for (`-S vendor`).
    OfVendor,
}

/// The first lines, for the program `name` (as it was called).
pub fn heading(name: &str, now: WallTime, zone: &impl Zone) -> String {
    let civil = zone.civil(now);
    let date = civil.date;
    format(format_args!(
        "{name} - Copyright (c) 2026 licgate\n\
         Flexible License Manager status on {} {}/{}/{} {:02}:{:02}\n\n",
        date.weekday(),
        date.month(),
        date.day(),
        date.year(),
        civil.hour,
        civil.minute
    ))
}

/// The licence host: its address, files, and that it is up.
pub fn server(status: &ServerStatus) -> String {
    let ServerStatus { host, port, version, files, vendors: _ } = status;
    let host = Plain(host);
    let files = files.iter().fold(String::new(), |list, file| list + file + ":");
    format(format_args!(
        "License server status: {port}@{host}\n    License file(s) on {host}: {}\n\n\
         {}: license server UP (MASTER) v{}\n\nVendor daemon status (on {host}):\n\n",
        Plain(&files),
        Right { name: host, least: 0 },
        Plain(version)
    ))
}

/// The vendor daemons of a licence host, with what is out.
pub fn vendors(status: &ServerStatus, reports: &[VendorReport], scope: Scope, zone: &impl Zone) -> String {
    let mut text = String::new();
    for (index, report) in reports.iter().enumerate() {
        let name = Right { name: Plain(report.name.as_str()), least: 1 };
        let line = match (&report.state, &report.usage) {
            (VendorState::Up { .. }, VendorUsage::Failed(code, why)) => Line::Failed(*code, why),
            (VendorState::Up { .. }, VendorUsage::Unasked | VendorUsage::Features(_)) => {
                Line::Up(&report.version)
            }
            (VendorState::Down { why }, _) => Line::Failed(Code::VENDOR_DOWN, why),
        };
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{name}: {line}");
        if let Some(warning) = &report.warning {
            let _ = writeln!(text, "    WARNING: {}", Plain(warning));
        }
        if let VendorUsage::Features(features) = &report.usage {
            let block = Block { status, vendor: &report.name, zone };
            let _ = block.features(&mut text, features, scope);
        } else if index + 1 == reports.len() {
            text.push('\n');
        }
    }
    text
}

/// What is printed for a licence host that gives no status.
pub fn error_line(error: &impl fmt::Display) -> String {
    format(format_args!("Error getting status: {}\n", Plain(&error.to_string())))
}

/// What is printed for a feature that was asked for and that nobody serves.
pub fn no_such_feature(name: &FeatureName) -> String {
    let name = Plain(name.as_str());
    format(format_args!("Users of {name}: Cannot get users of {name}: {}\n\n", Code::NO_SUCH_FEATURE))
}

/// What stands behind the name of a daemon.
enum Line<'a> {
    Up(&'a str),
    Failed(Code, &'a str),
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(version) => write!(f, "UP v{}", Plain(version)),
            Self::Failed(code, "") => code.fmt(f),
            Self::Failed(code, why) => write!(f, "{code}: {}", Plain(why)),
        }
    }
}

/// The features of one vendor daemon.
struct Block<'a, Z> {
    status: &'a ServerStatus,
    vendor: &'a VendorName,
    zone: &'a Z,
}

impl<Z: Zone> Block<'_, Z> {
    fn features(&self, text: &mut String, features: &[Feature], scope: Scope) -> fmt::Result {
        match scope {
            Scope::All | Scope::Active => text.push_str("Feature usage info:\n\n"),
            Scope::OfVendor => {
                write!(text, "Users of features served by {}:\n\n", Plain(self.vendor.as_str()))?;
            }
        }
        let active = |feature: &&Feature| feature.in_use > 0 || !feature.waiting.is_empty();
        features
            .iter()
            .filter(|feature| match scope {
                Scope::All | Scope::OfVendor => true,
                Scope::Active => active(feature),
            })
            .try_for_each(|feature| self.feature(text, feature))
    }

    fn feature(&self, text: &mut String, feature: &Feature) -> fmt::Result {
        let name = Plain(feature.name.as_str());
        match (&feature.absent, feature.issued) {
            // Why stands in the JSON form only. FlexNet writes `licenses` even for one.
            (Some(_), issued) => {
                let seats = issued.unwrap_or(0);
                write!(
                    text,
                    "Users of {name}:  (Error: {seats} licenses, unsupported by licensed server)\n\n"
                )?;
            }
            (None, None) => write!(text, "Users of {name}:  (Uncounted, node-locked)\n\n")?,
            (None, Some(issued)) => write!(
                text,
                "Users of {name}:  (Total of {issued} license{} issued;  Total of {} license{} in use)\n\n",
                plural(issued),
                feature.in_use,
                plural(feature.in_use)
            )?,
        }
        // Those who wait stand below the last pool that is shown; they may get a seat of any.
        let last = feature.pools.iter().rposition(in_use).or(feature.pools.len().checked_sub(1));
        for (index, pool) in feature.pools.iter().enumerate() {
            let waiting = if Some(index) == last { feature.waiting.as_slice() } else { &[] };
            if !in_use(pool) && waiting.is_empty() {
                continue;
            }
            self.details(text, feature, pool)?;
            pool.leases.iter().try_for_each(|lease| self.lease(text, lease))?;
            waiting.iter().try_for_each(|waiting| self.waiting(text, waiting))?;
            text.push('\n');
        }
        Ok(())
    }

    fn details(&self, text: &mut String, feature: &Feature, pool: &Pool) -> fmt::Result {
        let expiry = if pool.expiry == "permanent" { "permanent(no expiration date)" } else { &pool.expiry };
        writeln!(
            text,
            "  \"{}\" v{}, vendor: {}, expiry: {}",
            Plain(feature.name.as_str()),
            pool.version,
            Plain(self.vendor.as_str()),
            Plain(expiry)
        )?;
        if let Some(vendor_string) = &pool.vendor_string {
            writeln!(text, "  vendor_string: {}", Plain(vendor_string))?;
        }
        let uncounted = if pool.issued.is_none() { "uncounted " } else { "" };
        match &pool.lock {
            Lock::Floating if pool.issued.is_some() => text.push_str("  floating license\n\n"),
            Lock::Nodes(hosts) if !hosts.eq_ignore_ascii_case("ANY") => {
                let hosts = Plain(hosts.trim_matches('"'));
                write!(text, "  {uncounted}nodelocked license, locked to \"{hosts}\"\n\n")?;
            }
            Lock::Floating | Lock::Nodes(_) => {
                write!(text, "  {uncounted}nodelocked license locked to NOTHING (hostid=ANY)\n\n")?;
            }
        }
        Ok(())
    }

    fn lease(&self, text: &mut String, lease: &Lease) -> fmt::Result {
        self.user(text, &lease.holder, &lease.version, lease.lease)?;
        let start = self.zone.civil(lease.since);
        write!(
            text,
            ", start {} {}/{} {}:{:02}",
            start.date.weekday(),
            start.date.month(),
            start.date.day(),
            start.hour,
            start.minute
        )?;
        if lease.seats > 1 {
            write!(text, ", {} licenses", lease.seats)?;
        }
        if let Some((left, total)) = lease.linger {
            write!(text, "  (linger: {left} / {total})")?;
        }
        text.push('\n');
        Ok(())
    }

    fn waiting(&self, text: &mut String, waiting: &Waiting) -> fmt::Result {
        self.user(text, &waiting.holder, &waiting.version, waiting.lease)?;
        writeln!(text, " queued for {} license{}", waiting.seats, plural(waiting.seats))
    }

    /// `    ada ws1 /dev/pts/0 (v2.1) (lic1/27000 101)`; the process id is left out because a collector in use
    /// wants the line to end behind the time.
    fn user(
        &self,
        text: &mut String,
        holder: &Holder,
        version: impl fmt::Display,
        lease: impl fmt::Display,
    ) -> fmt::Result {
        text.push_str("   ");
        for word in [&holder.user, &holder.host, &holder.display, &holder.data] {
            if !word.is_empty() {
                write!(text, " {}", Plain(word))?;
            }
        }
        let ServerStatus { host, port, .. } = self.status;
        write!(text, " (v{version}) ({}/{port} {lease})", Plain(host))
    }
}

fn in_use(pool: &Pool) -> bool {
    pool.in_use > 0 || !pool.leases.is_empty()
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn format(arguments: fmt::Arguments<'_>) -> String {
    arguments.to_string()
}

/// A name from outside, with everything that could break or forge a line shown as `?`.
#[derive(Clone, Copy)]
struct Plain<'a>(&'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| f.write_char(if c.is_control() { '?' } else { c }))
    }
}

/// A name, right-aligned in ten columns.
struct Right<'a> {
    name: Plain<'a>,
    /// Blanks before a longer name: a collector in use wants one before a vendor daemon's.
    least: usize,
}

impl fmt::Display for Right<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blanks = 10usize.saturating_sub(self.name.0.chars().count()).max(self.least);
        write!(f, "{:blanks$}{}", "", self.name)
    }
}

#[cfg(test)]
mod tests;
