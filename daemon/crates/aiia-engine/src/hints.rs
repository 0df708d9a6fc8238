//! What is known of a target beside its text and the index: gathered before the context is.

use std::ops::Range;
use std::path::Path;

use aiia_context::{Hints, NameUse, Place, Resolved};
use aiia_protocol::action::ActionKind;
use aiia_protocol::document::Diagnostic;

use crate::editor::{Editor, EditorPlace};
use crate::session::Session;
use crate::source::Source;

/// The editor that can be asked about a source, because it has that text open.
fn editor<'s>(session: &'s Session, source: &Source) -> Option<&'s dyn Editor> {
    let open = session.documents().get(&source.path)?;
    session.editor().filter(|_| open.document.len() == source.text.len() && open.document.text() == source.text)
}

/// What the editor's language servers know of the names `uses` in a source, and, where somebody asks for its users, of the symbol
/// at `symbol`.
pub(crate) async fn from_editor(session: &Session, source: &Source, uses: Vec<NameUse>, symbol: Option<usize>) -> Hints {
    let (Some(editor), Some(root)) = (editor(session, source), source.root.as_deref()) else { return Hints::default() };
    let offsets: Vec<usize> = uses.iter().flat_map(|of_name| of_name.offsets.iter().copied()).collect();
    let definitions = async {
        if offsets.is_empty() { None } else { editor.definitions(&source.path, offsets).await }
    };
    let references = async { editor.references(&source.path, symbol?).await };
    let (definitions, references) = tokio::join!(definitions, references);
    Hints {
        resolved: resolved(uses, definitions.unwrap_or_default(), root),
        references: references.unwrap_or_default().iter().filter_map(|place| inside(root, place)).collect(),
        files: Vec::new(),
    }
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
        let uses = vec![of_name("a", &[1, 2], true), of_name("b", &[3], true), of_name("c", &[4], false), of_name("d", &[5], true)];
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
