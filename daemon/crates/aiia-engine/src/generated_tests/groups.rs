//! Groups of tests that are calls and no symbols: `describe("add", () => { … })`. Tests of a group that the file has go into it.

use std::ops::Range;

use aiia_syntax::{Language, SyntaxTree};

use super::lines::{indentation_at, indented, without};

/// A text with its tests and groups of tests, an outer one before what it contains.
struct Tests<'t> {
    text: &'t str,
    ranges: Vec<Range<usize>>,
}

impl<'t> Tests<'t> {
    fn of(text: &'t str, language: Language) -> Option<Self> {
        let ranges = SyntaxTree::parse(language, text).ok()?.tests(text);
        Some(Self { text, ranges })
    }

    /// Those that lie right inside a range.
    fn inside(&self, outer: &Range<usize>) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for range in &self.ranges {
            let is_inside = outer.start <= range.start && range.end <= outer.end && range != outer;
            if is_inside && found.last().is_none_or(|last| range.start >= last.end) {
                found.push(range.clone());
            }
        }
        found
    }

    fn outermost(&self) -> Vec<Range<usize>> {
        self.inside(&(0..self.text.len() + 1))
    }

    /// What it is called by: `describe("add", () => {`.
    fn head(&self, range: &Range<usize>) -> &'t str {
        self.text[range.clone()].lines().next().unwrap_or_default().trim()
    }

    fn words(&self, range: &Range<usize>) -> Vec<&'t str> {
        self.text[range.clone()].split_whitespace().collect()
    }

    /// Its lines between the first and the last.
    fn body(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let text = &self.text[range.clone()];
        let start = range.start + text.find('\n')? + 1;
        let end = range.start + text.trim_end().rfind('\n')? + 1;
        (start <= end).then_some(start..end)
    }
}

/// What goes into the groups that the file has, as places and texts, and the code without it. A test by itself goes into the only
/// group.
///
/// # Errors
/// A test that the file has otherwise, for people and for the model.
pub(super) fn joined(text: &str, code: &str, language: Language) -> Result<(Vec<(usize, String)>, String), String> {
    let unchanged = || (Vec::new(), code.to_owned());
    if !matches!(language.name(), "javascript" | "typescript" | "tsx" | "ruby") {
        return Ok(unchanged());
    }
    let (Some(own), Some(new)) = (Tests::of(text, language), Tests::of(code, language)) else { return Ok(unchanged()) };
    let own_tops = own.outermost();
    let is_group = |tests: &Tests, range: &Range<usize>| !tests.inside(range).is_empty();
    let mut inserted = Vec::new();
    let mut taken = Vec::new();
    for given in new.outermost() {
        let (into, additions) = if is_group(&new, &given) {
            let same = own_tops.iter().find(|other| own.head(other) == new.head(&given));
            let Some((same, body)) = same.zip(new.body(&given)) else { continue };
            let (theirs, ours) = (new.inside(&given), own.inside(same));
            // What sets the tests up may be for them alone.
            let inner = theirs.iter().map(|range| range.start - body.start..range.end - body.start).collect();
            if !without(&code[body], inner).trim().is_empty() {
                continue;
            }
            let mut additions = Vec::new();
            for test in theirs {
                match ours.iter().find(|other| own.head(other) == new.head(&test)) {
                    None => additions.push(test),
                    Some(other) if own.words(other) == new.words(&test) => {}
                    Some(_) => {
                        let head = new.head(&test);
                        return Err(format!(
                            "it defines `{head}`, which the file has already. Another name is needed."
                        ));
                    }
                }
            }
            (same, additions)
        } else {
            let [only] = own_tops.as_slice() else { continue };
            if !is_group(&own, only) {
                continue;
            }
            (only, vec![given.clone()])
        };
        taken.push(given);
        let Some(body) = own.body(into) else { return Ok(unchanged()) };
        let indent = own.inside(into).first().map_or_else(
            || format!("{}  ", indentation_at(text, into.start)),
            |test| indentation_at(text, test.start).to_owned(),
        );
        let mut gap = if text[body.clone()].trim().is_empty() { "" } else { "\n" };
        for test in additions {
            let line = code[..test.start].rfind('\n').map_or(0, |at| at + 1);
            let block = indented(&code[line..test.end], &indent);
            inserted.push((body.end, format!("{gap}{block}")));
            gap = "\n";
        }
    }
    Ok((inserted, without(code, taken)))
}
