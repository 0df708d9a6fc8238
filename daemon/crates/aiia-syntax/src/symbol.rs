//! A named item of a program.

use std::ops::Range;

/// What kind of item a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SymbolKind {
    /// A function that belongs to no type.
    Function,
    /// A function of a type: in an impl, a trait, a class and the like, or with a receiver.
    Method,
    /// A struct.
    Struct,
    /// A union.
    Union,
    /// An enum.
    Enum,
    /// One of the variants of an enum.
    Variant,
    /// A trait.
    Trait,
    /// An impl block or an extension; its name is the name of the type.
    Impl,
    /// A class.
    Class,
    /// An interface or a protocol.
    Interface,
    /// A module inside a file.
    Module,
    /// A namespace.
    Namespace,
    /// A constant or a static.
    Constant,
    /// A variable outside functions; a custom property of a style sheet.
    Variable,
    /// A type alias or an associated type.
    TypeAlias,
    /// A macro.
    Macro,
    /// A field of a struct or an attribute of a class.
    Field,
    /// A member that reads like a field and runs code.
    Property,
    /// A key of a data file, with its value.
    Key,
    /// A table of a TOML file.
    Table,
    /// A heading of a text, with what stands under it.
    Heading,
    /// An element of a page.
    Element,
    /// A rule of a style sheet; its name is the selector.
    Rule,
    /// A name that an assignment makes, outside functions or on `self`. No part of an outline: only
    /// [`crate::SyntaxTree::symbols_outside_functions`] has it.
    Assigned,
}

impl SymbolKind {
    /// The word for it in messages and on the wire, snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            SymbolKind::Function => "function",
            SymbolKind::Method => "method",
            SymbolKind::Struct => "struct",
            SymbolKind::Union => "union",
            SymbolKind::Enum => "enum",
            SymbolKind::Variant => "variant",
            SymbolKind::Trait => "trait",
            SymbolKind::Impl => "impl",
            SymbolKind::Class => "class",
            SymbolKind::Interface => "interface",
            SymbolKind::Module => "module",
            SymbolKind::Namespace => "namespace",
            SymbolKind::Constant => "constant",
            SymbolKind::Variable => "variable",
            SymbolKind::TypeAlias => "type_alias",
            SymbolKind::Macro => "macro",
            SymbolKind::Field => "field",
            SymbolKind::Property => "property",
            SymbolKind::Key => "key",
            SymbolKind::Table => "table",
            SymbolKind::Heading => "heading",
            SymbolKind::Element => "element",
            SymbolKind::Rule => "rule",
            SymbolKind::Assigned => "assigned",
        }
    }

    /// Whether it is a function, a method, a property or a macro: something with code in it.
    pub fn is_callable(self) -> bool {
        matches!(self, SymbolKind::Function | SymbolKind::Method | SymbolKind::Property | SymbolKind::Macro)
    }

    /// Whether it is a type or the implementation of one.
    pub fn is_type(self) -> bool {
        matches!(
            self,
            SymbolKind::Struct
                | SymbolKind::Union
                | SymbolKind::Enum
                | SymbolKind::Trait
                | SymbolKind::Impl
                | SymbolKind::Class
                | SymbolKind::Interface
                | SymbolKind::TypeAlias
        )
    }

    /// Whether functions directly inside it are methods.
    pub(crate) fn has_methods(self) -> bool {
        self.is_type() && self != SymbolKind::TypeAlias
    }

    /// The kind a capture `@definition.<name>` of a query stands for.
    pub(crate) fn from_capture(name: &str) -> Option<SymbolKind> {
        SymbolKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// A number that stands for it, the same in every run of one version of the program.
    pub fn code(self) -> u8 {
        SymbolKind::ALL.iter().position(|kind| *kind == self).unwrap_or_default() as u8
    }

    /// The kind of that number.
    pub fn from_code(code: u8) -> Option<SymbolKind> {
        SymbolKind::ALL.get(usize::from(code)).copied()
    }

    const ALL: [SymbolKind; 24] = [
        SymbolKind::Function,
        SymbolKind::Method,
        SymbolKind::Struct,
        SymbolKind::Union,
        SymbolKind::Enum,
        SymbolKind::Variant,
        SymbolKind::Trait,
        SymbolKind::Impl,
        SymbolKind::Class,
        SymbolKind::Interface,
        SymbolKind::Module,
        SymbolKind::Namespace,
        SymbolKind::Constant,
        SymbolKind::Variable,
        SymbolKind::TypeAlias,
        SymbolKind::Macro,
        SymbolKind::Field,
        SymbolKind::Property,
        SymbolKind::Key,
        SymbolKind::Table,
        SymbolKind::Heading,
        SymbolKind::Element,
        SymbolKind::Rule,
        SymbolKind::Assigned,
    ];
}

/// A named item. All ranges are byte ranges of the text the tree was parsed from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name; for an impl block the name of the type.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The item with the attributes, decorators and doc comments above it.
    pub range: Range<usize>,
    /// The item itself.
    pub item_range: Range<usize>,
    /// Its name.
    pub name_range: Range<usize>,
    /// Its body, braces included where the language has them; nothing for an item without one.
    pub body_range: Option<Range<usize>>,
    /// The names of the items around it, outermost first, and of the type it says it belongs to (the receiver of a Go
    /// method), joined by `::`; nothing at the top level. Of very deep nesting only the innermost names.
    pub container: Option<String>,
    /// Number of symbols around it.
    pub depth: usize,
}

impl Symbol {
    /// The item up to its body, without surrounding white space; the whole item when it has no body. `text` is the
    /// text the symbol was found in.
    pub fn signature<'t>(&self, text: &'t str) -> &'t str {
        let end = self.body_range.as_ref().map_or(self.item_range.end, |body| body.start);
        text.get(self.item_range.start..end).unwrap_or_default().trim()
    }

    /// The name with the names around it: `Outer::Inner::name`.
    pub fn path(&self) -> String {
        match &self.container {
            Some(container) => format!("{container}::{}", self.name),
            None => self.name.clone(),
        }
    }
}
