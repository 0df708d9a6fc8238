//! What tells two symbols of one name and kind apart: a reply that gives the one must not overwrite the other.

mod impl_arguments;
mod impl_head;
mod parameters;
mod python;

use aiia_syntax::{Symbol, SymbolKind};

use super::block::Block;
use super::symbol_match::takes_self;
use super::view::FileView;
pub(super) use impl_arguments::contradicts_head;
use parameters::{Parameters, type_arguments};

/// Whether a symbol of a reply is one of the file that has its name and kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    Same,
    /// It is the same in another form, or a new one beside it: an overload, or a twin for another platform.
    Unsure,
    Another,
}

/// A symbol and the text that it is in.
#[derive(Clone, Copy)]
struct Side<'s> {
    symbol: &'s Symbol,
    text: &'s str,
}

impl<'s> Side<'s> {
    /// What stands above it and belongs to it.
    fn above(self) -> &'s str {
        self.text.get(self.symbol.range.start..self.symbol.item_range.start).unwrap_or_default()
    }

    /// What it begins with, up to its name.
    fn before_name(self) -> &'s str {
        self.text.get(self.symbol.item_range.start..self.symbol.name_range.start).unwrap_or_default()
    }

    /// What comes behind its name.
    fn behind_name(self) -> &'s str {
        self.text.get(self.symbol.name_range.end..self.symbol.item_range.end).unwrap_or_default()
    }

    fn words_before_name(self) -> impl Iterator<Item = &'s str> {
        self.before_name().split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
    }

    fn signature(self) -> &'s str {
        self.symbol.signature(self.text)
    }

    fn has_body(self) -> bool {
        self.symbol.body_range.is_some()
    }

    /// Whether it lies in no other symbol.
    fn is_outermost(self) -> bool {
        self.symbol.depth == 0
    }
}

/// How a symbol of the reply, `given`, is to the symbol `own` of the file, which has its name and kind.
pub(super) fn likeness(given: &Symbol, block: &Block, own: &Symbol, file: &FileView) -> Likeness {
    let language = file.language.map_or("", |language| language.name());
    let sides = (Side { symbol: given, text: &block.text }, Side { symbol: own, text: file.text });
    match given.kind {
        SymbolKind::Key | SymbolKind::Rule | SymbolKind::Variable | SymbolKind::Table | SymbolKind::Heading => {
            of_data(sides, language)
        }
        kind if kind.is_callable() => of_functions(sides, block, file, language),
        _ => of_types(sides, language),
    }
}

/// Of two sides with one thing that tells them apart.
fn alike(one: bool) -> Likeness {
    if one { Likeness::Same } else { Likeness::Another }
}

/// Keys and rules mean what is around them: one that stands alone is no other's part.
fn of_data((given, own): (Side, Side), language: &str) -> Likeness {
    match (given.symbol.kind, language) {
        (SymbolKind::Table, _) => {
            let is_listed = |side: Side| side.before_name().starts_with("[[");
            let first = |side: Side| side.behind_name().lines().map(str::trim).nth(1).map(str::to_owned);
            match (is_listed(given), is_listed(own)) {
                (false, false) => Likeness::Same,
                (true, true) if first(given) == first(own) => Likeness::Same,
                (true, true) => Likeness::Unsure,
                _ => Likeness::Another,
            }
        }
        (SymbolKind::Heading, _) => {
            let level = |side: Side| side.before_name().trim_end().len();
            if level(given) == level(own) { Likeness::Same } else { Likeness::Unsure }
        }
        (SymbolKind::Variable, language) if language != "css" => Likeness::Same,
        _ => alike(!given.is_outermost() || own.is_outermost()),
    }
}

fn of_types(sides: (Side, Side), language: &str) -> Likeness {
    let (given, own) = sides;
    match language {
        "rust" if is_for_another_platform(sides) => Likeness::Unsure,
        "rust" if given.symbol.kind == SymbolKind::Impl => {
            alike(!impl_head::is_another_impl(given.signature(), own.signature()))
        }
        // `hash<A>` and `hash<B>` are specialisations; `Task` and `Task<T>` are two types.
        "cpp" => alike(type_arguments(given.behind_name()) == type_arguments(own.behind_name())),
        "csharp" => {
            let count = |side: Side| type_arguments(side.behind_name()).map(|text| text.matches(',').count());
            alike(count(given) == count(own))
        }
        "swift" if given.symbol.kind == SymbolKind::Impl => {
            let behind = |side: Side<'_>| {
                let head = side.behind_name().split('{').next().unwrap_or_default();
                head.split_whitespace().collect::<String>()
            };
            match (behind(given), behind(own)) {
                (one, other) if one == other => Likeness::Same,
                (one, other) if one.is_empty() || other.is_empty() => Likeness::Unsure,
                _ => Likeness::Another,
            }
        }
        _ => Likeness::Same,
    }
}

fn of_functions(sides: (Side, Side), block: &Block, file: &FileView, language: &str) -> Likeness {
    let (given, own) = sides;
    let by_language = match language {
        "rust" if is_for_another_platform(sides) || contradicts_head(given.symbol, given.text, own.symbol, file) => {
            Likeness::Unsure
        }
        "python" => python::likeness(sides),
        "java" | "csharp" | "cpp" | "swift" => of_overloads(sides, language),
        "c" => alike(given.has_body() == own.has_body()),
        "javascript" | "typescript" | "tsx" => of_scripts(sides),
        "ruby" => alike(is_of_the_class(given) == is_of_the_class(own)),
        _ => Likeness::Same,
    };
    if by_language == Likeness::Another || given.is_outermost() && is_another_function(sides, block, file, language) {
        return Likeness::Another;
    }
    if given.is_outermost() && !own.is_outermost() && by_language == Likeness::Same {
        let is_free = language == "php" && is_free_function(given) && !is_free_function(own);
        let is_declared = language != "cpp" && given.has_body() != own.has_body();
        if is_free || is_declared || is_beside_functions(given, block, file) {
            return Likeness::Unsure;
        }
    }
    by_language
}

/// Whether `own`, which a type of the file declares without a body, may be what a function of the reply with a body is for: the type
/// is to have it itself now. What says that it overrides another is for a type that inherits.
pub(super) fn declares(own: &Symbol, given: &Symbol, block: &Block, file: &FileView) -> bool {
    let language = file.language.map_or("", |language| language.name());
    let (given, own) = (Side { symbol: given, text: &block.text }, Side { symbol: own, text: file.text });
    let says = |side: Side, word: &str| {
        let words = |text: &str| text.split(|character: char| !character.is_alphanumeric()).any(|own| own == word);
        words(side.above()) || words(side.signature())
    };
    if own.has_body() || !given.has_body() || own.is_outermost() || says(given, "override") || says(given, "Override") {
        return false;
    }
    match language {
        "rust" | "python" if takes_self(given.symbol, given.text) != takes_self(own.symbol, own.text) => return false,
        "java" | "csharp" | "cpp" | "swift" => {
            let parameters = |side: Side| Parameters::of(side.behind_name(), language);
            if parameters(given) != parameters(own) {
                return false;
            }
        }
        _ => {}
    }
    // A method of an interface has no body, or says so.
    let is_of_interface = file.symbols().iter().any(|outer| {
        outer.kind == SymbolKind::Interface
            && outer.depth + 1 == own.symbol.depth
            && outer.item_range.start <= own.symbol.item_range.start
            && own.symbol.item_range.end <= outer.item_range.end
    });
    let may_have_body = match language {
        "typescript" | "tsx" | "php" => false,
        "java" => says(given, "default") || says(given, "static"),
        "csharp" => !says(given, "public"),
        _ => true,
    };
    let is_asked = || {
        file.focus_range()
            .is_some_and(|focus| focus.start <= own.symbol.range.start && own.symbol.range.end <= focus.end)
    };
    !is_of_interface || may_have_body || is_asked()
}

/// Functions of languages in which a name may have several, by what they take.
fn of_overloads((given, own): (Side, Side), language: &str) -> Likeness {
    let is_declared_elsewhere = language == "cpp" && given.has_body() != own.has_body();
    let is_static = |side: Side| side.words_before_name().any(|word| matches!(word, "static" | "class"));
    let implements = |side: Side| {
        let before = side.before_name().trim_end();
        let qualified = before.ends_with('.').then(|| before.rsplit(char::is_whitespace).next().unwrap_or_default());
        (qualified.map(str::to_owned), before.ends_with('~'))
    };
    // An interface says `default` where a class says nothing, and a base class `virtual` where others override.
    let says = |side: Side, word: &str| side.words_before_name().any(|own| own == word);
    let is_another = match language {
        "java" => says(given, "default") && !says(own, "default") && own.has_body(),
        "csharp" => implements(given) != implements(own),
        "swift" => is_static(given) != is_static(own),
        "cpp" => is_declared_elsewhere || type_arguments(given.behind_name()) != type_arguments(own.behind_name()),
        _ => false,
    };
    if is_another {
        return Likeness::Another;
    }
    let parameters = |side: Side| Parameters::of(side.behind_name(), language);
    if parameters(given) == parameters(own) { Likeness::Same } else { Likeness::Unsure }
}

fn of_scripts((given, own): (Side, Side)) -> Likeness {
    // `get`, `set` and `static` of a method.
    let own_words = |side: Side| {
        let words = side.words_before_name().filter(|word| matches!(*word, "get" | "set" | "static"));
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    if own_words(given) != own_words(own) {
        return Likeness::Another;
    }
    match (given.has_body(), own.has_body()) {
        (false, false) => {
            let parameters = |side: Side| Parameters::of(side.behind_name(), "typescript");
            if parameters(given) == parameters(own) { Likeness::Same } else { Likeness::Unsure }
        }
        (true, true) => Likeness::Same,
        _ if own.words_before_name().any(|word| word == "abstract") => Likeness::Unsure,
        _ => Likeness::Another,
    }
}

/// Whether a function that stands alone in the reply is no form of that of the file.
fn is_another_function((given, own): (Side, Side), block: &Block, file: &FileView, language: &str) -> bool {
    // `func (b *B) Close()` is not that of A, and neither is `func Close()`.
    let says_type = |side: Side| {
        // `A::f` may stand in a namespace.
        let is_qualified = || language == "cpp" && side.before_name().trim_end().ends_with("::");
        side.symbol.container.is_some() && (side.is_outermost() || is_qualified())
    };
    let (given_symbol, own_symbol) = (given.symbol, own.symbol);
    if says_type(given) || says_type(own) {
        let container = |side: Side<'_>| side.symbol.container.clone().unwrap_or_default();
        let (wanted, real) = (container(given), container(own));
        let ends = real.strip_suffix(&wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with("::"));
        return wanted.is_empty() || !ends;
    }
    if file.focus_symbol() == Some(&given_symbol.name) {
        return false;
    }
    let is_free = match language {
        "rust" | "python" => takes_self(given_symbol, given.text) != takes_self(own_symbol, own.text),
        "javascript" | "typescript" | "tsx" => {
            own_symbol.kind == SymbolKind::Method && given.words_before_name().any(|word| word == "function")
        }
        _ => false,
    };
    is_free || block.has_several() && is_local(own_symbol, file)
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

/// Whether the reply has, beside a function, others that belong to no type in the file. What belongs to one in languages
/// that say so is told by that.
fn is_beside_functions(given: Side, block: &Block, file: &FileView) -> bool {
    let says_so = file.language.is_some_and(|language| matches!(language.name(), "rust" | "python"));
    !says_so && block.has_functions_beside(&given.symbol.name, file)
}

/// Whether `#[cfg]` of the one is not that of the other. A reply often leaves out attributes.
fn is_for_another_platform((given, own): (Side, Side)) -> bool {
    let platforms = |side: Side| {
        let lines = side.above().lines().filter(|line| line.trim_start().starts_with("#[cfg("));
        lines.map(|line| line.split_whitespace().collect::<String>()).collect::<Vec<_>>()
    };
    let wanted = platforms(given);
    !wanted.is_empty() && wanted != platforms(own)
}

/// Whether a function of PHP says nothing that makes it a method.
fn is_free_function(side: Side) -> bool {
    let says = |word| matches!(word, "public" | "protected" | "private" | "static" | "abstract" | "final");
    !side.words_before_name().any(says) && !side.behind_name().contains("$this")
}

/// Whether a method of Ruby is one of its class: `def self.f`, or `def f` within `class << self`.
fn is_of_the_class(side: Side) -> bool {
    let before = side.text.get(..side.symbol.item_range.start).unwrap_or_default();
    let width = |line: &str| line.len() - line.trim_start().len();
    let mut least = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let mut opens = false;
    for line in before.lines().rev().skip(1).filter(|line| !line.trim().is_empty()) {
        if width(line) < least {
            least = width(line);
            opens |= line.trim_start().starts_with("class <<");
            if least == 0 || opens {
                break;
            }
        }
    }
    opens || side.before_name().trim_end().ends_with("self.")
}
