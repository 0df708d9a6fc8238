//! Markdown, rendered once and for all clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many texts are rendered at once.
pub const MOST_TEXTS: usize = 200;
/// How many bytes they may have together.
pub const MOST_BYTES: usize = 4 << 20;

/// Parameters of `markdown.render`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderMarkdown {
    /// The texts, up to 200, together up to 4 MiB.
    pub texts: Vec<String>,
}

/// The result of `markdown.render`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedMarkdown {
    /// The texts in the same order.
    pub documents: Vec<MarkdownDocument>,
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkdownDocument {
    /// Its paragraphs, lists, code blocks ….
    pub blocks: Vec<MarkdownBlock>,
}

/// A part of a text that stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkdownBlock {
    /// Clean HTML: no script, no style, no image, no link but to the web. Code is in `pre` with `data-language`, its parts in `span`
    /// with a class `hl-…`.
    pub html: String,
    /// Its first byte (UTF-8) in the text, counted from 0.
    pub start: u64,
    /// The byte after its last one.
    pub end: u64,
    /// Nothing that is added at the end of the text changes it. What follows can be rendered alone, from the `start` of the first
    /// block that is not final.
    pub is_final: bool,
}
