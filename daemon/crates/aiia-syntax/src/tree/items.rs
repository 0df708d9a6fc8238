//! Checks edits of functions and types by these alone.
//!
//! A parse after an edit is linear in the number of items beside the edited one, which all are taken over one by one. An item that
//! begins and ends with the same tokens as before, and is one item of its kind when it is parsed by itself, stands among the others as
//! it did: what comes before and behind it is the same, and its last brace ends it for sure.

use std::ops::Range;

use tree_sitter::Node;

use super::{MAX_PARSE_BYTES, Replaced, SyntaxTree};
use crate::deadline::ParseBudget;

/// What ends with a brace that nothing can follow, or with a semicolon, and holds no symbol that is not its own.
fn is_item(language: &str, node: Node) -> bool {
    let kind = node.kind();
    match language {
        "rust" => matches!(
            kind,
            "function_item"
                | "impl_item"
                | "trait_item"
                | "struct_item"
                | "enum_item"
                | "union_item"
                | "mod_item"
                | "use_declaration"
                | "const_item"
                | "static_item"
                | "type_item"
        ),
        "go" => matches!(kind, "function_declaration" | "method_declaration"),
        "java" => matches!(
            kind,
            "class_declaration"
                | "interface_declaration"
                | "enum_declaration"
                | "method_declaration"
                | "constructor_declaration"
                | "import_declaration"
        ),
        "javascript" | "typescript" | "tsx" => match kind {
            "export_statement" => {
                node.child_by_field_name("declaration").is_some_and(|declaration| is_item(language, declaration))
            }
            // One name alone.
            "lexical_declaration" => {
                node.named_child_count() == 1
                    && node
                        .named_child(0)
                        .and_then(|only| only.child_by_field_name("name"))
                        .is_some_and(|name| name.kind() == "identifier")
            }
            "method_definition" => node.parent().is_some_and(|around| around.kind() == "class_body"),
            _ => matches!(
                kind,
                "function_declaration"
                    | "generator_function_declaration"
                    | "class_declaration"
                    | "abstract_class_declaration"
                    | "interface_declaration"
                    | "enum_declaration"
            ),
        },
        _ => false,
    }
}

/// What stands around a member of a type so that it can be parsed without the others; nothing for what is no member and
/// is not outside of everything either.
fn around(language: &str, node: Node) -> Option<(&'static str, &'static str)> {
    let outer = node.parent()?;
    match (language, outer.kind()) {
        _ if outer.parent().is_none() => Some(("", "")),
        ("rust", "declaration_list") => Some(("", "")),
        ("java" | "javascript" | "typescript" | "tsx", "class_body") => Some(("class A {", "}")),
        _ => None,
    }
}

/// Items that are larger together are not looked at one by one: a share of the text, or so many bytes.
const LARGEST_SHARE: usize = 8;
const SMALL: usize = 4096;

/// An item that is edited: where it stands in the old text and in the new one.
struct Edited<'t> {
    node: Node<'t>,
    old: Range<usize>,
    new: Range<usize>,
}

/// Whether it is sure that the edits add no syntax error and that nothing beside the items they are in is built otherwise. `edits`
/// are in order.
pub(super) fn are_sound(
    tree: &SyntaxTree,
    old_text: &str,
    new_text: &str,
    edits: &[Replaced],
    budget: &ParseBudget,
) -> bool {
    if tree.root().has_error() || new_text.len() > MAX_PARSE_BYTES {
        return false;
    }
    let Some(items) = items(tree, old_text, new_text, edits) else { return false };
    let size: usize = items.iter().map(|item| item.new.len()).sum();
    size <= SMALL.max(new_text.len() / LARGEST_SHARE)
        && items.iter().all(|item| is_sound(tree, item, old_text, new_text, budget).unwrap_or(false))
}

/// The innermost items that hold the edits, each between its first token and its last one. Edits within comments need none.
fn items<'t>(tree: &'t SyntaxTree, old_text: &str, new_text: &str, edits: &[Replaced]) -> Option<Vec<Edited<'t>>> {
    let mut items: Vec<Edited> = Vec::new();
    let mut checked = 0;
    for (old, new) in edits {
        if let Some(item) = items.last_mut().filter(|item| old.start < item.old.end) {
            if old.end >= item.old.end {
                return None;
            }
            item.new.end = new.end + (item.old.end - old.end);
            continue;
        }
        if is_in_comment(tree, old_text, new_text, (old, new)) {
            checked = old.end;
            continue;
        }
        let node = item_around(tree, old)?;
        // An item around places that were looked at before is longer or shorter by them.
        if node.start_byte() < checked {
            return None;
        }
        let start = new.start.checked_sub(old.start - node.start_byte())?;
        let end = new.end + (node.end_byte() - old.end);
        checked = node.end_byte();
        items.push(Edited { node, old: node.byte_range(), new: start..end });
    }
    Some(items)
}

/// The innermost item that holds an edit between its first token and its last one.
fn item_around<'t>(tree: &'t SyntaxTree, edit: &Range<usize>) -> Option<Node<'t>> {
    let language = tree.language.name();
    let mut cursor = tree.tree.walk();
    let mut found = None;
    while cursor.goto_first_child_for_byte(edit.start).is_some() {
        let node = cursor.node();
        if node.start_byte() > edit.start || edit.end >= node.end_byte() {
            break;
        }
        let begins = || first_leaf(node).end_byte();
        if is_item(language, node) && around(language, node).is_some() && edit.start >= begins() {
            found = Some(node);
        }
    }
    found
}

/// Whether an edit changes a comment alone, which begins and ends as it did.
fn is_in_comment(
    tree: &SyntaxTree,
    old_text: &str,
    new_text: &str,
    (old, new): (&Range<usize>, &Range<usize>),
) -> bool {
    // What begins a comment, and makes it one of documentation.
    const HEAD: usize = 3;
    if !matches!(tree.language.name(), "rust" | "go" | "java" | "javascript" | "typescript" | "tsx") {
        return false;
    }
    let mut node = tree.root().descendant_for_byte_range(old.start, old.end);
    while let Some(inner) = node.filter(|node| !matches!(node.kind(), "comment" | "line_comment" | "block_comment")) {
        node = inner.parent();
    }
    let Some(comment) = node else { return false };
    let Some(before) = old_text.get(comment.start_byte()..old.start) else { return false };
    let (Some(behind), Some(by)) = (old_text.get(old.end..comment.end_byte()), new_text.get(new.clone())) else {
        return false;
    };
    if before.len() < HEAD || by.contains('\0') {
        return false;
    }
    let is_break = |character: char| matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    if before.starts_with("//") {
        return !old_text[old.clone()].contains(is_break) && !by.contains(is_break);
    }
    let Some(inside) = behind.strip_suffix("*/") else { return false };
    let written = format!("{}{by}{inside}", &before[2..]);
    before.starts_with("/*") && !written.contains("*/") && !written.contains("/*") && !written.ends_with(['*', '/'])
}

fn is_sound(tree: &SyntaxTree, item: &Edited, old_text: &str, new_text: &str, budget: &ParseBudget) -> Option<bool> {
    let (old, new) = (old_text.get(item.old.clone())?, new_text.get(item.new.clone())?);
    let last = old.chars().next_back().filter(|last| matches!(last, '}' | ';'))?;
    // What a parser would not survive is told by the whole text, as long as the item adds nothing to that.
    if !new.ends_with(last) || open_brackets(old) != open_brackets(new) || new.contains('\0') {
        return None;
    }
    let language = tree.language.name();
    let (before, behind) = around(language, item.node)?;
    let parsed = SyntaxTree::parse_within(tree.language, &format!("{before}{new}{behind}"), budget).ok()?;
    let mut outer = parsed.root();
    let mut place = 0;
    if !before.is_empty() {
        outer = outer.child(0).filter(|_| outer.child_count() == 1)?.child_by_field_name("body")?;
        place = 1;
    }
    let only = outer.child(place).filter(|_| outer.child_count() == 2 * place + 1 && !parsed.root().has_error())?;
    let (first, first_was) = (first_leaf(only), first_leaf(item.node));
    let begins = first.kind_id() == first_was.kind_id()
        && first.end_byte() - before.len() == first_was.end_byte() - item.old.start;
    let last_was = last_leaf(item.node)?;
    let ends = last_leaf(only).is_some_and(|last| {
        last.kind_id() == last_was.kind_id()
            && matches!(last.kind(), "}" | ";")
            && last.end_byte() == before.len() + new.len()
    });
    let is_same = only.kind_id() == item.node.kind_id() && is_item(language, only);
    Some(is_same && begins && ends && only.byte_range() == (before.len()..before.len() + new.len()))
}

/// How many more brackets open than close.
fn open_brackets(text: &str) -> isize {
    let weight = |byte: u8| match byte {
        b'(' | b'[' | b'{' => 1,
        b')' | b']' | b'}' => -1,
        _ => 0,
    };
    text.bytes().map(weight).sum()
}

fn first_leaf(mut node: Node) -> Node {
    while let Some(first) = node.child(0) {
        node = first;
    }
    node
}

/// The last token that is not empty.
fn last_leaf(mut node: Node) -> Option<Node> {
    while node.child_count() > 0 {
        node = (0..node.child_count())
            .rev()
            .filter_map(|index| node.child(index))
            .find(|child| child.start_byte() < child.end_byte())?;
    }
    Some(node)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::super::Replaced;
    use crate::{Language, SyntaxTree};

    const SAMPLES: [(&str, &str); 6] = [
        (
            "rust",
            "use a::b;\n\n/// One.\n#[inline]\nfn one(x: u32) -> u32 {\n    let y = \"}\"; // one {\n    x + 1\n}\n\nimpl A {\n    fn two(&self) -> u8 {\n        match self.x { 1 => 2, _ => 3 }\n    }\n}\n\npub struct B {\n    x: u8,\n}\n\nmod c {\n    fn d() {}\n}\n/* end */\n",
        ),
        (
            "go",
            "package a\n\nimport \"b\"\n\n// One.\nfunc one(x int) int {\n\ty := `}` // one {\n\treturn x + 1\n}\n\nfunc (a *A) two() {\n\tif a.x {\n\t\treturn\n\t}\n}\n\ntype B struct {\n\tx int\n}\n/* end */\n",
        ),
        (
            "java",
            "import a.b;\n\n/** One. */\npublic class One {\n    int one(int x) {\n        String y = \"}\"; // one {\n        return x + 1;\n    }\n}\n\ninterface Two {\n    void two();\n}\n/* end */\n",
        ),
        (
            "javascript",
            "import a from \"b\";\n\n/** One. */\nexport function one(x) {\n  const y = `}${x}`; // one {\n  return x + 1;\n}\n\nclass Two {\n  get two() {\n    return /}/.test(this.x) ? 1 : 2;\n  }\n}\n\nconst z = () => one(1)\nfunction three() {}\n(function () {})();\n/* end */\n",
        ),
        (
            "typescript",
            "import a from \"b\";\n\nexport function one(x: number): number {\n  const y = `}${x}`; // one {\n  return x + 1;\n}\n\nexport default class Two<T> {\n  private two(): void {}\n}\n\ninterface Three {\n  x: number;\n}\nfunction four() {}\n[1].map(four);\n/* end */\n",
        ),
        (
            "tsx",
            "export function One(props: Props) {\n  return <b title=\"}\">{props.x} {\"{\"}</b>; // one {\n}\n\nfunction two() {}\n/* end */\n",
        ),
    ];

    /// What breaks code, and what does not.
    const PIECES: [&str; 28] = [
        "",
        " ",
        "\n",
        "x",
        "1",
        "{",
        "}",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "/*",
        "*/",
        "//",
        "}\n\nfn x() {",
        "}\nfunction x() {",
        "}\nfunc x() {",
        "${",
        "</b>",
        "<b>",
        ";",
        "return x;",
        "let x = 1;",
        "r#\"",
        "#",
        "=> {",
        "'a",
    ];

    fn sample(name: &str) -> (SyntaxTree, &'static str) {
        let (_, text) = SAMPLES.into_iter().find(|(other, _)| *other == name).unwrap();
        let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), text).unwrap();
        assert_eq!(tree.error_count(), 0, "{name}: {}", tree.root().to_sexp());
        (tree, text)
    }

    fn edited(text: &str, edits: &[(usize, usize, &str)]) -> (String, Vec<Replaced>) {
        let (mut new, mut replaced, mut at) = (String::new(), Vec::new(), 0);
        for (skip, length, by) in edits {
            let start = text.floor_char_boundary((at + skip).min(text.len()));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            new.push_str(&text[at..start]);
            replaced.push((start..end, new.len()..new.len() + by.len()));
            new.push_str(by);
            at = end;
        }
        new.push_str(&text[at..]);
        (new, replaced)
    }

    /// The outermost nodes with their ends, those that hold an edit aside.
    fn beside(tree: &SyntaxTree, touched: &dyn Fn(usize, usize) -> bool) -> Vec<(u16, usize)> {
        let root = tree.root();
        let all = root.children(&mut root.walk()).map(|node| (node.kind_id(), node.byte_range())).collect::<Vec<_>>();
        let rest = all.into_iter().filter(|(_, range)| !touched(range.start, range.end));
        rest.map(|(kind, range)| (kind, range.len())).collect()
    }

    /// Where the check of the items is sure, a parse of the whole text tells the same.
    fn tells_the_truth(tree: &SyntaxTree, text: &str, new: &str, replaced: &[Replaced]) -> bool {
        let is_sure = tree.is_surely_sound(text, new, replaced, &crate::tree::whole_budget());
        if is_sure {
            let whole = SyntaxTree::parse(tree.language(), new).unwrap();
            assert_eq!(whole.error_count(), 0, "{new}");
            let holds_old =
                |start: usize, end: usize| replaced.iter().any(|(old, _)| start <= old.start && old.end <= end);
            let holds_new =
                |start: usize, end: usize| replaced.iter().any(|(_, by)| start <= by.start && by.end <= end);
            assert_eq!(beside(tree, &holds_old), beside(&whole, &holds_new), "{new}");
            assert_eq!(tree.root().child_count(), whole.root().child_count(), "{new}");
            let (again, changed) = tree.reparse_text(text, new, replaced, &crate::tree::whole_budget()).unwrap();
            assert_eq!(again.error_count(), 0);
            let root = whole.root();
            let items: Vec<_> = root.children(&mut root.walk()).map(|node| node.byte_range()).collect();
            let in_item = |range: &std::ops::Range<usize>| {
                let holds = |item: &&std::ops::Range<usize>| item.start <= range.start && range.end <= item.end;
                items.iter().find(holds).is_some_and(|item| holds_new(item.start, item.end))
            };
            assert!(changed.iter().all(in_item), "{changed:?} {new}");
        }
        is_sure
    }

    #[rstest]
    #[case("rust", "x + 1", "x + 2", true)]
    #[case("rust", "x + 1", "x + (2", false)]
    #[case("rust", "x + 1", "x /* + 1", false)]
    #[case("rust", "x + 1", "x + 1\n}\n\nfn e() {", false)]
    #[case("rust", "fn one", "fn ten", true)]
    #[case("rust", "fn one", "async fn one", false)]
    #[case("rust", "_ => 3 }", "_ => 4, }", true)]
    #[case("rust", "use a::b", "use a::c", true)]
    #[case("rust", "use a::b", "use a::", false)]
    #[case("rust", "a::b;", "a::b; use c;", false)]
    #[case("rust", "/// One.", "/// Two.", true)]
    #[case("rust", "/// One.", "//! One.", false)]
    #[case("rust", "/// One.", "/// One.\n}", false)]
    #[case("rust", "/* end */", "/* the end */", true)]
    #[case("rust", "/* end */", "/* end */ }", false)]
    #[case("rust", "self.x {", "self.y {", true)]
    #[case("rust", "x: u8,", "x: u8, y: u8,", true)]
    #[case("rust", "fn d() {}", "fn d() {} fn e() {}", true)]
    #[case("go", "x + 1", "x + 2", true)]
    #[case("go", "x + 1", "x + 2\n}\n\nfunc e() {", false)]
    #[case("go", "return\n", "return `\n", false)]
    #[case("java", "x + 1", "x + 2", true)]
    #[case("java", "x + 1", "x + \"", false)]
    #[case("java", "import a.b", "import a.c", true)]
    #[case("java", "One. */", "One */ */", false)]
    #[case("javascript", "x + 1", "x + 2", true)]
    #[case("javascript", "/}/", "/}", false)]
    #[case("javascript", "one(1)", "one(2)", false)]
    #[case("javascript", "get two()", "get two(x) {} three()", false)]
    #[case("javascript", "? 1 : 2", "? 3 : 2", true)]
    #[case("typescript", "x + 1", "x + 2", true)]
    #[case("typescript", "void {}", "void { x() }", true)]
    #[case("typescript", "x + 1", "`${x", false)]
    #[case("tsx", "props.x", "props.y", true)]
    #[case("tsx", "</b>", "</i", false)]
    fn items_tell_what_the_tree_tells(#[case] name: &str, #[case] old: &str, #[case] by: &str, #[case] expected: bool) {
        let (tree, text) = sample(name);
        let (new, replaced) = edited(text, &[(text.find(old).unwrap(), old.len(), by)]);
        assert_eq!(tells_the_truth(&tree, text, &new, &replaced), expected, "{new}");
    }

    #[rstest]
    #[case("rust", "fn f(value: u32) -> u32 {\n    let one = value + 1;\n    one * 2\n}\n\n")]
    #[case(
        "typescript",
        "export function f(value: number): number {\n    const one = value + 1;\n    return one * 2;\n}\n\n"
    )]
    #[case("go", "func f(value int) int {\n\tone := value + 1\n\treturn one * 2\n}\n\n")]
    fn one_of_many_items_is_looked_at_alone(#[case] name: &str, #[case] item: &str) {
        let text = item.repeat(500);
        let tree = SyntaxTree::parse(Language::from_language_id(name).unwrap(), &text).unwrap();
        let place = |number: usize| (number * item.len() + item.find("+ 1").unwrap(), 3, "- value");
        let mut at = 0;
        let edits = [0, 7, 250, 499].map(place).map(|(start, length, by)| {
            let skip = start - at;
            at = start + length;
            (skip, length, by)
        });
        let (new, replaced) = edited(&text, &edits);
        assert!(tells_the_truth(&tree, &text, &new, &replaced));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn items_are_sure_only_of_what_is_so(
            name in prop::sample::select(SAMPLES.map(|(name, _)| name).to_vec()),
            edits in prop::collection::vec((0_usize..300, 0_usize..6, prop::sample::select(PIECES.to_vec())), 1..4),
        ) {
            let (tree, text) = sample(name);
            let (new, replaced) = edited(text, &edits);
            tells_the_truth(&tree, text, &new, &replaced);
        }
    }
}
