//! The heads of impls, which tell those of one type apart.

use super::parameters::split;

/// Impls of different traits, or of one trait with other parameters, have the name of the type alone in common.
pub(super) fn is_another_impl(given: &str, own: &str) -> bool {
    let (given, own) = (ImplHead::of(given), ImplHead::of(own));
    if given.implemented != own.implemented {
        return true;
    }
    // A reply often leaves out what the type is given.
    let has_arguments = |head: &ImplHead| head.of_type.contains('<');
    given.of_type != own.of_type && (given.implemented.is_some() || has_arguments(&given) && has_arguments(&own))
}

/// The types that the head of an impl gives its trait, without lifetimes and the paths before the last names.
pub(super) fn implemented_arguments(head: &str) -> Vec<String> {
    let implemented = ImplHead::of(head).implemented.unwrap_or_default();
    let arguments = implemented.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    arguments.map_or(Vec::new(), |arguments| split(arguments).into_iter().map(bare_type).collect())
}

/// A type without blanks, lifetimes and the path before its last name.
pub(super) fn bare_type(of_type: &str) -> String {
    let written = normal(of_type, &[]);
    let path = written.trim_start_matches(|character: char| character == '&' || character.is_whitespace());
    let references = written[..written.len() - path.len()].matches('&').count();
    "&".repeat(references) + &last_name(path)
}

/// `impl<…> Trait<…> for Type<…>`, without blanks, lifetimes and the paths before the last names; what the impl is generic over goes
/// by its number.
struct ImplHead {
    implemented: Option<String>,
    of_type: String,
}

impl ImplHead {
    fn of(signature: &str) -> Self {
        let rest = signature.split_once("impl").map_or(signature, |(_, rest)| rest).trim_start();
        let generic = if rest.starts_with('<') {
            outside(rest, |depth, _| depth == 0).map_or(rest.len(), |at| at + 1)
        } else {
            0
        };
        let names = generic_names(&rest[..generic]);
        let head = &rest[generic..];
        let head =
            &head[..outside(head, |depth, rest| depth == 0 && is_word(head, rest, "where")).unwrap_or(head.len())];
        let split = outside(head, |depth, rest| depth == 0 && is_word(head, rest, "for"));
        let normal = |path: &str| last_name(&normal(path, &names));
        let (implemented, of_type) = match split {
            Some(at) => (Some(normal(&head[..at])), normal(&head[at + "for".len()..])),
            None => (None, normal(head)),
        };
        Self { implemented, of_type }
    }
}

/// The types and constants in `<'a, T: A<B>, const N: usize>`.
fn generic_names(generic: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = generic.strip_prefix('<').unwrap_or_default();
    loop {
        let name = rest.trim_start();
        let name = name.strip_prefix("const ").unwrap_or(name).trim_start();
        let end = name.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(name.len());
        if end > 0 {
            names.push(&name[..end]);
        }
        match outside(rest, |depth, rest| depth == 0 && rest.starts_with(',')) {
            Some(comma) => rest = &rest[comma + 1..],
            None => return names,
        }
    }
}

/// A type without lifetimes, `names` in it by their numbers. Its blanks end words, so they stay.
fn normal(of_type: &str, names: &[&str]) -> String {
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut result = String::new();
    let mut rest = of_type;
    while let Some(first) = rest.chars().next() {
        let skipped = usize::from(first == '\'');
        let end = rest[skipped..].find(|character| !is_of_word(character)).map_or(rest.len(), |at| at + skipped);
        if skipped > 0 {
            rest = rest[end..].strip_prefix(',').unwrap_or(&rest[end..]);
            continue;
        }
        let end = end.max(first.len_utf8());
        match names.iter().position(|name| *name == &rest[..end]) {
            Some(number) => {
                result.push('_');
                result.push_str(&number.to_string());
            }
            None => result.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    result
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
    bare[name..].replace("<>", "")
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
    #[case("impl<'a> From<&'a A> for Error", "impl<'a> From<&'a B> for Error", true)]
    #[case("impl<'a> From<&'a A> for Error", "impl From<&A> for Error", false)]
    #[case("impl<'a> From<A<'a >> for Error", "impl From<A> for Error", false)]
    #[case("impl From<A> for Error", "impl From< A >  for Error", false)]
    #[case("impl<F> Call for Point<F> where F: for<'a> Fn(&'a str) -> bool", "impl<F: Send> Call for Point<F>", false)]
    #[case("impl<F: Fn(u8) -> bool> Call for Point<F>", "impl<F> Point<F>", true)]
    #[case("unsafe impl Send for Point", "unsafe impl Sync for Point", true)]
    #[case("impl<T> Point<T>", "impl Point<u8>", true)]
    #[case("impl<T> Point<T>", "impl<T> Point<Vec<T>>", true)]
    #[case("impl<'a, T: A<B>> Point<'a, T>", "impl<U> Point<'_, U> where U: A<B>", false)]
    #[case("impl<T> From<T> for Point", "impl<U> From<U> for Point", false)]
    #[case("impl<const N: usize> Point<N>", "impl<const M: usize> Point<M>", false)]
    #[case("impl Call for Formatter", "impl Call for Formatter", false)]
    fn impls_are_told_apart(#[case] given: &str, #[case] own: &str, #[case] expected: bool) {
        assert_eq!(is_another_impl(given, own), expected);
    }
}
