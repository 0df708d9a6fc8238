//! Strings of a reply's symbol that go over several lines. What stands in them is no indentation.

use std::collections::HashMap;
use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::view::FileView;
use crate::lines::{Line, lines};

/// Those of one symbol.
pub(super) struct LongStrings<'b> {
    ranges: Vec<&'b Range<usize>>,
    /// The lines of the symbol that is rewritten, without the blanks around them.
    known: HashMap<&'b str, &'b str>,
    /// Whether lines that are not known stay as they are written.
    is_to_the_letter: bool,
}

impl<'b> LongStrings<'b> {
    pub(super) fn new(
        block: &'b Block,
        given: &Symbol,
        base: &str,
        target: &str,
        like: Option<&Symbol>,
        file: &'b FileView,
    ) -> Self {
        let is_within = |range: &&Range<usize>| {
            given.item_range.start < range.start
                && range.end <= given.item_range.end
                && !block.comments().iter().any(|doc| doc.start <= range.start && range.end <= doc.end)
        };
        let ranges: Vec<&Range<usize>> = block.long_strings().iter().filter(is_within).collect();
        let mut strings = Self { ranges, known: HashMap::new(), is_to_the_letter: base == target };
        if strings.ranges.is_empty() {
            return strings;
        }
        if let Some(symbol) = like {
            let text = &file.text[symbol.item_range.clone()];
            strings.known = lines(text).iter().map(|line| (line.trimmed(), line.content)).collect();
        }
        let start = given.item_range.start;
        let inside: Vec<&str> = lines(&block.text[given.item_range.clone()])
            .iter()
            .filter(|line| strings.hold(start + line.start) && !line.is_blank())
            .map(|line| line.content)
            .collect();
        // Lines at the border, where code is indented, were not moved with it, nor those that the file has just so.
        let is_at_border = |line: &&str| !line.starts_with([' ', '\t']);
        let is_as_there =
            |line: &&str| strings.known.get(line.trim()).is_some_and(|own| own.trim_end() == line.trim_end());
        let count = |test: &dyn Fn(&&str) -> bool| inside.iter().filter(|line| test(line)).count();
        strings.is_to_the_letter |= count(&is_at_border) > 0 || count(&is_as_there) * 2 > inside.len();
        strings
    }

    /// Whether a byte of the reply's code is in one of them.
    pub(super) fn hold(&self, byte: usize) -> bool {
        let before = self.ranges.partition_point(|range| range.start < byte);
        before.checked_sub(1).is_some_and(|last| byte < self.ranges[last].end)
    }

    /// A line that begins in one of them as it goes into the file; nothing where it moves with the code.
    pub(super) fn line(&self, line: &Line, ends_in_string: bool) -> Option<String> {
        if let Some(own) = self.known.get(line.trimmed()).filter(|_| !line.is_blank()) {
            return Some((*own).to_owned());
        }
        self.is_to_the_letter.then(|| if ends_in_string { line.content } else { line.right_trimmed() }.to_owned())
    }
}
