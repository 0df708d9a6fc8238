//! What tells two symbols of one name and kind apart: a reply that gives the one must not overwrite the other.

use aiia_syntax::{Symbol, SymbolKind};

use super::symbol_match::{Block, takes_self};
use super::view::FileView;

/// Whether a symbol of the reply, `given`, cannot be the symbol `own` of the file, which has its name and kind.
pub(super) fn is_another(given: &Symbol, block: &Block, own: &Symbol, file: &FileView) -> bool {
    let Some(language) = file.language else { return false };
    match language.name() {
        "rust" if given.kind == SymbolKind::Impl => {
            is_another_impl(given.signature(&block.text), own.signature(file.text))
        }
        _ if !given.kind.is_callable() => false,
        "python"
            if accessors(given, &block.text).is_some_and(|of_given| accessors(own, file.text) != Some(of_given)) =>
        {
            true
        }
        "javascript" | "typescript" | "tsx" if accessor(given, &block.text) != accessor(own, file.text) => true,
        name => given.depth == 0 && is_another_function(given, block, own, file, name),
    }
}

/// The same for a function that stands alone in the reply.
fn is_another_function(given: &Symbol, block: &Block, own: &Symbol, file: &FileView, language: &str) -> bool {
    // `func (b *B) Close()` is not that of A, and neither is `func Close()`.
    let says_type = |symbol: &Symbol| symbol.depth == 0 && symbol.container.is_some();
    if says_type(given) || says_type(own) {
        let (wanted, real) = (given.container.as_deref().unwrap_or(""), own.container.as_deref().unwrap_or(""));
        let ends = real.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"));
        return wanted.is_empty() || !ends;
    }
    if file.focus_symbol() == Some(&given.name) {
        return false;
    }
    let is_free = match language {
        "rust" | "python" => takes_self(given, &block.text) != takes_self(own, file.text),
        "javascript" | "typescript" | "tsx" => {
            own.kind == SymbolKind::Method && words_before_name(given, &block.text).any(|word| word == "function")
        }
        _ => false,
    };
    is_free || block.tops().len() > 1 && is_local(own, file)
}

/// Whether a symbol lies in a function.
fn is_local(own: &Symbol, file: &FileView) -> bool {
    own.depth > 0
        && file.symbols().iter().any(|outer| {
            outer.depth < own.depth
                && outer.kind.is_callable()
                && outer.item_range.start <= own.item_range.start
                && own.item_range.end <= outer.item_range.end
        })
}

/// The decorators of Python that make a function a part of what has its name already: `@size.setter`.
fn accessors<'t>(symbol: &Symbol, text: &'t str) -> Option<Vec<&'t str>> {
    let above = text.get(symbol.range.start..symbol.item_range.start)?;
    let own = |line: &&str| line.strip_prefix('@').is_some_and(|rest| rest.starts_with(&format!("{}.", symbol.name)));
    let found: Vec<&str> = above.lines().map(str::trim).filter(own).collect();
    (!found.is_empty()).then_some(found)
}

/// `get` or `set` of a JavaScript method.
fn accessor<'t>(symbol: &Symbol, text: &'t str) -> Option<&'t str> {
    words_before_name(symbol, text).find(|word| matches!(*word, "get" | "set"))
}

fn words_before_name<'t>(symbol: &Symbol, text: &'t str) -> impl Iterator<Item = &'t str> {
    let before = text.get(symbol.item_range.start..symbol.name_range.start).unwrap_or_default();
    before.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Impls of different traits, or of one trait with other parameters, have the name of the type alone in common.
fn is_another_impl(given: &str, own: &str) -> bool {
    let (given, own) = (ImplHead::of(given), ImplHead::of(own));
    if given.implemented != own.implemented {
        return true;
    }
    let is_said = |head: &ImplHead| head.of_type.contains('<') && !head.is_generic;
    given.of_type != own.of_type && (given.implemented.is_some() || is_said(&given) && is_said(&own))
}

/// `impl<…> Trait<…> for Type<…>`, without blanks and without the paths before the last names.
struct ImplHead {
    implemented: Option<String>,
    of_type: String,
    is_generic: bool,
}

impl ImplHead {
    fn of(signature: &str) -> Self {
        let rest = signature.split_once("impl").map_or(signature, |(_, rest)| rest).trim_start();
        let generic = if rest.starts_with('<') {
            outside(rest, |depth, _| depth == 0).map_or(rest.len(), |at| at + 1)
        } else {
            0
        };
        let head = &rest[generic..];
        let head =
            &head[..outside(head, |depth, rest| depth == 0 && is_word(head, rest, "where")).unwrap_or(head.len())];
        let split = outside(head, |depth, rest| depth == 0 && is_word(head, rest, "for"));
        let (implemented, of_type) = match split {
            Some(at) => (Some(last_name(&head[..at])), last_name(&head[at + "for".len()..])),
            None => (None, last_name(head)),
        };
        Self { implemented, of_type, is_generic: generic > 0 }
    }
}

/// The first byte of a text at which `test` holds, which gets the brackets open behind it and the text from it on.
fn outside(text: &str, test: impl Fn(usize, &str) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' | '[' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = character;
        if test(depth, &text[at..]) {
            return Some(at);
        }
    }
    None
}

/// Whether `rest`, the end of `whole`, begins with a word that stands alone.
fn is_word(whole: &str, rest: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let before = whole[..whole.len() - rest.len()].chars().next_back();
    rest.strip_prefix(word).is_some_and(|behind| !behind.starts_with(is_part)) && !before.is_some_and(is_part)
}

fn last_name(path: &str) -> String {
    let bare: String = path.split_whitespace().collect();
    let arguments = bare.find('<').unwrap_or(bare.len());
    let name = bare[..arguments].rfind("::").map_or(0, |at| at + 2);
    bare[name..].to_owned()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("impl Point", "impl Point", false)]
    #[case("impl<T> Point<T>", "impl Point", false)]
    #[case("impl Point<'_>", "impl<'a> Point<'a>", false)]
    #[case("impl<T> Point<T>", "impl<U> Point<U>", false)]
    #[case("impl Point<u8>", "impl Point<u16>", true)]
    #[case("impl fmt::Display for Point", "impl Point", true)]
    #[case("impl fmt::Display for Point", "impl std::fmt::Display for crate::Point", false)]
    #[case("impl Display for Point", "impl Debug for Point", true)]
    #[case("impl From<A> for Error", "impl From<B> for Error", true)]
    #[case("impl From<A> for Error", "impl From< A >  for Error", false)]
    #[case("impl<F> Call for Point<F> where F: for<'a> Fn(&'a str) -> bool", "impl<F: Send> Call for Point<F>", false)]
    #[case("impl<F: Fn(u8) -> bool> Call for Point<F>", "impl<F> Point<F>", true)]
    #[case("unsafe impl Send for Point", "unsafe impl Sync for Point", true)]
    #[case("impl Call for Formatter", "impl Call for Formatter", false)]
    fn impls_are_told_apart(#[case] given: &str, #[case] own: &str, #[case] expected: bool) {
        assert_eq!(is_another_impl(given, own), expected);
    }
}
