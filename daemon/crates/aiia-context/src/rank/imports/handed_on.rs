//! Names that a module hands on, or exports under another name than they are defined by: `from .impl import area as surface` in
//! `__init__.py`, `export default area`.

use super::{DEFAULT, Import, Places, imports, module_match, module_of};
use crate::workspace::{Workspace, identifiers, name_id};
use aiia_syntax::Language;

/// So many files are read to follow what is handed on.
const MAX_FILES: usize = 8;
/// From one module to the next it is followed so often.
const MAX_ROUNDS: usize = 3;
/// A file is the module that an import names, and not one inside it.
const IS_MODULE: f32 = 0.85;
/// The name of what has none and is all that a module of Node exports.
const EXPORTS: &str = "exports";
/// A name of more definitions than this counts as known.
const MAX_NAMED: usize = 200;

/// What the imports mean whose names their modules do not define, as further imports under the same alias. Only those that are
/// `wanted` are followed. `free` are names that neither an import nor any definition explains: modules imported as a whole may hand
/// them on.
pub(crate) fn handed_on(
    found: &[Import],
    workspace: &Workspace,
    wanted: impl Fn(&Import) -> bool,
    free: &[&str],
) -> Vec<Import> {
    let has_module = |import: &Import| !import.module.is_empty();
    let is_open = |import: &Import| has_module(import) && is_unknown(import, workspace);
    let mut open: Vec<Import> =
        found.iter().filter(|import| has_module(import) && wanted(import) && is_open(import)).cloned().collect();
    for import in found.iter().filter(|import| import.name.is_none() && has_module(import)) {
        open.extend(free.iter().map(|name| Import::one(name, None, import.module.clone())));
    }
    let (mut meant, mut read): (Vec<Import>, usize) = (Vec::new(), 0);
    for _ in 0..MAX_ROUNDS {
        let asked = std::mem::take(&mut open);
        if asked.is_empty() {
            break;
        }
        for (_, entry) in workspace.index.files() {
            let last = last_part(entry.path);
            let is_named = |import: &&Import| import.module.last().is_some_and(|part| part == last);
            if read >= MAX_FILES || !asked.iter().any(|import| is_named(&import)) {
                continue;
            }
            let module = module_of(entry.path);
            let is_of = |import: &&Import| is_named(import) && module_match(&module, &import.module) >= IS_MODULE;
            let of_module: Vec<&Import> = asked.iter().filter(is_of).collect();
            if of_module.is_empty() {
                continue;
            }
            read += 1;
            for next in exports_of(entry.path, workspace, &of_module) {
                if is_open(&next) {
                    open.push(next.clone());
                }
                // It may also be a module.
                if !meant.contains(&next) {
                    meant.push(next);
                }
            }
        }
    }
    meant
}

/// Whether no definition of its name lies where an import looks for it.
fn is_unknown(import: &Import, workspace: &Workspace) -> bool {
    let Some(name) = import.name.as_deref() else { return false };
    // Every module may have a default of its own.
    let least = if name == DEFAULT { IS_MODULE } else { f32::MIN_POSITIVE };
    !workspace.index.named(name_id(name)).enumerate().any(|(number, at)| {
        let file = workspace.index.file(at.file);
        number >= MAX_NAMED || file.is_some_and(|file| module_match(&module_of(file.path), &import.module) >= least)
    })
}

/// The last part of the module that a file is, for a look at many files.
fn last_part(path: &str) -> &str {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let mut parts = stem.rsplit('/');
    match parts.next().unwrap_or_default() {
        "mod" | "lib" | "main" | "__init__" | "index" => parts.next().unwrap_or_default(),
        last => last,
    }
}

/// What the names mean that are imported from a file, as far as the file has them from elsewhere or under another name.
fn exports_of(path: &str, workspace: &Workspace, asked: &[&Import]) -> Vec<Import> {
    let Some(language) = Language::from_path(path).filter(|_| workspace.texts.may_show(path)) else {
        return Vec::new();
    };
    let Some(text) = workspace.texts.text(path).filter(|text| crate::is_looked_at(text)) else { return Vec::new() };
    let is_script = matches!(language.name(), "javascript" | "typescript" | "tsx");
    let mut found = Vec::new();
    let mut open = Vec::new();
    for import in asked {
        let Some(name) = import.name.as_deref() else { continue };
        match own_name(&text, name).filter(|own| is_script && *own != name) {
            Some(own) => found.push(Import { name: Some(own.to_owned()), ..(*import).clone() }),
            // Without its name or a star there is nothing to follow, and no need to parse.
            None if text.contains(name) || text.contains('*') => open.push((import, name)),
            None => {}
        }
    }
    if open.is_empty() {
        return found;
    }
    let outline = aiia_syntax::symbols_and_imports_around(language, &text, 0..0).unwrap_or_default();
    let statements: Vec<&str> = outline.imports.into_iter().filter_map(|range| text.get(range)).collect();
    for next in imports(language, path, Some(&Places::of(Some(language), path, workspace)), &statements.join("\n")) {
        for (import, name) in &open {
            if next.alias.as_deref() == Some(*name) {
                found.push(Import { alias: import.alias.clone(), ..next.clone() });
            } else if next.name.is_none() && !next.module.is_empty() {
                found.push(Import { module: next.module.clone(), ..(**import).clone() });
            }
        }
    }
    found
}

/// The name by which a script defines what it exports by another one, as the default or in a list: `export { own as name }`.
fn own_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    if name == DEFAULT {
        let behind = ["module.exports =", "export default "].iter().find_map(|start| {
            let at = text.find(start)?;
            Some((*start, text[at + start.len()..].trim_start()))
        });
        if let Some((start, behind)) = behind {
            let words = ["async ", "function* ", "function ", "abstract ", "class "];
            let declared = words.iter().fold(behind, |rest, word| rest.strip_prefix(word).unwrap_or(rest).trim_start());
            let own = identifiers(declared).next().filter(|range| range.start == 0).map(|range| &declared[range]);
            let rest = &declared[own.map_or(0, str::len)..];
            let is_name = declared.len() < behind.len()
                || rest.trim_start_matches([' ', '\t']).starts_with([';', '\n', '\r'])
                || rest.is_empty();
            let is_word = matches!(own, Some("function" | "class" | "async" | "new" | "await" | "extends"));
            return match own {
                Some(own) if is_name && !is_word => Some(own),
                // What has no name of its own goes by that of what it is put into.
                _ => start.starts_with("module").then_some(EXPORTS),
            };
        }
    }
    let lists = text.match_indices("export").filter_map(|(at, word)| {
        let list = text[at + word.len()..].trim_start().strip_prefix('{')?;
        let (list, behind) = list.split_once('}')?;
        (!behind.trim_start().starts_with("from")).then_some(list)
    });
    lists
        .flat_map(|list| list.split(','))
        .filter_map(|item| item.split_once(" as "))
        .find(|(_, exported)| exported.trim() == name)
        .map(|(own, _)| own.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("const cfg = {};\nexport default cfg;\n", DEFAULT, Some("cfg"))]
    #[case("export default cfg", DEFAULT, Some("cfg"))]
    #[case("export default async function go(x) {}", DEFAULT, Some("go"))]
    #[case("export default class Box<T> {}", DEFAULT, Some("Box"))]
    #[case("export default function (x) {}", DEFAULT, None)]
    #[case("export default class extends A {}", DEFAULT, None)]
    #[case("export default make(cfg);", DEFAULT, None)]
    #[case("export default new Cfg();", DEFAULT, None)]
    #[case("module.exports = function connect(url) {};", DEFAULT, Some("connect"))]
    #[case("module.exports = connect;", DEFAULT, Some("connect"))]
    #[case("module.exports = (url) => url;", DEFAULT, Some("exports"))]
    #[case("export { a, cfg as default };", DEFAULT, Some("cfg"))]
    #[case("export { hidden as shown, b };", "shown", Some("hidden"))]
    #[case("export { hidden as shown } from './b';", "shown", None)]
    #[case("export default", DEFAULT, None)]
    #[case("export { é as ", "é", None)]
    fn finds_what_is_exported(#[case] text: &str, #[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(own_name(text, name), expected);
    }
}
