; What an outline of a C file shows; C++ shows it too.

; Behind a macro the body of a type reads like that of a function without parameters: `struct EXPORT point {`.
(function_definition
  type: (struct_specifier name: (_) !body)
  declarator: (identifier) @name
  body: (compound_statement)) @definition.struct

(function_definition declarator: (_) @name
  (#not-match? @name "^(TYPED_)?TEST(_F|_P)?\\(")) @definition.function

; What gives a pointer to a function is one; what points to one is a variable.
(declaration
  declarator: (function_declarator
    declarator: (parenthesized_declarator
      (pointer_declarator declarator: (function_declarator)))) @name) @definition.function
(declaration declarator: (function_declarator declarator: (parenthesized_declarator)) @name) @definition.variable
(declaration
  declarator: [
    (function_declarator)
    (pointer_declarator declarator: (function_declarator))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator)))
    (pointer_declarator declarator: (pointer_declarator declarator: (pointer_declarator
      declarator: (function_declarator))))] @name) @definition.function
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
