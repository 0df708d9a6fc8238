//! Lines and pages: texts are cut into pieces of one font, wrapped, and put one below the other.

use super::fonts::{BOX, Font, byte_of, written};

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
pub(super) const MARGIN: f32 = 56.0;
const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const BOTTOM: f32 = MARGIN + 12.0;
/// A step of lists and quotes.
const STEP: f32 = 16.0;
/// How far code stands from the edge of its ground.
const CODE_INSET: f32 = 6.0;
/// Columns of a tab in code.
const TAB: usize = 4;

/// Bytes of one font.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) font: Font,
    pub(super) bytes: Vec<u8>,
}

/// How a paragraph is set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) indent: usize,
    /// White before it.
    pub(super) before: f32,
    /// 0 is black, 1 white.
    pub(super) gray: f32,
}

/// A line at its place on a page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) gray: f32,
    pub(super) pieces: Vec<Piece>,
    /// Left, bottom, width and height of the ground behind it.
    pub(super) ground: Option<[f32; 4]>,
}

/// The pages as they fill.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) pages: Vec<Vec<Line>>,
    /// Characters that have no glyph.
    pub(super) missing: usize,
    y: f32,
}

impl Layout {
    pub(super) fn new() -> Self {
        Self { pages: vec![Vec::new()], missing: 0, y: PAGE.1 - MARGIN }
    }

    /// Sets texts as one paragraph; `marker` stands before its first line.
    pub(super) fn paragraph(&mut self, texts: &[(Font, &str)], marker: Option<&str>, style: Style) {
        let x = MARGIN + STEP * style.indent as f32;
        let room = (WIDTH - STEP * style.indent as f32) * 1000.0 / style.size;
        let mut units = Vec::new();
        for (font, text) in texts {
            self.cut(*font, text, &mut units);
        }
        let lines = wrapped(&units, room as u32);
        self.space(style.before);
        for (number, line) in lines.into_iter().enumerate() {
            let y = self.next(style.size * 1.4);
            if let (0, Some(marker)) = (number, marker) {
                let mut cut = Vec::new();
                self.cut(Font::Plain, marker, &mut cut);
                let pieces = joined(&cut);
                self.put(Line { x: x - STEP + 2.0, y, size: style.size, gray: style.gray, pieces, ground: None });
            }
            self.put(Line { x, y, size: style.size, gray: style.gray, pieces: joined(&line), ground: None });
        }
    }

    /// Sets code line by line; a line that is too long goes on in the next one.
    pub(super) fn code(&mut self, text: &str, style: Style) {
        let left = MARGIN + STEP * style.indent as f32;
        let width = WIDTH - STEP * style.indent as f32;
        let columns = ((width - 2.0 * CODE_INSET) / (style.size * 0.6)) as usize;
        self.space(style.before);
        for line in text.lines() {
            let mut units = Vec::new();
            self.cut(Font::Code, &without_tabs(line), &mut units);
            let mut rows: Vec<&[Unit]> = units.chunks(columns.max(1)).collect();
            if rows.is_empty() {
                rows.push(&[]);
            }
            for row in rows {
                let height = style.size * 1.3;
                let y = self.next(height);
                let ground = Some([left, y - style.size * 0.35, width, height + 0.5]);
                let (x, size, gray) = (left + CODE_INSET, style.size, style.gray);
                self.put(Line { x, y, size, gray, pieces: joined(row), ground });
            }
        }
    }

    fn put(&mut self, line: Line) {
        if let Some(page) = self.pages.last_mut() {
            page.push(line);
        }
    }

    /// Leaves white, but none at the top of a page.
    fn space(&mut self, points: f32) {
        if self.pages.last().is_some_and(|page| !page.is_empty()) {
            self.y -= points;
        }
    }

    /// The base line of the next line, on a new page where this one is full.
    fn next(&mut self, height: f32) -> f32 {
        if self.y - height < BOTTOM {
            self.pages.push(Vec::new());
            self.y = PAGE.1 - MARGIN;
        }
        self.y -= height;
        self.y
    }

    /// Appends the characters of `text` as bytes of the fonts that have them.
    fn cut(&mut self, font: Font, text: &str, units: &mut Vec<Unit>) {
        for c in text.chars() {
            let c = if matches!(c, '\n' | '\t' | '\r') { ' ' } else { c };
            if let Some(byte) = byte_of(c) {
                units.push(Unit { font, byte });
            } else if let Some(instead) = written(c) {
                units.extend(instead.bytes().map(|byte| Unit { font, byte }));
            } else {
                self.missing += 1;
                units.push(Unit { font: Font::Signs, byte: BOX });
            }
        }
    }
}

/// A byte of a font.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    font: Font,
    byte: u8,
}

impl Unit {
    fn width(self) -> u32 {
        self.font.width(self.byte)
    }

    fn is_blank(self) -> bool {
        self.byte == b' ' && self.font != Font::Signs
    }
}

/// Lines of at most `room` thousandths, broken at blanks, inside a word only where it is longer than a line.
fn wrapped(units: &[Unit], room: u32) -> Vec<Vec<Unit>> {
    let mut lines = Vec::new();
    let mut line: Vec<Unit> = Vec::new();
    let mut used = 0;
    for word in units.split_inclusive(|unit| unit.is_blank()) {
        let width: u32 = word.iter().filter(|unit| !unit.is_blank()).map(|unit| unit.width()).sum();
        if used + width > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for unit in word {
            if used + unit.width() > room && !unit.is_blank() && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            used += unit.width();
            line.push(*unit);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Bytes that follow each other in one font, together.
fn joined(units: &[Unit]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for unit in units {
        match pieces.last_mut() {
            Some(piece) if piece.font == unit.font => piece.bytes.push(unit.byte),
            _ => pieces.push(Piece { font: unit.font, bytes: vec![unit.byte] }),
        }
    }
    pieces
}

fn without_tabs(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let blanks = TAB - column % TAB;
            text.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        } else {
            text.push(c);
            column += 1;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn lines(text: &str, room: u32) -> Vec<String> {
        let mut units = Vec::new();
        Layout::new().cut(Font::Code, text, &mut units);
        let text = |line: &Vec<Unit>| line.iter().map(|unit| char::from(unit.byte)).collect::<String>();
        wrapped(&units, room).iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[rstest]
    #[case("", 6000, &[])]
    #[case("one two", 6000, &["one two"])]
    #[case("one two three", 6000, &["one two", "three"])]
    #[case("abcdefghijklm", 6000, &["abcdefghij", "klm"])]
    #[case("ab abcdefghijklm", 6000, &["ab", "abcdefghij", "klm"])]
    #[case("one two", 10, &["o", "n", "e", "t", "w", "o"])]
    fn text_is_wrapped_at_blanks(#[case] text: &str, #[case] room: u32, #[case] expected: &[&str]) {
        assert_eq!(lines(text, room), expected);
    }

    #[test]
    fn tabs_go_to_their_columns() {
        assert_eq!(without_tabs("\ta\tbc\td"), "    a   bc  d");
    }

    #[test]
    fn no_line_is_below_the_margin() {
        let mut layout = Layout::new();
        let style = Style { size: 9.0, indent: 20, before: 4.0, gray: 0.0 };
        layout.code(&"x\n".repeat(500), style);
        layout.paragraph(&[(Font::Plain, &"word ".repeat(5000))], Some("1."), style);
        assert!(layout.pages.len() > 7, "{}", layout.pages.len());
        for line in layout.pages.iter().flatten() {
            assert!(line.y >= BOTTOM && line.y < PAGE.1 - MARGIN && line.x >= MARGIN, "{line:?}");
        }
    }
}
