//! A sample file of every language, and what is found in it.
//!
//! A sample is `fixtures/<language>/sample.<extension>`, half-typed code `broken.<extension>`; what is expected of each
//! stands beside it, `.expected`.

use crate::definitions::tests::outline;
use crate::recovery::tests::assert_sound;
use crate::{Language, ReferenceKind, Symbol, SymbolKind, SyntaxTree, enclosing_symbol};
use aiia_text::Document;
use expect_test::expect_file;
use rstest::rstest;
use std::fmt::Write;

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Everything that is found in a file, as text.
fn found(language: Language, text: &str) -> String {
    let tree = SyntaxTree::parse(language, text).unwrap();
    let mut found = format!("errors: {}\n\noutline\n{}", tree.error_count(), outline(language.name(), text));
    found.push_str("\nimports\n");
    for range in tree.imports(text) {
        writeln!(found, "{}: {}", line_of(text, range.start), text[range].trim_end()).unwrap();
    }
    found.push_str("\ntests\n");
    for range in tree.tests(text) {
        let first_line = text[range.clone()].lines().next().unwrap_or_default();
        writeln!(found, "{}-{}: {first_line}", line_of(text, range.start), line_of(text, range.end)).unwrap();
    }
    found.push_str("\nreferences");
    let mut line = 0;
    for reference in tree.references(text, 0..text.len()) {
        let its_line = line_of(text, reference.name_range.start);
        if its_line != line {
            write!(found, "\n{its_line}:").unwrap();
            line = its_line;
        }
        let mark = match reference.kind {
            ReferenceKind::Call => "()",
            ReferenceKind::Type => "<>",
            ReferenceKind::Value => "",
        };
        write!(found, " {}{mark}", &text[reference.name_range]).unwrap();
    }
    found.push('\n');
    found
}

macro_rules! sample {
    ($path:literal) => {
        (include_str!(concat!("../fixtures/", $path)), expect_file![concat!("../fixtures/", $path, ".expected")])
    };
}

#[rstest]
#[case("rust", sample!("rust/sample.rs"))]
#[case("python", sample!("python/sample.py"))]
#[case("javascript", sample!("javascript/sample.jsx"))]
#[case("typescript", sample!("typescript/sample.ts"))]
#[case("tsx", sample!("tsx/sample.tsx"))]
#[case("go", sample!("go/sample.go"))]
#[case("c", sample!("c/sample.c"))]
#[case("cpp", sample!("cpp/sample.cpp"))]
#[case("java", sample!("java/sample.java"))]
#[case("csharp", sample!("csharp/sample.cs"))]
#[case("ruby", sample!("ruby/sample.rb"))]
#[case("php", sample!("php/sample.php"))]
#[case("bash", sample!("bash/sample.sh"))]
#[case("lua", sample!("lua/sample.lua"))]
#[case("swift", sample!("swift/sample.swift"))]
#[case("json", sample!("json/sample.json"))]
#[case("yaml", sample!("yaml/sample.yaml"))]
#[case("toml", sample!("toml/sample.toml"))]
#[case("html", sample!("html/sample.html"))]
#[case("css", sample!("css/sample.css"))]
#[case("markdown", sample!("markdown/sample.md"))]
fn finds(#[case] id: &str, #[case] (text, expected): (&str, expect_test::ExpectFile)) {
    let language = Language::from_language_id(id).unwrap();
    expected.assert_eq(&found(language, text));
    assert_beginnings_are_sound(id, text);
    assert_edits_leave_no_trace(language, text);
    assert_a_look_around_is_enough(language, text);
    assert_all_outside_functions_is_found(language, text);
}

fn assert_all_outside_functions_is_found(language: Language, text: &str) {
    let tree = SyntaxTree::parse(language, text).unwrap();
    let mut expected = crate::definitions::symbols_and_assigned(&tree.tree, language, text, 0..usize::MAX);
    let functions: Vec<_> = expected.iter().filter(|symbol| symbol.kind.is_callable()).cloned().collect();
    expected.retain(|symbol| {
        let is_around = |outer: &Symbol| {
            outer != symbol
                && outer.item_range.start <= symbol.item_range.start
                && symbol.item_range.end <= outer.item_range.end
        };
        symbol.kind == SymbolKind::Assigned || !functions.iter().any(is_around)
    });
    let mut found = tree.symbols_outside_functions(text);
    found.retain(|symbol| {
        expected.contains(symbol) || !functions.iter().any(|outer| outer.item_range.contains(&symbol.item_range.start))
    });
    assert_eq!(found, expected);
    let without_bodies = crate::symbols_outside_functions(language, text).unwrap();
    assert_eq!(without_bodies.symbols, tree.symbols_outside_functions(text));
    for start in (0..text.len()).step_by(499) {
        let (symbols, imports) = tree.symbols_and_imports_around(text, start..start);
        let without_bodies = crate::symbols_and_imports_around(language, text, start..start).unwrap();
        assert_eq!((&without_bodies.symbols, &without_bodies.imports), (&symbols, &imports));
        assert_eq!(
            enclosing_symbol(&symbols, text, start..start),
            enclosing_symbol(&tree.symbols(text), text, start..start)
        );
        assert_eq!(imports, tree.imports(text));
    }
}

fn assert_beginnings_are_sound(id: &str, text: &str) {
    for end in (0..text.len()).step_by(41) {
        assert_sound(id, &text[..text.floor_char_boundary(end)]);
    }
}

/// Takes a piece out and puts it back, piece by piece: in the end everything is as it was.
fn assert_edits_leave_no_trace(language: Language, text: &str) {
    let fresh = SyntaxTree::parse(language, text).unwrap();
    let mut document = Document::new(text);
    let mut tree = fresh.clone();
    for start in (0..text.len()).step_by(97) {
        let (start, end) = (text.floor_char_boundary(start), text.floor_char_boundary(start + 60));
        for (range, new_text) in [(start..end, ""), (start..start, &text[start..end])] {
            let edit = document.edit(range, new_text);
            tree = tree.reparse(&document, &[edit]).unwrap();
        }
        assert_eq!(tree.error_count(), fresh.error_count(), "{start}");
        assert_eq!(tree.symbols(text), fresh.symbols(text), "{start}");
        assert_eq!(tree.references(text, 0..text.len()), fresh.references(text, 0..text.len()), "{start}");
    }
}

fn assert_a_look_around_is_enough(language: Language, text: &str) {
    let tree = SyntaxTree::parse(language, text).unwrap();
    let all = tree.symbols(text);
    for start in (0..text.len()).step_by(31) {
        let found = tree.enclosing_symbol(text, start..start);
        assert_eq!(found.as_ref(), enclosing_symbol(&all, text, start..start), "{start}");
        let window = text.floor_char_boundary(start)..text.floor_char_boundary(start + 200);
        let mut expected = tree.references(text, 0..text.len());
        expected.retain(|found| window.start <= found.name_range.start && found.name_range.end <= window.end);
        assert_eq!(tree.references(text, window), expected, "{start}");
    }
}

#[rstest]
#[case("javascript", sample!("javascript/broken.js"))]
#[case("typescript", sample!("typescript/broken.ts"))]
#[case("go", sample!("go/broken.go"))]
#[case("c", sample!("c/broken.c"))]
#[case("cpp", sample!("cpp/broken.cpp"))]
#[case("c", sample!("c/header.h"))]
#[case("cpp", sample!("cpp/header.hpp"))]
#[case("java", sample!("java/broken.java"))]
#[case("csharp", sample!("csharp/broken.cs"))]
#[case("ruby", sample!("ruby/broken.rb"))]
#[case("php", sample!("php/broken.php"))]
#[case("bash", sample!("bash/broken.sh"))]
#[case("lua", sample!("lua/broken.lua"))]
#[case("swift", sample!("swift/broken.swift"))]
fn finds_in_broken_code(#[case] language: &str, #[case] (text, expected): (&str, expect_test::ExpectFile)) {
    expected.assert_eq(&outline(language, text));
}
