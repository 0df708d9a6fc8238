//! The names that the import statements of a file bring into scope, and the modules they come from.

use aiia_syntax::Language;

/// A name an import statement brings into scope.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Import {
    /// The name in this file; nothing for all names of a module.
    pub(crate) alias: Option<String>,
    /// Its name where it is defined.
    pub(crate) name: Option<String>,
    /// The parts of the module's path that name folders, files and modules: `["value", "ops"]`.
    pub(crate) module: Vec<String>,
}

/// The names that the import statements `text` bring into scope. `path` is that of the file, for relative imports.
pub(crate) fn imports(language: Language, path: &str, text: &str) -> Vec<Import> {
    match language.name() {
        "rust" => rust(path, text),
        "python" => python(path, text),
        _ => Vec::new(),
    }
}

/// The parts of the module that a file is: `src/value/mod.rs` is `value`.
pub(crate) fn module_of(path: &str) -> Vec<&str> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let mut parts: Vec<&str> = stem.split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib" | "main" | "__init__" | "index"))) {
        parts.pop();
    }
    if let Some(source) = parts.iter().position(|part| *part == "src") {
        // The folder before `src` names the package.
        parts.drain(..=source);
    }
    parts
}

/// How well a module of that path answers to an import: 1 for the module itself, less for one inside it (which it may hand on),
/// nothing for another.
pub(crate) fn module_match(module: &[&str], import: &[String]) -> f32 {
    if import.is_empty() {
        return if module.is_empty() { 1.0 } else { 0.5 };
    }
    // An import names the module in full or from somewhere inside: the package's own name may or may not be part of it.
    let is = |part: &&str, name: &String| *part == name;
    for skipped in 0..import.len() {
        let wanted = &import[skipped..];
        let certain = 1.0 - skipped as f32 * 0.1;
        if module.len() >= wanted.len() {
            let tail = &module[module.len() - wanted.len()..];
            if tail.iter().zip(wanted).all(|(part, name)| is(part, name)) {
                return certain;
            }
            // Inside it: handed on by the module above.
            if let Some(at) = module
                .windows(wanted.len())
                .position(|parts| parts.iter().zip(wanted).all(|(part, name)| is(part, name)))
            {
                let deeper = module.len() - at - wanted.len();
                return certain * (0.8_f32).powi(deeper as i32);
            }
        }
    }
    0.0
}

fn rust(path: &str, text: &str) -> Vec<Import> {
    let own: Vec<String> = module_of(path).into_iter().map(str::to_owned).collect();
    let mut found = Vec::new();
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join(" ");
    for statement in code.split(';') {
        let Some(at) = statement.find("use ") else { continue };
        rust_tree(statement[at + 4..].trim(), &[], &own, &mut found);
    }
    found
}

fn rust_tree(tree: &str, before: &[String], own: &[String], found: &mut Vec<Import>) {
    let (path, list) = match tree.find('{') {
        Some(open) => {
            (&tree[..open], Some(tree[open + 1..].rsplit_once('}').map_or(&tree[open + 1..], |(list, _)| list)))
        }
        None => (tree, None),
    };
    let (path, alias) = match path.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (path, None),
    };
    let mut module = before.to_vec();
    for part in path.split("::").map(str::trim).filter(|part| !part.is_empty()) {
        match part {
            "crate" => module.clear(),
            "self" if module.is_empty() && before.is_empty() => module = own.to_vec(),
            "super" => {
                if module.is_empty() && before.is_empty() {
                    module = own.to_vec();
                }
                module.pop();
            }
            _ => module.push(part.to_owned()),
        }
    }
    match list {
        Some(list) => {
            for item in top_level_items(list) {
                rust_tree(item.trim(), &module, own, found);
            }
        }
        None => match module.last().map(String::as_str) {
            Some("*") => {
                module.pop();
                found.push(Import { alias: None, name: None, module });
            }
            Some("self") => {
                module.pop();
                let name = module.pop();
                found.push(Import { alias: alias.or_else(|| name.clone()), name, module });
            }
            Some(_) => {
                let name = module.pop();
                found.push(Import { alias: alias.or_else(|| name.clone()), name, module });
            }
            None => {}
        },
    }
}

/// The items of a list, without cutting the lists inside it.
fn top_level_items(list: &str) -> Vec<&str> {
    let (mut items, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items.retain(|item| !item.trim().is_empty());
    items
}

fn python(path: &str, text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    let code: Vec<&str> = text.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
    let code = code.join("\n").replace("\\\n", " ");
    let mut rest = code.as_str();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let line_end = rest.find('\n').unwrap_or(rest.len());
        // A list in brackets goes on until they close.
        let end = match rest[..line_end].find('(') {
            Some(open) => rest[open..].find(')').map_or(rest.len(), |close| open + close + 1),
            None => line_end,
        };
        let statement = rest[..end].replace(['\n', '(', ')'], " ");
        rest = &rest[end..];
        for statement in statement.split(';') {
            python_statement(path, statement.trim(), &mut found);
        }
    }
    found
}

fn python_statement(path: &str, statement: &str, found: &mut Vec<Import>) {
    let named = |item: &str| match item.split_once(" as ") {
        Some((name, alias)) => (name.trim().to_owned(), Some(alias.trim().to_owned())),
        None => (item.trim().to_owned(), None),
    };
    if let Some(modules) = statement.strip_prefix("import ") {
        for item in modules.split(',') {
            let (module, alias) = named(item);
            let mut module: Vec<String> = module.split('.').map(str::to_owned).collect();
            let name = module.pop();
            found.push(Import { alias: alias.or_else(|| name.clone()), name, module });
        }
    } else if let Some((module, names)) = statement.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
        let module = module.trim();
        let inside = module.trim_start_matches('.');
        let dots = module.len() - inside.len();
        let mut parts: Vec<String> = Vec::new();
        if dots > 0 {
            let mut folder: Vec<&str> = path.split('/').collect();
            folder.truncate(folder.len().saturating_sub(dots));
            parts.extend(folder.into_iter().map(str::to_owned));
            if let Some(source) = parts.iter().position(|part| part == "src") {
                parts.drain(..=source);
            }
        }
        parts.extend(inside.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        for item in names.split(',').filter(|item| !item.trim().is_empty()) {
            let (name, alias) = named(item);
            if name == "*" {
                found.push(Import { alias: None, name: None, module: parts.clone() });
            } else {
                found.push(Import {
                    alias: Some(alias.unwrap_or_else(|| name.clone())),
                    name: Some(name),
                    module: parts.clone(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn shown(path: &str, text: &str) -> Vec<String> {
        imports(Language::from_path(path).unwrap(), path, text)
            .into_iter()
            .map(|import| {
                let (alias, name) = (import.alias.unwrap_or("*".into()), import.name.unwrap_or("*".into()));
                format!("{alias}={}:{name}", import.module.join("."))
            })
            .collect()
    }

    #[rstest]
    #[case("src/a/b.rs", "use crate::value::{ops, Value as V, argtypes::{self, X}};", &["ops=value:ops", "V=value:Value", "argtypes=value:argtypes", "X=value.argtypes:X"])]
    #[case("src/a/b.rs", "use super::c::*;\nuse self::d::E;", &["*=a.c:*", "E=a.b.d:E"])]
    #[case("src/a/mod.rs", "pub(crate) use super::T; // of the crate", &["T=:T"])]
    #[case("src/a.rs", "#[cfg(unix)]\nuse std::fmt;", &["fmt=std:fmt"])]
    #[case("p/a/b.py", "from . import x\nfrom ..c import (d as e,\n  f,  # g\n)\nimport os.path, h as i", &["x=p.a:x", "e=p.c:d", "f=p.c:f", "path=os:path", "i=:h"])]
    #[case("p/__init__.py", "from .q import *", &["*=p.q:*"])]
    #[case("p/a.py", "from p.b import \\\n  c", &["c=p.b:c"])]
    #[case("p/a.py", "from p.b import (c", &["c=p.b:c"])]
    fn reads_imports(#[case] path: &str, #[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(shown(path, text), expected);
    }

    #[rstest]
    #[case("src/value/mod.rs", &["value"])]
    #[case("crates/x/src/lib.rs", &[])]
    #[case("p/a/__init__.py", &["p", "a"])]
    fn names_modules(#[case] path: &str, #[case] expected: &[&str]) {
        assert_eq!(module_of(path), expected);
    }

    #[rstest]
    #[case("src/value/ops.rs", "value.ops", 1.0)]
    #[case("src/value/ops.rs", "value", 0.8)]
    #[case("src/value/ops.rs", "other", 0.0)]
    #[case("src/value/mod.rs", "my_crate.value", 0.9)]
    fn matches_modules(#[case] path: &str, #[case] import: &str, #[case] expected: f32) {
        let import: Vec<String> = import.split('.').map(str::to_owned).collect();
        assert!((module_match(&module_of(path), &import) - expected).abs() < 1e-6);
    }
}
