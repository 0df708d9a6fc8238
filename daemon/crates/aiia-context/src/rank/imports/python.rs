//! Import statements of Python.

use super::Import;

/// The names that import statements bring into scope.
pub(super) fn imports(path: &str, text: &str) -> Vec<Import> {
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
