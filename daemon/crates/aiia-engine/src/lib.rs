//! The engine: one function for each operation, for every front alike.
//!
//! It knows no transport and decides everything: an adapter opens a [`Session`] for a connection, hands operations to it and
//! carries the results back. Inside, a position is a byte offset and a path is absolute.

mod engine;
mod session;

pub mod actions;
pub mod config;
pub mod disk_workspace;
pub mod documents;
pub mod review;

mod bus;
mod dispatch;
mod gate;
mod hash;
mod indexes;
mod keys;
mod models;
mod named_files;
mod open_workspace;
mod operations;
mod prices;
mod prompt;
mod run;
mod settings;
mod source;
mod workspace;

pub use aiia_text as text;
pub use dispatch::{Handle, Reply};
pub use documents::{OpenDocument, OpenDocuments};
pub use engine::{Activity, Engine, EngineOptions};
pub use session::{ClientInfo, Session, Transport};
