//! What a reply leaves out in front of a function or class that it gives anew: a word without which others no longer find or run it.

use aiia_syntax::Symbol;

use super::block::Block;
use super::deletion::speaks_of;
use super::view::FileView;

/// What goes before and behind the text of `given` of the reply when it takes the place of `symbol` of the file.
pub(super) fn kept(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> Option<(String, &'static str)> {
    let new = &block.text[given.item_range.clone()];
    let own = &file.text[symbol.item_range.clone()];
    match file.language?.name() {
        "javascript" | "typescript" | "tsx" => of_script(new, own, given, block),
        "python" => {
            let is_lost = own.starts_with("async def ") && new.starts_with("def ");
            (is_lost && ["await", "async"].iter().any(|word| speaks_of(word, new))).then(|| ("async ".to_owned(), ""))
        }
        _ => None,
    }
}

fn of_script(new: &str, own: &str, given: &Symbol, block: &Block) -> Option<(String, &'static str)> {
    let begins = |word: &str| new.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '*', '(', '{']));
    let is_declaration = ["function", "class", "async", "abstract", "interface"].into_iter().any(begins);
    let is_other = ["const", "let", "var", "enum", "type", "namespace", "declare"].into_iter().any(begins);
    let mut others =
        block.text.lines().filter(|line| line.trim_start().starts_with("export ") || line.contains("exports"));
    if others.any(|line| speaks_of(&given.name, line)) {
        return None;
    }
    if own.starts_with("export default ") {
        return is_declaration.then(|| ("export default ".to_owned(), ""));
    }
    if own.starts_with("export ") {
        return (is_declaration || is_other).then(|| ("export ".to_owned(), ""));
    }
    if own.starts_with("exports.") || own.starts_with("module.exports") {
        let (left, _) = own.split_once('=')?;
        let end = if own.trim_end().ends_with(';') && !new.trim_end().ends_with(';') { ";" } else { "" };
        return is_declaration.then(|| (format!("{left}= "), end));
    }
    None
}
