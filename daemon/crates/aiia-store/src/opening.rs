//! Opening the file: what is refused, how a new one is made, how an older one is brought up to date.
//!
//! A new store is built beside its place and moved there when it is whole, so a file that is there and empty is damage.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::{StoreError, recovery, schema};

/// The name of the file in the data directory.
pub(crate) const FILE_NAME: &str = "aiia.db";
/// Older versions can damage the file when two connections checkpoint at once.
const OLDEST_SQLITE: i32 = 3_051_003;
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What the name of a copy ends with until it is whole.
pub(crate) const DRAFT: &str = ".new";
const HEADER_LENGTH: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Opens the store in `dir` for writing: checked, migrated, with nothing left over from a process that died.
pub(crate) fn open(dir: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    let path = dir.join(FILE_NAME);
    open_file(dir, &path, migrations).map_err(|error| error.about(&path))
}

/// Opens a connection that can only read.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    configure(&connection)?;
    Ok(connection)
}

fn open_file(dir: &Path, path: &Path, migrations: &[&str]) -> Result<Connection, StoreError> {
    let sqlite = rusqlite::version_number();
    if sqlite < OLDEST_SQLITE {
        let detail = format!("SQLite {} is too old, 3.51.3 is needed", rusqlite::version());
        return Err(StoreError::Internal { detail });
    }
    create_directory(dir)?;
    let wal = beside(path, "-wal");
    let wal_has_content = wal.metadata().is_ok_and(|metadata| metadata.len() > 0);
    let newest = migrations.len() as u32;
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if wal_has_content {
                let detail = format!("it is missing although {} is there", wal.display());
                return Err(StoreError::corrupt(path, detail));
            }
            create(path, migrations)?;
        }
        Err(error) => return Err(StoreError::file(path, &error)),
        Ok(metadata) if metadata.is_dir() => return Err(StoreError::corrupt(path, "it is a directory")),
        Ok(_) => refuse_foreign(path, wal_has_content, newest)?,
    }
    make_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    if connection.is_readonly("main")? {
        return Err(StoreError::Io { detail: "the file is read-only".to_owned() });
    }
    configure(&connection)?;
    configure_writer(&connection)?;
    let found = user_version(&connection)?;
    if found < newest {
        keep_copy(&connection, &beside(path, &format!(".schema-{found}.bak")))?;
        schema::migrate(&mut connection, migrations)?;
    }
    let missing = schema::missing(&connection, migrations)?;
    if !missing.is_empty() {
        return Err(StoreError::corrupt(path, format!("its schema has no {}", missing.join(", no "))));
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    recovery::end_leftovers(&mut connection)?;
    Ok(connection)
}

/// Refuses what is no store of ours, or of a newer version, without touching it.
fn refuse_foreign(path: &Path, wal_has_content: bool, newest: u32) -> Result<(), StoreError> {
    let mut header = Vec::with_capacity(HEADER_LENGTH);
    let file = File::open(path).map_err(|error| StoreError::file(path, &error))?;
    file.take(HEADER_LENGTH as u64).read_to_end(&mut header).map_err(|error| StoreError::file(path, &error))?;
    if header.is_empty() {
        return Err(StoreError::corrupt(path, "it is empty"));
    }
    if header.len() < HEADER_LENGTH || !header.starts_with(MAGIC) {
        return Err(StoreError::corrupt(path, "it is not an SQLite database"));
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if number(68) != schema::APPLICATION_ID {
        return Err(StoreError::corrupt(path, "it is a database of another program"));
    }
    let mut found = number(60);
    if wal_has_content {
        // The newest header may still be in the log. A connection that only reads moves nothing into the file.
        found = found.max(user_version(&open_reader(path)?)?);
    }
    if found > newest {
        return Err(StoreError::TooNew { file: path.display().to_string(), found, supported: newest });
    }
    Ok(())
}

/// Makes a new store, whole or not at all.
fn create(path: &Path, migrations: &[&str]) -> Result<(), StoreError> {
    let draft = beside(path, DRAFT);
    for file in [draft.clone(), beside(&draft, "-wal"), beside(&draft, "-shm"), beside(&draft, "-journal")] {
        remove_leftover(&file)?;
    }
    create_private(&draft)?;
    let mut connection = Connection::open_with_flags(&draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&connection)?;
    // A draft that does not get done is thrown away, so that it has to be on the disk once, at its end.
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;")?;
    schema::migrate(&mut connection, migrations)?;
    connection.close().map_err(|(_, error)| error)?;
    let synced = OpenOptions::new().write(true).open(&draft).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::file(&draft, &error))?;
    std::fs::rename(&draft, path).map_err(|error| StoreError::file(path, &error))?;
    sync_directory(path)
}

/// Keeps a copy of the store as it is, whole or not at all.
pub(crate) fn keep_copy(connection: &Connection, copy: &Path) -> Result<(), StoreError> {
    let draft = beside(copy, DRAFT);
    copy_to(connection, &draft).inspect_err(|_| {
        // A half of one is of no use, least of all on a full disk.
        let _ = std::fs::remove_file(&draft);
    })?;
    std::fs::rename(&draft, copy).map_err(|error| StoreError::file(copy, &error))?;
    sync_directory(copy)
}

/// Removes the halves of copies that a process left when it was ended: files of `folder` whose names begin with `prefix`. Only while
/// no copy of that name is being made.
pub(crate) fn remove_drafts(folder: &Path, prefix: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let is_draft = name.ends_with(DRAFT) || name.ends_with(&format!("{DRAFT}-journal"));
        if is_draft
            && name.starts_with(prefix)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "half of a copy could not be removed");
        }
    }
}

/// Copies one state of the store into a new file of its own, which is on the disk when this returns.
pub(crate) fn copy_to(connection: &Connection, draft: &Path) -> Result<(), StoreError> {
    remove_leftover(draft)?;
    create_private(draft)?;
    let Some(name) = draft.to_str() else {
        return Err(StoreError::Io { detail: format!("the path {} is not UTF-8", draft.display()) });
    };
    connection.execute("VACUUM INTO ?1", [name])?;
    let synced = OpenOptions::new().write(true).open(draft).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::file(draft, &error))
}

/// What every connection needs. Memory is bounded: about 1 MB of pages each, more in the writer while it writes.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(48);
    // Without it a statement is prepared anew whenever another limit is bound, even the same one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -1024;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;",
    )?;
    Ok(())
}

fn configure_writer(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let detail = format!("the file system allows no write-ahead log (journal mode {mode})");
        return Err(StoreError::Io { detail });
    }
    // Many runs append some times a second, each to pages of its own. With the default size of the log, all of these went into the file
    // after every round; with the cache of a reader, they were read anew in each. An idle writer gives its pages back.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; PRAGMA cache_size = -8192;
         PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 41943040;",
    )?;
    Ok(())
}

fn user_version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The path with `suffix` added to the file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn remove_leftover(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::file(path, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn create_directory(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| StoreError::file(dir, &error))
}

/// Makes an empty file that its owner alone may read; the files that `SQLite` puts beside it inherit this.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| StoreError::file(path, &error))
}

fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = path.metadata().map_err(|error| StoreError::file(path, &error))?;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).map_err(|error| StoreError::file(path, &error))
}

/// Makes a new or moved file durable in its directory.
pub(crate) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|error| StoreError::file(dir, &error))
}
