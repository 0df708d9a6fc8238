//! What questions about open documents need, made before they are asked: the tree, what stands outside functions, and the part of the
//! index. It is done while nobody types.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aiia_syntax::Language;

use crate::documents::OpenDocument;
use crate::engine::Engine;
use crate::indexes;
use crate::source::Source;

/// So long after the last change somebody may have stopped typing.
const AFTER: Duration = Duration::from_millis(300);

/// So long what was read for a question is kept for others.
const KEPT: Duration = Duration::from_mins(10);

/// Prepares the document of that absolute path once it has not changed for a moment. Quick: it is called at every keystroke.
pub(crate) fn soon(engine: &Engine, path: &str) {
    let Some(generation) = engine.open_document(path).map(|open| open.generation) else { return };
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let (engine, path) = (engine.clone(), path.to_owned());
    runtime.spawn(async move {
        let stop = engine.shutdown_token();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AFTER) => {}
        }
        let Some(open) = engine.open_document(&path).filter(|open| open.generation == generation) else { return };
        // A panic of it is that of the question, too, which tells of it.
        let _ = tokio::task::spawn_blocking(move || prepare(&engine, Path::new(&path), &open)).await;
    });
}

/// After a question about a source, once no other came for a moment: prepares it for the next one, where nobody has it open, and in the
/// end drops what was kept for further questions.
pub(crate) fn asked(engine: &Engine, source: &Source) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let number = engine.indexes.asked.fetch_add(1, Ordering::Relaxed) + 1;
    let closed = source.language.filter(|_| source.open.is_none());
    let closed = closed.map(|language| (language, source.path.clone(), Arc::from(source.text.as_str())));
    let engine = engine.clone();
    runtime.spawn(async move {
        let stop = engine.shutdown_token();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AFTER) => {}
        }
        if engine.indexes.asked.load(Ordering::Relaxed) != number {
            return;
        }
        if let Some((language, path, text)) = closed {
            let engine = engine.clone();
            let prepare = move || engine.indexes.recent_trees.prepare(&path, language, text);
            let _ = tokio::task::spawn_blocking(prepare).await;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(KEPT) => {
                engine.indexes.recent_trees.forget(KEPT);
                engine.indexes.recent_texts.forget(KEPT);
            }
        }
    });
}

fn prepare(engine: &Engine, path: &Path, open: &OpenDocument) {
    let named = open.language_id.as_deref().and_then(Language::from_language_id);
    if let Some(language) = named.or_else(|| Language::from_path(&path.to_string_lossy())) {
        open.prepare(language);
    }
    for indexer in engine.indexes.all() {
        if indexer.inside(path).is_some() && indexer.progress().is_usable {
            indexes::take_over_buffers(&indexer, &engine.open_documents());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_question_needs_is_there_before_it() {
        let documents = crate::documents::OpenDocuments::default();
        documents.open("/w/a.rs", Some("rust"), 1, "fn a() {}\n");
        let open = documents.get("/w/a.rs").unwrap();
        assert!(!open.is_prepared());
        open.prepare(Language::from_language_id("rust").unwrap());
        // A later snapshot of the same version has it, too.
        assert!(documents.get("/w/a.rs").unwrap().is_prepared());
    }
}
