; What an outline of a Rust file shows. `@leading` is what belongs to the item below it.

(function_item name: (_) @name) @definition.function
(function_signature_item name: (_) @name) @definition.function
(struct_item name: (_) @name) @definition.struct
(union_item name: (_) @name) @definition.union
(enum_item name: (_) @name) @definition.enum
(enum_variant name: (_) @name) @definition.variant
(field_declaration name: (_) @name) @definition.field
(trait_item name: (_) @name) @definition.trait
(impl_item type: (_) @name) @definition.impl
(mod_item name: (_) @name) @definition.module
(const_item name: (_) @name) @definition.constant
(static_item name: (_) @name) @definition.constant
(type_item name: (_) @name) @definition.type_alias
(associated_type name: (_) @name) @definition.type_alias
(macro_definition name: (_) @name) @definition.macro

(attribute_item) @leading
(line_comment outer: (_)) @leading
(block_comment outer: (_)) @leading
