//! A chat as a PDF file: the path that is shown, with code in a font of fixed width.
//!
//! The fonts are those that every reader has, which know the letters of Western European languages. A character of another script
//! becomes a box, and is counted.

mod fonts;
mod layout;

use aiia_markdown::{Face, PassageKind};
use aiia_protocol::archive::ChatFile;
use aiia_protocol::attachment::AttachmentKind;
use pdf_writer::{Content, Finish, Name, Pdf as Writer, Rect, Ref, Str, TextStr};

use self::fonts::Font;
use self::layout::{Layout, Line, MARGIN, PAGE, Style};
use crate::page::{attached, heading, path, title};

const TITLE: f32 = 18.0;
const BODY: f32 = 10.5;
const CODE: f32 = 9.0;
const SMALL: f32 = 8.5;
const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const INFO: i32 = 3;
const FIRST_FONT: i32 = 4;
const FIRST_PAGE: i32 = FIRST_FONT + Font::ALL.len() as i32;

/// A chat as a PDF file.
#[derive(Clone, Debug)]
pub struct Pdf {
    /// The file.
    pub bytes: Vec<u8>,
    /// Characters that none of the fonts has; boxes stand for them.
    pub missing: usize,
}

/// The chat as a PDF file.
pub fn pdf(file: &ChatFile) -> Pdf {
    let mut layout = Layout::new();
    let body = Style { size: BODY, indent: 0, before: 6.0, gray: 0.0 };
    let small = Style { size: SMALL, before: 2.0, gray: 0.45, ..body };
    layout.paragraph(&[(Font::Strong, title(file))], None, Style { size: TITLE, ..body });
    if !file.chat.tags.is_empty() {
        layout.paragraph(&[(Font::Plain, &format!("Tags: {}", file.chat.tags.join(", ")))], None, small);
    }
    let speaker = Style { size: BODY + 1.5, before: 18.0, ..body };
    if let Some(prompt) = &file.chat.system_prompt {
        layout.paragraph(&[(Font::Strong, "System prompt")], None, speaker);
        markdown(&mut layout, prompt);
    }
    for (message, beside) in path(file) {
        let (who, about) = heading(message, beside);
        layout.paragraph(&[(Font::Strong, &who)], None, speaker);
        layout.paragraph(&[(Font::Plain, &about)], None, small);
        markdown(&mut layout, &message.content);
        for (attachment, data) in attached(file, message) {
            let label =
                format!("Attached: {} ({}, {} bytes)", attachment.name, attachment.media_type, attachment.bytes);
            layout.paragraph(&[(Font::Plain, &label)], None, Style { before: 8.0, ..small });
            if attachment.kind == AttachmentKind::Text {
                layout.code(&String::from_utf8_lossy(data), Style { size: CODE, before: 2.0, ..body });
            }
        }
        if let Some(note) = &message.note {
            layout.paragraph(&[(Font::Emphasis, &format!("Note: {note}"))], None, small);
        }
    }
    Pdf { bytes: written(&layout, title(file)), missing: layout.missing }
}

fn markdown(layout: &mut Layout, text: &str) {
    for passage in aiia_markdown::passages(text) {
        let style = Style { size: BODY, indent: passage.indent, before: 6.0, gray: 0.0 };
        let marker = passage.marker.as_deref();
        let runs = |usual: Font| -> Vec<(Font, &str)> {
            let font = |face: Face| match face {
                Face::Plain => usual,
                Face::Strong => Font::Strong,
                Face::Emphasis => Font::Emphasis,
                Face::Code => Font::Code,
            };
            passage.runs.iter().map(|run| (font(run.face), run.text.as_str())).collect()
        };
        match passage.kind {
            PassageKind::Code => {
                let code: String = passage.runs.iter().map(|run| run.text.as_str()).collect();
                layout.code(&code, Style { size: CODE, ..style });
            }
            PassageKind::Heading(level) => {
                let size = BODY + f32::from(5_u8.saturating_sub(level.min(5)));
                layout.paragraph(&runs(Font::Strong), marker, Style { size, before: 10.0, ..style });
            }
            PassageKind::Text => layout.paragraph(&runs(Font::Plain), marker, style),
        }
    }
}

fn written(layout: &Layout, title: &str) -> Vec<u8> {
    let mut pdf = Writer::new();
    let count = layout.pages.len();
    let page_id = |number: usize| Ref::new(FIRST_PAGE + 2 * number as i32);
    let content_id = |number: usize| Ref::new(FIRST_PAGE + 2 * number as i32 + 1);
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(PAGES));
    pdf.document_info(Ref::new(INFO)).title(TextStr(title)).creator(TextStr("aiia"));
    pdf.pages(Ref::new(PAGES)).kids((0..count).map(page_id)).count(count as i32);
    for (index, font) in Font::ALL.into_iter().enumerate() {
        let mut one = pdf.type1_font(Ref::new(FIRST_FONT + index as i32));
        one.base_font(Name(font.name()));
        if font != Font::Signs {
            one.encoding_predefined(Name(b"WinAnsiEncoding"));
        }
    }
    for (number, lines) in layout.pages.iter().enumerate() {
        let mut page = pdf.page(page_id(number));
        page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1));
        page.parent(Ref::new(PAGES));
        page.contents(content_id(number));
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for (index, font) in Font::ALL.into_iter().enumerate() {
            fonts.pair(Name(font.short()), Ref::new(FIRST_FONT + index as i32));
        }
        fonts.finish();
        resources.finish();
        page.finish();
        pdf.stream(content_id(number), &content(lines, &format!("{} / {count}", number + 1)));
    }
    pdf.finish()
}

/// What is drawn on a page.
fn content(lines: &[Line], foot: &str) -> Vec<u8> {
    let mut content = Content::new();
    content.set_fill_gray(0.95);
    for [x, y, width, height] in lines.iter().filter_map(|line| line.ground) {
        content.rect(x, y, width, height);
        content.fill_nonzero();
    }
    for line in lines {
        content.begin_text();
        content.set_fill_gray(line.gray);
        content.next_line(line.x, line.y);
        for piece in &line.pieces {
            content.set_font(Name(piece.font.short()), line.size);
            content.show(Str(&piece.bytes));
        }
        content.end_text();
    }
    content.begin_text();
    content.set_fill_gray(0.45);
    content.set_font(Name(Font::Plain.short()), SMALL);
    content.next_line(PAGE.0 - MARGIN - 40.0, MARGIN - 16.0);
    content.show(Str(foot.as_bytes()));
    content.end_text();
    content.finish().into_vec()
}
