//! What is found by its name alone, in languages whose files use each other without saying what of each.

use super::features::{Feature, Features};
use super::score::{Ranked, Ranking};
use crate::workspace::NameId;
use aiia_syntax::Language;
use rustc_hash::FxHashMap;

/// How likely the only definition of a name that the target's body uses is needed, where its file is in scope and where nothing tells.
const IN_SCOPE: f32 = 0.8;
const ANYWHERE: f32 = 0.4;
/// How likely a type is at most where another one of its name is in scope.
const OUT_OF_SCOPE: f32 = 0.02;
/// A definition of another scope is at most so likely, as a share of the likeliest of its name in scope.
const BEHIND: f32 = 0.9;
/// What answers to an import less than this does not lie where the import looks for it: it may be two modules further inside.
const HANDED_ON: f32 = 0.6;
/// A file answers to an import as a whole by at least this; where all of a folder is imported, its files do by less.
const IMPORTED: f32 = 0.85;
const IMPORTED_FOLDER: f32 = 0.8;

/// Whether names of other files mean something without an import that names them. Of a language that is not known nothing else tells.
pub(super) fn is_enough(language: Option<Language>) -> bool {
    !matches!(language.map(Language::name), Some("rust" | "python" | "javascript" | "typescript" | "tsx"))
}

/// How well a file has to answer to an import as a whole to be in scope.
pub(super) fn least_glob(language: Option<Language>) -> f32 {
    let is_of_folders = matches!(language.map(Language::name), Some("java" | "csharp"));
    if is_of_folders { IMPORTED_FOLDER - f32::EPSILON } else { IMPORTED }
}

/// Whether the files of one folder are in each other's scope.
pub(super) fn is_shared_in_folder(language: Option<Language>) -> bool {
    matches!(language.map(Language::name), Some("go" | "java" | "swift" | "csharp" | "php"))
}

/// Where a definition lies that the target's body uses.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// In scope itself.
    In,
    /// A member of something in a file in scope.
    Near,
    Out,
}

/// How many definitions of a name there are that the target's body uses.
#[derive(Default)]
struct Counts {
    in_scope: usize,
    near: usize,
    all: usize,
    /// One in scope is reached through a name that stands before it.
    is_qualified: bool,
    /// How likely the likeliest is that is in scope or near.
    best: f32,
}

/// Raises how likely the definitions are whose names the target's body uses: those of files in scope where there are any, else all of the
/// name. Of several one is meant; a type of another scope is not where one in scope has the name. In languages that import all they use
/// only what is imported is raised, for a body that is written.
pub(super) fn raise(ranking: &Ranking, features: &[Features], ranked: &mut [Ranked], is_unwritten: bool) {
    if is_unwritten && !ranking.is_name_enough {
        return;
    }
    let has = |candidate: &Ranked, feature: Feature| features[candidate.features as usize][feature as usize] > 0.0;
    let of = |candidate: &Ranked| {
        let has = |feature| has(candidate, feature);
        let least_import = if ranking.is_name_enough { 0.0 } else { HANDED_ON };
        let is_imported = features[candidate.features as usize][Feature::Imported as usize] > least_import;
        let is_called = has(Feature::Called) && (has(Feature::Function) || has(Feature::Method));
        let is_named = is_imported && !ranking.is_name_enough;
        let is_used = has(Feature::InBody) && (is_called || is_named || has(Feature::Type) || has(Feature::Macro));
        if !is_used || has(Feature::Test) {
            return None;
        }
        let module = ranking.modules.get(&candidate.at.file).copied().unwrap_or_default();
        // Methods of some languages stand outside their types.
        let is_inside = candidate.owner.is_some();
        let is_member = is_inside || has(Feature::Method);
        let is_in_scope = is_imported || has(Feature::ModuleQualified) || {
            ranking.is_name_enough && (has(Feature::OfImported) || (!is_inside && module.glob >= ranking.least_glob))
        };
        let is_of_file = module.glob >= ranking.least_glob || (module.named.is_some() && !is_inside);
        let is_near = ranking.is_name_enough && is_member && is_of_file;
        Some(match (is_in_scope, is_near) {
            (true, _) => Scope::In,
            (false, true) => Scope::Near,
            (false, false) => Scope::Out,
        })
    };
    let mut counts: FxHashMap<NameId, Counts> = FxHashMap::default();
    for candidate in ranked.iter() {
        if let Some(scope) = of(candidate) {
            let counts = counts.entry(candidate.definition.name).or_default();
            counts.all += 1;
            counts.in_scope += usize::from(scope == Scope::In);
            counts.near += usize::from(scope == Scope::Near);
            counts.is_qualified |= scope != Scope::Out && has(candidate, Feature::Qualified);
        }
    }
    let mut out = Vec::new();
    for (place, candidate) in ranked.iter_mut().enumerate() {
        let Some(scope) = of(candidate) else { continue };
        let counts = counts.entry(candidate.definition.name).or_default();
        let least = match scope {
            Scope::In => IN_SCOPE / counts.in_scope as f32,
            _ if !ranking.is_name_enough || counts.in_scope > 0 => 0.0,
            Scope::Near => ANYWHERE / counts.near as f32,
            Scope::Out if counts.near > 0 => 0.0,
            Scope::Out => ANYWHERE / counts.all as f32,
        };
        candidate.likelihood = candidate.likelihood.max(least);
        if scope == Scope::Out {
            out.push(place);
        } else {
            counts.best = counts.best.max(candidate.likelihood);
        }
    }
    for place in out {
        let counts = &counts[&ranked[place].definition.name];
        let is_type = has(&ranked[place], Feature::Type);
        let is_other = counts.is_qualified && has(&ranked[place], Feature::Qualified);
        let most = match (counts.in_scope, counts.near) {
            (0, 0) => continue,
            (in_scope, _) if is_other || (is_type && in_scope > 0) => OUT_OF_SCOPE,
            _ => counts.best * BEHIND,
        };
        ranked[place].likelihood = ranked[place].likelihood.min(most);
    }
}
