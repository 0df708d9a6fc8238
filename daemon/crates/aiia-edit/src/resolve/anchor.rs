//! Lines that a reply names above a passage, to say which of several places it means.

use std::ops::Range;

use super::view::FileView;
use crate::lines::{Line, indentation};

/// The lines of the block that the anchors lead into, an outer one before an inner one; nothing when one of them is not found,
/// or found twice.
pub(super) fn block(anchors: &[String], file: &FileView) -> Option<Range<usize>> {
    let mut range = 0..file.lines.len();
    for anchor in anchors {
        let line = only(&file.lines[range.clone()], |line| line.trimmed() == anchor)
            .or_else(|| only(&file.lines[range.clone()], |line| line.trimmed().starts_with(anchor.as_str())))
            .or_else(|| only(&file.lines[range.clone()], |line| line.content.contains(anchor.as_str())))?;
        let line = range.start + line;
        range = line..end_of_block(line, &file.lines);
    }
    (!anchors.is_empty()).then_some(range)
}

fn only(lines: &[Line], test: impl Fn(&Line) -> bool) -> Option<usize> {
    let mut found = lines.iter().enumerate().filter(|(_, line)| test(line)).map(|(number, _)| number);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The line behind what is indented below a line, with the line that closes it.
fn end_of_block(head: usize, lines: &[Line]) -> usize {
    let depth = indentation(lines[head].content).len();
    let mut end = head + 1;
    for (number, line) in lines.iter().enumerate().skip(head + 1) {
        if line.is_blank() {
            continue;
        }
        let text = line.trimmed();
        if indentation(line.content).len() > depth || text.starts_with('{') {
            end = number + 1;
        } else if text.starts_with(['}', ')', ']']) {
            end = number + 1;
            // `} else {` and `) -> x {` go on.
            if !text.ends_with(['{', ':', '(']) {
                break;
            }
        } else {
            break;
        }
    }
    end
}
