//! `use` trees of Rust.

use super::{Import, module_of};

/// Lists in lists are followed so deep.
const MAX_DEPTH: usize = 32;

/// The names that `use` declarations bring into scope.
pub(super) fn imports(path: &str, text: &str) -> Vec<Import> {
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
        rust_tree(statement[at + 4..].trim(), &[], &own, 0, &mut found);
    }
    found
}

fn rust_tree(tree: &str, before: &[String], own: &[String], depth: usize, found: &mut Vec<Import>) {
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
        Some(_) if depth >= MAX_DEPTH => {}
        Some(list) => {
            for item in top_level_items(list) {
                rust_tree(item.trim(), &module, own, depth + 1, found);
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
