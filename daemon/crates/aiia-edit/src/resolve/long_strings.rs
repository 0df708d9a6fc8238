//! Strings of a reply's symbol that go over several lines. What stands in them is no indentation.

use std::collections::HashMap;
use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::view::FileView;
use crate::lines::{Line, indentation, lines};

/// Those of one symbol.
pub(super) struct LongStrings<'b> {
    ranges: Vec<&'b Range<usize>>,
    /// The lines within strings of the symbol that is rewritten, without the blanks around them. Nothing for one that stands there in
    /// several ways.
    known: HashMap<&'b str, Option<&'b str>>,
    /// Where lines of the reply begin that the file has in a string, with how far they are indented there and here.
    shifts: Vec<(usize, usize, usize)>,
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
        let mut strings = Self { ranges, known: HashMap::new(), shifts: Vec::new(), is_to_the_letter: base == target };
        if strings.ranges.is_empty() {
            return strings;
        }
        if let Some(symbol) = like {
            let own = file.long_strings();
            let own =
                own.iter().filter(|range| symbol.item_range.start <= range.start && range.end <= symbol.item_range.end);
            for line in own.flat_map(|range| lines(&file.text[range.clone()]).into_iter().skip(1)) {
                let known = strings.known.entry(line.trimmed()).or_insert(Some(line.content));
                known.take_if(|known| *known != line.content);
            }
        }
        let start = given.item_range.start;
        let width = |line: &str| indentation(line).len();
        let given_lines = lines(&block.text[given.item_range.clone()]);
        let shifts =
            given_lines.iter().filter(|line| !line.is_blank() && strings.hold(start + line.start)).filter_map(|line| {
                let own = strings.known.get(line.trimmed()).copied().flatten()?;
                Some((line.start, width(line.content), width(own)))
            });
        strings.shifts = shifts.collect();
        let inside: Vec<&str> = lines(&block.text[given.item_range.clone()])
            .iter()
            .filter(|line| strings.hold(start + line.start) && !line.is_blank())
            .map(|line| line.content)
            .collect();
        // Lines at the border, where code is indented, were not moved with it, nor those that the file has just so.
        let is_at_border = |line: &&str| !line.starts_with([' ', '\t']);
        let is_as_there = |line: &&str| {
            strings.known.get(line.trim()).copied().flatten().is_some_and(|own| own.trim_end() == line.trim_end())
        };
        let count = |test: &dyn Fn(&&str) -> bool| inside.iter().filter(|line| test(line)).count();
        strings.is_to_the_letter |= count(&is_at_border) > 0 || count(&is_as_there) * 2 > inside.len();
        // What a string of YAML holds is told by its indentation against the key.
        strings.is_to_the_letter &= file.language.is_none_or(|language| language.name() != "yaml");
        strings
    }

    /// Whether a byte of the reply's code is in one of them.
    pub(super) fn hold(&self, byte: usize) -> bool {
        let before = self.ranges.partition_point(|range| range.start < byte);
        before.checked_sub(1).is_some_and(|last| byte < self.ranges[last].end)
    }

    /// A line that begins in one of them as it goes into the file; nothing where it moves with the code.
    pub(super) fn line(&self, line: &Line, ends_in_string: bool) -> Option<String> {
        if let Some(own) = self.known.get(line.trimmed()).copied().flatten().filter(|_| !line.is_blank()) {
            return Some(own.to_owned());
        }
        // It moves with the nearest line that the file has.
        let nearest = self.shifts.iter().min_by_key(|(start, ..)| start.abs_diff(line.start));
        if let Some((_, here, there)) = nearest.filter(|_| !line.is_blank() && !line.content.starts_with('\t')) {
            let width = (indentation(line.content).len() + there).saturating_sub(*here);
            let text = if ends_in_string { line.content.trim_start() } else { line.trimmed() };
            return Some(format!("{:width$}{text}", ""));
        }
        self.is_to_the_letter.then(|| if ends_in_string { line.content } else { line.right_trimmed() }.to_owned())
    }
}
