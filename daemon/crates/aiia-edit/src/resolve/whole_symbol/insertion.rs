//! Where what the file does not have yet goes: beside what the reply has next to it.

use aiia_syntax::{Symbol, SymbolKind};

use super::Placement;
use super::complaints::complain;
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::Line;
use crate::resolve::Change;
use crate::resolve::block::Block;
use crate::resolve::deletion::speaks_of;
use crate::resolve::leading_comments::with_comment_lines;
use crate::resolve::symbol_match::{members, takes_self};
use crate::resolve::symbol_text::{fresh, line_indentation};
use crate::resolve::view::FileView;
use crate::tolerance::Tolerance;

/// Where a new symbol goes: beside the next symbol of the reply that the file has, else the one before.
pub(super) struct Anchor<'f> {
    symbol: &'f Symbol,
    before: bool,
    /// The symbol goes to the end of the anchor's body instead.
    inside: bool,
    /// No blank line comes between.
    joined: bool,
}

impl<'f> Anchor<'f> {
    fn beside(symbol: &'f Symbol, before: bool) -> Self {
        Self { symbol, before, inside: false, joined: false }
    }

    /// Right before a symbol or right behind it, for a field.
    pub(super) fn of_field(symbol: &'f Symbol, before: bool, joined: bool) -> Self {
        Self { symbol, before, inside: false, joined }
    }
}

/// The anchor of the symbol with this number among `placements`, in a type of the file if it belongs into one.
///
/// # Errors
/// Beside its neighbour it would become private, and whether it is to be nothing says.
pub(super) fn anchor<'f>(
    placements: &[Placement],
    number: usize,
    block: &Block,
    file: &'f FileView,
    container: Option<usize>,
) -> Result<Anchor<'f>, Complaint> {
    let symbols = file.symbols();
    let rewritten = |placement: &Placement| match placement {
        Placement::Rewrite(_, index) => {
            let within = container.is_none_or(|outer| {
                let (outer, own) = (&symbols[outer].item_range, &symbols[*index].item_range);
                outer.start <= own.start && own.end <= outer.end && outer != own
            });
            within.then_some(*index)
        }
        Placement::NewIn(_, outer) if container.is_none() => Some(*outer),
        _ => None,
    };
    let next = placements[number..].iter().find_map(rewritten).map(|index| &symbols[index]);
    let previous = placements[..number].iter().rev().find_map(rewritten).map(|index| &symbols[index]);
    let given = placements[number].given();
    let is_below_its_like = number.checked_sub(1).is_some_and(|before| {
        let before = &placements[before];
        let between = block.text.get(before.given().range.end..given.range.start).unwrap_or_default();
        let are_listed = is_listed(given, &block.text) && is_listed(before.given(), &block.text);
        rewritten(before).is_some() && are_listed && between.trim().is_empty() && between.matches('\n').count() < 2
    });
    // Forms of one function stand as close to each other as in the reply.
    let is_close = |near: Option<&Placement>| {
        near.is_some_and(|near| {
            let (first, second) = if near.given().range.start < given.range.start {
                (near.given(), given)
            } else {
                (given, near.given())
            };
            let between = block.text.get(first.range.end..second.range.start).unwrap_or_default();
            first.name == second.name && between.trim().is_empty() && between.matches('\n').count() < 2
        })
    };
    let found = match (next, previous) {
        (Some(_), Some(previous)) if is_below_its_like => Anchor::beside(previous, false),
        (Some(next), Some(previous)) if section(next, file) != section(previous, file) => {
            Anchor::beside(previous, false)
        }
        (Some(next), _) => {
            let joined = is_close(placements.get(number + 1));
            match above_of_its_like(given, next, block, file).filter(|_| !joined && container.is_none()) {
                Some(above) => Anchor { joined: true, ..Anchor::beside(above, false) },
                None => Anchor { joined, ..Anchor::beside(next, true) },
            }
        }
        (None, Some(previous)) => {
            let joined = number.checked_sub(1).is_some_and(|before| is_close(placements.get(before)));
            Anchor { joined, ..Anchor::beside(previous, false) }
        }
        (None, None) => Anchor { symbol: &symbols[container.unwrap_or(0)], before: false, inside: true, joined: false },
    };
    let found = match beside_its_like(given, &found, block, file) {
        Some(like) if container.is_none() => Anchor { joined: true, ..Anchor::beside(like, false) },
        _ => found,
    };
    match section(found.symbol, file) {
        Some(line) if given.kind.is_callable() && !found.inside && !is_called(given, block) => {
            let own = file.line_number(found.symbol.item_range.start);
            let message = format!(
                "The reply gives `{}`, which {} does not have, beside `{}` at line {own}, which is not public since line {line}. \
                 Whether the new one is to be so too cannot be told. Ask the model for a search/replace block.",
                given.name, file.path, found.symbol.name
            );
            Err(complain(ComplaintKind::Ambiguous, file, message).with_candidates(vec![line, own]))
        }
        _ => Ok(found),
    }
}

/// So many symbols above another one are looked at.
const MAX_LOOKED_AT: usize = 100;

/// The constant or variable of the file that stands right above a function or type, if a new one of its kind would come between them.
fn above_of_its_like<'f>(given: &Symbol, next: &Symbol, block: &Block, file: &'f FileView) -> Option<&'f Symbol> {
    if !is_listed(given, &block.text) || is_listed(next, file.text) || given.range.start != given.item_range.start {
        return None;
    }
    let end = file.symbols().partition_point(|own| own.range.start < next.range.start);
    let mut before = file.symbols()[..end].iter().rev().take(MAX_LOOKED_AT);
    let above = before.find(|own| own.depth == next.depth && own.range.end <= next.range.start)?;
    let between = file.text.get(above.range.end..next.range.start)?.trim_start_matches(';');
    (above.kind == given.kind && is_listed(above, file.text) && between.trim().is_empty()).then_some(above)
}

/// The last of the constants that the file begins with, for a new one that would stand beside a function or a type, in the words of
/// which it is declared; nothing where it speaks of what comes later.
fn beside_its_like<'f>(given: &Symbol, found: &Anchor, block: &Block, file: &'f FileView) -> Option<&'f Symbol> {
    let is_alone = given.depth == 0 && found.symbol.depth == 0 && !found.inside;
    if !is_alone || !is_declared(given, &block.text) || is_declared(found.symbol, file.text) {
        return None;
    }
    let declaration = |symbol: &Symbol, text: &str| -> String {
        let words = text[symbol.range.start..symbol.name_range.start].split_whitespace();
        words.filter(|word| !matches!(*word, "pub" | "export")).collect()
    };
    let own_words = declaration(given, &block.text);
    let outermost = || file.symbols().iter().filter(|own| own.depth == 0);
    let constants = outermost().take_while(|own| !own.kind.is_callable() && !own.kind.is_type());
    let is_like = |own: &&Symbol| {
        own.kind == given.kind
            && is_declared(own, file.text)
            && line_indentation(file.text, own.range.start).is_empty()
            && file.line_at(own.range.start).is_some_and(|line| line.start == own.range.start)
            && declaration(own, file.text) == own_words
    };
    let like = constants.filter(is_like).last()?;
    let text = &block.text[given.range.clone()];
    let speaks = |name: &str| name != given.name && speaks_of(name, text);
    let is_later = |own: &Symbol| own.range.start > like.range.start && speaks(&own.name);
    let conditions = |end: usize| {
        let begins = |line: &&Line, word: &str| line.trimmed().trim_start_matches('#').trim_start().starts_with(word);
        let lines =
            || file.lines.iter().take_while(|line| line.start < end).filter(|line| line.trimmed().starts_with('#'));
        lines().filter(|line| begins(line, "if")).count().abs_diff(lines().filter(|line| begins(line, "endif")).count())
    };
    let is_of_c = file.language.is_some_and(|language| matches!(language.name(), "c" | "cpp"));
    let is_free = !is_of_c || conditions(like.range.start) == conditions(found.symbol.range.start);
    let has_all = !outermost().any(is_later) && !block.tops().iter().any(|other| speaks(&other.name));
    (is_free && has_all).then_some(like)
}

/// Whether a symbol is a constant on a line of its own, or a macro of C that stands for a value.
fn is_declared(symbol: &Symbol, text: &str) -> bool {
    let is_define = symbol.kind == SymbolKind::Macro && text[symbol.range.clone()].starts_with("#define");
    is_listed(symbol, text) || is_define && !text[symbol.range.clone()].trim_end().contains('\n')
}

/// The line from which on what is around a member of a type is not public, in languages that have such lines.
fn section(member: &Symbol, file: &FileView) -> Option<usize> {
    if !file.language.is_some_and(|language| matches!(language.name(), "ruby" | "cpp")) || member.depth == 0 {
        return None;
    }
    let outer = enclosing(member, file)?;
    let inner = members(file.symbols(), outer);
    let first = file.line_number(outer.item_range.start);
    let last = file.line_number(member.range.start);
    let found = file.lines[first..last.max(first)].iter().enumerate().rev().find_map(|(number, line)| {
        let word = line.trimmed().strip_suffix(':').unwrap_or(line.trimmed()).trim_end();
        let is_within = || inner.iter().any(|own| own.range.start <= line.start && line.start < own.range.end);
        (matches!(word, "private" | "protected" | "public") && !is_within()).then_some((first + number + 1, word))
    });
    found.filter(|(_, word)| *word != "public").map(|(line, _)| line)
}

/// The innermost symbol around a member.
fn enclosing<'f>(member: &Symbol, file: &'f FileView) -> Option<&'f Symbol> {
    let end = file.symbols().partition_point(|symbol| symbol.item_range.start <= member.item_range.start);
    file.symbols()[..end].iter().rev().find(|outer| {
        outer.depth < member.depth && outer.range.start <= member.range.start && member.range.end <= outer.range.end
    })
}

/// Whether the reply has the name of one of its symbols elsewhere too.
fn is_called(given: &Symbol, block: &Block) -> bool {
    let text = block.text.as_str();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(given.name.as_str()).any(|(at, name)| {
        let is_word = !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part);
        is_word && !(given.range.start <= at && at < given.range.end)
    })
}

/// Whether a symbol of the reply that stands beside a member of a type there is a member too.
fn is_member(given: &Symbol, neighbour: &Symbol, block: &Block, file: &FileView) -> bool {
    let text = block.text.as_str();
    let says = |before: &str| text.contains(&format!("{before}{}", given.name));
    let own = ["Self::", "self.", "cls.", "this.", "this->", "$this->", "self::", "static::"];
    if takes_self(given, text) || own.into_iter().any(says) {
        return true;
    }
    let outer = enclosing(neighbour, file);
    if outer.is_some_and(|outer| says(&format!("{}.", outer.name)) || says(&format!("{}::", outer.name))) {
        return true;
    }
    let before_name = text.get(given.item_range.start..given.name_range.start).unwrap_or_default();
    let words: Vec<&str> = before_name.split_whitespace().collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let is_type = given.kind.is_type();
    match file.language.map_or("", |language| language.name()) {
        "java" | "csharp" => !is_type,
        "ruby" | "cpp" | "swift" | "kotlin" => given.kind.is_callable(),
        "javascript" | "typescript" | "tsx" => {
            given.kind.is_callable()
                && !has(&["function", "const", "let", "var", "export", "async function", "function*"])
        }
        "php" => {
            let is_called_alone = text
                .match_indices(&format!("{}(", given.name))
                .any(|(at, _)| !text[..at].ends_with(['>', ':']) && !text[..at].trim_end().ends_with("function"));
            given.kind.is_callable() && (has(&["public", "protected", "private", "static"]) || !is_called_alone)
        }
        "rust" | "python" => false,
        _ => matches!(given.kind, SymbolKind::Key | SymbolKind::Rule | SymbolKind::Heading | SymbolKind::Table),
    }
}

/// The symbol outside of a type beside which something goes that is no member: the outermost that is no module.
fn outermost_type<'f>(member: &'f Symbol, file: &'f FileView) -> &'f Symbol {
    let is_module = |symbol: &Symbol| matches!(symbol.kind, SymbolKind::Module | SymbolKind::Namespace);
    let mut found = member;
    while let Some(outer) = enclosing(found, file).filter(|outer| !is_module(outer)) {
        found = outer;
    }
    found
}

/// The change that puts a symbol of the reply to its anchor.
pub(super) fn insert(given: &Symbol, anchor: &Anchor, block: &Block, file: &FileView) -> Change {
    let mut symbol = anchor.symbol;
    if given.depth == 0 && symbol.depth > 0 && !is_member(given, symbol, block, file) {
        symbol = outermost_type(symbol, file);
    }
    let eol = file.eol;
    let tolerances = vec![Tolerance::AddedNextTo(symbol.name.clone())];
    let is_python = file.language.is_some_and(|language| language.name() == "python");
    let is_of_c = file.language.is_some_and(|language| matches!(language.name(), "c" | "cpp"));
    let are_declared = is_of_c && given.body_range.is_none() && symbol.body_range.is_none();
    let gap = if anchor.joined
        || are_declared && !anchor.inside
        || is_listed(given, &block.text) && is_listed(symbol, file.text) && !anchor.inside
    {
        String::new()
    } else {
        eol.repeat(if is_python && symbol.depth == 0 && !anchor.inside { 2 } else { 1 })
    };
    let target = if anchor.inside {
        inner_indentation(symbol, file)
    } else {
        line_indentation(file.text, symbol.item_range.start).to_owned()
    };
    let text =
        fresh(&with_comment_lines(given, &block.text, file.language), block, file, &target) + closing(given, block);
    let line = if anchor.before {
        file.line_at(symbol.range.start)
    } else {
        file.line_at(symbol.item_range.end.saturating_sub(1))
    };
    let (at, new_text) = match line {
        Some(line) if anchor.before => (line.start, format!("{text}{eol}{gap}")),
        Some(line) if anchor.inside && closes_block(line.trimmed()) && !line.content.contains('{') => {
            (line.start, format!("{gap}{text}{eol}"))
        }
        Some(line) if line.ending.is_empty() => (line.end(), format!("{eol}{gap}{text}")),
        Some(line) => (line.end(), format!("{gap}{text}{eol}")),
        None => (file.text.len(), text),
    };
    Change { range: at..at, new_text, tolerances }
}

/// The change that puts a symbol of the reply behind one of the file.
pub(in crate::resolve) fn insert_behind(given: &Symbol, own: &Symbol, block: &Block, file: &FileView) -> Change {
    insert(given, &Anchor::beside(own, false), block, file)
}

/// Whether a symbol is one of those that stand below each other, line by line: a field, a constant.
fn is_listed(symbol: &Symbol, text: &str) -> bool {
    let is_short = matches!(
        symbol.kind,
        SymbolKind::Field | SymbolKind::Variant | SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Key
    );
    is_short && !text[symbol.range.clone()].trim_end().contains('\n')
}

/// The sign that ends a field and is no part of it.
fn closing(given: &Symbol, block: &Block) -> &'static str {
    let rest = block.text[given.range.end..].trim_start_matches([' ', '\t']);
    let is_field = matches!(given.kind, SymbolKind::Field | SymbolKind::Variant);
    match rest.chars().next() {
        Some(';') if is_field => ";",
        Some(',') if is_field => ",",
        _ => "",
    }
}

fn closes_block(line: &str) -> bool {
    line.starts_with('}') || line == "end"
}

fn inner_indentation(outer: &Symbol, file: &FileView) -> String {
    let own = members(file.symbols(), outer);
    let widths = own.iter().map(|member| line_indentation(file.text, member.item_range.start));
    widths.min_by_key(|width| width.len()).map_or_else(
        || {
            let base = line_indentation(file.text, outer.item_range.start);
            let unit = if file.code_style().tabs { "\t".to_owned() } else { " ".repeat(file.code_style().width) };
            format!("{base}{unit}")
        },
        str::to_owned,
    )
}
