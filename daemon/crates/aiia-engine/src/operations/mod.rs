//! The operations, a file for each noun.

pub(crate) mod edit;

mod action;
mod attachment;
pub(crate) mod backup;
mod chat;
mod config;
mod context;
mod document;
mod markdown;
mod message;
mod model;
mod project;
mod pull;
mod run;
mod search;
mod system;
mod template;
mod token;
mod transfer;
mod usage;
pub(crate) mod workspace;

pub(crate) use run::{AnswerRoom, answer_limit, redaction};
