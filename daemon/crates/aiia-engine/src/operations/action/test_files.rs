//! Where the tests of a file are to be written, and how.

use std::ops::Range;
use std::path::{Path, PathBuf};

use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_syntax::Language;

use crate::context_rules::ContextRules;
use crate::gate;
use crate::generated_tests::{self, TestTarget};
use crate::session::Session;
use crate::source::{self, Source};

/// How much of a test file is shown.
const TEST_EXCERPT_BYTES: usize = 1500;

/// Where tests are to be written, and how.
pub(super) struct Tests {
    pub(super) target: TestTarget,
    /// The file as seen from the workspace.
    pub(super) name: String,
    /// How they are to be written.
    pub(super) style: String,
    /// The name and the text of another test file.
    pub(super) example: Option<(String, String)>,
}

pub(super) async fn of(
    session: &Session,
    source: &Source,
    selection: Range<usize>,
    rules: &ContextRules,
) -> Result<Tests, Problem> {
    let unknown = || {
        Problem::new(
            ProblemCode::UnsupportedDocument,
            format!("Where tests of {} belong is not known for its language.", source.name),
        )
        .with_hint("Use `ask` with “write tests for this code”.")
    };
    let (Some(language), Some(root)) = (source.language, source.root.clone()) else { return Err(unknown()) };
    let (path, text, below) = (source.path.clone(), source.text.clone(), root.clone());
    let find = move || generated_tests::find(Path::new(&path), &text, selection, &below, language);
    let home = tokio::task::spawn_blocking(find)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("The test files cannot be looked for: {error}.")))?
        .ok_or_else(unknown)?;
    let shown = home.path.to_string_lossy().into_owned();
    let text = if shown == source.path { Some(source.text.clone()) } else { text_of(session, &home.path).await? };
    if text.is_some() {
        // Its end is shown to the model.
        gate::admit_file(&home.path, &root, &name_below(&home.path, &root))?;
    }
    let admitted = |path: &PathBuf| {
        let name = name_below(path, &root);
        gate::admit_file(path, &root, &name).is_ok() && rules.admits(&name)
    };
    let example = match home.example.filter(admitted) {
        Some(path) => {
            let text = text_of(session, &path).await.unwrap_or_default();
            text.map(|text| (name_below(&path, &root), text))
        }
        None => None,
    };
    let target = TestTarget {
        language: Language::from_path(&shown).unwrap_or(language),
        path: shown,
        is_new: text.is_none(),
        text: text.unwrap_or_default(),
        preamble: home.preamble,
    };
    Ok(Tests { target, name: name_below(&home.path, &root), style: home.style, example })
}

fn name_below(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// The text of a file as an editor has it, else as the disk has it; `None` where there is none.
async fn text_of(session: &Session, path: &Path) -> Result<Option<String>, Problem> {
    let shown = path.to_string_lossy();
    match session.documents().get(&shown).or_else(|| session.engine().open_document(&shown)) {
        Some(open) => Ok(Some(open.document.text())),
        None => match source::read_file(path.to_owned()).await {
            Ok(text) => Ok(Some(text)),
            Err(problem) if problem.code == ProblemCode::NotFound => Ok(None),
            Err(problem) => Err(problem),
        },
    }
}

/// The end of a test file, in whole lines.
pub(super) fn end_of(text: &str) -> &str {
    let start = text.ceil_char_boundary(text.len().saturating_sub(TEST_EXCERPT_BYTES));
    if start == 0 {
        return text;
    }
    text[start..].find('\n').map_or("", |line| &text[start + line + 1..])
}

/// The beginning of a test file, in whole lines.
pub(super) fn beginning_of(text: &str) -> &str {
    if text.len() <= TEST_EXCERPT_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(TEST_EXCERPT_BYTES);
    &text[..text[..end].rfind('\n').map_or(0, |line| line + 1)]
}
