//! Names that a module hands on under another name than they are defined by: `from .impl import area as surface` in `__init__.py`.

use super::{Import, Places, imports, module_match, module_of};
use crate::workspace::{Workspace, name_id};
use aiia_syntax::Language;

/// So many files are read to follow what is handed on.
const MAX_FILES: usize = 8;
/// From one module to the next it is followed so often.
const MAX_ROUNDS: usize = 3;
/// A file is the module that an import names, and not one inside it.
const IS_MODULE: f32 = 0.85;

/// What the imports mean whose names nothing defines, as further imports under the same alias. Only those that are `wanted` are followed.
pub(crate) fn handed_on(found: &[Import], workspace: &Workspace, wanted: impl Fn(&Import) -> bool) -> Vec<Import> {
    let is_unknown = |import: &Import| {
        let name = import.name.as_deref();
        name.is_some_and(|name| workspace.index.named(name_id(name)).next().is_none())
    };
    let has_module = |import: &Import| !import.module.is_empty();
    let mut open: Vec<Import> =
        found.iter().filter(|import| has_module(import) && wanted(import) && is_unknown(import)).cloned().collect();
    let (mut meant, mut read) = (Vec::new(), 0);
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
            for next in imports_of(entry.path, workspace) {
                for import in of_module.iter().filter(|import| import.name == next.alias) {
                    let next = Import { alias: import.alias.clone(), ..next.clone() };
                    if !is_unknown(&next) {
                        meant.push(next);
                    } else if has_module(&next) {
                        open.push(next);
                    }
                }
            }
        }
    }
    meant
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

/// What a file of the workspace imports.
fn imports_of(path: &str, workspace: &Workspace) -> Vec<Import> {
    let Some(language) = Language::from_path(path).filter(|_| workspace.texts.may_show(path)) else {
        return Vec::new();
    };
    let Some(text) = workspace.texts.text(path).filter(|text| crate::is_looked_at(text)) else { return Vec::new() };
    let outline = aiia_syntax::symbols_and_imports_around(language, &text, 0..0).unwrap_or_default();
    let statements: Vec<&str> = outline.imports.into_iter().filter_map(|range| text.get(range)).collect();
    imports(language, path, Some(&Places::of(Some(language), path, workspace)), &statements.join("\n"))
}
