//! Functions of other files that tell what the target may need: those of the same name, and those that call it.

use super::point::Point;
use super::siblings::alike;
use super::texts::Texts;
use crate::workspace::{
    Definition, DefinitionRef, FileEntry, NameId, WorkspaceIndex, identifiers, name_id, name_set, parts, words,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many functions of the target's name are read.
const MAX_NAMESAKES: usize = 12;
/// How many callers are read.
const MAX_CALLERS: usize = 8;
/// A name with more definitions is not looked for.
const MAX_DEFINERS: usize = 8;
/// Lines of one function that are read.
const MAX_LINES: u32 = 120;
/// A longer text of so few lines was not written by a person and is not read.
const MAX_BYTES: usize = 16 << 10;
/// How many of the likest files count.
const MAX_LIKE_FILES: usize = 20;

/// The likest files whose functions are read.
const LIKE_FILES_READ: usize = 6;
/// How many of their functions are read.
const MAX_LIKE_FUNCTIONS: usize = 12;
/// Functions less alike are not read.
const LEAST_LIKENESS: f32 = 0.15;

/// What functions are compared by, each read once for a question.
#[derive(Default)]
pub(crate) struct Functions {
    functions: FxHashMap<DefinitionRef, Function>,
    /// The names in the headers of what is around them, ascending, each once.
    headers: FxHashMap<DefinitionRef, Vec<NameId>>,
}

/// What a function is compared by.
pub(crate) struct Function {
    /// The parts of its name, ascending, each once.
    pub(crate) parts: Vec<NameId>,
    /// The names in its signature, likewise; none where its file cannot be read.
    pub(crate) signature: Vec<NameId>,
    has_text: bool,
}

impl Functions {
    pub(crate) fn function(
        &mut self,
        texts: &mut Texts,
        at: DefinitionRef,
        definition: &Definition,
        entry: FileEntry,
    ) -> &Function {
        self.functions.entry(at).or_insert_with(|| {
            let signature = texts.signature(at.file, definition);
            Function {
                parts: parts(entry.name(definition)),
                has_text: signature.is_some(),
                signature: signature.map(name_set).unwrap_or_default(),
            }
        })
    }

    /// The names in the header of what is around a function, ascending, each once.
    pub(crate) fn header(
        &mut self,
        texts: &mut Texts,
        at: DefinitionRef,
        definition: &Definition,
        entry: FileEntry,
    ) -> &[NameId] {
        let Some(place) = definition.parent() else { return &[] };
        self.headers.entry(DefinitionRef { file: at.file, definition: place }).or_insert_with(|| {
            let outer = entry.definition(place);
            outer.and_then(|outer| texts.signature(at.file, &outer).map(name_set)).unwrap_or_default()
        })
    }
}

/// The numbers of two sets, all ascending.
pub(crate) fn both(mut a: &[NameId], mut b: &[NameId]) -> Vec<NameId> {
    let mut found = Vec::with_capacity(a.len() + b.len());
    while let (Some((first, rest_of_a)), Some((second, rest_of_b))) = (a.split_first(), b.split_first()) {
        found.push(*first.min(second));
        if first <= second {
            a = rest_of_a;
        }
        if second <= first {
            b = rest_of_b;
        }
    }
    found.extend(a);
    found.extend(b);
    found
}

/// Names by how much related functions or files make of them, 0 to 1.
pub(crate) type Weighed = FxHashMap<NameId, f32>;

/// The files most like one that mentions `mentioned`, the likest first, with how alike they are; and the files that mention the target.
pub(crate) fn like_files(
    index: &WorkspaceIndex,
    own: Option<u32>,
    mentioned: &FxHashSet<NameId>,
    target: Option<NameId>,
) -> (Vec<(u32, f32)>, Vec<u32>) {
    let files = index.file_count().max(1) as f32;
    let weight = |name: NameId| match index.mentioned_in(name) {
        Some(count) if count > 1 => (files / count as f32).ln().max(0.0),
        _ => 0.0,
    };
    let weights: FxHashMap<NameId, f32> =
        mentioned.iter().map(|&name| (name, weight(name))).filter(|(_, weight)| *weight > 0.0).collect();
    let own_total: f32 = weights.values().sum::<f32>().max(1.0);
    let (weighed, mentioning) = index.weigh_mentions(&weights, target);
    let mut found: Vec<(u32, f32)> = weighed
        .into_iter()
        .filter(|(file, _)| Some(*file) != own)
        .map(|(file, shared)| {
            let mentions = index.file(file).map_or(0, FileEntry::mention_count);
            // A large file shares much with everybody.
            (file, shared / own_total / (1.0 + mentions as f32).sqrt().max(8.0) * 8.0)
        })
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_LIKE_FILES);
    (found, mentioning)
}

/// The names the likest files mention, by the share of likeness that mentions them.
pub(crate) fn names_of_files(index: &WorkspaceIndex, like: &[(u32, f32)]) -> Weighed {
    let total: f32 = like.iter().map(|(_, alike)| alike).sum::<f32>().max(f32::MIN_POSITIVE);
    let mut names = Weighed::default();
    for (file, alike) in like {
        let Some(entry) = index.file(*file) else { continue };
        for name in entry.mentions() {
            *names.entry(name).or_default() += alike / total;
        }
    }
    names
}

/// The functions of other files that are named as the target is, those of like files first.
pub(crate) fn namesakes(
    index: &WorkspaceIndex,
    own: Option<u32>,
    target: NameId,
    like: &[(u32, f32)],
) -> Vec<DefinitionRef> {
    let alike = |file: u32| like.iter().find(|(known, _)| *known == file).map_or(0.0, |(_, alike)| *alike);
    let mut found: Vec<(DefinitionRef, f32)> = index
        .named(target)
        .filter(|at| Some(at.file) != own)
        .filter(|at| index.definition(*at).is_some_and(|(_, definition)| definition.kind.is_callable()))
        .map(|at| (at, alike(at.file)))
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_NAMESAKES);
    found.into_iter().map(|(at, _)| at).collect()
}

/// The functions of like files that are like the target by name and signature, the likest first, with how alike they are.
pub(crate) fn like_functions(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    point: &Point,
    like: &[(u32, f32)],
    known: &mut Functions,
) -> Vec<(DefinitionRef, f32)> {
    let mut found: Vec<(DefinitionRef, f32)> = Vec::new();
    for (file, _) in like.iter().take(LIKE_FILES_READ) {
        let Some(entry) = index.file(*file) else { continue };
        for (number, definition) in entry.definitions().enumerate() {
            if !definition.kind.is_callable() || definition.traits.test {
                continue;
            }
            let at = DefinitionRef { file: *file, definition: number as u16 };
            let function = known.function(texts, at, &definition, entry);
            if !function.has_text {
                continue;
            }
            let alike = alike(&point.target_parts, &point.signature_names, &function.parts, &function.signature);
            if alike > LEAST_LIKENESS {
                found.push((at, alike));
            }
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_LIKE_FUNCTIONS);
    found
}

/// The names in functions that are more or less like the target: how alike the likest is that has them, and the share of the
/// functions that do, the liker counting for more.
pub(crate) fn names_of_like_functions(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    functions: &[(DefinitionRef, f32)],
) -> (Weighed, Weighed) {
    let (mut likest, mut share) = (Weighed::default(), Weighed::default());
    let total: f32 = functions.iter().map(|(_, alike)| alike).sum::<f32>() + LEAST_LIKENESS;
    for (at, alike) in functions {
        for name in body_names(index, texts, *at).unwrap_or_default() {
            let known = likest.entry(name).or_default();
            *known = known.max(*alike);
            *share.entry(name).or_default() += alike / total;
        }
    }
    (likest, share)
}

/// The names that stand behind one of `receivers` and a dot or a path, by the share of the functions that have them so.
pub(crate) fn names_on(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    functions: &[DefinitionRef],
    receivers: &FxHashSet<NameId>,
) -> Weighed {
    weighed(
        functions
            .iter()
            .filter_map(|at| {
                let (_, definition) = index.definition(*at)?;
                let text = body(texts, at.file, &definition)?;
                let mut found = Vec::new();
                let mut before = 0..0;
                for range in identifiers(text) {
                    if matches!(&text[before.end..range.start], "." | "::")
                        && receivers.contains(&name_id(&text[before.clone()]))
                    {
                        found.push(name_id(&text[range.clone()]));
                    }
                    before = range;
                }
                found.sort_unstable();
                found.dedup();
                Some(found)
            })
            .collect(),
    )
}

/// The functions of other files that call the target, those of like files first: those of tests, or the others. `mentioning` are the
/// files that mention it.
pub(crate) fn callers(
    index: &WorkspaceIndex,
    texts: &mut Texts,
    own: Option<u32>,
    target_name: &str,
    like: &[(u32, f32)],
    mentioning: &[u32],
    in_tests: bool,
) -> Vec<DefinitionRef> {
    let target = name_id(target_name);
    // A name that many define says nothing of who calls this one.
    if index.count_named(target, MAX_DEFINERS + 1) > MAX_DEFINERS {
        return Vec::new();
    }
    let alike = |file: u32| like.iter().find(|(known, _)| *known == file).map_or(0.0, |(_, alike)| *alike);
    let mut files: Vec<(u32, f32)> =
        mentioning.iter().copied().filter(|file| Some(*file) != own).map(|file| (file, alike(file))).collect();
    files.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut found = Vec::new();
    for (file, _) in files.into_iter().take(MAX_CALLERS) {
        let Some(entry) = index.file(file) else { continue };
        for (number, definition) in entry.definitions().enumerate() {
            if !definition.kind.is_callable() || definition.name == target || definition.traits.test != in_tests {
                continue;
            }
            if let Some(text) = body(texts, file, &definition)
                && text.contains(target_name)
                && words(text).any(|word| word == target_name)
            {
                found.push(DefinitionRef { file, definition: number as u16 });
                if found.len() >= MAX_CALLERS {
                    return found;
                }
            }
        }
    }
    found
}

/// The names in functions, by the share of the functions that have them.
pub(crate) fn names_in(index: &WorkspaceIndex, texts: &mut Texts, functions: &[DefinitionRef]) -> Weighed {
    weighed(functions.iter().filter_map(|at| body_names(index, texts, *at)).collect())
}

/// The names in a function, ascending, each once.
pub(super) fn body_names(index: &WorkspaceIndex, texts: &mut Texts, at: DefinitionRef) -> Option<Vec<NameId>> {
    let (_, definition) = index.definition(at)?;
    body(texts, at.file, &definition).map(name_set)
}

/// The text of a function that a person may have written, or its first lines.
fn body<'t>(texts: &'t mut Texts, file: u32, definition: &Definition) -> Option<&'t str> {
    texts.whole(file, definition, MAX_LINES).filter(|text| text.len() <= MAX_BYTES)
}

/// Names by the share of the functions that have them; a single function alone is only half a hint.
fn weighed(bodies: Vec<Vec<NameId>>) -> Weighed {
    let of = bodies.len() as f32 + 1.0;
    let mut names = Weighed::default();
    for name in bodies.into_iter().flatten() {
        *names.entry(name).or_default() += 1.0 / of;
    }
    names
}
