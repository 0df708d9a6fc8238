//! Uniform re-indentation: the text a model wrote, moved to where it belongs.

use crate::lines::indentation;

/// How a file indents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Style {
    pub(crate) tabs: bool,
    /// Blanks a level, when it does not use tabs.
    pub(crate) width: usize,
}

impl Style {
    /// What most of the lines use; four blanks when none is indented.
    pub(crate) fn of<'t>(lines: impl Iterator<Item = &'t str>) -> Self {
        let (mut tabs, mut blanks, mut width) = (0, 0, usize::MAX);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let indent = indentation(line);
            if indent.starts_with('\t') {
                tabs += 1;
            } else if indent.len() > 1 {
                blanks += 1;
                width = width.min(indent.len());
            }
        }
        let width = if (2..=8).contains(&width) { width } else { 4 };
        Self { tabs: tabs > blanks, width }
    }

    /// Indentation in the style of `self` that was written in the style `from`.
    fn convert(self, indent: &str, from: Self) -> String {
        if self.tabs && !indent.contains('\t') {
            "\t".repeat(indent.len() / from.width) + &" ".repeat(indent.len() % from.width)
        } else if !self.tabs {
            indent.replace('\t', &" ".repeat(self.width))
        } else {
            indent.to_owned()
        }
    }
}

/// How indentation in the reply becomes indentation in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reindent {
    /// As it is.
    Same,
    /// `strip` at the start of a line becomes `add`; what is deeper keeps its distance.
    Shift { strip: String, add: String },
    /// One of the two has tabs: counted in columns, with so many a tab, it is deeper by `shift`.
    Columns { tab: usize, shift: isize, to_tabs: bool },
    /// The first line lost its indentation; the others follow `rest`.
    FirstLine { lost: String, add: String, rest: Box<Reindent> },
}

impl Reindent {
    /// The way that leads from the indentation of `written` to that of `real`, line by line; nothing
    /// if no uniform one does. Blank lines do not count.
    pub(crate) fn infer(written: &[&str], real: &[&str]) -> Option<Self> {
        let pairs: Vec<(&str, &str)> = written
            .iter()
            .zip(real)
            .filter(|(line, _)| !line.trim().is_empty())
            .map(|(one, other)| (indentation(one), indentation(other)))
            .collect();
        uniform(&pairs).or_else(|| {
            let (first, rest) = pairs.split_first()?;
            if rest.is_empty() || first.0.len() >= first.1.len() {
                return None;
            }
            Some(Self::FirstLine { lost: first.0.to_owned(), add: first.1.to_owned(), rest: Box::new(uniform(rest)?) })
        })
    }

    /// A line of the reply with its indentation in the file. `first` says that it is the first one.
    pub(crate) fn apply(&self, line: &str, first: bool, written: Style, real: Style) -> String {
        let indent = indentation(line);
        let content = &line[indent.len()..];
        if content.trim().is_empty() {
            return String::new();
        }
        match self {
            Self::Same => line.to_owned(),
            Self::Shift { strip, add } => {
                if let Some(deeper) = indent.strip_prefix(strip.as_str()) {
                    let same_style = add.is_empty() && strip.is_empty();
                    let deeper = if same_style && !real.tabs && !written.tabs {
                        deeper.to_owned()
                    } else {
                        real.convert(deeper, written)
                    };
                    format!("{add}{deeper}{content}")
                } else {
                    let less = strip.len() - indent.len().min(strip.len());
                    format!("{}{content}", &add[..add.len().saturating_sub(less)])
                }
            }
            Self::Columns { tab, shift, to_tabs } => {
                let column = columns(indent, *tab).saturating_add_signed(*shift);
                let tabs = if *to_tabs { column / tab } else { 0 };
                format!("{}{}{content}", "\t".repeat(tabs), " ".repeat(column - tabs * tab))
            }
            Self::FirstLine { lost, add, rest } => {
                if first && indent == lost {
                    format!("{add}{content}")
                } else {
                    rest.apply(line, first, written, real)
                }
            }
        }
    }
}

fn uniform(pairs: &[(&str, &str)]) -> Option<Reindent> {
    if pairs.iter().all(|(one, other)| one == other) {
        return Some(Reindent::Same);
    }
    let to_tabs = pairs.iter().any(|(_, real)| real.contains('\t'));
    let differ = pairs.iter().any(|(written, _)| written.contains('\t')) != to_tabs;
    let in_columns = |even: bool| {
        let shift = |tab: usize| {
            let mut shifts = pairs.iter().map(|(one, other)| columns(other, tab) as isize - columns(one, tab) as isize);
            let first = shifts.next()?;
            shifts.all(|shift| shift == first).then_some(first)
        };
        let of = |tab: usize| Some(Reindent::Columns { tab, shift: shift(tab)?, to_tabs });
        let mut widths = [4, 2, 8, 3].into_iter().filter(|tab| !even || shift(*tab) == Some(0));
        widths.find_map(of).filter(|_| differ)
    };
    in_columns(true).or_else(|| shifted(pairs)).or_else(|| in_columns(false))
}

fn shifted(pairs: &[(&str, &str)]) -> Option<Reindent> {
    let strip = common_prefix(pairs.iter().map(|pair| pair.0));
    let add = common_prefix(pairs.iter().map(|pair| pair.1));
    pairs.iter().all(|(one, other)| one[strip.len()..] == other[add.len()..]).then_some(Reindent::Shift { strip, add })
}

/// How wide an indentation is when a tab goes to the next multiple of `tab`.
fn columns(indent: &str, tab: usize) -> usize {
    indent.chars().fold(0, |column, sign| if sign == '\t' { (column / tab + 1) * tab } else { column + 1 })
}

fn common_prefix<'t>(mut indents: impl Iterator<Item = &'t str>) -> String {
    let Some(first) = indents.next() else {
        return String::new();
    };
    let mut length = first.len();
    for other in indents {
        length = length.min(first.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count());
    }
    first[..length].to_owned()
}

/// The indentation all lines that are not blank share.
pub(crate) fn common_indentation<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    common_prefix(lines.filter(|line| !line.trim().is_empty()).map(indentation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn shift(strip: &str, add: &str) -> Reindent {
        Reindent::Shift { strip: strip.to_owned(), add: add.to_owned() }
    }

    #[rstest]
    #[case("a\n  b", "a\n  b", Some(Reindent::Same))]
    #[case("a\n  b", "    a\n      b", Some(shift("", "    ")))]
    #[case("    a\n\n      b", "a\n\n  b", Some(shift("    ", "")))]
    #[case("a\n  b", "a\n    b", None)]
    #[case("a\n    b", "\ta\n\t\tb", Some(Reindent::Columns { tab: 4, shift: 4, to_tabs: true }))]
    #[case("\ta\n\t\tb", "  a\n    b", Some(Reindent::Columns { tab: 2, shift: 0, to_tabs: false }))]
    #[case("\ta\n\t  b", "    a\n      b", Some(Reindent::Columns { tab: 4, shift: 0, to_tabs: false }))]
    #[case("\t  a", "      a", Some(Reindent::Columns { tab: 4, shift: 0, to_tabs: false }))]
    #[case("\ta", "      a", Some(shift("\t", "      ")))]
    #[case("a\n        b\n    c", "    a\n        b\n    c", Some(Reindent::FirstLine {
        lost: String::new(), add: "    ".into(), rest: Box::new(Reindent::Same),
    }))]
    fn infers(#[case] written: &str, #[case] real: &str, #[case] expected: Option<Reindent>) {
        let written: Vec<&str> = written.split('\n').collect();
        let real: Vec<&str> = real.split('\n').collect();
        assert_eq!(Reindent::infer(&written, &real), expected);
    }

    #[rstest]
    #[case(shift("", "\t"), "    a", "\t\ta")]
    #[case(shift("    ", "\t"), "        a", "\t\ta")]
    #[case(shift("    ", "\t"), "a", "a")]
    #[case(Reindent::Columns { tab: 4, shift: 4, to_tabs: true }, "    a", "\t\ta")]
    #[case(Reindent::Columns { tab: 4, shift: 0, to_tabs: true }, "      a", "\t  a")]
    fn applies_to_a_file_with_tabs(#[case] way: Reindent, #[case] line: &str, #[case] expected: &str) {
        let written = Style { tabs: false, width: 4 };
        let real = Style { tabs: true, width: 4 };
        assert_eq!(way.apply(line, false, written, real), expected);
    }
}
