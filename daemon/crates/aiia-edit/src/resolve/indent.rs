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
    /// Blanks become tabs or tabs blanks, `width` blanks a tab, and `levels` more (or fewer) of them.
    Units { to_tabs: bool, width: usize, levels: isize },
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
            Self::Units { to_tabs, width, levels } => {
                let (count, left) = if *to_tabs {
                    (indent.len() / width, indent.len() % width)
                } else {
                    let tabs = indent.chars().take_while(|c| *c == '\t').count();
                    (tabs, indent.len() - tabs)
                };
                let count = count.saturating_add_signed(*levels);
                let unit = if *to_tabs { "\t".to_owned() } else { " ".repeat(*width) };
                format!("{}{}{content}", unit.repeat(count), " ".repeat(left))
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
    let strip = common_prefix(pairs.iter().map(|pair| pair.0));
    let add = common_prefix(pairs.iter().map(|pair| pair.1));
    if pairs.iter().all(|(one, other)| one[strip.len()..] == other[add.len()..]) {
        return Some(Reindent::Shift { strip, add });
    }
    let only = |sign: char| move |text: &str| text.chars().all(|c| c == sign);
    let (written, real): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
    let to_tabs = written.iter().all(|i| only(' ')(i)) && real.iter().all(|i| only('\t')(i));
    let to_blanks = written.iter().all(|i| only('\t')(i)) && real.iter().all(|i| only(' ')(i));
    if !to_tabs && !to_blanks {
        return None;
    }
    [4, 2, 8, 3].into_iter().find_map(|width| {
        let level = |blanks: &str| blanks.len().is_multiple_of(width).then_some(blanks.len() / width);
        let mut levels = None;
        for (one, other) in pairs {
            let (from, to) = if to_tabs { (level(one)?, other.len()) } else { (one.len(), level(other)?) };
            let difference = to as isize - from as isize;
            if *levels.get_or_insert(difference) != difference {
                return None;
            }
        }
        Some(Reindent::Units { to_tabs, width, levels: levels? })
    })
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
    #[case("a\n    b", "\ta\n\t\tb", Some(Reindent::Units { to_tabs: true, width: 4, levels: 1 }))]
    #[case("\ta\n\t\tb", "  a\n    b", Some(Reindent::Units { to_tabs: false, width: 2, levels: 0 }))]
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
    #[case(Reindent::Units { to_tabs: true, width: 4, levels: 1 }, "    a", "\t\ta")]
    fn applies_to_a_file_with_tabs(#[case] way: Reindent, #[case] line: &str, #[case] expected: &str) {
        let written = Style { tabs: false, width: 4 };
        let real = Style { tabs: true, width: 4 };
        assert_eq!(way.apply(line, false, written, real), expected);
    }
}
