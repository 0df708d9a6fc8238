//! How often the forms of answers worked, by model.

use crate::columns;
use crate::error::StoreError;
use crate::store::Store;

/// How often a form of answers worked for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatRecord {
    /// The form's stable name.
    pub format: String,
    /// Answers that were asked for in it.
    pub asked: u64,
    /// Those that could be applied at once.
    pub applied: u64,
}

impl Store {
    /// Counts an answer of `model` that was asked for in `format`.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn count_format(&self, model: String, format: String, applied: bool) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT INTO reply_formats (model, format, asked, applied) VALUES (?1, ?2, 1, ?3)
                       ON CONFLICT (model, format) DO UPDATE SET asked = asked + 1, applied = applied + excluded.applied";
            columns::execute(connection, sql, (&model, &format, applied)).map(|_| ())
        })
        .await
    }

    /// What was counted for `model`, by the name of the form.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn formats(&self, model: String) -> Result<Vec<FormatRecord>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT format, asked, applied FROM reply_formats WHERE model = ?1 ORDER BY format";
            columns::all(connection, sql, [&model], |row| {
                Ok(FormatRecord {
                    format: row.get("format")?,
                    asked: columns::number(row, "asked")?,
                    applied: columns::number(row, "applied")?,
                })
            })
        })
        .await
    }
}
