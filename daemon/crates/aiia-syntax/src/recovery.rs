//! Symbols of half-typed code.
//!
//! Where brackets do not match, a tree loses items: their tokens lie loose in an error node, or the item above
//! swallowed them. There the text is read the way a person would: a line that starts like a definition is one, and
//! it reaches as far as the lines below are indented deeper.

use crate::definitions::Definition;
mod headers;

use crate::Language;
use crate::language::{Body, Outline};
use crate::step_budget::Effort;
use aiia_text::{content_end, line_end};
use headers::headers;
pub(crate) use headers::{Header, header, prototype};
use std::collections::HashMap;
use std::ops::Range;
use tree_sitter::Tree;

/// What reading the line of a header costs, in the steps of a look, and what going through one definition does.
const HEADER: u64 = 500;
const PASS: u64 = 20;

/// Adds the definitions that a damaged tree lost and that begin in `window`, and cuts those that swallowed them. Gives whether they were
/// no more than may be looked for.
pub(crate) fn recover(
    tree: &Tree,
    language: Language,
    text: &str,
    window: Range<usize>,
    definitions: &mut Vec<Definition>,
) -> bool {
    let Some(outline) = language.outline().filter(|_| tree.root_node().has_error()) else {
        return true;
    };
    let effort = Effort::new();
    let known: HashMap<usize, &Definition> = definitions.iter().map(|found| (found.name_range.start, found)).collect();
    let mut lost = Vec::new();
    for header in headers(text, outline) {
        if effort.spend(HEADER).is_break() {
            break;
        }
        let is_known = known.get(&header.name.start).is_some_and(|found| is_whole(found, &header, text, outline));
        // The tree may read the signature rightly and stumble over the bracket behind it.
        let line_end = content_end(text, header.start);
        let opener = header.start + text[header.start..line_end].trim_end().len().saturating_sub(1);
        let is_damaged = || is_damaged(tree, header.start) || is_damaged(tree, opener);
        if window.contains(&header.start) && !is_known && is_damaged() {
            lost.push(header);
        }
    }
    for header in &lost {
        if effort.spend(HEADER + PASS * definitions.len() as u64).is_break() {
            return false;
        }
        // What the tree made of the line of the header is wrong.
        definitions.retain(|found| !(header.start..header.name.end).contains(&found.name_range.start));
        cut_at(header, text, outline, definitions);
    }
    for header in lost {
        if effort.spend(HEADER).is_break() {
            return false;
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
    effort.is_enough()
}

/// Whether the item of a tree is the one of the header: not one that begins behind the keyword or with a call above
/// that is open, nor one whose body is missing.
fn is_whole(found: &Definition, header: &Header, text: &str, outline: &Outline) -> bool {
    let start = found.item_range.start;
    let above = text.get(start..header.start);
    let is_open_above = above.is_some_and(|above| above.matches('(').count() > above.matches(')').count());
    let line = &text[header.start..content_end(text, header.start)];
    let lost_body = outline.body == Body::Braces && found.body_range.is_none() && line.trim_end().ends_with('{');
    !is_open_above && !lost_body && start <= header.start
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
    // What stands between backticks is not indented with the code, where each of them has its other one.
    let ticks = |text: &str| text.matches('`').count();
    let has_pairs = matches!(outline.body, Body::Braces) && ticks(&text[header.start..]) % 2 == 0;
    let mut is_open = has_pairs && ticks(&text[header.start..end]) % 2 == 1;
    while next < text.len() {
        let line = &text[next..content_end(text, next)];
        if is_open {
            end = next + line.trim_end().len();
            is_open = ticks(line) % 2 == 0;
            next = line_end(text, next);
            continue;
        }
        is_open = has_pairs && ticks(line) % 2 == 1;
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
pub(crate) mod tests;
