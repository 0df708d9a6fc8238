//! What others know of a target: the language servers of its editor, what was edited lately, what changes together.

/// Where something is, in a file of the workspace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file, relative to the workspace, with `/`.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// What a language server found behind a name of the target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The name.
    pub name: String,
    /// Where it is defined, as far as that is in the workspace.
    pub places: Vec<Place>,
    /// Everywhere the target has the name it is one of these; other definitions of the name are none that it uses.
    pub is_all: bool,
}

/// A file that has to do with the target.
#[derive(Clone, PartialEq, Debug)]
pub struct NearFile {
    /// The file, relative to the workspace, with `/`.
    pub path: String,
    /// Why it has.
    pub why: Nearness,
    /// How much, 0 to 1.
    pub weight: f32,
}

/// Why a file has to do with a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nearness {
    /// The user has it open.
    Open,
    /// The user edited it lately.
    Edited,
    /// Of the commits `of` that changed the target's file, so many changed both.
    ChangesTogether {
        /// Commits that changed both.
        together: usize,
        /// Commits that changed the target's file.
        of: usize,
    },
}

/// What others know of a target.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hints {
    /// What a language server found behind the target's names.
    pub resolved: Vec<Resolved>,
    /// Where a language server found the target's name outside of its file.
    pub references: Vec<Place>,
    /// Files that have to do with it, each once for each reason.
    pub files: Vec<NearFile>,
}

impl Hints {
    /// Nobody knows anything.
    pub const NONE: &'static Hints = &Hints { resolved: Vec::new(), references: Vec::new(), files: Vec::new() };
}

/// A name in a target that a language server may know more of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameUse {
    /// The name.
    pub name: String,
    /// Where the target has it, in bytes of its file; not everywhere, where it has it often.
    pub offsets: Vec<usize>,
    /// These are all.
    pub is_all: bool,
}
