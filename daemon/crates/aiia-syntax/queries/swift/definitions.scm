; What an outline of a Swift file shows.

(class_declaration declaration_kind: ["class" "actor"] name: (type_identifier) @name) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type (type_identifier) @name .)) @definition.impl
(protocol_declaration name: (_) @name) @definition.interface
(enum_entry name: (simple_identifier) @name) @definition.variant
(typealias_declaration name: (type_identifier) @name) @definition.type_alias
(associatedtype_declaration name: (type_identifier) @name) @definition.type_alias

; Where a pattern names no kind of node it compiles in a tenth of the time.
((function_declaration "func" . (_) @name) @definition.function
  (#match? @name "^[`\\w]+$"))
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(init_declaration "init" @name) @definition.method
(deinit_declaration "deinit" @name) @definition.method
(subscript_declaration "subscript" @name (computed_property) @body) @definition.property

; What a type holds: code behind a name, or a value.
(property_declaration (pattern) @name (computed_property) @body) @definition.property
(class_body (property_declaration (pattern) @name) @definition.field)
(enum_class_body (property_declaration (pattern) @name) @definition.field)
(protocol_property_declaration (pattern) @name) @definition.property

; What the file itself holds.
(source_file
  (property_declaration
    (value_binding_pattern "let")
    (pattern) @name) @definition.constant)
(source_file (property_declaration (pattern) @name) @definition.variable)

(attribute) @leading
[(comment) (multiline_comment)] @leading.comment
