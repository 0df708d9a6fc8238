//! Which paths a reply may name, and which of them need a confirmation of their own.
//!
//! Paths are relative to the root of the workspace and written with `/`. The rules are those of the strictest system, whatever
//! system this is: a workspace may be shared with another one.

use std::fmt;

/// Why a path is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum PathProblem {
    /// Nothing is left of it.
    Empty,
    /// It begins at a root, a drive or a home.
    Absolute,
    /// It has a `..`.
    ClimbsOut,
    /// It holds a NUL or another control character, or one that changes the order in which others are shown.
    ControlCharacter,
    /// A part ends in a dot or a blank, which some systems drop.
    TrailingDotOrBlank,
    /// A part is a device on some systems, such as `nul`.
    DeviceName,
    /// A part may be the short form of another name, such as `PROGRA~1`.
    ShortName,
    /// A part names a stream of a file, such as `a.txt:hidden`.
    Stream,
    /// It is longer than systems take.
    TooLong,
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is no file name",
            Self::Absolute => "is absolute, and only files inside the workspace can be changed",
            Self::ClimbsOut => "climbs out with `..`",
            Self::ControlCharacter => "holds a control character",
            Self::TrailingDotOrBlank => "has a part that ends in a dot or a blank",
            Self::DeviceName => "has a part that is a device on some systems",
            Self::ShortName => "has a part that may be the short form of another name",
            Self::Stream => "has a colon, which names a stream on some systems",
            Self::TooLong => "is too long",
        })
    }
}

/// The longest path, in bytes.
const MAX_PATH: usize = 4096;
/// The longest part of a path, in bytes.
const MAX_PART: usize = 255;

/// The path with `/` between its parts and without `.` parts.
///
/// # Errors
/// When it could lead anywhere but to the one file that it names below the root.
pub fn normal_path(path: &str) -> Result<String, PathProblem> {
    let path = path.replace('\\', "/");
    if path.chars().any(|c| c.is_control() || reorders(c)) {
        return Err(PathProblem::ControlCharacter);
    }
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with(['/', '~']) || drive {
        return Err(PathProblem::Absolute);
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => continue,
            ".." => return Err(PathProblem::ClimbsOut),
            _ => {}
        }
        if let Some(problem) = problem_of(part) {
            return Err(problem);
        }
        parts.push(part);
    }
    if parts.is_empty() || path.ends_with('/') {
        return Err(PathProblem::Empty);
    }
    let path = parts.join("/");
    if path.len() > MAX_PATH { Err(PathProblem::TooLong) } else { Ok(path) }
}

fn problem_of(part: &str) -> Option<PathProblem> {
    if part.len() > MAX_PART {
        return Some(PathProblem::TooLong);
    }
    if part.contains(':') {
        return Some(PathProblem::Stream);
    }
    if part.ends_with(['.', ' ']) || part.starts_with(' ') {
        return Some(PathProblem::TrailingDotOrBlank);
    }
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |name: &str| {
        stem.strip_prefix(name).is_some_and(|rest| {
            let mut signs = rest.chars();
            matches!((signs.next(), signs.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        })
    };
    if ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"].contains(&stem.as_str())
        || numbered("com")
        || numbered("lpt")
    {
        return Some(PathProblem::DeviceName);
    }
    let short = part.split('.').next().and_then(|stem| stem.rsplit_once('~')).is_some_and(|(front, number)| {
        !front.is_empty()
            && front.len() + number.len() < 8
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    });
    short.then_some(PathProblem::ShortName)
}

/// Why a file needs a confirmation of its own before it is changed, and no accepting in bulk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Protection {
    /// An editor or a shell may run what it holds.
    RunsCode,
    /// It belongs to the version control or to its automation.
    VersionControl,
    /// It steers assistants.
    SteersAssistants,
    /// It holds credentials, or says where packages come from.
    Credentials,
}

impl Protection {
    /// The stable name for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunsCode => "runs_code",
            Self::VersionControl => "version_control",
            Self::SteersAssistants => "steers_assistants",
            Self::Credentials => "credentials",
        }
    }
}

/// What a person reads, behind the name of the file.
impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RunsCode => "can make programs run something",
            Self::VersionControl => "belongs to the version control or its automation",
            Self::SteersAssistants => "steers assistants",
            Self::Credentials => "holds credentials, or says where packages come from",
        })
    }
}

/// Folders whose files are protected, wherever they are.
const FOLDERS: &[(&str, Protection)] = &[
    (".vscode", Protection::RunsCode),
    (".idea", Protection::RunsCode),
    (".devcontainer", Protection::RunsCode),
    (".helix", Protection::RunsCode),
    (".zed", Protection::RunsCode),
    (".husky", Protection::RunsCode),
    (".githooks", Protection::RunsCode),
    (".git", Protection::VersionControl),
    (".gitea", Protection::VersionControl),
    (".circleci", Protection::VersionControl),
    (".cursor", Protection::SteersAssistants),
    (".claude", Protection::SteersAssistants),
    (".kiro", Protection::SteersAssistants),
    (".junie", Protection::SteersAssistants),
    (".aiia", Protection::SteersAssistants),
    (".ssh", Protection::Credentials),
    (".gnupg", Protection::Credentials),
    (".aws", Protection::Credentials),
];

/// Files that are protected, wherever they are.
const FILES: &[(&str, Protection)] = &[
    (".envrc", Protection::RunsCode),
    (".bashrc", Protection::RunsCode),
    (".bash_profile", Protection::RunsCode),
    (".zshrc", Protection::RunsCode),
    (".zshenv", Protection::RunsCode),
    (".profile", Protection::RunsCode),
    (".pre-commit-config.yaml", Protection::RunsCode),
    ("lefthook.yml", Protection::RunsCode),
    ("lefthook.yaml", Protection::RunsCode),
    ("lefthook.toml", Protection::RunsCode),
    ("lefthook.json", Protection::RunsCode),
    ("lefthook-local.yml", Protection::RunsCode),
    (".lefthook.yml", Protection::RunsCode),
    (".lefthook.yaml", Protection::RunsCode),
    (".lefthook.toml", Protection::RunsCode),
    (".lefthook.json", Protection::RunsCode),
    (".lefthook-local.yml", Protection::RunsCode),
    (".gdbinit", Protection::RunsCode),
    (".lldbinit", Protection::RunsCode),
    (".clangd", Protection::RunsCode),
    (".tool-versions", Protection::RunsCode),
    (".exrc", Protection::RunsCode),
    (".vimrc", Protection::RunsCode),
    (".nvim.lua", Protection::RunsCode),
    (".dir-locals.el", Protection::RunsCode),
    (".gitconfig", Protection::VersionControl),
    (".gitmodules", Protection::VersionControl),
    (".gitattributes", Protection::VersionControl),
    (".gitlab-ci.yml", Protection::VersionControl),
    ("azure-pipelines.yml", Protection::VersionControl),
    ("azure-pipelines.yaml", Protection::VersionControl),
    ("jenkinsfile", Protection::VersionControl),
    ("agents.md", Protection::SteersAssistants),
    ("agents.override.md", Protection::SteersAssistants),
    (".roomodes", Protection::SteersAssistants),
    ("claude.md", Protection::SteersAssistants),
    ("gemini.md", Protection::SteersAssistants),
    ("copilot-instructions.md", Protection::SteersAssistants),
    ("skill.md", Protection::SteersAssistants),
    (".aiiaignore", Protection::SteersAssistants),
    (".aiderignore", Protection::SteersAssistants),
    (".cursorignore", Protection::SteersAssistants),
    (".geminiignore", Protection::SteersAssistants),
    (".cursorrules", Protection::SteersAssistants),
    (".windsurfrules", Protection::SteersAssistants),
    (".clinerules", Protection::SteersAssistants),
    (".aider.conf.yml", Protection::SteersAssistants),
    (".mcp.json", Protection::SteersAssistants),
    ("mcp.json", Protection::SteersAssistants),
    (".npmrc", Protection::Credentials),
    (".yarnrc", Protection::Credentials),
    (".yarnrc.yml", Protection::Credentials),
    (".pypirc", Protection::Credentials),
    (".netrc", Protection::Credentials),
];

/// Whether the character changes the order in which the characters around it are shown, so that a name looks like another one.
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Why the file at `path` is protected, if it is. Big and small letters do not matter.
pub fn protection(path: &str) -> Option<Protection> {
    let lower = path.replace('\\', "/").to_lowercase();
    let parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let (name, folders) = parts.split_last()?;
    let follows = |one: &str, other: &str| folders.windows(2).any(|pair| pair == [one, other]);
    if follows(".github", "workflows") || follows(".github", "actions") {
        return Some(Protection::VersionControl);
    }
    if follows(".github", "agents") {
        return Some(Protection::SteersAssistants);
    }
    if runs_hooks(folders) {
        return Some(Protection::RunsCode);
    }
    if let Some((_, protection)) = FOLDERS.iter().find(|(folder, _)| folders.contains(folder)) {
        return Some(*protection);
    }
    if let Some((_, protection)) = FILES.iter().find(|(file, _)| file == name) {
        return Some(*protection);
    }
    let is_of_cargo = matches!(*name, "config" | "config.toml") && folders.contains(&".cargo");
    if name.ends_with(".code-workspace") || name.ends_with(".sublime-project") || is_of_cargo {
        return Some(Protection::RunsCode);
    }
    // The configuration of the daemon itself, which says what models may be sent.
    (*name == "config.toml" && folders.contains(&"aiia")).then_some(Protection::SteersAssistants)
}

/// Whether these are folders of hooks: at the root, or of a version control. Elsewhere `hooks` is an ordinary name of a folder of
/// sources.
fn runs_hooks(folders: &[&str]) -> bool {
    let is_repository = |folder: &str| {
        folder == ".husky" || folder.starts_with(".git") || folder.rsplit_once('.').is_some_and(|(_, end)| end == "git")
    };
    folders.first() == Some(&"hooks") || folders.windows(2).any(|pair| is_repository(pair[0]) && pair[1] == "hooks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("src/a.rs", Ok("src/a.rs"))]
    #[case("./src//a.rs", Ok("src/a.rs"))]
    #[case("src\\a b.rs", Ok("src/a b.rs"))]
    #[case("src/common.rs", Ok("src/common.rs"))]
    #[case("a~1b.rs", Ok("a~1b.rs"))]
    #[case("", Err(PathProblem::Empty))]
    #[case("src/", Err(PathProblem::Empty))]
    #[case("/etc/passwd", Err(PathProblem::Absolute))]
    #[case("C:\\a.txt", Err(PathProblem::Absolute))]
    #[case("~/.bashrc", Err(PathProblem::Absolute))]
    #[case("src/../../a", Err(PathProblem::ClimbsOut))]
    #[case("..\\a", Err(PathProblem::ClimbsOut))]
    #[case("a\0b", Err(PathProblem::ControlCharacter))]
    #[case("a\u{202e}yp.txt", Err(PathProblem::ControlCharacter))]
    #[case("a./b", Err(PathProblem::TrailingDotOrBlank))]
    #[case("src/a.rs ", Err(PathProblem::TrailingDotOrBlank))]
    #[case("src/NUL.txt", Err(PathProblem::DeviceName))]
    #[case("com1", Err(PathProblem::DeviceName))]
    #[case("GIT~1/config", Err(PathProblem::ShortName))]
    #[case("a.txt:hidden", Err(PathProblem::Stream))]
    fn only_paths_below_the_root(#[case] path: &str, #[case] expected: Result<&str, PathProblem>) {
        assert_eq!(normal_path(path), expected.map(str::to_owned));
    }

    #[rstest]
    #[case("src/main.rs", false)]
    #[case(".vscode/settings.json", true)]
    #[case("sub/.VSCODE/Settings.json", true)]
    #[case("/p/.git/config", true)]
    #[case(".github/workflows/ci.yml", true)]
    #[case(".github/CODEOWNERS", false)]
    #[case("x.code-workspace", true)]
    #[case("docs/AGENTS.md", true)]
    #[case("git/hooks.rs", false)]
    #[case("hooks/post-commit", true)]
    #[case("Hooks/build/run.py", true)]
    #[case("src/hooks/useAuth.ts", false)]
    #[case("sub/.git/hooks/pre-push", true)]
    #[case(".git-templates/hooks/pre-push", true)]
    #[case("srv/project.git/hooks/update", true)]
    #[case(".husky/hooks/pre-push", true)]
    #[case(".cargo/config.toml", true)]
    #[case(".cargo/config", true)]
    #[case("src/config", false)]
    #[case("config.toml", false)]
    #[case("/home/u/.config/aiia/config.toml", true)]
    #[case(".aiiaignore", true)]
    #[case("src/.AiiaIgnore", true)]
    #[case(".npmrc", true)]
    #[case(".helix/languages.toml", true)]
    #[case("sub/.helix/config.toml", true)]
    #[case(".zed/settings.json", true)]
    #[case(".dir-locals.el", true)]
    #[case(".vimrc", true)]
    #[case(".aider.conf.yml", true)]
    #[case("skills/review/SKILL.md", true)]
    #[case(".github/agents/reviewer.agent.md", true)]
    #[case("Jenkinsfile", true)]
    #[case("lefthook.yml", true)]
    #[case(".lefthook.toml", true)]
    #[case(".gdbinit", true)]
    #[case("sub/.lldbinit", true)]
    #[case("x.sublime-project", true)]
    #[case("azure-pipelines.yml", true)]
    #[case(".tool-versions", true)]
    #[case(".clangd", true)]
    #[case("AGENTS.override.md", true)]
    #[case(".roomodes", true)]
    #[case(".kiro/steering/product.md", true)]
    #[case(".junie/guidelines.md", true)]
    #[case("docs/guidelines.md", false)]
    #[case("src/helix/languages.toml", false)]
    fn protected_files(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(protection(path).is_some(), expected, "{path}");
    }
}
