//! A text that is edited in place and converts between byte offsets and editor positions.

use crate::{Encoding, Point, Position, TextEdit};
use ropey::Rope;
use std::borrow::Cow;
use std::ops::Range;

/// A text on a rope. Cloning is cheap and gives a snapshot that later edits do not touch.
#[derive(Clone, Debug)]
pub struct Document {
    rope: Rope,
    /// CRs that no LF follows. While there are none, the rope's lines are the rows a parser counts.
    lone_carriage_returns: usize,
}

impl Document {
    /// A document that holds `text`, byte for byte.
    pub fn new(text: &str) -> Self {
        let rope = Rope::from_str(text);
        let lone_carriage_returns = count_lone_carriage_returns(&rope, 0..rope.len_bytes());
        Document { rope, lone_carriage_returns }
    }

    /// A copy of the whole text.
    pub fn text(&self) -> String {
        self.rope.to_string()
    }

    /// The text of a byte range; clamped, rounded down to characters, and turned round if reversed.
    pub fn slice(&self, range: Range<usize>) -> Cow<'_, str> {
        self.rope.byte_slice(self.clean(range)).into()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of lines: line breaks plus one, so an empty text has one line.
    pub fn line_count(&self) -> usize {
        self.rope.len_lines()
    }

    /// Bytes of a line (0-based), its line break included; nothing past the last line.
    pub fn line_range(&self, line: usize) -> Option<Range<usize>> {
        (line < self.line_count()).then(|| self.rope.line_to_byte(line)..self.rope.line_to_byte(line + 1))
    }

    /// The line (0-based) a byte offset lies on; the last one for an offset past the end.
    pub fn line_of(&self, offset: usize) -> usize {
        self.rope.byte_to_line(offset.min(self.len()))
    }

    /// The byte offset of a position. Past the end of a line means before its line break, past the last line the
    /// end of the text, inside a character its start.
    pub fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let Some(line) = self.content_range(position.line as usize) else {
            return self.len();
        };
        let character = position.character as usize;
        let offset = match encoding {
            Encoding::Utf8 => line.start.saturating_add(character).min(line.end),
            Encoding::Utf16 => {
                let [start, end] =
                    [line.start, line.end].map(|byte| self.rope.char_to_utf16_cu(self.rope.byte_to_char(byte)));
                let unit = start.saturating_add(character).min(end);
                self.rope.char_to_byte(self.rope.utf16_cu_to_char(unit))
            }
            Encoding::Utf32 => {
                let [start, end] = [line.start, line.end].map(|byte| self.rope.byte_to_char(byte));
                self.rope.char_to_byte(start.saturating_add(character).min(end))
            }
        };
        self.floor(offset)
    }

    /// The position of a byte offset; clamped to the text, inside a character or a CRLF its start.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let offset = self.floor(offset);
        let line = self.rope.byte_to_line(offset);
        let content = self.content_range(line).unwrap_or(offset..offset);
        let offset = offset.min(content.end);
        let character = match encoding {
            Encoding::Utf8 => offset - content.start,
            Encoding::Utf16 => {
                let [start, end] =
                    [content.start, offset].map(|byte| self.rope.char_to_utf16_cu(self.rope.byte_to_char(byte)));
                end - start
            }
            Encoding::Utf32 => self.rope.byte_to_char(offset) - self.rope.byte_to_char(content.start),
        };
        Position { line: line as u32, character: character as u32 }
    }

    /// Replaces a byte range by `new_text` and tells what changed. The range is clamped, rounded down to
    /// characters, and turned round if reversed.
    pub fn edit(&mut self, range: Range<usize>, new_text: &str) -> TextEdit {
        let Range { start, end: old_end } = self.clean(range);
        let new_end = start + new_text.len();
        let start_point = self.point(start);
        let old_end_point = self.point_behind(start, start_point, old_end);

        // An edit changes what follows the byte before it, so that byte is counted again too.
        self.lone_carriage_returns -= count_lone_carriage_returns(&self.rope, start.saturating_sub(1)..old_end);
        let start_char = self.rope.byte_to_char(start);
        if old_end > start {
            self.rope.remove(start_char..self.rope.byte_to_char(old_end));
        }
        if !new_text.is_empty() {
            self.rope.insert(start_char, new_text);
        }
        self.lone_carriage_returns += count_lone_carriage_returns(&self.rope, start.saturating_sub(1)..new_end);

        let new_end_point = self.point_behind(start, start_point, new_end);
        TextEdit { start, old_end, new_end, start_point, old_end_point, new_end_point }
    }

    /// The rope below, for readers that go through the text in chunks.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// Bytes of a line without its line break.
    fn content_range(&self, line: usize) -> Option<Range<usize>> {
        let Range { start, mut end } = self.line_range(line)?;
        if end > start && self.rope.byte(end - 1) == b'\n' {
            end -= 1;
        }
        // Before an LF this is the CR of a CRLF; with no LF it is a break of its own.
        if end > start && self.rope.byte(end - 1) == b'\r' {
            end -= 1;
        }
        Some(start..end)
    }

    fn floor(&self, offset: usize) -> usize {
        let offset = offset.min(self.len());
        self.rope.char_to_byte(self.rope.byte_to_char(offset))
    }

    fn clean(&self, range: Range<usize>) -> Range<usize> {
        let (start, end) = (self.floor(range.start), self.floor(range.end));
        start.min(end)..start.max(end)
    }

    fn point(&self, offset: usize) -> Point {
        if self.lone_carriage_returns == 0 {
            let row = self.rope.byte_to_line(offset);
            return Point { row, column: offset - self.rope.line_to_byte(row) };
        }
        self.point_behind(0, Point::default(), offset)
    }

    /// The point of `offset`, which lies at or behind `known`, whose point is `point`.
    fn point_behind(&self, known: usize, point: Point, offset: usize) -> Point {
        let Point { mut row, mut column } = point;
        for chunk in self.rope.byte_slice(known..offset).chunks() {
            row += chunk.bytes().filter(|byte| *byte == b'\n').count();
            column = match chunk.rfind('\n') {
                Some(at) => chunk.len() - at - 1,
                None => column + chunk.len(),
            };
        }
        Point { row, column }
    }
}

/// CRs within `range` that no LF follows; what follows may lie behind the range.
fn count_lone_carriage_returns(rope: &Rope, range: Range<usize>) -> usize {
    let mut bytes = rope.bytes_at(range.start).take(range.len() + 1).peekable();
    let mut count = 0;
    for _ in range {
        let byte = bytes.next();
        if byte == Some(b'\r') && bytes.peek() != Some(&b'\n') {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests;
