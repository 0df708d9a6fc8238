//! Which file a name of the reply means.

use super::block::ReplyCode;
use super::view::FileView;
use crate::complaint::{Complaint, ComplaintKind};
use crate::path::{PathProblem, normal_path};
use crate::plan::{Focus, SourceFile};
use crate::workspace::{Entry, Workspace};

/// The files of a plan: those that were given, then those that the reply names and the workspace has.
pub(crate) struct Files<'a> {
    pub(crate) views: Vec<FileView<'a>>,
    workspace: Option<&'a dyn Workspace>,
    /// The code of the replies, for files that are made, too.
    pub(crate) reply_code: &'a ReplyCode,
}

/// Why a name means no file.
pub(super) enum Unnamed {
    /// There is none of that name.
    Nothing {
        /// The path at which one may be made.
        creatable: Option<String>,
        /// The files of the same last part elsewhere, if one may be made.
        namesakes: Vec<usize>,
    },
    /// It could be several, or it must not be touched.
    Refused(Complaint),
}

/// The files that the reply names by their full path, that were not given and that the workspace has.
pub(crate) fn named_beside<'n>(
    names: impl Iterator<Item = &'n str>,
    given: &[SourceFile],
    workspace: &dyn Workspace,
) -> Vec<SourceFile> {
    let mut found: Vec<SourceFile> = Vec::new();
    for name in names {
        for path in spellings(name) {
            let known = |file: &SourceFile| file.path == path;
            if given.iter().chain(&found).any(known) {
                break;
            }
            if let Entry::File(file) = workspace.entry(&path) {
                found.push(SourceFile { path, ..file });
                break;
            }
        }
    }
    found
}

/// The path as written, and without the `a/` or `b/` that diffs put before it.
fn spellings(name: &str) -> Vec<String> {
    let plain = name.strip_prefix("a/").or(name.strip_prefix("b/"));
    [Some(name), plain].into_iter().flatten().filter_map(|name| normal_path(name).ok()).collect()
}

/// The name with `/` between its parts and without `./` before it.
fn normal(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches("./").to_owned()
}

/// Whether a path ends with the parts of another one.
fn ends_with(long: &str, short: &str) -> bool {
    long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Whether the name stands for a path that the model does not know.
pub(super) fn is_invented(name: &str) -> bool {
    name.starts_with("path/to/") || name.contains("/path/to/")
}

/// Whether a path leads out of the workspace as it is written.
pub(super) fn is_outside(name: &str) -> bool {
    name.starts_with(['/', '~', '\\']) || name.starts_with("../") || name.contains(":\\") || name.contains(":/")
}

impl<'a> Files<'a> {
    pub(crate) fn new(
        given: &'a [SourceFile],
        beside: &'a [SourceFile],
        focus: Option<&'a Focus>,
        workspace: Option<&'a dyn Workspace>,
        reply_code: &'a ReplyCode,
    ) -> Self {
        let views = given.iter().chain(beside).map(|file| FileView::new(file, focus, reply_code)).collect();
        Self { views, workspace, reply_code }
    }

    /// The file that the action was asked for in.
    pub(super) fn focus(&self) -> Option<usize> {
        self.views.iter().position(FileView::is_focus)
    }

    /// The file a name means: by its path, by the end of its path, by its last part. Where the name is a path at which a file may
    /// be made, a longer path or another folder is another file.
    pub(super) fn named(&self, name: &str) -> Result<usize, Unnamed> {
        let creatable = match self.at(name) {
            Err(Unnamed::Nothing { creatable, .. }) => creatable,
            found => return found,
        };
        let normal = normal(name);
        let is_shortened = |path: &str| ends_with(path, &normal);
        // Of several, the file that was asked about is meant.
        if let Some(asked) = self.focus().filter(|index| is_shortened(self.views[*index].path)) {
            return Ok(asked);
        }
        let is_lengthened = |path: &str| ends_with(&normal, path);
        let is_namesake = |path: &str| path.rsplit('/').next() == normal.rsplit('/').next();
        if creatable.is_some() && !is_invented(&normal) && self.all(is_shortened).is_empty() {
            let mut namesakes = self.all(is_lengthened);
            if namesakes.is_empty() {
                namesakes = self.all(is_namesake);
            }
            return Err(Unnamed::Nothing { creatable, namesakes });
        }
        match self.only(|path| is_shortened(path) || is_lengthened(path)).or_else(|| self.only(is_namesake)) {
            Some(Ok(index)) => Ok(index),
            Some(Err(several)) => Err(Unnamed::Refused(self.several(name, &several))),
            None => match normal_path(name) {
                // Models invent `/path/to/file.py`.
                Ok(_) | Err(PathProblem::Absolute) => Err(Unnamed::Nothing { creatable, namesakes: Vec::new() }),
                Err(problem) => Err(Unnamed::Refused(unsafe_path(name, &problem))),
            },
        }
    }

    /// The file of exactly this path.
    pub(super) fn exactly(&self, name: &str) -> Result<usize, Unnamed> {
        let index = self.at(name)?;
        let path = self.views[index].path;
        let nothing = Unnamed::Nothing { creatable: None, namesakes: Vec::new() };
        if spellings(name).iter().any(|spelling| spelling == path) { Ok(index) } else { Err(nothing) }
    }

    /// The file at this path, or one before which a diff puts `a/` or `b/`.
    fn at(&self, name: &str) -> Result<usize, Unnamed> {
        let normal = normal(name);
        if normal.split('/').any(|part| part == "..") {
            return Err(Unnamed::Refused(unsafe_path(name, &"climbs out with `..`")));
        }
        let plain = normal.strip_prefix("a/").or(normal.strip_prefix("b/"));
        if let Some(index) = self.only(|path| path == normal || Some(path) == plain) {
            return index.map_err(|several| Unnamed::Refused(self.several(name, &several)));
        }
        let mut creatable = None;
        for path in spellings(&normal) {
            let Some(entry) = self.entry(&path) else { break };
            match entry {
                Entry::OtherCase(real) => return Err(Unnamed::Refused(other_case(name, &real))),
                Entry::Refused(why) => return Err(Unnamed::Refused(unsafe_path(name, &why))),
                Entry::Absent => creatable = creatable.or(Some(path)),
                Entry::File(_) => {}
            }
        }
        if let Some(real) = self.views.iter().find(|view| view.path.to_lowercase() == normal.to_lowercase()) {
            return Err(Unnamed::Refused(other_case(name, real.path)));
        }
        Err(Unnamed::Nothing { creatable, namesakes: Vec::new() })
    }

    /// A path at which nothing stands.
    pub(super) fn free(&self, name: &str) -> Result<String, Complaint> {
        let path = normal_path(name).map_err(|problem| unsafe_path(name, &problem))?;
        let stands = |view: &&FileView| view.path.to_lowercase() == path.to_lowercase();
        if let Some(view) = self.views.iter().find(stands) {
            return Err(exists(name, view.path));
        }
        match self.entry(&path) {
            Some(Entry::Absent) => Ok(path),
            Some(Entry::File(_)) => Err(exists(name, &path)),
            Some(Entry::OtherCase(real)) => Err(other_case(name, &real)),
            Some(Entry::Refused(why)) => Err(unsafe_path(name, &why)),
            None => Err(self.unknown(name)),
        }
    }

    /// Without a workspace nothing but the given files is known, and nothing can be made.
    fn entry(&self, path: &str) -> Option<Entry> {
        self.workspace.map(|workspace| workspace.entry(path))
    }

    fn only(&self, test: impl Fn(&str) -> bool) -> Option<Result<usize, Vec<usize>>> {
        let fitting = self.all(test);
        match fitting[..] {
            [] => None,
            [one] => Some(Ok(one)),
            _ => Some(Err(fitting)),
        }
    }

    fn all(&self, test: impl Fn(&str) -> bool) -> Vec<usize> {
        (0..self.views.len()).filter(|index| test(self.views[*index].path)).collect()
    }

    /// The complaint about a name that could mean several files.
    pub(super) fn several(&self, name: &str, fitting: &[usize]) -> Complaint {
        let paths: Vec<&str> = fitting.iter().take(10).map(|index| self.views[*index].path).collect();
        Complaint::new(
            ComplaintKind::UnknownFile,
            format!(
                "The reply changes `{name}`, which could be several files: {}. Ask the model for the full path.",
                paths.join(", ")
            ),
        )
    }

    /// The complaint about a name that means nothing.
    pub(super) fn unknown(&self, name: &str) -> Complaint {
        if let Err(problem) = normal_path(name) {
            return unsafe_path(name, &problem);
        }
        let known: Vec<&str> = self.views.iter().take(10).map(|view| view.path).collect();
        let message = if known.is_empty() {
            format!("The reply changes `{name}`, and there is no such file. Name the one that is meant and ask again.")
        } else {
            let known = known.join(", ");
            format!(
                "The reply changes `{name}`, which is none of the files it was given ({known}). Open that file and ask again."
            )
        };
        Complaint::new(ComplaintKind::UnknownFile, message)
    }
}

fn unsafe_path(name: &str, why: &dyn std::fmt::Display) -> Complaint {
    let shown: String = name.chars().take(200).collect();
    let message = format!("The reply names `{}`, which {why}. Nothing is changed there.", shown.escape_debug());
    Complaint::new(ComplaintKind::UnsafePath, message)
}

fn other_case(name: &str, real: &str) -> Complaint {
    let message = format!(
        "The reply names `{name}`, and there is {real}, which differs in big and small letters only. Ask the model to \
         name the file as it is called."
    );
    Complaint::new(ComplaintKind::UnsafePath, message).in_file(real)
}

fn exists(name: &str, real: &str) -> Complaint {
    let message = format!(
        "The reply makes `{name}` anew, but {real} is there already. Ask the model for a change of it, or give it another name."
    );
    Complaint::new(ComplaintKind::Exists, message).in_file(real)
}
