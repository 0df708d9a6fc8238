//! From what the engine gives to LSP: URIs, positions, edits, JSON-RPC errors.

use aiia_engine::without_images;
use aiia_protocol::edit::Replacement;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_text::{Document, Encoding};
use tower_lsp::gen_lsp_types as lsp;
use tower_lsp::jsonrpc::{Error, ErrorCode};
use url::Url;

/// The URI of an absolute path or of an `untitled:` name.
pub(crate) fn uri(path: &str) -> Option<Url> {
    if let Some(name) = path.strip_prefix("untitled:") {
        // A document of another scheme is named by its whole URI.
        return Url::parse(name)
            .ok()
            .filter(|uri| name.contains("://") && !uri.cannot_be_a_base())
            .or_else(|| Url::parse(path).ok());
    }
    Url::from_file_path(path).ok()
}

/// The position of a byte offset.
pub(crate) fn position(document: &Document, offset: usize, encoding: Encoding) -> lsp::Position {
    let position = document.position(offset, encoding);
    lsp::Position { line: position.line, character: position.character }
}

/// Replacements of bytes as text edits.
pub(crate) fn text_edits(document: &Document, replacements: &[Replacement], encoding: Encoding) -> Vec<lsp::TextEdit> {
    let edit = |replacement: &Replacement| lsp::TextEdit {
        range: lsp::Range {
            start: position(document, replacement.start as usize, encoding),
            end: position(document, replacement.end as usize, encoding),
        },
        new_text: replacement.text.clone(),
    };
    replacements.iter().map(edit).collect()
}

/// The text after replacements of its bytes.
pub(crate) fn replaced(document: &Document, replacements: &[Replacement]) -> Document {
    let mut document = document.clone();
    for replacement in replacements.iter().rev() {
        document.edit(replacement.start as usize..replacement.end as usize, &replacement.text);
    }
    document
}

/// The lines `first..end`, counted from 0, as a range.
pub(crate) fn lines(lines: std::ops::Range<usize>) -> lsp::Range {
    lsp::Range {
        start: lsp::Position { line: lines.start as u32, character: 0 },
        end: lsp::Position { line: lines.end as u32, character: 0 },
    }
}

/// The name of an encoding on the wire.
pub(crate) fn encoding(encoding: Encoding) -> lsp::PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => lsp::PositionEncodingKind::UTF8,
        Encoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        Encoding::Utf32 => lsp::PositionEncodingKind::UTF32,
    }
}

/// Markdown to show. Editors load its images as soon as it is seen, so that it has none.
pub(crate) fn markdown(text: &str) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: without_images(text).into_owned() }
}

/// A problem as a JSON-RPC error, with the problem as its `data`.
pub(crate) fn error(problem: &Problem) -> Error {
    let code = match problem.code {
        ProblemCode::InvalidParams => ErrorCode::InvalidParams,
        ProblemCode::UnknownOperation => ErrorCode::MethodNotFound,
        ProblemCode::Cancelled => ErrorCode::RequestCancelled,
        ProblemCode::Internal => ErrorCode::InternalError,
        _ => ErrorCode::ServerError(-32000),
    };
    Error { code, message: problem.sentence().into(), data: serde_json::to_value(problem).ok() }
}

/// Text of a model as one that can be shown in a message: without control characters, cut to about `limit` characters.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let clean = text.chars().filter(|character| !character.is_control() || matches!(character, '\n' | '\t'));
    let mut shown: String = clean.take(limit + 1).collect();
    if shown.chars().count() > limit {
        shown.pop();
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_come_back() {
        for path in ["/a b/é%.rs", "untitled:Untitled-1", "untitled:zipfile:///a.zip::b.rs", "/x#y?z.rs"] {
            let uri = uri(path).unwrap();
            assert_eq!(crate::from_proto::path(&uri).as_deref(), Some(path), "{uri}");
        }
        assert_eq!(uri("untitled:zipfile:///a").unwrap().as_str(), "zipfile:///a");
    }

    #[test]
    fn edits_are_in_the_agreed_units() {
        let document = Document::new("😀a\r\nbc\n");
        let replacements = [
            Replacement { start: 4, end: 5, text: "x".to_owned() },
            Replacement { start: 8, end: 9, text: String::new() },
        ];
        for (encoding, column) in [(Encoding::Utf8, 4), (Encoding::Utf16, 2), (Encoding::Utf32, 1)] {
            let edits = text_edits(&document, &replacements, encoding);
            assert_eq!((edits[0].range.start.character, edits[1].range.start.line), (column, 1));
        }
        assert_eq!(replaced(&document, &replacements).text(), "😀x\r\nb\n");
    }

    #[test]
    fn what_is_shown_loads_nothing() {
        let shown = markdown("![a](https://x.example/p.png) <img src='u'> [b](https://x.example)");
        assert_eq!(shown.value, "a &lt;img src='u'> [b](https://x.example)");
    }

    #[test]
    fn problems_have_codes() {
        for (code, expected) in [
            (ProblemCode::InvalidParams, -32602),
            (ProblemCode::UnknownOperation, -32601),
            (ProblemCode::Cancelled, -32800),
            (ProblemCode::Internal, -32603),
            (ProblemCode::NotFound, -32000),
        ] {
            let error = error(&Problem::new(code, "It."));
            assert_eq!(error.code.code(), expected);
            assert!(error.data.unwrap()["code"].is_string());
        }
    }

    #[test]
    fn messages_have_no_control_characters() {
        assert_eq!(shown("a\u{1b}]0;x\u{7}\nb", 99), "a]0;x\nb");
        assert_eq!(shown("abcdef", 3), "abc…");
    }
}
