//! A named item of a program.

use std::ops::Range;

/// What kind of item a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SymbolKind {
    /// A function that belongs to no type.
    Function,
    /// A function of an impl, a trait or a class.
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
    /// An impl block; its name is the name of the type.
    Impl,
    /// A class.
    Class,
    /// A module inside a file.
    Module,
    /// A constant or a static.
    Constant,
    /// A type alias or an associated type.
    TypeAlias,
    /// A macro.
    Macro,
    /// A field of a struct or an attribute of a class.
    Field,
    /// A name that an assignment makes, outside functions or on `self`. No part of an outline: only
    /// [`crate::SyntaxTree::symbols_and_variables`] has it.
    Variable,
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
            SymbolKind::Module => "module",
            SymbolKind::Constant => "constant",
            SymbolKind::TypeAlias => "type_alias",
            SymbolKind::Macro => "macro",
            SymbolKind::Field => "field",
            SymbolKind::Variable => "variable",
        }
    }

    /// Whether it is a function, a method or a macro: something with code in it.
    pub fn is_callable(self) -> bool {
        matches!(self, SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro)
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
                | SymbolKind::TypeAlias
        )
    }

    /// Whether functions directly inside it are methods.
    pub(crate) fn has_methods(self) -> bool {
        matches!(self, SymbolKind::Trait | SymbolKind::Impl | SymbolKind::Class)
    }

    /// The kind a capture `@definition.<name>` of a query stands for.
    pub(crate) fn from_capture(name: &str) -> Option<SymbolKind> {
        Some(match name {
            "function" => SymbolKind::Function,
            "struct" => SymbolKind::Struct,
            "union" => SymbolKind::Union,
            "enum" => SymbolKind::Enum,
            "variant" => SymbolKind::Variant,
            "trait" => SymbolKind::Trait,
            "impl" => SymbolKind::Impl,
            "class" => SymbolKind::Class,
            "module" => SymbolKind::Module,
            "constant" => SymbolKind::Constant,
            "type_alias" => SymbolKind::TypeAlias,
            "macro" => SymbolKind::Macro,
            "field" => SymbolKind::Field,
            "variable" => SymbolKind::Variable,
            _ => return None,
        })
    }
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
    /// The names of the items around it, outermost first, joined by `::`; nothing at the top level. Of very deep
    /// nesting only the innermost names.
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
