//! Two code blocks of which the words around them say that the second takes the place of the first: "Change this: … to this: …",
//! "Before … After".

use std::ops::Range;

use super::file_name::FileName;
use super::{Fence, Item, ItemKind, Reading};
use crate::lines::Line;

/// Between the blocks of a pair stand no more lines of text than this.
const MAX_BETWEEN: usize = 8;
/// A sentence above a block is no longer than this.
const MAX_SENTENCE: usize = 4;

const OLD: &[&str] = &[
    "before",
    "old",
    "original",
    "current",
    "existing",
    "previous",
    "previously",
    "from",
    "was",
    "buggy",
    "incorrect",
    "wrong",
    "vorher",
    "alt",
    "avant",
    "antes",
    "prima",
    "修改前",
    "原代码",
    "之前",
    "原来",
];
const NEW: &[&str] = &[
    "after",
    "new",
    "updated",
    "fixed",
    "improved",
    "corrected",
    "correct",
    "modified",
    "refactored",
    "optimized",
    "optimised",
    "to",
    "now",
    "becomes",
    "should",
    "be",
    "become",
    "nachher",
    "neu",
    "après",
    "apres",
    "después",
    "despues",
    "depois",
    "dopo",
    "修改后",
    "新代码",
    "之后",
];
/// Words that a label may have beside those.
const WITH_LABEL: &[&str] = &["the", "code", "version", "implementation", "line", "lines", "is", "it"];

/// Verbs that ask to put something in the place of what comes next.
const VERBS: &[&str] = &[
    "change",
    "changing",
    "replace",
    "replacing",
    "modify",
    "update",
    "find",
    "locate",
    "swap",
    "rewrite",
    "convert",
    "turn",
    "ersetze",
    "ersetzen",
    "ändere",
    "ändern",
    "remplacez",
    "remplace",
    "remplacer",
    "changez",
    "reemplaza",
    "reemplace",
    "cambia",
    "substitua",
    "sostituisci",
];
/// Of sentences with these nobody knows whether they ask for it.
const HEDGES: &[&str] = &[
    "example",
    "examples",
    "usage",
    "could",
    "might",
    "alternatively",
    "optionally",
    "would",
    "not",
    "don't",
    "never",
    "option",
];
/// What leads from the old code to the new.
const LINKS: &[&str] = &["to", "with", "by", "into", "durch", "zu", "par", "por", "con"];
/// What may follow that: nothing that tells of something else.
const AFTER_LINK: &[&str] = &[
    "this",
    "these",
    "the",
    "following",
    "code",
    "line",
    "lines",
    "version",
    "new",
    "block",
    "be",
    "snippet",
    "one",
    "corrected",
    "fixed",
    "updated",
    "diesen",
    "dies",
    "das",
    "folgendes",
    "folgenden",
    "ceci",
    "cela",
    "esto",
    "este",
    "isto",
];

/// Joins the blocks that are pairs into one edit each. A block without any text is nothing but the second of a pair, which deletes.
pub(super) fn join(lines: &[Line], blocks: &mut Vec<(Item, Range<usize>)>) {
    let mut joined: Vec<(Item, Range<usize>)> = Vec::with_capacity(blocks.len());
    // Where the text above the last block begins.
    let mut left = 0;
    for (item, place) in blocks.drain(..) {
        let pair = joined.last().and_then(|(old, old_place)| {
            let above = &lines[left..old_place.start];
            let between = &lines[old_place.end..place.start];
            (is_old(above) && is_new(between)).then(|| pair(old, &item)).flatten()
        });
        if let (Some(pair), Some(old)) = (pair, joined.last_mut()) {
            *old = (pair, old.1.start..place.end);
        } else {
            left = joined.last().map_or(0, |(_, place)| place.end);
            joined.push((item, place));
        }
    }
    let says = |item: &Item| !matches!(&item.kind, ItemKind::Code { text, .. } if text.trim().is_empty());
    joined.retain(|(item, _)| says(item));
    *blocks = joined;
}

fn pair(old: &Item, new: &Item) -> Option<Item> {
    let (
        ItemKind::Code { text: old_text, fence: Fence::Closed, .. },
        ItemKind::Code { text: new_text, fence: Fence::Closed, language, .. },
    ) = (&old.kind, &new.kind)
    else {
        return None;
    };
    let file = match (&old.file, &new.file) {
        (FileName::Given(one), FileName::Given(other)) if one != other => return None,
        (FileName::None, file) | (file, _) => file.clone(),
    };
    // A blank line alone is how a block is written that is empty.
    let is_plain = !old_text.starts_with('\n') && !old_text.ends_with("\n\n");
    let new_text = if is_plain && new_text.trim().is_empty() { String::new() } else { new_text.clone() };
    let reading = Reading::new(old_text.clone(), new_text);
    Some(Item { file, kind: ItemKind::Pair { reading, language: language.clone() }, reply_line: old.reply_line })
}

/// Whether the text that ends above a block says that the block is what is there.
fn is_old(above: &[Line]) -> bool {
    let Some(last) = above.iter().rfind(|line| !line.is_blank()) else { return false };
    let words = words(&sentence(above));
    let is_asked = || words.iter().any(|word| VERBS.contains(&word.as_str())) || is_instead_of(&words);
    let has_hedge = words.iter().any(|word| HEDGES.contains(&word.as_str()));
    !has_hedge && (is_label(last, OLD) || is_asked() || is_asked_in_chinese(last))
}

/// Whether the text between two blocks says that the second takes the place of the first.
pub(super) fn is_new(between: &[Line]) -> bool {
    let said: Vec<&Line> = between.iter().filter(|line| !line.is_blank()).collect();
    let Some(last) = said.last() else { return false };
    if said.len() > MAX_BETWEEN || said.iter().any(|line| line.trimmed().starts_with("```")) {
        return false;
    }
    let words = words(&sentence(between));
    let words: Vec<&str> =
        words.iter().map(String::as_str).skip_while(|word| matches!(*word, "and" | "then")).collect();
    is_label(last, NEW) || said.len() <= 2 && (is_link(&words) || leads_in_chinese(last))
}

/// "with the following", "replace it with", "should become", "use".
fn is_link(words: &[&str]) -> bool {
    let follows = |rest: &[&str]| rest.iter().all(|word| AFTER_LINK.contains(word));
    match words {
        ["should", "be" | "become" | "read", rest @ ..]
        | ["it", "becomes", rest @ ..]
        | ["use" | "write", rest @ ..] => follows(rest),
        ["replace" | "change" | "update" | "modify" | "rewrite", rest @ ..] => {
            let said = rest.iter().skip_while(|word| matches!(**word, "it" | "this" | "that" | "them"));
            matches!(said.copied().collect::<Vec<_>>()[..], [link, ref rest @ ..] if LINKS.contains(&link) && follows(rest))
        }
        [link, rest @ ..] => LINKS.contains(link) && follows(rest),
        [] => false,
    }
}

fn is_instead_of(words: &[String]) -> bool {
    words.windows(2).any(|pair| pair[0] == "instead" && pair[1] == "of")
}

fn is_asked_in_chinese(line: &Line) -> bool {
    let text = line.trimmed();
    text.starts_with(['将', '把']) || text.contains("替换")
}

fn leads_in_chinese(line: &Line) -> bool {
    let text = line.trimmed().trim_end_matches(['：', ':', '。']);
    ["替换为", "改为", "改成", "修改为", "替换成", "换成"].iter().any(|link| text.starts_with(link))
}

/// Whether a line is nothing but a name of one of two versions.
fn is_label(line: &Line, names: &[&str]) -> bool {
    let words = words(line.content);
    let mut telling = words.iter().filter(|word| !WITH_LABEL.contains(&word.as_str())).peekable();
    telling.peek().is_some() && words.len() <= 5 && telling.all(|word| names.contains(&word.as_str()))
}

/// The last sentence of the paragraph that ends above a block, up to what explains it.
fn sentence(above: &[Line]) -> String {
    let end = above.iter().rposition(|line| !line.is_blank()).map_or(0, |last| last + 1);
    let start = above[..end]
        .iter()
        .rposition(Line::is_blank)
        .map_or(0, |blank| blank + 1)
        .max(end.saturating_sub(MAX_SENTENCE));
    let text: Vec<&str> = above[start..end].iter().map(Line::trimmed).collect();
    let text = text.join(" ");
    let ends = [". ", "! ", "? "].into_iter().filter_map(|end| text.rfind(end)).max();
    // The number of a list is no sentence.
    let is_number = |head: &str| head.chars().all(|c| c.is_ascii_digit());
    ends.filter(|end| !is_number(&text[..*end])).map_or(text.as_str(), |end| &text[end + 2..]).to_owned()
}

/// The words of a text in lower case, without what stands in brackets or between backticks, and without numbers and signs.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let (mut depth, mut in_name) = (0_usize, false);
    for character in text.chars() {
        match character {
            '`' => in_name = !in_name,
            '(' | '（' if !in_name => depth += 1,
            ')' | '）' if !in_name => depth = depth.saturating_sub(1),
            _ if depth == 0 && !in_name => plain.push(character),
            _ => {}
        }
    }
    let bare = plain.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphabetic()));
    bare.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::lines::lines;

    #[rstest]
    #[case("Change this:", "to this:", true)]
    #[case("In `a.py`, replace this line:", "with:", true)]
    #[case("1. Replace:", "With the following:", true)]
    #[case("**Before:**", "**After:**", true)]
    #[case("### Before (slow)", "It walks twice.\n\n### After (fast)", true)]
    #[case("Old code:", "New code:", true)]
    #[case("Original:", "Fixed version:", true)]
    #[case("From:", "To:", true)]
    #[case("Find this block:", "and replace it with:", true)]
    #[case("Current code:", "Should be:", true)]
    #[case("Instead of:", "use:", true)]
    #[case("Change the loop.\n\nBefore:", "After:", true)]
    #[case("Ersetze:", "durch:", true)]
    #[case("Vorher:", "Nachher:", true)]
    #[case("Remplacez ceci :", "par ceci :", true)]
    #[case("修改前：", "修改后：", true)]
    #[case("将以下代码：", "替换为：", true)]
    #[case("Change `total`:", "To test it:", false)]
    #[case("Update `total`:", "With this helper:", false)]
    #[case("Update `total`:", "New function:", false)]
    #[case("You could replace this:", "with this:", false)]
    #[case("Usage before:", "After:", false)]
    #[case("Option 1:", "Option 2:", false)]
    #[case("Here it is:", "to this:", false)]
    #[case("Change this:", "", false)]
    fn words_around_blocks(#[case] above: &str, #[case] between: &str, #[case] expected: bool) {
        assert_eq!(is_old(&lines(above)) && is_new(&lines(between)), expected);
    }
}
