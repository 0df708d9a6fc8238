//! The wire vocabulary of aiia.
//!
//! Everything a client and the daemon say to each other is a type of this crate. [`operation::OPERATIONS`] names all that
//! the daemon can do; the LSP custom methods, the HTTP routes, the `OpenAPI` document, the TypeScript types and the
//! reference in `PROTOCOL.md` are derived from it. There is no IO here.

pub mod operation;

pub mod action;
pub mod archive;
pub mod attachment;
pub mod audit;
pub mod backup;
pub mod chat;
pub mod config;
pub mod context;
pub mod document;
pub mod edit;
pub mod event;
pub mod handshake;
pub mod id;
pub mod markdown;
pub mod message;
pub mod model;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod project;
pub mod reference;
pub mod run;
pub mod search;
pub mod settings;
pub mod system;
pub mod template;
pub mod token;
pub mod transfer;
pub mod usage;
pub mod workspace;

/// The newest version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;
/// The oldest version of the protocol that this crate still speaks.
pub const PROTOCOL_VERSION_MIN: u32 = 1;

/// Parameters of an operation that takes none, or the result of one that returns nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}
