//! What is known of a candidate, as [`Features`].

use super::collect::ModuleUse;
use super::features::{COUNT, Feature, Features};
use super::imports::module_of;
use super::linear::alone;
use super::point::{Occurrence, Point};
use super::related::Weighed;
use super::score::{Owner, Ranked, Ranking};
use super::siblings::SiblingUse;
use crate::workspace::{Definition, DefinitionRef, FileEntry, NameId, likeness, name_id, parts};
use aiia_syntax::SymbolKind;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Definitions of a file that are further from each other are looked for.
const FAR: u16 = 32;
/// More definitions of a name are not counted.
const MAX_NAMED: usize = 200;

/// What is the same for all definitions of a name.
struct OfName {
    id: NameId,
    occurs: Occurrence,
    /// The file of the target has it.
    is_in_file: bool,
    /// An import statement names what is defined by it.
    is_imported: bool,
    siblings: SiblingUse,
    is_only: bool,
    /// The other definitions of it, by the logarithm.
    ambiguous: f32,
    /// The share of files that mention it, by the logarithm.
    common: f32,
    /// The number of files that mention it, also by the logarithm, and that of those beside the target's and its own.
    mentioned_in: f32,
    log_mentioned_in: f32,
    mentioned_elsewhere: f32,
    count: f32,
    near: f32,
    in_self_names: bool,
    in_fields: bool,
    in_header: bool,
    on_self: bool,
    namesake: f32,
    like: f32,
    like_function: f32,
    caller: f32,
    like_target: f32,
    /// The share of the name's parts that stand near the target; 1 where all do.
    like_near: f32,
    like_function_share: f32,
    on_receiver: f32,
    nearest: f32,
    nearest_share: f32,
    on_signature: f32,
    on_field: f32,
    is_constructor: bool,
    /// The parts of the name that stand near the target.
    near_parts: Vec<NameId>,
}

/// How rare the rarest part is that a name shares with the target's, and with any name near it.
#[derive(Clone, Copy, Default)]
struct Rarest {
    like_target: f32,
    like_near: f32,
}

/// What is the same for all definitions of a file.
struct OfFile<'a> {
    entry: FileEntry<'a>,
    module: Vec<&'a str>,
    module_use: ModuleUse,
    /// How often the name is mentioned that its module is imported under, if it is, by the logarithm.
    module_mentioned: Option<f32>,
    is_test: bool,
    is_in_own_folder: bool,
    /// Folders and files between it and the target's, by the logarithm.
    distance: f32,
    /// By the place of what is around members in the file; nothing for what is no type.
    owners: FxHashMap<u16, Option<OfOwner>>,
}

/// What is the same for all members of a type.
#[derive(Clone, Copy)]
struct OfOwner {
    name: NameId,
    occurs: Occurrence,
    imported: f32,
    of_self: bool,
    of_base: bool,
    of_self_names: bool,
    of_field: bool,
    returned: bool,
    in_siblings: f32,
    nearest: f32,
    is_like_near: bool,
    mentioned_in: f32,
    count: f32,
    near: f32,
    crowd: f32,
}

/// The candidates with their features, which are in the second list. `candidates` are in the order of their files.
pub(super) fn measure(ranking: &Ranking, candidates: &[DefinitionRef]) -> (Vec<Ranked>, Vec<Features>) {
    let mut names = Names::default();
    let mut ranked = Vec::with_capacity(candidates.len());
    let mut name_of = Vec::with_capacity(candidates.len());
    let mut all = Vec::with_capacity(candidates.len());
    let of_point = of_point(ranking.point);
    for of_file in candidates.chunk_by(|a, b| a.file == b.file) {
        let Some(mut file) = OfFile::new(ranking, of_file[0].file) else { continue };
        let first = of_file[0].definition;
        let mut definitions = (first..).zip(file.entry.definitions_from(first)).peekable();
        for &at in of_file {
            // Further on they are found sooner than by reading those between.
            if definitions.peek().is_some_and(|(place, _)| at.definition - place > FAR) {
                definitions = (at.definition..).zip(file.entry.definitions_from(at.definition)).peekable();
            }
            let Some((_, definition)) = definitions.find(|(place, _)| *place == at.definition) else { continue };
            if matches!(definition.kind, SymbolKind::Impl | SymbolKind::Module) {
                continue;
            }
            let name = names.of(ranking, file.entry, &definition);
            let owner = file.owner(ranking, &definition);
            let mut found = of_point;
            set_features(&mut found, ranking, &definition, &names.all[name], &file, owner.as_ref());
            let owner = owner.map(|owner| Owner { name: owner.name, is_own: owner.of_self });
            ranked.push(Ranked { at, likelihood: 0.0, definition, owner, said: None, features: all.len() as u32 });
            name_of.push(name);
            all.push(found);
        }
    }
    compare(ranking, &ranked, &mut all, &names, &name_of);
    for (candidate, likelihood) in ranked.iter_mut().zip(alone(&all)) {
        candidate.likelihood = likelihood;
    }
    (ranked, all)
}

/// The names of candidates.
#[derive(Default)]
struct Names {
    places: FxHashMap<NameId, usize>,
    all: Vec<OfName>,
}

impl Names {
    /// The place of the name of a definition in `all`.
    fn of(&mut self, ranking: &Ranking, entry: FileEntry, definition: &Definition) -> usize {
        *self.places.entry(definition.name).or_insert_with(|| {
            self.all.push(OfName::new(ranking, definition, entry.name(definition)));
            self.all.len() - 1
        })
    }

    /// For each name how rare the parts are that it shares with the target, among all of them.
    fn rarest(&self, target_parts: &[NameId]) -> Vec<Rarest> {
        let mut counts: FxHashMap<NameId, u32> = FxHashMap::default();
        self.all.iter().flat_map(|name| &name.near_parts).for_each(|part| *counts.entry(*part).or_default() += 1);
        let of = self.all.len() as f32;
        let rarity: FxHashMap<NameId, f32> =
            counts.into_iter().map(|(part, count)| (part, (of / count as f32).ln())).collect();
        let rarest = |name: &OfName| {
            let mut found = Rarest::default();
            for part in &name.near_parts {
                let rarity = rarity.get(part).copied().unwrap_or_default();
                found.like_near = found.like_near.max(rarity);
                if target_parts.contains(part) {
                    found.like_target = found.like_target.max(rarity);
                }
            }
            found
        };
        self.all.iter().map(rarest).collect()
    }
}

/// Sets what is only known once all candidates are: how rare the parts are that names share with the target, and how much of a file or
/// a type is in use. `name_of` has the names of the candidates by their places.
fn compare(ranking: &Ranking, ranked: &[Ranked], all: &mut [Features], names: &Names, name_of: &[usize]) {
    let rarest = names.rarest(&ranking.point.target_parts);
    let mut in_use: FxHashMap<NameId, u32> = FxHashMap::default();
    for (candidate, name) in ranked.iter().zip(name_of) {
        if let Some(owner) = candidate.owner.filter(|_| names.all[*name].occurs.count > 0) {
            *in_use.entry(owner.name).or_default() += 1;
        }
    }
    // The features of candidates are in their order, which is that of their files.
    let mut place = 0;
    for of_file in ranked.chunk_by(|a, b| a.at.file == b.at.file) {
        let places = place..place + of_file.len();
        place = places.end;
        let (mut imported, mut unused, mut mentioned) = (0, 0, 0);
        for of in &all[places.clone()] {
            let is_imported = of[Feature::Imported as usize] > 0.5;
            let is_mentioned = of[Feature::Mentioned as usize] > 0.0;
            let is_visible = is_imported
                || of[Feature::OfImported as usize] > 0.5
                || of[Feature::OfMentioned as usize] > 0.0
                || of[Feature::ModuleQualified as usize] > 0.0;
            imported += u32::from(is_imported);
            unused += u32::from(is_imported && !is_mentioned);
            mentioned += u32::from(is_mentioned && is_visible);
        }
        let (imported, unused, mentioned) = (log(imported), log(unused), log(mentioned));
        let mut last_owner: Option<(NameId, f32, f32)> = None;
        for ((candidate, name), features) in of_file.iter().zip(&name_of[places.clone()]).zip(&mut all[places]) {
            let mut features = Builder(features);
            features.set(Feature::FileImported, imported);
            features.set(Feature::FileUnused, unused);
            features.set(Feature::FileInUse, mentioned);
            features.set(Feature::RareLikeTarget, rarest[*name].like_target);
            features.set(Feature::RareLikeNear, rarest[*name].like_near);
            let Some(owner) = candidate.owner else { continue };
            // Members of a type mostly follow each other.
            let (_, rare, used) = match last_owner {
                Some(known) if known.0 == owner.name => known,
                _ => {
                    let rare = names.places.get(&owner.name).map_or(0.0, |name| rarest[*name].like_near);
                    (owner.name, rare, log(in_use.get(&owner.name).copied().unwrap_or_default()))
                }
            };
            last_owner = Some((owner.name, rare, used));
            features.set(Feature::OfTypeRareLikeNear, rare);
            features.set(Feature::TypeInUse, used);
        }
    }
}

/// The logarithms of small counts, which are most.
static LOGS: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|count| (1.0 + count as f32).ln()));

fn log(count: u32) -> f32 {
    LOGS.get(count as usize).copied().unwrap_or_else(|| (1.0 + count as f32).ln())
}

fn near(distance: usize) -> f32 {
    if distance == usize::MAX { 0.0 } else { (-(distance as f32) / 1500.0).exp() }
}

impl OfName {
    fn new(ranking: &Ranking, definition: &Definition, text: &str) -> OfName {
        let name = definition.name;
        let point = ranking.point;
        let weight = |names: &Weighed| names.get(&name).copied().unwrap_or_default();
        let parts = parts(text);
        let is_near = |part: &&NameId| point.near_parts.contains(part) || point.target_parts.contains(part);
        let near_parts: Vec<NameId> = parts.iter().filter(is_near).copied().collect();
        let shared = near_parts.iter().filter(|part| point.near_parts.contains(part)).count();
        let occurs = point.occurrence(name);
        let (named, mentioned_in) = ranking.index.name_use(name);
        let mentioned_in = mentioned_in.unwrap_or(1).max(1) as f32;
        let is_mentioned_here = occurs.count > 0 || occurs.imported || occurs.in_body;
        let elsewhere = mentioned_in - if is_mentioned_here { 2.0 } else { 1.0 };
        OfName {
            id: name,
            occurs,
            is_in_file: point.occurrences.contains_key(&name),
            is_imported: point.has_import_of(name),
            siblings: point.sibling_use(name),
            is_only: named == 1,
            ambiguous: (named.min(MAX_NAMED) as f32).ln(),
            common: (mentioned_in / ranking.index.file_count().max(1) as f32).ln(),
            mentioned_in,
            log_mentioned_in: mentioned_in.ln(),
            mentioned_elsewhere: elsewhere.max(0.0).ln_1p(),
            count: log(occurs.count),
            near: near(occurs.distance),
            in_self_names: point.self_names.contains(&name),
            in_fields: point.names_of_fields.contains(&name),
            in_header: point.header_names.contains(&name),
            on_self: point.qualified.contains(&(ranking.self_name, name)),
            namesake: weight(&ranking.namesake_names),
            like: weight(&ranking.like_names),
            like_function: weight(&ranking.like_function_names),
            caller: weight(&ranking.caller_names),
            like_target: likeness(&parts, &point.target_parts),
            like_near: shared as f32 / parts.len().max(1) as f32,
            like_function_share: weight(&ranking.like_function_share),
            nearest: weight(&ranking.nearest_names),
            nearest_share: weight(&ranking.nearest_share),
            on_receiver: weight(&ranking.names_on_receivers),
            on_signature: log(point.on_signature.get(&name).copied().unwrap_or_default()),
            on_field: log(point.on_fields.get(&name).copied().unwrap_or_default()),
            is_constructor: matches!(text, "new" | "__init__" | "default" | "from"),
            near_parts,
        }
    }
}

impl<'a> OfFile<'a> {
    fn new(ranking: &Ranking<'a>, file: u32) -> Option<OfFile<'a>> {
        let entry = ranking.index.file(file)?;
        let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let parts = |path: &str| path.split('/').count();
        let module_use = ranking.modules.get(&file).copied().unwrap_or_default();
        let common = entry.path.split('/').zip(ranking.own_path.split('/')).take_while(|(a, b)| a == b).count();
        Some(OfFile {
            entry,
            distance: log((parts(entry.path) + parts(ranking.own_path)).saturating_sub(2 * common) as u32),
            module: module_of(entry.path),
            module_use,
            module_mentioned: module_use.named.map(|module| log(ranking.point.occurrence(module).count)),
            is_test: is_test_path(entry.path),
            is_in_own_folder: folder == ranking.own_folder,
            owners: FxHashMap::default(),
        })
    }

    /// The type that a definition is a member of.
    fn owner(&mut self, ranking: &Ranking, definition: &Definition) -> Option<OfOwner> {
        let place = definition.parent()?;
        let (entry, module) = (self.entry, &self.module);
        let new = || {
            let owner = entry.definition(place).filter(|outer| outer.kind.is_type())?;
            let point = ranking.point;
            let parts = parts(entry.name(&owner));
            let occurs = point.occurrence(owner.name);
            Some(OfOwner {
                name: owner.name,
                count: log(occurs.count),
                near: near(occurs.distance),
                occurs,
                imported: point.imported(owner.name, module),
                of_self: point.self_types.contains(&owner.name),
                of_base: ranking.bases.contains(&owner.name),
                of_self_names: point.self_names.contains(&owner.name),
                of_field: point.names_of_fields.contains(&owner.name),
                returned: point.returned.contains(&owner.name),
                in_siblings: point.sibling_use(owner.name).same_signature,
                nearest: ranking.nearest_share.get(&owner.name).copied().unwrap_or_default(),
                is_like_near: !parts.is_empty() && parts.iter().all(|part| point.near_parts.contains(part)),
                mentioned_in: ranking.index.mentioned_in(owner.name).unwrap_or(1).max(1) as f32,
                crowd: log(owner.last_line.saturating_sub(owner.line)),
            })
        };
        *self.owners.entry(place).or_insert_with(new)
    }
}

/// The features that all candidates have alike.
fn of_point(point: &Point) -> Features {
    let mut found = [0.0; COUNT];
    let mut features = Builder(&mut found);
    features.set(Feature::Bias, 1.0);
    features.flag(Feature::Indented, point.is_indented);
    features.set(Feature::NamesOfSignature, log(point.signature_names.len() as u32));
    features.set(Feature::Beside, log(point.sibling_bodies.len() as u32));
    let of_siblings: usize = point.sibling_bodies.iter().map(Vec::len).sum();
    features.set(Feature::NamesOfSiblings, log((of_siblings / point.sibling_bodies.len().max(1)) as u32));
    features.set(Feature::Imports, log(point.imports.len() as u32));
    found
}

fn set_features(
    found: &mut Features,
    ranking: &Ranking,
    definition: &Definition,
    name: &OfName,
    file: &OfFile,
    owner: Option<&OfOwner>,
) {
    let mut features = Builder(found);
    let point = ranking.point;
    let is_member = owner.is_some();
    let occurs = &name.occurs;
    let kind = definition.kind;
    let is_type = kind.is_type();

    features.flag(Feature::InSignature, occurs.in_signature);
    features.flag(Feature::InLeading, occurs.in_leading);
    features.flag(Feature::InBody, occurs.in_body);
    features.set(Feature::Mentioned, name.count);
    features.set(Feature::Near, name.near);
    features.flag(Feature::Called, occurs.called);
    features.flag(Feature::Dotted, occurs.dotted && is_member);

    let imported = if is_member || !name.is_imported { 0.0 } else { point.imported(definition.name, &file.module) };
    features.set(Feature::Imported, imported);
    features.flag(Feature::ImportedElsewhere, !is_member && occurs.imported && imported < 0.5);
    features.set(Feature::MentionedImported, imported * name.count);
    let module_use = file.module_use;
    features.set(Feature::ModuleImported, if is_member { 0.0 } else { module_use.glob });
    if let Some(mentioned) = file.module_mentioned {
        features.set(Feature::ModuleMentioned, mentioned);
        features.flag(Feature::ModuleUnused, mentioned <= 0.0);
    }
    features.set(Feature::Distance, file.distance);
    features.set(Feature::InNearest, name.nearest_share);
    features.set(Feature::NearestWith, name.nearest);
    let is_behind = |owner: NameId| name.is_in_file && point.qualified.contains(&(owner, name.id));
    features.flag(Feature::ModuleQualified, !is_member && module_use.named.is_some_and(is_behind));

    features.set(Feature::Ambiguous, name.ambiguous);
    features.set(Feature::Common, name.common);
    features.set(Feature::MentionedIn, name.log_mentioned_in);
    features.set(Feature::MentionedElsewhere, name.mentioned_elsewhere);

    let mut visible = false;
    if let Some(owner) = owner {
        features.flag(Feature::Qualified, is_behind(owner.name));
        features.flag(Feature::OfSignature, owner.occurs.in_signature);
        features.flag(Feature::OfSelf, owner.of_self);
        features.set(Feature::OfImported, owner.imported);
        features.set(Feature::OfMentioned, owner.count);
        features.set(Feature::OfNear, owner.near);
        features.flag(Feature::OfSelfNames, owner.of_self_names);
        features.flag(Feature::OfFieldType, owner.of_field);
        visible = owner.occurs.in_signature || owner.of_self || owner.imported > 0.5 || owner.occurs.count > 0;
        features.flag(Feature::OfTypeLikeNear, owner.is_like_near);
        features.flag(Feature::OfBase, owner.of_base);
        features.flag(Feature::OfReturned, owner.returned);
        features.set(Feature::TypeInSiblingsOfSignature, owner.in_siblings);
        features.set(Feature::TypeInNearest, owner.nearest);
        let makes = name.is_constructor || kind == SymbolKind::Variant;
        features.flag(Feature::MakesReturned, owner.returned && makes);
        features.set(Feature::ShareOfType, (name.mentioned_in / owner.mentioned_in).ln().clamp(-4.0, 4.0));
        features.set(Feature::Crowd, owner.crowd);
        features.flag(Feature::DottedOfSignature, occurs.dotted && owner.occurs.in_signature);
        features.flag(Feature::DottedOfVisible, occurs.dotted && visible);
    }
    features.flag(Feature::InSelfNames, name.in_self_names);
    let sibling = name.siblings.likest;
    features.set(Feature::InSiblings, name.siblings.share);
    features.set(Feature::InOwnSiblings, name.siblings.own_share);
    features.set(Feature::InNearSiblings, name.siblings.near_share);
    features.set(Feature::InSiblingsOfSignature, name.siblings.same_signature);
    features.set(Feature::InSiblingsOfName, name.siblings.same_words);
    features.set(Feature::InLikeFunction, name.like_function);
    features.set(Feature::InLikeFunctions, name.like_function_share);
    features.flag(Feature::InFields, name.in_fields);
    features.flag(Feature::InHeader, name.in_header);
    features.flag(Feature::OnSelf, is_member && name.on_self);
    if is_member {
        features.set(Feature::OnSignatureName, name.on_signature);
        features.set(Feature::OnField, name.on_field);
        features.set(Feature::OnReceiver, name.on_receiver);
    }
    features.set(Feature::Length, log(u32::from(definition.signature_lines)));
    features.set(Feature::InNamesake, name.namesake);
    features.set(Feature::InSibling, sibling);
    features.set(Feature::InCaller, name.caller);
    features.set(Feature::InLikeFiles, name.like);
    features.set(Feature::SiblingOfVisible, if visible { sibling } else { 0.0 });
    features.set(Feature::NamesakeOfVisible, if visible { name.namesake } else { 0.0 });
    features.set(Feature::RareInLikeFiles, if name.is_only { name.like } else { 0.0 });
    features.flag(Feature::SameFolder, file.is_in_own_folder);

    features.set(Feature::LikeTarget, name.like_target);
    features.set(Feature::LikeNear, name.like_near);
    features.flag(Feature::TypeLikeNear, is_type && name.like_near >= 1.0);

    features.flag(Feature::Public, definition.traits.public);
    features.flag(Feature::Test, definition.traits.test || file.is_test);
    features.flag(Feature::Implements, definition.traits.implements);
    features.flag(Feature::Function, kind == SymbolKind::Function);
    features.flag(Feature::Method, kind == SymbolKind::Method);
    features.flag(
        Feature::Field,
        kind == SymbolKind::Field || (is_member && matches!(kind, SymbolKind::Assigned | SymbolKind::Property)),
    );
    features.flag(Feature::Variant, kind == SymbolKind::Variant);
    features.flag(Feature::Type, is_type);
    features.flag(Feature::Macro, kind == SymbolKind::Macro);
    features.flag(
        Feature::Constant,
        kind == SymbolKind::Constant || (!is_member && matches!(kind, SymbolKind::Assigned | SymbolKind::Variable)),
    );
    features.flag(Feature::Constructor, name.is_constructor);
    features.flag(Feature::Namesake, point.target_name == Some(definition.name));
    features.set(Feature::MentionedType, if is_type { name.count } else { 0.0 });
    features.flag(Feature::MentionedMacro, kind == SymbolKind::Macro && occurs.count > 0);
}

struct Builder<'f>(&'f mut Features);

impl Builder<'_> {
    fn set(&mut self, feature: Feature, value: f32) {
        self.0[feature as usize] = value;
    }

    fn flag(&mut self, feature: Feature, holds: bool) {
        self.set(feature, if holds { 1.0 } else { 0.0 });
    }
}

/// Whether the path says that the file is part of the tests.
pub(crate) fn is_test_path(path: &str) -> bool {
    let parts = ["test", "tests", "testing", "benches", "bench", "conftest", "fixtures"];
    path.split(['/', '.', '_', '-']).any(|part| parts.contains(&part))
}

/// The name of the value a method is called on.
pub(super) fn self_name() -> NameId {
    name_id("self")
}
