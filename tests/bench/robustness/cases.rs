//! Edits that people really made: the changed line blocks between two releases of a package.

use std::ops::Range;
use std::path::{Path, PathBuf};

use aiia_edit::{Hunk, apply_hunks, hunks};
use aiia_syntax::{Language, SyntaxTree};

const CONTEXT_LINES: usize = 3;
const MAX_CONTEXT_LINES: usize = 30;
/// Of one pair of releases, so that a large one does not drown the others.
const MAX_EDITS: usize = 40;

/// An edit, with what a reply says about it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) path: String,
    pub(crate) file: String,
    pub(crate) tree: Option<SyntaxTree>,
    /// The quoted lines.
    pub(crate) old: Vec<String>,
    /// The lines that take their places.
    pub(crate) new: Vec<String>,
    /// The first line of `old`, counted from 1; 0 if the reply says none.
    pub(crate) line: usize,
    pub(crate) expected: String,
    /// What is asked for is not in the file, or stands there twice, so refusing is right.
    pub(crate) refusing_is_right: bool,
    pub(crate) dress: Dress,
}

/// How the reply looks around its lines.
#[derive(Clone)]
pub(crate) struct Dress {
    /// Signs of a marker.
    pub(crate) marker: usize,
    /// The file's name as the reply writes it.
    pub(crate) name: String,
    /// What stands before and after the edit.
    pub(crate) prose: (&'static str, &'static str),
    /// The fence, if there is one.
    pub(crate) fence: &'static str,
    pub(crate) fence_closed: bool,
    /// The edit stands twice.
    pub(crate) repeated: bool,
    /// All of it was escaped as a JSON string.
    pub(crate) escaped: bool,
    pub(crate) crlf: bool,
}

impl Case {
    /// Whether the quote, as it is now, stands somewhere to the letter although the case is that it does not.
    pub(crate) fn means_another_place(&self) -> bool {
        let lines: Vec<&str> = self.file.lines().collect();
        let quote: Vec<&str> = self.old.iter().map(String::as_str).collect();
        places(&lines, &quote) > 0
    }
}

/// The edits between two releases.
pub(crate) fn cases(old: &Path, new: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    for path in sources(old) {
        let relative = path.strip_prefix(old).expect("below it");
        let (Ok(before), Ok(after)) = (std::fs::read_to_string(&path), std::fs::read_to_string(new.join(relative)))
        else {
            continue;
        };
        if before.contains('\r') || after.contains('\r') || before.len() > 200_000 {
            continue;
        }
        let language = relative.to_str().and_then(Language::from_path);
        let tree = language.and_then(|language| SyntaxTree::parse(language, &before).ok());
        let lines: Vec<&str> = before.lines().collect();
        for hunk in hunks(&before, &after) {
            found.extend(case(relative, &before, tree.as_ref(), &lines, &hunk));
        }
    }
    let step = found.len().div_ceil(MAX_EDITS).max(1);
    found.into_iter().step_by(step).collect()
}

fn case(path: &Path, before: &str, tree: Option<&SyntaxTree>, lines: &[&str], hunk: &Hunk) -> Option<Case> {
    if hunk.old_lines > 40 || hunk.new_lines > 60 {
        return None;
    }
    let first = hunk.old_start.saturating_sub(usize::from(hunk.old_lines > 0));
    let (start, end) = quoted(lines, first..first + hunk.old_lines)?;
    let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut new = owned(&lines[start..first]);
    new.extend(hunk.new_text.lines().map(str::to_owned));
    new.extend(owned(&lines[first + hunk.old_lines..end]));
    let expected = apply_hunks(before, &[hunk]);
    let language = Language::from_path(path.to_str()?)?;
    let errors = SyntaxTree::parse(language, &expected).map_or(0, |tree| tree.error_count());
    // A part of a larger change may be no change by itself.
    if errors > tree.map_or(0, SyntaxTree::error_count) {
        return None;
    }
    let name = path.to_str()?.to_owned();
    let dress = Dress {
        marker: 7,
        name: name.clone(),
        prose: ("", ""),
        fence: "```",
        fence_closed: true,
        repeated: false,
        escaped: false,
        crlf: false,
    };
    Some(Case {
        path: name,
        file: before.to_owned(),
        tree: tree.cloned(),
        old: owned(&lines[start..end]),
        new,
        line: start + 1,
        expected,
        refusing_is_right: false,
        dress,
    })
}

/// The lines that an edit quotes: three around it, and as many more as it takes for them to stand there once.
fn quoted(lines: &[&str], changed: Range<usize>) -> Option<(usize, usize)> {
    (CONTEXT_LINES..MAX_CONTEXT_LINES)
        .map(|context| (changed.start.saturating_sub(context), (changed.end + context).min(lines.len())))
        .find(|(start, end)| places(lines, &lines[*start..*end]) == 1)
}

/// How often some lines stand among others.
fn places(lines: &[&str], wanted: &[&str]) -> usize {
    lines.windows(wanted.len().max(1)).filter(|window| *window == wanted).count()
}

/// What people have written themselves, in one of the languages that are measured.
fn is_code(name: &str) -> bool {
    let generated = name.contains(".min.") || name.ends_with(".d.ts");
    !generated && [".rs", ".py", ".ts", ".js"].iter().any(|extension| name.ends_with(extension))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if is_code(&name) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
