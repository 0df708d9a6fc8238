//! What rows are made of in each language.

use std::ops::Range;

use tree_sitter::Node;

/// The languages whose rows are known.
pub(super) const LANGUAGES: [&str; 6] = ["rust", "go", "java", "javascript", "typescript", "tsx"];

/// What ends with a brace that nothing can follow, or with a semicolon, and holds no symbol that is not its own.
pub(super) fn is_item(language: &str, node: Node) -> bool {
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

/// A row of statements, or of members or items.
pub(super) struct Row<'t> {
    /// What has them as its children.
    pub(super) holder: Node<'t>,
    /// What has the braces around them; nothing for the outermost row.
    pub(super) braces: Option<Node<'t>>,
    /// All between the braces.
    pub(super) inside: Range<usize>,
    pub(super) is_of_statements: bool,
}

impl<'t> Row<'t> {
    /// The row of what stands outside of everything.
    pub(super) fn outermost(root: Node<'t>, length: usize) -> Self {
        Self { holder: root, braces: None, inside: 0..length, is_of_statements: false }
    }

    /// The outermost row within a node that has some bytes between its braces.
    pub(super) fn within(language: &str, node: Node<'t>, bytes: &Range<usize>) -> Option<Self> {
        let mut cursor = node.walk();
        loop {
            let node = cursor.node();
            if node.start_byte() > bytes.start || node.end_byte() < bytes.end {
                return None;
            }
            if let Some(row) = Self::of(language, node) {
                return (row.inside.start <= bytes.start && bytes.end <= row.inside.end).then_some(row);
            }
            cursor.goto_first_child_for_byte(bytes.start)?;
        }
    }

    fn of(language: &str, node: Node<'t>) -> Option<Self> {
        let is_of_statements = match (language, node.kind()) {
            ("rust" | "go" | "java", "block")
            | ("java", "constructor_body")
            | ("javascript" | "typescript" | "tsx", "statement_block") => true,
            ("rust", "declaration_list")
            | ("java", "class_body" | "interface_body")
            | ("javascript" | "typescript" | "tsx", "class_body") => false,
            _ => return None,
        };
        let mut opening = node.child(0)?;
        // A label may stand before it.
        while opening.kind() != "{" {
            opening = opening.next_sibling()?;
        }
        let closing = last_child(node)?;
        let inside = opening.end_byte()..closing.start_byte();
        if closing.kind() != "}" || inside.start > inside.end {
            return None;
        }
        // The statements of Go have a node of their own within the braces.
        let list = opening.next_sibling().filter(|next| next.kind() == "statement_list");
        Some(Self { holder: list.unwrap_or(node), braces: Some(node), inside, is_of_statements })
    }

    /// Those of the row that an edit touches, with the one before and the one behind them.
    pub(super) fn around(&self, edit: &Range<usize>) -> Vec<Node<'t>> {
        let mut cursor = self.holder.walk();
        let found = cursor.goto_first_child_for_byte(edit.start).map(|_| cursor.node());
        let mut parts = Vec::new();
        let mut node = found.or_else(|| last_child(self.holder));
        while let Some(part) = node {
            if is_part(part) {
                parts.push(part);
                if part.end_byte() < edit.start {
                    break;
                }
            }
            node = part.prev_sibling();
        }
        parts.reverse();
        let is_behind = |part: &Node| part.start_byte() > edit.end && part.kind() != "decorator";
        node = found.filter(|_| !parts.last().is_some_and(is_behind)).and_then(|part| part.next_sibling());
        while let Some(part) = node {
            if is_part(part) {
                parts.push(part);
                if is_behind(&part) {
                    break;
                }
            }
            node = part.next_sibling();
        }
        parts
    }

    /// The one of the row that holds an edit between its ends.
    pub(super) fn holding(&self, edit: &Range<usize>) -> Option<Node<'t>> {
        let mut cursor = self.holder.walk();
        cursor.goto_first_child_for_byte(edit.start)?;
        let node = cursor.node();
        (is_part(node) && node.start_byte() < edit.start && edit.end < node.end_byte()).then_some(node)
    }

    /// The first of the row.
    pub(super) fn first(&self) -> Option<Node<'t>> {
        let first = self.holder.child(0)?;
        if is_part(first) { Some(first) } else { next_part(first) }
    }
}

fn last_child(node: Node) -> Option<Node> {
    node.child(node.child_count().checked_sub(1)?)
}

/// The one of a row that stands behind another.
pub(super) fn next_part(node: Node) -> Option<Node> {
    let mut next = node.next_sibling();
    while let Some(other) = next.filter(|other| !is_part(*other)) {
        next = other.next_sibling();
    }
    next
}

/// Whether a child is one of a row, and no brace, separator or comment.
fn is_part(node: Node) -> bool {
    node.is_named() && !node.is_extra() && node.start_byte() < node.end_byte()
}

pub(super) fn first_leaf(mut node: Node) -> Node {
    while let Some(first) = node.child(0) {
        node = first;
    }
    node
}

/// The last token that is not empty.
pub(super) fn last_leaf(mut node: Node) -> Option<Node> {
    while node.child_count() > 0 {
        node = (0..node.child_count())
            .rev()
            .filter_map(|index| node.child(index))
            .find(|child| child.start_byte() < child.end_byte())?;
    }
    Some(node)
}
