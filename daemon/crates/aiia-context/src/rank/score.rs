//! Candidates, their features and their likelihood.

use super::features::{COUNT, Feature, Features};
use super::forest;
use super::imports::{module_match, module_of};
use super::point::Point;
use super::related::{self, Weighed};
use super::texts::Texts;
use super::weights::{ALONE, MENTIONED};
use crate::target::is_unwritten;
use crate::workspace::{DefinitionRef, NameId, Workspace, WorkspaceIndex, name_id, name_ids, parts};
use crate::{ContextRequest, FileSyntax, Intent, Target};
use aiia_syntax::{Language, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many definitions are looked at closely: where the target is still to be written, and where it says itself what it uses.
const MAX_CANDIDATES: usize = 6000;
const MAX_CANDIDATES_WRITTEN: usize = 1200;
/// How many of the likeliest the forest judges.
const MAX_JUDGED: usize = 1000;
/// What the others' likelihood is worth beside.
const UNJUDGED: f32 = 0.1;
/// How many of the likeliest tell others by their signatures.
const MAX_TELLING: usize = 48;
/// How far up the types are looked for that a type is made from.
const MAX_BASE_DEPTH: usize = 4;
/// Definitions of one such name.
const MAX_BASES: usize = 4;
/// The likest files whose every mentioned name is a candidate.
const LIKE_FILES_OF_CANDIDATES: usize = 8;

/// A definition of another file.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) at: DefinitionRef,
    /// How likely the target needs it, 0 to 1.
    pub(crate) likelihood: f32,
    pub(crate) features: Features,
}

/// What the ranking found.
pub(crate) struct Outcome {
    /// The definitions of other files by how likely the target needs them, the likeliest first.
    pub(crate) ranked: Vec<Ranked>,
    /// Functions of other files that call the target.
    pub(crate) callers: Vec<DefinitionRef>,
    /// Tests of other files that call the target.
    pub(crate) tests: Vec<DefinitionRef>,
}

/// Ranks the definitions of other files for the target.
pub(crate) fn rank(
    request: &ContextRequest,
    workspace: &Workspace,
    texts: &mut Texts,
    file: &FileSyntax,
    target: &Target,
) -> Outcome {
    let point = Point::new(request, file, target);
    let ranking = Ranking::new(request, workspace.index, texts, &point, target);
    let mut ranked: Vec<Ranked> = ranking
        .candidates()
        .into_iter()
        .filter_map(|at| {
            let features = ranking.features(at)?;
            Some(Ranked { at, likelihood: alone(&features), features })
        })
        .collect();
    sort(&mut ranked);
    ranking.tell_each_other(&mut ranked, texts);
    sort(&mut ranked);
    let tests = match &target.symbol {
        Some(symbol) if request.intent == Intent::Test => {
            related::callers(workspace.index, texts, ranking.own, &symbol.name, &ranking.like, true)
        }
        _ => Vec::new(),
    };
    Outcome { ranked, callers: ranking.callers, tests }
}

fn sort(ranked: &mut [Ranked]) {
    ranked.sort_by(|a, b| b.likelihood.total_cmp(&a.likelihood).then(a.at.cmp(&b.at)));
}

fn log_odds(features: &Features, weights: &[f32; COUNT]) -> f32 {
    features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum()
}

fn likelihood(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// How likely a definition is needed by what is known of it alone.
fn alone(features: &Features) -> f32 {
    let weights = if features[Feature::InBody as usize] > 0.0 { &MENTIONED } else { &ALONE };
    likelihood(log_odds(features, weights))
}

struct Ranking<'a> {
    index: &'a WorkspaceIndex,
    point: &'a Point,
    own: Option<u32>,
    own_folder: &'a str,
    like: Vec<(u32, f32)>,
    like_names: Weighed,
    namesake_names: Weighed,
    callers: Vec<DefinitionRef>,
    caller_names: Weighed,
    like_function_names: Weighed,
    /// The types that those around the target are made from, at any remove.
    bases: FxHashSet<NameId>,
    /// By file, how well its module answers to an import of all its names, or is named itself.
    modules: FxHashMap<u32, ModuleUse>,
    /// The files in languages whose definitions the target can use.
    related: FxHashSet<u32>,
    max_candidates: usize,
    /// By file, the parts of its module's path.
    module_paths: FxHashMap<u32, Vec<&'a str>>,
}

#[derive(Clone, Copy, Default)]
struct ModuleUse {
    /// An import of all its names.
    glob: f32,
    /// It is imported under a name.
    named: Option<NameId>,
}

impl<'a> Ranking<'a> {
    fn new(
        request: &'a ContextRequest,
        index: &'a WorkspaceIndex,
        texts: &mut Texts,
        point: &'a Point,
        target: &Target,
    ) -> Ranking<'a> {
        let own = index.file_of_path(request.path);
        let mentioned: FxHashSet<NameId> = point.occurrences.keys().copied().collect();
        let like = related::like_files(index, own, &mentioned);
        let like_names = related::names_of_files(index, &like);
        let bases = bases(index, texts, point);
        let (namesake_names, callers, like_function_names) = match (&target.symbol, point.target_name) {
            (Some(symbol), Some(name)) if symbol.kind.is_callable() => (
                related::names_of_namesakes(index, texts, own, name, &like),
                related::callers(index, texts, own, &symbol.name, &like, false),
                related::names_of_like_functions(index, texts, point, &like),
            ),
            _ => Default::default(),
        };
        let caller_names = related::names_in(index, texts, &callers);
        let mut modules = FxHashMap::default();
        let mut module_paths = FxHashMap::default();
        let mut related = FxHashSet::default();
        for (file, entry) in index.files() {
            let module = module_of(entry.path);
            let mut found = ModuleUse::default();
            for import in &point.imports {
                match &import.name {
                    None => found.glob = found.glob.max(module_match(&module, &import.module)),
                    Some(name) if module.last() == Some(&name.as_str()) => {
                        let mut whole = import.module.clone();
                        whole.push(name.clone());
                        if module_match(&module, &whole) > 0.6 {
                            found.named = import.alias.as_deref().map(name_id);
                        }
                    }
                    Some(_) => {}
                }
            }
            if found.glob > 0.0 || found.named.is_some() {
                modules.insert(file, found);
            }
            module_paths.insert(file, module);
            if Language::from_path(entry.path).map(family) == request.language.map(family) {
                related.insert(file);
            }
        }
        let own_folder = request.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Ranking {
            index,
            point,
            own,
            own_folder,
            like,
            like_names,
            namesake_names,
            callers,
            caller_names,
            like_function_names,
            bases,
            modules,
            related,
            max_candidates: if is_unwritten(request, target) { MAX_CANDIDATES } else { MAX_CANDIDATES_WRITTEN },
            module_paths,
        }
    }

    /// Whether a file is in a language whose definitions the target can use.
    fn is_related(&self, file: u32) -> bool {
        self.related.contains(&file)
    }

    /// The definitions that anything speaks for.
    fn candidates(&self) -> Vec<DefinitionRef> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        let mut add = |at: DefinitionRef| {
            if Some(at.file) != self.own
                && self.is_related(at.file)
                && found.len() < self.max_candidates
                && seen.insert(at)
            {
                found.push(at);
            }
        };
        let mut names: Vec<NameId> = self.point.occurrences.keys().copied().collect();
        names.sort_unstable_by_key(|name| {
            let occurs = self.point.occurrence(*name);
            (!occurs.in_body, occurs.distance, *name)
        });
        for name in &names {
            self.index.named(*name).for_each(&mut add);
        }
        let mut told: Vec<NameId> = self
            .namesake_names
            .keys()
            .chain(self.caller_names.keys())
            .chain(self.like_function_names.keys())
            .chain(&self.bases)
            .copied()
            .collect();
        told.sort_unstable();
        for name in told {
            self.index.named(name).for_each(&mut add);
        }
        names.extend(self.bases.iter().copied().collect::<std::collections::BTreeSet<NameId>>());
        // Members of every type that is named.
        for name in &names {
            for at in self.index.named(*name).collect::<Vec<_>>() {
                let Some((entry, definition)) = self.index.definition(at) else { continue };
                if definition.kind.is_type() {
                    let first = at.definition.saturating_add(1);
                    for (index, member) in (first..).zip(entry.definitions_from(first)) {
                        if member.line > definition.last_line {
                            break;
                        }
                        if member.is_right_inside(at.definition) {
                            add(DefinitionRef { file: at.file, definition: index });
                        }
                    }
                }
            }
        }
        let mut files: Vec<u32> = self.modules.keys().copied().collect();
        files.sort_unstable();
        for file in files {
            if let Some(entry) = self.index.file(file) {
                (0..entry.definition_count())
                    .for_each(|index| add(DefinitionRef { file, definition: index as u16 }));
            }
        }
        for (file, _) in self.like.iter().take(LIKE_FILES_OF_CANDIDATES) {
            if let Some(entry) = self.index.file(*file) {
                for name in entry.mentions() {
                    self.index.named(name).for_each(&mut add);
                }
            }
        }
        found
    }

    fn features(&self, at: DefinitionRef) -> Option<Features> {
        let (entry, definition) = self.index.definition(at)?;
        if matches!(definition.kind, SymbolKind::Impl | SymbolKind::Module) {
            return None;
        }
        let mut features = Builder([0.0; COUNT]);
        let point = self.point;
        let name = entry.name(&definition);
        let owner = entry.parent(&definition).filter(|outer| outer.kind.is_type());
        let is_member = owner.is_some();
        let occurs = point.occurrence(definition.name);
        let near = |distance: usize| (-(distance as f32) / 1500.0).exp();
        let log = |count: u32| (1.0 + count as f32).ln();
        let weight = |names: &Weighed, name| names.get(&name).copied().unwrap_or_default();

        let kind = definition.kind;
        let is_type = kind.is_type();

        features.set(Feature::Bias, 1.0);
        features.flag(Feature::InSignature, occurs.in_signature);
        features.flag(Feature::InBody, occurs.in_body);
        features.set(Feature::Mentioned, log(occurs.count));
        features.set(Feature::Near, near(occurs.distance));
        features.flag(Feature::Called, occurs.called);
        features.flag(Feature::Dotted, occurs.dotted && is_member);
        features.flag(
            Feature::Qualified,
            owner.is_some_and(|owner| point.qualified.contains(&(owner.name, definition.name))),
        );

        let empty = Vec::new();
        let module = self.module_paths.get(&at.file).unwrap_or(&empty);
        let imported = if is_member { 0.0 } else { point.imported(name, module) };
        features.set(Feature::Imported, imported);
        features.flag(Feature::ImportedElsewhere, !is_member && occurs.imported && imported < 0.5);
        features.set(Feature::MentionedImported, imported * log(occurs.count));
        let module_use = self.modules.get(&at.file).copied().unwrap_or_default();
        features.set(Feature::ModuleImported, if is_member { 0.0 } else { module_use.glob });
        features.flag(
            Feature::ModuleQualified,
            !is_member && module_use.named.is_some_and(|module| point.qualified.contains(&(module, definition.name))),
        );

        let named = self.index.named(definition.name).take(200).count();
        features.set(Feature::Ambiguous, (named as f32).ln());
        let share =
            self.index.mentioned_in(definition.name).unwrap_or(1).max(1) as f32 / self.index.file_count().max(1) as f32;
        features.set(Feature::Common, share.ln());
        let is_rare = named == 1;

        let mut visible = false;
        if let Some(owner) = &owner {
            let owner_occurs = point.occurrence(owner.name);
            let owner_imported = point.imported(entry.name(owner), module);
            let of_self = point.self_types.contains(&owner.name);
            features.flag(Feature::OfSignature, owner_occurs.in_signature);
            features.flag(Feature::OfSelf, of_self);
            features.set(Feature::OfImported, owner_imported);
            features.set(Feature::OfMentioned, log(owner_occurs.count));
            features.set(Feature::OfNear, near(owner_occurs.distance));
            features.flag(Feature::OfSelfNames, point.self_names.contains(&owner.name));
            visible = owner_occurs.in_signature || of_self || owner_imported > 0.5 || owner_occurs.count > 0;
            let owner_name = entry.name(owner);
            let owner_parts = parts(owner_name);
            let like_near = owner_parts.iter().all(|part| point.near_parts.contains(part));
            features.flag(Feature::OfTypeLikeNear, like_near && !owner_parts.is_empty());
            features.flag(Feature::OfBase, self.bases.contains(&owner.name));
            let returned = point.returned.contains(&owner.name);
            features.flag(Feature::OfReturned, returned);
            features.flag(
                Feature::MakesReturned,
                returned
                    && (matches!(name, "new" | "__init__" | "default" | "from")
                        || definition.kind == SymbolKind::Variant),
            );
            let of_type = self.index.mentioned_in(owner.name).unwrap_or(1).max(1) as f32;
            let of_name = self.index.mentioned_in(definition.name).unwrap_or(1).max(1) as f32;
            features.set(Feature::ShareOfType, (of_name / of_type).ln().clamp(-4.0, 4.0));
            features.set(Feature::Crowd, log(owner.last_line - owner.line));
            features.flag(Feature::DottedOfSignature, occurs.dotted && owner_occurs.in_signature);
            features.flag(Feature::DottedOfVisible, occurs.dotted && visible);
        }
        features.flag(Feature::InSelfNames, point.self_names.contains(&definition.name));
        let namesake = weight(&self.namesake_names, definition.name);
        let like = weight(&self.like_names, definition.name);
        let siblings = point.sibling_use(definition.name);
        let sibling = siblings.likest;
        features.set(Feature::InSiblings, siblings.share);
        features.set(Feature::InOwnSiblings, siblings.own_share);
        features.set(Feature::InLikeFunction, weight(&self.like_function_names, definition.name));
        features.flag(Feature::InHeader, point.header_names.contains(&definition.name));
        features.flag(Feature::OnSelf, is_member && point.qualified.contains(&(self_name(), definition.name)));
        features.flag(
            Feature::OnSignatureName,
            is_member && point.signature_names.iter().any(|owner| point.qualified.contains(&(*owner, definition.name))),
        );
        features.set(Feature::Length, log(u32::from(definition.signature_lines)));
        features.set(Feature::InNamesake, namesake);
        features.set(Feature::InSibling, sibling);
        features.set(Feature::InCaller, weight(&self.caller_names, definition.name));
        features.set(Feature::InLikeFiles, like);
        features.set(Feature::SiblingOfVisible, if visible { sibling } else { 0.0 });
        features.set(Feature::NamesakeOfVisible, if visible { namesake } else { 0.0 });
        features.set(Feature::RareInLikeFiles, if is_rare { like } else { 0.0 });
        let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        features.flag(Feature::SameFolder, folder == self.own_folder);

        let name_parts: FxHashSet<String> = parts(name).into_iter().collect();
        features.set(Feature::LikeTarget, super::point::likeness(&name_parts, &point.target_parts));
        let shared = name_parts.iter().filter(|part| point.near_parts.contains(*part)).count();
        let like_near = shared as f32 / name_parts.len().max(1) as f32;
        let is_like_near = shared == name_parts.len() && shared > 0;
        features.set(Feature::LikeNear, like_near);
        features.flag(Feature::TypeLikeNear, is_type && is_like_near);

        features.flag(Feature::Public, definition.traits.public);
        features.flag(Feature::Test, definition.traits.test || is_test_path(entry.path));
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
        features.flag(Feature::Constructor, matches!(name, "new" | "__init__" | "default" | "from"));
        features.flag(Feature::Namesake, point.target_name == Some(definition.name));
        features.set(Feature::MentionedType, if is_type { log(occurs.count) } else { 0.0 });
        features.flag(Feature::MentionedMacro, kind == SymbolKind::Macro && occurs.count > 0);
        Some(features.0)
    }

    /// The signatures of the likeliest name types, and a likely type makes its members likelier.
    fn tell_each_other(&self, ranked: &mut [Ranked], texts: &mut Texts) {
        let mut told: FxHashMap<NameId, f32> = FxHashMap::default();
        for candidate in ranked.iter().take(MAX_TELLING) {
            let Some((_, definition)) = self.index.definition(candidate.at) else { continue };
            let Some(signature) = texts.signature(candidate.at.file, &definition) else { continue };
            for name in name_ids(signature) {
                if name != definition.name {
                    let known = told.entry(name).or_default();
                    *known = known.max(candidate.likelihood);
                }
            }
        }
        let mut types: FxHashMap<NameId, f32> = FxHashMap::default();
        for candidate in ranked.iter() {
            if let Some((_, definition)) = self.index.definition(candidate.at)
                && definition.kind.is_type()
            {
                let known = types.entry(definition.name).or_default();
                *known = known.max(candidate.likelihood);
            }
        }
        let mut heat_of_types: FxHashMap<NameId, f32> = FxHashMap::default();
        let mut heat_of_files: FxHashMap<u32, f32> = FxHashMap::default();
        for candidate in ranked.iter() {
            let Some((entry, definition)) = self.index.definition(candidate.at) else { continue };
            *heat_of_files.entry(candidate.at.file).or_default() += candidate.likelihood;
            if let Some(owner) = entry.parent(&definition).filter(|outer| outer.kind.is_type()) {
                *heat_of_types.entry(owner.name).or_default() += candidate.likelihood;
            }
        }
        for candidate in ranked.iter_mut().skip(MAX_JUDGED) {
            candidate.likelihood *= UNJUDGED;
        }
        for candidate in ranked.iter_mut().take(MAX_JUDGED) {
            let Some((entry, definition)) = self.index.definition(candidate.at) else { continue };
            let owner = entry.parent(&definition).filter(|outer| outer.kind.is_type());
            let own = candidate.likelihood;
            let heat = |heat: Option<&f32>| (1.0 + (heat.copied().unwrap_or_default() - own).max(0.0)).ln();
            candidate.features[Feature::HeatOfFile as usize] = heat(heat_of_files.get(&candidate.at.file));
            candidate.features[Feature::HeatOfType as usize] =
                owner.map_or(0.0, |owner| heat(heat_of_types.get(&owner.name)));
            candidate.features[Feature::Alone as usize] = log_odds(&candidate.features, &ALONE).clamp(-10.0, 10.0);
            let of = owner.map_or(0.0, |owner| {
                let own = if self.point.self_types.contains(&owner.name) { 1.0 } else { 0.0 };
                types.get(&owner.name).copied().unwrap_or_default().max(own)
            });
            candidate.features[Feature::InLikelySignature as usize] =
                told.get(&definition.name).copied().unwrap_or_default();
            candidate.features[Feature::OfLikelyType as usize] = of;
            if candidate.features[Feature::InBody as usize] == 0.0 {
                candidate.likelihood = likelihood(forest::log_odds(&candidate.features));
            }
        }
    }
}

struct Builder(Features);

impl Builder {
    fn set(&mut self, feature: Feature, value: f32) {
        self.0[feature as usize] = value;
    }

    fn flag(&mut self, feature: Feature, holds: bool) {
        self.set(feature, if holds { 1.0 } else { 0.0 });
    }
}

/// Languages that use each other's definitions have one name here.
fn family(language: Language) -> &'static str {
    match language.name() {
        "c" | "cpp" => "c",
        "javascript" | "typescript" | "tsx" => "ecmascript",
        name => name,
    }
}

fn self_name() -> NameId {
    name_id("self")
}

/// The types that the headers of the types around the target name, and those that their headers name.
fn bases(index: &WorkspaceIndex, texts: &mut Texts, point: &Point) -> FxHashSet<NameId> {
    let mut found = FxHashSet::default();
    let mut open: Vec<NameId> =
        point.header_names.iter().copied().filter(|name| !point.self_types.contains(name)).collect();
    for _ in 0..MAX_BASE_DEPTH {
        let mut above = Vec::new();
        for name in std::mem::take(&mut open) {
            if !found.insert(name) {
                continue;
            }
            for at in index.named(name).take(MAX_BASES) {
                let Some((_, definition)) = index.definition(at) else { continue };
                if matches!(definition.kind, SymbolKind::Class | SymbolKind::Trait)
                    && let Some(header) = texts.signature(at.file, &definition)
                {
                    above.extend(name_ids(header));
                }
            }
        }
        open = above;
    }
    found.retain(|name| index.mentioned_in(*name).is_some());
    found
}

/// Whether the path says that the file is part of the tests.
pub(crate) fn is_test_path(path: &str) -> bool {
    let parts = ["test", "tests", "testing", "benches", "bench", "conftest", "fixtures"];
    path.split(['/', '.', '_', '-']).any(|part| parts.contains(&part))
}
