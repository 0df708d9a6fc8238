//! From LSP to what the engine takes: paths, bytes, its own diagnostics.

use std::ops::Range;
use std::path::PathBuf;

use aiia_protocol::document::{Diagnostic, Severity};
use aiia_text::{Document, Encoding, Position};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tower_lsp::gen_lsp_types as lsp;
use url::Url;

/// The engine's name of a document: its absolute path for `file:`, `untitled:NAME` for everything else, so that nothing but
/// `file:` ever reaches the file system. `None` for a `file:` URI that names no file.
pub(crate) fn path(uri: &Url) -> Option<String> {
    match uri.scheme() {
        "file" => file_path(uri),
        "untitled" => Some(uri.as_str().to_owned()),
        _ => Some(format!("untitled:{uri}")),
    }
}

fn file_path(uri: &Url) -> Option<String> {
    let path = percent_decode_str(uri.path()).decode_utf8().ok()?.into_owned();
    if path.contains('\0') {
        return None;
    }
    let host = uri.host_str().filter(|host| !host.is_empty() && *host != "localhost");
    (host.is_none() && path.len() > 1).then_some(path)
}

/// The paths of workspace folders; those that are no folders of this file system are left out.
pub(crate) fn folders(folders: &[lsp::WorkspaceFolder]) -> Vec<PathBuf> {
    folders
        .iter()
        .filter(|folder| folder.uri.scheme() == "file")
        .filter_map(|folder| path(&folder.uri))
        .map(PathBuf::from)
        .collect()
}

/// The folders that `initialize` names: the workspace folders, else the root.
pub(crate) fn initial_folders(params: &Value) -> Vec<PathBuf> {
    if let Some(all) = params["workspaceFolders"].as_array() {
        let folder = |value: &Value| serde_json::from_value::<lsp::WorkspaceFolder>(value.clone()).ok();
        return folders(&all.iter().filter_map(folder).collect::<Vec<_>>());
    }
    let root = params["rootUri"].as_str().and_then(|uri| Url::parse(uri).ok()).filter(|uri| uri.scheme() == "file");
    let root = root.and_then(|uri| path(&uri)).or_else(|| params["rootPath"].as_str().map(str::to_owned));
    root.map(PathBuf::from).filter(|root| root.is_absolute()).into_iter().collect()
}

/// The byte offset of a position; clamped to the text.
pub(crate) fn offset(document: &Document, position: lsp::Position, encoding: Encoding) -> usize {
    document.offset(Position::new(position.line, position.character), encoding)
}

/// The bytes of a range; clamped to the text, turned round if reversed.
pub(crate) fn range(document: &Document, range: lsp::Range, encoding: Encoding) -> Range<usize> {
    let (start, end) = (offset(document, range.start, encoding), offset(document, range.end, encoding));
    start.min(end)..start.max(end)
}

/// A diagnostic as the engine takes it.
pub(crate) fn diagnostic(diagnostic: &lsp::Diagnostic) -> Diagnostic {
    let message = match &diagnostic.message {
        lsp::Message::String(text) => text.clone(),
        lsp::Message::MarkupContent(content) => content.value.clone(),
    };
    Diagnostic {
        start_line: diagnostic.range.start.line.saturating_add(1),
        end_line: diagnostic.range.end.line.max(diagnostic.range.start.line).saturating_add(1),
        severity: match diagnostic.severity {
            Some(lsp::DiagnosticSeverity::Warning) => Severity::Warning,
            Some(lsp::DiagnosticSeverity::Information) => Severity::Information,
            Some(lsp::DiagnosticSeverity::Hint) => Severity::Hint,
            _ => Severity::Error,
        },
        message,
        source: diagnostic.source.clone(),
        code: diagnostic.code.as_ref().map(|code| match code {
            lsp::Code::Int(number) => number.to_string(),
            lsp::Code::String(text) => text.clone(),
        }),
    }
}

/// Whether two ranges have a place in common; an empty one counts as the place where it is.
pub(crate) fn overlap(a: lsp::Range, b: lsp::Range) -> bool {
    let place = |position: lsp::Position| (position.line, position.character);
    place(a.start) <= place(b.end) && place(b.start) <= place(a.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, expected: Option<&str>) {
        assert_eq!(file_path(&Url::parse(uri).unwrap()).as_deref(), expected, "{uri}");
    }

    #[test]
    fn file_uris_become_paths() {
        check("file:///home/a%20b/%C3%A9.rs", Some("/home/a b/é.rs"));
        check("file://localhost/a.rs", Some("/a.rs"));
        check("file:///a/../b/100%25.rs", Some("/b/100%.rs"));
        check("file:///", None);
        check("file://host/a.rs", None);
        check("file:///a%00b", None);
        check("file:///a%ff", None);
    }

    #[test]
    fn other_schemes_never_name_a_file() {
        for (uri, expected) in [
            ("untitled:Untitled-1", "untitled:Untitled-1"),
            ("http://x/etc/passwd", "untitled:http://x/etc/passwd"),
            ("zipfile:///a.zip::b.rs", "untitled:zipfile:///a.zip::b.rs"),
        ] {
            assert_eq!(path(&Url::parse(uri).unwrap()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn ranges_are_clamped_and_turned() {
        let document = Document::new("a😀b\r\nc");
        let at = |line, character| lsp::Position { line, character };
        let convert = |start, end, encoding| range(&document, lsp::Range { start, end }, encoding);
        assert_eq!(convert(at(0, 1), at(0, 3), Encoding::Utf16), 1..5);
        assert_eq!(convert(at(0, 3), at(0, 1), Encoding::Utf16), 1..5);
        assert_eq!(convert(at(0, 1), at(0, 2), Encoding::Utf32), 1..5);
        assert_eq!(convert(at(0, 1), at(0, 5), Encoding::Utf8), 1..5);
        assert_eq!(convert(at(0, 99), at(9, 9), Encoding::Utf16), 6..9);
    }

    #[test]
    fn touching_ranges_overlap() {
        let range = |a, b, c, d| lsp::Range {
            start: lsp::Position { line: a, character: b },
            end: lsp::Position { line: c, character: d },
        };
        assert!(overlap(range(1, 0, 1, 5), range(1, 5, 1, 5)));
        assert!(overlap(range(0, 0, 9, 0), range(3, 1, 3, 2)));
        assert!(!overlap(range(1, 0, 1, 5), range(1, 6, 2, 0)));
    }
}
