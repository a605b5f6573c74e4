//! The tables of a journal file, how it is opened, and what SQLite's errors mean for it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::lock::from_io;
use crate::journal::{Fault, JournalError};

/// `licg`: by this `file(1)` and we know a journal from any other database.
const APPLICATION_ID: i32 = 0x6c69_6367;

/// The version of the tables below.
const SCHEMA_VERSION: i32 = 1;

const SCHEMA: &str = "
    CREATE TABLE change (
        seq     INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,   -- seconds since 1970
        kind    TEXT NOT NULL,
        feature TEXT,
        user    TEXT,
        host    TEXT,
        display TEXT,
        seats   INTEGER,
        lease   INTEGER,            -- the handle that lmstat shows
        body    BLOB NOT NULL       -- the change itself, CBOR
    ) STRICT;
    CREATE TABLE snapshot (
        seq  INTEGER NOT NULL,
        part INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (seq, part)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshot_head (
        seq         INTEGER PRIMARY KEY,
        at          INTEGER NOT NULL,
        lease_clock INTEGER NOT NULL,
        parts       INTEGER NOT NULL
    ) STRICT;
";

/// How long a commit waits for another program (an administrator's `sqlite3`, a backup) to let go of the file.
const BUSY: Duration = Duration::from_secs(20);

/// Opens the file, which is made (mode 0600) when there is none, and sees that it is a journal that we understand.
pub(super) fn open(path: &Path) -> Result<Connection, JournalError> {
    // SQLite gives its `-wal` and `-shm` files the mode of this one.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| from_io(path, "open", &error))?;
    let failed = trouble(path.to_owned(), "open");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags).map_err(&failed)?;
    db.busy_timeout(BUSY).map_err(&failed)?;
    prepare(&mut db, path)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(&failed)?;
    db.pragma_update(None, "synchronous", "full").map_err(&failed)?;
    // The first look makes the write-ahead log.
    db.query_row("SELECT count(*) FROM change WHERE seq = 0", [], |_| Ok(())).map_err(&failed)?;
    Ok(db)
}

/// Makes the tables in an empty file; refuses one that somebody else made.
fn prepare(db: &mut Connection, path: &Path) -> Result<(), JournalError> {
    let failed = trouble(path.to_owned(), "open");
    let work = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(&failed)?;
    let number = |sql| work.query_row(sql, [], |row| row.get::<_, i32>(0)).map_err(&failed);
    let (application, version) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let empty = number("SELECT count(*) FROM sqlite_schema")? == 0;
    match (application, version) {
        (0, 0) if empty => {
            work.execute_batch(SCHEMA).map_err(&failed)?;
            work.pragma_update(None, "application_id", APPLICATION_ID).map_err(&failed)?;
            work.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(&failed)?;
            work.commit().map_err(&failed)
        }
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, newer) => Err(JournalError::new(
            Fault::Newer,
            path,
            "open",
            format!("its schema has version {newer}, this licvendord knows version {SCHEMA_VERSION}"),
        )),
        _ => Err(JournalError::new(Fault::Foreign, path, "open", "it is a database of another program")),
    }
}

/// Turns SQLite's errors into the journal's.
pub(super) fn trouble(
    path: PathBuf,
    action: &'static str,
) -> impl Fn(rusqlite::Error) -> JournalError + use<> {
    move |error| {
        let fault = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Fault::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Fault::NotWritable
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Corrupt,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
            _ => Fault::Other,
        };
        JournalError::new(fault, &path, action, error)
    }
}
