//! What the words above a code block say that it is for.

mod words;

use crate::lines::Line;

use words::{ADDS, CHANGES, ELSEWHERE, NO_CHANGE, OTHERWISE, REJECTS, REMEDIES, SHOWS, TROUBLE, USES, USES_ALONE};

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
    /// It shows how something is used, or what something else answers, and no more.
    ShowsUse,
    /// It is for another file, or for a new one.
    Elsewhere,
    /// It is not to be used.
    Rejects,
}

/// Above a block no more lines than this are one with it.
const MAX_LINES: usize = 3;

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
    /// Whether it is said of code that it is no part of a change.
    pub(crate) fn only_shows(self) -> bool {
        matches!(self, Self::Shows | Self::ShowsUse | Self::Rejects)
    }

    /// The lead of the block that begins at line `at`. `used` lines belong to edits.
    pub(super) fn above(lines: &[Line], used: &[bool], at: usize) -> Self {
        let text = text_above(lines, used, at);
        if is_name_as_heading(&text) { Self::Other } else { Self::of(&text) }
    }

    /// What the last sentence of a text says.
    fn of(text: &str) -> Self {
        let text = text.trim_end();
        let ends =
            [". ", "! ", "? ", "。", "！", "？"].into_iter().filter_map(|end| Some(text.rfind(end)? + end.len()));
        let start = ends.filter(|end| *end < text.len()).max().unwrap_or(0);
        let sentence = text[start..].to_lowercase().replace('’', "'").replace('*', "");
        // What stands between backticks are names, and so are words with dots, slashes or underscores in them.
        let outside: String = sentence.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        let bare = outside.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        let words: Vec<&str> = bare.filter(|word| !word.contains(['.', '/', '_', ':'])).collect();
        let has = |wanted: &[&str]| {
            wanted.iter().any(|wanted| {
                if is_unspaced(wanted) || wanted.contains(' ') {
                    outside.contains(wanted)
                } else {
                    words.contains(wanted)
                }
            })
        };
        let says = |phrases: &[&str]| phrases.iter().any(|said| outside.contains(said));
        let is_denied = || has(&["no", "not", "don't", "without"]);
        let is_use = || says(USES) && !has(CHANGES) && !has(&["add", "adds", "insert", "append"]);
        if says(REJECTS) && !has(CHANGES) {
            Self::Rejects
        } else if words.len() == 1 && has(USES_ALONE) || is_use() {
            Self::ShowsUse
        } else if says(ELSEWHERE) && !has(CHANGES) && !is_denied() {
            Self::Elsewhere
        } else if has(SHOWS)
            || has(TROUBLE) && !has(REMEDIES)
            || words.first().is_some_and(|first| OTHERWISE.contains(first))
        {
            Self::Shows
        } else if has(CHANGES) || has(TROUBLE) && has(REMEDIES) {
            Self::Changes
        } else if has(ADDS) {
            Self::Adds
        } else {
            Self::Other
        }
    }
}

/// The words above the block that begins at line `at`. `used` lines belong to edits.
pub(super) fn text_above(lines: &[Line], used: &[bool], at: usize) -> String {
    let mut above = (0..at).rev().skip_while(|number| lines[*number].is_blank() && !used[*number]);
    let is_text = |number: &usize| {
        let line = lines[*number].trimmed();
        !used[*number] && !line.is_empty() && !line.starts_with("```")
    };
    let mut text: Vec<&str> =
        above.by_ref().take_while(is_text).take(MAX_LINES).map(|number| lines[number].trimmed()).collect();
    text.reverse();
    text.join(" ")
}

/// Whether a text is a heading that is a name: `### run`, where `### Example` says what comes.
fn is_name_as_heading(text: &str) -> bool {
    let name = text.trim_start_matches('#').trim().trim_end_matches(':');
    let is_quoted = name.starts_with('`') && name.ends_with('`');
    text.starts_with('#')
        && !name.contains(char::is_whitespace)
        && (is_quoted || name.starts_with(|c: char| c.is_lowercase() || c == '_'))
}

/// Whether a word is of a language without blanks between words.
fn is_unspaced(word: &str) -> bool {
    word.starts_with(|c: char| matches!(c, '\u{2e80}'..='\u{d7ff}'))
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
    #[case("Add it. Example usage:", Lead::ShowsUse)]
    #[case("Add it. For example:", Lead::Shows)]
    #[case("Callers could then use it like this:", Lead::ShowsUse)]
    #[case("The server then answers:", Lead::ShowsUse)]
    #[case("Change how it is used like this:", Lead::Shows)]
    #[case("**Usage**", Lead::ShowsUse)]
    #[case("It lowers the memory usage:", Lead::Shows)]
    #[case("so that it can be used by others:", Lead::Other)]
    #[case("Create another config for tests:", Lead::Elsewhere)]
    #[case("In einer neuen Datei:", Lead::Elsewhere)]
    #[case("Here is the new file:", Lead::Adds)]
    #[case("使用示例：", Lead::ShowsUse)]
    #[case("已经完成。修改后的代码：", Lead::Changes)]
    #[case("Neue Hilfsfunktion:", Lead::Adds)]
    #[case("Beispiel:", Lead::Shows)]
    #[case("Or so:", Lead::Shows)]
    #[case("Add a constant or an enum:", Lead::Adds)]
    #[case("The bug was here:", Lead::Shows)]
    #[case("The problem:", Lead::Shows)]
    #[case("Here is the fix for the issue:", Lead::Changes)]
    #[case("The following fixes the bug:", Lead::Changes)]
    #[case("This was the fix of before:", Lead::Shows)]
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
