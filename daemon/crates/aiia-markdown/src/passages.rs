//! Markdown as passages to be set in type: what is left of it without its marks.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Quotes and lists go in no deeper.
const MAX_INDENT: usize = 8;

/// How a run of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// As usual.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Slanted.
    Emphasis,
    /// Of fixed width.
    Code,
}

/// A run of text of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The text, without line breaks but in code.
    pub text: String,
    /// How it looks.
    pub face: Face,
}

/// What a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageKind {
    /// A heading, 1 to 6.
    Heading(u8),
    /// Text that is wrapped.
    Text,
    /// Code, line by line as it is.
    Code,
}

/// A piece of Markdown that is set as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What it is.
    pub kind: PassageKind,
    /// How many steps it is set in: of lists and quotes.
    pub indent: usize,
    /// What stands before it: the number or the dot of a list's item.
    pub marker: Option<String>,
    /// What it says.
    pub runs: Vec<Run>,
}

/// The passages of `text`.
pub fn passages(text: &str) -> Vec<Passage> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut setter = Setter::default();
    for event in Parser::new_ext(text, options) {
        setter.take(event);
    }
    setter.end();
    setter.done
}

#[derive(Default)]
struct Setter {
    done: Vec<Passage>,
    runs: Vec<Run>,
    kind: Option<PassageKind>,
    marker: Option<String>,
    /// The next number of each list that is open; `None` for one with dots.
    lists: Vec<Option<u64>>,
    quotes: usize,
    strong: usize,
    emphasis: usize,
    link: Vec<String>,
}

impl Setter {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.finish(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                let face = match (self.kind, self.strong, self.emphasis) {
                    (Some(PassageKind::Code), ..) => Face::Code,
                    (_, 0, 0) => Face::Plain,
                    (_, 0, _) => Face::Emphasis,
                    _ => Face::Strong,
                };
                self.push(&text, face);
            }
            Event::Code(text) => self.push(&text, Face::Code),
            Event::SoftBreak => self.push(" ", Face::Plain),
            Event::HardBreak | Event::Rule => self.end(),
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }, Face::Code),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end();
                self.kind = Some(PassageKind::Heading(match level {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    HeadingLevel::H4 => 4,
                    HeadingLevel::H5 => 5,
                    HeadingLevel::H6 => 6,
                }));
            }
            Tag::CodeBlock(_) => {
                self.end();
                self.kind = Some(PassageKind::Code);
            }
            Tag::BlockQuote(_) => {
                self.end();
                self.quotes += 1;
            }
            Tag::List(first) => {
                self.end();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end();
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "•".to_owned(),
                });
            }
            Tag::Paragraph | Tag::TableHead | Tag::TableRow => self.end(),
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.link.push(dest_url.to_string()),
            _ => {}
        }
    }

    fn finish(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) => {
                self.end();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.end();
                self.lists.pop();
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::TableCell => self.push("  |  ", Face::Plain),
            TagEnd::Link | TagEnd::Image => {
                let address = self.link.pop().unwrap_or_default();
                // An address that is its own text is said once.
                if !address.is_empty() && self.runs.last().is_none_or(|run| !run.text.ends_with(&address)) {
                    self.push(&format!(" ({address})"), Face::Plain);
                }
            }
            TagEnd::Heading(_)
            | TagEnd::CodeBlock
            | TagEnd::Item
            | TagEnd::Paragraph
            | TagEnd::TableHead
            | TagEnd::TableRow => self.end(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, face: Face) {
        match self.runs.last_mut() {
            Some(run) if run.face == face => run.text.push_str(text),
            _ => self.runs.push(Run { text: text.to_owned(), face }),
        }
    }

    fn end(&mut self) {
        let kind = self.kind.take().unwrap_or(PassageKind::Text);
        let runs = std::mem::take(&mut self.runs);
        if runs.iter().any(|run| !run.text.trim().is_empty()) {
            let indent = (self.lists.len() + self.quotes).min(MAX_INDENT);
            self.done.push(Passage { kind, indent, marker: self.marker.take(), runs });
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A passage in short: its kind, indent and marker, and what it says, `*` around what is not plain.
    fn short(text: &str) -> Vec<String> {
        let shown = |passage: Passage| {
            let kind = match passage.kind {
                PassageKind::Heading(level) => format!("h{level}"),
                PassageKind::Text => "t".to_owned(),
                PassageKind::Code => "c".to_owned(),
            };
            let runs = passage.runs.iter().map(|run| match run.face {
                Face::Plain => run.text.clone(),
                Face::Strong => format!("<b>{}</b>", run.text),
                Face::Emphasis => format!("<i>{}</i>", run.text),
                Face::Code => format!("<c>{}</c>", run.text),
            });
            let marker = passage.marker.unwrap_or_default();
            format!("{kind}{} {marker}{}", passage.indent, runs.collect::<String>())
        };
        passages(text).into_iter().map(shown).collect()
    }

    #[rstest]
    #[case("", &[])]
    #[case("one\ntwo\n\nthree", &["t0 one two", "t0 three"])]
    #[case("# A `b`", &["h10 A <c>b</c>"])]
    #[case("a **b** *c* ~~d~~", &["t0 a <b>b</b> <i>c</i> d"])]
    #[case("```rust\nfn a() {\n}\n```\nafter", &["c0 <c>fn a() {\n}\n</c>", "t0 after"])]
    #[case("- a\n- b\n  1. c\n  2. d", &["t1 •a", "t1 •b", "t2 1.c", "t2 2.d"])]
    #[case("> a\n>> b", &["t1 a", "t2 b"])]
    #[case("[x](http://y) <http://z>", &["t0 x (http://y) http://z"])]
    #[case("a <b>c</b>", &["t0 a <b>c</b>"])]
    #[case("|a|b|\n|-|-|\n|c|d|", &["t0 a  |  b  |  ", "t0 c  |  d  |  "])]
    fn marks_become_looks(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(short(text), expected);
    }
}
