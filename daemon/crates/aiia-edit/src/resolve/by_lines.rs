//! Code whose place its lines tell: the whole file but for a little, or a passage that begins and ends with lines of the file. In data
//! and styles names say less than lines: a key stands at many depths, a selector in many sections.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aiia_syntax::Language;
use similar::{Algorithm, DiffOp, capture_diff_slices, diff_ratio};

use super::block::Block;
use super::view::FileView;
use super::whole_file::{missing, replacement};
use super::{Change, elision, nearest, omission};
use crate::complaint::{Complaint, ComplaintKind};
use crate::lines::{Line, indentation, lines};
use crate::tolerance::Tolerance;

/// How much of the lines of a whole file comes back where some of them may go.
const LEAST_WHOLE: f32 = 0.85;
/// How much of the lines of code comes back that gives imports anew.
const LEAST_CODE: f32 = 0.5;
/// So many lines in a row may go from a whole file, or a tenth of all, if that is more.
const MAX_GONE: usize = 3;
/// How much alike two lines are of which one is the other in other words.
const LEAST_ALIKE: f64 = 0.6;
/// The same of a key that gets another name.
const LEAST_RENAMED: f64 = 0.8;
/// A passage of more lines is not looked for.
const MAX_LINES: usize = 400;
/// So many places of a line are looked at.
const MAX_PLACES: usize = 16;

/// The file anew, where the code is all of it by its lines: of data and styles, which nothing calls, a little may go; code must lose
/// nothing outside of its functions and comments, and is taken so only for the places of its imports.
pub(super) fn whole(text: &str, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let language = file.language?.name();
    let is_data = matches!(language, "json" | "yaml" | "toml" | "css" | "html");
    let (old, given) = (&file.lines, lines(text));
    if given.iter().any(|line| elision::stands_for_others(line.content) && !has(old, line.trimmed())) {
        return None;
    }
    let (own, new) = (trimmed(old), trimmed(&given));
    let least = if is_data { LEAST_WHOLE } else { LEAST_CODE };
    if own == new || most_alike(&own, &new) < least {
        return None;
    }
    let block = if is_data { None } else { Some(bringing_imports(text, file)?) };
    let ops = capture_diff_slices(Algorithm::Myers, &own, &new);
    let ratio = diff_ratio(&ops, own.len(), new.len());
    let said = |lines: &[&str]| lines.iter().filter(|line| !line.is_empty()).count();
    let first = own.iter().position(|line| !line.is_empty())?;
    let last = own.iter().rposition(|line| !line.is_empty())?;
    let counts = |op: &DiffOp| (said(&own[op.old_range()]), said(&new[op.new_range()]));
    let changed = || ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    // What stands at the edges comes back, or something else in its place.
    let is_edge = |range: &Range<usize>| range.contains(&first) || range.contains(&last);
    if changed().any(|op| is_edge(&op.old_range()) && counts(op).1 < counts(op).0) {
        return None;
    }
    let Some(block) = block else {
        let most = MAX_GONE.max(own.len() / 10);
        let is_whole = changed().all(|op| counts(op).0 <= counts(op).1 + most);
        return (ratio >= LEAST_WHOLE && is_whole).then(|| Ok(vec![replacement(text, file)]));
    };
    let functions: Vec<&Range<usize>> =
        file.symbols().iter().filter(|symbol| symbol.depth == 0).map(|symbol| &symbol.item_range).collect();
    let is_in_function = |number: usize| {
        let line = &file.lines[number];
        let before = file.comments().partition_point(|comment| comment.start < line.end());
        let is_comment = before.checked_sub(1).is_some_and(|last| line.start < file.comments()[last].end);
        let before = functions.partition_point(|range| range.start <= line.start);
        !is_comment && before.checked_sub(1).is_some_and(|last| line.start < functions[last].end)
    };
    let loses = |op: &DiffOp| {
        let mut gone = op.old_range().filter(|number| !own[*number].is_empty());
        gone.any(|number| !is_in_function(number))
    };
    if ratio < LEAST_CODE || changed().any(loses) || !missing(&block, file).is_empty() {
        return None;
    }
    let change = replacement(text, file);
    Some(omission::refuse((None, &block), None, &change, file).map(|()| vec![change]))
}

/// How much of two texts may be the same at most, in whatever order it stands.
fn most_alike(own: &[&str], new: &[&str]) -> f32 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for line in own {
        *left.entry(line).or_default() += 1;
    }
    let mut is_common = |line: &&&str| match left.get_mut(**line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let common = new.iter().filter(&mut is_common).count();
    2.0 * common as f32 / (own.len() + new.len()).max(1) as f32
}

/// The code, if it is sound and has imports that the file lacks.
fn bringing_imports(text: &str, file: &FileView) -> Option<Block> {
    let block = Block::parse(text, file).filter(|block| !block.has_errors() && block.wrapping.is_none())?;
    let own: HashSet<&str> = file.lines.iter().map(Line::trimmed).collect();
    let has = |import: &str| import.lines().all(|line| own.contains(line.trim()));
    let brings = block.imports().into_iter().any(|import| !has(import));
    brings.then_some(block)
}

/// The passages of data or styles which the code gives anew, one or several with marks between them: the first and the last line of each
/// stand in the file, nothing between them goes without another line in its place, or only that goes, and a line that the file has but
/// once tells where it is.
pub(super) fn passages(text: &str, file: &FileView) -> Option<Result<Vec<Change>, Complaint>> {
    let language = file.language?.name();
    if !matches!(language, "json" | "yaml" | "toml" | "css" | "html") {
        return None;
    }
    let given = lines(text);
    if given.len() > MAX_LINES {
        return None;
    }
    let own = trimmed(&file.lines);
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for line in &own {
        *counts.entry(line).or_default() += 1;
    }
    let is_mark = |line: &Line| elision::stands_for_others(line.content) && !counts.contains_key(line.trimmed());
    let mut changes: Vec<Change> = Vec::new();
    let mut begin = 0;
    for segment in given.split(is_mark) {
        let Some(from) = segment.iter().position(|line| !line.is_blank()) else { continue };
        let segment = &segment[from..=segment.iter().rposition(|line| !line.is_blank())?];
        if let [line] = segment {
            // A brace or a head that is shown for the place alone.
            let is_there = counts.contains_key(line.trimmed()) && line.trimmed().ends_with(['{', '}', '[', ']', ',']);
            if is_there && given.iter().any(is_mark) {
                continue;
            }
            return None;
        }
        let change = passage(segment, &own, &counts, file).filter(|change| change.range.start >= begin)?;
        begin = change.range.end;
        changes.push(change);
    }
    if given.iter().any(is_mark) {
        for change in &mut changes {
            change.tolerances.push(Tolerance::Elision);
        }
    } else if let Some(change) = changes.first().filter(|change| lacks_the_end(change, file)) {
        let line = file.line_number(change.range.end) + 1;
        let message = format!(
            "The reply gives {} without its end, from line {line} on, and does not say that it is to go. Ask the model for the whole \
             file, or for a search/replace block.",
            file.path
        );
        let complaint = Complaint::new(ComplaintKind::Vanished, message).in_file(file.path);
        return Some(Err(complaint.with_candidates(vec![line])));
    }
    (!changes.is_empty()).then_some(Ok(changes))
}

/// The only passage of the file, `own`, that some lines give anew.
fn passage(given: &[Line], own: &[&str], counts: &HashMap<&str, usize>, file: &FileView) -> Option<Change> {
    let new = trimmed(given);
    let is_css = file.language.is_some_and(|language| language.name() == "css");
    let is_edge = |own: &str, new: &str| own == new || is_css && is_renamed(own, new);
    let places = |wanted: &str| -> Vec<usize> {
        (0..own.len()).filter(|at| is_edge(own[*at], wanted)).take(MAX_PLACES + 1).collect()
    };
    let (starts, ends) = (places(new[0]), places(new[new.len() - 1]));
    if starts.len() > MAX_PLACES || ends.len() > MAX_PLACES {
        return None;
    }
    let is_telling =
        |line: &str| counts.get(line) == Some(&1) && line.chars().filter(|c| c.is_alphanumeric()).count() > 2;
    let mut found: Option<Change> = None;
    for start in starts {
        for end in ends.iter().copied().filter(|end| *end > start && *end - start < new.len() + MAX_GONE) {
            let Some(change) = replaced(&own[start..=end], &new, given, &is_telling, start, file) else { continue };
            if found.replace(change).is_some() {
                return None;
            }
        }
    }
    found
}

/// Refuses changes of data and styles by the names in the code where these tell no place: in YAML, what stands at the margin for what
/// stands deeper; something new for code that is but a piece, or begins in the middle of a table.
pub(super) fn refuse_guesses(text: &str, changes: Vec<Change>, file: &FileView) -> Result<Vec<Change>, Complaint> {
    let language = file.language.map_or("", Language::name);
    if !matches!(language, "json" | "yaml" | "toml" | "css" | "html") {
        return Ok(changes);
    }
    let given = lines(text);
    let first = given.iter().find(|line| !line.is_blank()).map_or("", |line| line.content);
    let is_piece = given.iter().any(|line| elision::stands_for_others(line.content))
        && Block::parse(text, file).is_none_or(|block| block.has_errors())
        || language == "toml" && !first.trim_start().starts_with(['[', '#']);
    let is_deeper = language == "yaml" && (first.starts_with([' ', '\t']) || first.starts_with("- "));
    let is_at_margin = |text: &str| !text.trim_start_matches(['\n', '\r']).starts_with([' ', '\t', '-', '#']);
    let is_guess = |change: &&Change| {
        if change.range.is_empty() {
            return is_piece || is_deeper && is_at_margin(&change.new_text);
        }
        let old = &file.text[change.range.start..];
        let at = change.range.start + (old.len() - old.trim_start_matches(['\n', '\r']).len());
        is_deeper && file.line_at(at).is_some_and(|line| line.start == at && is_at_margin(line.content))
    };
    let Some(change) = changes.iter().find(is_guess) else { return Ok(changes) };
    let line = file.line_number(change.range.start.min(file.text.len()));
    let message = format!(
        "The reply gives a part of {}, and where it belongs cannot be told from its keys, which stand elsewhere too, as near line \
         {line}. Ask the model for a search/replace block.",
        file.path
    );
    Err(Complaint::new(ComplaintKind::NotFound, message).in_file(file.path).with_candidates(vec![line]))
}

/// Refuses code that says nothing new, of a table of TOML or a mapping of YAML from its head on, and lacks its last few lines: they may
/// have been meant to go.
pub(super) fn refuse_shortened(text: &str, file: &FileView) -> Result<(), Complaint> {
    let language = file.language.map_or("", Language::name);
    let given: Vec<Line> = lines(text).into_iter().filter(|line| !line.is_blank()).collect();
    let Some(head) = given.first().filter(|_| given.len() > 1 && given.len() <= MAX_LINES) else { return Ok(()) };
    let is_head = match language {
        "toml" => head.trimmed().starts_with('['),
        "yaml" => head.trimmed().ends_with(':'),
        _ => false,
    };
    if !is_head || given.iter().any(|line| elision::stands_for_others(line.content)) {
        return Ok(());
    }
    let own: Vec<&Line> = file.lines.iter().filter(|line| !line.is_blank()).collect();
    let is_here = |window: &&[&Line]| window.iter().zip(&given).all(|(own, new)| own.trimmed() == new.trimmed());
    let mut places = own.windows(given.len()).enumerate().filter(|(_, window)| is_here(window)).map(|(at, _)| at);
    let (Some(at), None) = (places.next(), places.next()) else { return Ok(()) };
    let width = |line: &Line| indentation(line.content).len();
    let is_within = |line: &&&Line| match language {
        "toml" => !line.trimmed().starts_with(['[', '#']),
        _ => width(line) > width(own[at]) || line.trimmed().starts_with("- ") && width(line) == width(own[at]),
    };
    let rest = own[at + given.len()..].iter().take_while(is_within).count();
    if rest == 0 || rest > MAX_GONE {
        return Ok(());
    }
    let line = file.line_number(own[at + given.len()].start);
    let message = format!(
        "The reply gives `{}` of {} without its end, from line {line} on, and does not say that it is to go. Ask the model for all of \
         it, or for a search/replace block.",
        nearest::shortened(head.trimmed()),
        file.path
    );
    Err(Complaint::new(ComplaintKind::Vanished, message).in_file(file.path).with_candidates(vec![line]))
}

/// Whether a passage is the file from its first line on but for its last few, which may have been meant to go.
fn lacks_the_end(change: &Change, file: &FileView) -> bool {
    let said = |text: &str| lines(text).iter().filter(|line| !line.is_blank()).count();
    let (before, behind) = (said(&file.text[..change.range.start]), said(&file.text[change.range.end..]));
    before == 0 && (1..=MAX_GONE).contains(&behind) && said(&change.new_text) > 10 * behind
}

/// Of two lines of a style sheet, whether one is the other with another selector, or both are comments.
fn is_renamed(own: &str, new: &str) -> bool {
    let block = |line: &str| line.find('{').map(|at| line[at..].to_owned()).filter(|block| block.len() > 2);
    let are_comments = [own, new].iter().all(|line| line.starts_with("/*") && line.ends_with("*/"));
    are_comments || block(own).is_some() && block(own) == block(new)
}

/// The change of lines of the file, from `start` on, to those of the code, which are indented as the file has them.
fn replaced(
    own: &[&str],
    new: &[&str],
    given: &[Line],
    is_telling: &dyn Fn(&str) -> bool,
    start: usize,
    file: &FileView,
) -> Option<Change> {
    let ops = capture_diff_slices(Algorithm::Myers, own, new);
    let said = |lines: &[&str]| lines.iter().filter(|line| !line.is_empty()).count();
    // What goes between lines that all stay was to go.
    let is_all_that_changes = ops.len() == 3 && matches!(&ops[..], [DiffOp::Equal { len, .. }, _, _] if *len > 1);
    let mut same = Vec::new();
    for op in &ops {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                same.extend((0..*len).map(|step| (old_index + step, new_index + step)));
            }
            DiffOp::Delete { old_len, .. } if is_all_that_changes && *old_len < MAX_GONE => {}
            _ if !come_back(&own[op.old_range()], &new[op.new_range()]) => return None,
            _ => {}
        }
    }
    same.retain(|(at, _)| !own[*at].is_empty());
    if same.len() * 2 < said(own) || !same.iter().any(|(at, _)| is_telling(own[*at])) {
        return None;
    }
    // All that stays is indented by as much more, or less.
    let shift = |(at, number): (usize, usize)| {
        let (there, here) = (indentation(file.lines[start + at].content), indentation(given[number].content));
        there.strip_suffix(here).map(|more| (more, "")).or_else(|| here.strip_suffix(there).map(|less| ("", less)))
    };
    let (more, less) = shift(*same.first()?)?;
    // A rule at the margin is none within another.
    let is_rule = file.language.is_some_and(|language| language.name() == "css") && !more.is_empty();
    if is_rule || !same.iter().all(|pair| shift(*pair) == Some((more, less))) {
        return None;
    }
    let kept: HashMap<usize, usize> = same.iter().map(|(at, number)| (*number, *at)).collect();
    let mut text = String::new();
    for (number, line) in given.iter().enumerate() {
        if number > 0 {
            text.push_str(file.eol);
        }
        match kept.get(&number) {
            Some(at) => text.push_str(file.lines[start + at].content),
            None if line.is_blank() => {}
            None => {
                text.push_str(more);
                text.push_str(line.right_trimmed().strip_prefix(less)?);
            }
        }
    }
    let last = &file.lines[start + own.len() - 1];
    let range = file.lines[start].start..last.start + last.content.len();
    Some(Change { range, new_text: text, tolerances: Vec::new() })
}

/// Whether each of some lines comes in another form.
fn come_back(old: &[&str], new: &[&str]) -> bool {
    let subject = |line: &str| line.find([':', '=', '{']).map(|at| line[..at].trim().to_owned());
    let comes = |old: &str| {
        let is_other = |new: &&str| {
            is_renamed(old, new)
                || match subject(old) {
                    Some(subject_of_old) if subject(new).as_ref() == Some(&subject_of_old) => true,
                    Some(_) => nearest::alike(old, new) >= LEAST_RENAMED,
                    None => nearest::alike(old, new) >= LEAST_ALIKE,
                }
        };
        new.iter().any(is_other)
    };
    let said = |lines: &[&str]| lines.iter().filter(|line| !line.is_empty()).count();
    said(old) <= said(new) && old.iter().filter(|line| !line.is_empty()).all(|line| comes(line))
}

fn has(lines: &[Line], wanted: &str) -> bool {
    lines.iter().any(|line| line.trimmed() == wanted)
}

fn trimmed<'t>(lines: &[Line<'t>]) -> Vec<&'t str> {
    lines.iter().map(|line| line.trimmed().trim_start_matches('\u{feff}')).collect()
}
