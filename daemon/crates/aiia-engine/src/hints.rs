//! What is known of a target beside its text and the index: gathered before the context is.

use std::ops::Range;
use std::path::Path;

use aiia_context::{Hints, NameUse, NearFile, Nearness, Place, Resolved};
use aiia_protocol::action::ActionKind;
use aiia_protocol::document::Diagnostic;

use crate::editor::{Editor, EditorPlace};
use crate::engine::Engine;
use crate::session::Session;
use crate::source::Source;

/// The editor that can be asked about a source, because it has that text open.
fn editor<'s>(session: &'s Session, source: &Source) -> Option<&'s dyn Editor> {
    let open = session.documents().get(&source.path)?;
    session.editor().filter(|_| open.document.len() == source.text.len() && open.document.text() == source.text)
}

/// What the editor's language servers know of the names `uses` in a source, and, where somebody asks for its users, of the symbol
/// at `symbol`.
pub(crate) async fn from_editor(
    session: &Session,
    source: &Source,
    uses: Vec<NameUse>,
    symbol: Option<usize>,
) -> Hints {
    let (Some(editor), Some(root)) = (editor(session, source), source.root.as_deref()) else { return Hints::default() };
    let offsets: Vec<usize> = uses.iter().flat_map(|of_name| of_name.offsets.iter().copied()).collect();
    let definitions = async { if offsets.is_empty() { None } else { editor.definitions(&source.path, offsets).await } };
    let references = async { editor.references(&source.path, symbol?).await };
    let (definitions, references) = tokio::join!(definitions, references);
    Hints {
        resolved: resolved(uses, definitions.unwrap_or_default(), root),
        references: references.unwrap_or_default().iter().filter_map(|place| inside(root, place)).collect(),
        files: Vec::new(),
    }
}

/// What the file that was edited last is worth; each before it is worth less.
const EDITED: f32 = 0.7;
const EDITED_BEFORE: f32 = 0.8;
/// What a file is worth that is only open.
const OPEN: f32 = 0.2;
/// What a file is worth that every commit of the target's file changed, too.
const ALWAYS_TOGETHER: f32 = 1.0;
/// So many more commits that changed only the target's file are supposed, since a few commits tell little.
const SUPPOSED_ALONE: f32 = 2.0;

/// The files below `root` that have to do with the file `name` there, by what was done to them. Nothing is waited for.
pub(crate) fn near_files(engine: &Engine, root: &Path, name: &str) -> Vec<NearFile> {
    let inside = |path: &Path| {
        let path = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
        (path != name).then_some(path)
    };
    let mut files = Vec::new();
    let mut weight = EDITED;
    for path in engine.recent.files().iter().filter_map(|path| inside(path)) {
        files.push(NearFile { path, why: Nearness::Edited, weight });
        weight *= EDITED_BEFORE;
    }
    let open = engine.open_documents();
    for path in open.iter().filter_map(|(path, _)| inside(Path::new(path))) {
        if !files.iter().any(|known| known.path == path) {
            files.push(NearFile { path, why: Nearness::Open, weight: OPEN });
        }
    }
    for found in engine.histories.of(root).iter().flat_map(|history| history.together(name)) {
        let weight = ALWAYS_TOGETHER * found.together as f32 / (found.of as f32 + SUPPOSED_ALONE);
        let why = Nearness::ChangesTogether { together: found.together, of: found.of };
        files.push(NearFile { path: found.path, why, weight });
    }
    files
}

/// What the editor's language servers say of a part of a source.
pub(crate) async fn diagnostics(session: &Session, source: &Source, range: Range<usize>) -> Vec<Diagnostic> {
    match editor(session, source) {
        Some(editor) => editor.diagnostics(&source.path, range).await.unwrap_or_default(),
        None => Vec::new(),
    }
}

/// Whether the functions that use a symbol are of use.
pub(crate) fn wants_users(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Optimize | ActionKind::Test)
}

fn resolved(uses: Vec<NameUse>, answers: Vec<Vec<EditorPlace>>, root: &Path) -> Vec<Resolved> {
    let mut answers = answers.into_iter();
    let mut found = Vec::new();
    for of_name in uses {
        let of_name_answers: Vec<Vec<EditorPlace>> = answers.by_ref().take(of_name.offsets.len()).collect();
        let told = of_name_answers.iter().filter(|places| !places.is_empty()).count();
        if told > 0 {
            found.push(Resolved {
                is_all: of_name.is_all && told == of_name.offsets.len(),
                name: of_name.name,
                places: of_name_answers.iter().flatten().filter_map(|place| inside(root, place)).collect(),
            });
        }
    }
    found
}

/// The place as the index names it; nothing for what lies outside of the folder.
fn inside(root: &Path, place: &EditorPlace) -> Option<Place> {
    let path = Path::new(&place.path).strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
    Some(Place { path, line: place.line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str, line: usize) -> EditorPlace {
        EditorPlace { path: path.to_owned(), line }
    }

    #[test]
    fn answers_belong_to_their_names() {
        let of_name = |name: &str, offsets: &[usize], is_all| NameUse {
            name: name.to_owned(),
            offsets: offsets.to_vec(),
            is_all,
        };
        let uses = vec![
            of_name("a", &[1, 2], true),
            of_name("b", &[3], true),
            of_name("c", &[4], false),
            of_name("d", &[5], true),
        ];
        let outside = place("/usr/lib/x.rs", 1);
        let answers = vec![vec![place("/w/s/x.rs", 7)], vec![], vec![outside], vec![place("/w/y.rs", 2)], vec![]];
        let shown: Vec<String> = resolved(uses, answers, Path::new("/w"))
            .into_iter()
            .map(|found| {
                let places: Vec<String> = found.places.iter().map(|at| format!("{}:{}", at.path, at.line)).collect();
                format!("{} {} {}", found.name, places.join(" "), found.is_all)
            })
            .collect();
        assert_eq!(shown, ["a s/x.rs:7 false", "b  true", "c y.rs:2 false"]);
    }
}
