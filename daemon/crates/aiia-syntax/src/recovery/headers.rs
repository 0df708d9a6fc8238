//! Lines that read like the start of a definition.

use crate::SymbolKind;
use crate::language::{Body, Functions, Outline};
use aiia_text::{content_end, line_end};
use std::ops::Range;

/// A line that reads like the start of a definition.
pub(crate) struct Header {
    pub(crate) kind: SymbolKind,
    pub(crate) start: usize,
    pub(crate) name: Range<usize>,
    pub(super) indent: usize,
    /// The type of the receiver of a Go method, the table of a Lua function.
    pub(crate) receiver: Option<String>,
}

/// Every line that reads like the start of a definition.
pub(super) fn headers<'a>(text: &'a str, outline: &'a Outline) -> impl Iterator<Item = Header> + 'a {
    let mut next = 0;
    std::iter::from_fn(move || {
        (next < text.len()).then(|| {
            let start = next;
            next = line_end(text, start);
            start
        })
    })
    .filter_map(move |start| header(text, start, outline))
}

/// What the line that starts there defines, if it reads like the start of a definition.
pub(crate) fn header(text: &str, line_start: usize, outline: &Outline) -> Option<Header> {
    let line_end = content_end(text, line_start);
    let line = &text[line_start..line_end];
    let code = line.trim_start();
    let indent = line.len() - code.len();
    let found = with_keyword(code, outline).or_else(|| {
        let next_line = || text[line_end..].trim_start().starts_with('{');
        without_keyword(code, outline, next_line)
    })?;
    let start = line_start + indent;
    let name = start + found.name.start..start + found.name.end;
    Some(Header { kind: found.kind, start, name, indent, receiver: found.receiver })
}

/// The most that a declaration of a function has before its semicolon, in bytes.
const MAX_PROTOTYPE_BYTES: usize = 1000;

/// The function that the line which starts there declares without a body, as headers and interfaces do; only in languages whose
/// functions are told by a type before their names. Within functions, lines that read so are variables.
pub(crate) fn prototype(text: &str, line_start: usize, outline: &Outline) -> Option<Header> {
    if outline.functions != Functions::Typed {
        return None;
    }
    let line = &text[line_start..content_end(text, line_start)];
    let code = line.trim_start();
    let indent = line.len() - code.len();
    if !code.contains('(') || code.starts_with(['#', '}']) || outline.leading.iter().any(|mark| code.starts_with(mark))
    {
        return None;
    }
    let start = line_start + indent;
    let most = &text[start..text.floor_char_boundary((start + MAX_PROTOTYPE_BYTES).min(text.len()))];
    let end = most.find([';', '{', '}']).filter(|end| most.as_bytes()[*end] == b';')?;
    let found = declared_function(&most[..end], outline)?;
    let name = &most[found.name.clone()];
    // What a macro is given reads the same.
    let is_macro = name.len() > 1 && !name.contains(|character: char| character.is_lowercase());
    let name = start + found.name.start..start + found.name.end;
    (!is_macro && found.receiver.is_none()).then_some(Header { kind: found.kind, start, name, indent, receiver: None })
}

/// A function of a declaration without its semicolon.
fn declared_function(code: &str, outline: &Outline) -> Option<Found> {
    if code.starts_with("typedef") || code.starts_with("friend") {
        return None;
    }
    // With a body it would be a definition.
    let behind = closing_bracket(&code[code.find('(')?..])? + code.find('(')? + 1;
    let (head, result) = code.split_at(behind);
    let is_pure = matches!(result.rsplit_once('=').map(|(_, value)| value.trim()), Some("0" | "default" | "delete"));
    if result.trim_start().starts_with(['(', '[', '.', ',']) || (result.contains('=') && !is_pure) {
        return None;
    }
    without_keyword(head, outline, || true)
}

/// What a line of code says, with ranges of the line.
struct Found {
    kind: SymbolKind,
    name: Range<usize>,
    receiver: Option<String>,
}

/// An item that a keyword starts.
fn with_keyword(code: &str, outline: &Outline) -> Option<Found> {
    let mut rest = code;
    loop {
        let word_end = rest
            .find(|character: char| character.is_whitespace() || matches!(character, '(' | '<'))
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(word_end);
        if let Some(&(_, kind)) = outline.keywords.iter().find(|(keyword, _)| *keyword == word) {
            let behind_start = code.len() - behind.len();
            let (name, receiver) = match kind {
                SymbolKind::Impl => (implemented_type(behind)?, None),
                _ => declared_name(behind, outline)?,
            };
            if outline.functions == Functions::Typed && !opens_type(&behind[name.end..]) {
                return None;
            }
            let kind = match &receiver {
                Some(_) => SymbolKind::Method,
                None => kind_behind(&behind[name.end..], outline).unwrap_or(kind),
            };
            return Some(Found { kind, name: behind_start + name.start..behind_start + name.end, receiver });
        }
        let is_annotation = word.len() > 1 && word.starts_with('@');
        if !is_annotation && !outline.modifiers.contains(&word) {
            return None;
        }
        // The place a modifier may name: `pub(crate)`.
        let behind = match behind.strip_prefix('(') {
            Some(place) => place.split_once(')')?.1,
            None => behind,
        };
        rest = behind.trim_start();
    }
}

/// Whether `struct node` begins a type and not the type of something: what follows the name.
fn opens_type(behind: &str) -> bool {
    let behind = behind.trim_start();
    let words = ["final", "extends", "implements", "permits", "where"];
    behind.is_empty()
        || behind.starts_with(['{', ':', '<', '(', '.'])
        || words.iter().any(|word| behind.starts_with(word))
}

/// Words before a bracket that is not the one of parameters.
const STATEMENTS: &[&str] = &[
    "if",
    "else",
    "for",
    "foreach",
    "while",
    "do",
    "switch",
    "case",
    "catch",
    "try",
    "finally",
    "return",
    "throw",
    "new",
    "await",
    "yield",
    "typeof",
    "delete",
    "sizeof",
    "using",
    "lock",
    "fixed",
    "synchronized",
    "with",
    "match",
    "assert",
    "super",
    "this",
    "function",
];

/// A function that is told by its parameters and its body alone.
fn without_keyword(code: &str, outline: &Outline, next_line_opens: impl Fn() -> bool) -> Option<Found> {
    if outline.functions == Functions::Keyword {
        return None;
    }
    let (head, parameters) = code.split_at(code.find('(')?);
    let is_part_of_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$' | '#');
    let name_end = without_type_parameters(head).trim_end().len();
    let name_start = head[..name_end].trim_end_matches(is_part_of_name).len();
    let (before, name) = (head[..name_start].trim_end(), &head[name_start..name_end]);
    let first_word = before.split_whitespace().next().unwrap_or(name);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if STATEMENTS.contains(&first_word) || STATEMENTS.contains(&name) {
        return None;
    }
    let is_declared = match outline.functions {
        Functions::Bare => before.split_whitespace().all(|word| word == "*" || outline.modifiers.contains(&word)),
        Functions::Typed | Functions::Keyword => {
            let is_part_of_type = |character: char| {
                is_part_of_name(character) || character.is_whitespace() || "<>[],.*&:~?@".contains(character)
            };
            !before.is_empty() && !before.ends_with(['.', ',']) && before.chars().all(is_part_of_type)
        }
    };
    let behind = &parameters[closing_bracket(parameters)? + 1..];
    let (result, body) = behind.split_once('{').map_or((behind, false), |(result, _)| (result, true));
    let opens = body || (outline.functions == Functions::Typed && next_line_opens());
    if !is_declared || !opens || result.contains(['=', ';', '"', '\'', '`']) {
        return None;
    }
    let scope = before.ends_with("::").then(|| before.rsplit([' ', '*', '&']).next().unwrap_or_default());
    let receiver = scope.map(|scope| scope.trim_end_matches(':').to_owned());
    Some(Found { kind: SymbolKind::Function, name: name_start..name_end, receiver })
}

/// `get` of `get<K, V>`.
fn without_type_parameters(head: &str) -> &str {
    let trimmed = head.trim_end();
    if !trimmed.ends_with('>') {
        return head;
    }
    let mut depth = 0_usize;
    for (index, character) in trimmed.char_indices().rev() {
        match character {
            '>' => depth += 1,
            '<' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &trimmed[..index];
        }
    }
    head
}

/// Where the bracket closes that the text begins with.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(index, character)| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(index)
    })
}

/// The name in what follows the keyword, behind the star of a generator or what it belongs to: the receiver of a Go
/// method, the table of a Lua function.
fn declared_name(text: &str, outline: &Outline) -> Option<(Range<usize>, Option<String>)> {
    let trimmed = text.trim_start();
    let (name, receiver) = match trimmed.strip_prefix('(') {
        Some(behind) => {
            let (receiver, name) = behind.split_once(')')?;
            let plain = receiver.split('[').next().unwrap_or_default();
            (name, plain.rsplit([' ', '*']).next().map(str::to_owned))
        }
        None => (trimmed.strip_prefix('*').unwrap_or(trimmed), None),
    };
    let start = text.len() - name.len();
    let found = leading_name(name)?;
    let (written, behind) = (&name[found.clone()], &name[found.end..]);
    if outline.body == Body::End
        && behind.starts_with(['.', ':'])
        && let Some(member) = leading_name(&behind[1..])
    {
        let start = start + found.end + 1;
        let owner = (written != "self").then(|| written.to_owned());
        return Some((start + member.start..start + member.end, owner));
    }
    // Without parameters it is the result of a function that has no name.
    let is_named = receiver.is_none() || behind.starts_with('(');
    is_named.then(|| (start + found.start..start + found.end, receiver))
}

/// What the word behind a name says about its kind.
fn kind_behind(text: &str, outline: &Outline) -> Option<SymbolKind> {
    let text = text.trim_start();
    // Type parameters of Go.
    let text =
        text.strip_prefix('[').and_then(|parameters| parameters.split_once(']')).map_or(text, |(_, behind)| behind);
    let word = text.split([' ', '\t', '{', '(']).find(|word| !word.is_empty())?;
    outline.kinds_behind.iter().find(|(keyword, _)| *keyword == word).map(|&(_, kind)| kind)
}

/// The identifier at the start of `text`, blanks skipped.
fn leading_name(text: &str) -> Option<Range<usize>> {
    let name = text.trim_start();
    let start = text.len() - name.len();
    let length = name.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(name.len());
    (length > 0 && !name.starts_with(|first: char| first.is_ascii_digit())).then(|| start..start + length)
}

/// The plain name of the type in what follows `impl`: `Map` of `<K> Drop for std::Map<K> {`.
fn implemented_type(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    if text.trim_start().starts_with('<') {
        let mut depth = 0_usize;
        start = text.char_indices().find_map(|(index, character)| {
            match character {
                '<' => depth += 1,
                '>' => depth = depth.saturating_sub(1),
                _ => return None,
            }
            (depth == 0).then_some(index + 1)
        })?;
    }
    if let Some(found) = text[start..].find(" for ") {
        start += found + " for ".len();
    }
    loop {
        let name = leading_name(&text[start..])?;
        let name = start + name.start..start + name.end;
        match text[name.end..].strip_prefix("::") {
            Some(_) => start = name.end + 2,
            None => return Some(name),
        }
    }
}
