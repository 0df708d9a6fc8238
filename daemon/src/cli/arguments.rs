//! What the command line takes.

use std::path::PathBuf;

use aiia_protocol::action::ActionKind;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, value_parser};
use clap_complete::Shell;

use crate::exit;

mod access;
mod stored;

pub(crate) use access::{AuditArguments, TokenArguments, TokenVerb};
pub(crate) use stored::{
    BackupArguments, BackupVerb, ChatArguments, ChatChange, ExportArguments, HistoryArguments, ImportArguments,
    ProjectArguments, ProjectChange, ProjectSetting, ProjectSettingArguments, SearchArguments, TemplateArguments,
    TemplateVerb,
};

/// One local AI assistant for every editor, the browser and the terminal.
#[derive(Debug, Parser)]
#[command(name = "aiia", version, after_help = exit::HELP, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Say what code does
    Explain(ActionArguments),
    /// Mend code: shows the change as a diff
    Fix(ActionArguments),
    /// Make code better at the same behaviour: shows the change as a diff
    Optimize(ActionArguments),
    /// Write tests for code: shows the change as a diff
    Test(ActionArguments),
    /// Write doc comments for code: shows the change as a diff
    Document(ActionArguments),
    /// Change code as `--instruction` says: shows the change as a diff
    Edit(ActionArguments),
    /// Ask a question; files and standard input go with it
    Ask(AskArguments),
    /// List proposed changes
    Edits(ListArguments),
    /// Look at a proposed change hunk by hunk, and decide
    Review(ReviewArguments),
    /// Write a proposed change into its files
    Accept(DecideArguments),
    /// Refuse a proposed change
    Reject(RejectArguments),
    /// Take an accepted change back out of its files
    Undo(DecideArguments),
    /// Turn a model's reply on standard input, from wherever, into a diff
    Apply(ApplyArguments),
    /// Show the code that a model would see
    Context(ContextArguments),
    /// Read a folder, so that questions about it are answered at once
    Index(IndexArguments),
    /// Show the signatures that matter most in a folder
    Map(MapArguments),
    /// List chats, or show one
    History(HistoryArguments),
    /// Rename, mark, move, copy or delete a chat
    Chat(ChatArguments),
    /// Find what was said in any chat
    Search(SearchArguments),
    /// List prompt templates, try them, start chats from them
    Templates(TemplateArguments),
    /// Write chats into a file: one chat, those of a project, or everything
    Export(ExportArguments),
    /// Take in chats from exports of aiia and of other assistants
    Import(ImportArguments),
    /// Make, list, check and restore backups of everything that is stored
    Backup(BackupArguments),
    /// List projects
    Projects(ListArguments),
    /// Rename, set up, bind, archive, copy, count or delete a project
    Project(ProjectArguments),
    /// List the models that can be used now; test, get and delete them
    Models(ModelsArguments),
    /// Show what the models read, wrote and cost
    Usage(UsageArguments),
    /// Show the configuration that is in force, or change it
    Config(ConfigArguments),
    /// Make, list and revoke the tokens that other programs use over HTTP
    Tokens(TokenArguments),
    /// Show who changed what
    Audit(AuditArguments),
    /// Do any operation with parameters as JSON, such as those that no other verb has; list them without one
    Call(CallArguments),
    /// Follow every change that any editor, page or command makes
    Events(JsonArguments),
    /// Show how the daemon is
    Status(JsonArguments),
    /// Check everything that aiia needs
    Doctor(DoctorArguments),
    /// Serve an editor over standard input and output
    Lsp(LspArguments),
    /// Run the daemon in the foreground
    Serve(ServeArguments),
    /// Run the daemon for the client that starts it
    #[command(hide = true)]
    Daemon,
    /// Open the browser page
    Open(OpenArguments),
    /// End the daemon
    Stop,
    /// Print completions for a shell
    Completions(CompletionArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ActionArguments {
    /// The code: a file, a line of it, or some lines of it; `FILE:LINE:COLUMN`, as compilers print it, is the line
    #[arg(value_name = "FILE[:LINE[-LINE]]")]
    pub(crate) target: String,
    /// What to do, or a wish
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) instruction: Option<String>,
    /// The model, `provider/model`
    #[arg(short, long)]
    pub(crate) model: Option<String>,
    /// Write the change into the file after showing it
    #[arg(short, long)]
    pub(crate) write: bool,
    /// Allow to write files that can run programs, such as those below `.git` or `.vscode`
    #[arg(long, requires = "write")]
    pub(crate) allow_protected: bool,
    /// Allow to write files that an editor has open with another text
    #[arg(long, requires = "write")]
    pub(crate) allow_unsaved: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CallArguments {
    /// The operation, such as `message.choose`; a list of all where absent
    pub(crate) operation: Option<String>,
    /// What it takes, a JSON object; `@FILE` takes a file, `@-` standard input
    pub(crate) parameters: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AskArguments {
    /// The question
    pub(crate) question: String,
    /// Files that belong to the question: text, and pictures as PNG, JPEG, GIF or WebP
    #[arg(value_name = "FILE[:LINE[-LINE]]")]
    pub(crate) files: Vec<String>,
    /// The chat to go on in; a new one where absent
    #[arg(long, value_name = "ID")]
    pub(crate) chat: Option<String>,
    /// The model, `provider/model`; several answer one after the other on the screen, at the same time in truth
    #[arg(short, long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArguments {
    /// The proposed change, as `aiia edits` lists it
    #[arg(value_name = "EDIT")]
    pub(crate) edit: String,
    /// Only these hunks, such as `1,3`
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) hunks: Option<Vec<u32>>,
    /// Allow to write files that can run programs, such as those below `.git` or `.vscode`
    #[arg(long)]
    pub(crate) allow_protected: bool,
    /// Allow to write files that an editor has open with another text
    #[arg(long)]
    pub(crate) allow_unsaved: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What may be written that is not written in passing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// Files that can run programs.
    pub(crate) protected: bool,
    /// Files that an editor has open with another text.
    pub(crate) unsaved: bool,
}

impl ActionArguments {
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed { protected: self.allow_protected, unsaved: self.allow_unsaved }
    }
}

impl DecideArguments {
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed { protected: self.allow_protected, unsaved: self.allow_unsaved }
    }
}

impl ReviewArguments {
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed { protected: self.allow_protected, unsaved: self.allow_unsaved }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RejectArguments {
    /// The proposed change, as `aiia edits` lists it
    #[arg(value_name = "EDIT")]
    pub(crate) edit: String,
    /// Only these hunks, such as `1,3`
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) hunks: Option<Vec<u32>>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReviewArguments {
    /// The proposed change, as `aiia edits` lists it; the newest that waits in this repository where absent
    #[arg(value_name = "EDIT")]
    pub(crate) edit: Option<String>,
    /// Accept these hunks, such as `1,3`, and write them into the files
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) accept: Vec<u32>,
    /// Reject these hunks
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub(crate) reject: Vec<u32>,
    /// Allow to write files that can run programs, such as those below `.git` or `.vscode`
    #[arg(long)]
    pub(crate) allow_protected: bool,
    /// Allow to write files that an editor has open with another text
    #[arg(long)]
    pub(crate) allow_unsaved: bool,
    /// Print the change as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// The folder that the reply's file names start from
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) root: PathBuf,
    /// A file that the reply may change; those that it names where absent
    #[arg(long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the change into the files
    #[arg(short, long)]
    pub(crate) write: bool,
    /// Allow to write files that can run programs, such as those below `.git` or `.vscode`
    #[arg(long, requires = "write")]
    pub(crate) allow_protected: bool,
    /// Allow to write files that an editor has open with another text
    #[arg(long, requires = "write")]
    pub(crate) allow_unsaved: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ContextArguments {
    /// The code: a file, a line of it, or some lines of it; `FILE:LINE:COLUMN`, as compilers print it, is the line
    #[arg(value_name = "FILE[:LINE[-LINE]]")]
    pub(crate) target: String,
    /// How many tokens it may have [default: as many as the model in force would get]
    #[arg(short, long, value_name = "TOKENS", value_parser = value_parser!(u32).range(1..=MAX_BUDGET))]
    pub(crate) budget: Option<u32>,
    /// What it is for
    #[arg(long, value_parser = intents(), value_name = "ACTION")]
    pub(crate) intent: Option<ActionKind>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct IndexArguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Show memory and times too
    #[arg(long)]
    pub(crate) stats: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MapArguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// How many tokens it may have
    #[arg(short, long, value_name = "TOKENS", value_parser = value_parser!(u32).range(1..=MAX_BUDGET))]
    pub(crate) budget: Option<u32>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    #[command(subcommand)]
    pub(crate) verb: Option<ModelsVerb>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia models` does; it lists them where nothing is said.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List the models that can be used now
    List,
    /// Show what is known about one
    Show {
        /// `provider/model`, or an alias
        model: String,
    },
    /// Ask one a short question, and show how long it took
    Test {
        /// `provider/model`, or an alias; the default one where absent
        model: Option<String>,
    },
    /// Show the providers, the embedded engine and what can be got
    Status,
    /// Get one; what had arrived before is gone on with
    Pull {
        /// A name that `aiia models status` shows, `ollama/…`, or a GGUF file; the recommended embedded one where absent
        model: Option<String>,
    },
    /// Delete one of an Ollama server or of the embedded engine
    Delete {
        /// `provider/model`
        model: String,
        /// Do not ask; needed where there is no terminal
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// How many, 1 to 200
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct JsonArguments {
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Mend what the store can mend of itself; a copy is kept
    #[arg(long)]
    pub(crate) repair: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UsageArguments {
    /// What a row stands for
    #[arg(long, default_value = "model", value_parser = ["model", "day", "project", "chat"])]
    pub(crate) by: String,
    /// Only from this day or time on, such as `2026-11-21` (UTC)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this day or time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) verb: Option<ConfigVerb>,
    /// Show what is built in, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Set a key of the configuration file
    Set {
        /// The key, such as `timeouts.idle`
        key: String,
        /// The value as it stands in the file; a text needs no quotes
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Take a key out of the configuration file
    Unset {
        /// The key, such as `timeouts.idle`
        key: String,
    },
    /// Keep the key of a provider, read from the standard input and not shown
    SetKey {
        /// The provider, such as `anthropic`
        provider: String,
    },
    /// Forget the key of a provider
    ForgetKey {
        /// The provider
        provider: String,
    },
    /// List the keys, never the keys themselves
    Keys,
    /// Say what is wrong with the configuration file
    Check {
        /// Another file, such as `.aiia.toml`
        file: Option<PathBuf>,
    },
    /// Print the JSON schema of the configuration file
    Schema,
    /// Print where the configuration file is
    Path,
}

#[derive(Debug, Args)]
pub(crate) struct LspArguments {
    /// Serve in this process, without a daemon
    #[arg(long)]
    pub(crate) standalone: bool,
    /// The only way there is; taken because some editors add it
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The port for HTTP; any free one where absent
    #[arg(short, long)]
    pub(crate) port: Option<u16>,
    /// The loopback address for HTTP
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: Option<String>,
    /// A value of the configuration, over the file and the environment, such as `timeouts.idle=90`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArguments {
    /// Only print the address
    #[arg(long)]
    pub(crate) print: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionArguments {
    /// The shell
    pub(crate) shell: Shell,
}

/// Tokens that a client may ask for.
const MAX_BUDGET: i64 = 1_000_000;

/// Reads what context is for; the help and the completions name all there is.
fn intents() -> impl TypedValueParser<Value = ActionKind> {
    PossibleValuesParser::new(ActionKind::ALL.iter().map(|kind| kind.as_str())).try_map(|name| intent(&name))
}

fn intent(text: &str) -> Result<ActionKind, String> {
    ActionKind::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = ActionKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn intents_are_the_actions() {
        assert_eq!(intent("fix"), Ok(ActionKind::Fix));
        assert!(intent("mend").unwrap_err().contains("explain, fix"));
    }

    #[test]
    fn what_is_possible_is_said() {
        let refused = |arguments: &[&str]| {
            let all = ["aiia", "context", "a.rs"].iter().chain(arguments);
            Arguments::try_parse_from(all).unwrap_err().to_string()
        };
        assert!(refused(&["--intent", "mend"]).contains("[possible values: explain, fix,"));
        for budget in ["0", "1000001", "99999999999"] {
            let message = refused(&["--budget", budget]);
            assert!(message.contains("1..=1000000"), "{message}");
        }
        assert!(refused(&["--help"]).contains("FILE:LINE:COLUMN"));
    }
}
