//! aiia: one local AI assistant for every editor, the browser and the terminal.
//!
//! This crate is the composition root and the command line. The `aiia-attach` crate is what an editor starts; [`boot`] puts the engine
//! and its adapters together for [`daemon`]; [`cli`] has the verbs; [`client`] is how a verb reaches the daemon.
#![allow(clippy::result_large_err, reason = "the error of everything here is the problem that the user gets to read")]

mod boot;
mod cli;
mod client;
mod daemon;
mod log;
mod working;

use std::process::ExitCode;

use aiia_attach::{VERSION, connect, editor, exit, lifecycle, lock, paths, runtime_file};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    // What an editor waits for does not pay for the parser of the whole command line. VSCode adds `--stdio`.
    let plain_lsp = first.is_some_and(|verb| verb == "lsp") && arguments.all(|argument| argument == "--stdio");
    let result = if plain_lsp {
        editor::become_small();
        editor::run()
    } else {
        cli::run()
    };
    ExitCode::from(result.unwrap_or_else(|failure| {
        cli::output::report(&failure);
        failure.code
    }))
}
