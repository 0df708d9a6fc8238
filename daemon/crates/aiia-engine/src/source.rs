//! Source files as the engine reads them: from the caller, an open buffer or the disk, within limits.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use aiia_protocol::document::{DocumentRef, Selection};
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_syntax::Language;
use aiia_text::Document;

use crate::documents::OpenDocument;
use crate::engine::Engine;
use crate::reach;
use crate::session::Session;
use crate::workspace;

/// The largest source file that is worked with.
pub(crate) const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// A source file with its text.
#[derive(Clone)]
pub(crate) struct Source {
    /// Absolute path or `untitled:NAME`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The buffer the text is from, which may have its tree.
    pub(crate) open: Option<OpenDocument>,
    pub(crate) language: Option<Language>,
    /// The folder it belongs to; none for a buffer that was never saved.
    pub(crate) root: Option<PathBuf>,
    /// Its path inside the root, with `/`.
    pub(crate) name: String,
}

impl Source {
    /// Reads `reference`: its own text, else the buffer of the calling editor, else of another one, else the disk.
    pub(crate) async fn read(session: &Session, reference: &DocumentRef) -> Result<Self, Problem> {
        let untitled = reference.path.strip_prefix("untitled:");
        let path = reference.path.clone();
        if untitled.is_none() && !Path::new(&path).is_absolute() {
            return Err(Problem::new(ProblemCode::InvalidParams, format!("“{path}” is not an absolute path."))
                .with_error("/document/path", "an absolute path or untitled:NAME is needed"));
        }
        if untitled.is_none() {
            reach::check(session, Path::new(&path)).await?;
        }
        let open = session.documents().get(&path).or_else(|| session.engine().open_document(&path));
        let language_id =
            reference.language_id.clone().or_else(|| open.as_ref().and_then(|open| open.language_id.clone()));
        let open = open.filter(|_| reference.text.is_none());
        let text = match (&reference.text, &open) {
            (Some(text), _) => text.clone(),
            (None, Some(open)) => open.document.text(),
            (None, None) if untitled.is_some() => {
                return Err(Problem::new(ProblemCode::NotFound, format!("No editor has “{path}” open."))
                    .with_hint("Send its text along."));
            }
            (None, None) => read_file(PathBuf::from(&path)).await?,
        };
        check_text(&path, &text)?;
        let language =
            language_id.as_deref().and_then(Language::from_language_id).or_else(|| Language::from_path(&path));
        let root_of = || workspace::root_of(Path::new(&path), &session.folders(), session.working_folder().as_deref());
        let root = untitled.is_none().then(root_of);
        let name = match &root {
            Some(root) => name_in(root, &path),
            None => untitled.unwrap_or(&path).to_owned(),
        };
        Ok(Self { path, text, open, language, root, name })
    }

    /// Reads the file `path` below `root`: the buffer of an editor, else the disk.
    pub(crate) async fn below(engine: &Engine, path: &Path, root: Option<PathBuf>) -> Result<Self, Problem> {
        let shown = path.to_string_lossy().into_owned();
        let open = engine.open_document(&shown);
        let language_id = open.as_ref().and_then(|open| open.language_id.clone());
        let text = match &open {
            Some(open) => open.document.text(),
            None => read_file(path.to_owned()).await?,
        };
        check_text(&shown, &text)?;
        let language =
            language_id.as_deref().and_then(Language::from_language_id).or_else(|| Language::from_path(&shown));
        let name = root.as_ref().map_or_else(|| shown.clone(), |root| name_in(root, &shown));
        Ok(Self { path: shown, text, open, language, root, name })
    }

    /// The bytes that `selection` means; the whole text where there is none. A selection that ends past the end is
    /// cut, one that begins past it is refused.
    pub(crate) fn range(&self, selection: Option<Selection>) -> Result<Range<usize>, Problem> {
        let document = Document::new(&self.text);
        match selection {
            None => Ok(0..self.text.len()),
            Some(Selection::Lines { start, end }) => {
                let lines = document.line_count();
                let invalid = |detail: String| {
                    Problem::new(ProblemCode::InvalidParams, detail).with_error("/selection", "not in the file")
                };
                if start == 0 || end < start {
                    return Err(invalid(format!("{start}–{end} are not lines; lines count from 1.")));
                }
                if start as usize > lines {
                    return Err(invalid(format!("{} has {lines} lines; line {start} is past its end.", self.name)));
                }
                let last = (end as usize).min(lines);
                let first = document.line_range(start as usize - 1).map_or(0, |range| range.start);
                let until = document.line_range(last - 1).map_or(self.text.len(), |range| range.end);
                Ok(first..until)
            }
            Some(Selection::Bytes { start, end }) => {
                let (start, end) = (start.min(end), start.max(end));
                if start > self.text.len() as u64 {
                    return Err(Problem::new(
                        ProblemCode::InvalidParams,
                        format!("{} has {} bytes; byte {start} is past its end.", self.name, self.text.len()),
                    )
                    .with_error("/selection", "not in the file"));
                }
                let start = floor(&self.text, start as usize);
                Ok(start..floor(&self.text, usize::try_from(end).unwrap_or(usize::MAX)).max(start))
            }
        }
    }
}

/// `path` as it is seen from `root`, with `/`.
fn name_in(root: &Path, path: &str) -> String {
    Path::new(path)
        .strip_prefix(root)
        .ok()
        .map(|name| name.to_string_lossy().replace('\\', "/"))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| path.to_owned())
}

fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset.min(text.len()))
}

/// The text of `path` as it is on disk.
pub(crate) async fn read_file(path: PathBuf) -> Result<String, Problem> {
    let read = move || {
        let shown = path.display().to_string();
        let failed = |error: &std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Problem::new(ProblemCode::NotFound, format!("There is no file {shown}.")),
            std::io::ErrorKind::PermissionDenied => {
                Problem::new(ProblemCode::Forbidden, format!("{shown} may not be read."))
                    .with_hint("Check the permissions of the file and its folders.")
            }
            _ => Problem::new(ProblemCode::UnsupportedDocument, format!("{shown} cannot be read: {error}.")),
        };
        // Checked before opening: opening a pipe would wait for its writer.
        let metadata = std::fs::metadata(&path).map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() { "a folder" } else { "not a regular file" };
            return Err(Problem::new(ProblemCode::UnsupportedDocument, format!("{shown} is {what}."))
                .with_hint("Name a source file."));
        }
        if metadata.len() > MAX_BYTES {
            return Err(too_large(&shown, metadata.len()));
        }
        let file = std::fs::File::open(&path).map_err(|error| failed(&error))?;
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(too_large(&shown, bytes.len() as u64));
        }
        if bytes.contains(&0) {
            return Err(binary(&shown));
        }
        String::from_utf8(bytes).map_err(|_| {
            Problem::new(ProblemCode::UnsupportedDocument, format!("{shown} is not UTF-8 text."))
                .with_hint("Convert it to UTF-8; aiia would change its other bytes.")
        })
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("Reading failed: {error}.")))?
}

fn check_text(path: &str, text: &str) -> Result<(), Problem> {
    if text.len() as u64 > MAX_BYTES {
        return Err(too_large(path, text.len() as u64));
    }
    if text.contains('\0') {
        return Err(binary(path));
    }
    Ok(())
}

fn binary(path: &str) -> Problem {
    Problem::new(ProblemCode::UnsupportedDocument, format!("{path} is a binary file.")).with_hint("Name a source file.")
}

fn too_large(path: &str, bytes: u64) -> Problem {
    Problem::new(
        ProblemCode::TooLarge,
        format!("{path} has {} MiB; aiia works with files up to {} MiB.", bytes.div_ceil(1 << 20), MAX_BYTES >> 20),
    )
    .with_hint("Split the file, or copy the part in question into a file of its own.")
}
