//! What the verbs take that work on what is stored: chats, projects, templates, files, backups.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListArguments;

#[derive(Debug, Args)]
pub(crate) struct HistoryArguments {
    /// The chat to show; a list of chats where absent
    #[arg(value_name = "CHAT")]
    pub(crate) chat: Option<String>,
    /// With CHAT: all answers and wordings, not only those that are shown
    #[arg(long, requires = "chat")]
    pub(crate) all: bool,
    /// Only chats of this project
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Only chats with this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// Only favourites
    #[arg(long)]
    pub(crate) favourite: bool,
    /// Only archived chats
    #[arg(long)]
    pub(crate) archived: bool,
    /// Only deleted chats, which `aiia chat restore` brings back
    #[arg(long)]
    pub(crate) deleted: bool,
    #[command(flatten)]
    pub(crate) list: ListArguments,
}

impl HistoryArguments {
    /// Whether not every chat is listed.
    pub(crate) fn selects(&self) -> bool {
        self.project.is_some() || self.tag.is_some() || self.favourite || self.archived || self.deleted
    }
}

#[derive(Debug, Args)]
pub(crate) struct ChatArguments {
    #[command(subcommand)]
    pub(crate) change: ChatChange,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia chat` does; `CHAT` is an identifier that `aiia history` lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ChatChange {
    /// Give it another title; without one, the first words of the chat
    Rename {
        chat: String,
        #[arg(default_value = "")]
        title: String,
    },
    /// Keep it at the top of lists
    Pin { chat: String },
    /// Let it go down with time again
    Unpin { chat: String },
    /// Make it a favourite
    Favourite { chat: String },
    /// Make it no favourite any more
    Unfavourite { chat: String },
    /// Put it away: lists leave it out
    Archive { chat: String },
    /// Bring it back from the archive
    Unarchive { chat: String },
    /// Give it these tags and no others
    Tag { chat: String, tags: Vec<String> },
    /// Move it to another project
    Move { chat: String, project: String },
    /// Copy it with all its branches
    Duplicate { chat: String },
    /// Stop the answers that are being written in it; what has arrived is kept
    Stop { chat: String },
    /// Begin a new chat from one of its messages; from the last one where absent
    Fork {
        chat: String,
        message: Option<String>,
        /// Take along all branches, not this path alone
        #[arg(long)]
        everything: bool,
    },
    /// Show what an answer would be made with, and where each setting comes from
    Settings { chat: String },
    /// Delete it; `restore` brings it back
    Delete { chat: String },
    /// Bring a deleted one back
    Restore { chat: String },
    /// Erase a deleted one for ever
    Purge { chat: String },
}

#[derive(Debug, Args)]
pub(crate) struct ProjectArguments {
    #[command(subcommand)]
    pub(crate) change: ProjectChange,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia project` does; `PROJECT` is an identifier that `aiia projects` lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectChange {
    /// Make a project without a folder
    Create {
        name: String,
        /// What it begins with: a system prompt, and what goes with it
        #[arg(long, value_parser = ["application", "library", "data", "legacy", "learning", "writing"])]
        template: Option<String>,
    },
    /// Give it another name
    Rename { project: String, name: String },
    /// Bind a folder to it; its chats are those of the folder from then on
    Bind {
        project: String,
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Take a folder from it
    Unbind {
        project: String,
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// Put it away, or several at once: lists leave them out
    Archive {
        #[arg(required = true, value_name = "PROJECT")]
        projects: Vec<String>,
    },
    /// Bring it back from the archive, or several at once
    Unarchive {
        #[arg(required = true, value_name = "PROJECT")]
        projects: Vec<String>,
    },
    /// Make a project with the same settings
    Duplicate {
        project: String,
        name: Option<String>,
        /// Copy its chats, too
        #[arg(long)]
        chats: bool,
    },
    /// Count what is in it
    Stats { project: String },
    /// Show what an answer in it would be made with, and where each setting comes from
    Settings { project: String },
    /// Change what answers in it are made with
    Set(ProjectSettingArguments),
    /// Delete it, or several at once; `restore` brings them back. Says what becomes of their chats
    Delete {
        #[arg(required = true, value_name = "PROJECT")]
        projects: Vec<String>,
        /// Give their chats to this project
        #[arg(long, value_name = "PROJECT")]
        move_chats_to: Option<String>,
        /// Delete their chats with them
        #[arg(long, conflicts_with = "move_chats_to")]
        with_chats: bool,
    },
    /// Bring a deleted one back, or several at once, with the chats that went with them
    Restore {
        #[arg(required = true, value_name = "PROJECT")]
        projects: Vec<String>,
    },
}

/// Settings of a project. What is not named stays as it is.
#[derive(Debug, Args)]
pub(crate) struct ProjectSettingArguments {
    pub(crate) project: String,
    /// The model of its chats, `provider/model`
    #[arg(short, long)]
    pub(crate) model: Option<String>,
    /// Text that precedes every chat; `@FILE` takes a file, `@-` standard input
    #[arg(long, value_name = "TEXT")]
    pub(crate) system_prompt: Option<String>,
    /// How freely the model chooses its words, 0 to 2
    #[arg(long, value_name = "NUMBER")]
    pub(crate) temperature: Option<f64>,
    /// At most so many tokens of answer
    #[arg(long, value_name = "TOKENS")]
    pub(crate) max_tokens: Option<u32>,
    /// At most so many tokens of code with a question about code
    #[arg(long, value_name = "TOKENS")]
    pub(crate) context_budget: Option<u32>,
    /// Show models only files that match, as in .gitignore; may be repeated, and replaces those before
    #[arg(long, value_name = "PATTERN")]
    pub(crate) include: Vec<String>,
    /// Show models no file that matches, as in .gitignore; may be repeated, and replaces those before
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// Leave these to the configuration again
    #[arg(long, value_name = "SETTING", value_delimiter = ',')]
    pub(crate) unset: Vec<ProjectSetting>,
}

/// A setting of a project by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ProjectSetting {
    Model,
    SystemPrompt,
    Temperature,
    MaxTokens,
    ContextBudget,
    Include,
    Exclude,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// What to look for; several words must all be there
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// The text as it is, in whatever case: for code
    #[arg(long)]
    pub(crate) exact: bool,
    /// Only in this project
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Only in this chat
    #[arg(long, value_name = "ID")]
    pub(crate) chat: Option<String>,
    /// Only what was said by `user` or `assistant`
    #[arg(long, value_name = "ROLE", value_parser = ["user", "assistant", "system"])]
    pub(crate) role: Option<String>,
    /// Only what this model said
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Only chats with this tag
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// Only favourite chats
    #[arg(long)]
    pub(crate) favourite: bool,
    /// Archived chats, too
    #[arg(long)]
    pub(crate) archived: bool,
    /// Only what was said at this time or later, such as 2025-10-09 or 2025-10-09T08:53:20Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what was said before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) list: ListArguments,
}

#[derive(Debug, Args)]
pub(crate) struct TemplateArguments {
    #[command(subcommand)]
    pub(crate) verb: Option<TemplateVerb>,
    /// List favourites alone
    #[arg(long)]
    pub(crate) favourite: bool,
    /// List those of this category alone
    #[arg(long, value_name = "NAME")]
    pub(crate) category: Option<String>,
    /// List those with this tag alone
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia templates` does; it lists them without any of these.
#[derive(Debug, Subcommand)]
pub(crate) enum TemplateVerb {
    /// Show one as a file
    Show { template: String },
    /// Show what one says with values of its variables
    Preview {
        template: String,
        /// Values, such as `level=beginner`; `NAME=@FILE` takes a file, `NAME=@-` standard input
        values: Vec<String>,
    },
    /// Start a chat from one
    Start {
        template: String,
        /// Values, such as `level=beginner`; `NAME=@FILE` takes a file, `NAME=@-` standard input
        values: Vec<String>,
        /// The model, `provider/model`
        #[arg(short, long)]
        model: Option<String>,
    },
    /// Copy one, to be changed
    Copy { template: String },
    /// Make one a favourite
    Favourite { template: String },
    /// Make one no favourite any more
    Unfavourite { template: String },
    /// List the versions of one of the user's, the newest first
    Versions { template: String },
    /// Show what changed between two versions of one of the user's
    Diff {
        template: String,
        /// The older version
        from: u64,
        /// The newer one; the newest where absent
        to: Option<u64>,
    },
    /// Make a version the newest one again; those after it stay
    Rollback { template: String, version: u64 },
    /// Print those of the user, or one, as JSON for others
    Export { template: Option<String> },
    /// Take templates from a JSON file or from an address
    Import { from: String },
    /// Delete one of the user's
    Delete { template: String },
    /// Try one with several cases and models, and show the answers in a table
    Test {
        template: String,
        /// A JSON file: a list of `{"name": …, "values": {…}, "expect": "text that must be in the answer"}`
        #[arg(long, value_name = "FILE")]
        cases: PathBuf,
        /// Models, `provider/model`; the default one where absent
        #[arg(long, value_delimiter = ',')]
        models: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The chat; everything where neither it nor a project is named
    #[arg(value_name = "CHAT", conflicts_with = "project")]
    pub(crate) chat: Option<String>,
    /// The project whose chats are written
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// The format; where absent what FILE ends with, else `json` for a chat and `zip` for anything else
    #[arg(short, long, value_parser = ["markdown", "json", "html", "pdf", "zip"])]
    pub(crate) format: Option<String>,
    /// The file, `-` for standard output; named after what it contains where absent
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file where there is one
    #[arg(long)]
    pub(crate) force: bool,
    /// Print what was written as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The file, as JSON or ZIP
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The project that new chats go to; that of the export where absent
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(subcommand)]
    pub(crate) verb: BackupVerb,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia backup` does.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupVerb {
    /// Make one now
    Create,
    /// List them, the newest first
    List,
    /// Open one and look for damage
    Verify { name: String },
    /// End the daemon and put one into the place of the store; what is there now is kept
    Restore { name: String },
}
