//! What the words above a code block say that it is for.

use crate::lines::Line;

/// What the sentence that leads to a code block says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Lead {
    /// Nothing that tells.
    #[default]
    Other,
    /// It is to be added: an import, a new function, a new file.
    Adds,
    /// It takes the place of something.
    Changes,
    /// It only shows something: how the code was, how it is used, what it prints, what else could be done.
    Shows,
    /// It is not to be used.
    Rejects,
}

/// Above a block no more lines than this are one with it.
const MAX_LINES: usize = 3;

const SHOWS: &[&str] = &[
    "example",
    "examples",
    "usage",
    "before",
    "was",
    "were",
    "old",
    "original",
    "originally",
    "previous",
    "previously",
    "current",
    "currently",
    "existing",
    "problem",
    "bug",
    "issue",
    "cause",
    "caused",
    "wrong",
    "output",
    "outputs",
    "prints",
    "print",
    "result",
    "results",
    "returns",
    "error",
    "fails",
    "traceback",
    "run",
    "try",
    "test",
    "verify",
    "call",
    "calling",
    "like",
    "could",
    "might",
    "would",
    "alternatively",
    "alternative",
    "optional",
    "optionally",
    "prefer",
];
const ADDS: &[&str] = &[
    "add",
    "adds",
    "adding",
    "create",
    "creates",
    "creating",
    "import",
    "imports",
    "include",
    "insert",
    "append",
    "also",
    "define",
    "declare",
    "new",
    "introduce",
];
const CHANGES: &[&str] = &[
    "change", "changes", "update", "replace", "modify", "rewrite", "fix", "edit", "remove", "delete", "instead",
    "becomes",
];

/// What is said of code that is not to be used.
const REJECTS: &[&str] = &[
    "common mistake",
    "mistake would be",
    "don't use",
    "do not use",
    "don't do",
    "do not do",
    "not recommended",
    "bad example",
    "for comparison",
    "avoid this",
    "nicht machen",
    "nicht so",
    "falsch wäre",
    "zum vergleich",
    "à éviter",
    "à ne pas faire",
    "mauvais exemple",
    "错误示例",
    "错误的写法",
    "不要这样",
];
/// What may be said of code that needs none.
const NO_CHANGE: &[&str] = &[
    "no change needed",
    "no changes needed",
    "no change is needed",
    "no changes are needed",
    "no change required",
    "no changes required",
    "no change is required",
    "no changes are required",
    "no change is necessary",
    "no changes are necessary",
    "nothing to change",
    "nothing needs to change",
    "keine änderung nötig",
    "keine änderungen nötig",
    "keine änderung erforderlich",
    "keine änderung notwendig",
    "aucune modification n'est nécessaire",
    "aucun changement nécessaire",
    "no hace falta cambiar",
    "无需修改",
    "不需要修改",
];

/// Whether a text says that nothing is to be changed, and not only elsewhere.
pub(crate) fn says_no_change(prose: &str) -> bool {
    let prose = prose.to_lowercase().replace('’', "'");
    NO_CHANGE.iter().any(|said| {
        prose.match_indices(said).any(|(at, _)| {
            let after = prose[at + said.len()..].trim_start_matches(' ');
            after.is_empty() || after.starts_with(['.', '!', ',', '\n', ';', ')', '。', ':', '，'])
        })
    })
}

impl Lead {
    /// The lead of the block that begins at line `at`. `used` lines belong to edits.
    pub(super) fn above(lines: &[Line], used: &[bool], at: usize) -> Self {
        let mut above = (0..at).rev().skip_while(|number| lines[*number].is_blank() && !used[*number]);
        let is_text = |number: &usize| {
            let line = lines[*number].trimmed();
            !used[*number] && !line.is_empty() && !line.starts_with("```")
        };
        let mut text: Vec<&str> =
            above.by_ref().take_while(is_text).take(MAX_LINES).map(|number| lines[number].trimmed()).collect();
        text.reverse();
        Self::of(&text.join(" "))
    }

    /// What the last sentence of a text says.
    fn of(text: &str) -> Self {
        let ends = [". ", "! ", "? "].into_iter().filter_map(|end| text.trim_end().rfind(end)).max();
        let sentence = ends.map_or(text, |end| &text[end + 2..]).to_lowercase();
        // What stands between backticks are names, and so are words with dots, slashes or underscores in them.
        let outside: String = sentence.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let bare = outside.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let words: Vec<&str> = bare.filter(|word| !word.contains(['.', '/', '_', ':'])).collect();
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
        let rejects = REJECTS.iter().any(|said| sentence.replace('’', "'").replace('*', "").contains(said));
        if rejects && !has(CHANGES) {
            Self::Rejects
        } else if has(SHOWS) {
            Self::Shows
        } else if has(CHANGES) {
            Self::Changes
        } else if has(ADDS) {
            Self::Adds
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Add the import at the top:", Lead::Adds)]
    #[case("and import it at the top:", Lead::Adds)]
    #[case("I changed `total`. Also add a helper:", Lead::Adds)]
    #[case("Then change `add`:", Lead::Changes)]
    #[case("Replace the import with:", Lead::Changes)]
    #[case("Add it. Example usage:", Lead::Shows)]
    #[case("The bug was here:", Lead::Shows)]
    #[case("You could also add a check:", Lead::Shows)]
    #[case("Run `import.py`:", Lead::Shows)]
    #[case("In `new.py`:", Lead::Other)]
    #[case("**src/new.py**", Lead::Other)]
    #[case("and use it:", Lead::Other)]
    #[case("A common *mistake* would be:", Lead::Rejects)]
    #[case("Looks so (don't use it, it is slow):", Lead::Rejects)]
    #[case("Don't use `x` here. Instead:", Lead::Changes)]
    #[case("", Lead::Other)]
    fn sentences(#[case] text: &str, #[case] expected: Lead) {
        assert_eq!(Lead::of(text), expected);
    }
}
