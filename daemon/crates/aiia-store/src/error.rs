//! What can go wrong, and what a user is told about it.

use std::path::Path;

use aiia_protocol::problem::{Problem, ProblemCode};
use rusqlite::ErrorCode;

/// Why the store did not do what was asked. Nothing of the call has been stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or it is deleted.
    #[error("There is no {what} with the id “{id}”.")]
    NotFound {
        /// The kind of thing, such as `chat`.
        what: &'static str,
        /// The identifier that was asked for.
        id: String,
    },
    /// The thing has another version than the caller expects.
    #[error("The {what} was changed meanwhile: it has version {found}, not {expected}.")]
    Conflict {
        /// The kind of thing.
        what: &'static str,
        /// Its identifier.
        id: String,
        /// The version that the caller expects.
        expected: u64,
        /// The version that it has.
        found: u64,
    },
    /// The state of the thing does not allow it.
    #[error("{detail}")]
    State {
        /// Why not.
        detail: String,
    },
    /// The cursor was not made by this store for this list.
    #[error("The cursor does not belong to this list.")]
    InvalidCursor,
    /// A value is not one that can be stored.
    #[error("{detail}")]
    InvalidInput {
        /// JSON Pointer to the value in the parameters.
        pointer: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A newer version of aiia wrote the file. It was left untouched.
    #[error("{file} was written by a newer version of aiia (schema {found}, this version knows {supported}).")]
    TooNew {
        /// The file.
        file: String,
        /// The schema version of the file.
        found: u32,
        /// The newest schema version that is known here.
        supported: u32,
    },
    /// The file is damaged, or is no store. It was left as it is.
    #[error("{file} cannot be used as a store: {detail}.")]
    Corrupt {
        /// The file.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The disk is full.
    #[error("The disk is full; nothing was stored.")]
    Full,
    /// Another program holds the file.
    #[error("Another program is using the store.")]
    Busy,
    /// The file cannot be read or written.
    #[error("The store cannot be read or written: {detail}.")]
    Io {
        /// What the system says.
        detail: String,
    },
    /// The store was closed.
    #[error("The store is closed.")]
    Closed,
    /// A fault of aiia itself.
    #[error("The store failed: {detail}.")]
    Internal {
        /// What failed.
        detail: String,
    },
}

impl StoreError {
    pub(crate) fn not_found(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    pub(crate) fn state(detail: impl Into<String>) -> Self {
        Self::State { detail: detail.into() }
    }

    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::InvalidInput { pointer: pointer.into(), detail: detail.into() }
    }

    pub(crate) fn corrupt(file: &Path, detail: impl Into<String>) -> Self {
        Self::Corrupt { file: file.display().to_string(), detail: detail.into() }
    }

    /// An error of the file system about `path`.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::Full;
        }
        Self::Io { detail: format!("{}: {error}", path.display()) }
    }

    /// Whether it is the file or the disk that is at fault, so that nothing else fares better.
    pub(crate) fn is_of_the_file(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Full | Self::Io { .. })
    }

    /// The same error, naming the file where it is about one.
    pub(crate) fn about(self, path: &Path) -> Self {
        match self {
            Self::Corrupt { file, detail } if file.is_empty() => Self::corrupt(path, detail),
            Self::Io { detail } if !detail.contains(&*path.to_string_lossy()) => {
                Self::Io { detail: format!("{}: {detail}", path.display()) }
            }
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let detail = error.to_string();
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt { file: String::new(), detail },
                ErrorCode::DiskFull => Self::Full,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::FileLockingProtocolFailed => Self::Io { detail },
                _ => Self::Internal { detail },
            },
            // One row that cannot be read is no reason to refuse the whole file.
            rusqlite::Error::FromSqlConversionFailure(..) => {
                Self::Internal { detail: format!("a stored value cannot be read: {detail}") }
            }
            _ => Self::Internal { detail },
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        let unavailable = |hint: &str| Problem::new(ProblemCode::StoreUnavailable, detail.clone()).with_hint(hint);
        match error {
            StoreError::NotFound { what: what @ "run", id } => {
                Problem::not_found(what, id).with_hint("It may have been deleted with its chat.")
            }
            StoreError::NotFound { what, id } => {
                let hint = match what {
                    "chat" => format!("It may have been deleted; `aiia chat restore {id}` brings it back then."),
                    _ => format!("It may have been deleted; list the {what}s again."),
                };
                Problem::not_found(what, id).with_hint(hint)
            }
            StoreError::Conflict { .. } => Problem::new(ProblemCode::PreconditionFailed, detail)
                .with_hint("Read it again, then repeat the change with the new version."),
            // What it says is what to do.
            StoreError::State { .. } => Problem::new(ProblemCode::Conflict, detail),
            StoreError::InvalidCursor => Problem::new(ProblemCode::InvalidParams, detail)
                .with_error("/cursor", "is not the next_cursor of a page of this list")
                .with_hint("Start again with the first page, without a cursor."),
            StoreError::InvalidInput { pointer, detail } => {
                Problem::new(ProblemCode::InvalidParams, detail.clone()).with_error(pointer, detail)
            }
            StoreError::TooNew { .. } => {
                unavailable("Update aiia, or start it with another data directory. The file was not touched.")
            }
            StoreError::Corrupt { .. } => unavailable(
                "Put a backup in its place, or move the file (with its -wal and -shm files) away to start with an empty store.",
            ),
            StoreError::Full => unavailable("Free some space on the disk of the data directory, then try again."),
            StoreError::Busy => unavailable("Close other programs that have the file open, then try again."),
            StoreError::Io { .. } => {
                unavailable("Check that the data directory exists, belongs to you and is writable.")
            }
            StoreError::Closed => Problem::new(ProblemCode::Unavailable, detail)
                .with_hint("The daemon is shutting down; try again in a moment."),
            StoreError::Internal { .. } => {
                Problem::new(ProblemCode::Internal, detail).with_hint("Please report this with the daemon's log.")
            }
        }
    }
}
