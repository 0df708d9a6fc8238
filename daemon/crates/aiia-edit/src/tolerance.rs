//! How loosely a model's text was read. Every looseness is recorded on its hunk and shown in the review.

use std::fmt;

/// One way in which the reply did not match the file to the letter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Tolerance {
    /// Line breaks differ (CRLF and LF).
    LineEndings,
    /// Blanks at the ends of lines differ.
    TrailingBlanks,
    /// Blank lines around the searched text differ.
    BlankLines,
    /// The searched text was indented differently; the new text was re-indented to the place.
    Indentation,
    /// Quotes, dashes, blanks or entities were written in another form.
    UnicodeForms,
    /// The searched text was out of date; the symbol of this name was taken.
    SymbolName(String),
    /// The reply gave no file, the text fits this one.
    FileAssumed(String),
    /// The reply named the file differently (the name it used).
    FileNamedDifferently(String),
    /// Several places fitted; the one in the selection was taken.
    Selection,
    /// Several places fitted; the one at the line that the reply names was taken.
    LineNumber,
    /// Several places fitted; the one below the lines that the reply names was taken.
    Anchor,
    /// The reply was escaped once too often.
    Escapes,
    /// A placeholder such as `// ... existing code ...` was expanded from the file.
    Elision,
    /// The searched text differs from the file in lines that the edit does not change; the file's lines stayed.
    Quote,
    /// The reply had line numbers in the code; they were left out.
    LineNumbersPasted,
    /// Each line of the code began with a sign, as in a diff or a quotation; it was left out.
    LinePrefix,
    /// Doc comments, attributes or decorators the reply left out were kept.
    LeadingLinesKept,
    /// Something the reply defines newly was put next to this name.
    AddedNextTo(String),
    /// Imports the reply uses were added to those of the file.
    ImportsAdded,
    /// Lines of the reply that belong to no symbol were left out (the first of them).
    LeftOut(String),
    /// The reply gives the whole file without the symbol of this name, which goes.
    Deleted(String),
    /// The reply gives the whole file without the symbol of this name, which stays.
    Kept(String),
    /// The code was not fenced, or the fence was not closed.
    Fence,
}

impl Tolerance {
    /// The stable name for machines, without detail.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::LineEndings => "line_endings",
            Self::TrailingBlanks => "trailing_blanks",
            Self::BlankLines => "blank_lines",
            Self::Indentation => "indentation",
            Self::UnicodeForms => "unicode_forms",
            Self::SymbolName(_) => "symbol_name",
            Self::FileAssumed(_) => "file_assumed",
            Self::FileNamedDifferently(_) => "file_named_differently",
            Self::Selection => "selection",
            Self::LineNumber => "line_number",
            Self::Anchor => "anchor",
            Self::Escapes => "escapes",
            Self::Elision => "elision",
            Self::Quote => "quote",
            Self::LineNumbersPasted => "line_numbers_pasted",
            Self::LinePrefix => "line_prefix",
            Self::LeadingLinesKept => "leading_lines_kept",
            Self::AddedNextTo(_) => "added_next_to",
            Self::ImportsAdded => "imports_added",
            Self::LeftOut(_) => "left_out",
            Self::Deleted(_) => "deleted",
            Self::Kept(_) => "kept",
            Self::Fence => "fence",
        }
    }
}

/// The sentence people read in the review.
impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineEndings => f.write_str("matched ignoring line endings"),
            Self::TrailingBlanks => f.write_str("matched ignoring blanks at line ends"),
            Self::BlankLines => f.write_str("matched ignoring blank lines around it"),
            Self::Indentation => f.write_str("matched ignoring indentation"),
            Self::UnicodeForms => f.write_str("matched ignoring forms of quotes and blanks"),
            Self::SymbolName(name) => write!(f, "matched by name `{name}`"),
            Self::FileAssumed(path) => write!(f, "no file given, fits {path}"),
            Self::FileNamedDifferently(name) => write!(f, "the reply calls the file {name}"),
            Self::Selection => f.write_str("several places fit, the selected one was taken"),
            Self::LineNumber => f.write_str("several places fit, the one at the line number was taken"),
            Self::Anchor => f.write_str("several places fit, the one below the named line was taken"),
            Self::Escapes => f.write_str("read without escapes such as `\\n`"),
            Self::Elision => f.write_str("what the reply leaves out was taken from the file"),
            Self::Quote => f.write_str("the reply quotes other lines around it; yours stayed"),
            Self::LineNumbersPasted => f.write_str("line numbers in the reply were left out"),
            Self::LinePrefix => f.write_str("a sign before each line of the reply was left out"),
            Self::LeadingLinesKept => f.write_str("kept doc comments and attributes"),
            Self::AddedNextTo(name) => write!(f, "added next to `{name}`"),
            Self::ImportsAdded => f.write_str("added to the imports"),
            Self::LeftOut(line) => write!(f, "left out lines outside any symbol: `{line}`"),
            Self::Deleted(name) => write!(f, "deletes `{name}`, which the reply leaves out"),
            Self::Kept(name) => write!(f, "kept `{name}`, which the reply leaves out"),
            Self::Fence => f.write_str("code fence missing or not closed"),
        }
    }
}
