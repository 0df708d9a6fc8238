//! The command line: a file for each verb, or for all verbs about one thing; before them what they share.

mod answer;
mod arguments;
mod given_text;
mod hunk_view;
mod missed;
mod run_view;
mod settings_view;
mod target;
mod terminal;
mod when;
mod write;

mod action;
mod apply;
mod ask;
mod audit;
mod backup;
mod call;
mod chat;
mod chats;
mod completions;
mod config;
mod context;
mod doctor;
mod edits;
mod events;
mod models;
mod open;
mod project;
mod review;
mod search;
mod status;
mod stop;
mod templates;
mod tokens;
mod transfers;
mod usage;
mod workspace;

use aiia_protocol::action::ActionKind;
use clap::Parser;

pub(crate) use self::terminal::output;
use self::terminal::{hidden_input, interrupt, markdown, question, sanitize};

use crate::cli::arguments::{Arguments, Verb};
use crate::exit::Failure;
use crate::{boot, editor};

/// Reads the arguments and does what they say. Gives the exit code.
pub(crate) fn run() -> Result<u8, Failure> {
    match Arguments::parse().verb {
        Verb::Explain(arguments) => action::run(ActionKind::Explain, &arguments),
        Verb::Fix(arguments) => action::run(ActionKind::Fix, &arguments),
        Verb::Optimize(arguments) => action::run(ActionKind::Optimize, &arguments),
        Verb::Test(arguments) => action::run(ActionKind::Test, &arguments),
        Verb::Document(arguments) => action::run(ActionKind::Document, &arguments),
        Verb::Edit(arguments) => action::run(ActionKind::Edit, &arguments),
        Verb::Ask(arguments) => ask::run(&arguments),
        Verb::Edits(arguments) => edits::list(&arguments),
        Verb::Review(arguments) => review::run(&arguments),
        Verb::Accept(arguments) => edits::accept(&arguments),
        Verb::Reject(arguments) => edits::reject(&arguments),
        Verb::Undo(arguments) => edits::undo(&arguments),
        Verb::Apply(arguments) => apply::run(&arguments),
        Verb::Context(arguments) => context::run(&arguments),
        Verb::Index(arguments) => workspace::index(&arguments),
        Verb::Map(arguments) => workspace::map(&arguments),
        Verb::History(arguments) => chats::history(&arguments),
        Verb::Chat(arguments) => chat::run(&arguments),
        Verb::Search(arguments) => search::run(&arguments),
        Verb::Templates(arguments) => templates::run(&arguments),
        Verb::Export(arguments) => transfers::export(&arguments),
        Verb::Import(arguments) => transfers::import(&arguments),
        Verb::Backup(arguments) => backup::run(&arguments),
        Verb::Projects(arguments) => chats::projects(&arguments),
        Verb::Project(arguments) => project::run(&arguments),
        Verb::Models(arguments) => models::run(&arguments),
        Verb::Usage(arguments) => usage::run(&arguments),
        Verb::Config(arguments) => config::run(&arguments),
        Verb::Tokens(arguments) => tokens::run(&arguments),
        Verb::Audit(arguments) => audit::run(&arguments),
        Verb::Call(arguments) => call::run(&arguments),
        Verb::Events(arguments) => events::run(&arguments),
        Verb::Status(arguments) => status::run(&arguments),
        Verb::Doctor(arguments) if arguments.repair => doctor::repair(&arguments),
        Verb::Doctor(arguments) => Ok(doctor::run(&arguments)),
        Verb::Lsp(arguments) if arguments.standalone => boot::serve_standalone(),
        Verb::Lsp(_) => editor::run(),
        Verb::Serve(arguments) => boot::serve_in_foreground(&boot::ServeOptions {
            bind: arguments.bind,
            port: arguments.port,
            set: arguments.set,
        }),
        Verb::Daemon => boot::serve_in_background(),
        Verb::Open(arguments) => open::run(&arguments),
        Verb::Stop => stop::run(),
        Verb::Completions(arguments) => Ok(completions::run(&arguments)),
    }
}
