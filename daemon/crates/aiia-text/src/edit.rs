//! The record of one edit, as an incremental parser wants it.

/// A place in a text as incremental parsers count: rows end at LF alone (also the one of CRLF), never at a lone
/// CR, and columns are bytes. For editor positions see [`crate::Position`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Point {
    /// Number of LF before the place.
    pub row: usize,
    /// Bytes since the last LF, or since the start of the text.
    pub column: usize,
}

/// What one edit replaced: bytes `start..old_end` of the old text became bytes `start..new_end` of the new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TextEdit {
    /// Byte offset at which the replaced text begins, in the old and the new text.
    pub start: usize,
    /// Byte offset behind the replaced text, in the old text.
    pub old_end: usize,
    /// Byte offset behind the inserted text, in the new text.
    pub new_end: usize,
    /// `start` as row and column.
    pub start_point: Point,
    /// `old_end` as row and column of the old text.
    pub old_end_point: Point,
    /// `new_end` as row and column of the new text.
    pub new_end_point: Point,
}
