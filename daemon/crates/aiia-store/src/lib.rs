//! Projects, chats, messages, runs and pending edits in one `SQLite` file.
//!
//! [`Store`] is a cheap handle. One thread owns all writes and commits in groups; a few read-only connections serve reads.
//! What a method returns is durable. Tables are described in `migrations/`; `SQLite` appears in no other crate.

mod store;

mod answers;
mod attachments;
mod audit;
mod backups;
mod branches;
mod budgets;
mod chats;
mod edits;
mod exports;
mod forks;
mod formats;
mod idempotency;
mod imports;
mod messages;
mod projects;
mod purge;
mod repair;
mod retention;
mod runs;
mod search;
mod tags;
mod templates;
mod usage;

mod chunks;
mod context_rules;
mod folders;
mod parameters;
mod titles;

mod check;
mod opening;
mod readers;
mod recovery;
mod schema;
mod writer;

mod clock;
mod columns;
mod cursor;
mod error;

#[cfg(test)]
mod tests;

pub use answers::KeptAnswer;
pub use backups::{BackupOccasion, restore};
pub use branches::Said;
pub use budgets::{Summary, TokenFactor};
pub use edits::{EditTexts, NewEdit, NewEditFile, ReshapedFile};
pub use error::StoreError;
pub use formats::FormatRecord;
pub use idempotency::{RequestKey, RequestState};
pub use imports::Imported;
pub use projects::FolderTraces;
pub use repair::Repaired;
pub use retention::{Pruned, Retention};
pub use runs::{AnswerBeside, BegunRun, FinishRun, NewAnswers, NewRun};
pub use store::Store;
pub use usage::UsageSum;
