//! Why a reply was not turned into a change.

/// One reason, for the user to read and for a repair request to the model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// What kind of reason it is.
    pub kind: ComplaintKind,
    /// The file it is about, if known.
    pub path: Option<String>,
    /// What happened and what to do, in one or two sentences; further lines may quote real lines of the file.
    pub message: String,
    /// 1-based lines of the file that come near or are equally good; may be empty.
    pub candidates: Vec<usize>,
}

impl Complaint {
    pub(crate) fn new(kind: ComplaintKind, message: impl Into<String>) -> Self {
        Self { kind, path: None, message: message.into(), candidates: Vec::new() }
    }

    pub(crate) fn in_file(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    pub(crate) fn with_candidates(mut self, lines: Vec<usize>) -> Self {
        self.candidates = lines;
        self
    }
}

/// The kinds of reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ComplaintKind {
    /// The reply holds no code at all.
    NoChange,
    /// The change leaves every file as it is.
    ChangesNothing,
    /// The reply was cut off.
    CutOff,
    /// Edit markers are out of order or missing.
    Malformed,
    /// The reply is too large or holds too many edits.
    TooLarge,
    /// The reply names a file that was not given.
    UnknownFile,
    /// The reply names a path that leads out of the workspace, or may mean another file than it says.
    UnsafePath,
    /// The reply makes a file anew that is there already.
    Exists,
    /// The reply deletes or renames a file that is not as the reply says.
    Changed,
    /// The searched text or symbol is not in the file.
    NotFound,
    /// The searched text or symbol is there more than once, or the reply contradicts itself.
    Ambiguous,
    /// Nothing was searched for, but the file is not empty.
    EmptySearch,
    /// Two edits change the same lines.
    Overlap,
    /// The change would add syntax errors.
    SyntaxErrors,
    /// The new text has a placeholder in place of code.
    Elision,
    /// Code that nobody asked to remove would vanish.
    Vanished,
    /// Code would change where only comments were to.
    CodeChanged,
}

impl ComplaintKind {
    /// The stable name for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoChange => "no_change",
            Self::ChangesNothing => "changes_nothing",
            Self::CutOff => "cut_off",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UnknownFile => "unknown_file",
            Self::UnsafePath => "unsafe_path",
            Self::Exists => "exists",
            Self::Changed => "changed",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::EmptySearch => "empty_search",
            Self::Overlap => "overlap",
            Self::SyntaxErrors => "syntax_errors",
            Self::Elision => "elision",
            Self::Vanished => "vanished",
            Self::CodeChanged => "code_changed",
        }
    }
}
