//! Which imports of a reply a file lacks, and where they go.

use std::collections::HashSet;
use std::ops::Range;

use aiia_syntax::{Language, Symbol, SymbolKind};

use super::block::{Block, remainder};
use super::deletion::speaks_of;
use super::view::FileView;
use super::whole_symbol::imports_unclear;
use super::{Change, go_imports};
use crate::complaint::Complaint;
use crate::lines::{Line, lines};
use crate::parse::Lead;
use crate::tolerance::Tolerance;

/// The imports outside any item, as ranges of whole lines. Items are in order and beside each other.
pub(super) fn top_level(imports: Vec<Range<usize>>, items: &[Range<usize>]) -> Vec<Range<usize>> {
    imports
        .into_iter()
        .filter(|import| {
            let before = items.partition_point(|item| item.start < import.end);
            before.checked_sub(1).is_none_or(|last| import.start >= items[last].end)
        })
        .collect()
}

/// Those of the module itself: what stands in `try` or `if` of Python belongs to that.
pub(super) fn of_module_itself(imports: Vec<Range<usize>>, text: &str, language: Language) -> Vec<Range<usize>> {
    let is_inside =
        |import: &Range<usize>| language.name() == "python" && text[import.clone()].starts_with([' ', '\t']);
    imports.into_iter().filter(|import| !is_inside(import)).collect()
}

/// The imports of a file outside of all items.
pub(super) fn of_file<'f>(file: &'f FileView) -> Vec<&'f str> {
    let ranges = file.tree().map_or_else(Vec::new, |tree| top_level(tree.imports(file.text), &top_items(file)));
    ranges.into_iter().map(|range| &file.text[range]).collect()
}

/// The changes that give `file` the names `statements` import and it does not; none if it has all. An import of a name that the file
/// has from elsewhere takes the place of that one. `others` is what else changes.
///
/// # Errors
/// An import of the file has such a name beside others.
pub(super) fn addition(statements: &[&str], others: &[Change], file: &FileView) -> Result<Vec<Change>, Complaint> {
    let Some(language) = file.language.map(Language::name) else { return Ok(Vec::new()) };
    let own = module_imports(file);
    if language == "go"
        && let Some(changes) = go_imports::addition(statements, &own, others, file)
    {
        return changes;
    }
    let mut changes = Vec::new();
    let mut rest = Vec::new();
    for statement in statements {
        match replaced(statement, &own, language, others, file)? {
            Some(range) => {
                let text = &file.text[range.clone()];
                let end = range.start + text.trim_end().len();
                let new_text =
                    lines(statement.trim_end()).iter().map(Line::right_trimmed).collect::<Vec<_>>().join(file.eol);
                changes.push(Change { range: range.start..end, new_text, tolerances: vec![Tolerance::ImportsAdded] });
            }
            None => rest.push(*statement),
        }
    }
    changes.extend(added(&rest, file));
    Ok(changes)
}

/// The import of the file that binds names of a statement to something else, which may then take its place.
///
/// # Errors
/// It binds others too, or code that does not change speaks of such a name.
fn replaced(
    statement: &str,
    own: &[Range<usize>],
    language: &str,
    others: &[Change],
    file: &FileView,
) -> Result<Option<Range<usize>>, Complaint> {
    let all: Vec<Binding> = own.iter().flat_map(|range| bindings(language, &file.text[range.clone()])).collect();
    let new: Vec<Binding> =
        bindings(language, statement).into_iter().filter(|binding| !all.contains(binding)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    let whole = bindings(language, statement);
    let clashes = |range: &&Range<usize>| {
        let bound = bindings(language, &file.text[(*range).clone()]);
        // Of a module, a longer list of names may come as one statement.
        bound
            .iter()
            .any(|own| whole.iter().any(|other| other.name == own.name) && !(is_apart(language) && whole.contains(own)))
    };
    let found: Vec<&Range<usize>> = own.iter().filter(clashes).collect();
    let covers = |range: &Range<usize>| {
        bindings(language, &file.text[range.clone()]).iter().all(|own| whole.iter().any(|other| other.name == own.name))
    };
    // A type that becomes a value stays what it is.
    let is_same = |own: &Binding| {
        let source = own.source.strip_prefix("type ").unwrap_or(&own.source);
        whole.iter().any(|other| other.name == own.name && other.source == source)
    };
    let is_in_use = |range: &Range<usize>| {
        let bound = bindings(language, &file.text[range.clone()]);
        let mut lost = bound.iter().filter(|own| !whole.contains(own) && !is_same(own)).peekable();
        let rest = if lost.peek().is_some() { unchanged(own, others, file) } else { String::new() };
        lost.any(|own| speaks_of(&own.name, &rest))
    };
    match &found[..] {
        [] => Ok(None),
        [one] if covers(one) && !is_in_use(one) => Ok(Some((*one).clone())),
        several => Err(imports_unclear(several.iter().map(|range| file.line_number(range.start)).collect(), file)),
    }
}

/// The text of a file outside of its imports and of what changes.
fn unchanged(own: &[Range<usize>], others: &[Change], file: &FileView) -> String {
    let mut gone: Vec<&Range<usize>> = own.iter().chain(others.iter().map(|change| &change.range)).collect();
    gone.sort_by_key(|range| (range.start, range.end));
    let mut text = String::with_capacity(file.text.len());
    let mut done = 0;
    for range in gone {
        text.push_str(file.text.get(done..range.start).unwrap_or_default());
        text.push(' ');
        done = done.max(range.end);
    }
    text + file.text.get(done..).unwrap_or_default()
}

/// Whether the names of one statement can be imported by several.
fn is_apart(language: &str) -> bool {
    matches!(language, "rust" | "python")
}

/// A name that an import brings, and what it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Binding {
    name: String,
    source: String,
}

/// The names that a statement binds; none where that is not known.
pub(super) fn bound_names(language: &str, statement: &str) -> impl Iterator<Item = String> {
    bindings(language, statement).into_iter().map(|binding| binding.name)
}

/// What a statement binds; nothing where that is not known.
fn bindings(language: &str, statement: &str) -> Vec<Binding> {
    let bind = |name: &str, source: String| Binding { name: name.trim().to_owned(), source };
    let is_name = |binding: &Binding| {
        !binding.name.is_empty()
            && binding.name != "_"
            && binding.name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
    };
    let found: Vec<Binding> = match language {
        "rust" | "python" => names(language, statement)
            .into_iter()
            .map(|full| {
                let last = full.rsplit([':', '.']).next().unwrap_or_default();
                let name = full.rsplit_once(" as ").map_or(last, |(_, alias)| alias);
                // `import a.b` binds `a`, as other imports of that package do.
                let name = if language == "python" && !full.contains([':', ' ']) { full.as_str() } else { name };
                bind(name, full.clone())
            })
            .collect(),
        "java" => {
            let path = statement.trim().trim_start_matches("import").trim().trim_end_matches(';').trim();
            let name = path.rsplit('.').next().unwrap_or_default();
            vec![bind(if path.starts_with("static ") { "" } else { name }, path.to_owned())]
        }
        "javascript" | "typescript" | "tsx" => of_module(statement),
        _ => Vec::new(),
    };
    found.into_iter().filter(is_name).collect()
}

/// `import a, { b, c as d } from "m"`, `import * as a from "m"`
fn of_module(statement: &str) -> Vec<Binding> {
    let Some(rest) = statement.trim().strip_prefix("import") else { return Vec::new() };
    let Some((list, module)) = rest.rsplit_once(" from ") else { return Vec::new() };
    let module = module.trim().trim_end_matches(';').trim_matches(['"', '\'']);
    let kind = if list.trim_start().starts_with("type ") { "type " } else { "" };
    let list = list.trim().strip_prefix("type ").unwrap_or(list);
    let parts = list.split(['{', '}', ',']).map(str::trim).filter(|part| !part.is_empty());
    let bind = |part: &str| {
        let name = part.rsplit_once(" as ").map_or(part, |(_, alias)| alias);
        let name = name.trim().trim_start_matches("type ");
        Binding { name: name.to_owned(), source: format!("{kind}{module}:{part}") }
    };
    parts.map(bind).collect()
}

/// The insertion of those of the statements' names that the file lacks.
fn added(statements: &[&str], file: &FileView) -> Option<Change> {
    let language = file.language?.name();
    let own = module_imports(file);
    let mut present: HashSet<String> =
        own.iter().flat_map(|range| names(language, &file.text[range.clone()])).collect();
    let mut added: Vec<String> = Vec::new();
    for statement in statements {
        let wanted = names(language, statement);
        let missing: Vec<&String> = wanted.iter().filter(|name| !present.contains(*name)).collect();
        if missing.is_empty() {
            continue;
        }
        let lines: Vec<String> = if missing.len() == wanted.len() {
            statement.lines().map(|line| line.trim_end().to_owned()).collect()
        } else {
            missing.iter().map(|name| statement_for(language, name)).collect()
        };
        added.extend(lines);
        present.extend(wanted);
    }
    if added.is_empty() {
        return None;
    }
    let (at, blank_after) = place(&own, file);
    let eol = file.eol;
    let mut new_text: String = added.iter().flat_map(|line| [line.as_str(), eol]).collect();
    if file.text[..at].len() > file.mark && !file.text[..at].ends_with(['\n', '\r']) {
        new_text.insert_str(0, eol);
        new_text.truncate(new_text.len() - eol.len());
    }
    if blank_after {
        new_text.push_str(eol);
    }
    Some(Change { range: at..at, new_text, tolerances: vec![Tolerance::ImportsAdded] })
}

/// The changes that code of nothing but imports makes: what the file lacks is added. Where it may be meant in place of imports of the
/// file, it is refused.
pub(super) fn of_block(text: &str, block: &Block, lead: Lead, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let Some((language, tree)) = file.language.map(Language::name).zip(file.tree()) else { return Ok(Vec::new()) };
    let items = top_items(file);
    let own = top_level(tree.imports(file.text), &items);
    let given = block.imports();
    let wanted: HashSet<String> = given.iter().flat_map(|statement| names(language, statement)).collect();
    let covered: Vec<&Range<usize>> = own.iter().collect();
    let is_all = items.is_empty() && remainder(file.text, &covered).is_empty();
    // Beside others of the same module an import may be a repetition that does not compile.
    let given_modules: HashSet<&str> = given.iter().flat_map(|statement| modules(statement)).collect();
    let own_texts = || own.iter().map(|range| &file.text[range.clone()]);
    let has_all_of_go = language == "go"
        && (go_imports::has_all(&given, own_texts()) || go_imports::is_part_of_list(text, &given, own_texts()));
    let may_replace = |statement: &str| {
        if has_all_of_go {
            return false;
        }
        let own_names = names(language, statement);
        if own_names.iter().all(|name| wanted.contains(name)) {
            return false;
        }
        is_all || !matches!(lead, Lead::Adds | Lead::Other) || modules(statement).any(|own| given_modules.contains(own))
    };
    let unclear: Vec<usize> = own
        .iter()
        .filter(|range| may_replace(&file.text[(*range).clone()]))
        .map(|range| file.line_number(range.start))
        .collect();
    if !unclear.is_empty() {
        return Err(imports_unclear(unclear, file));
    }
    addition(&given, &[], file)
}

/// Where the imports of a file outside of everything are.
fn module_imports(file: &FileView) -> Vec<Range<usize>> {
    let Some((language, tree)) = file.language.zip(file.tree()) else { return Vec::new() };
    of_module_itself(top_level(tree.imports(file.text), &top_items(file)), file.text, language)
}

/// Where imports of a file are added, and whether a blank line follows them there.
pub(super) fn end(file: &FileView) -> (usize, bool) {
    place(&module_imports(file), file)
}

/// The modules that a statement names in quotes.
fn modules(statement: &str) -> impl Iterator<Item = &str> {
    statement.split(['"', '\'']).skip(1).step_by(2)
}

/// After the last import before the first item, else below what a file begins with.
fn place(own: &[Range<usize>], file: &FileView) -> (usize, bool) {
    // A namespace without a body stands above the imports of PHP.
    let is_head_alone = |symbol: &&Symbol| symbol.kind == SymbolKind::Namespace && symbol.body_range.is_none();
    let outermost = file.symbols().iter().filter(|symbol| symbol.depth == 0);
    let first_item =
        outermost.skip_while(is_head_alone).map(|symbol| symbol.range.start).next().unwrap_or(file.text.len());
    if let Some(last) = own.iter().rfind(|import| import.start < first_item).or(own.last()) {
        return (last.end, false);
    }
    let mut in_string: Option<&str> = None;
    let language = file.language.map_or("", |language| language.name());
    let heads = file.lines.iter().take_while(|line| line.start < first_item.max(1));
    let head = heads.enumerate().filter(|(_, line)| is_head(line.trimmed(), language)).last();
    for line in &file.lines[head.map_or(0, |(at, _)| at + 1)..] {
        let text = line.trimmed();
        if let Some(quote) = in_string {
            if text.ends_with(quote) {
                in_string = None;
            }
            continue;
        }
        let is_comment = text.starts_with("//!")
            || text.starts_with("#!")
            || (file.language.is_some_and(|language| language.line_comment() == "#") && text.starts_with('#'))
            || text.is_empty();
        if let Some(quote) = ["\"\"\"", "'''"].into_iter().find(|quote| text.starts_with(quote)) {
            if text.len() < 6 || !text.ends_with(quote) {
                in_string = Some(quote);
            }
            continue;
        }
        if !is_comment {
            return (line.start, true);
        }
    }
    (file.text.len(), false)
}

/// Whether imports go below a line: what the file belongs to, and directives that count at its start alone.
pub(super) fn is_head(line: &str, language: &str) -> bool {
    match language {
        "java" | "go" => line.starts_with("package "),
        "php" => {
            line.starts_with("<?")
                || line.starts_with("declare(")
                || line.starts_with("namespace ") && line.ends_with(';')
        }
        "javascript" | "typescript" | "tsx" => line.starts_with("\"use ") || line.starts_with("'use "),
        _ => false,
    }
}

fn top_items(file: &FileView) -> Vec<Range<usize>> {
    file.symbols().iter().filter(|symbol| symbol.depth == 0).map(|symbol| symbol.range.clone()).collect()
}

/// The full names a statement imports. Text that is no import gives itself, so that it compares as text.
fn names(language: &str, statement: &str) -> Vec<String> {
    let is_include = matches!(language, "c" | "cpp");
    let code: Vec<&str> = statement
        .lines()
        // The first line of a file may have the byte order mark.
        .map(|line| line.split(" #").next().unwrap_or_default().trim_start_matches('\u{feff}').trim())
        .filter(|line| !line.is_empty() && (is_include || !line.starts_with('#')) && !line.starts_with("//"))
        .collect();
    let code = code.join(" ");
    let mut result = Vec::new();
    for part in code.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match language {
            "rust" => match part.split_once("use ") {
                Some((_, tree)) => expand_use("", tree, 0, &mut result),
                None => result.push(part.to_owned()),
            },
            "python" => expand_python(part, &mut result),
            _ => result.push(part.to_owned()),
        }
    }
    result
}

fn expand_use(prefix: &str, tree: &str, depth: usize, result: &mut Vec<String>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{').filter(|_| depth < 16) {
        let prefix = format!("{prefix}{}", &tree[..open]);
        let inner = tree[open + 1..].trim_end().trim_end_matches('}');
        // Cut at commas outside inner braces; the last brace was ours.
        let closed = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
        let inner = if closed.len() >= inner.len() { closed } else { inner };
        let (mut level, mut from) = (0_i32, 0);
        for (at, c) in inner.char_indices() {
            match c {
                '{' => level += 1,
                '}' => level -= 1,
                ',' if level == 0 => {
                    expand_use(&prefix, &inner[from..at], depth + 1, result);
                    from = at + 1;
                }
                _ => {}
            }
        }
        expand_use(&prefix, &inner[from..], depth + 1, result);
    } else if !tree.is_empty() {
        let path = format!("{prefix}{tree}");
        let path = path.strip_suffix("::self").unwrap_or(&path);
        result.push(path.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

fn expand_python(statement: &str, result: &mut Vec<String>) {
    let list = |names: &str| -> Vec<String> {
        names
            .trim_matches(|c: char| "()".contains(c) || c.is_whitespace())
            .split(',')
            .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|name| !name.is_empty() && name != "\\")
            .collect()
    };
    if let Some((module, names)) = statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
        result.extend(list(names).into_iter().map(|name| format!("{}:{name}", module.trim())));
    } else if let Some(names) = statement.strip_prefix("import ") {
        result.extend(list(names));
    } else {
        result.push(statement.to_owned());
    }
}

fn statement_for(language: &str, name: &str) -> String {
    match (language, name.split_once(':')) {
        ("rust", _) => format!("use {name};"),
        ("python", Some((module, name))) => format!("from {module} import {name}"),
        _ => format!("import {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("rust", "use a::b;", "a::b")]
    #[case("rust", "pub(crate) use a::{self, b::{c, D as E}, f::*};", "a,a::b::c,a::b::D as E,a::f::*")]
    #[case("rust", "#[cfg(test)]\nuse a::{\n    b,\n    c,\n};", "a::b,a::c")]
    #[case("python", "import a, b.c as d  # why", "a,b.c as d")]
    #[case("python", "from m import (\n    a,\n    b as c,\n)", "m:a,m:b as c")]
    #[case("c", "#include <stdio.h>", "#include <stdio.h>")]
    #[case("rust", "use {{{", "")]
    fn names_what_is_imported(#[case] language: &str, #[case] statement: &str, #[case] expected: &str) {
        assert_eq!(names(language, statement).join(","), expected);
    }
}
