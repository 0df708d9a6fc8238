//! Finds the file name a model wrote near an edit: above it, at the fence or on its first line.

use aiia_syntax::Language;

use crate::lines::Line;

/// How sure the reply is about the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum FileName {
    /// Nothing said.
    #[default]
    None,
    /// Said at an earlier edit of the reply.
    Earlier(String),
    /// Said at this edit.
    Given(String),
    /// Named in the words above it, in whatever way: a new file, if the code fits none that there is.
    Mentioned(String),
}

impl FileName {
    pub(crate) fn from_option(name: Option<String>) -> Self {
        name.map_or(Self::None, Self::Given)
    }

    /// Whether two edits may be of one file. A part of a path may be that of any file whose path ends so.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let (Some(one), Some(other)) = (self.name(), other.name()) else { return true };
        let plain = |name: &str| {
            let name = name.strip_prefix("./").unwrap_or(name);
            name.strip_prefix("a/").or(name.strip_prefix("b/")).unwrap_or(name).to_owned()
        };
        let (one, other) = (plain(one), plain(other));
        let ends = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        ends(&one, &other) || ends(&other, &one)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Earlier(name) | Self::Given(name) | Self::Mentioned(name) => Some(name),
        }
    }

    /// What later edits without a name of their own go by.
    pub(crate) fn earlier(&self) -> Self {
        match self {
            Self::None | Self::Mentioned(_) => Self::None,
            Self::Earlier(name) | Self::Given(name) => Self::Earlier(name.clone()),
        }
    }
}

/// The file name in the lines above line `at`: the nearest line that is not blank, also across the line
/// that opens a fence. `used` lines belong to other edits.
pub(crate) fn above(lines: &[Line], used: &[bool], at: usize, known: &[&str]) -> Option<(usize, String)> {
    let mut fence_seen = false;
    for number in (0..at).rev().take(5) {
        let line = lines[number].trimmed();
        if used[number] {
            return None;
        }
        if line.is_empty() {
            continue;
        }
        if let Some(info) = line.strip_prefix("```") {
            if fence_seen || (info.is_empty() && number + 1 != at) {
                return None;
            }
            fence_seen = true;
            if let Some(name) = in_fence_info(info, known) {
                return Some((number, name));
            }
            continue;
        }
        return made_in(line, known).or_else(|| in_line(line, known)).map(|name| (number, name));
    }
    None
}

/// The file name after the language of a fence: `rust src/a.rs`, `rust:src/a.rs`, `python title="a.py"`
/// or a name alone.
pub(crate) fn in_fence_info(info: &str, known: &[&str]) -> Option<String> {
    let info = info.trim_start_matches('`').trim();
    let parts = info.split([' ', ':', '=', '{', '}', ',']).rev();
    for part in parts {
        let name = bare(part);
        if is_known(name, known) || looks_like_path(name) {
            return Some(name.to_owned());
        }
    }
    None
}

/// Words that say that a file is made.
const MAKES: &[&str] = &["create", "creates", "creating", "new", "add", "adding", "save", "write", "put"];
/// Words before a path that say that something is done in that file.
const WITHIN: &[&str] = &["in", "into", "to", "inside", "of", "from", "at", "within"];

/// The file that a sentence or heading says is made, which is none of those known: `Create `src/new.py` with this:`.
pub(crate) fn made_in(line: &str, known: &[&str]) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_path = |word: &str| {
        let name = bare(word);
        looks_like_path(name) && (name.contains('/') || word.contains('`'))
    };
    let paths: Vec<usize> = (0..words.len()).filter(|at| is_path(words[*at])).collect();
    let made = words.iter().position(|word| !is_path(word) && MAKES.contains(&plain(word).as_str()))?;
    // What is named next, or else the one path of the line.
    let path = match (paths.iter().find(|at| **at > made), &paths[..]) {
        (Some(next), _) => *next,
        (None, [one]) => *one,
        _ => return None,
    };
    let name = bare(words[path]);
    let before = path.checked_sub(1).map(|at| plain(words[at])).unwrap_or_default();
    // `Save this to `a.py`` makes it; `add a test to `a.py`` does not.
    let writes = matches!(plain(words[made]).as_str(), "save" | "write" | "put")
        || words.windows(2).any(|pair| plain(pair[0]) == "new" && plain(pair[1]) == "file");
    let within = WITHIN.contains(&before.as_str()) && !writes;
    (!within && !is_known(name, known)).then(|| name.to_owned())
}

/// The file name on a line of its own, decorated or in a comment (`// src/a.rs`, `**a.py**`,
/// `File: a.py`), or the one known file mentioned in a sentence.
pub(crate) fn in_line(line: &str, known: &[&str]) -> Option<String> {
    let mut text = line.trim();
    for lead in ["//", "#", "--", "<!--", "/*", ";", "-", "*"] {
        text = text.trim_start_matches(lead).trim_start();
    }
    text = without_ornament(text.trim_end_matches("-->").trim_end_matches("*/").trim());
    for label in LABELS {
        if let Some(head) = text.get(..label.len())
            && head.eq_ignore_ascii_case(label)
        {
            text = text[label.len()..].trim();
        }
    }
    let name = bare(text);
    if is_known(name, known) || (looks_like_path(name) && !name.contains(char::is_whitespace)) {
        return Some(name.to_owned());
    }
    if is_denied(text) {
        return None;
    }
    let mut mentioned = text.split(char::is_whitespace).map(bare).filter(|word| is_known(word, known));
    let first = mentioned.next()?;
    mentioned.all(|other| other == first).then(|| first.to_owned())
}

/// Words of sentences that name a file which is not meant.
const DENIES: &[&str] = &[
    "not",
    "don't",
    "doesn't",
    "isn't",
    "unlike",
    "untouched",
    "unchanged",
    "nicht",
    "unverändert",
    "pas",
    "sin",
    "не",
];

fn is_denied(sentence: &str) -> bool {
    let words =
        sentence.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    words.into_iter().any(|word| DENIES.contains(&word.replace('’', "'").as_str()))
}

/// Whether the words above a line say that another file is meant than before.
pub(crate) fn says_other(lines: &[Line], used: &[bool], at: usize) -> bool {
    let above = (0..at).rev().take(5).take_while(|number| !used[*number]).map(|number| lines[number].trimmed());
    let Some(line) = above.into_iter().find(|line| !line.is_empty() && !line.starts_with("```")) else { return false };
    let line = line.to_lowercase();
    ["other file", "second file", "another file", "andere datei", "anderen datei", "zweiten datei", "autre fichier"]
        .iter()
        .any(|said| line.contains(said))
}

/// Words before a path of a file that is there.
const INSIDE: &[&str] = &[
    "in", "inside", "within", "to", "from", "at", "im", "dans", "en", "em", "nel", "в", "from", "like", "see", "call",
];
/// Data is often shown, so that a mention makes no file of it.
const DATA: &[&str] = &["json", "yaml", "toml", "markdown", "html", "css"];

/// The one path that the line above a fence names, if it fits the language at the fence and no file is known by it.
pub(crate) fn mentioned_above(
    lines: &[Line],
    used: &[bool],
    at: usize,
    language: Option<&str>,
    known: &[&str],
) -> Option<String> {
    let number = (0..at).rev().take(3).take_while(|number| !used[*number]).find(|number| !lines[*number].is_blank())?;
    let line = lines[number].trimmed();
    if line.starts_with("```") || is_denied(line) {
        return None;
    }
    let sign = if line.contains('`') { "`" } else { "**" };
    let parts: Vec<&str> = line.split(sign).collect();
    let is_path = |name: &str| {
        let is_dotted = name
            .strip_prefix('.')
            .is_some_and(|rest| rest.len() > 2 && rest.chars().all(|c| c.is_ascii_lowercase() || c == '.'));
        !name.contains(char::is_whitespace) && (looks_like_path(name) || is_dotted)
    };
    let paths: Vec<usize> = (1..parts.len()).step_by(2).filter(|part| is_path(bare(parts[*part]))).collect();
    let [one] = paths[..] else { return None };
    let name = bare(parts[one]);
    let before = parts[..one].concat();
    let last = before.split_whitespace().last().unwrap_or_default().to_lowercase();
    if is_known(name, known) || INSIDE.contains(&last.as_str()) {
        return None;
    }
    let tag = language.and_then(Language::from_language_id);
    let own = Language::from_path(name);
    let leads = !before.contains(char::is_alphabetic);
    let fits = language.is_none() || tag == own;
    let is_data = own.is_none_or(|own| DATA.contains(&own.name()));
    (fits && (leads || !is_data)).then(|| name.to_owned())
}

/// What may stand before a file name.
const LABELS: &[&str] = &[
    "file:",
    "filename:",
    "file name:",
    "path:",
    "file path:",
    "filepath:",
    "new file:",
    "create file:",
    "create:",
    "new:",
    "updated file:",
    "updated:",
    "modified:",
];

/// A heading without its number, without pictures before it and without a remark such as `(new file)` behind it.
fn without_ornament(text: &str) -> &str {
    let is_picture = |c: char| !c.is_ascii() && !c.is_alphanumeric();
    let mut text = text.trim_start_matches(is_picture).trim_start();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if let Some(rest) = text[digits..].strip_prefix(['.', ')']).filter(|rest| digits > 0 && rest.starts_with(' ')) {
        text = rest.trim_start().trim_start_matches(is_picture).trim_start();
    }
    let text = text.trim_end_matches([':', '*']);
    if let Some((name, remark)) = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        let is_remark = remark.split_whitespace().count() <= 3 && remark.chars().all(|c| c.is_alphabetic() || c == ' ');
        if is_remark {
            return name.trim_end();
        }
    }
    text
}

/// A comment on the first line of code that is nothing but a path.
pub(crate) fn in_first_code_line(line: &str, known: &[&str]) -> Option<String> {
    let text = line.trim();
    let comment = ["//", "#", "--", "/*", "<!--"].iter().any(|lead| text.starts_with(lead));
    let name = in_line(text, known)?;
    let alone = !text.trim_end_matches("*/").trim_end_matches("-->").trim().contains(' ')
        || text.split_whitespace().filter(|word| word.contains(['.', '/'])).count() >= 1
            && text.split_whitespace().count() <= 3;
    let certain = is_known(&name, known) || name.contains('/');
    ((comment && alone && certain) || is_known(text, known)).then_some(name)
}

/// A comment on a line of code that is nothing but a name whose ending is of the language of the code.
pub(crate) fn in_comment_alone(line: &str, language: Option<&str>) -> Option<String> {
    let text = line.trim();
    let name = ["//", "#", "--"].iter().find_map(|lead| text.strip_prefix(lead))?.trim();
    let is_name = !name.contains(char::is_whitespace) && looks_like_path(name);
    let tag = language.and_then(Language::from_language_id)?;
    (is_name && Language::from_path(name) == Some(tag)).then(|| name.to_owned())
}

/// The name without quotes, emphasis, brackets and end punctuation, and without `a/`, `b/` and `./`.
fn bare(text: &str) -> &str {
    let mut name = text
        .trim()
        .trim_matches(|c: char| "*`'\"<>[]()".contains(c) || c.is_whitespace())
        .trim_end_matches([':', ','])
        .trim_matches(|c: char| "*`'\"<>[]()".contains(c));
    if let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name
}

pub(super) fn is_known(name: &str, known: &[&str]) -> bool {
    !name.is_empty()
        && known.iter().any(|path| {
            *path == name
                || path.rsplit('/').next() == Some(name)
                || name.strip_prefix("a/").or(name.strip_prefix("b/")).is_some_and(|rest| rest == *path)
        })
}

fn looks_like_path(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let plain = |c: char| c.is_alphanumeric() || "_-./\\ +@~".contains(c);
    !stem.is_empty()
        && !stem.ends_with(['.', ' '])
        && (1..=6).contains(&extension.len())
        && extension.chars().all(|c| c.is_ascii_alphanumeric())
        && extension.chars().any(|c| c.is_ascii_alphabetic())
        && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const KNOWN: &[&str] = &["src/main.rs", "lib/a b.py", "Makefile"];

    #[rstest]
    #[case("src/main.rs", Some("src/main.rs"))]
    #[case("**src/main.rs**:", Some("src/main.rs"))]
    #[case("`./src/main.rs`", Some("src/main.rs"))]
    #[case("### File: main.rs", Some("main.rs"))]
    #[case("# src/new.rs", Some("src/new.rs"))]
    #[case("b/src/main.rs", Some("b/src/main.rs"))]
    #[case("lib/a b.py", Some("lib/a b.py"))]
    #[case("Makefile", Some("Makefile"))]
    #[case("In `src/main.rs` the loop is off by one:", Some("src/main.rs"))]
    #[case("Both main.rs and Makefile need it:", None)]
    #[case("Here is the fix:", None)]
    #[case("That is all.", None)]
    #[case("e.g. 3.14", None)]
    #[case("## \u{1f4c4} src/new.rs", Some("src/new.rs"))]
    #[case("### 2. `src/new.rs`", Some("src/new.rs"))]
    #[case("1) **src/new.rs**", Some("src/new.rs"))]
    #[case("### `src/new.rs` (new file)", Some("src/new.rs"))]
    #[case("**New file: `src/new.rs`**", Some("src/new.rs"))]
    #[case("**lib/a b.py (updated)**", Some("lib/a b.py"))]
    fn finds_names_in_lines(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(in_line(line, KNOWN).as_deref(), expected);
    }

    #[rstest]
    #[case("First create `src/new.rs`:", Some("src/new.rs"))]
    #[case("Create `src/new.rs` with the following content:", Some("src/new.rs"))]
    #[case("### 1. Create `new.rs`", Some("new.rs"))]
    #[case("and create src/new.rs:", Some("src/new.rs"))]
    #[case("Create `src/new.rs` and import it in `src/main.rs`:", Some("src/new.rs"))]
    #[case("Save this to `new.rs`:", Some("new.rs"))]
    #[case("Put it into a new file at `src/new.rs`:", Some("src/new.rs"))]
    #[case("`src/new.rs` (new):", Some("src/new.rs"))]
    #[case("Add a new function to `src/other.rs`:", None)]
    #[case("Create a function in `src/main.rs`:", None)]
    #[case("In `src/new.rs`:", None)]
    #[case("The new version is 1.2.3, as of v1.2/x:", None)]
    fn finds_files_that_are_made(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(made_in(line, KNOWN).as_deref(), expected);
    }

    #[rstest]
    #[case("rust", None)]
    #[case("rust src/x.rs", Some("src/x.rs"))]
    #[case("rust:src/x.rs", Some("src/x.rs"))]
    #[case("python title=\"x.py\"", Some("x.py"))]
    #[case("Makefile", Some("Makefile"))]
    fn finds_names_at_fences(#[case] info: &str, #[case] expected: Option<&str>) {
        assert_eq!(in_fence_info(info, KNOWN).as_deref(), expected);
    }

    #[rstest]
    #[case("// src/main.rs", Some("src/main.rs"))]
    #[case("# File: main.rs", Some("main.rs"))]
    #[case("// uses main.rs for the start of it", None)]
    #[case("import a.b", None)]
    fn finds_names_in_code(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(in_first_code_line(line, KNOWN).as_deref(), expected);
    }
}
