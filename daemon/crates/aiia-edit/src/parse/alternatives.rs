//! Edits of which a reply says that only one is meant: "Option A … Option B", "… or, alternatively: …", "Hmm, no: …".

use super::Item;
use crate::lines::Line;

/// What the alternatives are called.
const NOUNS: &[&str] = &[
    "option",
    "alternative",
    "approach",
    "solution",
    "method",
    "way",
    "variant",
    "variante",
    "version",
    "possibility",
    "attempt",
    "try",
    "draft",
    "versuch",
    "entwurf",
    "essai",
    "intento",
    "tentativa",
    "lösung",
    "möglichkeit",
    "opción",
    "opcion",
    "solución",
    "opção",
    "méthode",
];
const CHINESE: &[&str] = &["方案", "方法", "选项"];
/// What a paragraph with another one begins with.
const OR: &[&str] = &[
    "or:",
    "or,",
    "or alternatively",
    "or use",
    "or this",
    "or, ",
    "alternatively",
    "oder:",
    "oder so",
    "oder alternativ",
    "alternativ",
    "ou bien",
    "ou alors",
    "o bien",
    "或者",
    "或：",
];

/// What a paragraph begins with that takes back what stands above it, and a sign of its own behind.
const TAKEN_BACK: &[&str] = &[
    "hmm",
    "hm",
    "wait",
    "oops",
    "no",
    "sorry",
    "correction",
    "actually no",
    "actually, no",
    "actually wait",
    "actually, wait",
    "never mind",
    "nevermind",
    "moment",
    "halt",
    "nein",
    "korrektur",
    "stopp",
    "attendez",
    "attends",
    "non",
    "en fait, non",
    "espera",
    "espere",
    "corrección",
    "стоп",
    "нет",
    "подождите",
    "不对",
    "等等",
    "等一下",
    "いや",
    "待って",
    "잠깐",
    "아니",
];
/// The same, whatever comes behind.
const TAKES_BACK: &[&str] = &[
    "scratch that",
    "scratch the",
    "on second thought",
    "ignore that",
    "ignore the above",
    "ignore the code above",
    "forget that",
    "forget the above",
    "that's wrong",
    "that is wrong",
    "this is wrong",
    "that won't work",
    "this won't work",
    "that doesn't work",
    "this doesn't work",
    "that does not work",
    "this does not work",
    "let me correct",
    "let me redo",
    "let me revise",
    "let me try again",
    "let me start over",
    "das stimmt nicht",
    "das ist falsch",
    "das funktioniert nicht",
    "doch nicht",
];

/// Of an edit: which alternative it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Choice {
    /// The one with this name and mark: `option`, `a`.
    Named(String, String),
    /// Another one than the edit before.
    Other,
}

impl Choice {
    /// Whether only one of two edits is meant; `other` stands further down.
    pub(crate) fn excludes(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (_, Some(Self::Other)) => true,
            (Some(Self::Named(noun, mark)), Some(Self::Named(other_noun, other_mark))) => {
                noun == other_noun && mark != other_mark
            }
            _ => false,
        }
    }
}

/// The alternatives that the edits are, each with the line of the reply where it begins.
pub(super) fn find(lines: &[Line], items: &[Item]) -> Vec<(usize, Choice)> {
    let mut starts: Vec<usize> = items.iter().map(|item| item.reply_line).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut found = Vec::new();
    let mut current: Option<Choice> = None;
    let mut starts = starts.into_iter().peekable();
    let (mut is_fenced, mut is_first_of_paragraph) = (false, true);
    let mut begun = false;
    for (number, line) in lines.iter().enumerate() {
        let text = line.trimmed();
        if starts.next_if_eq(&(number + 1)).is_some() {
            if let Some(choice) = &current {
                found.push((number + 1, choice.clone()));
            }
            if current == Some(Choice::Other) {
                current = None;
            }
            begun = true;
        }
        if text.starts_with("```") || text.starts_with("~~~") {
            is_fenced = !is_fenced;
            is_first_of_paragraph = true;
            continue;
        }
        if is_fenced {
            continue;
        }
        if let Some((noun, mark)) = named(text) {
            current = Some(Choice::Named(noun, mark));
        } else if begun && is_first_of_paragraph && (is_or(text) || takes_back(text)) {
            current = Some(Choice::Other);
        }
        is_first_of_paragraph = text.is_empty();
    }
    found
}

/// `### Option A: fix the caller`, `**2. Variante:**`
fn named(line: &str) -> Option<(String, String)> {
    let text = line.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    for noun in CHINESE {
        if let Some(mark) = text.strip_prefix(noun).and_then(|rest| rest.trim_start().chars().next())
            && (mark.is_ascii_alphanumeric() || "一二三四".contains(mark))
        {
            return Some(((*noun).to_owned(), mark.to_string()));
        }
    }
    let mut words = text.split_whitespace();
    let noun = words.next()?.trim_end_matches(|c: char| !c.is_alphabetic()).to_owned();
    let mark = words.next()?.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let is_mark = matches!(mark.as_str(), "one" | "two" | "three" | "a" | "b" | "c" | "d" | "i" | "ii" | "iii")
        || mark.len() == 1 && mark.chars().all(|c| c.is_ascii_digit());
    (NOUNS.contains(&noun.as_str()) && is_mark).then_some((noun, mark))
}

/// "Hmm, no – `a` must stay as it is."
fn takes_back(line: &str) -> bool {
    let text = line.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase().replace('’', "'");
    let ends = |rest: &str| {
        let rest = rest.trim_start_matches(' ');
        rest.is_empty() || rest.starts_with([',', '.', ':', ';', '!', '-', '–', '—', '…', '，', '。', '、', '！', '：'])
    };
    TAKES_BACK.iter().any(|said| text.starts_with(said))
        || TAKEN_BACK.iter().any(|said| text.strip_prefix(said).is_some_and(ends))
}

fn is_or(line: &str) -> bool {
    let text = line.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    OR.iter().any(|or| text.starts_with(or)) || text.trim_end_matches(|c: char| !c.is_alphabetic()) == "or"
}
