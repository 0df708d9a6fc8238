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
/// A file answers to an import as a whole by at least this.
const IMPORTED: f32 = 0.85;

/// Whether names of other files mean something without an import that names them. Of a language that is not known nothing else tells.
pub(super) fn is_enough(language: Option<Language>) -> bool {
    !matches!(language.map(Language::name), Some("rust" | "python" | "javascript" | "typescript" | "tsx"))
}

/// Whether the files of one folder are in each other's scope.
pub(super) fn is_shared_in_folder(language: Option<Language>) -> bool {
    matches!(language.map(Language::name), Some("go" | "java" | "swift" | "csharp" | "php"))
}

/// Raises how likely the definitions are whose names the target's body uses: those of files in scope where there are any, else all of the
/// name. Of several one is meant; a type of another scope is not where one in scope has the name.
pub(super) fn raise(ranking: &Ranking, features: &[Features], ranked: &mut [Ranked]) {
    if !ranking.is_name_enough {
        return;
    }
    let of = |candidate: &Ranked| {
        let features = &features[candidate.features as usize];
        let has = |feature: Feature| features[feature as usize] > 0.0;
        let is_called = has(Feature::Called) && (has(Feature::Function) || has(Feature::Method));
        let is_used = has(Feature::InBody) && (is_called || has(Feature::Type) || has(Feature::Macro));
        let is_in_scope = features[Feature::ModuleImported as usize] >= IMPORTED
            || has(Feature::Imported)
            || has(Feature::ModuleQualified)
            || has(Feature::OfImported);
        (is_used && !has(Feature::Test)).then_some((is_in_scope, has(Feature::Type)))
    };
    // In scope, and altogether.
    let mut counts: FxHashMap<NameId, (usize, usize)> = FxHashMap::default();
    for candidate in ranked.iter() {
        if let Some((is_in_scope, _)) = of(candidate) {
            let (in_scope, all) = counts.entry(candidate.definition.name).or_default();
            *in_scope += usize::from(is_in_scope);
            *all += 1;
        }
    }
    for candidate in ranked {
        let Some((is_in_scope, is_type)) = of(candidate) else { continue };
        let (in_scope, all) = counts[&candidate.definition.name];
        let least = match (is_in_scope, in_scope) {
            (true, _) => IN_SCOPE / in_scope as f32,
            (false, 0) => ANYWHERE / all as f32,
            (false, _) => 0.0,
        };
        candidate.likelihood = candidate.likelihood.max(least);
        if is_type && !is_in_scope && in_scope > 0 {
            candidate.likelihood = candidate.likelihood.min(OUT_OF_SCOPE);
        }
    }
}
