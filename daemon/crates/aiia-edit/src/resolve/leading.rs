//! What belongs to a symbol beside its code: the doc comments and attributes above it, the doc string in it. A reply often leaves
//! them out, and then those of the file stay.

use aiia_syntax::Symbol;

use super::block::Block;
use super::indent::{Reindent, Style};
use super::symbol_text::line_indentation;
use super::view::FileView;
use super::{elision, leading_comments};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{indentation, lines};

/// Where lines go: how far they are indented, how what is around them is, and how lines end there.
pub(super) struct Place<'p> {
    pub(super) indentation: &'p str,
    pub(super) style: Style,
    pub(super) eol: &'p str,
}

/// What goes above a symbol.
pub(super) struct Above {
    /// Whole lines; nothing where those of the file stay as they are.
    pub(super) text: Option<String>,
    /// What stands on the line of the symbol itself.
    pub(super) beside: String,
    /// Whether lines of the file are among them that the reply leaves out.
    pub(super) keeps: bool,
}

/// What goes above `symbol` of the file when `given` of the reply takes its place.
pub(super) fn above(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView, place: &Place) -> Above {
    let beside = [(given, block.text.as_str()), (symbol, file.text)].map(|(symbol, text)| beside(symbol, text));
    let beside = if beside[0].is_empty() { beside[1] } else { beside[0] };
    let (text, keeps) = lines_above(given, block, symbol, file, place);
    Above { text, beside: beside.to_owned(), keeps }
}

/// The comment before a symbol on its own line: `/* package */ class A`.
fn beside<'t>(symbol: &Symbol, text: &'t str) -> &'t str {
    let above = &text[symbol.range.start..symbol.item_range.start];
    let line = above.rfind(['\n', '\r']).map_or(above, |at| &above[at + 1..]);
    line.trim_start()
}

fn lines_above(
    given: &Symbol,
    block: &Block,
    symbol: &Symbol,
    file: &FileView,
    place: &Place,
) -> (Option<String>, bool) {
    let leading = Leading::of(symbol, file.text);
    let mut new_leading = Leading::of(given, &block.text);
    let shown = new_leading.lines.len();
    let same_attributes = trimmed(&new_leading.attributes).eq(trimmed(&leading.attributes));
    for lines in [&mut new_leading.lines, &mut new_leading.docs] {
        lines.retain(|line| !elision::stands_for_others(line));
    }
    let has_mark = new_leading.lines.len() < shown;
    let changes_more =
        || !same_attributes || !is_all_there_is(given, block) || changes_code(given, block, symbol, file);
    if leading_comments::are_part_of(&new_leading.docs, &leading.docs) && (has_mark || changes_more()) {
        if same_attributes {
            return (None, true);
        }
        new_leading.docs.clear();
    }
    let kept_docs = new_leading.docs.is_empty() && !leading.docs.is_empty();
    let kept_attributes = new_leading.attributes.is_empty() && !leading.attributes.is_empty();
    let mut keeps = kept_docs || kept_attributes;
    if new_leading.docs.is_empty() && new_leading.attributes.is_empty() {
        return (None, keeps);
    }
    let own = |lines: &[String]| leading.placed(lines, file.code_style(), place);
    let new = |lines: &[String]| new_leading.placed(lines, block.style(), place);
    if kept_docs {
        return (Some(own(&leading.docs) + &new(&new_leading.attributes)), keeps);
    }
    let staying = leading_comments::staying(&leading.docs, &new_leading.docs, file.language);
    keeps |= !staying.above.is_empty() || !staying.below.is_empty();
    let text = if kept_attributes {
        [own(&staying.above), new(&new_leading.docs), own(&staying.below), own(&leading.attributes)].concat()
    } else if staying.below.is_empty() {
        own(&staying.above) + &new(&new_leading.lines)
    } else {
        let (docs, attributes) = (new(&new_leading.docs), new(&new_leading.attributes));
        [own(&staying.above), docs, own(&staying.below), attributes].concat()
    };
    (Some(text), keeps)
}

/// Refuses attributes of the reply of which none is one of the file's in another form: whether they take their places or come beside
/// them, nothing tells.
pub(super) fn refuse_other_attributes(
    given: &Symbol,
    block: &Block,
    symbol: &Symbol,
    file: &FileView,
) -> Result<(), Complaint> {
    let (new, own) = (Leading::of(given, &block.text), Leading::of(symbol, file.text));
    let (new, own) = (attribute_names(&new.attributes), attribute_names(&own.attributes));
    let Some((first, lost)) = new.first().zip(own.first()) else { return Ok(()) };
    if new.iter().any(|new| own.iter().any(|own| are_akin(new, own))) {
        return Ok(());
    }
    let line = file.line_number(symbol.range.start);
    let message = format!(
        "The reply gives `{}` with `{first}` above it and without the `{lost}` that {} has there, at line {line}. Whether it takes its \
         place or comes beside it cannot be told. Ask the model for a search/replace block.",
        given.name, file.path
    );
    Err(Complaint::new(ComplaintKind::Ambiguous, message).in_file(file.path).with_candidates(vec![line]))
}

/// `a.b` of `@a.b(…)` and of `#[a::b]`.
fn attribute_names(lines: &[String]) -> Vec<String> {
    let name = |line: &String| {
        let said = line.trim().strip_prefix("#[").or_else(|| line.trim().strip_prefix('@'))?;
        let end = said.find(|c: char| !c.is_alphanumeric() && !"_.:".contains(c)).unwrap_or(said.len());
        Some(said[..end].to_owned()).filter(|name| !name.is_empty())
    };
    lines.iter().filter_map(name).collect()
}

/// Whether two names have as much in common as the forms of one thing do: `test` and `tokio::test`, `GetMapping` and `PostMapping`.
fn are_akin(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    let common = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| {
        one.zip(other).take_while(|(one, other)| one == other).count()
    };
    let last = |name: &str| name.rsplit(['.', ':']).next().unwrap_or_default().len();
    let least = 4.min(last(&one)).min(last(&other));
    common(&mut one.chars(), &mut other.chars()) >= least.max(3)
        || common(&mut one.chars().rev(), &mut other.chars().rev()) >= least
}

/// Whether a reply gives nothing but one symbol.
fn is_all_there_is(given: &Symbol, block: &Block) -> bool {
    let is_beside =
        |other: &Symbol| other.item_range.end <= given.range.start || given.item_range.end <= other.range.start;
    !block.symbols.iter().any(is_beside)
}

fn changes_code(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> bool {
    let (new, old) = (&block.text[given.item_range.clone()], &file.text[symbol.item_range.clone()]);
    !new.split_whitespace().eq(old.split_whitespace())
}

fn trimmed(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().map(|line| line.trim())
}

/// What stands above `symbol` of the file, for a place in the reply, where `given` has less; nothing where it has all.
pub(super) fn left_out_above(given: &Symbol, block: &Block, symbol: &Symbol, file: &FileView) -> Option<String> {
    if symbol.range.start == symbol.item_range.start {
        return None;
    }
    let indentation = line_indentation(&block.text, given.item_range.start);
    let place = Place { indentation, style: block.style(), eol: "\n" };
    let above = above(given, block, symbol, file, &place);
    let all = || {
        let leading = Leading::of(symbol, file.text);
        leading.placed(&leading.lines, file.code_style(), &place)
    };
    above.keeps.then(|| above.text.unwrap_or_else(all))
}

/// The doc string of `symbol` of the file as a line of the reply above the first one in `given`, and where that is; nothing where the
/// reply has one.
pub(super) fn left_out_doc_string(
    given: &Symbol,
    block: &Block,
    symbol: &Symbol,
    file: &FileView,
) -> Option<(usize, String)> {
    file.language.filter(|language| language.name() == "python")?;
    let body = symbol.body_range.clone()?;
    let text = &file.text[body.clone()];
    let length = doc_string_length(text)?;
    let own_body = given.body_range.clone()?;
    let first = block.text.get(own_body.clone())?;
    let at = block.text[..own_body.start].rfind('\n')? + 1;
    if doc_string_length(first).is_some() || at <= given.name_range.end || text.len() == length {
        return None;
    }
    if begins_with_placeholder(&block.text[given.name_range.end..at]) {
        return None;
    }
    let indent = line_indentation(file.text, body.start);
    let target = line_indentation(&block.text, own_body.start);
    let mut written = String::new();
    for (number, line) in lines(&text[..length]).iter().enumerate() {
        let content = if number == 0 { Some(line.content) } else { line.content.strip_prefix(indent) };
        match content {
            Some("") => {}
            Some(content) => written.extend([target, content]),
            None => written.push_str(line.content),
        }
        written.push('\n');
    }
    written.push_str(&"\n".repeat(blank_lines(&text[length..])));
    Some((at, written))
}

/// How many blank lines follow the rest of a line.
fn blank_lines(rest: &str) -> usize {
    lines(rest).iter().skip(1).take_while(|line| line.is_blank()).count()
}

/// `item` with the doc string of `symbol` when it has none of its own. Python only; other languages
/// document above the item.
pub(super) fn with_doc_string(item: &str, symbol: &Symbol, file: &FileView) -> Option<String> {
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
        || begins_with_placeholder(&parsed.text[given.name_range.end..line_start])
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
    let gap = file.eol.repeat(1 + blank_lines(&text[length..]));
    Some(format!("{}{indent}{}{gap}{}", &item[..at], &text[..length], &item[at..]))
}

/// Whether between the head of a function and its first statement there is a placeholder, which stands for its doc string too.
fn begins_with_placeholder(between: &str) -> bool {
    lines(between).iter().skip(1).any(|line| elision::stands_for_others(line.content))
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
    /// Lines of it as they go to another place; they are indented as `written` says.
    fn placed(&self, lines: &[String], written: Style, place: &Place) -> String {
        let way = Reindent::Shift { strip: self.base.clone(), add: place.indentation.to_owned() };
        let is_in_place = self.base == place.indentation && written.tabs == place.style.tabs;
        let moved = |line: &String| {
            if is_in_place { line.clone() } else { way.apply(line, false, written, place.style) }
        };
        lines.iter().flat_map(|line| [moved(line), place.eol.to_owned()]).collect()
    }

    fn of(symbol: &Symbol, text: &str) -> Self {
        let base = line_indentation(text, symbol.range.start).to_owned();
        let mut leading = Self { lines: Vec::new(), docs: Vec::new(), attributes: Vec::new(), base };
        let mut open = 0_i32;
        let above = &text[symbol.range.start..symbol.item_range.start];
        // Behind the last line break there is what stands on the line of the item.
        for line in lines(above).iter().filter(|line| !line.ending.is_empty()) {
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
