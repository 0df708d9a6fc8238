//! Markdown to HTML that is safe to show, in blocks that stand for themselves.
//!
//! Raw HTML becomes text, images become links, links lead to the web or nowhere; what comes out is cleaned once more by an
//! allow-list. Characters that hide or turn text are made visible. Search/replace blocks are shown as changes of lines.

mod change;
mod characters;
mod clean;
mod code;
mod passages;
mod without_images;

use std::ops::Range;

pub use passages::{Face, Passage, PassageKind, Run, passages};
pub use without_images::without_images;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Quotes and lists are nested no deeper; what is inside stays as text.
const MAX_DEPTH: usize = 24;

/// A part of a text that stands for itself: a paragraph, a list, a code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Clean HTML.
    pub html: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Nothing that is added at the end of the text changes it.
    pub is_final: bool,
}

/// The blocks of `text`.
pub fn render(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut done = 0;
    for passage in change::passages(text) {
        markdown(text, done..passage.range.start, &mut blocks);
        let html = clean::clean(&passage.html());
        done = passage.range.end;
        blocks.push(Block { html, range: passage.range, is_final: false });
    }
    markdown(text, done..text.len(), &mut blocks);
    // What the last line begins, half as it is, may turn out to go on with what is before it.
    let last_line = text.rfind('\n').map_or(0, |end| end + 1);
    for index in 1..blocks.len() {
        blocks[index - 1].is_final = blocks[index].range.start < last_line;
    }
    blocks
}

/// Appends the blocks of a part of `text` that is Markdown and nothing else.
fn markdown(text: &str, part: Range<usize>, blocks: &mut Vec<Block>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let offset = part.start;
    let mut open = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (event, range) in Parser::new_ext(&text[part], options).into_offset_iter() {
        if depth == 0 {
            start = offset + range.start;
        }
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        open.push(event);
        if depth == 0 {
            blocks.push(Block {
                html: block(std::mem::take(&mut open)),
                range: start..offset + range.end,
                is_final: false,
            });
        }
    }
}

/// The HTML of the events of one block.
fn block(events: Vec<Event<'_>>) -> String {
    let mut safe = Vec::with_capacity(events.len());
    let mut depth = 0_usize;
    let mut links = Vec::new();
    let mut code: Option<(String, String)> = None;
    for event in events {
        if let Some((language, text)) = &mut code {
            match event {
                Event::Text(more) => text.push_str(&more),
                Event::End(TagEnd::CodeBlock) => {
                    depth -= 1;
                    safe.push(Event::Html(code::block(language, text).into()));
                    code = None;
                }
                _ => {}
            }
            continue;
        }
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                depth += 1;
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default().to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                code = Some((language, String::new()));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                links.push(start_link(&dest_url, &mut safe));
                safe.push(Event::Text("image: ".into()));
            }
            Event::Start(Tag::Link { dest_url, .. }) => links.push(start_link(&dest_url, &mut safe)),
            Event::End(TagEnd::Image | TagEnd::Link) => {
                let end = match links.pop().flatten() {
                    None => Event::Html("</a>".into()),
                    Some(address) => Event::Text(format!(" ({address})").into()),
                };
                safe.push(end);
            }
            Event::Start(tag) => {
                depth += 1;
                if depth <= MAX_DEPTH {
                    safe.push(Event::Start(tag));
                }
            }
            Event::End(tag) => {
                if depth <= MAX_DEPTH {
                    safe.push(Event::End(tag));
                }
                depth = depth.saturating_sub(1);
            }
            Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) => push_text(&text, &mut safe),
            Event::Code(text) => {
                safe.push(Event::Html(format!("<code>{}</code>", characters::escape_code(&text)).into()));
            }
            other => safe.push(other),
        }
    }
    let mut html = String::new();
    html::push_html(&mut html, safe.into_iter());
    clean::clean(&html)
}

/// Begins a link to the web. Gives the address where it leads elsewhere: it is shown as text, then.
fn start_link<'a>(address: &CowStr<'a>, events: &mut Vec<Event<'a>>) -> Option<String> {
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if !web {
        return Some(address.to_string());
    }
    let escaped = characters::escape(address);
    events.push(Event::Html(format!("<a href=\"{escaped}\" title=\"{escaped}\">").into()));
    None
}

fn push_text(text: &str, events: &mut Vec<Event<'_>>) {
    events.push(Event::Html(characters::escape_prose(text).into()));
}

#[cfg(test)]
mod tests;
