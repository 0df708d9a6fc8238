; What an outline of a C file shows; C++ shows it too.

(function_definition declarator: (_) @name
  (#not-match? @name "^(TYPED_)?TEST(_F|_P)?\\(")) @definition.function

; What a variable points to may be a function; it is a variable nevertheless.
(declaration declarator: (function_declarator declarator: (parenthesized_declarator)) @name) @definition.variable
(declaration
  declarator: [
    (function_declarator)
    (pointer_declarator declarator: (function_declarator))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator)))] @name) @definition.function
(declaration
  declarator: [(identifier) (init_declarator) (array_declarator) (pointer_declarator)] @name) @definition.variable

(struct_specifier name: (_) @name body: (_)) @definition.struct
(union_specifier name: (_) @name body: (_)) @definition.union
(enum_specifier name: (_) @name body: (_)) @definition.enum
(enumerator name: (_) @name) @definition.variant
(field_declaration
  declarator: [(field_identifier) (array_declarator) (pointer_declarator)] @name) @definition.field
(field_declaration declarator: (function_declarator declarator: (parenthesized_declarator)) @name) @definition.field

(type_definition type: (struct_specifier body: (_) @body) declarator: (_) @name) @definition.struct
(type_definition type: (union_specifier body: (_) @body) declarator: (_) @name) @definition.union
(type_definition type: (enum_specifier body: (_) @body) declarator: (_) @name) @definition.enum
(type_definition declarator: (_) @name) @definition.type_alias

; A name without a value guards against a second inclusion.
(preproc_def name: (_) @name value: (_)) @definition.constant
(preproc_function_def name: (_) @name value: (_)? @body) @definition.macro

(type_definition type: (struct_specifier body: (_)) @wrapped) @wrapper
(type_definition type: (union_specifier body: (_)) @wrapped) @wrapper
(type_definition type: (enum_specifier body: (_)) @wrapped) @wrapper

(comment) @leading.comment
