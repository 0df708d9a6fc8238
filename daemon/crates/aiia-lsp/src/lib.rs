//! The LSP adapter: one connection of an editor (or of the command line) to the engine.
//!
//! It contains no decision: it converts, calls the engine, converts back. What leaves it is LSP, what goes in are bytes and
//! absolute paths; [`from_proto`] and [`to_proto`] are the only converters.
//!
//! A frame goes through [`frames`] (limits, JSON), [`gate`] (what must happen in the order of the wire) and then either
//! [`operations`] (`aiia/<noun>/<verb>`) or [`server`] (standard methods, one file each below [`requests`]).

mod serve;

mod capabilities;
mod configuration;
mod connection;
mod frames;
mod from_proto;
mod gate;
mod operations;
mod requests;
mod server;
mod to_proto;

mod actions;
mod active_runs;
mod apply;
mod decide;
mod events;
mod files;
mod fixes;
mod following;
mod indexing;
mod look_up;
mod progress;
mod review;
mod unsaved;
mod watching;

#[cfg(test)]
mod tests;

pub use serve::{Exit, serve};
