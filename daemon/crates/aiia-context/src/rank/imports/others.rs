//! Languages whose imports are one path a line.

use super::{Import, Places, known_module, module_at, parts_of_path};

/// The names that the import statements of a language bring into scope; nothing for a language without any.
pub(super) fn imports(language: &str, path: &str, places: Option<&Places>, text: &str) -> Vec<Import> {
    let lines = text.lines().map(str::trim);
    match language {
        "c" | "cpp" => lines.filter_map(|line| include(path, places, line)).collect(),
        "go" => lines.filter_map(|line| go(places, line)).collect(),
        "java" => lines.filter_map(|line| java(line.strip_prefix("import ")?)).collect(),
        "csharp" => {
            lines.filter_map(|line| using(line.trim_start_matches("global ").strip_prefix("using ")?)).collect()
        }
        "php" => lines.filter_map(|line| line.strip_prefix("use ")).flat_map(php).collect(),
        "ruby" => lines.filter_map(|line| ruby(path, line)).collect(),
        "lua" => lines.filter_map(lua).collect(),
        "bash" => lines.filter_map(|line| source(path, line)).collect(),
        _ => Vec::new(),
    }
}

fn split(path: &str, separator: &str) -> Vec<String> {
    path.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn quoted(line: &str) -> Option<&str> {
    let open = line.find(['"', '\''])?;
    let behind = &line[open + 1..];
    behind.split(&line[open..=open]).next()
}

fn include(path: &str, places: Option<&Places>, line: &str) -> Option<Import> {
    let rest = line.strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start();
    if let Some(target) = rest.strip_prefix('<') {
        return Some(Import::all_of(module_at(path, places, target.split('>').next()?)));
    }
    Some(Import::all_of(module_at(path, places, quoted(rest)?)))
}

/// `name "host/path/package"`, with or without `import` before it.
fn go(places: Option<&Places>, line: &str) -> Option<Import> {
    let target = quoted(line)?;
    let found = places.and_then(|places| places.find(target));
    let module = match &found {
        // Below the module's own folder there may be none, but packages have a name.
        Some(folder) if !folder.is_empty() => known_module(&format!("{folder}/package.go")),
        _ => split(target, "/"),
    };
    let before = line.split('"').next()?.trim().trim_start_matches("import").trim().trim_start_matches('(').trim();
    let (name, folder) = module.split_last()?;
    match before {
        "." => Some(Import::all_of(module.clone())),
        "" | "_" => Some(Import::one(name, None, folder.to_vec())),
        alias => Some(Import::one(name, Some(alias), folder.to_vec())),
    }
}

fn java(path: &str) -> Option<Import> {
    let path = path.trim_end_matches(';').trim();
    let mut parts = split(path.trim_start_matches("static ").trim(), ".");
    let name = parts.pop()?;
    Some(if name == "*" { Import::all_of(parts) } else { Import::one(&name, None, parts) })
}

fn using(path: &str) -> Option<Import> {
    let path = path.trim_end_matches(';').trim();
    let path = path.trim_start_matches("static ").trim();
    match path.split_once('=') {
        Some((alias, path)) => {
            let mut parts = split(path, ".");
            let name = parts.pop()?;
            Some(Import::one(&name, Some(alias.trim()), parts))
        }
        None => Some(Import::all_of(split(path, "."))),
    }
}

/// `A\\B\\C as D`, or `A\\B\\{C, D}`.
fn php(path: &str) -> Vec<Import> {
    let path = path.trim_end_matches(';').trim_start_matches("function ").trim_start_matches("const ").trim();
    let (before, items) = match path.split_once('{') {
        Some((before, items)) => (before, items.trim_end_matches('}').split(',').collect::<Vec<_>>()),
        None => ("", path.split(',').collect()),
    };
    let one = |item: &str| {
        let (path, alias) = item.split_once(" as ").map_or((item, None), |(path, alias)| (path, Some(alias.trim())));
        let mut parts = split(before, "\\");
        parts.extend(split(path, "\\"));
        let name = parts.pop()?;
        Some(Import::one(&name, alias, parts))
    };
    items.into_iter().filter_map(one).collect()
}

fn ruby(path: &str, line: &str) -> Option<Import> {
    let target = quoted(line.strip_prefix("require")?)?;
    let is_relative = line.starts_with("require_relative") && !target.starts_with('.');
    let target = if is_relative { format!("./{target}") } else { target.to_owned() };
    Some(Import::all_of(parts_of_path(path, &target)))
}

/// `local name = require("a.b")`
fn lua(line: &str) -> Option<Import> {
    let (before, call) = line.split_once("require")?;
    let mut parts = split(quoted(call)?, ".");
    let alias = before.trim().trim_start_matches("local ").trim().trim_end_matches('=').trim();
    let name = parts.pop()?;
    Some(Import::one(&name, (!alias.is_empty()).then_some(alias), parts))
}

fn source(path: &str, line: &str) -> Option<Import> {
    let target = line.strip_prefix("source ").or_else(|| line.strip_prefix(". "))?.trim().trim_matches(['"', '\'']);
    Some(Import::all_of(parts_of_path(path, target)))
}
