//! Modules of JavaScript and TypeScript. A path that leads to no known file is known by its end.

use super::{DEFAULT, Import, Places, module_at};

/// The names that `import`, `export … from` and `require` bring into scope.
pub(super) fn imports(path: &str, places: Option<&Places>, text: &str) -> Vec<Import> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((statement, behind)) = up_to_string(rest) {
        let (before, target) = statement;
        rest = behind;
        let module = module_at(path, places, target);
        // What stands before the last statement's end is that statement's.
        let start = before.rfind([';', '\n']).filter(|_| !before.contains('{')).map_or(0, |at| at + 1);
        let names = before[start..].trim();
        let names = names.trim_start_matches("import").trim_start_matches("export").trim_start_matches("type ").trim();
        let names = names.trim_end_matches("from").trim();
        if let Some(names) = names.strip_suffix("require(").map(|names| names.trim().trim_end_matches('=').trim()) {
            let names =
                ["const", "let", "var"].iter().find_map(|word| names.strip_prefix(word)).unwrap_or(names).trim();
            clause(names, &module, &mut found, ':');
        } else {
            clause(names, &module, &mut found, ' ');
        }
    }
    found
}

/// What stands before the next string, the string, and what stands behind it.
fn up_to_string(text: &str) -> Option<((&str, &str), &str)> {
    let open = text.find(['\'', '"', '`'])?;
    let quote = text[open..].chars().next()?;
    let behind = &text[open + 1..];
    let close = behind.find(quote)?;
    Some(((&text[..open], &behind[..close]), &behind[close + 1..]))
}

/// `Default, { a, b as c }`, `* as name`, or nothing.
fn clause(names: &str, module: &[String], found: &mut Vec<Import>, rename: char) {
    let (plain, list) = match names.split_once('{') {
        Some((plain, list)) => (plain, list.split('}').next().unwrap_or_default()),
        None => (names, ""),
    };
    for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let item = item.trim_start_matches("type ");
        let (name, alias) = match rename {
            ':' => item.split_once(':').map_or((item, None), |(name, alias)| (name.trim(), Some(alias.trim()))),
            _ => item.split_once(" as ").map_or((item, None), |(name, alias)| (name.trim(), Some(alias.trim()))),
        };
        found.push(Import::one(name, alias, module.to_vec()));
    }
    for item in plain.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        if let Some(alias) = item.strip_prefix('*') {
            let (mut folder, alias) = (module.to_vec(), alias.trim().trim_start_matches("as ").trim());
            match folder.pop() {
                Some(name) if !alias.is_empty() => found.push(Import::one(&name, Some(alias), folder)),
                _ => found.push(Import::all_of(module.to_vec())),
            }
        } else {
            // What is exported by default has the name it is given here, more often than not.
            found.push(Import::one(item, None, module.to_vec()));
            found.push(Import::one(DEFAULT, Some(item), module.to_vec()));
        }
    }
}
