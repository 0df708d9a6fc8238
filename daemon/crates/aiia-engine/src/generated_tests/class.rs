//! Test methods of a class: bare ones get the class that the file has around them, and a class joins that of its name.

use std::ops::Range;

use aiia_syntax::{Language, Symbol, SyntaxTree};

use super::lines::{dedented, indentation_at, indented, without};
use super::merge::NOTHING_NEW;

/// Bare test methods in the class that the file has, where it has one; nothing where the code is none.
pub(super) fn wrapped(text: &str, code: &str, language: Language) -> Option<String> {
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
pub(super) fn is_named(symbol: &Symbol) -> bool {
    symbol.kind.is_callable() || symbol.kind.is_type()
}

type Found<'a> = (&'a Symbol, &'a SyntaxTree, &'a str);

/// What the class of the code adds to that of the file, and where.
pub(super) fn joined(
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
