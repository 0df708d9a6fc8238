//! How a client finds the daemon of a data directory, starts it, and reaches it; and what an editor starts.
//!
//! Everything here is small and synchronous: one process of it runs for each editor, all day.
#![allow(clippy::result_large_err, reason = "the error of everything here is the problem that the user gets to read")]

pub mod connect;
pub mod editor;
pub mod exit;
pub mod lifecycle;
pub mod lock;
pub mod paths;
pub mod runtime_file;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The program that editors' processes become; see [`editor::become_small`].
pub const SMALL_PROGRAM: &str = "aiia-attach";
/// The program that the daemon is.
pub const PROGRAM: &str = "aiia";
