//! What a model is told about the form of its answer. The words stand beside the parser that reads them,
//! and are short, since small models follow short rules best.

/// The form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ReplyFormat {
    /// The whole function, method or type anew. The surest form for small models.
    WholeSymbol,
    /// Search/replace blocks: small changes of large code, several places and files.
    SearchReplace,
    /// The whole file anew: when nothing else works, for files that fit into an answer.
    WholeFile,
}

impl ReplyFormat {
    /// The stable name for configuration and storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WholeSymbol => "whole_symbol",
            Self::SearchReplace => "search_replace",
            Self::WholeFile => "whole_file",
        }
    }

    /// The instructions for the system prompt.
    pub fn instructions(self) -> &'static str {
        match self {
            Self::WholeSymbol => WHOLE_SYMBOL,
            Self::SearchReplace => SEARCH_REPLACE,
            Self::WholeFile => WHOLE_FILE,
        }
    }

    /// The form to ask for when this one did not work.
    #[must_use]
    pub fn surer(self) -> Self {
        match self {
            Self::SearchReplace => Self::WholeSymbol,
            Self::WholeSymbol | Self::WholeFile => Self::WholeFile,
        }
    }
}

/// Instructions for a reply that gives whole symbols.
pub const WHOLE_SYMBOL: &str = "\
Answer with exactly one fenced code block. It holds the complete new version of the function, method or \
type, under its old name, from the first line to the last. Never shorten: no `...`, no comment in place of \
code. Put new imports and new helper functions into the same block. No usage example, no text after the \
block.
";

/// Instructions for a reply in search/replace blocks.
pub const SEARCH_REPLACE: &str = "\
Answer with one block like this for each change:

path of the file
<<<<<<< SEARCH
the lines to change, copied exactly from the file
=======
the new lines
>>>>>>> REPLACE

SEARCH holds whole lines exactly as they are now, indentation included, and enough of them to be found only \
once. Never shorten: no `...`, no comment in place of code. Keep blocks small and leave out what does not \
change.
";

/// Instructions for a reply that gives whole files.
pub const WHOLE_FILE: &str = "\
Answer with the path of the file on a line of its own and one fenced code block below it, for each file that \
changes. The block holds the complete new file, from the first line to the last. Never shorten: no `...`, no \
comment in place of code. No text after the block.
";
