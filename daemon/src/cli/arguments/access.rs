//! What the verbs take that are about who may do what, and who did.

use clap::{Args, Subcommand};

use super::ListArguments;

#[derive(Debug, Args)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    pub(crate) verb: Option<TokenVerb>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What `aiia tokens` does; it lists them without any of these.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenVerb {
    /// Make one, and print its secret this once
    Create {
        /// What it is for
        name: String,
        /// What it allows
        #[arg(long, default_value = "read", value_parser = ["read", "write", "admin"])]
        scope: String,
        /// For how many days it is taken; for ever where absent
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// List them
    List,
    /// Revoke one
    Revoke {
        /// Its identifier, or its name where no other has it
        token: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    /// Only this operation, such as `chat.delete`, or all of a noun, such as `chat.`
    #[arg(long, value_name = "NAME")]
    pub(crate) operation: Option<String>,
    /// Only what is about the thing with this identifier
    #[arg(long, value_name = "ID")]
    pub(crate) about: Option<String>,
    /// Only at this time or later, such as 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) list: ListArguments,
}
