//! aiia: one local AI assistant for every editor, the browser and the terminal.
//!
//! This crate is the composition root and the command line. [`attach`] is what an editor starts; [`boot`] puts the engine
//! and its adapters together for [`daemon`]; [`cli`] has one file for each verb; [`client`] is how a verb reaches the daemon.
#![allow(clippy::result_large_err, reason = "the error of everything here is the problem that the user gets to read")]

mod attach;
mod boot;
mod cli;
mod client;
mod connect;
mod daemon;
mod exit;
mod hex;
mod lifecycle;
mod lock;
mod log;
mod paths;
mod runtime_file;

use std::process::ExitCode;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    // What an editor waits for does not pay for the parser of the whole command line. VSCode adds `--stdio`.
    let plain_lsp = first.is_some_and(|verb| verb == "lsp") && arguments.all(|argument| argument == "--stdio");
    let result = if plain_lsp { attach::run() } else { cli::run() };
    ExitCode::from(result.unwrap_or_else(|failure| {
        cli::output::report(&failure);
        failure.code
    }))
}
