//! What the head of an impl says of the parameters of its functions: `from` of `impl From<u8>` takes a `u8`.

use aiia_syntax::{Symbol, SymbolKind};

use super::super::view::FileView;
use super::impl_head::implemented_arguments;
use super::parameters::types_in_rust;

/// Whether a function of a reply that stands alone, `given` in `text`, takes another type where `own`, a function of the file, takes one that
/// the head of its impl names: it is for another impl of the trait.
pub(in super::super) fn contradicts_head(given: &Symbol, text: &str, own: &Symbol, file: &FileView) -> bool {
    let is_rust = file.language.is_some_and(|language| language.name() == "rust");
    if !is_rust || given.depth > 0 || !given.kind.is_callable() || !own.kind.is_callable() {
        return false;
    }
    let holds = |outer: &&Symbol| {
        outer.kind == SymbolKind::Impl
            && outer.depth + 1 == own.depth
            && outer.item_range.start <= own.item_range.start
            && own.item_range.end <= outer.item_range.end
    };
    let Some(outer) = file.symbols().iter().find(holds) else { return false };
    let named = implemented_arguments(outer.signature(file.text));
    let types = |symbol: &Symbol, text: &str| {
        types_in_rust(text.get(symbol.name_range.end..symbol.item_range.end).unwrap_or_default())
    };
    let (taken, wanted) = (types(own, file.text), types(given, text));
    let is_another = |(own, given): (&String, &String)| named.contains(own) && own != given && given != "Self";
    taken.len() == wanted.len() && taken.iter().zip(&wanted).any(is_another)
}
