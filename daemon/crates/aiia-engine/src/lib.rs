//! The engine: one function for each operation, for every front alike.
//!
//! It knows no transport and decides everything: an adapter opens a [`Session`] for a connection, hands operations to it and
//! carries the results back. Inside, a position is a byte offset and a path is absolute.

mod engine;
mod session;

pub mod actions;
pub mod completion;
pub mod config;
mod diff_paths;
pub mod disk_workspace;
pub mod documents;
pub mod editor;
pub mod hash;
pub mod hunks;
pub mod review;

mod attachments;
mod audit;
mod bus;
mod chat_excerpt;
mod context_budget;
mod context_rules;
mod counting;
mod dispatch;
mod folder_traces;
mod gate;
mod generated_tests;
mod hints;
mod history;
mod idempotency;
mod indexes;
mod keys;
mod models;
mod named_files;
mod open_workspace;
mod operations;
mod preparing;
mod prices;
mod project_templates;
mod prompt;
mod pulls;
mod reach;
mod recent;
mod reply_format;
mod run;
mod settings;
mod source;
mod templates;
mod tokens;
mod transfers;
mod watched;
mod workspace;

pub use aiia_llm::{Rarely, missed_variables};
pub use aiia_markdown::without_images;
pub use dispatch::{Handle, Reply};
pub use documents::{OpenDocument, OpenDocuments};
pub use engine::{Activity, Engine, EngineOptions};
pub use idempotency::{Keyed, KeyedRequest};
pub use indexes::Indexing;
pub use operations::backup::restore_backup;
pub use session::{ClientInfo, Session, Transport};
pub use tokens::Grant;
pub use watched::{is_watched, watched_globs};
