//! The comments above a symbol that a reply does not speak of: they stay when it gives the symbol another doc comment.

use std::borrow::Cow;
use std::collections::HashSet;

use aiia_syntax::{Language, Symbol};

use super::elision;
use super::symbol_text::line_indentation;

/// Languages whose doc comments look like any other comment.
const PLAIN_DOCS: &[&str] = &["go", "ruby", "bash", "lua", "toml", "yaml", "css"];
/// What begins a comment that documents nothing.
const REMARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    "NOTE",
    "HACK",
    concat!("X", "XX"),
    "SAFETY",
    "WARNING",
    "Copyright",
    "(c)",
    "SPDX",
    "Licensed",
    "License",
    "#region",
    "region",
    "type:",
];
/// Of the words of a comment, so many in a hundred are in another one that changes it.
const LEAST_COMMON: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Doc,
    Line,
    Block,
    /// A line for a tool: `//go:noinline`, `# type: ignore`.
    Directive,
}

/// Comment lines that belong together.
struct Group<'l> {
    kind: Kind,
    lines: &'l [String],
    /// Whether nothing stands between it and what follows.
    is_close: bool,
}

/// Lines that a reply does not replace, above the comment that it gives and below it.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Staying {
    pub(super) above: Vec<String>,
    pub(super) below: Vec<String>,
}

/// The lines of `own` that a reply with `new` above the symbol does not replace.
pub(super) fn staying(own: &[String], new: &[String], language: Option<Language>) -> Staying {
    let (own, new) = (groups(own), groups(new));
    let plain_docs = language.is_some_and(has_plain_docs);
    let mut free: Vec<&Group> = new.iter().collect();
    let mut staying = Staying::default();
    let mut is_below = !new.is_empty() && own.len() > 1;
    for group in own.iter().rev() {
        let is_same = |other: &&Group| words(other.lines) == words(group.lines);
        let answer = free.iter().rposition(is_same).or_else(|| {
            free.iter().rposition(|other| other.kind == group.kind && may_replace(group, other, plain_docs))
        });
        let lines = group.lines.iter().cloned();
        match answer {
            Some(at) => {
                is_below = false;
                free.remove(at);
            }
            None if is_below && group.kind == Kind::Directive => drop(staying.below.splice(0..0, lines)),
            None => drop(staying.above.splice(0..0, lines)),
        }
    }
    if is_below {
        // None of them is replaced.
        staying.above.append(&mut staying.below);
    }
    staying
}

/// Whether comments are some lines in a row of others and nothing else: they quote them, as code does that is cut off above.
pub(super) fn are_part_of(some: &[String], all: &[String]) -> bool {
    let said = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (some, all) = (said(some), said(all));
    !some.is_empty() && some.len() < all.len() && all.windows(some.len()).any(|part| part == some)
}

/// Whether a comment of the reply takes the place of one of the same kind.
fn may_replace(own: &Group, new: &Group, plain_docs: bool) -> bool {
    if own.kind == Kind::Directive {
        return shares_words(own, new);
    }
    own.kind == Kind::Doc
        || shares_words(own, new)
        || own.is_close && !own.lines.iter().any(|line| is_remark(line)) && (plain_docs || own.kind == new.kind)
}

fn shares_words(own: &Group, new: &Group) -> bool {
    let (own, new) = (words(own.lines), words(new.lines));
    let known: HashSet<&String> = new.iter().collect();
    let common = own.iter().filter(|word| known.contains(word)).count();
    !own.is_empty() && common * 100 >= own.len() * LEAST_COMMON
}

/// Whether the doc comments of a language look like any other comment.
pub(crate) fn has_plain_docs(language: Language) -> bool {
    PLAIN_DOCS.contains(&language.name())
}

/// A remark for those who work on the code, or a line drawn between sections.
pub(crate) fn is_remark(line: &str) -> bool {
    let said = line.trim().trim_start_matches(['/', '#', '*', '-', '!', ';', '=', ' ']);
    let is_for_the_system = line.trim().starts_with("#!") || line.contains("-*-") || said.starts_with("coding");
    REMARKS.iter().any(|remark| said.starts_with(remark))
        || said.is_empty() && line.trim().len() > 6
        || is_for_the_system && line.trim().starts_with('#')
}

/// A symbol of Python with the comment lines right above it, which are no part of it there.
pub(super) fn with_comment_lines<'s>(symbol: &'s Symbol, text: &str, language: Option<Language>) -> Cow<'s, Symbol> {
    let indentation = line_indentation(text, symbol.range.start);
    let is_python = language.is_some_and(|language| language.name() == "python");
    let begins_line = text[..symbol.range.start].ends_with(indentation);
    let end = symbol.range.start - indentation.len();
    if !is_python || !begins_line || end > 0 && !text[..end].ends_with(['\n', '\r']) {
        return Cow::Borrowed(symbol);
    }
    let mut start = None;
    let mut rest = &text[..end];
    while let Some(above) = rest.strip_suffix('\n') {
        let from = above.rfind('\n').map_or(0, |at| at + 1);
        let line = &above[from..];
        let is_comment = line.strip_prefix(indentation).is_some_and(|said| said.starts_with('#'));
        if !is_comment || elision::stands_for_others(line) {
            break;
        }
        start = Some(from + indentation.len());
        rest = &text[..from];
    }
    start.map_or(Cow::Borrowed(symbol), |start| Cow::Owned(Symbol { range: start..symbol.range.end, ..symbol.clone() }))
}

fn groups(lines: &[String]) -> Vec<Group<'_>> {
    let mut found: Vec<Group> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let text = lines[at].trim();
        if text.is_empty() {
            if let Some(last) = found.last_mut() {
                last.is_close = false;
            }
            at += 1;
            continue;
        }
        let kind = kind(text);
        let end = if text.starts_with("/*") {
            (at..lines.len()).find(|number| lines[*number].trim_end().ends_with("*/")).unwrap_or(lines.len() - 1) + 1
        } else {
            let goes_on = |line: &String| {
                let text = line.trim();
                !text.is_empty() && !text.starts_with("/*") && self::kind(text) == kind && kind != Kind::Directive
            };
            (at + 1..lines.len()).find(|number| !goes_on(&lines[*number])).unwrap_or(lines.len())
        };
        found.push(Group { kind, lines: &lines[at..end], is_close: true });
        at = end;
    }
    found
}

fn kind(text: &str) -> Kind {
    let is_doc =
        ["///", "//!", "/**", "/*!", "---"].iter().any(|lead| text.starts_with(lead)) && !text.starts_with("////");
    match text {
        _ if is_directive(text) => Kind::Directive,
        _ if is_doc && text.trim_matches(['/', '-', '*', '!']).contains(char::is_alphanumeric)
            || text == "/**"
            || text == "///" =>
        {
            Kind::Doc
        }
        _ if text.starts_with("/*") => Kind::Block,
        _ => Kind::Line,
    }
}

/// Whether a comment speaks to a tool: a word with a colon right behind the sign, or one that tools listen to.
pub(crate) fn is_directive(text: &str) -> bool {
    let Some(said) = ["//", "/*", "#", "--", ";"].iter().find_map(|sign| text.strip_prefix(sign)) else { return false };
    let first = said.split_whitespace().next().unwrap_or_default();
    let is_glued = !said.starts_with(char::is_whitespace) && first.starts_with(|c: char| c.is_ascii_lowercase());
    let (tool, _) = first.split_once(':').unwrap_or((first, ""));
    is_glued && (first.contains(':') || tool == "nolint" || tool == "export")
        || first.starts_with('@')
        || first.starts_with("NOLINT")
        || matches!(
            tool,
            "noqa"
                | "nolint"
                | "noinspection"
                | "istanbul"
                | "pragma"
                | "pylint"
                | "mypy"
                | "pyright"
                | "rubocop"
                | "shellcheck"
        )
        || tool == "type" && said.trim_start().starts_with("type: ignore")
        || tool.contains('-')
            && tool.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            && ["eslint", "prettier", "tslint", "ts", "biome", "deno", "clang", "c8", "v8"]
                .iter()
                .any(|name| tool.starts_with(&format!("{name}-")))
}

fn words(lines: &[String]) -> Vec<String> {
    let all = lines.iter().flat_map(|line| line.split(|c: char| !c.is_alphanumeric()));
    all.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("c", "/*\n * Copyright\n */\n/** Adds. */", "/** Adds two. */", "/*\n * Copyright\n */")]
    #[case(
        "c",
        "// ------\n// Helpers\n// ------\n// NOTE: see sub.S",
        "/* Subtracts. */",
        "// ------\n// Helpers\n// ------\n// NOTE: see sub.S"
    )]
    #[case("c", "// ------\n// Helpers\n// ------", "// Subtracts.", "// ------\n// Helpers\n// ------")]
    #[case("rust", "// SAFETY: x is valid", "/// Reads x.", "// SAFETY: x is valid")]
    #[case("rust", "/// Old.\n// NOTE: more", "/// New.", "// NOTE: more")]
    #[case("rust", "/// Old.", "/// Something else.", "")]
    #[case("rust", "// NOTE: more", "// NOTE: more\n/// New.", "")]
    #[case("go", "// F does one.", "// F returns two.", "")]
    #[case("go", "// Copyright x.\n\n// F does one.", "// F returns two.", "// Copyright x.")]
    #[case("go", "//go:generate x", "// F returns two.", "//go:generate x")]
    #[case("go", "// F does one.\n//nolint:unused", "// F returns two.", "//nolint:unused")]
    #[case(
        "typescript",
        "// eslint-disable-next-line complexity",
        "// sums up",
        "// eslint-disable-next-line complexity"
    )]
    #[case("typescript", "// adds", "// sums up", "")]
    #[case("python", "# type: ignore[x]", "# Adds.", "# type: ignore[x]")]
    fn comments_stay(#[case] language: &str, #[case] own: &str, #[case] new: &str, #[case] expected: &str) {
        let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
        let found = staying(&lines(own), &lines(new), Language::from_language_id(language));
        assert_eq!([found.above, found.below].concat(), lines(expected));
    }
}
