//! The HTTP adapter: the same operations as on every other front, for the browser, scripts and other programs.
//!
//! It decides nothing about the operations themselves. [`guard`] is the one place that a request has to pass before it is
//! even routed; [`routes`] is made by walking the operation table; [`sse`] carries what streams.
#![allow(clippy::result_large_err, reason = "the error of everything here is the problem that the client gets to read")]

mod serve;

mod envelope;
mod guard;
mod router;

mod attachments;
mod auth;
mod health;
mod openai;
mod page;
mod routes;
mod sse;
mod transfers;

#[cfg(test)]
mod tests;

pub use router::router;
pub use serve::serve;
