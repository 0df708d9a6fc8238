//! Symbols by the look of the lines alone: many times faster than a tree, and right for code that is laid out as usual.

use crate::language::{Body, Outline};
use crate::recovery::{Header, header, prototype};
use crate::{Language, Symbol, SymbolKind};
use aiia_text::{content_end, line_end};
use std::ops::Range;

/// The most that is read of a signature, in bytes.
const MAX_SIGNATURE_BYTES: usize = 2000;

/// The symbols whose first lines say what they are, in the order of the text, an outer one before what it contains; nothing for a
/// language whose lines tell nothing. A symbol reaches as far as the lines below it are indented deeper. Doc comments and
/// attributes are not part of [`Symbol::range`] here, and [`Symbol::container`] is empty.
pub fn skim(language: Language, text: &str) -> Vec<Symbol> {
    language.outline().map(|outline| by_outline(outline, text)).unwrap_or_default()
}

/// [`skim`] in a language whose lines read like that.
pub(crate) fn by_outline(outline: &Outline, text: &str) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    // The open items with their indentation, outermost first.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut last_end = 0;
    let mut next = 0;
    while next < text.len() {
        let start = next;
        next = line_end(text, start);
        let line = &text[start..next];
        let code = line.trim_start();
        if code.is_empty() {
            continue;
        }
        let indent = line.len() - code.len();
        let closes = code.starts_with(['}', ')', ']', '{']) || code.starts_with("where") || code.starts_with("end");
        while let Some(&(index, depth)) = open.last()
            && (indent < depth || (indent == depth && !closes))
        {
            symbols[index].item_range.end = last_end;
            open.pop();
        }
        last_end = start + line.trim_end().len();
        let is_inside_code = open.last().is_some_and(|&(index, _)| symbols[index].kind.is_callable());
        let found = header(text, start, outline)
            .or_else(|| if is_inside_code { None } else { prototype(text, start, outline) });
        if let Some(found) = found {
            let depth = open.len();
            let is_member = open.last().is_some_and(|&(index, _)| symbols[index].kind.has_methods());
            open.push((symbols.len(), indent));
            symbols.push(symbol(found, text, outline, is_member, depth));
        }
    }
    for (index, _) in open {
        symbols[index].item_range.end = last_end;
    }
    for symbol in &mut symbols {
        symbol.item_range.end = symbol.item_range.end.max(symbol.name_range.end);
        symbol.range = symbol.item_range.clone();
        if let Some(body) = &mut symbol.body_range {
            body.end = symbol.item_range.end.max(body.start);
        }
    }
    symbols
}

fn symbol(found: Header, text: &str, outline: &Outline, is_member: bool, depth: usize) -> Symbol {
    let is_method = is_member && found.kind == SymbolKind::Function;
    Symbol {
        name: text.get(found.name.clone()).unwrap_or_default().to_owned(),
        kind: if is_method { SymbolKind::Method } else { found.kind },
        range: found.start..found.start,
        item_range: found.start..found.start,
        body_range: body(text, &found.name, outline),
        name_range: found.name,
        container: found.receiver,
        depth,
    }
}

/// Where the body of an item of that name begins; its end is not known yet.
fn body(text: &str, name: &Range<usize>, outline: &Outline) -> Option<Range<usize>> {
    let end = text.floor_char_boundary((name.end + MAX_SIGNATURE_BYTES).min(text.len()));
    let behind = text.get(name.end..end)?;
    let start = match outline.body {
        Body::Braces => {
            let mut depth = 0_i32;
            let found = behind.bytes().position(|byte| {
                match byte {
                    b'(' | b'[' => depth += 1,
                    b')' | b']' => depth -= 1,
                    _ => {}
                }
                byte == b'{' || (byte == b';' && depth <= 0)
            })?;
            (behind.as_bytes()[found] == b'{').then_some(name.end + found)?
        }
        Body::Colon => {
            let mut next = name.end;
            loop {
                let line = text[next..content_end(text, next)].trim_end();
                if line.ends_with(':') {
                    break next + line.len();
                }
                next = line_end(text, next);
                if next >= end {
                    return None;
                }
            }
        }
        Body::End => line_end(text, name.end),
    };
    Some(start..start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn skimmed(language: &str, text: &str) -> Vec<String> {
        skim(Language::from_language_id(language).unwrap(), text)
            .iter()
            .map(|symbol| {
                let lines = text[symbol.item_range.clone()].lines().count();
                let signature = symbol.signature(text).replace('\n', " ");
                format!("{}{} {} {lines} [{signature}]", " ".repeat(symbol.depth), symbol.kind.as_str(), symbol.name)
            })
            .collect()
    }

    #[rstest]
    #[case("rust", "pub struct A {\n    x: u8,\n}\n\nimpl A {\n    fn b(\n        &self,\n    ) -> u8 {\n        self.x\n    }\n}\n",
        &["struct A 3 [pub struct A]", "impl A 7 [impl A]", " method b 5 [fn b(         &self,     ) -> u8]"])]
    #[case("rust", "trait T {\n    fn a(&self) -> [u8; 2];\n    fn b();\n}\n", &["trait T 4 [trait T]", " method a 1 [fn a(&self) -> [u8; 2];]", " method b 1 [fn b();]"])]
    #[case("python", "class A(B):\n    x = 1\n\n    def f(self,\n          y):\n        return y\n\ndef g(): return 1\n",
        &["class A 6 [class A(B):]", " method f 3 [def f(self,           y):]", "function g 1 [def g(): return 1]"])]
    #[case("c", "int only(int a,\n    char *b);\nextern char *other(void);\nMACRO(x);\nstatic DEFINE(y);\ntypedef int (*callback)(int);\nint (*variable)(int);\nint x = f(1);\n",
        &["function only 2 [int only(int a,     char *b);]", "function other 1 [extern char *other(void);]"])]
    #[case("cpp", "class A {\n public:\n  explicit A(int x);\n  int b() const;\n  virtual void c() = 0;\n  void d() {\n    Lock lock(mutex);\n  }\n};\n",
        &["class A 9 [class A]", " method A 1 [explicit A(int x);]", " method b 1 [int b() const;]", " method c 1 [virtual void c() = 0;]", " method d 3 [void d()]"])]
    #[case("java", "interface A {\n    int b();\n    void c(int x) throws E;\n}\n",
        &["interface A 4 [interface A]", " method b 1 [int b();]", " method c 1 [void c(int x) throws E;]"])]
    #[case("json", "{\"a\": 1}", &[])]
    #[case("rust", "", &[])]
    #[case("rust", "fn", &[])]
    fn finds_symbols(#[case] language: &str, #[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(skimmed(language, text), expected);
    }
}
