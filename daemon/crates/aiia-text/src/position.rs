//! Editor positions and the units they are counted in.

/// The unit in which an editor counts the characters of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: a character outside the basic plane counts two.
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A place in a text as editors name it. Both numbers start at 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// Units of the agreed [`Encoding`] since the start of the line.
    pub character: u32,
}

impl Position {
    /// The position at `line` and `character`.
    pub fn new(line: u32, character: u32) -> Self {
        Position { line, character }
    }
}
