//! Edits, positions and snapshots of one document.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

/// Pieces that have broken position arithmetic before: every line break, what only looks like one, characters of
/// one to four bytes, joined emoji and combining marks.
const PIECES: &[&str] = &[
    "a",
    "Z",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u{2028}",
    "\u{85}",
    "\u{c}",
    "\0",
    "é",
    "ß",
    "中",
    "😀",
    "👩\u{200d}👩\u{200d}👦",
    "e\u{301}",
    "\u{feff}",
    "fn x() {}\n",
    "\r\r\n",
];

fn any_text(pieces: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..pieces).prop_map(|pieces| pieces.concat())
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop::sample::select(&[Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][..])
}

/// The converter again, the slow and obvious way: the lines of a string as (start, end without the break).
fn model_lines(text: &str) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let crlf = character == '\r' && matches!(characters.peek(), Some((_, '\n')));
        if crlf {
            characters.next();
        }
        if matches!(character, '\n' | '\r') {
            lines.push((start, index));
            start = index + 1 + usize::from(crlf);
        }
    }
    lines.push((start, text.len()));
    lines
}

fn units(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => text.len(),
        Encoding::Utf16 => text.encode_utf16().count(),
        Encoding::Utf32 => text.chars().count(),
    }
}

fn model_offset(text: &str, position: Position, encoding: Encoding) -> usize {
    let Some(&(start, end)) = model_lines(text).get(position.line as usize) else {
        return text.len();
    };
    let mut left = position.character as usize;
    for (index, character) in text[start..end].char_indices() {
        let width = units(&text[start + index..start + index + character.len_utf8()], encoding);
        if left < width {
            return start + index;
        }
        left -= width;
    }
    end
}

fn model_position(text: &str, offset: usize, encoding: Encoding) -> Position {
    let offset = text.floor_char_boundary(offset);
    let lines = model_lines(text);
    let line = lines.iter().rposition(|&(start, _)| start <= offset).unwrap();
    let (start, end) = lines[line];
    Position::new(line as u32, units(&text[start..offset.min(end)], encoding) as u32)
}

fn model_point(text: &str, offset: usize) -> Point {
    let before = &text[..offset];
    let row_start = before.rfind('\n').map_or(0, |index| index + 1);
    Point { row: before.matches('\n').count(), column: offset - row_start }
}

#[rstest]
#[case::start("ab\ncd", (0, 0), Encoding::Utf16, 0)]
#[case::second_line("ab\ncd", (1, 1), Encoding::Utf16, 4)]
#[case::past_the_column("ab\ncd", (0, 99), Encoding::Utf16, 2)]
#[case::past_the_column_crlf("ab\r\ncd", (0, 99), Encoding::Utf16, 2)]
#[case::past_the_last_line("ab\ncd", (9, 0), Encoding::Utf16, 5)]
#[case::emoji_utf16("😀b", (0, 2), Encoding::Utf16, 4)]
#[case::inside_the_surrogate_pair("x😀b", (0, 2), Encoding::Utf16, 1)]
#[case::inside_the_bytes("é", (0, 1), Encoding::Utf8, 0)]
#[case::emoji_utf32("😀b", (0, 1), Encoding::Utf32, 4)]
#[case::tab_is_one("\tb", (0, 1), Encoding::Utf16, 1)]
#[case::lone_cr("ab\rcd", (1, 1), Encoding::Utf16, 4)]
#[case::line_separator_is_a_character("a\u{2028}b", (0, 2), Encoding::Utf16, 4)]
#[case::line_separator_ends_no_line("a\u{2028}b", (1, 0), Encoding::Utf16, 5)]
#[case::largest_numbers("ab\ncd", (0, u32::MAX), Encoding::Utf8, 2)]
#[case::behind_a_final_break("ab\n", (1, 0), Encoding::Utf16, 3)]
fn finds_the_offset(#[case] text: &str, #[case] at: (u32, u32), #[case] encoding: Encoding, #[case] expected: usize) {
    assert_eq!(Document::new(text).offset(Position::new(at.0, at.1), encoding), expected);
}

#[rstest]
#[case("ab\ncd", 3..3, "x", "ab\nxcd")]
#[case::reversed("abcdef", Range { start: 4, end: 2 }, "", "abef")]
#[case::clamped("ab", 1..99, "c", "ac")]
#[case::inside_a_character("é!", 1..3, "a", "a")]
#[case::all("ab", 0..2, "", "")]
fn edits(#[case] before: &str, #[case] range: Range<usize>, #[case] new_text: &str, #[case] expected: &str) {
    let mut document = Document::new(before);
    document.edit(range, new_text);
    assert_eq!(document.text(), expected);
}

#[test]
fn a_clone_is_a_snapshot() {
    let mut document = Document::new("one");
    let snapshot = document.clone();
    document.edit(0..3, "two");
    assert_eq!((snapshot.text().as_str(), document.text().as_str()), ("one", "two"));
}

#[test]
fn lines_and_slices_stay_inside_the_text() {
    let document = Document::new("ab\r\nc😀");
    assert_eq!(document.line_count(), 2);
    assert_eq!(document.line_range(0), Some(0..4));
    assert_eq!(document.line_range(1), Some(4..9));
    assert_eq!(document.line_range(2), None);
    assert_eq!(document.line_of(usize::MAX), 1);
    assert_eq!(document.slice(1..7), "b\r\nc");
    assert_eq!(document.slice(Range { start: usize::MAX, end: 3 }), "\nc😀");
}

proptest! {
    #[test]
    fn offset_agrees_with_the_model(text in any_text(40), line in 0..30_u32, character in 0..60_u32, encoding in any_encoding()) {
        let position = Position::new(line, character);
        prop_assert_eq!(Document::new(&text).offset(position, encoding), model_offset(&text, position, encoding));
    }

    #[test]
    fn position_agrees_with_the_model(text in any_text(40), offset in 0..300_usize, encoding in any_encoding()) {
        prop_assert_eq!(Document::new(&text).position(offset, encoding), model_position(&text, offset, encoding));
    }

    #[test]
    fn a_position_leads_back(text in any_text(40), offset in 0..300_usize, encoding in any_encoding()) {
        let document = Document::new(&text);
        let position = document.position(offset, encoding);
        prop_assert_eq!(document.position(document.offset(position, encoding), encoding), position);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// A thousand edits on a text of several rope chunks: the text, what each edit reports and the lines stay
    /// those of a plain string.
    #[test]
    fn a_thousand_edits_stay_identical(
        start in any_text(900),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, any_text(6)), 1000),
    ) {
        let mut model = start;
        let mut document = Document::new(&model);
        for (at, length, new_text) in edits {
            let from = at.index(model.len() + 3);
            let edit = document.edit(from..from + length, &new_text);
            let [from, to] = [from, from + length].map(|offset| model.floor_char_boundary(offset));
            let expected_start = model_point(&model, from);
            let expected_old_end = model_point(&model, to);
            model.replace_range(from..to, &new_text);
            let expected = TextEdit {
                start: from,
                old_end: to,
                new_end: from + new_text.len(),
                start_point: expected_start,
                old_end_point: expected_old_end,
                new_end_point: model_point(&model, from + new_text.len()),
            };
            prop_assert_eq!(edit, expected);
            prop_assert_eq!(document.rope(), model.as_str());
        }
        prop_assert_eq!(document.text(), model.as_str());
        prop_assert_eq!(document.lone_carriage_returns, Document::new(&model).lone_carriage_returns);
        for (line, (from, _)) in model_lines(&model).into_iter().enumerate() {
            prop_assert_eq!(document.line_range(line).map(|range| range.start), Some(from));
        }
    }
}
