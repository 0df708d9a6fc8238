//! Text as the rest of the project sees it: a [`Document`] addressed by byte offsets, the one converter
//! between byte offsets and editor positions, incremental edits, and line endings.
//!
//! Line breaks are LF, CRLF and a lone CR, nothing else: U+2028, U+0085 and form feed are ordinary characters.
//! Nothing here panics on offsets or positions that lie outside the text or inside a character; they are
//! clamped and rounded down.

mod document;
mod edit;
mod line_ending;
mod lines;
mod position;
mod unseen;

pub use document::Document;
pub use edit::{Point, TextEdit};
pub use line_ending::LineEnding;
pub use lines::{content_end, floor_char_boundary, line_end, line_start, whole_lines};
pub use position::{Encoding, Position};
pub use unseen::turns_or_hides;

// Callers of `Document::rope` name its type through this crate.
pub use ropey::Rope;
