//! Where strings are that go over several lines.

use std::ops::Range;

use tree_sitter::Tree;

/// The literals that do, in the order of the text; of several in each other the outermost.
pub(crate) fn long_strings(tree: &Tree) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_long = node.end_position().row > node.start_position().row;
        let kind = node.kind();
        let is_string = node.is_named()
            && (kind.contains("string")
                || kind.contains("heredoc")
                || kind.contains("template_literal")
                || matches!(kind, "text_block" | "block_scalar"))
            && !kind.contains("concatenated");
        if is_long && is_string {
            found.push(node.byte_range());
        }
        if is_long && !is_string && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::{Language, SyntaxTree};

    #[rstest]
    #[case("python", "x = \"\"\"\na\n\"\"\"\ny = 'b'\n", &["\"\"\"\na\n\"\"\""])]
    #[case("rust", "fn f() {\n    g(r#\"\n<a>\n\"#, \"b\");\n}\n", &["r#\"\n<a>\n\"#"])]
    #[case("typescript", "const a = `x\n${b}\ny`;\n", &["`x\n${b}\ny`"])]
    #[case("yaml", "a: |\n  b\n  c\nd: e\n", &["|\n  b\n  c"])]
    #[case("go", "package a\n\nvar x = `a\nb`\n", &["`a\nb`"])]
    fn finds_long_strings(#[case] name: &str, #[case] text: &str, #[case] expected: &[&str]) {
        let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
        let found: Vec<&str> = tree.long_strings(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }
}
