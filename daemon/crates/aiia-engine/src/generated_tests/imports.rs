//! The imports of test code: those that a file has, those that it lacks, and where they go.

use std::ops::Range;

use aiia_syntax::{Language, SyntaxTree};

use super::lines::without;

/// Whether code is nothing but imports.
pub(super) fn are_all(code: &str, language: Language) -> bool {
    let Ok(tree) = SyntaxTree::parse(language, code) else { return false };
    let imports = statements(tree.imports(code), code);
    let mut left_out = headers(language, code);
    left_out.extend(imports.iter().cloned());
    !imports.is_empty() && without(code, left_out).trim().is_empty()
}

/// Import statements at the left border, as ranges of whole lines.
pub(super) fn statements(imports: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
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
pub(super) fn headers(language: Language, code: &str) -> Vec<Range<usize>> {
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
pub(super) fn missing(
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
pub(super) fn place(language: Language, own: &[Range<usize>], text: &str, lines: String) -> (usize, String) {
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
