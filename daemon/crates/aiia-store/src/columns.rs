//! Between columns and values.

use rusqlite::types::{FromSql, FromSqlError, Type};
use rusqlite::{OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};

use crate::StoreError;

/// A count, version or sequence number.
pub(crate) fn number(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|error| unreadable(column, error))
}

/// An enum that is stored by its name on the wire.
pub(crate) fn named<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let name: String = row.get(column)?;
    serde_json::from_value(name.into()).map_err(|error| unreadable(column, error))
}

/// Like [`named`], for a column that may be NULL.
pub(crate) fn named_option<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let name: Option<String> = row.get(column)?;
    name.map(|name| serde_json::from_value(name.into()).map_err(|error| unreadable(column, error))).transpose()
}

/// A value that is stored as JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(column, error))
}

/// Like [`json`], for a column that may be NULL.
pub(crate) fn json_option<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| unreadable(column, error))).transpose()
}

/// An identifier.
pub(crate) fn id<T: From<String>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get::<_, String>(column).map(T::from)
}

/// An identifier that may be NULL.
pub(crate) fn id_option<T: From<String>>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<String>>(column)?.map(T::from))
}

/// The columns of a row one after the other, in the order of the query. For lists: to find a column by its name takes longer
/// than to read it.
pub(crate) struct InOrder<'a, 'row> {
    row: &'a Row<'row>,
    next: usize,
}

impl<'a, 'row> InOrder<'a, 'row> {
    /// Begins with the first column.
    pub(crate) fn new(row: &'a Row<'row>) -> Self {
        Self { row, next: 0 }
    }

    /// The value of the next column.
    pub(crate) fn get<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let value = self.row.get(self.next);
        self.next += 1;
        value
    }

    /// An identifier.
    pub(crate) fn id<T: From<String>>(&mut self) -> rusqlite::Result<T> {
        self.get::<String>().map(T::from)
    }

    /// An identifier that may be NULL.
    pub(crate) fn id_option<T: From<String>>(&mut self) -> rusqlite::Result<Option<T>> {
        Ok(self.get::<Option<String>>()?.map(T::from))
    }

    /// A count, version or sequence number.
    pub(crate) fn number(&mut self) -> rusqlite::Result<u64> {
        let value: i64 = self.get()?;
        u64::try_from(value).map_err(|error| self.unreadable(error))
    }

    /// An enum that is stored by its name on the wire.
    pub(crate) fn named<T: DeserializeOwned>(&mut self) -> rusqlite::Result<T> {
        self.named_option()?.ok_or_else(|| self.unreadable(FromSqlError::InvalidType))
    }

    /// Like [`Self::named`], for a column that may be NULL.
    pub(crate) fn named_option<T: DeserializeOwned>(&mut self) -> rusqlite::Result<Option<T>> {
        self.text(|name| {
            let name: StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
            T::deserialize(name)
        })
    }

    /// A value that is stored as JSON, in a column that may be NULL.
    pub(crate) fn json_option<T: DeserializeOwned>(&mut self) -> rusqlite::Result<Option<T>> {
        self.text(serde_json::from_str)
    }

    /// What `read` makes of the text of the next column, where there is one.
    fn text<T, E: std::error::Error + Send + Sync + 'static>(
        &mut self,
        read: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> rusqlite::Result<Option<T>> {
        let text = self.row.get_ref(self.next)?.as_str_or_null();
        self.next += 1;
        match text {
            Ok(text) => text.map(read).transpose().map_err(|error| self.unreadable(error)),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    fn unreadable(&self, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
        let column = self.row.as_ref().column_name(self.next - 1).unwrap_or_default();
        unreadable(column, error)
    }
}

/// The wire name of an enum.
pub(crate) fn to_name<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(StoreError::Internal { detail: "a name was expected".to_owned() }),
    }
}

/// A value as JSON.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal { detail: error.to_string() })
}

/// The first row of a query, where there is one.
pub(crate) fn first<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// All rows of a query.
pub(crate) fn all<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
}

/// Runs a statement; gives how many rows it changed.
pub(crate) fn execute(connection: &rusqlite::Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

fn unreadable(column: &str, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    tracing::error!(column, %error, "a stored value cannot be read");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}
