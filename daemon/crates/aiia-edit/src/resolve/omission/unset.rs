//! Comments in functions that use what nothing in them sets any more: the lines that set it are left out.

use std::collections::HashSet;

use aiia_syntax::Symbol;

use super::Side;

/// The new comment of a function of the reply that uses a name which only the function of the file sets, and its name.
pub(super) fn in_function<'t>(
    (old, own): (&Side<'t>, Option<&'t Symbol>),
    (new, given): (&Side<'t>, Option<&'t Symbol>),
    said: &HashSet<&str>,
) -> Option<(String, String)> {
    let before = old.functions(own);
    let mut after: Vec<_> = new.functions(given).into_iter().collect();
    after.sort_by_key(|(_, functions)| functions[0].item_range.start);
    after.into_iter().find_map(|(key, functions)| {
        let (&[given], &[own]) = (&functions[..], &before.get(&key)?[..]) else { return None };
        let is_new = |comment: &&str| !said.contains(comment) && !comment.starts_with(['"', '\'']);
        let comment = new.comments_within(&new.body(given)).map(|comment| new.comment(comment)).find(is_new)?;
        let (old_code, new_code) = (old.code(&own.item_range), new.code(&given.item_range));
        let kept: HashSet<&str> = new_code.lines().map(str::trim).collect();
        let gone = old_code.lines().map(str::trim).filter(|line| !kept.contains(line));
        let mut lost = gone.filter_map(assigned);
        // A name that the new text has in more than one place, or that it may set itself, is no proof.
        let is_used_only = |name: &str| {
            let lines: Vec<&str> = new_code.lines().filter(|line| words(line).any(|word| word == name)).collect();
            !lines.is_empty()
                && lines.iter().all(|line| {
                    let line = line.trim();
                    kept.contains(line) && old_code.lines().any(|own| own.trim() == line) && !sets(line, name)
                })
        };
        let elsewhere = |name: &str| {
            let (before, behind) = (&old.text[..own.item_range.start], &old.text[own.item_range.end..]);
            words(before).chain(words(behind)).any(|word| word == name) && sets_anywhere(before, behind, name)
        };
        lost.find(|name| is_used_only(name) && !elsewhere(name)).map(|_| (comment.to_owned(), given.name.clone()))
    })
}

/// The plain name that a line gives a value to.
fn assigned(line: &str) -> Option<&str> {
    let line = ["let mut ", "let ", "const ", "var ", "final ", "auto "]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line);
    let end = line.find(|c: char| !is_part(c)).unwrap_or(line.len());
    let rest = line[end..].trim_start();
    let is_set = rest.starts_with(":=") || rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
    (end > 0 && is_set).then(|| &line[..end])
}

/// Whether a line may give a name a value.
fn sets(line: &str, name: &str) -> bool {
    let Some(at) = line.find(name) else { return false };
    let (before, behind) = (line[..at].trim_end(), line[at + name.len()..].trim_start());
    behind.starts_with('=') && !behind.starts_with("==")
        || behind.starts_with([':', ','])
        || before.ends_with([',', '|', '(', '{', '['])
        || ["let", "mut", "const", "var", "as", "for", "in", "of", "if", "Some", "Ok"]
            .iter()
            .any(|word| before.ends_with(word))
            && line.contains(['=', ':'])
}

fn sets_anywhere(before: &str, behind: &str, name: &str) -> bool {
    before.lines().chain(behind.lines()).any(|line| {
        let line = line.trim_end();
        // What is set at the margin is for all of the file.
        !line.starts_with([' ', '\t']) && words(line).any(|word| word == name)
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_part(c)).filter(|word| !word.is_empty())
}

fn is_part(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}
