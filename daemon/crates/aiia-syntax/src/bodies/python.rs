//! The bodies of functions in Python: the lines behind `def` that are indented deeper. What a method assigns to `self` is shown.

use super::{Body, is_of_name};
use std::ops::Range;

pub(super) fn bodies(text: &str) -> Vec<Body> {
    let mut lines = Lines { bytes: text.as_bytes(), at: 0 };
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    while let Some(line) = lines.next() {
        if let Some(function) = &mut open {
            if function.takes(&line, text) {
                continue;
            }
            found.extend(open.take().and_then(|function| function.closed(text)));
        }
        let code = &text[line.code.clone()];
        let header = code.strip_prefix("async").map_or(code, str::trim_start);
        if !line.is_comment
            && line.last == b':'
            && let Some(name) = header.strip_prefix("def").filter(|rest| rest.starts_with([' ', '\t']))
        {
            let name = line.code.end - name.trim_start().len();
            open =
                Some(Open { name, indent: line.indent, start: line.end, block: None, shown: Vec::new(), ends: None });
        }
    }
    found.extend(open.and_then(|function| function.closed(text)));
    found
}

/// A function whose body is being read.
struct Open {
    name: usize,
    indent: usize,
    /// The beginning of the line behind its header.
    start: usize,
    /// Where its first statement begins, and how far that is indented.
    block: Option<(usize, usize)>,
    shown: Vec<Range<usize>>,
    /// Where its last statement or comment ends, and the line of it; `true` when a comment behind it ended the function.
    ends: Option<(usize, usize, bool)>,
}

impl Open {
    /// Takes a line in. False when it is not part of the function.
    fn takes(&mut self, line: &Line, text: &str) -> bool {
        if line.is_comment {
            // A comment behind the last statement belongs to the body as long as it is indented as that is.
            if let (Some((_, block)), Some((content, end, is_over))) = (self.block, &mut self.ends) {
                *is_over |= line.indent < block;
                if !*is_over {
                    (*content, *end) = (line.code.end, line.end);
                }
            }
            return true;
        }
        if line.indent <= self.indent {
            return false;
        }
        let (_, block) = *self.block.get_or_insert((line.code.start, line.indent));
        self.ends = Some((line.code.end, line.end, false));
        let code = &text[line.code.clone()];
        if line.indent == block && (assigns_to_self(code) || (line.has_semicolon && code.contains("self"))) {
            self.shown.push(line.start..line.end);
        }
        true
    }

    fn closed(self, text: &str) -> Option<Body> {
        let ((start, _), (content, end, _)) = (self.block?, self.ends?);
        let content = start..start + text[start..content].trim_end().len();
        Some(Body { name: self.name, range: self.start..end, shown: self.shown, content: Some(content) })
    }
}

/// Whether a statement begins as `self.name =` or `self.name:` does.
fn assigns_to_self(code: &str) -> bool {
    let Some(rest) = code.strip_prefix("self").map(str::trim_start).and_then(|rest| rest.strip_prefix('.')) else {
        return false;
    };
    let name = rest.trim_start();
    let length = name.bytes().take_while(|byte| is_of_name(*byte)).count();
    name[length..].trim_start().starts_with(['=', ':'])
}

/// A line as Python reads it: as far as brackets and strings reach.
struct Line {
    /// Where it begins, and where the next one does.
    start: usize,
    end: usize,
    /// Without its indentation.
    code: Range<usize>,
    /// As the grammar counts it.
    indent: usize,
    is_comment: bool,
    has_semicolon: bool,
    /// Its last mark that is no comment.
    last: u8,
}

struct Lines<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Lines<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    /// The next line that is not blank.
    fn next(&mut self) -> Option<Line> {
        let (mut start, mut indent) = (self.at, 0);
        loop {
            match *self.bytes.get(self.at)? {
                b'\n' => (start, indent) = (self.at + 1, 0),
                b' ' => indent += 1,
                b'\t' => indent += 8,
                b'\r' | 0x0c => indent = 0,
                _ => break,
            }
            self.at += 1;
        }
        let code = self.at;
        let is_comment = self.peek(0) == b'#';
        let (mut depth, mut last, mut has_semicolon) = (0_usize, 0, false);
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    if depth == 0 {
                        break;
                    }
                    continue;
                }
                b'#' => {
                    self.skip_comment();
                    continue;
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    continue;
                }
                b'"' | b'\'' => self.skip_string(byte),
                b'\\' => self.at += if self.peek(1) == b'\r' { 3 } else { 2 },
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => {
                    has_semicolon |= byte == b';';
                    self.at += 1;
                }
            }
            last = byte;
        }
        self.at = self.at.min(self.bytes.len());
        Some(Line { start, end: self.at, code: code..self.at, indent, is_comment, has_semicolon, last })
    }

    fn skip_comment(&mut self) {
        let length = self.bytes[self.at..].iter().position(|byte| *byte == b'\n');
        self.at = length.map_or(self.bytes.len(), |length| self.at + length);
    }

    fn skip_string(&mut self, quote: u8) {
        let is_long = self.peek(1) == quote && self.peek(2) == quote;
        self.at += if is_long { 3 } else { 1 };
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += if self.peek(1) == b'\r' && !is_long { 3 } else { 2 },
                // Without its end it ends with the line.
                b'\n' if !is_long => return,
                _ if byte == quote && !is_long => {
                    self.at += 1;
                    return;
                }
                _ if byte == quote && self.peek(1) == quote && self.peek(2) == quote => {
                    self.at += 3;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}
