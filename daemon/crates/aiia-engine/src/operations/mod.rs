//! The operations, a file for each noun.

pub(crate) mod edit;

mod action;
mod chat;
mod config;
mod context;
mod markdown;
mod message;
mod model;
mod project;
mod run;
mod system;
mod usage;
pub(crate) mod workspace;
