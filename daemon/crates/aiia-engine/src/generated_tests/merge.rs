//! Adds test code to a file that is there: what it imports goes to the imports, methods of a class that the file has into that class,
//! all else to the end.

use std::ops::Range;

use aiia_syntax::{Language, Symbol, SyntaxTree};

use super::groups;

/// Why code is not added of which the file has everything.
pub(super) const NOTHING_NEW: &str = "it adds no test.";

/// Whether code is nothing but imports.
pub(super) fn is_only_imports(code: &str, language: Language) -> bool {
    let Ok(tree) = SyntaxTree::parse(language, code) else { return false };
    let imports = statements(tree.imports(code), code);
    let mut left_out = headers(language, code);
    left_out.extend(imports.iter().cloned());
    !imports.is_empty() && without(code, left_out).trim().is_empty()
}

/// The text with the code added.
///
/// # Errors
/// Why not, for people and for the model.
pub(super) fn added(text: &str, code: &str, language: Language) -> Result<String, String> {
    let parse = |text: &str| SyntaxTree::parse(language, text).map_err(|error| format!("it cannot be read: {error}."));
    let wrapped = in_class(text, code, language);
    let code = wrapped.as_deref().unwrap_or(code);
    let (own, new) = (parse(text)?, parse(code)?);
    // What is named and in nothing that is named: a namespace around it does not count.
    let tops = |tree: &SyntaxTree, text: &str| -> Vec<Symbol> {
        let mut end = 0;
        let named = tree.symbols(text).into_iter().filter(is_named);
        named
            .filter(|symbol| {
                let is_outermost = symbol.item_range.start >= end;
                end = end.max(symbol.item_range.end);
                is_outermost
            })
            .collect()
    };
    let (own_tops, new_tops) = (tops(&own, text), tops(&new, code));
    let own_imports = statements(own.imports(text), text);
    let new_imports = statements(new.imports(code), code);
    let missing = missing_imports(language, &own_imports, text, &new_imports, code);

    let mut left_out: Vec<Range<usize>> = new_imports;
    left_out.extend(headers(language, code));
    let main = if language.name() == "python" { main_block(text) } else { None };
    if main.is_some() {
        left_out.extend(main_block(code));
    }
    let mut inserted: Vec<(usize, String)> = Vec::new();
    for symbol in &new_tops {
        let Some(same) = own_tops.iter().find(|other| other.name == symbol.name && other.kind == symbol.kind) else {
            continue;
        };
        if code[symbol.item_range.clone()].trim() == text[same.item_range.clone()].trim() {
            left_out.push(symbol.range.clone());
        } else if symbol.kind.is_type() && symbol.body_range.is_some() {
            inserted.push(into_class((symbol, &new, code), (same, &own, text), language)?);
            left_out.push(symbol.range.clone());
        } else {
            return Err(format!("it defines `{}`, which the file has already. Another name is needed.", symbol.name));
        }
    }
    let (grouped, rest) = groups::joined(text, &without(code, left_out), language)?;
    inserted.extend(grouped);
    // Empty namespaces, and what the file ends with already.
    let says =
        rest.lines().filter(|line| !line.starts_with("namespace ")).any(|line| line.contains(char::is_alphanumeric));
    let rest = if says && !text.contains(rest.trim()) { rest } else { String::new() };
    let gap = if language.name() == "python" { 3 } else { 2 };
    if !rest.trim().is_empty()
        && let Some(main) = &main
    {
        // What ends the program comes last: nothing behind it would be run.
        inserted.push((main.start, format!("{}\n\n\n", rest.trim_matches('\n').trim_end())));
    } else if !rest.trim().is_empty() {
        let breaks = gap - if text.is_empty() { gap } else { usize::from(text.ends_with('\n')) };
        inserted.push((text.len(), format!("{}{}\n", "\n".repeat(breaks), rest.trim_matches('\n').trim_end())));
    }
    if inserted.is_empty() && (missing.is_empty() || !is_only_imports(code, language)) {
        return Err(NOTHING_NEW.to_owned());
    }
    if !missing.is_empty() {
        let lines = missing.join("\n") + "\n";
        inserted.push(import_place(language, &own_imports, text, lines));
    }
    // Of several at one place the first comes first.
    inserted.sort_by_key(|(at, _)| *at);
    let mut result = text.to_owned();
    for (at, addition) in inserted.into_iter().rev() {
        result.insert_str(at, &addition);
    }
    Ok(result)
}

/// The last statement of a file of Python, where it is what runs when the file is the program.
fn main_block(text: &str) -> Option<Range<usize>> {
    let start = text.rfind("\nif __name__").map_or(0, |at| at + 1);
    let block = text[start..].strip_prefix("if __name__")?;
    let belongs = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t', '#']);
    block.lines().skip(1).all(belongs).then_some(start..text.len())
}

/// Bare test methods in the class that the file has, where it has one; nothing where the code is none.
fn in_class(text: &str, code: &str, language: Language) -> Option<String> {
    if language.name() == "python" {
        return in_python_class(text, code);
    }
    let is_php = language.name() == "php";
    if !is_php && !matches!(language.name(), "java" | "csharp") {
        return None;
    }
    let types = |text: &str| -> Option<Vec<Symbol>> {
        let mut found = SyntaxTree::parse(language, text).ok()?.symbols(text);
        found.retain(|symbol| symbol.kind.is_type());
        Some(found)
    };
    let depth = types(text)?.iter().map(|symbol| symbol.depth).min()?;
    let own: Vec<Symbol> = types(text)?.into_iter().filter(|symbol| symbol.depth == depth).collect();
    let ([class], []) = (own.as_slice(), types(code)?.as_slice()) else { return None };
    let is_import = |line: &&str| {
        let starts = ["import ", "using ", "use "].iter().any(|start| line.starts_with(start));
        starts && line.trim_end().ends_with(';')
    };
    let is_header = |line: &&str| ["package ", "namespace ", "<?php", "?>"].iter().any(|start| line.starts_with(start));
    let (imports, rest): (Vec<&str>, Vec<&str>) = code.lines().filter(|line| !is_header(line)).partition(is_import);
    let wrap = |start: &str, body: &str, end: &str| {
        let php = if is_php { "<?php\n" } else { "" };
        format!("{php}{}\n{start}\n{body}\n{end}\n", imports.join("\n"))
    };
    let (rest, start) = (rest.join("\n"), format!("class {} {{", class.name));
    let errors = |code: &str| SyntaxTree::parse(language, code).ok().map(|tree| tree.error_count());
    // A function of its own is one; only with `public` before it is it none.
    if is_php && errors(&wrap("", &rest, ""))? == 0 {
        return None;
    }
    let wrapped = wrap(&start, &rest, "}");
    let tree = SyntaxTree::parse(language, &wrapped).ok()?;
    let has_method = tree.symbols(&wrapped).iter().any(|symbol| symbol.kind.is_callable());
    (tree.error_count() == 0 && has_method).then_some(wrapped)
}

/// Methods of Python in the only class of the file, or the last one that holds tests.
fn in_python_class(text: &str, code: &str) -> Option<String> {
    let language = Language::from_language_id("python")?;
    let tops = |text: &str| -> Option<Vec<Symbol>> {
        let mut symbols = SyntaxTree::parse(language, text).ok()?.symbols(text);
        symbols.retain(|symbol| symbol.depth == 0);
        Some(symbols)
    };
    let imports = |line: &&str| line.starts_with("import ") || line.starts_with("from ");
    let (above, rest): (Vec<&str>, Vec<&str>) = code.lines().partition(imports);
    let rest = dedented(&rest.join("\n"));
    let methods = tops(&rest)?;
    let is_method = |symbol: &Symbol| {
        let head = &rest[symbol.name_range.end..];
        let first = head.trim_start().strip_prefix('(').map(str::trim_start);
        symbol.kind.is_callable() && first.is_some_and(|first| first.starts_with("self"))
    };
    if methods.is_empty() || !methods.iter().all(is_method) {
        return None;
    }
    let mut classes = tops(text)?.into_iter().rev().filter(|symbol| symbol.kind.is_type());
    let class = classes.find(|class| text[class.item_range.clone()].contains("def test"))?;
    Some(format!("{}\nclass {}:\n{}", above.join("\n"), class.name, indented(&rest, "    ")))
}

/// Whether two of one name would be one too many.
fn is_named(symbol: &Symbol) -> bool {
    symbol.kind.is_callable() || symbol.kind.is_type()
}

/// Import statements at the left border, as ranges of whole lines.
fn statements(imports: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for import in imports {
        let start = text[..import.start].rfind('\n').map_or(0, |at| at + 1);
        let last = import.end.saturating_sub(1).max(import.start);
        let end = text[last..].find('\n').map_or(text.len(), |at| last + at + 1);
        let is_outermost = !text[start..].starts_with([' ', '\t']);
        match found.last_mut() {
            Some(before) if start < before.end => before.end = before.end.max(end),
            _ if is_outermost => found.push(start..end),
            _ => {}
        }
    }
    found
}

/// Lines that a file has once, at its beginning.
fn headers(language: Language, code: &str) -> Vec<Range<usize>> {
    let starts: &[&str] = match language.name() {
        "go" | "java" => &["package "],
        "php" => &["<?php", "namespace ", "declare("],
        "csharp" => &["namespace "],
        "bash" => &["#!"],
        "javascript" | "typescript" | "tsx" => &["\"use strict\"", "'use strict'"],
        _ => &[],
    };
    let mut at = 0;
    let mut found = Vec::new();
    for line in code.split_inclusive('\n') {
        let is_block = line.starts_with("namespace ") && !line.trim_end().ends_with(';');
        if starts.iter().any(|start| line.starts_with(start)) && !is_block {
            found.push(at..at + line.len());
        }
        at += line.len();
    }
    found
}

/// The import statements of the code that the file lacks, or what it lacks of them.
fn missing_imports(
    language: Language,
    own: &[Range<usize>],
    text: &str,
    new: &[Range<usize>],
    code: &str,
) -> Vec<String> {
    let present: Vec<String> =
        own.iter().flat_map(|range| parts(language, &text[range.clone()])).map(|(part, _)| part).collect();
    let mut missing = Vec::new();
    for range in new {
        let statement = &code[range.clone()];
        let wanted = parts(language, statement);
        let lacking: Vec<&(String, String)> = wanted.iter().filter(|(part, _)| !present.contains(part)).collect();
        if lacking.len() == wanted.len() {
            missing.push(statement.trim_end().to_owned());
        } else {
            missing.extend(lacking.into_iter().map(|(_, alone)| alone.clone()));
        }
    }
    missing
}

/// What a statement imports, in a form to compare, each with a statement that imports it alone.
fn parts(language: Language, statement: &str) -> Vec<(String, String)> {
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = line.trim_end_matches(';').trim();
    let whole = || vec![(bare.replace('\'', "\""), statement.trim_end().to_owned())];
    let names = |list: &str| -> Vec<String> {
        list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
    };
    match language.name() {
        "go" => {
            let inner = bare.strip_prefix("import").unwrap_or(bare).trim().trim_matches(['(', ')']).trim();
            let specs = statement.lines().map(str::trim).filter(|line| line.ends_with('"'));
            let specs: Vec<&str> = specs.map(|line| line.strip_prefix("import ").unwrap_or(line)).collect();
            let specs = if specs.is_empty() { vec![inner] } else { specs };
            specs.iter().map(|spec| ((*spec).to_owned(), format!("import {spec}"))).collect()
        }
        "rust" => match bare.strip_suffix('}').and_then(|bare| bare.split_once("::{")) {
            Some((path, list)) if !list.contains('{') => names(list)
                .into_iter()
                .map(|name| match name.as_str() {
                    "self" => (path.to_owned(), format!("{path};")),
                    _ => (format!("{path}::{name}"), format!("{path}::{name};")),
                })
                .collect(),
            _ => vec![(bare.to_owned(), statement.trim_end().to_owned())],
        },
        "python" => match bare.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
            Some((module, list)) => names(list.trim_matches(['(', ')', ' ']))
                .into_iter()
                .map(|name| (format!("{module}:{name}"), format!("from {module} import {name}")))
                .collect(),
            None => names(bare.strip_prefix("import ").unwrap_or(bare))
                .into_iter()
                .map(|name| (name.clone(), format!("import {name}")))
                .collect(),
        },
        "javascript" | "typescript" | "tsx" => {
            // import { a, b } from "m"; const { a, b } = require("m")
            let Some((front, list, back)) = bare
                .split_once('{')
                .and_then(|(front, rest)| rest.split_once('}').map(|(list, back)| (front, list, back)))
            else {
                return whole();
            };
            if !front.trim_end().ends_with(['t', 'e']) {
                return whole();
            }
            let module = back.replace('\'', "\"").replace(' ', "");
            let end = if line.ends_with(';') { ";" } else { "" };
            let alone = |name: &str| format!("{}{{ {name} }}{}{end}", front, back.trim_end());
            names(list).into_iter().map(|name| (format!("{module}:{name}"), alone(&name))).collect()
        }
        _ => whole(),
    }
}

/// Where imports are added, and their lines: behind those that are there, else behind what the file begins with.
fn import_place(language: Language, own: &[Range<usize>], text: &str, lines: String) -> (usize, String) {
    if let Some(last) = own.last() {
        let lines = if text[..last.end].ends_with('\n') { lines } else { format!("\n{}", lines.trim_end()) };
        return (last.end, lines);
    }
    let header = headers(language, text).last().map_or(0, |range| range.end);
    let at =
        if header == 0 && text.starts_with('#') { text.find('\n').map_or(text.len(), |at| at + 1) } else { header };
    let above = if at > 0 { "\n" } else { "" };
    let below = if text[at..].starts_with('\n') { "" } else { "\n" };
    (at, format!("{above}{lines}{below}"))
}

type Found<'a> = (&'a Symbol, &'a SyntaxTree, &'a str);

/// What the class of the code adds to that of the file, and where.
fn into_class(
    (given, given_tree, code): Found,
    (own, own_tree, text): Found,
    language: Language,
) -> Result<(usize, String), String> {
    let members = |tree: &SyntaxTree, text: &str, outer: &Symbol| -> Vec<Symbol> {
        let inside = |symbol: &Symbol| {
            symbol.depth == outer.depth + 1
                && outer.item_range.start <= symbol.range.start
                && symbol.item_range.end <= outer.item_range.end
        };
        tree.symbols(text).into_iter().filter(|symbol| inside(symbol)).collect()
    };
    let (theirs, ours) = (members(given_tree, code, given), members(own_tree, text, own));
    let mut left_out = Vec::new();
    for member in theirs.iter().filter(|member| is_named(member)) {
        let same = ours.iter().find(|other| other.name == member.name && other.kind == member.kind);
        let Some(same) = same else { continue };
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words(&code[member.item_range.clone()]) != words(&text[same.item_range.clone()]) {
            return Err(format!(
                "its class `{}` defines `{}`, which the file has already. Another name is needed.",
                given.name, member.name
            ));
        }
        left_out.push(member.range.clone());
    }
    let body = given.body_range.clone().unwrap_or(given.item_range.end..given.item_range.end);
    let (start, end) = inner(code, body, given, language);
    let left_out = left_out.into_iter().filter(|range| start <= range.start && range.end <= end);
    let kept = without(&code[start..end], left_out.map(|range| range.start - start..range.end - start).collect());
    if kept.trim().is_empty() {
        return Err(NOTHING_NEW.to_owned());
    }
    let depth = ours.first().map_or_else(
        || {
            let deeper = if language.name() == "ruby" { "  " } else { "    " };
            format!("{}{deeper}", indentation_at(text, own.item_range.start))
        },
        |member| indentation_at(text, member.item_range.start).to_owned(),
    );
    let block = indented(&kept, &depth);
    let last = own.item_range.end;
    if language.name() == "python" {
        let at = text[..last].trim_end().len();
        return Ok((at, format!("\n\n{}", block.trim_end())));
    }
    let closing = if text[..last].ends_with('}') { last - 1 } else { text[..last].rfind("end").unwrap_or(last) };
    let line = text[..closing].rfind('\n').map_or(closing, |at| at + 1);
    let at = if text[line..closing].trim().is_empty() { line } else { closing };
    let head = text[own.item_range.start..at.max(own.item_range.start)].trim_end();
    let gap = if head.ends_with('{') || !head.contains('\n') { "" } else { "\n" };
    Ok((at, format!("{gap}{block}")))
}

/// The bytes between the head of a class and its end.
fn inner(code: &str, body: Range<usize>, class: &Symbol, language: Language) -> (usize, usize) {
    let text = &code[body.clone()];
    if text.starts_with('{') && text.ends_with('}') {
        return (body.start + 1, body.end - 1);
    }
    let start = code[..body.start].rfind('\n').map_or(body.start, |at| at + 1).max(class.item_range.start);
    let start = if code[start..body.start].trim().is_empty() { start } else { body.start };
    let end = if language.name() == "ruby" && text.trim_end().ends_with("end") && body.end == class.item_range.end {
        body.start + text.rfind("end").unwrap_or(text.len())
    } else {
        body.end
    };
    (start, end)
}

pub(super) fn indentation_at(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
    let rest = &text[line..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

/// The lines, moved so that the leftmost stands at `indent`.
pub(super) fn indented(code: &str, indent: &str) -> String {
    let code = dedented(code);
    let lines: Vec<String> = code
        .trim_matches('\n')
        .lines()
        .map(|line| if line.trim().is_empty() { String::new() } else { format!("{indent}{line}") })
        .collect();
    lines.join("\n") + "\n"
}

/// The lines, moved to the left border.
pub(super) fn dedented(code: &str) -> String {
    let full = || code.lines().filter(|line| !line.trim().is_empty());
    let depth = full().map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0);
    let lines: Vec<&str> = code.lines().map(|line| line.get(depth..).unwrap_or("")).collect();
    format!("{}\n", lines.join("\n").trim_matches('\n'))
}

/// The text without some ranges and the blank lines that they leave behind.
pub(super) fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| range.start);
    let mut result = String::new();
    let mut at = 0;
    for range in ranges {
        result.push_str(&text[at.min(range.start)..range.start]);
        at = at.max(range.end);
        if result.is_empty() || result.ends_with("\n\n") {
            at += text[at..].len() - text[at..].trim_start_matches('\n').len();
        }
    }
    result.push_str(&text[at.min(text.len())..]);
    result
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "a.py",
        "from a import b\n\n\ndef test_b():\n    b()\n",
        "import pytest\nfrom a import b, c\n\ndef test_c():\n    c()\n",
        "from a import b\nimport pytest\nfrom a import c\n\n\ndef test_b():\n    b()\n\n\ndef test_c():\n    c()\n"
    )]
    #[case(
        "a.py",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_b(self):\n        f()\n",
        "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "a.py",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "import unittest\n\n\nclass TestB(unittest.TestCase):\n    def test_b(self):\n        f()\n\n\nif __name__ == '__main__':\n    unittest.main()\n",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nclass TestB(unittest.TestCase):\n    def test_b(self):\n        f()\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "a.py",
        "if __name__ == \"__main__\":\n    run()\n\n\ndef test_a():\n    pass\n",
        "def test_b():\n    pass\n",
        "if __name__ == \"__main__\":\n    run()\n\n\ndef test_a():\n    pass\n\n\ndef test_b():\n    pass\n"
    )]
    #[case(
        "a.test.ts",
        "import { describe, expect, it } from 'vitest'\nimport { one } from './a'\n\ndescribe('one', () => {})\n",
        "import { describe, it, expect } from \"vitest\";\nimport { one, two } from './a'\n\ndescribe('two', () => {})\n",
        "import { describe, expect, it } from 'vitest'\nimport { one } from './a'\nimport { two } from './a'\n\ndescribe('one', () => {})\n\ndescribe('two', () => {})\n"
    )]
    #[case(
        "a.test.js",
        "const test = require('node:test');\nconst { one } = require('./a');\n\ntest('one', () => {});\n",
        "const test = require('node:test');\nconst { one, two } = require('./a');\n\ntest('two', () => {});\n",
        "const test = require('node:test');\nconst { one } = require('./a');\nconst { two } = require('./a');\n\ntest('one', () => {});\n\ntest('two', () => {});\n"
    )]
    #[case(
        "a_test.go",
        "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {\n}\n",
        "package a\n\nimport (\n\t\"errors\"\n\t\"testing\"\n)\n\nfunc TestB(t *testing.T) {\n\tb(errors.New(\"x\"))\n}\n",
        "package a\n\nimport \"testing\"\nimport \"errors\"\n\nfunc TestA(t *testing.T) {\n}\n\nfunc TestB(t *testing.T) {\n\tb(errors.New(\"x\"))\n}\n"
    )]
    #[case(
        "ATest.java",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n\nclass ATest {\n  @Test\n  void two() {\n    f();\n  }\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n\n    @Test\n    void two() {\n      f();\n    }\n}\n"
    )]
    #[case(
        "a_test.rb",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_one\n    one\n  end\nend\n",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_two\n    two\n  end\nend\n",
        "require \"test_helper\"\n\nclass ATest < Minitest::Test\n  def test_one\n    one\n  end\n\n  def test_two\n    two\n  end\nend\n"
    )]
    #[case(
        "a_spec.rb",
        "require \"spec_helper\"\n\nRSpec.describe \"one\" do\nend\n",
        "require \"spec_helper\"\n\nRSpec.describe \"two\" do\nend\n",
        "require \"spec_helper\"\n\nRSpec.describe \"one\" do\nend\n\nRSpec.describe \"two\" do\nend\n"
    )]
    #[case(
        "ATests.cs",
        "using Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n}\n",
        "using System;\nusing Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void Two()\n    {\n    }\n}\n",
        "using Xunit;\nusing System;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n\n    [Fact]\n    public void Two()\n    {\n    }\n}\n"
    )]
    #[case(
        "ATest.java",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n}\n",
        "@Test\nvoid two() {\n    f();\n}\n",
        "package a;\n\nimport org.junit.jupiter.api.Test;\n\nclass ATest {\n    @Test\n    void one() {\n    }\n\n    @Test\n    void two() {\n        f();\n    }\n}\n"
    )]
    #[case(
        "ATests.cs",
        "using Xunit;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n}\n",
        "using System;\n\n[Fact]\npublic void Two()\n{\n}\n",
        "using Xunit;\nusing System;\n\nnamespace A.Tests;\n\npublic class ATests\n{\n    [Fact]\n    public void One()\n    {\n    }\n\n    [Fact]\n    public void Two()\n    {\n    }\n}\n"
    )]
    #[case(
        "ATest.php",
        "<?php\n\nuse PHPUnit\\Framework\\TestCase;\n\nfinal class ATest extends TestCase\n{\n    public function testOne(): void\n    {\n    }\n}\n",
        "public function testTwo(): void\n{\n    two();\n}\n",
        "<?php\n\nuse PHPUnit\\Framework\\TestCase;\n\nfinal class ATest extends TestCase\n{\n    public function testOne(): void\n    {\n    }\n\n    public function testTwo(): void\n    {\n        two();\n    }\n}\n"
    )]
    #[case(
        "test_a.py",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n",
        "    def test_b(self):\n        f()\n",
        "import unittest\n\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\n\nif __name__ == \"__main__\":\n    unittest.main()\n"
    )]
    #[case(
        "test_a.py",
        "class TestA:\n    def test_a(self):\n        pass\n",
        "import sys\n\ndef test_b(self):\n    f()\n\ndef test_c(self):\n    g()\n",
        "import sys\n\nclass TestA:\n    def test_a(self):\n        pass\n\n    def test_b(self):\n        f()\n\n    def test_c(self):\n        g()\n"
    )]
    #[case(
        "a.test.ts",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n});\n",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n\n  it(\"adds two\", () => {\n    two();\n  });\n});\n",
        "describe(\"add\", () => {\n  it(\"adds\", () => {\n    one();\n  });\n\n  it(\"adds two\", () => {\n    two();\n  });\n});\n"
    )]
    #[case(
        "a.test.js",
        "describe('add', () => {\n    it('adds', () => {\n        one();\n    });\n});\n",
        "it('adds two', () => {\n  two();\n});\n\nit('adds three', () => {\n  three();\n});\n",
        "describe('add', () => {\n    it('adds', () => {\n        one();\n    });\n\n    it('adds two', () => {\n      two();\n    });\n\n    it('adds three', () => {\n      three();\n    });\n});\n"
    )]
    #[case(
        "a_spec.rb",
        "RSpec.describe Calc do\n  it 'adds' do\n    one\n  end\nend\n",
        "RSpec.describe Calc do\n  it 'adds two' do\n    two\n  end\nend\n",
        "RSpec.describe Calc do\n  it 'adds' do\n    one\n  end\n\n  it 'adds two' do\n    two\n  end\nend\n"
    )]
    fn code_joins_what_is_there(#[case] name: &str, #[case] text: &str, #[case] code: &str, #[case] expected: &str) {
        let language = Language::from_path(name).unwrap();
        assert_eq!(added(text, code, language).unwrap(), expected);
        // What is there already adds nothing, or is refused.
        assert!(
            added(expected, code, language).is_err() || !matches!(language.name(), "python" | "go" | "java" | "csharp")
        );
    }

    #[rstest]
    #[case(
        "a.test.js",
        "describe('a', () => {\n  it('b', () => {\n    one();\n  });\n});\n",
        "describe('a', () => {\n  it('b', () => {\n    two();\n  });\n});\n",
        "`it('b'"
    )]
    #[case("a.py", "def test_a():\n    one()\n", "def test_a():\n    two()\n", "`test_a`")]
    #[case("a_test.go", "package a\n\nfunc TestA() {\n}\n", "package a\n\nfunc TestA() {\n\tx()\n}\n", "`TestA`")]
    #[case(
        "ATest.java",
        "class ATest {\n  void a() {\n  }\n}\n",
        "class ATest {\n  void a() {\n    x();\n  }\n}\n",
        "`a`"
    )]
    fn a_name_that_is_taken_is_refused(#[case] name: &str, #[case] text: &str, #[case] code: &str, #[case] word: &str) {
        let complaint = added(text, code, Language::from_path(name).unwrap()).unwrap_err();
        assert!(complaint.contains(word), "{complaint}");
    }
}
