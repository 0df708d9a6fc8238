//! Symbols of half-typed code.
//!
//! Where brackets do not match, a tree loses items: their tokens lie loose in an error node, or the item above
//! swallowed them. There the text is read the way a person would: a line that starts like a definition is one, and
//! it reaches as far as the lines below are indented deeper.

use crate::definitions::Definition;
use crate::language::{Body, Outline};
use crate::tree::{QUERY_TIME_LIMIT, past};
use crate::{Language, SymbolKind};
use aiia_text::{content_end, line_end};
use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;
use tree_sitter::Tree;

/// A line that reads like the start of a definition.
pub(crate) struct Header {
    pub(crate) kind: SymbolKind,
    pub(crate) start: usize,
    pub(crate) name: Range<usize>,
    indent: usize,
    /// The type of the receiver of a Go method.
    pub(crate) receiver: Option<String>,
}

/// Adds the definitions that a damaged tree lost and that begin in `window`, and cuts those that swallowed them.
pub(crate) fn recover(
    tree: &Tree,
    language: Language,
    text: &str,
    window: Range<usize>,
    definitions: &mut Vec<Definition>,
) {
    let Some(outline) = language.outline().filter(|_| tree.root_node().has_error()) else {
        return;
    };
    let deadline = Instant::now() + QUERY_TIME_LIMIT;
    let known: HashSet<usize> = definitions.iter().map(|found| found.name_range.start).collect();
    let mut lost = Vec::new();
    for header in headers(text, outline) {
        if past(deadline).is_break() {
            break;
        }
        let is_asked_for = window.contains(&header.start) && !known.contains(&header.name.start);
        if is_asked_for && is_damaged(tree, header.start) {
            lost.push(header);
        }
    }
    for header in &lost {
        if past(deadline).is_break() {
            return;
        }
        cut_at(header, text, outline, definitions);
    }
    for header in lost {
        if past(deadline).is_break() {
            return;
        }
        let end = indented_end(text, &header, outline);
        definitions.push(Definition {
            kind: header.kind,
            body_range: body_start(text, header.name.end..end, outline).map(|start| start..end),
            item_range: header.start..end,
            name_range: header.name,
            container: header.receiver,
            is_recovered: true,
        });
    }
}

/// Where the body of an item begins, looked for in a range that starts behind its name.
pub(crate) fn body_start(text: &str, range: Range<usize>, outline: &Outline) -> Option<usize> {
    let searched = text.get(range.clone())?;
    match outline.body {
        Body::Braces => return searched.find('{').map(|found| range.start + found),
        Body::End => {
            let start = line_end(text, range.start);
            return text.get(start..range.end).is_some_and(|body| !body.trim().is_empty()).then_some(start);
        }
        Body::Colon => {}
    }
    // A colon within the signature is followed by something; the one that ends it is not.
    let mut next = range.start;
    while next < range.end {
        let line = text[next..content_end(text, next)].trim_end();
        if line.ends_with(':') {
            return Some(next + line.len()).filter(|&start| start < range.end);
        }
        next = line_end(text, next);
    }
    None
}

/// Every line that reads like the start of a definition.
fn headers<'a>(text: &'a str, outline: &'a Outline) -> impl Iterator<Item = Header> + 'a {
    let mut next = 0;
    std::iter::from_fn(move || {
        (next < text.len()).then(|| {
            let start = next;
            next = line_end(text, start);
            start
        })
    })
    .filter_map(move |start| header(text, start, outline))
}

/// What the line that starts there defines, if it reads like the start of a definition.
pub(crate) fn header(text: &str, line_start: usize, outline: &Outline) -> Option<Header> {
    let line = &text[line_start..content_end(text, line_start)];
    let code = line.trim_start();
    let indent = line.len() - code.len();
    let start = line_start + indent;
    let mut rest = code;
    loop {
        let word_end = rest
            .find(|character: char| character.is_whitespace() || matches!(character, '(' | '<'))
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word_end);
        if let Some(&(_, kind)) = outline.keywords.iter().find(|(keyword, _)| *keyword == word) {
            let behind_start = start + (code.len() - behind.len());
            let (name, receiver) = match kind {
                SymbolKind::Impl => (implemented_type(behind)?, None),
                _ => declared_name(behind, outline)?,
            };
            let kind = match &receiver {
                Some(_) => SymbolKind::Method,
                None => kind_behind(&behind[name.end..], outline).unwrap_or(kind),
            };
            let name = behind_start + name.start..behind_start + name.end;
            return Some(Header { kind, start, name, indent, receiver });
        }
        if !outline.modifiers.contains(&word) {
            return None;
        }
        // The place a modifier may name: `pub(crate)`.
        let behind = match behind.strip_prefix('(') {
            Some(place) => place.split_once(')')?.1,
            None => behind,
        };
        rest = behind.trim_start();
    }
}

/// The name in what follows the keyword, behind the star of a generator or what it belongs to: the receiver of a Go
/// method, the table of a Lua function.
fn declared_name(text: &str, outline: &Outline) -> Option<(Range<usize>, Option<String>)> {
    let trimmed = text.trim_start();
    let (name, receiver) = match trimmed.strip_prefix('(') {
        Some(behind) => {
            let (receiver, name) = behind.split_once(')')?;
            let plain = receiver.split('[').next().unwrap_or_default();
            (name, plain.rsplit([' ', '*']).next().map(str::to_owned))
        }
        None => (trimmed.strip_prefix('*').unwrap_or(trimmed), None),
    };
    let start = text.len() - name.len();
    let found = leading_name(name)?;
    let (written, behind) = (&name[found.clone()], &name[found.end..]);
    if outline.body == Body::End
        && behind.starts_with(['.', ':'])
        && let Some(member) = leading_name(&behind[1..])
    {
        let start = start + found.end + 1;
        let owner = (written != "self").then(|| written.to_owned());
        return Some((start + member.start..start + member.end, owner));
    }
    // Without parameters it is the result of a function that has no name.
    let is_named = receiver.is_none() || behind.starts_with('(');
    is_named.then(|| (start + found.start..start + found.end, receiver))
}

/// What the word behind a name says about its kind.
fn kind_behind(text: &str, outline: &Outline) -> Option<SymbolKind> {
    let text = text.trim_start();
    // Type parameters of Go.
    let text =
        text.strip_prefix('[').and_then(|parameters| parameters.split_once(']')).map_or(text, |(_, behind)| behind);
    let word = text.split([' ', '\t', '{', '(']).find(|word| !word.is_empty())?;
    outline.kinds_behind.iter().find(|(keyword, _)| *keyword == word).map(|&(_, kind)| kind)
}

/// The identifier at the start of `text`, blanks skipped.
fn leading_name(text: &str) -> Option<Range<usize>> {
    let name = text.trim_start();
    let start = text.len() - name.len();
    let length = name.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(name.len());
    (length > 0 && !name.starts_with(|first: char| first.is_ascii_digit())).then(|| start..start + length)
}

/// The plain name of the type in what follows `impl`: `Map` of `<K> Drop for std::Map<K> {`.
fn implemented_type(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    if text.trim_start().starts_with('<') {
        let mut depth = 0_usize;
        start = text.char_indices().find_map(|(index, character)| {
            match character {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => return None,
            }
            (depth == 0).then_some(index + 1)
        })?;
    }
    if let Some(found) = text[start..].find(" for ") {
        start += found + " for ".len();
    }
    loop {
        let name = leading_name(&text[start..])?;
        let name = start + name.start..start + name.end;
        match text[name.end..].strip_prefix("::") {
            Some(_) => start = name.end + 2,
            None => return Some(name),
        }
    }
}

/// Whether the tree around `offset` is broken. What a sound string, comment or macro call holds is not.
fn is_damaged(tree: &Tree, offset: usize) -> bool {
    let mut cursor = tree.walk();
    let mut damaged = cursor.node().is_error();
    while cursor.goto_first_child_for_byte(offset).is_some() {
        let node = cursor.node();
        if node.start_byte() > offset {
            break;
        }
        if node.has_error() {
            damaged = true;
        } else if ["token_tree", "string", "comment", "heredoc"].iter().any(|opaque| node.kind().contains(opaque)) {
            return false;
        }
    }
    damaged
}

/// Ends the definitions that contain a header which is indented no deeper than they are before that header and
/// the attributes and comments above it.
fn cut_at(header: &Header, text: &str, outline: &Outline, definitions: &mut Vec<Definition>) {
    let mut end = header.start - header.indent;
    loop {
        let above = text[..end].trim_end();
        let line = &above[aiia_text::line_start(above, above.len())..];
        let code = line.trim_start();
        if code.is_empty() || !outline.leading.iter().any(|leading| code.starts_with(leading)) {
            end = above.len();
            break;
        }
        end = above.len() - line.len();
    }
    definitions.retain_mut(|found| {
        let inside = found.item_range.start < header.start && header.start < found.item_range.end;
        if !inside || indent_of(text, found.item_range.start) < header.indent || end <= found.item_range.start {
            return true;
        }
        found.item_range.end = end;
        if found.body_range.as_ref().is_some_and(|body| body.start >= end) {
            found.body_range = None;
        }
        if let Some(body) = &mut found.body_range {
            body.end = body.end.min(end);
        }
        found.name_range.end <= end
    });
}

fn indent_of(text: &str, offset: usize) -> usize {
    let line = &text[aiia_text::line_start(text, offset)..];
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Where the item of a header ends: with the lines below that are indented deeper, and the line that closes it.
fn indented_end(text: &str, header: &Header, outline: &Outline) -> usize {
    let mut end = content_end(text, header.start);
    let mut next = line_end(text, header.start);
    while next < text.len() {
        let line = &text[next..content_end(text, next)];
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let closes = match outline.body {
            Body::Braces | Body::Colon => code.starts_with('}'),
            Body::End => code.trim_end() == "end",
        };
        let continues = code.starts_with([')', ']', '{'])
            || ["where", "rescue", "ensure", "else"].iter().any(|word| code.starts_with(word));
        if !code.is_empty() {
            if indent < header.indent || (indent == header.indent && !closes && !continues) {
                break;
            }
            end = next + line.trim_end().len();
            if closes && indent == header.indent {
                break;
            }
        }
        next = line_end(text, next);
    }
    end
}

#[cfg(test)]
mod tests;
