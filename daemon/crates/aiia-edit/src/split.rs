//! Cutting a hunk into smaller ones, so that single lines of it can be taken or left.

use std::ops::Range;

use crate::hunk::Hunk;
use crate::lines::whole_lines;

/// Two lines that have at least this share of their character pairs in common are one line, changed.
const ALIKE: f64 = 0.5;
/// Larger hunks are cut without comparing each removed line with each new one.
const MAX_COMPARISONS: usize = 40_000;

/// The smallest parts of a hunk, in order: a line that is replaced by another one, a line that goes, a line that comes.
/// Accepting all of them is accepting the hunk, and each can be accepted alone. A hunk with a line that does not end
/// in LF is one part: its lines could be glued to others.
pub fn split(hunk: &Hunk) -> Vec<Hunk> {
    let mut parts = all_parts(hunk);
    // Where the diff is not minimal, a line can be both removed and added: nothing to decide on.
    parts.retain(|part| part.old_text != part.new_text);
    parts
}

fn all_parts(hunk: &Hunk) -> Vec<Hunk> {
    let (old, new) = (whole_lines(&hunk.old_text), whole_lines(&hunk.new_text));
    // A lone CR could become a CRLF with what follows.
    let broken = |lines: &[&str]| lines.iter().all(|line| line.ends_with('\n'));
    if old.len() + new.len() < 2 || !broken(&old) || !broken(&new) {
        return vec![hunk.clone()];
    }
    let mut parts = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    let unpaired = |parts: &mut Vec<Hunk>, olds: Range<usize>, news: Range<usize>| {
        parts.extend(olds.clone().map(|line| part(hunk, &old, &new, line..line + 1, news.start..news.start)));
        parts.extend(news.map(|line| part(hunk, &old, &new, olds.end..olds.end, line..line + 1)));
    };
    for (old_line, new_line) in pairs(&old, &new) {
        unpaired(&mut parts, old_at..old_line, new_at..new_line);
        parts.push(part(hunk, &old, &new, old_line..old_line + 1, new_line..new_line + 1));
        (old_at, new_at) = (old_line + 1, new_line + 1);
    }
    unpaired(&mut parts, old_at..old.len(), new_at..new.len());
    parts
}

/// The hunk as three: what stands before the line `line`, the smallest part with that line, and what comes after it; without
/// those that are empty. Lines are counted from 0 over the removed lines and then over the new ones. Gives the parts and which
/// of them has the line; `None` when there is no such line.
pub fn split_at(hunk: &Hunk, line: usize) -> Option<(Vec<Hunk>, usize)> {
    let parts = all_parts(hunk);
    let has_line = |part: &Hunk| {
        let (old, new) = (part.old_index() - hunk.old_index(), part.new_index() - hunk.new_index());
        let new = new + hunk.old_lines;
        (old..old + part.old_lines).contains(&line) || (new..new + part.new_lines).contains(&line)
    };
    let chosen = parts.iter().position(has_line).filter(|chosen| parts[*chosen].old_text != parts[*chosen].new_text)?;
    let mut result = Vec::new();
    result.extend(joined(&parts[..chosen]));
    let place = result.len();
    result.push(parts[chosen].clone());
    result.extend(joined(&parts[chosen + 1..]));
    Some((result, place))
}

fn joined(parts: &[Hunk]) -> Option<Hunk> {
    let (first, rest) = parts.split_first()?;
    let (mut old_end, mut new_end) = (first.old_index() + first.old_lines, first.new_index() + first.new_lines);
    let mut hunk = first.clone();
    for part in rest {
        hunk.old_text.push_str(&part.old_text);
        hunk.new_text.push_str(&part.new_text);
        old_end = part.old_index() + part.old_lines;
        new_end = part.new_index() + part.new_lines;
    }
    let (old_from, new_from) = (first.old_index(), first.new_index());
    Some(placed(hunk, old_from..old_end, new_from..new_end))
}

fn part(hunk: &Hunk, old: &[&str], new: &[&str], olds: Range<usize>, news: Range<usize>) -> Hunk {
    let text = Hunk { old_text: old[olds.clone()].concat(), new_text: new[news.clone()].concat(), ..hunk.clone() };
    let (old_from, new_from) = (hunk.old_index(), hunk.new_index());
    placed(text, old_from + olds.start..old_from + olds.end, new_from + news.start..new_from + news.end)
}

fn placed(hunk: Hunk, old: Range<usize>, new: Range<usize>) -> Hunk {
    let start = |lines: &Range<usize>| if lines.is_empty() { lines.start } else { lines.start + 1 };
    Hunk { old_start: start(&old), old_lines: old.len(), new_start: start(&new), new_lines: new.len(), ..hunk }
}

/// Which removed line became which new one, in order on both sides, so that the likeness in all is greatest.
fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.len() * new.len() > MAX_COMPARISONS {
        return if old.len() == new.len() { (0..old.len()).map(|line| (line, line)).collect() } else { Vec::new() };
    }
    let width = new.len() + 1;
    let mut best = vec![0.0_f64; (old.len() + 1) * width];
    let likeness: Vec<f64> = old.iter().flat_map(|a| new.iter().map(|b| likeness(a, b))).collect();
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let alike = likeness[i * new.len() + j];
            let paired = if alike >= ALIKE { alike + best[(i + 1) * width + j + 1] } else { 0.0 };
            best[i * width + j] = paired.max(best[(i + 1) * width + j]).max(best[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut result) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        let here = best[i * width + j];
        let alike = likeness[i * new.len() + j];
        if alike >= ALIKE && (alike + best[(i + 1) * width + j + 1]).total_cmp(&here).is_eq() {
            result.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * width + j].total_cmp(&here).is_eq() {
            i += 1;
        } else {
            j += 1;
        }
    }
    // As many lines for as many lines are changes of these lines, however different they are.
    let mut all = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for (i, j) in result.into_iter().chain([(old.len(), new.len())]) {
        if i - old_at == j - new_at {
            all.extend((old_at..i).zip(new_at..j));
        }
        all.push((i, j));
        (old_at, new_at) = (i + 1, j + 1);
    }
    all.pop();
    all
}

/// The share of character pairs that two lines have in common, 0 to 1 (the Sørensen–Dice coefficient), blanks around them aside.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.trim(), b.trim());
    if a == b {
        return 1.0;
    }
    let pairs = |text: &str| {
        let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let mut pairs: Vec<(char, char)> = characters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        pairs
    };
    let (a, b) = (pairs(a), pairs(b));
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    if a.len() + b.len() == 0 { 0.0 } else { 2.0 * common as f64 / (a.len() + b.len()) as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::hunk::{apply_hunks, hunks};

    fn shape(parts: &[Hunk]) -> Vec<(&str, &str)> {
        parts.iter().map(|part| (part.old_text.as_str(), part.new_text.as_str())).collect()
    }

    #[rstest]
    #[case("let a = 1;\nlet b = 2;\n", "let a = 3;\nlet b = 4;\n", &[("let a = 1;\n", "let a = 3;\n"), ("let b = 2;\n", "let b = 4;\n")])]
    #[case("", "x\ny\n", &[("", "x\n"), ("", "y\n")])]
    #[case("x\ny\n", "", &[("x\n", ""), ("y\n", "")])]
    #[case("return total / count\n", "if not count:\n    return 0\nreturn total / len(count)\n",
           &[("", "if not count:\n"), ("", "    return 0\n"), ("return total / count\n", "return total / len(count)\n")])]
    #[case("old\n", "entirely other\n", &[("old\n", "entirely other\n")])]
    #[case("a b c\nlast", "a b d\nlast line", &[("a b c\nlast", "a b d\nlast line")])]
    fn parts_are_lines(#[case] old: &str, #[case] new: &str, #[case] expected: &[(&str, &str)]) {
        let all = hunks(old, new);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(shape(&split(&all[0])), expected);
    }

    #[test]
    fn a_line_is_taken_out_of_its_hunk() {
        let old = "0\nlet a = 1;\nlet b = 2;\nlet c = 3;\n9\n";
        let new = "0\nlet a = 4;\nlet b = 5;\nlet c = 6;\n9\n";
        let hunk = &hunks(old, new)[0];
        // The third removed and the third new line are one change.
        for line in [1, 4] {
            let (parts, chosen) = split_at(hunk, line).unwrap();
            assert_eq!((parts.len(), chosen), (3, 1));
            assert_eq!(apply_hunks(old, &[&parts[1]]), old.replace("b = 2", "b = 5"));
        }
        let (parts, chosen) = split_at(hunk, 0).unwrap();
        assert_eq!((parts.len(), chosen), (2, 0));
        assert_eq!(apply_hunks(old, &parts.iter().collect::<Vec<_>>()), new);
        assert_eq!(split_at(hunk, 6), None);
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a", "ab", "abc", "", "  abc", "}", "x = 1", "x = 2", "\u{e9}\u{1f600}"]);
        let ending = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", ""]);
        prop::collection::vec((line, ending), 0..16)
            .prop_map(|lines| lines.into_iter().flat_map(|(a, b)| [a, b]).collect())
    }

    proptest! {
        #[test]
        fn all_parts_are_the_hunk(old in text(), new in text()) {
            let parts: Vec<Hunk> = hunks(&old, &new).iter().flat_map(split).collect();
            prop_assert_eq!(apply_hunks(&old, &parts.iter().collect::<Vec<_>>()), new);
        }

        #[test]
        fn a_part_alone_leaves_all_other_lines(old in text(), new in text(), line in 0_usize..8) {
            for hunk in hunks(&old, &new) {
                let Some((parts, chosen)) = split_at(&hunk, line) else { continue };
                let all: Vec<&Hunk> = parts.iter().collect();
                prop_assert_eq!(apply_hunks(&old, &all), apply_hunks(&old, &[&hunk]));
                let one = apply_hunks(&old, &[&parts[chosen]]);
                let lines = whole_lines(&old).len() + parts[chosen].new_lines - parts[chosen].old_lines;
                prop_assert_eq!(whole_lines(&one).len(), lines);
            }
        }
    }
}
