//! The text of a reply's symbol as it goes into the file: re-indented, with the doc comments, attributes
//! and doc strings the reply left out.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::indent::{Reindent, Style, common_indentation};
use super::view::FileView;
use super::{Change, elision, leading_comments};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// The change that gives `symbol` of the file the text of `given` of the reply.
pub(super) fn rewrite(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> Change {
    let leading = Leading::of(symbol, file.text);
    let mut new_leading = Leading::of(given, &block.text);
    for lines in [&mut new_leading.lines, &mut new_leading.docs] {
        lines.retain(|line| !elision::stands_for_others(line));
    }
    let target = line_indentation(file.text, symbol.item_range.start);
    let mut item = moved(block, given, file, target, Some(symbol));
    let mut tolerances = Vec::new();
    if let Some(with) = with_doc_string(&item, symbol, file) {
        item = with;
        tolerances.push(Tolerance::LeadingLinesKept);
    }
    let kept_docs = new_leading.docs.is_empty() && !leading.docs.is_empty();
    let kept_attributes = new_leading.attributes.is_empty() && !leading.attributes.is_empty();
    if (kept_docs || kept_attributes) && tolerances.is_empty() {
        tolerances.push(Tolerance::LeadingLinesKept);
    }
    if new_leading.docs.is_empty() && new_leading.attributes.is_empty() {
        return Change { range: symbol.item_range.clone(), new_text: item, tolerances };
    }
    let placed = |leading: &Leading, lines: &[String], written: Style| -> String {
        let way = Reindent::Shift { strip: leading.base.clone(), add: target.to_owned() };
        let is_in_place = leading.base == target && written.tabs == file.style().tabs;
        let place =
            |line: &String| if is_in_place { line.clone() } else { way.apply(line, false, written, file.style()) };
        lines.iter().flat_map(|line| [place(line), file.eol.to_owned()]).collect()
    };
    let own = |lines: &[String]| placed(&leading, lines, file.style());
    let new = |lines: &[String]| placed(&new_leading, lines, block.style());
    let above = if kept_docs || kept_attributes {
        let docs = if kept_docs {
            own(&leading.docs)
        } else {
            let staying = leading_comments::staying(&leading.docs, &new_leading.docs, file.language);
            own(&staying) + &new(&new_leading.docs)
        };
        docs + &if kept_attributes { own(&leading.attributes) } else { new(&new_leading.attributes) }
    } else {
        let staying = leading_comments::staying(&leading.docs, &new_leading.docs, file.language);
        if !staying.is_empty() {
            tolerances.push(Tolerance::LeadingLinesKept);
        }
        own(&staying) + &new(&new_leading.lines)
    };
    // The line's indentation stands there already.
    let above = above.strip_prefix(target).unwrap_or(&above);
    Change { range: symbol.range.start..symbol.item_range.end, new_text: format!("{above}{target}{item}"), tolerances }
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
fn moved(block: &Block, given: &Symbol, file: &FileView, target: &str, like: Option<&Symbol>) -> String {
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
        Some((unit(part, base)?, unit(&file.text[symbol.item_range.clone()], own_base)?))
    });
    // Where the reply indents by another number of blanks than the symbol does. What stands within a string stays as it is.
    let scaled =
        units.filter(|(new, own)| new != own && !["\"\"\"", "'''", "`", "<<"].iter().any(|sign| part.contains(sign)));
    let strings = Strings::new(block, given, base, target, like, file);
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
        } else if let Some((new, own)) = scaled {
            if !line.is_blank() {
                let deeper = indentation(line.content).len() - base.len();
                let width = deeper / new * own + deeper % new;
                let _ = write!(result, "{target}{:width$}{}", "", line.trimmed());
            }
        } else if only_first {
            result.push_str(line.right_trimmed());
        } else if base == target {
            let converted = if file.style().tabs == written.tabs {
                line.right_trimmed().to_owned()
            } else {
                way.apply(line.right_trimmed(), false, written, file.style())
            };
            result.push_str(&converted);
        } else {
            result.push_str(&way.apply(line.right_trimmed(), false, written, file.style()));
        }
        if ends_in_string && !strings.hold(given.item_range.start + line.start) {
            result.push_str(&line.content[line.right_trimmed().len()..]);
        }
    }
    result
}

/// The strings of a symbol that go over several lines. What stands in them is no indentation.
struct Strings<'b> {
    ranges: Vec<&'b Range<usize>>,
    /// The lines of the symbol that is rewritten, without the blanks around them.
    known: HashMap<&'b str, &'b str>,
    /// Whether lines that are not known stay as they are written.
    is_to_the_letter: bool,
}

impl<'b> Strings<'b> {
    fn new(
        block: &'b Block,
        given: &Symbol,
        base: &str,
        target: &str,
        like: Option<&Symbol>,
        file: &'b FileView,
    ) -> Self {
        let is_within = |range: &&Range<usize>| {
            given.item_range.start < range.start
                && range.end <= given.item_range.end
                && !block.comments().iter().any(|doc| doc.start <= range.start && range.end <= doc.end)
        };
        let ranges: Vec<&Range<usize>> = block.long_strings().iter().filter(is_within).collect();
        let mut strings = Self { ranges, known: HashMap::new(), is_to_the_letter: base == target };
        if strings.ranges.is_empty() {
            return strings;
        }
        if let Some(symbol) = like {
            let text = &file.text[symbol.item_range.clone()];
            strings.known = lines(text).iter().map(|line| (line.trimmed(), line.content)).collect();
        }
        let start = given.item_range.start;
        let inside: Vec<&str> = lines(&block.text[given.item_range.clone()])
            .iter()
            .filter(|line| strings.hold(start + line.start) && !line.is_blank())
            .map(|line| line.content)
            .collect();
        // Lines at the border, where code is indented, were not moved with it, nor those that the file has just so.
        let is_at_border = |line: &&str| !line.starts_with([' ', '\t']);
        let is_as_there =
            |line: &&str| strings.known.get(line.trim()).is_some_and(|own| own.trim_end() == line.trim_end());
        let count = |test: &dyn Fn(&&str) -> bool| inside.iter().filter(|line| test(line)).count();
        strings.is_to_the_letter |= count(&is_at_border) > 0 || count(&is_as_there) * 2 > inside.len();
        strings
    }

    /// Whether a byte of the reply's code is in one of them.
    fn hold(&self, byte: usize) -> bool {
        let before = self.ranges.partition_point(|range| range.start < byte);
        before.checked_sub(1).is_some_and(|last| byte < self.ranges[last].end)
    }

    /// A line that begins in one of them as it goes into the file; nothing where it moves with the code.
    fn line(&self, line: &Line, ends_in_string: bool) -> Option<String> {
        if let Some(own) = self.known.get(line.trimmed()).filter(|_| ends_in_string && !line.is_blank()) {
            return Some((*own).to_owned());
        }
        self.is_to_the_letter.then(|| if ends_in_string { line.content } else { line.right_trimmed() }.to_owned())
    }
}

/// By how many blanks the lines of a symbol are indented against its first one, if all are by a multiple of that.
fn unit(part: &str, base: &str) -> Option<usize> {
    let lines = lines(part);
    let written = lines.iter().skip(1).filter(|line| !line.is_blank());
    let deeper =
        written.map(|line| Some(indentation(line.content).strip_prefix(base)?).filter(|more| !more.contains('\t')));
    let widths: Vec<usize> = deeper.map(|more| more.map(str::len)).collect::<Option<_>>()?;
    let least = widths.iter().copied().filter(|width| *width > 0).min()?;
    (matches!(least, 2..=8) && widths.iter().all(|width| width % least == 0)).then_some(least)
}

/// `item` with the doc string of `symbol` when it has none of its own. Python only; other languages
/// document above the item.
fn with_doc_string(item: &str, symbol: &Symbol, file: &FileView) -> Option<String> {
    file.language.filter(|language| language.name() == "python")?;
    let body = symbol.body_range.clone()?;
    let text = &file.text[body.clone()];
    let length = doc_string_length(text)?;
    let indent = line_indentation(file.text, body.start);
    let parsed = Block::parse(item, file)?;
    let given = parsed.tops().first().copied()?;
    let own_body = given.body_range.clone()?;
    let line_start = parsed.text[..own_body.start].rfind('\n')? + 1;
    if doc_string_length(&parsed.text[own_body.clone()]).is_some()
        || line_start <= given.name_range.end
        || !file.text[..body.start].ends_with(indent)
        || text.len() == length
    {
        return None;
    }
    // The same line in `item`, whose lines correspond to those that were parsed.
    let number = parsed.text[..line_start].matches('\n').count();
    let first = *lines(item).get(number)?;
    if indentation(first.content) != indent {
        return None;
    }
    let at = first.start;
    Some(format!("{}{indent}{}{}{}", &item[..at], &text[..length], file.eol, &item[at..]))
}

fn doc_string_length(body: &str) -> Option<usize> {
    let prefix = body.len() - body.trim_start_matches(['r', 'R', 'u', 'U']).len();
    let rest = body.get(prefix..)?;
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote))?;
    let end = rest.get(quote.len()..)?.find(quote)?;
    let length = prefix + 2 * quote.len() + end;
    // An expression that merely begins with a string is no doc string.
    let after = body[length..].split(['\n', '\r']).next().unwrap_or_default().trim();
    (prefix <= 1 && (after.is_empty() || after.starts_with('#'))).then_some(length)
}

/// What stands above an item, line by line.
struct Leading {
    /// Everything, in order.
    lines: Vec<String>,
    docs: Vec<String>,
    attributes: Vec<String>,
    /// How far it is indented.
    base: String,
}

impl Leading {
    fn of(symbol: &Symbol, text: &str) -> Self {
        let base = line_indentation(text, symbol.range.start).to_owned();
        let mut leading = Self { lines: Vec::new(), docs: Vec::new(), attributes: Vec::new(), base };
        let mut open = 0_i32;
        let above = &text[symbol.range.start..symbol.item_range.start];
        // Behind the last line break there is the indentation of the item.
        for line in lines(above).iter().filter(|line| !line.ending.is_empty() || !line.is_blank()) {
            let indent = if line.start == 0 { leading.base.as_str() } else { "" };
            let content = format!("{indent}{}", line.right_trimmed());
            leading.lines.push(content.clone());
            let begins = ["#[", "@"].iter().any(|sign| line.trimmed().starts_with(sign));
            let goes_on = line.is_blank() && !leading.attributes.is_empty();
            if open > 0 || begins || goes_on {
                for c in line.content.chars() {
                    open += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
                }
                leading.attributes.push(content);
            } else {
                leading.docs.push(content);
            }
        }
        leading
    }
}
