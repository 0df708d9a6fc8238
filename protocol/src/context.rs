//! The code that a model would see.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::document::{DocumentRef, Selection};

/// Parameters of `context.get`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetContext {
    /// The source file.
    pub document: DocumentRef,
    /// The part of it; the whole file where absent.
    #[serde(default)]
    pub selection: Option<Selection>,
    /// What it is for; `explain` where absent.
    #[serde(default)]
    pub intent: Option<ActionKind>,
    /// How many tokens it may have; where absent, as many as an action of that intent would send to the model in force.
    #[serde(default)]
    pub budget: Option<u32>,
}

/// The code that a model would see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContextBundle {
    /// How many tokens it may have.
    pub budget: u64,
    /// How many tokens it has.
    pub used: u64,
    /// How many secrets were replaced by placeholders.
    pub redactions: u64,
    /// The pieces, best first.
    pub pieces: Vec<ContextPiece>,
    /// Whether files of the folder were still being read when it was asked, so that a later answer may be better.
    #[serde(default)]
    pub is_reading: bool,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContextPiece {
    /// Path of the file.
    pub path: String,
    /// First line, counted from 1.
    pub start_line: u32,
    /// Last line, counted from 1, inclusive.
    pub end_line: u32,
    /// What it is: `target`, `imports`, `enclosing_type` …
    pub kind: String,
    /// The symbol it belongs to.
    pub symbol: Option<String>,
    /// Its tokens.
    pub tokens: u64,
    /// How much it is worth; higher is better.
    pub score: f64,
    /// Why it is there.
    pub reason: String,
    /// The text as the model would see it.
    pub text: String,
}
