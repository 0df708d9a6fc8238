//! Identifiers: `UUIDv7` strings, one type for each kind of thing so that they cannot be mixed up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }
    )*};
}

ids! {
    /// Identifies a project.
    ProjectId;
    /// Identifies a chat.
    ChatId;
    /// Identifies a message of a chat.
    MessageId;
    /// Identifies a run, that is, one generation of an answer.
    RunId;
    /// Identifies a pending edit.
    EditId;
    /// Identifies a prompt template.
    TemplateId;
    /// Identifies a model on its way here, as long as the daemon runs.
    PullId;
    /// Identifies an export or an import.
    TransferId;
    /// Identifies an attachment.
    AttachmentId;
    /// Identifies a token.
    TokenId;
}

/// Identifies a hunk inside its pending edit: 1, 2, 3 … over all files in order.
pub type HunkNumber = u32;
