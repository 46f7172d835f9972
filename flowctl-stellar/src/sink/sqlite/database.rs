use std::{
    ffi::OsString,
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use flowctl_core::{
    component::{ComponentError, OpenSink},
    event::{Batch, Codecs},
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    row::{self, INSERT},
    sqlite_error::sqlite_error,
};
use crate::sink::{FileIdentity, Positions, SourcePosition, file_error};

/// `flow`, in ASCII: tells our databases from others.
const APPLICATION_ID: i64 = 0x666c_6f77;
/// The version of the schema that is made, and the only one that is written to.
const SCHEMA_VERSION: i64 = 1;
/// Where the header of a database holds its application id, big-endian, and how long the header is
/// (SQLite, "Database File Format", section 1.3).
const APPLICATION_ID_AT: usize = 68;
const HEADER_BYTES: u64 = 100;
const SCHEMA: &str = include_str!("schema.sql");

/// How long another process may hold the database before a write fails.
const BUSY: Duration = Duration::from_secs(5);

/// An open database of token-transfer events. All calls block.
#[derive(Debug)]
pub(super) struct Database {
    path: PathBuf,
    identity: FileIdentity,
    connection: Connection,
    open: OpenSink,
    /// What the positions are, unless somebody else writes.
    committed: Positions,
    /// What they are as well, if a commit failed without saying whether it counted.
    maybe_committed: Option<Positions>,
}

impl Database {
    /// Opens the database, or makes it where there is none.
    pub(super) fn open(path: &Path, open: &OpenSink) -> Result<Self, ComponentError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| file_error("make the folder of", path, error))?;
        }
        let failed = |error| sqlite_error("open", path, error);
        let mut connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        adopt(&mut connection, path)?;
        connection
            .pragma_update(None, "journal_mode", "wal")
            .map_err(failed)?;
        connection
            .pragma_update(None, "synchronous", "full")
            .map_err(failed)?;
        let identity = FileIdentity::of(path).map_err(|error| file_error("open", path, error))?;
        let committed =
            positions(&connection).map_err(|error| sqlite_error("read", path, error))?;
        committed.check(&format!("`{}`", path.display()), open)?;
        Ok(Self {
            path: path.to_owned(),
            identity,
            connection,
            open: open.clone(),
            committed,
            maybe_committed: None,
        })
    }

    /// Removes the database, whatever is wrong with it; but never a file that its header does not show
    /// to be one of ours.
    pub(super) fn remove(path: &Path) -> Result<(), ComponentError> {
        let failed = |error| file_error("remove", path, error);
        let mut header = Vec::new();
        match File::open(path).and_then(|file| file.take(HEADER_BYTES).read_to_end(&mut header)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let application = header
            .get(APPLICATION_ID_AT..)
            .and_then(<[u8]>::first_chunk);
        let ours =
            application.is_some_and(|id| i64::from(u32::from_be_bytes(*id)) == APPLICATION_ID);
        if !header.is_empty() && !ours {
            return Err(not_ours(path));
        }
        for suffix in ["-wal", "-shm", ""] {
            let mut name = OsString::from(path);
            name.push(suffix);
            match fs::remove_file(name) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// How far the events are complete.
    pub(super) const fn positions(&self) -> &Positions {
        &self.committed
    }

    /// Writes the events that are not there yet, and how far they lead, in one transaction.
    ///
    /// Refuses to when the positions were moved by somebody else: what that sink has written would be
    /// taken for written by this one, whose own events would be left out.
    pub(super) fn write(
        &mut self,
        batches: &[Batch],
        codecs: &Codecs,
    ) -> Result<(), ComponentError> {
        let Self {
            path,
            connection,
            open,
            committed,
            maybe_committed,
            ..
        } = self;
        let failed = |error| sqlite_error("write to", path, error);
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let mut positions = positions(&transaction).map_err(failed)?;
        if positions != *committed && maybe_committed.as_ref() != Some(&positions) {
            return Err(another_writes(path));
        }
        for batch in batches {
            let mut statement = transaction.prepare_cached(INSERT).map_err(failed)?;
            for event in positions.new_events(batch) {
                row::insert(&mut statement, batch.source(), event, codecs)?.map_err(failed)?;
            }
            positions.advance(batch, open);
        }
        store(&transaction, &positions).map_err(failed)?;
        *maybe_committed = Some(positions.clone());
        transaction.commit().map_err(failed)?;
        *committed = positions;
        self.identity.check(&self.path)
    }

    /// Moves everything from the write-ahead log into the database.
    pub(super) fn close(&mut self) -> Result<(), ComponentError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| self.error("close", error))
    }

    fn error(&self, action: &str, error: rusqlite::Error) -> ComponentError {
        sqlite_error(action, &self.path, error)
    }
}

/// Makes the schema in an empty database, and refuses one that is not ours.
fn adopt(connection: &mut Connection, path: &Path) -> Result<(), ComponentError> {
    let failed = |error| sqlite_error("open", path, error);
    let pragma = |connection: &Connection, name: &str| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(failed)
    };
    let application = pragma(connection, "application_id")?;
    let version = pragma(connection, "user_version")?;
    let is_empty = connection
        .query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(()))
        .optional()
        .map_err(failed)?
        .is_none();
    let shown = path.display();
    match (application, version) {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (0, 0) if is_empty => {
            let transaction = connection.transaction().map_err(failed)?;
            let made = transaction
                .execute_batch(SCHEMA)
                .and_then(|()| {
                    let made_by = concat!("flowctl-stellar ", env!("CARGO_PKG_VERSION"));
                    let insert = "INSERT INTO meta VALUES ('schema', ?1), ('made_by', ?2)";
                    transaction.execute(insert, params![SCHEMA_VERSION.to_string(), made_by])
                })
                .and_then(|_| transaction.pragma_update(None, "application_id", APPLICATION_ID))
                .and_then(|()| transaction.pragma_update(None, "user_version", SCHEMA_VERSION));
            made.and_then(|()| transaction.commit()).map_err(failed)
        }
        (APPLICATION_ID, _) => Err(ComponentError::stop(format!(
            "`{shown}` has version {version} of the schema, this flowctl writes version {SCHEMA_VERSION}"
        ))
        .help("use the flowctl that made it, or another path")),
        _ => Err(not_ours(path)),
    }
}

fn another_writes(path: &Path) -> ComponentError {
    let path = path.display();
    ComponentError::stop(format!(
        "another sink writes to this database, `{path}`, at the same time"
    ))
    .help("give every sink a path of its own")
}

fn not_ours(path: &Path) -> ComponentError {
    let path = path.display();
    ComponentError::stop(format!("`{path}` is a database that flowctl did not make"))
        .help("give the sink another path")
}

fn positions(connection: &Connection) -> rusqlite::Result<Positions> {
    let mut statement =
        connection.prepare_cached("SELECT source, fingerprint, through FROM positions")?;
    let rows = statement.query_map([], |row| {
        let source: String = row.get(0)?;
        let source = source.parse().map_err(|error| {
            let text = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, text, Box::new(error))
        })?;
        let through = u64::try_from(row.get::<_, i64>(2)?)
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, -1))?;
        Ok((
            source,
            SourcePosition {
                fingerprint: row.get(1)?,
                through,
            },
        ))
    })?;
    let mut positions = Positions::default();
    for row in rows {
        let (source, position) = row?;
        positions.insert(source, position);
    }
    Ok(positions)
}

fn store(transaction: &Transaction<'_>, positions: &Positions) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO positions (source, fingerprint, through) VALUES (?1, ?2, ?3)
         ON CONFLICT (source) DO UPDATE SET through = excluded.through",
    )?;
    for (
        source,
        SourcePosition {
            fingerprint,
            through,
        },
    ) in positions.iter()
    {
        let through = i64::try_from(*through)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        statement.execute(params![source.as_str(), fingerprint, through])?;
    }
    Ok(())
}
