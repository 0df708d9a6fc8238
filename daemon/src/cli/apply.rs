//! `aiia apply`: turns a model's reply, from whatever chat, into a checked change. Works without the daemon; one that runs is asked
//! for unsaved buffers.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use aiia_edit::{ComplaintKind, EditPlan, FileAction, ReplyContext, SourceFile, Workspace, plan};
use aiia_engine::disk_workspace::{self, DiskWorkspace};
use aiia_protocol::document::{StoredDocument, UnsavedDocument, UnsavedDocuments};
use aiia_protocol::operation::DocumentUnsaved;
use aiia_protocol::problem::{Problem, ProblemCode};
use aiia_syntax::Language;
use serde::Serialize;

use crate::cli::arguments::ApplyArguments;
use crate::cli::interrupt;
use crate::cli::output;
use crate::cli::write::{self, NewContent};
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::paths::Paths;

/// The most files below the root that are looked at, and the most that are read because the reply names them.
const MAX_WALK: usize = 100_000;
const MAX_NAMED: usize = 200;
/// Lines of context in the diff.
const CONTEXT_LINES: usize = 3;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    /// `applied` (written), `applicable` (not written, because nobody asked for it) or `failed`.
    status: &'static str,
    files: Vec<FileReport>,
    diff: String,
    /// Code blocks of the reply that have no place in the files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutReport>,
    /// Why nothing was written although it was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Box<Problem>>,
}

#[derive(Debug, Serialize)]
struct FileReport {
    /// The file; absent for complaints about no file in particular.
    path: Option<String>,
    /// `create`, `edit`, `rename` or `delete`; absent where nothing becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// The path before a rename.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Why `--write` needs `--allow-protected` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    protected: Option<&'static str>,
    hunks: Vec<HunkReport>,
    complaints: Vec<ComplaintReport>,
}

#[derive(Debug, Serialize)]
struct HunkReport {
    old_start: usize,
    old_lines: usize,
    new_start: usize,
    new_lines: usize,
    /// How tolerantly it was matched; empty where it matched exactly.
    tolerance: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LeftOutReport {
    /// Where the block begins in the reply, counted from 1.
    reply_line: usize,
    message: String,
}

#[derive(Debug, Serialize)]
struct ComplaintReport {
    kind: &'static str,
    message: String,
    candidates: Vec<usize>,
}

pub(crate) fn run(arguments: &ApplyArguments) -> Result<u8, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::usage(
            "There is no reply.",
            "Pipe it in: `aiia apply < reply.md`, or paste it and press Ctrl-D after `cat |`.",
        ));
    }
    let root = arguments.root.canonicalize().ok().filter(|root| root.is_dir()).ok_or_else(|| {
        Failure::usage(format!("{} is not a directory.", arguments.root.display()), "Name one with --root.")
    })?;
    let mut reply = Vec::new();
    io::stdin()
        .lock()
        .take(aiia_edit::MAX_REPLY_BYTES as u64 + 1)
        .read_to_end(&mut reply)
        .map_err(|error| Failure::local(format!("The reply cannot be read: {error}.")))?;
    // What is too long is refused as such, wherever it was cut.
    let reply = match String::from_utf8(reply) {
        Err(error) if error.as_bytes().len() <= aiia_edit::MAX_REPLY_BYTES => {
            let detail = format!("The reply is not UTF-8 (at byte {}).", error.utf8_error().valid_up_to());
            return Err(Failure::new(exit::FAILED, detail, "Convert it first, as with `iconv -f LATIN1 -t UTF-8`."));
        }
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        Ok(reply) => reply,
    };
    let files = match arguments.files.as_slice() {
        [] => named_files(&root, &reply),
        files => files.iter().map(|file| given_file(&root, file)).collect::<Result<_, _>>()?,
    };
    let workspace = DiskWorkspace::new(&root);
    // Whoever names files means those alone.
    let beside: Option<&dyn Workspace> = if arguments.files.is_empty() { Some(&workspace) } else { None };
    let plan = plan(&reply, &ReplyContext { workspace: beside, ..ReplyContext::of(&files) });
    let diff: String = plan.files.iter().map(|file| file.diff(CONTEXT_LINES)).collect();
    let applicable = plan.complaints.is_empty() && !plan.files.is_empty();
    let written = if applicable && arguments.write { write_files(&root, &plan, arguments) } else { Ok(()) };
    if written.is_err() || !applicable {
        output::go_on_unread();
    }
    if arguments.json {
        let status = match (applicable && written.is_ok(), arguments.write) {
            (false, _) => "failed",
            (true, true) => "applied",
            (true, false) => "applicable",
        };
        let problem = written.as_ref().err().map(|failure| failure.problem.clone());
        let left_out = plan.left_out.iter();
        let left_out = left_out.map(|one| LeftOutReport { reply_line: one.reply_line, message: one.to_string() });
        let left_out = left_out.collect();
        output::json(&Report { status, files: file_reports(&plan), diff, left_out, problem });
    } else {
        output::diff(&diff);
        plan.left_out.iter().for_each(|one| output::note(&format!("note: {one}")));
        for hunk in plan.files.iter().flat_map(|file| &file.hunks).filter(|hunk| !hunk.tolerances.is_empty()) {
            let tolerances: Vec<String> = hunk.tolerances.iter().map(ToString::to_string).collect();
            output::note(&format!("The change at line {}: {}.", hunk.old_start, tolerances.join("; ")));
        }
    }
    written?;
    if applicable {
        return Ok(exit::OK);
    }
    let messages: Vec<&str> = plan.complaints.iter().map(|complaint| complaint.message.as_str()).collect();
    let lacks_file = plan.complaints.iter().any(|complaint| complaint.kind == ComplaintKind::UnknownFile);
    let hint = if files.is_empty() && lacks_file {
        "No file of the reply was found: name it with --file, or its folder with --root."
    } else {
        ""
    };
    Err(Failure::new(exit::FAILED, messages.join("\n"), hint))
}

fn write_files(root: &Path, plan: &EditPlan, arguments: &ApplyArguments) -> Result<(), Failure> {
    let mut contents = Vec::new();
    for file in &plan.files {
        let path = root.join(&file.path);
        let old = || Some(file.old_text.clone().into_bytes());
        let new = || Some(file.new_text.clone().into_bytes());
        match &file.action {
            FileAction::Create => contents.push(NewContent { path, old: None, new: new(), like: None }),
            FileAction::Edit => contents.push(NewContent { path, old: old(), new: new(), like: None }),
            FileAction::Delete => contents.push(NewContent { path, old: old(), new: None, like: None }),
            FileAction::Rename { from } => {
                let from = root.join(from);
                contents.push(NewContent { path, old: None, new: new(), like: Some(from.clone()) });
                contents.push(NewContent { path: from, old: old(), new: None, like: None });
            }
        }
    }
    let paths = plan.files.iter().flat_map(|file| {
        let from = if let FileAction::Rename { from } = &file.action { Some(root.join(from)) } else { None };
        [Some(root.join(&file.path)), from].map(|path| Some((path?, file.protection.map(|why| why.to_string()))))
    });
    let paths: Vec<_> = paths.flatten().collect();
    let paths = paths.iter().map(|(path, why)| (path.as_path(), why.as_deref()));
    write::refuse_protected(paths, arguments.allow_protected)?;
    if !arguments.allow_unsaved {
        refuse_unsaved(root, plan)?;
    }
    let whole = interrupt::hold();
    if let Err(problem) = write::write(&contents) {
        return Err(whole.not_done(problem.into()));
    }
    write::tell(&contents);
    Ok(())
}

/// Refuses to write beside the unsaved buffers of editors that the daemon knows, where one runs.
fn refuse_unsaved(root: &Path, plan: &EditPlan) -> Result<(), Failure> {
    let Some(mut client) = Client::existing(&Paths::from_environment()?)? else { return Ok(()) };
    let documents = plan.files.iter().filter_map(|file| {
        let path = match &file.action {
            FileAction::Create => return None,
            FileAction::Edit | FileAction::Delete => &file.path,
            FileAction::Rename { from } => from,
        };
        Some(StoredDocument { path: root.join(path).display().to_string(), text: file.old_text.clone() })
    });
    let found = client.call::<DocumentUnsaved>(&UnsavedDocuments { documents: documents.collect() })?;
    match found.items.first() {
        None => Ok(()),
        Some(UnsavedDocument { path, client }) => Err(Problem::new(
            ProblemCode::Conflict,
            format!("{client} has {path} open with another text than the file."),
        )
        .with_hint("Nothing was changed. Save the file there or close it; --allow-unsaved writes it all the same.")
        .into()),
    }
}

fn file_reports(plan: &EditPlan) -> Vec<FileReport> {
    let mut reports: Vec<FileReport> = plan
        .files
        .iter()
        .map(|file| FileReport {
            path: Some(file.path.clone()),
            kind: Some(file.action.as_str()),
            from: if let FileAction::Rename { from } = &file.action { Some(from.clone()) } else { None },
            protected: file.protection.map(aiia_edit::Protection::as_str),
            hunks: file
                .hunks
                .iter()
                .map(|hunk| HunkReport {
                    old_start: hunk.old_start,
                    old_lines: hunk.old_lines,
                    new_start: hunk.new_start,
                    new_lines: hunk.new_lines,
                    tolerance: hunk.tolerances.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            complaints: Vec::new(),
        })
        .collect();
    for complaint in &plan.complaints {
        let report = ComplaintReport {
            kind: complaint.kind.as_str(),
            message: complaint.message.clone(),
            candidates: complaint.candidates.clone(),
        };
        match reports.iter_mut().find(|file| file.path == complaint.path) {
            Some(file) => file.complaints.push(report),
            None => {
                reports.push(FileReport {
                    path: complaint.path.clone(),
                    kind: None,
                    from: None,
                    protected: None,
                    hunks: Vec::new(),
                    complaints: vec![report],
                });
            }
        }
    }
    reports
}

/// A file that was named on the command line: below the root, or it is refused.
fn given_file(root: &Path, file: &Path) -> Result<SourceFile, Failure> {
    let shown = file.display();
    let beside_root = root.join(file);
    let found = if beside_root.exists() { beside_root } else { file.to_owned() };
    let real = found
        .canonicalize()
        .map_err(|error| Failure::new(exit::FAILED, format!("{shown} cannot be read: {error}."), "Check the name."))?;
    let relative = real.strip_prefix(root).map_err(|_| {
        Failure::usage(format!("{shown} is not below {}.", root.display()), "Name the folder of the files with --root.")
    })?;
    read_file(root, relative).map_err(|why| Failure::new(exit::FAILED, format!("{shown} {why}."), ""))
}

fn read_file(root: &Path, relative: &Path) -> Result<SourceFile, String> {
    let text = disk_workspace::read(&root.join(relative))?;
    let path = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    let language = Language::from_path(&path);
    Ok(SourceFile::new(path, text, language))
}

/// The files below the root whose names occur in the reply. Links are not followed, so none is outside.
fn named_files(root: &Path, reply: &str) -> Vec<SourceFile> {
    let names = names_in(reply);
    let walk = ignore::WalkBuilder::new(root).hidden(false).filter_entry(|entry| entry.file_name() != ".git").build();
    let mut paths: Vec<PathBuf> = walk
        .take(MAX_WALK)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| names.contains(name)))
        .filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_owned))
        .take(MAX_NAMED)
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| read_file(root, path).ok()).collect()
}

/// Everything in the reply that could be the last part of a path.
fn names_in(reply: &str) -> HashSet<&str> {
    let breaks = |character: char| character.is_whitespace() || "`*\"'<>()[]{}|,;:=/\\".contains(character);
    let words = reply.split(breaks);
    let mut names: HashSet<&str> = words.map(|word| word.trim_end_matches(['.', '!', '?'])).collect();
    // Names with blanks stand alone on their line.
    names.extend(reply.lines().filter(|line| line.len() < 300).filter_map(|line| {
        let line = line.trim_matches(|character: char| character.is_whitespace() || "`*\"'#:".contains(character));
        line.rsplit('/').next()
    }));
    names.remove("");
    names
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("**src/a.py**", "a.py")]
    #[case("Change `lib/b.rs`:", "b.rs")]
    #[case("--- a/src/c.rs\n+++ b/src/c.rs", "c.rs")]
    #[case("*** Update File: d.py", "d.py")]
    #[case("```python path=e.py", "e.py")]
    #[case("## my file.py", "my file.py")]
    #[case("in Makefile.", "Makefile")]
    fn names_are_found_however_they_are_decorated(#[case] reply: &str, #[case] name: &str) {
        assert!(names_in(reply).contains(name), "{:?}", names_in(reply));
    }

    #[test]
    fn only_files_below_the_root_are_read() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("root").canonicalize().unwrap_or_else(|_| {
            fs::create_dir(temp.path().join("root")).unwrap();
            temp.path().join("root").canonicalize().unwrap()
        });
        fs::write(root.join("inside.py"), "x = 1\n").unwrap();
        fs::write(temp.path().join("outside.py"), "secret\n").unwrap();
        std::os::unix::fs::symlink(temp.path().join("outside.py"), root.join("link.py")).unwrap();
        fs::write(root.join("binary.py"), b"\0\xff").unwrap();
        let found: Vec<String> =
            named_files(&root, "inside.py outside.py link.py binary.py").into_iter().map(|file| file.path).collect();
        assert_eq!(found, ["inside.py"]);
        for refused in ["../outside.py", "link.py", "missing.py", "binary.py", "."] {
            assert!(given_file(&root, Path::new(refused)).is_err(), "{refused}");
        }
        assert_eq!(given_file(&root, Path::new("inside.py")).unwrap().path, "inside.py");
    }
}
