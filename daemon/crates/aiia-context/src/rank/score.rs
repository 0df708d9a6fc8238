//! Which definitions of other files the target needs, by likelihood.

use super::by_name;
use super::collect::{ModuleUse, candidates, modules};
use super::features::Features;
use super::hinted::Hinted;
use super::measure::{measure, self_name};
use super::nearest;
use super::point::Point;
use super::related::{self, Weighed};
use super::said::By;
use super::tell::tell_each_other;
use super::texts::Texts;
use crate::target::is_unwritten;
use crate::workspace::{Definition, DefinitionRef, NameId, Workspace, WorkspaceIndex, name_ids};
use crate::{ContextRequest, FileSyntax, Intent, Nearness, Target};
use aiia_syntax::{Language, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// How many definitions are looked at closely: where the target is still to be written, and where it says itself what it uses.
const MAX_CANDIDATES: usize = 4500;
const MAX_CANDIDATES_WRITTEN: usize = 1200;
/// How far up the types are looked for that a type is made from.
const MAX_BASE_DEPTH: usize = 4;
/// How likely the only definition of a name is needed that was said of the target.
const SAID: f32 = 0.9;
/// More definitions of such a name are not counted.
const MAX_SAID: usize = 50;
/// Definitions of one such name.
const MAX_BASES: usize = 4;

/// A definition of another file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked {
    pub(crate) at: DefinitionRef,
    /// How likely the target needs it, 0 to 1.
    pub(crate) likelihood: f32,
    pub(crate) definition: Definition,
    /// The type it is a member of.
    pub(super) owner: Option<Owner>,
    /// Who named it in what was said of the target.
    pub(crate) said: Option<By>,
    /// Its place in [`Outcome::features`].
    pub(super) features: u32,
}

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) name: NameId,
    /// The target is part of it.
    pub(super) is_own: bool,
}

impl Ranked {
    /// The name of the type it is a member of.
    pub(crate) fn type_name(&self) -> Option<NameId> {
        self.owner.map(|owner| owner.name)
    }
}

/// What the ranking found.
pub(crate) struct Outcome {
    /// The definitions of other files by how likely the target needs them, the likeliest first.
    pub(crate) ranked: Vec<Ranked>,
    features: Vec<Features>,
    /// Functions of other files that call the target.
    pub(crate) callers: Users,
    /// Tests of other files that call the target.
    pub(crate) tests: Users,
    hinted: Hinted,
}

/// Functions that use the target.
#[derive(Default)]
pub(crate) struct Users {
    /// Those of which a language server is sure come first.
    pub(crate) functions: Vec<DefinitionRef>,
    /// How many these are.
    pub(crate) sure: usize,
}

impl Users {
    fn new(sure: impl Iterator<Item = DefinitionRef>, others: &[DefinitionRef]) -> Users {
        let mut functions: Vec<DefinitionRef> = sure.collect();
        let sure = functions.len();
        functions.extend(others.iter().filter(|at| !functions[..sure].contains(at)).copied().collect::<Vec<_>>());
        Users { functions, sure }
    }
}

impl Outcome {
    /// What is known of one of its definitions.
    pub(crate) fn features(&self, ranked: &Ranked) -> &Features {
        &self.features[ranked.features as usize]
    }

    /// Why a file has to do with the target beside what its text says.
    pub(crate) fn nearness(&self, file: u32) -> Option<Nearness> {
        self.hinted.nearness(file)
    }
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
    let is_unwritten = is_unwritten(request, target);
    let candidates = candidates(&ranking, if is_unwritten { MAX_CANDIDATES } else { MAX_CANDIDATES_WRITTEN });
    let (mut ranked, mut features) = measure(&ranking, &candidates);
    sort(&mut ranked);
    let bodies: Vec<&[NameId]> = ranking.bodies.iter().chain(&point.sibling_bodies).map(Vec::as_slice).collect();
    tell_each_other(&mut ranked, &mut features, texts, &point, &bodies, is_unwritten);
    by_name::raise(&ranking, &features, &mut ranked, is_unwritten);
    ranking.hinted.apply(&mut ranked);
    for candidate in ranked.iter_mut().filter(|candidate| point.said.contains_key(&candidate.definition.name)) {
        // What is named is needed; of several of the name, one is.
        let named = workspace.index.count_named(candidate.definition.name, MAX_SAID);
        candidate.said = candidate.said.or_else(|| point.said.get(&candidate.definition.name).copied());
        candidate.likelihood = candidate.likelihood.max(SAID / named.max(1) as f32);
    }
    sort(&mut ranked);
    let tests = match &target.symbol {
        Some(symbol) if request.intent == Intent::Test => related::callers(
            workspace.index,
            texts,
            ranking.own,
            &symbol.name,
            &ranking.like,
            &ranking.mentioning,
            true,
        ),
        _ => Vec::new(),
    };
    let users = |in_tests: bool| {
        ranking.hinted.users.iter().copied().filter(move |at| {
            let definition = workspace.index.definition(*at);
            definition.is_some_and(|(_, definition)| definition.traits.test == in_tests)
        })
    };
    Outcome {
        ranked,
        features,
        callers: Users::new(users(false), &ranking.callers),
        tests: Users::new(users(true), &tests),
        hinted: ranking.hinted,
    }
}

fn sort(ranked: &mut [Ranked]) {
    ranked.sort_unstable_by(|a, b| b.likelihood.total_cmp(&a.likelihood).then(a.at.cmp(&b.at)));
}

/// What candidates are held against.
pub(super) struct Ranking<'a> {
    pub(super) index: &'a WorkspaceIndex,
    pub(super) point: &'a Point,
    pub(super) own: Option<u32>,
    pub(super) own_folder: &'a str,
    family: Option<&'static str>,
    /// Whether a name tells what is meant without an import.
    pub(super) is_name_enough: bool,
    /// How well a file answers to an import as a whole whose names are in scope.
    pub(super) least_glob: f32,
    pub(super) like: Vec<(u32, f32)>,
    /// The files that mention the target.
    mentioning: Vec<u32>,
    pub(super) like_names: Weighed,
    pub(super) namesake_names: Weighed,
    callers: Vec<DefinitionRef>,
    pub(super) caller_names: Weighed,
    pub(super) nearest_names: Weighed,
    pub(super) nearest_share: Weighed,
    /// The names in the bodies of functions of other files that are like the target or call it.
    pub(super) bodies: Vec<Vec<NameId>>,
    pub(super) own_path: &'a str,
    pub(super) like_function_names: Weighed,
    pub(super) like_function_share: Weighed,
    /// What stands behind names of the signature or fields in functions that are named as the target is, or like it.
    pub(super) names_on_receivers: Weighed,
    /// The types that those around the target are made from, at any remove.
    pub(super) bases: FxHashSet<NameId>,
    /// The files that are imported as a whole.
    pub(super) modules: FxHashMap<u32, ModuleUse>,
    pub(super) self_name: NameId,
    pub(super) hinted: Hinted,
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
        let own_folder = request.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mates = by_name::is_shared_in_folder(request.language).then_some(own_folder);
        let mentioned: FxHashSet<NameId> = point.occurrences.keys().copied().collect();
        let (like, mentioning) = related::like_files(index, own, &mentioned, point.target_name);
        let mut known = related::Functions::default();
        let (namesakes, callers, like_functions) = match (&target.symbol, point.target_name) {
            (Some(symbol), Some(name)) if symbol.kind.is_callable() => (
                related::namesakes(index, own, name, &like),
                related::callers(index, texts, own, &symbol.name, &like, &mentioning, false),
                related::like_functions(index, texts, point, &like, &mut known),
            ),
            _ => Default::default(),
        };
        let (like_function_names, like_function_share) =
            related::names_of_like_functions(index, texts, &like_functions);
        let mut functions: Vec<DefinitionRef> =
            namesakes.iter().chain(like_functions.iter().map(|(at, _)| at)).copied().collect();
        functions.sort_unstable();
        functions.dedup();
        let alike = match &target.symbol {
            Some(symbol) if symbol.kind.is_callable() => {
                nearest::nearest(index, texts, point, &namesakes, &like, is_unwritten(request, target), &mut known)
            }
            _ => Vec::new(),
        };
        let mut bodies = nearest::bodies(index, texts, alike.iter().map(|(at, _)| *at));
        let (nearest_names, nearest_share) = nearest::names_of_nearest(&alike, &bodies);
        bodies.extend(nearest::bodies(index, texts, callers.iter().copied()));
        Ranking {
            nearest_names,
            nearest_share,
            bodies,
            own_path: request.path,
            index,
            point,
            own,
            own_folder,
            family: request.language.map(family),
            is_name_enough: by_name::is_enough(request.language),
            least_glob: by_name::least_glob(request.language),
            like_names: related::names_of_files(index, &like),
            like,
            mentioning,
            namesake_names: related::names_in(index, texts, &namesakes),
            names_on_receivers: related::names_on(index, texts, &functions, &point.receivers),
            caller_names: related::names_in(index, texts, &callers),
            callers,
            like_function_names,
            like_function_share,
            bases: bases(index, texts, point),
            modules: modules(index, point, mates),
            self_name: self_name(),
            hinted: Hinted::new(request.hints, index, own),
        }
    }

    /// Whether a file is another than the target's, in a language whose definitions the target can use, as far as that is known.
    pub(super) fn is_usable(&self, file: u32) -> bool {
        let language = || Language::from_path(self.index.file(file)?.path).map(family);
        Some(file) != self.own && (self.family.is_none() || language() == self.family)
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
