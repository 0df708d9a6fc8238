//! What is asked for and what comes back.

use crate::{Hints, Workspace};
use aiia_syntax::{Language, Symbol, SyntaxTree};
use std::ops::Range;

/// What the context is for; it decides what is worth most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Intent {
    /// Explain the code.
    Explain,
    /// Repair it.
    Fix,
    /// Make it faster or smaller.
    Optimize,
    /// Write tests for it.
    Test,
    /// Write its documentation.
    Document,
    /// Change it as the user says.
    Edit,
    /// Answer a question about it.
    Ask,
}

impl Intent {
    /// Every intent.
    pub const ALL: [Intent; 7] =
        [Intent::Explain, Intent::Fix, Intent::Optimize, Intent::Test, Intent::Document, Intent::Edit, Intent::Ask];

    /// Its name on the wire and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Intent::Explain => "explain",
            Intent::Fix => "fix",
            Intent::Optimize => "optimize",
            Intent::Test => "test",
            Intent::Document => "document",
            Intent::Edit => "edit",
            Intent::Ask => "ask",
        }
    }

    /// The intent of that name.
    pub fn from_name(name: &str) -> Option<Intent> {
        Intent::ALL.into_iter().find(|intent| intent.as_str() == name)
    }
}

/// A place in a file, and what to do with it.
#[derive(Clone, Debug)]
pub struct ContextRequest<'a> {
    /// The file's path, as the pieces name it.
    pub path: &'a str,
    /// Its language, if the registry has it.
    pub language: Option<Language>,
    /// Its whole text.
    pub text: &'a str,
    /// The tree of the text, where somebody has it: most of the time of a question about a large file is for its tree.
    pub tree: Option<&'a SyntaxTree>,
    /// The selected bytes of the text; empty for a cursor.
    pub selection: Range<usize>,
    /// What the context is for.
    pub intent: Intent,
    /// How many tokens the pieces may have together.
    pub budget: usize,
    /// What else was said of the target; the definitions it names are needed.
    pub said: &'a [Said],
    /// What others know of the target.
    pub hints: &'a Hints,
    /// The workspace around the file, where it is known. `path` is then relative to it.
    pub workspace: Option<Workspace<'a>>,
}

/// What was said of a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// By a compiler or a linter.
    Diagnostic(String),
    /// By the user.
    Instruction(String),
}

/// The context of a place, ready to be put in a prompt.
#[derive(Clone, PartialEq, Debug)]
pub struct ContextBundle {
    /// The budget that was asked for, in tokens.
    pub budget: usize,
    /// The tokens of all pieces together; never more than the budget.
    pub used: usize,
    /// What the request is about.
    pub target: Target,
    /// The pieces, the worthiest first. No two hold the same line.
    pub pieces: Vec<Piece>,
}

/// What a request is about. The piece of kind [`PieceKind::Target`] shows all of it, or the part that fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Whole lines: those of the enclosing symbol, or the selected ones.
    pub range: Range<usize>,
    /// The enclosing symbol, if there is one.
    pub symbol: Option<Symbol>,
}

/// A run of lines of one file.
#[derive(Clone, PartialEq, Debug)]
pub struct Piece {
    /// The file.
    pub path: String,
    /// Its first line, from 1.
    pub start_line: usize,
    /// Its last line, from 1, inclusive.
    pub end_line: usize,
    /// Why it is there, in one word.
    pub kind: PieceKind,
    /// The path of the symbol it shows, if it shows one.
    pub symbol: Option<String>,
    /// Tokens of the text.
    pub tokens: usize,
    /// Its worth for this request, at most 1, which the target has.
    pub score: f64,
    /// Why it is there, in a sentence for the user.
    pub reason: String,
    /// The lines with their line breaks. Whole lines, unless a single line alone is over the budget.
    pub text: String,
    /// What is missing where that is a part of a line.
    pub cut: Option<CutLine>,
}

/// A line of which a part is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutLine {
    /// Its number, from 1.
    pub line: usize,
    /// The bytes of the text before the part that is shown …
    pub before: Range<usize>,
    /// … and those behind it, without the line break.
    pub behind: Range<usize>,
    /// The bytes of the whole line.
    pub bytes: usize,
}

impl CutLine {
    /// How many of its bytes are shown.
    pub fn shown(&self) -> usize {
        self.bytes - self.before.len() - self.behind.len()
    }
}

/// Why a piece is in the bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum PieceKind {
    /// What the request is about.
    Target,
    /// The first lines of the target's symbol, when only a part of it fits.
    Signature,
    /// A definition the target uses.
    Definitions,
    /// The type the target belongs to.
    EnclosingType,
    /// Signatures beside the target.
    Siblings,
    /// Import statements.
    Imports,
    /// Tests that exist already.
    Tests,
    /// Functions that call the target.
    Callers,
    /// Lines around the target.
    Surroundings,
}

impl PieceKind {
    /// Its name on the wire, snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            PieceKind::Target => "target",
            PieceKind::Signature => "signature",
            PieceKind::Definitions => "definitions",
            PieceKind::EnclosingType => "enclosing_type",
            PieceKind::Siblings => "siblings",
            PieceKind::Imports => "imports",
            PieceKind::Tests => "tests",
            PieceKind::Callers => "callers",
            PieceKind::Surroundings => "surroundings",
        }
    }
}
