//! Pages of status: a few rows at a time, so that a look at a large ledger never holds up a checkout.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::host::HostId;
use crate::id::LeaseNumber;
use crate::ledger::{FeatureView, LeaseState, LeaseView, Ledger, Usage};
use crate::licence::Pool;
use crate::licence::ast::Expiry;
use crate::time::{Now, WallTime};
use crate::wire::{Cursor, Lock, Part, Row, StatusAsk, StatusPage, limit};

/// The rows of one page take at most so many bytes, which leaves room in the frame for what is around them.
const BYTES: usize = limit::FRAME - 1024;

/// Longer texts of a licence file are cut off.
const TEXT: usize = 1024;

/// The page that `ask` wants: at most [`limit::ROWS`] rows that fit into one frame. Its cost does not depend on how
/// many leases there are.
pub fn page(ledger: &Ledger, now: Now, ask: &StatusAsk) -> StatusPage {
    let mut rows = Vec::new();
    let mut room = BYTES;
    let mut next = begin(ledger, ask);
    while let Some(cursor) = next {
        let step = step(ledger, now, ask, cursor);
        if let Some(row) = step.row {
            let size = encoded_size(&row);
            if rows.len() == limit::ROWS || size > room {
                break;
            }
            room -= size;
            rows.push(row);
        }
        next = step.next;
    }
    StatusPage { rows, next }
}

/// One step through the ledger: what stands at a cursor, if anything does, and where to go on.
struct Step {
    row: Option<Row>,
    next: Option<Cursor>,
}

fn begin(ledger: &Ledger, ask: &StatusAsk) -> Option<Cursor> {
    let heading = |feature| Cursor { feature, part: Part::Heading };
    match &ask.feature {
        None => Some(ask.after.unwrap_or(heading(0))),
        Some(name) => {
            let feature = ledger.place_of(name)?;
            Some(ask.after.filter(|cursor| cursor.feature == feature).unwrap_or(heading(feature)))
        }
    }
}

fn step(ledger: &Ledger, now: Now, ask: &StatusAsk, cursor: Cursor) -> Step {
    let Some(feature) = ledger.feature(cursor.feature) else { return Step { row: None, next: None } };
    let go_on = |part| Some(Cursor { part, ..cursor });
    match cursor.part {
        Part::Heading => Step { row: heading(feature), next: go_on(Part::Pool { pool: 0 }) },
        Part::Pool { pool } => match feature.pool(pool) {
            Some((it, usage)) => {
                let leases = Part::Leases { pool, since: WallTime(i64::MIN), lease: LeaseNumber(0) };
                let part = if ask.users { leases } else { Part::Pool { pool: pool.saturating_add(1) } };
                Step { row: Some(pool_row(it, usage)), next: go_on(part) }
            }
            None if ask.users => Step { row: None, next: go_on(Part::Tickets { after: LeaseNumber(0) }) },
            None => Step { row: None, next: next_feature(ask, cursor) },
        },
        Part::Leases { pool, since, lease } => match feature.leases(pool, (since, lease)).next() {
            Some(it) => Step {
                row: Some(lease_row(it, now)),
                next: go_on(Part::Leases { pool, since: it.since, lease: it.number }),
            },
            None => Step { row: None, next: go_on(Part::Pool { pool: pool.saturating_add(1) }) },
        },
        Part::Tickets { after } => match feature.tickets(after).next() {
            Some(it) => Step { row: Some(ticket_row(it)), next: go_on(Part::Tickets { after: it.number }) },
            None => Step { row: None, next: next_feature(ask, cursor) },
        },
    }
}

fn next_feature(ask: &StatusAsk, cursor: Cursor) -> Option<Cursor> {
    let feature = cursor.feature.checked_add(1).filter(|_| ask.feature.is_none())?;
    Some(Cursor { feature, part: Part::Heading })
}

/// `Feature` if any of it is served, `Absent` if it only stands in a file, nothing if only old leases know of it.
fn heading(feature: FeatureView<'_>) -> Option<Row> {
    if feature.pools().next().is_none() {
        let absences = feature.absences();
        return Some(Row::Absent {
            name: feature.name().clone(),
            why: clip(&absences.first()?.why),
            seats: absences.iter().filter_map(|line| line.seats).reduce(u32::saturating_add),
        });
    }
    let issued = feature.pools().map(|(_, usage)| usage.issued);
    Some(Row::Feature {
        name: feature.name().clone(),
        issued: issued.reduce(|sum, more| Some(sum?.saturating_add(more?))).flatten(),
        in_use: number(feature.pools().map(|(_, usage)| usage.in_use).sum()),
        waiting: number(feature.waiting() as u64),
    })
}

fn pool_row(pool: &Pool, usage: Usage) -> Row {
    Row::Pool {
        version: pool.version.clone(),
        expiry: match pool.expiry {
            Expiry::On(date) => date.to_string(),
            Expiry::Never => "permanent".to_string(),
        },
        vendor_string: pool.vendor_string.as_deref().map(clip),
        lock: lock(&pool.hostids),
        issued: usage.issued,
        in_use: number(usage.in_use),
    }
}

fn lock(hostids: &[HostId]) -> Lock {
    if hostids.is_empty() {
        return Lock::Floating;
    }
    let words: Vec<_> = hostids.iter().map(HostId::to_string).collect();
    Lock::Nodes(clip(&words.join(" ")))
}

fn lease_row(lease: LeaseView<'_>, now: Now) -> Row {
    let linger = match lease.state {
        LeaseState::Lingering { from, until } => {
            Some((number(until.since(now.lease).as_secs()), number(until.since(from).as_secs())))
        }
        LeaseState::Held | LeaseState::Waiting => None,
    };
    Row::Lease {
        holder: lease.holder.clone(),
        version: lease.version.clone(),
        lease: lease.number,
        since: lease.since,
        seats: lease.seats,
        linger,
    }
}

fn ticket_row(ticket: LeaseView<'_>) -> Row {
    Row::Waiting {
        holder: ticket.holder.clone(),
        version: ticket.version.clone(),
        lease: ticket.number,
        since: ticket.since,
        seats: ticket.seats,
    }
}

/// The beginning of a text, at most [`TEXT`] bytes of it.
fn clip(text: &str) -> String {
    let ends = text.char_indices().map(|(start, char)| start + char.len_utf8());
    let end = ends.take_while(|end| *end <= TEXT).last().unwrap_or(0);
    text.get(..end).unwrap_or_default().to_string()
}

fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The bytes that the row takes in a message.
fn encoded_size(row: &Row) -> usize {
    struct Count(usize);
    impl minicbor::encode::Write for Count {
        type Error = Infallible;
        fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
            self.0 += bytes.len();
            Ok(())
        }
    }
    let mut count = Count(0);
    match minicbor::encode(row, &mut count) {
        Ok(()) => count.0,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests;
