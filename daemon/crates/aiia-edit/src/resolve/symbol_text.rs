//! The text of a reply's symbol as it goes into the file: re-indented, with the doc comments, attributes
//! and doc strings the reply left out.

use std::fmt::Write as _;
use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::indent::{Reindent, common_indentation};
use super::leading::Place;
use super::long_strings::LongStrings;
use super::view::FileView;
use super::{Change, export, leading, modifiers};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// The change that gives `symbol` of the file the text of `given` of the reply.
pub(super) fn rewrite(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> Change {
    let target = line_indentation(file.text, symbol.item_range.start);
    let mut item = moved(block, given, file, target, Some(symbol));
    let mut tolerances = Vec::new();
    if let Some((before, behind)) = export::kept(given, block, symbol, file) {
        item = format!("{before}{item}{behind}");
        tolerances.push(Tolerance::LeadingLinesKept);
    } else if let Some((short, words)) = modifiers::kept(given, block, symbol, file) {
        item.replace_range(..short.len(), &words);
        tolerances.push(Tolerance::LeadingLinesKept);
    }
    if let Some(with) = leading::with_doc_string(&item, symbol, file) {
        item = with;
        if tolerances.is_empty() {
            tolerances.push(Tolerance::LeadingLinesKept);
        }
    }
    let above = leading::above(
        given,
        block,
        symbol,
        file,
        &Place { indentation: target, style: file.code_style(), eol: file.eol },
    );
    if above.keeps && tolerances.is_empty() {
        tolerances.push(Tolerance::LeadingLinesKept);
    }
    let beside = above.beside;
    let Some(above) = above.text else {
        return Change { range: symbol.item_range.clone(), new_text: item, tolerances };
    };
    // The line's indentation stands there already.
    let above = above.strip_prefix(target).unwrap_or(&above);
    Change {
        range: symbol.range.start..symbol.item_range.end,
        new_text: format!("{above}{target}{beside}{item}"),
        tolerances,
    }
}

/// The text of a new symbol with its leading lines at the indentation `target`, without a final break.
pub(super) fn fresh(given: &Symbol, block: &Block, file: &FileView, target: &str) -> String {
    let whole = Symbol { item_range: given.range.clone(), ..given.clone() };
    format!("{target}{}", moved(block, &whole, file, target, None))
}

/// The indentation of the line that holds a byte.
pub(super) fn line_indentation(text: &str, offset: usize) -> &str {
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    indentation(&text[start..])
}

/// The symbol's own text at the indentation `target`; its first line begins where the symbol does.
pub(super) fn moved(block: &Block, given: &Symbol, file: &FileView, target: &str, like: Option<&Symbol>) -> String {
    let text = block.text.as_str();
    let base = line_indentation(text, given.item_range.start);
    let part = &text[given.item_range.clone()];
    let own_lines = lines(part.trim_end());
    let written = block.style();
    let way = Reindent::Shift { strip: base.to_owned(), add: target.to_owned() };
    let inner = |text: &str| common_indentation(lines(text).iter().skip(1).map(|line| line.content));
    // The first line alone lost its indentation: the others already stand where the file has them.
    let only_first = like.is_some_and(|symbol| {
        let (own, real) = (inner(part), inner(&file.text[symbol.item_range.clone()]));
        base != target && !own.is_empty() && own == real
    });
    let units = like.and_then(|symbol| {
        let own_base = line_indentation(file.text, symbol.item_range.start);
        let own = &symbol.item_range;
        let new = unit(block.text.as_str(), &given.item_range, base, block.long_strings(), block.comments())?;
        Some((new, unit(file.text, own, own_base, file.long_strings(), file.comments())?))
    });
    // Where the reply indents by another number of blanks than the symbol does.
    let scaled = units.filter(|(new, own)| new != own);
    let strings = LongStrings::new(block, given, base, target, like, file);
    let is_yaml = file.language.is_some_and(|language| language.name() == "yaml");
    // How deep the line before is, there and here.
    let mut before = (0, 0);
    // The same of the last line outside of strings.
    let mut outside = (base.len(), target.len());
    let mut result = String::with_capacity(part.len() * 2);
    for (number, line) in own_lines.iter().enumerate() {
        let ends_in_string = strings.hold(given.item_range.start + line.start + line.content.len());
        if number == 0 {
            result.push_str(if ends_in_string { line.content } else { line.right_trimmed() });
            continue;
        }
        result.push_str(file.eol);
        if strings.hold(given.item_range.start + line.start)
            && let Some(text) = strings.line(line, ends_in_string)
        {
            result.push_str(&text);
        } else if is_yaml && strings.hold(given.item_range.start + line.start) {
            if !line.is_blank() {
                let width = (indentation(line.content).len() + outside.1).saturating_sub(outside.0);
                let _ = write!(result, "{:width$}{}", "", line.trimmed());
            }
        } else if let Some((new, own)) = scaled.filter(|_| !strings.hold(given.item_range.start + line.start)) {
            if !line.is_blank() {
                let deeper = indentation(line.content).len().saturating_sub(base.len());
                // What is aligned with something above it keeps its distance.
                let is_aligned = deeper > before.0 + 2 * new || deeper == before.0 || deeper % new > 1;
                let width = if is_aligned && deeper >= before.0 {
                    before.1 + deeper - before.0
                } else {
                    deeper / new * own + deeper % new
                };
                before = (deeper, width);
                let _ = write!(result, "{target}{:width$}{}", "", line.trimmed());
            }
        } else if only_first {
            result.push_str(line.right_trimmed());
        } else if base == target {
            let is_same = file.code_style().tabs == written.tabs || written.tabs && !file.is_indented();
            let converted = if is_same {
                line.right_trimmed().to_owned()
            } else {
                way.apply(line.right_trimmed(), false, written, file.code_style())
            };
            result.push_str(&converted);
        } else {
            result.push_str(&way.apply(line.right_trimmed(), false, written, file.code_style()));
        }
        if !strings.hold(given.item_range.start + line.start) && !line.is_blank() {
            let start = result.rfind(['\n', '\r']).map_or(0, |at| at + 1);
            outside = (indentation(line.content).len(), indentation(&result[start..]).len());
        }
        if ends_in_string && !strings.hold(given.item_range.start + line.start) {
            result.push_str(&line.content[line.right_trimmed().len()..]);
        }
    }
    result
}

/// By how many blanks the lines of a symbol are indented against its first one, if all are by a multiple of that. Lines within strings
/// and comments do not count, nor those that are aligned with what stands above them.
fn unit(
    text: &str,
    symbol: &Range<usize>,
    base: &str,
    strings: &[Range<usize>],
    comments: &[Range<usize>],
) -> Option<usize> {
    let part = text.get(symbol.clone())?;
    let is_within = |ranges: &[Range<usize>], line: &Line| {
        let start = symbol.start + line.start;
        let before = ranges.partition_point(|range| range.start < start);
        before.checked_sub(1).is_some_and(|last| start < ranges[last].end)
    };
    let lines = lines(part);
    let counts = |line: &&Line| !line.is_blank() && !is_within(strings, line) && !is_within(comments, line);
    let mut widths: Vec<usize> = Vec::new();
    for line in lines.iter().skip(1).filter(counts) {
        let deeper = indentation(line.content).strip_prefix(base).filter(|more| !more.contains('\t'))?;
        widths.push(deeper.len());
    }
    let least = widths.iter().copied().filter(|width| *width > 0).min()?;
    let mut before = 0;
    let is_regular = widths.iter().all(|width| {
        let is_aligned = *width > before + 2 * least || *width == before;
        before = *width;
        is_aligned || width % least == 0
    });
    (matches!(least, 2..=8) && is_regular).then_some(least)
}
