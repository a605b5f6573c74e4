//! The journal in an embedded SQLite file, which an administrator can open with `sqlite3` and read as an audit log.

mod lock;
mod place;
mod schema;

use std::path::{Path, PathBuf};

use licgate_core::id::VendorName;
use licgate_core::ledger::{Change, End, Event};
use licgate_core::time::{LeaseTime, WallTime};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{AppendError, Entry, Fault, Journal, JournalError, Loaded, Seq, Snapshot};
use lock::Lock;
use place::Place;

/// How many old changes one [`Journal::compact`] forgets at most, so that commits never wait long for it.
const COMPACT_STEP: i64 = 10_000;

/// One file `VENDOR.db`, which one process at a time may write.
///
/// An append needs nothing of the directory: it is written to and synced in files (`-wal` and its index `-shm`) that have
/// been open since the start. So a directory that becomes read-only while the daemon runs changes nothing, appends stay
/// durable, and it shows at the next start. Files that were moved away or removed would take appends just the same and keep
/// them from the next start: that is looked for before each append.
#[derive(Debug)]
pub struct SqliteJournal {
    db: Connection,
    path: PathBuf,
    places: [Place; 2],
    _lock: Lock,
}

impl SqliteJournal {
    /// Opens the journal of `vendor` in `state_dir`; makes directory and file when there are none (mode 0700, 0600).
    pub fn open(state_dir: &Path, vendor: &VendorName) -> Result<Self, JournalError> {
        let lock = Lock::take(state_dir, vendor)?;
        let path = state_dir.join(format!("{vendor}.db"));
        let db = schema::open(&path)?;
        let places = [Place::of(&path)?, Place::of(&path.with_extension("db-wal"))?];
        Ok(Self { db, path, places, _lock: lock })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn trouble(&self, action: &'static str) -> impl Fn(rusqlite::Error) -> JournalError + use<> {
        schema::trouble(self.path.clone(), action)
    }

    fn corrupt(&self, why: String) -> JournalError {
        JournalError::new(Fault::Corrupt, &self.path, "read", why)
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, after: Seq, entries: &[Entry]) -> Result<Seq, AppendError> {
        self.places.iter().try_for_each(Place::check)?;
        let failed = self.trouble("append to");
        let work = self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let last = last_seq(&work).map_err(&failed)?;
        if last != after {
            return Err(AppendError::Behind(last));
        }
        insert(&work, after, entries).map_err(&failed)?;
        work.commit().map_err(&failed)?;
        Ok(after.plus(entries.len()))
    }

    fn load(&mut self) -> Result<Loaded, JournalError> {
        let failed = self.trouble("read");
        let work = self.db.unchecked_transaction().map_err(&failed)?;
        let (at, clock, parts) = snapshot_head(&work).map_err(&failed)?.unwrap_or_default();
        let snapshot = rows(&work, "SELECT part, body FROM snapshot WHERE seq = ?1 ORDER BY part", at)
            .map_err(&failed)?;
        let tail =
            rows(&work, "SELECT seq, body FROM change WHERE seq > ?1 ORDER BY seq", at).map_err(&failed)?;
        if snapshot.len() != parts {
            return Err(
                self.corrupt(format!("snapshot {at} has {} parts instead of {parts}", snapshot.len()))
            );
        }
        if let Some((found, expected)) = gap(&tail, at) {
            return Err(self.corrupt(format!("change {expected} is missing before change {found}")));
        }
        let (tail_len, last) = (tail.len(), Seq(unsigned(at)).plus(tail.len()));
        let mut loaded = Loaded { tail: tail_len, last, clock, ..Loaded::default() };
        for (number, body) in snapshot.into_iter().chain(tail) {
            let change: Change = minicbor::decode(&body)
                .map_err(|error| self.corrupt(format!("change {number} cannot be decoded: {error}")))?;
            loaded.clock = loaded.clock.max(change.at.lease);
            loaded.changes.push(change);
        }
        Ok(loaded)
    }

    fn snapshot(&mut self, snapshot: &Snapshot) -> Result<(), JournalError> {
        let failed = self.trouble("write a snapshot into");
        let work = self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        replace_snapshot(&work, snapshot).map_err(&failed)?;
        work.commit().map_err(&failed)
    }

    fn compact(&mut self, keep_since: WallTime) -> Result<usize, JournalError> {
        let failed = self.trouble("compact");
        let mut delete = self
            .db
            .prepare_cached(
                "DELETE FROM change WHERE at < ?1 AND seq IN (SELECT seq FROM change \
                 WHERE seq <= (SELECT max(seq) FROM snapshot_head) ORDER BY seq LIMIT ?2)",
            )
            .map_err(&failed)?;
        delete.execute(params![keep_since.0, COMPACT_STEP]).map_err(&failed)
    }
}

/// The position of the last change, which may have been forgotten already.
fn last_seq(work: &Transaction<'_>) -> rusqlite::Result<Seq> {
    let mut query = work.prepare_cached(
        "SELECT max(coalesce((SELECT max(seq) FROM change), 0), coalesce((SELECT max(seq) FROM snapshot_head), 0))",
    )?;
    query.query_row([], |row| row.get(0)).map(|seq| Seq(unsigned(seq)))
}

fn insert(work: &Transaction<'_>, after: Seq, entries: &[Entry]) -> rusqlite::Result<()> {
    let mut insert = work.prepare_cached(
        "INSERT INTO change (seq, at, kind, feature, user, host, display, seats, lease, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut seq = after;
    for entry in entries {
        seq = seq.plus(1);
        let about = entry.about.as_ref();
        insert.execute(params![
            signed(seq.0),
            entry.change.at.wall.0,
            kind(&entry.change.event),
            about.map(|about| about.feature.as_str()),
            about.map(|about| &about.holder.user),
            about.map(|about| &about.holder.host),
            about.map(|about| &about.holder.display),
            about.map(|about| about.seats),
            about.map(|about| signed(about.lease.0)),
            encode(&entry.change)?,
        ])?;
    }
    Ok(())
}

fn replace_snapshot(work: &Transaction<'_>, snapshot: &Snapshot) -> rusqlite::Result<()> {
    work.execute_batch("DELETE FROM snapshot; DELETE FROM snapshot_head;")?;
    let at = signed(snapshot.at.0);
    let mut part = work.prepare_cached("INSERT INTO snapshot (seq, part, body) VALUES (?1, ?2, ?3)")?;
    let mut parts: i64 = 0;
    for change in &snapshot.changes {
        part.execute(params![at, parts, encode(change)?])?;
        parts += 1;
    }
    work.execute(
        "INSERT INTO snapshot_head (seq, at, lease_clock, parts) VALUES (?1, ?2, ?3, ?4)",
        params![at, snapshot.wall.0, signed(snapshot.clock.0), parts],
    )?;
    Ok(())
}

/// Position, lease clock and number of parts of the snapshot, if there is one.
fn snapshot_head(work: &Transaction<'_>) -> rusqlite::Result<Option<(i64, LeaseTime, usize)>> {
    work.query_row("SELECT seq, lease_clock, parts FROM snapshot_head ORDER BY seq DESC LIMIT 1", [], |row| {
        let parts: i64 = row.get(2)?;
        Ok((row.get(0)?, LeaseTime(unsigned(row.get(1)?)), usize::try_from(parts).unwrap_or(usize::MAX)))
    })
    .optional()
}

fn rows(work: &Transaction<'_>, sql: &str, at: i64) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    work.prepare(sql)?.query_map([at], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The first change that does not follow its predecessor: its number and the number that should be there.
fn gap(tail: &[(i64, Vec<u8>)], at: i64) -> Option<(i64, i64)> {
    let expected = (0i64..).map(|index| at.saturating_add(1).saturating_add(index));
    tail.iter().map(|(seq, _)| *seq).zip(expected).find(|(seq, expected)| seq != expected)
}

/// The word in the audit column `kind`.
fn kind(event: &Event) -> &'static str {
    match event {
        Event::Queued { .. } => "queued",
        Event::Granted(_) => "granted",
        Event::Promoted { .. } => "promoted",
        Event::Resumed { .. } => "resumed",
        Event::Lingers { .. } => "lingers",
        Event::Ended { why: End::Returned, .. } => "returned",
        Event::Ended { why: End::Silent, .. } => "silent",
        Event::Ended { why: End::HungUp, .. } => "disconnected",
        Event::Ended { why: End::Lingered, .. } => "lingered",
        Event::Ended { why: End::Expired, .. } => "expired",
        Event::Ended { why: End::Removed, .. } => "removed",
        Event::Ended { why: End::Excluded, .. } => "excluded",
        Event::Ended { why: End::NotIncluded, .. } => "not included",
        Event::Ended { why: End::Limited, .. } => "limited",
        Event::Moved { .. } => "moved",
        Event::Heard { .. } => "heard",
        Event::HungUp { .. } => "hung up",
        Event::Numbered { .. } => "numbered",
    }
}

fn encode(change: &Change) -> rusqlite::Result<Vec<u8>> {
    minicbor::to_vec(change).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// SQLite's integers are signed; a position or handle never comes near the end of them.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests;
