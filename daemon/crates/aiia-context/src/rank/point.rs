//! The place a request is about, as the ranking sees it: which names stand near it, and how.

use super::imports::{self, Import};
use super::said::{self, By};
use super::siblings::{self, SiblingUse};
use crate::workspace::{NameId, Workspace, identifiers, name_id, name_ids, name_set, parts, words};
use crate::{ContextRequest, FileSyntax, Target};
use aiia_syntax::{Symbol, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// How a name occurs in the file of the request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Occurrence {
    /// How often, outside the target's body and import statements.
    pub(crate) count: u32,
    /// Bytes between the target and the nearest of them.
    pub(crate) distance: usize,
    pub(crate) in_signature: bool,
    /// In the attributes and comments above the target.
    pub(crate) in_leading: bool,
    /// In the body of the target.
    pub(crate) in_body: bool,
    /// Something follows it that calls it.
    pub(crate) called: bool,
    /// A dot stands before it.
    pub(crate) dotted: bool,
    /// Named by an import statement.
    pub(crate) imported: bool,
    /// In the body of the target, called or behind a dot or a path.
    reaches_out: bool,
}

/// The place a request is about.
pub(crate) struct Point {
    pub(crate) occurrences: FxHashMap<NameId, Occurrence>,
    pub(crate) imports: Vec<Import>,
    /// Names that stand right behind a name and a `.` or `::`, with that name.
    pub(crate) qualified: FxHashSet<(NameId, NameId)>,
    /// The names in what was said of the target.
    pub(crate) said: FxHashMap<NameId, By>,
    pub(crate) target_name: Option<NameId>,
    /// The parts of the target's name.
    pub(crate) target_parts: Vec<NameId>,
    /// The parts of the names in the signature and around the target.
    pub(crate) near_parts: FxHashSet<NameId>,
    /// The names of the types around the target.
    pub(crate) self_types: FxHashSet<NameId>,
    /// Names in the fields of those types, and in the signatures beside the target.
    pub(crate) self_names: FxHashSet<NameId>,
    /// Names in the fields of those types.
    pub(crate) names_of_fields: FxHashSet<NameId>,
    /// How often a name stands behind a name of the signature.
    pub(crate) on_signature: FxHashMap<NameId, u32>,
    /// How often a name stands behind a field of the types around the target.
    pub(crate) on_fields: FxHashMap<NameId, u32>,
    /// The names of the signature and of those fields.
    pub(crate) receivers: FxHashSet<NameId>,
    /// Names in the headers of those types: what they are made from.
    pub(crate) header_names: FxHashSet<NameId>,
    /// Names behind the arrow of the signature.
    pub(crate) returned: FxHashSet<NameId>,
    pub(crate) signature_names: Vec<NameId>,
    /// The names in the bodies of the functions beside the target.
    pub(crate) sibling_bodies: Vec<Vec<NameId>>,
    /// The blocks of the language are told by how they are indented.
    pub(crate) is_indented: bool,
    sibling_uses: FxHashMap<NameId, SiblingUse>,
    /// What is imported, by the name where it is defined.
    imports_by_name: FxHashMap<NameId, Vec<Vec<String>>>,
}

impl Point {
    pub(crate) fn new(request: &ContextRequest, file: &FileSyntax, target: &Target) -> Point {
        let text = request.text;
        let (signature, body) = signature_and_body(target, text);
        let leading = signature.start..target.symbol.as_ref().map_or(0, |symbol| symbol.item_range.start);
        let signature_names = name_set(&text[signature.clone()]);
        let around = types_around(file, target);
        let self_types: FxHashSet<NameId> = around.iter().map(|outer| name_id(&outer.name)).collect();
        let mut fields = FxHashSet::default();
        let mut self_names = FxHashSet::default();
        let mut names_of_fields = FxHashSet::default();
        for symbol in &file.symbols {
            let owner = symbol.container.as_deref().and_then(|path| path.rsplit("::").next());
            if !owner.is_some_and(|owner| self_types.contains(&name_id(owner))) {
                continue;
            }
            if matches!(symbol.kind, SymbolKind::Field | SymbolKind::Variant | SymbolKind::Method) {
                self_names.extend(name_ids(symbol.signature(text)));
            }
            if matches!(symbol.kind, SymbolKind::Field | SymbolKind::Assigned | SymbolKind::Property) {
                fields.insert(name_id(&symbol.name));
                names_of_fields.extend(name_ids(symbol.signature(text)));
            }
        }
        let mut on_signature: FxHashMap<NameId, u32> = FxHashMap::default();
        let mut on_fields: FxHashMap<NameId, u32> = FxHashMap::default();
        let in_import = |at: usize| {
            let next = file.imports.partition_point(|import| import.end <= at);
            file.imports.get(next).is_some_and(|import| import.start <= at)
        };
        let mut occurrences: FxHashMap<NameId, Occurrence> = FxHashMap::default();
        let mut qualified = FxHashSet::default();
        let mut own_names: FxHashSet<NameId> = FxHashSet::default();
        let mut before: Option<(NameId, usize)> = None;
        let names: Vec<(NameId, Range<usize>)> =
            identifiers(text).map(|range| (name_id(&text[range.clone()]), range)).collect();
        for (id, range) in &names {
            let id = *id;
            let found = occurrences.entry(id).or_insert(Occurrence { distance: usize::MAX, ..Occurrence::default() });
            let is_of_target = body.contains(&range.start) || signature.contains(&range.start);
            let introduces = is_of_target && introduces(text, range);
            if introduces {
                own_names.insert(id);
            }
            if body.contains(&range.start) {
                found.in_body = true;
                found.reaches_out |= !introduces && reaches_out(text, range);
            } else if in_import(range.start) {
                found.imported = true;
            } else {
                found.count += 1;
                found.distance = found.distance.min(if range.start < target.range.start {
                    target.range.start - range.start
                } else {
                    range.start.saturating_sub(target.range.end)
                });
                found.in_signature |= signature.contains(&range.start);
                found.in_leading |= leading.contains(&range.start);
            }
            let bytes = text.as_bytes();
            let link = before.map(|(_, end)| &text[end..range.start]);
            found.dotted |= range.start > 0 && bytes[range.start - 1] == b'.';
            found.called |= matches!(bytes.get(range.end), Some(b'(' | b'!'));
            if let Some((owner, _)) = before
                && matches!(link, Some("." | "::"))
            {
                qualified.insert((owner, id));
                if signature_names.binary_search(&owner).is_ok() {
                    *on_signature.entry(id).or_default() += 1;
                }
                if fields.contains(&owner) {
                    *on_fields.entry(id).or_default() += 1;
                }
            }
            before = Some((id, range.end));
        }
        // What the target names itself is no use of another's, unless it also stands where only another's can.
        for name in own_names {
            if let Some(found) = occurrences.get_mut(&name) {
                found.in_body &= found.reaches_out;
            }
        }
        let imports_text: String = file.imports.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>().join("\n");
        let places = request
            .workspace
            .as_ref()
            .filter(|_| !file.imports.is_empty())
            .map(|workspace| imports::Places::of(request.language, request.path, workspace));
        let mut imports = request
            .language
            .map(|language| imports::imports(language, request.path, places.as_ref(), &imports_text))
            .unwrap_or_default();

        let is_used = |import: &Import, occurrences: &FxHashMap<NameId, Occurrence>| {
            let alias = import.alias.as_deref().and_then(|alias| occurrences.get(&name_id(alias)));
            alias.copied().filter(|occurrence| occurrence.in_body)
        };
        if let (Some(workspace), Some(language)) = (&request.workspace, request.language) {
            let declares =
                |name: &str| file.symbols.iter().any(|symbol| symbol.kind == SymbolKind::Module && symbol.name == name);
            imports.extend(imports::reached(language, request.path, text, &body, &imports, declares));
            let free = free_names(text, &body, file, &imports, workspace);
            let is_wanted = |import: &Import| is_used(import, &occurrences).is_some();
            imports.extend(imports::handed_on(&imports, workspace, is_wanted, &free));
        }
        // What is used under another name is used.
        for import in imports.iter().filter(|import| import.alias != import.name) {
            if let (Some(name), Some(used)) = (&import.name, is_used(import, &occurrences)) {
                let known = occurrences.entry(name_id(name)).or_insert(used);
                known.in_body = true;
                known.called |= used.called;
                known.imported = true;
            }
        }

        let mut imports_by_name: FxHashMap<NameId, Vec<Vec<String>>> = FxHashMap::default();
        for import in &imports {
            if let Some(name) = &import.name {
                imports_by_name.entry(name_id(name)).or_default().push(import.module.clone());
            }
        }

        let symbol = target.symbol.as_ref();
        let mut near_parts: FxHashSet<NameId> = words(&text[signature.clone()]).flat_map(parts).collect();
        near_parts.extend(around.iter().flat_map(|outer| parts(&outer.name)));
        let target_parts = symbol.map(|symbol| parts(&symbol.name)).unwrap_or_default();
        let (sibling_uses, sibling_bodies) = siblings::uses(
            &file.symbols,
            text,
            &names,
            &siblings::Target {
                parts: &target_parts,
                signature: &signature_names,
                container: symbol.and_then(|symbol| symbol.container.as_deref()),
                range: &target.range,
            },
        );
        Point {
            occurrences,
            imports,
            qualified,
            said: said::names(request.said),
            target_name: symbol.map(|symbol| name_id(&symbol.name)),
            target_parts,
            near_parts,
            self_types,
            self_names,
            names_of_fields,
            on_signature,
            on_fields,
            receivers: signature_names.iter().copied().chain(fields).collect(),
            header_names: around
                .iter()
                .flat_map(|outer| {
                    let header = outer.signature(text);
                    name_ids(header).collect::<Vec<_>>()
                })
                .collect(),
            returned: text[signature.clone()]
                .rsplit_once("->")
                .map(|(_, returned)| name_ids(returned).collect())
                .unwrap_or_default(),
            signature_names,
            sibling_bodies,
            is_indented: request.language.is_some_and(|language| language.name() == "python"),
            sibling_uses,
            imports_by_name,
        }
    }

    pub(crate) fn occurrence(&self, name: NameId) -> Occurrence {
        self.occurrences.get(&name).copied().unwrap_or(Occurrence { distance: usize::MAX, ..Occurrence::default() })
    }

    /// How well the imports of a name answer to a definition in that module, 0 to 1.
    pub(crate) fn imported(&self, name: NameId, module: &[&str]) -> f32 {
        let modules = self.imports_by_name.get(&name).map(Vec::as_slice).unwrap_or_default();
        modules.iter().map(|import| imports::module_match(module, import)).fold(0.0, f32::max)
    }

    /// Whether anything is imported that is defined by that name.
    pub(crate) fn has_import_of(&self, name: NameId) -> bool {
        self.imports_by_name.contains_key(&name)
    }

    /// What the functions beside the target make of a name.
    pub(crate) fn sibling_use(&self, name: NameId) -> SiblingUse {
        self.sibling_uses.get(&name).copied().unwrap_or_default()
    }
}

/// No more names are looked for in what is imported as a whole.
const MAX_FREE: usize = 16;

/// The names that the part `body` of a file calls, and that neither its imports nor any definition explains, where modules imported as
/// a whole might.
fn free_names<'t>(
    text: &'t str,
    body: &Range<usize>,
    file: &FileSyntax,
    imports: &[Import],
    workspace: &Workspace,
) -> Vec<&'t str> {
    if !imports.iter().any(|import| import.name.is_none()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for range in identifiers(&text[body.clone()]) {
        let (start, end) = (body.start + range.start, body.start + range.end);
        let name = &text[start..end];
        let is_called = text[end..].starts_with('(') && !text[..start].ends_with(['.', ':']);
        if is_called
            && !found.contains(&name)
            && workspace.index.named(name_id(name)).next().is_none()
            && !imports.iter().any(|import| import.alias.as_deref() == Some(name))
            && !file.symbols.iter().any(|symbol| symbol.name == name)
        {
            found.push(name);
            if found.len() == MAX_FREE {
                break;
            }
        }
    }
    found
}

/// The types around the target, an outer one first.
fn types_around<'f>(file: &'f FileSyntax, target: &Target) -> Vec<&'f Symbol> {
    let symbol = target.symbol.as_ref();
    let start = target.range.start.max(symbol.map_or(0, |symbol| symbol.item_range.start));
    let end = symbol.map_or(target.range.end, |symbol| symbol.item_range.end);
    let is_around =
        |outer: &&Symbol| outer.kind.is_type() && outer.item_range.start <= start && end <= outer.item_range.end;
    file.symbols.iter().filter(is_around).collect()
}

/// Words behind which a new name stands.
const INTRODUCING: &[&str] = &["let", "mut", "const", "var", "val", "for", "ref", "auto", "local"];

/// Whether the name at `range` is a new one: a variable or a parameter.
fn introduces(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches([' ', '\t']);
    let behind = text[range.end..].trim_start_matches([' ', '\t']);
    let word_start = before
        .rfind(|character: char| !(character.is_alphanumeric() || character == '_'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let begins_line = before.is_empty() || before.ends_with('\n');
    let is_assigned = behind.starts_with(":=") || (behind.starts_with('=') && !behind.starts_with("=="));
    let is_typed = behind.starts_with(':') && !behind.starts_with("::") && before.ends_with(['(', ',', '|']);
    INTRODUCING.contains(&&before[word_start..]) || (begins_line && is_assigned) || is_typed || before.ends_with('|')
}

/// The names in a part of a text that are new there and nothing of another place: what it names itself.
pub(crate) fn new_names(text: &str, part: &Range<usize>) -> FxHashSet<NameId> {
    let (mut new, mut of_others) = (FxHashSet::default(), FxHashSet::default());
    for found in identifiers(&text[part.clone()]) {
        let range = part.start + found.start..part.start + found.end;
        let id = name_id(&text[range.clone()]);
        if introduces(text, &range) {
            new.insert(id);
        } else if reaches_out(text, &range) {
            of_others.insert(id);
        }
    }
    &new - &of_others
}

/// Whether the name at `range` stands where it means something of another place: called, or behind a dot or a path.
fn reaches_out(text: &str, range: &Range<usize>) -> bool {
    text[range.end..].starts_with(['(', '!']) || text[..range.start].ends_with(['.', ':'])
}

/// The signature of the target and its body; without a symbol all of it counts as the body.
fn signature_and_body(target: &Target, text: &str) -> (Range<usize>, Range<usize>) {
    let Some(symbol) = &target.symbol else {
        return (target.range.start..target.range.start, target.range.clone());
    };
    let end = symbol.body_range.as_ref().map_or(symbol.item_range.end, |body| body.start).min(text.len());
    let start = symbol.range.start.min(end);
    (start..end, end..target.range.end.max(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("let §x = 1;", true)]
    #[case("let mut §x = 1;", true)]
    #[case("fn f(a: u8, §x: u8)", true)]
    #[case("|§x| x + 1", true)]
    #[case("    §x = 1", true)]
    #[case("\t§x := 1", true)]
    #[case("for §x in y", true)]
    #[case("x == §x", false)]
    #[case("f(§x)", false)]
    #[case("a::§x", false)]
    #[case("if §x == 1", false)]
    #[case("é §x", false)]
    fn tells_new_names(#[case] text: &str, #[case] expected: bool) {
        let start = text.find('§').unwrap();
        assert_eq!(introduces(&text.replace('§', ""), &(start..start + 1)), expected);
    }
}
