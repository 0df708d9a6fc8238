//! Code blocks.

use std::fmt::Write;

use aiia_syntax::{Highlight, Language};

use crate::characters::{escape, escape_code};

/// Longer names of languages are no names of languages.
const MAX_NAME: usize = 40;

/// A code block as HTML. `info` is what the author calls its language.
pub(crate) fn block(info: &str, code: &str) -> String {
    let known = Language::from_language_id(&info.to_lowercase()).or_else(|| Language::from_path(&format!("x.{info}")));
    let name = known.map_or(info, |language| language.name());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
    let name = if name.len() <= MAX_NAME && name.chars().all(plain) { name } else { "" };
    let spans = known.map(|language| aiia_syntax::highlight(language, code)).unwrap_or_default();
    format!("<pre data-language=\"{}\"><code>{}</code></pre>\n", escape(name), highlighted(code, &spans))
}

fn highlighted(code: &str, spans: &[Highlight]) -> String {
    let mut html = String::with_capacity(code.len() * 2);
    let mut done = 0;
    for span in spans {
        html.push_str(&escape_code(&code[done..span.range.start]));
        let text = escape_code(&code[span.range.clone()]);
        let _ = write!(html, "<span class=\"hl-{}\">{text}</span>", span.class.name());
        done = span.range.end;
    }
    html.push_str(&escape_code(&code[done..]));
    html
}
