//! A source file as a client refers to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A source file. Its text is, in this order: `text`, the unsaved buffer of the calling editor, the unsaved buffer of
/// another editor, the file on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentRef {
    /// Absolute path, or a name of the form `untitled:NAME` for a buffer that was never saved.
    pub path: String,
    /// The text, where it differs from what is on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The editor's language identifier (`rust`, `python` …); taken from the path where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_id: Option<String>,
}

/// Parameters of `document.unsaved`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsavedDocuments {
    /// The files that are to be written.
    pub documents: Vec<StoredDocument>,
}

/// A file with the text that it has on the disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredDocument {
    /// Absolute path.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The result of `document.unsaved`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FoundUnsaved {
    /// Those of the files that another client has open with another text, in their order.
    pub items: Vec<UnsavedDocument>,
}

/// A file that a client has open with another text than it has on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnsavedDocument {
    /// The file, as it was named.
    pub path: String,
    /// What the client calls itself.
    pub client: String,
}

/// A part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
    /// Whole lines, counted from 1, both inclusive.
    Lines {
        /// First line.
        start: u32,
        /// Last line.
        end: u32,
    },
    /// UTF-8 bytes, counted from 0, end exclusive.
    Bytes {
        /// First byte.
        start: u64,
        /// The byte after the last one.
        end: u64,
    },
}

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The code is wrong.
    Error,
    /// The code is suspicious.
    Warning,
    /// Something worth knowing.
    Information,
    /// Something that could be nicer.
    Hint,
}

/// What another tool said about a part of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// First line, counted from 1.
    pub start_line: u32,
    /// Last line, counted from 1, inclusive.
    pub end_line: u32,
    /// How grave it is.
    pub severity: Severity,
    /// The message.
    pub message: String,
    /// The tool that said it (`rustc`, `pyright` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The tool's code of the message (`E0382` …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
