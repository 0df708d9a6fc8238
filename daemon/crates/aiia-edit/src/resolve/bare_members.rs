//! Members of a type without the type around them, which most languages cannot read by themselves: constructors, private and
//! computed names, modifiers.

use std::ops::Range;

use aiia_syntax::{Language, Symbol};

/// A type that members can be read in: what stands before them, what stands behind them, and its name.
#[derive(Clone, Copy)]
pub(super) struct Shell {
    before: &'static str,
    behind: &'static str,
}

const NAME: &str = "Members";

impl Shell {
    /// The type for a language; nothing for one whose members can be read alone, or that has none.
    pub(super) fn of(language: Language) -> Option<Self> {
        let (before, behind) = match language.name() {
            "javascript" | "typescript" | "tsx" | "java" | "csharp" | "kotlin" | "swift" => {
                ("class Members {\n", "\n}\n")
            }
            "cpp" => ("class Members {\n", "\n};\n"),
            "php" => ("<?php\nclass Members {\n", "\n}\n"),
            _ => return None,
        };
        Some(Self { before, behind })
    }

    /// The text inside the type.
    pub(super) fn around(self, text: &str) -> String {
        [self.before, text, self.behind].concat()
    }

    /// What was found in the text inside the type, as found in the text alone.
    pub(super) fn symbols(self, found: Vec<Symbol>) -> Vec<Symbol> {
        let inside = found.into_iter().filter(|symbol| symbol.depth > 0);
        inside
            .map(|symbol| Symbol {
                range: self.range(symbol.range),
                item_range: self.range(symbol.item_range),
                name_range: self.range(symbol.name_range),
                body_range: symbol.body_range.map(|range| self.range(range)),
                container: symbol.container.and_then(|names| {
                    let inner = names.strip_prefix(NAME)?;
                    inner.strip_prefix("::").map(str::to_owned)
                }),
                depth: symbol.depth - 1,
                ..symbol
            })
            .collect()
    }

    pub(super) fn range(self, range: Range<usize>) -> Range<usize> {
        range.start.saturating_sub(self.before.len())..range.end.saturating_sub(self.before.len())
    }
}
