//! `FILE[:LINE[-LINE]]`: the code that a verb is about.

use std::path::{Path, PathBuf};

use aiia_protocol::document::{DocumentRef, Selection};

use crate::exit::Failure;

/// A file, or lines of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The file as it was typed.
    pub(crate) file: PathBuf,
    /// First and last line, counted from 1, inclusive.
    pub(crate) lines: Option<(u32, u32)>,
}

impl Target {
    /// Reads what was typed. A file that exists under the whole name wins over a line number; `FILE:LINE:COLUMN`, as
    /// compilers print it, means the line.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        parse(text, &|file| Path::new(file).exists())
            .map_err(|detail| Failure::usage(detail, "Write FILE, FILE:LINE or FILE:LINE-LINE; lines count from 1."))
    }

    /// The file as the protocol names it.
    pub(crate) fn document(&self) -> Result<DocumentRef, Failure> {
        let path = std::path::absolute(&self.file)
            .map_err(|error| Failure::local(format!("{}: {error}.", self.file.display())))?;
        let path = tidy(&path);
        let path = path.to_str().ok_or_else(|| {
            Failure::local(format!("The name of {} is not Unicode, which is not supported.", path.display()))
        })?;
        Ok(DocumentRef { path: path.to_owned(), text: None, language_id: None })
    }

    /// The lines as the protocol names them.
    pub(crate) fn selection(&self) -> Option<Selection> {
        self.lines.map(|(start, end)| Selection::Lines { start, end })
    }
}

/// The absolute `path` without `..`, with the links that it goes through resolved when there are any.
fn tidy(path: &Path) -> PathBuf {
    if path.components().any(|component| component == std::path::Component::ParentDir)
        && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
        && let Ok(folder) = folder.canonicalize()
    {
        return folder.join(name);
    }
    path.to_owned()
}

fn parse(text: &str, exists: &dyn Fn(&str) -> bool) -> Result<Target, String> {
    if text.is_empty() {
        return Err("The name of the file is empty.".to_owned());
    }
    let whole = || Ok(Target { file: text.into(), lines: None });
    if exists(text) {
        return whole();
    }
    let Some((file, lines)) = text.rsplit_once(':').filter(|(file, _)| !file.is_empty()) else { return whole() };
    if let Some((shorter, line)) = file.rsplit_once(':')
        && !shorter.is_empty()
        && !exists(file)
        && is_number(lines)
        && is_number(line)
    {
        return Ok(Target { file: shorter.into(), lines: Some(range(line)?) });
    }
    let looks_like_lines =
        !lines.is_empty() && lines.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && lines != "-";
    if looks_like_lines { Ok(Target { file: file.into(), lines: Some(range(lines)?) }) } else { whole() }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let number = |part: &str| part.parse::<u32>().map_err(|_| format!("“{text}” is no range of lines."));
    let (start, end) = match text.split_once('-') {
        Some((start, end)) => (number(start)?, number(end)?),
        None => (number(text)?, number(text)?),
    };
    if start == 0 {
        return Err("There is no line 0.".to_owned());
    }
    if end < start {
        return Err(format!("The range of lines “{text}” ends before it begins."));
    }
    Ok((start, end))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const FILES: &[&str] = &["a.rs", "odd:12", "odd:name.rs", "odd:12:3"];

    #[rstest]
    #[case("a.rs", "a.rs", None)]
    #[case("a.rs:12", "a.rs", Some((12, 12)))]
    #[case("a.rs:12-20", "a.rs", Some((12, 20)))]
    #[case("a.rs:12:5", "a.rs", Some((12, 12)))]
    #[case("missing.rs:3", "missing.rs", Some((3, 3)))]
    #[case("odd:12", "odd:12", None)]
    #[case("odd:12:4", "odd:12", Some((4, 4)))]
    #[case("odd:12:3", "odd:12:3", None)]
    #[case("odd:name.rs:7", "odd:name.rs", Some((7, 7)))]
    #[case(r"C:\code\a.rs", r"C:\code\a.rs", None)]
    #[case(r"C:\code\a.rs:7-9", r"C:\code\a.rs", Some((7, 9)))]
    #[case("a.rs:", "a.rs:", None)]
    #[case(":12", ":12", None)]
    #[case("a.rs:x", "a.rs:x", None)]
    #[case("a.rs:-", "a.rs:-", None)]
    #[case("untitled:1", "untitled", Some((1, 1)))]
    fn targets(#[case] text: &str, #[case] file: &str, #[case] lines: Option<(u32, u32)>) {
        let expected = Target { file: file.into(), lines };
        assert_eq!(parse(text, &|name| FILES.contains(&name)), Ok(expected));
    }

    #[rstest]
    #[case("")]
    #[case("a.rs:0")]
    #[case("a.rs:9-3")]
    #[case("a.rs:3-")]
    #[case("a.rs:-3")]
    #[case("a.rs:1-2-3")]
    #[case("a.rs:99999999999")]
    fn nonsense_is_refused(#[case] text: &str) {
        assert!(parse(text, &|name| FILES.contains(&name)).is_err());
    }
}
