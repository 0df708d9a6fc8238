//! Where comments and doc strings are.

use std::ops::Range;

use tree_sitter::{Node, Tree};

/// The comments and, in Python, the doc strings, in the order of the text.
pub(crate) fn comments(tree: &Tree, is_python: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let is_comment = node.is_named() && node.kind().contains("comment") || is_python && is_doc_string(node);
        if is_comment {
            found.push(node.byte_range());
        }
        if !is_comment && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// The first statement of a module, a class or a function, if it is nothing but a string.
fn is_doc_string(node: Node) -> bool {
    let only_a_string = node.kind() == "expression_statement"
        && node.named_child_count() == 1
        && node.named_child(0).is_some_and(|child| matches!(child.kind(), "string" | "concatenated_string"));
    let is_first = || {
        let before = std::iter::successors(node.prev_named_sibling(), Node::prev_named_sibling);
        before.into_iter().all(|before| before.kind() == "comment")
    };
    let holds = |parent: Node| {
        parent.kind() == "module"
            || parent.kind() == "block"
                && parent
                    .parent()
                    .is_some_and(|outer| matches!(outer.kind(), "function_definition" | "class_definition"))
    };
    only_a_string && node.parent().is_some_and(holds) && is_first()
}

#[cfg(test)]
mod tests {
    use crate::{Language, SyntaxTree};
    use rstest::rstest;

    #[rstest]
    #[case("rust", "//! a\n/// b\nfn f() { /* c */ \"// no\"; } // d\n", &["//! a", "/// b", "/* c */", "// d"])]
    #[case("python", "\"\"\"a\"\"\"\nx = '# no'\ndef f():\n    # b\n    'c'\n    'no'\n    g('no')\n", &["\"\"\"a\"\"\"", "# b", "'c'"])]
    #[case("typescript", "/** a */\nfunction f() { return '/* no */'; } // b\n", &["/** a */", "// b"])]
    #[case("go", "// a\nfunc f() { /* b */ }\n", &["// a", "/* b */"])]
    #[case("java", "/** a */\nclass A { // b\n}\n", &["/** a */", "// b"])]
    fn finds_comments(#[case] name: &str, #[case] text: &str, #[case] expected: &[&str]) {
        let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
        let found: Vec<&str> = tree.comments(text).into_iter().map(|range| text[range].trim_end()).collect();
        assert_eq!(found, expected);
    }
}
