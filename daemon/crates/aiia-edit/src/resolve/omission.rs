//! Code that stands for more than it says. Whole symbols and files do not quote what they delete, so that a comment or a stub in its
//! place may mean it: `// same as before`, in whatever language. It is told by where it stands, not by its words.

mod in_place;
mod unset;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Symbol;

use super::block::Block;
use super::view::FileView;
use super::{Change, inner, nearest};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{indentation, lines};
use crate::tolerance::Tolerance;

/// Refuses what leaves out code that stands in the file: `given` of the reply, or all of it, in the place of `own`, or of all of the
/// file.
pub(super) fn refuse(
    (given, block): (Option<&Symbol>, &Block),
    own: Option<&Symbol>,
    change: &Change,
    file: &FileView,
) -> Result<(), Complaint> {
    let old = Side {
        text: file.text,
        range: own.map_or(0..file.text.len(), |own| own.item_range.clone()),
        symbols: file.symbols(),
        comments: file.comments(),
    };
    // What was expanded is judged as it is now.
    let expanded =
        change.tolerances.contains(&Tolerance::Elision).then(|| Block::parse(&change.new_text, file)).flatten();
    let (block, given) = match &expanded {
        Some(block) => {
            let same = |given: &Symbol| block.tops().into_iter().find(|top| top.name == given.name);
            (block, given.and_then(same))
        }
        None => (block, given),
    };
    let range = given.map_or(0..block.text.len(), |given| given.item_range.start..end_of(given, &block.text));
    let new = Side { text: &block.text, range, symbols: &block.symbols, comments: block.comments() };
    let (old_code, new_code) = (old.code_lines(&old.range), new.code_lines(&new.range));
    let kept: HashSet<&str> = new_code.iter().map(String::as_str).collect();
    let deleted = old_code.iter().filter(|line| !kept.contains(line.as_str())).count();
    if deleted == 0 {
        return Ok(());
    }
    let known: HashSet<&str> = old_code.iter().map(String::as_str).collect();
    let added = new_code.iter().filter(|line| !known.contains(line.as_str())).count();
    let said: HashSet<&str> = old.comments_within(&old.range).map(|comment| old.comment(comment)).collect();
    let dotted = new.comments_within(&new.range).find(|comment| {
        let dots = Dots::of(new.comment(comment));
        !said.contains(new.comment(comment)) && (dots == Dots::Before || dots == Dots::Behind && deleted > added)
    });
    let place = dotted
        .map(|comment| new.comment(comment).to_owned())
        .or_else(|| lone_dots(&new).filter(|_| !old.text[old.range.clone()].lines().any(|line| line.trim() == "..")))
        .map(|said| (said, given.map_or(file.path, |given| given.name.as_str()).to_owned()))
        .or_else(|| in_place_of_a_body((&old, own), (&new, given), &said))
        .or_else(|| {
            let name = given.map_or(file.path, |given| given.name.as_str());
            in_place::of_statements((&old, own), (&new, given)).map(|said| (said, name.to_owned()))
        })
        .or_else(|| unset::in_function((&old, own), (&new, given), &said));
    match place {
        Some((said, name)) => Err(left_out(&said, &name, own, file)),
        None => own.map_or(Ok(()), |own| inner::refuse(own, change, file)),
    }
}

fn left_out(said: &str, name: &str, own: Option<&Symbol>, file: &FileView) -> Complaint {
    let line = own.map(|own| file.line_number(own.item_range.start));
    Complaint::new(
        ComplaintKind::Elision,
        format!(
            "The reply gives `{name}` with `{}` where {} has code, which would be lost. Ask the model for the complete code.",
            nearest::shortened(said.lines().next().unwrap_or_default().trim()),
            file.path
        ),
    )
    .in_file(file.path)
    .with_candidates(line.into_iter().collect())
}

/// A text with what is known of it, of which a range is looked at.
struct Side<'t> {
    text: &'t str,
    range: Range<usize>,
    symbols: &'t [Symbol],
    /// In the order of the text.
    comments: &'t [Range<usize>],
}

impl<'t> Side<'t> {
    fn comments_within(&self, range: &Range<usize>) -> impl Iterator<Item = &'t Range<usize>> {
        let first = self.comments.partition_point(|comment| comment.start < range.start);
        let end = range.end;
        self.comments[first..].iter().take_while(move |comment| comment.start < end)
    }

    fn comment(&self, comment: &Range<usize>) -> &'t str {
        self.text[comment.clone()].trim()
    }

    /// A part of the text without comments, its lines in place.
    fn code(&self, range: &Range<usize>) -> String {
        let mut code = String::with_capacity(range.len());
        let mut at = range.start;
        for comment in self.comments_within(range) {
            code.push_str(&self.text[at..comment.start.max(at)]);
            code.extend(self.text[comment.clone()].chars().filter(|sign| *sign == '\n'));
            at = comment.end.min(range.end).max(at);
        }
        code.push_str(&self.text[at..range.end]);
        code
    }

    /// The lines of a part that have more than brackets, without the blanks around them.
    fn code_lines(&self, range: &Range<usize>) -> Vec<String> {
        let code = self.code(range);
        let lines = code.lines().map(str::trim).filter(|line| line.contains(char::is_alphanumeric));
        lines.filter(|line| *line != "end").map(str::to_owned).collect()
    }

    /// The functions with bodies, `outer` among them, by name and by how deep they are in it.
    fn functions(&self, outer: Option<&'t Symbol>) -> HashMap<(&'t str, usize), Vec<&'t Symbol>> {
        let depth = outer.map_or(0, |outer| outer.depth);
        let first = self.symbols.partition_point(|symbol| symbol.item_range.start < self.range.start);
        let symbols = || self.symbols[first..].iter().take_while(|symbol| symbol.item_range.start < self.range.end);
        let within = |symbol: &&Symbol| {
            symbol.item_range.end <= self.range.end && symbol.kind.is_callable() && symbol.body_range.is_some()
        };
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        let is_listed = |outer: &&Symbol| symbols().next().is_some_and(|symbol| symbol.item_range == outer.item_range);
        let outer = outer.filter(|outer| !is_listed(outer));
        for symbol in outer.into_iter().chain(symbols()).filter(within) {
            found.entry((symbol.name.as_str(), symbol.depth.saturating_sub(depth))).or_default().push(symbol);
        }
        found
    }

    fn body(&self, function: &Symbol) -> Range<usize> {
        let start = function.body_range.as_ref().map_or(function.item_range.end, |body| body.start);
        start..end_of(function, self.text).max(start)
    }

    /// Whether a body does nothing.
    fn is_stub(&self, body: &Range<usize>) -> bool {
        let code = self.code(body);
        let code = code.trim().trim_start_matches('{').trim_end_matches(['}', ')', ';']).trim();
        matches!(code.strip_suffix("end").unwrap_or(code).trim(), "" | "pass" | "..." | "…")
    }

    /// The comment that a body ends in, if it has its own line.
    fn last_comment(&self, body: &Range<usize>) -> Option<&'t str> {
        let last = self.comments_within(body).last()?;
        let behind = self.text.get(last.end..body.end)?.trim();
        let line = self.text[..last.start].rfind('\n').map_or(0, |at| at + 1);
        let is_alone = self.text[line..last.start].trim().is_empty()
            && matches!(behind.trim_end_matches([')', ';']), "" | "}" | "end");
        is_alone.then(|| self.comment(last))
    }
}

/// Where a symbol ends, with the comments below that are indented as what is in it: in Python they are of what follows.
fn end_of(symbol: &Symbol, text: &str) -> usize {
    let end = symbol.item_range.end;
    let line = text[..symbol.item_range.start].rfind('\n').map_or(0, |at| at + 1);
    let width = indentation(&text[line..]).len();
    let Some(rest) = text.get(end..).filter(|_| !text[..end].trim_end().ends_with(['}', ';'])) else { return end };
    let mut reached = end;
    for (number, line) in lines(rest).iter().enumerate().filter(|(_, line)| !line.is_blank()) {
        let is_comment = line.trimmed().starts_with('#') && indentation(line.content).len() > width;
        if number > 0 && !is_comment {
            break;
        }
        if is_comment {
            reached = end + line.start + line.content.len();
        }
    }
    reached
}

/// Where a comment has dots that leave something out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Dots {
    None,
    Before,
    Behind,
}

impl Dots {
    /// Of a comment with its signs. What documents is no part of the code.
    fn of(comment: &str) -> Self {
        if ["///", "//!", "/**", "\"", "'"].iter().any(|sign| comment.starts_with(sign)) {
            return Self::None;
        }
        let said = comment.trim_start_matches(['/', '#', '*', '!', '-', ';', '<', '{', '(', '[', ' ']);
        let said = said.trim_end_matches(['/', '*', '-', '>', '}', ')', ']', ' ']);
        let is_dots = |text: &str| text.starts_with("...") || text.starts_with('…');
        if is_dots(said) {
            Self::Before
        } else if said.ends_with("...") || said.ends_with('…') {
            Self::Behind
        } else {
            Self::None
        }
    }
}

/// Two dots as a statement of their own, which say nothing. In a pattern they follow a comma.
fn lone_dots(new: &Side) -> Option<String> {
    let mut before = "";
    for line in new.text[new.range.clone()].lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == ".." && before.ends_with([';', '{', '}']) && !before.ends_with("({") {
            return Some(line.to_owned());
        }
        before = line;
    }
    None
}

/// The function whose body does nothing any more, or ends in a comment in the place of its last statement.
fn in_place_of_a_body<'t>(
    (old, own): (&Side<'t>, Option<&'t Symbol>),
    (new, given): (&Side<'t>, Option<&'t Symbol>),
    said: &HashSet<&str>,
) -> Option<(String, String)> {
    let before = old.functions(own);
    let mut after: Vec<_> = new.functions(given).into_iter().collect();
    after.sort_by_key(|(_, functions)| functions[0].item_range.start);
    after.into_iter().find_map(|(key, functions)| {
        let before = before.get(&key)?;
        let stubs = |side: &Side, functions: &[&Symbol]| {
            functions.iter().filter(|function| side.is_stub(&side.body(function))).count()
        };
        // Where one is given by itself, nothing between its braces is what was asked for.
        let is_meant = |function: &&Symbol| {
            given.is_some_and(|given| given.item_range == function.item_range)
                && new.comments_within(&new.body(function)).next().is_none()
                && new.text[new.body(function)].trim_start().starts_with('{')
        };
        let were_stubs = stubs(old, before);
        let function = if were_stubs < before.len() && stubs(new, &functions) > were_stubs {
            functions.iter().find(|function| new.is_stub(&new.body(function)) && !is_meant(function))
        } else {
            None
        };
        if let Some(function) = function {
            let body = new.text[new.body(function)].trim().to_owned();
            return Some((if body.is_empty() { "nothing".to_owned() } else { body }, function.name.clone()));
        }
        let ends = OnceCell::new();
        functions.iter().find_map(|function| {
            let body = new.body(function);
            let is_new = |comment: &&str| !said.contains(comment) && !comment.starts_with(['"', '\'']);
            let comment = new.last_comment(&body).filter(is_new)?;
            let lines: HashSet<String> = new.code_lines(&body).into_iter().collect();
            let last = |function: &&Symbol| old.code_lines(&old.body(function)).pop();
            let ends: &Vec<Option<String>> = ends.get_or_init(|| before.iter().map(last).collect());
            let keeps_one = ends.iter().any(|end| end.as_ref().is_none_or(|end| lines.contains(end)));
            (!keeps_one).then(|| (comment.to_owned(), function.name.clone()))
        })
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("// ... read the text ...", Dots::Before)]
    #[case("/* … */", Dots::Before)]
    #[case("# ... keep as is", Dots::Before)]
    #[case("// the rest...", Dots::Behind)]
    #[case("{/* rest of it ... */}", Dots::Behind)]
    #[case("/// Reads ...", Dots::None)]
    #[case("\"\"\"Reads ...\"\"\"", Dots::None)]
    #[case("// from 1...2 on", Dots::None)]
    fn knows_dots(#[case] comment: &str, #[case] expected: Dots) {
        assert_eq!(Dots::of(comment), expected);
    }
}
