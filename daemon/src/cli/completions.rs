//! `aiia completions`: completions for a shell.

use clap::CommandFactory;

use crate::cli::arguments::{Arguments, CompletionArguments};
use crate::cli::output;
use crate::exit;

pub(crate) fn run(arguments: &CompletionArguments) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "aiia", &mut script);
    output::verbatim(&script);
    exit::OK
}
