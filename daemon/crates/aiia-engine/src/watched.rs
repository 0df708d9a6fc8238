//! What others than editors change on the disk, where somebody watches it and tells.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aiia_context::{Indexer, PATTERN_FILES};
use aiia_syntax::Language;

use crate::engine::Engine;

/// So long after a change others may follow: a branch is checked out, or a generator writes.
const AFTER: Duration = Duration::from_millis(300);
/// Looks at a folder take at most one in so many parts of the time, however many changes are told of.
const SHARE: u32 = 5;
/// A change is waited for no longer than that.
const LONGEST: Duration = Duration::from_secs(5);

/// Glob patterns for the files whose changes matter to an index, relative to the folders of a client.
pub fn watched_globs() -> Vec<String> {
    let all = || Language::all().iter();
    let with_grammar = all().flat_map(|language| language.extensions());
    let extensions: BTreeSet<&str> = with_grammar.chain(aiia_syntax::plain_extensions()).copied().collect();
    let names: BTreeSet<&str> =
        all().flat_map(|language| language.file_names()).copied().chain(PATTERN_FILES).collect();
    let joined = |words: BTreeSet<&str>| words.into_iter().collect::<Vec<_>>().join(",");
    vec![format!("**/*.{{{}}}", joined(extensions)), format!("**/{{{}}}", joined(names))]
}

/// Whether [`watched_globs`] match the file with this name.
pub fn is_watched(name: &str) -> bool {
    Language::from_path(name).is_some() || aiia_syntax::is_plain_code(name) || PATTERN_FILES.contains(&name)
}

/// Lets the indexes that these files concern look at their folders again, once for all changes that come together.
pub(crate) fn changed(engine: &Engine, paths: Vec<PathBuf>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let engine = engine.clone();
    runtime.spawn(async move {
        let telling = engine.clone();
        let concerned = tokio::task::spawn_blocking(move || telling.indexes.changed(&paths)).await;
        for indexer in concerned.unwrap_or_default() {
            tokio::spawn(catch_up(engine.clone(), indexer));
        }
    });
}

async fn catch_up(engine: Engine, indexer: Arc<Indexer>) {
    let stop = engine.shutdown_token();
    // Who is not alone is waited for by the other one, which may just have ended.
    while indexer.is_behind()
        && let Some(_waiting) = engine.indexes.wait_alone(&indexer)
    {
        let rest = indexer.last_took().unwrap_or_default() * (SHARE - 1);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(rest.clamp(AFTER, LONGEST)) => {}
        }
        let (engine, indexer) = (engine.clone(), Arc::clone(&indexer));
        let look = move || engine.indexes.look_again(&indexer);
        if tokio::task::spawn_blocking(look).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_is_what_is_indexed_and_what_leaves_out() {
        let [by_extension, by_name] = watched_globs().try_into().unwrap();
        let words = |glob: &str, start: &str| {
            let inner = glob.strip_prefix(start).and_then(|rest| rest.strip_suffix('}')).unwrap().to_owned();
            inner.split(',').map(str::to_owned).collect::<Vec<_>>()
        };
        for extension in words(&by_extension, "**/*.{") {
            let name = format!("a.{extension}");
            assert!(is_watched(&name), "{name}");
        }
        for name in words(&by_name, "**/{") {
            assert!(is_watched(&name), "{name}");
        }
        assert!(by_name.contains(".gitignore") && by_name.contains(".aiiaignore"));
        assert!(!is_watched("notes.txt") && !is_watched("photo.png"));
    }
}
