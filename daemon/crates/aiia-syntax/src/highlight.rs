//! What the parts of a code are, for colours.
//!
//! Read off the kinds of the nodes, not by queries: a keyword is an anonymous node made of letters in every grammar, and the other
//! kinds have much the same names. That needs no query to be compiled, and one walk over the tree.

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, TreeCursor};

use crate::{Language, SyntaxTree};

/// A part of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// Its bytes.
    pub range: Range<usize>,
    /// What it is.
    pub class: HighlightClass,
}

/// What a part of a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HighlightClass {
    /// A comment.
    Comment,
    /// A string, a character, a regular expression.
    String,
    /// A number.
    Number,
    /// A keyword.
    Keyword,
    /// `true`, `null`, a constant in capitals.
    Constant,
    /// A type.
    Type,
    /// A function where it is defined or called.
    Function,
    /// A field, a key, an attribute.
    Property,
    /// A tag of a markup language, a heading.
    Tag,
}

impl HighlightClass {
    /// Its name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::String => "string",
            Self::Number => "number",
            Self::Keyword => "keyword",
            Self::Constant => "constant",
            Self::Type => "type",
            Self::Function => "function",
            Self::Property => "property",
            Self::Tag => "tag",
        }
    }
}

/// The parts of `code` that have a colour, in order and apart from each other. Nothing where the code cannot be parsed within the
/// limits of [`SyntaxTree::parse`].
pub fn highlight(language: Language, code: &str) -> Vec<Highlight> {
    let Ok(tree) = SyntaxTree::parse(language, code) else { return Vec::new() };
    let mut found = Vec::new();
    let mut cursor = tree.root().walk();
    loop {
        let node = cursor.node();
        let descend = match classify(&cursor, node, code) {
            ControlFlow::Break(class) => {
                let range = node.byte_range();
                if let Some(class) = class.filter(|_| !range.is_empty()) {
                    found.push(Highlight { range, class });
                }
                false
            }
            ControlFlow::Continue(()) => true,
        };
        if descend && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// The class of a node as a whole, or none for it; `Continue` where its children have classes of their own.
fn classify(cursor: &TreeCursor<'_>, node: Node<'_>, code: &str) -> ControlFlow<Option<HighlightClass>> {
    use HighlightClass::{Comment, Constant, Keyword, Number, Property, String, Tag, Type};
    let kind = node.kind();
    if !node.is_named() {
        let word = kind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '#' || c == '@') && kind.len() > 1;
        return ControlFlow::Break(word.then_some(Keyword));
    }
    let is_leaf = node.child_count() == 0;
    let has = |part: &str| kind.contains(part);
    if has("comment") {
        return ControlFlow::Break(Some(Comment));
    }
    // Interpolations keep the colours of what they hold.
    if has("string") || has("regex") || kind == "char_literal" || kind == "character_literal" || kind == "heredoc_body"
    {
        let plain = is_leaf || node.named_child_count() == 0;
        let simple = plain || !(0..node.named_child_count() as u32).any(|at| is_interpolation(node.named_child(at)));
        return if simple { ControlFlow::Break(Some(key_or(cursor, node, String))) } else { ControlFlow::Continue(()) };
    }
    if matches!(kind, "escape_sequence" | "raw_text" | "quoted_attribute_value" | "plain_value" | "double_quote_scalar")
    {
        return ControlFlow::Break(Some(String));
    }
    if matches!(
        kind,
        "true" | "false" | "null" | "none" | "nil" | "boolean" | "boolean_literal" | "null_literal" | "undefined"
    ) {
        return ControlFlow::Break(Some(Constant));
    }
    if is_leaf
        && (has("number") || has("integer") || has("float") || kind == "int_literal" || kind == "decimal_literal")
    {
        return ControlFlow::Break(Some(Number));
    }
    if kind == "integer_value" || kind == "float_value" || kind == "color_value" {
        return ControlFlow::Break(Some(Number));
    }
    if matches!(
        kind,
        "self" | "this" | "super" | "crate" | "mutable_specifier" | "visibility_modifier" | "storage_class_specifier"
    ) {
        return ControlFlow::Break(Some(Keyword));
    }
    if matches!(kind, "tag_name" | "atx_heading" | "setext_heading") {
        return ControlFlow::Break(Some(Tag));
    }
    if matches!(kind, "attribute_name" | "property_name" | "bare_key" | "dotted_key" | "quoted_key") {
        return ControlFlow::Break(Some(Property));
    }
    if matches!(
        kind,
        "primitive_type" | "predefined_type" | "type_identifier" | "builtin_type" | "sized_type_specifier"
    ) {
        return ControlFlow::Break(Some(Type));
    }
    if is_leaf && (has("identifier") || matches!(kind, "word" | "constant" | "command_name" | "name")) {
        return ControlFlow::Break(of_name(cursor, node, code));
    }
    ControlFlow::Continue(())
}

fn is_interpolation(node: Option<Node<'_>>) -> bool {
    node.is_some_and(|node| {
        node.kind().contains("interpolation") || node.kind().contains("substitution") || node.kind() == "expansion"
    })
}

/// A string that is the key of a pair is a key.
fn key_or(cursor: &TreeCursor<'_>, node: Node<'_>, class: HighlightClass) -> HighlightClass {
    let in_pair = node.parent().is_some_and(|parent| parent.kind() == "pair");
    if in_pair && cursor.field_name() == Some("key") { HighlightClass::Property } else { class }
}

/// What a name is, by what it stands in.
fn of_name(cursor: &TreeCursor<'_>, node: Node<'_>, code: &str) -> Option<HighlightClass> {
    use HighlightClass::{Constant, Function, Property, Type};
    let parent = node.parent()?;
    let (above, field) = (parent.kind(), cursor.field_name());
    let called = |kind: &str| kind.contains("call") || kind.contains("invocation");
    let is_function = match field {
        Some("function" | "macro" | "method") => true,
        Some("name") => above.contains("function") || above.contains("method") || called(above),
        Some("declarator") => above == "function_declarator",
        Some("field" | "property" | "attribute") => parent.parent().is_some_and(|call| {
            called(call.kind()) && call.child_by_field_name("function").is_some_and(|function| function == parent)
        }),
        _ => false,
    };
    if is_function {
        return Some(Function);
    }
    let text = code.get(node.byte_range()).unwrap_or_default();
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    if node.kind() == "constant" || (letters().count() > 1 && letters().all(char::is_uppercase)) {
        return Some(Constant);
    }
    if field == Some("name")
        && ["class", "struct", "enum", "interface", "trait"].iter().any(|kind| above.contains(kind))
    {
        return Some(Type);
    }
    let is_property = node.kind().starts_with("property_")
        || node.kind().starts_with("field_")
        || matches!(field, Some("field" | "property" | "key"));
    is_property.then_some(Property)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, code: &str, expected: &str) {
        let language = Language::from_language_id(language).unwrap();
        let found: Vec<String> = highlight(language, code)
            .iter()
            .map(|part| format!("{}:{}", part.class.name(), &code[part.range.clone()]))
            .collect();
        assert_eq!(found.join(" "), expected, "{code}");
    }

    #[test]
    fn parts_have_their_classes() {
        check("rust", "fn f(x: u8) -> T { g(1); }", "keyword:fn function:f type:u8 type:T function:g number:1");
        check(
            "python",
            "def f(a):  # c\n    return a.b('x')",
            "keyword:def function:f comment:# c keyword:return function:b string:'x'",
        );
        check("javascript", "const a = {k: null}", "keyword:const property:k constant:null");
        check("json", "{\"a\": [1, \"b\", true]}", "property:\"a\" number:1 string:\"b\" constant:true");
        check("go", "type T struct { A int }", "keyword:type type:T keyword:struct property:A type:int");
        check("python", "MAX = f\"a{f(x)}\"", "constant:MAX string:f\" string:a function:f string:\"");
    }

    #[test]
    fn parts_are_apart_and_in_order_in_every_language() {
        for language in Language::all() {
            for code in [
                "if (a == \"b\") { return 1; } // c\n",
                "<a b='c'>d</a>\nkey: [1, 2]\n",
                "def f(x):\n  '''",
                "\u{0}é`${",
            ] {
                let mut end = 0;
                for part in highlight(*language, code) {
                    assert!(
                        part.range.start >= end && code.get(part.range.clone()).is_some(),
                        "{} {code}",
                        language.name()
                    );
                    end = part.range.end;
                }
            }
        }
    }
}
